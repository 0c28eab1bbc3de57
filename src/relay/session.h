/*
 * Sessions: their beginning, their limits in time, their end.
 */
#ifndef RELAY_SESSION_H
#define RELAY_SESSION_H

#include "relay/relay.h"

/* Begins what `m` describes; both descriptors are taken. fd is the client's
 * connection; target that of RELAY_REDIRECT, else -1. Either may be -1 when it
 * was lost on the way: the session then ends at once with NO_ROOM. */
void session_begin(struct relay *, const struct msg_session *m, int fd,
    int target);

/* The session of that slot and connection, or NULL. */
struct session *session_find(struct relay *, uint32_t slot, uint64_t conn);

/* Closes what it has and tells the parent. The session is gone. */
void session_end(struct session *, enum session_end, int error);

/* The same for an error on one of its sockets: the other one is reset, since
 * its peer must not take a cut for an end. */
void session_fail(struct session *, int fd, int error);

/* A flow has passed on everything; ends the session with the last. */
void session_flow_done(struct session *);

/* A byte moved; so many from and to the client. */
void session_touch(struct session *);
void session_count(struct session *, size_t in, size_t out);

/* Sends what could not be sent before; the channel is writable. */
void session_report(void *relay);

#endif
