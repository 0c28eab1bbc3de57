/*
 * A dispatcher that has fallen to an attacker, for the tests of the parent.
 *
 * Takes the place of sallyport-dispatch: same arguments, same descriptors. It
 * reads the name of an attack from ATTACK_FILE, confines itself as the real one
 * does, but for the system-call filter (fake-give.c has that too), and attacks.
 * Then it stays, silently, so that a test can see whether it was killed. Without
 * an attack file it is honest: what replaces a killed one serves. `--list`
 * prints the table: name, outcome, rule, when (hello, live, drain), connections
 * to make, how (first, second, local: to which service; reset: to the first,
 * and reset), description.
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "policy/parse.h"
#include "policy/rule.h"

#include "shared/confine.h"
#include "shared/state.h"
#include "shared/util.h"

#ifndef ATTACK_FILE
#define ATTACK_FILE "/run/sallyport-test/attack"
#endif

#define FAKE_POLL_MAX 256
#define FAKE_WAIT_MS 10000
#define FAKE_SEED UINT64_C(0x9e3779b97f4a7c15)

static int
fake_list(void)
{
	static const char *const outcomes[] = {
		"violation", "refused", "started", "nothing", "apart"
	};
	static const char *const moments[] = { "hello", "live", "drain" };
	static const char *const how[] = { "-", "first", "second", "reset",
	    "local" };

	for (size_t i = 0; i < fake_attack_count; i++) {
		const struct attack *a = &fake_attacks[i];

		if (printf("%s\t%s\t%d\t%s\t%u\t%s\t%s\n", a->name,
		    outcomes[a->expect], a->rule, moments[a->when], a->count,
		    how[a->clients], a->text) < 0)
			return EXIT_CANNOT;
	}
	return fflush(stdout) == 0 ? EXIT_CLEAN : EXIT_CANNOT;
}

static const struct attack *
fake_find(const char *name)
{
	for (size_t i = 0; i < fake_attack_count; i++)
		if (strcmp(fake_attacks[i].name, name) == 0)
			return &fake_attacks[i];
	fatal(EXIT_USAGE, "no attack is called %s", name);
}

/* The first line of the file; an absent or empty one means "honest". */
static const struct attack *
fake_choose(void)
{
	char name[64] = "";
	int fd = open(ATTACK_FILE, O_RDONLY | O_CLOEXEC);

	if (fd != -1 && read(fd, name, sizeof name - 1) == -1)
		fatal(EXIT_CANNOT, "%s: errno %d", ATTACK_FILE, errno);
	fd_close(&fd);
	name[strcspn(name, "\n")] = '\0';
	return fake_find(name[0] == '\0' ? "honest" : name);
}

static void
fake_open(struct fake *f)
{
	char error[256];
	size_t length;
	const void *text;

	f->made = -1;
	f->random = FAKE_SEED;
	if (!memfd_is_sealed(FAKE_TEXT, &length) ||
	    (text = map_fd(FAKE_TEXT, length, false)) == NULL)
		fatal(EXIT_CANNOT, "no policy");
	f->policy = parse_canonical(text, length, CONSUMER_DISPATCH, error,
	    sizeof error);
	if (f->policy == NULL)
		fatal(EXIT_CANNOT, "the policy cannot be read: %s", error);
	for (unsigned i = 0; i < f->policy->count; i++)
		f->listeners += f->policy->services[i]->listen.count;
	f->state = map_fd(FAKE_STATE, sizeof *f->state, true);
	if (f->state == NULL)
		fatal(EXIT_CANNOT, "no state file");
	state_header_set(&f->state->h, 'D', sizeof *f->state);
	f->state->generation = f->policy->generation;
}

static uint32_t
fake_service_of(const struct fake *f, unsigned listener)
{
	uint32_t service = 0;

	while (listener >= f->policy->services[service]->listen.count)
		listener -= f->policy->services[service++]->listen.count;
	return service;
}

void
fake_message(struct fake *f, enum msg_type type, struct datagram *d)
{
	memset(d, 0, sizeof *d);
	if (type == MSG_HELLO) {
		d->message.hello.generation = (uint32_t)f->policy->generation;
		d->message.hello.layers = f->layers | LAYER_SECCOMP;
	}
	if (type == MSG_START || type == MSG_START_WAIT) {
		d->message.start.number = ++f->number;
		d->message.start.entry = RULE_ENTRY_NONE;
	}
	if (type == MSG_START_WAIT) {
		d->message.start.service = FAKE_WAIT_SERVICE;
		d->message.start.listener = FAKE_WAIT_SERVICE;
	}
	if (type == MSG_SHIELD || type == MSG_GUARD)
		d->message.listener.listener = FAKE_WAIT_SERVICE;
	d->length = msg_prepare(&d->message, type);
}

