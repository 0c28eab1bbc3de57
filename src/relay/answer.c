/*
 * discard, chargen, daytime and time. Runs in sallyport-relay. Nothing that a
 * client sends is looked at.
 */
#include "relay/answer.h"

#include <errno.h>
#include <sys/socket.h>

#include "relay/chargen.h"
#include "relay/session.h"

/* Takes what has come; ends the session with the client. */
static void
swallow(void *context)
{
	struct session *s = context;
	struct relay *r = s->relay;

	for (int i = 0; i < RELAY_ROUNDS; i++) {
		/* Of a TCP socket, MSG_TRUNC takes without copying. */
		ssize_t n = recv(s->client, r->buffer, sizeof r->buffer,
		    MSG_TRUNC | MSG_DONTWAIT);

		if (n > 0) {
			session_count(s, (size_t)n, 0);
			session_touch(s);
			continue;
		}
		if (n == 0)
			session_end(s, SESSION_CLOSED, 0);
		else if (errno != EAGAIN && errno != EINTR)
			session_fail(s, s->client, errno);
		return;
	}
}

bool
answer_discard(struct session *s)
{
	s->watch = loop_watch_new(s->relay->loop, s->client, LOOP_READABLE,
	    swallow, s);
	return s->watch != NULL && loop_watch_arm(s->watch);
}

/* One send an event: the client's window is the only limit. */
static void
generate(void *context)
{
	struct session *s = context;
	ssize_t n = send(s->client, chargen_at(s->position), CHARGEN_PERIOD,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0) {
		s->position = chargen_advance(s->position, (size_t)n);
		session_count(s, 0, (size_t)n);
		session_touch(s);
	} else if (errno == EPIPE || errno == ECONNRESET) {
		/* There is no other way to have had enough. */
		session_end(s, SESSION_CLOSED, 0);
	} else if (errno != EAGAIN && errno != EINTR) {
		session_fail(s, s->client, errno);
	}
}

bool
answer_chargen(struct session *s)
{
	s->watch = loop_watch_new(s->relay->loop, s->client, LOOP_WRITABLE,
	    generate, s);
	return s->watch != NULL && loop_watch_arm(s->watch);
}

bool
answer_send(struct session *s, const uint8_t *text, size_t length)
{
	ssize_t n = send(s->client, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n != (ssize_t)length) {
		if (n >= 0)
			errno = ENOBUFS;
		return false;
	}
	session_count(s, 0, length);
	return true;
}

bool
answer_text(struct session *s)
{
	/* A client that has gone already is found gone by the read. */
	(void)shutdown(s->client, SHUT_WR);
	s->is_lingering = true;
	return answer_discard(s);
}
