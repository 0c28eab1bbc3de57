/*
 * The decision: names, ident, and the order of the steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "rule-help.h"
#include "wrap-help.h"

/* Names and ident **********************************************************/

/* One row: lists of addresses and names, the state of each fact, and what
 * comes of it. names: NULL unasked, "?" unknown, "" none, else one; behind
 * a "+" there are others beside it that are not confirmed. host: the same for every literal name; "yes" and "no". */
static const struct name_row {
	const char *name;
	const char *only_from[WORDS_MAX], *no_access[WORDS_MAX];
	const char *names, *host;
	const char *expected;	/* "allow", "deny ATTR ENTRY", "ask KIND" */
} name_rows[] = {
	{ "domain unasked", { ".x" }, { NULL }, NULL, NULL, "ask 2" },
	{ "domain, yes", { ".x" }, { NULL }, "a.x", NULL, "allow only_from 0" },
	{ "domain, no", { ".x" }, { NULL }, "a.y", NULL, "deny only_from -1" },
	{ "domain, none", { ".x" }, { NULL }, "", NULL, "deny only_from -1" },
	{ "domain, unknown", { ".x" }, { NULL }, "?", NULL, "deny only_from -1" },
	{ "domain, another name unconfirmed", { ".x" }, { NULL }, "+a.x", NULL,
	    "allow only_from 0" },
	{ "domain, none confirmed", { ".x" }, { NULL }, "+", NULL, "deny only_from -1" },
	{ "address before domain", { ".x", "192.0.2.0" }, { NULL }, NULL, NULL,
	    "allow only_from 1" },
	{ "host unasked", { "a.x" }, { NULL }, NULL, NULL, "ask 1" },
	{ "host, yes", { "b.x", "a.x" }, { NULL }, NULL, "yes", "allow only_from 0" },
	{ "host, no", { "a.x" }, { NULL }, NULL, "no", "deny only_from -1" },
	{ "host, unknown", { "a.x" }, { NULL }, NULL, "?", "deny only_from -1" },
	{ "host among the names", { "a.x" }, { NULL }, "a.x", "no", "allow only_from 0" },
	{ "host not among them is asked", { "a.x" }, { NULL }, "b.x", NULL, "ask 1" },
	{ "two kinds", { "a.x", ".y" }, { NULL }, NULL, "no", "ask 2" },
	{ "two kinds, the second", { "a.x", ".y" }, { NULL }, "b.y", "no", "allow only_from 1" },
	{ "forbidden domain unasked", { NULL }, { ".x" }, NULL, NULL, "ask 2" },
	{ "forbidden domain, yes", { NULL }, { ".x" }, "a.x", NULL, "deny no_access 0" },
	{ "forbidden domain, no", { NULL }, { ".x" }, "a.y", NULL, "allow ? -1" },
	{ "forbidden domain, none", { NULL }, { ".x" }, "", NULL, "allow ? -1" },
	{ "forbidden domain, none confirmed", { NULL }, { ".x" }, "+", NULL, "deny no_access 0" },
	{ "forbidden domain, another name unconfirmed", { NULL }, { ".x" }, "+a.y", NULL,
	    "deny no_access 0" },
	{ "forbidden host, no, none confirmed", { NULL }, { "a.x" }, "+", "no", "allow ? -1" },
	{ "forbidden domain, unknown", { NULL }, { ".x" }, "?", NULL, "deny no_access 0" },
	{ "forbidden host, unknown", { NULL }, { "10.1.1.1", "a.x" }, "", "?", "deny no_access 1" },
	{ "forbidden host, no", { NULL }, { "a.x" }, NULL, "no", "allow ? -1" },
	{ "on both by name", { ".x" }, { "a.x" }, "a.x", NULL, "deny no_access 0" },
	{ "forbidden by address, name unasked", { ".x" }, { "192.0.2.0" }, NULL, NULL,
	    "deny no_access 0" },
	{ "not allowed whatever its name", { "10.0.0.0" }, { ".x" }, NULL, NULL,
	    "deny only_from -1" },
	{ "allowed by address, asked for the other", { "192.0.2.0" }, { ".x" }, NULL, NULL, "ask 2" },
	{ "a suffix is no part of a word", { ".x" }, { NULL }, "ax", NULL, "deny only_from -1" },
};

