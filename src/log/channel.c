/*
 * Record channels: reading, checking, and accounting for every number.
 *
 * Runs in the log process. A channel's writer may be in the hands of an
 * attacker: every message is decoded and checked against what its writer may
 * say, a number that cannot be is a violation that ends the channel, and no
 * record is believed to exist because a counter claims it beyond LOG_GAP_MAX.
 */
#include "log/log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/util.h"

static struct log_channel *
channel_of(struct log *log, uint64_t id)
{
	for (unsigned i = 0; i < LOG_CHANNELS; i++)
		if (log->channels[i].is_used &&
		    log->channels[i].memory->id == id)
			return &log->channels[i];
	return NULL;
}

static bool
is_remembered_by_channel(const struct log *log,
    const struct chain_channel *memory)
{
	for (unsigned i = 0; i < LOG_CHANNELS; i++)
		if (log->channels[i].is_used &&
		    log->channels[i].memory == memory)
			return true;
	return false;
}

/* The channel's place in the chain: the one it had before log was replaced,
 * else a free one, else one whose channel the parent never handed over again.
 * There is one, since there are no more channels than places. */
static struct chain_channel *
memory_for(struct log *log, uint64_t id, bool *is_resumed)
{
	struct chain_channel *memory = chain_channel_find(&log->now, id);

	*is_resumed = memory != NULL;
	for (unsigned i = 0; memory == NULL && i < CHAIN_CHANNELS; i++)
		if (!log->now.channels[i].is_used)
			memory = &log->now.channels[i];
	for (unsigned i = 0; memory == NULL && i < CHAIN_CHANNELS; i++)
		if (!is_remembered_by_channel(log, &log->now.channels[i]))
			memory = &log->now.channels[i];
	must(memory != NULL);
	if (!*is_resumed)
		*memory = (struct chain_channel){ .id = id, .is_used = 1 };
	return memory;
}

void
channel_add(struct log *log, uint64_t id, enum record_writer writer, int fd)
{
	struct log_channel *channel = NULL;

	for (unsigned i = 0; i < LOG_CHANNELS && channel == NULL; i++)
		if (!log->channels[i].is_used)
			channel = &log->channels[i];
	if (channel == NULL || channel_of(log, id) != NULL) {
		emit_message(log, 3, "record channel %llu refused: %s",
		    (unsigned long long)id, channel == NULL ?
		    "too many channels" : "its number is in use");
		fd_close(&fd);
		return;
	}
	*channel = (struct log_channel){ .is_used = true, .fd = fd,
	    .counter_fd = -1, .writer = writer };
	channel->memory = memory_for(log, id, &channel->is_resumed);
	/* Without the old numbers nothing can be said about what came before
	 * the first record. */
	channel->is_unknown = !channel->is_resumed && log->is_chain_broken &&
	    !log->is_ready;
}

void
channel_counter(struct log *log, uint64_t id, int fd)
{
	struct log_channel *channel = channel_of(log, id);

	if (channel == NULL || channel->counter_fd >= 0) {
		emit_message(log, 3, "counter of record channel %llu refused",
		    (unsigned long long)id);
		fd_close(&fd);
		return;
	}
	channel->counter_fd = fd;
	channel_watch_all(log);
}

void
channel_watch_all(struct log *log)
{
	for (unsigned i = 0; i < LOG_CHANNELS && log->is_ready; i++) {
		struct log_channel *channel = &log->channels[i];

		if (!channel->is_used || channel->is_done ||
		    channel->is_watched || channel->counter_fd < 0)
			continue;
		loop_watch(log, channel->fd, EPOLLIN, LOOP_CHANNELS + i);
		channel->is_watched = true;
	}
}

/* Newest number its writer has taken; false when the page cannot be read.
 * Read, not mapped: no writer can pull a page from under us. */
static bool
counter_read(const struct log_channel *channel, uint64_t *offered)
{
	struct record_counter counter;
	ssize_t n = pread(channel->counter_fd, &counter, sizeof(counter), 0);

	if (n != (ssize_t)sizeof(counter))
		return false;
	*offered = counter.offered;
	return true;
}

static void
channel_end(struct log *log, struct log_channel *channel)
{
	if (channel->is_watched)
		loop_unwatch(log, channel->fd);
	channel->is_watched = channel->is_ready = false;
	fd_close(&channel->fd);
	fd_close(&channel->counter_fd);
	channel->is_done = true;
}

/* Everything up to `number` counts as taken; the difference is lost. */
static void
lose_up_to(struct log *log, struct log_channel *channel, uint64_t number,
    enum loss_cause cause)
{
	uint64_t lost = number - channel->memory->last;

	channel->memory->last = number;
	emit_lost(log, lost, cause);
}

static bool
is_plausible(const struct log_channel *channel, uint64_t offered)
{
	return offered >= channel->memory->last &&
	    offered - channel->memory->last <= LOG_GAP_MAX;
}

