/*
 * A fallen dispatcher that gives away what it has.
 *
 * Part of fake-dispatch. Whoever connects to a UNIX service could be given
 * every listener, and keep it for ever. Here the system-call filter is on, as
 * in the real one. A descriptor that gets through comes with an "x"; the "."
 * after them says that all has been tried.
 */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/sandbox.h"
#include "shared/util.h"

/* A sanitizer's filter only logs, so there is nothing to try. */
static bool
is_filtered(void)
{
	return syscall(SYS_personality, 0xffffffffUL) == -1 && errno == ENOSYS;
}

static void
give(int to, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct mmsghdr gift = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes } };

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
	/* Whether one succeeds, the other end knows best. */
	(void)sendmsg(to, &gift.msg_hdr, MSG_NOSIGNAL);
	(void)sendmmsg(to, &gift, 1, MSG_NOSIGNAL);
}

void
act_give_away(struct fake *f)
{
	struct epoll_event hang_up = { .events = 0 };
	int queue = epoll_create1(EPOLL_CLOEXEC);
	int client = f->connections[0];

	if (queue == -1 || epoll_ctl(queue, EPOLL_CTL_ADD, FAKE_CHANNEL,
	    &hang_up) == -1)
		fatal(EXIT_CANNOT, "the channel cannot be watched");
	(void)sandbox_enter(SANDBOX_DISPATCH);
	if (is_filtered()) {
		give(client, FAKE_CHANNEL);
		for (unsigned i = 0; i < f->listeners; i++)
			give(client, FAKE_LISTENERS + (int)i);
	}
	if (send(client, ".", 1, MSG_NOSIGNAL) != 1)
		fatal(EXIT_CANNOT, "the client has gone");
	while (epoll_wait(queue, &hang_up, 1, -1) != 1)
		;
	exit(EXIT_CLEAN);
}
