/*
 * The pattern of chargen. Runs in sallyport-relay; see chargen.h.
 */
#include "relay/chargen.h"

#include "shared/internal.h"
#include "shared/util.h"

/* Twice, so that a whole period follows every position. */
static char pattern[2 * CHARGEN_PERIOD];

void
chargen_make(void)
{
	uint32_t line = 0;

	must(internal_chargen(&line, pattern, sizeof pattern) ==
	    sizeof pattern);
}

const char *
chargen_at(uint32_t position)
{
	return pattern + position;
}

uint32_t
chargen_advance(uint32_t position, size_t sent)
{
	return (uint32_t)((position + sent) % CHARGEN_PERIOD);
}
