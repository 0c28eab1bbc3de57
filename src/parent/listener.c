/*
 * Listening sockets. Root; with socket-path.c the only code in the program
 * that binds.
 */
#include "parent/listener.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "parent/say.h"
#include "parent/shield.h"
#include "parent/socket-path.h"
#include "shared/util.h"

#define BACKLOG 4096		/* the kernel cuts it to net.core.somaxconn */

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static socklen_t
to_sockaddr(const struct listen_addr *at, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (at->addr.family == ADDR_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)out;

		in->sin_family = AF_INET;
		in->sin_port = htons(at->port);
		memcpy(&in->sin_addr, at->addr.bytes, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(at->port);
	in6->sin6_scope_id = at->addr.scope;
	memcpy(&in6->sin6_addr, at->addr.bytes, 16);
	return sizeof(*in6);
}

static bool
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool
is_multicast(const struct addr *addr)
{
	return addr->family == ADDR_IPV4 && (addr->bytes[0] & 0xf0) == 0xe0;
}

static bool
is_dgram(const struct listener *l)
{
	return l->type == SOCK_DGRAM;
}

/*
 * An old listener on 0.0.0.0 and a new one on one address of the same port
 * (or the other way round) exclude each other, unless both allow it for the
 * moment of bind(). Only for that moment: otherwise another root process could
 * join the port unnoticed. Returns whether there is one of ours at all, and all
 * could be switched.
 */
static bool
allow_overlap(struct parent *p, const struct listener *wanted, bool on)
{
	bool is_done = true, is_ours = false;

	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (l->fd == -1 || l->at.port != wanted->at.port ||
		    l->type != wanted->type ||
		    l->at.addr.family != wanted->at.addr.family)
			continue;
		is_ours = true;
		is_done &= set_option(l->fd, SOL_SOCKET, SO_REUSEPORT, on);
	}
	/* Somebody else's socket is never joined. */
	if (!is_ours)
		errno = EADDRINUSE;
	return is_done && is_ours;
}

/* An address that is not there yet: bound all the same, and status says so. */
static bool
bind_ahead(int fd, const struct sockaddr *name, socklen_t length)
{
	bool is_v6 = name->sa_family == AF_INET6;

	return set_option(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	    is_v6 ? IPV6_FREEBIND : IP_FREEBIND, 1) &&
	    bind(fd, name, length) == 0;
}

static bool
start_listening(const struct listener *l, int fd)
{
	return is_dgram(l) || listen(fd, BACKLOG) == 0;
}

/* An address that a listener of ours overlaps. */
static bool
bind_beside(struct parent *p, const struct listener *l, int fd,
    const struct sockaddr *name, socklen_t length)
{
	bool is_bound;
	int error;

	if (!allow_overlap(p, l, true))
		return false;
	is_bound = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
	    bind(fd, name, length) == 0 && start_listening(l, fd) &&
	    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 0);
	error = errno;
	if (!allow_overlap(p, l, false))
		say(p, LEVEL_ALERT, "port %u: SO_REUSEPORT could not be "
		    "switched off again: errno = %d", l->at.port, errno);
	errno = error;
	return is_bound;
}

/*
 * SO_REUSEADDR lets a TCP port be bound while old connections fade. Among
 * datagram sockets it would let any process that sets it too take the port
 * over, so they get it for multicast alone, where every reader has a copy.
 */
static bool
prepare(const struct listener *l, int fd)
{
	if ((!is_dgram(l) || is_multicast(&l->at.addr)) &&
	    !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1))
		return false;
	return l->domain != AF_INET6 ||
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

static bool
join_group(const struct listener *l, int fd)
{
	struct ip_mreqn group = { .imr_ifindex = 0 };

	if (!is_multicast(&l->at.addr))
		return true;
	memcpy(&group.imr_multiaddr, l->at.addr.bytes, 4);
	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
	    sizeof(group)) == 0;
}

/* The kernel's choice of a port, once bound. */
static bool
learn_port(struct listener *l, int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (l->at.port != 0)
		return true;
	if (getsockname(fd, (struct sockaddr *)&address, &length) == -1)
		return false;
	l->at.port = ntohs(address.ss_family == AF_INET ?
	    ((struct sockaddr_in *)&address)->sin_port :
	    ((struct sockaddr_in6 *)&address)->sin6_port);
	l->is_any_port = true;
	return true;
}

static bool
bind_internet(struct parent *p, struct listener *l, int fd)
{
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(&l->at, &address);
	const struct sockaddr *name = (const struct sockaddr *)&address;
	bool is_bound;

	l->is_absent = false;
	if (!prepare(l, fd))
		return false;
	is_bound = bind(fd, name, length) == 0;
	if (!is_bound && errno == EADDRNOTAVAIL)
		is_bound = l->is_absent = bind_ahead(fd, name, length);
	else if (!is_bound && errno == EADDRINUSE)
		is_bound = bind_beside(p, l, fd, name, length);
	return is_bound && start_listening(l, fd) && join_group(l, fd) &&
	    learn_port(l, fd);
}

