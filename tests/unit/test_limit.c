/*
 * Token buckets: sequences of moments and what may pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/limit.h"

#define SECOND UINT64_C(1000000)

/* Each step takes at a moment; rows of one name share a bucket. */
static const struct {
	const char *name;
	uint64_t rate, now_us;
	bool expected;
} rows[] = {
	{ "three a second", 3, 5 * SECOND, true },
	{ "three a second", 3, 5 * SECOND, true },
	{ "three a second", 3, 5 * SECOND, true },
	{ "three a second", 3, 5 * SECOND, false },
	{ "three a second", 3, 5 * SECOND + 333333, false },
	{ "three a second", 3, 5 * SECOND + 333334, true },
	{ "three a second", 3, 5 * SECOND + 333334, false },
	{ "three a second", 3, 5 * SECOND + 666667, true },
	{ "three a second", 3, 7 * SECOND, true },
	{ "three a second", 3, 7 * SECOND, true },
	{ "three a second", 3, 7 * SECOND, true },
	{ "three a second", 3, 7 * SECOND, false },

	{ "idle time is no credit", 1, 0, true },
	{ "idle time is no credit", 1, 1000 * SECOND, true },
	{ "idle time is no credit", 1, 1000 * SECOND, false },

	{ "the first moment of the clock", 1, 0, true },
	{ "the first moment of the clock", 1, 0, false },
	{ "the first moment of the clock", 1, SECOND - 1, false },
	{ "the first moment of the clock", 1, SECOND, true },

	{ "the clock steps back", 2, 10 * SECOND, true },
	{ "the clock steps back", 2, 9 * SECOND, true },
	{ "the clock steps back", 2, 9 * SECOND, false },
	{ "the clock steps back", 2, 0, false },
	{ "the clock steps back", 2, 10 * SECOND, false },
	{ "the clock steps back", 2, 10 * SECOND + SECOND / 2, true },
	{ "the clock steps back", 2, 10 * SECOND + SECOND / 2, false },

	{ "the last moment of the clock", 1, UINT64_MAX - 1, true },
	{ "the last moment of the clock", 1, UINT64_MAX, false },

	{ "no limit", 0, 0, true },
	{ "no limit", 0, 0, true },

	{ "a long pause at a high rate", UINT64_C(1) << 32, 0, true },
	{ "a long pause at a high rate", UINT64_C(1) << 32, UINT64_MAX, true },

	{ "a rate beyond reason", UINT64_MAX, 1, true },
	{ "a rate beyond reason", UINT64_MAX, 1, true },
};

static void
test_take(void **state)
{
	struct limit_bucket bucket = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct limit_bucket before;
		bool peeked, taken;

		if (i > 0 && rows[i].name != rows[i - 1].name)
			bucket = (struct limit_bucket){ 0, 0 };
		before = bucket;
		peeked = limit_peek(&bucket, rows[i].rate, rows[i].now_us);
		assert_memory_equal(&before, &bucket, sizeof(bucket));
		taken = limit_take(&bucket, rows[i].rate, rows[i].now_us);
		if (taken != rows[i].expected || peeked != taken)
			fail_msg("%s, row %zu: %d %d", rows[i].name, i, peeked,
			    taken);
		if (!taken)
			assert_memory_equal(&before, &bucket, sizeof(bucket));
	}
}

/* Whatever the moments, a rate of N lets at most N(t+1) pass in t seconds, and
 * a steady stream just below the rate always passes. */
static void
test_rate_holds(void **state)
{
	static const uint64_t rates[] = { 1, 3, 50, 1000, 99999 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct limit_bucket bucket = { 0, 0 };
		uint64_t passed = 0, seed = 20260101, now = 17;

		while (now < 17 + 3 * SECOND) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			now += (seed >> 40) % (SECOND / rates[i] / 2 + 1);
			passed += limit_take(&bucket, rates[i], now);
		}
		assert_in_range(passed, 3 * rates[i], 4 * rates[i] + 1);
		bucket = (struct limit_bucket){ 0, 0 };
		for (uint64_t n = 0; n < 3 * rates[i]; n++)
			assert_true(limit_take(&bucket, rates[i],
			    n * (SECOND / rates[i] + 1)));
	}
}

/* A bucket that somebody else wrote is never worse than an empty one of now. */
static void
test_bound(void **state)
{
	struct limit_bucket good = { 2 * SECOND, 5 * SECOND };
	const struct limit_bucket before = good;
	struct limit_bucket bad = { UINT64_MAX, UINT64_MAX };

	(void)state;
	limit_bound(&good, 3, 5 * SECOND);
	assert_memory_equal(&good, &before, sizeof(good));
	limit_bound(&bad, 3, 5 * SECOND);
	assert_false(limit_peek(&bad, 3, 5 * SECOND));
	assert_true(limit_peek(&bad, 3, 5 * SECOND + 333334));
}

/* A bucket emptied under one rate stays usable under a lower one. */
static void
test_rate_changes(void **state)
{
	struct limit_bucket bucket = { 0, 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_true(limit_take(&bucket, 100, SECOND));
	assert_false(limit_take(&bucket, 10, SECOND));
	assert_false(limit_take(&bucket, 10, 10 * SECOND));
	assert_true(limit_take(&bucket, 10, 10 * SECOND + SECOND / 10));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_rate_holds),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_rate_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
