/*
 * Helpers: dispatch, log and load. Root.
 *
 * A helper is believed in nothing: its messages go through msg_decode() and
 * the handlers' own checks; the first broken rule ends it. What a dead one had
 * queued is handled before its place is given to another.
 */
#include "parent/helper.h"

#include <sys/epoll.h>
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
#include "parent/helper-start.h"
#include "parent/load.h"
#include "parent/loop.h"
#include "parent/records.h"
#include "parent/request.h"
#include "parent/say.h"
#include "parent/sinks.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define DRAIN_MS 10000
#define END_MS 1000
#define MESSAGES_PER_WAKE 32
#define RESTART_GAP_MS 100	/* at most ten restarts a second */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 10000
#define HEALTHY_MS 60000
#define COUNTERS_SIZE ((ssize_t)offsetof(struct dispatch_state, services))
#define LOST_MAX 65536		/* a hostile counter cannot claim more */

static const char *const kind_names[] = { "load", "dispatch", "log" };
static const enum msg_link links[] = {
	[HELPER_LOAD] = LINK_LOAD_TO_PARENT,
	[HELPER_DISPATCH] = LINK_DISPATCH_TO_PARENT,
	[HELPER_LOG] = LINK_LOG_TO_PARENT,
};

static void
publish(struct parent *p)
{
	unsigned n = 0;

	for (struct helper *h = p->helpers; h != NULL && n < STATE_HELPERS;
	    h = h->next) {
		struct state_helper *out = &p->state->helpers[n++];

		(void)format_text(out->name, sizeof(out->name), "%s",
		    kind_names[h->kind]);
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
	if (sinks_channel_done(p, id))
		return NULL;
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind != HELPER_DISPATCH || h->channel != id)
			continue;
		/* Log may see the end of a dispatcher before we do. */
		h->is_unrecorded = true;
		h->deadline_ms = monotonic_ms() + END_MS;
		return NULL;
	}
	records_renew(p);
	return "CHANNEL_DONE for a channel that is in use";
}

