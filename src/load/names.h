/*
 * Host names in access lists that mean nobody at the moment.
 */
#ifndef LOAD_NAMES_H
#define LOAD_NAMES_H

#include "load/fill.h"

/*
 * Warns of each literal name in only_from and no_access that does not exist. Only
 * for a check: a load must not wait for DNS, and what does not exist now may
 * later. Stops when the name service fails or is silent, and after 64 names.
 */
void names_check(struct fill *);

#endif
