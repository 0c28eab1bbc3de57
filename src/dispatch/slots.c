/*
 * Slots with a deadline: see slots.h.
 *
 * Runs in sallyport-dispatch. One timer a pool: all slots of a pool wait
 * equally long, so the oldest is always the next to expire.
 */
#include "dispatch/slots.h"

#include <errno.h>
#include <stdlib.h>

#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/start.h"

static void
slots_arm(struct slots *s, uint64_t after_ms)
{
	if (!loop_timer_set(s->timer, after_ms))
		fatal(EXIT_CANNOT, "no timer: errno %d", errno);
}

static void
slots_due(void *context)
{
	struct slots *s = context;
	uint64_t now_ms = monotonic_ms();
	uint32_t next;

	for (uint32_t slot = s->queue.first; slot != QUEUE_NONE; slot = next) {
		struct queue_link *link = &s->queue.links[slot];
		uint64_t waited_ms = now_ms - link->since_ms;

		next = link->next;
		if (link->is_expired)
			continue;
		if (waited_ms < s->timeout_ms) {
			slots_arm(s, s->timeout_ms - waited_ms);
			break;
		}
		link->is_expired = true;
		s->expired(s->dispatch, slot);
		/* Which may have released any of them. */
		next = s->queue.first;
	}
	start_settle(s->dispatch);
}

void
slots_init(struct slots *s, struct dispatch *d, uint32_t size,
    uint64_t timeout_ms, void (*expired)(struct dispatch *, uint32_t))
{
	struct queue_link *links = calloc(size, sizeof *links);

	*s = (struct slots){ .dispatch = d, .next = d->waiting,
	    .timeout_ms = timeout_ms, .expired = expired,
	    .timer = loop_timer_new(d->loop, slots_due, s) };
	if (links == NULL || s->timer == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	queue_init(&s->queue, links, size);
	d->waiting = s;
}

uint32_t
slots_take(struct slots *s)
{
	uint32_t slot = queue_take(&s->queue, monotonic_ms());

	if (slot != QUEUE_NONE && !loop_timer_is_set(s->timer))
		slots_arm(s, s->timeout_ms);
	return slot;
}

uint32_t
slots_left_ms(const struct slots *s, uint32_t slot)
{
	uint64_t waited_ms = monotonic_ms() - s->queue.links[slot].since_ms;

	return waited_ms < s->timeout_ms ?
	    (uint32_t)(s->timeout_ms - waited_ms) : 1;
}

uint32_t
slots_used(const struct dispatch *d)
{
	uint32_t used = 0;

	for (const struct slots *s = d->waiting; s != NULL; s = s->next)
		used += s->queue.used;
	return used;
}

void
slots_hurry(struct dispatch *d)
{
	for (struct slots *s = d->waiting; s != NULL; s = s->next) {
		if (s->timeout_ms > SLOTS_DRAIN_MS)
			s->timeout_ms = SLOTS_DRAIN_MS;
		if (s->queue.used > 0)
			slots_arm(s, 0);
		else
			(void)loop_timer_clear(s->timer);
	}
}

void
slots_close(struct dispatch *d)
{
	for (struct slots *s = d->waiting; s != NULL; s = s->next) {
		loop_timer_free(s->timer);
		free(s->queue.links);
	}
}
