/*
 * Sessions of relay: connections that no server gets.
 */
#ifndef PARENT_RELAY_H
#define PARENT_RELAY_H

#include "parent/parent.h"

/* Has the service what a session of it needs? True for services of other
 * kinds. Asked when a policy is read. */
bool relay_has_data(const struct service *);

/* True when a session could be begun: relay is there and reads. */
bool relay_is_up(const struct parent *);

/* Begins the session of an instance that is in the books, for its connection
 * (the caller keeps and closes fd). What goes wrong ends the instance, with a
 * record; then it is in the books no more. */
void relay_begin(struct parent *, struct instance *, int fd);

/* Asks relay to end that session; false when its channel has no room. A relay
 * that has been asked and did not obey is ended (is_overdue). */
bool relay_stop(struct parent *, struct instance *, bool is_overdue);

/* Asks for the end of every session that was not asked for yet. */
void relay_stop_all(struct parent *);

/* No session will follow; relay outlives us once it has said so. */
void relay_drain(struct parent *);

/* True while that answer is awaited. */
bool relay_is_pending(const struct parent *);

/* A message of relay; NULL or the rule that it broke. */
const char *relay_handle(struct parent *, struct helper *, const union msg *,
    int fd);

/* It has ended, and its sessions with it. */
void relay_ended(struct parent *, const struct helper *);

#endif