void
fake_send(const struct datagram *d)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { (void *)(uintptr_t)d->bytes, d->length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct pollfd channel = { .fd = FAKE_CHANNEL, .events = POLLOUT };

	if (d->fd_count > 0) {
		size_t size = d->fd_count * sizeof(int);

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(size);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(&control.align), d->fds, size);
	}
	while (sendmsg(FAKE_CHANNEL, &message, MSG_NOSIGNAL) == -1) {
		if (errno != EAGAIN && errno != ETOOMANYREFS)
			exit(EXIT_CANNOT);	/* the parent has hung up */
		if (poll(&channel, 1, FAKE_WAIT_MS) != 1)
			exit(EXIT_CANNOT);	/* or does not read at all */
	}
}

/* Reads messages of the parent until one of that type comes. */
static void
fake_await(enum msg_type wanted)
{
	struct pollfd channel = { .fd = FAKE_CHANNEL, .events = POLLIN };
	union msg message = { .h = { .type = MSG_NONE } };

	while (message.h.type != wanted) {
		uint64_t bytes[IPC_MAX / sizeof(uint64_t)];
		size_t length;
		int fd;

		if (poll(&channel, 1, -1) != 1 ||
		    ipc_receive(FAKE_CHANNEL, bytes, &length, false, &fd) !=
		    IPC_OK)
			exit(EXIT_CLEAN);
		if (msg_decode(LINK_PARENT_TO_DISPATCH, bytes, length, false,
		    &message) != NULL)
			fatal(EXIT_CANNOT, "the parent's message is wrong");
	}
}

