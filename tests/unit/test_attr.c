/*
 * Tests of policy/attr.c: the table is whole, its fallbacks can be read, its
 * consumers hold nothing they must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/attr.h"
#include "policy/policy.h"
#include "policy/type.h"

static void
test_rows(void **state)
{
	const struct attr *attr;

	(void)state;
	assert_null(attr_table[ATTR_NONE].name);
	for (unsigned i = 1; i < ATTR_MAX; i++) {
		attr = &attr_table[i];
		assert_non_null(attr->name);
		assert_non_null(attr->type);
		assert_non_null(attr->type->parse);
		assert_non_null(attr->type->print);
		assert_non_null(attr->type->equal);
		assert_int_not_equal(attr->scope, 0);
		assert_non_null(attr->syntax);
		assert_non_null(attr->summary);
		assert_non_null(attr->text);
		assert_true(strlen(attr->text) > 20);
		assert_int_not_equal(attr->summary[strlen(attr->summary) - 1],
		    '.');
		for (const char *c = attr->name; *c != '\0'; c++)
			assert_non_null(strchr(
			    "abcdefghijklmnopqrstuvwxyz0123456789_", *c));
		/* What canonical text alone holds, somebody must read. */
		if ((attr->scope & SCOPE_CANONICAL) != 0)
			assert_int_not_equal(attr->consumers, 0);
		if ((attr->flags & ATTR_LIST) != 0)
			assert_int_equal(attr->type->least, 0);
	}
}

static void
test_names_are_unique(void **state)
{
	(void)state;
	for (unsigned i = 1; i < ATTR_MAX; i++)
		for (unsigned k = 1; k < ATTR_MAX; k++) {
			if (i != k)
				assert_string_not_equal(attr_table[i].name,
				    attr_table[k].name);
			if (attr_table[k].alias != NULL)
				assert_string_not_equal(attr_table[i].name,
				    attr_table[k].alias);
		}
}

static void
count_note(void *context, const struct type_note *note)
{
	(void)note;
	(*(unsigned *)context)++;
}

static void
test_fallbacks(void **state)
{
	struct arena *arena = arena_new(1u << 20);
	union { struct service service; struct gateway gateway; } object;
	struct type_source source;
	struct lex_word *words;
	const struct attr *attr;
	unsigned notes = 0;

	(void)state;
	for (unsigned i = 1; i < ATTR_MAX; i++) {
		attr = &attr_table[i];
		if (attr->fallback == NULL)
			continue;
		memset(&object, 0, sizeof(object));
		memset(&source, 0, sizeof(source));
		source.arena = arena;
		source.attr = attr;
		source.count = lex_words(arena, attr->fallback,
		    strlen(attr->fallback), &words);
		source.words = words;
		source.report = count_note;
		source.context = &notes;
		assert_true(attr->type->parse(&source,
		    (char *)&object + attr->offset));
		assert_int_equal(notes, 0);
	}
	arena_free(arena);
}

