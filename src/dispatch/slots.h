/*
 * Slots with a deadline: connections that wait for something, and for how long.
 */
#ifndef DISPATCH_SLOTS_H
#define DISPATCH_SLOTS_H

#include "dispatch/dispatch.h"
#include "dispatch/queue.h"

/* What waits is answered within this time after DRAIN, whatever was set: the
 * parent kills a dispatcher that drains for longer than ten seconds. */
#define SLOTS_DRAIN_MS 5000

struct slots {
	struct queue queue;
	struct dispatch *dispatch;
	struct slots *next;	/* in dispatch->waiting */
	struct loop_timer *timer;
	uint64_t timeout_ms;
	/* Called once for a slot whose time is over; it may release
	 * any slot. */
	void (*expired)(struct dispatch *, uint32_t slot);
};

/* Allocates everything and joins dispatch->waiting; ends the program when it
 * cannot. Before the sandbox. */
void slots_init(struct slots *, struct dispatch *, uint32_t size,
    uint64_t timeout_ms, void (*expired)(struct dispatch *, uint32_t));

/* As queue_take(), and the clock runs. */
uint32_t slots_take(struct slots *);

/* Milliseconds until the slot expires, at least 1. */
uint32_t slots_left_ms(const struct slots *, uint32_t slot);

/* Of all pools: slots in use; shorter deadlines, from DRAIN on; timers and
 * tables, at the end of the program. */
uint32_t slots_used(const struct dispatch *);
void slots_hurry(struct dispatch *);
void slots_close(struct dispatch *);

#endif