static int
fake_accept(unsigned listener)
{
	struct pollfd ready[2] = {
		{ .fd = FAKE_CHANNEL, .events = 0 },	/* hang-up only */
		{ .fd = FAKE_LISTENERS + (int)listener, .events = POLLIN },
	};
	int fd = -1;

	while (fd == -1) {
		if (poll(ready, 2, -1) == -1 || ready[0].revents != 0)
			exit(EXIT_CLEAN);
		fd = accept4(ready[1].fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
	return fd;
}

static void
fake_take_clients(struct fake *f, const struct attack *a)
{
	unsigned listener = 0;

	if (a->clients == SECOND)
		listener = f->policy->services[0]->listen.count;
	if (a->clients == LOCAL)
		listener = FAKE_LOCAL_SERVICE;
	for (unsigned i = 0; i < a->count; i++) {
		struct pollfd gone = { .events = 0 };

		f->connections[i] = fake_accept(listener);
		f->state->accepted++;
		gone.fd = f->connections[i];
		if (a->clients == RESET && poll(&gone, 1, FAKE_WAIT_MS) != 1)
			fatal(EXIT_CANNOT, "the client does not go");
	}
}

static void
fake_equip(const struct fake *f, const struct attack *a, unsigned turn,
    struct datagram *d)
{
	switch (a->carry) {
	case NO_FD:
		return;
	case CONNECTION:
		d->fds[d->fd_count++] = f->connections[turn % a->count];
		return;
	case BOTH:
		d->fds[d->fd_count++] = f->connections[0];
		d->fds[d->fd_count++] = f->connections[0];
		return;
	case MADE:
		d->fds[d->fd_count++] = f->made;
		return;
	case LISTENER:
		d->fds[d->fd_count++] = FAKE_LISTENERS;
		return;
	}
}

static void
fake_patch(struct datagram *d, const struct patch *patch)
{
	uint16_t half = (uint16_t)patch->value;
	uint32_t word = (uint32_t)patch->value;
	const void *bytes = patch->size == sizeof half ? (const void *)&half :
	    patch->size == sizeof word ? (const void *)&word :
	    (const void *)&patch->value;

	memcpy(d->bytes + patch->offset, bytes, patch->size);
}

static void
fake_strike(struct fake *f, const struct attack *a)
{
	struct datagram d;

	if (a->act != NULL)
		a->act(f);
	for (unsigned i = 0; a->type != MSG_NONE && i <= a->repeat; i++) {
		fake_message(f, a->type, &d);
		fake_equip(f, a, i, &d);
		fake_patch(&d, &a->patch);
		if (a->length != 0)
			d.length = a->length == LENGTH_EMPTY ? 0 : a->length;
		if (a->alter != NULL)
			a->alter(f, &d);
		fake_send(&d);
	}
}

static bool
fake_hand_over(struct fake *f, unsigned listener)
{
	struct datagram d;
	int fd = accept4(FAKE_LISTENERS + (int)listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return false;
	f->state->accepted++;
	fake_message(f, MSG_START, &d);
	d.message.start.service = fake_service_of(f, listener);
	d.message.start.listener = listener;
	d.fds[d.fd_count++] = fd;
	fake_send(&d);
	f->state->handed++;
	fd_close(&fd);
	return true;
}

/* One message of the parent, if there is any. */
static enum msg_type
fake_hear(void)
{
	uint64_t bytes[IPC_MAX / sizeof(uint64_t)];
	union msg message;
	size_t length;
	int fd;

	switch (ipc_receive(FAKE_CHANNEL, bytes, &length, false, &fd)) {
	case IPC_OK:
		break;
	case IPC_AGAIN:
		return MSG_NONE;
	default:
		exit(EXIT_CLEAN);	/* the parent has gone */
	}
	if (msg_decode(LINK_PARENT_TO_DISPATCH, bytes, length, false,
	    &message) != NULL)
		fatal(EXIT_CANNOT, "the parent's message is wrong");
	return message.h.type;
}

static void
fake_hang_up(struct fake *f)
{
	struct datagram d;

	fake_message(f, MSG_DRAINED, &d);
	fake_send(&d);
	exit(EXIT_CLEAN);
}

void
fake_serve(struct fake *f)
{
	struct pollfd ready[1 + FAKE_POLL_MAX] = {
		{ .fd = FAKE_CHANNEL, .events = POLLIN }
	};
	unsigned count = f->listeners < FAKE_POLL_MAX ? f->listeners :
	    FAKE_POLL_MAX;
	bool is_draining = false;
	enum msg_type heard;

	for (unsigned i = 0; i < count; i++)
		ready[1 + i] = (struct pollfd){
		    .fd = FAKE_LISTENERS + (int)i, .events = POLLIN };
	for (;;) {
		/* One START at a time, and its answer before the next. */
		bool is_free = f->state->handed == f->answers;

		if (is_draining && is_free)
			fake_hang_up(f);
		if (poll(ready, is_free ? 1 + count : 1, -1) == -1)
			exit(EXIT_CANNOT);
		while ((heard = fake_hear()) != MSG_NONE) {
			is_draining |= heard == MSG_DRAIN;
			f->answers += heard != MSG_DRAIN;
		}
		for (unsigned i = 0; is_free && !is_draining && i < count; i++)
			if (ready[1 + i].revents != 0 && fake_hand_over(f, i))
				break;
	}
}

/* Quiet until the parent kills us or hangs up. */
static void
fake_linger(void)
{
	struct pollfd channel = { .fd = FAKE_CHANNEL, .events = 0 };

	while (poll(&channel, 1, -1) != 1)
		;
}

static void
fake_options(int argc, char **argv, struct confinement *c)
{
	uint64_t uid = 0, gid = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--uid") == 0 &&
		    !number_parse(argv[i + 1], UINT32_MAX, &uid))
			fatal(EXIT_USAGE, "bad uid");
		if (strcmp(argv[i], "--gid") == 0 &&
		    !number_parse(argv[i + 1], UINT32_MAX, &gid))
			fatal(EXIT_USAGE, "bad gid");
	}
	if (uid == 0 || gid == 0)
		fatal(EXIT_USAGE, "this program is started by sallyportd");
	c->uid = (uint32_t)uid;
	c->gid = (uint32_t)gid;
}

int
main(int argc, char **argv)
{
	static struct fake fake;
	struct confinement confinement = { .net = true, .root = true };
	const struct attack *attack;
	struct datagram hello;

	program_name = "fake-dispatch";
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return fake_list();
	fake_options(argc, argv, &confinement);
	attack = fake_choose();
	fake_open(&fake);
	if (attack->make != NULL && (fake.made = attack->make()) == -1)
		fatal(EXIT_CANNOT, "%s cannot be prepared: errno %d",
		    attack->name, errno);
	confinement.files = FAKE_LISTENERS + fake.listeners + 64;
	fake.layers = confine(&confinement);

	if (attack->when != AT_HELLO) {
		fake_message(&fake, MSG_HELLO, &hello);
		fake_send(&hello);
		fake_await(MSG_GO);
		if (attack->act == fake_serve)
			fake_serve(&fake);
		fake_take_clients(&fake, attack);
	}
	if (attack->when == AT_DRAIN)
		fake_await(MSG_DRAIN);
	fake_strike(&fake, attack);
	fake_linger();
	return EXIT_CLEAN;
}
