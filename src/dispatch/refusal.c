/*
 * Records of denied datagrams: see refusal.h.
 *
 * Runs in sallyport-dispatch. What the records of a second had no place for is
 * told when the second is over, in the record of the last of those denials.
 */
#include "dispatch/refusal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/decide.h"
#include "dispatch/suppress.h"

#define REFUSAL_TELL_MS (SUPPRESS_SECOND_US / 1000)

struct refusal_last {		/* that has no record, of one listener */
	struct connection c;
	struct verdict verdict;
};

struct refusal_books {
	struct suppress_table table;
	struct refusal_last *last;	/* one a listener */
};

static void
refusal_tell(struct dispatch *d, bool is_end)
{
	struct refusal_books *books = d->refusals;
	uint64_t now_us = monotonic_us();

	for (uint32_t i = 0; i < d->listener_count; i++) {
		const struct refusal_last *last = &books->last[i];
		uint64_t owed = suppress_owed(&books->table, i, is_end,
		    now_us);

		/* The record stands for one of them. */
		if (owed > 0)
			(void)decide_record_denied(d, &last->c,
			    &last->verdict, owed - 1);
	}
}

static void
refusal_due(void *context)
{
	refusal_tell(context, false);
}

void
refusal_open(struct dispatch *d)
{
	struct refusal_books *books = calloc(1, sizeof *books);
	size_t count = d->listener_count + 1u;

	if (books == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	books->last = calloc(count, sizeof *books->last);
	books->table.meters = calloc(count, sizeof *books->table.meters);
	d->untold = loop_timer_new(d->loop, refusal_due, d);
	if (books->last == NULL || books->table.meters == NULL ||
	    d->untold == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	if (getrandom(&books->table.key, sizeof books->table.key, 0) !=
	    (ssize_t)sizeof books->table.key)
		fatal(EXIT_CANNOT, "no random numbers: errno %d", errno);
	d->refusals = books;
}

void
refusal_close(struct dispatch *d)
{
	loop_timer_free(d->untold);
	free(d->refusals->table.meters);
	free(d->refusals->last);
	free(d->refusals);
}

void
refusal_record(struct dispatch *d, const struct connection *c,
    const struct verdict *verdict)
{
	struct refusal_books *books = d->refusals;
	uint32_t listener = c->listener->index;
	uint64_t untold = 0;

	if (suppress_wants_record(&books->table, &c->from, listener,
	    monotonic_us(), &untold))
		(void)decide_record_denied(d, c, verdict, untold);
	else
		books->last[listener] = (struct refusal_last){ *c, *verdict };
	if (books->table.owed > 0 && !loop_timer_is_set(d->untold) &&
	    !loop_timer_set(d->untold, REFUSAL_TELL_MS))
		fatal(EXIT_CANNOT, "no timer: errno %d", errno);
}

void
refusal_end(struct dispatch *d)
{
	/* Fails only for an event that was never made. */
	(void)loop_timer_clear(d->untold);
	refusal_tell(d, true);
}
