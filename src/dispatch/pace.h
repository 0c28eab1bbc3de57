/*
 * How often one address is answered by datagram. Pure; time is an argument.
 *
 * Two hosts that answer each other's answers never end it by themselves, and
 * which ports of the other one answer, nobody here can know. So a source that
 * had more answers in a minute than anybody has use for is silence for a while:
 * longer than any datagram is under way, or those that circle would survive it.
 */
#ifndef DISPATCH_PACE_H
#define DISPATCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/record.h"

#include "dispatch/hash.h"

#define PACE_WAYS 8u
#define PACE_ROWS 512u
#define PACE_ANSWERS 3000u	/* in a minute: 50 a second, or all at once */
#define PACE_MINUTE_US UINT64_C(60000000)
#define PACE_SILENCE_US UINT64_C(10000000)

struct pace_row {
	struct record_addr source;
	uint64_t last_us;	/* monotonic; 0: free */
	uint64_t since_us;	/* when the minute began, or will */
	uint32_t answers;	/* in it */
};

/* All-zero is empty. */
struct pace_table {
	struct hash_key key;
	struct pace_row rows[PACE_ROWS];
};

/* One more request of that address, from whatever port: may it be answered?
 * In a full set the source that was heard of longest ago is forgotten. */
bool pace_allows(struct pace_table *, const struct record_addr *,
    uint64_t now_us);

#endif
