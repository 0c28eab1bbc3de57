/*
 * Kinds of values: how each is read, printed and compared.
 *
 * Pure. A type knows nothing of files or services; it reads the words after an
 * operator into the C object that its attribute's row points at, and reports
 * what is wrong with a word through a callback. Text people wrote and
 * canonical text go through the same functions.
 */
#ifndef POLICY_TYPE_H
#define POLICY_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attr.h"
#include "policy/diag.h"
#include "policy/lex.h"
#include "policy/out.h"

struct type_note {
	bool is_fault;		/* else a warning */
	enum diag_code code;
	const struct lex_word *word;	/* NULL: the whole value */
	const char *message, *hint;
};

struct type_source {
	struct arena *arena;
	const struct attr *attr;
	enum lex_operator operator;	/* LEX_SET finds the value emptied */
	unsigned file, line;
	unsigned count;
	const struct lex_word *words;
	void (*report)(void *context, const struct type_note *);
	void *context;
};

struct attr_type {
	size_t size;		/* of the C object */
	unsigned least, most;	/* words; most 0 is any number */
	bool is_literal;	/* '#' begins no remark in it */
	bool may_remove;	/* "-=" is known */
	/* Reads the words into *value, adding when the operator says so. False
	 * after reporting at least one fault; *value is then unspecified. */
	bool (*parse)(const struct type_source *, void *value);
	/* Appends words so that parse() gives an equal value. */
	void (*print)(struct out *, const struct attr *, const void *value);
	bool (*equal)(const void *, const void *);
};

/* One object each. In brackets: the C type of the member. */
extern const struct attr_type
    type_yesno,			/* bool */
    type_number,		/* uint64_t: decimal, in the row's range */
    type_count,			/* uint64_t: the same, or UNLIMITED */
    type_deny_time,		/* uint64_t: the same, FOREVER or NEVER */
    type_size,			/* uint64_t: K, M, G, or UNLIMITED */
    type_octal,			/* uint64_t */
    type_signed,		/* int64_t: |value| in minimum or maximum */
    type_duration,		/* uint64_t: milliseconds */
    type_load,			/* uint64_t: thousandths */
    type_choice,		/* uint64_t: index in choices */
    type_set,			/* uint64_t: bits; one '=' */
    type_log_set,		/* uint64_t: bits; a list */
    type_word,			/* const char *: any word */
    type_keyword,		/* const char *: one of choices, lower case */
    type_account,		/* const char *: name, or digits in range */
    type_path,			/* const char *: an absolute path */
    type_tag,			/* const char *: syslog tag */
    type_arguments,		/* struct word_list */
    type_environment,		/* struct word_list: NAME=VALUE */
    type_names,			/* struct word_list */
    type_ids,			/* struct word_list: service ids */
    type_access,		/* struct access_list */
    type_times,			/* struct time_list */
    type_cps,			/* struct cps */
    type_source_prefix,		/* struct source_prefix */
    type_redirect,		/* struct redirect */
    type_rpc_versions,		/* struct rpc_versions */
    type_service_log,		/* struct log_target: SYSLOG or FILE, sizes */
    type_audit,			/* struct log_target: FILE or none */
    type_messages,		/* struct log_target: SYSLOG or FILE */
    type_launch_ids,		/* struct launch_ids */
    type_listen,		/* struct listen_list */
    type_table,			/* struct table_ref */
    type_list_names,		/* struct name_list */
    type_blob,			/* struct blob */
    type_roles,			/* struct role_ids */
    type_zone,			/* struct zone */
    type_wrap,			/* struct wrap_rules */
    type_wrap_options;		/* struct wrap_options */

/* For the type-*.c files. */

/* Reports a fault in a word (NULL: the value); always false. */
bool type_fault(const struct type_source *, enum diag_code,
    const struct lex_word *, const char *message, const char *hint);
void type_warn(const struct type_source *, enum diag_code,
    const struct lex_word *, const char *message, const char *hint);

/*
 * A host or domain name (DNS syntax, at most 253 bytes) as the lists keep it:
 * lower case, without leading and final dot. NULL when it is none.
 */
const char *type_host_name(struct arena *, const char *text, bool *is_suffix);

/* Decimal digits only, up to maximum; false when not. */
bool type_decimal(const char *text, uint64_t maximum, uint64_t *out);

/* Index of a word among choices, case-blind, or -1 after a fault with
 * "did you mean". */
int type_choose(const struct type_source *, const struct lex_word *,
    const char *const *choices, const char *message);

/*
 * Room for `more` entries of `size` bytes behind `count`: the array itself, or
 * a larger copy. Arrays grow by doubling, and what a service inherits is copied
 * by asking for room with count 0 first.
 */
void *type_room(struct arena *, void *array, unsigned count, unsigned more,
    size_t size);

/* A value of its own, so that adding to it leaves the inherited one alone. */
void type_own_list(struct arena *, const struct attr_type *, void *value);

bool type_equal_number(const void *, const void *);
bool type_equal_text(const char *, const char *);

#endif
