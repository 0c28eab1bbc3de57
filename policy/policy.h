/*
 * A policy: what one configuration means, as plain values.
 *
 * Pure. Built by parse.c (from files, or from canonical text), completed by
 * the loader (ids, listeners, tables), never changed afterwards: whoever holds
 * one by pointer holds it const. Everything it points to lives in its arena.
 * A process that read a filtered text finds the attributes of other consumers
 * unset.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/addr.h"
#include "policy/arena.h"
#include "policy/attr.h"
#include "policy/diag.h"
#include "policy/kind.h"
#include "policy/when.h"
#include "policy/wrap.h"
#include "policy/zone.h"

#define POLICY_UNLIMITED UINT64_MAX

#define POLICY_SERVICES_MAX 4096
#define POLICY_LISTEN_MAX 8	/* listeners of one service */
#define POLICY_GROUPS_MAX 256	/* supplementary groups of one server */
#define POLICY_BANNER_MAX 16384
#define POLICY_ID_MAX 63	/* bytes of a service id */
#define POLICY_ARGS_MAX 1024	/* words in server_args */
#define POLICY_ENTRIES_MAX 65536	/* entries of one literal access list */

/* Bits follow the order of the words in attr.c's choice lists. */
enum service_type {
	TYPE_RPC = 1, TYPE_INTERNAL = 2, TYPE_UNLISTED = 4, TYPE_TCPMUX = 8,
	TYPE_TCPMUXPLUS = 16, TYPE_SPECIAL = 32
};
enum service_flag {
	FLAG_REUSE = 1, FLAG_INTERCEPT = 2, FLAG_NORETRY = 4, FLAG_IDONLY = 8,
	FLAG_NAMEINARGS = 16, FLAG_NODELAY = 32, FLAG_KEEPALIVE = 64,
	FLAG_NOLIBWRAP = 128, FLAG_SENSOR = 256, FLAG_IPV4 = 512,
	FLAG_IPV6 = 1024, FLAG_LABELED = 2048
};
enum socket_kind { SOCKET_STREAM, SOCKET_DGRAM, SOCKET_RAW, SOCKET_SEQPACKET };
enum log_success {
	LOG_PID = 1, LOG_HOST = 2, LOG_USERID = 4, LOG_EXIT = 8,
	LOG_DURATION = 16, LOG_TRAFFIC = 32
};
enum log_failure { FAIL_HOST = 1, FAIL_USERID = 2, FAIL_ATTEMPT = 4 };

struct word_list {
	unsigned count;
	const char **words;	/* count + 1 pointers, the last NULL */
};

struct access_entry {
	const char *word;	/* as written */
	struct place place;
	/* A host or, behind a dot, a domain: lower case, without the leading
	 * and the final dot. NULL for prefixes; a name has none. */
	const char *name;
	bool is_suffix;		/* ".domain": every name that ends in it */
	unsigned count;
	struct prefix *prefixes;
};
struct access_list {
	bool present;		/* an empty list that is present matches nobody */
	unsigned count;
	struct access_entry *entries;
};

/* The names of an access list, for the matcher: in the order of the list. */
struct name_list {
	unsigned count;
	struct list_name {
		uint32_t entry;		/* place in the list, from 0 */
		const char *name;	/* as in struct access_entry */
		bool is_suffix;
	} *names;
};

struct time_entry {
	struct when_range range;
	struct place place;
};
struct time_list {
	unsigned count;
	struct time_entry *entries;
};

struct cps {
	uint64_t rate;		/* 0: no limit */
	uint64_t wait;		/* seconds between repeated log lines */
};

/* How many bits of an address are one source. */
struct source_prefix {
	uint64_t ipv4, ipv6;
};

enum log_kind { LOG_NOWHERE, LOG_SYSLOG, LOG_FILE };
struct log_target {
	enum log_kind kind;
	int facility;		/* LOG_SYSLOG: 0..23, not shifted */
	int level;		/* 0..7 */
	const char *path;	/* LOG_FILE */
	uint64_t soft, hard;	/* bytes; POLICY_UNLIMITED without limits */
};

struct redirect { const char *host; const char *port; };
struct rpc_versions { uint64_t low, high; };

struct listen_addr {		/* resolved, numeric */
	struct addr addr;	/* family always set; all-zero is the wildcard */
	uint16_t port;
};
struct listen_list {
	unsigned count;
	struct listen_addr addrs[POLICY_LISTEN_MAX];
};

struct launch_ids {
	uint32_t uid, gid;
	unsigned count;
	uint32_t *groups;
};

struct table_ref { uint64_t number, entries; };

struct blob { size_t length; const uint8_t *bytes; };

/*
 * One service. Members are filled through attr_table[].offset; each row's
 * type says which C type its member has.
 */
struct service {
	const char *name;	/* the word after "service" */
	unsigned index;		/* in policy->services */
	struct place place;	/* of the word "service" */
	bool refused;		/* a fault refuses it; not in canonical text */
	bool off;		/* disabled; not in canonical text */
	/* Was this attribute given (or inherited, or defaulted)? */
	bool given[ATTR_MAX];
	/* Where it was given; for lists, the first entry's place. */
	struct place where[ATTR_MAX];

