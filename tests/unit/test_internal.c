/*
 * Tests of what the small internal services say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "shared/internal.h"

static void
test_chargen(void **state)
{
	char out[1000];
	uint32_t line = 0;

	(void)state;
	assert_int_equal(internal_chargen(&line, out, sizeof out),
	    13 * CHARGEN_LINE);
	assert_int_equal(line, 13);
	assert_memory_equal(out, " !\"#$%&'()*+,-./0123456789:;<=>?@"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n!\"#", 77);
	/* The ring is closed: 95 lines later it begins again. */
	line = 94;
	assert_int_equal(internal_chargen(&line, out, CHARGEN_LINE),
	    CHARGEN_LINE);
	assert_memory_equal(out, "~ !\"#", 5);
	assert_int_equal(line, 0);
	for (int i = 0; i < CHARGEN_LINE - 2; i++)
		assert_in_range(out[i], ' ', '~');
	/* No room for a line. */
	memset(out, 0, sizeof out);
	assert_int_equal(internal_chargen(&line, out, 3), 3);
	assert_memory_equal(out, " !\"\0", 4);
	assert_int_equal(internal_chargen(&line, out, 0), 0);
	assert_int_equal(line, 1);
}

static void
test_daytime(void **state)
{
	struct internal_time t = { 2026, 11, 22, 7, 45, 58, "UTC" };
	char out[DAYTIME_MAX];

	(void)state;
	assert_int_equal(internal_daytime(&t, out), 26);
	assert_string_equal(out, "22 NOV 2026 07:45:58 UTC\r\n");
	t = (struct internal_time){ 2027, 1, 1, 0, 0, 0, "CEST" };
	(void)internal_daytime(&t, out);
	assert_string_equal(out, "01 JAN 2027 00:00:00 CEST\r\n");
	/* Nonsense stays text of a bounded length. */
	t = (struct internal_time){ 2147483647, 99, -1, -1, -1, -1,
	    "ABCDEFGHIJKLMNOP" };
	assert_true(internal_daytime(&t, out) < DAYTIME_MAX);
	assert_memory_equal(out, "-1 JAN", 6);
}

static void
test_time(void **state)
{
	static const struct { int64_t at; uint8_t bytes[4]; } rows[] = {
		{ 0, { 0x83, 0xaa, 0x7e, 0x80 } },	/* 2208988800 */
		{ 189302400, { 0x8e, 0xf3, 0x05, 0x00 } },
		{ 2085978495, { 0xff, 0xff, 0xff, 0xff } },
		{ 2085978496, { 0, 0, 0, 0 } },		/* in 2036 */
	};
	uint8_t out[TIME_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		internal_time(rows[i].at, out);
		assert_memory_equal(out, rows[i].bytes, sizeof out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chargen),
		cmocka_unit_test(test_daytime),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("internal", tests, NULL, NULL);
}
