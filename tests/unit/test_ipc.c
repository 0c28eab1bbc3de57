/*
 * Channels against senders that keep no rule; no descriptor may be left open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shared/ipc.h"
#include "shared/util.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_FDS 253

static unsigned
open_count(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}

/* Sends `length` bytes with `count` descriptors, split over `parts` control
 * messages, as no honest sender would. */
static void
send_raw(int channel, size_t length, unsigned count, unsigned parts)
{
	static char bytes[IPC_MAX * 2];
	union {
		struct cmsghdr align;
		char bytes[4096];
	} control;
	struct iovec part = { .iov_base = bytes, .iov_len = length };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	size_t used = 0;

	memset(&control, 0, sizeof control);
	for (unsigned p = 0; p < parts && count > 0; p++) {
		unsigned n = p + 1 == parts ? count - p : 1;
		struct cmsghdr *c = (void *)(control.bytes + used);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (unsigned i = 0; i < n; i++) {
			int fd = STDIN_FILENO;

			memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
		}
		used += CMSG_SPACE(n * sizeof(int));
	}
	if (used > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = used;
	}
	assert_int_equal(sendmsg(channel, &m, MSG_NOSIGNAL), length);
}

static void
test_rules(void **state)
{
	static const struct {
		const char *name;
		size_t length;
		unsigned fds, parts;
		bool may_fd;
		enum ipc_result result;
	} rows[] = {
		{ "plain", 8, 0, 0, false, IPC_OK },
		{ "plain where a descriptor may come", 8, 0, 0, true, IPC_OK },
		{ "longest", IPC_MAX, 0, 0, false, IPC_OK },
		{ "too long", IPC_MAX + 1, 0, 0, false, IPC_BAD },
		{ "far too long", IPC_MAX * 2, 0, 0, false, IPC_BAD },
		{ "too long with a descriptor", IPC_MAX + 1, 1, 1, true, IPC_BAD },
		{ "one descriptor", 8, 1, 1, true, IPC_OK },
		{ "uninvited", 8, 1, 1, false, IPC_BAD },
		{ "two", 8, 2, 1, true, IPC_BAD },
		{ "two in two parts", 8, 2, 2, true, IPC_BAD },
		{ "three uninvited", 8, 3, 1, false, IPC_BAD },
		{ "as many as the kernel takes", 8, MAX_FDS, 1, true, IPC_BAD },
		{ "as many, in parts", 8, MAX_FDS, 5, true, IPC_BAD },
		{ "empty", 0, 0, 0, false, IPC_CLOSED },
		{ "empty with a descriptor", 0, 1, 1, true, IPC_CLOSED },
		{ "empty with two uninvited", 0, 2, 1, false, IPC_CLOSED },
	};
	char bytes[IPC_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int pair[2], fd = 77;
		size_t length = 77;
		enum ipc_result result;
		unsigned before;

		assert_int_equal(ipc_pair(pair, 65536), 0);
		before = open_count();
		send_raw(pair[0], rows[i].length, rows[i].fds, rows[i].parts);
		result = ipc_receive(pair[1], bytes, &length, rows[i].may_fd,
		    &fd);
		if (result != rows[i].result)
			fail_msg("%s: %d", rows[i].name, result);
		assert_int_equal(length, result == IPC_OK ? rows[i].length : 0);
		if (result == IPC_OK && rows[i].fds == 1) {
			assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
			fd_close(&fd);
		}
		assert_int_equal(fd, -1);
		if (open_count() != before)
			fail_msg("%s: descriptors left open", rows[i].name);
		fd_close(&pair[0]);
		fd_close(&pair[1]);
	}
}

