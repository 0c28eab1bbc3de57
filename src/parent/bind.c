/*
 * Listeners. Root, and the only code in the program that binds.
 *
 * A listener belongs to the address, not to a policy: a reload uses the open
 * one again, so that no client meets a closed port. shutdown() in a dispatcher
 * would take it down for all; bind_revive() repairs that.
 */
#include "parent/bind.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/generation.h"
#include "parent/say.h"
#include "shared/util.h"

#define ADDRESS_CHECK_MS 5000
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
is_zero(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

/*
 * An old listener on 0.0.0.0 and a new one on one address of the same port
 * (or the other way round) exclude each other, unless both allow it for the
 * moment of bind(). Only for that moment: otherwise another root process could
 * join the port unnoticed.
 */
/* Returns whether there is one of ours at all, and all could be switched. */
static bool
allow_overlap(struct parent *p, const struct listen_addr *at, bool on)
{
	bool is_done = true, is_ours = false;

	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (l->at.port != at->port ||
		    l->at.addr.family != at->addr.family)
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

/* An address that a listener of ours overlaps. */
static bool
bind_beside(struct parent *p, const struct listen_addr *at, int fd,
    const struct sockaddr *name, socklen_t length)
{
	bool is_bound;
	int error;

	if (!allow_overlap(p, at, true))
		return false;
	is_bound = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
	    bind(fd, name, length) == 0 && listen(fd, BACKLOG) == 0 &&
	    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 0);
	error = errno;
	if (!allow_overlap(p, at, false))
		say(p, LEVEL_ALERT, "port %u: SO_REUSEPORT could not be "
		    "switched off again: errno = %d", at->port, errno);
	errno = error;
	return is_bound;
}

static int
open_socket(struct parent *p, const struct listen_addr *at, bool *is_absent)
{
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(at, &address);
	const struct sockaddr *name = (const struct sockaddr *)&address;
	int fd = socket(address.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	bool is_bound;
	int error;

	if (fd == -1)
		return -1;
	*is_absent = false;
	if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    (address.ss_family == AF_INET6 &&
	    !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)))
		goto fail;
	is_bound = bind(fd, name, length) == 0;
	if (!is_bound && errno == EADDRNOTAVAIL)
		is_bound = *is_absent = bind_ahead(fd, name, length);
	else if (!is_bound && errno == EADDRINUSE)
		is_bound = bind_beside(p, at, fd, name, length);
	if (!is_bound || listen(fd, BACKLOG) == -1)
		goto fail;
	return fd;
fail:
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

static struct listener *
make(struct parent *p, const struct listen_addr *at)
{
	struct listener *l = calloc(1, sizeof(*l));
	socklen_t length = sizeof(l->netns);

	if (l == NULL)
		return NULL;
	l->at = *at;
	l->is_wildcard = is_zero(&at->addr);
	l->domain = at->addr.family == ADDR_IPV4 ? AF_INET : AF_INET6;
	errno = 0;
	l->fd = open_socket(p, at, &l->is_absent);
	if (l->fd == -1 || getsockopt(l->fd, SOL_SOCKET, SO_NETNS_COOKIE,
	    &l->netns, &length) == -1) {
		int error = errno;

		fd_close(&l->fd);
		free(l);
		errno = error;
		return NULL;
	}
	l->next = p->listeners;
	p->listeners = l;
	return l;
}

static struct listener *
find(struct parent *p, const struct listen_addr *at)
{
	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (l->at.port == at->port &&
		    addr_compare(&l->at.addr, &at->addr) == 0)
			return l;
	}
	return NULL;
}

static void
unlink_listener(struct parent *p, struct listener *l)
{
	struct listener **link = &p->listeners;

	while (*link != NULL && *link != l)
		link = &(*link)->next;
	if (*link == l)
		*link = l->next;
	/* A draining dispatcher still has a copy; for it too, and for clients,
	 * the port is closed now. */
	if (l->fd != -1)
		(void)shutdown(l->fd, SHUT_RDWR);
	fd_close(&l->fd);
}

/*
 * A port in use refuses its service, not the others, when nothing is in force
 * yet; at a reload it refuses the reload, unless it was missing before.
 */
static bool
may_miss(const struct parent *p, const struct listen_addr *at)
{
	const struct generation *g = p->in_force;

	for (unsigned i = 0; g != NULL && i < g->listener_count; i++) {
		const struct listener *l = g->listeners[i];

		if (l->is_missing && l->at.port == at->port &&
		    addr_compare(&l->at.addr, &at->addr) == 0)
			return true;
	}
	return g == NULL;
}

/* Holds its number in the order of the texts; in no list, never open. */
static struct listener *
make_missing(const struct listen_addr *at)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->at = *at;
	l->fd = -1;
	l->is_missing = true;
	return l;
}

