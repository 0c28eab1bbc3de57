/*
 * Taking connections from the listeners, and when not to.
 */
#ifndef DISPATCH_ACCEPT_H
#define DISPATCH_ACCEPT_H

#include "dispatch/dispatch.h"

/* Callback of a readable listener (struct listener). */
void accept_ready(void *listener);

/* May something be taken from it now? */
bool accept_is_wanted(const struct listener *);

/* Takes one connection: all of *c but now_us. False when there is none; what
 * was wrong has been seen to. */
bool accept_take(struct listener *, struct connection *c);

/* What follows from an errno of accept or recvfrom on a listener. */
void accept_failed(struct listener *, int error);

/* Leaves it alone for about a second. */
void accept_rest(struct listener *);

/* Says what the kernel does not do, once a minute; how many were not said is
 * said with the next. */
void accept_trouble(struct dispatch *, const char *what, int error);

/* Callback of the retry timer (struct dispatch): a pause is over. */
void accept_retry(void *dispatch);

/* Brings the poll set in line with the state: every listener, or those of one
 * service. */
void accept_update(struct dispatch *);
void accept_update_service(struct served *);

/* The kernel is out of something: nothing is polled for 100 ms, then twice as
 * long at each time in a row, up to a second. `what` goes into a message to
 * the administrator, one a minute. */
void accept_pause(struct dispatch *, const char *what, int error);

/* The kernel has given again. */
void accept_pause_reset(struct dispatch *);

#endif
