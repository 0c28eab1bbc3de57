/*
 * What the parts of the parser share: the files read so far, and entries
 * whose lines are split but not yet understood.
 *
 * Private to parse.c, inetd.c, source.c, merge.c, check.c and attr.c. Reading and
 * understanding are apart because what a line means may depend on a block that
 * comes later: defaults apply wherever they stand, and so does gateway.
 */
#ifndef POLICY_PARSE_INTERNAL_H
#define POLICY_PARSE_INTERNAL_H

#include "policy/lex.h"
#include "policy/parse.h"

struct defaults {
	struct service values;	/* first: offsets in attr.c rely on it */
	struct word_list enabled, disabled;
};

struct statement {		/* one line inside an entry */
	struct statement *next;
	struct place place;	/* of the name, or of the fault */
	const char *fault;	/* why the line cannot be read, or NULL */
	const char *hint;
	struct lex_attribute attribute;
};

enum entry_kind { ENTRY_SERVICE, ENTRY_DEFAULTS, ENTRY_GATEWAY };

struct entry {
	struct entry *next;
	enum entry_kind kind;
	unsigned order;		/* in which entries were met */
	struct place place;	/* of the keyword */
	const char *name;	/* of a service */
	bool is_inetd;		/* a line of inetd.conf */
	struct statement *first, **last;
	unsigned lines;
};

struct source_file {
	struct source_file *next;
	unsigned number;	/* in policy->files */
	const char *path;
	enum read_error error;
	const char *bytes;
	size_t length;
};

struct source_frame {		/* a file that is being read */
	const struct source_frame *outer;
	const struct source_file *file;
	unsigned depth;
	bool has_defaults;
};

struct source {			/* one run of parse_source() */
	struct policy *policy;
	const struct source_reader *reader;
	bool includedir_all;
	struct source_file *files, **last_file;
	unsigned inclusions;
	struct entry *first, **last;
	unsigned entries;
	bool has_gateway;
	struct defaults *defaults;
	/* Entry that gave the default access lists, or NULL. */
	const struct entry *access_from;
	/* The last defaults that add to an only_from given in others before. */
	const struct entry *access_more;
};

/* parse.c: the grammar of one file. */
void parse_text(struct source *, struct source_frame *);

/* source.c: files. Faults refuse the load. */
void source_include(struct source *, const struct source_frame *,
    const char *path, const struct place *);
void source_directory(struct source *, const struct source_frame *,
    const char *path, const struct place *);
void source_start(struct source *, const char *path);
/* One that is in inetd.conf's format; it may be missing. */
void source_inetd(struct source *, const char *path);

/* merge.c: entries to values. */
void merge_policy(struct source *, const struct source_option *,
    unsigned options);
/* Does a gateway block (or option) ask for all files of directories? */
bool merge_wants_all(const struct source *, const struct source_option *,
    unsigned options);

/* merge-enabled.c: turns off what enabled and disabled say. */
void merge_enabled(struct source *);

/* check.c: what belongs together. */
void check_policy(struct source *);

/* Adds a diagnostic; service and attribute may be NULL. */
struct report {
	enum diag_effect effect;
	enum diag_code code;
	struct place place;
	const char *service, *attribute, *value, *message, *hint;
};
void parse_report(struct policy *, const struct report *);

#endif
