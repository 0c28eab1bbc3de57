/*
 * A service with access lists and their tables, for tests of the decision.
 * Include after cmocka.h.
 */
#ifndef TESTS_RULE_HELP_H
#define TESTS_RULE_HELP_H

#include <string.h>

#include "policy/rule.h"

#define NONE RULE_ENTRY_NONE
#define WORDS_MAX 4
#define VERDICT(answer_, reason_, attr_, entry_) { .answer = (answer_), \
	.reason = (reason_), .attr = (attr_), .entry = (entry_) }

/* Two lists become two tables in one block, as the loader lays them out. */
struct world {
	struct arena *arena;
	_Alignas(64) uint8_t base[8192];
	uint64_t offsets[2], sizes[2];
	struct tables tables;
	struct service service;
	struct zone zone;
};

static uint32_t
add_table(struct world *w, unsigned number, const char *const *words)
{
	struct prefix_item items[16];
	size_t count = 0;
	uint32_t entries = 0;

	for (; entries < WORDS_MAX && words[entries] != NULL; entries++) {
		struct prefix *prefixes;
		unsigned more;

		assert_int_equal(addr_word(w->arena, words[entries], &prefixes,
		    &more), ADDR_OK);
		for (unsigned i = 0; i < more; i++)
			items[count++] = (struct prefix_item){ prefixes[i],
			    entries };
	}
	w->offsets[number] = number == 0 ? 64 : 4096;
	w->sizes[number] = prefix_build(items, count,
	    w->base + w->offsets[number], 4032);
	assert_true(w->sizes[number] > 0);
	return entries;
}

/* A list whose first word is NULL is present and empty; NULL is no list. */
static void
open_world(struct world *w, const char *const *only_from,
    const char *const *no_access)
{
	static const char *const nothing[] = { NULL };
	uint32_t only, no;

	memset(w, 0, sizeof(*w));
	w->arena = arena_new(1 << 16);
	zone_utc(&w->zone);
	only = add_table(w, 0, only_from != NULL ? only_from : nothing);
	no = add_table(w, 1, no_access != NULL ? no_access : nothing);
	assert_true(tables_directory(w->base, sizeof(w->base), 2, w->offsets,
	    w->sizes));
	assert_true(tables_open(&w->tables, w->base, sizeof(w->base)));
	if (only_from != NULL) {
		w->service.given[ATTR_ONLY_FROM_TABLE] = true;
		w->service.only_from_table = (struct table_ref){ 0, only };
	}
	if (no_access != NULL) {
		w->service.given[ATTR_NO_ACCESS_TABLE] = true;
		w->service.no_access_table = (struct table_ref){ 1, no };
	}
}

#endif
