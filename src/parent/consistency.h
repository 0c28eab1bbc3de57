/*
 * Do the parent's books agree with themselves and with the kernel?
 */
#ifndef PARENT_CONSISTENCY_H
#define PARENT_CONSISTENCY_H

#include "parent/parent.h"

/* Checks everything, changes nothing, says each error (the first ten) and the
 * outcome. Returns the number of errors. */
unsigned consistency_check(struct parent *);

/* The same every options.check_seconds. */
void consistency_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

#endif