static int
claim(struct parent *p, struct generation *g, const struct service *service,
    const struct listen_addr *at, char *why, size_t size)
{
	struct listener *l = find(p, at);
	char text[ADDR_TEXT_MAX];

	if (l == NULL)
		l = make(p, at);
	if (l == NULL) {
		int error = errno;

		(void)addr_format(&at->addr, text);
		(void)format_text(why, size, "service %s cannot listen on %s "
		    "port %u: %s (errno = %d)", service->id, text, at->port,
		    strerror(error), error);
		if (!may_miss(p, at) || (l = make_missing(at)) == NULL)
			return -1;
		say(p, LEVEL_ERR, "%s; free the address, then reload", why);
	}
	l->users++;
	g->listeners[g->listener_count] = l;
	g->listener_service[g->listener_count] = service->index;
	g->listener_count++;
	return 0;
}

static bool
has_open(const struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		if (!g->listeners[i]->is_missing)
			return true;
	}
	return false;
}

int
bind_generation(struct parent *p, struct generation *g, char *why, size_t size)
{
	const struct policy *policy = g->policy;
	unsigned total = 0;

	for (unsigned i = 0; i < policy->count; i++)
		total += policy->services[i]->listen.count;
	g->listeners = calloc(total + 1u, sizeof(struct listener *));
	g->listener_service = calloc(total + 1u, sizeof(*g->listener_service));
	if (g->listeners == NULL || g->listener_service == NULL) {
		(void)format_text(why, size, "out of memory");
		return -1;
	}
	for (unsigned i = 0; i < policy->count; i++) {
		const struct service *service = policy->services[i];

		for (unsigned k = 0; k < service->listen.count; k++) {
			if (claim(p, g, service, &service->listen.addrs[k],
			    why, size) == -1) {
				bind_release(p, g);
				return -1;
			}
		}
	}
	if (total > 0 && !has_open(g) && !p->options.stay_alive) {
		bind_release(p, g);
		return -1;	/* `why` has the last failure */
	}
	return 0;
}

void
bind_retire(struct parent *p, struct generation *old,
    const struct generation *present)
{
	for (unsigned i = 0; i < old->listener_count; i++) {
		bool is_named = false;

		for (unsigned k = 0; present != NULL &&
		    k < present->listener_count; k++)
			is_named |= present->listeners[k] == old->listeners[i];
		if (!is_named)
			unlink_listener(p, old->listeners[i]);
	}
}

void
bind_release(struct parent *p, struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct listener *l = g->listeners[i];

		if (--l->users > 0)
			continue;
		unlink_listener(p, l);
		free(l);
	}
	g->listener_count = 0;
}

void
bind_revive(struct parent *p, struct generation *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		int is_listening = 0;
		socklen_t length = sizeof(is_listening);
		struct listener *l = g->listeners[i];

		if (l->fd == -1 || (getsockopt(l->fd, SOL_SOCKET, SO_ACCEPTCONN,
		    &is_listening, &length) == 0 && is_listening))
			continue;
		say(p, LEVEL_ALERT, "a dispatcher shut down the listener on port "
		    "%u; it listens again", l->at.port);
		if (listen(l->fd, BACKLOG) == -1)
			say(p, LEVEL_CRIT, "cannot listen on port %u again: %s",
			    l->at.port, strerror(errno));
	}
}

void
bind_close_all(struct parent *p)
{
	while (p->listeners != NULL)
		unlink_listener(p, p->listeners);
}

/* Can the address be bound without IP_FREEBIND? On a port of the kernel's
 * choice, so that nothing of ours is in the way. */
static bool
is_there(const struct listen_addr *at)
{
	const struct listen_addr any_port = { .addr = at->addr, .port = 0 };
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(&any_port, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool result = fd != -1 &&
	    bind(fd, (const struct sockaddr *)&address, length) == 0;

	fd_close(&fd);
	return result;
}

void
bind_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	bool is_due = p->address_check_ms <= now_ms;
	bool is_needed = false, has_changed = false;

	for (struct listener *l = p->listeners; l != NULL; l = l->next) {
		if (!l->is_absent)
			continue;
		if (is_due && is_there(&l->at)) {
			l->is_absent = false;
			has_changed = true;
		}
		is_needed |= l->is_absent;
	}
	if (has_changed)
		generation_publish(p);
	if (!is_needed)
		return;
	if (is_due)
		p->address_check_ms = now_ms + ADDRESS_CHECK_MS;
	if (p->address_check_ms < *next_ms)
		*next_ms = p->address_check_ms;
}

struct record_addr
bind_record_addr(const struct addr *addr, uint16_t port)
{
	struct record_addr out = { .family = addr->family, .port = port,
	    .scope = addr->scope };

	memcpy(out.bytes, addr->bytes, sizeof(out.bytes));
	return out;
}
