/*
 * Loading a policy: the conversation with sallyport-load and the change-over.
 * Root. Nothing changes until the new policy's dispatcher is ready; every
 * failure leaves the policy in force as it is and is recorded with its reason.
 */
#include "parent/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/generation.h"
#include "parent/helper.h"
#include "parent/lookup.h"
#include "parent/notify.h"
#include "parent/say.h"
#include "parent/sinks.h"
#include "parent/stop.h"
#include "parent/watch.h"
#include "policy/diag.h"
#include "shared/util.h"

#define SAID_MAX 65536

static void
begin(struct parent *p, bool is_watched)
{
	struct load_job *job = &p->load;

	if (p->stop != RUNNING)
		return;
	if (job->helper != NULL || p->candidate != NULL) {
		if (is_watched)
			job->is_watched_again = true;
		else
			job->is_wanted_again = true;
		return;
	}
	/* A whole load reads the watched files, too. */
	job->is_watched_again = false;
	if (!is_watched)
		job->is_wanted_again = false;
	job->is_watched = is_watched;
	job->began_us = wall_us();
	job->is_first = p->in_force == NULL;
	for (int i = 0; i < LOADED_MAX; i++)
		job->fds[i] = -1;
	job->said_length = 0;
	told_begin(&job->told);
	if (!job->is_first)
		say(p, LEVEL_NOTICE, "Starting reconfiguration");
	notify_reloading();
	if (helper_start_load(p) == -1)
		load_failed(p, "the loader could not be started");
}

void
load_begin(struct parent *p)
{
	begin(p, false);
}

void
load_begin_watched(struct parent *p)
{
	/* The first load may have read the file before it changed. */
	if (p->in_force != NULL || p->load.helper != NULL ||
	    p->candidate != NULL)
		begin(p, true);
}

/* What was asked for while a load was running. */
static void
begin_again(struct parent *p)
{
	if (p->load.is_wanted_again)
		load_begin(p);
	else if (p->load.is_watched_again)
		load_begin_watched(p);
}

/* The first load's diagnostics go to whoever started us. */
static void
remember(struct load_job *job, const char *text, size_t length)
{
	if (!job->is_first || job->said_length + length + 1 > SAID_MAX)
		return;
	if (job->said == NULL && (job->said = malloc(SAID_MAX)) == NULL)
		return;
	memcpy(job->said + job->said_length, text, length);
	job->said[job->said_length + length] = '\n';
	job->said_length += length + 1;
}

static void
show(struct load_job *job)
{
	if (job->said_length > 0)
		(void)write_all(STDERR_FILENO, job->said, job->said_length);
	job->said_length = 0;
	free(job->said);
	job->said = NULL;
}

static void
end_job(struct parent *p, enum load_status status)
{
	struct load_job *job = &p->load;

	for (int i = 0; i < LOADED_MAX; i++)
		fd_close(&job->fds[i]);
	if (job->helper != NULL && status == LOAD_FAILED)
		helper_kill(p, job->helper);
	job->helper = NULL;
	p->state->loads++;
	p->state->last_load_us = wall_us();
	p->state->last_load_status = status;
	if (status != LOAD_GOOD)
		p->state->loads_refused++;
}

static void
refuse(struct parent *p, enum load_status status, const char *why)
{
	struct record record;
	bool is_first = p->load.is_first;

	end_job(p, status);
	if (p->stop != RUNNING)
		return;		/* it was stopped, not refused */
	record_init(&record, RECORD_REJECTED);
	record.level = LEVEL_ERR;
	record_text(&record, "%s%s", why, p->load.is_watched ? "; what has "
	    "changed in hosts.deny, hosts.allow or the like is NOT in force" :
	    "");
	say_record(p, &record);
	if (is_first) {
		char line[512];
		size_t length = format_text(line, sizeof(line),
		    "sallyportd: %s: %s\n", p->options.config, why);

		show(&p->load);
		(void)write_all(STDERR_FILENO, line, length);
		stop_at_once(p, EXIT_FINDINGS);
		return;
	}
	if (p->load.is_watched && status == LOAD_FAILED)
		watch_retry(p);
	notify_ready("policy unchanged");
	begin_again(p);
}

