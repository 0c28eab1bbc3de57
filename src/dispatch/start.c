/*
 * Talking to the parent: requests for servers, and its answers.
 *
 * Runs in sallyport-dispatch. At most DISPATCH_WINDOW starts of a service and
 * PENDING_MAX in all are unanswered; one more may be held while the channel has
 * no room, and then nothing is polled. No descriptor stays here after its START
 * was sent. DRAINED is the last word: no START may follow it.
 */
#include "dispatch/start.h"

#include <errno.h>
#include <string.h>

#include "shared/ipc.h"
#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/ask.h"
#include "dispatch/banner.h"
#include "dispatch/cps.h"
#include "dispatch/decide.h"
#include "dispatch/hold.h"
#include "dispatch/ident.h"
#include "dispatch/mux.h"
#include "dispatch/refusal.h"
#include "dispatch/sift.h"
#include "dispatch/slots.h"
#include "dispatch/wait.h"

/* Below this many in all, listeners are polled again. */
#define PENDING_RESUME (PENDING_MAX / 2)

void
start_hello(struct dispatch *d, uint32_t layers)
{
	union msg message = { .hello = {
		.generation = (uint32_t)d->policy->generation,
		.layers = layers
	} };
	size_t length = msg_prepare(&message, MSG_HELLO);

	if (ipc_send(d->channel, &message, length, -1) != IPC_OK)
		fatal(EXIT_CANNOT, "HELLO cannot be sent: errno %d", errno);
}

static void
start_leave(struct dispatch *d)
{
	d->is_over = true;
	loop_stop(d->loop);
}

void
start_settle(struct dispatch *d)
{
	union msg message = { .plain = { .value = 0 } };
	size_t length;

	if (!d->is_over) {
		hold_flush(d);
		mux_flush(d);
	}
	if (!d->is_draining || d->is_over || d->held.is_used ||
	    d->pending.used != 0 || slots_used(d) != 0)
		return;
	refusal_end(d);
	length = msg_prepare(&message, MSG_DRAINED);
	/* Everything before it has been answered, so there is room. */
	switch (ipc_send(d->channel, &message, length, -1)) {
	case IPC_OK:
	case IPC_CLOSED:
		break;
	default:
		fatal(EXIT_CANNOT, "DRAINED cannot be sent: errno %d", errno);
	}
	start_leave(d);
}

bool
start_has_room(const struct served *s)
{
	const struct dispatch *d = s->dispatch;

	return !d->is_over && !d->is_paused && !d->is_full &&
	    !d->held.is_used && s->pending < DISPATCH_WINDOW;
}

/* A START is on its way: it counts until its answer comes. */
static void
start_opened(struct dispatch *d, const struct pending *pending)
{
	struct served *s = &d->served[pending->service];

	if (!pending->is_wait)
		d->state->handed++;
	must(count_pending_add(&d->pending, pending));
	s->pending++;
	if (d->pending.used == PENDING_MAX) {
		d->is_full = true;
		d->state->window_stops++;
		accept_update(d);
	} else if (s->pending == DISPATCH_WINDOW) {
		d->state->window_stops++;
		accept_update_service(s);
	}
}

static void
start_closed(struct dispatch *d, struct pending *pending)
{
	struct served *s = &d->served[pending->service];

	count_pending_remove(&d->pending, pending);
	s->pending--;
	if (d->is_full && d->pending.used <= PENDING_RESUME) {
		d->is_full = false;
		accept_update(d);
	} else if (s->pending == DISPATCH_WINDOW - 1) {
		accept_update_service(s);
	}
}

static void
start_wait_for_room(struct dispatch *d, bool must_wait)
{
	bool is_good = must_wait ? loop_watch_arm(d->writable) :
	    loop_watch_disarm(d->writable);

	if (!is_good)
		fatal(EXIT_CANNOT, "the channel cannot be polled: errno %d",
		    errno);
}

/* Sends what is held, or leaves it held and sees to it that there will be
 * another attempt. */
