/*
 * What the parent says: texts, sinks, channels, and when to end.
 *
 * Runs in the log process. The parent is trusted to be root, not to be free of
 * faults: a message that makes no sense is refused with a line in the audit and
 * changes nothing. Every descriptor received is stored or closed.
 */
#include "log/log.h"

#include <string.h>
#include <sys/mman.h>

#include "policy/parse.h"
#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/util.h"

#define WAKE_MESSAGES 64
#define RETIRE_ROUNDS 128	/* of LOG_WAKE_RECORDS: a full channel */
/* How long channels wait for the audit file once a text is there. */
#define READY_WAIT_MS 5000

bool
control_send(struct log *log, unsigned type, uint64_t number, uint32_t kind)
{
	union msg message = { .log = { .number = number, .kind = kind } };
	size_t length = msg_prepare(&message, (enum msg_type)type);

	return ipc_send(log->control, &message, length, -1) != IPC_AGAIN;
}

void
control_ready(struct log *log)
{
	bool has_audit = log->newest != NULL &&
	    (!audit_is_wanted(log) || log->audit.fd >= 0);
	bool is_late = log->ready_ms != 0 && monotonic_ms() >= log->ready_ms;

	if (log->is_ready || !(has_audit || is_late || log->is_quitting))
		return;
	log->is_ready = true;
	channel_watch_all(log);
}

/* The place for a generation's text: its old one, a free one, or that of the
 * oldest, whose last records will then name no services. */
static struct log_generation *
generation_place(struct log *log, uint64_t number)
{
	struct log_generation *place = NULL;
	struct log_generation *all = log->generations;

	for (unsigned i = 0; i < LOG_GENERATIONS; i++)
		if (all[i].policy != NULL && all[i].number == number)
			return &all[i];
	for (unsigned i = 0; i < LOG_GENERATIONS; i++)
		if (all[i].policy == NULL)
			return &all[i];
	for (unsigned i = 0; i < LOG_GENERATIONS; i++)
		if (&all[i] != log->newest &&
		    (place == NULL || all[i].number < place->number))
			place = &all[i];
	emit_message(log, 4, "too many generations: the text of generation "
	    "%llu is given up", (unsigned long long)place->number);
	return place;
}

static struct policy *
text_read(int fd, char *error, size_t error_size)
{
	struct policy *policy;
	size_t length;
	char *text;

	if (!memfd_is_sealed(fd, &length) || length == 0 ||
	    length > PARSE_ARENA_MAX) {
		(void)format_text(error, error_size, "not a sealed text");
		return NULL;
	}
	text = map_fd(fd, length, false);
	if (text == NULL) {
		(void)format_text(error, error_size, "cannot be mapped");
		return NULL;
	}
	policy = parse_canonical(text, length, CONSUMER_LOG, error,
	    error_size);
	if (munmap(text, length) < 0)
		bug("munmap of a text");
	return policy;
}

static void
handle_text(struct log *log, const union msg *message, int fd)
{
	uint64_t number = message->log.number;
	struct log_generation *place;
	char error[200] = "";
	struct policy *policy;
	struct sinks paths;

	emit_flush(log);
	if (log->ready_ms == 0)
		log->ready_ms = monotonic_ms() + READY_WAIT_MS;
	policy = text_read(fd, error, sizeof(error));
	fd_close(&fd);
	if (policy != NULL && !policy_sinks(policy, &paths)) {
		(void)format_text(error, sizeof(error), "too many log files");
		policy_free(policy);
		policy = NULL;
	}
	if (policy == NULL) {
		emit_message(log, 2, "log text of generation %llu refused: %s",
		    (unsigned long long)number, error);
		return;
	}
	place = generation_place(log, number);
	/* Before the old text goes: open files are found by its paths. */
	if (log->newest == NULL || number >= log->newest->number)
		sink_renumber(log, &paths);
	policy_free(place->policy);
	*place = (struct log_generation){ .number = number, .policy = policy };
	if (log->newest != NULL && number < log->newest->number)
		return;
	if (log->newest != NULL && log->newest != place &&
	    log->newest->is_retired) {
		policy_free(log->newest->policy);
		*log->newest = (struct log_generation){ 0 };
	}
	log->newest = place;
	if (!audit_is_wanted(log))
		audit_close(log);
}

