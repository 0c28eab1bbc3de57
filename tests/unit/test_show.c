/*
 * The configuration as it is shown: what is in it, where it comes from, what
 * is masked, and that any bytes give valid JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/show.h"
#include "policy/parse.h"

#define JSON_HAS_LITERALS
#include "../fuzz/json-check.h"

static enum read_error
text_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	(void)path;
	*length = strlen(context);
	*bytes = arena_text(arena, context, *length);
	return READ_OK;
}

static enum read_error
no_directory(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	(void)context;
	(void)arena;
	(void)path;
	*names = NULL;
	*count = 0;
	return READ_MISSING;
}

static struct policy *
parse(const char *text)
{
	struct source_reader reader = {
		.context = (void *)(uintptr_t)text, .file = text_file,
		.directory = no_directory,
	};
	struct policy *policy = parse_source(&reader, "/f", NULL, 0);

	assert_non_null(policy);
	return policy;
}

static const char config[] =
    "defaults\n{\n"			/* line 1 */
    " instances = 7\n"
    " disabled = c\n"
    "}\n"
    "service a\n{\n"			/* 6 */
    " socket_type = stream\n wait = no\n user = root\n"
    " server = /bin/a\n server_args = x\\ \"y\n"
    " env = KEY=secret OTHER=s=t\n"
    " nice = 5\n"
    "}\n"
    "service b\n{\n"			/* 16 */
    " wiat = no\n"
    "}\n"
    "service c\n{\n"			/* 20 */
    " disable = no\n"
    "}\n"
    "service d\n{\n disable = yes\n}\n";

struct expectation {
	const char *name, *text;
	bool is_there;
};

static unsigned
check(const char *text, const struct expectation *rows, size_t count)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		if ((strstr(text, rows[i].text) != NULL) == rows[i].is_there)
			continue;
		print_message("# %s: %s %s\n", rows[i].name, rows[i].text,
		    rows[i].is_there ? "is missing" : "is there");
		wrong++;
	}
	return wrong;
}

static void
test_json(void **state)
{
	static const struct expectation rows[] = {
		{ "accepted", "{\"name\":\"a\",\"id\":\"a\",\"place\":\"/f:6\","
		    "\"state\":\"accepted\",\"reasons\":[],\"kind\":\"server\""
		    ",\"attributes\":{", true },
		{ "own value", "\"nice\":{\"value\":[\"5\"],"
		    "\"origin\":\"/f:14\"}", true },
		{ "from defaults", "\"instances\":{\"value\":[\"7\"],"
		    "\"origin\":\"/f:3\"}", true },
		{ "built in", "\"cps\":{\"value\":[\"50\",\"10\"],"
		    "\"origin\":\"default\"}", true },
		{ "derived", "\"protocol\":{\"value\":[\"tcp\"],"
		    "\"origin\":\"/f:8\"}", true },
		{ "words and quotes", "\"value\":[\"x\\\\\",\"\\\"y\"]", true },
		{ "masked", "\"value\":[\"KEY=****\",\"OTHER=****\"]", true },
		{ "no secret", "secret", false },
		{ "no secret behind a second =", "=t\"", false },
		{ "refused", "\"place\":\"/f:16\",\"state\":\"refused\","
		    "\"reasons\":[\"/f:18:2: error: service b: there is no"
		    " attribute wiat; did you mean wait?\"],\"kind\":null",
		    true },
		{ "disabled by defaults", "\"place\":\"/f:20\",\"state\":"
		    "\"disabled\",\"reasons\":[\"defaults name it in disabled,"
		    " or not in enabled\"]", true },
		{ "disabled by itself", "\"place\":\"/f:24\",\"state\":"
		    "\"disabled\",\"reasons\":[\"disable = yes\"]", true },
		{ "defaults", "\"defaults\":{\"instances\":{\"value\":[\"7\"],"
		    "\"origin\":\"/f:3\"},\"disabled\":{\"value\":[\"c\"],"
		    "\"origin\":\"/f:4\"}}", true },
		{ "gateway", "\"gateway\":{\"audit\":{\"value\":[\"FILE\",",
		    true },
		{ "diagnostics", "{\"effect\":\"refuse-service\",\"code\":"
		    "\"unknown-attribute\",\"file\":\"/f\",\"line\":18,"
		    "\"column\":2,\"service\":\"b\",\"attribute\":\"wiat\",",
		    true },
		{ "usable", "\"usable\":true", true },
	};
	struct show_options options = { .path = "/f", .is_json = true };
	struct policy *policy = parse(config);
	size_t length;
	char *text = show_text(policy, &options, &length);

	(void)state;
	assert_non_null(text);
	assert_true(json_line_is_good(text, length));
	assert_int_equal(check(text, rows, sizeof(rows) / sizeof(rows[0])), 0);
	assert_int_equal(show_code(policy), EXIT_FINDINGS);
	options.has_secrets = true;
	text = show_text(policy, &options, &length);
	assert_non_null(strstr(text, "\"KEY=secret\",\"OTHER=s=t\""));
	policy_free(policy);
}