/* Names to their list, addresses to their table, as the loader does. */
static void
split_words(struct world *w, const char *const *words, const char **addresses,
    struct name_list *names, struct list_name *room)
{
	names->count = 0;
	names->names = room;
	for (uint32_t i = 0; i < WORDS_MAX; i++) {
		addresses[i] = words[i];
		if (words[i] == NULL || strpbrk(words[i], "xy") == NULL)
			continue;
		addresses[i] = "203.0.113.255";	/* nobody; keeps the number */
		room[names->count++] = (struct list_name){ i,
		    words[i] + (words[i][0] == '.'), words[i][0] == '.' };
	}
	(void)w;
}

static void
open_named_world(struct world *w, const struct name_row *row,
    struct list_name room[2][WORDS_MAX])
{
	const char *only[WORDS_MAX], *no[WORDS_MAX];
	struct name_list only_names, no_names;

	split_words(w, row->only_from, only, &only_names, room[0]);
	split_words(w, row->no_access, no, &no_names, room[1]);
	open_world(w, only[0] != NULL ? only : NULL, no[0] != NULL ? no : NULL);
	w->service.only_from_names = only_names;
	w->service.no_access_names = no_names;
	w->service.given[ATTR_ONLY_FROM_NAMES] = only_names.count > 0;
	w->service.given[ATTR_NO_ACCESS_NAMES] = no_names.count > 0;
}

static void
set_names(struct facts *facts, const char *names)
{
	facts->names = names == NULL ? TRI_UNASKED :
	    strcmp(names, "?") == 0 ? TRI_UNKNOWN : TRI_YES;
	facts->has_more_names = names != NULL && names[0] == '+';
	if (facts->has_more_names)
		names++;
	facts->name_count = facts->names == TRI_YES && names[0] != '\0';
	facts->name[0] = names;
}

static void
verdict_text(const struct verdict *v, char *out, size_t size)
{
	if (v->answer == ANSWER_ASK)
		(void)snprintf(out, size, "ask %d", (int)v->question.kind);
	else
		(void)snprintf(out, size, "%s %s %d",
		    v->answer == ANSWER_ALLOW ? "allow" : "deny",
		    attr_name(v->attr), (int)v->entry);
}

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(name_rows) / sizeof(name_rows[0]); i++) {
		const struct name_row *row = &name_rows[i];
		struct list_name room[2][WORDS_MAX];
		struct facts facts = { .now = 0 };
		struct matcher matcher;
		struct verdict verdict;
		struct world w;
		char text[80];

		open_named_world(&w, row, room);
		assert_true(matcher_open(&matcher, &w.service, NULL,
		    &w.tables));
		facts.zone = &w.zone;
		assert_true(addr_parse(&facts.source, "192.0.2.1"));
		set_names(&facts, row->names);
		if (row->host != NULL) {
			facts.host_count = 2;
			facts.host[0].name = "A.X";
			facts.host[1].name = "b.x";
			facts.host[0].answer = facts.host[1].answer =
			    row->host[0] == '?' ? TRI_UNKNOWN :
			    row->host[0] == 'y' ? TRI_YES : TRI_NO;
		}
		verdict = rule_access(&matcher, &facts);
		verdict_text(&verdict, text, sizeof(text));
		if (strcmp(text, row->expected) != 0)
			fail_msg("%s: %s", row->name, text);
		/* Of a peer on a UNIX socket lists say nothing. */
		facts.source = (struct addr){ .family = ADDR_UNIX };
		assert_int_equal(rule_access(&matcher, &facts).answer,
		    ANSWER_ALLOW);
		arena_free(w.arena);
	}
}

/* There is a bound for questions about one source: beyond it its own names
 * answer. */
static const struct name_row many_rows[] = {
	{ "unasked", { "a.x" }, { NULL }, NULL, NULL, "ask 2" },
	{ "yes", { "a.x" }, { NULL }, "A.X", NULL, "allow only_from 0" },
	{ "no", { "a.x" }, { NULL }, "b.x", NULL, "deny only_from -1" },
	{ "none", { "a.x" }, { NULL }, "", NULL, "deny only_from -1" },
	{ "unknown", { "a.x" }, { NULL }, "?", NULL, "deny only_from -1" },
	{ "none confirmed", { "a.x" }, { NULL }, "+", NULL, "deny only_from -1" },
	{ "forbidden, unasked", { NULL }, { "a.x" }, NULL, NULL, "ask 2" },
	{ "forbidden, yes", { NULL }, { "a.x" }, "a.x", NULL, "deny no_access 0" },
	{ "forbidden, no", { NULL }, { "a.x" }, "b.x", NULL, "allow ? -1" },
	{ "forbidden, none", { NULL }, { "a.x" }, "", NULL, "allow ? -1" },
	{ "forbidden, unknown", { NULL }, { "a.x" }, "?", NULL, "deny no_access 0" },
	{ "forbidden, none confirmed", { NULL }, { "a.x" }, "+", NULL, "deny no_access 0" },
	{ "forbidden, one unconfirmed", { NULL }, { "a.x" }, "+b.x", NULL, "deny no_access 0" },
	{ "asked before", { "other.x" }, { NULL }, NULL, NULL, "deny only_from -1" },
};

