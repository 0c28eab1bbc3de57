/*
 * Random prefixes against a linear scan; arbitrary and damaged bytes as a
 * block: what prefix_verify() and tables_open() accept is never read outside.
 *
 * Input: one byte that chooses. Even: items of four bytes, of which few bits
 * matter, so that they nest and touch. Odd: a block, or a block built from the
 * same items with bytes changed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/prefix.h"

#define ITEM 4
#define ITEMS_MAX 512
#define ENTRIES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

static void
read_addr(struct addr *addr, const uint8_t *at)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = (at[0] & 1) != 0 ? ADDR_IPV4 : ADDR_IPV6;
	addr->bytes[0] = at[1];
	addr->bytes[1] = at[2];
	addr->bytes[(at[0] & 1) != 0 ? 3 : 15] = (uint8_t)(at[0] >> 4);
	if ((at[0] & 2) != 0)
		addr->bytes[(at[0] & 1) != 0 ? 2 : 8] = 0xff;
}

static void
read_item(struct prefix_item *item, const uint8_t *at)
{
	struct addr *addr = &item->prefix.addr;
	unsigned bits = (at[0] & 1) != 0 ? 32 : 128;

	read_addr(addr, at);
	item->prefix.length = (uint8_t)(at[3] % (bits + 1));
	item->entry = (at[0] >> 2) % ENTRIES;
	for (unsigned i = item->prefix.length; i < bits; i++)
		addr->bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
}

static void
ask(const struct prefix_table *table, const struct prefix_item *items,
    size_t count, const struct addr *addr)
{
	const struct prefix_item *best = NULL;
	struct prefix_hit hit = { 0, 0 };
	bool found = prefix_lookup(table, addr, &hit);

	for (size_t i = 0; i < count; i++) {
		const struct prefix_item *item = &items[i];

		if (prefix_contains(&item->prefix, addr) && (best == NULL ||
		    item->prefix.length > best->prefix.length ||
		    (item->prefix.length == best->prefix.length &&
		    item->entry < best->entry)))
			best = item;
	}
	check(found == (best != NULL));
	check(!found || (hit.entry == best->entry &&
	    hit.length == best->prefix.length));
}

static void
ask_all(const struct prefix_table *table, const struct prefix_item *items,
    size_t count)
{
	for (size_t i = 0; i < count && i < 64; i++) {
		struct addr addr = items[i].prefix.addr;

		ask(table, items, count, &addr);
		addr.bytes[items[i].prefix.length / 8 % 16] ^= (uint8_t)
		    (0x80 >> items[i].prefix.length % 8);
		ask(table, items, count, &addr);
		memset(addr.bytes + 2, 0xff, sizeof(addr.bytes) - 2);
		ask(table, items, count, &addr);
	}
}

/* Every lookup in an accepted block stays inside it and tells an entry that
 * exists; the sanitizer watches the first. */
static void
open_block(const uint8_t *block, size_t size)
{
	struct prefix_table table;
	struct prefix_hit hit;
	struct addr addr;

	if (!prefix_verify(&table, block, size, ENTRIES))
		return;
	for (unsigned i = 0; i < 1024; i++) {
		const uint8_t at[3] = { (uint8_t)i, (uint8_t)(i * 37),
		    (uint8_t)(i * 101) };

		read_addr(&addr, at);
		if (prefix_lookup(&table, &addr, &hit))
			check(hit.entry < ENTRIES && hit.length <=
			    (addr.family == ADDR_IPV4 ? 32 : 128));
	}
}

static void
open_tables(const uint8_t *base, size_t size)
{
	struct tables tables;
	struct prefix_table table;
	struct prefix_hit hit;
	struct addr addr = { .family = ADDR_IPV4 };

	if (!tables_open(&tables, base, size))
		return;
	for (uint32_t i = 0; i <= tables.count && i < 16; i++)
		if (tables_get(&tables, i, ENTRIES, &table) &&
		    prefix_lookup(&table, &addr, &hit))
			check(hit.entry < ENTRIES);
}

/* Items from the first half of the input; changes from the second. */
static void
damage(uint8_t *block, size_t size, const uint8_t *changes, size_t count)
{
	for (size_t i = 0; i + 3 <= count; i += 3)
		block[(changes[i] << 8 | changes[i + 1]) % size] ^=
		    changes[i + 2];
	open_block(block, size);
}

static void
build(const uint8_t *data, size_t size, const uint8_t *changes,
    size_t change_count)
{
	size_t count = size / ITEM, bound, used;
	struct prefix_item *items = calloc(count + 1, sizeof(*items));
	struct prefix_table table;
	uint8_t *large = NULL, *block = NULL;

	if (items == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		read_item(&items[i], data + i * ITEM);
	bound = prefix_size(items, count);
	large = malloc(bound);
	if (large == NULL)
		goto out;
	used = prefix_build(items, count, large, bound);
	check(used > 0 && used <= bound);
	check(prefix_build(items, count, large, used - 1) == 0);
	check(prefix_build(items, count, large, used) == used);
	block = malloc(used);
	if (block == NULL)
		goto out;
	memcpy(block, large, used);
	check(prefix_verify(&table, block, used, ENTRIES));
	ask_all(&table, items, count);
	damage(block, used, changes, change_count);
out:
	free(items);
	free(large);
	free(block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 1 || size > ITEMS_MAX * ITEM)
		return 0;
	if (data[0] % 2 == 0) {
		build(data + 1, size - 1, NULL, 0);
		return 0;
	}
	build(data + 1, (size - 1) / 2, data + 1 + (size - 1) / 2,
	    size - 1 - (size - 1) / 2);
	/* Aligned as a memfd would be. */
	copy = malloc(size);
	if (copy == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	open_block(copy, size - 1);
	open_tables(copy, size - 1);
	free(copy);
	return 0;
}
