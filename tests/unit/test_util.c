/*
 * Numbers, text, sealed memory, and how a program of ours ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/util.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE 4096

static void
test_number_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t maximum;
		bool is_good;
		uint64_t value;
	} rows[] = {
		{ "0", 0, true, 0 },
		{ "1", 0, false, 0 },
		{ "65535", 65535, true, 65535 },
		{ "65536", 65535, false, 0 },
		{ "007", 10, true, 7 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "", 10, false, 0 },
		{ " 1", 10, false, 0 },
		{ "1 ", 10, false, 0 },
		{ "+1", 10, false, 0 },
		{ "-1", 10, false, 0 },
		{ "0x1", 10, false, 0 },
		{ "1\n", 10, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 77;

		if (number_parse(rows[i].text, rows[i].maximum, &value) !=
		    rows[i].is_good)
			fail_msg("\"%s\"", rows[i].text);
		assert_int_equal(value, rows[i].is_good ? rows[i].value : 77);
	}
}

static void
test_format_text(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(format_text(out, sizeof out, "%s", "abc"), 3);
	assert_string_equal(out, "abc");
	assert_int_equal(format_text(out, sizeof out, "%s", "abcdefgh"), 7);
	assert_string_equal(out, "abcdefg");
	assert_int_equal(format_text(out, 1, "%s", "abc"), 0);
	assert_string_equal(out, "");
	out[0] = 'z';
	assert_int_equal(format_text(out, 0, "%s", "abc"), 0);
	assert_int_equal(out[0], 'z');
}

static void
test_fd_close(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int copy = fd;

	(void)state;
	assert_true(fd >= 0);
	errno = EDOM;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, EDOM);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	errno = EDOM;
	fd_close(&fd);
	assert_int_equal(errno, EDOM);
}

static void
test_write_all(void **state)
{
	char bytes[3] = "xyz", back[3];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write_all(fds[1], bytes, sizeof bytes), 0);
	assert_int_equal(read(fds[0], back, sizeof back), 3);
	assert_memory_equal(back, bytes, 3);
	assert_int_equal(write_all(fds[0], bytes, sizeof bytes), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(write_all(-1, bytes, 0), 0);
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

static void
test_time_passes(void **state)
{
	uint64_t us = monotonic_us(), ms = monotonic_ms();

	(void)state;
	assert_true(ms >= us / 1000 && ms - us / 1000 < 10000);
	assert_true(monotonic_us() >= us);
	assert_true(wall_us() > UINT64_C(1700000000000000));
}

static void
test_sealed(void **state)
{
	int fd = memfd_sealed("text", "hello", 5);
	size_t length = 0;
	char *map;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(memfd_is_sealed(fd, &length));
	assert_int_equal(length, 5);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 9), -1);
	assert_null(map_fd(fd, 5, true));
	assert_null(map_fd(fd, 6, false));
	assert_int_equal(errno, EPROTO);
	assert_null(map_fd(fd, 0, false));
	map = map_fd(fd, 5, false);
	assert_non_null(map);
	assert_memory_equal(map, "hello", 5);
	assert_int_equal(munmap(map, 5), 0);
	fd_close(&fd);

	fd = memfd_sealed("empty", "", 0);
	assert_true(memfd_is_sealed(fd, &length));
	assert_int_equal(length, 0);
	fd_close(&fd);
}

static void
test_not_sealed(void **state)
{
	/* What a hostile sender might offer as a sealed text. */
	static const int seals[] = {
		0, F_SEAL_WRITE, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK,
		F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL,
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_SEAL,
		F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL,
	};
	size_t length = 77;
	int fd;

	(void)state;
	for (size_t i = 0; i < COUNT(seals); i++) {
		fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		assert_false(memfd_is_sealed(fd, &length));
		fd_close(&fd);
	}
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_false(memfd_is_sealed(fd, &length));
	fd_close(&fd);
	assert_false(memfd_is_sealed(-1, &length));
	assert_int_equal(length, 77);
}

static void
test_shared(void **state)
{
	int fd = memfd_shared("page", PAGE);
	size_t length;
	uint64_t *write_side;
	const uint64_t *read_side;

	(void)state;
	assert_true(fd >= 0);
	assert_false(memfd_is_sealed(fd, &length));
	/* Or one side could kill the other with SIGBUS. */
	assert_int_equal(ftruncate(fd, 0), -1);
	write_side = map_fd(fd, PAGE, true);
	read_side = map_fd(fd, PAGE, false);
	assert_non_null(write_side);
	assert_non_null(read_side);
	write_side[1] = 42;
	assert_int_equal(read_side[1], 42);
	assert_int_equal(read_side[0], 0);
	assert_int_equal(munmap(write_side, PAGE), 0);
	assert_int_equal(munmap((void *)(uintptr_t)read_side, PAGE), 0);
	fd_close(&fd);
	assert_int_equal(memfd_shared("page", SIZE_MAX), -1);
}

/* Runs `end` in a child; its wait status, and what it said on descriptor 2. */
static int
child_status(void (*end)(void), char *said, size_t size)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(fds[1], STDERR_FILENO) < 0)
			_exit(99);
		/* Some tools catch it. */
		(void)signal(SIGABRT, SIG_DFL);
		end();
		_exit(98);
	}
	(void)close(fds[1]);
	n = read(fds[0], said, size - 1);
	assert_true(n >= 0);
	said[n] = '\0';
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
end_fatal(void)
{
	program_name = "tester";
	fatal(EXIT_CANNOT, "no %s: %d", "bread\x1b[2J", 7);
}

static void
end_long(void)
{
	char text[2000];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	fatal(EXIT_USAGE, "%s", text);
}

static void
end_bug(void)
{
	must(1 + 1 == 2);
	must(1 + 1 == 3);
}

static void
test_ends(void **state)
{
	char said[1024];
	int status = child_status(end_fatal, said, sizeof said);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_CANNOT);
	assert_string_equal(said, "tester: no bread?[2J: 7\n");

	status = child_status(end_long, said, sizeof said);
	assert_int_equal(WEXITSTATUS(status), EXIT_USAGE);
	assert_true(strlen(said) > 400 && strlen(said) <= 512);
	assert_int_equal(said[strlen(said) - 1], '\n');

	status = child_status(end_bug, said, sizeof said);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, "1 + 1 == 3"));
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_number_parse),
		cmocka_unit_test(test_format_text),
		cmocka_unit_test(test_fd_close),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_time_passes),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_not_sealed),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
