/*
 * Banners, in one non-blocking send each.
 *
 * Runs in sallyport-dispatch. Never waits for a client and never looks at what
 * one sends. Never shutdown(): the call is not in this process's filter, since
 * on a listener it would end the listener for everybody.
 */
#include "dispatch/banner.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BANNER_READ 8192
#define BANNER_READS 8		/* 64 KiB of a client's first words */

void
banner_send(int fd, const struct blob *first, const struct blob *second)
{
	struct iovec parts[2] = {
		{ (void *)(uintptr_t)first->bytes, first->length },
		{ (void *)(uintptr_t)second->bytes, second->length }
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (first->length == 0 && second->length == 0)
		return;
	/* A client that is gone, or takes no more, has had its banner. */
	(void)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
banner_refuse(int fd, const struct blob *first, const struct blob *second)
{
	char unread[BANNER_READ];
	unsigned reads = 0;

	if (first->length == 0 && second->length == 0)
		return;
	/* The socket is non-blocking. More than this is a flood, and its
	 * sender may lose the banner. */
	while (reads < BANNER_READS &&
	    read(fd, unread, sizeof unread) == (ssize_t)sizeof unread)
		reads++;
	banner_send(fd, first, second);
}
