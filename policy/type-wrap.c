/*
 * Types of what the loader read from hosts.allow and hosts.deny.
 *
 * Pure. Canonical text only; still every value is range-checked, because the
 * text comes from another process.
 */
#include <inttypes.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/type.h"
#include "policy/wrap.h"

static bool
malformed(const struct type_source *source, const struct lex_word *word)
{
	return type_fault(source, DIAG_BAD_VALUE, word, "malformed", NULL);
}

static bool
parse_wrap(const struct type_source *source, void *value)
{
	struct wrap_rules *rules = value;
	const struct wrap_rule *last = NULL;

	memset(rules, 0, sizeof(*rules));
	if (source->count > WRAP_RULES_MAX)
		return malformed(source, NULL);
	rules->rules = arena_alloc(source->arena, source->count,
	    sizeof(*rules->rules));
	if (rules->rules == NULL)
		return malformed(source, NULL);
	for (unsigned i = 0; i < source->count; i++) {
		struct wrap_rule *rule = &rules->rules[i];

		if (!wrap_parse_rule(source->arena, source->words[i].text,
		    rule))
			return malformed(source, &source->words[i]);
		if (last != NULL && strcmp(last->daemons.text,
		    rule->daemons.text) == 0)
			rule->daemons = last->daemons;
		last = rule;
	}
	rules->count = source->count;
	return wrap_fold(rules, source->arena) || malformed(source, NULL);
}

static void
print_wrap(struct out *out, const struct attr *attr, const void *value)
{
	const struct wrap_rules *rules = value;

	(void)attr;	/* one form for all rows */
	for (unsigned i = 0; i < rules->count; i++)
		wrap_print_rule(out, &rules->rules[i]);
}

static bool
equal_item(const struct wrap_item *a, const struct wrap_item *b)
{
	return a->form == b->form && type_equal_text(a->who, b->who) &&
	    type_equal_text(a->name, b->name) &&
	    wrap_compare_prefix(&a->prefix, &b->prefix) == 0 &&
	    memcmp(a->mask, b->mask, sizeof(a->mask)) == 0;
}

static bool
equal_rule(const struct wrap_rule *a, const struct wrap_rule *b)
{
	if (a->action != b->action || a->clients.count != b->clients.count ||
	    strcmp(a->daemons.text, b->daemons.text) != 0)
		return false;
	for (unsigned i = 0; i < a->clients.count; i++)
		if (!equal_item(&a->clients.items[i], &b->clients.items[i]))
			return false;
	return true;
}

static bool
equal_wrap(const void *a, const void *b)
{
	const struct wrap_rules *one = a, *other = b;

	if (one->count != other->count)
		return false;
	for (unsigned i = 0; i < one->count; i++)
		if (!equal_rule(&one->rules[i], &other->rules[i]))
			return false;
	return true;
}

/*
 * Options: "rule N", then what it changes. Each part is a keyword and the
 * number of words that belong to it.
 */
struct part {
	const char *word;
	unsigned values;
	bool (*read)(const struct lex_word *, struct wrap_option *);
};

static bool
read_id(const char *text, uint32_t *id)
{
	uint64_t number;

	if (!type_decimal(text, UINT32_MAX - 1, &number))
		return false;
	*id = (uint32_t)number;
	return true;
}

