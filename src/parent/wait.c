/*
 * Servers that have the listener. Root.
 *
 * The open file is shared by parent, dispatcher and server, O_NONBLOCK with it:
 * servers of this kind expect a socket that blocks, so it blocks while one has
 * it. That cannot stop us, who only peek with MSG_DONTWAIT, nor an honest
 * dispatcher, which does not touch a listener that is out; one in hostile hands
 * can stop itself.
 */
#include "parent/wait.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "parent/bind.h"
#include "parent/books.h"
#include "parent/listener.h"
#include "parent/provenance.h"
#include "parent/request.h"
#include "parent/say.h"
#include "parent/shield.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define QUICK_US 1000000	/* a server that lives less long */
#define QUICK_MAX 10		/* so many in a row, and it has to pause */
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000

static bool
is_out(const struct listener *l)
{
	return l->busy != 0 || l->free_at_ms != 0 || l->is_ruined;
}

static const char *
check_range(const struct helper *h, const struct msg_start *start)
{
	const struct generation *g = h->generation;
	const struct listener *l;

	if (h->phase == PHASE_STARTING)
		return "START_WAIT before HELLO";
	if (h->said_drained)
		return "START_WAIT after DRAINED";
	if (start->number <= h->last_start)
		return "START_WAIT: the number does not rise";
	if (start->service >= g->policy->count)
		return "START_WAIT: no such service";
	if (!kind_table[g->policy->services[start->service]->kind].is_passed)
		return "START_WAIT: a service whose listener is not for servers";
	if (start->listener >= g->listener_count)
		return "START_WAIT: no such listener";
	if (g->listener_service[start->listener] != start->service)
		return "START_WAIT: another service's listener";
	l = g->listeners[start->listener];
	if (l->is_missing)
		return "START_WAIT: a listener that was never open";
	if (h->phase != PHASE_DRAINING && is_out(l))
		return "START_WAIT: a server has that listener";
	return NULL;
}

static ssize_t
peek(const struct listener *l, struct sockaddr_storage *from)
{
	socklen_t length = sizeof(*from);

	memset(from, 0, sizeof(*from));
	return recvfrom(l->fd, NULL, 0, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC,
	    (struct sockaddr *)from, &length);
}

/*
 * Who sent the first datagram. It stays in the queue. Of a stream service
 * nothing is known before the server accepts. False when there is none any
 * more.
 */
static bool
look(const struct listener *l, struct provenance *from)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLIN };
	struct sockaddr_storage address;
	socklen_t length = sizeof(from->cookie);

	memset(from, 0, sizeof(*from));
	if (l->path == NULL)
		from->destination = bind_record_addr(&l->at.addr, l->at.port);
	else
		from->destination.family = RECORD_FAMILY_UNIX;
	if (getsockopt(l->fd, SOL_SOCKET, SO_COOKIE, &from->cookie,
	    &length) == -1)
		return false;
	if (l->type != SOCK_DGRAM)
		return poll(&pfd, 1, 0) == 1;	/* somebody is there */
	if (peek(l, &address) == -1)
		return false;
	/* A UNIX socket's sender has no name that proves anything. */
	(void)provenance_address(&address, &from->source);
	return true;
}

static void
show_busy(struct parent *p, const struct listener *l)
{
	const struct generation *g = p->in_force;
	unsigned bit = 0;

	for (unsigned i = 0; g != NULL && i < g->listener_count; i++) {
		struct state_service *slot;

		bit = i > 0 && g->listener_service[i] ==
		    g->listener_service[i - 1] ? bit + 1 : 0;
		if (g->listeners[i] != l)
			continue;
		slot = &p->state->services[
		    g->launches[g->listener_service[i]].slot];
		if (l->busy != 0)
			slot->busy |= 1u << bit;
		else
			slot->busy &= ~(1u << bit);
	}
}