/* What was recorded before the text retires still needs it, and came on another
 * channel than the news: it is read first, within bounds. */
static void
read_what_is_queued(struct log *log)
{
	if (!log->is_ready)
		return;
	for (unsigned i = 0; i < LOG_CHANNELS; i++)
		if (log->channels[i].is_watched)
			log->channels[i].is_ready = true;
	for (int i = 0; i < RETIRE_ROUNDS; i++) {
		unsigned count = channel_read(log, LOG_WAKE_RECORDS);

		emit_flush(log);	/* a batch has room for one round */
		if (count < LOG_WAKE_RECORDS)
			return;
	}
}

static void
handle_retire(struct log *log, const union msg *message, int fd)
{
	(void)fd;	/* the table says that there is none */
	read_what_is_queued(log);
	for (unsigned i = 0; i < LOG_GENERATIONS; i++) {
		struct log_generation *generation = &log->generations[i];

		if (generation->policy == NULL ||
		    generation->number != message->log.number)
			continue;
		generation->is_retired = true;
		if (generation == log->newest)
			return;
		policy_free(generation->policy);
		*generation = (struct log_generation){ 0 };
	}
}

static void
handle_sink(struct log *log, const union msg *message, int fd)
{
	uint64_t number = message->log.number;

	if (number == SINK_SYSLOG)
		syslog_open(log, fd);
	else if (number == SINK_AUDIT && message->log.kind == 1)
		audit_reader(log, fd);
	else if (number == SINK_AUDIT)
		audit_open(log, fd);
	else
		sink_open(log, (unsigned)number, fd);
}

static void
handle_channel(struct log *log, const union msg *message, int fd)
{
	channel_add(log, message->log.number,
	    (enum record_writer)message->log.kind, fd);
}

static void
handle_counter(struct log *log, const union msg *message, int fd)
{
	channel_counter(log, message->log.number, fd);
}

static void
handle_quit(struct log *log, const union msg *message, int fd)
{
	(void)message;
	(void)fd;	/* the table says that there is none */
	log->is_quitting = true;
}

static void (*const handlers[MSG_MAX])(struct log *, const union msg *, int) = {
	[MSG_TEXT] = handle_text,
	[MSG_RETIRE] = handle_retire,
	[MSG_SINK] = handle_sink,
	[MSG_CHANNEL] = handle_channel,
	[MSG_COUNTER] = handle_counter,
	[MSG_QUIT] = handle_quit,
};

static void
handle(struct log *log, const unsigned char *bytes, size_t length, int fd)
{
	union msg message;
	const char *broken;

	broken = msg_decode(LINK_PARENT_TO_LOG, bytes, length, fd >= 0,
	    &message);
	if (broken == NULL) {
		handlers[message.h.type](log, &message, fd);
		return;
	}
	emit_message(log, 3, "a control message was refused: %s", broken);
	fd_close(&fd);
}

void
control_read(struct log *log)
{
	unsigned char bytes[IPC_MAX] __attribute__((aligned(8)));

	for (unsigned i = 0; i < WAKE_MESSAGES && !log->is_quitting; i++) {
		size_t length = sizeof(bytes);
		int fd = -1;

		switch (ipc_receive(log->control, bytes, &length, true, &fd)) {
		case IPC_OK:
			handle(log, bytes, length, fd);
			break;
		case IPC_AGAIN:
			return;
		case IPC_CLOSED:
		case IPC_ERROR:
			log->is_quitting = true;
			return;
		default:
			emit_message(log, 3, "a control message came without "
			    "its descriptor, or malformed");
			break;
		}
	}
}
