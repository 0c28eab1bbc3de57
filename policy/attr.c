/*
 * The attribute table; see attr.h.
 *
 * Runs in every process that reads or prints a policy. Nothing about an
 * attribute may be written down anywhere else: who wants to know asks the
 * table. The manual's paragraphs are in attr-text.h.
 */
#include "policy/attr.h"

#include <strings.h>

#include "policy/attr-text.h"
#include "policy/parse-internal.h"
#include "policy/type.h"

#define SAME(object, member, c_type) __builtin_types_compatible_p( \
	__typeof__(((object *)0)->member), c_type)
/* The member's place, and a compile-time check of its type. */
#define AT(object, member, c_type) offsetof(object, member) + \
	0 * sizeof(char[SAME(object, member, c_type) ? 1 : -1])
#define SERVICE(member, c_type) .offset = AT(struct service, member, c_type)
#define GATEWAY(member, c_type) .offset = AT(struct gateway, member, c_type)
#define DEFAULTS(member) .offset = AT(struct defaults, member, struct word_list)

#define P CONSUMER_PARENT
#define D CONSUMER_DISPATCH
#define L CONSUMER_LOG

#define IN_SERVICE .scope = SCOPE_SERVICE
#define IN_BOTH .scope = SCOPE_SERVICE | SCOPE_DEFAULTS
#define IN_DEFAULTS .scope = SCOPE_DEFAULTS
#define IN_GATEWAY .scope = SCOPE_GATEWAY, .flags = ATTR_NEW
#define IN_SERVICE_TEXT .scope = SCOPE_SERVICE | SCOPE_CANONICAL
#define IN_GATEWAY_TEXT .scope = SCOPE_GATEWAY | SCOPE_CANONICAL

#define ON_NEXT .change = CHANGE_NEW_CONNECTIONS
#define ON_BIND .change = CHANGE_REBIND

#define COUNT_MAX (UINT32_MAX - UINT64_C(1))
#define SIZE_LIMIT ((uint64_t)INT64_MAX)
#define YEAR_MS (UINT64_C(366) * 86400000)
#define TIMES_MAX 64

static const char *const types[] = {
	"RPC", "INTERNAL", "UNLISTED", "TCPMUX", "TCPMUXPLUS", "SPECIAL", NULL
};
static const char *const flags[] = {
	"REUSE", "INTERCEPT", "NORETRY", "IDONLY", "NAMEINARGS", "NODELAY",
	"KEEPALIVE", "NOLIBWRAP", "SENSOR", "IPv4", "IPv6", "LABELED", NULL
};
static const char *const socket_types[] = {
	"stream", "dgram", "raw", "seqpacket", NULL
};
static const char *const protocols[] = { "tcp", "udp", "unix", NULL };
static const char *const success_words[] = {
	"PID", "HOST", "USERID", "EXIT", "DURATION", "TRAFFIC", NULL
};
static const char *const failure_words[] = {
	"HOST", "USERID", "ATTEMPT", NULL
};
static const char *const audit_failures[] = {
	"serve", "refuse", "stop", NULL
};
/* In the order of enum service_kind; the names stand in kind_table too. */
static const char *const kinds[] = {
	"server", "wait", "wait-dgram", "redirect", "relayed", "answered",
	"mux", "mux-client", "sensor", "sensor-dgram", NULL
};
static const char *const unknown_answers[] = { "refuse", "warn", NULL };

