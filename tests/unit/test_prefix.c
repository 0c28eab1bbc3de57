/*
 * Prefix tables: small ones by hand, large random ones against a linear scan,
 * and damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/prefix.h"

/* Items, and the table built of them in a block of exactly its size. */
struct built {
	struct prefix_item *items;
	size_t count, size;
	uint8_t *block;
	struct prefix_table table;
};

static void
build(struct built *b, uint32_t entries)
{
	size_t bound = prefix_size(b->items, b->count);
	uint8_t *large = malloc(bound);

	assert_non_null(large);
	memset(large, 0xa5, bound);
	b->size = prefix_build(b->items, b->count, large, bound);
	assert_in_range(b->size, 1, bound);
	b->block = malloc(b->size);
	assert_non_null(b->block);
	memcpy(b->block, large, b->size);
	free(large);
	assert_true(prefix_verify(&b->table, b->block, b->size, entries));
}

static void
drop(struct built *b)
{
	free(b->items);
	free(b->block);
}

static void
add_word(struct built *b, struct arena *arena, const char *word,
    uint32_t entry)
{
	struct prefix *prefixes;
	unsigned count;

	assert_int_equal(addr_word(arena, word, &prefixes, &count), ADDR_OK);
	b->items = realloc(b->items, (b->count + count) * sizeof(*b->items));
	assert_non_null(b->items);
	for (unsigned i = 0; i < count; i++)
		b->items[b->count++] =
		    (struct prefix_item){ prefixes[i], entry };
}

static void
test_lookup(void **state)
{
	static const char *const words[] = {
		"10.0.0.0/8",		/* 0 */
		"10.1.0.0/16",		/* 1 */
		"10.1.2.3/32",		/* 2 */
		"10.1.0.0/16",		/* 3: as 1 */
		"192.0.2.0/25",		/* 4 */
		"192.0.2.128/25",	/* 5 */
		"255.255.255.255/32",	/* 6 */
		"2001:db8::/32",	/* 7 */
		"2001:db8::1/128",	/* 8 */
		"ffff::/16",		/* 9 */
	};
	static const struct {
		const char *addr;
		int entry;		/* -1: none */
		unsigned length;
	} rows[] = {
		{ "9.255.255.255", -1, 0 }, { "10.0.0.0", 0, 8 },
		{ "10.0.255.255", 0, 8 }, { "10.1.0.0", 1, 16 },
		{ "10.1.2.2", 1, 16 }, { "10.1.2.3", 2, 32 },
		{ "10.1.2.4", 1, 16 }, { "10.1.255.255", 1, 16 },
		{ "10.2.0.0", 0, 8 }, { "10.255.255.255", 0, 8 },
		{ "11.0.0.0", -1, 0 }, { "192.0.2.127", 4, 25 },
		{ "192.0.2.128", 5, 25 }, { "192.0.3.0", -1, 0 },
		{ "255.255.255.254", -1, 0 }, { "255.255.255.255", 6, 32 },
		{ "0.0.0.0", -1, 0 }, { "::", -1, 0 },
		{ "2001:db7:ffff::", -1, 0 }, { "2001:db8::", 7, 32 },
		{ "2001:db8::1", 8, 128 }, { "2001:db8::2", 7, 32 },
		{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 7, 32 },
		{ "2001:db9::", -1, 0 }, { "fffe:ffff::", -1, 0 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 9, 16 },
		{ "::ffff:10.1.2.3", 2, 32 },
	};
	struct arena *arena = arena_new(1 << 16);
	struct built b = { .count = 0 };

	(void)state;
	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add_word(&b, arena, words[i], i);
	build(&b, 10);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix_hit hit = { 0, 0 };
		struct addr addr;
		bool found;

		assert_true(addr_parse(&addr, rows[i].addr));
		found = prefix_lookup(&b.table, &addr, &hit);
		if (found != (rows[i].entry >= 0) || (found &&
		    ((int)hit.entry != rows[i].entry ||
		    hit.length != rows[i].length)))
			fail_msg("%s: %d, %u/%u", rows[i].addr, found,
			    hit.entry, hit.length);
	}
	drop(&b);
	arena_free(arena);
}