/* For reasons that no diagnostic has given yet. */
static void
refuse_because(struct parent *p, enum load_status status, const char *why)
{
	say_last_error(p, why);
	refuse(p, status, why);
}

void
load_failed(struct parent *p, const char *why)
{
	refuse_because(p, LOAD_FAILED, why);
}

void
load_abandon(struct parent *p, const char *why)
{
	generation_abandon(p);
	refuse_because(p, LOAD_FAILED, why);
}

static void
apply(struct parent *p)
{
	struct generation *g;
	char why[RECORD_TEXT];

	g = generation_make(p, p->load.fds, why, sizeof(why));
	if (g == NULL) {
		refuse_because(p, LOAD_REFUSED, why);
		return;
	}
	p->candidate = g;
	if (g->policy->count == 0 && !p->options.stay_alive) {
		load_abandon(p, "no service is left to offer; start with "
		    "-stayalive to run all the same");
		return;
	}
	p->load.helper = NULL;	/* it exits by itself */
	if (p->load.is_first && helper_start_log(p) == -1)
		helper_retry_log(p);
	helper_start_needed(p);
	if (helper_start_dispatch(p, g) == -1)
		load_abandon(p, "no dispatcher could be started");
}

static void
handle_diag(struct parent *p, const struct msg_diag *diag)
{
	struct record record;

	/* A load that nobody asked for says what is new. */
	if (told_before(&p->load.told, diag->text, diag->length) &&
	    p->load.is_watched && diag->effect == DIAG_WARNING)
		return;
	record_init(&record, RECORD_CONFIG_WARNING);
	record.level = diag->effect == DIAG_WARNING ? LEVEL_WARNING : LEVEL_ERR;
	record.number[0] = diag->effect;
	record.number[1] = diag->code;
	record.number[2] = diag->line;
	record_text(&record, "%.*s", (int)diag->length, diag->text);
	say_record(p, &record);
	remember(&p->load, diag->text, diag->length);
	if (diag->effect != DIAG_WARNING)
		say_last_error(p, record.text);
}

static const char *
handle_done(struct parent *p, const struct msg_loaded *done)
{
	for (int i = 0; i < LOADED_MAX; i++) {
		if (done->kind == LOAD_GOOD && p->load.fds[i] == -1)
			return "LOAD_DONE without all results";
	}
	p->load.services_refused = done->faults;
	if (done->kind == LOAD_GOOD)
		apply(p);
	else if (done->kind == LOAD_REFUSED)
		refuse(p, LOAD_REFUSED, p->load.is_first ?
		    "the configuration is refused" :
		    "the reload is refused; the policy in force stays");
	else
		refuse_because(p, LOAD_FAILED,
		    "the loader could not do its work");
	return NULL;
}

const char *
load_handle(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	const char *rule = NULL;

	if (p->load.helper != h || p->stop != RUNNING) {
		;		/* an abandoned load's last words */
	} else if (m->h.type == MSG_DIAG) {
		handle_diag(p, &m->diag);
	} else if (m->h.type == MSG_LOADED) {
		if (p->load.fds[m->loaded.kind] != -1) {
			rule = "LOADED twice";
		} else {
			p->load.fds[m->loaded.kind] = fd;
			fd = -1;
		}
	} else if (m->h.type == MSG_LOAD_DONE) {
		rule = handle_done(p, &m->loaded);
	} else {
		rule = "no message of load";
	}
	fd_close(&fd);
	return rule;
}

