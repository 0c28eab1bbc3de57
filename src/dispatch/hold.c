/*
 * Clients that wait for an answer of the lookup process.
 *
 * Runs in sallyport-dispatch. Nobody waits longer than lookup_timeout in all,
 * however many questions there are: then everything open is unknown, which
 * opens nothing. A client that hangs up meanwhile is decided about at once with
 * what is known; nothing it sends is read.
 *
 * A datagram's source is anybody's invention, and while one waits all behind it
 * in the socket do. So datagrams of a listener wait for a second in all, one
 * for half of what is left of it, and for a tenth of the time from then on
 * (patience.h). Beyond that they wait for a glance, in which lookup tells what
 * it knows already, and for that too no more than a quarter of the time. What
 * is not answered by then is unknown. Sources that need no answer are served
 * meanwhile.
 */
#include "dispatch/hold.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/answer.h"
#include "dispatch/ask.h"
#include "dispatch/crowd.h"
#include "dispatch/decide.h"
#include "dispatch/kinds.h"
#include "dispatch/ready.h"
#include "dispatch/slots.h"
#include "dispatch/start.h"

/* Each name once, the source's names, ident. */
#define HOLD_QUESTIONS (FACTS_HOSTS_MAX + 2)
#define HOLD_PATIENCE 10	/* parts of the time: see above */
#define HOLD_GLANCE 4
#define HOLD_GLANCE_MS 10

struct hold {
	struct connection c;
	struct facts facts;
	struct answer_text text;	/* what the facts point into */
	struct question question;	/* the open one */
	uint64_t serial;	/* under which it was asked; never one twice */
	uint64_t until_ms;	/* of a datagram: monotonic */
	unsigned asked;
	bool is_due;		/* answered, but the parent has no room */
	bool is_watched;	/* in the set of ready.c */
};

struct hold_pool {
	struct slots slots;
	uint64_t serials;	/* of questions, so far */
	unsigned due;
	struct loop_timer *patience;	/* until one of a datagram is over */
	struct crowd_row crowd[HOLDS_MAX];
	struct hold holds[HOLDS_MAX];
};

static void hold_expired(struct dispatch *, uint32_t slot);
static void hold_enter(struct dispatch *, uint32_t slot,
    const struct msg_lookup_answer *);
static void hold_impatient(void *);