static void
test_everything_and_nothing(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	struct built none = { .count = 0 }, all = { .count = 0 };
	struct prefix_hit hit;
	struct addr addr;

	(void)state;
	build(&none, 0);
	assert_int_equal(none.table.count4 + none.table.count6, 0);
	add_word(&all, arena, "ALL", 0);
	build(&all, 1);
	assert_int_equal(all.table.count4, 1);
	assert_int_equal(all.table.count6, 1);
	for (unsigned i = 0; i < 4; i++) {
		static const char *const rows[] = { "0.0.0.0",
		    "255.255.255.255", "::", "ffff::ffff" };

		assert_true(addr_parse(&addr, rows[i]));
		assert_false(prefix_lookup(&none.table, &addr, &hit));
		assert_true(prefix_lookup(&all.table, &addr, &hit));
		assert_int_equal(hit.length, 0);
	}
	memset(&addr, 0, sizeof(addr));
	assert_false(prefix_lookup(&all.table, &addr, &hit));
	drop(&none);
	drop(&all);
	arena_free(arena);
}

/* All 33 and 129 lengths around one address, each inside the one before. */
static void
test_deepest_nesting(void **state)
{
	static const char *const rows[] = { "170.85.170.85",
	    "aaaa:5555:aaaa:5555:aaaa:5555:aaaa:5555" };
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		unsigned bits = i == 0 ? 32 : 128;
		struct built b = { .count = 0 };
		struct prefix_hit hit;
		struct addr addr;

		for (unsigned length = 0; length <= bits; length++) {
			char word[ADDR_TEXT_MAX];

			(void)snprintf(word, sizeof(word), "%s/%u", rows[i],
			    length);
			add_word(&b, arena, word, length);
		}
		build(&b, bits + 1);
		assert_true(addr_parse(&addr, rows[i]));
		for (unsigned bit = 0; bit <= bits; bit++) {
			struct addr flipped = addr;

			if (bit < bits)
				flipped.bytes[bit / 8] ^=
				    (uint8_t)(0x80 >> bit % 8);
			assert_true(prefix_lookup(&b.table, &flipped, &hit));
			assert_int_equal(hit.entry, bit);
			assert_int_equal(hit.length, bit);
		}
		drop(&b);
	}
	arena_free(arena);
}

/* Random tables ************************************************************/

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Dense enough that prefixes nest, touch and repeat: few bits vary. */
static void
random_addr(struct addr *addr, uint64_t *seed, unsigned family)
{
	unsigned length = family == ADDR_IPV4 ? 4 : 16;

	memset(addr, 0, sizeof(*addr));
	addr->family = (uint8_t)family;
	for (unsigned i = 0; i < length; i++) {
		uint64_t dice = next_random(seed);

		addr->bytes[i] = dice % 4 == 0 ? (uint8_t)(dice >> 8) :
		    dice % 4 == 1 ? 0xff : (uint8_t)(dice >> 8 & 3);
	}
}

static void
random_item(struct prefix_item *item, uint64_t *seed, uint32_t entries)
{
	unsigned family = next_random(seed) % 3 == 0 ? ADDR_IPV6 : ADDR_IPV4;
	unsigned bits = family == ADDR_IPV4 ? 32 : 128;
	unsigned length = (unsigned)(next_random(seed) % (bits + 1));

	random_addr(&item->prefix.addr, seed, family);
	for (unsigned i = length; i < bits; i++)
		item->prefix.addr.bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	item->prefix.length = (uint8_t)length;
	item->entry = (uint32_t)(next_random(seed) % entries);
}

