/*
 * Socket filters of listeners: who is refused by number never reaches them.
 */
#ifndef PARENT_SHIELD_H
#define PARENT_SHIELD_H

#include "parent/parent.h"

/* Attaches the service's filter, if it has one, in the place of any other. False
 * with errno when the kernel does not take it. */
bool shield_attach(struct listener *, const struct service *);

/* A server is to get the socket: from now on the filter is on, for two seconds
 * or until one has had it. False, and said, when the kernel does not take it. */
bool shield_guard(struct parent *, struct listener *, const struct service *);

/* Takes it off, or leaves it while SHIELD's minute lasts; what it kept out since
 * it was last counted is recorded under that generation and service. */
void shield_end(struct parent *, struct listener *, const struct generation *,
    uint32_t service);

/* Peeking begins at the head of the queue again, whatever a server or a
 * dispatcher has set; connections inherit it from their listener. */
void shield_peek_from_head(const struct listener *);

/* The same as shield_end() when a server has had the socket, whatever it has done to filters
 * and to the place where peeking begins. False when it has locked it. */
bool shield_restore(struct parent *, struct listener *,
    const struct generation *, uint32_t service);

/* The policy is over, or all of us: what its filters have kept out so far is
 * recorded. */
void shield_settle(struct parent *, const struct generation *);

/* A policy comes into force: whatever filter is on is its own from now on. */
void shield_enter(struct parent *, const struct generation *);

/* A dispatcher is flooded with refused datagrams: the filter stays on for a
 * minute from now. */
void shield_begin(struct parent *, struct listener *, const struct service *);

/* Minutes that have passed; *next_ms is lowered to the next. */
void shield_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

#endif
