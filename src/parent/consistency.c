/*
 * The consistency check, asked for by SIGABRT or by -cc.
 *
 * Root. Reads the parent's tables and asks the kernel about descriptors and
 * processes; changes nothing. The public copy is ours to write and nobody
 * else's, so a difference there is an error as well.
 */
#include "parent/consistency.h"

#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/books.h"
#include "parent/say.h"
#include "shared/util.h"

#define SAID_MAX 10

struct check {
	struct parent *p;
	unsigned errors;
	uint32_t used;			/* places taken */
	uint32_t sessions;		/* of them */
	uint8_t *seen;			/* by slot */
	uint32_t *by_service;		/* by slot of parent.state */
};

enum seen { SEEN_FREE = 1, SEEN_PID = 2, SEEN_COOKIE = 4 };

static void __attribute__((format(printf, 2, 3)))
found(struct check *c, const char *format, ...)
{
	char text[RECORD_TEXT];
	va_list args;

	if (c->errors++ >= SAID_MAX)
		return;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	say(c->p, LEVEL_ERR, "consistency: %s", text);
}

static void
check_free(struct check *c)
{
	const struct parent *p = c->p;

	if (p->free_count > STATE_INSTANCES) {
		found(c, "the list of free places is longer than the table");
		return;
	}
	for (uint32_t i = 0; i < p->free_count; i++) {
		uint32_t slot = p->free_slots[i];

		if (slot >= STATE_INSTANCES || (c->seen[slot] & SEEN_FREE) != 0)
			found(c, "place %u is free twice, or does not exist",
			    slot);
		else
			c->seen[slot] |= SEEN_FREE;
	}
}

/* Every chain ends, and holds only what belongs to it. */
static void
check_chains(struct check *c, const uint32_t *heads, enum seen mark)
{
	const struct parent *p = c->p;

	for (uint32_t h = 0; h < BOOKS_HASH; h++) {
		uint32_t at = heads[h], steps = 0;

		while (at != 0) {
			const struct instance *in;

			if (at > STATE_INSTANCES || steps++ > STATE_INSTANCES ||
			    (c->seen[at - 1] & mark) != 0) {
				found(c, "hash chain %u leads to %u twice, or "
				    "nowhere", h, at);
				break;
			}
			c->seen[at - 1] |= (uint8_t)mark;
			in = &p->instances[at - 1];
			if (books_bucket(mark == SEEN_PID ? (uint64_t)in->pid :
			    in->cookie) != h || in->pid == 0)
				found(c, "place %u is in a wrong hash chain",
				    at - 1);
			at = mark == SEEN_PID ? in->next_pid : in->next_cookie;
		}
	}
}

static bool
is_known(const struct parent *p, const struct generation *wanted)
{
	const struct generation *g;

	for (g = p->generations; g != NULL && g != wanted; g = g->next)
		;
	return g != NULL;
}

/* The public copy of a place. */
static void
check_copy(struct check *c, uint32_t slot)
{
	const struct instance *in = &c->p->instances[slot];
	const struct state_instance *out = &c->p->state->instances[slot];

	if (out->pid != in->pid || out->conn != in->conn ||
	    out->generation != in->generation->number ||
	    out->start_us != in->wall_us ||
	    memcmp(&out->source, &in->source, sizeof(in->source)) != 0)
		found(c, "place %u: parent.state shows something else", slot);
	if (out->service >= STATE_SERVICES)
		found(c, "place %u: there is no service %u", slot, out->service);
	else if (!in->generation->is_stripped &&
	    in->generation->launches[in->service].slot != out->service)
		found(c, "place %u: the service is another one", slot);
	else
		c->by_service[out->service]++;
}

static void
check_place(struct check *c, uint32_t slot)
{
	const struct instance *in = &c->p->instances[slot];
	unsigned seen = c->seen[slot];

	if (in->pid == 0) {
		if (seen != SEEN_FREE)
			found(c, "place %u is neither free nor taken", slot);
		if (c->p->state->instances[slot].pid != 0)
			found(c, "place %u is free, but parent.state shows a "
			    "server", slot);
		return;
	}
	c->used++;
	c->sessions += in->is_relayed;
	if ((seen & SEEN_FREE) != 0)
		found(c, "place %u is taken and free", slot);
	if (slot >= c->p->state->instance_high)
		found(c, "place %u is above the highest", slot);
	/* Sessions share relay's pid, and wait servers have no connection. */
	if ((!in->is_relayed && (seen & SEEN_PID) == 0) ||
	    (in->cookie != 0 && (seen & SEEN_COOKIE) == 0))
		found(c, "place %u is in no hash chain", slot);
	if (!is_known(c->p, in->generation)) {
		found(c, "place %u belongs to no generation", slot);
		return;
	}
	check_copy(c, slot);
	/* Not reaped yet, so even one that has ended is there. */
	if (kill(in->pid, 0) == -1 && errno == ESRCH)
		found(c, "process %d of place %u does not exist", (int)in->pid,
		    slot);
}

