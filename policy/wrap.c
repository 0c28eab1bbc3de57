/*
 * Matching the rules of hosts.allow and hosts.deny; see wrap-match.h.
 *
 * Part of the matcher. Linear in groups, not in lines: what is folded is searched
 * by wrap-find.c.
 */
#include <string.h>
#include <strings.h>

#include "policy/wrap-find.h"
#include "policy/wrap-match.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Goes back to the last star alone, so the work is at most the product of the
 * two lengths. */
bool
wrap_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern != '\0' && (*pattern == '?' ||
		    lower(*pattern) == lower(*text))) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++resume;
		} else
			return false;
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

static bool
is_plain_name(const char *name, const char *argument)
{
	(void)argument;
	return strchr(name, '.') == NULL;
}

static bool
fits_glob(const char *name, const char *pattern)
{
	return wrap_glob(pattern, name);
}

/* Digits and dots can only mean an address: a name that looks like one would
 * be the client's own choice. */
static struct truth
match_glob(const struct facts *facts, const struct addr *addr,
    const char *pattern, bool is_source)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	if (wrap_glob(pattern, text))
		return truth_of(true);
	if (pattern[strspn(pattern, "0123456789.*?")] == '\0' &&
	    strpbrk(pattern, "0123456789.") != NULL)
		return truth_of(false);
	return is_source ? fact_names(facts, fits_glob, pattern) :
	    truth_unknown();
}

