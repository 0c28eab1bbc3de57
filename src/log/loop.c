/*
 * The loop: wait, listen to the parent, read records, write, repeat.
 *
 * Runs in the log process. Bare epoll: one descriptor set, one time-out, no
 * callbacks. Nothing in here or below waits anywhere else, except for /dev/log
 * at the very end, and then not for long.
 */
#include "log/log.h"

#include <errno.h>
#include <sys/epoll.h>

#include "shared/util.h"

#define EVENTS 64
#define RETRY_MS 50		/* while datagrams wait */
#define RECOVER_MS 1000		/* while something is missing */
#define DRAIN_MS 2000		/* at the end: reading */
#define FINISH_MS 1000		/* at the end: /dev/log */

void
loop_watch(struct log *log, int fd, uint32_t events, unsigned tag)
{
	struct epoll_event event = { .events = events, .data.u32 = tag };

	if (epoll_ctl(log->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		fatal(EXIT_CANNOT, "epoll_ctl: error %d", errno);
}

void
loop_unwatch(struct log *log, int fd)
{
	if (epoll_ctl(log->epoll, EPOLL_CTL_DEL, fd, NULL) < 0)
		fatal(EXIT_CANNOT, "epoll_ctl: error %d", errno);
}

static bool
has_unreported(const struct log *log)
{
	for (unsigned i = 0; i < LOG_CHANNELS; i++)
		if (log->channels[i].is_used && log->channels[i].is_done)
			return true;
	return false;
}

static int
time_out(const struct log *log)
{
	if (log->own_count > 0 && log->is_ready)
		return 0;
	if (log->syslog.count > 0 || has_unreported(log))
		return RETRY_MS;
	if (log->now.missing_last != 0 || log->audit.rest_length > 0 ||
	    log->strange > 0 || (!log->is_ready && log->ready_ms != 0))
		return RECOVER_MS;
	return -1;
}

static void
take_events(struct log *log, const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		unsigned tag = events[i].data.u32;

		if (tag == LOOP_CONTROL)
			control_read(log);
		else if (tag >= LOOP_CHANNELS &&
		    tag < LOOP_CHANNELS + LOG_CHANNELS &&
		    log->channels[tag - LOOP_CHANNELS].is_watched)
			log->channels[tag - LOOP_CHANNELS].is_ready = true;
	}
}

static void
wake(struct log *log, int wait_ms)
{
	struct epoll_event events[EVENTS];
	int count;

	count = epoll_wait(log->epoll, events, EVENTS, wait_ms);
	if (count < 0 && errno != EINTR)
		fatal(EXIT_CANNOT, "epoll_wait: error %d", errno);
	take_events(log, events, count);
	control_ready(log);
	if (log->is_ready)
		(void)channel_read(log, LOG_WAKE_RECORDS);
	if (log->syslog.count > 0)
		syslog_drain(log);
	emit_flush(log);
	channel_report(log);
}

/* Everything that is queued, and what never came. */
static void
finish(struct log *log)
{
	uint64_t end_ms = monotonic_ms() + DRAIN_MS;

	control_ready(log);
	for (unsigned i = 0; i < LOG_CHANNELS; i++)
		if (log->channels[i].is_watched)
			log->channels[i].is_ready = true;
	while (channel_read(log, LOG_WAKE_RECORDS) > 0) {
		emit_flush(log);
		if (monotonic_ms() >= end_ms)
			break;
	}
	channel_close_books(log);
	emit_flush(log);
	syslog_finish(log, FINISH_MS);
	audit_recover(log, true);
	emit_declare(log, true);
	emit_flush(log);
	channel_report(log);
}

void
loop_run(struct log *log)
{
	loop_watch(log, log->control, EPOLLIN, LOOP_CONTROL);
	while (!log->is_quitting)
		wake(log, time_out(log));
	finish(log);
}
