/*
 * Tests of the memory of source_cps: rates, waits, overflow, what a hostile
 * dispatcher may have written there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dispatch/sources.h"
#include "shared/state.h"

#define NOW UINT64_C(1000000000)
#define SECOND UINT64_C(1000000)
#define ROWS 64u
#define SIZE (SOURCES_ROW * (ROWS + 1))

static const uint64_t seed[2] = { 1, 2 };
static const struct cps limit = { 5, 60 };

static int
setup(void **state)
{
	*state = calloc(1, SIZE);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static struct sources_key
key(uint32_t number, uint32_t service)
{
	struct record_addr addr = { .family = 4, .bytes = { 10,
	    (uint8_t)(number >> 16), (uint8_t)(number >> 8),
	    (uint8_t)number } };
	struct sources_key k = { .service = service };

	assert_true(source_name_of_record(&addr, &source_prefix_default,
	    &k.name));
	return k;
}

/* So many connections at once; how many were let in. */
static unsigned
come(const struct sources *s, const struct sources_key *k, unsigned count,
    uint64_t now_us)
{
	unsigned served = 0;

	for (; count > 0; count--) {
		if (sources_peek(s, k, &limit, now_us)) {
			sources_take(s, k, &limit, now_us);
			served++;
		} else {
			sources_send_away(s, k, &limit, now_us);
		}
	}
	return served;
}

static void
rate_and_wait(void **state)
{
	struct sources_key one = key(1, 0), other = key(2, 0), there = key(1, 1);
	struct sources s;

	sources_open(&s, *state, ROWS, seed);
	assert_int_equal(come(&s, &one, 5, NOW), 5);
	/* A token comes back every 200 ms. */
	assert_int_equal(come(&s, &one, 1, NOW + SECOND / 5), 1);
	assert_int_equal(come(&s, &one, 1, NOW + SECOND / 5), 0);
	assert_int_equal(come(&s, &one, 9, NOW + 60 * SECOND), 0);
	assert_int_equal(come(&s, &other, 5, NOW + SECOND), 5);
	assert_int_equal(come(&s, &there, 5, NOW + SECOND), 5);
	/* What is tried meanwhile does not make it longer. */
	assert_int_equal(come(&s, &one, 9, NOW + 60 * SECOND + SECOND / 5), 5);
}

static void
no_rate_is_no_limit(void **state)
{
	static const struct cps none = { 0, 60 };
	struct sources_key one = key(1, 0);
	struct sources s;

	sources_open(&s, *state, ROWS, seed);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(sources_peek(&s, &one, &none, NOW));
		sources_take(&s, &one, &none, NOW);
	}
}

static void
kept_and_begun_anew(void **state)
{
	static const uint64_t another[2] = { 3, 4 };
	struct sources_key one = key(1, 0);
	struct sources s;

	sources_open(&s, *state, ROWS, seed);
	assert_int_equal(come(&s, &one, 9, NOW), 5);
	sources_open(&s, *state, ROWS, another);
	assert_int_equal(come(&s, &one, 1, NOW + SECOND), 0);
	sources_open(&s, *state, ROWS / 2, another);
	assert_int_equal(come(&s, &one, 5, NOW + SECOND), 5);
}

/* Those that wait are remembered while others come and go in any number; when
 * all rows wait, the one that ends first is let go. */
static void
overflow(void **state)
{
	struct sources_key bad = key(1, 0);
	unsigned waiting = 0;
	struct sources s;

	sources_open(&s, *state, ROWS, seed);
	assert_int_equal(come(&s, &bad, 6, NOW), 5);
	for (uint32_t i = 2; i < 100000; i++) {
		struct sources_key k = key(i, 0);

		assert_int_equal(come(&s, &k, 1, NOW + i), 1);
	}
	assert_int_equal(come(&s, &bad, 1, NOW + SECOND), 0);
	for (uint32_t i = 2; i < 2000; i++) {
		struct sources_key k = key(i, 0);

		(void)come(&s, &k, 6, NOW + SECOND + i);
	}
	for (uint32_t i = 1; i < 2000; i++) {
		struct sources_key k = key(i, 0);

		waiting += !sources_peek(&s, &k, &limit, NOW + 2 * SECOND);
	}
	assert_int_equal(waiting, ROWS);
	assert_true(sources_peek(&s, &bad, &limit, NOW + 2 * SECOND));
}

/* Any bytes, also in the header once it has been read: nobody waits longer than
 * the policy says, and nothing is out of bounds (under sanitizers). */
static void
garbage(void **state)
{
	unsigned char *bytes = *state;
	uint64_t x = UINT64_C(88172645463325252);
	struct sources s;

	sources_open(&s, bytes, ROWS, seed);
	for (size_t i = 0; i < SIZE; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (unsigned char)x;
	}
	for (uint32_t i = 0; i < 1000; i++) {
		struct sources_key k = key(i, 0);

		(void)come(&s, &k, 6, NOW);
		assert_int_equal(come(&s, &k, 1, NOW + 61 * SECOND), 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rate_and_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(no_rate_is_no_limit, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(kept_and_begun_anew, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(garbage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
