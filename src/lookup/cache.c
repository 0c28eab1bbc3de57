/*
 * Answers of the DNS, kept for a while: see cache.h.
 *
 * Runs in sallyport-lookup. No system call but for memory.
 */
#include "lookup/cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "shared/util.h"

#define BUCKETS 4096u		/* a power of two */

struct entry {
	LIST_ENTRY(entry) chain;
	TAILQ_ENTRY(entry) age;
	struct answer *answer;
	uint64_t expires_ms;
	size_t bytes;		/* what this one costs */
	enum dns_type type;
	char name[];
};

struct cache {
	uint64_t key[2];
	size_t count, bytes;
	TAILQ_HEAD(, entry) oldest_first;
	LIST_HEAD(, entry) buckets[BUCKETS];
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t
cache_hash(const uint64_t key[static 2], const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint64_t v[4] = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t at = 0;

	/* Words of eight bytes, little end first; the last one is filled up
	 * with the length. */
	for (bool is_last = false; !is_last; at += 8) {
		uint64_t word = 0;

		is_last = length - at < 8;
		for (size_t i = 0; i < (is_last ? length - at : 8); i++)
			word |= (uint64_t)p[at + i] << (8 * i);
		if (is_last)
			word |= (uint64_t)length << 56;
		v[3] ^= word;
		sip_round(v);
		sip_round(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct answer *
answer_new(const struct dns_reply *reply, enum dns_type type)
{
	size_t each = type == DNS_A ? 4 : 16;
	size_t size = reply->count * each;
	struct answer *a;

	if (type == DNS_PTR) {
		size = 0;
		for (unsigned i = 0; i < reply->count; i++)
			size += strlen(reply->names[i]) + 1;
	}
	a = malloc(sizeof *a + size);
	if (a == NULL)
		return NULL;
	a->finding = (uint8_t)reply->finding;
	a->is_cut = reply->is_cut;
	a->count = (uint16_t)reply->count;
	a->ttl = reply->ttl;
	a->size = size;
	for (unsigned i = 0, at = 0; i < reply->count; i++) {
		if (type == DNS_PTR)
			each = strlen(reply->names[i]) + 1;
		memcpy(a->data + at, type == DNS_PTR ?
		    (const void *)reply->names[i] :
		    (const void *)reply->addresses[i], each);
		at += (unsigned)each;
	}
	return a;
}

struct answer *
answer_unknown(void)
{
	struct answer *a = calloc(1, sizeof *a);

	if (a != NULL)
		a->finding = FINDING_UNKNOWN;
	return a;
}

enum finding
answer_find(const struct answer *a, const struct address *wanted)
{
	size_t each = address_size(wanted->family);

	if (a->finding != FINDING_FOUND)
		return (enum finding)a->finding;
	for (size_t at = 0; at + each <= a->size; at += each)
		if (memcmp(a->data + at, wanted->bytes, each) == 0)
			return FINDING_FOUND;
	return a->is_cut ? FINDING_UNKNOWN : FINDING_NONE;
}

struct cache *
cache_new(const uint64_t key[static 2])
{
	struct cache *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->key[0] = key[0];
	c->key[1] = key[1];
	TAILQ_INIT(&c->oldest_first);
	return c;
}

static void
drop(struct cache *c, struct entry *e)
{
	LIST_REMOVE(e, chain);
	TAILQ_REMOVE(&c->oldest_first, e, age);
	c->count--;
	c->bytes -= e->bytes;
	free(e->answer);
	free(e);
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	while (!TAILQ_EMPTY(&c->oldest_first))
		drop(c, TAILQ_FIRST(&c->oldest_first));
	free(c);
}

static struct entry *
find(struct cache *c, enum dns_type type, const char *name)
{
	size_t at = cache_hash(c->key, name, strlen(name)) & (BUCKETS - 1);
	struct entry *e;

	LIST_FOREACH(e, &c->buckets[at], chain)
		if (e->type == type && strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

const struct answer *
cache_get(struct cache *c, enum dns_type type, const char *name,
    uint64_t now_ms)
{
	struct entry *e = find(c, type, name);

	if (e == NULL)
		return NULL;
	if (e->expires_ms <= now_ms) {
		drop(c, e);
		return NULL;
	}
	return e->answer;
}

static uint64_t
life_ms(const struct answer *a)
{
	uint64_t most = a->finding == FINDING_FOUND ? CACHE_SECONDS_MAX :
	    CACHE_SECONDS_NONE;
	uint64_t seconds = a->ttl;

	if (a->finding == FINDING_UNKNOWN)
		return 1000 * CACHE_SECONDS_UNKNOWN;
	if (seconds < CACHE_SECONDS_MIN)
		seconds = CACHE_SECONDS_MIN;
	return 1000 * (seconds > most ? most : seconds);
}

void
cache_put(struct cache *c, enum dns_type type, const char *name,
    struct answer *answer, uint64_t now_ms)
{
	struct entry *e = find(c, type, name);
	size_t length = strlen(name);
	size_t at;

	if (e != NULL)
		drop(c, e);
	e = malloc(sizeof *e + length + 1);
	if (e == NULL) {
		free(answer);
		return;
	}
	e->answer = answer;
	e->type = type;
	e->expires_ms = now_ms + life_ms(answer);
	/* What malloc() itself keeps with two blocks is counted too. */
	e->bytes = sizeof *e + length + 1 + sizeof *answer + answer->size + 32;
	memcpy(e->name, name, length + 1);
	while (c->count == CACHE_ANSWERS || c->bytes + e->bytes > CACHE_BYTES)
		drop(c, TAILQ_FIRST(&c->oldest_first));
	at = cache_hash(c->key, name, length) & (BUCKETS - 1);
	LIST_INSERT_HEAD(&c->buckets[at], e, chain);
	/* A crowd of sources whose servers are silent costs nobody what is
	 * known of others. */
	if (answer->finding == FINDING_UNKNOWN)
		TAILQ_INSERT_HEAD(&c->oldest_first, e, age);
	else
		TAILQ_INSERT_TAIL(&c->oldest_first, e, age);
	c->count++;
	c->bytes += e->bytes;
}

size_t
cache_count(const struct cache *c)
{
	return c->count;
}

size_t
cache_bytes(const struct cache *c)
{
	return c->bytes;
}
