/*
 * Events of descriptors that come and go: see ready.h.
 *
 * Runs in sallyport-dispatch.
 */
#include "dispatch/ready.h"

#include <errno.h>
#include <sys/epoll.h>

#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/ask.h"
#include "dispatch/hold.h"
#include "dispatch/mux.h"
#include "dispatch/start.h"

#define READY_BATCH 64

/* What an event carries: two bits of kind, 14 of slot, 48 of serial. */
#define READY_KIND(data) ((unsigned)((data) >> 62))
#define READY_SLOT(data) ((uint32_t)((data) >> 48) & 0x3fff)
#define READY_SERIAL(data) ((data) & ((UINT64_C(1) << 48) - 1))
#define READY_DATA(kind, slot, serial) ((uint64_t)(kind) << 62 | \
	(uint64_t)(slot) << 48 | READY_SERIAL(serial))

static void (*const handlers[READY_MAX])(struct dispatch *, uint32_t slot,
    uint64_t serial, bool is_over) = {
	[READY_ASK] = ask_ready,
	[READY_HOLD] = hold_ready,
	[READY_MUX] = mux_ready,
};

static void
ready_events(void *context)
{
	struct dispatch *d = context;
	struct epoll_event events[READY_BATCH];
	int count = epoll_wait(d->ready_fd, events, READY_BATCH, 0);

	for (int i = 0; i < count && !d->is_over; i++) {
		uint64_t data = events[i].data.u64;

		must(READY_KIND(data) < READY_MAX);
		handlers[READY_KIND(data)](d, READY_SLOT(data),
		    READY_SERIAL(data), (events[i].events &
		    (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0);
	}
	start_settle(d);
}

void
ready_open(struct dispatch *d)
{
	d->ready_fd = epoll_create1(EPOLL_CLOEXEC);
	if (d->ready_fd == -1)
		fatal(EXIT_CANNOT, "no epoll: errno %d", errno);
	d->ready = loop_watch_new(d->loop, d->ready_fd, LOOP_READABLE,
	    ready_events, d);
	if (d->ready == NULL || !loop_watch_arm(d->ready))
		fatal(EXIT_CANNOT, "no events: errno %d", errno);
}

bool
ready_add(struct dispatch *d, int fd, enum ready_kind kind, uint32_t events,
    uint32_t slot, uint64_t serial)
{
	struct epoll_event event = { .events = events,
	    .data.u64 = READY_DATA(kind, slot, serial) };

	return epoll_ctl(d->ready_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
ready_forget(struct dispatch *d, int fd)
{
	/* Fails for one that is not there, which is what is wanted. */
	(void)epoll_ctl(d->ready_fd, EPOLL_CTL_DEL, fd, NULL);
}
