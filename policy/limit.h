/*
 * Rate limits as values: time is an argument. Pure.
 */
#ifndef POLICY_LIMIT_H
#define POLICY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* A bucket of `rate` tokens that is refilled at `rate` a second. All-zero is
 * an unused, full bucket. Tokens are kept in millionths. */
struct limit_bucket {
	uint64_t taken_micro;	/* missing from a full bucket */
	uint64_t stamp_us;	/* monotonic time of taken_micro */
};

/* Cuts what somebody else may have written to what a bucket of that rate can be
 * at that moment: not emptier than empty, not of the future. */
void limit_bound(struct limit_bucket *, uint64_t rate, uint64_t now_us);

/* Would one token be there now? Changes nothing. rate 0 is "no limit". */
bool limit_peek(const struct limit_bucket *, uint64_t rate, uint64_t now_us);

/* Takes one token; false (and nothing taken) when none is there. */
bool limit_take(struct limit_bucket *, uint64_t rate, uint64_t now_us);

#endif
