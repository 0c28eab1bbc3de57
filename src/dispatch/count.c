/*
 * How many servers run, for this source, this service, and in all.
 *
 * Runs in sallyport-dispatch; pure reading. parent.state changes under our
 * eyes: values that bound something are read once. No index taken from it may
 * be used before it was bounded, and a start may never be counted twice by
 * count_exact(), or a client would be refused below its limit.
 */
#include "dispatch/count.h"

#include <string.h>
#include <strings.h>

/* One read that the compiler can neither repeat nor split. */
#define COUNT_READ(value) __atomic_load_n(&(value), __ATOMIC_RELAXED)

bool
count_pending_add(struct pending_table *table, const struct pending *pending)
{
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		if (table->rows[i].number != 0)
			continue;
		table->rows[i] = *pending;
		table->used++;
		return true;
	}
	return false;
}

struct pending *
count_pending_find(struct pending_table *table, uint64_t number)
{
	if (number == 0)
		return NULL;
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		if (table->rows[i].number == number)
			return &table->rows[i];
	}
	return NULL;
}

void
count_pending_remove(struct pending_table *table, struct pending *row)
{
	memset(row, 0, sizeof *row);
	table->used--;
}

static bool
count_slot_is(const struct parent_state *state, uint32_t slot, const char *id)
{
	return slot < STATE_SERVICES &&
	    strncasecmp(state->services[slot].id, id, STATE_ID) == 0;
}

uint32_t
count_slot(const struct parent_state *state, const char *id, uint32_t hint)
{
	uint32_t count = COUNT_READ(state->service_count);

	if (count_slot_is(state, hint, id))
		return hint;
	if (count > STATE_SERVICES)
		count = STATE_SERVICES;
	for (uint32_t slot = 0; slot < count; slot++) {
		if (count_slot_is(state, slot, id))
			return slot;
	}
	return COUNT_NO_SLOT;
}

void
count_quick(const struct parent_state *state,
    const struct pending_table *table, const struct count_query *query,
    struct count_result *out)
{
	out->of_source = 0;
	out->of_service = query->pending;
	if (query->slot < STATE_SERVICES)
		out->of_service +=
		    COUNT_READ(state->services[query->slot].instances);
	out->of_all = (uint64_t)COUNT_READ(state->processes) + table->used;
}

static bool
count_same_source(const struct count_query *query,
    const struct record_addr *other)
{
	struct source_name name;

	/* Those without a name are one source. */
	(void)source_name_of_record(other, query->prefix, &name);
	return source_is_same(&name, query->source);
}

/* Our unanswered starts by connection id, so that the pass over the instances
 * can strike out those that the parent has counted. */
struct count_open {
	uint64_t lowest, highest;
	bool is_seen[PENDING_MAX];
};

static void
count_open_init(struct count_open *open, const struct pending_table *table,
    uint64_t dispatcher)
{
	memset(open, 0, sizeof *open);
	open->lowest = UINT64_MAX;
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		uint64_t number = table->rows[i].number;
		uint64_t conn = RECORD_CONN(dispatcher, number);

		if (number == 0)
			continue;
		if (conn < open->lowest)
			open->lowest = conn;
		if (conn > open->highest)
			open->highest = conn;
	}
}

static void
count_open_strike(struct count_open *open, const struct pending_table *table,
    uint64_t dispatcher, uint64_t conn)
{
	/* Ids of one dispatcher rise: nearly every instance ends here. */
	if (conn < open->lowest || conn > open->highest)
		return;
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		uint64_t number = table->rows[i].number;

		if (number != 0 && RECORD_CONN(dispatcher, number) == conn)
			open->is_seen[i] = true;
	}
}

void
count_exact(const struct parent_state *state,
    const struct pending_table *table, const struct count_query *query,
    struct count_result *out)
{
	uint32_t high = COUNT_READ(state->instance_high);
	struct count_open open;

	memset(out, 0, sizeof *out);
	count_open_init(&open, table, query->dispatcher);
	if (high > STATE_INSTANCES)
		high = STATE_INSTANCES;
	for (uint32_t i = 0; i < high; i++) {
		const struct state_instance *slot = &state->instances[i];

		if (COUNT_READ(slot->pid) == 0)
			continue;
		count_open_strike(&open, table, query->dispatcher,
		    COUNT_READ(slot->conn));
		out->of_all++;
		if (query->slot == COUNT_NO_SLOT ||
		    COUNT_READ(slot->service) != query->slot)
			continue;
		out->of_service++;
		if (count_same_source(query, &slot->source))
			out->of_source++;
	}
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		const struct pending *row = &table->rows[i];

		if (row->number == 0 || open.is_seen[i])
			continue;
		out->of_all++;
		if (row->service != query->service)
			continue;
		out->of_service++;
		if (count_same_source(query, &row->source))
			out->of_source++;
	}
}
