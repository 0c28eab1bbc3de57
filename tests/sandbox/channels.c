/*
 * Descriptors that a role gives away or takes, tried for real.
 *
 * Whoever may call sendmsg() on any descriptor can give away all that it has:
 * its listeners to somebody outside, by a UNIX client's connection.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shared/ipc.h"
#include "shared/util.h"

#define HIGH (UINT64_C(1) << 32)	/* what a truncating filter misses */
#define PARENT 3	/* where every helper has its channel to the parent */
#define OUT_OF_THE_WAY 10

/* Made before the trials, inherited by every child: the other end of the
 * channel to the parent, a channel to somebody else, and what is passed. */
static int parents_end = -1, other[2] = { -1, -1 }, memory = -1;

void
channels_prepare(void)
{
	int pair[2];

	memory = memfd_shared("gift", 4096);
	if (memory < 0 || ipc_pair(pair, 65536) < 0 || ipc_pair(other, 65536) < 0 ||
	    (parents_end = fcntl(pair[1], F_DUPFD_CLOEXEC,
	    OUT_OF_THE_WAY)) < 0 ||
	    (other[0] = fcntl(other[0], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)) < 0 ||
	    (other[1] = fcntl(other[1], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)) < 0 ||
	    (memory = fcntl(memory, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)) < 0 ||
	    dup2(pair[0], PARENT) < 0)
		fatal(EXIT_CANNOT, "preparing: %s", strerror(errno));
}

/* One byte with a descriptor, by whatever number names the channel. */
static struct mmsghdr *
gift(void)
{
	static union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	static char byte = 'x';
	static struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	static struct mmsghdr message;

	message.msg_hdr = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes };
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof memory);
	memcpy(CMSG_DATA(&control.align), &memory, sizeof memory);
	return &message;
}

static long
give(uint64_t to)
{
	return syscall(SYS_sendmsg, to, &gift()->msg_hdr, MSG_DONTWAIT);
}

/* Zero when a descriptor came. */
static long
take(uint64_t from)
{
	struct msghdr *message = &gift()->msg_hdr;
	int fd = -1;

	memset(message->msg_control, 0, message->msg_controllen);
	if (syscall(SYS_recvmsg, from, message, MSG_DONTWAIT) < 0)
		return -1;
	if (message->msg_controllen >= CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof fd);
	return fd > PARENT ? 0 : -1;
}

static long
try_give_parent(void)
{
	return ipc_send(PARENT, "hello", 5, memory) == IPC_OK ? 0 : -1;
}

static long
try_give_parent_high(void)
{
	return give(HIGH | PARENT);
}

static long
try_give_other(void)
{
	return give((uint64_t)other[0]);
}

static long
try_give_other_high(void)
{
	return give(HIGH | (uint64_t)other[0]);
}

/* What a wrong mask would let pass: the last bits are those of 3. */
static long
try_give_like_parent(void)
{
	for (int fd = PARENT + 4; fd < 64; fd += 4)
		if (give((uint64_t)fd) >= 0 || errno != ENOSYS)
			return errno == ENOSYS ? 0 : -1;
	errno = ENOSYS;
	return -1;
}

static long
try_give_many(void)
{
	return sendmmsg(other[0], gift(), 1, MSG_DONTWAIT);
}

static long
try_take_parent(void)
{
	char bytes[IPC_MAX];
	size_t length;
	int fd;

	if (ipc_receive(PARENT, bytes, &length, true, &fd) != IPC_OK)
		return -1;
	return fd > PARENT ? 0 : -1;
}

static long
try_take_other(void)
{
	return take((uint64_t)other[1]);
}

static long
try_take_other_high(void)
{
	return take(HIGH | (uint64_t)other[1]);
}

static long
try_take_many(void)
{
	return recvmmsg(other[1], gift(), 1, MSG_DONTWAIT, NULL);
}

/* Bytes go to everybody and come from everybody. */
static long
try_plain(void)
{
	char bytes[IPC_MAX];
	size_t length;

	return ipc_send(PARENT, "hello", 5, -1) == IPC_OK &&
	    ipc_send(other[0], "hello", 5, -1) == IPC_OK &&
	    ipc_receive_plain(other[1], bytes, &length) == IPC_OK ? 0 : -1;
}

/* Whoever accepts could put a client in the channel's place. */
static long
try_close_parent(void)
{
	return close(PARENT);
}

static long
try_close_parent_high(void)
{
	return syscall(SYS_close, HIGH | PARENT);
}

static long
try_close_other(void)
{
	return close(memory);
}

static long
try_close_range(void)
{
	return syscall(436 /* close_range */, PARENT, PARENT, 0);
}

static long
try_dup(void)
{
	return dup(memory);
}

static long
try_dup2(void)
{
	return dup2(other[0], PARENT);
}

static long
try_dup3(void)
{
	return dup3(other[0], PARENT, 0);
}

static long
try_dup_fcntl(void)
{
	return fcntl(other[0], F_DUPFD, PARENT);
}

static const struct attempt attempts[] = {
	{ "give the parent a descriptor", try_give_parent, "YNYYNN" },
	{ "the same, high bits", try_give_parent_high, "YNYYNN" },
	{ "give another a descriptor", try_give_other, "NNNYNN" },
	{ "the same, high bits", try_give_other_high, "NNNYNN" },
	{ "give it where the last bits are right", try_give_like_parent,
	    "NNNDNN" },
	{ "give it by sendmmsg", try_give_many, "NNNYNN" },
	{ "take the parent's descriptor", try_take_parent, "YYNYYY" },
	{ "take another's descriptor", try_take_other, "NNNYNN" },
	{ "the same, high bits", try_take_other_high, "NNNYNN" },
	{ "take it by recvmmsg", try_take_many, "NNNYNN" },
	{ "send and receive bytes", try_plain, "YYYYYY" },
	{ "close the channel to the parent", try_close_parent, "KYYYYY" },
	{ "the same, high bits", try_close_parent_high, "KYYYYY" },
	{ "close another descriptor", try_close_other, "YYYYYY" },
	{ "close a range", try_close_range, "NNNYNN" },
	{ "dup", try_dup, "NNNYNN" },
	{ "dup2", try_dup2, "NNNYNN" },
	{ "dup3", try_dup3, "NNNYNN" },
	{ "dup by fcntl", try_dup_fcntl, "NNNYNN" },
};

static void
drain(int fd)
{
	char bytes[IPC_MAX];
	size_t length;

	while (ipc_receive_plain(fd, bytes, &length) == IPC_OK)
		;
}

/* A descriptor waits in each channel, and nothing else. */
static void
fill_channels(void)
{
	drain(PARENT);
	drain(parents_end);
	drain(other[0]);
	drain(other[1]);
	if (ipc_send(parents_end, "hello", 5, memory) != IPC_OK ||
	    ipc_send(other[0], "hello", 5, memory) != IPC_OK)
		fatal(EXIT_CANNOT, "the channels do not work");
}

void
channels_run(enum sandbox_role role)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		fill_channels();
		attempt_run(role, &attempts[i]);
	}
}
