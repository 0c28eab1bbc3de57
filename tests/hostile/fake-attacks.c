/*
 * The attacks, one a row: what is sent, and what the parent must make of it.
 *
 * Part of fake-dispatch. A row is a message that would be right, and what is
 * wrong with it. Rule numbers are those of ARCHITECTURE.md, "What the parent
 * re-checks on START".
 */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/state.h"
#include "shared/util.h"

static uint64_t
attack_random(struct fake *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return f->random >> 16;
}

static void
alter_random(struct fake *f, struct datagram *d)
{
	for (size_t i = 0; i < IPC_MAX; i++)
		d->bytes[i] = (uint8_t)attack_random(f);
	d->length = 1 + attack_random(f) % IPC_MAX;
}

/* The right header in front of random bytes. */
static void
alter_random_body(struct fake *f, struct datagram *d)
{
	for (size_t i = sizeof(struct msg_header); i < d->length; i++)
		d->bytes[i] = (uint8_t)attack_random(f);
}

static void
alter_generation(struct fake *f, struct datagram *d)
{
	(void)f;
	d->message.hello.generation++;
}

static void
alter_service_end(struct fake *f, struct datagram *d)
{
	d->message.start.service = f->policy->count;
}

static void
alter_listener_end(struct fake *f, struct datagram *d)
{
	d->message.start.listener = f->listeners;
}

/* The last listener is not the first service's. */
static void
alter_listener_other(struct fake *f, struct datagram *d)
{
	d->message.start.listener = f->listeners - 1;
}

static void
alter_number_falls(struct fake *f, struct datagram *d)
{
	d->message.start.number = 1000 - f->number;
}

static void
act_drained(struct fake *f)
{
	struct datagram d;

	fake_message(f, MSG_DRAINED, &d);
	fake_send(&d);
}

/* Not forbidden by any message: it ends the listener for everybody. */
static void
act_shutdown(struct fake *f)
{
	(void)f;
	if (shutdown(FAKE_LISTENERS, SHUT_RDWR) == -1)
		fatal(EXIT_CANNOT, "shutdown of the listener fails");
}

/* Of a socket for datagrams there is no way back: it has to be replaced. */
static void
act_shutdown_dgram(struct fake *f)
{
	(void)f;
	if (shutdown(FAKE_LISTENERS + FAKE_WAIT_SERVICE, SHUT_RDWR) == -1 &&
	    errno != ENOTCONN)	/* which it says, and does it all the same */
		fatal(EXIT_CANNOT, "shutdown of the socket fails");
}

/* Where peeking begins stands in the socket, which its successor gets, too. */
static void
act_peek_far(struct fake *f)
{
	int far = 1000;

	(void)f;
	for (int i = 0; i <= FAKE_WAIT_SERVICE; i++) {
		if (setsockopt(FAKE_LISTENERS + i, SOL_SOCKET, SO_PEEK_OFF,
		    &far, sizeof(far)) == -1 && i == FAKE_WAIT_SERVICE)
			fatal(EXIT_CANNOT, "SO_PEEK_OFF fails");
	}
}

/* The processes of made_heir() have our end of the channel, and go on. */
static void
act_bequeath(struct fake *f)
{
	if (write(f->made, "1234", HEIRS) != HEIRS || usleep(100000) == -1)
		fatal(EXIT_CANNOT, "there is no heir");
	exit(EXIT_CLEAN);
}

/* Later than its DRAIN allows. */
static void
act_late(struct fake *f)
{
	(void)f;
	if (sleep(11) != 0)
		fatal(EXIT_CANNOT, "woken");
}

static void
act_scoreboard(struct fake *f)
{
	uint8_t *bytes = (uint8_t *)f->state;

	for (size_t i = 0; i < sizeof *f->state; i++)
		bytes[i] = (uint8_t)attack_random(f);
}

/* A connection of the UNIX service. */
static void
alter_local(struct fake *f, struct datagram *d)
{
	(void)f;
	d->message.start.service = FAKE_LOCAL_SERVICE;
	d->message.start.listener = FAKE_LOCAL_SERVICE;
}

