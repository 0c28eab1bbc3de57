/*
 * What a service refuses by number, as a classic socket filter.
 *
 * Pure; part of the matcher: the loader compiles, the parent attaches what it
 * was given. A server that has the listening socket reads whatever arrives
 * there, so the kernel has to keep out whom the policy refuses.
 */
#ifndef POLICY_FILTER_H
#define POLICY_FILTER_H

#include <stdint.h>

#include "policy/arena.h"
#include "policy/policy.h"

/* The layout of struct sock_filter (linux/filter.h), which pure code does not
 * include; shield.c asserts that they agree. */
struct filter_code {
	uint16_t code;
	uint8_t jump_true, jump_false;
	uint32_t k;
};

/* The kernel counts what a filter becomes after its translation against
 * net.core.optmem_max, 20 KB unless somebody changed it; so many fit. */
#define FILTER_CODES_MAX 1500

enum filter_result {
	FILTER_NONE,		/* the lists refuse nobody by number */
	FILTER_MADE,
	FILTER_TOO_BIG,		/* the lists alone: over FILTER_CODES_MAX */
	FILTER_NO_MEMORY
};

/*
 * Compiles the lists of a service into *out (in the arena, only on MADE). A
 * packet of a source on no_access is dropped; then only_from, if it is there,
 * lets pass whom it names. An entry without prefixes is a host name, which no
 * filter knows: it cannot refuse anybody here, and with one in only_from
 * whoever no_access does not name passes.
 *
 * `rules` are those of hosts.allow and hosts.deny, or NULL; the service's
 * wrap_name chooses among them. Whom they refuse for certain is dropped. What
 * needs a name, a user or our own address refuses nobody here, and whom it may
 * allow no rule behind it drops. Rules get the room that the lists leave: one
 * that refuses and does not fit is left out, and all behind one that allows and
 * does not. *is_partial says that some that refuse are not in the filter.
 */
enum filter_result filter_make(struct arena *, const struct service *,
    const struct wrap_rules *rules, struct blob *out, bool *is_partial);

#endif
