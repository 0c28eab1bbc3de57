/*
 * The end of an audit file, whole, torn, foreign or hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "log/log.h"

#define LINE(n) "{\"event\":{\"sequence\":" #n "},\"x\":\"a\"}\n"

static const struct {
	const char *name, *text;
	bool is_start;
	uint64_t sequence, torn;
} rows[] = {
	{ "empty", "", true, 0, 0 },
	{ "one", LINE(7), true, 7, 0 },
	{ "last counts", LINE(7) LINE(8), true, 8, 0 },
	{ "torn", LINE(7) "{\"event\":{\"sequence\":8},\"x\":\"a\"", true, 7,
	    31 },
	{ "whole but for the newline", LINE(7) "{\"event\":{\"sequence\":8}}",
	    true, 7, 24 },
	{ "torn and ended", LINE(7) "{\"event\":{\"sequence\":8},\"x\n", true,
	    7, 0 },
	{ "torn at a brace and ended", LINE(7) "{\"event\":{\"sequence\":8}\n",
	    true, 7, 0 },
	{ "nothing but a torn line", "{\"event\":{\"sequ", true, 0, 15 },
	{ "foreign lines", LINE(7) "hello\n\n\n", true, 7, 0 },
	{ "no number in it", LINE(7) "{\"a\":{}}\n", true, 7, 0 },
	{ "inside a string",
	    LINE(7) "{\"a\":\"\\\"sequence\\\":99\",\"b\":\"}\"}\n", true, 7, 0 },
	{ "too large", LINE(7) LINE(99999999999999999999), true, 7, 0 },
	{ "too long", LINE(7) LINE(000000000000000000000000000009), true, 7,
	    0 },
	{ "beginning not here", "\"event\":{\"sequence\":6}}\n" LINE(7), false,
	    7, 0 },
	{ "line cut at its beginning", LINE(7), false, 0, 0 },
	{ "braces in strings", "{\"sequence\":4,\"x\":\"}{{\\\"\"}\n", true, 4,
	    0 },
};

static void
ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t sequence, torn;

		tail_scan(rows[i].text, strlen(rows[i].text), rows[i].is_start,
		    &sequence, &torn);
		if (sequence != rows[i].sequence || torn != rows[i].torn)
			fail_msg("%s: sequence %llu, torn %llu", rows[i].name,
			    (unsigned long long)sequence,
			    (unsigned long long)torn);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
