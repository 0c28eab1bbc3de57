/*
 * Time zones: POSIX strings, the wall clock around the changes of 2026 and
 * 2027, policy text both ways, and libc's opinion where zone files exist.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/zone.h"

static void
print_time(const struct zone *zone, int64_t now, char *out, size_t size)
{
	struct zone_time time;

	zone_local(zone, now, &time);
	(void)snprintf(out, size, "%d-%02d-%02d %02d:%02d:%02d %s %d %d",
	    time.year, time.month, time.day, time.hour, time.minute,
	    time.second, time.name, time.offset, time.weekday);
}

/* The clock *****************************************************************/

static const struct clock_row {
	const char *tz;
	int64_t now;
	const char *expected;
} clock_rows[] = {
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999,
	    "2026-03-29 01:59:59 CET 3600 0" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000,
	    "2026-03-29 03:00:00 CEST 7200 0" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792889999,
	    "2026-10-25 02:59:59 CEST 7200 0" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000,
	    "2026-10-25 02:00:00 CET 3600 0" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1806195599,
	    "2027-03-28 01:59:59 CET 3600 0" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1806195600,
	    "2027-03-28 03:00:00 CEST 7200 0" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1824944400,
	    "2027-10-31 02:00:00 CET 3600 0" },
	{ "EST5EDT,M3.2.0,M11.1.0", 1772953199,
	    "2026-03-08 01:59:59 EST -18000 0" },
	{ "EST5EDT,M3.2.0,M11.1.0", 1772953200,
	    "2026-03-08 03:00:00 EDT -14400 0" },
	{ "EST5EDT,M3.2.0,M11.1.0", 1793512799,
	    "2026-11-01 01:59:59 EDT -14400 0" },
	{ "EST5EDT,M3.2.0,M11.1.0", 1793512800,
	    "2026-11-01 01:00:00 EST -18000 0" },
	{ "EST5EDT,M3.2.0,M11.1.0", 1805007600,
	    "2027-03-14 03:00:00 EDT -14400 0" },
	{ "EST5EDT,M3.2.0,M11.1.0", 1825567200,
	    "2027-11-07 01:00:00 EST -18000 0" },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1775314799,
	    "2026-04-05 01:59:59 +11 39600 0" },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1775314800,
	    "2026-04-05 01:30:00 +1030 37800 0" },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1791041399,
	    "2026-10-04 01:59:59 +1030 37800 0" },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1791041400,
	    "2026-10-04 02:30:00 +11 39600 0" },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1806764400,
	    "2027-04-04 01:30:00 +1030 37800 0" },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1822491000,
	    "2027-10-03 02:30:00 +11 39600 0" },
	{ "IST-5:30", 1782907200, "2026-07-01 17:30:00 IST 19800 3" },
	{ "UTC0", 1782907200, "2026-07-01 12:00:00 UTC 0 3" },
	{ "UTC0", 0, "1970-01-01 00:00:00 UTC 0 4" },
	{ "UTC0", -1, "1969-12-31 23:59:59 UTC 0 3" },
	{ "UTC0", 13574647800, "2400-02-29 23:30:00 UTC 0 2" },
	{ "UTC0", 951782399, "2000-02-28 23:59:59 UTC 0 1" },
	{ "UTC0", 951868800, "2000-03-01 00:00:00 UTC 0 3" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 253386403200,
	    "9999-07-01 02:00:00 CEST 7200 4" },
	{ "EST+5", 1782907200, "2026-07-01 07:00:00 EST -18000 3" },
	{ "ABC-5:30:15", 1782907200, "2026-07-01 17:30:15 ABC 19815 3" },
	/* without dates: the United States' */
	{ "EST5EDT", 1772953199, "2026-03-08 01:59:59 EST -18000 0" },
	{ "EST5EDT", 1772953200, "2026-03-08 03:00:00 EDT -14400 0" },
	/* day of the year, with and without 29 February: 2028 is leap */
	{ "AAA0BBB,J60/0,J61/0", 1835481599,
	    "2028-02-29 23:59:59 AAA 0 2" },
	{ "AAA0BBB,J60/0,J61/0", 1835481600,
	    "2028-03-01 01:00:00 BBB 3600 3" },
	{ "AAA0BBB,59/0,60/0", 1835395200,
	    "2028-02-29 01:00:00 BBB 3600 2" },
	{ "AAA0BBB,59/0,60/0", 1835395199,
	    "2028-02-28 23:59:59 AAA 0 1" },
	/* summer all the year */
	{ "XXX3EDT4,0/0,J365/23", 1798772399,
	    "2026-12-31 22:59:59 EDT -14400 4" },
	{ "XXX3EDT4,0/0,J365/23", 1798776000,
	    "2027-01-01 00:00:00 EDT -14400 5" },
	{ "XXX3EDT4,0/0,J365/23", 1782907200,
	    "2026-07-01 08:00:00 EDT -14400 3" },
	/* summer that ends as it begins */
	{ "AAA0BBB,J182/0,J182/1", 1782907200,
	    "2026-07-01 12:00:00 AAA 0 3" },
	/* negative summer time, times beyond a day */
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1774745999,
	    "2026-03-29 00:59:59 GMT 0 0" },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1774746000,
	    "2026-03-29 02:00:00 IST 3600 0" },
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774745999,
	    "2026-03-28 22:59:59 -02 -7200 6" },
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000,
	    "2026-03-29 00:00:00 -01 -3600 0" },
	{ "EET-2EEST,M3.4.4/50,M10.4.4/50", 1774652399,
	    "2026-03-28 00:59:59 EET 7200 6" },
	{ "EET-2EEST,M3.4.4/50,M10.4.4/50", 1774656000,
	    "2026-03-28 03:00:00 EEST 10800 6" },
};

