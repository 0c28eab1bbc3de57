/*
 * Where a redirect goes, as numbers.
 */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include "load/fill.h"

/* Fills in s->target of a redirect, or reports why it cannot; after
 * listen_fill(). Other kinds are left alone. */
void target_fill(struct fill *, struct service *);

#endif