static void
test_too_many_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(many_rows) / sizeof(many_rows[0]); i++) {
		const struct name_row *row = &many_rows[i];
		struct list_name room[2][WORDS_MAX];
		struct facts facts = { .host_count = FACTS_HOSTS_MAX };
		struct matcher matcher;
		struct verdict verdict;
		struct world w;
		char text[80];

		open_named_world(&w, row, room);
		assert_true(matcher_open(&matcher, &w.service, NULL,
		    &w.tables));
		facts.zone = &w.zone;
		assert_true(addr_parse(&facts.source, "192.0.2.1"));
		set_names(&facts, row->names);
		for (unsigned k = 0; k < FACTS_HOSTS_MAX; k++) {
			facts.host[k].name = "other.x";
			facts.host[k].answer = TRI_NO;
		}
		verdict = rule_access(&matcher, &facts);
		verdict_text(&verdict, text, sizeof(text));
		if (strcmp(text, row->expected) != 0)
			fail_msg("%s: %s", row->name, text);
		arena_free(w.arena);
	}
}

/* The order of the steps ****************************************************/

/* Every step that denies or asks, from the third to the eighth; the columns
 * say which do. The first that denies for certain is named and nothing is
 * asked; else the first question is. */
enum { PENALTY = 1, ADDRESS = 2, NAME = 4, WRAP = 8, WRAP_NAMES = 16,
    HOURS = 32, IDENT_NO = 64, IDENT = 128, IDENT_UNKNOWN = 256,
    NO_WRAP = 512, UNIX = 1024, FINAL = 2048 };

static const struct order_row {
	unsigned steps;
	const char *expected;
} order_rows[] = {
	{ 0, "allow ? -1" },
	{ PENALTY | ADDRESS | WRAP | HOURS | IDENT_NO, "deny deny_time -1" },
	{ ADDRESS | WRAP | HOURS | IDENT_NO, "deny no_access 0" },
	{ WRAP | HOURS | IDENT_NO, "deny wrap 0" },
	{ HOURS | IDENT_NO, "deny access_times -1" },
	{ IDENT_NO, "deny flags -1" },
	{ IDENT_UNKNOWN, "deny flags -1" },
	{ NAME, "ask 2" },
	{ NAME | PENALTY, "deny deny_time -1" },
	{ NAME | WRAP, "deny wrap 0" },
	{ NAME | HOURS, "deny access_times -1" },
	{ NAME | IDENT_NO, "deny flags -1" },
	{ NAME | IDENT, "ask 2" },
	{ WRAP_NAMES, "ask 2" },
	{ WRAP_NAMES | HOURS, "deny access_times -1" },
	{ WRAP_NAMES | IDENT_NO, "deny flags -1" },
	{ IDENT, "ask 3" },
	{ IDENT | HOURS, "deny access_times -1" },
	{ WRAP | NO_WRAP, "allow ? -1" },
	{ WRAP | UNIX, "allow ? -1" },
	{ WRAP | UNIX | HOURS, "deny access_times -1" },
	{ IDENT | UNIX, "allow ? -1" },
	{ ADDRESS | NAME | UNIX, "allow ? -1" },
	/* Nothing is asked any more: the step that would ask denies. */
	{ FINAL, "allow ? -1" },
	{ NAME | FINAL, "deny no_access 1" },
	{ WRAP_NAMES | FINAL, "deny wrap 0" },
	{ IDENT | FINAL, "deny flags -1" },
	{ WRAP_NAMES | IDENT | FINAL, "deny wrap 0" },
};

