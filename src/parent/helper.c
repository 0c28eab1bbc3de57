/*
 * Helpers: all our other processes. Root.
 *
 * A helper is believed in nothing: its messages go through msg_decode() and
 * the handlers' own checks; the first broken rule ends it. What a dead one had
 * queued is handled before its place is given to another.
 */
#include "parent/helper.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/bind.h"
#include "parent/generation.h"
#include "parent/helper-end.h"
#include "parent/helper-start.h"
#include "parent/helper-table.h"
#include "parent/load.h"
#include "parent/lookup.h"
#include "parent/loop.h"
#include "parent/records.h"
#include "parent/request.h"
#include "parent/say.h"
#include "parent/sinks.h"
#include "parent/wait.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define DRAIN_MS 10000
#define END_MS 1000
#define DENOUNCED_MAX 3	/* dispatchers in a row; then it is log's turn */
#define MESSAGES_PER_WAKE 32

static void
publish(struct parent *p)
{
	unsigned n = 0;

	for (struct helper *h = p->helpers; h != NULL && n < STATE_HELPERS;
	    h = h->next) {
		struct state_helper *out = &p->state->helpers[n++];

		(void)format_text(out->name, sizeof(out->name), "%s",
		    helper_name(h->kind));
		out->pid = h->pid;
		out->restarts = p->restarts[h->kind];
		out->layers = h->layers;
		out->start_us = h->start_us;
		out->draining = h->phase == PHASE_DRAINING;
		out->generation = h->generation != NULL ?
		    h->generation->number : 0;
	}
	memset(&p->state->helpers[n], 0,
	    (STATE_HELPERS - n) * sizeof(p->state->helpers[0]));
}

void
helper_add(struct parent *p, struct helper *h)
{
	h->next = p->helpers;
	p->helpers = h;
	p->last_start_ms[h->kind] = monotonic_ms();
	publish(p);
}

/*
 * Log reads no further: the writer has ended, or broke a rule of records. A
 * dispatcher that did is ended. Our own records never do: then it is log that
 * is wrong, and since its successor would stumble over the same memory we go
 * on in a new channel.
 */
static const char *
channel_done(struct parent *p, uint64_t id)
{
	if (sinks_is_done(p, id))
		return "CHANNEL_DONE twice";
	if (sinks_channel_done(p, id))
		return NULL;
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind != HELPER_DISPATCH || h->channel != id)
			continue;
		/* Log may see the end of a dispatcher before we do. */
		h->denounced_ms = monotonic_ms() + END_MS;
		return NULL;
	}
	records_renew(p);
	return "CHANNEL_DONE for a channel that is in use";
}

void
helper_confined(struct parent *p, struct helper *h, uint32_t layers)
{
	h->phase = PHASE_READY;
	h->layers = layers;
	h->deadline_ms = 0;
	publish(p);
}

const char *
helper_handle_log(struct parent *p, struct helper *h, const union msg *m,
    int fd)
{
	(void)fd;	/* the table allows none */
	switch (m->h.type) {
	case MSG_LOG_READY:
		if (h->phase != PHASE_STARTING)
			return "LOG_READY twice";
		helper_confined(p, h, m->plain.value);
		return NULL;
	case MSG_SINK_DEAD:
		sinks_dead(p, m->log.number, (int)m->log.kind);
		return NULL;
	case MSG_CHANNEL_DONE:
		return channel_done(p, m->log.number);
	default:
		return "no message of log";
	}
}

const char *
helper_name(enum helper_kind kind)
{
	return helper_table[kind].name;
}

/*
 * A descriptor that is sent while our table is full is lost. So one place is
 * always kept, free while a message is received and handled.
 */
static void
reserve_give(struct parent *p)
{
	fd_close(&p->reserve);
}

