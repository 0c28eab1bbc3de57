/*
 * How each helper is started: its channels, memory, descriptors, arguments.
 */
#ifndef PARENT_HELPER_START_H
#define PARENT_HELPER_START_H

#include "parent/parent.h"

/* For helper-start.c: enters a started helper; reads its channel. */
void helper_add(struct parent *, struct helper *);
void helper_readable(struct parent *, void *helper);

/* For helper-table.c: a message of log. */
const char *helper_handle_log(struct parent *, struct helper *,
    const union msg *, int fd);

/* A dispatcher for the policy in force, if there is one. 0, or -1. */
int helper_restart_dispatch(struct parent *);

/* Relay; lookup, with a channel to each dispatcher. 0, or -1. */
int helper_start_relay(struct parent *);
int helper_start_lookup(struct parent *);

/* Gives a dispatcher's state file its public name. */
void helper_start_publish_state(struct parent *, struct helper *);

/* Closes and frees what it has, and removes the state file of one that never
 * came into force. */
void helper_release(struct parent *, struct helper *);

#endif
