/*
 * What a dispatcher may ask of the parent.
 */
#ifndef PARENT_REQUEST_H
#define PARENT_REQUEST_H

#include "parent/parent.h"

/*
 * Handles one decoded message of a dispatcher; takes fd (or -1) and closes it.
 * NULL when it kept the rules, else the rule that it broke: the caller ends it.
 */
const char *request_handle(struct parent *, struct helper *, const union msg *,
    int fd);

/* A message whose descriptor was lost because our own table is full: refused,
 * and the sender told so. */
const char *request_without_fd(struct parent *, struct helper *,
    const union msg *);

#endif
