/*
 * The local time zone, copied into the policy.
 */
#ifndef LOAD_CLOCK_H
#define LOAD_CLOCK_H

#include "load/fill.h"

/* Sets the gateway's zone from f->zone_variable, else f->local_zone, else UTC.
 * Where it cannot be found out, services with access_times are refused. */
void clock_fill(struct fill *);

#endif
