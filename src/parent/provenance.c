/*
 * Facts about a received descriptor, asked of the kernel. Root. The descriptor
 * comes from a process that may be hostile: nothing about it is believed, and
 * nothing is done to it before all checks have passed.
 */
#include "parent/provenance.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "parent/bind.h"
#include "shared/util.h"

/* Of linux/un.h, which cannot be had together with libc's header. */
#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE 0x89e0
#endif

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static bool
option_is(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 &&
	    length == sizeof(value) && value == wanted;
}

static bool
cookie(int fd, int option, uint64_t *out)
{
	socklen_t length = sizeof(*out);

	return getsockopt(fd, SOL_SOCKET, option, out, &length) == 0 &&
	    length == sizeof(*out);
}

/* Family, address and port out of a socket address; false for other kinds. */
static bool
from_sockaddr(const struct sockaddr_storage *in, struct addr *addr,
    uint16_t *port)
{
	if (in->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)in;

		*port = ntohs(v4->sin_port);
		return addr_from_bytes(addr, (const uint8_t *)&v4->sin_addr, 4);
	}
	if (in->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)in;
		bool good = addr_from_bytes(addr,
		    (const uint8_t *)&v6->sin6_addr, 16);

		*port = ntohs(v6->sin6_port);
		addr->scope = v6->sin6_scope_id;
		return good;
	}
	return false;
}

bool
provenance_address(const struct sockaddr_storage *in, struct record_addr *out)
{
	struct addr addr;
	uint16_t port;

	if (!from_sockaddr(in, &addr, &port))
		return false;
	*out = bind_record_addr(&addr, port);
	return true;
}

static const char *
check_kind(int fd, const struct listener *l)
{
	struct stat st;
	uint64_t netns;

	/* 4 */
	if (fstat(fd, &st) == -1 || !S_ISSOCK(st.st_mode))
		return "START: the descriptor is no socket";
	if (!option_is(fd, SO_DOMAIN, l->domain) ||
	    !option_is(fd, SO_TYPE, l->type) ||
	    !option_is(fd, SO_PROTOCOL, l->path != NULL ? 0 : IPPROTO_TCP))
		return "START: not the listener's kind of socket";
	if (!option_is(fd, SO_ACCEPTCONN, 0))
		return "START: a listening socket";
	/* 5: accepted sockets have the listener's; the dispatcher lives in
	 * another namespace and cannot make one that has it. What connects to
	 * a UNIX socket brings its own namespace; there, rule 6 is the proof. */
	if (l->path != NULL)
		return NULL;
	if (!cookie(fd, SO_NETNS_COOKIE, &netns) || netns != l->netns)
		return "START: a socket of another network namespace";
	return NULL;
}

/* 6 */
static const char *
check_local(int fd, const struct listener *l, struct provenance *out)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct addr addr;
	uint16_t port;

	if (getsockname(fd, (struct sockaddr *)&address, &length) == -1 ||
	    !from_sockaddr(&address, &addr, &port))
		return "START: no local address";
	if (port != l->at.port || addr.family != l->at.addr.family)
		return "START: a connection to another port";
	if (!l->is_wildcard && addr_compare(&addr, &l->at.addr) != 0)
		return "START: a connection to another address";
	out->destination = bind_record_addr(&addr, port);
	return NULL;
}

/*
 * The file that a UNIX socket is bound to; an accepted one has its listener's,
 * wherever it was accepted. 0, or errno: EPERM when we have no CAP_NET_ADMIN
 * over the namespace it comes from. A file system of somebody else's making
 * must not be asked anything, which DONT_SYNC sees to.
 */
static int
bound_file(int fd, uint64_t *device, uint64_t *inode)
{
	struct statx st;
	int file = ioctl(fd, SIOCUNIXFILE);
	int error = 0;

	if (file == -1)
		return errno;
	if (statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
	    &st) == -1)
		error = errno;
	fd_close(&file);
	if (error == 0) {
		*device = makedev(st.stx_dev_major, st.stx_dev_minor);
		*inode = st.stx_ino;
	}
	return error;
}

bool
provenance_can_prove(const struct listener *l)
{
	uint64_t device, inode;

	return l->path == NULL || bound_file(l->fd, &device, &inode) == 0;
}

/* Everybody can bind a socket to that name, in a mount namespace of his own; to
 * that file, nobody. */
static enum provenance_answer
check_file(int fd, const struct listener *l)
{
	uint64_t device, inode;

	switch (bound_file(fd, &device, &inode)) {
	case 0:
		return device == l->device && inode == l->inode ?
		    PROVENANCE_GOOD : PROVENANCE_FORGED;
	case EPERM:
		/* Then the name must do, and that the dispatcher's filter lets
		 * it receive no socket from anybody. It was said at load. */
		return PROVENANCE_GOOD;
	case ENOENT:
		return PROVENANCE_FORGED;
	default:	/* no room, as a rule */
		return PROVENANCE_UNKNOWN;
	}
}

static bool
has_name(int fd, const char *path)
{
	union {
		struct sockaddr_un name;
		struct sockaddr_storage room;
	} address = { .room = { 0 } };
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	    length > offsetof(struct sockaddr_un, sun_path) &&
	    length <= sizeof(address.name) &&
	    address.name.sun_family == AF_UNIX &&
	    memcmp(address.name.sun_path, path, strlen(path) + 1) == 0;
}

/* 6 and 7 for a UNIX socket: an accepted one has the listener's name, whole,
 * and its file. */
static enum provenance_answer
check_unix(int fd, const struct listener *l, struct provenance *out,
    const char **rule)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	enum provenance_answer answer = PROVENANCE_FORGED;

	*rule = "START: a connection to another socket";
	if (has_name(fd, l->path))
		answer = check_file(fd, l);
	if (answer != PROVENANCE_GOOD)
		return answer;
	*rule = "START: no connection";
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1 ||
	    size != sizeof(peer) || peer.uid == (uid_t)-1)
		return PROVENANCE_FORGED;
	out->source = (struct record_addr){ .family = RECORD_FAMILY_UNIX,
	    .scope = peer.uid };
	out->destination = (struct record_addr){
	    .family = RECORD_FAMILY_UNIX };
	*rule = "START: no socket cookie";
	return cookie(fd, SO_COOKIE, &out->cookie) ? PROVENANCE_GOOD :
	    PROVENANCE_FORGED;
}

enum provenance_answer
provenance_check(int fd, const struct listener *l, struct provenance *out,
    const char **rule)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct addr addr;
	uint16_t port;

	memset(out, 0, sizeof(*out));
	if ((*rule = check_kind(fd, l)) != NULL)
		return PROVENANCE_FORGED;
	if (l->path != NULL)
		return check_unix(fd, l, out, rule);
	if ((*rule = check_local(fd, l, out)) != NULL)
		return PROVENANCE_FORGED;
	/* 7: ENOTCONN is also what a socket that never was connected says; such
	 * a one cannot have passed rule 5 and a bound port at once */
	if (getpeername(fd, (struct sockaddr *)&address, &length) == -1)
		return PROVENANCE_GONE;
	if (!from_sockaddr(&address, &addr, &port)) {
		*rule = "START: a peer of another family";
		return PROVENANCE_FORGED;
	}
	out->source = bind_record_addr(&addr, port);
	if (!cookie(fd, SO_COOKIE, &out->cookie)) {
		*rule = "START: no socket cookie";
		return PROVENANCE_FORGED;
	}
	return PROVENANCE_GOOD;
}
