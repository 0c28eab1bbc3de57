/*
 * Dispatchers and their channels: see asker.h.
 *
 * Runs in sallyport-lookup. An asker is hostile: a message that breaks a rule
 * ends its channel and its questions, and nobody else's. One that does not
 * read its answers is not read from either, so what it can make us keep is its
 * share of the questions.
 */
#include "lookup/asker.h"

#include <string.h>

#include "lookup/question.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define BATCH 32		/* messages of one asker before others' turn */
#define OLDEST 16		/* of which one gives way */

void
asker_prepare(struct lookup *lookup)
{
	for (unsigned i = 0; i < ASKERS_MAX; i++)
		lookup->askers[i].fd = -1;
}

static void
question_free(struct question *q, struct questions *from)
{
	TAILQ_REMOVE(from, q, others);
	q->asker->count--;
	q->asker = NULL;
	TAILQ_INSERT_HEAD(&q->lookup->free, q, others);
}

static void
asker_drop(struct asker *a)
{
	struct question *q;

	while ((q = TAILQ_FIRST(&a->open)) != NULL) {
		question_stop(q);
		question_free(q, &a->open);
	}
	while ((q = TAILQ_FIRST(&a->unsent)) != NULL)
		question_free(q, &a->unsent);
	loop_watch_free(a->readable);
	loop_watch_free(a->writable);
	a->readable = a->writable = NULL;
	a->has_spare = false;
	fd_close(&a->fd);
}

static enum ipc_result
send_answer(struct asker *a, const union msg *answer)
{
	return ipc_send(a->fd, answer, msg_table[MSG_ANSWER].size, -1);
}

/* An asker that is gone is noticed when its channel is read, never here: who
 * answers may be in the middle of something that is about it. */
static void
block(struct asker *a)
{
	(void)loop_watch_disarm(a->readable);
	(void)loop_watch_arm(a->writable);
}

void
asker_answer(struct question *q)
{
	struct asker *a = q->asker;

	if (TAILQ_EMPTY(&a->unsent) && !a->has_spare &&
	    send_answer(a, &q->answer) != IPC_AGAIN) {
		question_free(q, &a->open);
		return;
	}
	TAILQ_REMOVE(&a->open, q, others);
	TAILQ_INSERT_TAIL(&a->unsent, q, others);
	block(a);
}

static void
asker_writable(void *context)
{
	struct asker *a = context;
	struct question *q;

	if (a->has_spare) {
		if (send_answer(a, &a->spare) == IPC_AGAIN)
			return;
		a->has_spare = false;
	}
	while ((q = TAILQ_FIRST(&a->unsent)) != NULL) {
		if (send_answer(a, &q->answer) == IPC_AGAIN)
			return;
		question_free(q, &a->unsent);
	}
	(void)loop_watch_disarm(a->writable);
	(void)loop_watch_arm(a->readable);
}

/* What one subscriber has: an IPv4 address, or an IPv6 /56. */
static bool
is_same_source(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	    memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 7) == 0;
}

static unsigned
count_source(const struct asker *a, const struct address *source)
{
	const struct question *q;
	unsigned count = 0;

	TAILQ_FOREACH(q, &a->open, others)
		count += is_same_source(&q->source, source);
	return count;
}

/*
 * Which question gives way: one of the oldest, about the source that has the
 * most, the new one counted. What is not answered yet was asked of servers that
 * are silent; it must not keep out what others would answer at once, and a
 * source that comes often, with such a server, loses its own.
 */
static struct question *
gives_way(const struct asker *a, const struct address *source)
{
	struct question *q, *worst = NULL;
	unsigned most = 0, seen = 0;

	TAILQ_FOREACH(q, &a->open, others) {
		/* Doubled: the source's own gives way when it is equal. */
		unsigned weight = 2 * count_source(a, &q->source) +
		    (is_same_source(&q->source, source) ? 3 : 0);

		if (weight > most) {
			most = weight;
			worst = q;
		}
		if (++seen == OLDEST)
			break;
	}
	return worst;
}

/* A place for one more question, or NULL. */
static struct question *
place(struct asker *a, const struct address *source)
{
	const struct questions *unused = &a->lookup->free;
	struct question *old;

	if (a->count == QUESTIONS_EACH || TAILQ_EMPTY(unused)) {
		old = gives_way(a, source);
		if (old != NULL)
			question_give_way(old);
	}
	return a->count < QUESTIONS_EACH ? TAILQ_FIRST(unused) : NULL;
}

static void
asker_asks(struct asker *a, const struct msg_ask *ask)
{
	struct lookup *lookup = a->lookup;
	const struct address source = address_of(&ask->source);
	struct question *q = place(a, &source);

	if (q == NULL) {
		question_unknown(ask, IDENT_SYSTEM_ERROR, &a->spare);
		if (send_answer(a, &a->spare) == IPC_AGAIN) {
			a->has_spare = true;
			block(a);
		}
		return;
	}
	TAILQ_REMOVE(&lookup->free, q, others);
	TAILQ_INSERT_TAIL(&a->open, q, others);
	a->count++;
	q->asker = a;
	q->ask = *ask;
	question_begin(q);
}

static bool
is_blocked(const struct asker *a)
{
	return a->has_spare || !TAILQ_EMPTY(&a->unsent);
}

static void
asker_readable(void *context)
{
	struct asker *a = context;
	struct lookup *lookup = a->lookup;
	char bytes[IPC_MAX];

	for (int i = 0; i < BATCH && !is_blocked(a); i++) {
		enum ipc_result result;
		union msg m;
		size_t length;

		result = ipc_receive_plain(a->fd, bytes, &length);
		if (result == IPC_AGAIN)
			break;
		if (result != IPC_OK || msg_decode(LINK_DISPATCH_TO_LOOKUP,
		    bytes, length, false, &m) != NULL) {
			asker_drop(a);
			break;
		}
		asker_asks(a, &m.ask);
	}
	resolver_work(lookup->resolver);
}

void
asker_add(struct lookup *lookup, int fd)
{
	struct asker *a = lookup->askers;

	while (a < lookup->askers + ASKERS_MAX && a->fd != -1)
		a++;
	if (a == lookup->askers + ASKERS_MAX) {
		fd_close(&fd);
		return;
	}
	a->lookup = lookup;
	a->fd = fd;
	a->count = 0;
	a->has_spare = false;
	TAILQ_INIT(&a->open);
	TAILQ_INIT(&a->unsent);
	a->readable = loop_watch_new(lookup->loop, fd, LOOP_READABLE,
	    asker_readable, a);
	a->writable = loop_watch_new(lookup->loop, fd, LOOP_WRITABLE,
	    asker_writable, a);
	if (a->readable == NULL || a->writable == NULL ||
	    !loop_watch_arm(a->readable))
		asker_drop(a);
}
