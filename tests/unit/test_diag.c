/*
 * Diagnostics: their text, their number, and the nearest word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "policy/diag.h"

static const struct format_row {
	const char *name;
	struct diag diag;
	const char *expected;
} format_rows[] = {
	{ "everything", { .effect = DIAG_REFUSE_SERVICE,
	    .code = DIAG_BAD_VALUE, .place = { 1, 12, 5 }, .file = "/etc/x",
	    .service = "telnet", .attribute = "wait", .value = "maybe",
	    .message = "yes or no, please", .hint = "did you mean yes" },
	    "/etc/x:12:5: error: service telnet: wait: yes or no, please: "
	    "\"maybe\"; did you mean yes" },
	{ "the word is said once", { .effect = DIAG_REFUSE_SERVICE,
	    .code = DIAG_UNKNOWN_NAME, .value = "joe",
	    .message = "unknown user \"joe\"" },
	    "error: unknown user \"joe\"" },
	{ "the load", { .effect = DIAG_REFUSE_LOAD, .code = DIAG_FILE,
	    .place = { 1, 3, 0 }, .file = "a", .message = "not root's" },
	    "a:3: error: not root's" },
	{ "a file as a whole", { .effect = DIAG_WARNING, .code = DIAG_FILE,
	    .file = "a", .message = "empty" }, "a: warning: empty" },
	{ "nowhere", { .effect = DIAG_WARNING, .code = DIAG_IGNORED,
	    .message = "no effect" }, "warning: no effect" },
	{ "no message left", { .effect = DIAG_REFUSE_LOAD,
	    .code = DIAG_MEMORY }, "error: memory" },
	{ "hostile bytes", { .effect = DIAG_WARNING, .code = DIAG_SYNTAX,
	    .file = "a\nb", .place = { 1, 1, 1 }, .service = "\x1b[2J",
	    .message = "\x7f\xff\t", .hint = "\x01" },
	    "a#012b:1:1: warning: service #033[2J: #177#377#011; #001" },
};

static void
test_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(format_rows) / sizeof(format_rows[0]);
	    i++) {
		const struct format_row *row = &format_rows[i];
		char out[256];
		size_t length;

		length = diag_format(&row->diag, out, sizeof(out));
		if (strcmp(out, row->expected) != 0 || length != strlen(out))
			fail_msg("%s: %s", row->name, out);
	}
}

/* However short the buffer: a beginning of the text, no escape cut. */
static void
test_format_is_cut(void **state)
{
	const struct diag *diag = &format_rows[5].diag;
	const char *whole = format_rows[5].expected;

	(void)state;
	for (size_t size = 1; size <= strlen(whole) + 2; size++) {
		char out[256];
		size_t length;

		memset(out, 'x', sizeof(out));
		length = diag_format(diag, out, size);
		assert_true(length < size);
		assert_int_equal(strlen(out), length);
		assert_int_equal(out[size], 'x');
		assert_memory_equal(out, whole, length);
		for (size_t back = 1; back <= 3 && back <= length; back++)
			if (out[length - back] == '#')
				fail_msg("escape cut at %zu", size);
	}
	assert_int_equal(diag_format(diag, NULL, 0), 0);
}

static void
test_list(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	char word[] = "maybe";
	struct diag_list list;

	(void)state;
	diag_init(&list, arena);
	assert_null(list.first);
	diag_add(&list, &(struct diag){ .effect = DIAG_WARNING,
	    .code = DIAG_KINDER, .value = word, .message = "one" });
	diag_add(&list, &(struct diag){ .effect = DIAG_REFUSE_SERVICE,
	    .code = DIAG_SYNTAX, .message = "two" });
	diag_add(&list, &(struct diag){ .effect = DIAG_REFUSE_LOAD,
	    .code = DIAG_FILE, .message = "three" });
	word[0] = 'M';
	assert_int_equal(list.count, 3);
	assert_int_equal(list.errors, 2);
	assert_int_equal(list.load_errors, 1);
	assert_string_equal(list.first->value, "maybe");
	assert_string_equal(list.first->next->message, "two");
	assert_string_equal(list.first->next->next->message, "three");
	assert_null(list.first->next->next->next);
	arena_free(arena);
}

