/*
 * The state dump: everything that the parent knows, as text for people.
 */
#ifndef PARENT_DUMP_H
#define PARENT_DUMP_H

#include "parent/parent.h"

/* Writes DUMP_NAME in the run directory (root alone may read it), in a child
 * process that sees the state of this moment: nothing waits for the disk. */
#define DUMP_NAME "dump"
void dump_begin(struct parent *);

/* True when that was the dump's process; says what came of it. */
bool dump_reaped(struct parent *, pid_t, int status);

#endif