/* The process that meets the network knows none of these. */
static void
test_dispatch_is_poor(void **state)
{
	static const enum attr_id forbidden[] = {
		ATTR_SERVER, ATTR_SERVER_ARGS, ATTR_USER, ATTR_GROUP,
		ATTR_GROUPS, ATTR_ENV, ATTR_PASSENV, ATTR_LAUNCH_IDS,
		ATTR_ROLES, ATTR_BANNER, ATTR_BANNER_SUCCESS,
		ATTR_BANNER_FAIL, ATTR_LOG_TYPE, ATTR_AUDIT, ATTR_MESSAGES,
		ATTR_ONLY_FROM, ATTR_NO_ACCESS, ATTR_BIND, ATTR_LIBWRAP,
		ATTR_WRAP_FILES,
	};
	static const enum attr_id log_forbidden[] = {
		ATTR_SERVER, ATTR_SERVER_ARGS, ATTR_ENV, ATTR_PASSENV,
		ATTR_USER, ATTR_LAUNCH_IDS, ATTR_ROLES, ATTR_BANNER_DATA,
		ATTR_WRAP_FILES,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		assert_int_equal(attr_table[forbidden[i]].consumers &
		    CONSUMER_DISPATCH, 0);
	for (size_t i = 0; i < sizeof(log_forbidden) /
	    sizeof(log_forbidden[0]); i++)
		assert_int_equal(attr_table[log_forbidden[i]].consumers &
		    CONSUMER_LOG, 0);
	/* A path is in no text of dispatch, whatever its attribute. */
	for (unsigned i = 1; i < ATTR_MAX; i++)
		if (attr_table[i].type == &type_path ||
		    attr_table[i].type == &type_service_log)
			assert_int_equal(attr_table[i].consumers &
			    CONSUMER_DISPATCH, 0);
}

/* And what a process cannot do its work without. */
static void
test_consumers_have(void **state)
{
	static const struct {
		unsigned consumer;
		enum attr_id id;
	} rows[] = {
		{ CONSUMER_DISPATCH, ATTR_KIND },
		{ CONSUMER_DISPATCH, ATTR_TYPE },
		{ CONSUMER_DISPATCH, ATTR_FLAGS },
		{ CONSUMER_DISPATCH, ATTR_SOCKET_TYPE },
		{ CONSUMER_DISPATCH, ATTR_PROTOCOL },
		{ CONSUMER_DISPATCH, ATTR_DENY_TIME },
		{ CONSUMER_DISPATCH, ATTR_LOG_ON_SUCCESS },
		{ CONSUMER_DISPATCH, ATTR_LOG_ON_FAILURE },
		{ CONSUMER_DISPATCH, ATTR_ONLY_FROM_NAMES },
		{ CONSUMER_DISPATCH, ATTR_NO_ACCESS_NAMES },
		{ CONSUMER_DISPATCH, ATTR_LOOKUP_TIMEOUT },
		{ CONSUMER_DISPATCH, ATTR_SOURCE_TABLE },
		{ CONSUMER_PARENT, ATTR_KIND },
		{ CONSUMER_PARENT, ATTR_FLAGS },
		{ CONSUMER_PARENT, ATTR_SOCKET_TYPE },
		{ CONSUMER_PARENT, ATTR_PROTOCOL },
		{ CONSUMER_PARENT, ATTR_RPC_VERSION },
		{ CONSUMER_PARENT, ATTR_RPC_NUMBER },
		{ CONSUMER_PARENT, ATTR_SOCKET_PATH },
		{ CONSUMER_PARENT, ATTR_SOCKET_MODE },
		{ CONSUMER_PARENT, ATTR_SOCKET_IDS },
		{ CONSUMER_PARENT, ATTR_TARGET },
		{ CONSUMER_PARENT, ATTR_FILTER },
		{ CONSUMER_LOG, ATTR_KIND },
		{ CONSUMER_LOG, ATTR_SOCKET_PATH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((attr_table[rows[i].id].consumers & rows[i].consumer) == 0)
			fail_msg("%s", attr_name(rows[i].id));
}

static const struct {
	const char *name;
	unsigned scope;
	enum attr_id id;
} find_rows[] = {
	{ "only_from", SCOPE_SERVICE, ATTR_ONLY_FROM },
	{ "ONLY_From", SCOPE_DEFAULTS, ATTR_ONLY_FROM },
	{ "only_from", SCOPE_GATEWAY, ATTR_NONE },
	{ "interface", SCOPE_SERVICE, ATTR_BIND },
	{ "Interface", SCOPE_DEFAULTS, ATTR_BIND },
	{ "port", SCOPE_DEFAULTS, ATTR_NONE },
	{ "enabled", SCOPE_SERVICE, ATTR_NONE },
	{ "enabled", SCOPE_DEFAULTS, ATTR_ENABLED },
	{ "launch_ids", SCOPE_SERVICE, ATTR_NONE },
	{ "launch_ids", SCOPE_SERVICE | SCOPE_CANONICAL, ATTR_LAUNCH_IDS },
	{ "launch_ids", SCOPE_GATEWAY | SCOPE_CANONICAL, ATTR_NONE },
	{ "zone", SCOPE_GATEWAY | SCOPE_CANONICAL, ATTR_ZONE },
	{ "zone", SCOPE_SERVICE | SCOPE_DEFAULTS | SCOPE_GATEWAY, ATTR_NONE },
	{ "", SCOPE_SERVICE, ATTR_NONE },
	{ "nice ", SCOPE_SERVICE, ATTR_NONE },
};

static void
test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(find_rows) / sizeof(find_rows[0]); i++)
		assert_int_equal(attr_find(find_rows[i].name,
		    find_rows[i].scope), find_rows[i].id);
	assert_string_equal(attr_name(ATTR_CPS), "cps");
	assert_string_equal(attr_name(ATTR_NONE), "?");
	assert_string_equal(attr_name(ATTR_MAX), "?");
}

static void
test_nearest(void **state)
{
	(void)state;
	assert_string_equal(attr_nearest("only_form", SCOPE_SERVICE),
	    "only_from");
	assert_string_equal(attr_nearest("sever", SCOPE_SERVICE), "server");
	assert_string_equal(attr_nearest("interfaces", SCOPE_SERVICE),
	    "interface");
	assert_null(attr_nearest("kafel_rule", SCOPE_SERVICE));
	assert_null(attr_nearest("launch_id", SCOPE_SERVICE));
}

/* Both words lists of enums in policy.h must say the same as the table. */
static void
test_bits(void **state)
{
	static const struct {
		enum attr_id id;
		uint64_t bit;
		const char *word;
	} rows[] = {
		{ ATTR_TYPE, TYPE_UNLISTED, "UNLISTED" },
		{ ATTR_TYPE, TYPE_SPECIAL, "SPECIAL" },
		{ ATTR_FLAGS, FLAG_REUSE, "REUSE" },
		{ ATTR_FLAGS, FLAG_NAMEINARGS, "NAMEINARGS" },
		{ ATTR_FLAGS, FLAG_IPV6, "IPv6" },
		{ ATTR_FLAGS, FLAG_LABELED, "LABELED" },
		{ ATTR_LOG_ON_SUCCESS, LOG_TRAFFIC, "TRAFFIC" },
		{ ATTR_LOG_ON_FAILURE, FAIL_ATTEMPT, "ATTEMPT" },
	};
	const char *const *choices;
	unsigned k;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		choices = attr_table[rows[i].id].choices;
		for (k = 0; choices[k] != NULL; k++)
			if (rows[i].bit == UINT64_C(1) << k)
				assert_string_equal(choices[k], rows[i].word);
	}
	for (k = 0; k < KIND_MAX; k++)
		assert_string_equal(attr_table[ATTR_KIND].choices[k],
		    kind_table[k].name);
	assert_null(attr_table[ATTR_KIND].choices[KIND_MAX]);
	assert_string_equal(attr_table[ATTR_SOCKET_TYPE].choices[SOCKET_DGRAM],
	    "dgram");
	assert_string_equal(
	    attr_table[ATTR_AUDIT_FAILURE].choices[AUDIT_STOP], "stop");
	assert_string_equal(
	    attr_table[ATTR_UNKNOWN_ATTRIBUTES].choices[UNKNOWN_WARN], "warn");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_dispatch_is_poor),
		cmocka_unit_test(test_consumers_have),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
