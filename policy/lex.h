/*
 * Bytes to words: lines, words and where they stand.
 *
 * Pure. Knows nothing of attributes. Accepts LF and CRLF, a UTF-8 byte order
 * mark, space and tab as blanks; a line whose first word begins with '#' is a
 * comment. There is no quoting; canonical text has an escape of its own.
 */
#ifndef POLICY_LEX_H
#define POLICY_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/arena.h"

struct lex_word {
	const char *text;	/* NUL-terminated, in the arena */
	unsigned column;	/* in bytes, from 1 */
};

struct lex_line {
	unsigned number;	/* from 1 */
	unsigned count;		/* at least one in a LEX_LINE */
	struct lex_word *words;
};

enum lex_result {
	LEX_END,		/* also when memory is out: ask the arena */
	LEX_LINE,
	LEX_NUL,		/* a NUL byte; number says where */
	LEX_TOO_LONG		/* longer than line_max */
};

struct lexer {
	struct arena *arena;
	const char *bytes;
	size_t length, at;
	size_t line_max;	/* bytes of one line */
	unsigned line;
	bool is_canonical;	/* '#' lines are lines, not comments */
};

/* Starts on `length` bytes, which must stay valid. */
void lex_open(struct lexer *, struct arena *, const char *bytes, size_t length,
    size_t line_max);

/* The next significant line. After LEX_NUL and LEX_TOO_LONG reading may go
 * on with the line after it. */
enum lex_result lex_next(struct lexer *, struct lex_line *);

enum lex_operator { LEX_SET, LEX_ADD, LEX_REMOVE };

struct lex_attribute {		/* NAME OP VALUE... */
	const char *name;
	unsigned column;	/* of the name */
	enum lex_operator operator;
	unsigned operator_column;
	unsigned count;
	struct lex_word *values;
};

/* Splits a line; no blank is needed on either side of the operator. NULL when
 * done, else a sentence saying what is wrong at *column. */
const char *lex_attribute(struct arena *, const struct lex_line *,
    struct lex_attribute *, unsigned *column);

/* How many words stand before a remark (a word that begins with '#'). */
unsigned lex_before_remark(const struct lex_word *, unsigned count);

/* The words of a string, for values from a command line. */
unsigned lex_words(struct arena *, const char *text, size_t length,
    struct lex_word **);

/* Undoes the escape of canonical text: \ooo is a byte, \- the empty word.
 * A copy in the arena, or NULL when it is malformed or makes a NUL byte.
 * length, when not NULL, gets the bytes and then NUL bytes are allowed. */
const char *lex_unescape(struct arena *, const char *word, size_t *length);

#endif
