/*
 * sallyport-lookup: names of addresses, and who owns a connection's other end.
 *
 * Started by the parent as root with descriptors 3 (control channel) and 4
 * (the hosts file, or /dev/null) and an empty environment. It lets c-ares read
 * resolv.conf, stops being root, reads descriptor 4, puts the sandbox on and
 * says LOOKUP_READY; from then on it is the one helper that reaches the
 * network, by UDP and TCP, and has nothing else: no file, no client's
 * descriptor, no policy.
 *
 * Memory is bounded: 8 MB of answers, 5 MB of questions, at most 2,048 queries
 * of about 2 kB, 64 kB for each TCP connection to a server, and a hosts file
 * of 1 MB with at most 8 MB of books about it.
 */
#include "lookup/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lookup/asker.h"
#include "lookup/question.h"
#include "shared/confine.h"
#include "shared/ipc.h"
#include "shared/sandbox.h"
#include "shared/util.h"

enum { FD_CONTROL = 3, FD_HOSTS = 4 };

static struct lookup lookup;

static void
read_options(int argc, char **argv, struct confinement *c)
{
	const struct {
		const char *name;
		uint32_t *value;
	} options[] = { { "--uid", &c->uid }, { "--gid", &c->gid } };
	uint64_t number;

	if (argc != 5)
		fatal(EXIT_USAGE, "this program is started by sallyportd");
	for (int i = 0; i < 2; i++) {
		if (strcmp(argv[1 + 2 * i], options[i].name) != 0 ||
		    !number_parse(argv[2 + 2 * i], UINT32_MAX - 1, &number) ||
		    number == 0)
			fatal(EXIT_USAGE, "bad option %d", i);
		*options[i].value = (uint32_t)number;
	}
}

/* What is not there, or no file, says nothing about any name. */
static void
read_hosts(void)
{
	char *bytes = malloc(HOSTS_BYTES);
	size_t used = 0;
	int fd = FD_HOSTS;

	if (bytes == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	while (used < HOSTS_BYTES) {
		ssize_t n = read(fd, bytes + used, HOSTS_BYTES - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fatal(EXIT_CANNOT, "hosts file: errno %d", errno);
		if (n == 0)
			break;
		used += (size_t)n;
	}
	lookup.hosts = hosts_parse(bytes, used);
	if (lookup.hosts == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	free(bytes);
	fd_close(&fd);
}

static void
control_readable(void *context)
{
	char bytes[IPC_MAX];
	union msg m;
	size_t length;
	int fd;

	(void)context;
	for (;;) {
		const char *broken;

		switch (ipc_receive(FD_CONTROL, bytes, &length, true, &fd)) {
		case IPC_AGAIN:
			return;
		case IPC_CLOSED:
			loop_stop(lookup.loop);
			return;
		case IPC_NO_FD:
			/* That dispatcher sees its channel close. */
			continue;
		case IPC_OK:
			break;
		default:
			fatal(EXIT_CANNOT, "the control channel fails");
		}
		broken = msg_decode(LINK_PARENT_TO_LOOKUP, bytes, length,
		    fd != -1, &m);
		if (broken != NULL)
			fatal(EXIT_CANNOT, "the parent breaks a rule: %s",
			    broken);
		asker_add(&lookup, fd);
	}
}

static void
set_up(void)
{
	uint64_t key[2];

	for (int fd = FD_CONTROL; fd <= FD_HOSTS; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			fatal(EXIT_CANNOT, "descriptor %d is missing", fd);
	read_hosts();
	if (getrandom(key, sizeof key, 0) != sizeof key)
		fatal(EXIT_CANNOT, "no random bytes: errno %d", errno);
	lookup.loop = loop_new();
	if (lookup.loop == NULL || !question_prepare(&lookup) ||
	    !resolver_attach(lookup.resolver, lookup.loop, key))
		fatal(EXIT_CANNOT, "no event loop: errno %d", errno);
	asker_prepare(&lookup);
	lookup.control = loop_watch_new(lookup.loop, FD_CONTROL, LOOP_READABLE,
	    control_readable, NULL);
	if (lookup.control == NULL || !loop_watch_arm(lookup.control))
		fatal(EXIT_CANNOT, "the channel cannot be polled: errno %d",
		    errno);
}

static void
say_ready(uint32_t layers)
{
	union msg message = { .plain = { .value = layers } };
	size_t length = msg_prepare(&message, MSG_LOOKUP_READY);

	if (ipc_send(FD_CONTROL, &message, length, -1) != IPC_OK)
		fatal(EXIT_CANNOT, "the parent is gone");
}

int
main(int argc, char **argv)
{
	struct confinement confinement = { .root = true,
	    .files = RESOLVE_FILES };
	uint32_t layers;

	program_name = "sallyport-lookup";
	read_options(argc, argv, &confinement);
	/* Root's own files, read before rights and root directory go. */
	lookup.resolver = resolver_new();
	if (lookup.resolver == NULL)
		fatal(EXIT_CANNOT, "resolv.conf cannot be used");
	layers = confine(&confinement);
	set_up();
	layers |= sandbox_enter(SANDBOX_LOOKUP);
	if ((layers & LAYERS_MANDATORY) != LAYERS_MANDATORY)
		fatal(EXIT_SANDBOX, "a mandatory layer is missing");
	say_ready(layers);
	if (!loop_run(lookup.loop))
		fatal(EXIT_CANNOT, "the event loop fails: errno %d", errno);
	return EXIT_CLEAN;
}
