/*
 * Attaching what the loader compiled. Root. The kernel checks every program
 * before it takes it; nothing of one is looked at here.
 */
#include "parent/shield.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "parent/bind.h"
#include "parent/say.h"
#include "policy/filter.h"
#include "shared/util.h"


_Static_assert(sizeof(struct filter_code) == sizeof(struct sock_filter) &&
    offsetof(struct filter_code, jump_true) ==
    offsetof(struct sock_filter, jt) &&
    offsetof(struct filter_code, jump_false) ==
    offsetof(struct sock_filter, jf) &&
    offsetof(struct filter_code, k) == offsetof(struct sock_filter, k),
    "policy/filter.h has the kernel's layout");

/* Datagrams that the socket did not take: those that the filter refused, and
 * those for which it had no room. */
static uint32_t
drops(const struct listener *l)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof(memory);

	if (getsockopt(l->fd, SOL_SOCKET, SO_MEMINFO, memory, &length) == -1)
		return 0;
	return memory[SK_MEMINFO_DROPS];
}

bool
shield_attach(struct listener *l, const struct service *s)
{
	struct sock_fprog program;

	if (!s->given[ATTR_FILTER] || s->filter.length == 0)
		return true;
	program.len = (unsigned short)(s->filter.length /
	    sizeof(struct sock_filter));
	program.filter = (struct sock_filter *)(uintptr_t)s->filter.bytes;
	if (setsockopt(l->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program)) == -1)
		return false;
	if (!l->is_filtered)
		l->drops = drops(l);
	l->is_filtered = true;
	return true;
}

/* False when a server has locked the socket. */
static bool
detach(struct listener *l)
{
	int unused = 0;

	l->is_filtered = false;
	return setsockopt(l->fd, SOL_SOCKET, SO_DETACH_FILTER, &unused,
	    sizeof(unused)) == 0 || errno == ENOENT;	/* there is none */
}

static void
count(struct parent *p, struct listener *l, const struct generation *g,
    uint32_t service)
{
	struct record record;
	uint32_t now;

	if (l->fd == -1 || !l->is_filtered || l->type != SOCK_DGRAM ||
	    (now = drops(l)) == l->drops)
		return;
	record_init(&record, RECORD_DROPPED);
	record.generation = g->number;
	record.service = service;
	record.destination = bind_record_addr(&l->at.addr, l->at.port);
	record.number[0] = now - l->drops;	/* wraps as the kernel's does */
	l->drops = now;
	say_record(p, &record);
}

void
shield_end(struct parent *p, struct listener *l, const struct generation *g,
    uint32_t service)
{
	if (l->fd == -1 || !l->is_filtered || l->type != SOCK_DGRAM)
		return;
	count(p, l, g, service);
	if (l->shield_until_ms == 0 && l->guard_until_ms == 0)
		(void)detach(l);
}

/* Whose listener it is now; NULL: no policy's. */
static const struct service *
owner(const struct parent *p, const struct listener *l)
{
	const struct generation *g = p->in_force;

	for (unsigned i = 0; g != NULL && i < g->listener_count; i++) {
		if (g->listeners[i] == l)
			return g->policy->services[g->listener_service[i]];
	}
	return NULL;
}

void
shield_peek_from_head(const struct listener *l)
{
	int from_head = -1;

	/* A kernel that does not know it for such a socket cannot have it. */
	(void)setsockopt(l->fd, SOL_SOCKET, SO_PEEK_OFF, &from_head,
	    sizeof(from_head));
}

bool
shield_restore(struct parent *p, struct listener *l,
    const struct generation *g, uint32_t service)
{
	const struct service *s = owner(p, l);
	count(p, l, g, service);
	shield_peek_from_head(l);
	if (s == NULL || !s->given[ATTR_FILTER] || !l->is_filtered ||
	    (l->type == SOCK_DGRAM && l->shield_until_ms == 0 &&
	    l->guard_until_ms == 0))
		return detach(l);
	/* In the place of whatever is there, without a gap. */
	return shield_attach(l, s);
}

void
shield_settle(struct parent *p, const struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++)
		count(p, g->listeners[i], g, g->listener_service[i]);
}

void
shield_enter(struct parent *p, const struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct listener *l = g->listeners[i];
		const struct service *s =
		    g->policy->services[g->listener_service[i]];
		bool is_wanted = s->kind == KIND_WAIT || l->busy != 0 ||
		    l->shield_until_ms != 0 || l->guard_until_ms != 0;

		if (l->fd == -1)
			continue;
		if (l->is_filtered && !s->given[ATTR_FILTER])
			(void)detach(l);
		else if (is_wanted && !shield_attach(l, s))
			say(p, LEVEL_ALERT, "service %s: the kernel does not "
			    "take its socket filter: errno = %d", s->id, errno);
	}
}

/* Not again when it is on: the kernel's work would be for the asking. */
static bool
put_on(struct parent *p, struct listener *l, const struct service *s)
{
	if (l->is_filtered || shield_attach(l, s))
		return true;
	say(p, LEVEL_ERR, "service %s: the kernel does not take its socket "
	    "filter (%s), and without it a server would answer everybody",
	    s->id, strerror(errno));
	return false;
}

bool
shield_guard(struct parent *p, struct listener *l, const struct service *s)
{
	if (l->fd == -1 || !s->given[ATTR_FILTER])
		return true;	/* nobody is refused by number */
	if (!put_on(p, l, s))
		return false;
	l->guard_until_ms = monotonic_ms() + MSG_GUARD_MS;
	return true;
}

void
shield_begin(struct parent *p, struct listener *l, const struct service *s)
{
	bool is_new = l->shield_until_ms == 0;

	if (l->fd == -1 || !s->given[ATTR_FILTER] || !put_on(p, l, s))
		return;
	l->shield_until_ms = monotonic_ms() + MSG_SHIELD_MS;
	if (is_new)
		say(p, LEVEL_NOTICE, "service %s: refused datagrams come by "
		    "the thousand or among others; for a minute they are "
		    "dropped unseen and recorded as a number", s->id);
}

/* True when it has passed just now. */
static bool
has_passed(uint64_t *until_ms, uint64_t now_ms, uint64_t *next_ms)
{
	if (*until_ms == 0)
		return false;
	if (*until_ms > now_ms) {
		if (*until_ms < *next_ms)
			*next_ms = *until_ms;
		return false;
	}
	*until_ms = 0;
	return true;
}

static void
expire(struct parent *p, struct generation *g, uint64_t now_ms,
    uint64_t *next_ms)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct listener *l = g->listeners[i];
		bool is_over = has_passed(&l->shield_until_ms, now_ms, next_ms);

		is_over |= has_passed(&l->guard_until_ms, now_ms, next_ms);
		if (is_over && l->busy == 0)
			shield_end(p, l, g, g->listener_service[i]);
	}
}

void
shield_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	if (p->in_force != NULL)
		expire(p, p->in_force, now_ms, next_ms);
}
