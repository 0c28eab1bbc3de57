/*
 * Who may be let in: rules that a kind of service could not enforce, and words
 * that do nothing.
 *
 * Runs in the loader and in ctl. A restriction that would not hold refuses its
 * service: nothing here is ever quietly wider than it reads.
 */
#include <string.h>

#include "policy/check-internal.h"
#include "policy/rule.h"

static bool
is_unix(const struct service *s)
{
	return strcmp(s->protocol, "unix") == 0;
}

/* Does the list take every address of the family? */
static bool
takes_all(const struct access_list *list, unsigned family)
{
	unsigned i, k;

	for (i = 0; i < list->count; i++)
		for (k = 0; k < list->entries[i].count; k++)
			if (list->entries[i].prefixes[k].length == 0 &&
			    list->entries[i].prefixes[k].addr.family == family)
				return true;
	return false;
}

/* The attribute that could deny somebody, or ATTR_NONE. */
static enum attr_id
restriction(const struct service *s)
{
	const struct access_list *list = &s->only_from;
	uint64_t families = s->flags & (FLAG_IPV4 | FLAG_IPV6);
	struct addr bound = { .family = ADDR_NONE };
	bool takes_ipv4 = takes_all(list, ADDR_IPV4);
	bool takes_ipv6 = takes_all(list, ADDR_IPV6);

	if (s->no_access.present && s->no_access.count > 0)
		return ATTR_NO_ACCESS;
	if (!list->present || (takes_ipv4 && takes_ipv6))
		return ATTR_NONE;
	/* No address at all: a list that takes all of either is meant so. */
	if (is_unix(s))
		return takes_ipv4 || takes_ipv6 ? ATTR_NONE : ATTR_ONLY_FROM;
	if (s->given[ATTR_BIND])
		(void)addr_parse(&bound, s->bind);
	if (takes_ipv4 && (families == FLAG_IPV4 ||
	    bound.family == ADDR_IPV4))
		return ATTR_NONE;
	return ATTR_ONLY_FROM;
}

static unsigned
check_names(const struct checked *c, enum attr_id id,
    const struct access_list *list)
{
	struct service *s = c->service;
	unsigned hosts = 0, names = 0, i;

	for (i = 0; list->present && i < list->count; i++) {
		names += list->entries[i].name != NULL;
		hosts += list->entries[i].name != NULL &&
		    !list->entries[i].is_suffix;
	}
	if (hosts > FACTS_HOSTS_MAX)
		check_refuse(c, DIAG_LIMIT, id, arena_format(
		    c->source->policy->arena, "the list holds more than %u"
		    " host names", FACTS_HOSTS_MAX),
		    "write addresses, or a .domain that holds them");
	if (names == 0)
		return 0;
	if (s->kind == KIND_WAIT)
		check_refuse(c, DIAG_CONFLICT, id, "a name cannot be enforced"
		    " here: the server accepts connections by itself",
		    "write addresses");
	if (s->kind == KIND_WAIT_DGRAM)
		check_tell(c, DIAG_WARNING, DIAG_CONFLICT, id, "names are"
		    " asked for the datagram that starts the server, not for"
		    " those it receives by itself", "write addresses");
	return hosts;
}

/* Each list is within the bound, but a client may have to pass both. */
static void
check_hosts(const struct checked *c, unsigned hosts)
{
	if (hosts > FACTS_HOSTS_MAX && !c->service->refused)
		check_tell(c, DIAG_WARNING, DIAG_LIMIT, ATTR_ONLY_FROM,
		    arena_format(c->source->policy->arena, "of %u host names"
		    " in only_from and no_access only the first %u are looked"
		    " up for a client; the others are compared with the"
		    " client's own names", hosts, FACTS_HOSTS_MAX),
		    "write addresses, or a .domain that holds them");
}

/* A server that has the listener accepts whom it likes (D14). */
static void
check_wait(const struct checked *c, enum attr_id id)
{
	struct service *s = c->service;

	if (s->kind != KIND_WAIT || is_unix(s) || id == ATTR_NONE ||
	    (s->flags & FLAG_INTERCEPT) != 0)
		return;
	check_refuse(c, DIAG_CONFLICT, id, "the server of a stream service"
	    " with wait = yes accepts connections by itself, and no address"
	    " rule holds for them", "flags = INTERCEPT puts it before the"
	    " listener");
}

static void
check_unix_lists(const struct checked *c, enum attr_id id)
{
	if (is_unix(c->service) && id != ATTR_NONE)
		check_refuse(c, DIAG_CONFLICT, id, "clients of a UNIX socket"
		    " have no address, so this would let nobody in or hold"
		    " for nobody", "use socket_user, socket_group and"
		    " socket_mode; only_from = 0.0.0.0/0 and no_access ="
		    " undo what defaults say");
}

