/*
 * Types that are lists: arguments, environment, addresses, times.
 *
 * Pure; runs in every process that reads a policy. A list never loses a word
 * it could not read: one bad word is a fault of the whole attribute, because a
 * shorter no_access lets somebody in.
 */
#include <string.h>
#include <strings.h>

#include "policy/policy.h"
#include "policy/type.h"

static size_t
capacity(unsigned count)
{
	size_t room = 8;

	while (room < count)
		room *= 2;
	return room;
}

void *
type_room(struct arena *arena, void *array, unsigned count, unsigned more,
    size_t size)
{
	void *grown;

	if (array != NULL && count > 0 &&
	    capacity(count) == capacity(count + more))
		return array;
	grown = arena_alloc(arena, capacity(count + more), size);
	if (grown != NULL && count > 0)
		memcpy(grown, array, count * size);
	return grown;
}

static bool
add_words(const struct type_source *source, struct word_list *list)
{
	const char **words;
	unsigned i;

	if (list->count + source->count > source->attr->maximum)
		return type_fault(source, DIAG_LIMIT, NULL,
		    "there are too many words", arena_format(source->arena,
		    "at most %u", (unsigned)source->attr->maximum));
	words = type_room(source->arena, list->words,
	    list->words == NULL ? 0 : list->count + 1, source->count + 1,
	    sizeof(*words));
	if (words == NULL)
		return type_fault(source, DIAG_MEMORY, NULL, "out of memory",
		    NULL);
	for (i = 0; i < source->count; i++)
		words[list->count + i] = source->words[i].text;
	list->count += source->count;
	words[list->count] = NULL;
	list->words = words;
	return true;
}

static void
remove_words(const struct type_source *source, struct word_list *list)
{
	unsigned i, k, kept = 0;
	bool is_named;

	for (k = 0; k < list->count; k++) {
		is_named = false;
		for (i = 0; i < source->count; i++)
			is_named |= strcmp(list->words[k],
			    source->words[i].text) == 0;
		if (!is_named)
			list->words[kept++] = list->words[k];
	}
	list->count = kept;
	if (list->words != NULL)
		list->words[kept] = NULL;
}

static bool
parse_words(const struct type_source *source, void *value)
{
	if (source->operator != LEX_REMOVE)
		return add_words(source, value);
	remove_words(source, value);
	return true;
}

static bool
parse_environment(const struct type_source *source, void *value)
{
	const char *equals;
	unsigned i;

	for (i = 0; i < source->count; i++) {
		equals = strchr(source->words[i].text, '=');
		if (equals == NULL || equals == source->words[i].text)
			return type_fault(source, DIAG_BAD_VALUE,
			    &source->words[i], "not of the form NAME=VALUE",
			    "there is no quoting: a value holds no blanks");
	}
	return add_words(source, value);
}

static bool
parse_names(const struct type_source *source, void *value)
{
	unsigned i;

	for (i = 0; i < source->count; i++)
		if (strchr(source->words[i].text, '=') != NULL)
			return type_fault(source, DIAG_BAD_VALUE,
			    &source->words[i], "not the name of a variable",
			    "names only; env sets values");
	return parse_words(source, value);
}

static void
print_words(struct out *out, const struct attr *attr, const void *value)
{
	const struct word_list *list = value;
	unsigned i;

	(void)attr;	/* one form for all rows */
	for (i = 0; i < list->count; i++)
		out_word(out, list->words[i]);
}

