/*
 * The hosts file: see hosts.h.
 *
 * Runs in sallyport-lookup, once, while it starts. No system call but for
 * memory: at most 1 MB of names and 28 bytes for each of 131,072 of them.
 */
#include "lookup/hosts.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORD_SIZE 256		/* longer words are neither name nor address */

struct host {
	struct address address;
	uint32_t name;		/* where in the names */
	uint32_t place;		/* in the file */
};

struct hosts {
	char *names;
	size_t used;
	struct host *by_name, *by_address;
	uint32_t count;
};

static int
compare_addresses(const struct host *a, const struct host *b)
{
	if (a->address.family != b->address.family)
		return a->address.family < b->address.family ? -1 : 1;
	return memcmp(a->address.bytes, b->address.bytes, 16);
}

static int
compare_places(const struct host *a, const struct host *b)
{
	return a->place < b->place ? -1 : a->place > b->place;
}

static int
order_by_name(const void *left, const void *right, void *names)
{
	const struct host *a = left, *b = right;
	int result = strcmp((const char *)names + a->name,
	    (const char *)names + b->name);

	return result != 0 ? result : compare_places(a, b);
}

static int
order_by_address(const void *left, const void *right)
{
	int result = compare_addresses(left, right);

	return result != 0 ? result : compare_places(left, right);
}

static bool
is_address(const char *word, struct address *out)
{
	struct record_addr a = { .family = 4 };

	if (inet_pton(AF_INET, word, a.bytes) != 1) {
		a.family = 6;
		if (inet_pton(AF_INET6, word, a.bytes) != 1)
			return false;
	}
	*out = address_of(&a);
	return true;
}

static void
add_host(struct hosts *h, const struct address *address, const char *word,
    size_t length)
{
	char name[NAME_SIZE];
	size_t size;

	if (h->count == HOSTS_NAMES || !name_normal(word, length, name))
		return;
	size = strlen(name) + 1;
	memcpy(h->names + h->used, name, size);
	h->by_name[h->count] = (struct host){ .address = *address,
	    .name = (uint32_t)h->used, .place = h->count };
	h->used += size;
	h->count++;
}

static void
read_line(struct hosts *h, const char *line, size_t length)
{
	static const char blanks[] = " \t\r\v\f";
	struct address address;
	bool has_address = false;
	size_t at = 0;

	while (at < length) {
		size_t begin;

		while (at < length && line[at] != '\0' &&
		    strchr(blanks, line[at]) != NULL)
			at++;
		begin = at;
		while (at < length && (line[at] == '\0' ||
		    strchr(blanks, line[at]) == NULL))
			at++;
		if (at == begin)
			break;
		if (has_address) {
			add_host(h, &address, line + begin, at - begin);
		} else {
			char word[WORD_SIZE];

			if (at - begin >= sizeof word)
				return;
			memcpy(word, line + begin, at - begin);
			word[at - begin] = '\0';
			if (!is_address(word, &address))
				return;
			has_address = true;
		}
	}
}

static void
read_lines(struct hosts *h, const char *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		const char *end = memchr(bytes + at, '\n', length - at);
		size_t line = end != NULL ? (size_t)(end - bytes) - at :
		    length - at;
		const char *remark = memchr(bytes + at, '#', line);

		/* A last line that the bound has cut could be half a name. */
		if (end == NULL && length == HOSTS_BYTES)
			return;
		read_line(h, bytes + at, remark != NULL ?
		    (size_t)(remark - bytes) - at : line);
		at += line + 1;
	}
}

struct hosts *
hosts_parse(const char *bytes, size_t length)
{
	struct hosts *h = calloc(1, sizeof *h);
	size_t most;

	if (h == NULL)
		return NULL;
	if (length > HOSTS_BYTES)
		length = HOSTS_BYTES;
	/* A name takes two bytes at least, with its blank; so does its copy. */
	most = length / 2 + 1;
	if (most > HOSTS_NAMES)
		most = HOSTS_NAMES;
	h->names = malloc(length + 2);
	h->by_name = calloc(most, sizeof *h->by_name);
	if (h->names == NULL || h->by_name == NULL) {
		hosts_free(h);
		return NULL;
	}
	read_lines(h, bytes, length);
	h->by_address = calloc(h->count + 1u, sizeof *h->by_address);
	if (h->by_address == NULL) {
		hosts_free(h);
		return NULL;
	}
	memcpy(h->by_address, h->by_name, h->count * sizeof *h->by_name);
	qsort_r(h->by_name, h->count, sizeof *h->by_name, order_by_name,
	    h->names);
	qsort(h->by_address, h->count, sizeof *h->by_address,
	    order_by_address);
	return h;
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	free(h->names);
	free(h->by_name);
	free(h->by_address);
	free(h);
}

enum finding
hosts_find(const struct hosts *h, const char *name, const struct address *a)
{
	uint32_t low = 0, high = h->count;
	enum finding finding = FINDING_UNKNOWN;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(h->names + h->by_name[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < h->count &&
	    strcmp(h->names + h->by_name[low].name, name) == 0; low++) {
		if (address_equal(&h->by_name[low].address, a))
			return FINDING_FOUND;
		if (h->by_name[low].address.family == a->family)
			finding = FINDING_NONE;
	}
	return finding;
}

unsigned
hosts_names(const struct hosts *h, const struct address *a,
    char names[static DNS_NAMES][NAME_SIZE], bool *is_cut)
{
	struct host wanted = { .address = *a };
	uint32_t low = 0, high = h->count;
	unsigned count = 0;

	*is_cut = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare_addresses(&h->by_address[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < h->count && !*is_cut &&
	    address_equal(&h->by_address[low].address, a); low++) {
		const char *name = h->names + h->by_address[low].name;
		bool is_known = false;

		for (unsigned i = 0; i < count; i++)
			is_known |= strcmp(names[i], name) == 0;
		if (is_known)
			continue;
		*is_cut = count == DNS_NAMES;
		if (!*is_cut)
			memcpy(names[count++], name, strlen(name) + 1);
	}
	return count;
}
