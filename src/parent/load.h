/*
 * From a request to reload to a policy in force.
 */
#ifndef PARENT_LOAD_H
#define PARENT_LOAD_H

#include "parent/parent.h"

/* Starts a load, or remembers to when one is running. */
void load_begin(struct parent *);

/* The same with the configuration's bytes of the policy in force: a file beside
 * it has changed. While a load is running, once more after it. */
void load_begin_watched(struct parent *);

/* One message of the loader; takes fd. NULL or the rule it broke. */
const char *load_handle(struct parent *, struct helper *, const union msg *,
    int fd);

/* The loader has ended without LOAD_DONE. */
void load_failed(struct parent *, const char *why);

/* The candidate's dispatcher is ready: put it in force. */
void load_commit(struct parent *, struct helper *);

/* The candidate's dispatcher died before it was ready. */
void load_abandon(struct parent *, const char *why);

#endif
