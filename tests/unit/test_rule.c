/*
 * The decision: lists of addresses, hours and limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rule-help.h"

static void
expect(const char *name, const struct verdict *got,
    const struct verdict *wanted)
{
	if (got->answer != wanted->answer || got->reason != wanted->reason ||
	    got->attr != wanted->attr || got->entry != wanted->entry)
		fail_msg("%s: %d %s %d %u", name, (int)got->answer,
		    reason_word(got->reason), (int)got->attr, got->entry);
}

/* Who ***********************************************************************/

#define LAN { "192.168.0.0/16", "10.1.2.3" }
#define BAD { "10.0.0.0/8", "192.168.66.0/24" }

static const struct access_row {
	const char *name, *source;
	bool has_only, has_no;
	const char *only_from[WORDS_MAX], *no_access[WORDS_MAX];
	struct verdict expected;
} access_rows[] = {
	{ "no lists", "192.0.2.1", false, false, { NULL }, { NULL },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_NONE, NONE) },
	{ "on the list, first entry", "192.168.1.1", true, false, LAN,
	    { NULL }, VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
	{ "on the list, second entry", "10.1.2.3", true, false, LAN, { NULL },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 1) },
	{ "mapped", "::ffff:10.1.2.3", true, false, LAN, { NULL },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 1) },
	{ "not on the list", "10.1.2.4", true, false, LAN, { NULL },
	    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_ONLY_FROM, NONE) },
	{ "of the other family", "2001:db8::1", true, false, LAN, { NULL },
	    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_ONLY_FROM, NONE) },
	{ "an empty list", "192.0.2.1", true, false, { NULL }, { NULL },
	    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_ONLY_FROM, NONE) },
	{ "an empty no_access", "192.0.2.1", false, true, { NULL }, { NULL },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_NONE, NONE) },
	{ "not forbidden", "192.0.2.1", false, true, { NULL }, BAD,
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_NONE, NONE) },
	{ "forbidden, second entry", "192.168.66.1", false, true, { NULL },
	    BAD, VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_NO_ACCESS, 1) },
	{ "on both, forbidden is narrower", "192.168.66.1", true, true, LAN,
	    BAD, VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_NO_ACCESS, 1) },
	{ "on both, forbidden is wider", "10.1.2.3", true, true, LAN, BAD,
	    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_NO_ACCESS, 0) },
	{ "on one of two lists", "192.168.1.1", true, true, LAN, BAD,
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
	{ "on neither of two", "192.0.2.1", true, true, LAN, BAD,
	    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_ONLY_FROM, NONE) },
	{ "loopback", "::1", true, false, { "::1/128" }, { NULL },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
	{ "everybody", "2001:db8::1", true, false, { "ALL" }, { NULL },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
	{ "nobody", "192.0.2.1", true, true, { "ALL" }, { "ALL" },
	    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_NO_ACCESS, 0) },
};

static void
test_access(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(access_rows) / sizeof(access_rows[0]);
	    i++) {
		const struct access_row *row = &access_rows[i];
		struct matcher matcher;
		struct verdict verdict;
		struct facts facts;
		struct world w;

		open_world(&w, row->has_only ? row->only_from : NULL,
		    row->has_no ? row->no_access : NULL);
		assert_true(matcher_open(&matcher, &w.service, NULL, &w.tables));
		facts = (struct facts){ .now = 0, .zone = &w.zone };
		assert_true(addr_parse(&facts.source, row->source));
		verdict = rule_access(&matcher, &facts);
		expect(row->name, &verdict, &row->expected);
		arena_free(w.arena);
	}
}

/* What each list can be for a source: absent, there and empty, with it, or
 * without it. For both families; D9 is the row "on both". */