static void
channel_broken(struct log *log, struct log_channel *channel, const char *rule)
{
	static const char *const names[WRITER_MAX] = {
		"parent", "dispatch", "log"
	};
	struct record record;
	uint64_t offered;

	emit_init(log, &record, RECORD_VIOLATION, 2);
	record.number[0] = MSG_RECORD;
	record_text(&record, "record channel %llu of %s: %s",
	    (unsigned long long)channel->memory->id,
	    names[channel->writer], rule);
	emit_record(log, &record);
	if (counter_read(channel, &offered) && is_plausible(channel, offered))
		lose_up_to(log, channel, offered, LOSS_VIOLATION);
	channel_end(log, channel);
}

/* The writer is gone and the channel is empty. */
static void
channel_closed(struct log *log, struct log_channel *channel)
{
	uint64_t offered;

	if (!counter_read(channel, &offered)) {
		channel_broken(log, channel, "counter page unreadable");
		return;
	}
	if (channel->is_unknown)
		channel->memory->last = offered;
	if (!is_plausible(channel, offered)) {
		channel_broken(log, channel, "counter out of range at the end");
		return;
	}
	lose_up_to(log, channel, offered, channel->is_resumed ?
	    LOSS_LOG_DIED : LOSS_WRITER_DIED);
	channel_end(log, channel);
}

/* Is the number the next one, or one that a loss explains? The loss is
 * declared here. NULL, or the rule that was broken. */
static const char *
account(struct log *log, struct log_channel *channel, uint64_t cseq)
{
	uint64_t offered, last = channel->memory->last;
	enum loss_cause cause = LOSS_QUEUE;

	if (channel->is_unknown && cseq > last)
		last = channel->memory->last = cseq - 1;
	channel->is_unknown = false;
	if (channel->is_resumed)
		cause = LOSS_LOG_DIED;
	channel->is_resumed = false;
	if (cseq <= last)
		return "record number repeated";
	if (cseq > last + 1) {
		if (cseq - last > LOG_GAP_MAX)
			return "record number jumps too far";
		if (!counter_read(channel, &offered) || cseq > offered)
			return "record number beyond its counter";
		lose_up_to(log, channel, cseq - 1, cause);
	}
	channel->memory->last = cseq;
	return NULL;
}

/* One message; false when there is none. */
static bool
read_one(struct log *log, struct log_channel *channel)
{
	unsigned char bytes[IPC_MAX] __attribute__((aligned(8)));
	size_t length = sizeof(bytes);
	const char *broken;
	union msg message;

	switch (ipc_receive_plain(channel->fd, bytes, &length)) {
	case IPC_OK:
		break;
	case IPC_AGAIN:
		channel->is_ready = false;
		return false;
	case IPC_CLOSED:
	case IPC_ERROR:
		channel_closed(log, channel);
		return false;
	default:
		channel_broken(log, channel, "message malformed");
		return false;
	}
	broken = msg_decode(LINK_RECORDS, bytes, length, false, &message);
	if (broken == NULL)
		broken = record_check(&message.record.record, channel->writer);
	if (broken == NULL)
		broken = account(log, channel, message.record.record.cseq);
	if (broken != NULL) {
		channel_broken(log, channel, broken);
		return false;
	}
	emit_record(log, &message.record.record);
	return true;
}

unsigned
channel_read(struct log *log, unsigned limit)
{
	unsigned total = 0, before;

	do {
		before = total;
		for (unsigned i = 0; i < LOG_CHANNELS && total < limit; i++) {
			unsigned turn = (log->turn + i) % LOG_CHANNELS;
			struct log_channel *channel = &log->channels[turn];

			if (channel->is_ready && read_one(log, channel))
				total++;
		}
	} while (total > before && total < limit);
	log->turn = (log->turn + 1) % LOG_CHANNELS;
	return total;
}

void
channel_close_books(struct log *log)
{
	for (unsigned i = 0; i < LOG_CHANNELS; i++) {
		struct log_channel *channel = &log->channels[i];
		uint64_t offered;

		/* The parent has one thread: having said QUIT it is not in the
		 * middle of sending a record. Others may be. */
		if (!channel->is_used || channel->is_done ||
		    channel->writer != WRITER_PARENT ||
		    !counter_read(channel, &offered) ||
		    !is_plausible(channel, offered))
			continue;
		lose_up_to(log, channel, offered, LOSS_QUEUE);
	}
}

void
channel_report(struct log *log)
{
	for (unsigned i = 0; i < LOG_CHANNELS; i++) {
		struct log_channel *channel = &log->channels[i];

		if (!channel->is_used || !channel->is_done)
			continue;
		if (!control_send(log, MSG_CHANNEL_DONE, channel->memory->id,
		    0))
			return;
		channel->memory->is_used = 0;
		channel->is_used = false;
	}
}
