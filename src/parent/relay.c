/*
 * Sessions of relay. Root.
 *
 * The parent makes and connects the target's socket, relay gets both ends and
 * nothing else. A session is an instance in the books under relay's pid; what
 * relay says about it is only believed as far as the books agree.
 */
#include "parent/relay.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "parent/books.h"
#include "parent/generation.h"
#include "parent/helper.h"
#include "parent/say.h"
#include "parent/spawn.h"
#include "policy/zone.h"
#include "shared/internal.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define ANSWER_MS 10000		/* for the answer to RELAY_DRAIN */
#define IDLE_MS 60000		/* of internal services, unless given */
#define CONNECT_MS 10000	/* of redirect, unless given */
#define UNREAD_MAX (RELAY_BUFFER / 2)	/* bytes waiting in its channel */
/* No session moves more in a second; a claim of more is a lie. */
#define BYTES_A_SECOND (UINT64_C(1) << 36)

static int
relay_kind(const struct service *s)
{
	static const int kinds[] = {
		[INTERNAL_NONE] = RELAY_MAX, [INTERNAL_ECHO] = RELAY_ECHO,
		[INTERNAL_DISCARD] = RELAY_DISCARD,
		[INTERNAL_CHARGEN] = RELAY_CHARGEN,
		[INTERNAL_DAYTIME] = RELAY_TEXT, [INTERNAL_TIME] = RELAY_TEXT,
		[INTERNAL_TCPMUX] = RELAY_MAX,
	};

	if (s->kind == KIND_REDIRECT)
		return RELAY_REDIRECT;
	return s->name != NULL ? kinds[internal_find(s->name)] : RELAY_MAX;
}

bool
relay_has_data(const struct service *s)
{
	const struct listen_addr *target = &s->target.addrs[0];

	switch (s->kind) {
	case KIND_REDIRECT:
		return s->target.count == 1 && target->port != 0 &&
		    (target->addr.family == ADDR_IPV4 ||
		    target->addr.family == ADDR_IPV6);
	case KIND_RELAYED:
		return relay_kind(s) != RELAY_MAX;
	default:
		return true;
	}
}

/* Messages that wait in a channel hold our descriptors: there is an end to
 * how many, long before the channel is full in the middle of a pair. */
bool
relay_is_up(const struct parent *p)
{
	const struct helper *h = p->relay;
	int unread = 0;

	if (h == NULL || h->is_violator || h->is_mute || h->is_cast_off ||
	    h->phase == PHASE_DRAINING)
		return false;
	return ioctl(h->watch.fd, SIOCOUTQ, &unread) == 0 &&
	    unread < UNREAD_MAX;
}

static void
close_instance(struct parent *p, struct instance *in,
    const struct msg_session_end *end)
{
	const struct generation *g = in->generation;
	struct record record;

	books_record_end(in, &record);
	record.number[0] = end->in;
	record.number[1] = end->out;
	record.number[2] = end->error;
	record.number[3] = 1 + (uint64_t)end->cause;
	say_record(p, &record);
	books_remove(p, in);
	if (g != p->in_force)
		generation_sweep(p);
}

static void
close_early(struct parent *p, struct instance *in, enum session_end cause,
    int error)
{
	const struct msg_session_end end = { .cause = cause,
	    .error = (uint32_t)error };

	close_instance(p, in, &end);
}