static void
test_access_matrix(void **state)
{
	enum { ABSENT, EMPTY, HIT, MISS, STATES };
	static const char *const sources[] = { "192.0.2.1", "2001:db8::1" };
	static const char *const hits[2][2] = {
		{ "192.0.2.0/24", "192.0.2.1/32" },
		{ "2001:db8::/32", "2001:db8::1/128" }
	};
	static const char *const misses[] = { "198.51.100.0/24",
	    "2001:db9::/32" };
	/* [no_access][only_from] */
	static const bool is_open[STATES][STATES] = {
		{ true, false, true, false }, { true, false, true, false },
		{ false, false, false, false }, { true, false, true, false },
	};

	(void)state;
	for (unsigned i = 0; i < 2u * 2 * STATES * STATES; i++) {
		unsigned family = i & 1, wide = i >> 1 & 1, no = i >> 2 & 3,
		    only = i >> 4;
		/* Which list has the narrower prefix changes nothing. */
		const char *const lists[2][STATES][WORDS_MAX] = {
			{ { NULL }, { NULL }, { hits[family][wide] },
			  { misses[family] } },
			{ { NULL }, { NULL }, { hits[family][!wide] },
			  { misses[family] } },
		};
		struct matcher matcher;
		struct verdict verdict;
		struct facts facts;
		struct world w;

		open_world(&w, only == ABSENT ? NULL : lists[0][only],
		    no == ABSENT ? NULL : lists[1][no]);
		assert_true(matcher_open(&matcher, &w.service, NULL, &w.tables));
		facts = (struct facts){ .now = 0, .zone = &w.zone };
		assert_true(addr_parse(&facts.source, sources[family]));
		verdict = rule_access(&matcher, &facts);
		if ((verdict.answer == ANSWER_ALLOW) != is_open[no][only])
			fail_msg("%s: no_access %u, only_from %u",
			    sources[family], no, only);
		if (verdict.answer == ANSWER_DENY)
			assert_int_equal(verdict.attr, no == HIT ?
			    ATTR_NO_ACCESS : ATTR_ONLY_FROM);
		arena_free(w.arena);
	}
}

/* A source without a family is on no list, so it passes none. */
static void
test_access_without_source(void **state)
{
	static const char *const all[WORDS_MAX] = { "ALL" };
	static const struct verdict deny = VERDICT(
	    ANSWER_DENY, REASON_ADDRESS, ATTR_ONLY_FROM, NONE);
	struct matcher matcher;
	struct verdict verdict;
	struct facts facts = { .now = 0 };
	struct world w;

	(void)state;
	open_world(&w, all, NULL);
	assert_true(matcher_open(&matcher, &w.service, NULL, &w.tables));
	facts.zone = &w.zone;
	verdict = rule_access(&matcher, &facts);
	expect("no family", &verdict, &deny);
	arena_free(w.arena);
}

/* When **********************************************************************/

static void
test_times(void **state)
{
	static struct time_entry entries[] = {
		{ { 480, 1020 }, { 0, 0, 0 } }, { { 1320, 60 }, { 0, 0, 0 } },
	};
	static const struct {
		const char *name, *source;
		unsigned count;
		int64_t now;		/* seconds after midnight UTC */
		struct verdict expected;
	} rows[] = {
		{ "first window", "192.168.1.1", 2, 480 * 60,
		    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
		{ "a second too early", "192.168.1.1", 2, 480 * 60 - 1,
		    VERDICT(ANSWER_DENY, REASON_TIME, ATTR_ACCESS_TIMES, NONE) },
		{ "last second", "192.168.1.1", 2, 1020 * 60 + 59,
		    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
		{ "too late", "192.168.1.1", 2, 1021 * 60,
		    VERDICT(ANSWER_DENY, REASON_TIME, ATTR_ACCESS_TIMES, NONE) },
		{ "second window, over midnight", "192.168.1.1", 2, 0,
		    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_ONLY_FROM, 0) },
		{ "wrong address before wrong time", "192.0.2.1", 2,
		    1021 * 60,
		    VERDICT(ANSWER_DENY, REASON_ADDRESS, ATTR_ONLY_FROM, NONE) },
		{ "given without a window", "192.168.1.1", 0, 480 * 60,
		    VERDICT(ANSWER_DENY, REASON_TIME, ATTR_ACCESS_TIMES, NONE) },
	};
	static const char *const lan[WORDS_MAX] = LAN;
	struct matcher matcher;
	struct verdict verdict;
	struct world w;

	(void)state;
	open_world(&w, lan, NULL);
	w.service.given[ATTR_ACCESS_TIMES] = true;
	assert_true(matcher_open(&matcher, &w.service, NULL, &w.tables));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct facts facts = { .now = 86400 + rows[i].now,
		    .zone = &w.zone };

		w.service.access_times = (struct time_list){ rows[i].count,
		    entries };
		assert_true(addr_parse(&facts.source, rows[i].source));
		verdict = rule_access(&matcher, &facts);
		expect(rows[i].name, &verdict, &rows[i].expected);
		facts.zone = NULL;
		verdict = rule_access(&matcher, &facts);
		assert_int_equal(verdict.answer, ANSWER_DENY);
	}
	arena_free(w.arena);
}

