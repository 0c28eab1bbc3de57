/*
 * Which denied datagrams deserve a record: see suppress.h.
 *
 * Runs in sallyport-dispatch; pure. Sources of datagrams are anybody's
 * invention: the table is of a fixed size, and when it is too small there are
 * more records, never fewer; how many there are at most, the meters say.
 */
#include "dispatch/suppress.h"

#include <string.h>

static bool
suppress_is_row(const struct suppress_row *row,
    const struct record_addr *source, uint32_t listener)
{
	return row->since_us != 0 && row->listener == listener &&
	    memcmp(&row->source, source, sizeof *source) == 0;
}

/* The row of that source, or the one to take for it. */
static struct suppress_row *
suppress_find(struct suppress_table *table, const struct record_addr *source,
    uint32_t listener)
{
	uint64_t hash = hash_bytes(&table->key, source, sizeof *source);
	uint64_t set = (hash ^ listener) % (SUPPRESS_ROWS / SUPPRESS_WAYS);
	struct suppress_row *row = &table->rows[set * SUPPRESS_WAYS];
	struct suppress_row *oldest = row;

	for (unsigned i = 0; i < SUPPRESS_WAYS; i++, row++) {
		if (suppress_is_row(row, source, listener))
			return row;
		if (row->since_us < oldest->since_us)
			oldest = row;
	}
	return oldest;
}

static void
suppress_begin_second(struct suppress_meter *meter, uint64_t now_us)
{
	if (now_us - meter->second_us < SUPPRESS_SECOND_US)
		return;
	meter->second_us = now_us;
	meter->records = 0;
}

static void
suppress_owe(struct suppress_table *table, uint32_t listener, uint64_t count)
{
	table->meters[listener].untold += count;
	table->owed += count;
}

/* The number goes into a record, which counts. */
static uint64_t
suppress_pay(struct suppress_table *table, uint32_t listener)
{
	struct suppress_meter *meter = &table->meters[listener];
	uint64_t count = meter->untold;

	meter->records++;
	meter->untold = 0;
	table->owed -= count;
	return count;
}

bool
suppress_wants_record(struct suppress_table *table,
    const struct record_addr *from, uint32_t listener, uint64_t now_us,
    uint64_t *untold)
{
	struct suppress_meter *meter = &table->meters[listener];
	struct record_addr source = *from;
	struct suppress_row *row;

	source.port = 0;
	row = suppress_find(table, &source, listener);
	if (suppress_is_row(row, &source, listener) &&
	    now_us - row->since_us < SUPPRESS_US) {
		row->untold++;
		return false;
	}
	suppress_begin_second(meter, now_us);
	if (meter->records >= SUPPRESS_RECORDS - 1) {
		suppress_owe(table, listener, 1);
		return false;
	}
	/* What gives way is its own listener's to tell, mostly this one. */
	suppress_owe(table, row->listener, row->untold);
	*untold = suppress_pay(table, listener);
	*row = (struct suppress_row){ .source = source, .listener = listener,
	    .since_us = now_us };
	return true;
}

uint64_t
suppress_owed(struct suppress_table *table, uint32_t listener, bool is_end,
    uint64_t now_us)
{
	struct suppress_meter *meter = &table->meters[listener];

	for (unsigned i = 0; is_end && i < SUPPRESS_ROWS; i++) {
		struct suppress_row *row = &table->rows[i];

		if (row->since_us == 0 || row->listener != listener)
			continue;
		suppress_owe(table, listener, row->untold);
		row->untold = 0;
	}
	if (meter->untold == 0)
		return 0;
	suppress_begin_second(meter, now_us);
	return suppress_pay(table, listener);
}
