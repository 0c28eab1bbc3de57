/*
 * Our own users from the local files: nothing unsafe is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/users.h"

static char passwd_path[] = "test_users.passwd.XXXXXX";
static char group_path[] = "test_users.group.XXXXXX";
static const struct users_files files = { passwd_path, group_path };

#define USER(name, uid, gid) name ":x:" uid ":" gid "::/:/bin/false\n"
#define FOUR USER("sallyport", "901", "801") \
	USER("sallyport-load", "902", "802") \
	USER("sallyport-relay", "903", "803") \
	USER("sallyport-lookup", "904", "804")
#define ALL FOUR USER("sallyport-log", "905", "805")
#define OPS "sallyport-ops:x:777:\n"

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const struct role_row {
	const char *name;
	const char *passwd, *group;
	const char *problem;	/* a part of it, or NULL for none */
} role_rows[] = {
	{ "all there", ALL, OPS, NULL },
	{ "among others", USER("root", "0", "0") ALL, "root:x:0:\n" OPS,
	    NULL },
	{ "the first line counts", ALL USER("sallyport-log", "0", "0"), OPS,
	    NULL },
	{ "one missing", FOUR, OPS, "sallyport-log missing" },
	{ "all missing", "", OPS, "sallyport, sallyport-load, " },
	{ "group missing", ALL, "sallyport-opsx:x:777:\n",
	    "group sallyport-ops missing" },
	{ "uid 0", FOUR USER("sallyport-log", "0", "805"), OPS,
	    "sallyport-log must have an ordinary uid" },
	{ "gid 0", FOUR USER("sallyport-log", "905", "0"), OPS,
	    "sallyport-log must have an ordinary uid" },
	{ "uid of all bits", FOUR USER("sallyport-log", "4294967295", "805"),
	    OPS, "sallyport-log" },
	{ "shared uid", FOUR USER("sallyport-log", "902", "805"), OPS,
	    "sallyport-load and sallyport-log must not share" },
	{ "ops gid 0", ALL "", "sallyport-ops:x:0:\n", "ordinary gid" },
	{ "name with more behind it", FOUR USER("sallyport-logger", "905",
	    "805"), OPS, "sallyport-log missing" },
};

static void
roles(void **state)
{
	static const struct role_ids zero;

	(void)state;
	for (size_t i = 0; i < sizeof(role_rows) / sizeof(role_rows[0]); i++) {
		const struct role_row *row = &role_rows[i];
		struct role_ids ids;
		char problem[300];
		bool is_good;

		put(passwd_path, row->passwd);
		put(group_path, row->group);
		is_good = users_roles(&files, &ids, problem, sizeof(problem));
		if (is_good != (row->problem == NULL))
			fail_msg("%s: %s", row->name, problem);
		if (is_good) {
			assert_int_equal(ids.uid[ROLE_DISPATCH], 901);
			assert_int_equal(ids.uid[ROLE_LOG], 905);
			assert_int_equal(ids.gid[ROLE_LOOKUP], 804);
			assert_int_equal(ids.ops_gid, 777);
			continue;
		}
		if (strstr(problem, row->problem) == NULL)
			fail_msg("%s: %s", row->name, problem);
		assert_memory_equal(&ids, &zero, sizeof(ids));
	}
}

static void
long_problem_is_cut(void **state)
{
	struct role_ids ids;
	char problem[20];

	(void)state;
	put(passwd_path, "");
	put(group_path, "");
	assert_false(users_roles(&files, &ids, problem, sizeof(problem)));
	assert_true(strlen(problem) < sizeof(problem));
}

static void
no_file_is_no_user(void **state)
{
	const struct users_files none = { "/nonexistent/passwd",
	    "/nonexistent/group" };
	struct users_entry entry;
	struct role_ids ids;
	char problem[300];
	uint32_t gid;

	(void)state;
	assert_false(users_roles(&none, &ids, problem, sizeof(problem)));
	assert_false(users_find(&none, "root", 0, &entry));
	assert_false(users_find_group(&none, "root", &gid));
}

static const struct find_row {
	const char *name;
	const char *user;	/* NULL: by uid */
	uint32_t uid;
	bool is_found;
	uint32_t expected_uid;
	bool is_in_group_zero;
} find_rows[] = {
	{ "by name", "alice", 0, true, 10, false },
	{ "by uid", NULL, 10, true, 10, false },
	{ "unknown name", "mallory", 0, false, 0, false },
	{ "unknown uid", NULL, 99, false, 0, false },
	{ "second root", "toor", 0, true, 0, true },
	{ "login group 0", "operator", 0, true, 11, true },
	{ "member of group 0", "bob", 0, true, 12, true },
	{ "member of another group with gid 0", "carol", 0, true, 13, true },
};

static void
finding(void **state)
{
	(void)state;
	put(passwd_path, USER("root", "0", "0") USER("toor", "0", "5")
	    USER("alice", "10", "10") USER("operator", "11", "0")
	    USER("bob", "12", "12") USER("carol", "13", "13"));
	put(group_path, "root:x:0:bob,toor\nwheel:x:0:carol\n"
	    "users:x:5:alice\n");
	for (size_t i = 0; i < sizeof(find_rows) / sizeof(find_rows[0]); i++) {
		const struct find_row *row = &find_rows[i];
		struct users_entry entry = { 0 };

		if (users_find(&files, row->user, row->uid, &entry) !=
		    row->is_found || entry.uid != row->expected_uid ||
		    entry.is_in_group_zero != row->is_in_group_zero)
			fail_msg("%s", row->name);
	}
}

static void
groups(void **state)
{
	uint32_t gid = 1;

	(void)state;
	put(group_path, "root:x:0:\nusers:x:5:\n");
	assert_true(users_find_group(&files, "root", &gid));
	assert_int_equal(gid, 0);
	assert_true(users_find_group(&files, "users", &gid));
	assert_int_equal(gid, 5);
	assert_false(users_find_group(&files, "user", &gid));
}

static int
make_files(void **state)
{
	int passwd = mkstemp(passwd_path), group = mkstemp(group_path);

	(void)state;
	return passwd == -1 || group == -1 || close(passwd) == -1 ||
	    close(group) == -1 ? -1 : 0;
}

static int
remove_files(void **state)
{
	(void)state;
	return unlink(passwd_path) | unlink(group_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles),
		cmocka_unit_test(long_problem_is_cut),
		cmocka_unit_test(no_file_is_no_user),
		cmocka_unit_test(finding),
		cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