/* How many ******************************************************************/

#define FREE POLICY_UNLIMITED

struct limits {			/* what the service and the gateway allow */
	uint64_t per_source, max_load, cps, instances, processes;
};

static const struct limit_row {
	const char *name;
	struct limits limits;
	struct limits now;	/* and what there is; cps: tokens taken */
	struct verdict expected;
} limit_rows[] = {
	{ "no limits", { FREE, 0, 0, FREE, FREE }, { 9999, 9999, 0, 9999,
	    9999 }, VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_NONE, NONE) },
	{ "all just below", { 2, 2500, 5, 10, 100 }, { 1, 2499, 4, 9, 99 },
	    VERDICT(ANSWER_ALLOW, REASON_NONE, ATTR_NONE, NONE) },
	{ "per_source", { 2, 0, 0, FREE, FREE }, { 2, 0, 0, 2, 2 },
	    VERDICT(ANSWER_DENY, REASON_PER_SOURCE_LIMIT, ATTR_PER_SOURCE, NONE) },
	{ "per_source 0", { 0, 0, 0, FREE, FREE }, { 0, 0, 0, 0, 0 },
	    VERDICT(ANSWER_DENY, REASON_PER_SOURCE_LIMIT, ATTR_PER_SOURCE, NONE) },
	{ "max_load", { FREE, 2500, 0, FREE, FREE }, { 0, 2500, 0, 0, 0 },
	    VERDICT(ANSWER_DENY, REASON_LOAD, ATTR_MAX_LOAD, NONE) },
	{ "cps", { FREE, 0, 5, FREE, FREE }, { 0, 0, 5, 0, 0 },
	    VERDICT(ANSWER_DENY, REASON_CPS, ATTR_CPS, NONE) },
	{ "instances", { FREE, 0, 0, 10, FREE }, { 0, 0, 0, 10, 0 },
	    VERDICT(ANSWER_DENY, REASON_SERVICE_LIMIT, ATTR_INSTANCES, NONE) },
	{ "instances 0", { FREE, 0, 0, 0, FREE }, { 0, 0, 0, 0, 0 },
	    VERDICT(ANSWER_DENY, REASON_SERVICE_LIMIT, ATTR_INSTANCES, NONE) },
	{ "process limit", { FREE, 0, 0, FREE, 100 }, { 0, 0, 0, 0, 100 },
	    VERDICT(ANSWER_DENY, REASON_PROCESS_LIMIT, ATTR_PROCESS_LIMIT, NONE) },
	{ "all: per_source is first", { 1, 1, 1, 1, 1 }, { 1, 1, 1, 1, 1 },
	    VERDICT(ANSWER_DENY, REASON_PER_SOURCE_LIMIT, ATTR_PER_SOURCE, NONE) },
	{ "then max_load", { 2, 1, 1, 1, 1 }, { 1, 1, 1, 1, 1 },
	    VERDICT(ANSWER_DENY, REASON_LOAD, ATTR_MAX_LOAD, NONE) },
	{ "then cps", { 2, 2, 1, 1, 1 }, { 1, 1, 1, 1, 1 },
	    VERDICT(ANSWER_DENY, REASON_CPS, ATTR_CPS, NONE) },
	{ "then instances", { 2, 2, 2, 1, 1 }, { 1, 1, 1, 1, 1 },
	    VERDICT(ANSWER_DENY, REASON_SERVICE_LIMIT, ATTR_INSTANCES, NONE) },
	{ "then the process limit", { 2, 2, 2, 2, 1 }, { 1, 1, 1, 1, 1 },
	    VERDICT(ANSWER_DENY, REASON_PROCESS_LIMIT, ATTR_PROCESS_LIMIT, NONE) },
};

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limit_rows) / sizeof(limit_rows[0]);
	    i++) {
		const struct limit_row *row = &limit_rows[i];
		struct limit_bucket bucket = { row->now.cps * 1000000, 7 };
		struct limit_bucket before = bucket;
		struct service service = {
			.per_source = row->limits.per_source,
			.max_load = row->limits.max_load,
			.cps = { row->limits.cps, 10 },
			.instances = row->limits.instances,
		};
		struct matcher matcher = { .service = &service };
		struct counts counts = { .now_us = 7, .cps = &bucket,
		    .source_instances = row->now.per_source,
		    .instances = row->now.instances,
		    .processes = row->now.processes,
		    .process_limit = row->limits.processes,
		    .load = row->now.max_load };
		struct verdict verdict;

		service.given[ATTR_PER_SOURCE] = true;
		service.given[ATTR_INSTANCES] = true;
		verdict = rule_limits(&matcher, &counts);
		expect(row->name, &verdict, &row->expected);
		assert_memory_equal(&bucket, &before, sizeof(bucket));
	}
}

