/*
 * Numbered slots in order of arrival: see queue.h.
 *
 * Runs in sallyport-dispatch; pure.
 */
#include "dispatch/queue.h"

#include "shared/util.h"

void
queue_init(struct queue *q, struct queue_link *links, uint32_t size)
{
	*q = (struct queue){ .links = links, .size = size,
	    .first = QUEUE_NONE, .last = QUEUE_NONE,
	    .free = size > 0 ? 0 : QUEUE_NONE };
	for (uint32_t i = 0; i < size; i++)
		links[i] = (struct queue_link){
			.next = i + 1 < size ? i + 1 : QUEUE_NONE,
			.previous = QUEUE_NONE
		};
}

uint32_t
queue_take(struct queue *q, uint64_t now_ms)
{
	uint32_t slot = q->free;
	struct queue_link *link;

	if (slot == QUEUE_NONE)
		return QUEUE_NONE;
	link = &q->links[slot];
	q->free = link->next;
	*link = (struct queue_link){ .next = QUEUE_NONE, .previous = q->last,
	    .serial = ++q->serials, .since_ms = now_ms };
	if (q->last == QUEUE_NONE)
		q->first = slot;
	else
		q->links[q->last].next = slot;
	q->last = slot;
	q->used++;
	return slot;
}

void
queue_release(struct queue *q, uint32_t slot)
{
	struct queue_link *link;

	must(slot < q->size && q->links[slot].serial != 0);
	link = &q->links[slot];
	if (link->previous == QUEUE_NONE)
		q->first = link->next;
	else
		q->links[link->previous].next = link->next;
	if (link->next == QUEUE_NONE)
		q->last = link->previous;
	else
		q->links[link->next].previous = link->previous;
	*link = (struct queue_link){ .next = q->free,
	    .previous = QUEUE_NONE };
	q->free = slot;
	q->used--;
}

bool
queue_is(const struct queue *q, uint32_t slot, uint64_t serial)
{
	return slot < q->size && serial != 0 &&
	    q->links[slot].serial == serial;
}
