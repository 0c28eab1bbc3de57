/*
 * What hosts.allow and hosts.deny say to a connection. Part of the matcher.
 */
#ifndef POLICY_WRAP_MATCH_H
#define POLICY_WRAP_MATCH_H

#include "policy/fact.h"
#include "policy/wrap.h"

struct wrap_outcome {
	bool may_allow, may_deny;
	uint32_t rule;		/* that decides for certain, or none */
	struct question question;	/* while the answer would change */
	unsigned work;		/* groups and keys that were looked at */
};

/* Every rule in its order, on what is known. */
struct wrap_outcome wrap_match(const struct wrap_rules *, const char *daemon,
    const struct facts *);

#endif
