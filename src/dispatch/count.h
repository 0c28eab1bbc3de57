/*
 * How many servers run: counted from parent.state and our own unanswered
 * starts.
 *
 * Nothing here changes anything or calls the system. parent.state is written
 * by another process while we read it: every index is bounded first, and a
 * torn value is wrong by one connection at most. The parent decides on
 * instances and processes in the end; per_source is decided here alone.
 */
#ifndef DISPATCH_COUNT_H
#define DISPATCH_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "dispatch/source.h"
#include "shared/record.h"
#include "shared/state.h"

#define COUNT_NO_SLOT UINT32_MAX
#define PENDING_MAX 128		/* unanswered starts of all services */

struct pending {		/* a START that waits for its answer */
	uint64_t number;	/* of the connection; 0: free row */
	uint32_t service;	/* index in the policy */
	uint32_t listener;	/* through which it came */
	bool is_wait;		/* START_WAIT: the listener itself */
	uint32_t attr, entry;	/* what allowed it */
	struct record_addr source, destination;
};

struct pending_table {
	unsigned used;
	struct pending rows[PENDING_MAX];
};

/* Copies it (its number is not 0) into a free row; false when none is. */
bool count_pending_add(struct pending_table *, const struct pending *);
/* The row of a connection number, or NULL. */
struct pending *count_pending_find(struct pending_table *, uint64_t number);
void count_pending_remove(struct pending_table *, struct pending *);

struct count_query {
	uint64_t dispatcher;	/* our number in connection ids */
	uint32_t service;	/* index in the policy */
	uint32_t slot;		/* in parent.state, or COUNT_NO_SLOT */
	unsigned pending;	/* unanswered starts of the service */
	const struct source_prefix *prefix;	/* what one source is */
	const struct source_name *source;
};

struct count_result {
	uint64_t of_source;	/* servers of this service and source */
	uint64_t of_service;
	uint64_t of_all;
};

/* The slot of a service id; `hint` is tried first. COUNT_NO_SLOT when the
 * parent does not know it (yet). */
uint32_t count_slot(const struct parent_state *, const char *id,
    uint32_t hint);

/* Cheap and never too low: a start that is counted by the parent already and
 * not answered yet counts twice. of_source is 0. */
void count_quick(const struct parent_state *, const struct pending_table *,
    const struct count_query *, struct count_result *);

/* One pass over all instances, each start counted once. */
void count_exact(const struct parent_state *, const struct pending_table *,
    const struct count_query *, struct count_result *);

#endif
