/*
 * Any word of an access list, and any address: what is accepted is a sound
 * prefix, and its text means the same again.
 *
 * Input: the word; its first sixteen bytes serve as an address too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

static void
round_trip(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	struct addr bare = *addr, again;
	size_t length;

	bare.scope = 0;
	length = addr_format(addr, text);
	check(length == strlen(text) && length < sizeof(text));
	check(addr_parse(&again, text));
	check(addr_compare(&bare, &again) == 0);
}

static void
check_prefix(const struct prefix *prefix)
{
	unsigned bits = prefix->addr.family == ADDR_IPV4 ? 32 : 128;
	const uint8_t *bytes = prefix->addr.bytes;

	check(prefix->addr.family == ADDR_IPV4 ||
	    prefix->addr.family == ADDR_IPV6);
	check(prefix->length <= bits && prefix->addr.scope == 0);
	for (unsigned i = prefix->length; i < 128; i++)
		check((bytes[i / 8] & 0x80 >> i % 8) == 0);
	check(prefix_contains(prefix, &prefix->addr));
}

/* "10.0.0.0/8" is the same prefix again, alone unless it holds the mapped
 * addresses. */
static void
reparse(struct arena *arena, const struct prefix *prefix)
{
	struct prefix *again;
	char text[ADDR_TEXT_MAX];
	unsigned count;

	check(prefix_format(prefix, text) < sizeof(text));
	check(addr_word(arena, text, &again, &count) == ADDR_OK);
	check(again[0].length == prefix->length &&
	    addr_compare(&again[0].addr, &prefix->addr) == 0);
	check(count == 1 || (count == 2 && prefix->length < 96 &&
	    again[1].addr.family == ADDR_IPV4 && again[1].length == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 18);
	struct prefix *prefixes;
	enum addr_error error;
	struct addr addr;
	unsigned count;
	char *word;

	if (arena == NULL || size > 4096)
		goto out;
	if (size >= 16 && addr_from_bytes(&addr, data, 16))
		round_trip(&addr);
	if (size >= 4 && addr_from_bytes(&addr, data, 4))
		round_trip(&addr);
	word = malloc(size + 1);
	if (word == NULL)
		goto out;
	memcpy(word, data, size);
	word[size] = '\0';
	if (addr_parse(&addr, word))
		round_trip(&addr);
	error = addr_word(arena, word, &prefixes, &count);
	check((error == ADDR_OK) == (count > 0) && count <= ADDR_WORD_MAX);
	check(addr_error_text(error) != NULL);
	for (unsigned i = 0; i < count; i++) {
		check_prefix(&prefixes[i]);
		reparse(arena, &prefixes[i]);
	}
	free(word);
out:
	arena_free(arena);
	return 0;
}
