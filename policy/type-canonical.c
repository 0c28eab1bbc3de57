/*
 * Types that only canonical text knows: what the loader found out.
 *
 * Pure. People never write these; still every value is range-checked, because
 * the text comes from another process.
 */
#include <string.h>

#include "policy/policy.h"
#include "policy/type.h"

static bool
malformed(const struct type_source *source, const struct lex_word *word)
{
	return type_fault(source, DIAG_BAD_VALUE, word, "malformed", NULL);
}

/* An id in numbers; (uid_t)-1 means "unchanged" to the kernel. */
static bool
read_id(const struct type_source *source, unsigned i, uint32_t *out)
{
	uint64_t number;

	if (i >= source->count || !type_decimal(source->words[i].text,
	    UINT32_MAX - 1, &number))
		return malformed(source, i < source->count ?
		    &source->words[i] : NULL);
	*out = (uint32_t)number;
	return true;
}

static bool
parse_launch_ids(const struct type_source *source, void *value)
{
	struct launch_ids *ids = value;
	unsigned i;

	if (source->count > POLICY_GROUPS_MAX + 2)
		return malformed(source, NULL);
	ids->count = source->count - 2;
	ids->groups = arena_alloc(source->arena, source->count,
	    sizeof(*ids->groups));
	if (ids->groups == NULL || !read_id(source, 0, &ids->uid) ||
	    !read_id(source, 1, &ids->gid))
		return malformed(source, NULL);
	for (i = 0; i < ids->count; i++)
		if (!read_id(source, i + 2, &ids->groups[i]))
			return false;
	return true;
}

static void
print_launch_ids(struct out *out, const struct attr *attr, const void *value)
{
	const struct launch_ids *ids = value;
	unsigned i;

	(void)attr;	/* one form for all rows */
	out_number(out, ids->uid);
	out_number(out, ids->gid);
	for (i = 0; i < ids->count; i++)
		out_number(out, ids->groups[i]);
}

static bool
equal_launch_ids(const void *a, const void *b)
{
	const struct launch_ids *one = a, *other = b;

	if (one->uid != other->uid || one->gid != other->gid ||
	    one->count != other->count)
		return false;
	return one->count == 0 || memcmp(one->groups, other->groups,
	    one->count * sizeof(one->groups[0])) == 0;
}

/* "unix", "4 ADDRESS PORT" or "6 ADDRESS[%SCOPE] PORT" at *i; moves it on. An
 * RPC service's port may be 0, which the kernel replaces; a target's may not. */
static bool
read_listen(const struct type_source *source, unsigned *i,
    struct listen_addr *out)
{
	const struct lex_word *words = source->words + *i;
	bool is_target = source->attr == &attr_table[ATTR_TARGET];
	uint64_t family, port;

	if (!is_target && strcmp(words[0].text, "unix") == 0) {
		out->addr.family = ADDR_UNIX;
		*i += 1;
		return true;
	}
	if (source->count - *i < 3 ||
	    !type_decimal(words[0].text, 6, &family) ||
	    !addr_parse(&out->addr, words[1].text) ||
	    out->addr.family != family ||
	    !type_decimal(words[2].text, UINT16_MAX, &port) ||
	    (is_target && port == 0))
		return malformed(source, &words[0]);
	out->port = (uint16_t)port;
	*i += 3;
	return true;
}

static bool
parse_listen(const struct type_source *source, void *value)
{
	unsigned most = source->attr == &attr_table[ATTR_TARGET] ? 1 :
	    POLICY_LISTEN_MAX;
	struct listen_list *list = value;
	unsigned i = 0;

	memset(list, 0, sizeof(*list));
	while (i < source->count) {
		if (list->count == most)
			return malformed(source, NULL);
		if (!read_listen(source, &i, &list->addrs[list->count]))
			return false;
		list->count++;
	}
	return true;
}

static void
print_listen_addr(struct out *out, const struct listen_addr *at)
{
	char text[ADDR_TEXT_MAX];

	if (at->addr.family == ADDR_UNIX) {
		out_word(out, "unix");
		return;
	}
	addr_format(&at->addr, text);
	out_number(out, at->addr.family);
	out_format(out, " %s", text);
	if (at->addr.scope != 0)
		out_format(out, "%%%u", at->addr.scope);
	out_number(out, at->port);
}

static void
print_listen(struct out *out, const struct attr *attr, const void *value)
{
	const struct listen_list *list = value;
	unsigned i;

	(void)attr;	/* one form for all rows */
	for (i = 0; i < list->count && i < POLICY_LISTEN_MAX; i++)
		print_listen_addr(out, &list->addrs[i]);
}

static bool
equal_listen(const void *a, const void *b)
{
	const struct listen_list *one = a, *other = b;
	unsigned i;

	if (one->count != other->count)
		return false;
	for (i = 0; i < one->count; i++)
		if (one->addrs[i].port != other->addrs[i].port ||
		    addr_compare(&one->addrs[i].addr,
		    &other->addrs[i].addr) != 0)
			return false;
	return true;
}

