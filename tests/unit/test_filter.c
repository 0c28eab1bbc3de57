/*
 * The socket filter against the matcher: random lists, random packets, and a
 * small interpreter of classic BPF in the place of the kernel's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/filter.h"
#include "policy/prefix.h"

#include "wrap-help.h"

#define LISTS 400
#define PACKETS 200
#define ENTRIES 24

static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);

static uint32_t
random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % limit;
}

/* What the kernel would say; every rule that it checks at attachment is an
 * assertion here. `packet` begins at the network header. */
static uint32_t
run(const struct blob *blob, const uint8_t *packet, size_t length)
{
	const struct sock_filter *codes = (const void *)blob->bytes;
	size_t count = blob->length / sizeof(*codes);
	uint32_t a = 0, memory[BPF_MEMWORDS] = { 0 };
	bool is_set[BPF_MEMWORDS] = { false };

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *c = &codes[pc];
		size_t at = c->k - (uint32_t)SKF_NET_OFF;

		switch (c->code) {
		case BPF_LD | BPF_B | BPF_ABS:
			assert_true(at < length);
			a = packet[at];
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(at + 4 <= length);
			a = (uint32_t)packet[at] << 24 |
			    (uint32_t)packet[at + 1] << 16 |
			    (uint32_t)packet[at + 2] << 8 | packet[at + 3];
			break;
		case BPF_LD | BPF_MEM:
			assert_true(c->k < BPF_MEMWORDS && is_set[c->k]);
			a = memory[c->k];
			break;
		case BPF_ST:
			assert_true(c->k < BPF_MEMWORDS);
			memory[c->k] = a;
			is_set[c->k] = true;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= c->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == c->k ? c->jt : c->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += c->k;
			break;
		case BPF_RET | BPF_K:
			return c->k;
		default:
			fail_msg("code %#x", c->code);
		}
	}
	fail_msg("the program has no end");
	return 0;
}

static enum filter_result
make(struct arena *arena, const struct service *s, struct blob *blob)
{
	bool is_partial;

	return filter_make(arena, s, NULL, blob, &is_partial);
}

static size_t
make_packet(const struct addr *source, uint8_t packet[64])
{
	memset(packet, 0xa5, 64);
	if (source->family == ADDR_IPV4) {
		packet[0] = 0x45;
		memcpy(packet + 12, source->bytes, 4);
		return 20;
	}
	packet[0] = 0x6a;
	memcpy(packet + 8, source->bytes, 16);
	return 40;
}

/* Few distinct bits, so that prefixes and addresses meet. */
static void
random_addr(struct addr *addr)
{
	static const uint8_t some[] = { 0, 1, 10, 127, 128, 192, 255 };
	unsigned length;

	memset(addr, 0, sizeof(*addr));
	addr->family = random_below(2) == 0 ? ADDR_IPV4 : ADDR_IPV6;
	length = addr->family == ADDR_IPV4 ? 4 : 16;
	for (unsigned i = 0; i < length; i++)
		addr->bytes[i] = some[random_below(i < 2 ? 3 : 7)];
}

