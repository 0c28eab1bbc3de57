/*
 * Which user, group and supplementary groups a server gets.
 */
#ifndef LOAD_IDS_H
#define LOAD_IDS_H

#include "load/fill.h"

/* Sets s->launch_ids, or reports why not. */
void ids_fill(struct fill *, struct service *s);

/* Sets s->socket_ids from socket_user and socket_group, root's where one is not
 * given. False when it has reported why not. */
bool ids_fill_socket(struct fill *, struct service *s);

#endif
