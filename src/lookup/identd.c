/*
 * Conversations with ident servers: see identd.h.
 *
 * Runs in sallyport-lookup. The server is the client's own machine: it may
 * say nothing, anything, or too much. What it says is kept to 1,000 bytes and
 * read by ident.c; the question's deadline is the only clock.
 */
#include "lookup/identd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lookup/ident.h"
#include "lookup/question.h"
#include "shared/util.h"

#define PORT 113

struct session {
	struct question *question;
	int fd;
	struct loop_watch *readable, *writable;
	size_t used;
	char line[IDENT_LINE_MAX];
};

void
identd_stop(struct question *q)
{
	struct session *s = q->session;

	loop_watch_free(s->readable);
	loop_watch_free(s->writable);
	fd_close(&s->fd);
	free(s);
	q->session = NULL;
	q->lookup->sessions--;
}

static enum ident_failure
failure_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case EACCES:		/* a local filter's "prohibit" */
		return IDENT_NO_SERVER;
	case ETIMEDOUT:
		return IDENT_TIMEOUT;
	default:
		return IDENT_SYSTEM_ERROR;
	}
}

static socklen_t
socket_address(const struct record_addr *from, uint16_t port,
    struct sockaddr_storage *out)
{
	struct address a = address_of(from);

	memset(out, 0, sizeof *out);
	if (a.family == 4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)out;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, a.bytes, 4);
		return sizeof *v4;
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	v6->sin6_scope_id = from->scope;
	memcpy(&v6->sin6_addr, a.bytes, 16);
	return sizeof *v6;
}

/* The first line, or all that the server said before it closed. */
static void
finish(struct session *s, const char *end)
{
	struct question *q = s->question;
	size_t length = (size_t)(end - s->line);
	char text[IDENT_TEXT_MAX + 1];

	if (length > 0 && s->line[length - 1] == '\r')
		length--;
	if (ident_parse(s->line, length, q->ask.source.port,
	    q->ask.destination.port, text) == IDENT_REPLY_USERID)
		question_ident(q, IDENT_NONE, text);
	else
		question_ident(q, IDENT_BAD_RESPONSE, NULL);
}

static void
session_readable(void *context)
{
	struct session *s = context;
	ssize_t n = recv(s->fd, s->line + s->used, sizeof s->line - s->used,
	    MSG_DONTWAIT);
	const char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		question_ident(s->question, IDENT_RECEIVE_ERROR, NULL);
		return;
	}
	s->used += (size_t)n;
	end = memchr(s->line, '\n', s->used);
	if (end != NULL)
		finish(s, end);
	else if (n == 0 || s->used == sizeof s->line)
		question_ident(s->question, IDENT_BAD_RESPONSE, NULL);
}

/* Connected, or not. */
static void
session_writable(void *context)
{
	struct session *s = context;
	struct question *q = s->question;
	socklen_t size = sizeof(int);
	char request[32];
	size_t length;
	int error = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error != 0) {
		question_ident(q, failure_of(error), NULL);
		return;
	}
	length = format_text(request, sizeof request, "%u, %u\r\n",
	    q->ask.source.port, q->ask.destination.port);
	/* The first bytes on a connection always find room. */
	if (send(s->fd, request, length, MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)length || !loop_watch_disarm(s->writable) ||
	    !loop_watch_arm(s->readable))
		question_ident(q, IDENT_SYSTEM_ERROR, NULL);
}

static enum ident_failure
session_connect(struct session *s)
{
	const struct msg_ask *ask = &s->question->ask;
	struct sockaddr_storage here, there;
	socklen_t here_size = socket_address(&ask->destination, 0, &here);
	socklen_t there_size = socket_address(&ask->source, PORT, &there);

	if (here.ss_family != there.ss_family)
		return IDENT_SYSTEM_ERROR;
	s->fd = socket(here.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (s->fd < 0 ||
	    bind(s->fd, (struct sockaddr *)&here, here_size) < 0)
		return IDENT_SYSTEM_ERROR;
	if (connect(s->fd, (struct sockaddr *)&there, there_size) < 0 &&
	    errno != EINPROGRESS)
		return failure_of(errno);
	s->readable = loop_watch_new(s->question->lookup->loop, s->fd,
	    LOOP_READABLE, session_readable, s);
	s->writable = loop_watch_new(s->question->lookup->loop, s->fd,
	    LOOP_WRITABLE, session_writable, s);
	if (s->readable == NULL || s->writable == NULL ||
	    !loop_watch_arm(s->writable))
		return IDENT_SYSTEM_ERROR;
	return IDENT_NONE;
}

enum ident_failure
identd_ask(struct question *q)
{
	struct session *s;
	enum ident_failure failure;

	/* Without ports, or without an address to ask from, nothing can be
	 * asked. */
	if (q->lookup->sessions == IDENTS_MAX || q->ask.source.port == 0 ||
	    q->ask.destination.port == 0 ||
	    (q->ask.destination.family != 4 && q->ask.destination.family != 6))
		return IDENT_SYSTEM_ERROR;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return IDENT_SYSTEM_ERROR;
	s->question = q;
	s->fd = -1;
	q->session = s;
	q->lookup->sessions++;
	failure = session_connect(s);
	if (failure != IDENT_NONE)
		identd_stop(q);
	return failure;
}
