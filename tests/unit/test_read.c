/*
 * Which files the loader believes (D32), judged after opening.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/read.h"

static char folder[] = "test_read.XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
make_file(const char *name, mode_t mode, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(in_folder(name), mode), 0);
}

static const struct file_row {
	const char *name;
	const char *file;
	size_t limit;
	enum read_error expected;
} file_rows[] = {
	{ "private", "private", 100, READ_OK },
	{ "readable by all", "public", 100, READ_OK },
	{ "exactly the limit", "public", 5, READ_OK },
	{ "above the limit", "public", 4, READ_TOO_BIG },
	{ "empty", "empty", 0, READ_OK },
	{ "group may write", "group", 100, READ_WRITABLE },
	{ "all may write", "world", 100, READ_WRITABLE },
	{ "link to a good one", "link", 100, READ_OK },
	{ "link to a writable one", "link-world", 100, READ_WRITABLE },
	{ "link in a circle", "circle", 100, READ_LOOP },
	{ "link to nothing", "dangling", 100, READ_MISSING },
	{ "missing", "nothing", 100, READ_MISSING },
	{ "below a file", "public/x", 100, READ_MISSING },
	{ "directory", "good", 100, READ_NOT_FILE },
	{ "pipe, without waiting", "pipe", 100, READ_NOT_FILE },
};

static void
files(void **state)
{
	struct read_rights rights = { .owner = geteuid() };

	(void)state;
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++) {
		const struct file_row *row = &file_rows[i];
		struct arena *arena = arena_new(1 << 20);
		const char *bytes = NULL;
		size_t length = 99;
		enum read_error error = read_trusted(&rights, arena,
		    in_folder(row->file), row->limit, &bytes, &length);

		if (error != row->expected)
			fail_msg("%s: %s", row->name, read_error_text(error));
		if (error == READ_OK) {
			assert_int_equal(length, strlen(bytes));
			assert_true(length == 0 ||
			    strcmp(bytes, "hello") == 0);
		}
		arena_free(arena);
	}
}

/* A file of neither root nor the caller. Root makes one; for anybody else a
 * file of their own is one as soon as the caller is said to be another. */
static void
strangers(void **state)
{
	struct read_rights rights = { .owner = 4242 };
	struct arena *arena = arena_new(1 << 20);
	const char *bytes;
	size_t length;

	(void)state;
	if (geteuid() == 0)
		assert_int_equal(chown(in_folder("private"), 4243, 0), 0);
	assert_int_equal(read_trusted(&rights, arena, in_folder("private"),
	    100, &bytes, &length), READ_OWNER);
	if (geteuid() == 0)
		assert_int_equal(chown(in_folder("private"), 0, 0), 0);
	arena_free(arena);
}

static const struct directory_row {
	const char *name, *directory;
	enum read_error expected;
	const char *names;
} directory_rows[] = {
	{ "sorted by bytes", "good", READ_OK, ".hidden B a b " },
	{ "empty", "void", READ_OK, "" },
	{ "all may add", "bad", READ_WRITABLE, "" },
	{ "the sticky bit does not help", "sticky", READ_WRITABLE, "" },
	{ "missing", "nothing", READ_MISSING, "" },
	{ "file", "public", READ_NOT_DIRECTORY, "" },
};

static void
directories(void **state)
{
	struct read_rights rights = { .owner = geteuid() };

	(void)state;
	for (size_t i = 0;
	    i < sizeof(directory_rows) / sizeof(directory_rows[0]); i++) {
		const struct directory_row *row = &directory_rows[i];
		struct arena *arena = arena_new(1 << 20);
		const char **names = NULL;
		unsigned count = 0;
		char all[200] = "";
		enum read_error error = read_names(&rights, arena,
		    in_folder(row->directory), &names, &count);

		for (unsigned k = 0; error == READ_OK && k < count; k++) {
			strcat(all, names[k]);
			strcat(all, " ");
		}
		if (error != row->expected || strcmp(all, row->names) != 0)
			fail_msg("%s: %s \"%s\"", row->name,
			    read_error_text(error), all);
		arena_free(arena);
	}
}

static void
memory_out(void **state)
{
	struct read_rights rights = { .owner = geteuid() };
	struct arena *arena = arena_new(1);
	const char *bytes;
	size_t length;

	(void)state;
	assert_int_equal(read_trusted(&rights, arena, in_folder("public"), 100,
	    &bytes, &length), READ_OTHER);
	arena_free(arena);
}

static int
make_folder(void **state)
{
	(void)state;
	(void)umask(022);
	if (mkdtemp(folder) == NULL)
		return -1;
	make_file("private", 0600, "hello");
	make_file("public", 0644, "hello");
	make_file("empty", 0644, "");
	make_file("group", 0664, "hello");
	make_file("world", 0646, "hello");
	assert_int_equal(symlink("public", in_folder("link")), 0);
	assert_int_equal(symlink("world", in_folder("link-world")), 0);
	assert_int_equal(symlink("circle", in_folder("circle")), 0);
	assert_int_equal(symlink("nowhere", in_folder("dangling")), 0);
	assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
	assert_int_equal(mkdir(in_folder("good"), 0755), 0);
	assert_int_equal(mkdir(in_folder("void"), 0755), 0);
	assert_int_equal(mkdir(in_folder("bad"), 0755), 0);
	assert_int_equal(chmod(in_folder("bad"), 0777), 0);
	assert_int_equal(mkdir(in_folder("sticky"), 0755), 0);
	assert_int_equal(chmod(in_folder("sticky"), 01777), 0);
	make_file("good/b", 0644, "");
	make_file("good/a", 0644, "");
	make_file("good/B", 0644, "");
	make_file("good/.hidden", 0644, "");
	return 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = {
		"good/b", "good/a", "good/B", "good/.hidden", "private",
		"public", "empty", "group", "world", "link", "link-world",
		"circle", "dangling", "pipe",
	};
	static const char *const folders[] = {
		"good", "void", "bad", "sticky",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(in_folder(names[i]));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		(void)rmdir(in_folder(folders[i]));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(strangers),
		cmocka_unit_test(directories),
		cmocka_unit_test(memory_out),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
