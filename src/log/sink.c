/*
 * Text files and descriptor 2: where lines for people go.
 *
 * Runs in the log process. A file that is full, past its hard limit or not
 * there loses or redirects its own lines and nobody else's. No write here
 * waits: what is no regular file is asked first if it takes a line at once.
 */
#include "log/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/msg.h"
#include "shared/util.h"

#define FACILITY_DAEMON 3
#define LEVEL_INFO 6
#define OWN_TAG "sallyport"

static void
sink_close(struct log *log, unsigned number)
{
	struct text_sink *sink = &log->files[number];

	if (sink->fd < 0)
		return;
	/* Ends a cut line if the disk allows; else readers see a short one. */
	if (sink->rest_length > 0 && write(sink->fd, "\n", 1) == 1)
		sink->rest_length = 0;
	fd_close(&sink->fd);
	sink->rest_length = 0;
	sink->totals.is_open = 0;
}

void
sink_open(struct log *log, unsigned number, int fd)
{
	struct text_sink *sink = &log->files[number];
	struct stat st;

	if (number >= log->paths.count || log->paths.path[number] == NULL ||
	    fstat(fd, &st) < 0) {
		emit_message(log, 3, "sink %u is none of the policy in force; "
		    "not used", number);
		fd_close(&fd);
		return;
	}
	emit_flush(log);
	sink_close(log, number);
	sink->fd = fd;
	sink->is_regular = S_ISREG(st.st_mode);
	sink->size = sink->is_regular ? (uint64_t)st.st_size : 0;
	sink->has_said_soft = sink->has_said_hard = sink->is_failing = false;
	sink->totals.is_open = 1;
}

static void
sink_move(struct text_sink *to, struct text_sink *from)
{
	*to = *from;
	from->fd = -1;
	from->lost = 0;
	from->rest_length = 0;
}

/* For status: a long path shows its end, which tells it from others. */
static void
show_path(char out[static STATE_PATH], const char *path)
{
	size_t length = path != NULL ? strlen(path) : 0;

	memset(out, 0, STATE_PATH);
	if (length < STATE_PATH)
		(void)format_text(out, STATE_PATH, "%s",
		    path != NULL ? path : "");
	else
		(void)format_text(out, STATE_PATH, "..%s",
		    path + length - (STATE_PATH - 3));
}

void
sink_renumber(struct log *log, const struct sinks *paths)
{
	struct text_sink *old = malloc(sizeof(log->files));
	unsigned i, j;

	if (old == NULL)
		fatal(EXIT_CANNOT, "no memory for sinks");
	memcpy(old, log->files, sizeof(log->files));
	memset(log->files, 0, sizeof(log->files));
	for (i = 0; i < SINK_MAX; i++)
		log->files[i].fd = -1;
	for (i = SINK_MESSAGES; i < paths->count; i++) {
		for (j = SINK_MESSAGES; j < log->paths.count; j++)
			if (old[j].fd >= 0 && paths->path[i] != NULL &&
			    log->paths.path[j] != NULL &&
			    strcmp(paths->path[i], log->paths.path[j]) == 0)
				break;
		if (j < log->paths.count)
			sink_move(&log->files[i], &old[j]);
	}
	/* What nobody names any more. */
	for (j = 0; j < SINK_MAX; j++) {
		if (old[j].fd < 0)
			continue;
		emit_lost_copies(log, old[j].lost, LOSS_DISK,
		    log->paths.path[j] != NULL ? log->paths.path[j] : "file");
		fd_close(&old[j].fd);
	}
	free(old);
	log->paths = *paths;
	for (i = 0; i < SINK_MAX; i++)
		show_path(log->state->paths[i], i < paths->count ?
		    paths->path[i] : NULL);
	memset(&log->state->sinks[SINK_MESSAGES], 0,
	    (SINK_MAX - SINK_MESSAGES) * sizeof(log->state->sinks[0]));
	sink_state(log);
}

/* Says once what a limit has brought about. */
static void
check_limits(struct log *log, struct text_sink *sink,
    const struct log_target *target, const char *name)
{
	if (!sink->is_regular)
		return;
	if (sink->size > target->soft && !sink->has_said_soft) {
		sink->has_said_soft = true;
		emit_message(log, 1, "Size of %s log exceeded soft limit",
		    name);
	}
	if (sink->size > target->hard && !sink->has_said_hard) {
		sink->has_said_hard = true;
		emit_message(log, 1, "Size of %s log exceeded hard limit; its "
		    "lines go to syslog from here on", name);
	}
}

