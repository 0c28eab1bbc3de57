/*
 * Prefix tables: flatten, verify, look up; see prefix.h.
 *
 * Part of the matcher: the loader builds, the dispatcher verifies and asks.
 * A block comes from another process, so lookup reads nothing that
 * prefix_verify() has not checked, and the block must not change afterwards
 * (a sealed memfd).
 *
 * Layout: header, IPv6 starts, IPv6 entries, IPv6 lengths, padding, IPv4
 * index, IPv4 starts, IPv4 values, padding. Numbers are in host order.
 */
#include "policy/prefix.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_SLOTS 65536u
#define INDEX_ABOVE 1024u	/* ranges from which the index pays */
#define NESTING_MAX 129		/* prefixes inside each other: 0..128 bits */

/* An IPv4 value is entry << 6 | length; no entry at all is a gap. */
#define LENGTH_BITS 6
#define LENGTH_MASK ((1u << LENGTH_BITS) - 1)
#define GAP UINT32_MAX

struct header {
	char magic[8];
	uint64_t size;
	uint32_t count4, count6;
};

static const char magic[8] = { 'p', 'r', 'e', 'f', 'i', 'x', '0', '1' };

struct key {			/* an address; IPv4 uses the low half */
	uint64_t high, low;
};

/* Without a branch, which lookup could not predict. */
static bool
key_is_less(struct key a, struct key b)
{
	return (a.high < b.high) | ((a.high == b.high) & (a.low < b.low));
}

static bool
key_is_equal(struct key a, struct key b)
{
	return a.high == b.high && a.low == b.low;
}

static uint32_t
read_ipv4(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	    (uint32_t)bytes[2] << 8 | bytes[3];
}

static struct key
key_of(const struct addr *addr)
{
	const uint8_t *b = addr->bytes;

	if (addr->family == ADDR_IPV4)
		return (struct key){ 0, read_ipv4(b) };
	return (struct key){
		(uint64_t)read_ipv4(b) << 32 | read_ipv4(b + 4),
		(uint64_t)read_ipv4(b + 8) << 32 | read_ipv4(b + 12)
	};
}

static unsigned
bits_of(const struct addr *addr)
{
	return addr->family == ADDR_IPV4 ? 32 : 128;
}

/* The last address of a prefix. */
static struct key
last_key(const struct prefix *prefix)
{
	struct key key = key_of(&prefix->addr);
	unsigned host_bits = bits_of(&prefix->addr) - prefix->length;

	if (host_bits >= 64) {
		key.low = UINT64_MAX;
		host_bits -= 64;
		key.high |= host_bits == 64 ? UINT64_MAX :
		    (UINT64_C(1) << host_bits) - 1;
		return key;
	}
	key.low |= (UINT64_C(1) << host_bits) - 1;
	return key;
}

/* Where each part of a block lies. */
struct layout {
	size_t starts6, entries6, lengths6, index4, starts4, values4, size;
	bool has_index;
};

