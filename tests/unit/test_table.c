/*
 * Tables for people: aligned, 80 columns, nothing unprintable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/table.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

static const struct table_column columns[] = {
	{ "NAME", TABLE_LEFT, 8 },
	{ "N", TABLE_RIGHT, 6 },
	{ "WHERE", TABLE_LEFT, 0 },
};
static const struct table_column numbers[] = {
	{ "NAME", TABLE_LEFT, 8 },
	{ "COUNT", TABLE_RIGHT, 6 },
};

static const struct row {
	const char *name;
	const struct table_column *columns;
	unsigned count, indent;
	const char *cells[2][3];
	const char *expected;
} rows[] = {
	{ "aligned", columns, 3, 0,
	    { { "ab", "1", "x" }, { "abcd", "1000", "y" } },
	    "NAME     N  WHERE\n"
	    "ab       1  x\n"
	    "abcd  1000  y\n" },
	{ "indented", columns, 3, 2,
	    { { "ab", "1", "x" }, { NULL, NULL, "y" } },
	    "  NAME  N  WHERE\n"
	    "  ab    1  x\n"
	    "           y\n" },
	{ "long cells are cut, but no name is", columns, 3, 1,
	    { { "abcdefghi", "1234567", "x" }, { "abcdefgh", "1", "y" } },
	    " NAME           N  WHERE\n"
	    " abcdefghi\n"
	    "           1234..  x\n"
	    " abcdefgh       1  y\n" },
	{ "no blanks at the end", columns, 3, 0,
	    { { "a", "1", "" }, { "b", NULL, NULL } },
	    "NAME  N  WHERE\n"
	    "a     1\n"
	    "b\n" },
	{ "control characters", columns, 3, 0,
	    { { "a\033[1m", "\n", "\377\t" }, { "b", "1", "y" } },
	    "NAME   N  WHERE\n"
	    "a?[1m  ?  ??\n"
	    "b      1  y\n" },
	{ "fits 80", columns, 3, 0,
	    { { "abcdefgh", "1", X60 "1234567" }, { "b", "1", "y" } },
	    "NAME      N  WHERE\n"
	    "abcdefgh  1  " X60 "1234567\n"
	    "b         1  y\n" },
	{ "the last cell moves down", columns, 3, 0,
	    { { "abcdefgh", "1", X60 "12345678" }, { "b", "1", "y" } },
	    "NAME      N  WHERE\n"
	    "abcdefgh  1\n"
	    "    " X60 "12345678\n"
	    "b         1  y\n" },
	{ "and leaves no empty line", columns, 3, 0,
	    { { "abcdefgh", "1", "y" }, { NULL, NULL, X60 "12345678" } },
	    "NAME      N  WHERE\n"
	    "abcdefgh  1  y\n"
	    "    " X60 "12345678\n" },
	{ "numbers last", numbers, 2, 1,
	    { { "a", "1" }, { "b", "20" } },
	    " NAME  COUNT\n"
	    " a         1\n"
	    " b        20\n" },
};

static void
printing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct table *t = table_new(row->columns, row->count);
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		table_row(t, row->cells[0]);
		table_row(t, row->cells[1]);
		table_print(t, out, row->indent);
		assert_int_equal(fclose(out), 0);
		if (strcmp(text, row->expected) != 0)
			fail_msg("%s: got\n%s", row->name, text);
		free(text);
		table_free(t);
	}
}

static void
freeing_nothing(void **state)
{
	(void)state;
	table_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printing),
		cmocka_unit_test(freeing_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