/* A line for a file, or false when it has to go to syslog (D43). name is what
 * the limits' messages call the file. */
static bool
file_line(struct log *log, int number, const struct log_target *target,
    const char *name, const char *line, size_t length)
{
	struct text_sink *sink;

	if (log->newest == NULL || number < SINK_MESSAGES ||
	    number >= SINK_MAX || log->files[number].fd < 0)
		return false;
	sink = &log->files[number];
	if (sink->is_regular && sink->size > target->hard)
		return false;
	emit_copy(log, (unsigned)number, line, length);
	sink->size += length;
	check_limits(log, sink, target, name);
	return true;
}

static int
fallback_facility(const struct log *log)
{
	const struct log_target *messages;

	if (log->newest == NULL)
		return FACILITY_DAEMON;
	messages = &log->newest->policy->gateway.messages;
	return messages->kind == LOG_SYSLOG ? messages->facility :
	    FACILITY_DAEMON;
}

static const char *
classic_tag(const struct log *log)
{
	const char *tag = log->newest == NULL ? NULL :
	    log->newest->policy->gateway.syslog_tag;

	return tag != NULL ? tag : "xinetd";
}

void
sink_classic(struct log *log, const struct view *view)
{
	const struct log_target *target = &view->service->log_type;
	uint64_t time_us = view->record->time_us;
	char line[COPY_MAX + 1], stamp[STAMP_MAX], id[ID_TEXT_MAX];
	struct zone utc;
	size_t used;

	if (target->kind == LOG_SYSLOG) {
		syslog_line(log, target->facility, (unsigned)target->level & 7,
		    classic_tag(log), time_us, view->original);
		return;
	}
	(void)classic_file_stamp(emit_zone(log, &utc), time_us, stamp);
	(void)escape_id(view->id, id, sizeof(id));
	used = format_text(line, sizeof(line) - 1, "%s: %s", stamp,
	    view->original);
	line[used++] = '\n';
	if (!file_line(log, policy_sink_of(&log->paths, target), target, id,
	    line, used))
		syslog_line(log, fallback_facility(log), LEVEL_INFO,
		    classic_tag(log), time_us, view->original);
}

/* To whoever watches the daemon in the foreground. */
static void
stderr_line(struct log *log, const char *level, const char *text)
{
	char line[COPY_MAX + 1];
	size_t used;

	used = format_text(line, sizeof(line) - 1, OWN_TAG ": %s: %s", level,
	    text);
	line[used++] = '\n';
	emit_copy(log, COPY_STDERR, line, used);
}

void
sink_sentence(struct log *log, const struct view *view, const char *text)
{
	static const struct log_target unknown = {
		.kind = LOG_SYSLOG, .facility = FACILITY_DAEMON
	};
	const struct record *record = view->record;
	const struct log_target *target = log->newest == NULL ? &unknown :
	    &log->newest->policy->gateway.messages;
	const char *tag = text_is_classic(record) ? classic_tag(log) : OWN_TAG;
	unsigned level = text_level(record);
	char line[COPY_MAX + 1], stamp[STAMP_MAX], plain_tag[64];
	struct zone utc;
	size_t used;

	stderr_line(log, text_level_word(level), text);
	if (target->kind == LOG_FILE) {
		(void)classic_file_stamp(emit_zone(log, &utc), record->time_us,
		    stamp);
		(void)escape_id(tag, plain_tag, sizeof(plain_tag));
		used = format_text(line, sizeof(line) - 1, "%s %s[%d]: %s: %s",
		    stamp, plain_tag, log->daemon, text_level_word(level),
		    text);
		line[used++] = '\n';
		if (file_line(log, SINK_MESSAGES, target, "messages", line,
		    used))
			return;
	}
	if (target->kind != LOG_NOWHERE)
		syslog_line(log, fallback_facility(log), level, tag,
		    record->time_us, text);
}

