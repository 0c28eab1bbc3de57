/*
 * Our own processes: started, watched, replaced.
 */
#ifndef PARENT_HELPER_H
#define PARENT_HELPER_H

#include "parent/parent.h"

/* A dispatcher for that generation; 0, or -1 with a message said. */
int helper_start_dispatch(struct parent *, struct generation *);

/* The log process, briefed about everything. 0 or -1. */
int helper_start_log(struct parent *);

/* The loader, with the faults of the generation in force. 0 or -1. */
int helper_start_load(struct parent *);

/* Relay and lookup, when a policy in force or about to be needs them. */
void helper_start_needed(struct parent *);

/* "dispatch", "relay", ... */
const char *helper_name(enum helper_kind);

/* Log, relay or lookup is confined and may be talked to. */
void helper_confined(struct parent *, struct helper *, uint32_t layers);

/* A dispatcher said HELLO. */
void helper_ready(struct parent *, struct helper *, uint32_t layers);

/* Stops accepting in a dispatcher; it exits by itself, or is killed. */
void helper_drain(struct parent *, struct helper *);

/* Log could not be started: again, with back-off. */
void helper_retry_log(struct parent *);

/* Log writes what it has and exits. */
void helper_quit_log(struct parent *);

/* It has so long from now, and no longer than it had already. */
void helper_hurry(struct helper *, uint64_t ms);

/* Ends one at once. What it had queued is still handled. */
void helper_kill(struct parent *, struct helper *);

/* A helper broke a rule: recorded, killed. */
void helper_violation(struct parent *, struct helper *, uint64_t message,
    const char *rule);

/* That pid has ended. False when it is none of our helpers. */
bool helper_reaped(struct parent *, pid_t, int status);

/* Deadlines and restarts that are due; *next_ms is lowered to the next. */
void helper_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

#endif
