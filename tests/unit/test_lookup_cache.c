/*
 * The cache of DNS answers: lives, bounds, and the hash behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lookup/cache.h"
#include "shared/util.h"

static const uint64_t key[2] = { UINT64_C(0x0706050403020100),
	UINT64_C(0x0f0e0d0c0b0a0908) };

static struct answer *
make(enum finding finding, uint32_t ttl, unsigned count)
{
	static struct dns_reply reply;
	struct answer *answer;

	reply = (struct dns_reply){ .finding = finding, .ttl = ttl,
	    .count = count };
	for (unsigned i = 0; i < count; i++)
		reply.addresses[i][3] = (uint8_t)i;
	answer = answer_new(&reply, DNS_A);
	assert_non_null(answer);
	return answer;
}

static void
lives(void **state)
{
	static const struct {
		enum finding finding;
		uint32_t ttl;
		unsigned seconds;
	} rows[] = {
		{ FINDING_FOUND, 0, 5 }, { FINDING_FOUND, 60, 60 },
		{ FINDING_FOUND, 300, 300 }, { FINDING_FOUND, INT32_MAX, 300 },
		{ FINDING_NONE, 0, 5 }, { FINDING_NONE, 30, 30 },
		{ FINDING_NONE, 86400, 60 }, { FINDING_UNKNOWN, 60, 5 },
		{ FINDING_UNKNOWN, 0, 5 },
	};
	struct cache *c = cache_new(key);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t end = 1000 + rows[i].seconds * 1000;

		cache_put(c, DNS_A, "a.test", make(rows[i].finding,
		    rows[i].ttl, 0), 1000);
		assert_null(cache_get(c, DNS_A, "b.test", 1000));
		assert_null(cache_get(c, DNS_AAAA, "a.test", 1000));
		assert_non_null(cache_get(c, DNS_A, "a.test", end - 1));
		assert_null(cache_get(c, DNS_A, "a.test", end));
		assert_int_equal(cache_count(c), 0);
		assert_int_equal(cache_bytes(c), 0);
	}
	cache_free(c);
}

static void
fill(struct cache *c, unsigned from, unsigned to, unsigned addresses)
{
	for (unsigned i = from; i < to; i++) {
		char name[32];

		(void)format_text(name, sizeof name, "n%u.test", i);
		cache_put(c, DNS_A, name, make(FINDING_FOUND, 300, addresses),
		    0);
		assert_true(cache_count(c) <= CACHE_ANSWERS);
		assert_true(cache_bytes(c) <= CACHE_BYTES);
	}
}

static void
bounds(void **state)
{
	struct cache *c = cache_new(key);

	(void)state;
	fill(c, 0, CACHE_ANSWERS, 1);
	assert_int_equal(cache_count(c), CACHE_ANSWERS);
	assert_non_null(cache_get(c, DNS_A, "n0.test", 0));
	fill(c, CACHE_ANSWERS, CACHE_ANSWERS + 1, 1);
	assert_null(cache_get(c, DNS_A, "n0.test", 0));
	assert_non_null(cache_get(c, DNS_A, "n1.test", 0));

	/* What is unknown goes first, however new. */
	cache_put(c, DNS_A, "silent.test", make(FINDING_UNKNOWN, 0, 0), 0);
	cache_put(c, DNS_A, "mute.test", make(FINDING_UNKNOWN, 0, 0), 0);
	assert_null(cache_get(c, DNS_A, "n1.test", 0));
	assert_null(cache_get(c, DNS_A, "silent.test", 0));
	assert_non_null(cache_get(c, DNS_A, "n2.test", 0));
	fill(c, CACHE_ANSWERS + 1, CACHE_ANSWERS + 2, 1);
	assert_null(cache_get(c, DNS_A, "mute.test", 0));
	assert_non_null(cache_get(c, DNS_A, "n2.test", 0));

	/* Large ones: the bytes are the bound. */
	fill(c, 10000, 20000, DNS_ADDRESSES);
	assert_true(cache_count(c) < CACHE_ANSWERS);
	assert_true(cache_bytes(c) > CACHE_BYTES - 4096);
	assert_non_null(cache_get(c, DNS_A, "n19999.test", 0));
	cache_free(c);
}

static void
finds(void **state)
{
	struct answer *a = make(FINDING_FOUND, 60, 200);
	struct address wanted = { .family = 4, .bytes = { 0, 0, 0, 199 } };

	(void)state;
	assert_int_equal(answer_find(a, &wanted), FINDING_FOUND);
	wanted.bytes[3] = 200;
	assert_int_equal(answer_find(a, &wanted), FINDING_NONE);
	a->is_cut = true;
	assert_int_equal(answer_find(a, &wanted), FINDING_UNKNOWN);
	free(a);
	a = make(FINDING_UNKNOWN, 0, 0);
	assert_int_equal(answer_find(a, &wanted), FINDING_UNKNOWN);
	free(a);
}

/* From the paper's appendix, and the authors' own vectors. */
static void
hashes(void **state)
{
	uint8_t bytes[15];

	(void)state;
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	assert_true(cache_hash(key, bytes, 0) ==
	    UINT64_C(0x726fdb47dd0e0e31));
	assert_true(cache_hash(key, bytes, 8) ==
	    UINT64_C(0x93f5f5799a932462));
	assert_true(cache_hash(key, bytes, 15) ==
	    UINT64_C(0xa129ca6149be45e5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives),
		cmocka_unit_test(bounds),
		cmocka_unit_test(finds),
		cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