static void
set_steps(struct world *w, struct facts *facts, struct gateway *gateway,
    unsigned steps)
{
	static struct list_name name = { 1, "x", true };
	struct told told;

	if ((steps & NAME) != 0) {
		w->service.given[ATTR_NO_ACCESS_NAMES] = true;
		w->service.no_access_names = (struct name_list){ 1, &name };
	}
	assert_true(help_rules(w->arena, &gateway->wrap, "",
	    (steps & WRAP) != 0 ? "d: ALL\n" :
	    (steps & WRAP_NAMES) != 0 ? "d: .x\n" : "", &told));
	w->service.wrap_name = "d";
	w->service.given[ATTR_ACCESS_TIMES] = (steps & HOURS) != 0;
	w->service.flags =
	    ((steps & (IDENT | IDENT_NO | IDENT_UNKNOWN)) != 0 ? FLAG_IDONLY :
	    0u) | ((steps & NO_WRAP) != 0 ? FLAG_NOLIBWRAP : 0u);
	facts->ident = (steps & IDENT_NO) != 0 ? TRI_NO :
	    (steps & IDENT_UNKNOWN) != 0 ? TRI_UNKNOWN : TRI_UNASKED;
	facts->is_penalised = (steps & PENALTY) != 0;
	facts->is_final = (steps & FINAL) != 0;
	facts->zone = &w->zone;
	if ((steps & UNIX) != 0)
		facts->source.family = ADDR_UNIX;
	else
		assert_true(addr_parse(&facts->source, "192.0.2.1"));
}

static void
test_order(void **state)
{
	static const char *const bad[WORDS_MAX] = { "192.0.2.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(order_rows) / sizeof(order_rows[0]);
	    i++) {
		struct gateway gateway = { .process_limit = 0 };
		struct facts facts = { .now = 0 };
		struct matcher matcher;
		struct verdict verdict;
		struct world w;
		char text[80];

		open_world(&w, NULL, (order_rows[i].steps & ADDRESS) != 0 ?
		    bad : NULL);
		set_steps(&w, &facts, &gateway, order_rows[i].steps);
		assert_true(matcher_open(&matcher, &w.service, &gateway,
		    &w.tables));
		verdict = rule_access(&matcher, &facts);
		verdict_text(&verdict, text, sizeof(text));
		if (strcmp(text, order_rows[i].expected) != 0)
			fail_msg("%u: %s, not %s", order_rows[i].steps, text,
			    order_rows[i].expected);
		arena_free(w.arena);
	}
}

/* Which rule is named when hosts.allow lets somebody in. */
static void
test_wrap_rule(void **state)
{
	static const char *const lan[WORDS_MAX] = { "192.0.2.0" };
	struct gateway gateway = { .process_limit = 0 };
	struct facts facts = { .now = 0 };
	struct matcher matcher;
	struct verdict verdict;
	struct told told;
	struct world w;

	(void)state;
	open_world(&w, lan, NULL);
	facts.zone = &w.zone;
	assert_true(addr_parse(&facts.source, "192.0.2.1"));
	assert_true(help_rules(w.arena, &gateway.wrap,
	    "e: ALL\nd: 192.0.2.1: nice\n", "ALL: ALL\n", &told));
	/* Rules, but no name to look for: nothing may be concluded. */
	assert_false(matcher_open(&matcher, &w.service, &gateway, &w.tables));
	w.service.wrap_name = "d";
	assert_true(matcher_open(&matcher, &w.service, &gateway, &w.tables));
	verdict = rule_access(&matcher, &facts);
	assert_int_equal(verdict.answer, ANSWER_ALLOW);
	assert_int_equal(verdict.attr, ATTR_ONLY_FROM);
	assert_int_equal(verdict.entry, 0);
	assert_int_equal(verdict.wrap, 1);
	w.service.given[ATTR_ONLY_FROM_TABLE] = false;
	verdict = rule_access(&matcher, &facts);
	assert_int_equal(verdict.attr, ATTR_WRAP);
	assert_int_equal(verdict.entry, 1);
	w.service.wrap_name = "f";
	verdict = rule_access(&matcher, &facts);
	assert_int_equal(verdict.answer, ANSWER_DENY);
	assert_int_equal(verdict.reason, REASON_LIBWRAP);
	assert_int_equal(verdict.entry, 2);
	assert_int_equal(verdict.wrap, 2);
	/* Rules that nobody folded. */
	gateway.wrap.group_count = 0;
	assert_false(matcher_open(&matcher, &w.service, &gateway, &w.tables));
	arena_free(w.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_too_many_hosts),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_wrap_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
