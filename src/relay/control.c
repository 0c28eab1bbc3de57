/*
 * The conversation with the parent. Runs in sallyport-relay.
 *
 * The parent is believed, but not blindly: what breaks a rule is a fault that
 * must not be worked around, and ends this process. A SESSION_STOP may cross
 * the end of its session on the way and is then for nobody.
 */
#include "relay/control.h"

#include <errno.h>
#include <sys/prctl.h>

#include "shared/ipc.h"
#include "shared/util.h"

#include "relay/session.h"

#define MESSAGES_PER_WAKE 32

static _Noreturn void
broken(const char *rule)
{
	fatal(EXIT_CANNOT, "the parent broke a rule: %s", rule);
}

static void
send_ready(struct relay *r)
{
	union msg m = { .plain = { .value = r->layers } };

	/* A parent that has ended needs no answer. */
	if (ipc_send(r->channel, &m, msg_prepare(&m, MSG_RELAY_READY), -1) !=
	    IPC_OK && !r->is_draining)
		fatal(EXIT_CANNOT, "READY cannot be said: errno %d", errno);
}

void
control_ready(struct relay *r)
{
	send_ready(r);
}

static void
on_session(struct relay *r, const union msg *m, int fd)
{
	const struct msg_session *session = &m->session;

	if (r->is_draining)
		broken("SESSION after RELAY_DRAIN");
	if (r->is_holding)
		broken("SESSION before the TARGET of the last one");
	if (r->sessions[session->slot] != NULL)
		broken("SESSION for a slot that is taken");
	if (r->count == STATE_SESSIONS)
		broken("too many sessions");
	if (session->kind != RELAY_REDIRECT) {
		session_begin(r, session, fd, -1);
		return;
	}
	r->held = *session;
	r->held_fd = fd;
	r->is_holding = true;
}

static void
on_target(struct relay *r, const union msg *m, int fd)
{
	int client = r->held_fd;

	if (!r->is_holding || r->held.conn != m->session.conn ||
	    r->held.slot != m->session.slot)
		broken("TARGET without its SESSION");
	r->is_holding = false;
	r->held_fd = -1;
	session_begin(r, &r->held, client, fd);
}

static void
on_stop(struct relay *r, const union msg *m, int fd)
{
	struct session *s = session_find(r, m->session.slot, m->session.conn);

	(void)fd;	/* the table allows none */
	if (r->is_holding)
		broken("SESSION_STOP in the place of TARGET");
	if (s != NULL && s->client != -1)
		session_end(s, SESSION_STOPPED, 0);
}

/* From now on the parent's end is not ours. It waits for the answer, since
 * before it the kernel would still kill us. */
static void
on_drain(struct relay *r, const union msg *m, int fd)
{
	(void)m;
	(void)fd;	/* the table allows none */
	if (r->is_draining || r->is_holding)
		broken("RELAY_DRAIN out of turn");
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		fatal(EXIT_CANNOT, "PDEATHSIG: errno %d", errno);
	r->is_draining = true;
	send_ready(r);
	if (r->count == 0)
		loop_stop(r->loop);
}

static void (*const handlers[MSG_MAX])(struct relay *, const union msg *, int) = {
	[MSG_SESSION] = on_session,
	[MSG_TARGET] = on_target,
	[MSG_SESSION_STOP] = on_stop,
	[MSG_RELAY_DRAIN] = on_drain,
};

/* The parent has ended: with it everything, unless it said DRAIN. */
static void
parent_gone(struct relay *r)
{
	if (!r->is_draining)
		fatal(EXIT_CANNOT, "the parent has gone");
	if (!loop_watch_disarm(r->readable))
		fatal(EXIT_CANNOT, "the channel cannot be polled");
}

void
control_readable(void *context)
{
	struct relay *r = context;
	uint64_t bytes[IPC_MAX / 8];
	const char *rule;
	enum ipc_result result;
	size_t length;
	union msg m;
	int fd;

	for (int i = 0; i < MESSAGES_PER_WAKE; i++) {
		result = ipc_receive(r->channel, bytes, &length, true, &fd);
		if (result == IPC_AGAIN)
			return;
		if (result == IPC_CLOSED || result == IPC_ERROR) {
			parent_gone(r);
			return;
		}
		if (result == IPC_BAD)
			broken("message too long, or too many descriptors");
		rule = msg_decode(LINK_PARENT_TO_RELAY, bytes, length,
		    fd != -1 || result == IPC_NO_FD, &m);
		if (rule != NULL)
			broken(rule);
		handlers[m.h.type](r, &m, fd);
	}
}
