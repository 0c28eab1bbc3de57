/*
 * A server that gets the socket reads all that is queued there, and what came
 * before the filter was on has been judged by nobody: only the first datagram
 * has. So the parent is asked for the filter first (GUARD); then the queue is
 * looked through, which the kernel allows without taking anything (SO_PEEK_OFF,
 * udp since Linux 4.9). Out of the middle nothing can be taken: with a refused
 * datagram all go that were there, and the others' senders have to repeat them.
 * Whom a sensor has met no filter knows: what he sends later the server gets.
 *
 * Runs in sallyport-dispatch.
 */
#include "dispatch/sift.h"

#include <errno.h>
#include <sys/socket.h>

#include "shared/ipc.h"
#include "shared/util.h"

#include "policy/rule.h"

#include "dispatch/accept.h"
#include "dispatch/decide.h"
#include "dispatch/packet.h"
#include "dispatch/scores.h"

/* Shorter than the parent keeps it on, or a hand-over might come too late. */
#define GUARD_US (UINT64_C(500) * MSG_GUARD_MS)
#define SIFT_MAX 4096		/* datagrams looked at in one go */

/* Is there anything that could refuse a datagram by its source? */
static bool
sift_is_restricted(const struct dispatch *d, const struct service *s)
{
	return scores_is_used(d->scores) || s->given[ATTR_ONLY_FROM_TABLE] ||
	    s->given[ATTR_NO_ACCESS_TABLE] || (s->wrap_name != NULL &&
	    d->policy->gateway.wrap.count > 0);
}

bool
sift_allows(struct dispatch *d, struct connection *c)
{
	union msg message = { .listener = { .listener = c->listener->index } };
	struct listener *l = c->listener;

	if (!sift_is_restricted(d, c->served->service) ||
	    l->bound->addr.family == ADDR_UNIX ||
	    (l->guard_us != 0 && c->now_us - l->guard_us < GUARD_US))
		return true;
	l->guard_us = 0;
	if (ipc_send(d->channel, &message, msg_prepare(&message, MSG_GUARD),
	    -1) == IPC_OK) {
		l->is_guarding = true;
		accept_update_service(l->served);
	} else {
		accept_rest(l);
	}
	return false;
}

/* Begins to peek at the head of the queue, or ends peeking behind it. */
static bool
sift_peek_from(const struct listener *l, int offset)
{
	return setsockopt(l->fd, SOL_SOCKET, SO_PEEK_OFF, &offset,
	    sizeof offset) == 0;
}

/* Certainly refused, whatever lookup would say. */
static bool
sift_refuses(struct dispatch *d, const struct connection *c,
    struct verdict *verdict)
{
	struct facts facts;

	decide_facts(d, c, &facts);
	*verdict = decide_access(d, c, &facts);
	return verdict->answer == ANSWER_DENY;
}

/* How many there are; *refused of them are. */
static unsigned
sift_count(struct dispatch *d, struct listener *l, unsigned *refused)
{
	struct connection c;
	struct verdict verdict;
	unsigned count = 0;

	*refused = 0;
	while (count < SIFT_MAX && packet_peek_whole(l, &c)) {
		*refused += sift_refuses(d, &c, &verdict);
		count++;
	}
	return count;
}

static void
sift_record_lost(struct dispatch *d, const struct connection *last,
    unsigned lost)
{
	struct record record;

	record_init(&record, RECORD_DROPPED);
	record.service = last->served->service->index;
	record.destination = last->to;
	record.number[0] = lost;
	record.number[1] = 1;
	dispatch_record(d, &record);
}

/* Not as many as were counted: the kernel shows an empty datagram to one look
 * behind the head only. False when there may be more. */
static bool
sift_clear(struct dispatch *d, struct listener *l)
{
	struct connection c = { .listener = l, .served = l->served };
	struct verdict verdict;
	unsigned taken = 0, lost = 0;

	for (; taken < SIFT_MAX && packet_take(l, &c); taken++) {
		if (sift_refuses(d, &c, &verdict))
			packet_tell(d, &c, &verdict);
		else
			lost++;
	}
	if (lost > 0)
		sift_record_lost(d, &c, lost);
	return taken < SIFT_MAX;
}

void
sift_guarded(struct dispatch *d, struct listener *l)
{
	unsigned count, refused;
	bool is_clean;

	l->is_guarding = false;
	if (d->is_draining)
		return;
	/* Without this nothing may be handed over. */
	if (!sift_peek_from(l, 0)) {
		accept_trouble(d, "a queue cannot be looked through", errno);
		accept_rest(l);
		return;
	}
	count = sift_count(d, l, &refused);
	if (!sift_peek_from(l, -1))
		fatal(EXIT_CANNOT, "listener %u cannot be peeked at: errno %d",
		    l->index, errno);
	/* The minute of SHIELD lets the others' repetitions through. */
	is_clean = refused == 0 && count < SIFT_MAX;
	if (!is_clean) {
		is_clean = sift_clear(d, l);
		packet_shield(d, l);
	}
	if (is_clean)
		l->guard_us = monotonic_us();
	accept_update_service(l->served);
}