static void
random_prefix(struct prefix *prefix)
{
	unsigned most;

	random_addr(&prefix->addr);
	most = prefix->addr.family == ADDR_IPV4 ? 32 : 128;
	prefix->length = (uint8_t)(random_below(8) == 0 ? most :
	    random_below(most + 1));
	for (unsigned bit = prefix->length; bit < most; bit++)
		prefix->addr.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
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

/* hosts.allow, hosts.deny, whether all that refuses is in the filter, and what
 * becomes of 10.0.0.1, 10.0.0.2 and 2001:db8::1: p passes, d is dropped. */
static const struct wrap_row {
	const char *allow, *deny;
	bool is_partial;
	const char *fates;
} wrap_rows[] = {
	{ "", "", false, "---" },
	{ "", "ALL: 10.0.0.1\n", false, "dpp" },
	{ "", "ind: 10.0.0.1, [2001:db8::]/32\n", false, "dpd" },
	{ "", "other: ALL\n", false, "---" },
	{ "", "ALL EXCEPT ind: ALL\n", false, "---" },
	{ "", "ALL EXCEPT other: 10.0.0.2\n", false, "pdp" },
	{ "ind: 10.0.0.1\n", "ALL: ALL\n", false, "pdd" },
	{ "ind: 10.0.0.1 [2001:db8::1]\nALL: 10.0.0.2\n", "ALL: ALL\n", false,
	    "ppp" },
	{ "ind: 10.0.0.1\n", "ALL: 10.0.0.\n", false, "pdp" },
	{ "ind: 10.0.0.1: DENY\nind: 10.\n", "ALL: ALL\n", false, "dpd" },
	/* What a name may open stays open; what it refuses is left out. */
	{ "ind: .good.example\n", "ALL: ALL\n", true, "---" },
	{ "ind: 10.0.0.1\nind: .good.example\n", "ALL: ALL\n", true, "---" },
	{ "ind: .good.example\n", "other: ALL\n", false, "---" },
	{ "", "ALL: .bad.example, 10.0.0.1\n", true, "dpp" },
	{ "", "ALL: bad.example\nALL: 10.0.0.2\n", true, "pdp" },
	{ "", "ALL: ALL EXCEPT 10.0.0.1\n", true, "---" },
	{ "", "ALL: x@10.0.0.1\n", true, "---" },
	{ "ind@10.0.0.9: ALL\n", "ALL: ALL\n", true, "---" },
	{ "", "ind@10.0.0.9: ALL\nind: 10.0.0.1\n", true, "dpp" },
};

static char
fate_of(const struct blob *blob, const char *text)
{
	uint8_t packet[64];
	struct addr source;
	size_t length;

	assert_true(addr_parse(&source, text));
	length = make_packet(&source, packet);
	return run(blob, packet, length) == 0 ? 'd' : 'p';
}

static void
rules_of_hosts_files(void **state)
{
	static const char *const sources[] = { "10.0.0.1", "10.0.0.2",
	    "2001:db8::1" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrap_rows) / sizeof(wrap_rows[0]); i++) {
		const struct wrap_row *row = &wrap_rows[i];
		struct service s = { .name = "x", .wrap_name = "ind" };
		struct arena *arena = arena_new(4 << 20);
		struct wrap_rules rules;
		struct blob blob = { 0 };
		struct told told;
		bool is_partial, is_made;

		assert_true(help_rules(arena, &rules, row->allow, row->deny,
		    &told));
		is_made = filter_make(arena, &s, &rules, &blob,
		    &is_partial) == FILTER_MADE;
		if (is_partial != row->is_partial ||
		    is_made != (row->fates[0] != '-'))
			fail_msg("row %zu: made %d, partial %d", i, is_made,
			    is_partial);
		for (unsigned k = 0; is_made && k < 3; k++) {
			if (fate_of(&blob, sources[k]) != row->fates[k])
				fail_msg("row %zu: %s", i, sources[k]);
		}
		arena_free(arena);
	}
}

/* Who is refused, is refused by the lists too when a rule lets him in. */
static void
lists_come_after_rules(void **state)
{
	struct prefix one = { .length = 32 };
	struct access_entry entry = { .word = "x", .prefixes = &one,
	    .count = 1 };
	struct service s = { .name = "x", .wrap_name = "ind",
	    .no_access = { true, 1, &entry } };
	struct arena *arena = arena_new(4 << 20);
	struct wrap_rules rules;
	struct blob blob = { 0 };
	struct told told;
	bool is_partial;

	(void)state;
	assert_true(addr_parse(&one.addr, "10.0.0.1"));
	assert_true(help_rules(arena, &rules, "ind: 10.0.0.\n", "ALL: ALL\n",
	    &told));
	assert_int_equal(filter_make(arena, &s, &rules, &blob, &is_partial),
	    FILTER_MADE);
	assert_int_equal(fate_of(&blob, "10.0.0.1"), 'd');
	assert_int_equal(fate_of(&blob, "10.0.0.2"), 'p');
	assert_int_equal(fate_of(&blob, "10.0.1.2"), 'd');
	arena_free(arena);
}

static void
too_many_rules_are_no_filter(void **state)
{
	struct service s = { .name = "x", .wrap_name = "ind" };
	struct arena *arena = arena_new(16 << 20);
	struct wrap_rules rules;
	struct blob blob = { 0 };
	static char text[2000 * 24];
	size_t length = 0;
	struct told told;
	bool is_partial;

	(void)state;
	for (unsigned i = 0; i < 1600; i++)
		length += (size_t)snprintf(text + length,
		    sizeof(text) - length, "ind: 10.%u.%u.1\n", i / 200,
		    i % 200);
	assert_true(help_rules(arena, &rules, text, "ALL: ALL\n", &told));
	assert_int_equal(filter_make(arena, &s, &rules, &blob, &is_partial),
	    FILTER_TOO_BIG);
	arena_free(arena);
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
		cmocka_unit_test(rules_of_hosts_files),
		cmocka_unit_test(lists_come_after_rules),
		cmocka_unit_test(too_many_rules_are_no_filter),
		cmocka_unit_test(the_layout_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
