/*
 * Fuzz target: hosts.allow and hosts.deny.
 *
 * The first byte chooses facts, the rest is hosts.allow, a NUL byte, and
 * hosts.deny. Whatever is read prints as canonical text that reads back to the
 * same bytes. Folding changes no answer. Facts that are not known never allow
 * where some full knowledge would deny: what is undecided says so, and what is
 * unknown allows only when both answers would.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/out.h"
#include "policy/wrap-match.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
fuzz_read(void *context, const char *path, const char **bytes, size_t *length)
{
	(void)context;
	if (strlen(path) % 2 == 0)
		return false;
	*bytes = "10.0.0.0/8 a.x\n# y\n.x,/z b*\n";
	*length = strlen(*bytes);
	return true;
}

static void
fuzz_report(void *context, const struct wrap_note *note)
{
	(void)context;
	if (note->line == 0 || note->message == NULL)
		abort();
}

/* Prints every rule and reads it back. */
static void
round_trip(struct arena *arena, const struct wrap_rules *rules)
{
	for (unsigned i = 0; i < rules->count; i++) {
		struct wrap_rule again;
		struct out first, second;
		char *text, *copy;
		size_t length, copy_length;

		out_init(&first, arena);
		out_init(&second, arena);
		wrap_print_rule(&first, &rules->rules[i]);
		text = out_text(&first, &length);
		if (arena_failed(arena))
			return;
		if (strpbrk(text + 1, " \t\r\n#\\") != NULL)
			abort();
		if (!wrap_parse_rule(arena, text + 1, &again)) {
			if (arena_failed(arena))
				return;
			abort();
		}
		wrap_print_rule(&second, &again);
		copy = out_text(&second, &copy_length);
		if (copy != NULL && strcmp(text, copy) != 0)
			abort();
	}
}

/* What the groups are: one for each rule, as if nothing could be folded. */
static struct wrap_rules
unfolded(struct arena *arena, const struct wrap_rules *rules)
{
	struct wrap_rules plain = *rules;

	plain.group_count = rules->count;
	plain.groups = arena_alloc(arena, rules->count + 1u,
	    sizeof(*plain.groups));
	for (unsigned i = 0; plain.groups != NULL && i < rules->count; i++)
		plain.groups[i] = (struct wrap_group){ .stretch = i,
		    .rule = i };
	return plain;
}

static struct facts
make_facts(unsigned choice)
{
	static const char *const sources[] = { "10.0.0.1", "192.0.2.1",
	    "2001:db8::1", "::1" };
	static const char *const names[] = { "a.x", "localhost", "b.y.x", "c" };
	struct facts facts = { .ident = TRI_YES };

	if (!addr_parse(&facts.source, sources[choice & 3]) ||
	    !addr_parse(&facts.local, sources[choice >> 6 & 3]))
		abort();
	facts.names = TRI_YES;
	facts.name_count = choice >> 2 & 1;
	facts.name[0] = names[choice >> 3 & 3];
	facts.ident = (choice >> 5 & 1) != 0 ? TRI_YES : TRI_NO;
	facts.ident_user = "root";
	return facts;
}

struct pair {			/* of the same rules */
	const struct wrap_rules *folded, *plain;
};

/* The verdict, the rule that it names and the next question are the same, also
 * when there are other names. */
static struct wrap_outcome
match(const struct pair *rules, const struct facts *facts)
{
	struct wrap_outcome outcome, other;
	struct facts also = *facts;

	for (int i = 0; i < 2; i++) {
		also.has_more_names = i == 0;
		outcome = wrap_match(rules->folded, "d", &also);
		other = wrap_match(rules->plain, "d", &also);
		if (other.may_allow != outcome.may_allow ||
		    other.may_deny != outcome.may_deny ||
		    other.rule != outcome.rule ||
		    other.question.kind != outcome.question.kind ||
		    other.question.name != outcome.question.name)
			abort();
	}
	return outcome;
}

/* Answers every question that is asked, from `known`. */
static struct wrap_outcome
ask_all(const struct pair *rules, struct facts *facts,
    const struct facts *known, bool is_unknown)
{
	struct wrap_outcome outcome = match(rules, facts);

	for (unsigned i = 0; outcome.question.kind != QUESTION_NONE; i++) {
		if (i > FACTS_HOSTS_MAX + 2)
			abort();
		if (outcome.question.kind == QUESTION_NAMES) {
			facts->names = is_unknown ? TRI_UNKNOWN : TRI_YES;
			facts->name_count = known->name_count;
			facts->name[0] = known->name[0];
		} else if (outcome.question.kind == QUESTION_IDENT) {
			facts->ident = is_unknown ? TRI_UNKNOWN : known->ident;
			facts->ident_user = known->ident_user;
		} else {
			facts->host[facts->host_count].name =
			    outcome.question.name;
			facts->host[facts->host_count++].answer =
			    is_unknown ? TRI_UNKNOWN :
			    known->name_count > 0 && strcmp(known->name[0],
			    outcome.question.name) == 0 ? TRI_YES : TRI_NO;
		}
		outcome = match(rules, facts);
	}
	if (outcome.may_allow == outcome.may_deny)
		abort();	/* nothing to ask, and nothing decided */
	return outcome;
}

static void
decide(const struct pair *rules, unsigned choice)
{
	struct facts known, facts;
	bool may_allow = true;

	known = facts = make_facts(choice);
	facts.names = facts.ident = TRI_UNASKED;
	facts.name_count = 0;
	(void)ask_all(rules, &facts, &known, false);
	/* Unknown: allowed only when name or none, user or none would be. */
	for (unsigned i = 0; i < 4; i++) {
		facts = known = make_facts((choice & ~UINT32_C(0x24)) |
		    (i & 1u) << 2 | (i & 2u) << 4);
		facts.names = facts.ident = TRI_UNASKED;
		facts.name_count = 0;
		may_allow &= ask_all(rules, &facts, &known, false).may_allow;
	}
	facts = known;
	facts.names = facts.ident = TRI_UNASKED;
	facts.name_count = 0;
	if (ask_all(rules, &facts, &known, true).may_allow && !may_allow)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wrap_source source = { .read = fuzz_read,
	    .report = fuzz_report, .file = 1 };
	struct wrap_rules rules = { .count = 0 }, plain;
	const uint8_t *nul;
	unsigned choice;

	if (size < 1 || size > 20000)
		return 0;
	choice = *data++;
	size--;
	nul = memchr(data, '\0', size);
	source.arena = arena_new(64u << 20);
	source.bytes = (const char *)data;
	source.length = nul == NULL ? size : (size_t)(nul - data);
	if (source.arena == NULL)
		return 0;
	if (wrap_read(&rules, &source)) {
		source.bytes += source.length + (nul != NULL);
		source.length = nul == NULL ? 0 : size - source.length - 1;
		source.is_deny = true;
		if (wrap_read(&rules, &source) && wrap_fold(&rules,
		    source.arena)) {
			round_trip(source.arena, &rules);
			plain = unfolded(source.arena, &rules);
			if (plain.groups != NULL)
				decide(&(struct pair){ &rules, &plain },
				    choice);
		}
	}
	arena_free(source.arena);
	return 0;
}
