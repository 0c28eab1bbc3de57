/*
 * The parent's own record channel.
 */
#ifndef PARENT_RECORDS_H
#define PARENT_RECORDS_H

#include "parent/parent.h"

/* Opens it. 0, or -1 with errno. */
int records_open(struct parent *);

/* Gives up the present one, whose reader is not to be trusted, and goes on in
 * a new one. What was queued is lost; its numbers say so. */
void records_renew(struct parent *);

/* No more records. */
void records_close(struct parent *);

#endif
