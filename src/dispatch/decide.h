/*
 * One connection: refused, or handed to the parent with a request.
 */
#ifndef DISPATCH_DECIDE_H
#define DISPATCH_DECIDE_H

#include <sys/socket.h>

#include "dispatch/dispatch.h"

/* Takes fd over: it is closed, or in a START, or held, afterwards. */
void decide_connection(struct dispatch *, const struct listener *, int fd,
    const struct sockaddr_storage *from, socklen_t length);

/* Callback of a service's timer (struct served): the silence after a
 * DEACTIVATED line is over. */
void decide_quiet_over(void *served);

#endif