static socklen_t
socket_address(const struct listen_addr *at, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (at->addr.family == ADDR_IPV4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(at->port);
		memcpy(&v4->sin_addr, at->addr.bytes, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(at->port);
	v6->sin6_scope_id = at->addr.scope;
	memcpy(&v6->sin6_addr, at->addr.bytes, 16);
	return sizeof(*v6);
}

/* A socket that is on its way to the target, or -1 with errno. */
static int
connect_target(const struct service *s)
{
	struct sockaddr_storage address;
	socklen_t length = socket_address(&s->target.addrs[0], &address);
	int on = 1;
	int fd = socket(address.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd == -1)
		return -1;
	/* Not worth a session if it fails. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&address, length) == -1 &&
	    errno != EINPROGRESS)
		fd_close(&fd);
	return fd;
}

static uint32_t
answer_text(const struct parent *p, const struct service *s,
    uint8_t out[static MSG_SESSION_TEXT])
{
	const struct gateway *gateway = &p->in_force->policy->gateway;
	int64_t now = (int64_t)(wall_us() / 1000000);
	struct zone_time t;

	if (internal_find(s->name) == INTERNAL_TIME) {
		internal_time(now, out);
		return TIME_BYTES;
	}
	zone_local(&gateway->zone, now, &t);
	return (uint32_t)internal_daytime(&(struct internal_time){
	    .year = t.year, .month = t.month, .day = t.day, .hour = t.hour,
	    .minute = t.minute, .second = t.second, .zone = t.name },
	    (char *)out);
}
_Static_assert(DAYTIME_MAX <= MSG_SESSION_TEXT, "the text fits a message");

static void
describe(const struct parent *p, const struct instance *in,
    const struct service *s, union msg *m)
{
	struct msg_session *out = &m->session;
	uint8_t text[MSG_SESSION_TEXT];

	memset(m, 0, sizeof(*m));
	out->conn = in->conn;
	out->slot = (uint32_t)(in - p->instances);
	out->kind = (uint32_t)relay_kind(s);
	if (out->kind == RELAY_REDIRECT)
		out->connect_ms = s->connect_timeout != 0 ?
		    s->connect_timeout : CONNECT_MS;
	if (s->given[ATTR_IDLE_TIMEOUT])
		out->idle_ms = s->idle_timeout;
	else if (out->kind != RELAY_REDIRECT)
		out->idle_ms = IDLE_MS;
	if (out->kind == RELAY_TEXT) {
		out->length = answer_text(p, s, text);
		memcpy(out->text, text, out->length);
	}
}

/* relay_is_up() has seen that there is room: a failure is relay's. */
static bool
send_session(struct parent *p, const struct instance *in,
    const struct service *s, int fd, int target)
{
	union msg m;

	describe(p, in, s, &m);
	if (ipc_send(p->relay->watch.fd, &m, msg_prepare(&m, MSG_SESSION),
	    fd) != IPC_OK)
		return false;
	if (target == -1)
		return true;
	m = (union msg){ .session = { .conn = in->conn,
	    .slot = (uint32_t)(in - p->instances) } };
	return ipc_send(p->relay->watch.fd, &m, msg_prepare(&m, MSG_TARGET),
	    target) == IPC_OK;
}

void
relay_begin(struct parent *p, struct instance *in, int fd)
{
	const struct service *s = in->generation->launches[in->service].service;
	int target = -1, on = 1;

	spawn_prepare_socket(fd, s);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
		close_early(p, in, SESSION_NO_ROOM, errno);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (s->kind == KIND_REDIRECT && (target = connect_target(s)) == -1) {
		close_early(p, in, SESSION_NOT_CONNECTED, errno);
		return;
	}
	if (!send_session(p, in, s, fd, target)) {
		say(p, LEVEL_ERR, "relay cannot be told about a session: "
		    "errno = %d", errno);
		/* It may have half of a pair. Its end closes the instance. */
		helper_kill(p, p->relay);
		p->relay->is_cast_off = true;
	}
	fd_close(&target);
}

bool
relay_stop(struct parent *p, struct instance *in, bool is_overdue)
{
	union msg m = { .session = { .conn = in->conn,
	    .slot = (uint32_t)(in - p->instances) } };

	if (p->relay == NULL || p->relay->pid != in->pid ||
	    p->relay->is_violator || p->relay->is_cast_off)
		return true;		/* its end is near, and this one's */
	if (is_overdue) {
		helper_violation(p, p->relay, MSG_SESSION_STOP,
		    "a session does not end when told");
		return true;
	}
	return ipc_send(p->relay->watch.fd, &m,
	    msg_prepare(&m, MSG_SESSION_STOP), -1) != IPC_AGAIN;
}

void
relay_stop_all(struct parent *p)
{
	for (uint32_t i = 0; i < p->state->instance_high; i++) {
		struct instance *in = &p->instances[i];

		if (in->pid == 0 || !in->is_relayed || in->is_told)
			continue;
		if (!relay_stop(p, in, false))
			return;		/* the rest when there is room */
		in->is_told = true;
		in->exit_by = EXIT_BY_OPERATOR;
	}
}

void
relay_drain(struct parent *p)
{
	union msg m = { .plain = { .value = 0 } };
	struct helper *h = p->relay;

	if (h == NULL || h->phase == PHASE_DRAINING)
		return;
	if (h->phase == PHASE_STARTING || ipc_send(h->watch.fd, &m,
	    msg_prepare(&m, MSG_RELAY_DRAIN), -1) != IPC_OK) {
		h->is_cast_off = true;
		helper_kill(p, h);
		return;
	}
	h->phase = PHASE_DRAINING;
	helper_hurry(h, ANSWER_MS);
}

bool
relay_is_pending(const struct parent *p)
{
	return p->relay != NULL && !p->relay->said_drained;
}

static const char *
handle_ready(struct parent *p, struct helper *h, const union msg *m)
{
	if (h->phase == PHASE_STARTING) {
		helper_confined(p, h, m->plain.value);
		return NULL;
	}
	if (h->phase == PHASE_READY)
		return "RELAY_READY twice";
	if (h->said_drained)
		return "RELAY_READY after the answer to RELAY_DRAIN";
	h->deadline_ms = 0;
	h->said_drained = true;
	return NULL;
}

/* Is that an end which this session can have had? */
static const char *
check_end(const struct instance *in, const struct msg_session_end *end)
{
	const struct launch *launches = in->generation->launches;
	uint64_t seconds = (monotonic_us() - in->start_us) / 1000000 + 1;
	bool is_of_target = end->cause == SESSION_TARGET_ERROR ||
	    end->cause == SESSION_NOT_CONNECTED ||
	    end->cause == SESSION_CONNECT_TIMEOUT;

	if (end->cause == SESSION_STOPPED && !in->is_told)
		return "SESSION_END: stopped, but it was not told to";
	/* A policy that was given up has no kinds any more. */
	if (is_of_target && !in->generation->is_stripped &&
	    launches[in->service].service->kind != KIND_REDIRECT)
		return "SESSION_END: a target that it has not";
	if (end->in / seconds > BYTES_A_SECOND ||
	    end->out / seconds > BYTES_A_SECOND)
		return "SESSION_END: more bytes than any network carries";
	return NULL;
}

static const char *
handle_end(struct parent *p, const struct helper *h, const union msg *m)
{
	const struct msg_session_end *end = &m->session_end;
	struct instance *in = &p->instances[end->slot];
	const char *rule;

	if (in->pid != h->pid || !in->is_relayed || in->conn != end->conn)
		return "SESSION_END of no open session";
	if ((rule = check_end(in, end)) != NULL)
		return rule;
	close_instance(p, in, end);
	return NULL;
}

const char *
relay_handle(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	(void)fd;	/* the table allows none */
	if (m->h.type == MSG_RELAY_READY)
		return handle_ready(p, h, m);
	if (h->phase == PHASE_STARTING)
		return "SESSION_END before RELAY_READY";
	return handle_end(p, h, m);
}

void
relay_ended(struct parent *p, const struct helper *h)
{
	for (uint32_t i = 0; i < STATE_INSTANCES; i++) {
		struct instance *in = &p->instances[i];

		if (in->is_relayed && in->pid == h->pid)
			close_early(p, in, SESSION_LOST, 0);
	}
}
