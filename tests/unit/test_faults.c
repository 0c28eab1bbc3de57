/*
 * Lists of standing faults: which fault is new?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "load/faults.h"
#include "policy/arena.h"

#define ARENA (4u << 20)

struct fault {
	enum diag_effect effect;
	enum diag_code code;
	const char *service, *attribute, *value;
};

static void
fill(struct diag_list *list, struct arena *arena, const struct fault *faults,
    size_t count)
{
	diag_init(list, arena);
	for (size_t i = 0; i < count; i++) {
		struct diag d = {
			.effect = faults[i].effect, .code = faults[i].code,
			.service = faults[i].service,
			.attribute = faults[i].attribute,
			.value = faults[i].value, .message = "m",
		};

		diag_add(list, &d);
	}
}

static const struct line_row {
	const char *name;
	struct fault fault;
	const char *expected;
} line_rows[] = {
	{ "plain",
	    { DIAG_REFUSE_SERVICE, DIAG_BAD_VALUE, "telnet", "user", "x" },
	    "telnet user bad-value x\n" },
	{ "blanks cannot make fields",
	    { DIAG_REFUSE_SERVICE, DIAG_BAD_VALUE, "a b", "user", "x y" },
	    "a#040b user bad-value x#040y\n" },
	{ "newlines cannot make lines",
	    { DIAG_REFUSE_SERVICE, DIAG_FILE, "a\n", "user", "\n#\377" },
	    "a#012 user file #012#043#377\n" },
	{ "nothing is an empty field",
	    { DIAG_REFUSE_LOAD, DIAG_SYNTAX, NULL, NULL, NULL },
	    "  syntax \n" },
};

static void
lines(void **state)
{
	struct arena *arena = arena_new(ARENA);

	(void)state;
	for (size_t i = 0; i < sizeof(line_rows) / sizeof(line_rows[0]); i++) {
		const struct line_row *row = &line_rows[i];
		struct diag d = {
			.effect = row->fault.effect, .code = row->fault.code,
			.service = row->fault.service,
			.attribute = row->fault.attribute,
			.value = row->fault.value,
		};

		assert_string_equal(faults_line(arena, &d), row->expected);
	}
	arena_free(arena);
}

#define OLD { DIAG_REFUSE_SERVICE, DIAG_FILE, "ftp", "server", "/sbin/ftpd" }

static const struct compare_row {
	const char *name;
	struct fault fault;
	unsigned fresh;
	enum diag_effect after;
} compare_rows[] = {
	{ "the same", OLD, 0, DIAG_WARNING },
	{ "another service",
	    { DIAG_REFUSE_SERVICE, DIAG_FILE, "tftp", "server", "/sbin/ftpd" },
	    1, DIAG_REFUSE_SERVICE },
	{ "service that is the end of the old one",
	    { DIAG_REFUSE_SERVICE, DIAG_FILE, "tp", "server", "/sbin/ftpd" },
	    1, DIAG_REFUSE_SERVICE },
	{ "value that is the beginning of the old one",
	    { DIAG_REFUSE_SERVICE, DIAG_FILE, "ftp", "server", "/sbin/ftp" },
	    1, DIAG_REFUSE_SERVICE },
	{ "another value",
	    { DIAG_REFUSE_SERVICE, DIAG_FILE, "ftp", "server", "/sbin/ftpd2" },
	    1, DIAG_REFUSE_SERVICE },
	{ "another attribute",
	    { DIAG_REFUSE_SERVICE, DIAG_FILE, "ftp", "banner", "/sbin/ftpd" },
	    1, DIAG_REFUSE_SERVICE },
	{ "another code",
	    { DIAG_REFUSE_SERVICE, DIAG_BAD_VALUE, "ftp", "server",
	    "/sbin/ftpd" }, 1, DIAG_REFUSE_SERVICE },
	{ "a warning is none",
	    { DIAG_WARNING, DIAG_BAD_VALUE, "ftp", "server", "/sbin/ftpd" },
	    0, DIAG_WARNING },
	{ "what refuses the load is never standing",
	    { DIAG_REFUSE_LOAD, DIAG_FILE, "ftp", "server", "/sbin/ftpd" },
	    0, DIAG_REFUSE_LOAD },
};

static void
comparisons(void **state)
{
	static const struct fault old[] = {
		{ DIAG_REFUSE_SERVICE, DIAG_MISSING, "a", "user", NULL },
		OLD,
		{ DIAG_WARNING, DIAG_FILE, "tftp", "server", "/sbin/ftpd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(compare_rows) / sizeof(compare_rows[0]);
	    i++) {
		const struct compare_row *row = &compare_rows[i];
		struct arena *arena = arena_new(ARENA);
		struct diag_list before, now;
		size_t length;
		char *text;

		fill(&before, arena, old, 3);
		text = faults_list(arena, &before, &length);
		assert_true(faults_is_list(text, length));
		fill(&now, arena, &row->fault, 1);
		if (faults_compare(arena, &now, text, length) != row->fresh ||
		    now.first->effect != row->after)
			fail_msg("%s", row->name);
		arena_free(arena);
	}
}

static void
empty_list_makes_every_fault_new(void **state)
{
	static const struct fault fault = OLD;
	struct arena *arena = arena_new(ARENA);
	struct diag_list none, now;
	size_t length;
	char *text;

	(void)state;
	diag_init(&none, arena);
	text = faults_list(arena, &none, &length);
	assert_true(faults_is_list(text, length));
	fill(&now, arena, &fault, 1);
	assert_int_equal(faults_compare(arena, &now, text, length), 1);
	arena_free(arena);
}

/* Faults that were counted and not kept cannot be compared. */
static void
overflow_is_new(void **state)
{
	struct arena *arena = arena_new(ARENA);
	struct diag_list list;
	size_t length;
	char *text;

	(void)state;
	diag_init(&list, arena);
	for (int i = 0; i < DIAG_LIST_MAX + 5; i++) {
		struct diag d = { .effect = DIAG_REFUSE_SERVICE,
		    .code = DIAG_FILE, .service = "s", .message = "m" };

		diag_add(&list, &d);
	}
	text = faults_list(arena, &list, &length);
	assert_int_equal(faults_compare(arena, &list, text, length), 5);
	arena_free(arena);
}

static const struct list_row {
	const char *name;
	const char *text;
	size_t length;
	bool expected;
} list_rows[] = {
	{ "header alone", "sallyport-faults 1\n", 19, true },
	{ "nothing", "", 0, false },
	{ "other version", "sallyport-faults 2\n", 19, false },
	{ "cut header", "sallyport-faults 1", 18, false },
	{ "cut line", "sallyport-faults 1\na b", 22, false },
	{ "NUL inside", "sallyport-faults 1\na\0b\n", 23, false },
	{ "a line", "sallyport-faults 1\na b\n", 23, true },
};

static void
recognition(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(list_rows) / sizeof(list_rows[0]); i++) {
		const struct list_row *row = &list_rows[i];

		if (faults_is_list(row->text, row->length) != row->expected)
			fail_msg("%s", row->name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(comparisons),
		cmocka_unit_test(empty_list_makes_every_fault_new),
		cmocka_unit_test(overflow_is_new),
		cmocka_unit_test(recognition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
