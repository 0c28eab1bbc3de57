/*
 * State files: which ones a reader takes for real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/state.h"
#include "shared/util.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SIZE sizeof(struct log_state)

static char directory[] = "/tmp/test_state.XXXXXX";
static char path[64], other[64];

static int
prepare(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	(void)format_text(path, sizeof path, "%s/state", directory);
	(void)format_text(other, sizeof other, "%s/other", directory);
	return 0;
}

static int
clean(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(other);
	return rmdir(directory);
}

/* A file of `size` bytes that begins with `length` bytes of *h. */
static void
put(const struct state_header *h, size_t length, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, h, length), 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	fd_close(&fd);
}

static void
test_good(void **state)
{
	struct state_header h;
	const struct log_state *log;

	(void)state;
	state_header_set(&h, 'L', SIZE);
	put(&h, sizeof h, SIZE);
	log = state_open(path, 'L', SIZE);
	assert_non_null(log);
	assert_int_equal(log->h.version, STATE_VERSION);
	assert_string_equal(log->h.magic, "SALLYP");
	assert_int_equal(log->h.magic[7], 'L');
	assert_int_equal(log->sequence, 0);
	assert_int_equal(munmap((void *)(uintptr_t)log, SIZE), 0);
}

static void
test_wrong_headers(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
		unsigned char bit;
	} rows[] = {
		{ "magic", 0, 1 }, { "NUL", 6, 1 }, { "kind", 7, 1 },
		{ "version", 8, 2 }, { "size", 12, 1 }, { "size, high", 15, 128 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct state_header h;

		state_header_set(&h, 'L', SIZE);
		((unsigned char *)&h)[rows[i].offset] ^= rows[i].bit;
		put(&h, sizeof h, SIZE);
		errno = 0;
		if (state_open(path, 'L', SIZE) != NULL)
			fail_msg("%s", rows[i].name);
		assert_int_equal(errno, EPROTO);
	}
}

static void
test_wrong_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, SIZE - 1, SIZE + 1 };
	struct state_header h;

	(void)state;
	state_header_set(&h, 'L', SIZE);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		put(&h, sizeof h, sizes[i]);
		assert_null(state_open(path, 'L', SIZE));
		assert_int_equal(errno, EPROTO);
	}
	put(&h, sizeof h, SIZE);
	assert_null(state_open(path, 'P', SIZE));
	assert_int_equal(errno, EPROTO);
	assert_null(state_open(path, 'L', 8));
	assert_int_equal(errno, EPROTO);
}

static void
test_not_files(void **state)
{
	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_null(state_open(path, 'L', SIZE));
	assert_int_equal(errno, ENOENT);
	assert_null(state_open(directory, 'L', SIZE));
	assert_int_equal(errno, EPROTO);
	/* Nobody writes to it: a reader that waits would hang here. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(state_open(path, 'L', SIZE));
	assert_int_equal(errno, EPROTO);
	assert_int_equal(symlink("state", other), 0);
	assert_null(state_open(other, 'L', SIZE));
	assert_int_equal(errno, ELOOP);
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_wrong_headers),
		cmocka_unit_test(test_wrong_sizes),
		cmocka_unit_test(test_not_files),
	};

	return cmocka_run_group_tests(all, prepare, clean);
}