static void
check_counts(struct check *c)
{
	const struct parent *p = c->p;
	const struct parent_state *s = p->state;

	if (c->used + p->free_count != STATE_INSTANCES)
		found(c, "%u places taken and %u free are not the whole table",
		    c->used, p->free_count);
	if (s->processes + s->sessions != c->used || s->sessions != c->sessions)
		found(c, "%u servers and %u sessions are counted, %u of both "
		    "are there", s->processes, s->sessions, c->used);
	for (uint32_t i = 0; i < STATE_SERVICES; i++) {
		if (s->services[i].instances != c->by_service[i])
			found(c, "service %u: %u servers are counted, %u are "
			    "there", i, s->services[i].instances,
			    c->by_service[i]);
	}
	for (const struct generation *g = p->generations; g != NULL;
	    g = g->next) {
		unsigned count = 0;

		for (uint32_t i = 0; i < STATE_INSTANCES; i++)
			count += p->instances[i].pid != 0 &&
			    p->instances[i].generation == g;
		if (count != g->instances)
			found(c, "generation %llu: %u servers are counted, %u "
			    "are there", (unsigned long long)g->number,
			    g->instances, count);
	}
}

static void
check_listener(struct check *c, const struct listener *l)
{
	int type = 0, is_listening = 0;
	socklen_t size = sizeof(type);

	if (l->is_missing)
		return;
	if (getsockopt(l->fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1) {
		found(c, "listener %d is not open", l->fd);
		return;
	}
	size = sizeof(is_listening);
	if ((type == SOCK_STREAM || type == SOCK_SEQPACKET) &&
	    (getsockopt(l->fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening,
	    &size) == -1 || is_listening == 0))
		found(c, "listener %d does not listen", l->fd);
}

/* The generation in force names each of its listeners; all of them are open,
 * and as often used as they are named. */
static void
check_listeners(struct check *c)
{
	const struct parent *p = c->p;
	const struct generation *g = p->in_force;

	for (unsigned i = 0; g != NULL && i < g->listener_count; i++)
		check_listener(c, g->listeners[i]);
	for (const struct listener *l = p->listeners; l != NULL; l = l->next) {
		unsigned users = 0;

		for (g = p->generations; g != NULL; g = g->next) {
			for (unsigned i = 0; g->listeners != NULL &&
			    i < g->listener_count; i++)
				users += g->listeners[i] == l;
		}
		if (users != l->users)
			found(c, "listener %d: %u uses are counted, %u are "
			    "there", l->fd, l->users, users);
	}
}

static void
check_helpers(struct check *c)
{
	const struct parent *p = c->p;
	bool has_dispatcher = p->dispatcher == NULL, has_log = p->log == NULL;

	for (const struct helper *h = p->helpers; h != NULL; h = h->next) {
		has_dispatcher |= h == p->dispatcher;
		has_log |= h == p->log;
		if (kill(h->pid, 0) == -1 && errno == ESRCH)
			found(c, "helper %d does not exist", (int)h->pid);
		if (h->generation != NULL && !is_known(p, h->generation))
			found(c, "helper %d belongs to no generation",
			    (int)h->pid);
	}
	if (!has_dispatcher || !has_log)
		found(c, "a helper in use is not on the list");
}

unsigned
consistency_check(struct parent *p)
{
	struct check c = { .p = p };

	c.seen = calloc(STATE_INSTANCES, sizeof(*c.seen));
	c.by_service = calloc(STATE_SERVICES, sizeof(*c.by_service));
	if (c.seen == NULL || c.by_service == NULL) {
		found(&c, "no memory for the check");
	} else {
		check_free(&c);
		check_chains(&c, p->hash_pid, SEEN_PID);
		check_chains(&c, p->hash_cookie, SEEN_COOKIE);
		for (uint32_t i = 0; i < STATE_INSTANCES; i++)
			check_place(&c, i);
		check_counts(&c);
		check_listeners(&c);
		check_helpers(&c);
	}
	free(c.seen);
	free(c.by_service);
	if (c.errors == 0)
		say(p, LEVEL_INFO, "Consistency check passed");
	else
		say(p, LEVEL_ERR, "Consistency check detected %u errors",
		    c.errors);
	return c.errors;
}

void
consistency_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	if (p->options.check_seconds == 0 || p->stop != RUNNING)
		return;
	if (p->check_ms == 0)
		p->check_ms = now_ms + p->options.check_seconds * 1000;
	if (p->check_ms <= now_ms) {
		(void)consistency_check(p);
		p->check_ms = now_ms + p->options.check_seconds * 1000;
	}
	if (p->check_ms < *next_ms)
		*next_ms = p->check_ms;
}
