/*
 * Which port and which addresses a service listens on, as numbers.
 *
 * Runs in sallyport-load. IPv4 and IPv6 get a listener each, so that an old
 * server never sees a mapped address. A fault here must never end in a wildcard
 * listener that nobody asked for: what cannot be understood is refused (D11),
 * and a name that resolves to "all addresses" is too.
 */
#include "load/listen.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

#include "load/ids.h"
#include "policy/filter.h"
#include "shared/root-dir.h"
#include "shared/util.h"

static const char *
protocol_of(const struct service *s)
{
	if (s->protocol != NULL)
		return s->protocol;
	return s->socket_type == SOCKET_DGRAM ? "udp" : "tcp";
}

/* As xinetd: the services database decides unless the type is UNLISTED. */
static bool
find_port(struct fill *f, struct service *s)
{
	const char *protocol = protocol_of(s);
	char value[96];
	enum resolve_result result;
	uint16_t port = 0;

	if ((s->type & TYPE_UNLISTED) != 0) {
		if (!s->given[ATTR_PORT] && !s->refused)
			fill_refuse(f, s, DIAG_MISSING, ATTR_PORT, NULL, NULL,
			    "an unlisted service must have a port");
		return s->given[ATTR_PORT];
	}
	(void)format_text(value, sizeof(value), "%s/%s", s->name, protocol);
	result = resolve_port(f->resolver, s->name, protocol, &port);
	if (result == RESOLVE_UNKNOWN) {
		fill_refuse(f, s, DIAG_UNKNOWN_NAME, ATTR_PORT, value,
		    "add type = UNLISTED and a port, or name it in "
		    "/etc/services", "%s is not in the services database%s",
		    value, s->given[ATTR_PORT] ? "" : " and no port is given");
		return false;
	}
	if (!fill_answered(f, s, ATTR_PORT, result, "service", value))
		return false;
	if (s->given[ATTR_PORT] && s->port != port) {
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_PORT, value,
		    "add type = UNLISTED to use another port",
		    "service %s expects port %u, not %llu", value,
		    (unsigned)port, (unsigned long long)s->port);
		return false;
	}
	if (!s->given[ATTR_PORT])
		s->where[ATTR_PORT] = s->place;
	s->port = port;
	s->given[ATTR_PORT] = true;
	return true;
}

static bool
wants_only_ipv4(const struct service *s)
{
	return (s->flags & (FLAG_IPV4 | FLAG_IPV6)) == FLAG_IPV4;
}

static bool
wants_only_ipv6(const struct service *s)
{
	return !wants_only_ipv4(s) && s->v6only;
}

unsigned
listen_families(const struct service *s, bool has_ipv6)
{
	if (wants_only_ipv4(s))
		return LISTEN_IPV4;
	if (!has_ipv6)
		return wants_only_ipv6(s) ? 0 : LISTEN_IPV4;
	return wants_only_ipv6(s) ? LISTEN_IPV6 : LISTEN_IPV4 | LISTEN_IPV6;
}

static void
add(struct service *s, const struct addr *addr)
{
	struct listen_addr *at = &s->listen.addrs[s->listen.count];

	for (unsigned i = 0; i < s->listen.count; i++) {
		if (addr_compare(&s->listen.addrs[i].addr, addr) == 0)
			return;
	}
	must(s->listen.count < POLICY_LISTEN_MAX);
	at->addr = *addr;
	at->port = (uint16_t)s->port;
	s->listen.count++;
}

static void
listen_everywhere(struct fill *f, struct service *s)
{
	unsigned families = listen_families(s, f->has_ipv6);
	struct addr any = { .family = ADDR_IPV4 };

	if (families == 0) {
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_V6ONLY, NULL, NULL,
		    "only IPv6 is wanted and this host has none");
		return;
	}
	if ((families & LISTEN_IPV4) != 0)
		add(s, &any);
	any.family = ADDR_IPV6;
	if ((families & LISTEN_IPV6) != 0)
		add(s, &any);
}

