/*
 * USERID: see ident.h.
 *
 * Runs in sallyport-dispatch.
 */
#include "dispatch/ident.h"

#include <stdlib.h>

#include "shared/util.h"

#include "dispatch/hold.h"
#include "dispatch/slots.h"

#define IDENT_PORT 113

struct ident {
	int fd;			/* of a refused client, else -1 */
	uint64_t conn;
	uint32_t service;
	enum reason reason;	/* of the refusal */
	struct record_addr source, destination;
};

struct ident_side {		/* those started, or those refused */
	struct slots slots;
	struct ident idents[IDENTS_MAX];
};

struct ident_pool {
	struct ident_side started, denied;
};

static struct ident_side *
ident_side(struct dispatch *d, enum ask_owner owner)
{
	return owner == ASK_STARTED ? &d->idents->started :
	    &d->idents->denied;
}

static void
ident_record(struct dispatch *d, const struct ident *i,
    const struct msg_lookup_answer *answer, enum ident_failure failure)
{
	bool is_known = answer != NULL && answer->result == LOOKUP_YES;
	struct record record;

	record_init(&record, is_known ? RECORD_USERID : RECORD_NOID);
	record.conn = i->conn;
	record.service = i->service;
	record.reason = (uint16_t)i->reason;
	record.source = i->source;
	record.destination = i->destination;
	if (is_known)
		record_text(&record, "%.*s", (int)answer->length,
		    answer->text);
	else
		record.number[0] = answer != NULL ? answer->failure : failure;
	dispatch_record(d, &record);
}

static void
ident_end(struct ident_side *side, uint32_t slot)
{
	/* What is closed here was refused, recorded and counted before. */
	fd_close(&side->idents[slot].fd);
	queue_release(&side->slots.queue, slot);
}

static void
ident_started_expired(struct dispatch *d, uint32_t slot)
{
	ident_record(d, &d->idents->started.idents[slot], NULL, IDENT_TIMEOUT);
	ident_end(&d->idents->started, slot);
}

static void
ident_denied_expired(struct dispatch *d, uint32_t slot)
{
	ident_record(d, &d->idents->denied.idents[slot], NULL, IDENT_TIMEOUT);
	ident_end(&d->idents->denied, slot);
}

void
ident_open(struct dispatch *d)
{
	const struct gateway *gateway = &d->policy->gateway;
	uint64_t timeout_ms = gateway->given[ATTR_LOOKUP_TIMEOUT] ?
	    gateway->lookup_timeout : LOOKUP_TIMEOUT_MS;

	d->idents = calloc(1, sizeof *d->idents);
	if (d->idents == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	slots_init(&d->idents->started.slots, d, IDENTS_MAX, timeout_ms,
	    ident_started_expired);
	slots_init(&d->idents->denied.slots, d, IDENTS_MAX, timeout_ms,
	    ident_denied_expired);
}

void
ident_close(struct dispatch *d)
{
	free(d->idents);
}

static bool
ident_may_ask(const struct record_addr *source,
    const struct record_addr *destination)
{
	return (source->family == ADDR_IPV4 || source->family == ADDR_IPV6) &&
	    destination->port != 0 && destination->port != IDENT_PORT;
}

static bool
ident_ask(struct dispatch *d, enum ask_owner owner, uint32_t slot)
{
	const struct ident_side *side = ident_side(d, owner);
	const struct ident *i = &side->idents[slot];
	const struct ask_question ask = {
		.owner = owner, .slot = slot,
		.serial = side->slots.queue.links[slot].serial,
		.kind = LOOKUP_IDENT,
		.timeout_ms = slots_left_ms(&side->slots, slot),
		.source = &i->source, .destination = &i->destination
	};

	return ask_send(d, &ask);
}

/* False when the slots are full; i->fd is then still the caller's. */
static bool
ident_begin(struct dispatch *d, enum ask_owner owner, const struct ident *i)
{
	struct ident_side *side = ident_side(d, owner);
	uint32_t slot = slots_take(&side->slots);

	if (slot == QUEUE_NONE)
		return false;
	side->idents[slot] = *i;
	if (!ident_ask(d, owner, slot)) {
		ident_record(d, i, NULL, IDENT_SYSTEM_ERROR);
		ident_end(side, slot);
	}
	return true;
}

void
ident_started(struct dispatch *d, const struct pending *pending)
{
	const struct service *service = d->served[pending->service].service;
	const struct ident i = {
		.fd = -1, .conn = RECORD_CONN(d->number, pending->number),
		.service = pending->service, .source = pending->source,
		.destination = pending->destination
	};

	if ((service->log_on_success & LOG_USERID) == 0 || pending->is_wait ||
	    !ident_may_ask(&i.source, &i.destination))
		return;
	if (!ident_begin(d, ASK_STARTED, &i))
		ident_record(d, &i, NULL, IDENT_SYSTEM_ERROR);
}

void
ident_refused(struct dispatch *d, struct connection *c, uint64_t conn,
    enum reason reason)
{
	const struct service *service = c->served->service;
	const struct ident i = {
		.fd = c->fd, .conn = conn, .service = service->index,
		.reason = reason,
		.source = c->from, .destination = c->to
	};

	if ((service->log_on_failure & FAIL_USERID) == 0 || c->fd == -1 ||
	    !ident_may_ask(&i.source, &i.destination))
		return;
	if (ident_begin(d, ASK_DENIED, &i))
		c->fd = -1;
}

void
ident_answered(struct dispatch *d, enum ask_owner owner, uint32_t slot,
    uint64_t serial, const struct msg_lookup_answer *answer)
{
	struct ident_side *side = ident_side(d, owner);

	if (!queue_is(&side->slots.queue, slot, serial) ||
	    answer->kind != LOOKUP_IDENT)
		return;
	ident_record(d, &side->idents[slot], answer, IDENT_NONE);
	ident_end(side, slot);
}

static void
ident_side_again(struct dispatch *d, enum ask_owner owner)
{
	const struct queue *queue = &ident_side(d, owner)->slots.queue;

	/* One that cannot be sent ends at its deadline. */
	for (uint32_t slot = queue->first; slot != QUEUE_NONE;
	    slot = queue->links[slot].next)
		(void)ident_ask(d, owner, slot);
}

void
ident_ask_again(struct dispatch *d)
{
	ident_side_again(d, ASK_STARTED);
	ident_side_again(d, ASK_DENIED);
}
