/*
 * Folded rules of hosts.allow and hosts.deny: they mean what the lines mean,
 * one by one, and cost no walk through them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/wrap-match.h"
#include "wrap-help.h"

/* The same files always. */
static uint64_t seed = 1;

static unsigned
choose(unsigned count)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 16) % count);
}

static const char *
one_of(const char *const *words, unsigned count)
{
	return words[choose(count)];
}
#define ONE_OF(words) one_of(words, sizeof(words) / sizeof((words)[0]))

/* Each rule a group of its own, as if nothing could be folded. */
static struct wrap_rules
unfolded(struct arena *arena, const struct wrap_rules *rules)
{
	struct wrap_rules plain = *rules;

	plain.group_count = rules->count;
	plain.groups = arena_alloc(arena, rules->count + 1u,
	    sizeof(*plain.groups));
	assert_non_null(plain.groups);
	for (unsigned i = 0; i < rules->count; i++)
		plain.groups[i] = (struct wrap_group){ .stretch = i,
		    .rule = i };
	return plain;
}

static void
random_text(char *text, size_t size, bool is_plain)
{
	/* Mostly what folds. */
	static const char *const words[] = { "a.x", "b.x", "A.y", "c.b.x",
	    "localhost", ".x", ".b.x", ".Y", ".z", "h0", "h1", "h2", "h3", "h4",
	    "10.0.0.1", "10.", "192.0.2.", "[2001:db8::]/32" };
	static const char *const others[] = { "LOCAL", "KNOWN", "UNKNOWN",
	    "PARANOID", "ALL", "a.*", "*.x", "10.0.0.1/8", "root@a.x",
	    "root@.x", "@group", "x EXCEPT b.x", "ALL EXCEPT .x a.y",
	    "300.1.1.1", "10.1.1.1/255.0.0.255" };
	static const char *const daemons[] = { "d", "d", "ALL", "e", "d, e",
	    "d@10.9.9.9", "d@gate" };
	static const char *const options[] = { "", "", "", "", "", ": allow",
	    ": deny", ": nice 1: allow" };
	unsigned lines = choose(14);
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < lines; i++) {
		used += (size_t)snprintf(text + used, size - used, "%s:",
		    ONE_OF(daemons));
		for (unsigned k = choose(3) + 1; k > 0; k--)
			used += (size_t)snprintf(text + used, size - used,
			    " %s", is_plain || choose(12) > 0 ?
			    ONE_OF(words) : ONE_OF(others));
		used += (size_t)snprintf(text + used, size - used, "%s\n",
		    ONE_OF(options));
		assert_true(used < size);
	}
}

static void
random_facts(struct facts *facts)
{
	static const char *const sources[] = { "10.0.0.1", "10.1.1.1",
	    "192.0.2.1", "203.0.113.1", "2001:db8::1", "::1" };
	static const char *const names[] = { "a.x", "B.X", "c.b.x", "x", "h0",
	    "localhost", "a.y", ".x", "a..x", "x.", "" };
	static const char *const hosts[] = { "A.x", "b.x", "h0", "h1", "h2",
	    "h3", "h4", "a.y" };
	static const enum tri tris[] = { TRI_UNASKED, TRI_UNKNOWN, TRI_YES,
	    TRI_YES };
	static const enum tri answers[] = { TRI_NO, TRI_NO, TRI_YES,
	    TRI_UNKNOWN };

	memset(facts, 0, sizeof(*facts));
	assert_true(addr_parse(&facts->source, ONE_OF(sources)));
	assert_true(addr_parse(&facts->local, "10.9.9.9"));
	facts->names = tris[choose(4)];
	if (facts->names == TRI_YES) {
		facts->has_more_names = choose(3) == 0;
		facts->name_count = choose(3);
		facts->name[0] = ONE_OF(names);
		facts->name[1] = ONE_OF(names);
	}
	for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (choose(3) == 0) {
			facts->host[facts->host_count].name = hosts[i];
			facts->host[facts->host_count++].answer =
			    answers[choose(4)];
		}
	/* No room for more. */
	for (bool is_full = choose(3) == 0; is_full && facts->host_count <
	    FACTS_HOSTS_MAX; facts->host_count++) {
		facts->host[facts->host_count].name = "other";
		facts->host[facts->host_count].answer = TRI_NO;
	}
	facts->ident = choose(2) == 0 ? TRI_UNASKED : TRI_NO;
}

