/*
 * The socket filter of rules in hosts.allow and hosts.deny against the matcher.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "policy/filter.h"
#include "policy/wrap-match.h"

#include "filter-help.h"
#include "wrap-help.h"

#define PACKETS 50

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
	{ "", "ALL: ALL EXCEPT 10.0.0.1\n", false, "pdd" },
	{ "", "ALL: 10. EXCEPT 10.0.0. EXCEPT 10.0.0.1\n", false, "dpp" },
	{ "ind: ALL EXCEPT 10.0.0.1\n", "ALL: ALL\n", false, "dpp" },
	{ "ind: 10. EXCEPT 10.0.0.2\n", "ALL: ALL\n", false, "pdd" },
	{ "", "ALL: 10. EXCEPT [2001:db8::1]\n", false, "ddp" },
	{ "", "ALL: 10. EXCEPT ALL\n", false, "---" },
	{ "", "ALL: ALL EXCEPT ALL EXCEPT 10.0.0.1\n", false, "dpp" },
	{ "", "ALL: 10.0.0.1/255.0.0.255\n", false, "dpp" },
	{ "ind: 10.0.0.2/255.0.0.255\n", "ALL: ALL\n", false, "dpd" },
	{ "", "ALL: ALL EXCEPT 10.0.0.1/255.0.0.255\n", false, "pdd" },
	/* Unknown: refuses, does not open, and the other way round behind an
	 * EXCEPT, where it cannot be known that it takes out. */
	{ "", "ALL: 10.0.0.7/24\n", false, "ddp" },
	{ "ind: 10.0.0.7/24\n", "ALL: ALL\n", false, "ddd" },
	{ "", "ALL: ALL EXCEPT 10.0.0.7/24\n", false, "ddd" },
	{ "ind: ALL EXCEPT 10.0.0.7/24\n", "ALL: ALL\n", false, "ddp" },
	{ "", "ALL: ALL EXCEPT 10. EXCEPT 10.0.0.7/24\n", false, "ddd" },
	{ "", "ALL: @bad\n", false, "ddd" },
	{ "ind: @good\n", "ALL: 10.0.0.1\n", false, "dpp" },
	{ "ind: ALL EXCEPT @bad\n", "ALL: 10.0.0.1\n", false, "dpp" },
	/* A name in an EXCEPT. */
	{ "", "ALL: ALL EXCEPT .good.example\n", true, "---" },
	{ "", "ALL: ALL EXCEPT 10.0.0.1 EXCEPT .bad.example\n", true, "pdd" },
	{ "ind: 10.0.0.1 EXCEPT .bad.example\n", "ALL: ALL\n", true, "pdd" },
	{ "ind: x@10.0.0.1\n", "ALL: ALL\n", true, "pdd" },
	{ "ind: ALL\nind: .x.example\n", "ALL: ALL\n", false, "---" },
	{ "", "ALL: .bad.example\nALL: ALL\n", false, "ddd" },
	{ "", "ALL: x@10.0.0.1\n", true, "---" },
	{ "ind@10.0.0.9: ALL\n", "ALL: ALL\n", true, "---" },
	{ "", "ind@10.0.0.9: ALL\nind: 10.0.0.1\n", true, "dpp" },
};

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

/* `count` times the word 10.a.b.1, with what stands around each. */
static void
many_words(char *text, size_t size, unsigned count, const char *before,
    const char *after)
{
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, size - length,
		    "%s10.%u.%u.1%s", before, i / 200, i % 200, after);
}

/* What does not fit: a rule that refuses is left out alone, and with one that
 * allows goes all that is behind it. Fates of 10.0.0.1 (first), 10.7.199.1 (last),
 * 10.0.0.2 and 2001:db8::1. */
static const struct big_row {
	const char *before, *after;	/* each of 1,600 in hosts.allow */
	const char *deny;
	bool is_partial;
	const char *fates;
} big_rows[] = {
	{ "ind: ", "\n", "ALL: ALL\n", true, "pppd" },
	{ "ind: ", "\n", "", false, "----" },
	{ "ind: ", ": DENY\n", "", true, "dppp" },
	{ "ind: ", ": DENY\n", "ALL: ALL\n", false, "dddd" },
	{ "ind: ", ": DENY\n", "ALL: [2001:db8::]/32\n", true, "dppd" },
	{ "x: ", "\n", "ALL: ALL\n", false, "dddd" },
	{ " ", "", "ALL: ALL\n", true, "pppd" },	/* one rule */
};

