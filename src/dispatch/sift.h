/*
 * What stands behind the datagram that a server is to be started for.
 */
#ifndef DISPATCH_SIFT_H
#define DISPATCH_SIFT_H

#include "dispatch/dispatch.h"

/* May the listener go to a server now? If not, the parent has been asked for
 * its filter, and the datagram is decided about again when it is on. */
bool sift_allows(struct dispatch *, struct connection *);

/* GUARDED: the filter is on. Takes off what came before it and is refused. */
void sift_guarded(struct dispatch *, struct listener *);

#endif
