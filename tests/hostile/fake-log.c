/*
 * A log process that has fallen to an attacker, for the tests of the parent.
 *
 * Takes the place of sallyport-log: same arguments, same descriptors. It reads
 * the name of an attack from ATTACK_FILE, waits for what the attack needs to
 * know, attacks, and stays, reading nothing more, so that a test can see what
 * becomes of it. Without an attack it becomes the real one, which is beside it
 * under the name "real-log". `--list` prints the names.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/util.h"

#define CHANNEL 3
#define ATTACK_FILE "/run/sallyport-test/log-attack"
#define NO_CHANNEL UINT64_C(999999)
#define READ_MS 10000

enum about { ABOUT_NOTHING, ABOUT_PARENT, ABOUT_DISPATCH, ABOUT_NOBODY };

static const struct attack {
	const char *name;
	unsigned ready;		/* times LOG_READY */
	enum msg_type type;	/* then this message; MSG_NONE: none */
	enum about about;	/* the channel it names */
	uint32_t kind;
	unsigned repeat;	/* times */
	bool is_closing;	/* closes its channel at the end */
	bool is_endless;	/* the same about every channel that is named */
	useconds_t pause_us;	/* after each message */
} attacks[] = {
	{ .name = "silent" },
	{ .name = "deaf", .ready = 1 },
	{ .name = "ready-twice", .ready = 2 },
	{ .name = "hangs-up", .ready = 1, .is_closing = true },
	{ .name = "done-parent", .ready = 1, .type = MSG_CHANNEL_DONE,
	    .about = ABOUT_PARENT, .repeat = 1 },
	{ .name = "done-dispatch", .ready = 1, .type = MSG_CHANNEL_DONE,
	    .about = ABOUT_DISPATCH, .repeat = 1 },
	{ .name = "done-twice", .ready = 1, .type = MSG_CHANNEL_DONE,
	    .about = ABOUT_DISPATCH, .repeat = 2 },
	{ .name = "done-again", .ready = 1, .type = MSG_CHANNEL_DONE,
	    .about = ABOUT_DISPATCH, .repeat = 100, .pause_us = 500000 },
	{ .name = "done-always", .ready = 1, .type = MSG_CHANNEL_DONE,
	    .about = ABOUT_DISPATCH, .repeat = 1, .is_endless = true },
	{ .name = "done-nobody", .ready = 1, .type = MSG_CHANNEL_DONE,
	    .about = ABOUT_NOBODY, .repeat = 1000 },
	{ .name = "sinks-dead", .ready = 1, .type = MSG_SINK_DEAD,
	    .kind = ENOSPC, .repeat = 20000 },
	{ .name = "starts", .ready = 1, .type = MSG_DRAINED, .repeat = 1 },
};
#define ATTACKS (sizeof attacks / sizeof attacks[0])

static const struct attack *
choose(void)
{
	char name[64] = "";
	int fd = open(ATTACK_FILE, O_RDONLY | O_CLOEXEC);

	if (fd != -1 && read(fd, name, sizeof name - 1) == -1)
		fatal(EXIT_CANNOT, "%s: errno %d", ATTACK_FILE, errno);
	fd_close(&fd);
	name[strcspn(name, "\n")] = '\0';
	for (size_t i = 0; i < ATTACKS; i++)
		if (strcmp(attacks[i].name, name) == 0)
			return &attacks[i];
	if (name[0] != '\0')
		fatal(EXIT_USAGE, "no attack is called %s", name);
	return NULL;
}

/* The real one; it gives up its rights by itself. */
static _Noreturn void
become_real(char **argv)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
	char *slash;

	if (n <= 0)
		fatal(EXIT_CANNOT, "who am I?");
	path[n] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash + 1, "real-log", sizeof "real-log");
	(void)execv(path, argv);
	fatal(EXIT_CANNOT, "%s: errno %d", path, errno);
}

static void
send_message(enum msg_type type, uint64_t number, uint32_t value)
{
	union msg m;
	size_t length;
	struct pollfd ready = { .fd = CHANNEL, .events = POLLOUT };

	memset(&m, 0, sizeof m);
	length = msg_prepare(&m, type);
	if (msg_table[type].size == sizeof m.log) {
		m.log.number = number;
		m.log.kind = value;
	} else {
		m.plain.value = value;
	}
	while (ipc_send(CHANNEL, &m, length, -1) == IPC_AGAIN) {
		if (poll(&ready, 1, READ_MS) != 1)
			fatal(EXIT_CANNOT, "the parent does not read");
	}
}

/* The number of the first channel of that writer that the parent names. */
static uint64_t
await_channel(enum record_writer writer)
{
	for (;;) {
		struct pollfd ready = { .fd = CHANNEL, .events = POLLIN };
		uint64_t bytes[IPC_MAX / sizeof(uint64_t)];
		size_t length = 0;
		union msg m;
		int fd = -1;
		enum ipc_result result;

		if (poll(&ready, 1, READ_MS) != 1)
			fatal(EXIT_CANNOT, "no channel is named");
		result = ipc_receive(CHANNEL, bytes, &length, true, &fd);
		if (result != IPC_OK)
			fatal(EXIT_CANNOT, "the channel is broken");
		if (msg_decode(LINK_PARENT_TO_LOG, bytes, length, fd != -1,
		    &m) != NULL)
			fatal(EXIT_CANNOT, "a message breaks a rule");
		fd_close(&fd);
		if (m.h.type == MSG_CHANNEL && m.log.kind == (uint32_t)writer)
			return m.log.number;
	}
}

static uint64_t
number_of(const struct attack *a)
{
	switch (a->about) {
	case ABOUT_PARENT:
		return await_channel(WRITER_PARENT);
	case ABOUT_DISPATCH:
		return await_channel(WRITER_DISPATCH);
	case ABOUT_NOBODY:
		return NO_CHANNEL;
	case ABOUT_NOTHING:
		break;
	}
	return 1;	/* the audit file's sink */
}

static void
strike(const struct attack *a)
{
	uint64_t number;

	if (a->type == MSG_NONE)
		return;
	number = number_of(a);
	for (unsigned i = 0; i < a->repeat; i++) {
		send_message(a->type, number, a->kind);
		(void)usleep(a->pause_us);
	}
}

int
main(int argc, char **argv)
{
	const struct attack *a;

	program_name = "fake-log";
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < ATTACKS; i++)
			if (puts(attacks[i].name) == EOF)
				return EXIT_CANNOT;
		return fflush(stdout) == 0 ? EXIT_CLEAN : EXIT_CANNOT;
	}
	a = choose();
	if (a == NULL)
		become_real(argv);
	for (unsigned i = 0; i < a->ready; i++)
		send_message(MSG_LOG_READY, 0, LAYERS_MANDATORY);
	do
		strike(a);
	while (a->is_endless);
	if (a->is_closing)
		(void)close(CHANNEL);
	for (;;)
		(void)pause();
}