static void
what_does_not_fit_is_left_out(void **state)
{
	static const char *const sources[] = { "10.0.0.1", "10.7.199.1",
	    "10.0.0.2", "2001:db8::1" };
	static char text[2000 * 24], allow[sizeof(text) + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(big_rows) / sizeof(big_rows[0]); i++) {
		const struct big_row *row = &big_rows[i];
		struct service s = { .name = "x", .wrap_name = "ind" };
		struct arena *arena = arena_new(16 << 20);
		struct wrap_rules rules;
		struct blob blob = { 0 };
		struct told told;
		bool is_partial, is_made;

		many_words(text, sizeof(text), 1600, row->before, row->after);
		(void)snprintf(allow, sizeof(allow), "%s%s%s",
		    row->before[0] == ' ' ? "ind:" : "", text,
		    row->before[0] == ' ' ? "\n" : "");
		assert_true(help_rules(arena, &rules, allow, row->deny,
		    &told));
		is_made = filter_make(arena, &s, &rules, &blob,
		    &is_partial) == FILTER_MADE;
		if (is_partial != row->is_partial ||
		    is_made != (row->fates[0] != '-'))
			fail_msg("row %zu: made %d, partial %d", i, is_made,
			    is_partial);
		assert_true(blob.length <=
		    FILTER_CODES_MAX * sizeof(struct filter_code));
		for (unsigned k = 0; is_made && k < 4; k++) {
			if (fate_of(&blob, sources[k]) != row->fates[k])
				fail_msg("row %zu: %s", i, sources[k]);
		}
		arena_free(arena);
	}
}

/* Words of one rule that refuses are left out one by one, and the lists keep
 * their room. */
static void
a_long_rule_fills_the_room(void **state)
{
	struct prefix one = { .length = 32 };
	struct access_entry entry = { .word = "x", .prefixes = &one,
	    .count = 1 };
	struct service s = { .name = "x", .wrap_name = "ind",
	    .no_access = { true, 1, &entry } };
	struct arena *arena = arena_new(16 << 20);
	static char words[2000 * 24], deny[sizeof(words) + 8];
	struct wrap_rules rules;
	struct blob blob = { 0 };
	struct told told;
	bool is_partial;

	(void)state;
	assert_true(addr_parse(&one.addr, "10.99.0.1"));
	many_words(words, sizeof(words), 1600, " ", "");
	(void)snprintf(deny, sizeof(deny), "ALL:%s\n", words);
	assert_true(help_rules(arena, &rules, "", deny, &told));
	assert_int_equal(filter_make(arena, &s, &rules, &blob, &is_partial),
	    FILTER_MADE);
	assert_true(is_partial);
	assert_int_equal(fate_of(&blob, "10.0.0.1"), 'd');
	assert_int_equal(fate_of(&blob, "10.2.50.1"), 'd');
	assert_int_equal(fate_of(&blob, "10.7.199.1"), 'p');
	assert_int_equal(fate_of(&blob, "10.99.0.1"), 'd');
	arena_free(arena);
}

/* Random rules against the matcher ******************************************/

#define RULE_SETS 3000

struct text {
	char bytes[1 << 17];
	size_t length;
	bool has_names;		/* of hosts, users or our own address */
};

static void
add_text(struct text *t, const char *word)
{
	size_t length = strlen(word);

	assert_true(t->length + length < sizeof(t->bytes));
	memcpy(t->bytes + t->length, word, length + 1);
	t->length += length;
}

static void
random_word(struct text *t, bool with_names)
{
	static const char *const names[] = { ".x.example", "a.example",
	    "KNOWN", "LOCAL", "10.*", "u@10.0.0.0/8", "u@ALL",
	    "u@10.0.0.1/8" };
	static const char *const masks[] = { "255.0.0.255", "255.0.255.0",
	    "0.255.0.0", "0.0.0.1", "255.255.0.128" };
	char word[ADDR_TEXT_MAX * 2], text[ADDR_TEXT_MAX];
	unsigned kind = random_below(with_names ? 12 : 10);
	struct prefix prefix;
	struct addr addr;

	random_addr(&addr);
	random_prefix(&prefix);
	addr_format(kind < 6 ? &prefix.addr : &addr, text);
	if (kind < 8) {		/* 6, 7: most have host bits */
		(void)snprintf(word, sizeof(word), (kind < 6 ?
		    prefix.addr.family : addr.family) == ADDR_IPV4 ? "%s/%u" :
		    "[%s]/%u", text, kind < 6 ? prefix.length :
		    random_below(33));
	} else if (kind == 8)
		(void)snprintf(word, sizeof(word), "%u.%u.0.%u/%s",
		    random_below(2) * 10, random_below(2), random_below(2),
		    masks[random_below(5)]);
	else if (kind == 9)
		(void)snprintf(word, sizeof(word), "%s",
		    random_below(4) == 0 ? "@group" : "ALL");
	else
		(void)snprintf(word, sizeof(word), "%s",
		    names[random_below(8)]);
	t->has_names |= kind > 9;
	add_text(t, " ");
	add_text(t, word);
}

