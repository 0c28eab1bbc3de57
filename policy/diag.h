/*
 * Diagnostics: what is wrong, where, and what to do about it.
 *
 * Pure. The parser reports as many as it finds in one run; whoever called it
 * decides how to show them. A diagnostic is an error when it refuses something
 * (a service, or the whole load), a warning when it does not.
 */
#ifndef POLICY_DIAG_H
#define POLICY_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/arena.h"

/* Where a piece of text stands. file is an index into policy->files;
 * 0 is "nowhere": a built-in default. line and column count from 1. */
struct place {
	unsigned file;
	unsigned line;
	unsigned column;
};

enum diag_effect {
	DIAG_WARNING,		/* nothing is refused */
	DIAG_REFUSE_SERVICE,	/* this service is not offered */
	DIAG_REFUSE_LOAD	/* the whole configuration is not used */
};

/* One code per kind of fault, in diag.c's table. Part of a fault's identity:
 * never renumber, append. */
enum diag_code {
	DIAG_SYNTAX = 1,	/* a line that cannot be read */
	DIAG_UNKNOWN_ATTRIBUTE,
	DIAG_MISPLACED_ATTRIBUTE,
	DIAG_VALUE_COUNT,
	DIAG_BAD_VALUE,
	DIAG_OUT_OF_RANGE,
	DIAG_BAD_OPERATOR,
	DIAG_REPEATED,		/* given twice, the first counts */
	DIAG_MISSING,		/* a required attribute is not there */
	DIAG_CONFLICT,		/* attributes that exclude each other */
	DIAG_UNSUPPORTED,	/* understood, comes in a later release */
	DIAG_IGNORED,		/* understood, has no effect */
	DIAG_KINDER,		/* read in a kinder way than xinetd would */
	DIAG_FILE,		/* a file that cannot be read or trusted */
	DIAG_UNKNOWN_NAME,	/* user, group, service name, protocol */
	DIAG_DUPLICATE,		/* two services on one address and port */
	DIAG_LIBWRAP,		/* hosts.allow or hosts.deny would apply */
	DIAG_LIMIT,		/* too many of something */
	DIAG_MEMORY,
	DIAG_CODE_MAX
};

struct diag {
	struct diag *next;
	enum diag_effect effect;
	enum diag_code code;
	struct place place;
	const char *file;	/* path of place.file, or NULL */
	const char *service;	/* id, or NULL outside services */
	const char *attribute;	/* or NULL */
	const char *value;	/* the offending word, or NULL */
	const char *message;	/* one sentence without file and line */
	const char *hint;	/* what to do ("did you mean ..."), or NULL */
};

/* At most this many are kept; one more says that the rest was left out. */
#define DIAG_LIST_MAX 1000

struct diag_list {
	struct arena *arena;
	struct diag *first, **last;
	unsigned count;
	unsigned errors;	/* how many refuse something */
	unsigned load_errors;	/* how many refuse the load */
};

/* An empty list whose entries live in `arena`. */
void diag_init(struct diag_list *, struct arena *arena);

/* Appends a copy of *d (strings are copied). Beyond DIAG_LIST_MAX only the
 * counters move, so that an error is never forgotten. */
void diag_add(struct diag_list *, const struct diag *d);

/* Short stable word for a code, such as "unknown-attribute". */
const char *diag_code_name(enum diag_code);

/* "FILE:LINE:COLUMN: error: service telnet: message; hint" without a newline,
 * cut to fit and always NUL-terminated. Bytes outside printable ASCII are
 * escaped as #ooo. Returns the length written. */
size_t diag_format(const struct diag *, char *out, size_t size);

/* The nearest of `count` words (array of pointers `stride` bytes apart) to
 * `word` by edit distance, or NULL when nothing is near. For "did you mean". */
const char *diag_nearest(const char *word, const char *const *words,
    size_t count, size_t stride);

#endif
