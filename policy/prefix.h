/*
 * Prefix tables: which entry of a list, if any, holds this address?
 *
 * Pure; part of the matcher. A table is built once from prefixes by flattening
 * them into sorted, disjoint ranges (the longest prefix wins inside another),
 * laid out in one block of bytes that can be sealed in a memfd, handed to
 * another process and there verified in one pass before it is believed.
 * Lookup is a branch-light binary search.
 */
#ifndef POLICY_PREFIX_H
#define POLICY_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/addr.h"

struct prefix_item {
	struct prefix prefix;
	uint32_t entry;		/* which list entry it came from */
};

#define PREFIX_ENTRY_MAX ((UINT32_C(1) << 26) - 2)	/* highest entry */
#define PREFIX_ITEMS_MAX ((size_t)1 << 30)

/* Views into a verified block. A range begins where the table says and ends
 * where the next one begins; what no prefix covers is a range too. */
struct prefix_table {
	const uint8_t *v4;	/* count4 ranges */
	const uint8_t *v6;
	const uint32_t *index4;	/* 2^16 + 1 starting points, or NULL */
	uint32_t count4, count6;
};

struct prefix_hit {
	uint32_t entry;
	uint8_t length;		/* of the prefix that matched */
};

/* Bytes that prefix_build() needs at most for these items: 16 for an IPv4
 * prefix, 42 for an IPv6 prefix, 256 KiB for the index of a large table. */
size_t prefix_size(const struct prefix_item *, size_t count);

/* Flattens the items (which it sorts in place) into `block` of `size` bytes
 * (aligned to 8). Returns the bytes used, 0 when they do not fit or an item is
 * not a prefix (host bits, length, entry). Among equal prefixes the lowest
 * entry wins. */
size_t prefix_build(struct prefix_item *, size_t count, void *block,
    size_t size);

/* Checks every byte that lookup depends on: magic, sizes, sorted, disjoint,
 * entry < entries, length in range. The block may be shorter than `size`.
 * False leaves *table unset. */
bool prefix_verify(struct prefix_table *, const void *block, size_t size,
    uint32_t entries);

bool prefix_lookup(const struct prefix_table *, const struct addr *,
    struct prefix_hit *);

/*
 * Several tables in one memfd: a directory, then the blocks, each aligned to
 * 64 bytes. tables_open() verifies the directory only.
 */
#define TABLES_MAX 8192

struct tables {
	const uint8_t *base;
	size_t size;
	uint32_t count;
};

/* Bytes in front of the first block for `count` tables. */
size_t tables_directory_size(uint32_t count);
/* Fills the directory at `base` from the blocks' offsets and sizes. */
bool tables_directory(void *base, size_t size, uint32_t count,
    const uint64_t *offsets, const uint64_t *sizes);
bool tables_open(struct tables *, const void *base, size_t size);
/* Verifies and opens table `number`. */
bool tables_get(const struct tables *, uint32_t number, uint32_t entries,
    struct prefix_table *);

#endif
