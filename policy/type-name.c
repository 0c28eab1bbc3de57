/*
 * Names in access lists: their one form, and the list that the matcher gets.
 *
 * Pure; runs in every process that reads a policy. DNS compares without regard
 * to case, and a final dot changes nothing here, so both are gone before
 * anybody compares.
 */
#include <string.h>

#include "policy/policy.h"
#include "policy/type.h"

const char *
type_host_name(struct arena *arena, const char *text, bool *is_suffix)
{
	struct prefix *prefixes;
	unsigned count;
	size_t length;
	char *name;

	if (addr_word(arena, text, &prefixes, &count) != ADDR_IS_NAME)
		return NULL;
	*is_suffix = *text == '.';
	text += *is_suffix;
	length = strlen(text);
	if (length > 0 && text[length - 1] == '.')
		length--;
	name = arena_text(arena, text, length);
	for (size_t i = 0; name != NULL && i < length; i++)
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] | 0x20);
	return name;
}

/* "ENTRY NAME" or "ENTRY .DOMAIN"; the entries rise. */
static bool
parse_list_names(const struct type_source *source, void *value)
{
	struct name_list *list = value;
	struct list_name *at;
	uint64_t entry;
	unsigned i;

	list->count = 0;
	list->names = arena_alloc(source->arena, source->count / 2 + 1,
	    sizeof(*list->names));
	if (list->names == NULL || source->count % 2 != 0)
		return type_fault(source, DIAG_BAD_VALUE, NULL, "malformed",
		    NULL);
	for (i = 0; i < source->count; i += 2) {
		at = &list->names[list->count++];
		at->name = type_host_name(source->arena,
		    source->words[i + 1].text, &at->is_suffix);
		if (at->name == NULL || !type_decimal(source->words[i].text,
		    POLICY_ENTRIES_MAX - 1, &entry) ||
		    (i > 0 && entry <= at[-1].entry))
			return type_fault(source, DIAG_BAD_VALUE,
			    &source->words[i], "malformed", NULL);
		at->entry = (uint32_t)entry;
	}
	return true;
}

static void
print_list_names(struct out *out, const struct attr *attr, const void *value)
{
	const struct name_list *list = value;
	unsigned i;

	(void)attr;	/* one form for all rows */
	for (i = 0; i < list->count; i++)
		out_format(out, " %u %s%s", list->names[i].entry,
		    list->names[i].is_suffix ? "." : "", list->names[i].name);
}

static bool
equal_list_names(const void *a, const void *b)
{
	const struct name_list *one = a, *other = b;
	unsigned i;

	if (one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (one->names[i].entry != other->names[i].entry ||
		    one->names[i].is_suffix != other->names[i].is_suffix ||
		    strcmp(one->names[i].name, other->names[i].name) != 0)
			return false;
	return true;
}

const struct attr_type type_list_names = {
	.size = sizeof(struct name_list), .is_literal = true,
	.parse = parse_list_names, .print = print_list_names,
	.equal = equal_list_names,
};

static void
list_names(struct arena *arena, struct service *s, const struct access_list *from,
    struct name_list *to, enum attr_id id)
{
	unsigned i;

	to->count = 0;
	s->given[id] = false;
	if (!from->present || from->count == 0)
		return;
	to->names = arena_alloc(arena, from->count, sizeof(*to->names));
	for (i = 0; to->names != NULL && i < from->count; i++) {
		if (from->entries[i].name == NULL)
			continue;
		to->names[to->count++] = (struct list_name){ .entry = i,
		    .name = from->entries[i].name,
		    .is_suffix = from->entries[i].is_suffix };
	}
	s->given[id] = to->count > 0;
}

void
policy_list_names(struct policy *policy)
{
	struct service *s;
	unsigned i;

	for (i = 0; i < policy->count; i++) {
		s = policy->services[i];
		if (s->off || s->refused)
			continue;
		list_names(policy->arena, s, &s->only_from,
		    &s->only_from_names, ATTR_ONLY_FROM_NAMES);
		list_names(policy->arena, s, &s->no_access,
		    &s->no_access_names, ATTR_NO_ACCESS_NAMES);
	}
}
