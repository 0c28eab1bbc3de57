/*
 * hosts.allow and hosts.deny: which line is a rule?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "load/hosts.h"

#define TEXT(text) (text), sizeof(text) - 1

static const struct row {
	const char *name;
	const char *text;
	size_t length;
	unsigned expected;
} rows[] = {
	{ "empty", TEXT(""), 0 },
	{ "comments and blanks", TEXT("# a\n\n \t\r\n# ALL: ALL\n"), 0 },
	{ "a rule", TEXT("# a\nALL: ALL\n"), 2 },
	{ "without a newline", TEXT("\n\nsshd: 10."), 3 },
	{ "the first counts", TEXT("a: b\nc: d\n"), 1 },
	{ "a comment begins in column one", TEXT(" # x: y\n"), 1 },
	{ "comment at the end of the file", TEXT("# x"), 0 },
	{ "NUL is no blank", TEXT("\n\0\n"), 2 },
	{ "last line after a newline", TEXT("#\n#\n#\nx"), 4 },
};

static void
active_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned line = hosts_active_line(rows[i].text,
		    rows[i].length);

		if (line != rows[i].expected)
			fail_msg("%s: line %u", rows[i].name, line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(active_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
