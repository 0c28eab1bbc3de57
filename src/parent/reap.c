/*
 * Reaping. Root. A pid is ours until it is reaped here, so that kill() before
 * that cannot hit another process.
 */
#include "parent/reap.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "parent/books.h"
#include "parent/child.h"
#include "parent/dump.h"
#include "parent/generation.h"
#include "parent/helper.h"
#include "parent/relay.h"
#include "parent/rpc.h"
#include "parent/say.h"
#include "parent/wait.h"
#include "shared/util.h"

#define GRACE_MS 10000
#define RETRY_MS 100		/* when relay's channel was full */
#define REPORTS_A_TURN 64	/* of steps that failed */

static void
server_ended(struct parent *p, struct instance *in, int status)
{
	const struct generation *g = in->generation;
	const struct instance gone = *in;
	struct record record;

	books_record_end(in, &record);
	if (WIFSIGNALED(status)) {
		record.signal = WTERMSIG(status);
		record.status = -1;
	} else {
		record.status = WEXITSTATUS(status);
	}
	say_record(p, &record);
	books_remove(p, in);
	if (gone.listener != NULL)
		wait_ended(p, &gone);
	if (g != p->in_force)
		generation_sweep(p);
}

void
reap_children(struct parent *p)
{
	struct instance *in;
	int status;
	pid_t pid;

	/* What they said before they ended, while they still have a name. */
	reap_step_failure(p, NULL);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if ((in = books_by_pid(p, pid)) != NULL)
			server_ended(p, in, status);
		else if (!helper_reaped(p, pid, status) &&
		    !rpc_reaped(p, pid, status) &&
		    !dump_reaped(p, pid, status))
			say(p, LEVEL_DEBUG, "child process %d ended that was "
			    "not started here", (int)pid);
	}
}

void
reap_step_failure(struct parent *p, void *unused)
{
	struct child_failure failure;
	const struct service *s;
	struct instance *in;

	(void)unused;
	/* sallyport-label writes as the service's user, and another process of
	 * that user might: they get a line a server and decide nothing. */
	for (int i = 0; i < REPORTS_A_TURN &&
	    read(p->step_pipe[0], &failure, sizeof(failure)) ==
	    (ssize_t)sizeof(failure); i++) {
		in = books_by_pid(p, failure.pid);
		if (in == NULL || in->is_reported)
			continue;
		in->is_reported = true;
		s = in->generation->is_stripped ? NULL :
		    in->generation->launches[in->service].service;
		say(p, LEVEL_ERR, "service %s: server %s (%d) did not start: "
		    "%s: %s (errno = %d)%s", s != NULL ? s->id : "?",
		    s != NULL ? s->server : "?", (int)failure.pid,
		    child_step_name(failure.step), strerror(failure.error),
		    (int)failure.error, failure.step == STEP_EXEC &&
		    failure.error == ENOENT ? "; is the interpreter in its "
		    "first line there?" : "");
	}
}

/* The whole session, and the server alone before it has one. */
static void
signal_server(const struct instance *in, int signal)
{
	must(!in->is_relayed);
	if (kill(-in->pid, signal) == -1)
		(void)kill(in->pid, signal);
}

void
reap_signal_all(struct parent *p, int signal)
{
	for (uint32_t i = 0; i < p->state->instance_high; i++) {
		struct instance *in = &p->instances[i];

		if (in->pid == 0 || in->is_relayed)
			continue;
		in->exit_by = EXIT_BY_OPERATOR;
		signal_server(in, signal);
	}
}

/* TERM or its like first, then KILL or its like. */
static void
overrun(struct parent *p, struct instance *in, uint64_t now_ms)
{
	bool is_last = in->is_told;

	in->exit_by = EXIT_BY_LIMIT;
	if (in->is_relayed) {
		in->is_told = relay_stop(p, in, is_last);
	} else {
		signal_server(in, is_last ? SIGKILL : SIGTERM);
		in->is_told = true;
	}
	in->deadline_ms = is_last ? 0 :
	    now_ms + (in->is_told ? GRACE_MS : RETRY_MS);
}

void
reap_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	if (p->next_deadline_ms == 0)
		return;
	if (p->next_deadline_ms > now_ms) {
		if (p->next_deadline_ms < *next_ms)
			*next_ms = p->next_deadline_ms;
		return;
	}
	p->next_deadline_ms = 0;
	for (uint32_t i = 0; i < p->state->instance_high; i++) {
		struct instance *in = &p->instances[i];

		if (in->pid == 0 || in->deadline_ms == 0)
			continue;
		if (in->deadline_ms <= now_ms)
			overrun(p, in, now_ms);
		if (in->deadline_ms != 0 && (p->next_deadline_ms == 0 ||
		    in->deadline_ms < p->next_deadline_ms))
			p->next_deadline_ms = in->deadline_ms;
	}
	if (p->next_deadline_ms != 0 && p->next_deadline_ms < *next_ms)
		*next_ms = p->next_deadline_ms;
}
