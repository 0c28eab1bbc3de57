/*
 * JSON for programs: well-formed whatever the texts hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/document.h"

static char *text;
static size_t size;
static FILE *out;

static void
begin(struct document *d)
{
	out = open_memstream(&text, &size);
	assert_non_null(out);
	document_begin(d, out);
}

static void
expect(struct document *d, const char *expected)
{
	document_end(d);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static const struct text_row {
	const char *name, *input, *expected;
} text_rows[] = {
	{ "plain", "abc", "abc" },
	{ "empty", "", "" },
	{ "quote and backslash", "a\"b\\c", "a\\\"b\\\\c" },
	{ "control", "\n\t\033\001", "\\u000a\\u0009\\u001b\\u0001" },
	{ "not ASCII", "\303\251\177\377", "\\u00c3\\u00a9\\u007f\\u00ff" },
	{ "slash stays", "</script>", "</script>" },
};

static void
texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		struct document d;
		char expected[200];

		begin(&d);
		document_text(&d, "k", text_rows[i].input);
		(void)snprintf(expected, sizeof(expected),
		    "{\n  \"k\": \"%s\"\n}\n", text_rows[i].expected);
		expect(&d, expected);
	}
}

static void
empty_object(void **state)
{
	struct document d;

	(void)state;
	begin(&d);
	expect(&d, "{}\n");
}

static void
everything(void **state)
{
	struct document d;

	(void)state;
	begin(&d);
	document_bool(&d, "yes", true);
	document_bool(&d, "no", false);
	document_null(&d, "none");
	document_number(&d, "n", UINT64_MAX);
	document_array(&d, "list");
	document_number(&d, NULL, 1);
	document_object(&d, NULL);
	document_text(&d, "a\"", "b");
	document_close(&d);
	document_array(&d, NULL);
	document_close(&d);
	document_close(&d);
	expect(&d, "{\n"
	    "  \"yes\": true,\n"
	    "  \"no\": false,\n"
	    "  \"none\": null,\n"
	    "  \"n\": 18446744073709551615,\n"
	    "  \"list\": [\n"
	    "    1,\n"
	    "    {\n"
	    "      \"a\\\"\": \"b\"\n"
	    "    },\n"
	    "    []\n"
	    "  ]\n"
	    "}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(empty_object),
		cmocka_unit_test(everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
