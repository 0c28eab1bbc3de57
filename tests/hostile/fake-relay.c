/*
 * The relay that has fallen to an attacker: takes one session, then breaks a
 * rule of the parent's.
 *
 * Started by the daemon under test in the place of sallyport-relay. It does
 * what the attack file names and removes that file, so that its successor finds
 * none and becomes the real program (real-relay, in the same directory).
 */
#include <sys/socket.h>

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

#define ATTACK_FILE "/run/sallyport-test/relay-attack"
#define CHANNEL 3
#define FLOOD 100000

static uint32_t layers;
static struct msg_session victim;	/* the session that it was given */

static void
say(enum msg_type type, union msg *m, int fd)
{
	(void)ipc_send(CHANNEL, m, msg_prepare(m, type), fd);
}

static void
say_ready(void)
{
	union msg m = { .plain = { .value = layers | LAYER_SECCOMP } };

	say(MSG_RELAY_READY, &m, -1);
}

static union msg
an_end(enum session_end cause)
{
	return (union msg){ .session_end = { .conn = victim.conn,
	    .slot = victim.slot, .cause = cause, .in = 1, .out = 2 } };
}

static void
end_honestly(void)
{
	union msg m = an_end(SESSION_CLOSED);

	say(MSG_SESSION_END, &m, -1);
}

static void
end_another_slot(void)
{
	union msg m = an_end(SESSION_CLOSED);

	m.session_end.slot++;
	say(MSG_SESSION_END, &m, -1);
}

static void
end_another_connection(void)
{
	union msg m = an_end(SESSION_CLOSED);

	m.session_end.conn++;
	say(MSG_SESSION_END, &m, -1);
}

static void
end_twice(void)
{
	end_honestly();
	end_honestly();
}

static void
end_with_huge_numbers(void)
{
	union msg m = an_end(SESSION_CLOSED);

	m.session_end.in = UINT64_MAX;
	say(MSG_SESSION_END, &m, -1);
}

static void
end_as_stopped(void)
{
	union msg m = an_end(SESSION_STOPPED);

	say(MSG_SESSION_END, &m, -1);
}

static void
end_with_a_target(void)
{
	union msg m = an_end(SESSION_NOT_CONNECTED);

	say(MSG_SESSION_END, &m, -1);
}

static void
end_as_lost(void)
{
	union msg m = an_end(SESSION_LOST);

	say(MSG_SESSION_END, &m, -1);
}

static void
end_out_of_range(void)
{
	union msg m = an_end(SESSION_CLOSED);

	m.session_end.slot = UINT32_MAX;
	say(MSG_SESSION_END, &m, -1);
}

static void
end_with_a_descriptor(void)
{
	union msg m = an_end(SESSION_CLOSED);

	say(MSG_SESSION_END, &m, STDIN_FILENO);
}

static void
say_another_message(void)
{
	union msg m = { .hello = { .generation = 1 } };

	say(MSG_HELLO, &m, -1);
}

static void
cut_short(void)
{
	union msg m = an_end(SESSION_CLOSED);
	size_t length = msg_prepare(&m, MSG_SESSION_END);

	(void)ipc_send(CHANNEL, &m, length - 1, -1);
}

static void
flood(void)
{
	for (int i = 0; i < FLOOD; i++)
		end_another_slot();
}

static void
hang_up(void)
{
	(void)close(CHANNEL);
}

static void
do_nothing(void)
{
}

static const struct attack {
	const char *name;
	bool says_ready;	/* before the session comes */
	void (*act)(void);
} attacks[] = {
	{ "another-slot", true, end_another_slot },
	{ "another-connection", true, end_another_connection },
	{ "twice", true, end_twice },
	{ "huge-numbers", true, end_with_huge_numbers },
	{ "stopped-unasked", true, end_as_stopped },
	{ "target-of-echo", true, end_with_a_target },
	{ "lost", true, end_as_lost },
	{ "out-of-range", true, end_out_of_range },
	{ "descriptor", true, end_with_a_descriptor },
	{ "another-message", true, say_another_message },
	{ "short", true, cut_short },
	{ "ready-twice", true, say_ready },
	{ "end-before-ready", false, end_honestly },
	{ "flood", true, flood },
	{ "hang-up", true, hang_up },
	{ "deaf", true, do_nothing },
};

static const struct attack *
choose(void)
{
	char name[64] = "";
	int fd = open(ATTACK_FILE, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	if (read(fd, name, sizeof name - 1) == -1 || unlink(ATTACK_FILE) == -1)
		fatal(EXIT_CANNOT, "%s: errno %d", ATTACK_FILE, errno);
	fd_close(&fd);
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
		if (strcmp(attacks[i].name, name) == 0)
			return &attacks[i];
	fatal(EXIT_USAGE, "no attack is called %s", name);
}

static _Noreturn void
become_honest(char **argv)
{
	char path[PATH_MAX], real[PATH_MAX];
	char *none[] = { NULL };
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (n <= 0)
		fatal(EXIT_CANNOT, "/proc/self/exe: errno %d", errno);
	path[n] = '\0';
	slash = strrchr(path, '/');
	(void)format_text(real, sizeof real, "%.*s/real-relay",
	    (int)(slash - path), path);
	execve(real, argv, none);
	fatal(EXIT_CANNOT, "%s: errno %d", real, errno);
}

/* Waits for one session; its connection stays open in our hands. */
static void
take_session(void)
{
	struct pollfd channel = { .fd = CHANNEL, .events = POLLIN };
	uint64_t bytes[IPC_MAX / 8];
	size_t length;
	union msg m;
	int fd;

	for (;;) {
		if (poll(&channel, 1, -1) != 1)
			fatal(EXIT_CANNOT, "poll: errno %d", errno);
		if (ipc_receive(CHANNEL, bytes, &length, true, &fd) != IPC_OK ||
		    msg_decode(LINK_PARENT_TO_RELAY, bytes, length, fd != -1,
		    &m) != NULL)
			fatal(EXIT_CANNOT, "the parent is not understood");
		if (m.h.type == MSG_SESSION) {
			victim = m.session;
			return;
		}
	}
}

int
main(int argc, char **argv)
{
	struct confinement c = { .net = true, .root = true, .files = 64 };
	const struct attack *attack = choose();
	uint64_t uid, gid;

	program_name = "fake-relay";
	if (attack == NULL)
		become_honest(argv);
	if (argc != 5 || !number_parse(argv[2], UINT32_MAX, &uid) ||
	    !number_parse(argv[4], UINT32_MAX, &gid))
		fatal(EXIT_USAGE, "this program is started by sallyportd");
	c.uid = (uint32_t)uid;
	c.gid = (uint32_t)gid;
	layers = confine(&c);
	if (attack->says_ready)
		say_ready();
	take_session();
	attack->act();
	/* Quiet until the parent kills us. */
	for (;;)
		(void)poll(NULL, 0, -1);
}