static bool
bind_path(struct listener *l, int fd, const struct service *s)
{
	return socket_path_bind(l, fd, s) && start_listening(l, fd);
}

uint64_t
listener_last_ns(const struct listener *l)
{
	struct timespec when = { .tv_sec = 0 };

	if (l->type != SOCK_DGRAM || ioctl(l->fd, SIOCGSTAMPNS, &when) == -1)
		return 0;
	return (uint64_t)when.tv_sec * 1000000000u + (uint64_t)when.tv_nsec;
}

int
listener_open(struct parent *p, struct listener *l, const struct service *s)
{
	socklen_t length = sizeof(l->netns);
	bool is_unix = l->at.addr.family == ADDR_UNIX;
	int protocol = is_unix ? 0 : is_dgram(l) ? IPPROTO_UDP : IPPROTO_TCP;
	int fd;

	l->domain = is_unix ? AF_UNIX :
	    l->at.addr.family == ADDR_IPV4 ? AF_INET : AF_INET6;
	l->fd = -1;
	fd = socket(l->domain, l->type | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    protocol);
	if (fd == -1)
		return -1;
	/* Before anybody can reach it. */
	l->is_filtered = false;
	l->fd = fd;
	if (s->kind == KIND_WAIT && !shield_attach(l, s)) {
		fd_close(&l->fd);
		return -1;
	}
	(void)listener_last_ns(l);	/* kept from the first question on */
	if (!(is_unix ? bind_path(l, fd, s) : bind_internet(p, l, fd)) ||
	    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &l->netns,
	    &length) == -1) {
		fd_close(&l->fd);	/* keeps errno */
		return -1;
	}
	return 0;
}

int
listener_replace(struct parent *p, struct listener *l,
    const struct service *s)
{
	struct listener fresh = *l;
	int error;

	/* The old one still holds its name; an address is shared for the moment
	 * of bind(). */
	if (l->path != NULL)
		socket_path_remove(l);
	if (listener_open(p, &fresh, s) == -1) {
		error = errno;
		say(p, LEVEL_CRIT, "a listener that was shut down cannot be "
		    "opened again: %s", strerror(error));
		return -1;
	}
	fd_close(&l->fd);
	l->fd = fresh.fd;
	l->is_absent = fresh.is_absent;
	l->device = fresh.device;
	l->inode = fresh.inode;
	l->is_filtered = fresh.is_filtered;
	l->is_ruined = false;
	return 0;
}

/* A datagram socket that was connected to one peer hears nobody else. What is
 * connected can be undone, unless the kernel chose the port: then it would be
 * lost with the peer. */
static bool
is_connected(const struct listener *l)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);

	if (l->type != SOCK_DGRAM ||
	    getpeername(l->fd, (struct sockaddr *)&peer, &length) == -1)
		return false;
	return l->is_any_port ||
	    connect(l->fd, &nobody, sizeof(nobody)) == -1;
}

bool
listener_is_ruined(struct listener *l, bool *was_down)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLRDHUP };
	int is_listening = 0;
	socklen_t length = sizeof(is_listening);

	*was_down = false;
	if (l->fd == -1)
		return false;
	if (l->type == SOCK_STREAM && l->path == NULL) {
		if (getsockopt(l->fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening,
		    &length) == 0 && is_listening)
			return false;
		*was_down = true;
		return listen(l->fd, BACKLOG) == -1;
	}
	if (is_connected(l)) {
		*was_down = true;
		return true;
	}
	*was_down = poll(&pfd, 1, 0) > 0 &&
	    (pfd.revents & (POLLHUP | POLLRDHUP)) != 0;
	return *was_down;
}

void
listener_close(struct listener *l, bool is_quiet)
{
	if (l->fd != -1 && !is_quiet) {
		(void)shutdown(l->fd, SHUT_RDWR);
		if (l->path != NULL)
			socket_path_remove(l);
	}
	fd_close(&l->fd);
}

/* On a port of the kernel's choice, so that nothing of ours is in the way. */
bool
listener_address_is_there(const struct listener *l)
{
	const struct listen_addr any_port = { .addr = l->at.addr, .port = 0 };
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(&any_port, &address);
	int fd = socket(address.ss_family, l->type | SOCK_CLOEXEC, 0);
	bool result = fd != -1 &&
	    bind(fd, (const struct sockaddr *)&address, length) == 0;

	fd_close(&fd);
	return result;
}
