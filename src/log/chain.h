/*
 * What log remembers beyond its own death, in memory that the parent holds.
 *
 * Two slots; a new state goes into the older one and counts only when its round
 * is set, last. Whoever kills log, and whenever, one slot is whole. A successor
 * treats the content as hostile all the same.
 */
#ifndef LOG_CHAIN_H
#define LOG_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAIN_CHANNELS 64

struct chain_channel {
	uint64_t id;
	uint64_t last;		/* cseq of the newest record taken from it */
	uint64_t is_used;	/* 0: free */
};

struct chain_state {
	uint64_t sequence;	/* numbers up to here are dealt with */
	uint64_t intent;	/* numbers up to here may have been written */
	uint64_t missing_first;	/* not in the audit file, not yet declared */
	uint64_t missing_last;	/* 0: none missing */
	uint64_t missing_cause;	/* enum loss_cause */
	uint64_t copies;	/* text lines that may have been written */
	uint64_t syslog_waiting;	/* datagrams not yet sent, or lost */
	uint64_t files_lost;	/* text lines lost, not yet declared */
	struct chain_channel channels[CHAIN_CHANNELS];
};

enum chain_found {
	CHAIN_FRESH,		/* all zero: log's first start */
	CHAIN_GOOD,
	CHAIN_BROKEN		/* neither slot can be believed */
};

struct chain {
	void *memory;
	uint64_t round;		/* of the newest slot */
};

/* Finds the newest whole state in memory of `size` bytes and copies it out;
 * *out is zeroed unless the result is CHAIN_GOOD. */
enum chain_found chain_open(struct chain *, void *memory, size_t size,
    struct chain_state *out);

/* Replaces the older slot. */
void chain_publish(struct chain *, const struct chain_state *);

/* The entry of that channel, or NULL. */
struct chain_channel *chain_channel_find(struct chain_state *, uint64_t id);

/*
 * What a successor makes of the state: numbers that may or may not have been
 * written become missing until the file's tail says otherwise.
 */
void chain_resume(struct chain_state *, uint64_t cause);

/* The file ends with record number `tail`: what is missing before it is not. */
void chain_settle(struct chain_state *, uint64_t tail);

#endif
