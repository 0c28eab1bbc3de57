/*
 * Looking into folded rules: see wrap-find.h.
 *
 * Part of the matcher. A binary search for each prefix length that occurs, for
 * each name that is known of the source or was asked about, and for each domain
 * that such a name is in; never a walk through what the files hold.
 */
#include "policy/wrap-find.h"

#include <string.h>
#include <strings.h>

#define KNOWN_MAX (FACTS_NAMES_MAX + FACTS_HOSTS_MAX)

static bool
has_length(const struct wrap_group *group, unsigned family, unsigned length)
{
	if (family == ADDR_IPV4)
		return (group->lengths4 >> length & 1) != 0;
	return (group->lengths6[length / 64] >> length % 64 & 1) != 0;
}

static void
mask_to(struct prefix *prefix, const struct addr *addr, unsigned length)
{
	unsigned whole = length / 8;

	memset(prefix, 0, sizeof(*prefix));
	prefix->addr.family = addr->family;
	prefix->length = (uint8_t)length;
	memcpy(prefix->addr.bytes, addr->bytes, whole);
	if (length % 8 != 0)
		prefix->addr.bytes[whole] = (uint8_t)(addr->bytes[whole] &
		    0xff00u >> length % 8);
}

static uint32_t
find_key(struct wrap_find *f, const struct wrap_group *group,
    const struct prefix *prefix)
{
	unsigned low = 0, high = group->count, middle;
	int order;

	while (low < high) {
		f->work++;
		middle = low + (high - low) / 2;
		order = wrap_compare_prefix(prefix,
		    &group->keys[middle].prefix);
		if (order == 0)
			return group->keys[middle].rule;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return RULE_ENTRY_NONE;
}

/* The lowest rule whose addresses hold the source. */
static void
find_addresses(struct wrap_find *f, const struct wrap_group *group)
{
	const struct addr *source = &f->facts->source;
	unsigned longest = source->family == ADDR_IPV4 ? 32 :
	    source->family == ADDR_IPV6 ? 128 : 0;
	struct prefix prefix;
	uint32_t rule;

	for (unsigned length = 0; longest != 0 && length <= longest; length++) {
		if (!has_length(group, source->family, length))
			continue;
		mask_to(&prefix, source, length);
		rule = find_key(f, group, &prefix);
		if (rule < f->certain)
			f->certain = rule;
	}
}

/* The number of a word, or one that none has. */
static unsigned
find_word(struct wrap_find *f, const struct wrap_words *words, const char *text)
{
	unsigned low = 0, high = words->count, middle;
	int order;

	while (low < high) {
		f->work++;
		middle = low + (high - low) / 2;
		order = strcasecmp(text, words->words[words->by_text[middle]]
		    .text);
		if (order == 0)
			return words->by_text[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return words->count;
}

/* A rule matches by its best word: enters what one word is. */
static void
weigh(struct wrap_find *f, const struct wrap_word *word, struct truth truth)
{
	unsigned matching = f->is_deny ? MAYBE_YES | MAYBE_UNKNOWN : MAYBE_YES;

	if ((truth.values & matching) == 0)
		return;
	if ((truth.values & ~matching) == 0) {
		if (word->rule < f->certain)
			f->certain = word->rule;
	} else if (word->rule < f->open ||
	    (word->rule == f->open && word->item < f->item)) {
		f->open = word->rule;
		f->item = word->item;
		f->question = truth.question;
	}
}

static void
weigh_name(struct wrap_find *f, const struct wrap_words *names,
    const char *name, struct truth truth, bool is_known[static KNOWN_MAX + 1])
{
	unsigned number = find_word(f, names, name);

	if (number == names->count)
		return;
	if (number <= KNOWN_MAX)
		is_known[number] = true;
	weigh(f, &names->words[number], truth);
}

/* Those that nothing is known about are all alike, so the first stands for
 * them; it is among the first KNOWN_MAX + 1. */
static void
find_names(struct wrap_find *f, const struct wrap_words *names)
{
	bool is_known[KNOWN_MAX + 1] = { false };
	const struct facts *facts = f->facts;
	unsigned first = 0;

	for (unsigned i = 0; i < fact_name_count(facts); i++)
		weigh_name(f, names, facts->name[i], truth_of(true), is_known);
	for (unsigned i = 0; i < fact_host_count(facts); i++)
		if (facts->host[i].answer != TRI_UNASKED)
			weigh_name(f, names, facts->host[i].name,
			    fact_answer(facts->host[i].answer), is_known);
	while (is_known[first])
		first++;
	if (first < names->count)
		weigh(f, &names->words[first], fact_new_host(facts,
		    names->words[first].text));
}

/* As with names; that one of them may be known, too, changes nothing. */
static void
find_domains(struct wrap_find *f, const struct wrap_words *domains)
{
	const struct facts *facts = f->facts;

	for (unsigned i = 0; i < fact_name_count(facts); i++) {
		const char *dot = facts->name[i];
		unsigned number;

		/* A dot at the begin has no name before it. */
		while (*dot != '\0' && (dot = strchr(dot + 1, '.')) != NULL) {
			number = find_word(f, domains, dot + 1);
			if (number < domains->count)
				weigh(f, &domains->words[number],
				    truth_of(true));
		}
	}
	weigh(f, &domains->words[0], fact_no_name(facts));
}

void
wrap_find(struct wrap_find *f, const struct wrap_group *group)
{
	if (group->count > 0)
		find_addresses(f, group);
	if (group->names.count > 0)
		find_names(f, &group->names);
	if (group->domains.count > 0)
		find_domains(f, &group->domains);
}
