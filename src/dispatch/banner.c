/*
 * Banners, in one non-blocking send each.
 *
 * Runs in sallyport-dispatch. Never waits for a client and never looks at what
 * one sends. Never shutdown(): the call is not in this process's filter, since
 * on a listener it would end the listener for everybody. Nor sendmsg(), by
 * which it could give its descriptors away.
 */
#include "dispatch/banner.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/util.h"

#define BANNER_READ 8192
#define BANNER_READS 8		/* 64 KiB of a client's first words */

void
banner_send(int fd, const struct blob *first, const struct blob *second)
{
	static uint8_t both[2 * POLICY_BANNER_MAX];
	const struct blob *one = first->length != 0 ? first : second;
	const void *bytes = one->bytes;
	size_t length = one->length;

	if (length == 0)
		return;
	if (one == first && second->length != 0) {
		/* The text's parser lets no longer ones pass. */
		must(first->length <= POLICY_BANNER_MAX &&
		    second->length <= POLICY_BANNER_MAX);
		memcpy(both, first->bytes, first->length);
		memcpy(both + first->length, second->bytes, second->length);
		bytes = both;
		length = first->length + second->length;
	}
	/* A client that is gone, or takes no more, has had its banner. */
	(void)send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
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
