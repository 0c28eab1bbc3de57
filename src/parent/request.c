/*
 * Requests of the dispatcher, and every check that stands between a dispatcher
 * in hostile hands and a started server. Root. Rule numbers are those of
 * ARCHITECTURE.md, "What the parent re-checks on START".
 */
#include "parent/request.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "parent/books.h"
#include "parent/helper.h"
#include "parent/provenance.h"
#include "parent/relay.h"
#include "parent/say.h"
#include "parent/spawn.h"
#include "parent/variant.h"
#include "parent/wait.h"
#include "shared/ipc.h"
#include "shared/util.h"

const char *
request_answer(struct helper *h, const struct msg_start *start,
    enum msg_type type, const struct refusal *refusal)
{
	union msg m = { .answer = { .number = start->number,
	    .service = start->service } };

	if (refusal != NULL) {
		m.answer.reason = refusal->reason;
		m.answer.attr = refusal->attr;
	}
	/* The window bounds what is on its way, so there is room for a
	 * dispatcher that reads; one that is gone needs no answer. */
	if (ipc_send(h->watch.fd, &m, msg_prepare(&m, type), -1) == IPC_AGAIN &&
	    errno == EAGAIN)
		return "does not read its answers";
	return NULL;
}

/*
 * A dispatcher that fell to an attacker ignores cps. The parent does not repeat
 * that limit, it puts a ceiling above everything cps can let through.
 */
static bool
rate_is_sane(struct parent *p, const struct launch *launch)
{
	struct start_window *window = &p->windows[launch->slot];
	uint64_t second = monotonic_us() / 1000000;
	uint64_t rate = launch->service->cps.rate;

	if (rate == 0)
		return true;
	if (window->second != second) {
		window->second = second;
		window->starts = 0;
	}
	if (window->starts >= 4 * rate + WINDOW_MAX)
		return false;
	window->starts++;
	return true;
}

static bool
is_relayed(const struct service *s)
{
	return kind_table[s->kind].starter == STARTER_RELAY;
}

/* Rule 9: from our own books, whatever dispatch believes. */
bool
request_is_within_limits(struct parent *p, struct generation *g,
    struct launch *launch, struct refusal *why)
{
	const struct service *s = launch->service;
	const struct state_service *slot = &p->state->services[launch->slot];

	/* We stop, or a reload took the service away while a draining
	 * dispatcher still had a connection to it. */
	*why = (struct refusal){ REASON_SERVICE_LIMIT, ATTR_NONE };
	if (p->stop != RUNNING || slot->status != SERVICE_LISTENING ||
	    strcasecmp(slot->id, s->id) != 0)
		return false;
	*why = (struct refusal){ REASON_SERVICE_LIMIT, ATTR_INSTANCES };
	if (slot->instances >= s->instances)
		return false;
	*why = (struct refusal){ REASON_PROCESS_LIMIT, ATTR_PROCESS_LIMIT };
	if (is_relayed(s) ? books_have_no_session(p) :
	    p->state->processes >= g->policy->gateway.process_limit ||
	    books_are_full(p))
		return false;
	*why = (struct refusal){ REASON_CPS, ATTR_CPS };
	return rate_is_sane(p, launch);
}

static void
record_accepted(struct parent *p, const struct msg_start *start,
    const struct instance *in)
{
	struct record record;

	books_record(in, RECORD_ACCEPTED, &record);
	record.attr = start->attr < ATTR_MAX ? start->attr : ATTR_NONE;
	record.entry = start->entry;
	say_record(p, &record);
}

static bool
begin_server(struct parent *p, const struct launch *launch, int fd,
    const struct provenance *from, struct instance *in)
{
	in->uid = launch->service->launch_ids.uid;
	in->pid = spawn_server(p, launch, fd, in->conn, from);
	if (in->pid == -1)
		say(p, LEVEL_ERR, "service %s: fork failed: errno = %d",
		    launch->service->id, errno);
	return in->pid != -1;
}

