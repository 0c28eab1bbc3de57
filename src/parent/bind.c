/*
 * Which listeners there are. Root.
 *
 * A listener belongs to the address, not to a policy: a reload uses the open
 * one again, so that no client meets a closed port. shutdown() in a dispatcher
 * would take it down for all; bind_revive() repairs that.
 */
#include "parent/bind.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/generation.h"
#include "parent/helper.h"
#include "parent/listener.h"
#include "parent/provenance.h"
#include "parent/rpc.h"
#include "parent/say.h"
#include "parent/shield.h"
#include "parent/socket-path.h"
#include "shared/util.h"

#define ADDRESS_CHECK_MS 5000
#define BIND_TEXT 160		/* an address, or the path of a socket */

static int
socket_type(const struct service *s)
{
	if (kind_table[s->kind].is_dgram)
		return SOCK_DGRAM;
	return s->socket_type == SOCKET_SEQPACKET ? SOCK_SEQPACKET :
	    SOCK_STREAM;
}

static bool
is_zero(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

static struct rpc_entry
program_of(const struct service *s)
{
	if (!s->given[ATTR_RPC_NUMBER])
		return (struct rpc_entry){ .program = 0 };
	return (struct rpc_entry){ (uint32_t)s->rpc_number,
	    (uint32_t)s->rpc_version.low, (uint32_t)s->rpc_version.high };
}

/* What a service wants to listen on; its path is the policy's. */
static struct listener
wanted_by(const struct service *s, const struct listen_addr *at)
{
	struct listener l = { .fd = -1, .at = *at, .type = socket_type(s),
	    .rpc = program_of(s) };

	l.is_any_port = at->addr.family != ADDR_UNIX && at->port == 0;
	l.is_wildcard = at->addr.family != ADDR_UNIX && is_zero(&at->addr);
	if (at->addr.family == ADDR_UNIX)
		l.path = (char *)(uintptr_t)s->socket_path;
	return l;
}

static bool
is_same(const struct listener *a, const struct listener *b)
{
	if (a->type != b->type || addr_compare(&a->at.addr, &b->at.addr) != 0)
		return false;
	if (a->path != NULL || b->path != NULL)
		return a->path != NULL && b->path != NULL &&
		    strcmp(a->path, b->path) == 0;
	if (a->is_any_port || b->is_any_port)
		return a->is_any_port && b->is_any_port &&
		    a->rpc.program == b->rpc.program;
	return a->at.port == b->at.port;
}

/* Said once: it is the same for all of them. */
static void
warn_unproved(struct parent *p, const struct listener *l,
    const struct service *s)
{
	if (p->unproved_is_said || kind_table[s->kind].is_passed ||
	    provenance_can_prove(l))
		return;
	p->unproved_is_said = true;
	say(p, LEVEL_WARNING, "without CAP_NET_ADMIN, connections to UNIX "
	    "services are known by the socket's name alone");
}

static struct listener *
make(struct parent *p, const struct service *s, const struct listener *wanted)
{
	struct listener *l = calloc(1, sizeof(*l));
	int error;

	if (l == NULL)
		return NULL;
	*l = *wanted;
	if (l->path != NULL && (l->path = strdup(l->path)) == NULL)
		goto fail;
	if (listener_open(p, l, s) == -1)
		goto fail;
	warn_unproved(p, l, s);
	l->next = p->listeners;
	p->listeners = l;
	return l;
fail:
	error = errno;
	free(l->path);
	free(l);
	errno = error;
	return NULL;
}

static struct listener *
find(struct parent *p, const struct listener *wanted)
{
	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (is_same(l, wanted))
			return l;
	}
	return NULL;
}

static void
unlist(struct parent *p, struct listener *l)
{
	struct listener **link = &p->listeners;

	while (*link != NULL && *link != l)
		link = &(*link)->next;
	if (*link == l)
		*link = l->next;
}

static void
discard(struct listener *l)
{
	free(l->path);
	free(l);
}

/*
 * Nobody wants it any more. A draining dispatcher still has a copy; for it too,
 * and for clients, the port is closed now. But what a server of its own has
 * stays as it is until that server ends: the session is its own affair, and a
 * later policy can only have the address again if we keep the socket.
 */
static void
retire(struct parent *p, struct listener *l)
{
	if (l->busy != 0) {
		l->is_retired = true;
		return;
	}
	if (l->fd != -1)
		rpc_forget(p, l);
	unlist(p, l);
	listener_close(l, false);
}

