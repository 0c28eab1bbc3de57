/*
 * Who gives way when more clients wait than there are slots.
 *
 * Pure. A source is what one subscriber has: see source_prefix_default.
 * The source with the most slots gives way, so one whose name server is silent
 * keeps out itself, and nobody else.
 */
#ifndef DISPATCH_CROWD_H
#define DISPATCH_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/addr.h"

#include "dispatch/queue.h"
#include "dispatch/source.h"

struct crowd_row {		/* of a slot, beside its queue_link */
	struct source_name source;
	uint32_t service;
	unsigned of_service, of_all;	/* rows of its source, this included */
	bool is_fixed;		/* does not give way */
};

/* A row for a client; in no queue yet. */
struct crowd_row crowd_row(const struct addr *, uint32_t service);

/* The slot was taken for that client; it is about to be released. */
void crowd_enter(struct crowd_row *, const struct queue *, uint32_t slot,
    const struct crowd_row *client);
void crowd_leave(struct crowd_row *, const struct queue *, uint32_t slot);

/* The slot that gives way to one more client, or QUEUE_NONE: the oldest of the
 * source that has the most, the newcomer counted; in doubt its own, else the
 * oldest. Among those of its service, or all. */
uint32_t crowd_gives_way(const struct crowd_row *, const struct queue *,
    const struct crowd_row *newcomer, bool is_of_service);

#endif