const struct attr attr_table[ATTR_MAX] = {
	[ATTR_ID] = {
		.name = "id", .type = &type_word, SERVICE(id, const char *),
		IN_SERVICE, .consumers = P | D | L, ON_NEXT, .maximum = POLICY_ID_MAX,
		.syntax = "NAME", .summary = "name in logs and commands", .text = TEXT_ID,
	},
	[ATTR_TYPE] = {
		.name = "type", .type = &type_set, SERVICE(type, uint64_t),
		IN_SERVICE, .flags = ATTR_MULTI, .consumers = P | D, ON_BIND, .choices = types,
		.syntax = "WORD ...", .summary = "kind of service", .text = TEXT_TYPE,
	},
	[ATTR_FLAGS] = {
		.name = "flags", .type = &type_set, SERVICE(flags, uint64_t),
		IN_SERVICE, .flags = ATTR_MULTI | ATTR_LIMITS, .consumers = P | D,
		ON_BIND, .choices = flags, .syntax = "WORD ...",
		.summary = "switches of all kinds", .text = TEXT_FLAGS,
	},
	[ATTR_DISABLE] = {
		.name = "disable", .type = &type_yesno, SERVICE(disable, bool),
		IN_SERVICE, ON_BIND, .fallback = "no",
		.syntax = "yes | no", .summary = "turns the service off", .text = TEXT_DISABLE,
	},
	[ATTR_SOCKET_TYPE] = {
		.name = "socket_type", .type = &type_choice, SERVICE(socket_type, uint64_t),
		IN_SERVICE, .consumers = P | D, ON_BIND, .choices = socket_types,
		.syntax = "stream | dgram | raw | seqpacket",
		.summary = "kind of socket", .text = TEXT_SOCKET_TYPE,
	},
	[ATTR_PROTOCOL] = {
		.name = "protocol", .type = &type_keyword, SERVICE(protocol, const char *),
		IN_SERVICE, .consumers = P | D | L, ON_BIND, .choices = protocols,
		.syntax = "tcp | udp | unix", .summary = "transport protocol", .text = TEXT_PROTOCOL,
	},
	[ATTR_WAIT] = {
		.name = "wait", .type = &type_yesno, SERVICE(wait, bool),
		IN_SERVICE, .consumers = P | D, ON_BIND, .syntax = "yes | no",
		.summary = "one server for all connections", .text = TEXT_WAIT,
	},
	[ATTR_PORT] = {
		.name = "port", .type = &type_number, SERVICE(port, uint64_t),
		IN_SERVICE, ON_BIND, .maximum = 65535,
		.syntax = "N", .summary = "port to listen on", .text = TEXT_PORT,
	},
	[ATTR_BIND] = {
		.name = "bind", .alias = "interface", .type = &type_word,
		SERVICE(bind, const char *), IN_BOTH, ON_BIND, .maximum = 255,
		.syntax = "ADDRESS", .summary = "local address to listen on", .text = TEXT_BIND,
	},
	[ATTR_V6ONLY] = {
		.name = "v6only", .type = &type_yesno, SERVICE(v6only, bool),
		IN_BOTH, ON_BIND, .fallback = "no", .syntax = "yes | no",
		.summary = "listens on IPv6 alone", .text = TEXT_V6ONLY,
	},
	[ATTR_REDIRECT] = {
		.name = "redirect", .type = &type_redirect, SERVICE(redirect, struct redirect),
		IN_SERVICE, ON_NEXT, .syntax = "HOST PORT",
		.summary = "forwards to another host", .text = TEXT_REDIRECT,
	},
	[ATTR_MDNS] = {
		.name = "mdns", .type = &type_yesno, SERVICE(mdns, bool),
		IN_SERVICE, .syntax = "yes | no",
		.summary = "announcement by multicast DNS", .text = TEXT_MDNS,
	},
	[ATTR_RPC_VERSION] = {
		.name = "rpc_version", .type = &type_rpc_versions,
		SERVICE(rpc_version, struct rpc_versions), IN_SERVICE, .consumers = P,
		ON_BIND, .maximum = UINT32_MAX, .syntax = "N | N-M",
		.summary = "versions of an RPC service", .text = TEXT_RPC_VERSION,
	},
	[ATTR_RPC_NUMBER] = {
		.name = "rpc_number", .type = &type_number, SERVICE(rpc_number, uint64_t),
		IN_SERVICE, .consumers = P, ON_BIND, .maximum = UINT32_MAX,
		.syntax = "N", .summary = "number of an RPC program", .text = TEXT_RPC_NUMBER,
	},
	[ATTR_SOCKET_PATH] = {
		.name = "socket_path", .type = &type_path,
		SERVICE(socket_path, const char *), IN_SERVICE, .flags = ATTR_NEW,
		.consumers = P | L, ON_BIND, .maximum = 107, .syntax = "PATH",
		.summary = "UNIX socket to listen on", .text = TEXT_SOCKET_PATH,
	},
	[ATTR_SOCKET_USER] = {
		.name = "socket_user", .type = &type_account,
		SERVICE(socket_user, const char *), IN_SERVICE, .flags = ATTR_NEW,
		ON_BIND, .maximum = 255, .syntax = "NAME | UID",
		.summary = "owner of the UNIX socket", .text = TEXT_SOCKET_USER,
	},
	[ATTR_SOCKET_GROUP] = {
		.name = "socket_group", .type = &type_account,
		SERVICE(socket_group, const char *), IN_SERVICE, .flags = ATTR_NEW,
		ON_BIND, .maximum = 255, .syntax = "NAME | GID",
		.summary = "group of the UNIX socket", .text = TEXT_SOCKET_GROUP,
	},
	[ATTR_SOCKET_MODE] = {
		.name = "socket_mode", .type = &type_octal,
		SERVICE(socket_mode, uint64_t), IN_SERVICE, .flags = ATTR_NEW,
		.consumers = P, ON_BIND, .maximum = 0777, .fallback = "600",
		.syntax = "OCTAL", .summary = "permissions of the UNIX socket",
		.text = TEXT_SOCKET_MODE,
	},
	[ATTR_SERVER] = {
		.name = "server", .type = &type_path, SERVICE(server, const char *),
		IN_SERVICE, .consumers = P, ON_NEXT, .maximum = 4095,
		.syntax = "PATH", .summary = "program to start", .text = TEXT_SERVER,
	},
	[ATTR_SERVER_ARGS] = {
		.name = "server_args", .type = &type_arguments,
		SERVICE(server_args, struct word_list), IN_SERVICE, .flags = ATTR_MULTI,
		.consumers = P, ON_NEXT, .maximum = POLICY_ARGS_MAX, .syntax = "WORD ...",
		.summary = "arguments of the server", .text = TEXT_SERVER_ARGS,
	},
	[ATTR_USER] = {
		.name = "user", .type = &type_account, SERVICE(user, const char *),
		IN_SERVICE, ON_NEXT, .maximum = 255, .syntax = "NAME | UID",
		.summary = "user the server runs as", .text = TEXT_USER,
	},
	[ATTR_GROUP] = {
		.name = "group", .type = &type_account, SERVICE(group, const char *),
		IN_SERVICE, ON_NEXT, .maximum = 255, .syntax = "NAME | GID",
		.summary = "group the server runs as", .text = TEXT_GROUP,
	},
	[ATTR_GROUPS] = {
		.name = "groups", .type = &type_yesno, SERVICE(groups, bool),
		IN_BOTH, ON_NEXT, .fallback = "no", .syntax = "yes | no",
		.summary = "whether the user's other groups count", .text = TEXT_GROUPS,
	},
	[ATTR_UMASK] = {
		.name = "umask", .type = &type_octal, SERVICE(umask, uint64_t),
		IN_BOTH, .consumers = P, ON_NEXT, .maximum = 0777, .syntax = "OCTAL",
		.summary = "file mode creation mask", .text = TEXT_UMASK,
	},
	[ATTR_NICE] = {
		.name = "nice", .type = &type_signed, SERVICE(nice, int64_t),
		IN_SERVICE, .consumers = P, ON_NEXT, .minimum = 20, .maximum = 19,
		.syntax = "N", .summary = "scheduling priority", .text = TEXT_NICE,
	},
	[ATTR_ENV] = {
		.name = "env", .type = &type_environment, SERVICE(env, struct word_list),
		IN_SERVICE, .flags = ATTR_LIST | ATTR_SECRET, .consumers = P, ON_NEXT,
		.maximum = POLICY_ARGS_MAX, .syntax = "NAME=VALUE ...",
		.summary = "variables added to the environment", .text = TEXT_ENV,
	},
	[ATTR_PASSENV] = {
		.name = "passenv", .type = &type_names, SERVICE(passenv, struct word_list),
		IN_BOTH, .flags = ATTR_LIST, .consumers = P, ON_NEXT,
		.maximum = POLICY_ARGS_MAX, .syntax = "[NAME ...]",
		.summary = "variables passed on", .text = TEXT_PASSENV,
	},
#define RLIMIT(member, kind, limit, form, what, paragraph) { \
		.name = #member, .type = kind, SERVICE(member, uint64_t), \
		IN_SERVICE, .consumers = P, ON_NEXT, .maximum = limit, \
		.syntax = form, .summary = what, .text = paragraph, \
	}