static bool
match_mask(const struct wrap_item *item, const struct addr *addr)
{
	if (addr->family != ADDR_IPV4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if ((addr->bytes[i] & item->mask[i]) !=
		    item->prefix.addr.bytes[i])
			return false;
	return true;
}

/* Of our own address no name is known. */
static struct truth
match_name_form(const struct wrap_item *item, const struct facts *facts,
    bool is_source)
{
	struct truth known;

	if (!is_source)
		return truth_unknown();
	switch (item->form) {
	case WRAP_LOCAL:
		return fact_names(facts, is_plain_name, NULL);
	case WRAP_KNOWN:
		return fact_has_name(facts);
	case WRAP_UNKNOWN:
		return truth_not(fact_has_name(facts));
	case WRAP_PARANOID:
		/* A source without any name is refused like one that has a
		 * name which is not confirmed. */
		known = truth_not(fact_has_name(facts));
		return truth_and(known, truth_unknown());
	case WRAP_SUFFIX:
		return fact_suffix(facts, item->name);
	case WRAP_NAME:
		return fact_host(facts, item->name);
	default:
		return truth_unknown();
	}
}

static struct truth
match_host(const struct wrap_item *item, const struct facts *facts,
    const struct addr *addr, bool is_source)
{
	if (item->form != WRAP_ALL && addr->family != ADDR_IPV4 &&
	    addr->family != ADDR_IPV6)
		return truth_unknown();
	switch (item->form) {
	case WRAP_ALL:
		return truth_of(true);
	case WRAP_PREFIX:
		return truth_of(prefix_contains(&item->prefix, addr));
	case WRAP_LOOSE:
		return prefix_contains(&item->prefix, addr) ? truth_unknown() :
		    truth_of(false);
	case WRAP_MASK:
		return truth_of(match_mask(item, addr));
	case WRAP_GLOB:
		return match_glob(facts, addr, item->name, is_source);
	default:
		return match_name_form(item, facts, is_source);
	}
}

struct asked {			/* what a list is matched against */
	const struct facts *facts;
	const char *daemon;	/* NULL: a list of clients */
};

static struct truth
match_item(const struct asked *asked, const struct wrap_item *item)
{
	const struct facts *facts = asked->facts;
	struct truth who;

	if (asked->daemon != NULL) {
		if (item->who == NULL)	/* cannot be evaluated */
			return truth_unknown();
		who = truth_of(strcasecmp(item->who, "ALL") == 0 ||
		    wrap_glob(item->who, asked->daemon));
		return truth_and(who, match_host(item, facts, &facts->local,
		    false));
	}
	who = match_host(item, facts, &facts->source, true);
	/* Nobody asks for a user whose host does not match. */
	if (item->who == NULL || truth_is(&who, MAYBE_NO))
		return who;
	return truth_and(who, fact_user(facts, item->who));
}

/* The words from `begin` to before `end`, which hold no EXCEPT. */
static struct truth
match_words(const struct asked *asked, const struct wrap_list *list,
    unsigned begin, unsigned end)
{
	struct truth any = truth_of(false);

	for (unsigned i = begin; i < end; i++) {
		any = truth_or(any, match_item(asked, &list->items[i]));
		if (truth_is(&any, MAYBE_YES))
			break;
	}
	return any;
}

/* a EXCEPT b EXCEPT c is a without (b without c): from the last to the
 * first. */
static struct truth
match_list(const struct asked *asked, const struct wrap_list *list)
{
	struct truth result = truth_of(false), words;
	unsigned end = list->count, begin;
	bool has_more = false;

	for (;;) {
		for (begin = end; begin > 0 &&
		    list->items[begin - 1].form != WRAP_EXCEPT; begin--)
			continue;
		words = match_words(asked, list, begin, end);
		result = has_more ? truth_and(words, truth_not(result)) : words;
		if (begin == 0)
			return result;
		has_more = true;
		end = begin - 1;
	}
}

struct walk {
	const struct wrap_rules *rules;
	struct asked daemons, clients;
	struct wrap_outcome outcome;
	bool may_adapt;
	bool is_over;
};

/* Rules that may match leave the way open for those behind them; one that
 * certainly does ends the walk. What stays unknown refuses and never opens. */
static void
take(struct walk *w, uint32_t number, const struct truth *match)
{
	bool is_deny = w->rules->rules[number].action == WRAP_DENY;
	unsigned matching = is_deny ? MAYBE_YES | MAYBE_UNKNOWN : MAYBE_YES;

	if ((match->values & matching) == 0)
		return;
	w->outcome.may_deny |= is_deny;
	w->outcome.may_allow |= !is_deny;
	w->may_adapt |= w->rules->rules[number].action == WRAP_ADAPT;
	if ((match->values & ~matching) == 0) {
		w->outcome.rule = number;
		w->is_over = true;
	} else if (w->outcome.question.kind == QUESTION_NONE)
		w->outcome.question = match->question;
}

/* Groups of one stretch, from `i` on; returns the first behind it. */
static unsigned
walk_stretch(struct walk *w, unsigned i)
{
	const struct wrap_group *groups = w->rules->groups;
	const struct wrap_rule *first = &w->rules->rules[groups[i].rule];
	uint32_t stretch = groups[i].stretch;
	struct wrap_find find = { .facts = w->clients.facts,
	    .is_deny = first->action == WRAP_DENY, .certain = RULE_ENTRY_NONE,
	    .open = RULE_ENTRY_NONE, .item = RULE_ENTRY_NONE };
	struct truth daemons, found;

	for (; i < w->rules->group_count && groups[i].stretch == stretch; i++) {
		find.work++;
		first = &w->rules->rules[groups[i].rule];
		daemons = match_list(&w->daemons, &first->daemons);
		if (truth_is(&daemons, MAYBE_NO) || (first->action !=
		    WRAP_DENY && !truth_is(&daemons, MAYBE_YES)))
			continue;
		if (!groups[i].is_folded) {
			found = truth_and(daemons,
			    match_list(&w->clients, &first->clients));
			take(w, groups[i].rule, &found);
			continue;
		}
		wrap_find(&find, &groups[i]);
	}
	w->outcome.work += find.work;
	/* Of those that may match only the first can be asked about. */
	if (find.open < find.certain) {
		found = (struct truth){ MAYBE_ANY, find.question };
		take(w, find.open, &found);
	}
	if (find.certain != RULE_ENTRY_NONE) {
		found = truth_of(true);
		take(w, find.certain, &found);
	}
	return i;
}

struct wrap_outcome
wrap_match(const struct wrap_rules *rules, const char *daemon,
    const struct facts *facts)
{
	struct walk w = {
		.rules = rules,
		.daemons = { facts, daemon }, .clients = { facts, NULL },
		.outcome = { .rule = RULE_ENTRY_NONE },
	};

	for (unsigned i = 0; i < rules->group_count && !w.is_over;)
		i = walk_stretch(&w, i);
	if (!w.is_over)
		w.outcome.may_allow = true;
	/* Which of the rules that allow is nobody's business, unless the
	 * launch depends on it. */
	if (!(w.outcome.may_allow && w.outcome.may_deny) && !w.may_adapt)
		w.outcome.question = (struct question){ QUESTION_NONE, NULL };
	return w.outcome;
}

/* The loader knows no address yet: "daemon@host" may mean any. */
static struct truth
match_daemon(const struct wrap_list *daemons, const char *daemon)
{
	static const struct facts nothing;
	const struct asked asked = { &nothing, daemon };

	for (unsigned i = 0; i < daemons->count; i++)
		if (daemons->items[i].form != WRAP_ALL &&
		    daemons->items[i].form != WRAP_EXCEPT)
			return truth_unknown();
	return match_list(&asked, daemons);
}

bool
wrap_may_name(const struct wrap_list *daemons, const char *daemon)
{
	struct truth truth = match_daemon(daemons, daemon);

	return !truth_is(&truth, MAYBE_NO);
}

bool
wrap_does_name(const struct wrap_list *daemons, const char *daemon)
{
	struct truth truth = match_daemon(daemons, daemon);

	return truth_is(&truth, MAYBE_YES);
}
