/*
 * Answers of the DNS, kept for a while.
 *
 * Bounded by number and by bytes; at either bound the oldest goes. Time is
 * passed in. Names are found by a keyed hash, so that whoever chooses names
 * cannot choose where they collide.
 */
#ifndef LOOKUP_CACHE_H
#define LOOKUP_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup/dns.h"

#define CACHE_ANSWERS 8192
#define CACHE_BYTES (8u << 20)	/* of answers, names and our own books */
#define CACHE_SECONDS_MIN 5
#define CACHE_SECONDS_MAX 300	/* of what exists */
#define CACHE_SECONDS_NONE 60	/* of what does not */
#define CACHE_SECONDS_UNKNOWN 5	/* of silence and failure, whatever the TTL */

/* A dns_reply that takes no more room than it needs: addresses of 4 or 16
 * bytes, or names with NUL, one after the other. */
struct answer {
	uint8_t finding;	/* enum finding */
	bool is_cut;
	uint16_t count;
	uint32_t ttl;
	size_t size;		/* of data */
	char data[];
};

/* To be freed with free(); NULL without memory. The second: UNKNOWN. */
struct answer *answer_new(const struct dns_reply *, enum dns_type);
struct answer *answer_unknown(void);
/* Is the address among them? NONE, or UNKNOWN for a cut list, if not. */
enum finding answer_find(const struct answer *, const struct address *);

/* SipHash-2-4 (Aumasson, Bernstein 2012). */
uint64_t cache_hash(const uint64_t key[static 2], const void *, size_t);

struct cache;
/* NULL without memory. `key`: random bits. */
struct cache *cache_new(const uint64_t key[static 2]);
void cache_free(struct cache *);

/* What is known and has not expired, or NULL; good until the next put. */
const struct answer *cache_get(struct cache *, enum dns_type,
    const char *name, uint64_t now_ms);

/* Takes the answer over, in place of an older one; frees it at once when there
 * is no memory. Kept for its TTL within the bounds above. What is UNKNOWN is
 * the first to go. */
void cache_put(struct cache *, enum dns_type, const char *name,
    struct answer *, uint64_t now_ms);

/* For tests: how much is in there. */
size_t cache_count(const struct cache *);
size_t cache_bytes(const struct cache *);

#endif
