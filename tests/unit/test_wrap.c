/*
 * tcp wrappers' files: what their lines mean, and what a line means that cannot
 * be understood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/lex.h"
#include "policy/parse.h"
#include "policy/wrap-match.h"
#include "wrap-help.h"

#define ALLOW "allow"
#define DENY "deny"
#define NONE RULE_ENTRY_NONE

/* names: NULL unasked, "?" unknown, "" none, else one name; behind a "+" there
 * are others beside it that are not confirmed. */
struct row {
	const char *name, *allow, *deny, *daemon, *source, *names;
	const char *expected;
	uint32_t rule;
};

static struct facts
make_facts(const char *source, const char *names)
{
	struct facts facts = { .name_count = 0 };

	assert_true(addr_parse(&facts.source, source));
	assert_true(addr_parse(&facts.local, "192.0.2.254"));
	if (names == NULL)
		return facts;
	facts.names = strcmp(names, "?") == 0 ? TRI_UNKNOWN : TRI_YES;
	facts.has_more_names = names[0] == '+';
	names += facts.has_more_names;
	if (facts.names == TRI_YES && names[0] != '\0') {
		facts.name[0] = names;
		facts.name_count = 1;
	}
	return facts;
}

static const char *
outcome_text(const struct wrap_outcome *o, char *out, size_t size)
{
	static const char *const kinds[] = { "", "host", "names", "ident" };

	if (o->question.kind != QUESTION_NONE)
		(void)snprintf(out, size, "ask %s%s%s", kinds[o->question.kind],
		    o->question.name == NULL ? "" : " ",
		    o->question.name == NULL ? "" : o->question.name);
	else
		(void)snprintf(out, size, "%s", !o->may_allow ? DENY :
		    !o->may_deny ? ALLOW : "nothing");
	return out;
}

static void
run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		struct arena *arena = arena_new(1 << 20);
		struct facts facts = make_facts(row->source, row->names);
		struct wrap_outcome outcome;
		struct wrap_rules rules;
		struct told told;
		char text[300];

		assert_true(help_rules(arena, &rules, row->allow, row->deny,
		    &told));
		outcome = wrap_match(&rules, row->daemon, &facts);
		if (strcmp(outcome_text(&outcome, text, sizeof(text)),
		    row->expected) != 0 || outcome.rule != row->rule)
			fail_msg("%s: %s by %u", row->name, text, outcome.rule);
		arena_free(arena);
	}
}

#define RUN(rows) run(rows, sizeof(rows) / sizeof((rows)[0]))
#define V4 "192.0.2.1"
#define V6 "2001:db8::1"
#define OPEN "ALL: ALL\n"

