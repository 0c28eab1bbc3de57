/*
 * What a service of each kind needs and excludes.
 *
 * Runs in the loader and in ctl. The rules are xinetd's as far as they make
 * sense; where a combination meant nothing there and could be mistaken for a
 * restriction, it is refused here.
 */
#include <string.h>
#include <strings.h>

#include "policy/check-internal.h"

static bool
is_unix(const struct service *s)
{
	return s->given[ATTR_PROTOCOL] && strcmp(s->protocol, "unix") == 0;
}

static void
conflict(const struct checked *c, enum attr_id id, const char *message,
    const char *hint)
{
	check_refuse(c, DIAG_CONFLICT, id, message, hint);
}

/* Each of the two says what the other is; unix leaves the choice. */
static void
derive_protocol(struct service *s)
{
	bool *given = s->given;

	if (given[ATTR_SOCKET_TYPE] && !given[ATTR_PROTOCOL] &&
	    s->socket_type <= SOCKET_DGRAM) {
		s->protocol = s->socket_type == SOCKET_DGRAM ? "udp" : "tcp";
		given[ATTR_PROTOCOL] = true;
		s->where[ATTR_PROTOCOL] = s->where[ATTR_SOCKET_TYPE];
	}
	if (given[ATTR_PROTOCOL] && !given[ATTR_SOCKET_TYPE] && !is_unix(s)) {
		s->socket_type = strcmp(s->protocol, "udp") == 0 ?
		    SOCKET_DGRAM : SOCKET_STREAM;
		given[ATTR_SOCKET_TYPE] = true;
		s->where[ATTR_SOCKET_TYPE] = s->where[ATTR_PROTOCOL];
	}
}

void
check_socket(const struct checked *c)
{
	struct service *s = c->service;

	derive_protocol(s);
	if (s->protocol == NULL)
		s->protocol = "tcp";	/* for the rest of the check */
	if (!s->given[ATTR_SOCKET_TYPE])
		check_refuse(c, DIAG_MISSING, ATTR_SOCKET_TYPE,
		    "socket_type is missing",
		    "add socket_type = stream | dgram");
	else if (s->socket_type == SOCKET_RAW)
		check_refuse(c, DIAG_UNSUPPORTED, ATTR_SOCKET_TYPE,
		    "raw sockets are not offered: no address rule could be"
		    " applied to them", NULL);
	else if (s->socket_type == SOCKET_SEQPACKET && !is_unix(s))
		conflict(c, ATTR_SOCKET_TYPE, "a seqpacket socket needs"
		    " protocol = unix", NULL);
	else if (s->socket_type == SOCKET_STREAM &&
	    strcmp(s->protocol, "udp") == 0)
		conflict(c, ATTR_PROTOCOL,
		    "a stream socket does not speak udp", NULL);
	else if (s->socket_type == SOCKET_DGRAM &&
	    strcmp(s->protocol, "tcp") == 0)
		conflict(c, ATTR_PROTOCOL,
		    "a dgram socket does not speak tcp", NULL);
}

static void
require(const struct checked *c, enum attr_id id)
{
	struct arena *arena = c->source->policy->arena;

	if (!c->service->given[id])
		check_refuse(c, DIAG_MISSING, id, arena_format(arena,
		    "%s is missing", attr_name(id)), arena_format(arena,
		    "add %s = %s", attr_name(id), attr_table[id].syntax));
}

/* Given, but somebody else serves the clients. */
static void
discard(const struct checked *c, enum attr_id id, const char *message)
{
	if (!c->service->given[id])
		return;
	check_tell(c, DIAG_WARNING, DIAG_IGNORED, id, message, NULL);
	c->service->given[id] = false;
}

static void
discard_server(const struct checked *c, const char *message)
{
	struct service *s = c->service;

	discard(c, ATTR_SERVER, message);
	s->given[ATTR_SERVER_ARGS] = false;
	s->server = NULL;
}

/* Words of type that exclude each other, and redirect. */
static void
check_combination(const struct checked *c)
{
	const struct service *s = c->service;
	bool is_internal = (s->type & TYPE_INTERNAL) != 0;
	bool is_client = (s->type & (TYPE_TCPMUX | TYPE_TCPMUXPLUS)) != 0;
	unsigned kinds = is_internal + is_client + s->given[ATTR_REDIRECT];

	if (kinds > 1)
		conflict(c, s->given[ATTR_REDIRECT] ? ATTR_REDIRECT :
		    ATTR_TYPE, "INTERNAL, TCPMUX and redirect exclude each"
		    " other", NULL);
	else if (kinds > 0 && (s->type & TYPE_RPC) != 0)
		conflict(c, ATTR_TYPE, "an RPC service is served by a server"
		    " of its own", "leave INTERNAL, TCPMUX or redirect out");
	if (is_unix(s) && (kinds > 0 || (s->type & TYPE_RPC) != 0))
		conflict(c, ATTR_PROTOCOL, "protocol = unix is for services"
		    " with a server of their own", NULL);
}

