/*
 * Taking connections from the listeners, and when not to.
 *
 * Runs in sallyport-dispatch. The listeners are shared with the parent:
 * nothing may be done to them here but polling and accepting.
 */
#include "dispatch/accept.h"

#include <errno.h>
#include <syslog.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/decide.h"
#include "dispatch/kinds.h"
#include "dispatch/start.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_LAST_MS 1000
#define TROUBLE_EVERY_MS 60000

bool
accept_is_wanted(const struct listener *l)
{
	const struct dispatch *d = l->served->dispatch;

	return d->is_live && !d->is_draining && start_has_room(l->served) &&
	    !l->is_broken && !l->is_busy && !l->is_asked && !l->is_held &&
	    !l->is_guarding;
}

static void
accept_update_listener(struct listener *l)
{
	bool is_good;

	if (l->is_missing)
		return;
	is_good = accept_is_wanted(l) ? loop_watch_arm(l->watch) :
	    loop_watch_disarm(l->watch);

	/* A listener that can neither be polled nor left alone is no way to
	 * go on; the parent starts a fresh dispatcher. */
	if (!is_good)
		fatal(EXIT_CANNOT, "listener %u cannot be polled: errno %d",
		    l->index, errno);
}

void
accept_update_service(struct served *s)
{
	for (uint32_t i = 0; i < s->listeners; i++)
		accept_update_listener(
		    &s->dispatch->listeners[s->first_listener + i]);
}

void
accept_update(struct dispatch *d)
{
	for (uint32_t i = 0; i < d->listener_count; i++)
		accept_update_listener(&d->listeners[i]);
}

void
accept_trouble(struct dispatch *d, const char *what, int error)
{
	uint64_t now_ms = monotonic_ms();
	struct record record;

	if (d->last_trouble_ms != 0 &&
	    now_ms - d->last_trouble_ms < TROUBLE_EVERY_MS) {
		d->troubles_untold++;
		return;
	}
	record_init(&record, RECORD_MESSAGE);
	record.level = LOG_WARNING;
	record_text(&record, "dispatch: %s (errno %d); %llu more since the "
	    "last message", what, error,
	    (unsigned long long)d->troubles_untold);
	dispatch_record(d, &record);
	d->last_trouble_ms = now_ms;
	d->troubles_untold = 0;
}

static void
accept_retry_after(struct dispatch *d, uint64_t after_ms)
{
	if (!loop_timer_set(d->retry, after_ms))
		fatal(EXIT_CANNOT, "no timer: errno %d", errno);
}

void
accept_pause(struct dispatch *d, const char *what, int error)
{
	uint64_t pause_ms = d->pause_ms;

	if (pause_ms < PAUSE_FIRST_MS)
		pause_ms = PAUSE_FIRST_MS;
	d->pause_ms = pause_ms * 2 < PAUSE_LAST_MS ? pause_ms * 2 :
	    PAUSE_LAST_MS;
	d->is_paused = true;
	accept_retry_after(d, pause_ms);
	accept_update(d);
	accept_trouble(d, what, error);
}

void
accept_pause_reset(struct dispatch *d)
{
	d->pause_ms = PAUSE_FIRST_MS;
}

void
accept_retry(void *context)
{
	struct dispatch *d = context;

	d->is_paused = false;
	for (uint32_t i = 0; i < d->listener_count; i++)
		d->listeners[i].is_broken = false;
	start_retry(d);
	accept_update(d);
	start_settle(d);
}

void
accept_rest(struct listener *l)
{
	struct dispatch *d = l->served->dispatch;

	if (d->is_draining || d->is_over)
		return;
	l->is_broken = true;
	accept_update_listener(l);
	if (!loop_timer_is_set(d->retry))
		accept_retry_after(d, PAUSE_LAST_MS);
}

/* One listener fails in a way that time alone does not mend (somebody shut it
 * down). The others go on; this one is tried once a second, since the parent
 * may put it right. */
static void
accept_break(struct listener *l, const char *what, int error)
{
	struct dispatch *d = l->served->dispatch;

	/* A listener that a reload takes away looks the same; then the parent
	 * has said DRAIN before. */
	start_read_answers(d);
	if (d->is_draining || d->is_over)
		return;
	accept_rest(l);
	accept_trouble(d, what, error);
}

enum accept_effect { ACCEPT_NONE_LEFT, ACCEPT_PAUSE, ACCEPT_BREAK };

