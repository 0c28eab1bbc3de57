/*
 * How often one address is answered: see pace.h.
 *
 * Runs in sallyport-dispatch; pure. A flood of invented sources makes the table
 * forget who was there, never refuse who was not: a loop is held up as soon as
 * the flood ends.
 */
#include "dispatch/pace.h"

#include <string.h>

/* The row of that source; a fresh one in place of the oldest. */
static struct pace_row *
pace_find(struct pace_table *table, const struct record_addr *source,
    uint64_t now_us)
{
	uint64_t set = hash_bytes(&table->key, source, sizeof *source) %
	    (PACE_ROWS / PACE_WAYS);
	struct pace_row *row = &table->rows[set * PACE_WAYS];
	struct pace_row *oldest = row;

	for (unsigned i = 0; i < PACE_WAYS; i++, row++) {
		if (row->last_us != 0 &&
		    memcmp(&row->source, source, sizeof *source) == 0)
			return row;
		if (row->last_us < oldest->last_us)
			oldest = row;
	}
	*oldest = (struct pace_row){ .source = *source, .since_us = now_us };
	return oldest;
}

bool
pace_allows(struct pace_table *table, const struct record_addr *from,
    uint64_t now_us)
{
	struct record_addr source = *from;
	struct pace_row *row;

	source.port = 0;
	row = pace_find(table, &source, now_us);
	row->last_us = now_us;
	if (now_us < row->since_us)
		return false;
	if (now_us - row->since_us >= PACE_MINUTE_US) {
		row->since_us = now_us;
		row->answers = 0;
	}
	if (row->answers == PACE_ANSWERS) {
		row->since_us = now_us + PACE_SILENCE_US;
		row->answers = 0;
		return false;
	}
	row->answers++;
	return true;
}