static bool
is_link_local(const struct addr *addr)
{
	return addr->family == ADDR_IPV6 && addr->bytes[0] == 0xfe &&
	    (addr->bytes[1] & 0xc0) == 0x80;
}

/* "fe80::1%eth0": true when the text is an address; *is_bad when it is one
 * that cannot be used, which has then been reported. */
static bool
parse_literal(struct fill *f, struct service *s, struct addr *addr,
    bool *is_bad)
{
	char text[ADDR_TEXT_MAX];
	const char *percent = strchr(s->bind, '%');
	size_t length = percent != NULL ? (size_t)(percent - s->bind) :
	    strlen(s->bind);

	*is_bad = false;
	if (addr_parse(addr, s->bind))
		percent = NULL;
	else if (percent == NULL || length >= sizeof(text))
		return false;
	if (percent != NULL) {
		memcpy(text, s->bind, length);
		text[length] = '\0';
		if (!addr_parse(addr, text) || addr->family != ADDR_IPV6)
			return false;
		addr->scope = if_nametoindex(percent + 1);
		*is_bad = addr->scope == 0;
	}
	if (*is_bad)
		fill_refuse(f, s, DIAG_UNKNOWN_NAME, ATTR_BIND, s->bind, NULL,
		    "there is no network interface \"%s\"", percent + 1);
	else if (is_link_local(addr) && addr->scope == 0) {
		*is_bad = true;
		fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_BIND, s->bind,
		    "write it as fe80::1%eth0", "link-local address %s needs "
		    "its network interface", s->bind);
	}
	return true;
}

static bool
is_wildcard(const struct addr *addr)
{
	static const uint8_t zero[sizeof(addr->bytes)];

	return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

static void
listen_literal(struct fill *f, struct service *s, const struct addr *addr)
{
	unsigned flags = s->flags & (FLAG_IPV4 | FLAG_IPV6);

	if (flags == (addr->family == ADDR_IPV4 ? FLAG_IPV6 : FLAG_IPV4)) {
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_BIND, s->bind, NULL,
		    "address %s is not of the family that flags ask for",
		    s->bind);
		return;
	}
	if (addr->family == ADDR_IPV6 && !f->has_ipv6) {
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_BIND, s->bind, NULL,
		    "address %s is IPv6 and this host has none", s->bind);
		return;
	}
	/* "::" takes IPv4 as well, as in xinetd, unless v6only says no. */
	if (addr->family == ADDR_IPV6 && is_wildcard(addr))
		listen_everywhere(f, s);
	else
		add(s, addr);
}

/* Flags narrow what the name stands for; v6only is about wildcards. */
static bool
is_wanted(const struct fill *f, const struct service *s,
    const struct addr *addr)
{
	unsigned flags = s->flags & (FLAG_IPV4 | FLAG_IPV6);

	if (addr->family == ADDR_IPV4)
		return flags != FLAG_IPV6;
	return flags != FLAG_IPV4 && f->has_ipv6;
}

static void
listen_name(struct fill *f, struct service *s)
{
	struct addr addrs[POLICY_LISTEN_MAX];
	enum resolve_result result;
	unsigned count;

	if (if_nametoindex(s->bind) != 0) {
		fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_BIND, s->bind,
		    "give one of its addresses",
		    "\"%s\" is a network interface, not an address", s->bind);
		return;
	}
	result = resolve_host(f->resolver, s->bind, addrs, &count);
	if (!fill_answered(f, s, ATTR_BIND, result, "host", s->bind))
		return;
	for (unsigned i = 0; i < count; i++) {
		if (is_wildcard(&addrs[i])) {
			fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_BIND, s->bind,
			    "leave bind out to listen on all addresses",
			    "host \"%s\" stands for all addresses", s->bind);
			s->listen.count = 0;
			return;
		}
		if (is_wanted(f, s, &addrs[i]))
			add(s, &addrs[i]);
	}
	if (s->listen.count == 0)
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_BIND, s->bind, NULL,
		    "host \"%s\" has no address of a family that can be used",
		    s->bind);
}

