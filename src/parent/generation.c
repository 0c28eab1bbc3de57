/*
 * Life of a policy in the parent. Root; reads its own text only, which the
 * loader printed and sealed, and believes none of its numbers unchecked.
 */
#include "parent/generation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parent/bind.h"
#include "parent/books.h"
#include "parent/launch.h"
#include "parent/relay.h"
#include "parent/say.h"
#include "parent/shield.h"
#include "parent/sinks.h"
#include "parent/variant.h"
#include "policy/filter.h"
#include "policy/parse.h"
#include "shared/util.h"

/* All but its number and its count of servers. */
static void
empty(struct generation *g)
{
	fd_close(&g->dispatch_text);
	fd_close(&g->log_text);
	fd_close(&g->tables);
	fd_close(&g->faults);
	fd_close(&g->sources);
	free(g->listeners);
	free(g->listener_service);
	free(g->launches);
	policy_free(g->policy);
	g->listeners = NULL;
	g->listener_service = NULL;
	g->launches = NULL;
	g->policy = NULL;
}

static void
destroy(struct generation *g)
{
	empty(g);
	free(g);
}

/*
 * A session that never ends keeps its policy's texts, and clients must not be
 * able to block a reload with that. So the oldest give up theirs: the ends of
 * their sessions are then recorded without the service's name.
 */
static void
strip_oldest(struct parent *p)
{
	struct generation *oldest = NULL;
	unsigned whole = 0;

	for (struct generation *g = p->generations; g != NULL; g = g->next) {
		if (g->is_stripped)
			continue;
		whole++;
		if (g != p->in_force && g->dispatchers == 0)
			oldest = g;	/* the list is newest first */
	}
	if (whole < GENERATIONS_MAX || oldest == NULL)
		return;
	say(p, LEVEL_WARNING, "policy %llu is given up; %u of its sessions are "
	    "still running", (unsigned long long)oldest->number,
	    oldest->instances);
	sinks_retire(p, oldest->number);
	bind_release(p, oldest);
	empty(oldest);
	oldest->is_stripped = true;
}

static struct policy *
read_text(int fd, char *why, size_t size)
{
	struct policy *policy;
	char error[200];
	size_t length;
	const char *text;

	if (!memfd_is_sealed(fd, &length) ||
	    (text = map_fd(fd, length, false)) == NULL) {
		(void)format_text(why, size, "the loader's text is not sealed");
		return NULL;
	}
	policy = parse_canonical(text, length, CONSUMER_PARENT, error,
	    sizeof(error));
	(void)munmap((void *)(uintptr_t)text, length);
	if (policy == NULL)
		(void)format_text(why, size, "the loader's text: %s", error);
	return policy;
}

/* No helper may be root, and no two may be one user: same users may signal
 * and trace each other. */
static bool
roles_are_safe(const struct role_ids *roles, char *why, size_t size)
{
	for (int i = 0; i < ROLE_MAX; i++) {
		if (roles->uid[i] == 0 || roles->gid[i] == 0) {
			(void)format_text(why, size, "user %s must not be root "
			    "or in root's group", role_user[i]);
			return false;
		}
		for (int k = 0; k < i; k++) {
			if (roles->uid[i] == roles->uid[k]) {
				(void)format_text(why, size, "users %s and %s "
				    "have the same id", role_user[i],
				    role_user[k]);
				return false;
			}
		}
	}
	return true;
}

/* What a server's start relies on. */
static bool
has_launch_data(const struct service *s)
{
	return s->given[ATTR_SERVER] && s->server[0] == '/' &&
	    s->given[ATTR_LAUNCH_IDS] &&
	    s->launch_ids.count <= POLICY_GROUPS_MAX;
}

static bool
is_listen_addr_good(const struct service *s, const struct listen_addr *at)
{
	switch (at->addr.family) {
	case ADDR_UNIX:
		return s->listen.count == 1 && s->given[ATTR_SOCKET_PATH] &&
		    s->socket_path != NULL && s->socket_path[0] == '/' &&
		    !s->given[ATTR_RPC_NUMBER];
	case ADDR_IPV4:
	case ADDR_IPV6:
		return at->port != 0 || s->given[ATTR_RPC_NUMBER];
	default:
		return false;
	}
}

static bool
has_listen_data(const struct service *s)
{
	if (s->listen.count > POLICY_LISTEN_MAX ||
	    (s->listen.count > 0) != kind_table[s->kind].has_listener)
		return false;
	for (unsigned i = 0; i < s->listen.count; i++) {
		if (!is_listen_addr_good(s, &s->listen.addrs[i]))
			return false;
	}
	return true;
}

/* The kernel checks the program itself; this is about its frame. */
static bool
has_sound_filter(const struct service *s)
{
	return !s->given[ATTR_FILTER] || (s->filter.length > 0 &&
	    s->filter.length % sizeof(struct filter_code) == 0 &&
	    s->filter.length / sizeof(struct filter_code) <= FILTER_CODES_MAX);
}

/* What a start relies on must be there, whatever the text left out. */
static bool
is_launchable(const struct service *s, const struct role_ids *roles, char *why,
    size_t size)
{
	bool has_server = kind_table[s->kind].has_server;

	for (int i = 0; has_server && i < ROLE_MAX; i++) {
		if (variant_may_run_as(s, roles->uid[i])) {
			(void)format_text(why, size, "service %s would run as "
			    "%s, which could kill our own processes", s->id,
			    role_user[i]);
			return false;
		}
	}
	if (s->given[ATTR_ID] && (!has_server || has_launch_data(s)) &&
	    has_listen_data(s) && has_sound_filter(s) && relay_has_data(s))
		return true;
	(void)format_text(why, size, "the loader's text: service %u is "
	    "incomplete", s->index);
	return false;
}

