/*
 * Listeners: made here, kept here, closed here.
 */
#ifndef PARENT_BIND_H
#define PARENT_BIND_H

#include "parent/parent.h"

/*
 * Fills generation->listeners in the order of its text: those already held
 * are used again, the others are bound. At the first start an address that
 * cannot be bound leaves its place empty (is_missing). 0, or -1 with a sentence
 * in `why`; then nothing new stays open.
 */
int bind_generation(struct parent *, struct generation *, char *why,
    size_t size);

/* The generation is in force: sockets get its owners and modes, rpcbind is told
 * its programs. */
void bind_enter(struct parent *, struct generation *);

/* Closes the listeners of `old` that `present` (or NULL) does not name. What
 * they were is remembered, since a draining dispatcher may still hand over
 * connections that they had. */
void bind_retire(struct parent *, struct generation *old,
    const struct generation *present);

/* The end of a generation: forgets its listeners, closes those that nobody
 * else names. */
void bind_release(struct parent *, struct generation *);

/* The server that had the listener has ended; a listener that no policy names
 * any more goes now. */
void bind_server_ended(struct parent *, struct listener *);

/* "192.0.2.1 port 69 (udp)", or the path of a UNIX socket. */
void bind_describe(const struct listener *, char *out, size_t size);

/* After a dispatcher's death: a listener that it has shut down listens again. */
void bind_revive(struct parent *, struct generation *);

/* The end of service: closes them all. */
void bind_close_all(struct parent *);

/* Notices that an absent address has come; *next_ms is lowered to the next
 * look. */
void bind_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

/* The address as records and state files carry it. */
struct record_addr bind_record_addr(const struct addr *, uint16_t port);

#endif