	const char *id;
	uint64_t type;			/* enum service_type bits */
	uint64_t flags;			/* enum service_flag bits */
	bool disable;
	uint64_t socket_type;		/* enum socket_kind */
	const char *protocol;		/* "tcp" */
	bool wait;
	uint64_t port;
	const char *bind;		/* as written */
	bool v6only;
	struct redirect redirect;
	bool mdns;
	struct rpc_versions rpc_version;
	uint64_t rpc_number;
	const char *socket_path;	/* protocol = unix */
	const char *socket_user, *socket_group;	/* as written */
	uint64_t socket_mode;

	const char *server;
	struct word_list server_args;
	const char *user;		/* as written: name or digits */
	const char *group;
	bool groups;
	uint64_t umask;
	int64_t nice;
	struct word_list env;
	struct word_list passenv;
	uint64_t rlimit_as, rlimit_cpu, rlimit_data, rlimit_files, rlimit_rss,
	    rlimit_stack;
	const char *libwrap;

	struct access_list only_from, no_access;
	struct time_list access_times;
	uint64_t instances, per_source;
	struct cps cps, source_cps;	/* source_cps.wait: how long it waits */
	struct source_prefix source_prefix;
	uint64_t max_load;		/* thousandths; 0 is off */
	uint64_t deny_time;		/* minutes; POLICY_UNLIMITED is FOREVER */
	uint64_t max_session;		/* milliseconds; 0 is off */
	uint64_t idle_timeout;		/* of relayed sessions; milliseconds, 0 is off */
	uint64_t connect_timeout;	/* of redirect; milliseconds */
	uint64_t keepalive;		/* milliseconds; 0 is off */

	struct log_target log_type;
	uint64_t log_on_success, log_on_failure;	/* bits above */
	const char *banner, *banner_success, *banner_fail;	/* paths */

	uint64_t kind;			/* enum service_kind */
	struct launch_ids launch_ids;
	struct launch_ids socket_ids;	/* of the UNIX socket; no groups */
	struct listen_list listen;
	struct listen_list target;	/* of redirect: one address */
	struct blob filter;		/* struct sock_filter[], host order */
	const char *wrap_name;		/* the daemon of hosts.allow */
	struct wrap_options wrap_options;
	struct table_ref only_from_table, no_access_table;
	struct name_list only_from_names, no_access_names;
	struct blob banner_data, banner_success_data, banner_fail_data;
};

/* Our own processes' users, in the order of the text. */
enum role {
	ROLE_DISPATCH, ROLE_LOAD, ROLE_RELAY, ROLE_LOOKUP, ROLE_LOG, ROLE_MAX
};
struct role_ids {
	uint32_t uid[ROLE_MAX], gid[ROLE_MAX];
	uint32_t ops_gid;	/* group sallyport-ops, reads the state files */
};
/* "sallyport", "sallyport-load", ... */
extern const char *const role_user[ROLE_MAX];
#define OPS_GROUP "sallyport-ops"

enum audit_failure { AUDIT_SERVE, AUDIT_REFUSE, AUDIT_STOP };
enum unknown_attributes { UNKNOWN_REFUSE, UNKNOWN_WARN };

#define WRAP_FILES_MAX 64

struct gateway {
	bool given[ATTR_MAX];
	struct place where[ATTR_MAX];
	struct log_target audit;	/* LOG_FILE or LOG_NOWHERE */
	uint64_t audit_failure;
	const char *syslog_tag;		/* of classic lines: "xinetd" */
	struct log_target messages;	/* the daemon's own messages */
	uint64_t process_limit;
	uint64_t lookup_timeout;	/* milliseconds */
	uint64_t source_table;
	uint64_t unknown_attributes;
	bool includedir_all;
	struct role_ids roles;
	struct zone zone;
	struct wrap_rules wrap;		/* hosts.allow, then hosts.deny */
	struct word_list wrap_files;	/* of patterns, to be watched */
	bool lookups;			/* some service asks for names or ident */
};

struct policy {
	struct arena *arena;
	struct diag_list diags;
	const char **files;	/* files[1..file_count]; 0 unused */
	unsigned file_count;
	struct gateway gateway;
	/* What stood in defaults, for those who show it: rows of SCOPE_DEFAULTS
	 * count from here. NULL in canonical text. */
	const struct service *defaults;
	struct service **services;
	unsigned count;
	uint64_t generation;	/* set by the loader, in every text */
};

/* The service with that id (case-blind), or NULL. */
const struct service *policy_service(const struct policy *, const char *id);

/* "FILE:LINE" for records and messages. Always NUL-terminated. */
size_t policy_place(const struct policy *, const struct place *, char *out,
    size_t size);

/*
 * Fills only_from_names and no_access_names of every service from its lists;
 * given[] says whether there are any. The loader calls it when the lists are
 * final and before it prints.
 */
void policy_list_names(struct policy *);

void policy_free(struct policy *);

/*
 * Every place the log process may write to, in one order that all who read
 * the same generation agree on: 0 is syslog; 1 the audit file (present even
 * when audit = none, then with path NULL); 2 the messages file (path NULL
 * when they go to syslog); 3.. the distinct log_type FILE paths in order of
 * services.
 */
#define SINK_SYSLOG 0
#define SINK_AUDIT 1
#define SINK_MESSAGES 2
#define SINK_FIRST_FILE 3
#define SINK_MAX 256

struct sinks {
	unsigned count;
	const char *path[SINK_MAX];
};

/* False when there are more than SINK_MAX. */
bool policy_sinks(const struct policy *, struct sinks *);
/* Sink of a service's classic lines, or -1 for none. */
int policy_sink_of(const struct sinks *, const struct log_target *);

#endif