static bool
is_multicast(const struct addr *addr)
{
	return addr->family == ADDR_IPV6 ? addr->bytes[0] == 0xff :
	    (addr->bytes[0] & 0xf0) == 0xe0;
}

/* Groups are joined on the interface of the route to them, IPv4 only: an IPv6
 * group needs an interface of its own in every case. */
static void
check_multicast(struct fill *f, struct service *s)
{
	for (unsigned i = 0; i < s->listen.count; i++) {
		const struct addr *addr = &s->listen.addrs[i].addr;

		if (!is_multicast(addr) || (addr->family == ADDR_IPV4 &&
		    s->socket_type == SOCKET_DGRAM))
			continue;
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_BIND, s->bind, NULL,
		    addr->family == ADDR_IPV6 ?
		    "IPv6 multicast groups cannot be joined" :
		    "a multicast group is for datagrams");
		s->listen.count = 0;
	}
}

static void
listen_internet(struct fill *f, struct service *s)
{
	struct addr addr;
	bool is_bad;

	if (!s->given[ATTR_BIND] || s->bind == NULL)
		listen_everywhere(f, s);
	else if (!parse_literal(f, s, &addr, &is_bad))
		listen_name(f, s);
	else if (!is_bad)
		listen_literal(f, s, &addr);
	check_multicast(f, s);
	s->where[ATTR_LISTEN] = s->given[ATTR_BIND] ? s->where[ATTR_BIND] :
	    s->where[ATTR_PORT];
}

/* Whoever can write to the directory or one above it could put a socket of his
 * own in the place of ours. The parent looks again when it binds. */
static bool
has_root_dir(struct fill *f, struct service *s, const char *directory)
{
	char part[PATH_MAX];
	int fd = root_dir_open(directory, part);
	bool is_good = fd != -1;

	if (!is_good && errno == EPERM)
		fill_refuse(f, s, DIAG_FILE, ATTR_SOCKET_PATH, s->socket_path,
		    "give the socket a directory of its own, in directories "
		    "that root alone can change", "%s must belong to root and "
		    "be writable by nobody else", part);
	else if (!is_good)
		fill_refuse(f, s, DIAG_FILE, ATTR_SOCKET_PATH, s->socket_path,
		    "make it, owned by root and writable by nobody else",
		    "directory %s cannot be examined: %s", part,
		    strerror(errno));
	fd_close(&fd);
	return is_good;
}

static void
listen_path(struct fill *f, struct service *s)
{
	const char *slash = strrchr(s->socket_path, '/');
	char directory[PATH_MAX];

	if (slash == NULL || s->socket_path[0] != '/' || slash[1] == '\0') {
		fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_SOCKET_PATH,
		    s->socket_path, "write the whole path of a file",
		    "\"%s\" is not the path of a socket", s->socket_path);
		return;
	}
	(void)format_text(directory, sizeof(directory), "%.*s",
	    slash == s->socket_path ? 1 : (int)(slash - s->socket_path),
	    s->socket_path);
	if (!has_root_dir(f, s, directory) || !ids_fill_socket(f, s))
		return;
	s->listen.addrs[0] = (struct listen_addr){
	    .addr = { .family = ADDR_UNIX } };
	s->listen.count = 1;
	s->where[ATTR_LISTEN] = s->where[ATTR_SOCKET_PATH];
}

/* The number by which rpcbind knows it; the port may be the kernel's choice. */
static bool
find_program(struct fill *f, struct service *s)
{
	enum resolve_result result;
	uint32_t program;

#ifndef HAVE_TIRPC
	fill_refuse(f, s, DIAG_UNSUPPORTED, ATTR_TYPE, NULL,
	    "build it with libtirpc (configure --with-tirpc)",
	    "this sallyport was built without libtirpc and cannot register RPC "
	    "services");
	return false;
#endif
	if ((s->type & TYPE_UNLISTED) != 0)
		return s->given[ATTR_RPC_NUMBER];
	result = resolve_rpc(f->resolver, s->name, &program);
	if (result == RESOLVE_UNKNOWN) {
		fill_refuse(f, s, DIAG_UNKNOWN_NAME, ATTR_RPC_NUMBER, s->name,
		    "add type = UNLISTED and an rpc_number, or name it in "
		    "/etc/rpc", "%s is not in the rpc database", s->name);
		return false;
	}
	if (!fill_answered(f, s, ATTR_RPC_NUMBER, result, "RPC program",
	    s->name))
		return false;
	if (s->given[ATTR_RPC_NUMBER] && s->rpc_number != program) {
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_RPC_NUMBER, s->name,
		    "add type = UNLISTED to use another number",
		    "RPC program %s is %u, not %llu", s->name, program,
		    (unsigned long long)s->rpc_number);
		return false;
	}
	if (!s->given[ATTR_RPC_NUMBER])
		s->where[ATTR_RPC_NUMBER] = s->place;
	s->rpc_number = program;
	s->given[ATTR_RPC_NUMBER] = true;
	return true;
}

