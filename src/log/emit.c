/*
 * From record to written line: numbers, renderings, and the order of writes.
 *
 * Runs in the log process. A number is given to every record, in the order in
 * which they come; the chain knows a number before a byte of it is written;
 * nothing here is dropped without becoming a loss record.
 */
#include "log/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/util.h"

#define STRANGE_PAUSE_MS 60000
#define COPIES_OF_ONE 4		/* TRAFFIC, EXIT, a sentence twice */

static struct log_generation *
generation_of(struct log *log, uint64_t number)
{
	for (unsigned i = 0; i < LOG_GENERATIONS; i++)
		if (log->generations[i].policy != NULL &&
		    log->generations[i].number == number)
			return &log->generations[i];
	return NULL;
}

void
emit_view(struct log *log, const struct record *record, struct view *view)
{
	const struct log_generation *generation;

	*view = (struct view){ .record = record, .host = log->host,
	    .boot = log->boot };
	generation = generation_of(log, record->generation);
	if (generation != NULL)
		view->policy = generation->policy;
	if (record->service == RECORD_NO_SERVICE)
		return;
	view->id = "?";
	if (view->policy == NULL || record->service >= view->policy->count) {
		log->strange++;
		return;
	}
	view->service = view->policy->services[record->service];
	if (view->service->id != NULL)
		view->id = view->service->id;
}

const struct zone *
emit_zone(const struct log *log, struct zone *utc)
{
	if (log->newest != NULL)
		return &log->newest->policy->gateway.zone;
	zone_utc(utc);
	return utc;
}

void
emit_copy(struct log *log, unsigned sink, const char *bytes, size_t length)
{
	struct batch *batch = &log->batch;
	struct copy *copy = &batch->copies[batch->copy_count];

	must(batch->copy_count < BATCH_COPIES);
	must(length <= COPY_MAX);
	copy->sink = (uint16_t)sink;
	copy->length = (uint16_t)length;
	copy->offset = (uint32_t)batch->text_used;
	memcpy(batch->text + batch->text_used, bytes, length);
	batch->text_used += length;
	batch->copy_count++;
}

void
emit_sentence(struct log *log, const struct view *view)
{
	char text[TEXT_MAX];

	if (text_message(view, text) > 0)
		sink_sentence(log, view, text);
}

/* One record with its number: audit line, classic line, sentence. spent is
 * how many numbers before its own the line answers for. */
static void
render(struct log *log, const struct record *record, uint64_t spent)
{
	struct batch *batch = &log->batch;
	char original[CLASSIC_MAX];
	struct view view;
	size_t length;

	emit_view(log, record, &view);
	view.sequence = log->given + spent + 1;
	if (classic_traffic(&view, original) > 0) {
		view.original = original;
		sink_classic(log, &view);
		view.original = NULL;
	}
	if (classic_line(&view, original) > 0)
		view.original = original;
	if (audit_is_wanted(log)) {
		struct audit_line *line = &batch->lines[batch->line_count++];

		length = json_record(&view, batch->audit + batch->audit_used);
		batch->audit_used += length;
		line->first = log->given + 1;
		line->sequence = view.sequence;
		line->end = batch->audit_used;
	}
	log->given = view.sequence;
	if (view.original != NULL)
		sink_classic(log, &view);
	emit_sentence(log, &view);
}

static bool
batch_is_full(const struct batch *batch)
{
	return batch->line_count >= BATCH_RECORDS ||
	    batch->copy_count + COPIES_OF_ONE > BATCH_COPIES;
}

/* Declares and writes what is in the batch. */
static void
write_batch(struct log *log)
{
	struct batch *batch = &log->batch;
	struct chain_state *now = &log->now;

	/* While something is missing nothing is tried, so nothing is in doubt:
	 * these numbers are missing too. */
	if (now->missing_last != 0 && audit_is_wanted(log)) {
		now->missing_last = log->given;
		now->sequence = log->given;
	}
	if (!audit_is_wanted(log))
		now->sequence = log->given;
	now->intent = log->given;
	now->copies = batch->copy_count;
	chain_publish(&log->chain, now);

	audit_write(log);
	sink_write(log);

	now->sequence = log->given;
	now->copies = 0;
	now->syslog_waiting = log->syslog.count + log->syslog.lost +
	    log->left_syslog;
	now->files_lost = sink_lost(log) + log->left_files;
	chain_publish(&log->chain, now);
	log->state->sequence = log->given;
	sink_state(log);
	batch->line_count = batch->copy_count = 0;
	batch->audit_used = batch->text_used = 0;
}

