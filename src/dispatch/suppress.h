/*
 * Which denied datagrams deserve a record: of one source at one listener one a
 * minute (xinetd's rule, spec 4.3), and of a listener no more than a few dozen
 * a second. Pure; time is an argument.
 *
 * A source is an address: ports are even cheaper to invent. Every denial is in
 * exactly one record: it has one, or is in the number of a later one.
 */
#ifndef DISPATCH_SUPPRESS_H
#define DISPATCH_SUPPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/record.h"

#include "dispatch/hash.h"

#define SUPPRESS_WAYS 8u
#define SUPPRESS_ROWS 512u
#define SUPPRESS_US UINT64_C(60000000)
#define SUPPRESS_SECOND_US UINT64_C(1000000)
/* Of one listener in a second; one of them is that of suppress_owed(). */
#define SUPPRESS_RECORDS 50u

struct suppress_row {
	struct record_addr source;
	uint32_t listener;
	uint64_t since_us;	/* monotonic, of the record; 0: free */
	uint64_t untold;	/* denied since */
};

struct suppress_meter {		/* of one listener */
	uint64_t second_us;	/* when the second began; monotonic */
	uint32_t records;	/* in it */
	uint64_t untold;	/* beyond them, and of rows that gave way */
};

/* All-zero is empty, but for `meters`: one zeroed for each listener. */
struct suppress_table {
	struct hash_key key;
	struct suppress_meter *meters;
	uint64_t owed;		/* by all meters: not to wait for a denial */
	struct suppress_row rows[SUPPRESS_ROWS];
};

/*
 * One more denial. True when it is to be recorded; *untold is then the number
 * of denials that were not: of this source, and those the meter counts.
 */
bool suppress_wants_record(struct suppress_table *, const struct record_addr *,
    uint32_t listener, uint64_t now_us, uint64_t *untold);

/* Takes what the meter counts, for a record; at the end of everything with the
 * numbers of the listener's sources. 0: there is nothing to tell. */
uint64_t suppress_owed(struct suppress_table *, uint32_t listener,
    bool is_end, uint64_t now_us);

#endif