#define SIZE_FORM "N[K|M|G] | UNLIMITED"
	[ATTR_RLIMIT_AS] = RLIMIT(rlimit_as, &type_size, SIZE_LIMIT, SIZE_FORM,
	    "size of the address space", TEXT_RLIMIT_AS),
	[ATTR_RLIMIT_CPU] = RLIMIT(rlimit_cpu, &type_count, COUNT_MAX, "SECONDS | UNLIMITED",
	    "processor time", TEXT_RLIMIT_CPU),
	[ATTR_RLIMIT_DATA] = RLIMIT(rlimit_data, &type_size, SIZE_LIMIT, SIZE_FORM,
	    "size of the data segment", TEXT_RLIMIT_DATA),
	[ATTR_RLIMIT_FILES] = RLIMIT(rlimit_files, &type_size, SIZE_LIMIT, SIZE_FORM,
	    "open files", TEXT_RLIMIT_FILES),
	[ATTR_RLIMIT_RSS] = RLIMIT(rlimit_rss, &type_size, SIZE_LIMIT, SIZE_FORM,
	    "size of the resident set", TEXT_RLIMIT_RSS),
	[ATTR_RLIMIT_STACK] = RLIMIT(rlimit_stack, &type_size, SIZE_LIMIT, SIZE_FORM,
	    "size of the stack", TEXT_RLIMIT_STACK),
	[ATTR_LIBWRAP] = {
		.name = "libwrap", .type = &type_word, SERVICE(libwrap, const char *),
		IN_SERVICE, ON_NEXT, .maximum = 255, .syntax = "NAME",
		.summary = "daemon name in hosts.allow and hosts.deny", .text = TEXT_LIBWRAP,
	},
	[ATTR_ONLY_FROM] = {
		.name = "only_from", .type = &type_access,
		SERVICE(only_from, struct access_list), IN_BOTH,
		.flags = ATTR_LIST | ATTR_LIMITS, .consumers = L, ON_NEXT,
		.syntax = "[ADDRESS ...]", .summary = "clients that are let in",
		.text = TEXT_ONLY_FROM,
	},
	[ATTR_NO_ACCESS] = {
		.name = "no_access", .type = &type_access,
		SERVICE(no_access, struct access_list), IN_BOTH,
		.flags = ATTR_LIST | ATTR_LIMITS, .consumers = L, ON_NEXT,
		.syntax = "[ADDRESS ...]", .summary = "clients that are denied",
		.text = TEXT_NO_ACCESS,
	},
	[ATTR_ACCESS_TIMES] = {
		.name = "access_times", .type = &type_times,
		SERVICE(access_times, struct time_list), IN_SERVICE,
		.flags = ATTR_MULTI | ATTR_LIMITS, .consumers = D | L, ON_NEXT,
		.maximum = TIMES_MAX, .syntax = "HH:MM-HH:MM ...",
		.summary = "times of day with service", .text = TEXT_ACCESS_TIMES,
	},
	[ATTR_INSTANCES] = {
		.name = "instances", .type = &type_count, SERVICE(instances, uint64_t),
		IN_BOTH, .flags = ATTR_LIMITS, .consumers = P | D | L, ON_NEXT,
		.maximum = COUNT_MAX, .fallback = "UNLIMITED", .syntax = "N | UNLIMITED",
		.summary = "servers at once", .text = TEXT_INSTANCES,
	},
	[ATTR_PER_SOURCE] = {
		.name = "per_source", .type = &type_count, SERVICE(per_source, uint64_t),
		IN_BOTH, .flags = ATTR_LIMITS, .consumers = D | L, ON_NEXT,
		.maximum = COUNT_MAX, .fallback = "UNLIMITED", .syntax = "N | UNLIMITED",
		.summary = "servers at once for one client", .text = TEXT_PER_SOURCE,
	},
	[ATTR_SOURCE_CPS] = {
		.name = "source_cps", .type = &type_cps, SERVICE(source_cps, struct cps),
		IN_BOTH, .flags = ATTR_LIMITS, .consumers = D | L, ON_NEXT,
		.syntax = "N SECONDS", .summary = "connections a second of one source",
		.text = TEXT_SOURCE_CPS,
	},
	[ATTR_SOURCE_PREFIX] = {
		.name = "source_prefix", .type = &type_source_prefix,
		SERVICE(source_prefix, struct source_prefix), IN_BOTH,
		.flags = ATTR_LIMITS, .consumers = D | L, ON_NEXT,
		.syntax = "IPV4 IPV6", .summary = "bits of an address that are one source",
		.text = TEXT_SOURCE_PREFIX,
	},
	[ATTR_CPS] = {
		.name = "cps", .type = &type_cps, SERVICE(cps, struct cps),
		IN_BOTH, .flags = ATTR_LIMITS, .consumers = P | D | L, ON_NEXT,
		.fallback = "50 10", .syntax = "N SECONDS",
		.summary = "connections a second", .text = TEXT_CPS,
	},
	[ATTR_MAX_LOAD] = {
		.name = "max_load", .type = &type_load, SERVICE(max_load, uint64_t),
		IN_BOTH, .flags = ATTR_LIMITS, .consumers = D | L, ON_NEXT,
		.maximum = UINT64_C(1000000000), .fallback = "0", .syntax = "N[.NNN]",
		.summary = "load average that stops service", .text = TEXT_MAX_LOAD,
	},
	[ATTR_DENY_TIME] = {
		.name = "deny_time", .type = &type_deny_time, SERVICE(deny_time, uint64_t),
		IN_SERVICE, .flags = ATTR_LIMITS, .consumers = D, ON_NEXT, .maximum = COUNT_MAX,
		.fallback = "0", .syntax = "MINUTES | FOREVER | NEVER",
		.summary = "how long a sensor's finds are denied", .text = TEXT_DENY_TIME,
	},
	[ATTR_MAX_SESSION] = {
		.name = "max_session", .type = &type_duration, SERVICE(max_session, uint64_t),
		IN_BOTH, .flags = ATTR_LIMITS | ATTR_NEW, .consumers = P | L, ON_NEXT,
		.maximum = 10 * YEAR_MS, .fallback = "0", .syntax = "DURATION",
		.summary = "longest run of a server", .text = TEXT_MAX_SESSION,
	},
	[ATTR_IDLE_TIMEOUT] = {
		.name = "idle_timeout", .type = &type_duration,
		SERVICE(idle_timeout, uint64_t), IN_BOTH, .flags = ATTR_NEW,
		.consumers = P, ON_NEXT, .maximum = 10 * YEAR_MS,
		.syntax = "DURATION", .summary = "longest silence of a relayed session",
		.text = TEXT_IDLE_TIMEOUT,
	},
	[ATTR_CONNECT_TIMEOUT] = {
		.name = "connect_timeout", .type = &type_duration,
		SERVICE(connect_timeout, uint64_t), IN_BOTH, .flags = ATTR_NEW,
		.consumers = P, ON_NEXT, .minimum = 1, .maximum = 600000,
		.fallback = "10s", .syntax = "DURATION",
		.summary = "patience with the target of redirect",
		.text = TEXT_CONNECT_TIMEOUT,
	},
	[ATTR_KEEPALIVE] = {
		.name = "keepalive", .type = &type_duration, SERVICE(keepalive, uint64_t),
		IN_BOTH, .flags = ATTR_NEW, .consumers = P, ON_NEXT,
		.maximum = 32767000, .fallback = "0", .syntax = "DURATION",
		.summary = "probing of silent clients", .text = TEXT_KEEPALIVE,
	},
	[ATTR_LOG_TYPE] = {
		.name = "log_type", .type = &type_service_log,
		SERVICE(log_type, struct log_target), IN_BOTH, .flags = ATTR_MULTI,
		.consumers = P | L, ON_NEXT,
		.syntax = "SYSLOG FACILITY [LEVEL] | FILE PATH [SOFT [HARD]]",
		.summary = "where classic lines go", .text = TEXT_LOG_TYPE,
	},
	[ATTR_LOG_ON_SUCCESS] = {
		.name = "log_on_success", .type = &type_log_set,
		SERVICE(log_on_success, uint64_t), IN_BOTH, .flags = ATTR_LIST,
		.consumers = D | L, ON_NEXT, .choices = success_words, .syntax = "[WORD ...]",
		.summary = "words of classic START and EXIT lines", .text = TEXT_LOG_ON_SUCCESS,
	},
	[ATTR_LOG_ON_FAILURE] = {
		.name = "log_on_failure", .type = &type_log_set,
		SERVICE(log_on_failure, uint64_t), IN_BOTH, .flags = ATTR_LIST,
		.consumers = D | L, ON_NEXT, .choices = failure_words, .syntax = "[WORD ...]",
		.summary = "words of classic FAIL lines", .text = TEXT_LOG_ON_FAILURE,
	},
