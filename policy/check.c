/*
 * What belongs together in a service, as far as the text alone can tell.
 *
 * Runs in the loader and in ctl, after defaults have been merged. This
 * file has the order of the work, ids and what the services share; the rules of
 * one service are in check-kind.c and check-access.c. Users, ports, files and
 * addresses are the loader's to check.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/check-internal.h"

void
check_tell(const struct checked *c, enum diag_effect effect,
    enum diag_code code, enum attr_id id, const char *message,
    const char *hint)
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

void
check_refuse(const struct checked *c, enum diag_code code, enum attr_id id,
    const char *message, const char *hint)
{
	check_tell(c, DIAG_REFUSE_SERVICE, code, id, message, hint);
}

bool
check_is_own(const struct checked *c, enum attr_id id)
{
	const struct service *defaults = &c->source->defaults->values;
	const struct place *where = &c->service->where[id];

	if (!c->service->given[id] || where->file == 0)
		return false;
	return !defaults->given[id] || memcmp(where, &defaults->where[id],
	    sizeof(*where)) != 0;
}

/* A literal says its family; a name leaves it open until it is resolved. */
static void
check_family(const struct checked *c)
{
	const struct service *service = c->service;
	uint64_t families = service->flags & (FLAG_IPV4 | FLAG_IPV6);
	struct addr addr;

	if (service->given[ATTR_V6ONLY] && service->v6only &&
	    families == FLAG_IPV4)
		check_refuse(c, DIAG_CONFLICT, ATTR_V6ONLY,
		    "v6only and flag IPv4 exclude each other", NULL);
	if (!service->given[ATTR_BIND] || !addr_parse(&addr, service->bind))
		return;
	if (addr.family == ADDR_IPV4 && families == FLAG_IPV6)
		check_refuse(c, DIAG_CONFLICT, ATTR_BIND,
		    "an IPv4 address cannot be bound with flag IPv6; xinetd"
		    " listened on every address", NULL);
	if (addr.family == ADDR_IPV6 && families == FLAG_IPV4)
		check_refuse(c, DIAG_CONFLICT, ATTR_BIND,
		    "an IPv6 address cannot be bound with flag IPv4", NULL);
	if (addr.family == ADDR_IPV4 && service->v6only)
		check_refuse(c, DIAG_CONFLICT, ATTR_BIND,
		    "an IPv4 address cannot be bound with v6only", NULL);
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

/* NAME and what tells the service from the owner of that id: its socket type,
 * port or address. The name, which is taken, when nothing does. */
static const char *
other_id(const struct checked *c, const struct service *owner)
{
	const struct service *s = c->service;
	struct arena *arena = c->source->policy->arena;
	const char *ids[3];
	unsigned count = 0, i;

	if (s->socket_type != owner->socket_type)
		ids[count++] = arena_format(arena, "%s-%s", s->name,
		    attr_table[ATTR_SOCKET_TYPE].choices[s->socket_type]);
	if (s->given[ATTR_PORT])
		ids[count++] = arena_format(arena, "%s-%" PRIu64, s->name,
		    s->port);
	if (s->given[ATTR_BIND])
		ids[count++] = arena_format(arena, "%s-%s", s->name, s->bind);
	for (i = 0; i < count; i++)
		if (ids[i] != NULL && owner_of(c, ids[i]) == NULL)
			return ids[i];
	return s->name;
}

/*
 * Several services of one name ran in xinetd as long as they had sockets of
 * their own. Here an id is what limits are counted by, so the later ones get another:
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
		if (service->id == service->name)
			service->id = other_id(c, owner);
		if (owner_of(c, service->id) != NULL)
			check_refuse(c, DIAG_DUPLICATE, ATTR_ID,
			    arena_format(policy->arena, "the id is taken by"
			    " the service at %s", place),
			    "give this one an id of its own");
		else
			check_tell(c, DIAG_WARNING, DIAG_DUPLICATE, ATTR_ID,
			    arena_format(policy->arena, "its name is the id of"
			    " the service at %s, so its own id is %s", place,
			    service->id), "give it an id of its own");
	}
	if (strlen(service->id) > POLICY_ID_MAX)
		check_refuse(c, DIAG_LIMIT, ATTR_ID,
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
	check_socket(c);
	check_id(c);	/* before others name the service by it */
	check_kind(c);
	check_unix(c);
	check_family(c);
	if (!c->service->refused)
		check_access(c);
	if (!c->service->refused)
		check_ignored(c);
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

static void
check_gateway(struct source *source)
{
	const struct gateway *gateway = &source->policy->gateway;
	struct report report = {
		.effect = DIAG_REFUSE_LOAD, .code = DIAG_UNSUPPORTED,
		.place = gateway->where[ATTR_AUDIT_FAILURE],
		.attribute = attr_name(ATTR_AUDIT_FAILURE),
		.message = "only audit_failure = serve is supported yet",
	};

	if (gateway->audit_failure != AUDIT_SERVE)
		parse_report(source->policy, &report);
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

/* Things that are said once, at the first service they concern. */
struct once {
	bool has_told_log, has_told_traffic;
};

/* Bytes are counted where we relay (D40). */
static bool
lacks_traffic(const struct service *service)
{
	return (service->log_on_success & LOG_TRAFFIC) != 0 &&
	    kind_table[service->kind].starter != STARTER_RELAY;
}

static void
tell_once(const struct checked *c, struct once *once)
{
	const struct service *service = c->service;
	bool is_own = check_is_own(c, ATTR_LOG_ON_SUCCESS);

	if (!once->has_told_log && lacks_log(service)) {
		once->has_told_log = true;
		check_tell(c, DIAG_WARNING, DIAG_IGNORED,
		    service->given[ATTR_LOG_ON_SUCCESS] ?
		    ATTR_LOG_ON_SUCCESS : ATTR_LOG_ON_FAILURE,
		    "without log_type no classic lines are written", NULL);
	}
	/* Inherited from defaults, it is one word and one warning. */
	if (!lacks_traffic(service) || (!is_own && once->has_told_traffic))
		return;
	once->has_told_traffic |= !is_own;
	check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_LOG_ON_SUCCESS,
	    "TRAFFIC: bytes are counted for redirect and internal services"
	    " only; xinetd did not offer such a service at all", NULL);
}

void
check_policy(struct source *source)
{
	struct policy *policy = source->policy;
	struct checked c = { .source = source };
	struct once once = { 0 };
	unsigned i;

	if (arena_failed(policy->arena))
		return;
	check_gateway(source);
	for (i = 0; i < policy->count; i++) {
		c.service = policy->services[i];
		if (c.service->off || c.service->refused)
			continue;
		check_service(&c);
		if (!c.service->refused)
			tell_once(&c, &once);
	}
	check_bans(source);
	check_sinks(source);
	sort_diags(&policy->diags);
}