static size_t
round_up(size_t value, size_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* Counts below 2^32 on a machine of 64 bits cannot overflow; with less, the
 * callers' bound on the counts sees to it. */
static void
lay_out(struct layout *layout, size_t count4, size_t count6)
{
	layout->has_index = count4 > INDEX_ABOVE;
	layout->starts6 = sizeof(struct header);
	layout->entries6 = layout->starts6 + count6 * sizeof(struct key);
	layout->lengths6 = layout->entries6 + count6 * sizeof(uint32_t);
	layout->index4 = round_up(layout->lengths6 + count6, sizeof(uint32_t));
	layout->starts4 = layout->index4 + (layout->has_index ?
	    (INDEX_SLOTS + 1) * sizeof(uint32_t) : 0);
	layout->values4 = layout->starts4 + count4 * sizeof(uint32_t);
	layout->size = round_up(layout->values4 + count4 * sizeof(uint32_t),
	    sizeof(uint64_t));
}

/* May lay_out() be called with these? */
static bool
counts_are_bounded(uint64_t count4, uint64_t count6)
{
	const uint64_t bound = SIZE_MAX / 64 < UINT32_MAX ? SIZE_MAX / 64 :
	    UINT32_MAX;

	return count4 <= bound && count6 <= bound;
}

static size_t
count_ipv4(const struct prefix_item *items, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += items[i].prefix.addr.family == ADDR_IPV4;
	return found;
}

size_t
prefix_size(const struct prefix_item *items, size_t count)
{
	struct layout layout;
	size_t count4;

	if (count > PREFIX_ITEMS_MAX)
		return SIZE_MAX;
	count4 = count_ipv4(items, count);
	if (!counts_are_bounded(2 * count4 + 1, 2 * (count - count4) + 1))
		return SIZE_MAX;
	/* Each prefix begins one range and ends another. */
	lay_out(&layout, 2 * count4 + 1, 2 * (count - count4) + 1);
	return layout.size;
}

/* Building ******************************************************************/

struct range {
	struct key start;
	uint32_t entry;		/* GAP: no prefix */
	uint8_t length;
};

struct open_prefix {		/* one that the sweep is inside of */
	struct key last;
	uint32_t entry;
	uint8_t length;
};

struct sweep {
	struct open_prefix open[NESTING_MAX];
	unsigned depth;
	struct range pending, written;
	uint32_t count;		/* ranges written */
	bool is_pending;
	/* NULL while ranges are only counted. */
	uint32_t *starts4, *values4, *entries6;
	struct key *starts6;
	uint8_t *lengths6;
};

static void
write_range(struct sweep *sweep, const struct range *range)
{
	uint32_t i = sweep->count++;

	sweep->written = *range;
	if (sweep->starts4 != NULL) {
		sweep->starts4[i] = (uint32_t)range->start.low;
		sweep->values4[i] = range->entry == GAP ? GAP :
		    range->entry << LENGTH_BITS | range->length;
	}
	if (sweep->starts6 != NULL) {
		sweep->starts6[i] = range->start;
		sweep->entries6[i] = range->entry;
		sweep->lengths6[i] = range->length;
	}
}

/* Equal neighbours become one range. */
static void
flush(struct sweep *sweep)
{
	const struct range *range = &sweep->pending;

	if (sweep->is_pending && (sweep->count == 0 ||
	    sweep->written.entry != range->entry ||
	    sweep->written.length != range->length))
		write_range(sweep, range);
	sweep->is_pending = false;
}

/* From `start` on the innermost open prefix holds. */
static void
begin_range(struct sweep *sweep, struct key start)
{
	struct range *range = &sweep->pending;

	if (!sweep->is_pending || !key_is_equal(range->start, start))
		flush(sweep);
	range->start = start;
	range->entry = GAP;
	range->length = 0;
	if (sweep->depth > 0) {
		range->entry = sweep->open[sweep->depth - 1].entry;
		range->length = sweep->open[sweep->depth - 1].length;
	}
	sweep->is_pending = true;
}

/* Nothing begins behind the family's last address. */
static void
close_innermost(struct sweep *sweep, struct key family_last)
{
	struct key last = sweep->open[--sweep->depth].last;

	if (key_is_equal(last, family_last))
		return;
	last.low++;
	if (last.low == 0)
		last.high++;
	begin_range(sweep, last);
}

static bool
is_repeated(const struct prefix_item *items, size_t i)
{
	const struct prefix *a = &items[i].prefix, *b;

	if (i == 0)
		return false;
	b = &items[i - 1].prefix;
	return a->length == b->length &&
	    key_is_equal(key_of(&a->addr), key_of(&b->addr));
}

/* One pass over the sorted prefixes of one family. Prefixes never overlap but
 * by nesting, so those that hold the present point form a stack. */
static void
sweep_items(struct sweep *sweep, const struct prefix_item *items, size_t count)
{
	struct prefix all;
	struct key family_last;

	sweep->depth = 0;
	sweep->count = 0;
	sweep->is_pending = false;
	if (count == 0)
		return;
	all = items[0].prefix;
	all.length = 0;
	family_last = last_key(&all);
	begin_range(sweep, (struct key){ 0, 0 });
	for (size_t i = 0; i < count; i++) {
		struct key start = key_of(&items[i].prefix.addr);

		if (is_repeated(items, i))
			continue;
		while (sweep->depth > 0 && key_is_less(
		    sweep->open[sweep->depth - 1].last, start))
			close_innermost(sweep, family_last);
		sweep->open[sweep->depth++] = (struct open_prefix){
			last_key(&items[i].prefix), items[i].entry,
			items[i].prefix.length };
		begin_range(sweep, start);
	}
	while (sweep->depth > 0)
		close_innermost(sweep, family_last);
	flush(sweep);
}

static int
compare_items(const void *a, const void *b)
{
	const struct prefix_item *x = a, *y = b;
	struct key kx, ky;

	if (x->prefix.addr.family != y->prefix.addr.family)
		return x->prefix.addr.family < y->prefix.addr.family ? -1 : 1;
	kx = key_of(&x->prefix.addr);
	ky = key_of(&y->prefix.addr);
	if (!key_is_equal(kx, ky))
		return key_is_less(kx, ky) ? -1 : 1;
	if (x->prefix.length != y->prefix.length)
		return x->prefix.length < y->prefix.length ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static bool
item_is_valid(const struct prefix_item *item)
{
	const struct prefix *prefix = &item->prefix;
	struct prefix bare = *prefix;
	struct key host, key;

	if ((prefix->addr.family != ADDR_IPV4 &&
	    prefix->addr.family != ADDR_IPV6) ||
	    prefix->length > bits_of(&prefix->addr) ||
	    item->entry > PREFIX_ENTRY_MAX)
		return false;
	/* The host bits alone are the last address of ::/length. */
	memset(bare.addr.bytes, 0, sizeof(bare.addr.bytes));
	host = last_key(&bare);
	key = key_of(&prefix->addr);
	return (key.high & host.high) == 0 && (key.low & host.low) == 0;
}

static void
fill_index(uint32_t *index, const uint32_t *starts, uint32_t count)
{
	uint32_t i = 0;

	for (uint32_t slot = 0; slot < INDEX_SLOTS; slot++) {
		while (i < count && starts[i] >> 16 < slot)
			i++;
		index[slot] = i;
	}
	index[INDEX_SLOTS] = count;
}

static void
point(struct sweep *sweep4, struct sweep *sweep6, uint8_t *block,
    const struct layout *layout)
{
	sweep4->starts4 = (uint32_t *)(void *)(block + layout->starts4);
	sweep4->values4 = (uint32_t *)(void *)(block + layout->values4);
	sweep6->starts6 = (struct key *)(void *)(block + layout->starts6);
	sweep6->entries6 = (uint32_t *)(void *)(block + layout->entries6);
	sweep6->lengths6 = block + layout->lengths6;
}

static bool
is_aligned(const void *block)
{
	return (uintptr_t)block % sizeof(uint64_t) == 0;
}

size_t
prefix_build(struct prefix_item *items, size_t count, void *block, size_t size)
{
	struct sweep sweep4 = { .depth = 0 }, sweep6 = { .depth = 0 };
	struct header header = { .count4 = 0 };
	struct prefix_item *items6 = items;
	struct layout layout;
	size_t count4;

	if (count > PREFIX_ITEMS_MAX || !is_aligned(block))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (!item_is_valid(&items[i]))
			return 0;
	if (count > 1)
		qsort(items, count, sizeof(*items), compare_items);
	count4 = count_ipv4(items, count);
	if (count4 > 0)
		items6 += count4;
	/* The first sweeps count, the second write. */
	sweep_items(&sweep4, items, count4);
	sweep_items(&sweep6, items6, count - count4);
	if (!counts_are_bounded(sweep4.count, sweep6.count))
		return 0;
	lay_out(&layout, sweep4.count, sweep6.count);
	if (layout.size > size)
		return 0;
	memset(block, 0, layout.size);
	memcpy(header.magic, magic, sizeof(magic));
	header.size = layout.size;
	header.count4 = sweep4.count;
	header.count6 = sweep6.count;
	memcpy(block, &header, sizeof(header));
	point(&sweep4, &sweep6, block, &layout);
	sweep_items(&sweep4, items, count4);
	sweep_items(&sweep6, items6, count - count4);
	if (layout.has_index)
		fill_index((uint32_t *)(void *)((uint8_t *)block +
		    layout.index4), sweep4.starts4, sweep4.count);
	return layout.size;
}

/* Reading *******************************************************************/

/* Each part of a table follows from its pointer and count. */
static const uint32_t *
starts4_of(const struct prefix_table *table)
{
	return (const uint32_t *)(const void *)table->v4;
}

static const uint32_t *
values4_of(const struct prefix_table *table)
{
	return starts4_of(table) + table->count4;
}

static const struct key *
starts6_of(const struct prefix_table *table)
{
	return (const struct key *)(const void *)table->v6;
}

static const uint32_t *
entries6_of(const struct prefix_table *table)
{
	return (const uint32_t *)(const void *)(table->v6 +
	    table->count6 * sizeof(struct key));
}

static const uint8_t *
lengths6_of(const struct prefix_table *table)
{
	return table->v6 + table->count6 * (sizeof(struct key) +
	    sizeof(uint32_t));
}

static bool
ipv4_is_valid(const struct prefix_table *table, uint32_t entries)
{
	const uint32_t *starts = starts4_of(table);
	const uint32_t *values = values4_of(table);

	for (uint32_t i = 0; i < table->count4; i++) {
		if (i == 0 ? starts[0] != 0 : starts[i - 1] >= starts[i])
			return false;
		if (values[i] != GAP && (values[i] >> LENGTH_BITS >= entries ||
		    (values[i] & LENGTH_MASK) > 32))
			return false;
	}
	return true;
}

static bool
ipv6_is_valid(const struct prefix_table *table, uint32_t entries)
{
	const struct key *starts = starts6_of(table);
	const uint32_t *values = entries6_of(table);
	const uint8_t *lengths = lengths6_of(table);

	for (uint32_t i = 0; i < table->count6; i++) {
		if (i == 0 ? (starts[0].high | starts[0].low) != 0 :
		    !key_is_less(starts[i - 1], starts[i]))
			return false;
		if (values[i] != GAP &&
		    (values[i] >= entries || lengths[i] > 128))
			return false;
	}
	return true;
}

/* Slot h must name exactly the ranges that begin in h.h.0.0/16. */
static bool
index_is_valid(const struct prefix_table *table)
{
	const uint32_t *starts = starts4_of(table);
	uint32_t i = 0;

	for (uint32_t slot = 0; slot < INDEX_SLOTS; slot++) {
		if (table->index4[slot] != i)
			return false;
		while (i < table->count4 && starts[i] >> 16 == slot)
			i++;
	}
	return table->index4[INDEX_SLOTS] == table->count4 &&
	    i == table->count4;
}

bool
prefix_verify(struct prefix_table *table, const void *block, size_t size,
    uint32_t entries)
{
	const uint8_t *bytes = block;
	struct prefix_table opened;
	struct header header;
	struct layout layout;

	if (!is_aligned(block) || size < sizeof(header))
		return false;
	memcpy(&header, block, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(magic)) != 0 ||
	    !counts_are_bounded(header.count4, header.count6))
		return false;
	lay_out(&layout, header.count4, header.count6);
	if (layout.size != header.size || layout.size > size)
		return false;
	opened.count4 = header.count4;
	opened.count6 = header.count6;
	opened.v4 = bytes + layout.starts4;
	opened.v6 = bytes + layout.starts6;
	opened.index4 = layout.has_index ?
	    (const uint32_t *)(const void *)(bytes + layout.index4) : NULL;
	if (!ipv4_is_valid(&opened, entries) ||
	    !ipv6_is_valid(&opened, entries) ||
	    (layout.has_index && !index_is_valid(&opened)))
		return false;
	*table = opened;
	return true;
}

/* The first range begins at 0, so one always holds the address. */
static bool
lookup_ipv4(const struct prefix_table *table, uint32_t address,
    struct prefix_hit *hit)
{
	const uint32_t *starts = starts4_of(table);
	uint32_t at = 0, count = table->count4, value;

	if (count == 0)
		return false;
	if (table->index4 != NULL) {
		const uint32_t *slot = &table->index4[address >> 16];

		at = slot[0] > 0 ? slot[0] - 1 : 0;
		count = slot[1] - at;
	}
	while (count > 1) {
		uint32_t half = count / 2;

		at += starts[at + half] <= address ? half : 0;
		count -= half;
	}
	value = values4_of(table)[at];
	if (value == GAP)
		return false;
	hit->entry = value >> LENGTH_BITS;
	hit->length = (uint8_t)(value & LENGTH_MASK);
	return true;
}

static bool
lookup_ipv6(const struct prefix_table *table, struct key address,
    struct prefix_hit *hit)
{
	const struct key *starts = starts6_of(table);
	uint32_t at = 0, count = table->count6;

	if (count == 0)
		return false;
	while (count > 1) {
		uint32_t half = count / 2;

		at += key_is_less(address, starts[at + half]) ? 0 : half;
		count -= half;
	}
	if (entries6_of(table)[at] == GAP)
		return false;
	hit->entry = entries6_of(table)[at];
	hit->length = lengths6_of(table)[at];
	return true;
}

bool
prefix_lookup(const struct prefix_table *table, const struct addr *addr,
    struct prefix_hit *hit)
{
	struct key key = key_of(addr);

	if (addr->family == ADDR_IPV4)
		return lookup_ipv4(table, (uint32_t)key.low, hit);
	if (addr->family == ADDR_IPV6)
		return lookup_ipv6(table, key, hit);
	return false;
}
