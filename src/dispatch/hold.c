/*
 * Clients that wait for an answer of the lookup process.
 *
 * Runs in sallyport-dispatch. Nobody waits longer than lookup_timeout in all,
 * however many questions there are: then everything open is unknown, which
 * opens nothing. A client that hangs up meanwhile is decided about at once with
 * what is known; nothing it sends is read.
 *
 * A datagram's source is anybody's invention, so a flood of them keeps a
 * service's socket waiting for at most lookup_timeout each; lookup's cache
 * answers the next one of the same source at once.
 */
#include "dispatch/hold.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/answer.h"
#include "dispatch/ask.h"
#include "dispatch/decide.h"
#include "dispatch/kinds.h"
#include "dispatch/ready.h"
#include "dispatch/slots.h"
#include "dispatch/start.h"

/* Each name once, the source's names, ident. */
#define HOLD_QUESTIONS (FACTS_HOSTS_MAX + 2)

struct hold {
	struct connection c;
	struct facts facts;
	struct answer_text text;	/* what the facts point into */
	struct question question;	/* the open one */
	uint64_t serial;	/* under which it was asked; never one twice */
	unsigned asked;
	bool is_due;		/* answered, but the parent has no room */
	bool is_watched;	/* in the set of ready.c */
};

struct hold_pool {
	struct slots slots;
	uint64_t serials;	/* of questions, so far */
	unsigned due;
	struct hold holds[HOLDS_MAX];
};

static void hold_expired(struct dispatch *, uint32_t slot);
static void hold_enter(struct dispatch *, uint32_t slot,
    const struct msg_lookup_answer *);

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
}

void
hold_close(struct dispatch *d)
{
	free(d->holds);
}

/* A verdict of ASK that cannot be followed up. */
static void
hold_refuse(struct dispatch *d, struct connection *c,
    const struct verdict *asked)
{
	struct verdict verdict = *asked;

	verdict.answer = ANSWER_DENY;
	if (verdict.reason == REASON_NONE)
		verdict.reason = asked->question.kind == QUESTION_IDENT ?
		    REASON_IDENT : REASON_ADDRESS;
	kinds_of(c->served)->denied(d, c, &verdict);
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
	bool is_datagram = l->is_held;

	h->c.served->holds--;
	queue_release(&d->holds->slots.queue, slot);
	if (is_datagram) {
		l->is_held = false;
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

/* Asks what *verdict needs; what cannot be asked is unknown. */
static void
hold_go(struct dispatch *d, uint32_t slot, struct verdict *verdict)
{
	struct hold *h = &d->holds->holds[slot];

	while (h->asked++ < HOLD_QUESTIONS) {
		h->question = verdict->question;
		if (hold_ask(d, slot)) {
			hold_watch(d, slot);
			return;
		}
		if (!answer_enter(&h->facts, &h->text, &h->question, NULL))
			break;
		if (decide_with(d, &h->c, &h->facts, verdict)) {
			hold_end(d, slot);
			return;
		}
	}
	hold_refuse(d, &h->c, verdict);
	hold_end(d, slot);
}

/*
 * The oldest that still waits for an answer is decided about with what is
 * known, as at its deadline. Those whose own name or ident server is silent are
 * the oldest, so they keep out each other and nobody who is answered for.
 */
static void
hold_make_room(struct dispatch *d, const struct served *s)
{
	struct queue *queue = &d->holds->slots.queue;
	bool is_full = s->holds >= HOLDS_OF_SERVICE;

	if (!is_full && queue->used < queue->size)
		return;
	for (uint32_t slot = queue->first; slot != QUEUE_NONE;
	    slot = queue->links[slot].next) {
		const struct hold *h = &d->holds->holds[slot];

		if (h->is_due || (is_full && h->c.served != s))
			continue;
		queue->links[slot].is_expired = true;
		hold_enter(d, slot, NULL);
		return;
	}
}

void
hold_begin(struct dispatch *d, struct connection *c, struct facts *facts,
    const struct verdict *verdict)
{
	struct verdict asked = *verdict;
	struct hold *h;
	uint32_t slot = QUEUE_NONE;

	hold_make_room(d, c->served);
	if (c->served->holds < HOLDS_OF_SERVICE)
		slot = slots_take(&d->holds->slots);
	if (slot == QUEUE_NONE) {
		hold_refuse(d, c, verdict);
		return;
	}
	h = &d->holds->holds[slot];
	*h = (struct hold){ .c = *c, .facts = *facts };
	c->fd = -1;
	c->served->holds++;
	if (h->c.fd == -1) {
		h->c.listener->is_held = true;
		accept_update_service(h->c.listener->served);
	}
	hold_go(d, slot, &asked);
}

/* The open question has its answer: decides again, as soon as there is room. */
static void
hold_resume(struct dispatch *d, uint32_t slot)
{
	struct hold *h = &d->holds->holds[slot];
	struct verdict verdict;

	hold_unwatch(d, h);
	if (!start_has_room(h->c.served)) {
		h->is_due = true;
		d->holds->due++;
		return;
	}
	if (decide_with(d, &h->c, &h->facts, &verdict))
		hold_end(d, slot);
	else
		hold_go(d, slot, &verdict);
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
	uint32_t next;

	for (uint32_t slot = queue->first;
	    slot != QUEUE_NONE && d->holds->due > 0; slot = next) {
		struct hold *h = &d->holds->holds[slot];

		next = queue->links[slot].next;
		if (!h->is_due || !start_has_room(h->c.served))
			continue;
		h->is_due = false;
		d->holds->due--;
		hold_resume(d, slot);
	}
}

void
hold_drain(struct dispatch *d)
{
	const struct queue *queue = &d->holds->slots.queue;
	uint32_t next;

	for (uint32_t slot = queue->first; slot != QUEUE_NONE; slot = next) {
		struct hold *h = &d->holds->holds[slot];

		next = queue->links[slot].next;
		if (h->c.fd != -1)
			continue;
		if (h->is_due)
			d->holds->due--;
		hold_end(d, slot);
	}
}