static const char *
handle_log(struct parent *p, struct helper *h, const union msg *m)
{
	switch (m->h.type) {
	case MSG_LOG_READY:
		if (h->phase != PHASE_STARTING)
			return "LOG_READY twice";
		h->phase = PHASE_READY;
		h->layers = m->plain.value;
		h->deadline_ms = 0;
		publish(p);
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

/* One message of any helper. */
static const char *
handle(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	const char *rule;

	switch (h->kind) {
	case HELPER_DISPATCH:
		return request_handle(p, h, m, fd);
	case HELPER_LOAD:
		return load_handle(p, h, m, fd);
	case HELPER_LOG:
		rule = handle_log(p, h, m);
		fd_close(&fd);
		return rule;
	}
	bug("helper kind");
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

/* A closed channel is the last sign of a helper that ends. One that only says
 * so (an empty datagram looks the same) and lives on is not to be trusted. */
static void
expect_end(struct parent *p, struct helper *h)
{
	loop_forget(p, &h->watch);
	h->is_mute = true;
	h->deadline_ms = monotonic_ms() + END_MS;
}

/*
 * Reads and handles one message. False when there is no more to read, for now
 * or for ever. A message whose descriptor our full table lost is refused, not
 * held against the sender.
 */
static bool
receive_one_into_reserve(struct parent *p, struct helper *h)
{
	uint64_t bytes[IPC_MAX / 8];
	size_t length = 0;
	union msg m;
	const char *rule;
	int fd = -1;
	bool may_fd = h->kind != HELPER_LOG;
	enum ipc_result result;

	reserve_give(p);
	result = ipc_receive(h->watch.fd, bytes, &length, may_fd, &fd);
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
	rule = msg_decode(links[h->kind], bytes, length,
	    fd != -1 || result == IPC_NO_FD, &m);
	if (rule == NULL && result == IPC_NO_FD) {
		rule = request_without_fd(p, h, &m);
	} else if (rule == NULL) {
		rule = handle(p, h, &m, fd);
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
	h->layers = layers;
	h->deadline_ms = 0;
	h->phase = PHASE_READY;
	if ((h->generation != p->candidate && h != p->dispatcher) ||
	    p->stop != RUNNING) {
		helper_drain(p, h);
		return;
	}
	helper_start_publish_state(p, h);
	if (h->generation == p->candidate)
		load_commit(p, h);
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
	h->deadline_ms = monotonic_ms() + DRAIN_MS;
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
	h->deadline_ms = 0;
}

void
helper_violation(struct parent *p, struct helper *h, uint64_t message,
    const char *rule)
{
	h->is_violator = true;
	loop_forget(p, &h->watch);
	say_violation(p, h, message, rule);
	helper_kill(p, h);
}

static bool
is_fault(const struct helper *h, int status)
{
	if (h->is_violator || h->phase == PHASE_STARTING)
		return true;
	if (WIFSIGNALED(status)) {
		switch (WTERMSIG(status)) {
		case SIGSEGV: case SIGBUS: case SIGILL: case SIGFPE:
		case SIGABRT: case SIGSYS:
			return true;
		default:
			return false;
		}
	}
	/* None of them has a reason to exit unasked. */
	return true;
}

/* While servers are being stopped there is still something to log. */
static bool
is_wanted(const struct parent *p, enum helper_kind kind)
{
	return p->stop == RUNNING ||
	    (p->stop == STOP_SERVERS && kind == HELPER_LOG);
}

static void
schedule_restart(struct parent *p, enum helper_kind kind, bool fault)
{
	uint64_t now = monotonic_ms();

	if (!is_wanted(p, kind))
		return;
	p->restarts[kind]++;
	if (now - p->last_start_ms[kind] > HEALTHY_MS)
		p->backoff_ms[kind] = 0;
	if (fault) {
		p->backoff_ms[kind] = p->backoff_ms[kind] == 0 ?
		    BACKOFF_MIN_MS : p->backoff_ms[kind] * 2;
		if (p->backoff_ms[kind] > BACKOFF_MAX_MS)
			p->backoff_ms[kind] = BACKOFF_MAX_MS;
		p->restart_at_ms[kind] = now + p->backoff_ms[kind];
		return;
	}
	p->restart_at_ms[kind] = p->last_start_ms[kind] + RESTART_GAP_MS;
	if (p->restart_at_ms[kind] < now)
		p->restart_at_ms[kind] = now;
}

struct losses {
	uint64_t known;		/* connections accepted and not passed on */
	uint64_t doubtful;	/* at most so many more */
};

/* From a dead dispatcher's own counters, which may lie: bounded. */
static struct losses
losses_of(const struct dispatch_state *s, uint64_t starts)
{
	uint64_t gone = s->denied + starts + (s->stage == STAGE_REFUSING);
	uint64_t known = s->accepted > gone ? s->accepted - gone : 0;

	return (struct losses){ known < LOST_MAX ? known : LOST_MAX,
	    s->stage != STAGE_IDLE };
}

static void
add_totals(struct parent *p, const struct helper *h,
    const struct dispatch_state *s, const struct losses *losses)
{
	p->state->connections_lost += losses->known;
	p->state->connections_doubtful += losses->doubtful;
	p->state->accepted += s->accepted;
	p->state->denied += s->denied;
	p->state->allowed += h->starts;
}

static void
record_death(struct parent *p, struct helper *h, int status,
    const struct losses *losses)
{
	struct record record;

	record_init(&record, RECORD_HELPER_DIED);
	record.level = LEVEL_ERR;
	record.pid = h->pid;
	if (WIFSIGNALED(status))
		record.signal = WTERMSIG(status);
	else
		record.status = WEXITSTATUS(status);
	record.number[0] = p->restarts[h->kind];
	record.number[1] = losses->known;
	record.number[2] = losses->doubtful;
	record_text(&record, "%s", kind_names[h->kind]);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		record.level = LEVEL_ALERT;	/* its sandbox ended it */
	say_record(p, &record);
}

/* Words for a wait status. */
static void
end_text(int status, char *out, size_t size)
{
	(void)format_text(out, size, "%s %d",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void
load_ended(struct parent *p, const struct helper *h, int status)
{
	char how[32], why[160];

	end_text(status, how, sizeof(how));
	(void)format_text(why, sizeof(why), "the loader %s (%s)",
	    h->is_violator ? "broke a rule" :
	    h->is_late ? "took longer than 60 seconds" :
	    "ended before it was done", how);
	load_failed(p, why);
}

static void
abandon_candidate(struct parent *p, int status)
{
	char how[32], why[160];

	end_text(status, how, sizeof(how));
	(void)format_text(why, sizeof(why), "the new policy's dispatcher ended "
	    "with %s before it was ready", how);
	load_abandon(p, why);
}

static void
dispatch_ended(struct parent *p, struct helper *h, int status)
{
	bool is_expected = h->is_cast_off || (h->said_drained &&
	    WIFEXITED(status) && WEXITSTATUS(status) == 0);
	struct dispatch_state counters = { .accepted = 0 };
	struct generation *g = h->generation;
	struct losses losses;

	/* Read, not mapped: a file can be cut short under a map. The head is
	 * enough; of one that was cut nothing counts. */
	if (pread(h->state_fd, &counters, COUNTERS_SIZE, 0) != COUNTERS_SIZE)
		memset(&counters, 0, sizeof(counters));
	losses = losses_of(&counters, h->starts);
	add_totals(p, h, &counters, &losses);
	sinks_writer_ended(p, h->channel);
	if (!is_expected || losses.known > 0)
		record_death(p, h, status, &losses);
	g->dispatchers--;
	bind_revive(p, g);
	if (g == p->candidate) {
		abandon_candidate(p, status);
	} else if (h == p->dispatcher) {
		p->dispatcher = NULL;
		schedule_restart(p, HELPER_DISPATCH, is_fault(h, status));
	}
	generation_sweep(p);
}

static void
ended(struct parent *p, struct helper *h, int status)
{
	switch (h->kind) {
	case HELPER_DISPATCH:
		dispatch_ended(p, h, status);
		return;
	case HELPER_LOG:
		p->log = NULL;
		if (is_wanted(p, HELPER_LOG))
			record_death(p, h, status, &(struct losses){ 0, 0 });
		schedule_restart(p, HELPER_LOG, is_fault(h, status));
		return;
	case HELPER_LOAD:
		if (p->load.helper == h)
			load_ended(p, h, status);
		return;
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
	/* Its last messages count; what a violator said does not. */
	while (!h->is_violator && !h->is_cast_off && receive_one(p, h))
		;
	/* receive_one() may have changed the list in front of h. */
	for (link = &p->helpers; *link != h; link = &(*link)->next)
		;
	*link = h->next;
	loop_forget(p, &h->watch);
	ended(p, h, status);
	helper_release(p, h);
	publish(p);
	return true;
}

void
helper_retry_log(struct parent *p)
{
	schedule_restart(p, HELPER_LOG, true);
}

static void
restart_due(struct parent *p, enum helper_kind kind)
{
	int result = 0;

	p->restart_at_ms[kind] = 0;
	if (kind == HELPER_DISPATCH && p->in_force != NULL &&
	    p->dispatcher == NULL)
		result = helper_start_dispatch(p, p->in_force);
	else if (kind == HELPER_LOG && p->log == NULL)
		result = helper_start_log(p);
	if (result == -1)
		schedule_restart(p, kind, true);
}

void
helper_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->deadline_ms == 0)
			continue;
		if (h->deadline_ms <= now_ms && h->is_unrecorded) {
			helper_violation(p, h, MSG_RECORD, "its records break "
			    "a rule, and log reads no more of them");
		} else if (h->deadline_ms <= now_ms && h->is_mute) {
			helper_violation(p, h, 0, "its channel is closed, but "
			    "it lives");
		} else if (h->deadline_ms <= now_ms) {
			h->is_late = true;
			say(p, LEVEL_ERR, "%s %d missed its deadline and is "
			    "killed", kind_names[h->kind], (int)h->pid);
			helper_kill(p, h);
		} else if (h->deadline_ms < *next_ms) {
			*next_ms = h->deadline_ms;
		}
	}
	for (int kind = 0; kind < 3; kind++) {
		if (p->restart_at_ms[kind] != 0 &&
		    p->restart_at_ms[kind] <= now_ms &&
		    is_wanted(p, (enum helper_kind)kind))
			restart_due(p, (enum helper_kind)kind);
		if (p->restart_at_ms[kind] != 0 &&
		    p->restart_at_ms[kind] < *next_ms)
			*next_ms = p->restart_at_ms[kind];
	}
}
