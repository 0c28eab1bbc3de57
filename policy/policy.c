/*
 * Questions to a policy, and the faults that others find in it.
 *
 * Pure; runs in every process. Nothing here changes a policy but
 * policy_fault() and policy_check_duplicates(), which belong to its loading.
 */
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/parse-internal.h"

const char *const role_user[ROLE_MAX] = {
	[ROLE_DISPATCH] = "sallyport",
	[ROLE_LOAD] = "sallyport-load",
	[ROLE_RELAY] = "sallyport-relay",
	[ROLE_LOOKUP] = "sallyport-lookup",
	[ROLE_LOG] = "sallyport-log",
};

const struct service *
policy_service(const struct policy *policy, const char *id)
{
	unsigned i;

	for (i = 0; i < policy->count; i++)
		if (policy->services[i]->id != NULL &&
		    strcasecmp(policy->services[i]->id, id) == 0)
			return policy->services[i];
	return NULL;
}

size_t
policy_place(const struct policy *policy, const struct place *place,
    char *out, size_t size)
{
	const char *file = "built-in default";
	int length;

	if (size == 0)
		return 0;
	if (place->file > 0 && place->file <= policy->file_count)
		file = policy->files[place->file];
	if (place->file > 0)
		length = snprintf(out, size, "%s:%u", file, place->line);
	else
		length = snprintf(out, size, "%s", file);
	if (length < 0) {
		out[0] = '\0';
		return 0;
	}
	return (size_t)length < size ? (size_t)length : size - 1;
}

void
policy_free(struct policy *policy)
{
	if (policy != NULL)
		arena_free(policy->arena);
}

/* Is a service's log file in the list, or can it be added? */
static bool
add_sink(struct sinks *sinks, const struct log_target *target)
{
	if (target->kind != LOG_FILE || target->path == NULL ||
	    policy_sink_of(sinks, target) >= 0)
		return true;
	if (sinks->count == SINK_MAX)
		return false;
	sinks->path[sinks->count++] = target->path;
	return true;
}

bool
policy_sinks(const struct policy *policy, struct sinks *sinks)
{
	const struct gateway *gateway = &policy->gateway;
	const struct service *service;
	unsigned i;

	memset(sinks, 0, sizeof(*sinks));
	sinks->count = SINK_FIRST_FILE;
	if (gateway->audit.kind == LOG_FILE)
		sinks->path[SINK_AUDIT] = gateway->audit.path;
	if (gateway->messages.kind == LOG_FILE)
		sinks->path[SINK_MESSAGES] = gateway->messages.path;
	for (i = 0; i < policy->count; i++) {
		service = policy->services[i];
		if (!service->off && !service->refused &&
		    service->given[ATTR_LOG_TYPE] &&
		    !add_sink(sinks, &service->log_type))
			return false;
	}
	return true;
}

int
policy_sink_of(const struct sinks *sinks, const struct log_target *target)
{
	unsigned i;

	if (target->kind == LOG_SYSLOG)
		return SINK_SYSLOG;
	if (target->kind != LOG_FILE || target->path == NULL)
		return -1;
	for (i = SINK_FIRST_FILE; i < sinks->count; i++)
		if (strcmp(sinks->path[i], target->path) == 0)
			return (int)i;
	return -1;
}

void
policy_fault(struct policy *policy, struct service *service,
    enum diag_effect effect, enum diag_code code, enum attr_id id,
    const char *value, const char *message, const char *hint)
{
	struct report report = {
		.effect = effect, .code = code, .value = value,
		.message = message, .hint = hint,
	};
	const struct place *where = service != NULL ? service->where :
	    policy->gateway.where;

	if (service != NULL) {
		report.service = service->id;
		report.place = service->place;
		service->refused |= effect != DIAG_WARNING;
	}
	if (id != ATTR_NONE) {
		report.attribute = attr_name(id);
		if (where[id].file != 0)
			report.place = where[id];
	}
	parse_report(policy, &report);
}

static bool
is_wildcard(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

/* Would the kernel refuse to bind both? A wildcard excludes every address of
 * its family; port 0 excludes nothing. Paths are check.c's. */
static bool
collide(const struct listen_addr *a, const struct listen_addr *b)
{
	if (a->port != b->port || a->port == 0 ||
	    a->addr.family != b->addr.family)
		return false;
	return is_wildcard(&a->addr) || is_wildcard(&b->addr) ||
	    addr_compare(&a->addr, &b->addr) == 0;
}

static bool
lists_collide(const struct listen_list *a, const struct listen_list *b)
{
	unsigned i, k;

	for (i = 0; i < a->count; i++)
		for (k = 0; k < b->count; k++)
			if (collide(&a->addrs[i], &b->addrs[k]))
				return true;
	return false;
}

void
policy_check_duplicates(struct policy *policy)
{
	struct service *service;
	const struct service *other;
	unsigned i, k;

	for (i = 0; i < policy->count; i++) {
		service = policy->services[i];
		for (k = 0; k < i && !service->off && !service->refused; k++) {
			other = policy->services[k];
			if (other->off || other->refused ||
			    (other->socket_type == SOCKET_DGRAM) !=
			    (service->socket_type == SOCKET_DGRAM) ||
			    !lists_collide(&other->listen, &service->listen))
				continue;
			policy_fault(policy, service, DIAG_REFUSE_SERVICE,
			    DIAG_DUPLICATE, ATTR_NONE, NULL,
			    arena_format(policy->arena, "%s listens on the"
			    " same address and port", other->id),
			    "bind each to an address of its own");
		}
	}
}