/* Filter, look, fork. False with a reason; then all is as it was. */
static bool
hand_over(struct parent *p, struct helper *h, const struct msg_start *start,
    struct refusal *why)
{
	struct generation *g = h->generation;
	struct listener *l = g->listeners[start->listener];
	const struct service *s = g->policy->services[start->service];
	struct provenance from;
	struct instance in = { .listener = l };

	*why = (struct refusal){ REASON_FORK, ATTR_NONE };
	/* What came before the filter was on nobody has looked at. */
	if (l->type == SOCK_DGRAM && s->given[ATTR_FILTER] &&
	    !l->is_filtered) {
		if (shield_guard(p, l, s))
			why->reason = REASON_NONE;
		return false;
	}
	if (!look(l, &from)) {
		why->reason = REASON_NONE;	/* it has gone */
		goto fail;
	}
	l->first_ns = listener_last_ns(l);
	if (request_begin(p, h, start, l->fd, &from, &in, why)) {
		l->busy = in.pid;
		l->guard_until_ms = 0;
		show_busy(p, l);
		return true;
	}
fail:
	(void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
	shield_end(p, l, g, start->service);
	return false;
}

const char *
wait_start(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	const struct msg_start *start = &m->start;
	struct generation *g = h->generation;
	const char *rule = check_range(h, start);
	struct refusal why = { REASON_NONE, ATTR_NONE };
	struct launch *launch;

	(void)fd;	/* the table allows none */
	if (rule != NULL)
		return rule;
	h->last_start = start->number;
	launch = &g->launches[start->service];
	/* Its successor sees the same datagram, or the same connection. */
	if (h->phase == PHASE_DRAINING)
		return request_answer(h, start, MSG_REFUSED, &why);
	if (g->listeners[start->listener]->fd == -1 ||
	    !request_is_within_limits(p, g, launch, &why) ||
	    !hand_over(p, h, start, &why)) {
		request_count_refused(p, launch);
		return request_answer(h, start, MSG_REFUSED, &why);
	}
	return request_answer(h, start, MSG_STARTED, NULL);
}

/* SHIELD and GUARD name a socket for datagrams. */
static const char *
check_dgram(const struct helper *h, uint32_t number)
{
	const struct generation *g = h->generation;

	if (h->phase == PHASE_STARTING)
		return "a filter is wanted before HELLO";
	if (h->said_drained)
		return "a filter is wanted after DRAINED";
	if (number >= g->listener_count)
		return "a filter is wanted on no listener";
	if (!kind_table[g->policy->services[g->listener_service[number]]
	    ->kind].is_dgram)
		return "a filter is wanted on no socket for datagrams";
	if (g->listeners[number]->is_missing)
		return "a filter is wanted on a listener that was never open";
	return NULL;
}

static const struct service *
service_of(const struct helper *h, uint32_t listener)
{
	const struct generation *g = h->generation;

	return g->policy->services[g->listener_service[listener]];
}

const char *
wait_shield(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	uint32_t number = m->listener.listener;
	const char *rule = check_dgram(h, number);

	(void)fd;	/* the table allows none */
	if (rule == NULL && h->phase == PHASE_READY)
		shield_begin(p, h->generation->listeners[number],
		    service_of(h, number));
	return rule;
}

/* One that drains starts nothing more of this kind. */
const char *
wait_guard(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	uint32_t number = m->listener.listener;
	const char *rule = check_dgram(h, number);
	union msg answer = { .listener = { .listener = number } };

	(void)fd;	/* the table allows none */
	if (rule != NULL || h->phase != PHASE_READY)
		return rule;
	/* A kernel that does not take the filter has been told of; START_WAIT
	 * is refused then. */
	(void)shield_guard(p, h->generation->listeners[number],
	    service_of(h, number));
	if (ipc_send(h->watch.fd, &answer, msg_prepare(&answer, MSG_GUARDED),
	    -1) != IPC_OK)
		return "does not read what it asks for";
	return NULL;
}

static void
tell(struct parent *p, struct helper *h, const struct listener *l,
    enum msg_type type)
{
	const struct generation *g = h->generation;

