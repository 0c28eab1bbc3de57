/*
 * The making of listening sockets, one kind after the other.
 */
#ifndef PARENT_LISTENER_H
#define PARENT_LISTENER_H

#include "parent/parent.h"

/*
 * Opens l->fd as at, type, path and rpc of *l say; owner and mode of a UNIX
 * socket are the service's. Sets is_absent, at.port (when it was 0), domain,
 * netns, device and inode. 0, or -1 with errno; then l->fd is -1.
 */
int listener_open(struct parent *, struct listener *l, const struct service *);

/* In place of one that was shut down: on the same address. */
int listener_replace(struct parent *, struct listener *,
    const struct service *);

/* Has somebody who shares the socket shut it down, for everybody? A TCP
 * listener listens again by this call; *was_down says that it had to. Of the
 * others there is no way back but listener_replace(). */
bool listener_is_ruined(struct listener *, bool *was_down);

/* Ends it: for whoever shares it too, unless is_quiet. A UNIX socket's name
 * goes with it, if it is still ours. */
void listener_close(struct listener *, bool is_quiet);

/*
 * When the datagram came that was read or looked at last (Unix, nanoseconds; 0
 * when it cannot be said). It names the datagram: nothing else that can be
 * asked of a UDP socket tells whether it is still the same one.
 */
uint64_t listener_last_ns(const struct listener *);

/* Can the address be bound now without IP_FREEBIND? */
bool listener_address_is_there(const struct listener *);

#endif
