/*
 * Several prefix tables in one block of memory; see prefix.h.
 *
 * Part of the matcher. Layout: header, one {offset, size} for each table,
 * then the tables in that order, each aligned to 64 bytes. Offsets come from
 * another process: tables that overlap or reach outside are refused.
 */
#include "policy/prefix.h"

#include <string.h>

#define BLOCK_ALIGNMENT 64

struct header {
	char magic[8];
	uint64_t size;		/* of everything */
	uint64_t count;
};

struct slot {
	uint64_t offset, size;
};

static const char magic[8] = { 't', 'a', 'b', 'l', 'e', 's', '0', '1' };

size_t
tables_directory_size(uint32_t count)
{
	size_t bytes = sizeof(struct header) + count * sizeof(struct slot);

	return (bytes + BLOCK_ALIGNMENT - 1) / BLOCK_ALIGNMENT *
	    BLOCK_ALIGNMENT;
}

/* *end is where the previous table ended; tables never overlap. */
static bool
slot_is_valid(const struct slot *slot, uint64_t size, uint64_t *end)
{
	if (slot->offset % BLOCK_ALIGNMENT != 0 || slot->offset < *end ||
	    slot->offset > size || slot->size > size - slot->offset)
		return false;
	*end = slot->offset + slot->size;
	return true;
}

bool
tables_directory(void *base, size_t size, uint32_t count,
    const uint64_t *offsets, const uint64_t *sizes)
{
	struct header header = { .size = size, .count = count };
	uint64_t end;
	uint8_t *at;

	if (count > TABLES_MAX || size < tables_directory_size(count))
		return false;
	memset(base, 0, tables_directory_size(count));
	end = tables_directory_size(count);
	at = (uint8_t *)base + sizeof(header);
	for (uint32_t i = 0; i < count; i++) {
		struct slot slot = { offsets[i], sizes[i] };

		if (!slot_is_valid(&slot, size, &end))
			return false;
		memcpy(at, &slot, sizeof(slot));
		at += sizeof(slot);
	}
	/* Last, so that a failure leaves no directory. */
	memcpy(header.magic, magic, sizeof(magic));
	memcpy(base, &header, sizeof(header));
	return true;
}

/* A copy, so that no alignment is asked of `base`. */
static struct slot
read_slot(const uint8_t *base, uint32_t number)
{
	struct slot slot;

	memcpy(&slot, base + sizeof(struct header) + number * sizeof(slot),
	    sizeof(slot));
	return slot;
}

bool
tables_open(struct tables *tables, const void *base, size_t size)
{
	struct header header;
	uint64_t end;

	if (size < sizeof(header))
		return false;
	memcpy(&header, base, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(magic)) != 0 ||
	    header.size != size || header.count > TABLES_MAX ||
	    size < tables_directory_size((uint32_t)header.count))
		return false;
	end = tables_directory_size((uint32_t)header.count);
	for (uint32_t i = 0; i < header.count; i++) {
		struct slot slot = read_slot(base, i);

		if (!slot_is_valid(&slot, size, &end))
			return false;
	}
	tables->base = base;
	tables->size = size;
	tables->count = (uint32_t)header.count;
	return true;
}

bool
tables_get(const struct tables *tables, uint32_t number, uint32_t entries,
    struct prefix_table *table)
{
	struct slot slot;

	if (number >= tables->count)
		return false;
	slot = read_slot(tables->base, number);
	return prefix_verify(table, tables->base + slot.offset,
	    (size_t)slot.size, entries);
}