	for (uint32_t i = 0; i < g->listener_count; i++) {
		union msg m = { .listener = { .listener = i } };

		if (g->listeners[i] != l)
			continue;
		if (ipc_send(h->watch.fd, &m, msg_prepare(&m, type), -1) !=
		    IPC_OK)
			say(p, LEVEL_ERR, "dispatcher %u cannot be told about "
			    "a listener: errno = %d", h->number, errno);
	}
}

void
wait_brief(struct parent *p, struct helper *h)
{
	for (const struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (is_out(l))
			tell(p, h, l, MSG_BUSY);
	}
}

static void
give_back(struct parent *p, struct listener *l)
{
	l->free_at_ms = 0;
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind == HELPER_DISPATCH && h->phase == PHASE_READY)
			tell(p, h, l, MSG_FREE);
	}
}

/*
 * A server that ends at once is what many services are made of: one datagram,
 * one process. It spins when it takes nothing out of the socket: then it would
 * be started again for the same datagram, over and over.
 */
static bool
is_quick_end(const struct listener *l, const struct instance *in)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLIN };
	struct sockaddr_storage unused;

	if (monotonic_us() - in->start_us >= QUICK_US ||
	    poll(&pfd, 1, 0) != 1)
		return false;
	if (l->type != SOCK_DGRAM || l->path != NULL)
		return true;	/* no telling what waits there */
	return peek(l, &unused) != -1 && listener_last_ns(l) == l->first_ns;
}

/* A server that took one connection and one that took none look alike when
 * more wait, and strangers can see to it that they do: no long pauses there. */
static uint64_t
pause_of(const struct listener *l, unsigned quick_ends)
{
	uint64_t pause = PAUSE_MIN_MS;

	if (l->type != SOCK_DGRAM || l->path != NULL)
		return pause;
	for (unsigned i = QUICK_MAX; i < quick_ends && pause < PAUSE_MAX_MS; i++)
		pause *= 2;
	return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static void
rest(struct parent *p, struct listener *l, const struct instance *in)
{
	char text[160];

	l->quick_ends = is_quick_end(l, in) ? l->quick_ends + 1 : 0;
	if (l->quick_ends < QUICK_MAX) {
		give_back(p, l);
		return;
	}
	bind_describe(l, text, sizeof(text));
	if (l->quick_ends == QUICK_MAX)
		say(p, LEVEL_WARNING, "the servers for %s end at once while "
		    "something waits there; they are started less often",
		    text);
	l->free_at_ms = monotonic_ms() + pause_of(l, l->quick_ends);
}

void
wait_ended(struct parent *p, const struct instance *in)
{
	struct listener *l = in->listener;
	char text[160];
	bool is_ruined = false, was_down;

	l->busy = 0;
	show_busy(p, l);
	if (l->fd != -1) {
		(void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
		is_ruined = !shield_restore(p, l, in->generation, in->service);
	}
	if (l->is_retired) {
		bind_server_ended(p, l);
		return;
	}
	if (p->stop != RUNNING || l->fd == -1)
		return;
	/* Dispatchers share the socket that the server shut down; nobody gets
	 * another one before the next load. */
	if (is_ruined || listener_is_ruined(l, &was_down)) {
		l->is_ruined = true;
		bind_describe(l, text, sizeof(text));
		say(p, LEVEL_ALERT, "the server that had %s has shut it down "
		    "or locked it; reload to open it again", text);
		return;
	}
	rest(p, l, in);
}

void
wait_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (l->free_at_ms == 0)
			continue;
		if (l->free_at_ms <= now_ms)
			give_back(p, l);
		else if (l->free_at_ms < *next_ms)
			*next_ms = l->free_at_ms;
	}
}
