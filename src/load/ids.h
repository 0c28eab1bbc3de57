/*
 * Which user, group and supplementary groups a server gets.
 */
#ifndef LOAD_IDS_H
#define LOAD_IDS_H

#include "load/fill.h"

/* Sets s->launch_ids, or reports why not. */
void ids_fill(struct fill *, struct service *s);

#endif
