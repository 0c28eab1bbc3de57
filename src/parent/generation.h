/*
 * Generations: one policy in force, or on its way in or out.
 */
#ifndef PARENT_GENERATION_H
#define PARENT_GENERATION_H

#include "parent/parent.h"

/*
 * From the loader's five descriptors (taken: closed on failure), a candidate
 * with its own text read, launch records made and listeners bound. NULL with a
 * sentence in `why`; then the policy in force is as it was.
 */
struct generation *generation_make(struct parent *, int fds[LOADED_MAX],
    char *why, size_t size);

/* The candidate has become the policy: scoreboard, listeners, state. */
void generation_enter(struct parent *, struct generation *);

/* Writes what is in force to the scoreboard again. */
void generation_publish(struct parent *);

/* Drops what is neither in force nor candidate and has no dispatcher and no
 * server left; tells log to forget it. */
void generation_sweep(struct parent *);

/* Drops the candidate, which never came into force. */
void generation_abandon(struct parent *);

#endif