#define FIELD(type, field, v) \
	.patch = { offsetof(struct type, field), \
	    sizeof(((struct type *)0)->field), (v) }

/* name, outcome, rule, when, clients, their number, first act, message, what
 * it carries; then what is wrong with it */
#define HELLO_(name, outcome) \
	name, outcome, 1, AT_HELLO, NOBODY, 0, NULL, MSG_HELLO, NO_FD
#define START_(name, outcome, rule) \
	name, outcome, rule, AT_LIVE, FIRST, 1, NULL, MSG_START, CONNECTION
#define MADE_(name, rule) \
	name, VIOLATION, rule, AT_LIVE, NOBODY, 0, NULL, MSG_START, MADE
#define WAIT_(name, outcome) \
	name, outcome, 3, AT_LIVE, NOBODY, 0, NULL, MSG_START_WAIT, NO_FD
#define SENT_(name, type, carry) \
	name, VIOLATION, 1, AT_LIVE, NOBODY, 0, NULL, type, carry

const struct attack fake_attacks[] = {
	{ "honest", STARTED, 0, AT_LIVE, FIRST, 1, fake_serve, MSG_NONE,
	    NO_FD, .text = "behaves like the real one" },
	{ START_("start", STARTED, 0), .text = "one START that is right" },

	/* framing */
	{ START_("empty", VIOLATION, 1), .length = LENGTH_EMPTY,
	    .text = "a datagram without a byte" },
	{ START_("one-byte", VIOLATION, 1), .length = 1,
	    .text = "a datagram of one byte" },
	{ START_("header-only", VIOLATION, 1),
	    .length = sizeof(struct msg_header),
	    .text = "START that ends after its header" },
	{ START_("short", VIOLATION, 1),
	    .length = sizeof(struct msg_start) - 1,
	    .text = "START one byte too short" },
	{ START_("long", VIOLATION, 1),
	    .length = sizeof(struct msg_start) + 1,
	    .text = "START one byte too long" },
	{ START_("longest", VIOLATION, 1), .length = IPC_MAX,
	    .text = "START as long as any message may be" },
	{ START_("truncated", VIOLATION, 1), .length = IPC_MAX + 1,
	    .text = "START longer than the parent's buffer" },
	{ START_("length-word", VIOLATION, 1), FIELD(msg_header, length, 0),
	    .text = "START whose length word is 0" },
	{ START_("reserved-word", VIOLATION, 1),
	    FIELD(msg_header, reserved, 1), .text = "reserved word not zero" },
	{ START_("type-none", VIOLATION, 1),
	    FIELD(msg_header, type, MSG_NONE), .text = "message type 0" },
	{ START_("type-end", VIOLATION, 1), FIELD(msg_header, type, MSG_MAX),
	    .text = "message type one past the last" },
	{ START_("type-huge", VIOLATION, 1),
	    FIELD(msg_header, type, UINT16_MAX), .text = "message type 65535" },
	{ SENT_("random", MSG_DRAINED, NO_FD), .repeat = 200,
	    .alter = alter_random, .text = "random bytes, random lengths" },
	{ START_("random-body", VIOLATION, 1), .repeat = 200,
	    .alter = alter_random_body, .text = "START full of random bytes" },

	/* messages out of place */
	{ HELLO_("hello-twice", VIOLATION), .repeat = 1,
	    .text = "HELLO, and HELLO again" },
	{ HELLO_("hello-generation", VIOLATION), .alter = alter_generation,
	    .text = "HELLO of another generation" },
	{ HELLO_("hello-layers", VIOLATION),
	    FIELD(msg_hello, layers, UINT32_MAX),
	    .text = "HELLO with sandbox layers that do not exist" },
	{ "hello-fd", VIOLATION, 1, AT_HELLO, NOBODY, 0, NULL, MSG_HELLO, MADE,
	    .make = made_unix, .text = "HELLO with a descriptor" },
	{ "start-before-hello", VIOLATION, 1, AT_HELLO, NOBODY, 0, NULL,
	    MSG_START, MADE, .make = made_unix, .text = "START before HELLO" },
	{ "drained-before-hello", VIOLATION, 1, AT_HELLO, NOBODY, 0, NULL,
	    MSG_DRAINED, NO_FD, .text = "DRAINED before HELLO" },
	{ SENT_("hello-late", MSG_HELLO, NO_FD), .text = "HELLO after GO" },
	{ SENT_("drained-unasked", MSG_DRAINED, NO_FD),
	    .text = "DRAINED without DRAIN" },
	{ SENT_("drained-fd", MSG_DRAINED, MADE), .make = made_unix,
	    .text = "DRAINED with a descriptor" },
	{ "drained-value", VIOLATION, 1, AT_DRAIN, NOBODY, 0, NULL,
	    MSG_DRAINED, NO_FD, FIELD(msg_plain, value, 1),
	    .text = "DRAINED with a value" },
	{ "drained-twice", VIOLATION, 1, AT_DRAIN, NOBODY, 0, NULL,
	    MSG_DRAINED, NO_FD, .repeat = 1, .text = "DRAINED twice" },
	{ "start-after-drained", VIOLATION, 1, AT_DRAIN, FIRST, 1, act_drained,
	    MSG_START, CONNECTION, .text = "START after DRAINED" },
	{ SENT_("up-go", MSG_GO, NO_FD), .text = "GO, sent to the parent" },
	{ SENT_("up-drain", MSG_DRAIN, NO_FD), .text = "DRAIN, likewise" },
	{ SENT_("up-started", MSG_STARTED, NO_FD),
	    .text = "STARTED, likewise" },
	{ SENT_("up-refused", MSG_REFUSED, NO_FD),
	    FIELD(msg_answer, reason, 1), .text = "REFUSED, likewise" },
	{ SENT_("up-sink", MSG_SINK, MADE), .make = made_unix,
	    .text = "SINK, likewise" },
	{ SENT_("up-quit", MSG_QUIT, NO_FD), .text = "QUIT, likewise" },
	{ SENT_("up-log-ready", MSG_LOG_READY, NO_FD),
	    .text = "LOG_READY, which is log's" },
	{ SENT_("up-loaded", MSG_LOADED, MADE), .make = made_text,
	    .text = "LOADED, which is load's" },
	{ SENT_("up-record", MSG_RECORD, NO_FD),
	    .text = "a record on the control channel" },

	/* descriptors: their number */
	{ SENT_("no-fd", MSG_START, NO_FD), .text = "START without any" },
	{ "two-fds", VIOLATION, 1, AT_LIVE, FIRST, 1, NULL, MSG_START, BOTH,
	    .text = "START with two" },

	/* numbers */
	{ START_("number-zero", VIOLATION, 1), FIELD(msg_start, number, 0),
	    .text = "connection number 0" },
	{ "number-same", VIOLATION, 1, AT_LIVE, FIRST, 2, NULL, MSG_START,
	    CONNECTION, .repeat = 1, FIELD(msg_start, number, 7),
	    .text = "two connections with one number" },
	{ "number-falls", VIOLATION, 1, AT_LIVE, FIRST, 2, NULL, MSG_START,
	    CONNECTION, .repeat = 1, .alter = alter_number_falls,
	    .text = "a falling connection number" },
	{ START_("number-huge", VIOLATION, 1),
	    FIELD(msg_start, number, UINT64_C(1) << 40),
	    .text = "a connection number past its range" },
	{ START_("attribute-huge", VIOLATION, 1),
	    FIELD(msg_start, attr, UINT32_MAX),
	    .text = "an attribute that does not exist" },
	{ START_("service-end", VIOLATION, 3), .alter = alter_service_end,
	    .text = "service one past the last" },
	{ START_("service-huge", VIOLATION, 3),
	    FIELD(msg_start, service, UINT32_MAX),
	    .text = "service 4294967295" },
	{ START_("listener-end", VIOLATION, 3), .alter = alter_listener_end,
	    .text = "listener one past the last" },
	{ START_("listener-huge", VIOLATION, 3),
	    FIELD(msg_start, listener, UINT32_MAX),
	    .text = "listener 4294967295" },
	{ START_("listener-other", VIOLATION, 3),
	    .alter = alter_listener_other,
	    .text = "the listener of another service" },

	/* descriptors: their kind */
	{ MADE_("pipe", 4), .make = made_pipe, .text = "a pipe" },
	{ MADE_("file", 4), .make = made_file, .text = "a regular file" },
	{ MADE_("directory", 4), .make = made_directory,
	    .text = "a directory, opened as a path" },
	{ MADE_("tty", 4), .make = made_tty, .text = "a pseudo-terminal" },
	{ MADE_("policy-text", 4), .make = made_text,
	    .text = "the policy's own text" },
	{ MADE_("unix-socket", 4), .make = made_unix,
	    .text = "an AF_UNIX socket" },
	{ MADE_("channel", 4), .make = made_channel,
	    .text = "the control channel itself" },
	{ MADE_("udp-socket", 4), .make = made_udp, .text = "a UDP socket" },
	{ MADE_("other-family", 4), .make = made_other_family,
	    .text = "a TCP socket of the other family" },
	{ MADE_("own-listener", 4), .make = made_own_listener,
	    .text = "a listening socket of its own" },
	{ "listener", VIOLATION, 4, AT_LIVE, NOBODY, 0, NULL, MSG_START,
	    LISTENER, .text = "the inherited listener" },
	{ MADE_("forged", 5), .make = made_forged,
	    .text = "own namespace, same address and port, connected" },
	{ MADE_("forged-unconnected", 5), .make = made_forged_unconnected,
	    .text = "own namespace, same address and port, not connected" },
	{ MADE_("unconnected", 6), .make = made_unconnected,
	    .text = "a TCP socket that is not connected" },
	{ MADE_("outgoing", 6), .make = made_outgoing,
	    .text = "the client's end of a connection" },
	{ "other-service", VIOLATION, 6, AT_LIVE, SECOND, 1, NULL, MSG_START,
	    CONNECTION, .text = "a connection of the second service" },

	/* connections that are right, but not now or not again */
	{ "gone", REFUSED, 7, AT_LIVE, RESET, 1, NULL, MSG_START, CONNECTION,
	    .text = "a client that has gone" },
	{ "flood-gone", VIOLATION, 2, AT_LIVE, RESET, 1, NULL, MSG_START,
	    CONNECTION, .repeat = 9999,
	    .text = "that client 10000 times, no answer read" },
	{ "over-instances", REFUSED, 9, AT_LIVE, FIRST, 2, NULL, MSG_START,
	    CONNECTION, .repeat = 1,
	    .text = "two connections; the service must have instances = 1" },
	{ START_("replay", VIOLATION, 8), .repeat = 1,
	    .text = "one connection twice" },
	{ START_("window", VIOLATION, 2), .repeat = 9999,
	    .text = "10000 STARTs at once" },

	/* services on UNIX sockets */
	{ "local", STARTED, 0, AT_LIVE, LOCAL, 1, NULL, MSG_START, CONNECTION,
	    .alter = alter_local, .text = "one START that is right" },
	{ MADE_("local-unnamed", 6), .make = made_unix, .alter = alter_local,
	    .text = "a UNIX socket without a name" },
	{ MADE_("local-forged", 6), .make = made_forged_local,
	    .alter = alter_local,
	    .text = "own mount namespace, same path, connected" },
	{ "local-other-service", VIOLATION, 4, AT_LIVE, FIRST, 1, NULL,
	    MSG_START, CONNECTION, .alter = alter_local,
	    .text = "a TCP connection" },
	{ "give-away", NOTHING, 0, AT_LIVE, LOCAL, 1, act_give_away, MSG_NONE,
	    NO_FD, .text = "in its sandbox, its descriptors to a client" },

	/* services whose server gets the listener */
	{ WAIT_("wait", STARTED), .make = made_datagram,
	    .text = "one START_WAIT that is right" },
	{ WAIT_("wait-empty", REFUSED), .text = "START_WAIT without a datagram" },
	{ WAIT_("wait-busy", VIOLATION), .make = made_datagram, .repeat = 1,
	    .text = "START_WAIT for a listener that a server has" },
	{ WAIT_("wait-nowait", VIOLATION), FIELD(msg_start, service, 0),
	    .text = "START_WAIT for a service with wait = no" },
	{ WAIT_("wait-other", VIOLATION), FIELD(msg_start, listener, 1),
	    .text = "START_WAIT with another service's listener" },
	{ WAIT_("wait-listener-end", VIOLATION), FIELD(msg_start, listener,
	    FAKE_SERVICES), .text = "START_WAIT with a listener past the last" },
	{ WAIT_("wait-service-end", VIOLATION), FIELD(msg_start, service,
	    FAKE_SERVICES), .text = "START_WAIT of a service past the last" },
	{ WAIT_("wait-number-zero", VIOLATION), FIELD(msg_start, number, 0),
	    .text = "START_WAIT with connection number 0" },
	{ SENT_("wait-fd", MSG_START_WAIT, MADE), .make = made_udp,
	    .text = "START_WAIT with a descriptor" },
	{ "wait-before-hello", VIOLATION, 1, AT_HELLO, NOBODY, 0, NULL,
	    MSG_START_WAIT, NO_FD, .text = "START_WAIT before HELLO" },
	{ "wait-draining", REFUSED, 0, AT_DRAIN, NOBODY, 0, NULL,
	    MSG_START_WAIT, NO_FD, .make = made_datagram,
	    .text = "START_WAIT from one that drains" },
	{ START_("start-wait-service", VIOLATION, 3),
	    FIELD(msg_start, service, FAKE_WAIT_SERVICE),
	    .text = "START of a service whose server has the listener" },
	{ "shield", NOTHING, 0, AT_LIVE, NOBODY, 0, NULL, MSG_SHIELD, NO_FD,
	    .text = "one SHIELD that is right" },
	{ SENT_("shield-end", MSG_SHIELD, NO_FD), FIELD(msg_listener, listener,
	    FAKE_SERVICES), .text = "SHIELD for a listener past the last" },
	{ SENT_("shield-huge", MSG_SHIELD, NO_FD), FIELD(msg_listener,
	    listener, UINT32_MAX), .text = "SHIELD for listener 4294967295" },
	{ SENT_("shield-stream", MSG_SHIELD, NO_FD), FIELD(msg_listener,
	    listener, 0), .text = "SHIELD for a stream listener" },
	{ "guard", NOTHING, 0, AT_LIVE, NOBODY, 0, NULL, MSG_GUARD, NO_FD,
	    .text = "one GUARD that is right" },
	{ SENT_("guard-end", MSG_GUARD, NO_FD), FIELD(msg_listener, listener,
	    3), .text = "GUARD for a listener past the last" },
	{ SENT_("guard-stream", MSG_GUARD, NO_FD), FIELD(msg_listener,
	    listener, 0), .text = "GUARD for a stream listener" },
	{ SENT_("up-busy", MSG_BUSY, NO_FD), .text = "BUSY, to the parent" },
	{ SENT_("up-free", MSG_FREE, NO_FD), .text = "FREE, likewise" },

	/* beside the messages */
	{ "shutdown", NOTHING, 0, AT_LIVE, NOBODY, 0, act_shutdown, MSG_NONE,
	    NO_FD, .text = "ends an inherited listener; a successor mends" },
	{ "shutdown-dgram", NOTHING, 0, AT_LIVE, NOBODY, 0, act_shutdown_dgram,
	    MSG_NONE, NO_FD, .text = "the same with a socket for datagrams" },
	{ "peek-far", NOTHING, 0, AT_LIVE, NOBODY, 0, act_peek_far, MSG_NONE,
	    NO_FD, .text = "lets its sockets peek far behind the head" },
	{ "start-late", APART, 3, AT_DRAIN, FIRST, 1, act_late, MSG_START,
	    CONNECTION, .text = "START eleven seconds after DRAIN" },
	{ "heir", APART, 0, AT_LIVE, NOBODY, 0, act_bequeath, MSG_NONE, NO_FD,
	    .make = made_heir,
	    .text = "its end of the channel outlives it, and never rests" },
	{ "scoreboard", NOTHING, 0, AT_LIVE, NOBODY, 0, act_scoreboard,
	    MSG_NONE, NO_FD, .text = "random bytes in its state file" },
};
const size_t fake_attack_count = sizeof fake_attacks / sizeof *fake_attacks;