static unsigned
list_length(const struct diag_list *list)
{
	unsigned length = 0;

	for (const struct diag *d = list->first; d != NULL; d = d->next)
		length++;
	return length;
}

static void
test_list_is_bounded(void **state)
{
	const struct diag load = { .effect = DIAG_REFUSE_LOAD,
	    .code = DIAG_SYNTAX, .message = "again" };
	struct arena *arena = arena_new(1 << 20);
	const struct diag *last;
	struct diag_list list;

	(void)state;
	diag_init(&list, arena);
	for (unsigned i = 0; i < DIAG_LIST_MAX; i++)
		diag_add(&list, &load);
	assert_int_equal(list_length(&list), DIAG_LIST_MAX);
	for (unsigned i = 0; i < 500; i++)
		diag_add(&list, &load);
	assert_int_equal(list_length(&list), DIAG_LIST_MAX + 1);
	assert_int_equal(list.count, DIAG_LIST_MAX + 500);
	assert_int_equal(list.load_errors, DIAG_LIST_MAX + 500);
	for (last = list.first; last->next != NULL; last = last->next)
		continue;
	assert_int_equal(last->code, DIAG_LIMIT);
	assert_int_equal(last->effect, DIAG_WARNING);
	arena_free(arena);
}

/* Without memory an error is still counted. */
static void
test_list_without_memory(void **state)
{
	struct arena *arena = arena_new(8);
	struct diag_list list;

	(void)state;
	diag_init(&list, arena);
	diag_add(&list, &(struct diag){ .effect = DIAG_REFUSE_LOAD,
	    .code = DIAG_SYNTAX, .message = "lost" });
	assert_null(list.first);
	assert_int_equal(list.load_errors, 1);
	assert_true(arena_failed(arena));
	arena_free(arena);
}

static void
test_code_names(void **state)
{
	(void)state;
	for (unsigned i = 1; i < DIAG_CODE_MAX; i++) {
		const char *name = diag_code_name((enum diag_code)i);

		assert_string_not_equal(name, "unknown");
		for (unsigned j = 1; j < i; j++)
			assert_string_not_equal(name,
			    diag_code_name((enum diag_code)j));
	}
	assert_string_equal(diag_code_name(DIAG_UNKNOWN_ATTRIBUTE),
	    "unknown-attribute");
	assert_string_equal(diag_code_name((enum diag_code)0), "unknown");
	assert_string_equal(diag_code_name(DIAG_CODE_MAX), "unknown");
	assert_string_equal(diag_code_name((enum diag_code)-1), "unknown");
}

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
test_nearest(void **state)
{
	/* As in a table whose rows begin with their name. */
	static const struct { const char *name; int more; } words[] = {
		{ NULL, 0 }, { "only_from", 1 }, { "no_access", 2 },
		{ "instances", 3 }, { "wait", 4 }, { "cps", 5 },
		{ "port", 6 }, { LONG LONG, 7 },
		{ LONG "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 8 },
	};
	static const struct { const char *word, *expected; } rows[] = {
		{ "only_form", "only_from" },
		{ "onlyfrom", "only_from" },
		{ "ONLY_FROM", "only_from" },
		{ "no_acess", "no_access" },
		{ "instance", "instances" },
		{ "wiat", "wait" },
		{ "cp", "cps" },
		{ "prot", "port" },
		{ "xyzzy", NULL },
		{ "", NULL },
		{ "wwwwwwait", NULL },
		{ LONG LONG, NULL },	/* too long to compare */
		{ LONG "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbc",
		    LONG "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found = diag_nearest(rows[i].word, &words[0].name,
		    sizeof(words) / sizeof(words[0]), sizeof(words[0]));

		if ((found == NULL) != (rows[i].expected == NULL) ||
		    (found != NULL && strcmp(found, rows[i].expected) != 0))
			fail_msg("%s: %s", rows[i].word,
			    found != NULL ? found : "nothing");
	}
	assert_null(diag_nearest("x", &words[0].name, 0, sizeof(words[0])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_is_cut),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_is_bounded),
		cmocka_unit_test(test_list_without_memory),
		cmocka_unit_test(test_code_names),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
