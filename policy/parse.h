/*
 * From text to policy.
 *
 * Pure: files come through a callback. Two dialects of one grammar: what
 * people write (parse_source: includes, defaults, every kind of tolerance that
 * xinetd's users need, diagnostics), and what print.c wrote (parse_canonical:
 * no tolerance at all, one consumer's attributes only).
 */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include "policy/policy.h"

#define PARSE_FILE_MAX (4u << 20)	/* bytes of one file */
#define PARSE_LINE_MAX (128u << 10)	/* bytes of one line */
#define PARSE_FILES_MAX 4096		/* files of one configuration */
#define PARSE_DEPTH_MAX 16		/* include in include */
#define PARSE_ARENA_MAX (256u << 20)

enum read_error {
	READ_OK, READ_MISSING, READ_NOT_FILE, READ_NOT_DIRECTORY, READ_OWNER,
	READ_WRITABLE, READ_TOO_BIG, READ_DENIED, READ_LOOP, READ_OTHER
};

struct source_reader {
	void *context;
	/* Bytes of one file, in the arena. */
	enum read_error (*file)(void *context, struct arena *,
	    const char *path, const char **bytes, size_t *length);
	/* Names of a directory's entries, sorted by strcmp, in the arena. */
	enum read_error (*directory)(void *context, struct arena *,
	    const char *path, const char ***names, unsigned *count);
	/* A file in inetd.conf's format to read after all others, if it
	 * exists; NULL: none. */
	const char *inetd;
};

struct source_option {		/* from the command line */
	const char *name, *value;	/* a gateway attribute */
};

/*
 * Reads `path` and everything it includes, merges defaults, applies
 * enabled/disabled and checks each service for consistency as far as that
 * needs no system. Always returns a policy, with diagnostics; NULL only when
 * memory is out. policy->diags.load_errors > 0 means it must not be used.
 * Services with a fault have refused set; disabled ones have off set; both
 * stay in the list so that callers can show them.
 */
struct policy *parse_source(const struct source_reader *, const char *path,
    const struct source_option *, unsigned options);

/*
 * Reads canonical text for one consumer (a single bit, or CONSUMER_ALL).
 * NULL, with *error naming line and cause (static or in no arena: copied into
 * error), when anything at all is unexpected.
 */
struct policy *parse_canonical(const char *text, size_t length,
    unsigned consumer, char *error, size_t error_size);

/* Reports a further fault in a service or in the whole load, from the loader
 * (unknown user, server not executable, ...). Sets svc->refused. svc NULL:
 * the load. attribute ATTR_NONE: the service itself. */
void policy_fault(struct policy *, struct service *svc, enum diag_effect,
    enum diag_code, enum attr_id, const char *value, const char *message,
    const char *hint);

/* After the loader has filled in ports: duplicate listeners refuse the later
 * service. */
void policy_check_duplicates(struct policy *);

#endif