static const struct prefix_item *
oracle(const struct built *b, const struct addr *addr)
{
	const struct prefix_item *best = NULL;

	for (size_t i = 0; i < b->count; i++) {
		const struct prefix_item *item = &b->items[i];

		if (!prefix_contains(&item->prefix, addr))
			continue;
		if (best == NULL || item->prefix.length > best->prefix.length ||
		    (item->prefix.length == best->prefix.length &&
		    item->entry < best->entry))
			best = item;
	}
	return best;
}

static void
ask_both(const struct built *b, const struct addr *addr, uint64_t seed)
{
	const struct prefix_item *expected = oracle(b, addr);
	struct prefix_hit hit = { 0, 0 };
	char text[ADDR_TEXT_MAX];
	bool found = prefix_lookup(&b->table, addr, &hit);

	if (found == (expected != NULL) && (!found ||
	    (hit.entry == expected->entry &&
	    hit.length == expected->prefix.length)))
		return;
	(void)addr_format(addr, text);
	fail_msg("seed %llu, %zu items, %s: %d %u/%u",
	    (unsigned long long)seed, b->count, text, found, hit.entry,
	    hit.length);
}

/* One behind or before an address: the ends of prefixes are what breaks. */
static void
step(struct addr *addr, bool up)
{
	for (int i = addr->family == ADDR_IPV4 ? 3 : 15; i >= 0; i--) {
		addr->bytes[i] = (uint8_t)(addr->bytes[i] + (up ? 1 : 255));
		if (addr->bytes[i] != (up ? 0 : 255))
			return;
	}
}

static void
random_table(uint64_t seed, size_t count, unsigned queries)
{
	uint64_t first_seed = seed;
	struct built b = { .count = count };
	uint32_t entries = (uint32_t)(1 + next_random(&seed) % (count + 1));

	b.items = malloc((count + 1) * sizeof(*b.items));
	assert_non_null(b.items);
	for (size_t i = 0; i < count; i++)
		random_item(&b.items[i], &seed, entries);
	build(&b, entries);
	for (unsigned i = 0; i < queries; i++) {
		struct addr addr;

		random_addr(&addr, &seed, i % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6);
		if (count > 0 && i % 3 != 0)
			addr = b.items[next_random(&seed) % count].prefix.addr;
		ask_both(&b, &addr, first_seed);
		step(&addr, i % 4 < 2);
		ask_both(&b, &addr, first_seed);
	}
	assert_int_equal(b.table.index4 != NULL, b.table.count4 > 1024);
	drop(&b);
}

static void
test_random(void **state)
{
	uint64_t seed = UINT64_C(0x5a11f0e7) + (uint64_t)(uintptr_t)&seed;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < 400; i++)
		random_table(next_random(&seed), i % 40, 60);
	for (unsigned i = 0; i < 4; i++)
		random_table(next_random(&seed), 1500 + i * 1000, 1500);
}

/* What DESIGN section 9 asks of a million: 16 and 42 bytes a prefix, and an
 * index of 256 KiB, whatever the prefixes are. */
static void
test_size(void **state)
{
	struct built b = { .count = 20000 };
	size_t size4, size6;

	(void)state;
	b.items = calloc(b.count, sizeof(*b.items));
	assert_non_null(b.items);
	for (uint32_t i = 0; i < b.count; i++) {
		uint8_t *bytes = b.items[i].prefix.addr.bytes;

		b.items[i].prefix.addr.family = ADDR_IPV4;
		b.items[i].prefix.length = 32;
		b.items[i].entry = i;
		bytes[1] = (uint8_t)(i >> 12);
		bytes[2] = (uint8_t)(i >> 4);
		bytes[3] = (uint8_t)(i << 4 | 8);
	}
	size4 = prefix_size(b.items, b.count);
	build(&b, (uint32_t)b.count);
	assert_in_range(b.size, size4 - 32, size4);
	assert_in_range(size4, 0, b.count * 16 + 262144 + 128);
	for (size_t i = 0; i < b.count; i++) {
		b.items[i].prefix.addr.family = ADDR_IPV6;
		b.items[i].prefix.length = 128;
	}
	size6 = prefix_size(b.items, b.count);
	assert_in_range(size6, 0, b.count * 42 + 128);
	assert_true(size6 * 50 < (size_t)48 << 20);
	assert_true((size4 - 262144) * 50 + 262144 < (size_t)16 << 20);
	drop(&b);
}

