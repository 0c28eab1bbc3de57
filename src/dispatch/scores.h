/*
 * Memory of sources: who touched a sensor, and until when that counts.
 *
 * A source is not one address: who has a network of IPv6 has another address
 * for each connection. What counts is its prefix, see source.h.
 *
 * 8 MB shared with the dispatchers before and after this one (SCORES_SIZE); the
 * one in force alone writes. All-zero is empty. What stands there may have been
 * written by a dispatcher that an attacker held: every row is checked before it
 * is used, no index is ever taken from it.
 *
 * A set of eight rows holds the sources with one hash. When it is full, the row
 * that ends first gives way; one without end only when all eight are without
 * end and the new one is too. A new row that would end before all of them is
 * dropped: what was promised longer stays.
 */
#ifndef DISPATCH_SCORES_H
#define DISPATCH_SCORES_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/addr.h"

#define SCORES_FOR_EVER UINT64_MAX

struct scores;

/* Lays the memory out, of SCORES_SIZE bytes: a fresh one gets `seed` as the key
 * of its hash, another keeps its own. Does not fail. */
struct scores *scores_open(void *memory, const uint64_t seed[static 2]);

/* Until then (monotonic microseconds of this boot, or SCORES_FOR_EVER) the
 * source is penalised; never shortens what is there. */
void scores_penalise(struct scores *, const struct addr *source,
    uint64_t until_us, uint64_t now_us);

/* Was anybody ever? Without a sensor there is nothing to look for. */
bool scores_is_used(const struct scores *);

bool scores_is_penalised(const struct scores *, const struct addr *source,
    uint64_t now_us);

#endif
