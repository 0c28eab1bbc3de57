/*
 * Launch records: what a start needs, computed once at load.
 */
#ifndef PARENT_LAUNCH_H
#define PARENT_LAUNCH_H

#include "parent/parent.h"

/* Variables that the parent sets for each connection. */
#define LAUNCH_OWN_VARIABLES 6

/* Builds the record of one service; memory lives in the policy's arena.
 * `libexec` is where sallyport-label is. False when memory is out. */
bool launch_make(struct launch *, const struct service *, const char *libexec,
    struct arena *);

#endif