/* The parts of an instance that every start has. */
static void
fill_instance(struct helper *h, const struct msg_start *start,
    const struct provenance *from, struct instance *in)
{
	in->cookie = from->cookie;
	in->generation = h->generation;
	in->service = start->service;
	in->conn = RECORD_CONN(h->number, start->number);
	in->start_us = monotonic_us();
	in->wall_us = wall_us();
	in->source = from->source;
	in->destination = from->destination;
}

/* Enters it into the books, with its deadline and its record. */
static void
enter_instance(struct parent *p, struct helper *h,
    const struct msg_start *start, struct instance *in)
{
	const struct service *s =
	    h->generation->launches[start->service].service;

	if (s->max_session != 0)
		in->deadline_ms = monotonic_ms() + s->max_session;
	must(books_add(p, in, in->uid));
	if (in->deadline_ms != 0 && (p->next_deadline_ms == 0 ||
	    in->deadline_ms < p->next_deadline_ms))
		p->next_deadline_ms = in->deadline_ms;
	record_accepted(p, start, in);
}

bool
request_begin(struct parent *p, struct helper *h,
    const struct msg_start *start, int fd, const struct provenance *from,
    struct instance *in, struct refusal *why)
{
	const struct launch *launch = variant_choose(
	    &h->generation->launches[start->service], start->wrap);

	fill_instance(h, start, from, in);
	if (!begin_server(p, launch, fd, from, in)) {
		*why = (struct refusal){ REASON_FORK, ATTR_NONE };
		return false;
	}
	enter_instance(p, h, start, in);
	return true;
}

/* The same for a session of relay, which must be there. */
static bool
begin_session(struct parent *p, struct helper *h,
    const struct msg_start *start, int fd, const struct provenance *from,
    struct instance *in, struct refusal *why)
{
	if (!relay_is_up(p)) {
		*why = (struct refusal){ REASON_FORK, ATTR_NONE };
		return false;
	}
	fill_instance(h, start, from, in);
	in->is_relayed = true;
	in->uid = in->generation->policy->gateway.roles.uid[ROLE_RELAY];
	in->pid = p->relay->pid;
	enter_instance(p, h, start, in);
	relay_begin(p, books_by_cookie(p, in->cookie), fd);
	return true;
}

/* Which listener may bring a connection of that service: its own, or for what
 * has none that of a mux service. */
static const char *
check_listener(const struct generation *g, const struct msg_start *start)
{
	uint32_t owner = g->listener_service[start->listener];
	enum service_kind kind =
	    (enum service_kind)g->policy->services[start->service]->kind;

	if (kind_table[kind].starter == STARTER_NOBODY)
		return "START: a service that nothing is started for";
	if (kind_table[kind].is_passed)
		return "START: a service whose server has the listener";
	if (kind == KIND_MUX_CLIENT)
		return g->policy->services[owner]->kind == KIND_MUX ? NULL :
		    "START: a listener of no mux service";
	return owner == start->service ? NULL :
	    "START: another service's listener";
}

/* Rules 1 and 3. */
static const char *
check_range(const struct helper *h, const struct msg_start *start)
{
	const struct generation *g = h->generation;

	if (h->phase == PHASE_STARTING)
		return "START before HELLO";
	if (h->said_drained)
		return "START after DRAINED";
	if (start->number <= h->last_start)
		return "START: the number does not rise";
	if (start->service >= g->policy->count)
		return "START: no such service";
	if (start->listener >= g->listener_count)
		return "START: no such listener";
	if (g->listeners[start->listener]->is_missing)
		return "START: a listener that was never open";
	return check_listener(g, start);
}

/* Not when the slot is another service's by now. */
void
request_count_refused(struct parent *p, const struct launch *launch)
{
	struct state_service *slot = &p->state->services[launch->slot];

	if (strcasecmp(slot->id, launch->service->id) == 0)
		slot->refused++;
}

/* Who serves a connection that has passed every check. */
typedef bool (*begin)(struct parent *, struct helper *,
    const struct msg_start *, int fd, const struct provenance *,
    struct instance *, struct refusal *);

static const begin starters[STARTER_RELAY + 1] = {
	[STARTER_PARENT] = request_begin,
	[STARTER_RELAY] = begin_session,
};

