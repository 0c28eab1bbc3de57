/*
 * Memory of cps: what of each service's bucket is taken, and until when it
 * counts as deactivated.
 *
 * Behind scores in the same memory (RATES_SIZE), so that neither a reload nor
 * the death of a dispatcher fills a bucket again. A row belongs to a slot of
 * parent.state; the dispatcher in force alone writes. All-zero is nothing. What
 * stands there may have been written by a dispatcher that an attacker held:
 * values are cut to what the service's own numbers allow.
 */
#ifndef DISPATCH_RATES_H
#define DISPATCH_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/limit.h"
#include "policy/policy.h"

struct rates_row;

/*
 * The row of the slot for the service of that id with these numbers: as it is
 * when it was that service's with the same numbers, else begun anew.
 * *is_over: the service was deactivated under other numbers.
 */
struct rates_row *rates_adopt(void *memory, uint32_t slot, const char *id,
    const struct cps *, uint64_t now_us, bool *is_over);

struct limit_bucket rates_bucket(const struct rates_row *, const struct cps *,
    uint64_t now_us);
void rates_set_bucket(struct rates_row *, const struct limit_bucket *);

/* Monotonic microseconds; now_us or less: it is not deactivated. */
uint64_t rates_quiet_until(const struct rates_row *, const struct cps *,
    uint64_t now_us);
void rates_set_quiet(struct rates_row *, uint64_t until_us);

#endif
