/*
 * Launches as rules of hosts.allow change them.
 */
#ifndef PARENT_VARIANT_H
#define PARENT_VARIANT_H

#include "parent/parent.h"

/* Builds one launch for each rule that changes the service's; memory lives in
 * the policy's arena. False when it is out. */
bool variant_make(struct launch *, const char *libexec, struct arena *);

/* Can a server of that service get that uid, by itself or by a rule? */
bool variant_may_run_as(const struct service *, uint32_t uid);

/* The launch for a client that this rule let in: the service's own unless the
 * rule is among its options. The number comes from dispatch; it chooses among
 * what the policy holds and nothing else. */
const struct launch *variant_choose(const struct launch *, uint32_t rule);

#endif
