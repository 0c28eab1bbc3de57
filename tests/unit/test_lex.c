/*
 * Tests of policy/lex.c: lines, words, columns, operators, the escape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/lex.h"

#define ARENA_LIMIT (1u << 20)

struct line_row {
	const char *name, *text;
	size_t length;		/* 0: strlen */
	const char *expected;	/* "LINE:COLUMN=WORD ..." per word, "|" after
				 * each line; NUL and LONG for those results */
};

static const struct line_row line_rows[] = {
	{ "empty", "", 0, "" },
	{ "one word", "a", 0, "1:1=a |" },
	{ "blanks", " \ta \t b\t", 0, "1:3=a 1:7=b |" },
	{ "blank lines", "\n\n  \n\t\na\n", 0, "5:1=a |" },
	{ "comments", "#x\n  # y\na #z\n", 0, "3:1=a 3:3=#z |" },
	{ "crlf", "a b\r\nc\r\n\r\n", 0, "1:1=a 1:3=b |2:1=c |" },
	{ "cr inside", "a\rb", 0, "1:1=a\rb |" },
	{ "cr at the end of the file", "a\r", 0, "1:1=a |" },
	{ "bom", "\xef\xbb\xbf" "a", 0, "1:1=a |" },
	{ "bom later", "a\n\xef\xbb\xbf" "b", 0,
	    "1:1=a |2:1=\xef\xbb\xbf" "b |" },
	{ "no newline at the end", "a\nb", 0, "1:1=a |2:1=b |" },
	{ "high bytes", "\xc3\xa4 \xe3\x81\x82", 0,
	    "1:1=\xc3\xa4 1:4=\xe3\x81\x82 |" },
	{ "no-break space is no blank", "a\xc2\xa0" "b", 0,
	    "1:1=a\xc2\xa0" "b |" },
	{ "nul", "a\0b\nc", 5, "1:NUL |2:1=c |" },
	{ "nul in a comment", "#\0\nc", 4, "1:NUL |2:1=c |" },
	{ "too long", "abcdefghijklmnopqrstu\nv", 0, "1:LONG |2:1=v |" },
	{ "as long as allowed", "abcdefghijklmnopqrst\r\nv", 0,
	    "1:1=abcdefghijklmnopqrst |2:1=v |" },
	{ "a long comment is still too long", "#bcdefghijklmnopqrstu\nv", 0,
	    "1:LONG |2:1=v |" },
};

static void
show_line(enum lex_result result, const struct lex_line *line, char *out,
    size_t size)
{
	size_t used = strlen(out);
	unsigned i;

	if (result != LEX_LINE)
		used += (size_t)snprintf(out + used, size - used, "%u:%s ",
		    line->number, result == LEX_NUL ? "NUL" : "LONG");
	for (i = 0; i < line->count; i++)
		used += (size_t)snprintf(out + used, size - used, "%u:%u=%s ",
		    line->number, line->words[i].column, line->words[i].text);
	snprintf(out + used, size - used, "|");
}

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(line_rows) / sizeof(line_rows[0]); i++) {
		const struct line_row *row = &line_rows[i];
		struct arena *arena = arena_new(ARENA_LIMIT);
		size_t length = row->length ? row->length : strlen(row->text);
		/* An exact copy, so that a sanitizer sees reads past it. */
		char *copy = malloc(length + 1);
		enum lex_result result;
		struct lexer lexer;
		struct lex_line line;
		char out[512] = "";

		assert_non_null(copy);
		copy = realloc(copy, length > 0 ? length : 1);
		assert_non_null(copy);
		memcpy(copy, row->text, length);
		lex_open(&lexer, arena, copy, length, 20);
		while ((result = lex_next(&lexer, &line)) != LEX_END)
			show_line(result, &line, out, sizeof(out));
		if (strcmp(out, row->expected) != 0)
			print_error("row \"%s\"\n", row->name);
		assert_string_equal(out, row->expected);
		free(copy);
		arena_free(arena);
	}
}

struct attribute_row {
	const char *text, *expected;
};

