/*
 * Types whose words come from a fixed list: enumerations, keywords and sets.
 *
 * Pure; runs in every process that reads a policy. A word that is not in the
 * list is never skipped: its attribute is at fault.
 */
#include <string.h>
#include <strings.h>

#include "policy/policy.h"
#include "policy/type.h"

static unsigned
count_choices(const char *const *choices)
{
	unsigned count = 0;

	while (choices[count] != NULL)
		count++;
	return count;
}

static const char *
join_choices(struct arena *arena, const char *const *choices)
{
	const char *text = choices[0];
	unsigned i;

	for (i = 1; choices[i] != NULL && text != NULL; i++)
		text = arena_format(arena, "%s, %s", text, choices[i]);
	return text;
}

int
type_choose(const struct type_source *source, const struct lex_word *word,
    const char *const *choices, const char *message)
{
	const char *near, *hint;
	unsigned i;

	for (i = 0; choices[i] != NULL; i++)
		if (strcasecmp(choices[i], word->text) == 0)
			return (int)i;
	near = diag_nearest(word->text, choices, i, sizeof(choices[0]));
	if (near != NULL)
		hint = arena_format(source->arena, "did you mean %s?", near);
	else
		hint = arena_format(source->arena, "one of %s",
		    join_choices(source->arena, choices));
	type_fault(source, DIAG_BAD_VALUE, word, message, hint);
	return -1;
}

static bool
parse_choice(const struct type_source *source, void *value)
{
	int choice = type_choose(source, &source->words[0],
	    source->attr->choices, "not a word this attribute knows");

	if (choice < 0)
		return false;
	*(uint64_t *)value = (uint64_t)choice;
	return true;
}

static void
print_choice(struct out *out, const struct attr *attr, const void *value)
{
	uint64_t choice = *(const uint64_t *)value;

	if (choice < count_choices(attr->choices))
		out_word(out, attr->choices[choice]);
}

static bool
parse_keyword(const struct type_source *source, void *value)
{
	int choice = type_choose(source, &source->words[0],
	    source->attr->choices, "not a word this attribute knows");

	if (choice >= 0)
		*(const char **)value = source->attr->choices[choice];
	return choice >= 0;
}

static void
print_keyword(struct out *out, const struct attr *attr, const void *value)
{
	(void)attr;	/* the word itself is stored */
	out_word(out, *(const char *const *)value);
}

static bool
equal_keyword(const void *a, const void *b)
{
	return type_equal_text(*(const char *const *)a,
	    *(const char *const *)b);
}

static bool
parse_set(const struct type_source *source, void *value)
{
	uint64_t bits = 0, *set = value;
	bool is_good = true;
	unsigned i;
	int choice;

	for (i = 0; i < source->count; i++) {
		choice = type_choose(source, &source->words[i],
		    source->attr->choices, "not a word this attribute knows");
		if (choice >= 0)
			bits |= UINT64_C(1) << choice;
		else
			is_good = false;
	}
	if (source->operator == LEX_REMOVE)
		*set &= ~bits;
	else
		*set |= bits;
	return is_good;
}

static void
print_set(struct out *out, const struct attr *attr, const void *value)
{
	uint64_t set = *(const uint64_t *)value;
	unsigned i;

	for (i = 0; attr->choices[i] != NULL; i++)
		if ((set >> i & 1) != 0)
			out_word(out, attr->choices[i]);
}

/* Old files still name RECORD in log_on_failure: known, and nothing. */
static bool
parse_log_set(const struct type_source *source, void *value)
{
	struct type_source rest = *source;
	struct lex_word *words;
	unsigned i;

	rest.words = words = arena_alloc(source->arena, source->count + 1,
	    sizeof(*words));
	if (words == NULL)
		return false;
	rest.count = 0;
	for (i = 0; i < source->count; i++) {
		if (strcasecmp(source->words[i].text, "RECORD") != 0)
			words[rest.count++] = source->words[i];
		else
			type_warn(source, DIAG_IGNORED, &source->words[i],
			    "RECORD was removed from xinetd long ago and has"
			    " no effect", NULL);
	}
	return parse_set(&rest, value);
}

const struct attr_type type_choice = {
	.size = sizeof(uint64_t), .least = 1, .most = 1,
	.parse = parse_choice, .print = print_choice,
	.equal = type_equal_number,
};
const struct attr_type type_keyword = {
	.size = sizeof(char *), .least = 1, .most = 1,
	.parse = parse_keyword, .print = print_keyword,
	.equal = equal_keyword,
};
const struct attr_type type_set = {
	.size = sizeof(uint64_t), .least = 1, .most = 0,
	.parse = parse_set, .print = print_set, .equal = type_equal_number,
};
const struct attr_type type_log_set = {
	.size = sizeof(uint64_t), .least = 0, .most = 0, .may_remove = true,
	.parse = parse_log_set, .print = print_set,
	.equal = type_equal_number,
};
