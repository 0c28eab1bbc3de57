/*
 * Descriptors that are no connections of the first listener.
 *
 * Part of fake-dispatch; runs as root, before it confines itself, so that each
 * of the parent's rules can be tested by itself. What is not closed here stays
 * open until the program ends.
 */
#include "fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/util.h"

int
made_pipe(void)
{
	int ends[2];

	return pipe2(ends, O_CLOEXEC) == 0 ? ends[0] : -1;
}

int
made_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

int
made_directory(void)
{
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
made_tty(void)
{
	return posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int
made_text(void)
{
	return dup(FAKE_TEXT);
}

int
made_channel(void)
{
	return dup(FAKE_CHANNEL);
}

int
made_unix(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ?
	    ends[0] : -1;
}

/*
 * A UNIX service's path in a mount namespace of our own: a directory of that
 * name, and in it a socket that is ours. The connection's path is right.
 */
int
made_forged_local(void)
{
	struct sockaddr_un at = { .sun_path = "" };
	socklen_t length = sizeof at;
	char directory[sizeof at.sun_path];
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (getsockname(FAKE_LISTENERS + FAKE_LOCAL_SERVICE,
	    (struct sockaddr *)&at, &length) == -1)
		fatal(EXIT_CANNOT, "no UNIX listener to imitate");
	memcpy(directory, at.sun_path, sizeof directory);
	*strrchr(directory, '/') = '\0';
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", directory, "tmpfs", 0, NULL) == -1 ||
	    bind(listener, (struct sockaddr *)&at, length) == -1 ||
	    listen(listener, 1) == -1 ||
	    connect(client, (struct sockaddr *)&at, length) == -1)
		fatal(EXIT_CANNOT, "the same path: errno %d", errno);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* The first listener's address, as one that can be connected to. */
static socklen_t
made_address(struct sockaddr_storage *at)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)at;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)at;
	socklen_t length = sizeof *at;

	if (getsockname(FAKE_LISTENERS, (struct sockaddr *)at, &length) == -1)
		fatal(EXIT_CANNOT, "no listener to imitate");
	if (at->ss_family == AF_INET && v4->sin_addr.s_addr == 0)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (at->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
		v6->sin6_addr = in6addr_loopback;
	return length;
}

static int
made_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd == -1)
		fatal(EXIT_CANNOT, "no socket: errno %d", errno);
	return fd;
}

int
made_udp(void)
{
	struct sockaddr_storage at;

	(void)made_address(&at);	/* for its family */
	return made_socket(at.ss_family, SOCK_DGRAM);
}

int
made_other_family(void)
{
	struct sockaddr_storage at;

	(void)made_address(&at);	/* for its family */
	return made_socket(at.ss_family == AF_INET ? AF_INET6 : AF_INET,
	    SOCK_STREAM);
}

/* In the host's namespace, where a real dispatcher has no sockets to make:
 * passes rule 5. */
int
made_unconnected(void)
{
	struct sockaddr_storage at;

	(void)made_address(&at);	/* for its family */
	return made_socket(at.ss_family, SOCK_STREAM);
}

/* The third listener is for datagrams; one waits there from now on. */
int
made_datagram(void)
{
	struct sockaddr_in at;
	socklen_t length = sizeof at;
	int fd = made_socket(AF_INET, SOCK_DGRAM);

	if (getsockname(FAKE_LISTENERS + FAKE_WAIT_SERVICE,
	    (struct sockaddr *)&at, &length) == -1)
		fatal(EXIT_CANNOT, "no third listener");
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof at) != 1)
		fatal(EXIT_CANNOT, "sendto: errno %d", errno);
	return fd;
}

/* The client's end of a real connection to the listener. */
int
made_outgoing(void)
{
	struct sockaddr_storage at;
	socklen_t length = made_address(&at);
	int fd = made_socket(at.ss_family, SOCK_STREAM);

	if (connect(fd, (struct sockaddr *)&at, length) == -1)
		fatal(EXIT_CANNOT, "connect: errno %d", errno);
	return fd;
}

/* A network namespace of our own, in which the listener's address is ours. */
static void
made_own_network(const struct sockaddr_storage *at)
{
	struct ifreq request = { .ifr_name = "lo" };
	struct sockaddr_in v4;
	int fd;

	if (unshare(CLONE_NEWNET) == -1)
		fatal(EXIT_CANNOT, "no network namespace: errno %d", errno);
	fd = made_socket(AF_INET, SOCK_DGRAM);
	request.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) == -1)
		fatal(EXIT_CANNOT, "lo stays down: errno %d", errno);
	if (at->ss_family == AF_INET) {
		memcpy(&v4, at, sizeof v4);
		v4.sin_port = 0;
		memcpy(&request.ifr_addr, &v4, sizeof request.ifr_addr);
		if (ioctl(fd, SIOCSIFADDR, &request) == -1)
			fatal(EXIT_CANNOT, "lo: errno %d", errno);
	}
	fd_close(&fd);
}

static int
made_bound(void)
{
	struct sockaddr_storage at;
	socklen_t length = made_address(&at);
	int fd;

	made_own_network(&at);
	fd = made_socket(at.ss_family, SOCK_STREAM);
	if (bind(fd, (struct sockaddr *)&at, length) == -1)
		fatal(EXIT_CANNOT, "bind: errno %d", errno);
	return fd;
}

int
made_own_listener(void)
{
	int fd = made_bound();

	if (listen(fd, 8) == -1)
		fatal(EXIT_CANNOT, "listen: errno %d", errno);
	return fd;
}

int
made_forged_unconnected(void)
{
	return made_bound();
}

/* Same address, same port, connected: only the namespace's cookie differs. */
int
made_forged(void)
{
	struct sockaddr_storage at;
	socklen_t length = made_address(&at);
	int listener = made_own_listener();
	int client = made_socket(at.ss_family, SOCK_STREAM);
	int fd;

	if (connect(client, (struct sockaddr *)&at, length) == -1)
		fatal(EXIT_CANNOT, "connect: errno %d", errno);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	fd_close(&listener);
	return fd;
}

/* A process with our end of the channel, which sends without a pause what is
 * right as soon as it is told to, until nobody can hear it. */
static _Noreturn void
made_chatter(int told)
{
	static struct fake none;
	struct datagram d;
	char byte;

	(void)alarm(60);	/* if it is heard for ever */
	if (read(told, &byte, 1) != 1)
		exit(EXIT_CLEAN);
	fake_message(&none, MSG_SHIELD, &d);
	/* Not poll(): the channel is to be full at every moment. */
	while (send(FAKE_CHANNEL, d.bytes, d.length, MSG_NOSIGNAL) != -1 ||
	    errno == EAGAIN)
		;
	exit(EXIT_CLEAN);
}

int
made_heir(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	for (int i = 0; i < HEIRS; i++) {
		pid_t pid = fork();

		if (pid == -1)
			return -1;
		if (pid == 0) {
			fd_close(&ends[1]);
			made_chatter(ends[0]);
		}
	}
	fd_close(&ends[0]);
	return ends[1];
}