static void
start_record(struct log *log)
{
	if (batch_is_full(&log->batch))
		write_batch(log);
	if (log->batch.line_count == 0 && log->batch.copy_count == 0)
		audit_recover(log, false);
}

void
emit_record(struct log *log, const struct record *record)
{
	struct record copy = *record;
	uint64_t now_us = wall_us();

	start_record(log);
	copy.time_us = classic_sane_time(copy.time_us, now_us);
	copy.start_us = classic_sane_time(copy.start_us, copy.time_us);
	render(log, &copy, 0);
}

void
emit_lost(struct log *log, uint64_t count, enum loss_cause cause)
{
	struct record record;

	if (count == 0)
		return;
	start_record(log);
	emit_init(log, &record, RECORD_LOST, 2);
	record.number[0] = count;
	record.number[1] = log->given + 1;
	record.number[2] = log->given + count;
	record.number[3] = cause;
	record_text(&record, "all");
	log->state->lost += count;
	render(log, &record, count);
}

void
emit_lost_copies(struct log *log, uint64_t count, enum loss_cause cause,
    const char *sink)
{
	struct record record;

	if (count == 0)
		return;
	emit_init(log, &record, RECORD_LOST, 2);
	record.number[0] = count;
	record.number[3] = cause;
	record_text(&record, "%s", sink);
	emit_own(log, &record);
}

void
emit_init(const struct log *log, struct record *record,
    enum record_action action, unsigned level)
{
	record_init(record, action);
	record->level = (uint16_t)level;
	if (log->newest != NULL)
		record->generation = log->newest->number;
}

void
emit_own(struct log *log, const struct record *record)
{
	if (log->own_count == LOG_OWN) {
		log->own_lost++;
		return;
	}
	log->own[(log->own_head + log->own_count) % LOG_OWN] = *record;
	log->own_count++;
}

void
emit_message(struct log *log, unsigned level, const char *format, ...)
{
	struct record record;
	char text[RECORD_TEXT];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	va_end(arguments);
	emit_init(log, &record, RECORD_MESSAGE, level);
	record_text(&record, "%s", text);
	emit_own(log, &record);
}

static void
say_strange(struct log *log)
{
	uint64_t count = log->strange;

	if (count == 0 || monotonic_ms() < log->strange_ms)
		return;
	log->strange = 0;
	log->strange_ms = monotonic_ms() + STRANGE_PAUSE_MS;
	emit_message(log, 4, "records of services in generations whose "
	    "text is not here, written as \"?\": %llu",
	    (unsigned long long)count);
}

static void
take_own(struct log *log)
{
	struct record record;

	while (log->own_count > 0) {
		record = log->own[log->own_head];
		log->own_head = (log->own_head + 1) % LOG_OWN;
		log->own_count--;
		emit_record(log, &record);
	}
	if (log->own_lost > 0) {
		uint64_t lost = log->own_lost;

		log->own_lost = 0;
		emit_lost(log, lost, LOSS_QUEUE);
	}
}

void
emit_declare(struct log *log, bool is_last)
{
	if (log->now.missing_last != 0 && audit_is_wanted(log) && !is_last)
		return;
	emit_lost_copies(log, log->left_syslog, LOSS_LOG_DIED, "syslog");
	emit_lost_copies(log, log->left_files, LOSS_LOG_DIED, "files");
	log->left_syslog = log->left_files = 0;
	syslog_declare(log);
	sink_declare(log, is_last);
}

void
emit_flush(struct log *log)
{
	/* Writing can bring up new messages of our own (a limit passed, a loss
	 * to be declared), each kind once: the rounds come to an end. What the
	 * last round leaves is written after the next wake. */
	if (!log->is_ready)
		return;
	if (log->batch.line_count == 0 && log->batch.copy_count == 0)
		audit_recover(log, false);
	say_strange(log);
	for (unsigned round = 0; round < 4; round++) {
		emit_declare(log, false);
		take_own(log);
		if (log->batch.copy_count == 0 &&
		    log->given == log->now.sequence)
			return;
		write_batch(log);
	}
}
