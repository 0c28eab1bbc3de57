/*
 * The end of a helper: what it means, and when another is started. Root.
 *
 * Back-off only after a fault; what ended by a signal from outside is replaced
 * at once, ten times a second at most.
 */
#include "parent/helper-end.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "parent/bind.h"
#include "parent/generation.h"
#include "parent/helper.h"
#include "parent/helper-start.h"
#include "parent/helper-table.h"
#include "parent/load.h"
#include "parent/relay.h"
#include "parent/say.h"
#include "parent/sinks.h"
#include "shared/util.h"

#define RESTART_GAP_MS 100	/* at most ten restarts a second */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 10000
#define HEALTHY_MS 60000
#define COUNTERS_SIZE ((ssize_t)offsetof(struct dispatch_state, services))
#define LOST_MAX 65536		/* a hostile counter cannot claim more */

static bool
needs(const struct generation *g, enum helper_kind kind)
{
	return g != NULL && (kind == HELPER_RELAY ? g->needs_relay :
	    g->needs_lookup);
}

static bool
is_fault(const struct helper *h, int status)
{
	if (h->is_violator || h->phase == PHASE_STARTING)
		return true;
	if (WIFSIGNALED(status)) {
		switch (WTERMSIG(status)) {
		case SIGSEGV: case SIGBUS: case SIGILL: case SIGFPE:
		case SIGABRT: case SIGSYS:
			return true;
		default:
			return false;
		}
	}
	/* None of them has a reason to exit unasked. */
	return true;
}

/* While servers are being stopped there is still something to log. */
static bool
is_wanted(const struct parent *p, enum helper_kind kind)
{
	if (p->stop != RUNNING)
		return p->stop == STOP_SERVERS && kind == HELPER_LOG;
	if (kind == HELPER_RELAY || kind == HELPER_LOOKUP)
		return needs(p->in_force, kind) || needs(p->candidate, kind);
	return true;
}

static void
schedule_restart(struct parent *p, enum helper_kind kind, bool fault)
{
	uint64_t now = monotonic_ms();

	if (!is_wanted(p, kind))
		return;
	p->restarts[kind]++;
	if (now - p->last_start_ms[kind] > HEALTHY_MS)
		p->backoff_ms[kind] = 0;
	if (fault) {
		p->backoff_ms[kind] = p->backoff_ms[kind] == 0 ?
		    BACKOFF_MIN_MS : p->backoff_ms[kind] * 2;
		if (p->backoff_ms[kind] > BACKOFF_MAX_MS)
			p->backoff_ms[kind] = BACKOFF_MAX_MS;
		p->restart_at_ms[kind] = now + p->backoff_ms[kind];
		return;
	}
	p->restart_at_ms[kind] = p->last_start_ms[kind] + RESTART_GAP_MS;
	if (p->restart_at_ms[kind] < now)
		p->restart_at_ms[kind] = now;
}

struct losses {
	uint64_t known;		/* connections accepted and not passed on */
	uint64_t doubtful;	/* at most so many more */
};

/* From a dead dispatcher's own counters, which may lie: bounded. */
static struct losses
losses_of(const struct dispatch_state *s, uint64_t starts)
{
	uint64_t gone = s->denied + starts + (s->stage == STAGE_REFUSING);
	uint64_t known = s->accepted > gone ? s->accepted - gone : 0;

	return (struct losses){ known < LOST_MAX ? known : LOST_MAX,
	    s->stage != STAGE_IDLE };
}

static void
add_totals(struct parent *p, const struct helper *h,
    const struct dispatch_state *s, const struct losses *losses)
{
	p->state->connections_lost += losses->known;
	p->state->connections_doubtful += losses->doubtful;
	p->state->accepted += s->accepted;
	p->state->denied += s->denied;
	p->state->allowed += h->starts;
}

static void
record_death(struct parent *p, struct helper *h, int status,
    const struct losses *losses)
{
	struct record record;

	record_init(&record, RECORD_HELPER_DIED);
	record.level = LEVEL_ERR;
	record.pid = h->pid;
	if (WIFSIGNALED(status))
		record.signal = WTERMSIG(status);
	else
		record.status = WEXITSTATUS(status);
	record.number[0] = p->restarts[h->kind];
	record.number[1] = losses->known;
	record.number[2] = losses->doubtful;
	record_text(&record, "%s", helper_name(h->kind));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		record.level = LEVEL_ALERT;	/* its sandbox ended it */
	say_record(p, &record);
}

