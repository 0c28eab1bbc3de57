/*
 * Services with wait = yes: a server that has the listener itself.
 */
#ifndef PARENT_WAIT_H
#define PARENT_WAIT_H

#include "parent/parent.h"

/* START_WAIT, SHIELD and GUARD: NULL, or the rule that was broken. */
const char *wait_start(struct parent *, struct helper *, const union msg *,
    int fd);
const char *wait_shield(struct parent *, struct helper *, const union msg *,
    int fd);
const char *wait_guard(struct parent *, struct helper *, const union msg *,
    int fd);

/* The server of that instance, which the books have forgotten already, has
 * ended; its listener comes back. */
void wait_ended(struct parent *, const struct instance *);

/* Tells a dispatcher, before its GO, which listeners are out. */
void wait_brief(struct parent *, struct helper *);

/* Listeners whose back-off is over; *next_ms is lowered to the next. */
void wait_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

#endif
