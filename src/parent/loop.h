/*
 * The parent's event loop: epoll and one signalfd.
 */
#ifndef PARENT_LOOP_H
#define PARENT_LOOP_H

#include "parent/parent.h"

/* epoll and signals. 0, or -1 with errno. */
int loop_open(struct parent *);

/* Calls watch->ready whenever watch->fd is readable. */
int loop_watch(struct parent *, struct watch *);
void loop_forget(struct parent *, struct watch *);

/* Until the daemon has stopped. */
void loop_run(struct parent *);

#endif