void
bind_server_ended(struct parent *p, struct listener *l)
{
	if (!l->is_retired)
		return;
	l->is_retired = false;
	retire(p, l);
	if (l->users == 0)
		discard(l);
}

/*
 * A port in use refuses its service, not the others, when nothing is in force
 * yet; at a reload it refuses the reload, unless it was missing before.
 */
static bool
may_miss(const struct parent *p, const struct listener *wanted)
{
	const struct generation *g = p->in_force;

	for (unsigned i = 0; g != NULL && i < g->listener_count; i++) {
		if (g->listeners[i]->is_missing &&
		    is_same(g->listeners[i], wanted))
			return true;
	}
	return g == NULL;
}

/* Holds its number in the order of the texts; in no list, never open. */
static struct listener *
make_missing(const struct listener *wanted)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	*l = *wanted;
	if (l->path != NULL && (l->path = strdup(l->path)) == NULL) {
		free(l);
		return NULL;
	}
	l->is_missing = true;
	return l;
}

void
bind_describe(const struct listener *l, char *out, size_t size)
{
	char text[ADDR_TEXT_MAX];

	if (l->path != NULL) {
		(void)format_text(out, size, "%s", l->path);
		return;
	}
	(void)addr_format(&l->at.addr, text);
	(void)format_text(out, size, "%s port %u%s", text, l->at.port,
	    l->type == SOCK_DGRAM ? " (udp)" : "");
}

static void
explain(const struct service *s, const struct listener *wanted, int error,
    char *why, size_t size)
{
	char text[BIND_TEXT];
	const char *hint = "";

	bind_describe(wanted, text, sizeof(text));
	if (wanted->path != NULL && error == EPERM)
		hint = "; its directory and all above it must belong to root "
		    "and be writable by nobody else";
	(void)format_text(why, size, "service %s cannot listen on %s: %s "
	    "(errno = %d)%s", s->id, text, strerror(error), error, hint);
}

/* Whose the listener is: of the policy in force, if that names it; a candidate
 * may yet be refused. */
static const struct service *
owner_of(const struct parent *p, const struct listener *l,
    const struct service *candidate)
{
	const struct generation *g = p->in_force;

	for (unsigned i = 0; g != NULL && i < g->listener_count; i++) {
		if (g->listeners[i] == l)
			return g->policy->services[g->listener_service[i]];
	}
	return candidate;
}

/* One that we hold already. Owner, mode and RPC program stay those of the
 * policy in force until this one is: bind_enter(). */
static bool
take_again(struct parent *p, struct listener *l, const struct service *s)
{
	bool was_down;

	if (l->busy == 0 && (l->is_ruined || listener_is_ruined(l, &was_down)) &&
	    listener_replace(p, l, owner_of(p, l, s)) == -1)
		return false;
	l->is_retired = false;
	return true;
}

static int
claim(struct parent *p, struct generation *g, const struct service *service,
    const struct listen_addr *at, char *why, size_t size)
{
	struct listener wanted = wanted_by(service, at);
	struct listener *l = find(p, &wanted);

	if (l == NULL)
		l = make(p, service, &wanted);
	else if (!take_again(p, l, service))
		l = NULL;
	if (l == NULL) {
		explain(service, &wanted, errno, why, size);
		if (!may_miss(p, &wanted) ||
		    (l = make_missing(&wanted)) == NULL)
			return -1;
		say(p, LEVEL_ERR, "%s; free the address, then reload", why);
	}
	l->users++;
	g->listeners[g->listener_count] = l;
	g->listener_service[g->listener_count] = service->index;
	g->listener_count++;
	return 0;
}

static bool
has_open(const struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		if (!g->listeners[i]->is_missing)
			return true;
	}
	return false;
}

int
bind_generation(struct parent *p, struct generation *g, char *why, size_t size)
{
	const struct policy *policy = g->policy;
	unsigned total = 0;

	for (unsigned i = 0; i < policy->count; i++)
		total += policy->services[i]->listen.count;
	g->listeners = calloc(total + 1u, sizeof(struct listener *));
	g->listener_service = calloc(total + 1u, sizeof(*g->listener_service));
	if (g->listeners == NULL || g->listener_service == NULL) {
		(void)format_text(why, size, "out of memory");
		return -1;
	}
	for (unsigned i = 0; i < policy->count; i++) {
		const struct service *service = policy->services[i];

		for (unsigned k = 0; k < service->listen.count; k++) {
			if (claim(p, g, service, &service->listen.addrs[k],
			    why, size) == -1) {
				bind_release(p, g);
				return -1;
			}
		}
	}
	if (total > 0 && !has_open(g) && !p->options.stay_alive) {
		bind_release(p, g);
		return -1;	/* `why` has the last failure */
	}
	return 0;
}

