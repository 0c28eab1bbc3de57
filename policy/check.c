/*
 * What belongs together in a service, as far as the text alone can tell.
 *
 * Runs in the loader and in ctl, after defaults have been merged. What would
 * change access or service and is not built yet is refused here, never
 * ignored. Users, ports, files and addresses are the loader's to check.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/parse-internal.h"

struct checked {
	struct source *source;
	struct service *service;
};

static void
tell(const struct checked *c, enum diag_effect effect, enum diag_code code,
    enum attr_id id, const char *message, const char *hint)
{
	struct service *service = c->service;
	struct report report = {
		.effect = effect, .code = code, .place = service->place,
		.service = service->id, .message = message, .hint = hint,
	};

	if (id != ATTR_NONE) {
		report.attribute = attr_name(id);
		if (service->where[id].file != 0)
			report.place = service->where[id];
	}
	if (effect != DIAG_WARNING)
		service->refused = true;
	parse_report(c->source->policy, &report);
}

/* Each of the two says what the other is. */
static void
derive_protocol(struct service *service)
{
	bool *given = service->given;
	bool is_udp;

	if (given[ATTR_SOCKET_TYPE] && !given[ATTR_PROTOCOL] &&
	    service->socket_type <= SOCKET_DGRAM) {
		service->protocol = service->socket_type == SOCKET_DGRAM ?
		    "udp" : "tcp";
		given[ATTR_PROTOCOL] = true;
		service->where[ATTR_PROTOCOL] =
		    service->where[ATTR_SOCKET_TYPE];
	}
	if (given[ATTR_PROTOCOL] && !given[ATTR_SOCKET_TYPE]) {
		is_udp = strcmp(service->protocol, "udp") == 0;
		service->socket_type = is_udp ? SOCKET_DGRAM : SOCKET_STREAM;
		given[ATTR_SOCKET_TYPE] = true;
		service->where[ATTR_SOCKET_TYPE] =
		    service->where[ATTR_PROTOCOL];
	}
}

/* Bits of type and flags that wait for a later release. */
static const struct {
	enum attr_id id;
	uint64_t bit;
	const char *message;
} later_bits[] = {
	{ ATTR_TYPE, TYPE_INTERNAL, "type INTERNAL is not supported yet" },
	{ ATTR_TYPE, TYPE_RPC, "type RPC is not supported yet" },
	{ ATTR_TYPE, TYPE_TCPMUX, "type TCPMUX is not supported yet" },
	{ ATTR_TYPE, TYPE_TCPMUXPLUS, "type TCPMUXPLUS is not supported yet" },
	{ ATTR_FLAGS, FLAG_SENSOR, "flag SENSOR is not supported yet" },
	{ ATTR_FLAGS, FLAG_INTERCEPT, "flag INTERCEPT is not supported yet" },
	{ ATTR_FLAGS, FLAG_IDONLY, "flag IDONLY is not supported yet" },
	{ ATTR_FLAGS, FLAG_LABELED, "flag LABELED is not supported yet" },
};

static void
refuse_later(const struct checked *c)
{
	const struct service *service = c->service;
	uint64_t bits;
	size_t i;

	for (i = 0; i < sizeof(later_bits) / sizeof(later_bits[0]); i++) {
		bits = later_bits[i].id == ATTR_TYPE ? service->type :
		    service->flags;
		if ((bits & later_bits[i].bit) != 0)
			tell(c, DIAG_REFUSE_SERVICE, DIAG_UNSUPPORTED,
			    later_bits[i].id, later_bits[i].message, NULL);
	}
	if (service->given[ATTR_REDIRECT])
		tell(c, DIAG_REFUSE_SERVICE, DIAG_UNSUPPORTED, ATTR_REDIRECT,
		    "redirect is not supported yet", NULL);
	if (service->given[ATTR_SOCKET_TYPE] &&
	    service->socket_type != SOCKET_STREAM)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_UNSUPPORTED,
		    ATTR_SOCKET_TYPE, "only stream sockets over tcp are"
		    " supported yet", NULL);
	if (service->given[ATTR_WAIT] && service->wait)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_UNSUPPORTED, ATTR_WAIT,
		    "wait = yes is not supported yet", NULL);
}

