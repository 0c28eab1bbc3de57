/*
 * Arenas: zeroed, aligned, bounded, and failures that are remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "policy/arena.h"

static void
test_limit(void **state)
{
	static const struct {
		const char *name;
		size_t limit, count, size;
		bool expected;
	} rows[] = {
		{ "fits exactly", 100, 10, 10, true },
		{ "one byte too many", 99, 10, 10, false },
		{ "no room at all", 0, 1, 1, false },
		{ "larger than a chunk", 1 << 20, 1 << 10, 1 << 10, true },
		{ "product overflows", SIZE_MAX, SIZE_MAX / 2, 3, false },
		{ "product wraps to zero", SIZE_MAX, SIZE_MAX / 2 + 1, 2,
		    false },
		{ "everything there is", SIZE_MAX, SIZE_MAX, 1, false },
		{ "nothing is something", 100, 0, 8, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new(rows[i].limit);
		void *block;

		assert_non_null(arena);
		assert_false(arena_failed(arena));
		block = arena_alloc(arena, rows[i].count, rows[i].size);
		if ((block != NULL) != rows[i].expected ||
		    arena_failed(arena) == rows[i].expected)
			fail_msg("%s", rows[i].name);
		arena_free(arena);
	}
}

static void
test_blocks_are_separate(void **state)
{
	struct arena *arena = arena_new(1 << 22);
	unsigned char *blocks[400];
	static const unsigned char zeros[3000];
	size_t total = 0;

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		size_t length = 1 + i * 37 % 3000;

		blocks[i] = arena_alloc(arena, 1, length);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] %
		    _Alignof(max_align_t), 0);
		assert_memory_equal(blocks[i], zeros, length);
		memset(blocks[i], (int)(i % 251 + 1), length);
		total += length;
		assert_int_equal(arena_used(arena), total);
	}
	for (size_t i = 0; i < 400; i++) {
		size_t length = 1 + i * 37 % 3000;

		for (size_t j = 0; j < length; j++)
			assert_int_equal(blocks[i][j], i % 251 + 1);
	}
	arena_free(arena);
}

static void
test_many_small_fill_the_limit(void **state)
{
	struct arena *arena = arena_new(100000);
	unsigned got = 0;

	(void)state;
	while (arena_alloc(arena, 1, 10) != NULL)
		got++;
	assert_int_equal(got, 10000);
	assert_true(arena_failed(arena));
	assert_int_equal(arena_used(arena), 100000);
	arena_free(arena);
}

static void
test_failure_is_remembered(void **state)
{
	struct arena *arena = arena_new(16);

	(void)state;
	assert_null(arena_alloc(arena, 17, 1));
	assert_non_null(arena_alloc(arena, 16, 1));
	assert_true(arena_failed(arena));
	arena_free(arena);
}

static void
test_text(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	char *text = arena_text(arena, "abcdef", 3);

	(void)state;
	assert_string_equal(text, "abc");
	assert_string_equal(arena_text(arena, "", 0), "");
	assert_null(arena_text(arena, NULL, 0));
	assert_false(arena_failed(arena));
	assert_null(arena_text(arena, "x", SIZE_MAX));
	assert_true(arena_failed(arena));
	arena_free(arena);
}

static void
test_format(void **state)
{
	struct arena *arena = arena_new(6000);
	char *text;

	(void)state;
	text = arena_format(arena, "%s:%d%%", "a", -7);
	assert_string_equal(text, "a:-7%");
	assert_string_equal(arena_format(arena, "%s", ""), "");
	text = arena_format(arena, "%*s|", 5000, "x");
	assert_non_null(text);
	assert_int_equal(strlen(text), 5001);
	assert_false(arena_failed(arena));
	assert_null(arena_format(arena, "%*s", 5000, "x"));
	assert_true(arena_failed(arena));
	arena_free(arena);
}

static void
test_no_arena(void **state)
{
	(void)state;
	assert_true(arena_failed(NULL));
	assert_int_equal(arena_used(NULL), 0);
	assert_null(arena_alloc(NULL, 1, 1));
	assert_null(arena_text(NULL, "x", 1));
	assert_null(arena_format(NULL, "%d", 1));
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_blocks_are_separate),
		cmocka_unit_test(test_many_small_fill_the_limit),
		cmocka_unit_test(test_failure_is_remembered),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_no_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