void
hold_open(struct dispatch *d)
{
	const struct gateway *gateway = &d->policy->gateway;
	uint64_t timeout_ms = gateway->given[ATTR_LOOKUP_TIMEOUT] ?
	    gateway->lookup_timeout : LOOKUP_TIMEOUT_MS;

	d->holds = calloc(1, sizeof *d->holds);
	if (d->holds == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	slots_init(&d->holds->slots, d, HOLDS_MAX, timeout_ms, hold_expired);
	d->holds->patience = loop_timer_new(d->loop, hold_impatient, d);
	if (d->holds->patience == NULL)
		fatal(EXIT_CANNOT, "out of memory");
}

void
hold_close(struct dispatch *d)
{
	loop_timer_free(d->holds->patience);
	free(d->holds);
}

/* Nothing more is asked about somebody who has no slot. */
static void
hold_conclude(struct dispatch *d, struct connection *c, struct facts *facts)
{
	struct verdict verdict;

	facts->is_final = true;
	decide_judge(d, c, facts, &verdict);
	decide_act(d, c, &verdict);
}

static void
hold_unwatch(struct dispatch *d, struct hold *h)
{
	if (h->is_watched)
		ready_forget(d, h->c.fd);
	h->is_watched = false;
}

/* Nobody waits in the slot any more; its descriptor has gone elsewhere. */
static void
hold_end(struct dispatch *d, uint32_t slot)
{
	struct hold *h = &d->holds->holds[slot];
	struct listener *l = h->c.listener;
	bool is_datagram = h->c.fd == -1;
	uint64_t since_ms = d->holds->slots.queue.links[slot].since_ms;
	uint64_t now_ms = monotonic_ms();

	h->c.served->holds--;
	if (h->is_due)
		d->holds->due--;
	h->is_due = false;
	crowd_leave(d->holds->crowd, &d->holds->slots.queue, slot);
	queue_release(&d->holds->slots.queue, slot);
	if (is_datagram) {
		l->is_held = false;
		patience_spend(&l->patience, HOLD_PATIENCE, now_ms - since_ms,
		    now_ms);
		patience_spend(&l->glance, HOLD_GLANCE, now_ms - since_ms,
		    now_ms);
		accept_update_service(l->served);
	}
}

static bool
hold_ask(struct dispatch *d, uint32_t slot)
{
	struct hold *h = &d->holds->holds[slot];
	const struct slots *slots = &d->holds->slots;
	bool is_ident = h->question.kind == QUESTION_IDENT;
	struct ask_question ask = {
		.owner = ASK_HOLD, .slot = slot,
		.serial = h->serial = ++d->holds->serials,
		.kind = answer_kind(&h->question), .name = h->question.name,
		.timeout_ms = slots_left_ms(slots, slot),
		.source = &h->c.from, .destination = &h->c.to
	};

	/* Only addresses have names, and RFC 1413 knows TCP alone. */
	if (slots->queue.links[slot].is_expired ||
	    (h->c.from.family != ADDR_IPV4 && h->c.from.family != ADDR_IPV6) ||
	    (is_ident && (h->c.fd == -1 || h->c.to.port == 0)))
		return false;
	return ask_send(d, &ask);
}

/* The client waits from here on. It may hang up; anything else that happens
 * to its connection is of no interest yet. */
static void
hold_watch(struct dispatch *d, uint32_t slot)
{
	struct hold *h = &d->holds->holds[slot];

	if (h->c.fd != -1)
		h->is_watched = ready_add(d, h->c.fd, READY_HOLD, EPOLLET,
		    slot, d->holds->slots.queue.links[slot].serial);
}

/* False when the question cannot be asked: then it is unknown. */
static bool
hold_go(struct dispatch *d, uint32_t slot, const struct question *question)
{
	struct hold *h = &d->holds->holds[slot];

	h->question = *question;
	if (h->asked++ < HOLD_QUESTIONS && hold_ask(d, slot)) {
		hold_watch(d, slot);
		return true;
	}
	if (!answer_enter(&h->facts, &h->text, question, NULL))
		h->facts.is_final = true;
	return false;
}

/*
 * Decides with what is known, and asks on where that is not enough. The slot is
 * free before anything follows from the verdict: whatever that leads to (DRAIN,
 * or another client who needs a slot) finds no client who is decided about.
 */
static void
hold_decide(struct dispatch *d, uint32_t slot)
{
	const struct queue *queue = &d->holds->slots.queue;
	const struct queue_link *link = &queue->links[slot];
	struct hold *h = &d->holds->holds[slot];
	uint64_t serial = link->serial;
	struct connection c;
	struct verdict verdict;

	do {
		h->facts.is_final |= link->is_expired;
		decide_judge(d, &h->c, &h->facts, &verdict);
		/* A datagram that was left to the next dispatcher meanwhile. */
		if (!queue_is(queue, slot, serial))
			return;
		if (verdict.answer != ANSWER_ASK) {
			c = h->c;
			hold_end(d, slot);
			decide_act(d, &c, &verdict);
			return;
		}
	} while (!hold_go(d, slot, &verdict.question));
}

/* Decided about with what is known, as at a deadline: see crowd.h for who. */
static void
hold_make_room(struct dispatch *d, const struct connection *c,
    const struct crowd_row *newcomer)
{
	struct queue *queue = &d->holds->slots.queue;
	struct crowd_row *crowd = d->holds->crowd;
	bool is_full = c->served->holds >= HOLDS_OF_SERVICE;
	uint32_t slot;

	if (!is_full && queue->used < queue->size)
		return;
	/* One for whom the parent has no room would stay in its slot. */
	for (slot = queue->first; slot != QUEUE_NONE;
	    slot = queue->links[slot].next)
		crowd[slot].is_fixed = d->holds->holds[slot].is_due ||
		    !start_has_room(d->holds->holds[slot].c.served);
	slot = crowd_gives_way(crowd, queue, newcomer, is_full);
	if (slot == QUEUE_NONE)
		return;
	queue->links[slot].is_expired = true;
	hold_enter(d, slot, NULL);
}

/* The open question has its answer: decides again, as soon as there is room. */
static void
hold_resume(struct dispatch *d, uint32_t slot)
{
	struct hold *h = &d->holds->holds[slot];

	hold_unwatch(d, h);
	if (start_has_room(h->c.served)) {
		hold_decide(d, slot);
		return;
	}
	h->is_due = true;
	d->holds->due++;
}

/* How long a datagram may be held. */
static uint64_t
hold_patience(struct listener *l, uint64_t now_ms)
{
	uint64_t half_ms = patience_left_ms(&l->patience, HOLD_PATIENCE,
	    now_ms) / 2;

	if (half_ms >= HOLD_GLANCE_MS)
		return half_ms;
	return patience_left_ms(&l->glance, HOLD_GLANCE, now_ms) >=
	    HOLD_GLANCE_MS ? HOLD_GLANCE_MS : 0;
}

/* Sets the timer to the first datagram that may wait no longer. */
static void
hold_arm(struct dispatch *d)
{
	const struct queue *queue = &d->holds->slots.queue;
	uint64_t first_ms = UINT64_MAX, now_ms = monotonic_ms();

	for (uint32_t slot = queue->first; slot != QUEUE_NONE;
	    slot = queue->links[slot].next) {
		const struct hold *h = &d->holds->holds[slot];

		if (h->c.fd == -1 && !queue->links[slot].is_expired &&
		    h->until_ms < first_ms)
			first_ms = h->until_ms;
	}
	if (first_ms != UINT64_MAX && !loop_timer_set(d->holds->patience,
	    first_ms > now_ms ? first_ms - now_ms : 0))
		fatal(EXIT_CANNOT, "no timer for datagrams");
}

static void
hold_impatient(void *context)
{
	struct dispatch *d = context;
	const struct queue *queue = &d->holds->slots.queue;
	uint64_t now_ms = monotonic_ms();
	uint32_t slot = queue->first;

	while (slot != QUEUE_NONE) {
		const struct hold *h = &d->holds->holds[slot];
		struct queue_link *link = &queue->links[slot];

		if (h->c.fd != -1 || link->is_expired ||
		    h->until_ms > now_ms) {
			slot = link->next;
			continue;
		}
		link->is_expired = true;
		hold_enter(d, slot, NULL);
		/* What follows may have ended others. */
		slot = queue->first;
	}
	hold_arm(d);
	start_settle(d);
}

void
hold_begin(struct dispatch *d, struct connection *c, struct facts *facts,
    const struct question *question)
{
	const struct crowd_row client = crowd_row(&c->source,
	    c->served->service->index);
	const bool is_datagram = c->fd == -1;
	uint64_t now_ms = monotonic_ms(), left_ms = 0;
	struct hold *h;
	uint32_t slot = QUEUE_NONE;

	if (is_datagram) {
		left_ms = hold_patience(c->listener, now_ms);
		if (left_ms == 0) {
			hold_conclude(d, c, facts);
			return;
		}
	}
	hold_make_room(d, c, &client);
	/* A datagram stays in its queue, for the next dispatcher. */
	if (is_datagram && d->is_draining)
		return;
	if (c->served->holds < HOLDS_OF_SERVICE)
		slot = slots_take(&d->holds->slots);
	if (slot == QUEUE_NONE) {
		hold_conclude(d, c, facts);
		return;
	}
	crowd_enter(d->holds->crowd, &d->holds->slots.queue, slot, &client);
	h = &d->holds->holds[slot];
	*h = (struct hold){ .c = *c, .facts = *facts,
	    .until_ms = now_ms + left_ms };
	c->fd = -1;
	c->served->holds++;
	if (is_datagram) {
		h->c.listener->is_held = true;
		accept_update_service(h->c.listener->served);
		hold_arm(d);
	}
	if (!hold_go(d, slot, question))
		hold_resume(d, slot);
}

static void
hold_enter(struct dispatch *d, uint32_t slot,
    const struct msg_lookup_answer *answer)
{
	struct hold *h = &d->holds->holds[slot];

	if (h->is_due)
		return;
	/* Without room for it the same question comes again, and the count of
	 * questions ends that. */
	(void)answer_enter(&h->facts, &h->text, &h->question, answer);
	h->serial = 0;
	hold_resume(d, slot);
}

static void
hold_expired(struct dispatch *d, uint32_t slot)
{
	hold_enter(d, slot, NULL);
}

void
hold_answered(struct dispatch *d, uint32_t slot, uint64_t serial,
    const struct msg_lookup_answer *answer)
{
	if (slot < HOLDS_MAX && serial != 0 &&
	    d->holds->slots.queue.links[slot].serial != 0 &&
	    d->holds->holds[slot].serial == serial)
		hold_enter(d, slot, answer);
}

void
hold_ready(struct dispatch *d, uint32_t slot, uint64_t serial, bool is_over)
{
	struct queue *queue = &d->holds->slots.queue;

	if (!is_over || !queue_is(queue, slot, serial))
		return;
	queue->links[slot].is_expired = true;
	hold_enter(d, slot, NULL);
}

void
hold_ask_again(struct dispatch *d)
{
	const struct queue *queue = &d->holds->slots.queue;

	/* One that cannot be sent is unknown at the deadline. */
	for (uint32_t slot = queue->first; slot != QUEUE_NONE;
	    slot = queue->links[slot].next)
		if (!d->holds->holds[slot].is_due)
			(void)hold_ask(d, slot);
}

void
hold_flush(struct dispatch *d)
{
	const struct queue *queue = &d->holds->slots.queue;
	uint32_t slot = queue->first;

	while (slot != QUEUE_NONE && d->holds->due > 0) {
		struct hold *h = &d->holds->holds[slot];

		if (!h->is_due || !start_has_room(h->c.served)) {
			slot = queue->links[slot].next;
			continue;
		}
		h->is_due = false;
		d->holds->due--;
		hold_decide(d, slot);
		/* What follows may have ended others. */
		slot = queue->first;
	}
}

void
hold_drain(struct dispatch *d)
{
	const struct queue *queue = &d->holds->slots.queue;
	uint32_t next;

	for (uint32_t slot = queue->first; slot != QUEUE_NONE; slot = next) {
		next = queue->links[slot].next;
		if (d->holds->holds[slot].c.fd == -1)
			hold_end(d, slot);
	}
}
