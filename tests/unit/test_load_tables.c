/*
 * Access lists to tables: numbers, sharing, and what a reader finds in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "load/tables.h"
#include "policy/prefix.h"

static struct access_list
list_of(struct arena *arena, const char *const *words, unsigned count)
{
	struct access_list list = { .present = true, .count = count };

	list.entries = arena_alloc(arena, count + 1, sizeof(*list.entries));
	assert_non_null(list.entries);
	for (unsigned i = 0; i < count; i++) {
		struct access_entry *entry = &list.entries[i];

		entry->word = words[i];
		assert_int_equal(addr_word(arena, words[i], &entry->prefixes,
		    &entry->count), ADDR_OK);
	}
	return list;
}

static struct policy *
new_policy(unsigned count)
{
	struct arena *arena = arena_new(8 << 20);
	struct policy *policy;

	assert_non_null(arena);
	policy = arena_alloc(arena, 1, sizeof(*policy));
	assert_non_null(policy);
	policy->arena = arena;
	policy->services = arena_alloc(arena, count + 1, sizeof(void *));
	policy->count = count;
	for (unsigned i = 0; i < count; i++)
		policy->services[i] = arena_alloc(arena, 1,
		    sizeof(struct service));
	return policy;
}

static const char *const office[] = { "192.0.2.0/24", "2001:db8::/32" };
static const char *const home[] = { "198.51.100.{7,9}" };

static const struct lookup_row {
	const char *name;
	unsigned table, entries;
	const char *address;
	bool is_found;
	uint32_t entry;
} lookup_rows[] = {
	{ "IPv4 in the first list", 0, 2, "192.0.2.77", true, 0 },
	{ "IPv6 in the first list", 0, 2, "2001:db8:1::1", true, 1 },
	{ "not in the first list", 0, 2, "192.0.3.1", false, 0 },
	{ "factor in the second list", 1, 1, "198.51.100.9", true, 0 },
	{ "not in the second list", 1, 1, "198.51.100.8", false, 0 },
	{ "empty list holds nobody", 2, 0, "192.0.2.77", false, 0 },
};

static void
lookups(void **state)
{
	struct policy *policy = new_policy(3);
	struct service **s = policy->services;
	struct tables tables;
	const char *why;
	size_t size;
	void *block;

	(void)state;
	s[0]->only_from = list_of(policy->arena, office, 2);
	s[0]->no_access = list_of(policy->arena, home, 1);
	s[1]->only_from = s[0]->only_from;	/* inherited */
	s[2]->only_from = list_of(policy->arena, NULL, 0);
	block = tables_make(policy, &size, &why);
	assert_non_null(block);
	assert_int_equal(s[0]->only_from_table.number, 0);
	assert_int_equal(s[0]->no_access_table.number, 1);
	assert_int_equal(s[1]->only_from_table.number, 0);
	assert_int_equal(s[2]->only_from_table.number, 2);
	assert_int_equal(s[0]->only_from_table.entries, 2);
	assert_true(s[2]->given[ATTR_ONLY_FROM_TABLE]);
	assert_false(s[1]->given[ATTR_NO_ACCESS_TABLE]);
	assert_true(tables_open(&tables, block, size));
	assert_int_equal(tables.count, 3);
	for (size_t i = 0; i < sizeof(lookup_rows) / sizeof(lookup_rows[0]);
	    i++) {
		const struct lookup_row *row = &lookup_rows[i];
		struct prefix_table table;
		struct prefix_hit hit = { 0 };
		struct addr addr;

		assert_true(addr_parse(&addr, row->address));
		assert_true(tables_get(&tables, row->table, row->entries,
		    &table));
		if (prefix_lookup(&table, &addr, &hit) != row->is_found ||
		    hit.entry != row->entry)
			fail_msg("%s", row->name);
	}
	free(block);
	arena_free(policy->arena);
}

static void
no_lists(void **state)
{
	struct policy *policy = new_policy(2);
	struct tables tables;
	const char *why;
	size_t size;
	void *block;

	(void)state;
	/* What is not offered has no tables. */
	policy->services[0]->refused = true;
	policy->services[0]->only_from = list_of(policy->arena, office, 2);
	policy->services[1]->off = true;
	policy->services[1]->only_from = list_of(policy->arena, home, 1);
	block = tables_make(policy, &size, &why);
	assert_non_null(block);
	assert_true(tables_open(&tables, block, size));
	assert_int_equal(tables.count, 0);
	assert_false(policy->services[0]->given[ATTR_ONLY_FROM_TABLE]);
	free(block);
	arena_free(policy->arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookups),
		cmocka_unit_test(no_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
