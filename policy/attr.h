/*
 * The attribute table: everything the language knows is one row here.
 *
 * Pure. Parser, defaults, canonical text and its three consumers, manual
 * section, completion and reload plan all read this table; an attribute's
 * name, range, default and description stand nowhere else.
 */
#ifndef POLICY_ATTR_H
#define POLICY_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the manual. Records carry these numbers between processes
 * of one build; they are never stored. */
enum attr_id {
	ATTR_NONE = 0,
	/* service: identity and socket */
	ATTR_ID, ATTR_TYPE, ATTR_FLAGS, ATTR_DISABLE, ATTR_SOCKET_TYPE,
	ATTR_PROTOCOL, ATTR_WAIT, ATTR_PORT, ATTR_BIND, ATTR_V6ONLY,
	ATTR_REDIRECT, ATTR_MDNS, ATTR_RPC_VERSION, ATTR_RPC_NUMBER,
	ATTR_SOCKET_PATH, ATTR_SOCKET_USER, ATTR_SOCKET_GROUP, ATTR_SOCKET_MODE,
	/* service: the server */
	ATTR_SERVER, ATTR_SERVER_ARGS, ATTR_USER, ATTR_GROUP, ATTR_GROUPS,
	ATTR_UMASK, ATTR_NICE, ATTR_ENV, ATTR_PASSENV,
	ATTR_RLIMIT_AS, ATTR_RLIMIT_CPU, ATTR_RLIMIT_DATA, ATTR_RLIMIT_FILES,
	ATTR_RLIMIT_RSS, ATTR_RLIMIT_STACK, ATTR_LIBWRAP,
	/* service: access and limits */
	ATTR_ONLY_FROM, ATTR_NO_ACCESS, ATTR_ACCESS_TIMES, ATTR_INSTANCES,
	ATTR_PER_SOURCE, ATTR_SOURCE_CPS, ATTR_SOURCE_PREFIX,
	ATTR_CPS, ATTR_MAX_LOAD, ATTR_DENY_TIME,
	ATTR_MAX_SESSION, ATTR_IDLE_TIMEOUT, ATTR_CONNECT_TIMEOUT,
	ATTR_KEEPALIVE,
	/* service: logging and banners */
	ATTR_LOG_TYPE, ATTR_LOG_ON_SUCCESS, ATTR_LOG_ON_FAILURE,
	ATTR_BANNER, ATTR_BANNER_SUCCESS, ATTR_BANNER_FAIL,
	/* defaults only */
	ATTR_ENABLED, ATTR_DISABLED,
	/* gateway */
	ATTR_AUDIT, ATTR_AUDIT_FAILURE, ATTR_SYSLOG_TAG, ATTR_MESSAGES,
	ATTR_PROCESS_LIMIT, ATTR_LOOKUP_TIMEOUT, ATTR_SOURCE_TABLE,
	ATTR_UNKNOWN_ATTRIBUTES, ATTR_INCLUDEDIR_ALL,
	/* canonical text only: what the loader resolved */
	ATTR_LAUNCH_IDS,	/* service: uid gid [supplementary gids...] */
	ATTR_LISTEN,		/* service: family addr port [scope] ... */
	ATTR_ONLY_FROM_TABLE,	/* service: table number, entries */
	ATTR_NO_ACCESS_TABLE,
	ATTR_ONLY_FROM_NAMES,	/* service: entry name ... */
	ATTR_NO_ACCESS_NAMES,
	ATTR_BANNER_DATA, ATTR_BANNER_SUCCESS_DATA, ATTR_BANNER_FAIL_DATA,
	ATTR_KIND,		/* service: enum service_kind */
	ATTR_TARGET,		/* service: where redirect goes, one address */
	ATTR_FILTER,		/* service: socket filter, struct sock_filter[] */
	ATTR_SOCKET_IDS,	/* service: uid gid of its UNIX socket */
	ATTR_WRAP_NAME,		/* service: daemon name in hosts.allow */
	ATTR_WRAP_OPTIONS,	/* service: what rules of hosts.allow change */
	ATTR_WRAP,		/* gateway: rules of hosts.allow and hosts.deny */
	ATTR_WRAP_FILES,	/* gateway: files of patterns in them */
	ATTR_ROLES,		/* gateway: ids of our own processes */
	ATTR_ZONE,		/* gateway: the local time zone's rule */
	ATTR_LOOKUPS,		/* gateway: is lookup needed? */
	ATTR_MAX
};

enum attr_scope {		/* where a person may write it */
	SCOPE_SERVICE = 1,
	SCOPE_DEFAULTS = 2,
	SCOPE_GATEWAY = 4,
	SCOPE_CANONICAL = 8	/* only in text that we printed ourselves */
};

/* Whose text an attribute goes into. */
enum consumer {
	CONSUMER_PARENT = 1,
	CONSUMER_DISPATCH = 2,
	CONSUMER_LOG = 4,
	CONSUMER_ALL = 7
};

/* What a change of it means for a reload. */
enum attr_change {
	CHANGE_NONE, CHANGE_NEW_CONNECTIONS, CHANGE_REBIND
};

enum attr_flag {
	ATTR_LIST = 1,		/* += and -= allowed, may repeat */
	ATTR_MULTI = 2,		/* one or more values, one '=' only */
	ATTR_LIMITS = 4,	/* narrows access: a fault in it always refuses */
	ATTR_SECRET = 8,	/* value masked where others may read */
	ATTR_NEW = 16		/* xinetd does not know it */
};

struct attr_type;		/* parse, print and equal for one kind of value */

struct attr {
	const char *name;	/* lower case */
	const char *alias;	/* second spelling, or NULL */
	const struct attr_type *type;
	size_t offset;		/* of the value in struct service or gateway */
	unsigned scope;		/* enum attr_scope, or-ed */
	unsigned flags;		/* enum attr_flag, or-ed */
	unsigned consumers;	/* enum consumer, or-ed; 0: stays in the loader */
	enum attr_change change;
	uint64_t minimum, maximum;
	const char *const *choices;	/* words of an enumeration or set */
	const char *fallback;	/* default as text for the same parser, or NULL */
	const char *syntax;	/* of the value, for people: "N | UNLIMITED" */
	const char *summary;	/* one line, no full stop */
	const char *text;	/* one paragraph for the manual (mdoc allowed) */
};

/* Indexed by enum attr_id; entry 0 is empty. */
extern const struct attr attr_table[ATTR_MAX];

/* Row for a name (any case) that is allowed in one of `scope`, or ATTR_NONE. */
enum attr_id attr_find(const char *name, unsigned scope);

/* Nearest name for "did you mean", or NULL. */
const char *attr_nearest(const char *name, unsigned scope);

/* "only_from", or "?" when out of range. */
const char *attr_name(enum attr_id);

#endif
