/*
 * The log process: everything it knows is in one struct, made in main().
 *
 * Records come in on channels (channel.c), become lines (emit.c, render.h),
 * wait in the batch, are declared in the chain and only then written: to the
 * audit file (audit.c), to text files and descriptor 2 (sink.c) and to
 * /dev/log (syslog.c). The parent directs all of it (control.c).
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "log/chain.h"
#include "log/render.h"
#include "policy/policy.h"
#include "shared/record.h"
#include "shared/state.h"

#define LOG_GENERATIONS 64
#define LOG_CHANNELS CHAIN_CHANNELS
#define LOG_WAKE_RECORDS 64	/* read before the next write */
#define LOG_RING 1024		/* datagrams waiting for /dev/log */
#define LOG_OWN 64		/* records of our own, waiting for a number */
/* Records that a channel may claim to have lost at once. */
#define LOG_GAP_MAX (UINT64_C(1) << 24)

/* Each record that is read can bring a loss record with it. */
#define BATCH_RECORDS (2 * LOG_WAKE_RECORDS + 32)
#define BATCH_COPIES (3 * BATCH_RECORDS)
#define COPY_MAX (LINE_MAX_BYTES + 1)	/* a line and its newline */
_Static_assert(BATCH_COPIES <= 1024, "one writev takes a whole batch");

#define COPY_STDERR SINK_MAX	/* a copy's sink number: descriptor 2 */

struct audit_line {
	uint64_t first;		/* lowest number this line answers for */
	uint64_t sequence;	/* its own */
	size_t end;		/* offset after it in batch.audit */
};

struct copy {			/* a text line for one sink */
	uint16_t sink;
	uint16_t length;
	uint32_t offset;	/* in batch.text */
};

struct batch {
	struct audit_line lines[BATCH_RECORDS];
	unsigned line_count;
	size_t audit_used;
	char audit[BATCH_RECORDS * (JSON_MAX + 1)];
	struct copy copies[BATCH_COPIES];
	unsigned copy_count;
	size_t text_used;
	char text[BATCH_COPIES * COPY_MAX];
};

struct log_generation {
	uint64_t number;
	struct policy *policy;	/* NULL: free slot */
	bool is_retired;	/* kept only because it is the newest */
};

struct log_channel {
	bool is_used;
	bool is_done;		/* accounted for; not yet told the parent */
	bool is_watched, is_ready;
	bool is_resumed;	/* nothing read since log was replaced */
	bool is_unknown;	/* the chain was damaged: any number may come */
	int fd, counter_fd;
	enum record_writer writer;
	struct chain_channel *memory;	/* in log.now */
};

struct audit {
	int fd;			/* -1: none; for appending only */
	int reader;		/* -1: none; to look at the tail, then closed */
	bool is_settled;	/* the file's tail has been compared once */
	bool is_fresh;		/* started without a usable chain */
	dev_t device;
	ino_t inode;
	uint64_t retry_ms;	/* monotonic: not before */
	/* Rest of a line that was cut by a full disk. */
	size_t rest_length;
	uint64_t rest_sequence;	/* its record; 0: a bare newline */
	char rest[JSON_MAX + 1];
};

struct text_sink {
	int fd;
	bool is_regular, has_said_soft, has_said_hard;
	bool is_failing;	/* the last write was not complete */
	uint64_t size;
	uint64_t lost;		/* lines, not yet declared */
	struct log_sink_state totals;
	size_t rest_length;
	char rest[COPY_MAX];
};

struct syslog {
	int fd;
	bool is_dead, is_watched;
	uint64_t report_ms;	/* SINK_DEAD not before */
	uint64_t lost;		/* datagrams, not yet declared */
	struct log_sink_state totals;
	unsigned head, count;
	struct {
		uint16_t length;
		char bytes[LINE_MAX_BYTES];
	} ring[LOG_RING];
};

struct log {
	int control, epoll;
	pid_t daemon;		/* the parent: whose pid lines carry */
	char host[65];
	char boot[17];
	uint32_t layers;

	struct log_state *state;
	struct chain chain;
	struct chain_state now;
	uint64_t given;		/* last final number, >= now.sequence */
	bool is_chain_broken;	/* found so at the start */

	struct log_generation generations[LOG_GENERATIONS];
	struct log_generation *newest;	/* its sinks count; NULL before one */
	struct sinks paths;		/* of the newest */
	/* Text lines that our predecessor lost and could not declare. */
	uint64_t left_syslog, left_files;
	uint64_t strange;		/* records of unknown generations */
	uint64_t strange_ms;		/* said so last */

	bool is_ready;		/* channels may be read */
	uint64_t ready_ms;	/* at the latest then; 0: no text yet */
	bool is_quitting;

