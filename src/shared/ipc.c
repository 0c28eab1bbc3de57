/*
 * Channels: see ipc.h.
 *
 * Runs in every process, on both sides of a privilege border, so the sender is
 * always hostile. Whatever arrives, no descriptor it carried may stay open
 * unless it is handed to the caller, and nothing here may wait.
 */
#include "shared/ipc.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "shared/util.h"

/* The kernel passes at most 253 descriptors in a message (SCM_MAX_FD). Room
 * for all of them means that we close the surplus ourselves and know of it. */
#define CONTROL_SIZE 4096
_Static_assert(CMSG_SPACE(253 * sizeof(int)) * 2 < CONTROL_SIZE,
    "a full load of descriptors and more must fit");

#ifndef SO_PASSRIGHTS
#ifdef __hppa__
#define SO_PASSRIGHTS 0x4058
#elif defined(__sparc__)
#define SO_PASSRIGHTS 0x005d
#else
#define SO_PASSRIGHTS 83	/* Linux 6.16 */
#endif
#endif

/* A reset of the other end is reported once, before what it had sent. */
#define RECEIVE_TRIES 8

static int
set_send_buffer(int fd, int size)
{
	/* FORCE needs CAP_NET_ADMIN; without it wmem_max is the limit. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

int
ipc_pair(int fds[2], int sndbuf)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, fds) < 0) {
		fds[0] = fds[1] = -1;
		return -1;
	}
	if (set_send_buffer(fds[0], sndbuf) == 0 &&
	    set_send_buffer(fds[1], sndbuf) == 0)
		return 0;
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	return -1;
}

static enum ipc_result
send_failure(void)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case ETOOMANYREFS:	/* too many descriptors in flight */
		return IPC_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ENOTCONN:
		return IPC_CLOSED;
	default:
		return IPC_ERROR;
	}
}

void
ipc_refuse_descriptors(int channel)
{
	const int no = 0;

	/* A second lock, where there is one. */
	(void)setsockopt(channel, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
}

static ssize_t
send_with(int channel, const void *bytes, size_t length, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	/* sendmsg() does not write to what iov_base points to. */
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes,
	    .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes };
	struct cmsghdr *c = &control.align;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

enum ipc_result
ipc_send(int channel, const void *bytes, size_t length, int fd)
{
	ssize_t n;

	must(length > 0 && length <= IPC_MAX);
	do
		n = fd >= 0 ? send_with(channel, bytes, length, fd) :
		    send(channel, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return send_failure();
	return (size_t)n == length ? IPC_OK : IPC_ERROR;
}

/* Keeps the first descriptor in *fd, closes all others, counts them all. */
static unsigned
take_descriptors(struct msghdr *message, int *fd)
{
	unsigned seen = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	    c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		    c->cmsg_len < CMSG_LEN(0))
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < count; i++) {
			int one;

			memcpy(&one, CMSG_DATA(c) + i * sizeof one, sizeof one);
			if (seen++ == 0)
				*fd = one;
			else
				fd_close(&one);
		}
	}
	return seen;
}

static enum ipc_result
judge(const struct msghdr *message, size_t length, unsigned descriptors,
    bool may_fd)
{
	bool is_cut = (message->msg_flags & MSG_CTRUNC) != 0;

	if (length == 0)
		return IPC_CLOSED;
	if (length > IPC_MAX || (message->msg_flags & MSG_TRUNC) != 0)
		return IPC_BAD;
	if (descriptors > 1 || (descriptors == 1 && is_cut))
		return IPC_BAD;
	if (!may_fd && (descriptors > 0 || is_cut))
		return IPC_BAD;
	return is_cut ? IPC_NO_FD : IPC_OK;
}

/* Is that a failure that the next try may not see? */
static bool
may_retry(ssize_t n, int *tries)
{
	return n < 0 && (errno == EINTR || errno == ECONNRESET) &&
	    ++*tries < RECEIVE_TRIES;
}

static enum ipc_result
receive_failure(void)
{
	if (errno == EAGAIN)
		return IPC_AGAIN;
	return errno == ECONNRESET || errno == ENOTCONN ? IPC_CLOSED :
	    IPC_ERROR;
}

enum ipc_result
ipc_receive(int channel, void *bytes, size_t *length, bool may_fd, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CONTROL_SIZE];
	} control;
	struct iovec part = { .iov_base = bytes, .iov_len = IPC_MAX };
	struct msghdr message;
	enum ipc_result result;
	unsigned descriptors;
	int tries = 0;
	ssize_t n;

	*fd = -1;
	*length = 0;
	do {
		message = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1,
		    .msg_control = control.bytes,
		    .msg_controllen = sizeof control.bytes };
		n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (may_retry(n, &tries));
	if (n < 0)
		return receive_failure();

	descriptors = take_descriptors(&message, fd);
	result = judge(&message, (size_t)n, descriptors, may_fd);
	if (result == IPC_OK || result == IPC_NO_FD)
		*length = (size_t)n;
	if (result != IPC_OK)
		fd_close(fd);
	return result;
}

enum ipc_result
ipc_receive_plain(int channel, void *bytes, size_t *length)
{
	int tries = 0;
	ssize_t n;

	*length = 0;
	do	/* with MSG_TRUNC it says how long the message really is */
		n = recv(channel, bytes, IPC_MAX, MSG_TRUNC | MSG_DONTWAIT);
	while (may_retry(n, &tries));
	if (n < 0)
		return receive_failure();
	if (n == 0)
		return IPC_CLOSED;
	if (n > IPC_MAX)
		return IPC_BAD;
	*length = (size_t)n;
	return IPC_OK;
}
