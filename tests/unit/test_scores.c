/*
 * Tests of the memory of sources: who is penalised until when, what gives way
 * when a set is full, and a memory full of garbage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dispatch/hash.h"
#include "dispatch/scores.h"
#include "dispatch/source.h"

#include "shared/state.h"

#define NOW UINT64_C(1000000)

static const uint64_t seed[2] = { 1, 2 };

static int
setup(void **state)
{
	*state = calloc(1, SCORES_SIZE);
	return *state != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static struct addr
source(uint32_t n)
{
	struct addr a = { .family = ADDR_IPV4, .bytes = { 10,
	    (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };

	return a;
}

static void
test_until(void **state)
{
	struct scores *s = scores_open(*state, seed);
	struct addr a = source(1), b = source(2);

	assert_false(scores_is_penalised(s, &a, NOW));
	assert_false(scores_is_used(s));
	scores_penalise(s, &a, NOW + 10, NOW);
	assert_true(scores_is_used(s));
	assert_true(scores_is_penalised(s, &a, NOW));
	assert_true(scores_is_penalised(s, &a, NOW + 9));
	assert_false(scores_is_penalised(s, &a, NOW + 10));
	assert_false(scores_is_penalised(s, &b, NOW));
	/* A second touch extends, an earlier end never shortens. */
	scores_penalise(s, &a, NOW + 30, NOW + 5);
	scores_penalise(s, &a, NOW + 7, NOW + 6);
	assert_true(scores_is_penalised(s, &a, NOW + 29));
	scores_penalise(s, &a, SCORES_FOR_EVER, NOW);
	assert_true(scores_is_penalised(s, &a, SCORES_FOR_EVER - 1));
}

static void
test_names(void **state)
{
	struct scores *s = scores_open(*state, seed);
	struct addr a = { .family = ADDR_IPV6, .bytes = { 0xfe, 0x80 },
	    .scope = 3 };
	struct addr local = { .family = ADDR_UNIX, .scope = 1000 };

	scores_penalise(s, &a, NOW + 10, NOW);
	assert_true(scores_is_penalised(s, &a, NOW));
	a.scope = 4;
	assert_false(scores_is_penalised(s, &a, NOW));
	scores_penalise(s, &local, NOW + 10, NOW);
	assert_false(scores_is_penalised(s, &local, NOW));
}

/* One bit of an address is another: is it another source? */
static void
test_prefix(void **state)
{
	struct scores *s = scores_open(*state, seed);
	const struct {
		uint8_t family;
		unsigned bits, prefix;
	} rows[] = {
		{ ADDR_IPV4, 32, 32 },
		{ ADDR_IPV6, 128, 56 },
	};

	assert_int_equal(source_prefix_default.ipv4, 32);
	assert_int_equal(source_prefix_default.ipv6, 56);
	for (unsigned i = 0; i < 2; i++) {
		struct addr a = { .family = rows[i].family,
		    .bytes = { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 } };

		scores_penalise(s, &a, NOW + 10, NOW);
		for (unsigned bit = 0; bit < rows[i].bits; bit++) {
			struct addr other = a;

			other.bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
			assert_int_equal(scores_is_penalised(s, &other, NOW),
			    bit >= rows[i].prefix);
		}
	}
}

/* The memory outlives the process that laid it out; its key stays. */
static void
test_reopened(void **state)
{
	const uint64_t other[2] = { 7, 8 };
	struct addr a = source(1);

	scores_penalise(scores_open(*state, seed), &a, NOW + 10, NOW);
	assert_true(scores_is_penalised(scores_open(*state, other), &a, NOW));
}

/* More sources than rows: what lasts longest stays. */
static void
test_overflow(void **state)
{
	struct scores *s = scores_open(*state, seed);
	const uint32_t many = 2 * SCORES_SIZE / 32;
	uint32_t kept = 0, seen = 0;

	for (uint32_t n = 0; n < many; n++) {
		struct addr a = source(n);

		scores_penalise(s, &a, n % 4 == 0 ? SCORES_FOR_EVER :
		    NOW + 10 + n % 7, NOW);
	}
	for (uint32_t n = 0; n < many; n++) {
		struct addr a = source(n);
		bool is_there = scores_is_penalised(s, &a, NOW);

		seen += is_there;
		kept += is_there && n % 4 == 0;
	}
	assert_in_range(seen, many / 3, many / 2);
	/* A quarter of them are for ever, four a set on average: few sets have
	 * more than eight. */
	assert_in_range(kept, many / 4 * 9 / 10, many / 4);
}

static void
test_garbage(void **state)
{
	const struct hash_key key = { { 3, 4 } };
	uint8_t *bytes = *state;
	struct scores *s;

	for (uint64_t i = 0; i < SCORES_SIZE; i += 8) {
		uint64_t word = hash_bytes(&key, &i, sizeof i);

		memcpy(bytes + i, &word, sizeof word);
	}
	/* No mark: all of it is nothing. */
	s = scores_open(bytes, seed);
	for (uint32_t n = 0; n < 1000; n++) {
		struct addr a = source(n);

		assert_false(scores_is_penalised(s, &a, NOW));
	}
	/* A mark, and garbage behind it: no row is well formed. */
	for (uint64_t i = 64; i < SCORES_SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	for (uint32_t n = 0; n < 1000; n++) {
		struct addr a = source(n);

		assert_false(scores_is_penalised(s, &a, NOW));
		scores_penalise(s, &a, SCORES_FOR_EVER, NOW);
		assert_true(scores_is_penalised(s, &a, NOW));
	}
}

/* The vectors of the authors' reference: key 00..0f, message 00 01 02 ... */
static void
test_hash(void **state)
{
	const struct hash_key key = { { UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908) } };
	uint8_t message[16];

	(void)state;
	for (unsigned i = 0; i < sizeof message; i++)
		message[i] = (uint8_t)i;
	assert_int_equal(hash_bytes(&key, message, 0),
	    UINT64_C(0x726fdb47dd0e0e31));
	assert_int_equal(hash_bytes(&key, message, 1),
	    UINT64_C(0x74f839c593dc67fd));
	assert_int_equal(hash_bytes(&key, message, 8),
	    UINT64_C(0x93f5f5799a932462));
	assert_int_equal(hash_bytes(&key, message, 15),
	    UINT64_C(0xa129ca6149be45e5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_until, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prefix, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reopened, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_overflow, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup,
		    teardown),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests_name("scores", tests, NULL, NULL);
}