static const struct accept_error {
	int error;
	enum accept_effect effect;
	const char *what;
} accept_errors[] = {
	{ EAGAIN, ACCEPT_NONE_LEFT, "" },
#if EWOULDBLOCK != EAGAIN
	{ EWOULDBLOCK, ACCEPT_NONE_LEFT, "" },
#endif
	{ EINTR, ACCEPT_NONE_LEFT, "" },
	/* accept(2): errors of a connection that died in the queue. */
	{ ECONNABORTED, ACCEPT_NONE_LEFT, "" },
	{ ENETDOWN, ACCEPT_NONE_LEFT, "" },
	{ EPROTO, ACCEPT_NONE_LEFT, "" },
	{ ENOPROTOOPT, ACCEPT_NONE_LEFT, "" },
	{ EHOSTDOWN, ACCEPT_NONE_LEFT, "" },
	{ ENONET, ACCEPT_NONE_LEFT, "" },
	{ EHOSTUNREACH, ACCEPT_NONE_LEFT, "" },
	{ EOPNOTSUPP, ACCEPT_NONE_LEFT, "" },
	{ ENETUNREACH, ACCEPT_NONE_LEFT, "" },
	{ ETIMEDOUT, ACCEPT_NONE_LEFT, "" },
	{ EPERM, ACCEPT_NONE_LEFT, "" },	/* a security module says no */
	/* udp(7): what an earlier answer met. */
	{ ECONNREFUSED, ACCEPT_NONE_LEFT, "" },
	{ EMFILE, ACCEPT_PAUSE, "accept: out of our descriptors" },
	{ ENFILE, ACCEPT_PAUSE, "accept: out of the system's descriptors" },
	{ ENOBUFS, ACCEPT_PAUSE, "a listener: out of buffers" },
	{ ENOMEM, ACCEPT_PAUSE, "a listener: out of memory" },
};

void
accept_failed(struct listener *l, int error)
{
	for (size_t i = 0; i < sizeof accept_errors / sizeof *accept_errors;
	    i++) {
		const struct accept_error *e = &accept_errors[i];

		if (e->error != error)
			continue;
		if (e->effect == ACCEPT_PAUSE)
			accept_pause(l->served->dispatch, e->what, error);
		return;
	}
	accept_break(l, "a listener does not work", error);
}

/*
 * What a killed dispatcher had in hand is audited as a range. From here to
 * decide.c the order is: stage ACCEPTING, accept4(), `accepted`, stage IDLE;
 * stage REFUSING, record, banner, close, `denied`, stage IDLE. The reader takes
 * accepted - denied - STARTs received, less one while the stage is REFUSING, as
 * known lost, and one more as possible while the stage is not IDLE. The truth
 * lies inside at every instruction: while ACCEPTING a connection may exist that
 * `accepted` does not know yet, while REFUSING the client may or may not have
 * had its answer. A START counts once the kernel has queued it, whatever
 * `handed` says. What waits in a slot (for lookup, for a line) is accepted and
 * neither denied nor handed over: it is lost with us, and known to be. A refused
 * client whose connection stays open for ident has had its answer and counts as
 * denied. Datagrams and wait services' queues are in none of these numbers.
 */
static void
accept_stage(struct dispatch *d, enum dispatch_stage stage)
{
	__atomic_store_n(&d->state->stage, (uint64_t)stage, __ATOMIC_RELEASE);
}

bool
accept_take(struct listener *l, struct connection *c)
{
	struct dispatch *d = l->served->dispatch;
	struct sockaddr_storage from;
	socklen_t length = sizeof from;

	accept_stage(d, STAGE_ACCEPTING);
	c->fd = accept4(l->fd, (struct sockaddr *)&from, &length,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (c->fd == -1) {
		int error = errno;

		accept_stage(d, STAGE_IDLE);
		accept_failed(l, error);
		return false;
	}
	__atomic_store_n(&d->state->accepted, d->state->accepted + 1,
	    __ATOMIC_RELEASE);
	accept_stage(d, STAGE_IDLE);
	accept_pause_reset(d);
	c->listener = l;
	c->served = l->served;
	decide_ends(c, &from, length);
	return true;
}

/*
 * A failing accept4() is dear (the kernel builds a socket first), and so is a
 * wake-up: one connection at a time while they come singly, more while they
 * queue. At the end of a batch the other listeners have their turn.
 */
void
accept_ready(void *context)
{
	struct listener *l = context;
	struct dispatch *d = l->served->dispatch;
	unsigned taken = 0;

	while (taken < l->batch && accept_is_wanted(l)) {
		struct connection c;

		if (!accept_take(l, &c)) {
			l->batch = 1;
			start_settle(d);
			return;
		}
		kinds_of(l->served)->arrived(d, &c);
		taken++;
	}
	if (taken == l->batch && l->batch < DISPATCH_BATCH)
		l->batch *= 2;
	start_settle(d);
}
