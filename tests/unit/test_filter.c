/*
 * The socket filter against the matcher: random lists and random packets. Rules
 * of hosts.allow and hosts.deny are in test_filter_wrap.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "policy/filter.h"
#include "policy/prefix.h"

#include "filter-help.h"

#define LISTS 400
#define PACKETS 200
#define ENTRIES 24

static enum filter_result
make(struct arena *arena, const struct service *s, struct blob *blob)
{
	bool is_partial;

	return filter_make(arena, s, NULL, blob, &is_partial);
}

static void
random_list(struct arena *arena, struct access_list *list, bool with_names)
{
	list->present = random_below(3) != 0;
	list->count = list->present ? random_below(ENTRIES) : 0;
	list->entries = arena_alloc(arena, ENTRIES, sizeof(*list->entries));
	for (unsigned i = 0; i < list->count; i++) {
		struct access_entry *entry = &list->entries[i];

		entry->count = with_names && random_below(6) == 0 ? 0 :
		    1 + random_below(3);
		entry->prefixes = arena_alloc(arena, 3,
		    sizeof(*entry->prefixes));
		for (unsigned k = 0; k < entry->count; k++)
			random_prefix(&entry->prefixes[k]);
	}
}

/* The matcher's table of the list, in a block that the caller frees. */
static void *
make_table(const struct access_list *list, struct prefix_table *table)
{
	struct prefix_item items[ENTRIES * 3];
	size_t count = 0, size;
	void *block;

	for (unsigned i = 0; i < list->count; i++) {
		for (unsigned k = 0; k < list->entries[i].count; k++)
			items[count++] = (struct prefix_item){
			    list->entries[i].prefixes[k], i };
	}
	size = prefix_size(items, count);
	block = malloc(size);
	assert_non_null(block);
	size = prefix_build(items, count, block, size);
	assert_true(prefix_verify(table, block, size,
	    list->count > 0 ? list->count : 1));
	return block;
}

static bool
list_has_names(const struct access_list *list)
{
	bool has = false;

	for (unsigned i = 0; i < list->count; i++)
		has |= list->entries[i].count == 0;
	return has;
}

static void
agrees_with_the_matcher(void **state)
{
	unsigned made = 0, passed = 0, dropped = 0;

	(void)state;
	for (unsigned i = 0; i < LISTS; i++) {
		struct arena *arena = arena_new(4 << 20);
		struct service s = { .name = "x" };
		struct prefix_table only, none;
		struct blob blob = { 0 };
		enum filter_result result;
		void *block[2];

		random_list(arena, &s.only_from, i % 2 == 0);
		random_list(arena, &s.no_access, i % 2 == 0);
		block[0] = make_table(&s.only_from, &only);
		block[1] = make_table(&s.no_access, &none);
		result = make(arena, &s, &blob);
		made += result == FILTER_MADE;
		for (unsigned k = 0; k < PACKETS; k++) {
			struct addr source;
			struct prefix_hit hit;
			uint8_t packet[64];
			size_t length;
			bool may_pass;

			random_addr(&source);
			length = make_packet(&source, packet);
			may_pass = !prefix_lookup(&none, &source, &hit) &&
			    (!s.only_from.present ||
			    list_has_names(&s.only_from) ||
			    prefix_lookup(&only, &source, &hit));
			passed += may_pass;
			dropped += !may_pass;
			if (result == FILTER_NONE)
				assert_true(may_pass);
			else
				assert_int_equal(run(&blob, packet, length),
				    may_pass ? UINT32_C(0xffffffff) : 0);
		}
		free(block[0]);
		free(block[1]);
		arena_free(arena);
	}
	/* The test would show nothing if one answer hardly ever came. */
	assert_true(made > LISTS / 2 && passed > 1000 && dropped > 1000);
}

static void
no_list_is_no_filter(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct service s = { .name = "x" };
	struct access_entry name = { .word = "host.example" };
	struct blob blob = { 0 };

	(void)state;
	assert_int_equal(make(arena, &s, &blob), FILTER_NONE);
	s.only_from = (struct access_list){ true, 1, &name };
	assert_int_equal(make(arena, &s, &blob), FILTER_NONE);
	s.no_access = (struct access_list){ true, 1, &name };
	assert_int_equal(make(arena, &s, &blob), FILTER_NONE);
	assert_null(blob.bytes);
	arena_free(arena);
}

/* "only_from =" refuses everybody; so does a packet of no known version. */
static void
an_empty_list_lets_nobody_in(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct service s = { .name = "x", .only_from.present = true };
	struct blob blob = { 0 };
	uint8_t packet[64] = { 0x45 };

	(void)state;
	assert_int_equal(make(arena, &s, &blob), FILTER_MADE);
	assert_int_equal(run(&blob, packet, 20), 0);
	packet[0] = 0x60;
	assert_int_equal(run(&blob, packet, 40), 0);
	packet[0] = 0x50;
	assert_int_equal(run(&blob, packet, 40), 0);
	arena_free(arena);
}

/* 3 instructions for each /32, 8 for the IPv4 part, 11 for the IPv6 part. */
static void
a_filter_has_a_bound(void **state)
{
	static const struct { unsigned count; enum filter_result result; }
	rows[] = {
		{ 1, FILTER_MADE }, { 490, FILTER_MADE },
		{ 500, FILTER_TOO_BIG }, { 600, FILTER_TOO_BIG },
	};
	static struct prefix prefixes[600];
	struct access_entry entry = { .word = "many", .prefixes = prefixes };
	struct service s = { .name = "x",
	    .no_access = { true, 1, &entry } };

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		prefixes[i].addr.family = ADDR_IPV4;
		prefixes[i].addr.bytes[0] = (uint8_t)(1 + i / 200);
		prefixes[i].addr.bytes[1] = (uint8_t)(i % 200);
		prefixes[i].length = 32;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct blob blob = { 0 };

		entry.count = rows[i].count;
		assert_int_equal(make(arena, &s, &blob),
		    rows[i].result);
		assert_true(blob.length <=
		    FILTER_CODES_MAX * sizeof(struct filter_code));
		arena_free(arena);
	}
}

static void
the_layout_is_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct filter_code),
	    sizeof(struct sock_filter));
	assert_int_equal(offsetof(struct filter_code, jump_true),
	    offsetof(struct sock_filter, jt));
	assert_int_equal(offsetof(struct filter_code, k),
	    offsetof(struct sock_filter, k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_matcher),
		cmocka_unit_test(no_list_is_no_filter),
		cmocka_unit_test(an_empty_list_lets_nobody_in),
		cmocka_unit_test(a_filter_has_a_bound),
		cmocka_unit_test(the_layout_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