static void
check_internal(const struct checked *c)
{
	struct service *s = c->service;
	enum internal internal = internal_find(s->name);
	struct arena *arena = c->source->policy->arena;
	bool is_dgram = s->socket_type == SOCKET_DGRAM;

	if (internal == INTERNAL_NONE || (internal == INTERNAL_TCPMUX &&
	    is_dgram))
		check_refuse(c, DIAG_UNKNOWN_NAME, ATTR_TYPE, arena_format(
		    arena, "there is no internal service %s/%s", s->name,
		    is_dgram ? "dgram" : "stream"), "internal are echo,"
		    " discard, chargen, daytime and time, and tcpmux as a"
		    " stream; others went out of xinetd too");
	if (!is_dgram && s->wait) {
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_WAIT,
		    "an internal stream service serves each connection by"
		    " itself, as if wait were no", NULL);
		s->wait = false;
	}
	discard_server(c, "an internal service starts no server");
}

static void
check_sensor(const struct checked *c)
{
	discard_server(c, "a sensor starts no server");
}

static void
check_redirect(const struct checked *c)
{
	const struct service *s = c->service;

	if (s->socket_type != SOCKET_STREAM)
		conflict(c, ATTR_REDIRECT,
		    "only connections (socket_type = stream) can be"
		    " redirected", NULL);
	else if (s->wait)
		conflict(c, ATTR_WAIT, "a redirected service must not wait",
		    "set wait = no");
	if ((s->flags & FLAG_NAMEINARGS) != 0)
		conflict(c, ATTR_FLAGS, "redirect and flag NAMEINARGS exclude"
		    " each other: there is no server to name", NULL);
	discard_server(c, "redirect starts no server");
}

static void
check_mux_client(const struct checked *c)
{
	const struct service *s = c->service;

	if ((s->type & TYPE_UNLISTED) == 0)
		conflict(c, ATTR_TYPE, "a tcpmux client should have UNLISTED"
		    " in type", "add UNLISTED");
	if (s->socket_type != SOCKET_STREAM)
		conflict(c, ATTR_PROTOCOL, "tcpmux hands over connections"
		    " alone", "set protocol = tcp");
	else if (s->wait)
		conflict(c, ATTR_WAIT, "a tcpmux client gets a connection and"
		    " never a listener", "set wait = no");
	discard(c, ATTR_PORT, "a tcpmux client is reached through the port of"
	    " tcpmux and has none of its own");
}

static void
check_server(const struct checked *c)
{
	const struct service *s = c->service;

	if (s->socket_type == SOCKET_DGRAM && !s->wait)
		conflict(c, ATTR_WAIT, "datagrams belong to no connection:"
		    " wait = no is for internal services", "set wait = yes");
}

/* What only one kind has rules for; the rest is in kind_table. */
static void (*const kind_checks[KIND_MAX])(const struct checked *) = {
	[KIND_SERVER] = check_server,
	[KIND_REDIRECT] = check_redirect,
	[KIND_RELAYED] = check_internal,
	[KIND_ANSWERED] = check_internal,
	[KIND_MUX] = check_internal,
	[KIND_MUX_CLIENT] = check_mux_client,
	[KIND_SENSOR] = check_sensor,
	[KIND_SENSOR_DGRAM] = check_sensor,
};

/* Port and RPC numbers. */
static void
check_numbers(const struct checked *c, const struct kind_info *kind)
{
	const struct service *s = c->service;
	bool is_rpc = (s->type & TYPE_RPC) != 0;
	bool is_unlisted = (s->type & TYPE_UNLISTED) != 0;

	if (is_rpc) {
		require(c, ATTR_RPC_VERSION);
		if (is_unlisted)
			require(c, ATTR_RPC_NUMBER);
	} else if (is_unlisted && kind->has_listener && !is_unix(s)) {
		require(c, ATTR_PORT);
	}
	if (!is_rpc && s->given[ATTR_PORT] && s->port == 0)
		check_refuse(c, DIAG_OUT_OF_RANGE, ATTR_PORT,
		    "nobody could learn the port that 0 results in",
		    "from 1 to 65535; only RPC services may leave it open");
}

static void
check_flags(const struct checked *c, const struct kind_info *kind)
{
	struct service *s = c->service;

	if ((s->flags & FLAG_NAMEINARGS) != 0 && kind->has_server)
		require(c, ATTR_SERVER_ARGS);
	if ((s->flags & FLAG_LABELED) != 0 && (kind->starter != STARTER_PARENT
	    || kind->is_passed || kind->is_dgram))
		conflict(c, ATTR_FLAGS, "flag LABELED is for stream services"
		    " with a server for each connection", NULL);
	if ((s->flags & FLAG_INTERCEPT) != 0 && (!kind->is_passed ||
	    is_unix(s))) {
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_FLAGS,
		    "flag INTERCEPT is for servers that have an internet"
		    " listener (wait = yes) and is ignored", NULL);
		s->flags &= ~(uint64_t)FLAG_INTERCEPT;
	}
}