/* What is refused **********************************************************/

static void
test_bad_items(void **state)
{
	static const struct {
		const char *name;
		struct prefix_item item;
		bool expected;
	} rows[] = {
		{ "sound", { { { ADDR_IPV4, { 10 }, 0 }, 8 }, 0 }, true },
		{ "highest entry", { { { ADDR_IPV4, { 10 }, 0 }, 32 },
		    PREFIX_ENTRY_MAX }, true },
		{ "entry too high", { { { ADDR_IPV4, { 10 }, 0 }, 8 },
		    PREFIX_ENTRY_MAX + 1 }, false },
		{ "no family", { { { 0, { 10 }, 0 }, 8 }, 0 }, false },
		{ "another family", { { { 5, { 10 }, 0 }, 8 }, 0 }, false },
		{ "IPv4 too long", { { { ADDR_IPV4, { 10 }, 0 }, 33 }, 0 },
		    false },
		{ "IPv6 too long", { { { ADDR_IPV6, { 10 }, 0 }, 129 }, 0 },
		    false },
		{ "IPv4 host bits", { { { ADDR_IPV4, { 10, 1 }, 0 }, 15 }, 0 },
		    false },
		{ "IPv6 high host bits", { { { ADDR_IPV6, { 0, 1 }, 0 }, 15 },
		    0 }, false },
		{ "IPv6 low host bits", { { { ADDR_IPV6, { 0, 0, 0, 0, 0, 0,
		    0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 0 }, 0 }, 0 }, false },
		{ "IPv6 bit 64", { { { ADDR_IPV6, { 0, 0, 0, 0, 0, 0, 0, 0,
		    0x80 }, 0 }, 64 }, 0 }, false },
		{ "IPv6 bit 64, in", { { { ADDR_IPV6, { 0, 0, 0, 0, 0, 0, 0, 0,
		    0x80 }, 0 }, 65 }, 0 }, true },
	};
	_Alignas(8) uint8_t block[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix_item item = rows[i].item;
		size_t size = prefix_build(&item, 1, block, sizeof(block));

		if ((size != 0) != rows[i].expected)
			fail_msg("%s: %zu", rows[i].name, size);
	}
}

static void
test_no_room(void **state)
{
	struct prefix_item item = { { { ADDR_IPV4, { 10 }, 0 }, 8 }, 0 };
	_Alignas(8) uint8_t block[512];
	size_t need = prefix_build(&item, 1, block, sizeof(block));

	(void)state;
	assert_true(need > 0);
	for (size_t size = 0; size < need; size++)
		assert_int_equal(prefix_build(&item, 1, block, size), 0);
	assert_int_equal(prefix_build(&item, 1, block, need), need);
	assert_int_equal(prefix_build(&item, 1, block + 1, 500), 0);
	assert_int_equal(prefix_build(&item, PREFIX_ITEMS_MAX + 1, block, 500),
	    0);
	assert_int_equal(prefix_size(&item, PREFIX_ITEMS_MAX + 1), SIZE_MAX);
}

/* Where damage must be noticed: offsets follow prefix.c's layout comment. */
static void
test_verify(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
		uint32_t value;		/* twice when width is 8 */
		size_t width;
	} rows[] = {
		{ "magic", 0, 0, 4 }, { "size", 8, 1000, 8 },
		{ "count4", 16, 4, 4 }, { "count4", 16, UINT32_MAX, 4 },
		{ "count6", 20, 4, 4 }, { "count6", 20, UINT32_MAX, 4 },
		{ "first IPv6 start, high", 24, 1, 8 },
		{ "first IPv6 start, low", 32, 1, 8 },
		{ "IPv6 order", 40, 0xffffffff, 8 },
		{ "IPv6 entry", 24 + 48 + 4, 2, 4 },
		{ "IPv6 length", 24 + 48 + 12, 0xffffffff, 4 },
		{ "first IPv4 start", 24 + 48 + 12 + 4, 1, 4 },
		{ "IPv4 order", 24 + 48 + 12 + 4 + 4, 0xc0000000, 4 },
		{ "IPv4 equal", 24 + 48 + 12 + 4 + 4, 0, 4 },
		{ "IPv4 entry", 24 + 48 + 12 + 4 + 12 + 4, 2 << 6 | 8, 4 },
		{ "IPv4 length", 24 + 48 + 12 + 4 + 12 + 4, 33, 4 },
	};
	struct arena *arena = arena_new(1 << 16);
	struct built b = { .count = 0 };
	struct prefix_table table;

	(void)state;
	add_word(&b, arena, "10.0.0.0/8", 0);
	add_word(&b, arena, "2001:db8::/32", 1);
	build(&b, 2);
	assert_int_equal(b.table.count4, 3);
	assert_int_equal(b.table.count6, 3);
	assert_int_equal(b.size, 24 + 48 + 12 + 4 + 24);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t value[2] = { rows[i].value, rows[i].value }, kept[2];
		size_t width = rows[i].width;

		memcpy(kept, b.block + rows[i].offset, width);
		memcpy(b.block + rows[i].offset, value, width);
		table.count4 = 77;
		if (prefix_verify(&table, b.block, b.size, 2) ||
		    table.count4 != 77)
			fail_msg("%s", rows[i].name);
		memcpy(b.block + rows[i].offset, kept, width);
	}
	assert_false(prefix_verify(&table, b.block, b.size, 1));
	assert_false(prefix_verify(&table, b.block + 8, b.size - 8, 2));
	assert_false(prefix_verify(&table, b.block + 1, b.size - 1, 2));
	for (size_t size = 0; size < b.size; size++)
		assert_false(prefix_verify(&table, b.block, size, 2));
	assert_true(prefix_verify(&table, b.block, b.size, 2));
	drop(&b);
	arena_free(arena);
}