static bool
takes_now(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	return poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

static void
note_failure(struct log *log, unsigned number, int error)
{
	log->files[number].totals.last_errno = (uint32_t)error;
	/* Said again with the next failure when the channel is full. */
	if (error != ENOSPC && error != EDQUOT && error != EFBIG &&
	    error != EAGAIN)
		(void)control_send(log, MSG_SINK_DEAD, number,
		    (uint32_t)error);
}

/* False when a line that was cut is still cut. */
static bool
finish_rest(struct text_sink *sink)
{
	ssize_t n;

	if (sink->rest_length == 0)
		return true;
	n = write(sink->fd, sink->rest, sink->rest_length);
	if (n <= 0)
		return false;
	sink->rest_length -= (size_t)n;
	memmove(sink->rest, sink->rest + n, sink->rest_length);
	if (sink->rest_length > 0)
		return false;
	sink->totals.written++;
	return true;
}

/* Writes lines; returns how many are in the file or will be finished. */
static unsigned
write_lines(struct text_sink *sink, const struct iovec *lines, unsigned count)
{
	unsigned done = 0;
	ssize_t n;

	errno = EAGAIN;
	if ((!sink->is_regular && !takes_now(sink->fd)) || !finish_rest(sink))
		return 0;
	n = writev(sink->fd, lines, (int)count);
	if (n < 0)
		return 0;
	while (done < count && (size_t)n >= lines[done].iov_len)
		n -= (ssize_t)lines[done++].iov_len;
	sink->totals.written += done;
	if (n > 0) {
		sink->rest_length = lines[done].iov_len - (size_t)n;
		memcpy(sink->rest, (char *)lines[done].iov_base + n,
		    sink->rest_length);
		done++;
	}
	if (done < count)
		errno = ENOSPC;	/* what a short write means */
	return done;
}

static void
write_file(struct log *log, unsigned number, const struct iovec *lines,
    unsigned count)
{
	struct text_sink *sink = &log->files[number];
	unsigned step = sink->is_regular ? count : 1;
	unsigned done = 0;

	if (sink->fd < 0)
		errno = EBADF;
	while (sink->fd >= 0 && done < count) {
		unsigned n = write_lines(sink, lines + done, step);

		if (n == 0)
			break;
		done += n;
	}
	sink->is_failing = done < count || sink->rest_length > 0;
	if (done == count)
		return;
	note_failure(log, number, errno);
	sink->lost += count - done;
	sink->totals.lost += count - done;
	for (; done < count; done++)
		sink->size -= lines[done].iov_len;
}

static void
write_stderr(const struct iovec *line)
{
	/* Best effort by contract: nobody may be there to read it. */
	if (takes_now(STDERR_FILENO) &&
	    write(STDERR_FILENO, line->iov_base, line->iov_len) < 0)
		return;
}

void
sink_write(struct log *log)
{
	struct batch *batch = &log->batch;
	struct iovec lines[BATCH_COPIES];
	bool is_done[SINK_MAX] = { false };

	for (unsigned i = 0; i < batch->copy_count; i++) {
		unsigned sink = batch->copies[i].sink;
		unsigned count = 0;

		if (sink < SINK_MAX && is_done[sink])
			continue;
		for (unsigned j = i; j < batch->copy_count; j++) {
			const struct copy *copy = &batch->copies[j];

			if (copy->sink != sink)
				continue;
			lines[count].iov_base = batch->text + copy->offset;
			lines[count++].iov_len = copy->length;
			if (sink == COPY_STDERR || sink == SINK_SYSLOG)
				break;	/* one by one */
		}
		if (sink == COPY_STDERR)
			write_stderr(lines);
		else if (sink == SINK_SYSLOG)
			syslog_send(log, lines[0].iov_base, lines[0].iov_len);
		else
			write_file(log, sink, lines, count);
		if (sink != COPY_STDERR && sink != SINK_SYSLOG)
			is_done[sink] = true;
	}
}

void
sink_declare(struct log *log, bool is_last)
{
	for (unsigned i = SINK_MESSAGES; i < log->paths.count; i++) {
		struct text_sink *sink = &log->files[i];

		if (sink->lost == 0 || (sink->is_failing && !is_last))
			continue;
		emit_lost_copies(log, sink->lost, LOSS_DISK,
		    log->paths.path[i] != NULL ? log->paths.path[i] : "file");
		sink->lost = 0;
	}
}

uint64_t
sink_lost(const struct log *log)
{
	uint64_t lost = 0;

	for (unsigned i = SINK_MESSAGES; i < SINK_MAX; i++)
		lost += log->files[i].lost;
	return lost;
}

void
sink_state(struct log *log)
{
	log->state->sinks[SINK_SYSLOG] = log->syslog.totals;
	for (unsigned i = SINK_MESSAGES; i < log->paths.count; i++)
		log->state->sinks[i] = log->files[i].totals;
}
