/*
 * The service manager's notification socket. Root; a lost datagram changes
 * nothing for us.
 */
#include "parent/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

static void
send_text(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&address, length);
	(void)close(fd);
}

void
notify_ready(const char *status)
{
	char text[256];

	(void)format_text(text, sizeof(text),
	    "READY=1\nMAINPID=%d\nSTATUS=%s\n", (int)getpid(), status);
	send_text(text);
}

void
notify_reloading(void)
{
	char text[128];

	(void)format_text(text, sizeof(text),
	    "RELOADING=1\nMONOTONIC_USEC=%llu\n",
	    (unsigned long long)monotonic_us());
	send_text(text);
}

void
notify_stopping(void)
{
	send_text("STOPPING=1\n");
}
