/*
 * Several prefix tables in one block: the directory, and what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "policy/prefix.h"

static void
test_tables(void **state)
{
	static const struct {
		const char *name;
		uint32_t count;
		uint64_t offsets[2], sizes[2];
		bool expected;
	} rows[] = {
		{ "two", 2, { 64, 192 }, { 100, 320 }, true },
		{ "none", 0, { 0, 0 }, { 0, 0 }, true },
		{ "empty ones", 2, { 64, 64 }, { 0, 0 }, true },
		{ "up to the end", 1, { 448, 0 }, { 64, 0 }, true },
		{ "behind the end", 1, { 448, 0 }, { 65, 0 }, false },
		{ "far away", 1, { 1024, 0 }, { 0, 0 }, false },
		{ "overflows", 1, { 64, 0 }, { UINT64_MAX, 0 }, false },
		{ "overflows as well", 1, { UINT64_MAX - 63, 0 }, { 64, 0 },
		    false },
		{ "in the directory", 1, { 0, 0 }, { 64, 0 }, false },
		{ "not aligned", 1, { 96, 0 }, { 64, 0 }, false },
		{ "overlapping", 2, { 64, 128 }, { 65, 64 }, false },
		{ "descending", 2, { 128, 64 }, { 64, 64 }, false },
		{ "too many", TABLES_MAX + 1, { 0, 0 }, { 0, 0 }, false },
	};
	_Alignas(64) uint8_t base[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tables tables;

		memset(base, 0, sizeof(base));
		if (tables_directory(base, sizeof(base), rows[i].count,
		    rows[i].offsets, rows[i].sizes) != rows[i].expected ||
		    tables_open(&tables, base, sizeof(base)) !=
		    rows[i].expected)
			fail_msg("%s", rows[i].name);
	}
}

static void
test_tables_hold_tables(void **state)
{
	_Alignas(64) uint8_t base[1024] = { 0 };
	struct prefix_item items[2] = {
		{ { { ADDR_IPV4, { 10 }, 0 }, 8 }, 0 },
		{ { { ADDR_IPV4, { 11 }, 0 }, 8 }, 4 },
	};
	uint64_t offsets[2] = { 64, 256 }, sizes[2];
	struct prefix_table table;
	struct prefix_hit hit;
	struct tables tables;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		sizes[i] = prefix_build(&items[i], 1, base + offsets[i], 192);
		assert_true(sizes[i] > 0);
	}
	assert_int_equal(tables_directory_size(2), 64);
	assert_int_equal(tables_directory_size(3), 128);
	assert_true(tables_directory(base, sizeof(base), 2, offsets, sizes));
	assert_true(tables_open(&tables, base, sizeof(base)));
	assert_true(tables_get(&tables, 1, 5, &table));
	assert_true(prefix_lookup(&table, &items[1].prefix.addr, &hit));
	assert_int_equal(hit.entry, 4);
	assert_false(prefix_lookup(&table, &items[0].prefix.addr, &hit));
	assert_false(tables_get(&tables, 1, 4, &table));
	assert_false(tables_get(&tables, 2, 5, &table));
	assert_false(tables_get(&tables, UINT32_MAX, 5, &table));
	assert_false(tables_open(&tables, base, sizeof(base) - 1));
	base[16]++;
	assert_false(tables_open(&tables, base, sizeof(base)));
	base[16]--;
	base[0] ^= 1;
	assert_false(tables_open(&tables, base, sizeof(base)));
	assert_false(tables_open(&tables, base, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_tables_hold_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
