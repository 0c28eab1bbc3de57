/*
 * Arguments and environment of a server: what is passed, replaced, stripped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "parent/launch.h"
#include "policy/arena.h"

static const char *
value(const struct launch *launch, const char *name)
{
	size_t length = strlen(name);
	const char *found = NULL;

	for (unsigned i = 0; i < launch->env_count; i++) {
		if (strncmp(launch->env[i], name, length) == 0 &&
		    launch->env[i][length] == '=') {
			assert_null(found);	/* never twice */
			found = launch->env[i] + length + 1;
		}
	}
	return found;
}

static char *inherited[] = {
	(char[]){ "PATH=/bin" }, (char[]){ "LANG=C" }, (char[]){ "LD_PRELOAD=x" },
	(char[]){ "NOTIFY_SOCKET=/n" }, (char[]){ "LISTEN_FDS=1" },
	(char[]){ "REMOTE_HOST=forged" }, NULL
};

struct row {
	const char *name;
	bool has_passenv;
	const char *passenv[3];
	const char *env[3];
	const char *variable;
	const char *expected;	/* NULL: not there */
};

static const struct row rows[] = {
	{ "everything is passed", false, { NULL }, { NULL }, "PATH", "/bin" },
	{ "the linker's switches are not", false, { NULL }, { NULL },
	    "LD_PRELOAD", NULL },
	{ "nor the notify socket", false, { NULL }, { NULL }, "NOTIFY_SOCKET",
	    NULL },
	{ "nor socket activation", false, { NULL }, { NULL }, "LISTEN_FDS", NULL },
	{ "nor a forged REMOTE_HOST", false, { NULL }, { NULL }, "REMOTE_HOST",
	    NULL },
	{ "not even when it is configured", false, { NULL },
	    { "REMOTE_HOST=x", NULL }, "REMOTE_HOST", NULL },
	{ "passenv passes the named", true, { "LANG", NULL }, { NULL }, "LANG",
	    "C" },
	{ "and only those", true, { "LANG", NULL }, { NULL }, "PATH", NULL },
	{ "a prefix is no name", true, { "LAN", NULL }, { NULL }, "LANG", NULL },
	{ "an empty passenv passes nothing", true, { NULL }, { NULL }, "PATH",
	    NULL },
	{ "env is added", false, { NULL }, { "A=1", NULL }, "A", "1" },
	{ "env replaces what is passed", false, { NULL }, { "PATH=/x", NULL },
	    "PATH", "/x" },
	{ "the last of two counts", false, { NULL }, { "A=1", "A=2", NULL }, "A",
	    "2" },
};

static unsigned
count(const char *const *words)
{
	unsigned n = 0;

	while (n < 3 && words[n] != NULL)
		n++;
	return n;
}

static void
test_environment(void **state)
{
	char **ours = environ;

	(void)state;
	environ = inherited;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct service service = { .server = "/usr/sbin/in.testd" };
		struct launch launch = { 0 };
		struct row row = rows[i];
		const char *got;

		print_message("%s\n", row.name);
		service.given[ATTR_PASSENV] = row.has_passenv;
		service.passenv = (struct word_list){ count(row.passenv),
		    row.passenv };
		service.env = (struct word_list){ count(row.env), row.env };
		assert_true(launch_make(&launch, &service, arena));
		got = value(&launch, row.variable);
		if (row.expected == NULL)
			assert_null(got);
		else
			assert_string_equal(got, row.expected);
		arena_free(arena);
	}
	environ = ours;
}

static void
test_arguments(void **state)
{
	const char *words[] = { "-a", "b", NULL };
	struct arena *arena = arena_new(1 << 20);
	struct service service = { .server = "/usr/sbin/in.testd",
	    .server_args = { 2, words } };
	struct launch launch = { 0 };

	(void)state;
	assert_true(launch_make(&launch, &service, arena));
	assert_string_equal(launch.argv[0], "in.testd");
	assert_string_equal(launch.argv[2], "b");
	assert_null(launch.argv[3]);
	service.flags = FLAG_NAMEINARGS;
	memset(&launch, 0, sizeof(launch));
	assert_true(launch_make(&launch, &service, arena));
	assert_string_equal(launch.argv[0], "-a");
	assert_null(launch.argv[2]);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
