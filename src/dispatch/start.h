/*
 * Talking to the parent: requests for servers, and its answers.
 */
#ifndef DISPATCH_START_H
#define DISPATCH_START_H

#include "dispatch/dispatch.h"

/* Says that policy and sandbox are in place. */
void start_hello(struct dispatch *, uint32_t layers);

/* May a START be sent for the service now? */
bool start_has_room(const struct served *);

/* Banners, then START. Takes c->fd over. */
void start_request(struct dispatch *, struct connection *c,
    const struct verdict *);

/* START_WAIT: the listener itself to a server. */
void start_request_wait(struct dispatch *, struct connection *c,
    const struct verdict *);

/* Tries again with the connection that found no room, if there is one. */
void start_retry(struct dispatch *);

/* Everything the parent has said so far. Sends nothing. */
void start_read_answers(struct dispatch *);

/* Last act of every callback: goes on with those who wait for room; when
 * draining and nothing is left, says so and leaves the loop. */
void start_settle(struct dispatch *);

/* Callbacks of the control channel (struct dispatch). */
void start_channel_readable(void *dispatch);
void start_channel_writable(void *dispatch);

#endif