#define BANNER(member, what, paragraph) { \
		.name = #member, .type = &type_path, SERVICE(member, const char *), \
		IN_BOTH, ON_NEXT, .maximum = 4095, \
		.syntax = "PATH", .summary = what, .text = paragraph, \
	}
	[ATTR_BANNER] = BANNER(banner, "text for every client", TEXT_BANNER),
	[ATTR_BANNER_SUCCESS] = BANNER(banner_success, "text for clients let in",
	    TEXT_BANNER_SUCCESS),
	[ATTR_BANNER_FAIL] = BANNER(banner_fail, "text for clients denied", TEXT_BANNER_FAIL),
	[ATTR_ENABLED] = {
		.name = "enabled", .type = &type_ids, DEFAULTS(enabled),
		IN_DEFAULTS, .flags = ATTR_LIST | ATTR_LIMITS, ON_BIND,
		.maximum = POLICY_SERVICES_MAX, .syntax = "[ID ...]",
		.summary = "services that run, and no others", .text = TEXT_ENABLED,
	},
	[ATTR_DISABLED] = {
		.name = "disabled", .type = &type_ids, DEFAULTS(disabled),
		IN_DEFAULTS, .flags = ATTR_LIST | ATTR_LIMITS, ON_BIND,
		.maximum = POLICY_SERVICES_MAX, .syntax = "[ID ...]",
		.summary = "services that do not run", .text = TEXT_DISABLED,
	},
	[ATTR_AUDIT] = {
		.name = "audit", .type = &type_audit, GATEWAY(audit, struct log_target),
		IN_GATEWAY, .consumers = P | L, ON_NEXT,
		.fallback = "FILE " LOCALSTATEDIR "/log/sallyport/audit.jsonl",
		.syntax = "FILE PATH | none", .summary = "file of audit records",
		.text = TEXT_AUDIT,
	},
	[ATTR_AUDIT_FAILURE] = {
		.name = "audit_failure", .type = &type_choice,
		GATEWAY(audit_failure, uint64_t), IN_GATEWAY, .consumers = P | L, ON_NEXT,
		.choices = audit_failures, .fallback = "serve",
		.syntax = "serve | refuse | stop",
		.summary = "what a failing audit stops", .text = TEXT_AUDIT_FAILURE,
	},
	[ATTR_SYSLOG_TAG] = {
		.name = "syslog_tag", .type = &type_tag, GATEWAY(syslog_tag, const char *),
		IN_GATEWAY, .consumers = L, ON_NEXT, .maximum = 32, .fallback = "xinetd",
		.syntax = "WORD", .summary = "program name on classic lines",
		.text = TEXT_SYSLOG_TAG,
	},
	[ATTR_MESSAGES] = {
		.name = "messages", .type = &type_messages,
		GATEWAY(messages, struct log_target), IN_GATEWAY, .consumers = P | L, ON_NEXT,
		.fallback = "SYSLOG daemon", .syntax = "SYSLOG FACILITY [LEVEL] | FILE PATH",
		.summary = "where our own messages go", .text = TEXT_MESSAGES,
	},
	[ATTR_PROCESS_LIMIT] = {
		.name = "process_limit", .type = &type_count,
		GATEWAY(process_limit, uint64_t), .scope = SCOPE_GATEWAY,
		.flags = ATTR_NEW | ATTR_LIMITS, .consumers = P | D | L, ON_NEXT,
		.minimum = 1, .maximum = COUNT_MAX, .fallback = "UNLIMITED",
		.syntax = "N | UNLIMITED", .summary = "servers of all services at once",
		.text = TEXT_PROCESS_LIMIT,
	},
	[ATTR_LOOKUP_TIMEOUT] = {
		.name = "lookup_timeout", .type = &type_duration,
		GATEWAY(lookup_timeout, uint64_t), IN_GATEWAY, .consumers = D, ON_NEXT,
		.minimum = 1, .maximum = 60000, .fallback = "2s", .syntax = "DURATION",
		.summary = "patience with DNS and ident", .text = TEXT_LOOKUP_TIMEOUT,
	},
	[ATTR_SOURCE_TABLE] = {
		.name = "source_table", .type = &type_number, GATEWAY(source_table, uint64_t),
		IN_GATEWAY, .consumers = D, ON_NEXT, .minimum = 1024, .maximum = 1048576,
		.fallback = "65536", .syntax = "N", .summary = "clients remembered",
		.text = TEXT_SOURCE_TABLE,
	},
	[ATTR_UNKNOWN_ATTRIBUTES] = {
		.name = "unknown_attributes", .type = &type_choice,
		GATEWAY(unknown_attributes, uint64_t), IN_GATEWAY,
		.choices = unknown_answers, .fallback = "refuse", .syntax = "refuse | warn",
		.summary = "what a misspelt attribute does", .text = TEXT_UNKNOWN_ATTRIBUTES,
	},
	[ATTR_INCLUDEDIR_ALL] = {
		.name = "includedir_all", .type = &type_yesno, GATEWAY(includedir_all, bool),
		IN_GATEWAY, .fallback = "no", .syntax = "yes | no",
		.summary = "whether *.conf is read too", .text = TEXT_INCLUDEDIR_ALL,
	},
	[ATTR_LAUNCH_IDS] = {
		.name = "launch_ids", .type = &type_launch_ids,
		SERVICE(launch_ids, struct launch_ids), IN_SERVICE_TEXT, .consumers = P, ON_NEXT,
		.syntax = "UID GID [GID ...]", .summary = "resolved ids",
		.text = TEXT_LAUNCH_IDS,
	},
	[ATTR_LISTEN] = {
		.name = "listen", .type = &type_listen, SERVICE(listen, struct listen_list),
		IN_SERVICE_TEXT, .consumers = P | D, ON_BIND, .syntax = "[unix | 4|6 ADDRESS PORT ...]",
		.summary = "resolved listeners", .text = TEXT_LISTEN,
	},