static void
reserve_take(struct parent *p)
{
	if (p->reserve == -1)
		p->reserve = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

void
helper_hurry(struct helper *h, uint64_t ms)
{
	uint64_t deadline_ms = monotonic_ms() + ms;

	if (h->deadline_ms == 0 || deadline_ms < h->deadline_ms)
		h->deadline_ms = deadline_ms;
}

/* A closed channel is the last sign of a helper that ends. One that only says
 * so (an empty datagram looks the same) and lives on is not to be trusted. */
static void
expect_end(struct parent *p, struct helper *h)
{
	loop_forget(p, &h->watch);
	h->is_mute = true;
	helper_hurry(h, END_MS);
}

/*
 * Reads and handles one message. False when there is no more to read, for now
 * or for ever. A message whose descriptor our full table lost is refused, not
 * held against the sender.
 */
static bool
receive_one_into_reserve(struct parent *p, struct helper *h)
{
	const struct helper_row *row = &helper_table[h->kind];
	uint64_t bytes[IPC_MAX / 8];
	size_t length = 0;
	union msg m;
	const char *rule;
	int fd = -1;
	enum ipc_result result;

	reserve_give(p);
	result = ipc_receive(h->watch.fd, bytes, &length, row->may_fd, &fd);
	if (result == IPC_AGAIN || result == IPC_CLOSED || result == IPC_ERROR) {
		if (result != IPC_AGAIN)
			expect_end(p, h);
		return false;
	}
	if (result == IPC_BAD) {
		helper_violation(p, h, 0, "message too long, or descriptors "
		    "where none belong");
		return false;
	}
	rule = msg_decode(row->link, bytes, length,
	    fd != -1 || result == IPC_NO_FD, &m);
	if (rule == NULL && result == IPC_NO_FD) {
		rule = request_without_fd(p, h, &m);
	} else if (rule == NULL) {
		rule = row->handle(p, h, &m, fd);
		fd = -1;
	}
	fd_close(&fd);
	if (rule == NULL)
		return true;
	helper_violation(p, h, m.h.type < MSG_MAX ? m.h.type : 0, rule);
	return false;
}

static bool
receive_one(struct parent *p, struct helper *h)
{
	bool is_more = receive_one_into_reserve(p, h);

	reserve_take(p);
	return is_more;
}

void
helper_readable(struct parent *p, void *argument)
{
	struct helper *h = argument;

	for (int i = 0; i < MESSAGES_PER_WAKE; i++) {
		if (h->is_violator || h->is_cast_off || !receive_one(p, h))
			return;
	}
}

static void
send_plain(struct helper *h, enum msg_type type)
{
	union msg m = { .plain = { .value = 0 } };

	/* A helper that does not read runs into its deadline. */
	(void)ipc_send(h->watch.fd, &m, msg_prepare(&m, type), -1);
}

void
helper_ready(struct parent *p, struct helper *h, uint32_t layers)
{
	helper_confined(p, h, layers);
	if ((h->generation != p->candidate && h != p->dispatcher) ||
	    p->stop != RUNNING) {
		helper_drain(p, h);
		return;
	}
	helper_start_publish_state(p, h);
	if (h->generation == p->candidate)
		load_commit(p, h);
	wait_brief(p, h);
	lookup_connect(p, h);
	send_plain(h, MSG_GO);
	publish(p);
}

void
helper_drain(struct parent *p, struct helper *h)
{
	if (h->phase == PHASE_STARTING) {
		h->is_cast_off = true;	/* it has accepted nothing */
		helper_kill(p, h);
		return;
	}
	if (h->phase == PHASE_DRAINING)
		return;
	h->phase = PHASE_DRAINING;
	h->drained_by_ms = monotonic_ms() + DRAIN_MS;
	helper_hurry(h, DRAIN_MS);
	send_plain(h, MSG_DRAIN);
	publish(p);
}

void
helper_quit_log(struct parent *p)
{
	if (p->log != NULL)
		send_plain(p->log, MSG_QUIT);
}

void
helper_kill(struct parent *p, struct helper *h)
{
	(void)p;
	/* Safe because the pid is not reaped yet: it cannot be another's. */
	if (!h->is_reaped)
		(void)kill(h->pid, SIGKILL);
	h->deadline_ms = h->denounced_ms = 0;
}

/* One that broke a rule has no word that counts: whom it denounced goes on, and
 * its successor reads their records. */
static void
distrust_log(struct parent *p)
{
	for (struct helper *h = p->helpers; h != NULL; h = h->next)
		h->denounced_ms = 0;
	p->denounced = 0;
	sinks_revive(p);
}

void
helper_violation(struct parent *p, struct helper *h, uint64_t message,
    const char *rule)
{
	h->is_violator = true;
	loop_forget(p, &h->watch);
	say_violation(p, h, message, rule);
	helper_kill(p, h);
	if (h->kind == HELPER_LOG)
		distrust_log(p);
}

/*
 * Its last messages count; what a violator said does not. Somebody else may
 * hold its end of the channel and go on: what was queued is still ours after
 * SHUT_RD, and nothing more can be sent.
 */
static void
read_last_words(struct parent *p, struct helper *h)
{
	unsigned count = 0;

	(void)shutdown(h->watch.fd, SHUT_RD);
	while (!h->is_violator && !h->is_cast_off && receive_one(p, h)) {
		if (++count > helper_table[h->kind].queue_max)
			helper_violation(p, h, 0, "more messages than its "
			    "channel holds");
	}
}

bool
helper_reaped(struct parent *p, pid_t pid, int status)
{
	struct helper **link = &p->helpers;
	struct helper *h;

	while (*link != NULL && (*link)->pid != pid)
		link = &(*link)->next;
	if ((h = *link) == NULL)
		return false;
	h->is_reaped = true;
	read_last_words(p, h);
	/* receive_one() may have changed the list in front of h. */
	for (link = &p->helpers; *link != h; link = &(*link)->next)
		;
	*link = h->next;
	loop_forget(p, &h->watch);
	helper_table[h->kind].ended(p, h, status);
	helper_release(p, h);
	publish(p);
	return true;
}

static bool
is_due(uint64_t at_ms, uint64_t now_ms, uint64_t *next_ms)
{
	if (at_ms == 0 || at_ms <= now_ms)
		return at_ms != 0;
	if (at_ms < *next_ms)
		*next_ms = at_ms;
	return false;
}

static void
overdue(struct parent *p, struct helper *h)
{
	if (h->is_mute) {
		helper_violation(p, h, 0, "its channel is closed, but it "
		    "lives");
		return;
	}
	h->is_late = true;
	say(p, LEVEL_ERR, "%s %d missed its deadline and is killed",
	    helper_name(h->kind), (int)h->pid);
	helper_kill(p, h);
}

/*
 * Log says that its records break a rule, and nobody else can know: either of
 * the two may have fallen. So the dispatcher goes first, and log itself when
 * that has not helped.
 */
static void
end_denounced(struct parent *p, struct helper *h)
{
	h->is_denounced = true;
	say_violation(p, h, MSG_RECORD, "its records break a rule, as log says "
	    "and nobody else, and log reads no more of them");
	helper_kill(p, h);
	if (++p->denounced >= DENOUNCED_MAX && p->log != NULL)
		helper_violation(p, p->log, MSG_CHANNEL_DONE, "three "
		    "dispatchers in a row are ended on its word alone: log or "
		    "dispatch is wrong");
}

void
helper_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (is_due(h->denounced_ms, now_ms, next_ms))
			end_denounced(p, h);
		if (is_due(h->deadline_ms, now_ms, next_ms))
			overdue(p, h);
	}
	helper_restart_tick(p, now_ms, next_ms);
}