/* By recv(2): bytes as before, and whatever was attached is gone. */
static void
test_plain(void **state)
{
	static const struct {
		const char *name;
		size_t length;
		unsigned fds, parts;
		enum ipc_result result;
	} rows[] = {
		{ "plain", 8, 0, 0, IPC_OK },
		{ "longest", IPC_MAX, 0, 0, IPC_OK },
		{ "too long", IPC_MAX + 1, 0, 0, IPC_BAD },
		{ "far too long", IPC_MAX * 2, 1, 1, IPC_BAD },
		{ "a descriptor", 8, 1, 1, IPC_OK },
		{ "as many as the kernel takes", 8, MAX_FDS, 5, IPC_OK },
		{ "empty", 0, 0, 0, IPC_CLOSED },
	};
	char bytes[IPC_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum ipc_result result;
		unsigned before;
		size_t length = 77;
		int pair[2];

		assert_int_equal(ipc_pair(pair, 65536), 0);
		before = open_count();
		send_raw(pair[0], rows[i].length, rows[i].fds, rows[i].parts);
		result = ipc_receive_plain(pair[1], bytes, &length);
		if (result != rows[i].result)
			fail_msg("%s: %d", rows[i].name, result);
		assert_int_equal(length, result == IPC_OK ? rows[i].length : 0);
		if (open_count() != before)
			fail_msg("%s: descriptors left open", rows[i].name);
		assert_int_equal(ipc_receive_plain(pair[1], bytes, &length),
		    IPC_AGAIN);
		fd_close(&pair[0]);
		assert_int_equal(ipc_receive_plain(pair[1], bytes, &length),
		    IPC_CLOSED);
		fd_close(&pair[1]);
	}
}

