/*
 * How long a socket may still wait: see patience.h.
 *
 * Runs in sallyport-dispatch; pure.
 */
#include "dispatch/patience.h"

uint64_t
patience_left_ms(struct patience *p, unsigned part, uint64_t now_ms)
{
	const uint64_t most = (uint64_t)PATIENCE_MS * part;
	uint64_t passed = now_ms - p->at_ms;

	p->spent = p->spent > passed ? p->spent - passed : 0;
	p->at_ms = now_ms;
	return p->spent < most ? (most - p->spent) / part : 0;
}

void
patience_spend(struct patience *p, unsigned part, uint64_t waited_ms,
    uint64_t now_ms)
{
	const uint64_t most = (uint64_t)PATIENCE_MS * part;

	(void)patience_left_ms(p, part, now_ms);
	p->spent += waited_ms * part;
	/* Of one that took too long (we were stopped) not all counts. */
	if (p->spent > 2 * most)
		p->spent = 2 * most;
}