/* Each slot of the index is believed only when it is exact. */
static void
test_verify_index(void **state)
{
	struct built b = { .count = 2000 };
	struct prefix_table table;
	uint32_t *index;

	(void)state;
	b.items = calloc(b.count, sizeof(*b.items));
	assert_non_null(b.items);
	for (uint32_t i = 0; i < b.count; i++) {
		b.items[i].prefix.addr.family = ADDR_IPV4;
		b.items[i].prefix.length = 24;
		b.items[i].prefix.addr.bytes[0] = (uint8_t)(i >> 6);
		b.items[i].prefix.addr.bytes[1] = (uint8_t)(i << 2);
		b.items[i].entry = i;
	}
	build(&b, 2000);
	assert_non_null(b.table.index4);
	index = (uint32_t *)(void *)(b.block +
	    ((const uint8_t *)b.table.index4 - b.block));
	for (uint32_t slot = 0; slot <= 65536; slot += 1021) {
		index[slot]++;
		if (prefix_verify(&table, b.block, b.size, 2000))
			fail_msg("slot %u", slot);
		index[slot] -= 2;
		if (prefix_verify(&table, b.block, b.size, 2000))
			fail_msg("slot %u", slot);
		index[slot]++;
	}
	assert_true(prefix_verify(&table, b.block, b.size, 2000));
	drop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_everything_and_nothing),
		cmocka_unit_test(test_deepest_nesting),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_bad_items),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