static bool
fill(struct parent *p, struct generation *g, char *why, size_t size)
{
	struct policy *policy = g->policy;

	if (!roles_are_safe(&policy->gateway.roles, why, size))
		return false;
	g->number = policy->generation;
	if (g->number != p->last_generation) {
		(void)format_text(why, size, "the loader's text: it is of "
		    "another generation");
		return false;
	}
	g->launches = calloc(policy->count + 1u, sizeof(*g->launches));
	if (g->launches == NULL) {
		(void)format_text(why, size, "out of memory");
		return false;
	}
	for (unsigned i = 0; i < policy->count; i++) {
		const struct service *s = policy->services[i];

		if (s->index != i || s->kind >= KIND_MAX || !is_launchable(s, &policy->gateway.roles,
		    why, size))
			return false;
		g->launches[i].slot = books_service(p, s->id);
		if (g->launches[i].slot == BOOKS_NO_SLOT) {
			(void)format_text(why, size, "too many services");
			return false;
		}
		if (!launch_make(&g->launches[i], s, p->options.libexec,
		    policy->arena)) {
			(void)format_text(why, size, "out of memory");
			return false;
		}
		if (kind_table[s->kind].starter == STARTER_RELAY)
			g->needs_relay = true;
	}
	g->needs_lookup = policy->gateway.lookups;
	return true;
}

struct generation *
generation_make(struct parent *p, int fds[LOADED_MAX], char *why, size_t size)
{
	struct generation *g = calloc(1, sizeof(*g));
	if (g == NULL) {
		(void)format_text(why, size, "out of memory");
		return NULL;
	}
	g->dispatch_text = fds[LOADED_DISPATCH_TEXT];
	g->log_text = fds[LOADED_LOG_TEXT];
	g->tables = fds[LOADED_TABLES];
	g->faults = fds[LOADED_FAULTS];
	fds[LOADED_DISPATCH_TEXT] = fds[LOADED_LOG_TEXT] = -1;
	g->sources = fds[LOADED_SOURCES];
	fds[LOADED_TABLES] = fds[LOADED_FAULTS] = -1;
	fds[LOADED_SOURCES] = -1;
	strip_oldest(p);
	g->policy = read_text(fds[LOADED_PARENT_TEXT], why, size);
	fd_close(&fds[LOADED_PARENT_TEXT]);
	if (g->policy == NULL || !fill(p, g, why, size) ||
	    bind_generation(p, g, why, size) == -1) {
		destroy(g);
		return NULL;
	}
	g->next = p->generations;
	p->generations = g;
	return g;
}

static void
publish_service(struct parent *p, struct generation *g, uint32_t index)
{
	struct launch *launch = &g->launches[index];
	struct state_service *slot = &p->state->services[launch->slot];

	/* Until an open listener is found, if it should have one. */
	slot->status = kind_table[launch->service->kind].has_listener ?
	    SERVICE_FAILED : SERVICE_LISTENING;
	slot->limit = launch->service->instances < UINT32_MAX ?
	    (uint32_t)launch->service->instances : UINT32_MAX;
	slot->index = index;
	slot->kind = (uint32_t)launch->service->kind;
	slot->busy = 0;
	slot->listeners = 0;
	slot->freebind = 0;
	slot->taken = 0;
	slot->rpc_program = 0;
	memset(slot->path, 0, sizeof(slot->path));
	for (unsigned i = 0; i < g->listener_count; i++) {
		const struct listener *l = g->listeners[i];

		if (g->listener_service[i] != index ||
		    slot->listeners == POLICY_LISTEN_MAX)
			continue;
		if (l->is_missing)
			slot->taken |= 1u << slot->listeners;
		else
			slot->status = SERVICE_LISTENING;
		if (l->busy != 0)
			slot->busy |= 1u << slot->listeners;
		slot->listen[slot->listeners] =
		    bind_record_addr(&l->at.addr, l->at.port);
		if (l->path != NULL)
			(void)format_text(slot->path, sizeof(slot->path), "%s",
			    l->path);
		slot->rpc_program = l->rpc.program;
		if (l->is_absent)
			slot->freebind |= 1u << slot->listeners;
		slot->listeners++;
	}
}

void
generation_publish(struct parent *p)
{
	struct generation *g = p->in_force;

	for (uint32_t i = 0; i < p->state->service_count; i++)
		p->state->services[i].status = SERVICE_GONE;
	for (uint32_t i = 0; i < g->policy->count; i++)
		publish_service(p, g, i);
	p->state->generation = g->number;
}

void
generation_enter(struct parent *p, struct generation *g)
{
	struct generation *old = p->in_force;

	p->in_force = g;
	p->candidate = NULL;
	bind_enter(p, g);
	generation_publish(p);
	if (old != NULL)
		shield_settle(p, old);
	shield_enter(p, g);
	if (old != NULL)
		bind_retire(p, old, g);
}

static void
unlink_generation(struct parent *p, struct generation *g)
{
	struct generation **link = &p->generations;

	while (*link != g)
		link = &(*link)->next;
	*link = g->next;
	if (!g->is_stripped)
		sinks_retire(p, g->number);
	bind_release(p, g);
	destroy(g);
}

void
generation_sweep(struct parent *p)
{
	struct generation *g = p->generations;

	while (g != NULL) {
		struct generation *next = g->next;

		if (g != p->in_force && g != p->candidate &&
		    g->dispatchers == 0 && g->instances == 0)
			unlink_generation(p, g);
		g = next;
	}
}

void
generation_abandon(struct parent *p)
{
	p->candidate = NULL;
	generation_sweep(p);
}
