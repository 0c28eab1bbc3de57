/*
 * Starting a server: the one function that does.
 */
#ifndef PARENT_SPAWN_H
#define PARENT_SPAWN_H

#include "parent/parent.h"
#include "parent/provenance.h"

/* Forks the service's server onto the connection. The pid, or -1 with errno.
 * The caller keeps and closes fd. */
pid_t spawn_server(struct parent *, const struct launch *, int fd,
    uint64_t conn, const struct provenance *);

/* What a connection is given before anybody gets it: blocking, and the options
 * of the service. */
void spawn_prepare_socket(int fd, const struct service *);

#endif
