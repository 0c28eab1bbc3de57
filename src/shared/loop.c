/*
 * The event loop: plain events of libevent_core, and nothing else of it.
 *
 * Runs in dispatch, relay and lookup. No evbuffer, bufferevent or
 * evconnlistener may ever be called here: the library's security history is in those, and the
 * last one shrinks the backlog of a listener that is not ours. The base is
 * built after the last fork and without the environment's say.
 */
#include "shared/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/time.h>

/* No timer of ours is longer; the library's own limit is shorter than 2^63. */
#define LOOP_TIMER_MAX_MS (UINT64_C(400) * 24 * 3600 * 1000)

struct loop {
	struct event_base *base;
	bool must_stop;
};

struct loop_watch {
	struct event *event;
	bool is_armed;
	void (*act)(void *);
	void *context;
};

struct loop_timer {
	struct event *event;
	void (*act)(void *);
	void *context;
};

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);
	struct event_config *config = event_config_new();

	if (loop == NULL || config == NULL)
		goto fail;
	/* The sandbox allows epoll; another method must fail here, not
	 * there. The change list is left off: it is not safe with duplicated
	 * descriptors, and ours are all shared with the parent. */
	if (event_config_avoid_method(config, "poll") != 0 ||
	    event_config_avoid_method(config, "select") != 0 ||
	    event_config_set_flag(config,
	    EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) != 0)
		goto fail;
	loop->base = event_base_new_with_config(config);
	if (loop->base == NULL)
		goto fail;
	event_config_free(config);
	return loop;
fail:
	if (config != NULL)
		event_config_free(config);
	free(loop);
	return NULL;
}

static void
loop_watch_ready(evutil_socket_t fd, short what, void *context)
{
	const struct loop_watch *watch = context;

	(void)fd;	/* the context knows it */
	(void)what;	/* each watch waits for one thing */
	watch->act(watch->context);
}

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, enum loop_when when,
    void (*act)(void *), void *context)
{
	struct loop_watch *watch = calloc(1, sizeof *watch);
	short what = when == LOOP_READABLE ? EV_READ : EV_WRITE;

	if (watch == NULL)
		return NULL;
	watch->act = act;
	watch->context = context;
	watch->event = event_new(loop->base, fd, (short)(what | EV_PERSIST),
	    loop_watch_ready, watch);
	/* Once on and off, so that the library's table for this descriptor
	 * exists before the sandbox does. */
	if (watch->event == NULL || !loop_watch_arm(watch) ||
	    !loop_watch_disarm(watch)) {
		loop_watch_free(watch);
		return NULL;
	}
	return watch;
}

bool
loop_watch_arm(struct loop_watch *watch)
{
	if (watch->is_armed)
		return true;
	if (event_add(watch->event, NULL) != 0)
		return false;
	watch->is_armed = true;
	return true;
}

bool
loop_watch_disarm(struct loop_watch *watch)
{
	if (!watch->is_armed)
		return true;
	if (event_del(watch->event) != 0)
		return false;
	watch->is_armed = false;
	return true;
}

static void
loop_timer_due(evutil_socket_t fd, short what, void *context)
{
	const struct loop_timer *timer = context;

	(void)fd;	/* a timer has none */
	(void)what;	/* always a timeout */
	timer->act(timer->context);
}

struct loop_timer *
loop_timer_new(struct loop *loop, void (*act)(void *), void *context)
{
	struct loop_timer *timer = calloc(1, sizeof *timer);

	if (timer == NULL)
		return NULL;
	timer->act = act;
	timer->context = context;
	timer->event = event_new(loop->base, -1, 0, loop_timer_due, timer);
	if (timer->event == NULL) {
		free(timer);
		return NULL;
	}
	return timer;
}

bool
loop_timer_set(struct loop_timer *timer, uint64_t after_ms)
{
	struct timeval after;

	if (after_ms > LOOP_TIMER_MAX_MS)
		after_ms = LOOP_TIMER_MAX_MS;
	after.tv_sec = (time_t)(after_ms / 1000);
	after.tv_usec = (suseconds_t)(after_ms % 1000 * 1000);
	return event_add(timer->event, &after) == 0;
}

bool
loop_timer_clear(struct loop_timer *timer)
{
	return event_del(timer->event) == 0;
}

bool
loop_timer_is_set(const struct loop_timer *timer)
{
	return event_pending(timer->event, EV_TIMEOUT, NULL) != 0;
}

bool
loop_run(struct loop *loop)
{
	while (!loop->must_stop) {
		/* 1: nothing is armed at all, which would spin here. */
		if (event_base_loop(loop->base, EVLOOP_ONCE) != 0)
			return false;
	}
	return true;
}

void
loop_stop(struct loop *loop)
{
	loop->must_stop = true;
	/* Nothing else that became ready in this round may run. Fails only
	 * without a base; loop_run() looks at must_stop in any case. */
	(void)event_base_loopbreak(loop->base);
}

void
loop_watch_free(struct loop_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->event != NULL)
		event_free(watch->event);
	free(watch);
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	event_free(timer->event);
	free(timer);
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	event_base_free(loop->base);
	free(loop);
}
