/*
 * Folding: tools write a line of hosts.deny for each address, tens of thousands
 * of them, and a connection must not walk through all of them.
 *
 * Pure; runs in whoever reads a policy's text. See struct wrap_group.
 */
#include <stdlib.h>
#include <string.h>

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
compare_keys(const void *a, const void *b)
{
	const struct wrap_key *x = a, *y = b;
	int order = wrap_compare_prefix(&x->prefix, &y->prefix);

	if (order != 0)
		return order;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Nothing but addresses, for any user. */
static bool
is_foldable(const struct wrap_rule *rule)
{
	for (unsigned i = 0; i < rule->clients.count; i++)
		if (rule->clients.items[i].form != WRAP_PREFIX ||
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

/* Members of one list of daemons to one sorted array. */
static bool
fold_members(struct wrap_rules *rules, struct arena *arena, uint32_t stretch,
    const struct member *members, unsigned count)
{
	struct wrap_group *group = add_group(rules, arena, stretch,
	    members[0].rule);
	unsigned total = 0, kept = 0;

	for (unsigned i = 0; i < count; i++)
		total += rules->rules[members[i].rule].clients.count;
	if (group == NULL || (group->keys = arena_alloc(arena, total,
	    sizeof(*group->keys))) == NULL)
		return false;
	total = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct wrap_list *clients =
		    &rules->rules[members[i].rule].clients;

		for (unsigned k = 0; k < clients->count; k++)
			group->keys[total++] = (struct wrap_key){
			    clients->items[k].prefix, members[i].rule };
	}
	qsort(group->keys, total, sizeof(*group->keys), compare_keys);
	for (unsigned i = 0; i < total; i++) {
		if (kept > 0 && wrap_compare_prefix(&group->keys[kept - 1]
		    .prefix, &group->keys[i].prefix) == 0)
			continue;
		group->keys[kept++] = group->keys[i];
		note_length(group, &group->keys[i].prefix);
	}
	group->count = kept;
	return true;
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
