/*
 * The bundle of what a load has read: written, replayed, damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/sources.h"
#include "shared/util.h"

static char folder[64];
static struct read_rights rights;

static const char *
in_folder(const char *name)
{
	static char path[200];

	(void)format_text(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const char *text)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, text, strlen(text)), 0);
	(void)close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	rights.owner = geteuid();
	(void)format_text(folder, sizeof(folder), "test_sources.XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(in_folder("d"), 0700), 0);
	put("main", "service a\n{\n}\n");
	put("d/one", "");
	put("d/two", "x");
	put("banner", "hello");
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {
		"d/one", "d/two", "d/three", "main", "banner", "late"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(in_folder(names[i]));
	(void)rmdir(in_folder("d"));
	return rmdir(folder);
}

/* Reads what a configuration would; returns all of it as one text. */
static char *
read_once(struct sources *s, struct arena *arena)
{
	struct source_reader reader = sources_reader(s);
	const char *bytes = NULL, **names = NULL;
	char *text = arena_text(arena, "", 0);
	unsigned count = 0;
	size_t length = 0;

	assert_int_equal(reader.file(reader.context, arena, in_folder("main"),
	    &bytes, &length), READ_OK);
	text = arena_format(arena, "%s%s", text, bytes);
	assert_int_equal(reader.directory(reader.context, arena,
	    in_folder("d"), &names, &count), READ_OK);
	for (unsigned i = 0; i < count; i++) {
		char name[200];

		text = arena_format(arena, "%s[%s]", text, names[i]);
		(void)format_text(name, sizeof(name), "d/%s", names[i]);
		assert_int_equal(reader.file(reader.context, arena,
		    in_folder(name), &bytes, &length), READ_OK);
		assert_int_equal(strlen(bytes), length);
		text = arena_format(arena, "%s%s", text, bytes);
	}
	assert_int_equal(reader.file(reader.context, arena,
	    in_folder("missing"), &bytes, &length), READ_MISSING);
	assert_int_equal(sources_file(s, arena, in_folder("banner"), 100,
	    &bytes, &length), READ_OK);
	return arena_format(arena, "%s%s", text, bytes);
}

static void
replay(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct sources first, second;
	const char *bundle, *again, *bytes = NULL;
	size_t length, again_length;
	struct source_reader reader;
	char *text;

	(void)state;
	sources_begin(&first, &rights);
	text = read_once(&first, arena);
	assert_string_equal(text, "service a\n{\n}\n[one][two]xhello");
	bundle = sources_bundle(&first, &length);
	assert_non_null(bundle);

	/* Everything is edited; the bundle says what it was. */
	put("main", "service {{{");
	put("d/three", "new");
	put("missing-no-more", "");
	assert_int_equal(unlink(in_folder("missing-no-more")), 0);
	put("banner", "changed");
	sources_begin(&second, &rights);
	assert_true(sources_replay(&second, bundle, length));
	assert_string_equal(read_once(&second, arena), text);
	again = sources_bundle(&second, &again_length);
	assert_int_equal(again_length, length);
	assert_memory_equal(again, bundle, length);

	/* In any order, and more than once. */
	reader = sources_reader(&second);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(reader.file(reader.context, arena,
		    in_folder("d/two"), &bytes, &length), READ_OK);
		assert_string_equal(bytes, "x");
		assert_int_equal(reader.file(reader.context, arena,
		    in_folder("main"), &bytes, &length), READ_OK);
	}
	/* What no bundle has is not configuration; a banner may be new. */
	put("late", "late");
	assert_int_equal(reader.file(reader.context, arena, in_folder("late"),
	    &bytes, &length), READ_OTHER);
	assert_int_equal(sources_file(&second, arena, in_folder("late"), 100,
	    &bytes, &length), READ_OK);
	assert_string_equal(bytes, "late");
	/* A limit that came later holds for what is kept, too. */
	assert_int_equal(sources_file(&second, arena, in_folder("banner"), 4,
	    &bytes, &length), READ_TOO_BIG);
	sources_end(&first);
	sources_end(&second);
	arena_free(arena);
}

/* Any cut and any changed byte is either noticed or harmless. */
static void
damaged(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct sources s, other;
	const char *bundle;
	size_t length;
	unsigned refused = 0;

	(void)state;
	put("main", "service a\n{\n}\n");
	sources_begin(&s, &rights);
	(void)read_once(&s, arena);
	bundle = sources_bundle(&s, &length);
	for (size_t n = 0; n < length; n++) {
		char *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, bundle, n);
		sources_begin(&other, &rights);
		refused += !sources_replay(&other, cut, n);
		free(cut);
	}
	/* Only a cut between two entries leaves a bundle. */
	assert_true(refused >= length - 8);
	for (size_t i = 0; i < length * 8; i++) {
		char *copy = malloc(length);
		struct source_reader reader;
		const char *bytes = NULL, **names = NULL;
		unsigned count = 0;
		size_t got = 0;

		assert_non_null(copy);
		memcpy(copy, bundle, length);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		sources_begin(&other, &rights);
		if (sources_replay(&other, copy, length)) {
			reader = sources_reader(&other);
			(void)reader.file(reader.context, arena,
			    in_folder("main"), &bytes, &got);
			(void)reader.directory(reader.context, arena,
			    in_folder("d"), &names, &count);
			assert_true(got <= length && count <= length);
		}
		sources_end(&other);
		free(copy);
	}
	sources_end(&s);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
