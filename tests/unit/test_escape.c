/*
 * Escaping: rows of hostile and harmless texts, and what may come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "log/render.h"

struct row {
	const char *name, *input, *expected;
	size_t size;
};

static const struct row id_rows[] = {
	{ "plain", "telnet", "telnet", 64 },
	{ "all classes", "aZ09_.-", "aZ09_.-", 64 },
	{ "empty", "", "", 64 },
	{ "blank", "a b", "a#040b", 64 },
	{ "hash itself", "a#b", "a#043b", 64 },
	{ "colon", "FAIL:", "FAIL#072", 64 },
	{ "line feed", "a\nb", "a#012b", 64 },
	{ "high byte", "\xff", "#377", 64 },
	{ "just fits", "1234567", "1234567", 8 },
	{ "cut", "12345678", "1234...", 8 },
	{ "an escape is never cut", "123\n56789", "123...", 9 },
};

static const struct row line_rows[] = {
	{ "printable stays", "a b#c\"d\\e~", "a b#c\"d\\e~", 64 },
	{ "terminal escape", "\x1b[31m", "#033[31m", 64 },
	{ "newline", "x\nFAIL: telnet", "x#012FAIL: telnet", 64 },
	{ "carriage return, tab", "\r\t", "#015#011", 64 },
	{ "delete", "\x7f", "#177", 64 },
	{ "bidi mark", "\xe2\x80\xae", "#342#200#256", 64 },
	{ "percent is nothing special", "%m %s %n", "%m %s %n", 64 },
	{ "just fits", "0123456789", "0123456789", 11 },
	{ "cut by one", "0123456789", "012345...", 10 },
};

static const struct row json_rows[] = {
	{ "plain", "a b", "a b", 64 },
	{ "quote and backslash", "\"\\", "\\\"\\\\", 64 },
	{ "slash stays", "/etc", "/etc", 64 },
	{ "control", "\x01\n\x1f", "\\u0001\\u000a\\u001f", 64 },
	{ "delete", "\x7f", "\\u007f", 64 },
	{ "two bytes", "\xc3\xa4", "\\u00e4", 64 },
	{ "three bytes", "\xe2\x80\xae", "\\u202e", 64 },
	{ "four bytes", "\xf0\x9f\x98\x80", "\\ud83d\\ude00", 64 },
	{ "overlong", "\xc0\xaf", "#300#257", 64 },
	{ "overlong three", "\xe0\x80\xaf", "#340#200#257", 64 },
	{ "surrogate", "\xed\xa0\x80", "#355#240#200", 64 },
	{ "too large", "\xf4\x90\x80\x80", "#364#220#200#200", 64 },
	{ "ends inside", "\xe2\x80", "#342#200", 64 },
	{ "lone continuation", "\x80", "#200", 64 },
	{ "exact", "0123456", "0123456", 8 },
	{ "cut", "01234567", "0123...", 8 },
	{ "an escape is never cut", "0123\n", "0123...", 9 },
	{ "a pair is never cut", "0\xf0\x9f\x98\x80", "0...", 13 },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
run_rows(const struct row *rows, size_t count,
    size_t (*escape)(const char *, char *, size_t))
{
	for (size_t i = 0; i < count; i++) {
		char *out = malloc(rows[i].size);
		size_t length = escape(rows[i].input, out, rows[i].size);

		if (strcmp(out, rows[i].expected) != 0)
			fail_msg("%s: got \"%s\"", rows[i].name, out);
		assert_int_equal(length, strlen(rows[i].expected));
		free(out);
	}
}

static void
ids(void **state)
{
	(void)state;
	run_rows(id_rows, COUNT(id_rows), escape_id);
}

static void
lines(void **state)
{
	(void)state;
	run_rows(line_rows, COUNT(line_rows), escape_line);
}

static bool last_cut;

static size_t
escape_json_noting(const char *text, char *out, size_t size)
{
	return escape_json(text, out, size, &last_cut);
}

static void
json(void **state)
{
	(void)state;
	run_rows(json_rows, COUNT(json_rows), escape_json_noting);
}

static void
json_tells_about_cuts(void **state)
{
	char out[16];
	bool cut = true;

	(void)state;
	escape_json("0123456", out, 8, &cut);
	assert_false(cut);
	escape_json("01234567", out, 8, &cut);
	assert_true(cut);
}

/* Whatever byte comes in, ASCII comes out, and never past the end. */
static void
every_byte_at_every_size(void **state)
{
	(void)state;
	for (unsigned byte = 1; byte < 256; byte++) {
		for (size_t size = 8; size < 40; size++) {
			char text[] = { (char)byte, 'x', (char)byte, (char)byte,
			    'y', (char)byte, (char)byte, 0 };
			char *out = malloc(size);

			assert_true(escape_line(text, out, size) < size);
			for (const char *p = out; *p != '\0'; p++)
				assert_in_range(*p, ' ', '~');
			assert_true(escape_json_noting(text, out, size) < size);
			for (const char *p = out; *p != '\0'; p++)
				assert_in_range(*p, ' ', '~');
			free(out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(lines),
		cmocka_unit_test(json),
		cmocka_unit_test(json_tells_about_cuts),
		cmocka_unit_test(every_byte_at_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
