/*
 * Canonical text of a policy: the inverse of parse_canonical().
 *
 * Pure. Refused and disabled services are left out. Places are carried as
 * "#@" lines, which parse_canonical() understands and people may read.
 * parse_canonical(print(p, c), c) printed again gives the same bytes.
 */
#ifndef POLICY_PRINT_H
#define POLICY_PRINT_H

#include "policy/policy.h"

/* The text for one consumer (or CONSUMER_ALL), NUL-terminated, in the
 * policy's arena; NULL when memory is out. */
char *print_policy(struct policy *, unsigned consumer, size_t *length);

#endif