static void
test_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(clock_rows) / sizeof(clock_rows[0]);
	    i++) {
		const struct clock_row *row = &clock_rows[i];
		struct zone zone;
		char out[80];

		if (!zone_from_posix(&zone, row->tz))
			fail_msg("%s is refused", row->tz);
		print_time(&zone, row->now, out, sizeof(out));
		if (strcmp(out, row->expected) != 0)
			fail_msg("%s, %lld: %s, not %s", row->tz,
			    (long long)row->now, out, row->expected);
	}
}

/* A wrong clock must not be able to crash anything. */
static void
test_clock_at_the_ends_of_time(void **state)
{
	static const int64_t rows[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX,
	    INT64_MAX - 1, INT64_C(60000000000000001),
	    INT64_C(-60000000000000001), INT64_C(67768036191676799) };
	struct zone zone;

	(void)state;
	assert_true(zone_from_posix(&zone, "EST5EDT,M3.2.0,M11.1.0"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone_time time;

		zone_local(&zone, rows[i], &time);
		assert_in_range(time.month, 1, 12);
		assert_in_range(time.day, 1, 31);
		assert_in_range(time.hour, 0, 23);
		assert_in_range(time.minute, 0, 59);
		assert_in_range(time.second, 0, 59);
		assert_in_range(time.weekday, 0, 6);
	}
}

static void
test_utc(void **state)
{
	struct zone zone;
	char out[80];

	(void)state;
	zone_utc(&zone);
	print_time(&zone, 1782907200, out, sizeof(out));
	assert_string_equal(out, "2026-07-01 12:00:00 UTC 0 3");
}

static void
test_posix_refused(void **state)
{
	static const char *const rows[] = {
		"", "CET", "CE-1", "-1", "CET-25", "CET-1:60", "CET-1:00:60",
		"CET-", "CET--1", "CET-1 ", " CET-1", "CET-1CE", "CET-1CEST,",
		"CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,", "CET-1CEST,M3.5.0,M",
		"CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0x", "CET-1CEST,M3.5.0,M10.5.0,",
		"CET-1CEST,J0,J1", "CET-1CEST,J366,J1", "CET-1CEST,366,1",
		"CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0/,M10.5.0",
		"CET-1CEST,M3.5.0/2:60,M10.5.0", "CET-1CEST;M3.5.0,M10.5.0",
		"CET-0000000001", "<CET-1", "<>-1", "<+1>-1", "<C ET>-1",
		"<ABCDEFGHIJKL>-1", "ABCDEFGHIJKL-1", "C3T-1", ":UTC0",
		"Europe/Berlin", "CET-1\n", "CET-99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;

		memset(&zone, 0x55, sizeof(zone));
		if (zone_from_posix(&zone, rows[i]))
			fail_msg("\"%s\" is accepted", rows[i]);
		assert_int_equal(zone.name[0], 0x55);
	}
}

/* Text **********************************************************************/

static unsigned
split(char *text, const char **words, unsigned maximum)
{
	unsigned count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(text, " ", &rest); word != NULL;
	    word = strtok_r(NULL, " ", &rest)) {
		assert_true(count < maximum);
		words[count++] = word;
	}
	return count;
}