static void
require(const struct checked *c, enum attr_id id)
{
	struct arena *arena = c->source->policy->arena;

	if (!c->service->given[id])
		tell(c, DIAG_REFUSE_SERVICE, DIAG_MISSING, id, arena_format(
		    arena, "%s is missing", attr_name(id)), arena_format(
		    arena, "add %s = %s", attr_name(id),
		    attr_table[id].syntax));
}

static void
check_required(const struct checked *c)
{
	const struct service *service = c->service;

	require(c, ATTR_SOCKET_TYPE);
	require(c, ATTR_WAIT);
	require(c, ATTR_USER);
	require(c, ATTR_SERVER);
	if ((service->type & TYPE_UNLISTED) != 0)
		require(c, ATTR_PORT);
	if ((service->flags & FLAG_NAMEINARGS) != 0)
		require(c, ATTR_SERVER_ARGS);
	if (service->given[ATTR_SOCKET_TYPE] && service->given[ATTR_PROTOCOL]
	    && service->socket_type == SOCKET_STREAM &&
	    strcmp(service->protocol, "tcp") != 0)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_CONFLICT, ATTR_PROTOCOL,
		    "a stream socket does not speak udp", NULL);
}

/* A literal says its family; a name leaves it open until it is resolved. */
static void
check_family(const struct checked *c)
{
	const struct service *service = c->service;
	uint64_t families = service->flags & (FLAG_IPV4 | FLAG_IPV6);
	struct addr addr;

	if (service->v6only && families == FLAG_IPV4)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_CONFLICT, ATTR_V6ONLY,
		    "v6only and flag IPv4 exclude each other", NULL);
	if (!service->given[ATTR_BIND] || !addr_parse(&addr, service->bind))
		return;
	if (addr.family == ADDR_IPV4 && families == FLAG_IPV6)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_CONFLICT, ATTR_BIND,
		    "an IPv4 address cannot be bound with flag IPv6; xinetd"
		    " listened on every address", NULL);
	if (addr.family == ADDR_IPV6 && families == FLAG_IPV4)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_CONFLICT, ATTR_BIND,
		    "an IPv6 address cannot be bound with flag IPv4", NULL);
	if (addr.family == ADDR_IPV4 && service->v6only)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_CONFLICT, ATTR_BIND,
		    "an IPv4 address cannot be bound with v6only", NULL);
}

/* Attributes that are understood and do nothing here. */
static void
tell_ignored(const struct checked *c)
{
	struct service *service = c->service;
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
		if (!service->given[limits[i].id] || *(uint64_t *)(void *)(
		    (char *)service + limits[i].offset) != 0)
			continue;
		tell(c, DIAG_WARNING, DIAG_IGNORED, limits[i].id,
		    "zero sets no limit, as in xinetd", NULL);
		service->given[limits[i].id] = false;
	}
	if (service->given[ATTR_MDNS])
		tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_MDNS,
		    "services are not announced", NULL);
	if (service->given[ATTR_DENY_TIME] && service->deny_time != 0)
		tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_DENY_TIME,
		    "deny_time means something with flag SENSOR only", NULL);
	if (service->given[ATTR_RPC_VERSION])
		tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_RPC_VERSION,
		    "rpc_version means something with type RPC only", NULL);
	if (service->given[ATTR_RPC_NUMBER])
		tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_RPC_NUMBER,
		    "rpc_number means something with type RPC only", NULL);
}

/* An earlier service that runs under this id, or NULL. */
static const struct service *
owner_of(const struct checked *c, const char *id)
{
	const struct policy *policy = c->source->policy;
	const struct service *other;
	unsigned i;

	for (i = 0; i < c->service->index; i++) {
		other = policy->services[i];
		if (!other->off && !other->refused &&
		    strcasecmp(other->id, id) == 0)
			return other;
	}
	return NULL;
}

/*
 * Several services of one name ran in xinetd as long as their ports differed.
 * Here an id is what limits are counted by, so the later ones get another:
 * unless somebody has chosen it, when it is for him to choose again.
 */
