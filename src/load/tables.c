/*
 * All access lists of a policy as one block of prefix tables.
 *
 * Runs in sallyport-load after it has given up root: this is where a list of
 * hostile size or shape would do its work. Services that inherit one list from
 * defaults share its table.
 */
#include "load/tables.h"

#include <stdlib.h>
#include <string.h>

#include "policy/prefix.h"

#define BLOCK_MAX (512u << 20)
#define ALIGN 64u

struct set {
	uint32_t count;
	const struct access_list *lists[TABLES_MAX];
	uint64_t offsets[TABLES_MAX], sizes[TABLES_MAX];
};

static size_t
aligned(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* The number of the list's table; a list seen before has one already. */
static uint32_t
number_of(struct set *set, const struct access_list *list)
{
	for (uint32_t i = set->count; i > 0; i--) {
		const struct access_list *other = set->lists[i - 1];

		if (other->count == list->count &&
		    other->entries == list->entries)
			return i - 1;
	}
	set->lists[set->count] = list;
	return set->count++;
}

static void
refer(struct set *set, struct service *s, const struct access_list *list,
    struct table_ref *ref, enum attr_id attr, enum attr_id table_attr)
{
	if (!list->present)
		return;
	ref->number = number_of(set, list);
	ref->entries = list->count;
	s->given[table_attr] = true;
	s->where[table_attr] = s->where[attr];
}

static void
number_lists(struct set *set, struct policy *policy)
{
	for (unsigned i = 0; i < policy->count; i++) {
		struct service *s = policy->services[i];

		if (s->off || s->refused)
			continue;
		refer(set, s, &s->only_from, &s->only_from_table,
		    ATTR_ONLY_FROM, ATTR_ONLY_FROM_TABLE);
		refer(set, s, &s->no_access, &s->no_access_table,
		    ATTR_NO_ACCESS, ATTR_NO_ACCESS_TABLE);
	}
}

/* Every prefix of the list with its entry's number; NULL without memory. */
static struct prefix_item *
items_of(const struct access_list *list, size_t *count)
{
	struct prefix_item *items;
	size_t total = 0;

	for (unsigned i = 0; i < list->count; i++)
		total += list->entries[i].count;
	items = calloc(total + 1, sizeof(*items));
	if (items == NULL)
		return NULL;
	*count = 0;
	for (unsigned i = 0; i < list->count; i++) {
		const struct access_entry *entry = &list->entries[i];

		for (unsigned k = 0; k < entry->count; k++) {
			items[*count].prefix = entry->prefixes[k];
			items[*count].entry = i;
			(*count)++;
		}
	}
	return items;
}

struct block {
	uint8_t *bytes;
	size_t used, size;
};

/* Makes room for `more` bytes behind an aligned `used`. */
static bool
reserve(struct block *block, size_t more)
{
	size_t wanted = aligned(block->used) + more;
	size_t size = block->size * 2 > wanted ? block->size * 2 : wanted;
	uint8_t *bytes;

	if (more > BLOCK_MAX || wanted > BLOCK_MAX)
		return false;
	if (wanted <= block->size)
		return true;
	bytes = realloc(block->bytes, size);
	if (bytes == NULL)
		return false;
	memset(bytes + block->size, 0, size - block->size);
	block->bytes = bytes;
	block->size = size;
	return true;
}

static bool
append(struct block *block, const struct access_list *list, uint64_t *offset,
    uint64_t *size)
{
	struct prefix_item *items;
	size_t count, room, start = aligned(block->used);
	bool is_done = false;

	items = items_of(list, &count);
	if (items == NULL)
		return false;
	room = prefix_size(items, count);
	if (reserve(block, room)) {
		*offset = start;
		*size = prefix_build(items, count, block->bytes + start, room);
		block->used = start + *size;
		is_done = *size > 0;
	}
	free(items);
	return is_done;
}

void *
tables_make(struct policy *policy, size_t *size, const char **why)
{
	struct set *set = calloc(1, sizeof(*set));
	struct block block = { 0 };

	*why = "the access lists do not fit into memory";
	if (set == NULL)
		return NULL;
	number_lists(set, policy);
	if (!reserve(&block, tables_directory_size(set->count)))
		goto fail;
	block.used = tables_directory_size(set->count);
	for (uint32_t i = 0; i < set->count; i++) {
		if (!append(&block, set->lists[i], &set->offsets[i],
		    &set->sizes[i]))
			goto fail;
	}
	/* What follows the last table up to the alignment is part of it. */
	if (!reserve(&block, 0))
		goto fail;
	if (!tables_directory(block.bytes, block.used, set->count,
	    set->offsets, set->sizes)) {
		*why = "the tables of the access lists are inconsistent";
		goto fail;
	}
	free(set);
	*size = block.used;
	return block.bytes;
fail:
	free(block.bytes);
	free(set);
	return NULL;
}