/* A reload has taken the listener away: its copy in the dispatcher is no
 * listener any more, and what came from it proves nothing. Or the dispatcher
 * should have ended by now. */
static bool
is_past(const struct helper *h, const struct msg_start *start)
{
	return h->generation->listeners[start->listener]->fd == -1 ||
	    (h->drained_by_ms != 0 && monotonic_ms() >= h->drained_by_ms);
}

static const char *
refuse_for_want(struct parent *p, struct helper *h,
    const struct msg_start *start)
{
	const struct refusal why = { REASON_FORK, ATTR_NONE };

	say(p, LEVEL_ERR, "out of descriptors: a connection to service %s is "
	    "refused", h->generation->launches[start->service].service->id);
	return request_answer(h, start, MSG_REFUSED, &why);
}

static const char *
handle_start(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	const struct msg_start *start = &m->start;
	struct generation *g = h->generation;
	struct provenance from;
	struct refusal why = { REASON_NONE, ATTR_NONE };
	struct launch *launch;
	struct instance in = { .pid = 0 };
	const char *rule = check_range(h, start);
	enum kind_starter starter;

	if (rule != NULL)
		return rule;
	/* Rule 3 has seen that there is one. */
	starter = kind_table[g->policy->services[start->service]->kind].starter;
	h->last_start = start->number;
	h->starts++;
	launch = &g->launches[start->service];
	if (is_past(h, start)) {
		why = (struct refusal){ REASON_SERVICE_LIMIT, ATTR_NONE };
		request_count_refused(p, launch);
		return request_answer(h, start, MSG_REFUSED, &why);
	}
	switch (provenance_check(fd, g->listeners[start->listener], &from,
	    &rule)) {
	case PROVENANCE_FORGED:
		return rule;
	case PROVENANCE_GONE:
		request_count_refused(p, launch);
		return request_answer(h, start, MSG_REFUSED, &why);
	case PROVENANCE_UNKNOWN:
		request_count_refused(p, launch);
		return refuse_for_want(p, h, start);
	case PROVENANCE_GOOD:
		break;
	}
	/* 8 */
	if (books_knows_cookie(p, from.cookie))
		return "START: that connection has had its server";
	if (!request_is_within_limits(p, g, launch, &why) ||
	    !starters[starter](p, h, start, fd, &from, &in, &why)) {
		request_count_refused(p, launch);
		return request_answer(h, start, MSG_REFUSED, &why);
	}
	return request_answer(h, start, MSG_STARTED, NULL);
}

static const char *
handle_hello(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	(void)fd;	/* the table allows none */
	if (h->phase != PHASE_STARTING)
		return "HELLO twice";
	if (m->hello.generation != (uint32_t)h->generation->number)
		return "HELLO names another generation";
	helper_ready(p, h, m->hello.layers);
	return NULL;
}

static const char *
handle_drained(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	(void)p;
	(void)m;
	(void)fd;
	if (h->phase != PHASE_DRAINING)
		return "DRAINED without DRAIN";
	if (h->said_drained)
		return "DRAINED twice";
	h->said_drained = true;
	return NULL;
}

typedef const char *(*handler)(struct parent *, struct helper *,
    const union msg *, int);

static const handler handlers[MSG_MAX] = {
	[MSG_HELLO] = handle_hello,
	[MSG_START] = handle_start,
	[MSG_DRAINED] = handle_drained,
	[MSG_START_WAIT] = wait_start,
	[MSG_SHIELD] = wait_shield,
	[MSG_GUARD] = wait_guard,
};

const char *
request_handle(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	const char *rule = "no request of a dispatcher";

	if (m->h.type < MSG_MAX && handlers[m->h.type] != NULL)
		rule = handlers[m->h.type](p, h, m, fd);
	fd_close(&fd);
	return rule;
}

const char *
request_without_fd(struct parent *p, struct helper *h, const union msg *m)
{
	const char *rule;

	if (h->kind != HELPER_DISPATCH || m->h.type != MSG_START)
		return "a descriptor was lost";
	if ((rule = check_range(h, &m->start)) != NULL)
		return rule;
	h->last_start = m->start.number;
	h->starts++;
	return refuse_for_want(p, h, &m->start);
}
