/*
 * All access lists of a policy as one block of prefix tables.
 */
#ifndef LOAD_TABLES_H
#define LOAD_TABLES_H

#include <stddef.h>

#include "policy/policy.h"

/* Flattens only_from and no_access of every offered service and sets their
 * table_ref members. Returns the block (free() it) and its size, or NULL when
 * memory is out or there is too much, with the reason in *why. */
void *tables_make(struct policy *, size_t *size, const char **why);

#endif
