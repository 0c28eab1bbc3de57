/*
 * Datagrams.
 */
#ifndef DISPATCH_PACKET_H
#define DISPATCH_PACKET_H

#include "dispatch/dispatch.h"

/* More denied datagrams of one listener in a second, and the parent is asked
 * to filter it; once a minute. */
#define PACKET_FLOOD 1000

/* Allocates; after the listeners are known. Before the sandbox. */
void packet_open(struct dispatch *);
void packet_close(struct dispatch *);

/* Callback of a readable datagram listener (struct listener). */
void packet_ready(void *listener);

/* Takes the datagram off and answers it (RFC 862 to 868). */
void packet_answer(struct dispatch *, struct connection *,
    const struct verdict *);

/* The next datagram with SO_PEEK_OFF, which is looked at whole; the first one,
 * which is taken off. False when there is none. */
bool packet_peek_whole(struct listener *, struct connection *);
bool packet_take(struct listener *, struct connection *);

/* A refused datagram was taken off: counts and records it. */
void packet_tell(struct dispatch *, const struct connection *taken,
    const struct verdict *);

/* Asks the parent to filter the listener, once a minute. */
void packet_shield(struct dispatch *, struct listener *);

/* Takes the datagram off; for its record see refusal.h. */
void packet_refuse(struct dispatch *, struct connection *,
    const struct verdict *);

#endif