static bool
is_same(const struct wrap_outcome *a, const struct wrap_outcome *b)
{
	const char *x = a->question.name, *y = b->question.name;

	return a->may_allow == b->may_allow && a->may_deny == b->may_deny &&
	    a->rule == b->rule && a->question.kind == b->question.kind &&
	    (x == NULL) == (y == NULL) && (x == NULL || strcmp(x, y) == 0);
}

/* Whatever is known, folding changes neither the verdict, nor the rule that it
 * names, nor the next question. */
static void
test_same(void **state)
{
	unsigned asked = 0, certain = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct arena *arena = arena_new(1 << 20);
		char allow[2000], deny[2000];
		struct wrap_rules rules, plain;
		struct told told;

		random_text(allow, sizeof(allow), i % 2 == 0);
		random_text(deny, sizeof(deny), i % 2 == 0);
		assert_true(help_rules(arena, &rules, allow, deny, &told));
		plain = unfolded(arena, &rules);
		for (unsigned k = 0; k < 8; k++) {
			struct wrap_outcome one, other;
			struct facts facts;

			random_facts(&facts);
			one = wrap_match(&rules, "d", &facts);
			other = wrap_match(&plain, "d", &facts);
			if (!is_same(&one, &other))
				fail_msg("round %u.%u, %u %u:\n%s--\n%s", i, k,
				    one.rule, other.rule, allow, deny);
			asked += one.question.kind != QUESTION_NONE;
			certain += one.rule != RULE_ENTRY_NONE;
		}
		arena_free(arena);
	}
	/* The files are not all of one kind. */
	assert_in_range(asked, 10000, 150000);
	assert_in_range(certain, 10000, 150000);
}

/* Work *********************************************************************/

#define MANY 20000u

/* A client that is none of 20,000 hosts and in none of 20,000 domains is asked
 * 64 names, and then its own: no evaluation goes through the lines. */
static void
test_work(void **state)
{
	struct arena *arena = arena_new(64u << 20);
	char *text = arena_alloc(arena, MANY, 60), *at = text;
	struct facts facts = { .names = TRI_UNASKED };
	unsigned most = 0, questions = 0;
	struct wrap_rules rules, plain;
	struct wrap_outcome outcome;
	struct told told;

	(void)state;
	assert_true(addr_parse(&facts.source, "192.0.2.1"));
	for (unsigned i = 0; i < MANY; i++)
		at += snprintf(at, 60, "ALL: h%u.bad.test\nd: .d%u.test\n", i,
		    i);
	assert_true(help_rules(arena, &rules, "", text, &told));
	assert_int_equal(rules.count, 2 * MANY);
	plain = unfolded(arena, &rules);
	assert_true(wrap_match(&plain, "d", &facts).work >= 2 * MANY);

	for (;;) {
		outcome = wrap_match(&rules, "d", &facts);
		if (outcome.work > most)
			most = outcome.work;
		if (outcome.question.kind == QUESTION_NONE)
			break;
		questions++;
		if (outcome.question.kind == QUESTION_NAMES) {
			facts.names = TRI_YES;
			facts.name[0] = "a.b.c.d.good.test";
			facts.name_count = 1;
			continue;
		}
		assert_true(facts.host_count < FACTS_HOSTS_MAX);
		facts.host[facts.host_count].name = outcome.question.name;
		facts.host[facts.host_count++].answer = TRI_NO;
	}
	assert_true(outcome.may_allow && !outcome.may_deny);
	assert_int_equal(questions, FACTS_HOSTS_MAX + 1);
	/* Fifteen steps for each that is known, and some for the domains. */
	assert_in_range(most, 1, (FACTS_HOSTS_MAX + 8) * 16);

	/* The last lines are found. */
	facts.name[0] = "h19999.bad.test";
	assert_int_equal(wrap_match(&rules, "d", &facts).rule, 2 * MANY - 2);
	facts.name[0] = "x.D19999.test";
	assert_int_equal(wrap_match(&rules, "d", &facts).rule, 2 * MANY - 1);
	facts.host[63].answer = TRI_UNKNOWN;
	assert_int_equal(wrap_match(&rules, "d", &facts).rule, 2 *
	    (FACTS_HOSTS_MAX - 1));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
