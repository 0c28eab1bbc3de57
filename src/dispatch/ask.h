/*
 * The channel to the lookup process: questions out, answers in.
 */
#ifndef DISPATCH_ASK_H
#define DISPATCH_ASK_H

#include "dispatch/dispatch.h"

/* Who asks; comes back with the answer. */
enum ask_owner { ASK_HOLD, ASK_STARTED, ASK_DENIED, ASK_OWNERS };

/* Allocates. Before the sandbox. */
void ask_open(struct dispatch *);

/* A channel, in place of the last; what was asked there is asked again. Takes
 * the descriptor over. */
void ask_set_channel(struct dispatch *, int fd);

struct ask_question {
	enum ask_owner owner;
	uint32_t slot;
	uint64_t serial;
	enum lookup_kind kind;
	uint32_t timeout_ms;
	const char *name;	/* of LOOKUP_HOST */
	const struct record_addr *source, *destination;
};

/* Never waits. False: there will be no answer. */
bool ask_send(struct dispatch *, const struct ask_question *);

/* Answers have come (see ready.h). */
void ask_ready(struct dispatch *, uint32_t slot, uint64_t serial,
    bool is_over);

void ask_close(struct dispatch *);

#endif