/* Whether the filter is of use; what it cannot hold is said. */
static enum filter_result
compile(struct fill *f, struct service *s)
{
	const struct wrap_rules *rules = &f->policy->gateway.wrap;
	bool is_server = s->kind == KIND_WAIT_DGRAM, is_partial;
	enum filter_result result;

	if (s->kind == KIND_WAIT || rules->count == 0)
		rules = NULL;
	result = filter_make(f->policy->arena, s, rules, &s->filter,
	    &is_partial);
	if (is_partial && is_server)
		fill_warn(f, s, DIAG_LIBWRAP, ATTR_FLAGS, NULL,
		    "write few addresses and no names there, or no_access here",
		    "not all of hosts.deny fits a socket filter: those rules "
		    "hold for the datagram that starts the server, not for "
		    "what it receives by itself");
	return result;
}

static bool
takes_filter(const struct service *s)
{
	if (s->listen.count == 0 ||
	    s->listen.addrs[0].addr.family == ADDR_UNIX)
		return false;
	if (s->kind == KIND_WAIT)
		return (s->flags & FLAG_INTERCEPT) != 0;
	return kind_table[s->kind].is_dgram && s->kind != KIND_SENSOR_DGRAM;
}

static enum attr_id
filter_source(const struct service *s)
{
	return s->given[ATTR_ONLY_FROM] ? ATTR_ONLY_FROM :
	    s->given[ATTR_NO_ACCESS] ? ATTR_NO_ACCESS : ATTR_FLAGS;
}

void
listen_filter(struct fill *f, struct service *s)
{
	if (!takes_filter(s))
		return;
	switch (compile(f, s)) {
	case FILTER_MADE:
		s->given[ATTR_FILTER] = true;
		s->where[ATTR_FILTER] = s->where[filter_source(s)];
		return;
	case FILTER_TOO_BIG:
		if (s->kind == KIND_WAIT)
			fill_refuse(f, s, DIAG_LIMIT, ATTR_FLAGS, NULL,
			    "write fewer and shorter prefixes", "its lists are "
			    "too long for a socket filter, and INTERCEPT is "
			    "nothing else");
		else if (s->kind == KIND_WAIT_DGRAM)
			fill_warn(f, s, DIAG_LIMIT, filter_source(s), NULL,
			    "write fewer and shorter prefixes", "its lists are "
			    "too long for a socket filter: they are checked on "
			    "the datagram that starts the server only");
		return;
	case FILTER_NONE:
	case FILTER_NO_MEMORY:	/* the arena remembers */
		return;
	}
}

void
listen_fill(struct fill *f, struct service *s)
{
	bool is_rpc = (s->type & TYPE_RPC) != 0;

	s->listen.count = 0;
	if (!is_rpc)	/* or the parent would register it */
		s->given[ATTR_RPC_NUMBER] = false;
	if (!kind_table[s->kind].has_listener)
		return;
	if (s->protocol != NULL && strcmp(s->protocol, "unix") == 0 &&
	    s->socket_path != NULL)
		listen_path(f, s);
	else if (is_rpc ? find_program(f, s) : find_port(f, s))
		listen_internet(f, s);
	if (s->listen.count == 0)
		return;
	s->given[ATTR_LISTEN] = true;
}