/* RFC 1413 knows TCP connections, and only of those that we accept. */
static void
check_ident(const struct checked *c)
{
	struct service *s = c->service;
	const struct kind_info *kind = &kind_table[s->kind];

	if ((s->flags & FLAG_IDONLY) == 0)
		return;
	if (s->kind == KIND_SENSOR || s->kind == KIND_SENSOR_DGRAM) {
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_FLAGS,
		    "flag IDONLY: a sensor lets nobody in", NULL);
		s->flags &= ~(uint64_t)FLAG_IDONLY;
		return;
	}
	if (kind->is_dgram || kind->is_passed || is_unix(s))
		check_refuse(c, DIAG_CONFLICT, ATTR_FLAGS, "flag IDONLY needs"
		    " TCP connections that are accepted here",
		    "leave it out, or set wait = no");
	else if ((s->log_on_success & LOG_USERID) == 0)
		check_tell(c, DIAG_WARNING, DIAG_CONFLICT, ATTR_FLAGS,
		    "flag IDONLY always asks for the user; xinetd asked only"
		    " with log_on_success = USERID and let everybody in"
		    " without", "add log_on_success += USERID");
}

void
check_access(const struct checked *c)
{
	enum attr_id id = restriction(c->service);

	unsigned hosts;

	hosts = check_names(c, ATTR_ONLY_FROM, &c->service->only_from);
	hosts += check_names(c, ATTR_NO_ACCESS, &c->service->no_access);
	check_hosts(c, hosts);
	check_wait(c, id);
	check_unix_lists(c, id);
	check_ident(c);
}

/* Does a sensor ban anybody? Datagrams to one never do (D27). */
static bool
has_bans(const struct policy *policy)
{
	unsigned i;

	for (i = 0; i < policy->count; i++) {
		const struct service *s = policy->services[i];

		if (!s->off && !s->refused && s->kind == KIND_SENSOR &&
		    s->deny_time != 0)
			return true;
	}
	return false;
}

/* Does the kernel keep from a server all but those whom a list of addresses
 * names? Then it is said whom it answers, banned or not. */
static bool
is_confined(const struct service *s)
{
	const struct access_list *list = &s->only_from;
	unsigned i;

	if (!list->present || takes_all(list, ADDR_IPV4) ||
	    takes_all(list, ADDR_IPV6))
		return false;
	for (i = 0; i < list->count; i++)
		if (list->entries[i].name != NULL)
			return false;
	return true;
}

static bool
answers_banned(const struct service *s)
{
	return !s->off && !s->refused && s->kind == KIND_WAIT_DGRAM &&
	    !is_unix(s) && !is_confined(s);
}

void
check_bans(struct source *source)
{
	struct policy *policy = source->policy;
	struct checked c = { .source = source };
	unsigned i;

	if (!has_bans(policy))
		return;
	for (i = 0; i < policy->count; i++) {
		c.service = policy->services[i];
		if (answers_banned(c.service))
			check_tell(&c, DIAG_WARNING, DIAG_CONFLICT, ATTR_WAIT,
			    "whom a sensor bans cannot start the server, but"
			    " while it runs it gets their datagrams",
			    "say with addresses in only_from whom it may answer");
	}
}

/* Limits of zero are none. */
static void
ignore_zero_limits(const struct checked *c)
{
	struct service *s = c->service;
	static const struct {
		enum attr_id id;
		size_t offset;
	} limits[] = {
		{ ATTR_RLIMIT_AS, offsetof(struct service, rlimit_as) },
		{ ATTR_RLIMIT_CPU, offsetof(struct service, rlimit_cpu) },
		{ ATTR_RLIMIT_DATA, offsetof(struct service, rlimit_data) },
		{ ATTR_RLIMIT_FILES, offsetof(struct service, rlimit_files) },
		{ ATTR_RLIMIT_RSS, offsetof(struct service, rlimit_rss) },
		{ ATTR_RLIMIT_STACK, offsetof(struct service, rlimit_stack) },
	};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (!s->given[limits[i].id] || *(uint64_t *)(void *)(
		    (char *)s + limits[i].offset) != 0)
			continue;
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, limits[i].id,
		    "zero sets no limit, as in xinetd", NULL);
		s->given[limits[i].id] = false;
	}
}

void
check_ignored(const struct checked *c)
{
	struct service *s = c->service;
	bool is_sensor = (s->flags & FLAG_SENSOR) != 0;
	bool is_rpc = (s->type & TYPE_RPC) != 0;
	const struct {
		enum attr_id id;
		bool is_idle;
		const char *message;
	} rows[] = {
		{ ATTR_MDNS, true, "services are not announced" },
		{ ATTR_DENY_TIME, !is_sensor && s->deny_time != 0,
		    "deny_time means something with flag SENSOR only" },
		{ ATTR_DENY_TIME, s->kind == KIND_SENSOR_DGRAM &&
		    s->deny_time != 0, "a datagram bans nobody: anybody can"
		    " write another's address on it" },
		{ ATTR_RPC_VERSION, !is_rpc,
		    "rpc_version means something with type RPC only" },
		{ ATTR_RPC_NUMBER, !is_rpc,
		    "rpc_number means something with type RPC only" },
	};
	size_t i;

	ignore_zero_limits(c);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].is_idle && s->given[rows[i].id])
			check_tell(c, DIAG_WARNING, DIAG_IGNORED, rows[i].id,
			    rows[i].message, NULL);
}
