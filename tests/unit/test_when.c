/*
 * Time windows: their text, and what is inside to the minute.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/when.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		bool expected;
		unsigned start, end;
	} rows[] = {
		{ "08:00-17:30", true, 480, 1050 },
		{ "00:00-23:59", true, 0, 1439 },
		{ "00:00-24:00", true, 0, 1440 },
		{ "22:00-06:00", true, 1320, 360 },
		{ "7:5-8:6", true, 425, 486 },
		{ "8:00-8:00", true, 480, 480 },
		{ "23:59-0:0", true, 1439, 0 },
		{ "24:00-08:00", false, 0, 0 },
		{ "24:01-08:00", false, 0, 0 },
		{ "08:00-24:01", false, 0, 0 },
		{ "08:00-25:00", false, 0, 0 },
		{ "08:60-17:00", false, 0, 0 },
		{ "08:00-17:60", false, 0, 0 },
		{ "008:00-17:00", false, 0, 0 },
		{ "08:000-17:00", false, 0, 0 },
		{ "08:00", false, 0, 0 },
		{ "08:00-", false, 0, 0 },
		{ "-17:00", false, 0, 0 },
		{ "08-17", false, 0, 0 },
		{ "08:-17:00", false, 0, 0 },
		{ ":00-17:00", false, 0, 0 },
		{ "08:00-17:00 ", false, 0, 0 },
		{ " 08:00-17:00", false, 0, 0 },
		{ "08:00 - 17:00", false, 0, 0 },
		{ "08:00-17:00-18:00", false, 0, 0 },
		{ "08:00-17:00,18:00-19:00", false, 0, 0 },
		{ "+8:00-17:00", false, 0, 0 },
		{ "8.00-17.00", false, 0, 0 },
		{ "8am-5pm", false, 0, 0 },
		{ "", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct when_range range = { 7777, 7777 };
		bool is_range = when_range_parse(&range, rows[i].text);

		if (is_range != rows[i].expected)
			fail_msg("\"%s\": %d", rows[i].text, is_range);
		if (is_range && (range.start != rows[i].start ||
		    range.end != rows[i].end))
			fail_msg("%s: %u-%u", rows[i].text, range.start,
			    range.end);
		if (!is_range && range.start != 7777)
			fail_msg("%s: touched", rows[i].text);
	}
}

static void
test_contains(void **state)
{
	static const struct {
		const char *range;
		unsigned minute;
		bool expected;
	} rows[] = {
		{ "08:00-17:30", 479, false },
		{ "08:00-17:30", 480, true },
		{ "08:00-17:30", 1050, true },
		{ "08:00-17:30", 1051, false },
		{ "08:00-08:00", 480, true },
		{ "08:00-08:00", 481, false },
		{ "08:00-08:00", 479, false },
		{ "22:00-06:00", 1319, false },
		{ "22:00-06:00", 1320, true },
		{ "22:00-06:00", 1439, true },
		{ "22:00-06:00", 0, true },
		{ "22:00-06:00", 360, true },
		{ "22:00-06:00", 361, false },
		{ "22:00-00:00", 0, true },
		{ "22:00-00:00", 1, false },
		{ "22:00-24:00", 1439, true },
		{ "22:00-24:00", 0, false },
		{ "00:00-24:00", 0, true },
		{ "00:00-24:00", 1439, true },
		{ "00:00-24:00", 720, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct when_range range;

		assert_true(when_range_parse(&range, rows[i].range));
		if (when_range_contains(&range, rows[i].minute) !=
		    rows[i].expected)
			fail_msg("%s, %u", rows[i].range, rows[i].minute);
	}
}

static void
test_match(void **state)
{
	/* Berlin puts the clock forward from 02:00 to 03:00 at 1774746000. */
	static const struct when_range ranges[] = {
		{ 60, 119 }, { 120, 179 }, { 180, 239 }, { 180, 1440 },
	};
	static const struct {
		const char *name;
		int64_t now;
		int expected;
	} rows[] = {
		{ "01:59:59", 1774745999, 0 },
		{ "03:00:00, the hour of 02 is not there", 1774746000, 2 },
		{ "03:59:59", 1774749599, 2 },
		{ "04:00:00", 1774749600, 3 },
		{ "02:30 in October, first time", 1792888200, 1 },
		{ "02:30 in October, second time", 1792891800, 1 },
		{ "00:30", 1774740600, -1 },
	};
	struct zone zone;

	(void)state;
	assert_true(zone_from_posix(&zone, "CET-1CEST,M3.5.0,M10.5.0/3"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int match = when_match(ranges, 4, &zone, rows[i].now);

		if (match != rows[i].expected)
			fail_msg("%s: %d", rows[i].name, match);
	}
	assert_int_equal(when_match(ranges, 0, &zone, 1774746000), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
