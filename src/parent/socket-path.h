/*
 * The name of a UNIX socket in the file system.
 */
#ifndef PARENT_SOCKET_PATH_H
#define PARENT_SOCKET_PATH_H

#include "parent/parent.h"

/*
 * Binds fd to l->path, owner and mode as the service says; nobody can connect
 * before they are set. The directory and all above it must be root's and
 * writable by nobody else. A socket that nobody listens on any more is replaced. Sets device and
 * inode; false with errno (EADDRINUSE: somebody listens there, or it is no
 * socket; EPERM: the directory).
 */
bool socket_path_bind(struct listener *, int fd, const struct service *);

/* For a socket that another policy goes on using. */
bool socket_path_adjust(const struct listener *, const struct service *);

/* Unlinks it, if it is still the one that was bound. */
void socket_path_remove(const struct listener *);

#endif
