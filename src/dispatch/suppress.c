/*
 * Which denied datagrams deserve a record: see suppress.h.
 *
 * Runs in sallyport-dispatch; pure. Sources of datagrams are anybody's
 * invention: the table is of a fixed size, and when it is too small there are
 * more records, never fewer.
 */
#include "dispatch/suppress.h"

#include <string.h>

static bool
suppress_is_row(const struct suppress_row *row,
    const struct record_addr *source, uint32_t service)
{
	return row->since_us != 0 && row->service == service &&
	    memcmp(&row->source, source, sizeof *source) == 0;
}

/* The row of that source, or the one to take for it. */
static struct suppress_row *
suppress_find(struct suppress_table *table, const struct record_addr *source,
    uint32_t service)
{
	uint64_t hash = hash_bytes(&table->key, source, sizeof *source);
	uint64_t set = (hash ^ service) % (SUPPRESS_ROWS / SUPPRESS_WAYS);
	struct suppress_row *row = &table->rows[set * SUPPRESS_WAYS];
	struct suppress_row *oldest = row;

	for (unsigned i = 0; i < SUPPRESS_WAYS; i++, row++) {
		if (suppress_is_row(row, source, service))
			return row;
		if (row->since_us < oldest->since_us)
			oldest = row;
	}
	return oldest;
}

bool
suppress_is_told(struct suppress_table *table,
    const struct record_addr *source, uint32_t service, uint64_t now_us,
    uint64_t *untold)
{
	struct suppress_row *row = suppress_find(table, source, service);

	if (suppress_is_row(row, source, service) &&
	    now_us - row->since_us < SUPPRESS_US) {
		row->untold++;
		return false;
	}
	*untold = row->untold + table->untold;
	table->untold = 0;
	*row = (struct suppress_row){ .source = *source, .service = service,
	    .since_us = now_us };
	return true;
}
