/*
 * Any bytes as a DNS reply, read as resolve.c reads it: what comes out is
 * within its bounds, names are names, and every address is one that c-ares'
 * own parser finds too, where that parser accepts the reply.
 *
 * Input: one byte that chooses the type, then the reply. The question is the
 * reply's own, where that is a host name, so that it gets past the comparison.
 */
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/cache.h"

#define HEADER 12
#define ALL 4096		/* addresses that 64 kB can hold */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

static void
take_question(const uint8_t *reply, size_t size, char name[NAME_SIZE])
{
	char *text;
	long length;

	if (size > HEADER && ares_expand_name(reply + HEADER, reply, (int)size,
	    &text, &length) == ARES_SUCCESS) {
		if (!name_normal(text, strlen(text), name))
			memcpy(name, "a.test", 7);
		ares_free_string(text);
	}
}

static void
check_addresses(const struct dns_reply *reply, const uint8_t *bytes,
    size_t size)
{
	static struct ares_addrttl theirs[ALL];
	int count = ALL;

	if (ares_parse_a_reply(bytes, (int)size, NULL, theirs, &count) !=
	    ARES_SUCCESS)
		return;
	for (unsigned i = 0; i < reply->count; i++) {
		bool is_there = false;

		for (int j = 0; j < count; j++)
			is_there |= memcmp(&theirs[j].ipaddr,
			    reply->addresses[i], 4) == 0;
		check(is_there);
	}
}

static void
check_names(const struct dns_reply *reply)
{
	char again[NAME_SIZE];

	for (unsigned i = 0; i < reply->count; i++) {
		check(name_normal(reply->names[i], strlen(reply->names[i]),
		    again));
		check(strcmp(again, reply->names[i]) == 0);
	}
}

static void
check_answer(const struct dns_reply *reply, enum dns_type type,
    const char *name)
{
	static const uint64_t key[2] = { 1, 2 };
	struct cache *cache = cache_new(key);
	struct answer *answer = answer_new(reply, type);
	struct address first = { .family = type == DNS_A ? 4 : 6 };
	const struct answer *known;

	if (cache == NULL || answer == NULL)
		abort();
	if (reply->count > 0 && type != DNS_PTR) {
		memcpy(first.bytes, reply->addresses[0],
		    address_size(first.family));
		check(answer_find(answer, &first) == FINDING_FOUND);
	}
	cache_put(cache, type, name, answer, 0);
	known = cache_get(cache, type, name, 4999);
	check(known != NULL);
	known = cache_get(cache, type, name, 5001);
	check(known == NULL || reply->finding != FINDING_UNKNOWN);
	check(cache_get(cache, type, name, 300000) == NULL);
	cache_free(cache);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_PTR };
	static struct dns_reply reply;
	char name[NAME_SIZE] = "a.test";
	enum dns_type type;

	if (size < 1 || size > 65536)
		return 0;
	type = types[data[0] % 3];
	data++;
	size--;
	take_question(data, size, name);
	dns_read(data, size, type, name, &reply);
	check(reply.finding == FINDING_FOUND || reply.count == 0);
	check(reply.count <= (type == DNS_PTR ? DNS_NAMES : DNS_ADDRESSES));
	check(reply.ttl <= INT32_MAX);
	if (type == DNS_PTR)
		check_names(&reply);
	else if (type == DNS_A)
		check_addresses(&reply, data, size);
	check_answer(&reply, type, name);
	return 0;
}
