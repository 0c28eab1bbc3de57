/*
 * Sessions. Runs in sallyport-relay.
 *
 * One timer a session at most: while it connects for that, then for silence
 * (set again only when it fires, not with every byte), at last for lingering.
 */
#include "relay/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/ipc.h"
#include "shared/util.h"

#include "relay/answer.h"
#include "relay/flow.h"

void
session_touch(struct session *s)
{
	s->active_ms = monotonic_ms();
}

void
session_count(struct session *s, size_t in, size_t out)
{
	s->in += in;
	s->out += out;
	s->relay->state->bytes_in += in;
	s->relay->state->bytes_out += out;
}

struct session *
session_find(struct relay *r, uint32_t slot, uint64_t conn)
{
	struct session *s = r->sessions[slot];

	return s != NULL && s->conn == conn ? s : NULL;
}

static void
forget(struct session *s)
{
	struct relay *r = s->relay;

	r->sessions[s->slot] = NULL;
	r->count--;
	r->state->sessions = r->count;
	r->state->ended++;
	free(s);
}

/* False when the channel is full for now. Without a parent nobody is told. */
static bool
tell(const struct session *s)
{
	union msg m = { .session_end = { .conn = s->conn, .slot = s->slot,
	    .cause = s->cause, .in = s->in, .out = s->out,
	    .error = (uint32_t)s->error } };

	return ipc_send(s->relay->channel, &m,
	    msg_prepare(&m, MSG_SESSION_END), -1) != IPC_AGAIN;
}

static void
end_when_drained(struct relay *r)
{
	if (r->is_draining && r->count == 0)
		loop_stop(r->loop);
}

void
session_report(void *context)
{
	struct relay *r = context;
	struct session *s;

	while ((s = r->unreported) != NULL && tell(s)) {
		r->unreported = s->next;
		forget(s);
	}
	if (r->unreported == NULL) {
		r->unreported_end = &r->unreported;
		if (!loop_watch_disarm(r->writable))
			fatal(EXIT_CANNOT, "the channel cannot be polled");
	}
	end_when_drained(r);
}

static void
let_go(struct session *s)
{
	flow_stop(&s->flows[0]);
	flow_stop(&s->flows[1]);
	loop_watch_free(s->watch);
	loop_timer_free(s->timer);
	s->watch = NULL;
	s->timer = NULL;
	fd_close(&s->client);
	fd_close(&s->target);
}

/* The slot stays taken until the parent has been told. */
void
session_end(struct session *s, enum session_end cause, int error)
{
	struct relay *r = s->relay;

	let_go(s);
	s->cause = cause;
	s->error = error;
	if (r->unreported == NULL && tell(s)) {
		forget(s);
		end_when_drained(r);
		return;
	}
	s->next = NULL;
	*r->unreported_end = s;
	r->unreported_end = &s->next;
	if (!loop_watch_arm(r->writable))
		fatal(EXIT_CANNOT, "the channel cannot be polled");
}

void
session_fail(struct session *s, int fd, int error)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	bool is_client = fd == s->client;
	int other = is_client ? s->target : s->client;

	/* Fails for a socket that is reset already. */
	if (other != -1)
		(void)setsockopt(other, SOL_SOCKET, SO_LINGER, &reset,
		    sizeof reset);
	session_end(s, is_client ? SESSION_CLIENT_ERROR : SESSION_TARGET_ERROR,
	    error);
}

void
session_flow_done(struct session *s)
{
	for (int i = 0; i < 2; i++)
		if (s->flows[i].session != NULL && !s->flows[i].is_done)
			return;
	session_end(s, SESSION_CLOSED, 0);
}

static void
timer_set(struct session *s, uint64_t after_ms)
{
	if (!loop_timer_set(s->timer, after_ms))
		session_end(s, SESSION_NO_ROOM, ENOMEM);
}

static void
timer_due(void *context)
{
	struct session *s = context;
	uint64_t silent_ms = monotonic_ms() - s->active_ms;

	if (s->is_connecting)
		session_end(s, SESSION_CONNECT_TIMEOUT, ETIMEDOUT);
	else if (s->is_lingering)
		session_end(s, SESSION_CLOSED, 0);
	else if (silent_ms >= s->idle_ms)
		session_end(s, SESSION_IDLE, 0);
	else
		timer_set(s, s->idle_ms - silent_ms);
}

static bool
start_flows(struct session *s)
{
	if (s->kind == RELAY_ECHO)
		return flow_start(&s->flows[0], s, s->client, s->client);
	return flow_start(&s->flows[0], s, s->client, s->target) &&
	    flow_start(&s->flows[1], s, s->target, s->client);
}

static void
connected(void *context)
{
	struct session *s = context;
	int error = 0;
	socklen_t length = sizeof error;

	if (getsockopt(s->target, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		error = errno;
	if (error != 0) {
		session_end(s, SESSION_NOT_CONNECTED, error);
		return;
	}
	loop_watch_free(s->watch);
	s->watch = NULL;
	s->is_connecting = false;
	session_touch(s);
	if (!start_flows(s))
		session_end(s, SESSION_NO_ROOM, ENOMEM);
	else if (s->idle_ms != 0)
		timer_set(s, s->idle_ms);
	else if (!loop_timer_clear(s->timer))
		session_end(s, SESSION_NO_ROOM, ENOMEM);
}

static bool
start_connecting(struct session *s)
{
	s->is_connecting = true;
	s->watch = loop_watch_new(s->relay->loop, s->target, LOOP_WRITABLE,
	    connected, s);
	return s->watch != NULL && loop_watch_arm(s->watch);
}

static bool (*const start[RELAY_MAX])(struct session *) = {
	[RELAY_REDIRECT] = start_connecting,
	[RELAY_ECHO] = start_flows,
	[RELAY_DISCARD] = answer_discard,
	[RELAY_CHARGEN] = answer_chargen,
	[RELAY_TEXT] = answer_text,
};

static struct session *
enter(struct relay *r, const struct msg_session *m, int fd, int target)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	s->relay = r;
	s->conn = m->conn;
	s->slot = m->slot;
	s->kind = m->kind;
	s->client = fd;
	s->target = target;
	s->idle_ms = m->idle_ms;
	session_touch(s);
	r->sessions[m->slot] = s;
	r->count++;
	r->state->sessions = r->count;
	r->state->started++;
	return s;
}

/* How long the first phase may last; 0 for ever. */
static uint64_t
first_limit(const struct msg_session *m)
{
	if (m->kind == RELAY_REDIRECT)
		return m->connect_ms;
	return m->kind == RELAY_TEXT ? LINGER_MS : m->idle_ms;
}

void
session_begin(struct relay *r, const struct msg_session *m, int fd, int target)
{
	struct session *s = enter(r, m, fd, target);
	uint64_t limit_ms = first_limit(m);
	bool is_lost = fd == -1 || (m->kind == RELAY_REDIRECT && target == -1);

	if (is_lost) {
		session_end(s, SESSION_NO_ROOM, EMFILE);
		return;
	}
	if (limit_ms != 0 &&
	    ((s->timer = loop_timer_new(r->loop, timer_due, s)) == NULL ||
	    !loop_timer_set(s->timer, limit_ms))) {
		session_end(s, SESSION_NO_ROOM, ENOMEM);
		return;
	}
	/* Sent at once: a fresh connection has room for it. */
	if (m->kind == RELAY_TEXT && !answer_send(s, m->text, m->length)) {
		session_end(s, SESSION_CLIENT_ERROR, errno);
		return;
	}
	if (!start[m->kind](s))
		session_end(s, SESSION_NO_ROOM, ENOMEM);
}
