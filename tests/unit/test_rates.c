/*
 * Tests of the memory of cps: whose a row is, what another dispatcher finds,
 * and a memory full of garbage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dispatch/rates.h"

#include "shared/state.h"

#define SECOND UINT64_C(1000000)
#define NOW (1000 * SECOND)

static const struct cps three = { .rate = 3, .wait = 30 };

static int
setup(void **state)
{
	*state = calloc(1, RATES_SIZE);
	return *state != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

/* What `id` with these numbers finds of what "a" with `three` left. */
static void
test_whose(void **state)
{
	static const struct {
		uint32_t slot;
		const char *id;
		struct cps cps;
		bool is_kept, is_over;
	} rows[] = {
		{ 7, "a", { 3, 30 }, true, false },
		{ 7, "A", { 3, 30 }, true, false },
		{ 7, "a", { 4, 30 }, false, true },
		{ 7, "a", { 3, 31 }, false, true },
		{ 7, "a", { 0, 30 }, false, true },
		{ 7, "b", { 3, 30 }, false, false },
		{ 8, "a", { 3, 30 }, false, false },
		{ STATE_SERVICES - 1, "a", { 3, 30 }, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct limit_bucket used = { 3 * SECOND, NOW };
		struct limit_bucket found;
		struct rates_row *row;
		uint64_t quiet;
		bool is_over;

		memset(*state, 0, RATES_SIZE);
		row = rates_adopt(*state, 7, "a", &three, NOW, &is_over);
		assert_false(is_over);
		rates_set_bucket(row, &used);
		rates_set_quiet(row, NOW + 20 * SECOND);
		row = rates_adopt(*state, rows[i].slot, rows[i].id,
		    &rows[i].cps, NOW + 1, &is_over);
		found = rates_bucket(row, &rows[i].cps, NOW + 1);
		quiet = rates_quiet_until(row, &rows[i].cps, NOW + 1);
		if (is_over != rows[i].is_over ||
		    (found.taken_micro == used.taken_micro) !=
		    rows[i].is_kept ||
		    (quiet == NOW + 20 * SECOND) != rows[i].is_kept)
			fail_msg("row %zu: over %d, taken %llu, quiet %llu", i,
			    is_over, (unsigned long long)found.taken_micro,
			    (unsigned long long)quiet);
		if (!rows[i].is_kept)
			assert_int_equal(found.taken_micro + quiet, 0);
	}
}

/* Past numbers were of a deactivation that has ended. */
static void
test_ended(void **state)
{
	const struct cps four = { 4, 30 };
	bool is_over;
	struct rates_row *row = rates_adopt(*state, 0, "a", &three, NOW,
	    &is_over);

	rates_set_quiet(row, NOW + SECOND);
	(void)rates_adopt(*state, 0, "a", &four, NOW + SECOND, &is_over);
	assert_false(is_over);
}

/* A row with an owner, all its values the same byte: never worse than an empty
 * bucket of now, never quiet for longer than the service's own number. */
static void
test_garbage(void **state)
{
	for (unsigned byte = 1; byte < 256; byte++) {
		const struct limit_bucket wrong = {
		    UINT64_C(0x0101010101010101) * byte,
		    UINT64_C(0x0101010101010101) * byte };
		struct limit_bucket bucket;
		bool is_over;
		struct rates_row *row = rates_adopt(*state, 5, "a", &three,
		    NOW, &is_over);

		rates_set_bucket(row, &wrong);
		rates_set_quiet(row, wrong.stamp_us);
		bucket = rates_bucket(row, &three, NOW);
		assert_false(limit_peek(&bucket, 3, NOW));
		assert_true(limit_peek(&bucket, 3, NOW + SECOND / 3 + 1));
		assert_in_range(rates_quiet_until(row, &three, NOW), 0,
		    NOW + 30 * SECOND);
		/* And a whole memory of it belongs to nobody. */
		memset(*state, (int)byte, RATES_SIZE);
		row = rates_adopt(*state, 5, "a", &three, NOW, &is_over);
		assert_false(is_over);
		bucket = rates_bucket(row, &three, NOW);
		assert_int_equal(bucket.taken_micro + bucket.stamp_us, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whose, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
