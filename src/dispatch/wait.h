/*
 * Services whose server gets the listener itself.
 */
#ifndef DISPATCH_WAIT_H
#define DISPATCH_WAIT_H

#include "dispatch/dispatch.h"

/* Callback of a readable stream listener (struct listener): somebody waits in
 * its queue, and stays there when allowed. */
void wait_ready(void *listener);

/* START_WAIT; until its answer, and while a server has it, the listener is not
 * polled. */
void wait_request(struct dispatch *, struct connection *,
    const struct verdict *);

/* Takes the one who waits out of a stream listener's queue and closes it, so
 * that a denial never stops the service. */
void wait_refuse(struct dispatch *, struct connection *,
    const struct verdict *);

/* The parent's answers: a server has it; or nobody, since something denied it
 * (NULL: nothing did, look again in a second). */
void wait_started(struct listener *);
void wait_refused(struct listener *, const struct verdict *);

/* BUSY and FREE. */
void wait_set_busy(struct listener *, bool is_busy);

#endif
