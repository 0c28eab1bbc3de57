/*
 * Datagrams: judged by their source, answered, or left for a server.
 *
 * Runs in sallyport-dispatch. The source of a datagram is anybody's invention:
 * it is never scored, an answer is never longer than the request (or 32 bytes),
 * and never goes to a port where something may answer the answer, nor without
 * end to one address.
 */
#include "dispatch/packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "shared/internal.h"
#include "shared/ipc.h"
#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/decide.h"
#include "dispatch/kinds.h"
#include "dispatch/pace.h"
#include "dispatch/refusal.h"
#include "dispatch/start.h"

#define PACKET_BATCH 64
#define PACKET_ECHO_MAX 2048	/* as in xinetd */
#define PACKET_CHARGEN_MAX 512	/* RFC 864 */
#define PACKET_SHORT_MAX 32	/* daytime and time, whatever was asked */
#define PACKET_WHOLE 65536	/* no datagram is longer */
#define PORTS 65536u
#define PORTS_OF_SERVERS 1024	/* below: no ordinary client's */
#define SECOND_US UINT64_C(1000000)
#define SHIELD_US (UINT64_C(1000) * MSG_SHIELD_MS)

_Static_assert(TIME_BYTES <= PACKET_SHORT_MAX, "time is short");

struct packet_books {
	struct pace_table pace;
	uint32_t chargen_line;
	uint8_t mute[PORTS / 8];	/* bits: never answered */
	char room[PACKET_WHOLE];
};

static void
packet_mute(struct packet_books *books, uint16_t port)
{
	books->mute[port / 8] |= (uint8_t)(1u << port % 8);
}

static bool
packet_is_mute(const struct packet_books *books, uint16_t port)
{
	return (books->mute[port / 8] & 1u << port % 8) != 0;
}

void
packet_open(struct dispatch *d)
{
	struct packet_books *books = calloc(1, sizeof *books);

	if (books == NULL || getrandom(&books->pace.key,
	    sizeof books->pace.key, 0) != (ssize_t)sizeof books->pace.key)
		fatal(EXIT_CANNOT, "no memory or no random numbers");
	for (uint16_t port = 0; port < PORTS_OF_SERVERS; port++)
		packet_mute(books, port);
	/* And our own, wherever they seem to come from: another host may run
	 * the same services on the same ports. */
	for (uint32_t i = 0; i < d->listener_count; i++) {
		const struct listener *l = &d->listeners[i];

		if (kind_table[l->served->service->kind].is_dgram)
			packet_mute(books, l->bound->port);
	}
	d->packets = books;
}

void
packet_close(struct dispatch *d)
{
	free(d->packets);
}

/* The datagram at the head of the queue, with its ends; its length, or -1 when
 * there is none. Without MSG_PEEK it is taken off. */
static ssize_t
packet_read(struct listener *l, struct connection *c, void *bytes, size_t size,
    int flags)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof from;
	ssize_t n = recvfrom(l->fd, bytes, size, flags | MSG_DONTWAIT,
	    (struct sockaddr *)&from, &length);

	if (n == -1) {
		accept_failed(l, errno);
		return -1;
	}
	accept_pause_reset(l->served->dispatch);
	*c = (struct connection){ .fd = -1, .listener = l,
	    .served = l->served };
	decide_ends(c, &from, length);
	return n;
}

void
packet_ready(void *context)
{
	struct listener *l = context;
	struct dispatch *d = l->served->dispatch;
	struct connection c;
	char nothing;

	for (unsigned i = 0; i < PACKET_BATCH && accept_is_wanted(l); i++) {
		if (packet_read(l, &c, &nothing, sizeof nothing,
		    MSG_PEEK) == -1)
			break;
		kinds_of(l->served)->arrived(d, &c);
	}
	start_settle(d);
}

bool
packet_peek_whole(struct listener *l, struct connection *c)
{
	struct packet_books *books = l->served->dispatch->packets;

	return packet_read(l, c, books->room, sizeof books->room,
	    MSG_PEEK) != -1;
}

bool
packet_take(struct listener *l, struct connection *c)
{
	char nothing;

	return packet_read(l, c, &nothing, sizeof nothing, 0) != -1;
}

void
packet_shield(struct dispatch *d, struct listener *l)
{
	union msg message = { .listener = { .listener = l->index } };
	uint64_t now_us = monotonic_us();

	if (d->is_draining ||
	    (l->shield_us != 0 && now_us - l->shield_us < SHIELD_US))
		return;
	/* Without room now, the next denial tries again. */
	if (ipc_send(d->channel, &message, msg_prepare(&message, MSG_SHIELD),
	    -1) == IPC_OK)
		l->shield_us = now_us;
}

/* Counts a denial; a flood of them is the parent's to filter. */
static void
packet_flood(struct dispatch *d, struct listener *l)
{
	uint64_t now_us = monotonic_us();

	if (now_us - l->flood_us >= SECOND_US) {
		l->flood_us = now_us;
		l->flood = 0;
	}
	if (++l->flood > PACKET_FLOOD)
		packet_shield(d, l);
}