/* Where the kernel can refuse them, the sender hears of it. */
static void
test_refused_descriptors(void **state)
{
	char in[IPC_MAX];
	int pair[2];
	size_t length;
	enum ipc_result sent;

	(void)state;
	assert_int_equal(ipc_pair(pair, 65536), 0);
	ipc_refuse_descriptors(pair[1]);
	sent = ipc_send(pair[0], "x", 1, STDIN_FILENO);
	if (sent != IPC_OK)
		assert_int_equal(errno, EPERM);
	else
		assert_int_equal(ipc_receive_plain(pair[1], in, &length),
		    IPC_OK);
	assert_int_equal(ipc_send(pair[0], "word", 4, -1), IPC_OK);
	assert_int_equal(ipc_receive_plain(pair[1], in, &length), IPC_OK);
	assert_int_equal(length, 4);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void
test_round_trip(void **state)
{
	char out[IPC_MAX], in[IPC_MAX];
	int pair[2], fd, passed = memfd_sealed("x", "abc", 3);
	size_t length;

	(void)state;
	assert_int_equal(ipc_pair(pair, 65536), 0);
	assert_int_equal(fcntl(pair[0], F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(pair[1], F_GETFL) & O_NONBLOCK) != 0);
	memset(out, 7, sizeof out);
	assert_int_equal(ipc_send(pair[0], out, 100, passed), IPC_OK);
	assert_int_equal(ipc_send(pair[0], out, sizeof out, -1), IPC_OK);
	assert_int_equal(ipc_receive(pair[1], in, &length, true, &fd), IPC_OK);
	assert_int_equal(length, 100);
	assert_memory_equal(in, out, 100);
	assert_true(memfd_is_sealed(fd, &length));
	fd_close(&fd);
	assert_int_equal(ipc_receive(pair[1], in, &length, true, &fd), IPC_OK);
	assert_int_equal(length, sizeof out);
	assert_int_equal(fd, -1);
	assert_int_equal(ipc_receive(pair[1], in, &length, true, &fd),
	    IPC_AGAIN);
	fd_close(&passed);
	fd_close(&pair[0]);
	assert_int_equal(ipc_receive(pair[1], in, &length, true, &fd),
	    IPC_CLOSED);
	assert_int_equal(ipc_send(pair[1], out, 1, -1), IPC_CLOSED);
	fd_close(&pair[1]);
}

/* A helper that is killed with our answers unread resets the channel; what it
 * had sent must come out all the same. */
static void
test_last_words(void **state)
{
	char in[IPC_MAX];
	int pair[2], fd;
	size_t length;

	(void)state;
	assert_int_equal(ipc_pair(pair, 65536), 0);
	assert_int_equal(ipc_send(pair[0], "unread", 6, -1), IPC_OK);
	assert_int_equal(ipc_send(pair[1], "last", 4, STDIN_FILENO), IPC_OK);
	assert_int_equal(ipc_send(pair[1], "words", 5, -1), IPC_OK);
	fd_close(&pair[1]);
	assert_int_equal(ipc_receive(pair[0], in, &length, true, &fd), IPC_OK);
	assert_int_equal(length, 4);
	fd_close(&fd);
	assert_int_equal(ipc_receive(pair[0], in, &length, true, &fd), IPC_OK);
	assert_int_equal(length, 5);
	assert_int_equal(ipc_receive(pair[0], in, &length, true, &fd),
	    IPC_CLOSED);
	fd_close(&pair[0]);
}

static void
test_full_channel(void **state)
{
	char bytes[IPC_MAX] = { 0 };
	size_t length;
	int pair[2], fd;
	unsigned sent = 0, received = 0;

	(void)state;
	assert_int_equal(ipc_pair(pair, 16384), 0);
	while (sent < 10000 &&
	    ipc_send(pair[0], bytes, sizeof bytes, -1) == IPC_OK)
		sent++;
	assert_true(sent > 4 && sent < 10000);
	assert_int_equal(ipc_send(pair[0], bytes, sizeof bytes, -1), IPC_AGAIN);
	while (ipc_receive(pair[1], bytes, &length, false, &fd) == IPC_OK)
		received++;
	assert_int_equal(received, sent);
	assert_int_equal(ipc_send(pair[0], bytes, sizeof bytes, -1), IPC_OK);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

/* At the limit the kernel delivers the bytes and drops the descriptor. */
static void
test_no_room_for_fd(void **state)
{
	struct rlimit old, low;
	char in[IPC_MAX];
	int pair[2], fd, top;
	size_t length;
	enum ipc_result invited, uninvited;

	(void)state;
	assert_int_equal(ipc_pair(pair, 65536), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	top = dup(STDIN_FILENO);
	assert_true(top >= 0);
	fd_close(&top);
	for (top = 0; fcntl(top, F_GETFD) >= 0; top++)
		;
	low = old;
	low.rlim_cur = (rlim_t)top;
	assert_int_equal(ipc_send(pair[0], "start", 5, STDIN_FILENO), IPC_OK);
	assert_int_equal(ipc_send(pair[0], "start", 5, STDIN_FILENO), IPC_OK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	invited = ipc_receive(pair[1], in, &length, true, &fd);
	uninvited = ipc_receive(pair[1], in, &(size_t){ 0 }, false, &(int){ 0 });
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(invited, IPC_NO_FD);
	assert_int_equal(length, 5);
	assert_memory_equal(in, "start", 5);
	assert_int_equal(fd, -1);
	assert_int_equal(uninvited, IPC_BAD);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

/* Credentials come along when somebody asked the kernel for them. */
static void
test_credentials_ignored(void **state)
{
	char in[IPC_MAX];
	int pair[2], fd, on = 1;
	size_t length;

	(void)state;
	assert_int_equal(ipc_pair(pair, 65536), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on,
	    sizeof on), 0);
	assert_int_equal(ipc_send(pair[0], "a", 1, -1), IPC_OK);
	assert_int_equal(ipc_send(pair[0], "b", 1, STDIN_FILENO), IPC_OK);
	assert_int_equal(ipc_receive(pair[1], in, &length, false, &fd), IPC_OK);
	assert_int_equal(fd, -1);
	assert_int_equal(ipc_receive(pair[1], in, &length, true, &fd), IPC_OK);
	assert_true(fd >= 0);
	fd_close(&fd);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void
test_not_a_channel(void **state)
{
	char in[IPC_MAX];
	int fd;
	size_t length;

	(void)state;
	assert_int_equal(ipc_receive(-1, in, &length, true, &fd), IPC_ERROR);
	assert_int_equal(errno, EBADF);
	assert_int_equal(ipc_send(-1, "x", 1, -1), IPC_ERROR);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_refused_descriptors),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_full_channel),
		cmocka_unit_test(test_no_room_for_fd),
		cmocka_unit_test(test_credentials_ignored),
		cmocka_unit_test(test_not_a_channel),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
