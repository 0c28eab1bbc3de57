/*
 * Clients that wait for an answer of the lookup process.
 */
#ifndef DISPATCH_HOLD_H
#define DISPATCH_HOLD_H

#include "dispatch/dispatch.h"

#define HOLDS_MAX 256		/* of all services */
#define HOLDS_OF_SERVICE 32
#define LOOKUP_TIMEOUT_MS 2000	/* when the policy does not say */

/* Allocates. Before the sandbox. */
void hold_open(struct dispatch *);
void hold_close(struct dispatch *);

/*
 * A client about whom a question needs its answer. Takes c->fd over; a
 * datagram stays in its queue, and its listener is not read meanwhile. Beyond
 * the limits above somebody gives way: see crowd.h.
 */
void hold_begin(struct dispatch *, struct connection *c, struct facts *,
    const struct question *);

/* An answer has come. What nobody waits for any more is dropped. */
void hold_answered(struct dispatch *, uint32_t slot, uint64_t serial,
    const struct msg_lookup_answer *);

/* The client has hung up (see ready.h): decides with what is known. */
void hold_ready(struct dispatch *, uint32_t slot, uint64_t serial,
    bool is_over);

/* There is a new channel to lookup. */
void hold_ask_again(struct dispatch *);

/* Goes on with those that were answered while the parent had no room. */
void hold_flush(struct dispatch *);

/* DRAIN: datagrams are left to the next dispatcher. */
void hold_drain(struct dispatch *);

#endif