/* Addresses need no question. */
static const struct row address_rows[] = {
	{ "nothing said", "", "", "d", V4, NULL, ALLOW, NONE },
	{ "comments", "# ALL: ALL\n\n \t\n", "#ALL:ALL\n", "d", V4, NULL, ALLOW, NONE },
	{ "deny all", "", OPEN, "d", V4, NULL, DENY, 0 },
	{ "allow first", OPEN, OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "another daemon", "e: ALL\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "daemon without regard to case", "D: all\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "daemon among several", "a, d b: ALL\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "daemon by pattern", "in.*d: ALL\n", OPEN, "in.ftpd", V4, NULL, ALLOW, 0 },
	{ "daemon excepted", "ALL EXCEPT d: ALL\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "host", "d: 192.0.2.1\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "other host", "d: 192.0.2.10\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "octets", "d: 192.0.2.\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "octets end at a dot", "d: 192.0.\n", OPEN, "d", "192.1.2.1", NULL, DENY, 1 },
	{ "mask", "d: 192.0.2.0/255.255.255.0\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "mask with holes", "d: 192.0.0.1/255.255.0.255\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "mask with holes, not", "d: 192.0.0.2/255.255.0.255\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "length", "d: 192.0.2.0/24\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "any", "d: 0.0.0.0/0\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "any v4 is no v6", "d: 0.0.0.0/0\n", OPEN, "d", V6, NULL, DENY, 1 },
	{ "v6", "d: [2001:db8::1]\n", OPEN, "d", V6, NULL, ALLOW, 0 },
	{ "v6 network", "d: [2001:db8::]/32\n", OPEN, "d", V6, NULL, ALLOW, 0 },
	{ "v6 not", "d: [2001:db9::]/32\n", OPEN, "d", V6, NULL, DENY, 1 },
	{ "mapped", "d: [::ffff:192.0.2.0]/120\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "address pattern", "d: 192.0.*\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "address pattern asks no names", "d: 192.1.?.1\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "excepted", "d: ALL EXCEPT 192.0.2.1\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "excepted from the exception", "d: ALL EXCEPT 192.0.2. EXCEPT 192.0.2.1\n", OPEN,
	    "d", V4, NULL, ALLOW, 0 },
	{ "outside of the exception", "d: ALL EXCEPT 192.0.2. EXCEPT 192.0.2.1\n", OPEN,
	    "d", "192.0.2.2", NULL, DENY, 1 },
	{ "exception in hosts.deny", "", "ALL: ALL EXCEPT 192.0.2.1\n", "d", V4, NULL, ALLOW, NONE },
	{ "continued", "d: \\\n 192.0.2.1\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "word continued", "d: 192.0.\\\n2.1\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "CRLF", "d: 192.0.2.1\r\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "blanks and commas", " d ,e\t: 10.1.1.1, ,192.0.2.1 \n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "at our address", "d@192.0.2.254: ALL\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "at another address", "d@192.0.2.253: ALL\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "at a name, allowing", "d@gate: ALL\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "at a name, refusing", "", "d@gate: ALL\n", "d", V4, NULL, DENY, 0 },
	{ "file", "", "ALL: /list\n", "d", "10.9.1.1", NULL, DENY, 0 },
	{ "remark in a file", "", "ALL: /list\n", "d", "10.8.1.1", "", "ask host evil.example", NONE },
	{ "missing file, refusing", "", "ALL: /gone\n", "d", V4, NULL, DENY, 0 },
	{ "missing file, allowing", "ALL: /gone\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "netgroup, refusing", "", "ALL: @bad\n", "d", V4, NULL, DENY, 0 },
	{ "netgroup, allowing", "ALL: @good\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "netgroup excepted", "ALL: ALL EXCEPT @bad\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "netgroup excepted, refusing", "", "ALL: ALL EXCEPT @good\n", "d", V4, NULL, DENY, 0 },
	{ "host bits, refusing", "", "ALL: 192.0.2.7/24\n", "d", V4, NULL, DENY, 0 },
	{ "host bits, allowing", "ALL: 192.0.2.7/24\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "host bits, elsewhere", "", "ALL: 192.0.3.7/24\n", "d", V4, NULL, ALLOW, NONE },
};

/* What is no rule: it never opens. */
static const struct row fault_rows[] = {
	{ "no colon, allowing", "ALL\n", "", "d", V4, NULL, ALLOW, NONE },
	{ "no colon, refusing", "", "ALL\n", "d", V4, NULL, DENY, 0 },
	{ "no daemon", "", ": 10.0.0.1\n", "d", "10.0.0.1", NULL, DENY, 0 },
	{ "no client", "", "d:\n", "d", V4, NULL, DENY, 0 },
	{ "no client, allowing", "d:\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "bad word", "", "d: 10.0.0.300\n", "d", V4, NULL, DENY, 0 },
	{ "bad word, allowing", "d: 10.0.0.300\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "bad word beside a good one", "d: 10.0.0.300 192.0.2.1\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "bad length", "", "d: 10.0.0.0/33\n", "d", V4, NULL, DENY, 0 },
	{ "leading zero", "d: 010.\n", OPEN, "d", "10.0.0.1", NULL, DENY, 1 },
	{ "leading zero, octal", "d: 010.\n", OPEN, "d", "8.0.0.1", NULL, DENY, 1 },
	{ "leading zero, refusing", "", "d: 010.\n", "d", V4, NULL, DENY, 0 },
	{ "leading zero further on", "d: 192.00.\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "zero", "d: 10.0.\n", OPEN, "d", "10.0.0.1", NULL, ALLOW, 0 },
	{ "leading zero in an address", "d: 10.0.0.01\n", OPEN, "d", "10.0.0.1", NULL, DENY, 1 },
	{ "the same, refusing", "", "d: 10.0.0.01\n", "d", V4, NULL, DENY, 0 },
	{ "leading zero before a length", "d: 010.0.0.0/8\n", OPEN, "d", "10.0.0.1", NULL, DENY, 1 },
	{ "leading zero before a mask", "d: 010.0.0.0/255.0.0.0\n", OPEN, "d", "10.0.0.1", NULL,
	    DENY, 1 },
	{ "leading zero in a mask", "d: 10.0.0.0/255.0.0.00\n", OPEN, "d", "10.0.0.1", NULL, DENY, 1 },
	{ "leading zero in brackets", "d: [010.0.0.1]\n", OPEN, "d", "10.0.0.1", NULL, DENY, 1 },
	{ "v6 without brackets", "d: 2001:db8::1\n", "", "d", V6, NULL, DENY, 0 },
	{ "EXCEPT at the end", "d: ALL EXCEPT\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "EXCEPT at the end, refusing", "", "d: ALL EXCEPT\n", "d", V4, NULL, DENY, 0 },
	{ "EXCEPT first", "d: EXCEPT ALL\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "no newline, allowing", "d: ALL", OPEN, "d", V4, NULL, DENY, 0 },
	{ "no newline, refusing", "", "d: ALL", "d", V4, NULL, DENY, 0 },
	{ "bad daemon, refusing", "", "d/: ALL\n", "e", V4, NULL, DENY, 0 },
	{ "bad daemon, allowing", "d/: ALL\n", OPEN, "d/", V4, NULL, DENY, 1 },
};

static const struct row name_rows[] = {
	{ "domain unasked", "d: .good.example\n", OPEN, "d", V4, NULL, "ask names", 1 },
	{ "domain known", "d: .good.example\n", OPEN, "d", V4, "a.GOOD.example", ALLOW, 0 },
	{ "domain itself", "d: .good.example\n", OPEN, "d", V4, "good.example", DENY, 1 },
	{ "other domain", "d: .good.example\n", OPEN, "d", V4, "a.notgood.example", DENY, 1 },
	{ "domain unknown, allowing", "d: .good.example\n", OPEN, "d", V4, "?", DENY, 1 },
	{ "domain unknown, refusing", "", "d: .bad.example\n", "d", V4, "?", DENY, 0 },
	{ "domain, no name", "", "d: .bad.example\n", "d", V4, "", ALLOW, NONE },
	{ "domain, none confirmed, refusing", "", "d: .bad.example\n", "d", V4, "+", DENY, 0 },
	{ "domain, another confirmed, refusing", "", "d: .bad.example\n", "d", V4, "+a.x", DENY, 0 },
	{ "domain, none confirmed, allowing", "d: .good.example\n", OPEN, "d", V4, "+", DENY, 1 },
	{ "domain known, another unconfirmed", "d: .good.example\n", OPEN, "d", V4,
	    "+a.good.example", ALLOW, 0 },
	{ "domain excepted, none confirmed", "d: ALL EXCEPT .bad.example\n", OPEN, "d", V4, "+",
	    DENY, 1 },
	{ "LOCAL, none confirmed, refusing", "", "d: LOCAL\n", "d", V4, "+", DENY, 0 },
	{ "pattern, none confirmed, refusing", "", "d: *.bad.example\n", "d", V4, "+", DENY, 0 },
	{ "UNKNOWN, none confirmed, allowing", "d: UNKNOWN\n", OPEN, "d", V4, "+", DENY, 1 },
	{ "UNKNOWN, none confirmed, refusing", "", "d: UNKNOWN\n", "d", V4, "+", DENY, 0 },
	{ "KNOWN, one confirmed", "d: KNOWN\n", OPEN, "d", V4, "+a.x", ALLOW, 0 },
	{ "nothing depends on it", "d: .good.example\n", "", "d", V4, NULL, ALLOW, NONE },
	{ "launch depends on it", "d: .good.example: nice\n", "", "d", V4, NULL, "ask names", NONE },
	{ "refused either way", "", "d: .bad.example\nALL: ALL\n", "d", V4, NULL, DENY, 1 },
	{ "earlier rule is certain", "d: 192.0.2.1\nd: .good.example\n", OPEN, "d", V4, NULL,
	    ALLOW, 0 },
	{ "of another daemon", "e: .good.example\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "name unasked", "d: a.good.example\n", OPEN, "d", V4, "", "ask host a.good.example", 1 },
	{ "name among those known", "d: A.good.example.\n", OPEN, "d", V4, "a.good.example", DENY, 1 },
	{ "name known", "d: A.good.example\n", OPEN, "d", V4, "a.good.example", ALLOW, 0 },
	{ "LOCAL", "d: LOCAL\n", OPEN, "d", V4, "alpha", ALLOW, 0 },
	{ "LOCAL, with a dot", "d: LOCAL\n", OPEN, "d", V4, "alpha.example", DENY, 1 },
	{ "LOCAL unasked", "d: LOCAL\n", OPEN, "d", V4, NULL, "ask names", 1 },
	{ "KNOWN", "d: KNOWN\n", OPEN, "d", V4, "a.example", ALLOW, 0 },
	{ "KNOWN, none", "d: KNOWN\n", OPEN, "d", V4, "", DENY, 1 },
	{ "KNOWN, unknown", "d: KNOWN\n", OPEN, "d", V4, "?", DENY, 1 },
	{ "UNKNOWN", "", "d: UNKNOWN\n", "d", V4, "", DENY, 0 },
	{ "UNKNOWN, has a name", "", "d: UNKNOWN\n", "d", V4, "a.example", ALLOW, NONE },
	{ "UNKNOWN, allowing, no answer", "d: UNKNOWN\n", OPEN, "d", V4, "?", DENY, 1 },
	{ "PARANOID, a good name", "", "ALL: PARANOID\n", "d", V4, "a.example", ALLOW, NONE },
	{ "PARANOID, none", "", "ALL: PARANOID\n", "d", V4, "", DENY, 0 },
	{ "PARANOID excepted, none", "ALL: ALL EXCEPT PARANOID\n", OPEN, "d", V4, "", DENY, 1 },
	{ "PARANOID unasked", "", "ALL: PARANOID\n", "d", V4, NULL, "ask names", NONE },
	{ "pattern", "d: *.good.example\n", OPEN, "d", V4, "x.good.example", ALLOW, 0 },
	{ "pattern unasked", "d: www?.good.example\n", OPEN, "d", V4, NULL, "ask names", 1 },
	{ "exception unknown", "d: ALL EXCEPT .bad.example\n", OPEN, "d", V4, "?", DENY, 1 },
	{ "exception, no name", "d: ALL EXCEPT .bad.example\n", OPEN, "d", V4, "", ALLOW, 0 },
	{ "exception unasked", "d: ALL EXCEPT .bad.example\n", OPEN, "d", V4, NULL, "ask names", 1 },
	{ "exception does not matter", "d: 10. EXCEPT .bad.example\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "user unasked", "d: root@192.0.2.1\n", OPEN, "d", V4, NULL, "ask ident", 1 },
	{ "user of another host", "d: root@192.0.2.2\n", OPEN, "d", V4, NULL, DENY, 1 },
	{ "any user", "d: ALL@192.0.2.1\n", OPEN, "d", V4, NULL, ALLOW, 0 },
	{ "host before user", "d: root@a.example\n", OPEN, "d", V4, NULL, "ask host a.example", 1 },
};

static void
test_addresses(void **state)
{
	(void)state;
	RUN(address_rows);
	RUN(fault_rows);
}

static void
test_names(void **state)
{
	(void)state;
	RUN(name_rows);
}

/* Options *******************************************************************/

static const struct option_row {
	const char *name, *allow, *deny;
	unsigned faults, warnings;
	enum wrap_action action;	/* of the first rule */
	const char *env;		/* first variable, or NULL */
} option_rows[] = {
	{ "none", "d: ALL\n", "", 0, 0, WRAP_ALLOW, NULL },
	{ "deny", "d: ALL: deny\n", "", 0, 0, WRAP_DENY, NULL },
	{ "allow", "", "d: ALL: ALLOW\n", 0, 0, WRAP_ALLOW, NULL },
	{ "nothing behind allow", "d: ALL: allow: nice\n", "", 1, 0, WRAP_DENY, NULL },
	{ "nice", "d: ALL: nice = -5\n", "", 0, 0, WRAP_ADAPT, NULL },
	{ "nice out of range", "d: ALL: nice 21\n", "", 1, 0, WRAP_DENY, NULL },
	{ "umask", "d: ALL: umask 027: allow\n", "", 0, 0, WRAP_ADAPT, NULL },
	{ "umask not octal", "d: ALL: umask 028\n", "", 1, 0, WRAP_DENY, NULL },
	{ "umask missing", "d: ALL: umask\n", "", 1, 0, WRAP_DENY, NULL },
	{ "user", "d: ALL: user = ftp.ftp\n", "", 0, 0, WRAP_ADAPT, NULL },
	{ "two users", "d: ALL: user = ftp nobody\n", "", 1, 0, WRAP_DENY, NULL },
	{ "group", "d: ALL: group ftp\n", "", 0, 0, WRAP_ADAPT, NULL },
	{ "setenv", "d: ALL: setenv A b c\n", "", 0, 0, WRAP_ADAPT, "A=b c" },
	{ "escaped colon", "d: ALL: setenv A b\\:c\n", "", 0, 0, WRAP_ADAPT, "A=b:c" },
	{ "setenv with a letter", "d: ALL: setenv A %h\n", "", 1, 0, WRAP_DENY, NULL },
	{ "keepalive", "d: ALL: keepalive\n", "", 0, 0, WRAP_ADAPT, NULL },
	{ "options in a line that refuses", "d: ALL: nice: deny\n", "", 0, 0, WRAP_DENY, NULL },
	{ "severity", "d: ALL: severity auth.info\n", "", 0, 1, WRAP_ALLOW, NULL },
	{ "rfc931", "d: ALL: rfc931 10: allow\n", "", 0, 1, WRAP_ALLOW, NULL },
	{ "spawn, allowing", "d: ALL: spawn (/bin/true)\n", "", 1, 0, WRAP_DENY, NULL },
	{ "spawn, refusing", "d: ALL: spawn /bin/true: deny\n", "", 0, 1, WRAP_DENY, NULL },
	{ "twist in hosts.deny", "", "d: ALL: twist /bin/echo no\n", 0, 1, WRAP_DENY, NULL },
	{ "aclexec", "d: ALL: aclexec /bin/true\n", "", 1, 0, WRAP_DENY, NULL },
	{ "misspelt", "d: ALL: denny\n", "", 1, 0, WRAP_DENY, NULL },
	{ "a command in the old language", "d: ALL: (echo x)\n", "", 1, 0, WRAP_DENY, NULL },
	{ "empty", "d: ALL:\n", "", 1, 0, WRAP_DENY, NULL },
};

static void
test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]);
	    i++) {
		const struct option_row *row = &option_rows[i];
		struct arena *arena = arena_new(1 << 20);
		const struct wrap_settings *settings;
		struct wrap_rules rules;
		struct told told;

		assert_true(help_rules(arena, &rules, row->allow, row->deny,
		    &told));
		assert_int_equal(rules.count, 1);
		settings = rules.rules[0].settings;
		if (told.faults != row->faults ||
		    told.warnings != row->warnings ||
		    rules.rules[0].action != row->action ||
		    (settings != NULL) != (row->action == WRAP_ADAPT))
			fail_msg("%s: %u %u %d", row->name, told.faults,
			    told.warnings, (int)rules.rules[0].action);
		if (row->env != NULL) {
			assert_int_equal(settings->env_count, 1);
			assert_string_equal(settings->env[0], row->env);
		}
		arena_free(arena);
	}
}

static void
test_lines(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct wrap_rules rules;
	struct told told;

	(void)state;
	assert_true(help_rules(arena, &rules,
	    "# x\nd: ALL\n\ne: \\\n ALL\nf: ALL\n", "\ng: 1.2.3.4\n", &told));
	assert_int_equal(rules.count, 4);
	assert_int_equal(rules.rules[0].place.line, 2);
	assert_int_equal(rules.rules[1].place.line, 4);
	assert_int_equal(rules.rules[2].place.line, 6);
	assert_int_equal(rules.rules[3].place.line, 2);
	assert_int_equal(rules.rules[3].place.file, 2);
	assert_true(help_rules(arena, &rules, "# x \\\nd: ALL\n", "", &told));
	assert_int_equal(rules.count, 0);
	assert_int_equal(told.warnings, 1);
	assert_true(help_rules(arena, &rules, "", "\nALL: 1.2.3\n", &told));
	assert_int_equal(told.faults, 1);
	assert_int_equal(told.line, 2);
	assert_true(help_rules(arena, &rules, "d: 010.\n", "d: 01.0.0.1\n",
	    &told));
	assert_int_equal(told.faults, 2);
	arena_free(arena);
}

/* Folding *******************************************************************/

#define MANY 50000u

/* 50,000 lines of one address become one group, and each is found again; a
 * rule in front of them that also matches wins. */
static void
test_folding(void **state)
{
	struct arena *arena = arena_new(64u << 20);
	char *text = arena_alloc(arena, MANY, 40), *at = text;
	struct wrap_outcome outcome;
	struct wrap_rules rules;
	struct told told;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		at += snprintf(at, 40, "%s: 10.%u.%u.%u\n",
		    i % 2 == 0 ? "d" : "e", i >> 16, i >> 8 & 255, i & 255);
	assert_true(help_rules(arena, &rules, "d: 192.0.2.1: allow\n", text,
	    &told));
	assert_int_equal(rules.count, MANY + 1);
	assert_int_equal(rules.group_count, 3);
	for (unsigned i = 0; i < MANY; i += 37) {
		char source[40];
		struct facts facts;

		(void)snprintf(source, sizeof(source), "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		facts = make_facts(source, NULL);
		outcome = wrap_match(&rules, "d", &facts);
		assert_int_equal(outcome.may_allow, i % 2 != 0);
		assert_int_equal(outcome.rule, i % 2 == 0 ? i + 1 : NONE);
	}
	arena_free(arena);
}

/* The lowest rule counts, whatever its length; a rule of the other action
 * between two keeps them apart. */
static const struct row order_rows[] = {
	{ "wide before narrow", "", "d: 10.\nd: 10.1.1.1\n", "d", "10.1.1.1", NULL, DENY, 0 },
	{ "narrow before wide", "", "d: 10.1.1.1\nd: 10.\n", "d", "10.1.1.1", NULL, DENY, 0 },
	{ "two lists of daemons", "", "ALL: 10.1.\nd: 10.\nALL: 10.1.1.1\n", "d", "10.1.1.1",
	    NULL, DENY, 0 },
	{ "the later list", "", "e: 10.\nd: 10.\nALL: 10.1.1.1\n", "d", "10.1.1.1", NULL, DENY, 1 },
	{ "allowed in between", "", "d: 10.1.1.1\nd: 10.: allow\nd: 10.1.1.2\n", "d", "10.1.1.2",
	    NULL, ALLOW, 1 },
	{ "twice the same", "", "d: 10.1.1.1\nd: 10.1.1.1\n", "d", "10.1.1.1", NULL, DENY, 0 },
	{ "v6 and v4", "", "d: [2001:db8::]/48\nd: 10.\nd: [2001:db8::1]\n", "d", V6, NULL, DENY, 0 },
	{ "a name in between", "", "d: 10.1.1.1\nd: .x.example\nd: 10.1.1.2\n", "d", "10.1.1.2",
	    NULL, DENY, 2 },
};

static void
test_order(void **state)
{
	(void)state;
	RUN(order_rows);
}

/* Canonical text ************************************************************/

static const struct {
	const char *text;
	bool is_good;
} canonical_rows[] = {
	{ "deny:all:ALL", true },
	{ "allow:d,EXCEPT,e@10.0.0.0/8:root@.x.example,EXCEPT,[2001:db8::/32]", false },
	{ "allow:d,EXCEPT,e@10.0.0.0/8:root@.x.example,EXCEPT,[2001:db8::]/32", true },
	{ "adapt:d:@,@group,LOCAL,10.0.0.1/8,1.0.0.1/255.0.0.255,x*", true },
	{ "deny:d", false }, { "deny:d:ALL:ALL", false }, { "permit:d:ALL", false },
	{ "deny::ALL", false }, { "deny:d:", false }, { "deny:d:,ALL", false },
	{ "deny:d:/etc/passwd", false }, { "deny:D:ALL", false },
	{ "deny:d:10.", false }, { "deny:d: ALL", false },
	{ "deny:d:X.example", false }, { "deny:d:all", false },
};

static void
test_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(canonical_rows) /
	    sizeof(canonical_rows[0]); i++) {
		struct arena *arena = arena_new(1 << 20);
		const char *text = canonical_rows[i].text, *printed = "";
		struct wrap_rule rule;
		struct out out;
		size_t length;

		out_init(&out, arena);
		if (wrap_parse_rule(arena, text, &rule)) {
			wrap_print_rule(&out, &rule);
			printed = out_text(&out, &length) + 1;
		}
		if ((strcmp(printed, text) == 0) != canonical_rows[i].is_good)
			fail_msg("%s: %s", text, printed);
		arena_free(arena);
	}
}

/* The attributes as they stand in the texts of dispatch and parent. */
static const struct {
	const char *name;
	unsigned consumer;
	const char *gateway, *service;
	bool is_good;
} text_rows[] = {
	{ "rules", CONSUMER_DISPATCH, "wrap = deny:all:ALL allow:d:10.0.0.0/8",
	    "wrap_name = d", true },
	{ "none", CONSUMER_DISPATCH, "wrap =", NULL, false },
	{ "not canonical", CONSUMER_DISPATCH, "wrap = deny:all:all", NULL, false },
	{ "not for the parent", CONSUMER_PARENT, "wrap = deny:all:ALL", NULL, false },
	{ "nothing to change", CONSUMER_PARENT, NULL, "wrap_options = rule 3", true },
	{ "all options", CONSUMER_PARENT, NULL, "wrap_options = rule 3 nice -5 umask 23 "
	    "ids 1 2 keepalive env A=b\\040c env B= rule 4 nice 5", true },
	{ "not for dispatch", CONSUMER_DISPATCH, NULL, "wrap_options = rule 3 nice 5", false },
	{ "rules do not rise", CONSUMER_PARENT, NULL, "wrap_options = rule 3 nice 5 "
	    "rule 3 nice 6", false },
	{ "order of the parts", CONSUMER_PARENT, NULL, "wrap_options = rule 3 umask 1 nice 5",
	    false },
	{ "a part is cut", CONSUMER_PARENT, NULL, "wrap_options = rule 3 ids 1", false },
	{ "no such part", CONSUMER_PARENT, NULL, "wrap_options = rule 3 user 1", false },
	{ "umask out of range", CONSUMER_PARENT, NULL, "wrap_options = rule 3 umask 512", false },
	{ "nice out of range", CONSUMER_PARENT, NULL, "wrap_options = rule 3 nice 21", false },
	{ "uid unchanged", CONSUMER_PARENT, NULL, "wrap_options = rule 3 ids 4294967295 1",
	    false },
	{ "no variable", CONSUMER_PARENT, NULL, "wrap_options = rule 3 env =x", false },
};

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		const char *gateway = text_rows[i].gateway;
		const char *service = text_rows[i].service;
		struct policy *policy;
		char text[600], error[128];
		int length;

		length = snprintf(text, sizeof(text), "sallyport-policy 1 %s\n"
		    "generation 1\ngateway\n{\n%s%s%s}\nservice x\n{\n"
		    "\tid = x\n%s%s%s}\n",
		    text_rows[i].consumer == CONSUMER_PARENT ? "parent" :
		    "dispatch", gateway == NULL ? "" : "\t",
		    gateway == NULL ? "" : gateway, gateway == NULL ? "" : "\n",
		    service == NULL ? "" : "\t", service == NULL ? "" : service,
		    service == NULL ? "" : "\n");
		policy = parse_canonical(text, (size_t)length,
		    text_rows[i].consumer, error, sizeof(error));
		if ((policy != NULL) != text_rows[i].is_good)
			fail_msg("%s: %s", text_rows[i].name,
			    policy != NULL ? "read" : error);
		policy_free(policy);
	}
}

/* Each rule keeps the line that it came from. */
static void
test_places(void **state)
{
	static const char text[] = "sallyport-policy 1 log\ngeneration 1\n"
	    "#@file 1 /etc/hosts.allow\n#@file 2 /etc/hosts.deny\n"
	    "gateway\n{\n#@ 1:7 1:7 2:9\n"
	    "\twrap = allow:d:10.0.0.1/32 deny:all:ALL\n}\n";
	struct policy *policy;
	char error[128];

	(void)state;
	policy = parse_canonical(text, sizeof(text) - 1, CONSUMER_LOG, error,
	    sizeof(error));
	if (policy == NULL)
		fail_msg("%s", error);
	assert_int_equal(policy->gateway.wrap.rules[0].place.line, 7);
	assert_int_equal(policy->gateway.wrap.rules[1].place.file, 2);
	assert_int_equal(policy->gateway.wrap.rules[1].place.line, 9);
	policy_free(policy);
}

static void
test_glob(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool is_match;
	} rows[] = {
		{ "", "", true }, { "*", "", true }, { "?", "", false },
		{ "a*c", "abbc", true }, { "a*c", "abcd", false },
		{ "A?C", "abc", true }, { "*a*b", "xaxab", true },
		{ "**", "x", true }, { "abc", "ab", false },
		{ "a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (wrap_glob(rows[i].pattern, rows[i].text) !=
		    rows[i].is_match)
			fail_msg("%s %s", rows[i].pattern, rows[i].text);
}

static void
test_may_name(void **state)
{
	static const struct {
		const char *line;
		bool may;
	} rows[] = {
		{ "d: ALL\n", true }, { "e: ALL\n", false },
		{ "ALL: ALL\n", true }, { "ALL EXCEPT d: ALL\n", false },
		{ "d@10.0.0.1: ALL\n", true }, { "x y*: ALL\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct wrap_rules rules;
		struct told told;

		assert_true(help_rules(arena, &rules, rows[i].line, "", &told));
		if (wrap_may_name(&rules.rules[0].daemons, "d") != rows[i].may)
			fail_msg("%s", rows[i].line);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_may_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