static void
check_id(const struct checked *c)
{
	struct service *service = c->service;
	const struct policy *policy = c->source->policy;
	const struct service *owner = owner_of(c, service->id);
	char place[256];

	if (owner != NULL) {
		policy_place(policy, &owner->place, place, sizeof(place));
		if (service->id == service->name && service->given[ATTR_PORT])
			service->id = arena_format(policy->arena,
			    "%s-%" PRIu64, service->name, service->port);
		if (service->id == NULL)
			service->id = service->name;
		if (owner_of(c, service->id) != NULL)
			tell(c, DIAG_REFUSE_SERVICE, DIAG_DUPLICATE, ATTR_ID,
			    arena_format(policy->arena, "the id is taken by"
			    " the service at %s", place),
			    "give this one an id of its own");
		else
			tell(c, DIAG_WARNING, DIAG_DUPLICATE, ATTR_ID,
			    arena_format(policy->arena, "its name is the id of"
			    " the service at %s, so its own id is %s", place,
			    service->id), "give it an id of its own");
	}
	if (strlen(service->id) > POLICY_ID_MAX)
		tell(c, DIAG_REFUSE_SERVICE, DIAG_LIMIT, ATTR_ID,
		    "the service's name is too long for an id",
		    "give it an id of at most 63 bytes");
}

/* Words to log and nowhere to log them: xinetd was silent too (D28). */
static bool
lacks_log(const struct service *service)
{
	return !service->given[ATTR_LOG_TYPE] &&
	    (service->log_on_success | service->log_on_failure) != 0;
}

static void
check_service(const struct checked *c)
{
	derive_protocol(c->service);
	refuse_later(c);
	if (c->service->refused)
		return;
	check_required(c);
	check_family(c);
	check_id(c);
	if (!c->service->refused)
		tell_ignored(c);
}

static void
check_sinks(struct source *source)
{
	struct report report = {
		.effect = DIAG_REFUSE_LOAD, .code = DIAG_LIMIT,
		.message = "the services log to too many different files",
	};
	struct sinks sinks;

	if (!policy_sinks(source->policy, &sinks))
		parse_report(source->policy, &report);
}

/* What is understood but does not work yet: refused where somebody would rely
 * on it, a warning where nothing is lost. */
static void
check_gateway(struct source *source)
{
	const struct gateway *gateway = &source->policy->gateway;
	static const enum attr_id idle[] = {
		ATTR_LOOKUP_TIMEOUT, ATTR_SOURCE_TABLE
	};
	struct report report = {
		.effect = DIAG_REFUSE_LOAD, .code = DIAG_UNSUPPORTED,
		.place = gateway->where[ATTR_AUDIT_FAILURE],
		.attribute = attr_name(ATTR_AUDIT_FAILURE),
		.message = "only audit_failure = serve is supported yet",
	};

	if (gateway->audit_failure != AUDIT_SERVE)
		parse_report(source->policy, &report);
	report.effect = DIAG_WARNING;
	report.message = "it has no effect yet: the limits and look-ups that "
	    "it is for are not supported yet";
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		report.place = gateway->where[idle[i]];
		report.attribute = attr_name(idle[i]);
		if (report.place.file != 0)
			parse_report(source->policy, &report);
	}
}

/* Where a diagnostic belongs in a listing; those without a place go last. */
static bool
stands_before(const struct diag *a, const struct diag *b)
{
	if (a->place.file != b->place.file)
		return a->place.file - 1 < b->place.file - 1;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line;
	return a->place.column < b->place.column;
}

/* In the order of the text, not in that of our passes over it. */
static void
sort_diags(struct diag_list *list)
{
	struct diag *sorted = NULL, *diag, *next, **at;

	for (diag = list->first; diag != NULL; diag = next) {
		next = diag->next;
		for (at = &sorted; *at != NULL && !stands_before(diag, *at);
		    at = &(*at)->next)
			continue;
		diag->next = *at;
		*at = diag;
	}
	list->first = sorted;
	for (list->last = &list->first; *list->last != NULL;
	    list->last = &(*list->last)->next)
		continue;
}

void
check_policy(struct source *source)
{
	struct policy *policy = source->policy;
	struct checked c = { .source = source };
	bool is_told = false;
	unsigned i;

	if (arena_failed(policy->arena))
		return;
	check_gateway(source);
	for (i = 0; i < policy->count; i++) {
		c.service = policy->services[i];
		if (c.service->off || c.service->refused)
			continue;
		check_service(&c);
		if (is_told || c.service->refused || !lacks_log(c.service))
			continue;
		is_told = true;
		tell(&c, DIAG_WARNING, DIAG_IGNORED,
		    c.service->given[ATTR_LOG_ON_SUCCESS] ?
		    ATTR_LOG_ON_SUCCESS : ATTR_LOG_ON_FAILURE,
		    "without log_type no classic lines are written", NULL);
	}
	check_sinks(source);
	sort_diags(&policy->diags);
}