static bool
read_nice(const struct lex_word *words, struct wrap_option *option)
{
	bool is_negative = words[0].text[0] == '-';
	uint64_t number;

	if (!type_decimal(words[0].text + is_negative, 20, &number))
		return false;
	option->has_nice = true;
	option->nice = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool
read_umask(const struct lex_word *words, struct wrap_option *option)
{
	uint64_t number;

	if (!type_decimal(words[0].text, 0777, &number))
		return false;
	option->has_umask = true;
	option->umask = (uint32_t)number;
	return true;
}

static bool
read_ids(const struct lex_word *words, struct wrap_option *option)
{
	option->has_ids = true;
	return read_id(words[0].text, &option->uid) &&
	    read_id(words[1].text, &option->gid);
}

static bool
read_keepalive(const struct lex_word *words, struct wrap_option *option)
{
	(void)words;
	option->is_keepalive = true;
	return true;
}

static bool
read_env(const struct lex_word *words, struct wrap_option *option)
{
	const char *equals = strchr(words[0].text, '=');

	if (equals == NULL || equals == words[0].text ||
	    option->env_count == WRAP_ENV_MAX)
		return false;
	option->env[option->env_count++] = words[0].text;
	return true;
}

static const struct part parts[] = {
	{ "nice", 1, read_nice }, { "umask", 1, read_umask },
	{ "ids", 2, read_ids }, { "keepalive", 0, read_keepalive },
	{ "env", 1, read_env },
};

/* One option from words[i] on; returns where the next begins, 0 when it cannot
 * be read. */
static unsigned
read_option(const struct type_source *source, unsigned i,
    struct wrap_option *option)
{
	unsigned k;

	if (source->count - i < 2 || strcmp(source->words[i].text, "rule") != 0
	    || !read_id(source->words[i + 1].text, &option->rule) ||
	    option->rule >= WRAP_RULES_MAX)
		return 0;
	option->env = arena_alloc(source->arena, WRAP_ENV_MAX,
	    sizeof(*option->env));
	if (option->env == NULL)
		return 0;
	for (i += 2; i < source->count &&
	    strcmp(source->words[i].text, "rule") != 0;
	    i += 1 + parts[k].values) {
		for (k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
			if (strcmp(source->words[i].text, parts[k].word) == 0)
				break;
		if (k == sizeof(parts) / sizeof(parts[0]) ||
		    source->count - i <= parts[k].values ||
		    !parts[k].read(source->words + i + 1, option))
			return 0;
	}
	return i;
}

static bool
parse_wrap_options(const struct type_source *source, void *value)
{
	struct wrap_options *list = value;
	unsigned i = 0;

	memset(list, 0, sizeof(*list));
	while (i < source->count) {
		list->options = type_room(source->arena, list->options,
		    list->count, 1, sizeof(*list->options));
		if (list->options == NULL)
			return malformed(source, NULL);
		memset(&list->options[list->count], 0, sizeof(*list->options));
		i = read_option(source, i, &list->options[list->count]);
		if (i == 0 || (list->count > 0 &&
		    list->options[list->count].rule <=
		    list->options[list->count - 1].rule))
			return malformed(source, NULL);
		list->count++;
	}
	return true;
}

static void
print_option(struct out *out, const struct wrap_option *option)
{
	out_format(out, " rule %u", option->rule);
	if (option->has_nice)
		out_format(out, " nice %" PRId64, option->nice);
	if (option->has_umask)
		out_format(out, " umask %u", option->umask);
	if (option->has_ids)
		out_format(out, " ids %u %u", option->uid, option->gid);
	if (option->is_keepalive)
		out_raw(out, " keepalive");
	for (unsigned i = 0; i < option->env_count; i++) {
		out_raw(out, " env");
		out_word(out, option->env[i]);
	}
}

static void
print_wrap_options(struct out *out, const struct attr *attr, const void *value)
{
	const struct wrap_options *list = value;

	(void)attr;	/* one form for all rows */
	for (unsigned i = 0; i < list->count; i++)
		print_option(out, &list->options[i]);
}

static bool
equal_option(const struct wrap_option *a, const struct wrap_option *b)
{
	if (a->rule != b->rule || a->has_nice != b->has_nice ||
	    a->has_umask != b->has_umask || a->has_ids != b->has_ids ||
	    a->is_keepalive != b->is_keepalive || a->nice != b->nice ||
	    a->umask != b->umask || a->uid != b->uid || a->gid != b->gid ||
	    a->env_count != b->env_count)
		return false;
	for (unsigned i = 0; i < a->env_count; i++)
		if (strcmp(a->env[i], b->env[i]) != 0)
			return false;
	return true;
}

static bool
equal_wrap_options(const void *a, const void *b)
{
	const struct wrap_options *one = a, *other = b;

	if (one->count != other->count)
		return false;
	for (unsigned i = 0; i < one->count; i++)
		if (!equal_option(&one->options[i], &other->options[i]))
			return false;
	return true;
}

const struct attr_type type_wrap = {
	.size = sizeof(struct wrap_rules), .least = 1, .is_literal = true,
	.parse = parse_wrap, .print = print_wrap, .equal = equal_wrap,
};
const struct attr_type type_wrap_options = {
	.size = sizeof(struct wrap_options), .least = 2, .is_literal = true,
	.parse = parse_wrap_options, .print = print_wrap_options,
	.equal = equal_wrap_options,
};