static bool
parse_text(struct zone *zone, struct arena *arena, const char *text)
{
	const char *words[16];
	char copy[512];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	return zone_parse(zone, arena, words, split(copy, words, 16));
}

static void
test_text(void **state)
{
	static const char *const rows[] = {
		"0 UTC -",
		"3600 CET CET-1CEST,M3.5.0,M10.5.0/3",
		"-18000 EST EST5EDT,M3.2.0,M11.1.0 0:-14400:EDT 5:-18000:EST",
		"37800 +1030 <+1030>-10:30<+11>-11,M10.1.0,M4.1.0 1:0:-00",
		"-93599 A - 9223372036854775807:93599:ABCDEFGHIJK",
	};
	struct arena *arena = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;
		char out[256], small[20];

		if (!parse_text(&zone, arena, rows[i]))
			fail_msg("%s is refused", rows[i]);
		assert_int_equal(zone_print(&zone, out, sizeof(out)),
		    strlen(rows[i]));
		assert_string_equal(out, rows[i]);
		assert_int_equal(zone_print(&zone, small, sizeof(small)),
		    strlen(rows[i]));
		assert_memory_equal(small, rows[i], strlen(small));
		assert_int_equal(zone_print(&zone, NULL, 0), strlen(rows[i]));
	}
	arena_free(arena);
}

static void
test_text_refused(void **state)
{
	static const char *const rows[] = {
		"", "0", "0 UTC", "+0 UTC -", "00 UTC -", "-0 UTC -",
		"0x0 UTC -", "0x UTC -", "93600 UTC -", "-93600 UTC -",
		"99999999999999999999 UTC -", "0 ABCDEFGHIJKL -", "0 U:C -",
		"0 UTC UTC", "0 UTC CET-1CEST,", "0 UTC - 1", "0 UTC - 1:2",
		"0 UTC - 1:2:", "0 UTC - 1:2:A:B", "0 UTC - :2:AAA",
		"0 UTC - 1::AAA", "0 UTC - -1:0:AAA", "0 UTC - 01:0:AAA",
		"0 UTC - 1:93600:AAA", "0 UTC - 1:0:ABCDEFGHIJKL",
		"0 UTC - 1:0:AAA 1:0:BBB", "0 UTC - 2:0:AAA 1:0:BBB",
		"0 UTC - 9223372036854775808:0:AAA",
		"0 UTC - 1:0:A*A", "0 UTC - - 1:0:AAA",
	};
	struct arena *arena = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;

		memset(&zone, 0x55, sizeof(zone));
		if (parse_text(&zone, arena, rows[i]))
			fail_msg("\"%s\" is accepted", rows[i]);
		assert_int_equal(zone.name[0], 0x55);
	}
	arena_free(arena);
}