/* new, old and dropped services, by slot; xinetd's "Reconfigured" numbers. */
static void
compare(struct parent *p, const struct generation *g, uint64_t number[3])
{
	uint64_t before = 0;

	number[0] = number[1] = 0;
	for (uint32_t i = 0; i < p->state->service_count; i++)
		before += p->state->services[i].status == SERVICE_LISTENING;
	for (unsigned i = 0; i < g->policy->count; i++) {
		const struct state_service *slot =
		    &p->state->services[g->launches[i].slot];

		number[slot->status == SERVICE_LISTENING ? 1 : 0]++;
	}
	number[2] = before - number[1];
}

/* From now on the group may read the state. */
static void
open_state_to_group(struct parent *p, const struct generation *g)
{
	if (fchown(p->state_fd, 0, g->policy->gateway.roles.ops_gid) == -1 ||
	    fchown(p->log_state_fd, 0, g->policy->gateway.roles.ops_gid) == -1 ||
	    fchown(p->relay_state_fd, 0,
	    g->policy->gateway.roles.ops_gid) == -1)
		say(p, LEVEL_WARNING, "the state files could not be given to "
		    "group " OPS_GROUP);
}

struct offered {
	unsigned all, failed, partly;
};

static struct offered
count_offered(const struct parent *p)
{
	struct offered n = { 0, 0, 0 };

	for (uint32_t i = 0; i < p->state->service_count; i++) {
		const struct state_service *s = &p->state->services[i];

		n.all += s->status != SERVICE_GONE;
		n.failed += s->status == SERVICE_FAILED;
		n.partly += s->status == SERVICE_LISTENING && s->taken != 0;
	}
	return n;
}

/* Beside a running xinetd that is most of them: one line that says so. */
static void
say_taken(struct parent *p, const struct offered *n)
{
	char line[256];
	size_t length;

	if (n->failed + n->partly == 0)
		return;
	length = format_text(line, sizeof(line), "%u of %u services have not "
	    "all their ports: \"ss -ltnup\" shows who has them, \"sallyport "
	    "list\" what is missing; reload when the ports are free",
	    n->failed + n->partly, n->all);
	say(p, LEVEL_WARNING, "%s", line);
	if (p->load.is_first && !p->options.foreground) {
		remember(&p->load, line, length);
		show(&p->load);
	}
}

void
load_commit(struct parent *p, struct helper *h)
{
	struct generation *g = p->candidate;
	struct helper *old = p->dispatcher;
	bool is_first = p->in_force == NULL;
	struct offered offered = { 0, 0, 0 };
	struct record record;

	record_init(&record, is_first ? RECORD_STARTED : RECORD_RELOADED);
	record.level = LEVEL_NOTICE;
	compare(p, g, record.number);
	end_job(p, LOAD_GOOD);
	if (is_first)
		open_state_to_group(p, g);
	/* DRAIN before its listeners go, so that it does not wonder. */
	p->dispatcher = h;
	p->restart_at_ms[HELPER_DISPATCH] = 0;
	if (old != NULL)
		helper_drain(p, old);
	generation_enter(p, g);
	watch_patterns(p, g->policy);
	lookup_refresh(p);
	if (!is_first) {
		sinks_text(p, g);
		sinks_send_all(p);
	}
	record.generation = g->number;
	if (is_first) {
		offered = count_offered(p);
		record.number[0] = offered.all - offered.failed;
		record.number[1] = g->listener_count;
		if (p->options.foreground)
			p->load.said_length = 0;	/* log repeats them */
		show(&p->load);
	}
	say_record(p, &record);
	if (p->load.is_watched && p->load.told.again > 0)
		say(p, LEVEL_INFO, "%u earlier warning%s", p->load.told.again,
		    p->load.told.again == 1 ? " stands" : "s stand");
	told_commit(&p->load.told);
	p->state->services_refused = p->load.services_refused;
	if (is_first) {
		say_taken(p, &offered);
		stop_being_watched(p);
	}
	notify_ready("policy in force");
	generation_sweep(p);
	begin_again(p);
}
