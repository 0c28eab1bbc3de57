/*
 * Stopping, in phases: listeners and dispatchers, servers, log. Root.
 */
#include "parent/stop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "parent/bind.h"
#include "parent/helper.h"
#include "parent/notify.h"
#include "parent/reap.h"
#include "parent/relay.h"
#include "parent/records.h"
#include "parent/rpc.h"
#include "parent/say.h"
#include "parent/shield.h"
#include "shared/util.h"

#define GRACE_MS 10000
#define LOG_MS 5000

void
stop_begin(struct parent *p, bool leave_servers)
{
	struct helper *h;

	if (p->stop != RUNNING)
		return;		/* under way, with its deadlines */
	if (p->in_force == NULL) {
		stop_at_once(p, EXIT_CLEAN);
		return;
	}
	p->stop = STOP_SERVERS;
	p->state->stopping = 1;
	p->leave_servers = leave_servers;
	p->stop_deadline_ms = monotonic_ms() + GRACE_MS;
	notify_stopping();
	for (h = p->helpers; h != NULL; h = h->next) {
		if (h->kind == HELPER_DISPATCH)
			helper_drain(p, h);
		else if (h->kind == HELPER_LOAD)
			helper_kill(p, h);
	}
	shield_settle(p, p->in_force);
	bind_close_all(p);
	for (uint32_t i = 0; i < p->state->service_count; i++)
		p->state->services[i].status = SERVICE_GONE;
	if (leave_servers) {
		relay_drain(p);
		return;
	}
	reap_signal_all(p, SIGTERM);
	relay_stop_all(p);
}

static void
quit_log(struct parent *p)
{
	records_close(p);
	helper_quit_log(p);
	p->stop = STOP_LOG;
	p->stop_deadline_ms = monotonic_ms() + LOG_MS;
}

void
stop_at_once(struct parent *p, int exit_code)
{
	for (struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind != HELPER_LOG)
			helper_kill(p, h);
	}
	p->exit_code = exit_code;
	/* What was recorded is still written. */
	quit_log(p);
}

void
stop_being_watched(struct parent *p)
{
	int null;

	if (p->ready_pipe != -1)
		(void)write_all(p->ready_pipe, "", 1);
	fd_close(&p->ready_pipe);
	if (p->options.foreground)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || dup2(null, STDERR_FILENO) == -1)
		say(p, LEVEL_WARNING, "standard error could not be given up");
	fd_close(&null);
}

/* Dispatchers finish; relay says that it will outlive us. */
static bool
must_wait(const struct parent *p, bool is_late)
{
	if (p->leave_servers && relay_is_pending(p))
		return true;
	if (!is_late && rpc_is_busy(p))
		return true;
	if (!p->leave_servers &&
	    (p->state->processes > 0 || p->state->sessions > 0))
		return true;
	for (const struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind == HELPER_DISPATCH)
			return true;
	}
	return false;
}

/* As many as relay's channel has room for; at last relay itself. */
static void
stop_sessions(struct parent *p, bool is_late)
{
	if (is_late && p->relay != NULL)
		helper_kill(p, p->relay);
	else
		relay_stop_all(p);
}

static void
stop_log(struct parent *p)
{
	struct record record;

	record_init(&record, RECORD_STOPPED);
	record.level = LEVEL_WARNING;
	record.number[0] = p->state->processes;
	record_text(&record, "%s", p->leave_servers ?
	    "servers are left running" : "");
	say_record(p, &record);
	/* It died a moment ago: one more has to write what is queued. */
	if (p->log == NULL && helper_start_log(p) == -1)
		say(p, LEVEL_ERR, "the last records cannot be written");
	quit_log(p);
}

void
stop_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	if (p->stop == STOP_SERVERS) {
		bool is_late = now_ms >= p->stop_deadline_ms;

		if (is_late && !p->leave_servers)
			reap_signal_all(p, SIGKILL);
		if (is_late)
			p->stop_deadline_ms = now_ms + 1000;
		if (!p->leave_servers && p->state->sessions > 0)
			stop_sessions(p, is_late);
		if (!must_wait(p, is_late))
			stop_log(p);
	}
	if (p->stop == STOP_LOG &&
	    (p->log == NULL || now_ms >= p->stop_deadline_ms)) {
		if (p->log != NULL)
			helper_kill(p, p->log);
		p->stop = STOPPED;
	}
	if (p->stop != RUNNING && p->stop != STOPPED &&
	    p->stop_deadline_ms < *next_ms)
		*next_ms = p->stop_deadline_ms;
}
