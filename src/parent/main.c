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
#include "parent/records.h"
#include "parent/watch.h"
#include "shared/util.h"

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
	daemon_state(p);
	daemon_pid_file(p);
	if (books_open(p) == -1 || loop_open(p) == -1)
		fatal(EXIT_CANNOT, "start: %s", strerror(errno));
	if (records_open(p) == -1)
		fatal(EXIT_CANNOT, "record channel: %s", strerror(errno));
	open_step_pipe(p);
	watch_open(p);
	load_begin(p);
	loop_run(p);
	daemon_remove_pid_file(p);
	daemon_remove_state(p);
	return p->exit_code;
}