static bool
equal_words(const void *a, const void *b)
{
	const struct word_list *one = a, *other = b;
	unsigned i;

	if (one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (strcmp(one->words[i], other->words[i]) != 0)
			return false;
	return true;
}

static bool
equal_entry(const struct access_entry *a, const struct access_entry *b)
{
	unsigned i;

	if (!type_equal_text(a->name, b->name) ||
	    a->is_suffix != b->is_suffix || a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->prefixes[i].length != b->prefixes[i].length ||
		    addr_compare(&a->prefixes[i].addr,
		    &b->prefixes[i].addr) != 0)
			return false;
	return true;
}

/* Words of hosts.deny and the like, which would be names of hosts here. */
static bool
is_foreign_word(const char *text)
{
	static const char *const words[] = {
		"EXCEPT", "LOCAL", "KNOWN", "UNKNOWN", "PARANOID", "none"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* What a word means may surprise; say it where xinetd says nothing. A ban that
 * means less than it reads is a fault. False then. */
static bool
judge_access(const struct type_source *source, const struct lex_word *word,
    const struct access_entry *entry)
{
	static const char hint[] =
	    "a network is written as 192.168.1.0 or 192.168.1.0/24";
	const char *text = word->text, *c;
	char address[ADDR_TEXT_MAX];
	unsigned dots = 0;

	if (is_foreign_word(text))
		return type_fault(source, DIAG_BAD_VALUE, word,
		    "this word means something in hosts.allow and hosts.deny"
		    " only, and would be a host name here",
		    "no_access excepts addresses from only_from");
	if (strcasecmp(text, "ALL") == 0) {
		type_warn(source, DIAG_KINDER, word, "ALL stands for every"
		    " address here; xinetd skipped the word",
		    "write 0.0.0.0/0 ::/0");
		return true;
	}
	for (c = text; *c != '\0'; c++)
		dots += *c == '.';
	if (entry->count != 1 || entry->prefixes[0].length == 0 ||
	    entry->prefixes[0].addr.family != ADDR_IPV4 || dots > 2 ||
	    strpbrk(text, "/{:") != NULL)
		return true;
	addr_format(&entry->prefixes[0].addr, address);
	text = arena_format(source->arena, entry->prefixes[0].length == 32 ?
	    "stands for the single host %s" : "stands for the network %s/%u",
	    address, entry->prefixes[0].length);
	if (source->attr == &attr_table[ATTR_NO_ACCESS])
		return type_fault(source, DIAG_BAD_VALUE, word, text, hint);
	type_warn(source, DIAG_BAD_VALUE, word, text, hint);
	return true;
}

static bool
read_entry(const struct type_source *source, const struct lex_word *word,
    struct access_entry *entry)
{
	enum addr_error error;

	memset(entry, 0, sizeof(*entry));
	entry->word = word->text;
	entry->place.file = source->file;
	entry->place.line = source->line;
	entry->place.column = word->column;
	error = addr_word(source->arena, word->text, &entry->prefixes,
	    &entry->count);
	if (error == ADDR_OK)
		return true;
	if (error == ADDR_IS_NAME) {
		entry->name = type_host_name(source->arena, word->text,
		    &entry->is_suffix);
		return entry->name != NULL || type_fault(source, DIAG_MEMORY,
		    NULL, "out of memory", NULL);
	}
	return type_fault(source, DIAG_BAD_VALUE, word,
	    addr_error_text(error), NULL);
}

/* Takes equal entries out. An only_from that keeps what its author wanted
 * gone would be wider than meant, so that is a fault. */
static bool
remove_entry(const struct type_source *source, const struct lex_word *word,
    const struct access_entry *gone, struct access_list *list)
{
	unsigned i, kept = 0;

	for (i = 0; i < list->count; i++)
		if (!equal_entry(&list->entries[i], gone))
			list->entries[kept++] = list->entries[i];
	if (kept < list->count || list->count == 0) {
		list->count = kept;
		return true;
	}
	if (source->attr == &attr_table[ATTR_ONLY_FROM])
		return type_fault(source, DIAG_BAD_VALUE, word,
		    "no entry of the list is equal to this one, so nothing"
		    " would be removed", "use no_access to except a part");
	type_warn(source, DIAG_IGNORED, word,
	    "no entry of the list is equal to this one", NULL);
	return true;
}

static bool
parse_access(const struct type_source *source, void *value)
{
	struct access_list *list = value;
	struct access_entry entry;
	bool is_good = true;
	unsigned i;

	list->present = true;
	if (source->operator != LEX_REMOVE) {
		if (source->count > POLICY_ENTRIES_MAX - list->count)
			return type_fault(source, DIAG_LIMIT, NULL,
			    "the list is too long", NULL);
		list->entries = type_room(source->arena, list->entries,
		    list->count, source->count, sizeof(*list->entries));
		if (list->entries == NULL)
			return type_fault(source, DIAG_MEMORY, NULL,
			    "out of memory", NULL);
	}
	for (i = 0; i < source->count; i++) {
		if (!read_entry(source, &source->words[i], &entry)) {
			is_good = false;
			continue;
		}
		if (source->operator == LEX_REMOVE) {
			is_good &= remove_entry(source, &source->words[i],
			    &entry, list);
			continue;
		}
		is_good &= judge_access(source, &source->words[i], &entry);
		list->entries[list->count++] = entry;
	}
	return is_good;
}

static void
print_access(struct out *out, const struct attr *attr, const void *value)
{
	const struct access_list *list = value;
	unsigned i;

	(void)attr;	/* one form for all rows */
	for (i = 0; i < list->count; i++)
		out_word(out, list->entries[i].word);
}

static bool
equal_access(const void *a, const void *b)
{
	const struct access_list *one = a, *other = b;
	unsigned i;

	if (one->present != other->present || one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (!equal_entry(&one->entries[i], &other->entries[i]))
			return false;
	return true;
}

static bool
parse_times(const struct type_source *source, void *value)
{
	struct time_list *list = value;
	struct time_entry *entry;
	bool is_good = true;
	unsigned i;

	if (source->count > source->attr->maximum)
		return type_fault(source, DIAG_LIMIT, NULL,
		    "there are too many intervals", NULL);
	list->count = 0;
	list->entries = arena_alloc(source->arena, source->count,
	    sizeof(*list->entries));
	if (list->entries == NULL)
		return type_fault(source, DIAG_MEMORY, NULL, "out of memory",
		    NULL);
	for (i = 0; i < source->count; i++) {
		entry = &list->entries[i];
		entry->place.file = source->file;
		entry->place.line = source->line;
		entry->place.column = source->words[i].column;
		if (!when_range_parse(&entry->range, source->words[i].text))
			is_good = type_fault(source, DIAG_BAD_VALUE,
			    &source->words[i], "not a time interval",
			    "hh:mm-hh:mm, hours 0 to 23 (24:00 may end one),"
			    " one word each");
	}
	list->count = source->count;
	return is_good;
}

static void
print_times(struct out *out, const struct attr *attr, const void *value)
{
	const struct time_list *list = value;
	const struct when_range *range;
	unsigned i;

	(void)attr;	/* one form for all rows */
	for (i = 0; i < list->count; i++) {
		range = &list->entries[i].range;
		out_format(out, " %02u:%02u-%02u:%02u", range->start / 60u,
		    range->start % 60u, range->end / 60u, range->end % 60u);
	}
}

static bool
equal_times(const void *a, const void *b)
{
	const struct time_list *one = a, *other = b;
	unsigned i;

	if (one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (one->entries[i].range.start !=
		    other->entries[i].range.start ||
		    one->entries[i].range.end != other->entries[i].range.end)
			return false;
	return true;
}

void
type_own_list(struct arena *arena, const struct attr_type *type, void *value)
{
	struct word_list *words = value;
	struct access_list *access = value;
	size_t size = 0;
	void *copy, **from = NULL;
	unsigned count = 0;

	if (type->equal == equal_words) {
		size = sizeof(words->words[0]);
		count = words->count + 1;
		from = (void **)&words->words;
	}
	if (type == &type_access) {
		size = sizeof(access->entries[0]);
		count = access->count;
		from = (void **)&access->entries;
	}
	if (from == NULL || *from == NULL)
		return;
	copy = arena_alloc(arena, capacity(count), size);
	if (copy != NULL)
		memcpy(copy, *from, count * size);
	*from = copy;
}

const struct attr_type type_arguments = {
	.size = sizeof(struct word_list), .least = 1, .is_literal = true,
	.parse = parse_words, .print = print_words, .equal = equal_words,
};
const struct attr_type type_environment = {
	.size = sizeof(struct word_list), .is_literal = true,
	.parse = parse_environment, .print = print_words,
	.equal = equal_words,
};
const struct attr_type type_names = {
	.size = sizeof(struct word_list), .is_literal = true,
	.may_remove = true,
	.parse = parse_names, .print = print_words, .equal = equal_words,
};
const struct attr_type type_ids = {
	.size = sizeof(struct word_list),
	.parse = parse_words, .print = print_words, .equal = equal_words,
};
const struct attr_type type_access = {
	.size = sizeof(struct access_list), .may_remove = true,
	.parse = parse_access, .print = print_access, .equal = equal_access,
};
const struct attr_type type_times = {
	.size = sizeof(struct time_list), .least = 1,
	.parse = parse_times, .print = print_times, .equal = equal_times,
};