#define TABLE(member, paragraph) { \
		.name = #member, .type = &type_table, SERVICE(member, struct table_ref), \
		IN_SERVICE_TEXT, .consumers = D, ON_NEXT, .syntax = "NUMBER ENTRIES", \
		.summary = "prefix table", .text = paragraph, \
	}
	[ATTR_ONLY_FROM_TABLE] = TABLE(only_from_table, TEXT_ONLY_FROM_TABLE),
	[ATTR_NO_ACCESS_TABLE] = TABLE(no_access_table, TEXT_NO_ACCESS_TABLE),
#define NAMES(member, paragraph) { \
		.name = #member, .type = &type_list_names, SERVICE(member, struct name_list), \
		IN_SERVICE_TEXT, .consumers = D, ON_NEXT, .syntax = "[ENTRY NAME ...]", \
		.summary = "names of an access list", .text = paragraph, \
	}
	[ATTR_ONLY_FROM_NAMES] = NAMES(only_from_names, TEXT_ONLY_FROM_NAMES),
	[ATTR_NO_ACCESS_NAMES] = NAMES(no_access_names, TEXT_NO_ACCESS_NAMES),
#define BLOB(member, paragraph) { \
		.name = #member, .type = &type_blob, SERVICE(member, struct blob), \
		IN_SERVICE_TEXT, .consumers = D, ON_NEXT, .syntax = "BYTES", \
		.summary = "content of a banner", .text = paragraph, \
	}
	[ATTR_BANNER_DATA] = BLOB(banner_data, TEXT_BANNER_DATA),
	[ATTR_BANNER_SUCCESS_DATA] = BLOB(banner_success_data, TEXT_BANNER_SUCCESS_DATA),
	[ATTR_BANNER_FAIL_DATA] = BLOB(banner_fail_data, TEXT_BANNER_FAIL_DATA),
	[ATTR_KIND] = {
		.name = "kind", .type = &type_choice, SERVICE(kind, uint64_t),
		IN_SERVICE_TEXT, .consumers = P | D | L, ON_BIND, .choices = kinds,
		.syntax = "WORD", .summary = "what serves its clients", .text = TEXT_KIND,
	},
	[ATTR_TARGET] = {
		.name = "target", .type = &type_listen, SERVICE(target, struct listen_list),
		IN_SERVICE_TEXT, .consumers = P, ON_NEXT, .syntax = "4|6 ADDRESS PORT",
		.summary = "resolved target of redirect", .text = TEXT_TARGET,
	},
	[ATTR_FILTER] = {
		.name = "filter", .type = &type_blob, SERVICE(filter, struct blob),
		IN_SERVICE_TEXT, .consumers = P, ON_NEXT, .syntax = "BYTES",
		.summary = "socket filter of its numeric lists", .text = TEXT_FILTER,
	},
	[ATTR_SOCKET_IDS] = {
		.name = "socket_ids", .type = &type_launch_ids,
		SERVICE(socket_ids, struct launch_ids), IN_SERVICE_TEXT, .consumers = P,
		ON_BIND, .syntax = "UID GID", .summary = "resolved owner of the socket",
		.text = TEXT_SOCKET_IDS,
	},
	[ATTR_WRAP_NAME] = {
		.name = "wrap_name", .type = &type_word, SERVICE(wrap_name, const char *),
		IN_SERVICE_TEXT, .consumers = D, ON_NEXT, .maximum = 4095, .syntax = "NAME",
		.summary = "daemon name in hosts.allow", .text = TEXT_WRAP_NAME,
	},
	[ATTR_WRAP_OPTIONS] = {
		.name = "wrap_options", .type = &type_wrap_options,
		SERVICE(wrap_options, struct wrap_options), IN_SERVICE_TEXT, .consumers = P,
		ON_NEXT, .syntax = "rule N [WORD VALUE ...] ...",
		.summary = "what rules of hosts.allow change", .text = TEXT_WRAP_OPTIONS,
	},
	[ATTR_WRAP] = {
		.name = "wrap", .type = &type_wrap, GATEWAY(wrap, struct wrap_rules),
		IN_GATEWAY_TEXT, .consumers = D | L, ON_NEXT,
		.syntax = "ACTION:DAEMONS:CLIENTS ...",
		.summary = "rules of hosts.allow and hosts.deny", .text = TEXT_WRAP,
	},
	[ATTR_WRAP_FILES] = {
		.name = "wrap_files", .type = &type_arguments,
		GATEWAY(wrap_files, struct word_list), IN_GATEWAY_TEXT, .consumers = P,
		ON_NEXT, .maximum = WRAP_FILES_MAX, .syntax = "PATH ...",
		.summary = "files of patterns to be watched", .text = TEXT_WRAP_FILES,
	},
	[ATTR_ROLES] = {
		.name = "roles", .type = &type_roles, GATEWAY(roles, struct role_ids),
		IN_GATEWAY_TEXT, .consumers = P, ON_NEXT, .syntax = "UID GID ... GID",
		.summary = "our own users", .text = TEXT_ROLES,
	},
	[ATTR_ZONE] = {
		.name = "zone", .type = &type_zone, GATEWAY(zone, struct zone),
		IN_GATEWAY_TEXT, .consumers = P | D | L, ON_NEXT, .syntax = "RULE",
		.summary = "local time", .text = TEXT_ZONE,
	},
	[ATTR_LOOKUPS] = {
		.name = "lookups", .type = &type_yesno, GATEWAY(lookups, bool),
		IN_GATEWAY_TEXT, .consumers = P | D, ON_NEXT, .syntax = "yes | no",
		.summary = "are names or ident asked for?", .text = TEXT_LOOKUPS,
	},
};

