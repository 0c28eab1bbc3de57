/*
 * Looking into folded rules. Private to wrap.c.
 */
#ifndef POLICY_WRAP_FIND_H
#define POLICY_WRAP_FIND_H

#include "policy/fact.h"
#include "policy/wrap.h"

/*
 * What a stretch says, from as many of its groups as have been looked into: the
 * lowest rule that matches, and of those that only may match the lowest, by the
 * first of its words that may. What stays unknown refuses and never opens.
 */
struct wrap_find {
	const struct facts *facts;
	bool is_deny;
	uint32_t certain;	/* RULE_ENTRY_NONE, the highest: no rule */
	uint32_t open, item;	/* the same */
	struct question question;	/* about that item */
	unsigned work;		/* comparisons */
};

void wrap_find(struct wrap_find *, const struct wrap_group *);

#endif
