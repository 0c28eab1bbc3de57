/*
 * What follows when one of our processes has ended.
 */
#ifndef PARENT_HELPER_END_H
#define PARENT_HELPER_END_H

#include "parent/parent.h"

/* For helper-table.c, by kind; the last for those that there is one of. It is
 * reaped and out of the list; released by the caller. */
void helper_end_load(struct parent *, struct helper *, int status);
void helper_end_dispatch(struct parent *, struct helper *, int status);
void helper_end_single(struct parent *, struct helper *, int status);

/* Starts what is due; *next_ms is lowered to the next. */
void helper_restart_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

#endif