static void
start_try(struct dispatch *d)
{
	struct held *held = &d->held;

	switch (ipc_send(d->channel, &held->message, held->length, held->fd)) {
	case IPC_OK:
		fd_close(&held->fd);
		held->is_used = false;
		start_opened(d, &held->pending);
		return;
	case IPC_AGAIN:
		break;
	case IPC_CLOSED:
		fd_close(&held->fd);
		held->is_used = false;
		start_leave(d);
		return;
	default:
		fatal(EXIT_CANNOT, "START cannot be sent: errno %d", errno);
	}
	/* A full channel tells when it has room. A kernel that is short of
	 * something does not: ETOOMANYREFS counts what all processes of our
	 * user have under way, an older dispatcher that drains among them. */
	if (errno != EAGAIN) {
		accept_pause(d, "a connection cannot be handed over yet",
		    errno);
		return;
	}
	start_wait_for_room(d, true);
	accept_update(d);
}

void
start_retry(struct dispatch *d)
{
	if (!d->held.is_used)
		return;
	start_try(d);
	if (!d->held.is_used) {
		accept_pause_reset(d);
		accept_update(d);
	}
}

static void
start_send(struct dispatch *d, struct connection *c,
    const struct verdict *verdict, enum msg_type type)
{
	struct held *held = &d->held;
	uint64_t number = dispatch_number(d);
	uint32_t service = c->served->service->index;

	must(!held->is_used);
	memset(&held->message, 0, sizeof held->message);
	held->message.start = (struct msg_start){
		.service = service, .listener = c->listener->index,
		.number = number, .attr = (uint32_t)verdict->attr,
		.entry = verdict->entry, .wrap = verdict->wrap
	};
	held->length = msg_prepare(&held->message, type);
	held->pending = (struct pending){
		.number = number, .service = service,
		.listener = c->listener->index,
		.is_wait = type == MSG_START_WAIT,
		.attr = (uint32_t)verdict->attr, .entry = verdict->entry,
		.source = c->from, .destination = c->to
	};
	held->fd = c->fd;
	held->is_used = true;
	c->fd = -1;
	start_try(d);
}

void
start_request(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	const struct service *service = c->served->service;

	banner_send(c->fd, &service->banner_data,
	    &service->banner_success_data);
	start_send(d, c, verdict, MSG_START);
}

void
start_request_wait(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	start_send(d, c, verdict, MSG_START_WAIT);
}

/* The connection was handed over, so the dispatcher's own count of denied
 * connections stays as it is: only the service's moves. */
static void
start_refused(struct dispatch *d, const struct pending *pending,
    const struct msg_answer *answer)
{
	struct record record;

	d->state->services[pending->service].denied++;
	record_init(&record, RECORD_DENIED);
	record.conn = RECORD_CONN(d->number, pending->number);
	record.service = pending->service;
	record.reason = (uint16_t)answer->reason;
	record.attr = answer->attr;
	record.source = pending->source;
	record.destination = pending->destination;
	dispatch_record(d, &record);
}

/* A denial takes one client off the queue; REASON_NONE is none: the listener
 * is out, or this dispatcher is not the one in force any more. */
static void
start_answer_wait(struct dispatch *d, uint32_t listener,
    const union msg *message)
{
	const struct msg_answer *answer = &message->answer;
	const struct verdict verdict = { .answer = ANSWER_DENY,
	    .reason = (enum reason)answer->reason,
	    .attr = (enum attr_id)answer->attr, .entry = RULE_ENTRY_NONE,
	    .wrap = RULE_ENTRY_NONE };
	struct listener *l = &d->listeners[listener];

	if (message->h.type == MSG_STARTED) {
		d->state->services[answer->service].allowed++;
		wait_started(l);
		return;
	}
	wait_refused(l, answer->reason == REASON_NONE ? NULL : &verdict);
}

