/*
 * One direction of a session: bytes from one socket to another.
 */
#ifndef RELAY_FLOW_H
#define RELAY_FLOW_H

#include "relay/relay.h"

/* Begins to move bytes between two connected sockets (which may be one). False
 * with errno when there is no memory; flow_stop() is wanted in any case. */
bool flow_start(struct flow *, struct session *, int from, int to);

/* Gives up watches and pipe; the sockets are the session's. */
void flow_stop(struct flow *);

#endif
