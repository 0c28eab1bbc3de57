/*
 * sallyport-relay: sessions between clients and targets, and small answers.
 *
 * Started by the parent as root with fixed descriptors; the first thing it does
 * is to stop being root. It gets every socket from the parent: it cannot make,
 * connect or accept one, opens no file and looks at no byte it moves.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "shared/confine.h"
#include "shared/sandbox.h"
#include "shared/util.h"

#include "relay/chargen.h"
#include "relay/control.h"
#include "relay/relay.h"
#include "relay/session.h"

/* Two for a session, two for a pipe, and our own. */
#define MAIN_FILES (2 * STATE_SESSIONS + 2 * RELAY_PIPES + 64)

static void
main_options(int argc, char **argv, struct confinement *c)
{
	uint64_t uid, gid;

	/* All of them, in this order: the parent writes nothing else. */
	if (argc != 5 || strcmp(argv[1], "--uid") != 0 ||
	    strcmp(argv[3], "--gid") != 0 ||
	    !number_parse(argv[2], UINT32_MAX - 1, &uid) || uid == 0 ||
	    !number_parse(argv[4], UINT32_MAX - 1, &gid) || gid == 0)
		fatal(EXIT_USAGE, "this program is started by sallyportd");
	c->uid = (uint32_t)uid;
	c->gid = (uint32_t)gid;
}

/* Without CAP_SYS_RESOURCE the hard limit is what there is. Sessions beyond it
 * end with NO_ROOM; that must not come as a surprise. */
static void
main_check_files(void)
{
	struct rlimit limit;
	char line[160];
	size_t length;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		fatal(EXIT_CANNOT, "getrlimit: errno %d", errno);
	if (limit.rlim_cur >= MAIN_FILES)
		return;
	length = format_text(line, sizeof line, "%s: only %llu descriptors, "
	    "%u are wanted: raise the hard limit, or sessions are refused\n",
	    program_name, (unsigned long long)limit.rlim_cur, MAIN_FILES);
	/* For who reads it; nothing depends on it. */
	(void)write_all(2, line, length);
}

static void
main_map_state(struct relay *r)
{
	int fd = FD_RELAY_STATE;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)sizeof *r->state)
		fatal(EXIT_CANNOT, "%s has another size", STATE_RELAY);
	r->state = map_fd(fd, sizeof *r->state, true);
	if (r->state == NULL)
		fatal(EXIT_CANNOT, "%s cannot be mapped: errno %d",
		    STATE_RELAY, errno);
	fd_close(&fd);
	/* A predecessor's sessions ended with it. */
	memset(r->state, 0, sizeof *r->state);
	state_header_set(&r->state->h, 'R', sizeof *r->state);
}

static void
main_open(struct relay *r)
{
	r->channel = FD_CHANNEL;
	r->held_fd = -1;
	r->unreported_end = &r->unreported;
	r->sessions = calloc(STATE_INSTANCES, sizeof(struct session *));
	r->loop = loop_new();
	if (r->loop == NULL || r->sessions == NULL)
		fatal(EXIT_CANNOT, "no event loop: errno %d", errno);
	r->readable = loop_watch_new(r->loop, r->channel, LOOP_READABLE,
	    control_readable, r);
	r->writable = loop_watch_new(r->loop, r->channel, LOOP_WRITABLE,
	    session_report, r);
	if (r->readable == NULL || r->writable == NULL ||
	    !loop_watch_arm(r->readable))
		fatal(EXIT_CANNOT, "the channel cannot be polled: errno %d",
		    errno);
	chargen_make();
}

static void
main_close(struct relay *r)
{
	struct relay_pipe *p;

	while ((p = r->pipes) != NULL) {
		r->pipes = p->next;
		free(p);
	}
	loop_watch_free(r->readable);
	loop_watch_free(r->writable);
	loop_free(r->loop);
	free(r->sessions);
}

int
main(int argc, char **argv)
{
	static struct relay relay;
	struct confinement confinement = { .net = true, .root = true,
	    .files = MAIN_FILES };

	program_name = "sallyport-relay";
	main_options(argc, argv, &confinement);
	/* splice() to a socket that its peer has closed has no other way to
	 * keep quiet. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fatal(EXIT_CANNOT, "signal: errno %d", errno);
	relay.layers = confine(&confinement);
	main_check_files();
	main_map_state(&relay);
	main_open(&relay);

	relay.layers |= sandbox_enter(SANDBOX_RELAY);
	if ((relay.layers & LAYERS_MANDATORY) != LAYERS_MANDATORY)
		fatal(EXIT_SANDBOX, "a mandatory layer is missing");
	control_ready(&relay);
	if (!loop_run(relay.loop))
		fatal(EXIT_CANNOT, "the event loop fails: errno %d", errno);
	main_close(&relay);
	return EXIT_CLEAN;
}