static const struct attribute_row attribute_rows[] = {
	{ "nice = 5", "1:nice 6= 8:5" },
	{ "nice= 5", "1:nice 5= 7:5" },
	{ "nice =5", "1:nice 6= 7:5" },
	{ "nice=5", "1:nice 5= 6:5" },
	{ "nice=-5", "1:nice 5= 6:-5" },
	{ "  a += b c", "3:a 5+ 8:b 10:c" },
	{ "a+= b", "1:a 2+ 5:b" },
	{ "a+=b c", "1:a 2+ 4:b 6:c" },
	{ "a -=b", "1:a 3- 5:b" },
	{ "a-=b", "1:a 2- 4:b" },
	{ "a =", "1:a 3=" },
	{ "a=", "1:a 2=" },
	{ "env = A=B C==D", "1:env 5= 7:A=B 11:C==D" },
	{ "env A=B", "fault at 5" },
	{ "env=A=B", "1:env 4= 5:A=B" },
	{ "args =--x=y", "1:args 6= 7:--x=y" },
	{ "a", "fault at 1" },
	{ "= 5", "fault at 1" },
	{ "+= 5", "fault at 1" },
	{ "a := 5", "fault at 3" },
	{ "a == 5", "fault at 3" },
	{ "a==5", "fault at 2" },
	{ "a + 5", "fault at 3" },
	{ "a *= 5", "fault at 3" },
	{ "a 5", "fault at 3" },
	{ "{", "fault at 1" },
};

static void
test_attributes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(attribute_rows) /
	    sizeof(attribute_rows[0]); i++) {
		const struct attribute_row *row = &attribute_rows[i];
		struct arena *arena = arena_new(ARENA_LIMIT);
		struct lex_attribute out;
		struct lexer lexer;
		struct lex_line line;
		char text[256];
		unsigned column = 0, k;
		size_t used;

		lex_open(&lexer, arena, row->text, strlen(row->text), 1000);
		assert_int_equal(lex_next(&lexer, &line), LEX_LINE);
		if (lex_attribute(arena, &line, &out, &column) != NULL) {
			snprintf(text, sizeof(text), "fault at %u", column);
		} else {
			used = (size_t)snprintf(text, sizeof(text),
			    "%u:%s %u%c", out.column, out.name,
			    out.operator_column, "=+-"[out.operator]);
			for (k = 0; k < out.count; k++)
				used += (size_t)snprintf(text + used,
				    sizeof(text) - used, " %u:%s",
				    out.values[k].column, out.values[k].text);
		}
		if (strcmp(text, row->expected) != 0)
			print_error("row \"%s\"\n", row->text);
		assert_string_equal(text, row->expected);
		arena_free(arena);
	}
}

static void
test_remarks(void **state)
{
	const struct lex_word words[] = {
		{ "a", 1 }, { "b#c", 3 }, { "#d", 7 }, { "#", 10 }
	};

	(void)state;
	assert_int_equal(lex_before_remark(words, 4), 2);
	assert_int_equal(lex_before_remark(words, 2), 2);
	assert_int_equal(lex_before_remark(words, 0), 0);
	assert_int_equal(lex_before_remark(words + 2, 2), 0);
}

static const struct {
	const char *word, *text;	/* NULL: malformed */
} escape_rows[] = {
	{ "abc", "abc" },
	{ "\\-", "" },
	{ "a\\040b", "a b" },
	{ "\\043\\134\\377", "#\\\377" },
	{ "a\\", NULL },
	{ "a\\04", NULL },
	{ "a\\08x", NULL },
	{ "\\400", NULL },
	{ "\\000", NULL },
	{ "a\\-", NULL },
};

static void
test_escape(void **state)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	const char *text;
	size_t length = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(escape_rows) / sizeof(escape_rows[0]);
	    i++) {
		text = lex_unescape(arena, escape_rows[i].word, NULL);
		if (escape_rows[i].text == NULL) {
			assert_null(text);
			continue;
		}
		assert_non_null(text);
		assert_string_equal(text, escape_rows[i].text);
	}
	text = lex_unescape(arena, "a\\000b", &length);
	assert_non_null(text);
	assert_int_equal(length, 3);
	assert_memory_equal(text, "a\0b", 3);
	arena_free(arena);
}

static void
test_memory(void **state)
{
	char text[4096];
	struct lexer lexer;
	struct lex_line line;
	struct arena *arena = arena_new(1024);

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'x' : ' ';
	lex_open(&lexer, arena, text, sizeof(text), sizeof(text));
	assert_int_equal(lex_next(&lexer, &line), LEX_END);
	assert_true(arena_failed(arena));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