void
packet_tell(struct dispatch *d, const struct connection *taken,
    const struct verdict *verdict)
{
	d->state->services[taken->served->service->index].denied++;
	refusal_record(d, taken, verdict);
	packet_flood(d, taken->listener);
}

void
packet_refuse(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	struct connection taken;

	/* The record is about the datagram that was taken off. */
	if (packet_take(c->listener, &taken))
		packet_tell(d, &taken, verdict);
}

/* The answer to a request, made in its place. */
static size_t
packet_make(struct dispatch *d, enum internal internal, char *bytes,
    size_t length)
{
	const int64_t now = (int64_t)(wall_us() / SECOND_US);
	struct internal_time moment;
	struct zone_time local;
	char text[DAYTIME_MAX];

	switch (internal) {
	case INTERNAL_ECHO:
		return length;
	case INTERNAL_CHARGEN:
		return internal_chargen(&d->packets->chargen_line, bytes,
		    length < PACKET_CHARGEN_MAX ? length : PACKET_CHARGEN_MAX);
	case INTERNAL_TIME:
		internal_time(now, (uint8_t *)bytes);
		return TIME_BYTES;
	case INTERNAL_DAYTIME:
		zone_local(&d->policy->gateway.zone, now, &local);
		moment = (struct internal_time){ local.year, local.month,
		    local.day, local.hour, local.minute, local.second,
		    local.name };
		length = internal_daytime(&moment, text);
		if (length > PACKET_SHORT_MAX)
			length = PACKET_SHORT_MAX;
		memcpy(bytes, text, length);
		return length;
	default:		/* discard */
		return 0;
	}
}

static socklen_t
packet_sockaddr(const struct listener *l, const struct record_addr *to,
    struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons(to->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(to->port), .sin6_scope_id = to->scope };

	memset(out, 0, sizeof *out);
	if (l->bound->addr.family == ADDR_IPV4) {
		memcpy(&in.sin_addr, to->bytes, sizeof in.sin_addr);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	if (to->family == ADDR_IPV4) {
		/* On a socket of IPv6: ::ffff:a.b.c.d. */
		memset(&in6.sin6_addr.s6_addr[10], 0xff, 2);
		memcpy(&in6.sin6_addr.s6_addr[12], to->bytes, 4);
	} else {
		memcpy(&in6.sin6_addr, to->bytes, sizeof in6.sin6_addr);
	}
	memcpy(out, &in6, sizeof in6);
	return sizeof in6;
}

static void
packet_record(struct dispatch *d, const struct connection *c,
    const struct verdict *verdict)
{
	struct record record;

	d->state->services[c->served->service->index].allowed++;
	record_init(&record, RECORD_ACCEPTED);
	record.conn = RECORD_CONN(d->number, dispatch_number(d));
	record.service = c->served->service->index;
	record.attr = (uint32_t)verdict->attr;
	record.entry = verdict->entry;
	record.source = c->from;
	record.destination = c->to;
	dispatch_record(d, &record);
}

/* May an answer go there? If not, why: NULL if it may. */
static const struct verdict *
packet_unanswered(struct dispatch *d, const struct connection *c)
{
	static const struct verdict mute = { .answer = ANSWER_DENY,
	    .reason = REASON_ADDRESS, .entry = RULE_ENTRY_NONE,
	    .wrap = RULE_ENTRY_NONE };
	static const struct verdict often = { .answer = ANSWER_DENY,
	    .reason = REASON_CPS, .entry = RULE_ENTRY_NONE,
	    .wrap = RULE_ENTRY_NONE };

	if (packet_is_mute(d->packets, c->from.port))
		return &mute;
	if (internal_find(c->served->service->name) == INTERNAL_DISCARD ||
	    pace_allows(&d->packets->pace, &c->from, monotonic_us()))
		return NULL;
	return &often;
}

void
packet_answer(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	const struct verdict *unanswered = packet_unanswered(d, c);
	struct sockaddr_storage to;
	struct connection taken;
	char bytes[PACKET_ECHO_MAX];
	socklen_t size;
	ssize_t n;

	if (unanswered != NULL) {
		packet_refuse(d, c, unanswered);
		return;
	}
	n = packet_read(c->listener, &taken, bytes, sizeof bytes, 0);
	/* In the moment of a reload two dispatchers read: what was taken must
	 * be what was judged. */
	if (n == -1 || memcmp(&taken.from, &c->from, sizeof c->from) != 0)
		return;
	packet_record(d, &taken, verdict);
	n = (ssize_t)packet_make(d,
	    internal_find(c->served->service->name), bytes, (size_t)n);
	if (n == 0)
		return;
	size = packet_sockaddr(c->listener, &taken.from, &to);
	/* What the socket does not take is lost, as datagrams are. */
	(void)sendto(c->listener->fd, bytes, (size_t)n,
	    MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to, size);
}
