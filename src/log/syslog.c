/*
 * /dev/log: datagrams, never waited for.
 *
 * Runs in the log process. A syslog daemon that is slow fills a ring; one that
 * is gone is reported to the parent, who reconnects; what the ring cannot hold
 * is counted and declared. Nothing here may delay the audit file.
 */
#include "log/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "shared/msg.h"
#include "shared/util.h"

#define REPORT_MS 1000

void
syslog_line(struct log *log, int facility, unsigned level, const char *tag,
    uint64_t time_us, const char *text)
{
	char line[LINE_MAX_BYTES + 1], stamp[STAMP_MAX], plain_tag[64];
	struct zone utc;
	size_t used;

	(void)classic_syslog_stamp(emit_zone(log, &utc), time_us, stamp);
	(void)escape_id(tag, plain_tag, sizeof(plain_tag));
	used = format_text(line, sizeof(line), "<%u>%s %s[%d]: ",
	    (unsigned)facility * 8 + level, stamp, plain_tag, log->daemon);
	used += escape_line(text, line + used, sizeof(line) - used);
	emit_copy(log, SINK_SYSLOG, line, used);
}

static void
watch(struct log *log)
{
	struct syslog *syslog = &log->syslog;
	bool is_wanted = syslog->count > 0 && !syslog->is_dead &&
	    syslog->fd >= 0;

	if (is_wanted == syslog->is_watched)
		return;
	if (is_wanted)
		loop_watch(log, syslog->fd, EPOLLOUT, LOOP_SYSLOG);
	else
		loop_unwatch(log, syslog->fd);
	syslog->is_watched = is_wanted;
}

static void
report_dead(struct log *log)
{
	struct syslog *syslog = &log->syslog;
	uint64_t now_ms = monotonic_ms();

	if (now_ms < syslog->report_ms)
		return;
	syslog->report_ms = now_ms + REPORT_MS;
	/* When the channel is full it is said again in a second. */
	(void)control_send(log, MSG_SINK_DEAD, SINK_SYSLOG,
	    syslog->totals.last_errno);
}

enum sent { SENT, SENT_LATER, SENT_NEVER };

static enum sent
send_one(struct log *log, const char *bytes, size_t length)
{
	struct syslog *syslog = &log->syslog;
	ssize_t n;

	if (syslog->fd < 0 || syslog->is_dead) {
		report_dead(log);
		return SENT_LATER;
	}
	do
		n = send(syslog->fd, bytes, length,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		syslog->totals.written++;
		return SENT;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return SENT_LATER;
	syslog->totals.last_errno = (uint32_t)errno;
	if (errno == EMSGSIZE)
		return SENT_NEVER;
	syslog->is_dead = true;
	syslog->totals.is_open = 0;
	report_dead(log);
	return SENT_LATER;
}

static void
count_lost(struct syslog *syslog, uint64_t lines)
{
	syslog->lost += lines;
	syslog->totals.lost += lines;
}

static void
ring_put(struct syslog *syslog, const char *bytes, size_t length)
{
	unsigned place = (syslog->head + syslog->count) % LOG_RING;

	if (syslog->count == LOG_RING) {
		count_lost(syslog, 1);
		return;
	}
	memcpy(syslog->ring[place].bytes, bytes, length);
	syslog->ring[place].length = (uint16_t)length;
	syslog->count++;
}

void
syslog_send(struct log *log, const char *bytes, size_t length)
{
	struct syslog *syslog = &log->syslog;
	enum sent sent = SENT_LATER;

	must(length <= LINE_MAX_BYTES);
	/* Never past those that wait already. */
	if (syslog->count == 0)
		sent = send_one(log, bytes, length);
	if (sent == SENT_NEVER)
		count_lost(syslog, 1);
	if (sent == SENT_LATER)
		ring_put(syslog, bytes, length);
	watch(log);
}

void
syslog_declare(struct log *log)
{
	struct syslog *syslog = &log->syslog;

	if (syslog->count > 0)
		return;
	emit_lost_copies(log, syslog->lost, LOSS_DEVLOG, "syslog");
	syslog->lost = 0;
}

void
syslog_drain(struct log *log)
{
	struct syslog *syslog = &log->syslog;
	bool had_any = syslog->count > 0;
	enum sent sent;

	while (syslog->count > 0) {
		sent = send_one(log, syslog->ring[syslog->head].bytes,
		    syslog->ring[syslog->head].length);
		if (sent == SENT_LATER)
			break;
		if (sent == SENT_NEVER)
			count_lost(syslog, 1);
		syslog->head = (syslog->head + 1) % LOG_RING;
		syslog->count--;
	}
	watch(log);
	if (syslog->count == 0 && had_any) {
		log->now.syslog_waiting = syslog->lost + log->left_syslog;
		chain_publish(&log->chain, &log->now);
		sink_state(log);
	}
}

void
syslog_open(struct log *log, int fd)
{
	struct syslog *syslog = &log->syslog;

	if (syslog->is_watched)
		loop_unwatch(log, syslog->fd);
	syslog->is_watched = false;
	fd_close(&syslog->fd);
	syslog->fd = fd;
	syslog->is_dead = false;
	syslog->totals.is_open = 1;
	syslog_drain(log);
}

void
syslog_finish(struct log *log, int wait_ms)
{
	struct syslog *syslog = &log->syslog;
	uint64_t end_ms = monotonic_ms() + (uint64_t)wait_ms;
	struct pollfd ready = { .events = POLLOUT };

	syslog_drain(log);
	while (syslog->count > 0 && !syslog->is_dead && syslog->fd >= 0 &&
	    monotonic_ms() < end_ms) {
		ready.fd = syslog->fd;
		if (poll(&ready, 1, 50) < 0 && errno != EINTR)
			break;
		syslog_drain(log);
	}
	count_lost(syslog, syslog->count);
	syslog->count = 0;
	watch(log);
}