static void
test_text_is_bounded(void **state)
{
	static const char *words[ZONE_TRANSITIONS_MAX + 4];
	static char text[ZONE_TRANSITIONS_MAX + 1][24];
	struct arena *arena = arena_new(1 << 20);
	struct zone zone;

	(void)state;
	words[0] = "0";
	words[1] = "UTC";
	words[2] = "-";
	for (unsigned i = 0; i <= ZONE_TRANSITIONS_MAX; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%u:0:AAA", i);
		words[3 + i] = text[i];
	}
	assert_true(zone_parse(&zone, arena, words, ZONE_TRANSITIONS_MAX + 3));
	assert_false(zone_parse(&zone, arena, words,
	    ZONE_TRANSITIONS_MAX + 4));
	arena_free(arena);
}

/* libc **********************************************************************/

static void
compare_with_libc(const char *name, const struct zone *zone, time_t now)
{
	struct zone_time ours;
	struct tm theirs;

	zone_local(zone, now, &ours);
	assert_non_null(localtime_r(&now, &theirs));
	if (ours.offset != theirs.tm_gmtoff ||
	    strcmp(ours.name, theirs.tm_zone) != 0 ||
	    ours.year != theirs.tm_year + 1900 ||
	    ours.month != theirs.tm_mon + 1 || ours.day != theirs.tm_mday ||
	    ours.weekday != theirs.tm_wday || ours.hour != theirs.tm_hour ||
	    ours.minute != theirs.tm_min || ours.second != theirs.tm_sec)
		fail_msg("%s, %lld: %d %s, libc %ld %s", name, (long long)now,
		    ours.offset, ours.name, theirs.tm_gmtoff, theirs.tm_zone);
}

/* The same instant from the policy's text gives the same answer. */
static void
through_text(struct zone *zone, struct arena *arena)
{
	static char first[65536], second[65536];
	static const char *words[ZONE_TRANSITIONS_MAX + 3];
	struct zone again;
	unsigned count;

	assert_true(zone_print(zone, first, sizeof(first)) < sizeof(first));
	memcpy(second, first, sizeof(second));
	count = split(second, words, ZONE_TRANSITIONS_MAX + 3);
	assert_true(zone_parse(&again, arena, words, count));
	(void)zone_print(&again, second, sizeof(second));
	assert_string_equal(first, second);
	*zone = again;
}

static void
compare_zone(const char *name, struct arena *arena)
{
	static uint8_t bytes[65536];
	char path[128];
	struct zone zone;
	size_t length;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	length = fread(bytes, 1, sizeof(bytes), file);
	assert_int_equal(fclose(file), 0);
	if (!zone_from_tzif(&zone, arena, bytes, length))
		fail_msg("%s is refused", name);
	through_text(&zone, arena);
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (unsigned i = 0; i < zone.count; i++)
		for (int64_t d = -1; d <= 1; d++)
			if (zone.transitions[i].at + d >= 0)
				compare_with_libc(name, &zone,
				    zone.transitions[i].at + d);
	for (time_t now = 0; now < 5000000000; now += 12345678)
		compare_with_libc(name, &zone, now);
	/* Every half hour of the two years that matter. */
	for (time_t now = 1767225600; now < 1830297600; now += 1800) {
		compare_with_libc(name, &zone, now - 1);
		compare_with_libc(name, &zone, now);
	}
}

static void
test_like_libc(void **state)
{
	static const char *const rows[] = {
		"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
		"Asia/Kolkata", "UTC", "Europe/Dublin", "Africa/Casablanca",
		"America/Nuuk", "Asia/Gaza", "Antarctica/Troll",
		"Pacific/Apia", "America/Santiago", "Asia/Kathmandu",
	};
	struct arena *arena = arena_new(1 << 22);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		compare_zone(rows[i], arena);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_clock_at_the_ends_of_time),
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_posix_refused),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_refused),
		cmocka_unit_test(test_text_is_bounded),
		cmocka_unit_test(test_like_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
