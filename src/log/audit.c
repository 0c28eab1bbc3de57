/*
 * The audit file: whole lines, rising numbers, no silent hole.
 *
 * Runs in the log process. Numbers that could not be written are one range,
 * log.now.missing_first to missing_last; nothing else is written to the file
 * until one loss record has declared them. A line that a full disk cut is
 * finished later, or ended by a newline, but never followed by another line.
 */
#include "log/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/msg.h"
#include "shared/util.h"

#define RETRY_MS 1000

bool
audit_is_wanted(const struct log *log)
{
	/* Without a text it is not known: assume that it is. */
	return log->newest == NULL || log->paths.path[SINK_AUDIT] != NULL;
}

/* Writes as much as the file takes; errno says why not all of it. */
static size_t
write_some(int fd, const char *bytes, size_t length)
{
	size_t done = 0;
	ssize_t n;

	errno = 0;
	while (done < length) {
		n = write(fd, bytes + done, length - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static void
note_failure(struct log *log, int error)
{
	struct log_sink_state *state = &log->state->sinks[SINK_AUDIT];

	state->last_errno = (uint32_t)error;
	log->audit.retry_ms = monotonic_ms() + RETRY_MS;
	/* A full disk heals by itself; anything else may need a new file.
	 * Lost when the channel is full: the next failure says it again. */
	if (error != ENOSPC && error != EDQUOT && error != EFBIG)
		(void)control_send(log, MSG_SINK_DEAD, SINK_AUDIT,
		    (uint32_t)error);
}

static void
count_written(struct log *log, uint64_t lines)
{
	log->state->written += lines;
	log->state->sinks[SINK_AUDIT].written += lines;
}

static void
count_lost(struct log *log, uint64_t lines)
{
	log->state->lost += lines;
	log->state->sinks[SINK_AUDIT].lost += lines;
}

/* Numbers up to `sequence` are in the file after all. */
static void
found(struct log *log, uint64_t sequence)
{
	struct chain_state *now = &log->now;

	if (now->missing_last == 0 || sequence < now->missing_first)
		return;
	now->missing_first = sequence + 1;
	if (now->missing_first > now->missing_last)
		now->missing_first = now->missing_last = 0;
}

/* Finishes the line that was cut. False when it is still cut. */
static bool
finish_rest(struct log *log)
{
	struct audit *audit = &log->audit;
	size_t done;

	if (audit->rest_length == 0)
		return true;
	done = write_some(audit->fd, audit->rest, audit->rest_length);
	audit->rest_length -= done;
	memmove(audit->rest, audit->rest + done, audit->rest_length);
	if (audit->rest_length > 0) {
		note_failure(log, errno);
		return false;
	}
	if (audit->rest_sequence == 0)
		return true;
	count_written(log, 1);
	log->state->lost--;
	log->state->sinks[SINK_AUDIT].lost--;
	found(log, audit->rest_sequence);
	chain_publish(&log->chain, &log->now);
	return true;
}

static void
keep_rest(struct audit *audit, const char *bytes, size_t length,
    uint64_t sequence)
{
	must(length <= sizeof(audit->rest));
	memcpy(audit->rest, bytes, length);
	audit->rest_length = length;
	audit->rest_sequence = sequence;
}

/* The batch's lines from `index` on are not in the file. */
static void
lines_missing(struct log *log, unsigned index)
{
	const struct batch *batch = &log->batch;
	struct chain_state *now = &log->now;

	if (now->missing_last == 0) {
		now->missing_first = batch->lines[index].first;
		now->missing_cause = LOSS_DISK;
	}
	now->missing_last = log->given;
	count_lost(log, batch->line_count - index);
}

void
audit_write(struct log *log)
{
	const struct batch *batch = &log->batch;
	struct audit *audit = &log->audit;
	unsigned whole = 0;
	size_t done, begin;

	if (batch->line_count == 0)
		return;
	if (audit->fd < 0 || log->now.missing_last != 0 || !finish_rest(log)) {
		lines_missing(log, 0);
		return;
	}
	done = write_some(audit->fd, batch->audit, batch->audit_used);
	while (whole < batch->line_count && batch->lines[whole].end <= done)
		whole++;
	count_written(log, whole);
	if (whole == batch->line_count)
		return;
	note_failure(log, errno);
	begin = whole == 0 ? 0 : batch->lines[whole - 1].end;
	if (done > begin)
		keep_rest(audit, batch->audit + done,
		    batch->lines[whole].end - done,
		    batch->lines[whole].sequence);
	lines_missing(log, whole);
}

/* Nobody keeps an audit any more: say it in words at least. */
static void
forget_missing(struct log *log)
{
	struct chain_state *now = &log->now;

	emit_message(log, 2, "audit records %llu to %llu were never written",
	    (unsigned long long)now->missing_first,
	    (unsigned long long)now->missing_last);
	now->missing_first = now->missing_last = 0;
	chain_publish(&log->chain, now);
}

/* Writes the loss record; its number is used only if a byte of it stands. */
static void
declare_missing(struct log *log)
{
	struct chain_state *now = &log->now;
	struct audit *audit = &log->audit;
	char line[JSON_MAX + 1];
	struct record record;
	struct view view;
	size_t length, done;

	emit_init(log, &record, RECORD_LOST, 2);
	record.number[0] = now->missing_last - now->missing_first + 1;
	record.number[1] = now->missing_first;
	record.number[2] = now->missing_last;
	record.number[3] = now->missing_cause;
	record_text(&record, "file");
	emit_view(log, &record, &view);
	view.sequence = log->given + 1;
	length = json_record(&view, line);

	now->intent = view.sequence;
	chain_publish(&log->chain, now);
	done = write_some(audit->fd, line, length);
	if (done < length)
		note_failure(log, errno);
	if (done > 0)
		log->given = now->sequence = view.sequence;
	if (done > 0 && done < length) {
		keep_rest(audit, line + done, length - done, view.sequence);
		now->missing_last = view.sequence;
		count_lost(log, 1);
	}
	if (done == length) {
		now->missing_first = now->missing_last = 0;
		count_written(log, 1);
	}
	now->intent = now->sequence;
	chain_publish(&log->chain, now);
	log->state->sequence = now->sequence;
	if (done == length)
		emit_sentence(log, &view);
}

void
audit_recover(struct log *log, bool at_once)
{
	struct audit *audit = &log->audit;

	if (log->now.missing_last == 0 && audit->rest_length == 0)
		return;
	if (!audit_is_wanted(log)) {
		if (log->now.missing_last != 0)
			forget_missing(log);
		return;
	}
	if (audit->fd < 0 || (!at_once && monotonic_ms() < audit->retry_ms))
		return;
	if (finish_rest(log) && log->now.missing_last != 0)
		declare_missing(log);
}

void
audit_close(struct log *log)
{
	struct audit *audit = &log->audit;

	if (audit->fd < 0)
		return;
	/* A torn line stays in the old file, whose record is missing already;
	 * when not even the newline fits, readers count one bad line. */
	if (audit->rest_length > 0)
		(void)write_some(audit->fd, "\n", 1);
	audit->rest_length = 0;
	fd_close(&audit->fd);
	log->state->sinks[SINK_AUDIT].is_open = 0;
}

/* First file since log started: what does it say about our last words? */
static void
settle(struct log *log, uint64_t tail)
{
	struct chain_state *now = &log->now;

	log->audit.is_settled = true;
	if (!log->audit.is_fresh) {
		chain_settle(now, tail);
		if (now->sequence > log->given)
			log->given = now->sequence;
		return;
	}
	/* Numbers given before the file was there are in no file: they move
	 * behind its last one. */
	if (now->missing_last != 0) {
		now->missing_first += tail;
		now->missing_last += tail;
	}
	log->given += tail;
	now->sequence = now->intent = log->given;
}

/* Compares the file with what we know, and ends a torn line. */
static void
examine(struct log *log, uint64_t size)
{
	struct audit *audit = &log->audit;
	struct record record;
	uint64_t tail = 0, torn = 0;

	if (audit->reader == -1 ||
	    tail_read(audit->reader, size, &tail, &torn) < 0)
		emit_message(log, 3, "the audit file's end cannot be read: "
		    "error %d", errno);
	if (!audit->is_settled)
		settle(log, tail);
	if (tail > log->given)
		log->given = log->now.sequence = log->now.intent = tail;
	if (torn > 0) {
		keep_rest(audit, "\n", 1, 0);
		(void)finish_rest(log);	/* else before the next line */
	}
	chain_publish(&log->chain, &log->now);
	emit_init(log, &record, RECORD_OPENED, torn > 0 ? 4 : 6);
	record.number[0] = size;
	record.number[1] = torn;
	record_text(&record, "%s", log->newest != NULL ?
	    log->paths.path[SINK_AUDIT] : "");
	emit_own(log, &record);
}

void
audit_reader(struct log *log, int fd)
{
	fd_close(&log->audit.reader);
	log->audit.reader = fd;
}

void
audit_open(struct log *log, int fd)
{
	struct audit *audit = &log->audit;
	struct stat st;
	bool is_same;

	if (!audit_is_wanted(log) || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode)) {
		emit_message(log, 3, "the audit file is no regular file of the "
		    "policy in force; not used");
		fd_close(&fd);
		fd_close(&audit->reader);
		return;
	}
	emit_flush(log);
	is_same = audit->fd >= 0 && audit->device == st.st_dev &&
	    audit->inode == st.st_ino;
	if (is_same)
		fd_close(&audit->fd);	/* the rest of a line stays valid */
	else
		audit_close(log);
	audit->fd = fd;
	audit->device = st.st_dev;
	audit->inode = st.st_ino;
	audit->retry_ms = 0;
	log->state->sinks[SINK_AUDIT].is_open = 1;
	if (!is_same)
		examine(log, (uint64_t)st.st_size);
	fd_close(&audit->reader);
}