#define TABLE_NUMBER_MAX 8191

static bool
parse_table(const struct type_source *source, void *value)
{
	struct table_ref *table = value;

	if (type_decimal(source->words[0].text, TABLE_NUMBER_MAX,
	    &table->number) && type_decimal(source->words[1].text,
	    POLICY_ENTRIES_MAX, &table->entries))
		return true;
	return malformed(source, NULL);
}

static void
print_table(struct out *out, const struct attr *attr, const void *value)
{
	const struct table_ref *table = value;

	(void)attr;	/* one form for all rows */
	out_number(out, table->number);
	out_number(out, table->entries);
}

static bool
equal_table(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct table_ref)) == 0;
}

/* Its word comes with the escape still in it: a blob may hold NUL bytes. */
static bool
parse_blob(const struct type_source *source, void *value)
{
	struct blob *blob = value;

	blob->bytes = (const uint8_t *)lex_unescape(source->arena,
	    source->words[0].text, &blob->length);
	if (blob->bytes == NULL || blob->length > POLICY_BANNER_MAX)
		return malformed(source, NULL);
	return true;
}

static void
print_blob(struct out *out, const struct attr *attr, const void *value)
{
	const struct blob *blob = value;

	(void)attr;	/* one form for all rows */
	out_bytes(out, blob->bytes, blob->length);
}

static bool
equal_blob(const void *a, const void *b)
{
	const struct blob *one = a, *other = b;

	return one->length == other->length && (one->length == 0 ||
	    memcmp(one->bytes, other->bytes, one->length) == 0);
}

/* "UID GID" for each role, then the operators' gid. */
static bool
parse_roles(const struct type_source *source, void *value)
{
	struct role_ids *roles = value;
	unsigned i;

	for (i = 0; i < ROLE_MAX; i++)
		if (!read_id(source, 2 * i, &roles->uid[i]) ||
		    !read_id(source, 2 * i + 1, &roles->gid[i]))
			return false;
	return read_id(source, 2 * ROLE_MAX, &roles->ops_gid);
}

static void
print_roles(struct out *out, const struct attr *attr, const void *value)
{
	const struct role_ids *roles = value;
	unsigned i;

	(void)attr;	/* one form for all rows */
	for (i = 0; i < ROLE_MAX; i++) {
		out_number(out, roles->uid[i]);
		out_number(out, roles->gid[i]);
	}
	out_number(out, roles->ops_gid);
}

static bool
equal_roles(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct role_ids)) == 0;
}

static bool
parse_zone(const struct type_source *source, void *value)
{
	const char **words = arena_alloc(source->arena, source->count + 1,
	    sizeof(*words));
	unsigned i;

	if (words == NULL)
		return malformed(source, NULL);
	for (i = 0; i < source->count; i++)
		words[i] = source->words[i].text;
	if (!zone_parse(value, source->arena, words, source->count))
		return malformed(source, NULL);
	return true;
}

static void
print_zone(struct out *out, const struct attr *attr, const void *value)
{
	size_t length = zone_print(value, NULL, 0);
	char *text = arena_alloc(out->arena, length + 1, 1);
	struct lex_word *words;
	unsigned count, i;

	(void)attr;	/* one form for all rows */
	if (text == NULL)
		return;
	zone_print(value, text, length + 1);
	count = lex_words(out->arena, text, strlen(text), &words);
	for (i = 0; i < count; i++)
		out_word(out, words[i].text);
}

static bool
equal_zone(const void *a, const void *b)
{
	const struct zone *one = a, *other = b;
	const struct zone_transition *x, *y;
	unsigned i;

	if (one->offset != other->offset || one->count != other->count ||
	    strcmp(one->name, other->name) != 0 ||
	    strcmp(one->footer, other->footer) != 0)
		return false;
	for (i = 0; i < one->count; i++) {
		x = &one->transitions[i];
		y = &other->transitions[i];
		if (x->at != y->at || x->offset != y->offset ||
		    strcmp(x->name, y->name) != 0)
			return false;
	}
	return true;
}

#define CANONICAL_TYPE(stem, c_type, fewest, most_words) \
	const struct attr_type type_ ## stem = { \
		.size = sizeof(c_type), \
		.least = fewest, .most = most_words, .is_literal = true, \
		.parse = parse_ ## stem, .print = print_ ## stem, \
		.equal = equal_ ## stem, \
	}
CANONICAL_TYPE(launch_ids, struct launch_ids, 2, 0);
CANONICAL_TYPE(listen, struct listen_list, 0, 0);
CANONICAL_TYPE(table, struct table_ref, 2, 2);
CANONICAL_TYPE(blob, struct blob, 1, 1);
CANONICAL_TYPE(roles, struct role_ids, 2 * ROLE_MAX + 1, 2 * ROLE_MAX + 1);
CANONICAL_TYPE(zone, struct zone, 1, 0);
