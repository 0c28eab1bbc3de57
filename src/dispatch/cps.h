/*
 * cps in the dispatcher: the bucket of a service, which outlives reloads, and
 * the two lines that xinetd would have written.
 */
#ifndef DISPATCH_CPS_H
#define DISPATCH_CPS_H

#include "dispatch/dispatch.h"

/* GO: what the dispatcher before this one left is ours. */
void cps_enter(struct dispatch *);

/* DRAIN: from now on it is another one's, and no timer is left. */
void cps_leave(struct dispatch *);

/* Brings served->cps up to date, for rule_limits() and cps_take(). */
void cps_look(struct served *, uint64_t now_us);

/* One token, which rule_limits() has just seen. */
void cps_take(struct served *, uint64_t now_us);

/* A client was refused by it. */
void cps_passed(struct served *, uint64_t now_us);

/* The timer's: the service counts as activated again. */
void cps_quiet_over(void *served);

#endif
