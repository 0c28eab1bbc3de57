/*
 * Channels between dispatchers and lookup, which the parent makes.
 */
#ifndef PARENT_LOOKUP_H
#define PARENT_LOOKUP_H

#include "parent/parent.h"

/* Gives both a channel to each other, in place of any they had. Without lookup
 * nothing is done; what cannot be told about is tried no more, since then one
 * of the two is about to be replaced. */
void lookup_connect(struct parent *, const struct helper *dispatcher);

/* The same for every dispatcher that has been told GO. */
void lookup_connect_all(struct parent *);

/* Lookup reads hosts and resolv.conf when it starts: a new one, if they have
 * changed since. Called when a policy comes into force. */
void lookup_refresh(struct parent *);

/* For helper_start_lookup(): remembers what they are like now. */
void lookup_note_files(struct parent *);

/* A message of lookup; NULL or the rule that it broke. */
const char *lookup_handle(struct parent *, struct helper *, const union msg *,
    int fd);

#endif
