/*
 * Folding: tools write a line of hosts.deny for each address or name, tens of
 * thousands of them, and a connection must not walk through all of them, least
 * of all again with each answer.
 *
 * Pure; runs in whoever reads a policy's text. See struct wrap_group.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/type.h"
#include "policy/wrap.h"

struct member {			/* a rule of a stretch */
	const char *daemons;
	uint32_t rule;
};

static int
compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = strcmp(x->daemons, y->daemons);

	if (order != 0)
		return order;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

int
wrap_compare_prefix(const struct prefix *a, const struct prefix *b)
{
	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));
}

static int
compare_places(const void *a, const void *b)
{
	const struct wrap_word *x = a, *y = b;

	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct wrap_key *x = a, *y = b;
	int order = wrap_compare_prefix(&x->prefix, &y->prefix);

	if (order != 0)
		return order;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* By text; the first in the files before the others. */
static int
compare_texts(const void *a, const void *b)
{
	const struct wrap_word *x = a, *y = b;
	int order = strcasecmp(x->text, y->text);

	return order != 0 ? order : compare_places(x, y);
}

/* Nothing but addresses, names and domains, for any user. */
static bool
is_foldable(const struct wrap_rule *rule)
{
	for (unsigned i = 0; i < rule->clients.count; i++)
		if ((rule->clients.items[i].form != WRAP_PREFIX &&
		    rule->clients.items[i].form != WRAP_NAME &&
		    rule->clients.items[i].form != WRAP_SUFFIX) ||
		    rule->clients.items[i].who != NULL)
			return false;
	return rule->daemons.text != NULL;
}

static struct wrap_group *
add_group(struct wrap_rules *rules, struct arena *arena, uint32_t stretch,
    uint32_t rule)
{
	struct wrap_group *group;

	rules->groups = type_room(arena, rules->groups, rules->group_count, 1,
	    sizeof(*rules->groups));
	if (rules->groups == NULL)
		return NULL;
	group = &rules->groups[rules->group_count++];
	memset(group, 0, sizeof(*group));
	group->stretch = stretch;
	group->rule = rule;
	return group;
}

static void
note_length(struct wrap_group *group, const struct prefix *prefix)
{
	if (prefix->addr.family == ADDR_IPV4)
		group->lengths4 |= UINT64_C(1) << prefix->length;
	else
		group->lengths6[prefix->length / 64] |=
		    UINT64_C(1) << prefix->length % 64;
}

struct members {		/* of one list of daemons */
	const struct wrap_rules *rules;
	const struct member *members;
	unsigned count;
};

static unsigned
count_form(const struct members *m, enum wrap_form form)
{
	unsigned total = 0;

	for (unsigned i = 0; i < m->count; i++) {
		const struct wrap_list *clients =
		    &m->rules->rules[m->members[i].rule].clients;

		for (unsigned k = 0; k < clients->count; k++)
			total += clients->items[k].form == form;
	}
	return total;
}

static bool
fold_keys(const struct members *m, struct arena *arena,
    struct wrap_group *group)
{
	unsigned total = count_form(m, WRAP_PREFIX), used = 0, kept = 0;

	group->keys = arena_alloc(arena, total, sizeof(*group->keys));
	if (group->keys == NULL)
		return total == 0;
	for (unsigned i = 0; i < m->count; i++) {
		uint32_t rule = m->members[i].rule;
		const struct wrap_list *clients = &m->rules->rules[rule].clients;

		for (unsigned k = 0; k < clients->count; k++)
			if (clients->items[k].form == WRAP_PREFIX)
				group->keys[used++] = (struct wrap_key){
				    clients->items[k].prefix, rule };
	}
	qsort(group->keys, used, sizeof(*group->keys), compare_keys);
	for (unsigned i = 0; i < used; i++) {
		if (kept > 0 && wrap_compare_prefix(&group->keys[kept - 1]
		    .prefix, &group->keys[i].prefix) == 0)
			continue;
		group->keys[kept++] = group->keys[i];
		note_length(group, &group->keys[i].prefix);
	}
	group->count = kept;
	return true;
}

/* What a name is does not depend on the line, so the first that has it stands
 * for the others. */
static bool
fold_words(const struct members *m, struct arena *arena, enum wrap_form form,
    struct wrap_words *out)
{
	unsigned total = count_form(m, form), used = 0, kept = 0;
	struct wrap_word *words;

	if (total == 0)
		return true;
	out->words = words = arena_alloc(arena, total, sizeof(*words));
	out->by_text = arena_alloc(arena, total, sizeof(*out->by_text));
	if (words == NULL || out->by_text == NULL)
		return false;
	for (unsigned i = 0; i < m->count; i++) {
		uint32_t rule = m->members[i].rule;
		const struct wrap_list *clients = &m->rules->rules[rule].clients;

		for (unsigned k = 0; k < clients->count; k++)
			if (clients->items[k].form == form)
				words[used++] = (struct wrap_word){
				    clients->items[k].name, rule, k, 0 };
	}
	qsort(words, used, sizeof(*words), compare_texts);
	for (unsigned i = 0; i < used; i++) {
		if (kept > 0 && strcasecmp(words[kept - 1].text,
		    words[i].text) == 0)
			continue;
		words[kept] = words[i];
		words[kept].place = kept;
		kept++;
	}
	qsort(words, kept, sizeof(*words), compare_places);
	for (unsigned i = 0; i < kept; i++)
		out->by_text[words[i].place] = i;
	out->count = kept;
	return true;
}

/* Members of one list of daemons to one group of sorted arrays. */
static bool
fold_members(struct wrap_rules *rules, struct arena *arena, uint32_t stretch,
    const struct member *members, unsigned count)
{
	const struct members m = { rules, members, count };
	struct wrap_group *group = add_group(rules, arena, stretch,
	    members[0].rule);

	if (group == NULL)
		return false;
	group->is_folded = true;
	return fold_keys(&m, arena, group) &&
	    fold_words(&m, arena, WRAP_NAME, &group->names) &&
	    fold_words(&m, arena, WRAP_SUFFIX, &group->domains);
}

/* Rules from `first` on that may change places. */
static unsigned
stretch_length(const struct wrap_rules *rules, unsigned first)
{
	unsigned at = first;

	while (at < rules->count && is_foldable(&rules->rules[at]) &&
	    rules->rules[at].action == rules->rules[first].action)
		at++;
	return at - first;
}

static bool
fold_stretch(struct wrap_rules *rules, struct arena *arena, uint32_t stretch,
    struct member *members, unsigned first, unsigned count)
{
	unsigned begin = 0;

	for (unsigned i = 0; i < count; i++)
		members[i] = (struct member){
		    rules->rules[first + i].daemons.text, first + i };
	qsort(members, count, sizeof(*members), compare_members);
	for (unsigned i = 1; i <= count; i++) {
		if (i < count && strcmp(members[i].daemons,
		    members[begin].daemons) == 0)
			continue;
		if (!fold_members(rules, arena, stretch, members + begin,
		    i - begin))
			return false;
		begin = i;
	}
	return true;
}

bool
wrap_fold(struct wrap_rules *rules, struct arena *arena)
{
	struct member *members;
	uint32_t stretch = 0;
	unsigned first = 0, count;

	rules->groups = NULL;
	rules->group_count = 0;
	if (rules->count == 0)
		return true;
	members = arena_alloc(arena, rules->count, sizeof(*members));
	for (; members != NULL && first < rules->count; stretch++) {
		count = stretch_length(rules, first);
		if (count == 0) {
			if (add_group(rules, arena, stretch, first) == NULL)
				return false;
			first++;
			continue;
		}
		if (!fold_stretch(rules, arena, stretch, members, first, count))
			return false;
		first += count;
	}
	return members != NULL;
}
