/*
 * One client: its facts, the verdict, and what follows from it.
 */
#ifndef DISPATCH_DECIDE_H
#define DISPATCH_DECIDE_H

#include <sys/socket.h>

#include "dispatch/dispatch.h"

/* Enters both ends of a connection or datagram: source, from, local, to. A
 * family that is none of ours leaves source and from empty. */
void decide_ends(struct connection *, const struct sockaddr_storage *from,
    socklen_t length);

/* Decides about a client that has just come. c->fd is taken over: it is
 * closed, in a START, or in a slot afterwards. */
void decide_arrived(struct dispatch *, struct connection *);

/* The lists, times and files alone; no limits. Sets the facts' time. */
struct verdict decide_access(const struct dispatch *,
    const struct connection *, struct facts *);

/* Facts before any question was asked. */
void decide_facts(const struct dispatch *, const struct connection *,
    struct facts *);

/*
 * The verdict with these facts: ASK only when no limit denies. An allow has its
 * token. The parent may have said DRAIN meanwhile.
 */
void decide_judge(struct dispatch *, struct connection *, struct facts *,
    struct verdict *);

/* Does what follows from a verdict other than ASK. c->fd is taken over; for an
 * allow the service must have room for a START. */
void decide_act(struct dispatch *, struct connection *,
    const struct verdict *);

/* Record, banners, close of an accepted connection. */
void decide_refuse(struct dispatch *, struct connection *,
    const struct verdict *);

/* The record of a denial, with a new connection number; returns the id. */
uint64_t decide_record_denied(struct dispatch *, const struct connection *,
    const struct verdict *, uint64_t untold);

#endif
