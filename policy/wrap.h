/*
 * The rules of hosts.allow and hosts.deny, as hosts_access(5) and
 * hosts_options(5) define them.
 *
 * Pure. The loader reads both files into one list of rules, hosts.allow first;
 * the first rule that matches decides, and a client that no rule matches is
 * allowed. What cannot be evaluated (a netgroup, a misspelt word) is kept as a
 * word that is neither true nor false: a rule that refuses matches by it, one
 * that allows does not.
 */
#ifndef POLICY_WRAP_H
#define POLICY_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/addr.h"
#include "policy/arena.h"
#include "policy/diag.h"

#define WRAP_WORD_MAX 255	/* bytes of one word */
#define WRAP_RULES_MAX 1000000	/* of both files */
#define WRAP_ENV_MAX 16		/* variables that one rule sets */

enum wrap_form {		/* of the part that names hosts */
	WRAP_EXCEPT,		/* all that follows is taken out */
	WRAP_ALL, WRAP_LOCAL, WRAP_KNOWN, WRAP_UNKNOWN, WRAP_PARANOID,
	WRAP_PREFIX,
	WRAP_LOOSE,		/* a prefix written with host bits */
	WRAP_MASK,		/* an IPv4 mask with holes */
	WRAP_SUFFIX,		/* ".domain" */
	WRAP_NAME,
	WRAP_GLOB,		/* with * or ? */
	WRAP_OPAQUE		/* cannot be evaluated */
};

struct wrap_item {
	enum wrap_form form;
	const char *who;	/* user or daemon pattern; NULL: any user */
	const char *name;	/* SUFFIX (without dot), NAME, GLOB; of LOOSE
				 * and OPAQUE the word, of MASK too */
	struct prefix prefix;	/* PREFIX, LOOSE; MASK: the address */
	uint8_t mask[4];	/* MASK */
};

struct wrap_list {
	unsigned count;
	struct wrap_item *items;
	const char *text;	/* canonical; daemon lists only */
};

enum wrap_action {
	WRAP_DENY, WRAP_ALLOW,
	WRAP_ADAPT		/* allow, and the launch changes */
};

struct wrap_settings {		/* options that change a launch */
	bool has_nice, has_umask, is_keepalive;
	int nice;		/* added */
	uint32_t umask;
	const char *user, *group;	/* as written, or NULL */
	unsigned env_count;
	const char *env[WRAP_ENV_MAX];	/* NAME=VALUE */
};

struct wrap_rule {
	enum wrap_action action;
	struct place place;
	struct wrap_list daemons, clients;
	const struct wrap_settings *settings;	/* in the loader only */
};

/*
 * What the matcher walks: rules in their order, but those that hold nothing but
 * addresses, host names and domains folded. Neighbours of one action may change
 * places, so within such a stretch (`stretch` is its number) there is one group
 * for each list of daemons, with sorted arrays of prefixes, names and domains,
 * and the lowest rule that matches in any of them is the one that the files
 * mean.
 */
struct wrap_key {
	struct prefix prefix;
	uint32_t rule;
};
struct wrap_word {
	const char *text;
	uint32_t rule, item;	/* where it stands first */
	uint32_t place;		/* in by_text */
};
struct wrap_words {
	unsigned count;
	struct wrap_word *words;	/* in the files' order; unique */
	uint32_t *by_text;	/* their numbers, without regard to case */
};
struct wrap_group {
	uint32_t stretch;
	uint32_t rule;		/* the first */
	bool is_folded;		/* else it is that rule alone */
	unsigned count;
	struct wrap_key *keys;	/* by family, length, bytes; unique */
	uint64_t lengths4, lengths6[3];	/* which lengths there are */
	struct wrap_words names, domains;
};

struct wrap_rules {
	unsigned count;
	struct wrap_rule *rules;
	unsigned group_count;
	struct wrap_group *groups;
};

/* What a launch gets when such a rule let the client in. */
struct wrap_option {
	uint32_t rule;
	bool has_nice, has_umask, has_ids, is_keepalive;
	int64_t nice;		/* added */
	uint32_t umask;
	uint32_t uid, gid;	/* no supplementary groups */
	unsigned env_count;
	const char **env;	/* NAME=VALUE */
};
struct wrap_options {
	unsigned count;
	struct wrap_option *options;	/* by rising rule */
};

/*
 * Reading. The text of one file; rules are appended. What is wrong with a line
 * is reported once: a fault in a line that refuses makes it refuse more (at
 * worst everybody), one in a line that allows makes it allow nobody.
 */
struct wrap_note {
	bool is_fault;		/* else a warning */
	bool is_left_out;	/* a fault behind lenient_from */
	unsigned line;
	/* Whom the line is about, as far as that is certain; else NULL. */
	const struct wrap_list *daemons;
	const char *value, *message, *hint;
};
struct wrap_source {
	struct arena *arena;
	const char *bytes;
	size_t length;
	unsigned file;		/* for places */
	bool is_deny;		/* hosts.deny */
	/* Of hosts.deny: lines that begin here or later were added to a file
	 * that is in force. What cannot be understood of them is left out,
	 * since without it the file refuses no less than before. */
	bool is_lenient;
	size_t lenient_from;
	/* Bytes of a "/file" of patterns, in the arena; false when it cannot
	 * be read. */
	bool (*read)(void *context, const char *path, const char **bytes,
	    size_t *length);
	void (*report)(void *context, const struct wrap_note *);
	void *context;
};

/* False when memory is out or there are too many rules. */
bool wrap_read(struct wrap_rules *, const struct wrap_source *);

/* Builds the groups, when all rules are there. False: memory. */
bool wrap_fold(struct wrap_rules *, struct arena *);

/* Order of the keys; 0 when equal. */
int wrap_compare_prefix(const struct prefix *, const struct prefix *);

/* Can this list of daemons match that daemon at all? And does it, whatever
 * address of ours it is asked about? For the loader, which knows none. */
bool wrap_may_name(const struct wrap_list *daemons, const char *daemon);
bool wrap_does_name(const struct wrap_list *daemons, const char *daemon);

/* Does a pattern (ALL, a word, * and ?) match, without regard to case? */
bool wrap_glob(const char *pattern, const char *text);

/*
 * Canonical form of one rule: ACTION:DAEMONS:CLIENTS, the lists joined by
 * commas.
 */
struct out;
void wrap_print_rule(struct out *, const struct wrap_rule *);
bool wrap_parse_rule(struct arena *, const char *text, struct wrap_rule *);

/* For wrap-option.c: the fields behind the client list. */
struct wrap_line {
	const struct wrap_source *source;
	unsigned number;
	const char *text;	/* for reports */
	const struct wrap_list *daemons;	/* when they have been read */
	bool is_lenient;
	bool has_fault;		/* so far */
};
bool wrap_tell(struct wrap_line *, bool is_fault, const char *value,
    const char *message, const char *hint);
/* What the line does; *action comes in as what its file says. */
void wrap_read_options(struct wrap_line *, char **fields, unsigned count,
    enum wrap_action *action, const struct wrap_settings **settings);

#endif
