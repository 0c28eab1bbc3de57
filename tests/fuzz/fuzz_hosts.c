/*
 * Any bytes as a hosts file: the two ways to ask it agree, and names are
 * names.
 *
 * Input: the file.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

static void
check_address(const struct hosts *h, const struct address *a)
{
	static char names[DNS_NAMES][NAME_SIZE];
	bool is_cut;
	unsigned count = hosts_names(h, a, names, &is_cut);
	char again[NAME_SIZE];

	check(count <= DNS_NAMES);
	for (unsigned i = 0; i < count; i++) {
		check(name_normal(names[i], strlen(names[i]), again));
		check(strcmp(again, names[i]) == 0);
		check(hosts_find(h, names[i], a) == FINDING_FOUND);
	}
}

/* The first word of every line, if it is an address. */
static void
check_lines(const struct hosts *h, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		struct record_addr from = { .family = 4 };
		struct address a;
		char word[64];
		size_t used = 0;

		if (at > 0 && data[at - 1] != '\n')
			continue;
		while (at + used < size && used + 1 < sizeof word &&
		    data[at + used] > ' ')
			used++;
		memcpy(word, data + at, used);
		word[used] = '\0';
		if (inet_pton(AF_INET, word, from.bytes) != 1) {
			from.family = 6;
			if (inet_pton(AF_INET6, word, from.bytes) != 1)
				continue;
		}
		a = address_of(&from);
		check_address(h, &a);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hosts *h;

	if (size > 4096)
		return 0;
	h = hosts_parse((const char *)data, size);
	if (h == NULL)
		abort();
	check_lines(h, data, size);
	hosts_free(h);
	return 0;
}
