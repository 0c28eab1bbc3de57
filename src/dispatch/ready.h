/*
 * Events of descriptors that come and go: an epoll set of our own inside the
 * loop's, so that nothing is allocated for them and edges can be asked for.
 */
#ifndef DISPATCH_READY_H
#define DISPATCH_READY_H

#include "dispatch/dispatch.h"

enum ready_kind { READY_ASK, READY_HOLD, READY_MUX, READY_MAX };

/* Makes the set. Before the sandbox; ends the program when it cannot. */
void ready_open(struct dispatch *);

/* Adds fd with these events (epoll_ctl(2)). `slot` and `serial` come back; an
 * event of a slot that has changed hands is dropped by its owner. False when
 * the kernel refuses. */
bool ready_add(struct dispatch *, int fd, enum ready_kind, uint32_t events,
    uint32_t slot, uint64_t serial);

/* Before a descriptor is closed or handed on: a copy of it elsewhere would
 * keep it in the set. */
void ready_forget(struct dispatch *, int fd);

#endif
