/*
 * What a dispatcher may ask of the parent.
 */
#ifndef PARENT_REQUEST_H
#define PARENT_REQUEST_H

#include "parent/parent.h"
#include "parent/provenance.h"
#include "policy/reason.h"

struct refusal {
	enum reason reason;
	enum attr_id attr;
};

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

/* For what else starts servers: STARTED (refusal NULL) or REFUSED. NULL, or the
 * rule that was broken. */
const char *request_answer(struct helper *, const struct msg_start *,
    enum msg_type, const struct refusal *);

/* Rule 9: instances, process limit and rate; charges the rate. */
bool request_is_within_limits(struct parent *, struct generation *,
    struct launch *, struct refusal *why);

/* Counts a refusal in the service's public state. */
void request_count_refused(struct parent *, const struct launch *);

/* Forks the server onto fd, enters it in the books as *in (listener set by the
 * caller, the rest here) and records it. False with a reason. */
bool request_begin(struct parent *, struct helper *, const struct msg_start *,
    int fd, const struct provenance *, struct instance *in,
    struct refusal *why);

#endif
