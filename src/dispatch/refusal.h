/*
 * Records of denied datagrams: few, and nothing uncounted.
 */
#ifndef DISPATCH_REFUSAL_H
#define DISPATCH_REFUSAL_H

#include "dispatch/dispatch.h"

/* Allocates; after the listeners are known. Before the sandbox. */
void refusal_open(struct dispatch *);
void refusal_close(struct dispatch *);

/* A denied datagram, with its own ends: a record, or counted for a later one
 * (see suppress.h). */
void refusal_record(struct dispatch *, const struct connection *,
    const struct verdict *);

/* Nothing will be denied any more: tells what is counted. */
void refusal_end(struct dispatch *);

#endif