static void
random_rule(struct text *t, bool with_names, bool is_long)
{
	static const char *const daemons[] = { "ind", "ALL", "other",
	    "ALL EXCEPT ind", "i*", "ind@10.0.0.9" };
	unsigned daemon = random_below(with_names ? 6 : 5);
	unsigned groups = random_below(3) != 0 ? 1 : 1 + random_below(5);

	t->has_names |= daemon == 5;
	add_text(t, daemons[random_below(2) == 0 ? 0 : daemon]);
	add_text(t, ":");
	for (unsigned i = 0; i < groups; i++) {
		add_text(t, i > 0 ? " EXCEPT" : "");
		for (unsigned k = 1 + random_below(is_long ? 40 : 4); k > 0;
		    k--)
			random_word(t, with_names);
	}
	add_text(t, random_below(4) != 0 ? "\n" :
	    random_below(2) == 0 ? ": DENY\n" : ": ALLOW\n");
}

static void
random_file(struct text *t, bool with_names, bool is_long)
{
	t->length = 0;
	t->bytes[0] = '\0';
	for (unsigned i = random_below(is_long ? 40 : 5); i > 0; i--)
		random_rule(t, with_names, is_long);
}

struct tally {
	unsigned passed, dropped, left_out;
};

static void
compare(const struct wrap_rules *rules, const struct blob *blob,
    bool is_partial, struct tally *tally)
{
	for (unsigned k = 0; k < PACKETS; k++) {
		struct facts facts = { .name_count = 0 };
		struct wrap_outcome outcome;
		bool is_dropped = false;
		uint8_t packet[64];
		size_t length;

		random_addr(&facts.source);
		assert_true(addr_parse(&facts.local, random_below(2) == 0 ?
		    "10.0.0.9" : "10.0.0.8"));
		outcome = wrap_match(rules, "ind", &facts);
		length = make_packet(&facts.source, packet);
		if (blob->bytes != NULL)
			is_dropped = run(blob, packet, length) == 0;
		if (is_dropped)
			assert_false(outcome.may_allow);
		else if (!is_partial)
			assert_true(outcome.may_allow);
		tally->dropped += is_dropped;
		tally->passed += !is_dropped;
		tally->left_out += !is_dropped && !outcome.may_allow;
	}
}

static void
agrees_with_hosts_files(void **state)
{
	static struct text allow, deny;
	unsigned partial = 0, numeric = 0;
	struct tally tally = { 0 };

	(void)state;
	for (unsigned i = 0; i < RULE_SETS; i++) {
		bool with_names = i % 3 == 0, is_long = i % 10 == 0;
		struct service s = { .name = "x", .wrap_name = "ind" };
		struct arena *arena = arena_new(16 << 20);
		struct blob blob = { 0 };
		struct wrap_rules rules;
		struct told told;
		bool is_partial;

		allow.has_names = deny.has_names = false;
		random_file(&allow, with_names, is_long);
		random_file(&deny, with_names, is_long);
		assert_true(help_rules(arena, &rules, allow.bytes, deny.bytes,
		    &told));
		assert_int_equal(told.faults, 0);
		(void)filter_make(arena, &s, &rules, &blob, &is_partial);
		if (is_partial && !is_long && !allow.has_names &&
		    !deny.has_names)
			fail_msg("partial:\n%s--\n%s", allow.bytes,
			    deny.bytes);
		compare(&rules, &blob, is_partial, &tally);
		partial += is_partial;
		numeric += !is_partial;
		arena_free(arena);
	}
	assert_true(partial > 100 && numeric > 1000 && tally.passed > 10000 &&
	    tally.dropped > 10000 && tally.left_out > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_hosts_files),
		cmocka_unit_test(lists_come_after_rules),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(a_long_rule_fills_the_room),
		cmocka_unit_test(agrees_with_hosts_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
