/*
 * Numbered slots in order of arrival: the books of everything that waits.
 *
 * Pure; the slots themselves are arrays of those who use this. Nothing is
 * allocated after queue_init().
 */
#ifndef DISPATCH_QUEUE_H
#define DISPATCH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_NONE UINT32_MAX

struct queue_link {
	uint32_t next, previous;
	uint64_t serial;	/* of its present use; 0: free */
	uint64_t since_ms;	/* monotonic */
	bool is_expired;	/* for slots.c; false when taken */
};

struct queue {
	struct queue_link *links;
	uint32_t size, used;
	uint32_t first, last;	/* oldest and newest in use */
	uint32_t free;		/* head of the free ones */
	uint64_t serials;	/* given so far; never one twice */
};

/* All slots free; links has `size` elements and belongs to the caller. */
void queue_init(struct queue *, struct queue_link *links, uint32_t size);

/* A free slot, which is the newest now, or QUEUE_NONE. */
uint32_t queue_take(struct queue *, uint64_t now_ms);

/* Gives a slot that is in use back. */
void queue_release(struct queue *, uint32_t slot);

/* The slot is in use, and has been since it got that serial. */
bool queue_is(const struct queue *, uint32_t slot, uint64_t serial);

#endif