/* The source's own limits come before those of all. */
static void
test_source_cps(void **state)
{
	static const struct verdict denied = VERDICT(ANSWER_DENY,
	    REASON_PER_SOURCE_LIMIT, ATTR_SOURCE_CPS, NONE);
	struct service service = { .max_load = 1 };
	struct matcher matcher = { .service = &service };
	struct counts counts = { .load = 5, .is_source_fast = true };
	struct verdict verdict = rule_limits(&matcher, &counts);

	(void)state;
	expect("source_cps", &verdict, &denied);
}

/* A limit that is not in this text is none, and 0 is not its value. */
static void
test_limits_not_given(void **state)
{
	static const struct verdict allow = VERDICT(
	    ANSWER_ALLOW, REASON_NONE, ATTR_NONE, NONE);
	struct service service = { .name = "bare" };
	struct matcher matcher = { .service = &service };
	struct counts counts = { .source_instances = 5, .instances = 5,
	    .process_limit = POLICY_UNLIMITED };
	struct verdict verdict = rule_limits(&matcher, &counts);

	(void)state;
	expect("bare", &verdict, &allow);
}

/* Opening *******************************************************************/

static void
test_open_fails_closed(void **state)
{
	static const char *const lan[WORDS_MAX] = LAN;
	struct matcher matcher;
	struct service service;
	struct world w;

	(void)state;
	open_world(&w, lan, lan);
	assert_true(matcher_open(&matcher, &w.service, NULL, &w.tables));
	assert_false(matcher_open(&matcher, &w.service, NULL, NULL));

	service = w.service;
	service.only_from_table.entries = 1;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));
	service = w.service;
	service.no_access_table.number = 2;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));
	service.no_access_table.number = UINT64_C(1) << 32 | 1;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));
	service = w.service;
	service.only_from_table.entries = UINT64_C(1) << 32 | 2;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));

	/* A list without a table: it must not count as no list. */
	service = w.service;
	service.given[ATTR_ONLY_FROM_TABLE] = false;
	assert_true(matcher_open(&matcher, &service, NULL, &w.tables));
	service.only_from.present = true;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));
	service.only_from.present = false;
	service.given[ATTR_ONLY_FROM] = true;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));
	service = w.service;
	service.given[ATTR_NO_ACCESS_TABLE] = false;
	service.no_access.present = true;
	assert_false(matcher_open(&matcher, &service, NULL, &w.tables));

	w.base[w.offsets[0]] ^= 1;
	assert_false(matcher_open(&matcher, &w.service, NULL, &w.tables));
	arena_free(w.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_access_matrix),
		cmocka_unit_test(test_access_without_source),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_source_cps),
		cmocka_unit_test(test_limits_not_given),
		cmocka_unit_test(test_open_fails_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