/* Two services may have changed places: nothing is told before all that was is
 * taken back. */
static void
enter_programs(struct parent *p, struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct listener *l = g->listeners[i];
		struct rpc_entry rpc =
		    program_of(g->policy->services[g->listener_service[i]]);

		if (memcmp(&l->rpc, &rpc, sizeof(rpc)) != 0)
			rpc_forget(p, l);
		l->rpc = rpc;
	}
	for (unsigned i = 0; i < g->listener_count; i++) {
		if (!g->listeners[i]->is_registered)
			rpc_register(p, g->listeners[i],
			    g->policy->services[g->listener_service[i]]->id);
	}
}

void
bind_enter(struct parent *p, struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		const struct listener *l = g->listeners[i];
		const struct service *s =
		    g->policy->services[g->listener_service[i]];

		if (l->path != NULL && l->fd != -1 && !socket_path_adjust(l, s))
			say(p, LEVEL_ERR, "service %s: owner and mode of %s "
			    "cannot be set; is the socket still there?", s->id,
			    l->path);
	}
	enter_programs(p, g);
}

void
bind_retire(struct parent *p, struct generation *old,
    const struct generation *present)
{
	for (unsigned i = 0; i < old->listener_count; i++) {
		bool is_named = false;

		for (unsigned k = 0; present != NULL &&
		    k < present->listener_count; k++)
			is_named |= present->listeners[k] == old->listeners[i];
		if (!is_named)
			retire(p, old->listeners[i]);
	}
}

void
bind_release(struct parent *p, struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct listener *l = g->listeners[i];

		if (--l->users > 0)
			continue;
		retire(p, l);
		if (!l->is_retired)
			discard(l);
	}
	g->listener_count = 0;
}

/* They share the old socket; their successors get the new one. */
static void
replace_dispatchers(struct parent *p)
{
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind == HELPER_DISPATCH && h->phase != PHASE_DRAINING)
			helper_kill(p, h);
	}
}

void
bind_revive(struct parent *p, struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct listener *l = g->listeners[i];
		const struct service *s =
		    g->policy->services[g->listener_service[i]];
		char text[BIND_TEXT];
		bool is_ruined, was_down;

		/* Its server may do with it what it likes. */
		if (l->fd == -1 || l->busy != 0)
			continue;
		shield_peek_from_head(l);
		is_ruined = listener_is_ruined(l, &was_down);
		if (!was_down)
			continue;
		bind_describe(l, text, sizeof(text));
		say(p, LEVEL_ALERT, "a dispatcher shut down the listener on %s; "
		    "it listens again", text);
		if (!is_ruined)
			continue;
		l->is_ruined = listener_replace(p, l, owner_of(p, l, s)) == -1;
		replace_dispatchers(p);
	}
}

void
bind_close_all(struct parent *p)
{
	while (p->listeners != NULL) {
		struct listener *l = p->listeners;

		/* A server that is left running keeps what it has. */
		bool is_kept = l->busy != 0 && p->leave_servers;

		if (!is_kept)
			rpc_forget(p, l);
		unlist(p, l);
		listener_close(l, is_kept);
	}
}

void
bind_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	bool is_due = p->address_check_ms <= now_ms;
	bool is_needed = false, has_changed = false;

	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (!l->is_absent)
			continue;
		if (is_due && listener_address_is_there(l)) {
			l->is_absent = false;
			has_changed = true;
		}
		is_needed |= l->is_absent;
	}
	if (has_changed)
		generation_publish(p);
	if (!is_needed)
		return;
	if (is_due)
		p->address_check_ms = now_ms + ADDRESS_CHECK_MS;
	if (p->address_check_ms < *next_ms)
		*next_ms = p->address_check_ms;
}

struct record_addr
bind_record_addr(const struct addr *addr, uint16_t port)
{
	struct record_addr out = { .family = addr->family, .port = port,
	    .scope = addr->scope };

	memcpy(out.bytes, addr->bytes, sizeof(out.bytes));
	return out;
}
