/*
 * The end of servers, and their deadlines.
 */
#ifndef PARENT_REAP_H
#define PARENT_REAP_H

#include "parent/parent.h"

/* Reaps every child that has ended: servers, helpers, strangers. */
void reap_children(struct parent *);

/* A child said which step before exec failed. */
void reap_step_failure(struct parent *, void *unused);

/* max_session: TERM at the deadline, KILL ten seconds later. */
void reap_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

/* Signals every running server's process group. */
void reap_signal_all(struct parent *, int signal);

#endif