static void
start_answer(struct dispatch *d, const union msg *message)
{
	const struct msg_answer *answer = &message->answer;
	struct pending *pending =
	    count_pending_find(&d->pending, answer->number);

	/* The parent answers each START once, and nothing else. */
	must(pending != NULL && pending->service == answer->service);
	if (pending->is_wait) {
		start_answer_wait(d, pending->listener, message);
	} else if (message->h.type == MSG_STARTED) {
		d->state->services[pending->service].allowed++;
		ident_started(d, pending);
	} else {
		start_refused(d, pending, answer);
	}
	start_closed(d, pending);
}

static struct listener *
start_listener(struct dispatch *d, const union msg *message)
{
	/* The parent knows which are ours. */
	must(message->listener.listener < d->listener_count);
	return &d->listeners[message->listener.listener];
}

static void
start_busy(struct dispatch *d, const union msg *message)
{
	wait_set_busy(start_listener(d, message), true);
}

static void
start_free(struct dispatch *d, const union msg *message)
{
	wait_set_busy(start_listener(d, message), false);
}

static void
start_guarded(struct dispatch *d, const union msg *message)
{
	sift_guarded(d, start_listener(d, message));
}

static void
start_go(struct dispatch *d, const union msg *message)
{
	(void)message;	/* says nothing more */
	must(!d->is_live);
	d->is_live = true;
	cps_enter(d);
	accept_update(d);
}

/* What still waits for the parent is finished; nothing new begins, and no
 * timer is left to wake an idle process. */
static void
start_drain(struct dispatch *d, const union msg *message)
{
	(void)message;	/* says nothing more */
	d->is_draining = true;
	accept_update(d);
	cps_leave(d);
	hold_drain(d);
	slots_hurry(d);
	/* The timer still has to send what is held; it frees itself then. */
	if (!d->held.is_used && !d->is_paused)
		(void)loop_timer_clear(d->retry);
}

static void (*const start_handlers[MSG_MAX])(struct dispatch *,
    const union msg *) = {
	[MSG_GO] = start_go,
	[MSG_DRAIN] = start_drain,
	[MSG_STARTED] = start_answer,
	[MSG_REFUSED] = start_answer,
	[MSG_BUSY] = start_busy,
	[MSG_FREE] = start_free,
	[MSG_GUARDED] = start_guarded,
};

/* One message; false when there is none. */
static bool
start_read_one(struct dispatch *d)
{
	uint64_t bytes[IPC_MAX / sizeof(uint64_t)];
	union msg message;
	const char *rule;
	size_t length = 0;
	int fd = -1;

	switch (ipc_receive(d->channel, bytes, &length, true, &fd)) {
	case IPC_OK:
		break;
	case IPC_NO_FD:
		/* A channel to lookup that our table has no place for. */
		return true;
	case IPC_AGAIN:
		return false;
	case IPC_CLOSED:
		/* The parent is gone: so are we. */
		start_leave(d);
		return false;
	default:
		fatal(EXIT_CANNOT, "the parent's channel fails: errno %d",
		    errno);
	}
	rule = msg_decode(LINK_PARENT_TO_DISPATCH, bytes, length, fd != -1,
	    &message);
	if (rule != NULL)
		fatal(EXIT_CANNOT, "a message of the parent is wrong: %s",
		    rule);
	if (message.h.type == MSG_LOOKUP) {
		ask_set_channel(d, fd);
		return true;
	}
	must(message.h.type < MSG_MAX &&
	    start_handlers[message.h.type] != NULL);
	start_handlers[message.h.type](d, &message);
	return true;
}

void
start_read_answers(struct dispatch *d)
{
	/* Each wake-up reads a bounded part of what the parent says. */
	for (unsigned i = 0; i < 2 * PENDING_MAX && !d->is_over; i++) {
		if (!start_read_one(d))
			return;
	}
}

void
start_channel_readable(void *context)
{
	struct dispatch *d = context;

	start_read_answers(d);
	start_settle(d);
}

void
start_channel_writable(void *context)
{
	struct dispatch *d = context;

	start_wait_for_room(d, false);
	start_retry(d);
	start_settle(d);
}