	struct audit audit;
	struct text_sink files[SINK_MAX];	/* [SINK_MESSAGES] upwards */
	struct syslog syslog;
	struct log_channel channels[LOG_CHANNELS];
	unsigned turn;		/* channel that is read first next time */

	struct record own[LOG_OWN];
	unsigned own_head, own_count;
	uint64_t own_lost;
	struct batch batch;
};

/* loop.c: until the parent says QUIT or goes away; then everything is read,
 * written and accounted for. */
void loop_run(struct log *);
enum { LOOP_CONTROL, LOOP_SYSLOG, LOOP_CHANNELS };	/* + channel index */
void loop_watch(struct log *, int fd, uint32_t events, unsigned tag);
/* Needed before close(): the parent holds the same open file, which therefore
 * would stay in the set. */
void loop_unwatch(struct log *, int fd);

/* control.c: one wake's worth of messages. */
void control_read(struct log *);
/* Starts reading channels when sinks are there, or when that took too long. */
void control_ready(struct log *);
/* Tells the parent; false when that has to be repeated later. */
bool control_send(struct log *, unsigned type, uint64_t number, uint32_t kind);

/* channel.c */
void channel_add(struct log *, uint64_t id, enum record_writer, int fd);
void channel_counter(struct log *, uint64_t id, int fd);
void channel_watch_all(struct log *);
/* Reads at most `limit` records, turn by turn; returns how many. */
unsigned channel_read(struct log *, unsigned limit);
/* What the parent has numbered and could not send, once it has said QUIT. */
void channel_close_books(struct log *);
/* Tells the parent about channels that are done. */
void channel_report(struct log *);

/* emit.c */
void emit_record(struct log *, const struct record *);
/* A record that log makes itself, and queueing it. */
void emit_init(const struct log *, struct record *, enum record_action,
    unsigned level);
void emit_own(struct log *, const struct record *);
void emit_message(struct log *, unsigned level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Spends `count` numbers on records that are gone, and one to say so. */
void emit_lost(struct log *, uint64_t count, enum loss_cause);
/* Queues the loss of a sink's own copies. */
void emit_lost_copies(struct log *, uint64_t count, enum loss_cause,
    const char *sink);
/* The sentence alone, for a record whose number is settled elsewhere. */
void emit_sentence(struct log *, const struct view *);
/* Adds a line for a sink to the batch. */
void emit_copy(struct log *, unsigned sink, const char *bytes, size_t length);
/* Declares the losses of text lines, unless the audit file itself is waiting to
 * declare something: the declaration would be lost with it. */
void emit_declare(struct log *, bool is_last);
/* Gives numbers to our own records, declares the batch, writes it. */
void emit_flush(struct log *);
void emit_view(struct log *, const struct record *, struct view *);
/* Zone of the newest text, or UTC. */
const struct zone *emit_zone(const struct log *, struct zone *utc);

/* audit.c: takes the descriptor. */
void audit_open(struct log *, int fd);
/* The same file for reading, before it (taken). */
void audit_reader(struct log *, int fd);
void audit_close(struct log *);
/* Is there an audit file in the newest text? */
bool audit_is_wanted(const struct log *);
/* Writes the batch's lines; what fails becomes missing. */
void audit_write(struct log *);
/* With something missing and the batch empty: tries to declare it. */
void audit_recover(struct log *, bool at_once);

/* tail.c: number of the last whole record in the file, and how many bytes of
 * a torn line follow. -1 with errno when the file cannot be read. */
int tail_read(int fd, uint64_t size, uint64_t *sequence, uint64_t *torn);
/* The same for bytes in memory; is_start: they begin at the file's start. */
void tail_scan(const char *bytes, size_t length, bool is_start,
    uint64_t *sequence, uint64_t *torn);

/* sink.c: files of text lines. */
void sink_open(struct log *, unsigned number, int fd);
/* Carries open files over to the numbers of new paths. */
void sink_renumber(struct log *, const struct sinks *paths);
void sink_classic(struct log *, const struct view *);
void sink_sentence(struct log *, const struct view *, const char *text);
/* Writes the batch's lines for files and descriptor 2. */
void sink_write(struct log *);
uint64_t sink_lost(const struct log *);
/* Declares what files lost that work again; at the end, what all lost. */
void sink_declare(struct log *, bool is_last);
void sink_state(struct log *);

/* syslog.c */
void syslog_open(struct log *, int fd);
/* "<PRI>stamp TAG[PID]: text" into the batch. */
void syslog_line(struct log *, int facility, unsigned level, const char *tag,
    uint64_t time_us, const char *text);
void syslog_send(struct log *, const char *bytes, size_t length);
/* Declares what was lost, once nothing waits. */
void syslog_declare(struct log *);
/* Sends what waits, as far as it goes. */
void syslog_drain(struct log *);
/* After QUIT: waits for at most wait_ms; the rest is lost. */
void syslog_finish(struct log *, int wait_ms);

#endif
