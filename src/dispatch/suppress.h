/*
 * Which denied datagrams deserve a record: one source and port of one service
 * once a minute (xinetd's rule, spec 4.3). Pure; time is an argument.
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

struct suppress_row {
	struct record_addr source;
	uint32_t service;
	uint64_t since_us;	/* monotonic, of the record; 0: free */
	uint64_t untold;	/* denied since */
};

/* All-zero is empty. */
struct suppress_table {
	struct hash_key key;
	uint64_t untold;	/* of rows that gave way */
	struct suppress_row rows[SUPPRESS_ROWS];
};

/*
 * One more denial. True when it is to be recorded; *untold is then the number
 * of denials that were not: of this source, and of sources whose rows had to
 * give way to others since the last record.
 */
bool suppress_is_told(struct suppress_table *, const struct record_addr *,
    uint32_t service, uint64_t now_us, uint64_t *untold);

#endif
