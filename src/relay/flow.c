/*
 * One direction of a session. Runs in sallyport-relay; every byte is somebody
 * else's and never looked at.
 *
 * Bytes go through a pipe with splice(2), borrowed from the pool for as long
 * as it holds any. When all pipes are taken, by clients that send and do not
 * read, what can go on at once is copied, and what cannot stays in the
 * kernel's receive buffer (it is peeked at, sent, and only then taken): no
 * session can make this process hold bytes for it. In one event a flow moves a
 * bounded number of bytes, so that no session keeps the others waiting.
 */
#include "relay/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/util.h"

#include "relay/session.h"

enum moved { MOVED_SOME, MOVED_NOTHING, MOVED_FAILED };

static struct relay_pipe *
pipe_take(struct relay *r)
{
	struct relay_pipe *p = r->pipes;

	if (p != NULL) {
		r->pipes = p->next;
	} else {
		if (r->pipes_made == RELAY_PIPES ||
		    (p = malloc(sizeof *p)) == NULL)
			return NULL;
		if (pipe2(p->fds, O_CLOEXEC | O_NONBLOCK) < 0) {
			free(p);
			return NULL;
		}
		r->pipes_made++;
	}
	r->state->pipes++;
	return p;
}

/* One with bytes left in it is no use to another flow. */
static void
pipe_give(struct relay *r, struct relay_pipe *p, bool is_empty)
{
	r->state->pipes--;
	if (is_empty) {
		p->next = r->pipes;
		r->pipes = p;
		return;
	}
	fd_close(&p->fds[0]);
	fd_close(&p->fds[1]);
	free(p);
	r->pipes_made--;
}

static void
flow_give_pipe(struct flow *f)
{
	if (f->pipe == NULL)
		return;
	pipe_give(f->session->relay, f->pipe, f->pending == 0);
	f->pipe = NULL;
	f->pending = 0;
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void
count_read(struct flow *f, size_t n)
{
	if (f->from == f->session->client)
		session_count(f->session, n, 0);
	session_touch(f->session);
}

static void
count_written(struct flow *f, size_t n)
{
	if (f->to == f->session->client)
		session_count(f->session, 0, n);
	session_touch(f->session);
}

static enum moved
failed(struct flow *f, int fd)
{
	session_fail(f->session, fd, errno);
	return MOVED_FAILED;
}

/* What a read-like call says; bytes, or nothing, or the end. */
static enum moved
judge_read(struct flow *f, ssize_t n)
{
	if (n > 0)
		return MOVED_SOME;
	if (n < 0 && !is_transient(errno))
		return failed(f, f->from);
	f->is_ended = n == 0;
	return MOVED_NOTHING;
}

static enum moved
judge_write(struct flow *f, ssize_t n)
{
	if (n > 0)
		return MOVED_SOME;
	if (n < 0 && !is_transient(errno))
		return failed(f, f->to);
	f->is_blocked = true;
	return MOVED_NOTHING;
}

/* Into the pipe when it is empty, out of it as far as it goes. */
static enum moved
move_spliced(struct flow *f)
{
	const unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
	enum moved moved;
	ssize_t n;

	if (f->pending == 0) {
		n = splice(f->from, NULL, f->pipe->fds[1], NULL, RELAY_BUFFER,
		    flags);
		moved = judge_read(f, n);
		if (moved != MOVED_SOME)
			return moved;
		f->pending = (uint32_t)n;
		count_read(f, (size_t)n);
	}
	n = splice(f->pipe->fds[0], NULL, f->to, NULL, f->pending, flags);
	moved = judge_write(f, n);
	if (moved == MOVED_SOME) {
		f->pending -= (uint32_t)n;
		count_written(f, (size_t)n);
	}
	return moved;
}

static enum moved
move_copied(struct flow *f)
{
	struct relay *r = f->session->relay;
	enum moved moved;
	ssize_t n;

	n = recv(f->from, r->buffer, sizeof r->buffer, MSG_PEEK | MSG_DONTWAIT);
	moved = judge_read(f, n);
	if (moved != MOVED_SOME)
		return moved;
	n = send(f->to, r->buffer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	moved = judge_write(f, n);
	if (moved != MOVED_SOME)
		return moved;
	/* Of a TCP socket, MSG_TRUNC takes without copying. */
	if (recv(f->from, r->buffer, (size_t)n, MSG_TRUNC | MSG_DONTWAIT) != n)
		return failed(f, f->from);
	count_read(f, (size_t)n);
	count_written(f, (size_t)n);
	return MOVED_SOME;
}

/* All has gone on: now the end goes on too. Of echo that is the client's. */
static void
finish(struct flow *f)
{
	/* Not connected any more is as good as shut. */
	if (shutdown(f->to, SHUT_WR) < 0 && errno != ENOTCONN) {
		session_fail(f->session, f->to, errno);
		return;
	}
	f->is_done = true;
	session_flow_done(f->session);
}

/* A blocked flow waits for room, an ended one for nothing. */
static bool
wait_for_more(struct flow *f)
{
	if (f->is_blocked)
		return loop_watch_disarm(f->readable) &&
		    loop_watch_arm(f->writable);
	if (!loop_watch_disarm(f->writable))
		return false;
	return f->is_ended ? loop_watch_disarm(f->readable) :
	    loop_watch_arm(f->readable);
}

static void
flow_ready(void *context)
{
	struct flow *f = context;
	enum moved moved = MOVED_SOME;

	f->is_blocked = false;
	for (int i = 0; i < RELAY_ROUNDS && moved == MOVED_SOME; i++) {
		if (f->pipe == NULL)
			f->pipe = pipe_take(f->session->relay);
		moved = f->pipe != NULL ? move_spliced(f) : move_copied(f);
		if (moved == MOVED_FAILED)
			return;		/* the session is no more */
	}
	/* Rounds may end with bytes in the pipe that could still go on. */
	if (f->pending > 0)
		f->is_blocked = true;
	else
		flow_give_pipe(f);
	if (!wait_for_more(f))
		session_end(f->session, SESSION_NO_ROOM, ENOMEM);
	else if (f->is_ended && f->pending == 0)
		finish(f);
}

bool
flow_start(struct flow *f, struct session *s, int from, int to)
{
	struct loop *loop = s->relay->loop;

	f->session = s;
	f->from = from;
	f->to = to;
	f->readable = loop_watch_new(loop, from, LOOP_READABLE, flow_ready, f);
	f->writable = loop_watch_new(loop, to, LOOP_WRITABLE, flow_ready, f);
	return f->readable != NULL && f->writable != NULL &&
	    loop_watch_arm(f->readable);
}

void
flow_stop(struct flow *f)
{
	if (f->session == NULL)
		return;
	flow_give_pipe(f);
	loop_watch_free(f->readable);
	loop_watch_free(f->writable);
	f->readable = f->writable = NULL;
	f->session = NULL;
}