/* Words for a wait status. */
static void
end_text(int status, char *out, size_t size)
{
	(void)format_text(out, size, "%s %d",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void
helper_end_load(struct parent *p, struct helper *h, int status)
{
	char how[32], why[160];

	if (p->load.helper != h)
		return;
	end_text(status, how, sizeof(how));
	(void)format_text(why, sizeof(why), "the loader %s (%s)",
	    h->is_violator ? "broke a rule" :
	    h->is_late ? "took longer than 60 seconds" :
	    "ended before it was done", how);
	load_failed(p, why);
}

static void
abandon_candidate(struct parent *p, int status)
{
	char how[32], why[160];

	end_text(status, how, sizeof(how));
	(void)format_text(why, sizeof(why), "the new policy's dispatcher ended "
	    "with %s before it was ready", how);
	load_abandon(p, why);
}

/* What it wrote there may be anything, and who has its descriptors goes on: the
 * next one begins with new memory. */
static void
renew_scores(struct parent *p)
{
	int fd = memfd_shared("scores", MEMORY_SIZE);

	if (fd == -1) {
		say(p, LEVEL_ERR, "penalised sources stay as they are: errno = "
		    "%d", errno);
		return;
	}
	fd_close(&p->scores_fd);
	p->scores_fd = fd;
}

void
helper_end_dispatch(struct parent *p, struct helper *h, int status)
{
	bool is_expected = h->is_cast_off || (h->said_drained &&
	    WIFEXITED(status) && WEXITSTATUS(status) == 0);
	struct dispatch_state counters = { .accepted = 0 };
	struct generation *g = h->generation;
	struct losses losses;

	/* Read, not mapped: a file can be cut short under a map. The head is
	 * enough; of one that was cut nothing counts. */
	if (pread(h->state_fd, &counters, COUNTERS_SIZE, 0) != COUNTERS_SIZE)
		memset(&counters, 0, sizeof(counters));
	losses = losses_of(&counters, h->starts);
	add_totals(p, h, &counters, &losses);
	sinks_writer_ended(p, h->channel);
	if (!is_expected || losses.known > 0)
		record_death(p, h, status, &losses);
	if (!h->is_denounced)
		p->denounced = 0;
	if (h->is_violator)
		renew_scores(p);
	g->dispatchers--;
	bind_revive(p, g);
	if (g == p->candidate) {
		abandon_candidate(p, status);
	} else if (h == p->dispatcher) {
		p->dispatcher = NULL;
		schedule_restart(p, HELPER_DISPATCH, is_fault(h, status));
	}
	generation_sweep(p);
}

/* One that nobody waits for any more is not worth a record. */
void
helper_end_single(struct parent *p, struct helper *h, int status)
{
	struct helper **place = helper_place(p, h->kind);

	if (*place != h)
		return;		/* replaced before it ended */
	*place = NULL;
	if (is_wanted(p, h->kind))
		record_death(p, h, status, &(struct losses){ 0, 0 });
	if (h->kind == HELPER_RELAY)
		relay_ended(p, h);
	schedule_restart(p, h->kind, is_fault(h, status));
}

void
helper_retry_log(struct parent *p)
{
	schedule_restart(p, HELPER_LOG, true);
}

static void
restart_due(struct parent *p, enum helper_kind kind)
{
	p->restart_at_ms[kind] = 0;
	if (*helper_place(p, kind) == NULL && helper_table[kind].start(p) == -1)
		schedule_restart(p, kind, true);
}

void
helper_start_needed(struct parent *p)
{
	static const enum helper_kind kinds[] = { HELPER_RELAY, HELPER_LOOKUP };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (is_wanted(p, kinds[i]) && p->restart_at_ms[kinds[i]] == 0)
			restart_due(p, kinds[i]);
	}
}

void
helper_restart_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	for (int i = 0; i < HELPER_KINDS; i++) {
		enum helper_kind kind = (enum helper_kind)i;

		if (p->restart_at_ms[kind] == 0)
			continue;
		if (!is_wanted(p, kind))
			p->restart_at_ms[kind] = 0;
		else if (p->restart_at_ms[kind] <= now_ms)
			restart_due(p, kind);
		if (p->restart_at_ms[kind] != 0 &&
		    p->restart_at_ms[kind] < *next_ms)
			*next_ms = p->restart_at_ms[kind];
	}
}
