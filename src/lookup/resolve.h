/*
 * Questions to the DNS, through c-ares and the cache.
 *
 * Identical questions under way share one query. Nothing here knows why
 * somebody asks.
 */
#ifndef LOOKUP_RESOLVE_H
#define LOOKUP_RESOLVE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "lookup/cache.h"
#include "shared/loop.h"

/* Queries under way. A question that was given up leaves its query behind
 * until c-ares gives up too: 3 seconds for each server. */
#define RESOLVE_QUERIES 2048

/* Descriptors that c-ares may have, at most. */
#define RESOLVE_FILES 512

struct resolver;
struct query;

/* Somebody who waits for a query. Belongs to the caller, zeroed before its
 * first use; while it waits it must stay where it is. */
struct wait {
	struct query *query;	/* NULL: does not wait */
	LIST_ENTRY(wait) others;
	void (*act)(struct wait *, const struct answer *);
	void *context;
};

/* Reads resolv.conf and random bytes, so that neither is needed later. NULL
 * with errno. */
struct resolver *resolver_new(void);
/* After confine(); `key` is for the cache. False without memory. */
bool resolver_attach(struct resolver *, struct loop *,
    const uint64_t key[static 2]);

/*
 * What is known at once (from the cache, or UNKNOWN at a bound), good until the
 * next call; or NULL, and wait->act(wait, answer) comes later, from
 * resolver_work() alone.
 */
const struct answer *resolver_ask(struct resolver *, enum dns_type,
    const char *name, struct wait *);
/* It does not wait any more. May be called in any state. */
void resolver_forget(struct wait *);

/* Hands on what has come and sets the timer; to be called after a batch of
 * resolver_ask(). Calls itself after every event of a socket. */
void resolver_work(struct resolver *);

#endif