/* What only we write is found only by who asks for canonical text. */
static bool
is_visible(const struct attr *attr, unsigned scope)
{
	if (attr->name == NULL ||
	    (attr->scope & scope & ~(unsigned)SCOPE_CANONICAL) == 0)
		return false;
	return (attr->scope & SCOPE_CANONICAL) == 0 ||
	    (scope & SCOPE_CANONICAL) != 0;
}

enum attr_id
attr_find(const char *name, unsigned scope)
{
	const struct attr *attr;
	unsigned i;

	for (i = 1; i < ATTR_MAX; i++) {
		attr = &attr_table[i];
		if (!is_visible(attr, scope))
			continue;
		if (strcasecmp(attr->name, name) == 0 || (attr->alias != NULL
		    && strcasecmp(attr->alias, name) == 0))
			return (enum attr_id)i;
	}
	return ATTR_NONE;
}

const char *
attr_nearest(const char *name, unsigned scope)
{
	const char *names[2 * ATTR_MAX];
	unsigned i, count = 0;

	for (i = 1; i < ATTR_MAX; i++) {
		if (!is_visible(&attr_table[i], scope))
			continue;
		names[count++] = attr_table[i].name;
		if (attr_table[i].alias != NULL)
			names[count++] = attr_table[i].alias;
	}
	return diag_nearest(name, names, count, sizeof(names[0]));
}

const char *
attr_name(enum attr_id id)
{
	if ((unsigned)id >= ATTR_MAX || attr_table[id].name == NULL)
		return "?";
	return attr_table[id].name;
}