static void
test_plain(void **state)
{
	static const struct expectation rows[] = {
		{ "accepted", "service a  accepted, server  (/f:6)\n", true },
		{ "value", "    nice               5  (/f:14)\n", true },
		{ "masked", " KEY=**** OTHER=****  (/f:13)\n", true },
		{ "no secret", "secret", false },
		{ "refused", "service b  refused  (/f:16)\n    ! /f:18:2: error:"
		    " service b: there is no attribute wiat", true },
		{ "disabled", "service d  disabled  (/f:24)\n"
		    "    ! disable = yes\n", true },
		{ "not usable", "not usable", false },
	};
	struct show_options options = { .path = "/f" };
	struct policy *policy = parse(config);
	size_t length;
	char *text = show_text(policy, &options, &length);

	(void)state;
	assert_non_null(text);
	assert_int_equal(check(text, rows, sizeof(rows) / sizeof(rows[0])), 0);
	policy_free(policy);
}

/* Entries of one name: each gets the reasons that are its own. */
static void
test_same_name(void **state)
{
	struct show_options options = { .path = "/f", .is_json = true };
	struct policy *policy = parse("service a\n{\n one = 1\n}\n"
	    "service a\n{\n two = 2\n}\n");
	size_t length;
	char *text = show_text(policy, &options, &length), *at;

	(void)state;
	assert_non_null(text);
	at = strstr(text, "\"place\":\"/f:5\"");
	assert_non_null(at);
	assert_null(strstr(at, "/f:3:"));
	assert_non_null(strstr(text, "/f:3:"));
	assert_non_null(strstr(at, "/f:7:"));
	policy_free(policy);
}

/* Every byte that a file may hold, in every place where one is shown. */
static void
test_bytes(void **state)
{
	struct show_options options = { .path = "/f\n\"\\\377" };
	size_t length;

	(void)state;
	for (unsigned byte = 1; byte < 256; byte++) {
		char text[256];
		struct policy *policy;
		char *shown;

		if (byte == '\n' || byte == ' ' || byte == '\t')
			continue;
		snprintf(text, sizeof(text), "service x%c\n{\n"
		    "socket_type = stream\nwait = no\nuser = root\n"
		    "server = /b%c\nserver_args = -%c\n%cx = y%c\n}\n",
		    (char)byte, (char)byte, (char)byte, (char)byte,
		    (char)byte);
		policy = parse(text);
		policy->files[1] = "/f\n\033\"\\\377";
		options.is_json = true;
		shown = show_text(policy, &options, &length);
		assert_non_null(shown);
		assert_true(json_line_is_good(shown, length));
		options.is_json = false;
		shown = show_text(policy, &options, &length);
		for (size_t i = 0; i < length; i++)
			assert_true(shown[i] == '\n' || (shown[i] >= ' ' &&
			    shown[i] <= '~'));
		policy_free(policy);
	}
}

static void
test_clean(void **state)
{
	struct policy *policy = parse("service a\n{\nsocket_type = stream\n"
	    "wait = no\nuser = root\nserver = /bin/a\n}\n");

	(void)state;
	assert_int_equal(show_code(policy), EXIT_CLEAN);
	policy_free(policy);
	policy = parse("instances = 5\n");
	assert_int_equal(show_code(policy), EXIT_FINDINGS);
	policy_free(policy);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
