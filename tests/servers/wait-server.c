/*
 * A server for tests that gets the listener itself (wait = yes).
 *
 * usage: wait-server FILE serve N [STOP] | slow N | idle | shut | deaf | lock |
 *	behind
 *
 * Writes one line to FILE: pid, the kernel's cookie of the socket, whether
 * descriptor 0 blocks, and REMOTE_HOST. "serve" answers N datagrams, or accepts N
 * connections, each with its own pid and what the client said, and ends; with
 * STOP it ends earlier, when a file of that name appears. "slow" does the same,
 * half a second later. "idle" ends without
 * touching the socket. "shut" shuts it down for everybody first. "deaf" takes one
 * datagram and leaves a filter that drops all others; "lock" locks that filter;
 * "behind" leaves the socket peeking far behind the first one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

static int
say_hello(const char *path)
{
	const char *host = getenv("REMOTE_HOST");
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	char line[256];
	int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int length;

	(void)getsockopt(STDIN_FILENO, SOL_SOCKET, SO_COOKIE, &cookie, &size);
	length = snprintf(line, sizeof(line), "%d %" PRIu64 " %s %s\n",
	    (int)getpid(), cookie,
	    (fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK) != 0 ? "nonblocking" :
	    "blocking", host != NULL ? host : "-");
	if (file == -1 || length < 0 ||
	    write(file, line, (size_t)length) != (ssize_t)length)
		return -1;
	return close(file);
}

/* Readable: true. The file `stop` has come: false. */
static int
await(const char *stop)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };

	while (stop == NULL || access(stop, F_OK) == -1) {
		if (poll(&pfd, 1, stop == NULL ? -1 : 20) == 1)
			return 1;
	}
	return 0;
}

static int
answer(int type)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	char said[1024], line[1200];
	int fd = STDIN_FILENO, used;
	ssize_t got;

	if (type == SOCK_STREAM && (fd = accept(fd, NULL, NULL)) == -1)
		return -1;
	got = recvfrom(fd, said, sizeof(said), 0, (struct sockaddr *)&from,
	    &length);
	if (got == -1)
		return -1;
	used = snprintf(line, sizeof(line), "%d %.*s", (int)getpid(),
	    (int)got, said);
	if (type == SOCK_DGRAM)
		return sendto(fd, line, (size_t)used, 0,
		    (struct sockaddr *)&from, length) == -1 ? -1 : 0;
	if (write(fd, line, (size_t)used) != used)
		return -1;
	return close(fd);
}

/* Leaves the socket in a state that does nobody any good. */
static int
spoil(const char *how)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &drop };
	int far = 100000, on = 1;

	if (strcmp(how, "behind") == 0)
		return setsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEEK_OFF, &far,
		    sizeof(far));
	if (setsockopt(STDIN_FILENO, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program)) == -1)
		return -1;
	return strcmp(how, "lock") != 0 ? 0 : setsockopt(STDIN_FILENO,
	    SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on));
}

int
main(int argc, char **argv)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (argc < 3 || say_hello(argv[1]) == -1 ||
	    getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size) == -1)
		return 1;
	if (strcmp(argv[2], "shut") == 0)
		(void)shutdown(STDIN_FILENO, SHUT_RDWR);
	if (strcmp(argv[2], "deaf") == 0 || strcmp(argv[2], "lock") == 0 ||
	    strcmp(argv[2], "behind") == 0)
		return answer(type) == -1 || spoil(argv[2]) == -1;
	if (strcmp(argv[2], "slow") == 0)
		(void)usleep(500000);
	else if (strcmp(argv[2], "serve") != 0)
		return 0;
	for (int i = atoi(argv[3]); i > 0 &&
	    await(argc > 4 ? argv[4] : NULL); i--) {
		if (answer(type) == -1)
			return 1;
	}
	return 0;
}
