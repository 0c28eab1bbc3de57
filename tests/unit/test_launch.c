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
#include "parent/variant.h"
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
		assert_true(launch_make(&launch, &service, "/libexec", arena));
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
	assert_true(launch_make(&launch, &service, "/libexec", arena));
	assert_string_equal(launch.argv[0], "in.testd");
	assert_string_equal(launch.argv[2], "b");
	assert_null(launch.argv[3]);
	service.flags = FLAG_NAMEINARGS;
	memset(&launch, 0, sizeof(launch));
	assert_true(launch_make(&launch, &service, "/libexec", arena));
	assert_string_equal(launch.path, "/usr/sbin/in.testd");
	assert_string_equal(launch.argv[0], "-a");
	assert_null(launch.argv[2]);
	service.flags = FLAG_LABELED;
	memset(&launch, 0, sizeof(launch));
	assert_true(launch_make(&launch, &service, "/libexec", arena));
	assert_string_equal(launch.path, "/libexec/sallyport-label");
	assert_string_equal(launch.argv[0], "sallyport-label");
	assert_string_equal(launch.argv[1], "/usr/sbin/in.testd");
	assert_string_equal(launch.argv[2], "in.testd");
	assert_string_equal(launch.argv[4], "b");
	assert_null(launch.argv[5]);
	arena_free(arena);
}

/* A rule of hosts.allow chooses among what the policy holds, nothing else. */
static void
test_variants(void **state)
{
	const char *own[] = { "A=1", NULL }, *more[] = { "A=2", "B=3" };
	struct arena *arena = arena_new(1 << 20);
	struct wrap_option options[] = {
		{ .rule = 3, .has_nice = true, .nice = 15, .has_umask = true,
		  .umask = 027, .env_count = 2, .env = more },
		{ .rule = 7, .has_ids = true, .uid = 33, .gid = 34,
		  .is_keepalive = true },
	};
	struct service service = { .server = "/usr/sbin/in.testd", .nice = 10,
	    .env = { 1, own }, .wrap_options = { 2, options } };
	const struct launch *chosen;
	struct launch launch = { 0 };

	(void)state;
	service.given[ATTR_NICE] = true;
	service.launch_ids.count = 2;
	assert_true(launch_make(&launch, &service, "/libexec", arena));
	assert_ptr_equal(variant_choose(&launch, 0), &launch);
	assert_ptr_equal(variant_choose(&launch, UINT32_MAX), &launch);
	assert_string_equal(value(&launch, "A"), "1");
	assert_null(value(&launch, "B"));

	chosen = variant_choose(&launch, 3);
	assert_string_equal(value(chosen, "A"), "2");
	assert_string_equal(value(chosen, "B"), "3");
	assert_string_equal(chosen->argv[0], "in.testd");
	assert_int_equal(chosen->service->nice, 19);
	assert_int_equal(chosen->service->umask, 027);
	assert_true(chosen->service->given[ATTR_UMASK]);
	assert_int_equal(chosen->service->launch_ids.count, 2);

	chosen = variant_choose(&launch, 7);
	assert_int_equal(chosen->service->launch_ids.uid, 33);
	assert_int_equal(chosen->service->launch_ids.gid, 34);
	assert_int_equal(chosen->service->launch_ids.count, 0);
	assert_true((chosen->service->flags & FLAG_KEEPALIVE) != 0);
	assert_string_equal(value(chosen, "A"), "1");
	assert_int_equal(service.launch_ids.uid, 0);

	assert_true(variant_may_run_as(&service, 0));
	assert_true(variant_may_run_as(&service, 33));
	assert_false(variant_may_run_as(&service, 34));

	/* Whoever is not root cannot become somebody else. */
	service.launch_ids.uid = 5;
	memset(&launch, 0, sizeof(launch));
	assert_true(launch_make(&launch, &service, "/libexec", arena));
	assert_int_equal(variant_choose(&launch, 7)->service->launch_ids.uid,
	    5);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_variants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
