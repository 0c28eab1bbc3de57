/*
 * How long a socket may still wait: one second at once, a part of all time.
 *
 * Pure; time is passed in, monotonic and in milliseconds.
 */
#ifndef DISPATCH_PATIENCE_H
#define DISPATCH_PATIENCE_H

#include <stdint.h>

#define PATIENCE_MS 1000

struct patience {		/* zero: full */
	uint64_t spent;		/* in parts: a millisecond that was waited is
				 * `part`, one that passed takes 1 off */
	uint64_t at_ms;
};

/* What is left; a part-th of the time that passes comes back. */
uint64_t patience_left_ms(struct patience *, unsigned part, uint64_t now_ms);
/* So much was waited, until now. */
void patience_spend(struct patience *, unsigned part, uint64_t waited_ms,
    uint64_t now_ms);

#endif
