/*
 * USERID: who the client is, for the record alone (RFC 1413).
 *
 * Never part of a decision, and never asked about a service on port 113, or two
 * ident servers could ask each other for ever.
 */
#ifndef DISPATCH_IDENT_H
#define DISPATCH_IDENT_H

#include "dispatch/ask.h"
#include "dispatch/dispatch.h"

#define IDENTS_MAX 64		/* of started ones, and of refused ones */

/* Allocates. Before the sandbox. */
void ident_open(struct dispatch *);
void ident_close(struct dispatch *);

/* A server was started: asks, if the service wants to know. The client is not
 * delayed. Without a free slot there is a NOID record (system error). */
void ident_started(struct dispatch *, const struct pending *);

/*
 * A client was refused: if the service wants to know, its connection stays
 * open for the answer, since an ident server only knows connections that
 * exist. Then c->fd is taken over. Without a free slot nothing is asked. The
 * reason of the refusal goes into the record: it tells which of log_on_success
 * and log_on_failure asked for it.
 */
void ident_refused(struct dispatch *, struct connection *c, uint64_t conn,
    enum reason);

/* `owner`: ASK_STARTED or ASK_DENIED. */
void ident_answered(struct dispatch *, enum ask_owner owner, uint32_t slot,
    uint64_t serial, const struct msg_lookup_answer *);

/* There is a new channel to lookup. */
void ident_ask_again(struct dispatch *);

#endif
