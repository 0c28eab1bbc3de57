/*
 * sallyportd: the parent.
 *
 * Runs as root for the life of the daemon. It binds and holds every listener,
 * checks what the dispatcher asks for, starts and reaps servers and helpers,
 * opens what the log process writes to. It never reads the network, a
 * configuration file or a user database; it is protected by being small.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "parent/books.h"
#include "parent/daemon.h"
#include "parent/load.h"
#include "parent/loop.h"
#include "parent/options.h"
#include "parent/parent.h"
#include "parent/reap.h"
#include "parent/say.h"
#include "parent/sinks.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define RECORD_BUFFER (8 << 20)
#define COUNTER_SIZE 4096

static void
open_records(struct parent *p)
{
	int pair[2];
	int counter = memfd_shared("record-counter", COUNTER_SIZE);

	if (counter == -1 || ipc_pair(pair, RECORD_BUFFER) == -1)
		fatal(EXIT_CANNOT, "record channel: %s", strerror(errno));
	p->records.fd = pair[1];
	p->records.counter = map_fd(counter, COUNTER_SIZE, true);
	if (p->records.counter == NULL)
		fatal(EXIT_CANNOT, "record channel: %s", strerror(errno));
	(void)sinks_channel(p, WRITER_PARENT, pair[0], counter);
}

/* Failures of children before exec arrive here, twelve bytes each. */
static void
open_step_pipe(struct parent *p)
{
	if (pipe2(p->step_pipe, O_CLOEXEC | O_NONBLOCK) == -1)
		fatal(EXIT_CANNOT, "pipe: %s", strerror(errno));
	p->step_watch = (struct watch){ .fd = p->step_pipe[0],
	    .ready = reap_step_failure };
	if (loop_watch(p, &p->step_watch) == -1)
		fatal(EXIT_CANNOT, "epoll: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
	static struct parent parent;
	struct parent *p = &parent;

	program_name = "sallyportd";
	options_parse(&p->options, argc, argv);
	if (geteuid() != 0)
		fatal(EXIT_CANNOT, "must be started as root: it binds ports and "
		    "starts servers as other users");
	daemon_clean(p);
	daemon_detach(p);
	daemon_pid_file(p);
	daemon_state(p);
	if (books_open(p) == -1 || loop_open(p) == -1)
		fatal(EXIT_CANNOT, "start: %s", strerror(errno));
	open_records(p);
	open_step_pipe(p);
	load_begin(p);
	loop_run(p);
	daemon_remove_pid_file(p);
	daemon_remove_state(p);
	return p->exit_code;
}