/* A server has the connection to itself; nobody here could end it. */
static void
check_relayed(const struct checked *c, const struct kind_info *kind)
{
	if (kind->starter != STARTER_RELAY &&
	    check_is_own(c, ATTR_IDLE_TIMEOUT))
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_IDLE_TIMEOUT,
		    "it has no effect on servers, only on redirect and internal"
		    " services", "max_session bounds a server's time");
	if (c->service->kind != KIND_REDIRECT &&
	    check_is_own(c, ATTR_CONNECT_TIMEOUT))
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_CONNECT_TIMEOUT,
		    "it has no effect without redirect", NULL);
}

/* What only TCP knows. From defaults it is meant for the others. */
static void
check_tcp(const struct checked *c, const struct kind_info *kind)
{
	const uint64_t flags = FLAG_NODELAY | FLAG_KEEPALIVE;
	struct service *s = c->service;

	if (!kind->is_dgram && !is_unix(s))
		return;
	if ((s->flags & flags) != 0) {
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_FLAGS,
		    "flags NODELAY and KEEPALIVE are for TCP and are ignored",
		    NULL);
		s->flags &= ~flags;
	}
	if (check_is_own(c, ATTR_KEEPALIVE))
		check_tell(c, DIAG_WARNING, DIAG_IGNORED, ATTR_KEEPALIVE,
		    "keepalive means something for TCP only", NULL);
	s->given[ATTR_KEEPALIVE] = false;
}

void
check_kind(const struct checked *c)
{
	struct service *s = c->service;
	const struct kind_info *kind;

	/* A sensor was internal in xinetd, but only if it said so itself. */
	if ((s->flags & FLAG_SENSOR) != 0) {
		s->type |= TYPE_INTERNAL;
		s->given[ATTR_TYPE] = true;
	}
	check_combination(c);
	s->kind = kind_of(s);
	s->given[ATTR_KIND] = true;
	kind = &kind_table[s->kind];
	require(c, ATTR_WAIT);
	if (kind->has_server) {
		require(c, ATTR_USER);
		require(c, ATTR_SERVER);
	}
	if (kind_checks[s->kind] != NULL)
		kind_checks[s->kind](c);
	check_numbers(c, kind);
	check_flags(c, kind);
	check_tcp(c, kind);
	check_relayed(c, kind);
}

/* Does the path belong to an earlier service? */
static const struct service *
owner_of_path(const struct checked *c)
{
	const struct policy *policy = c->source->policy;
	const struct service *other;
	unsigned i;

	for (i = 0; i < c->service->index; i++) {
		other = policy->services[i];
		if (!other->off && !other->refused && is_unix(other) &&
		    other->given[ATTR_SOCKET_PATH] &&
		    strcmp(other->socket_path, c->service->socket_path) == 0)
			return other;
	}
	return NULL;
}

static void
check_path(const struct checked *c)
{
	const struct service *owner;

	require(c, ATTR_SOCKET_PATH);
	if (!c->service->given[ATTR_SOCKET_PATH])
		return;
	owner = owner_of_path(c);
	if (owner != NULL)
		check_refuse(c, DIAG_DUPLICATE, ATTR_SOCKET_PATH, arena_format(
		    c->source->policy->arena, "%s listens on the same path",
		    owner->id), "give each a path of its own");
}

/* Attributes of a UNIX socket on a service that has none. */
static void
ignore_unix(const struct checked *c)
{
	static const enum attr_id ids[] = {
		ATTR_SOCKET_PATH, ATTR_SOCKET_USER, ATTR_SOCKET_GROUP,
		ATTR_SOCKET_MODE
	};
	struct service *s = c->service;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (check_is_own(c, ids[i]))
			check_tell(c, DIAG_WARNING, DIAG_IGNORED, ids[i],
			    "it means something with protocol = unix only",
			    NULL);
		s->given[ids[i]] = false;
	}
}

void
check_unix(const struct checked *c)
{
	static const enum attr_id ids[] = {
		ATTR_PORT, ATTR_BIND, ATTR_V6ONLY
	};
	struct service *s = c->service;

	if (!is_unix(s)) {
		ignore_unix(c);
		return;
	}
	check_path(c);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (check_is_own(c, ids[i]))
			conflict(c, ids[i], "a UNIX socket has a path, and no"
			    " address and port", NULL);
		s->given[ids[i]] = false;
	}
	if ((s->flags & (FLAG_IPV4 | FLAG_IPV6)) != 0)
		conflict(c, ATTR_FLAGS, "a UNIX socket is neither IPv4 nor"
		    " IPv6", NULL);
}
