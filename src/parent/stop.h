/*
 * The end of the daemon.
 */
#ifndef PARENT_STOP_H
#define PARENT_STOP_H

#include "parent/parent.h"

/* TERM (servers are stopped with grace) or QUIT (they are left alone). */
void stop_begin(struct parent *, bool leave_servers);

/* Nothing is in force yet: end now with that code. */
void stop_at_once(struct parent *, int exit_code);

/* The policy is in force: lets the process that started us return, and gives
 * up its terminal unless we stay in the foreground. */
void stop_being_watched(struct parent *);

/* Goes on with stopping; *next_ms is lowered to the next deadline. */
void stop_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

#endif
