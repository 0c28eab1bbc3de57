/*
 * The reader of canonical text: parse_canonical().
 *
 * Runs in parent, dispatch, log and ctl, on text that another process printed.
 * There is no tolerance: what was read is printed again, and a text that is
 * not byte for byte what the printer writes is refused. So nothing can be in it
 * that its consumer must not have.
 */
#include "policy/canonical.h"

#include <stdio.h>
#include <string.h>

#include "policy/lex.h"
#include "policy/parse.h"
#include "policy/print.h"
#include "policy/type.h"

struct reading {
	struct policy *policy;
	struct lexer lexer;
	struct lex_line line;
	unsigned consumer;
	const char *message;	/* of the first fault */
	/* From the "#@" line before this one. */
	struct place *places;
	unsigned place_count;
};

struct block {			/* what the lines inside braces fill in */
	void *base;
	bool *given;
	struct place *where;
	unsigned scope;
};

/* Remembers the first fault; always false. */
static bool
fail(struct reading *r, const char *message)
{
	if (r->message == NULL)
		r->message = message;
	return false;
}

static bool
next(struct reading *r)
{
	switch (lex_next(&r->lexer, &r->line)) {
	case LEX_LINE:
		return true;
	case LEX_END:
		return false;
	case LEX_NUL:
	case LEX_TOO_LONG:
		break;
	}
	return fail(r, "a line cannot be read");
}

static bool
word_is(const struct reading *r, unsigned i, const char *word)
{
	return i < r->line.count && strcmp(r->line.words[i].text, word) == 0;
}

static bool
take_line(struct reading *r, const char *word)
{
	if (next(r) && r->line.count == 1 && word_is(r, 0, word))
		return true;
	return fail(r, "a brace or keyword is missing");
}

static void
note(void *context, const struct type_note *told)
{
	if (told->is_fault)
		fail(context, told->message);
}

/* Undoes the escape in every word. */
static bool
unescape(struct reading *r, struct lex_word *words, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		words[i].text = lex_unescape(r->policy->arena, words[i].text,
		    NULL);
		if (words[i].text == NULL)
			return fail(r, "an escape is malformed");
	}
	return true;
}

/* "FILE:LINE" or "FILE:LINE:COLUMN". */
static bool
read_place(struct reading *r, const char *text, struct place *out)
{
	unsigned values[3] = { 0, 0, 0 };
	uint64_t number = 0;
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (*text < '0' || *text > '9')
			return fail(r, "a place is malformed");
		for (number = 0; *text >= '0' && *text <= '9' &&
		    number <= UINT32_MAX; text++)
			number = number * 10 + (uint64_t)(*text - '0');
		if (number > UINT32_MAX)
			return fail(r, "a place is out of range");
		values[i] = (unsigned)number;
		if (*text == '\0')
			break;
		if (*text++ != ':')
			return fail(r, "a place is malformed");
	}
	if (i == 0 || i == 3 || values[0] == 0 ||
	    values[0] > r->policy->file_count)
		return fail(r, "a place is malformed");
	out->file = values[0];
	out->line = values[1];
	out->column = values[2];
	return true;
}

/* The "#@" line and the line behind it. */
static bool
read_places(struct reading *r)
{
	unsigned i;

	r->place_count = 0;
	if (!word_is(r, 0, "#@"))
		return true;
	if (!print_has_places(r->consumer) || r->line.count < 2)
		return fail(r, "a place where none belongs");
	r->place_count = r->line.count - 1;
	r->places = arena_alloc(r->policy->arena, r->place_count,
	    sizeof(*r->places));
	if (r->places == NULL)
		return fail(r, "out of memory");
	for (i = 0; i < r->place_count; i++)
		if (!read_place(r, r->line.words[i + 1].text, &r->places[i]))
			return false;
	return next(r) || fail(r, "the text ends behind a place");
}

/* Gives the entries of a list their places; of anything else, none. */
static bool
place_entries(struct reading *r, const struct attr *attr, void *value)
{
	static const struct place nowhere;
	struct access_list *access = value;
	struct time_list *times = value;
	struct wrap_rules *wrap = value;
	struct place *place;
	unsigned count = 0, i;

	if (attr->type == &type_access)
		count = access->count;
	if (attr->type == &type_times)
		count = times->count;
	if (attr->type == &type_wrap)
		count = wrap->count;
	if (r->place_count != 0 && r->place_count != count + 1)
		return fail(r, "not one place for each entry");
	for (i = 0; i < count; i++) {
		if (attr->type == &type_access)
			place = &access->entries[i].place;
		else if (attr->type == &type_times)
			place = &times->entries[i].place;
		else
			place = &wrap->rules[i].place;
		*place = r->place_count == 0 ? nowhere : r->places[i + 1];
	}
	return true;
}

static bool
read_attribute(struct reading *r, const struct block *block)
{
	struct type_source source;
	struct lex_attribute line;
	const struct attr *attr;
	unsigned column;
	enum attr_id id;
	void *value;

	if (lex_attribute(r->policy->arena, &r->line, &line, &column) != NULL
	    || line.operator != LEX_SET)
		return fail(r, "not an attribute");
	id = attr_find(line.name, block->scope | SCOPE_CANONICAL);
	if (id == ATTR_NONE || !print_wants(r->consumer, id, block->scope))
		return fail(r, "an attribute that does not belong here");
	if (block->given[id])
		return fail(r, "an attribute is given twice");
	attr = &attr_table[id];
	if (attr->type != &type_blob && !unescape(r, line.values, line.count))
		return false;
	/* A list that came to be empty is still a value. */
	if (line.count < attr->type->least ||
	    (attr->type->most != 0 && line.count > attr->type->most))
		return fail(r, "a wrong number of values");
	memset(&source, 0, sizeof(source));
	source.arena = r->policy->arena;
	source.attr = attr;
	source.count = line.count;
	source.words = line.values;
	source.report = note;
	source.context = r;
	value = (char *)block->base + attr->offset;
	if (!attr->type->parse(&source, value))
		return fail(r, "a value cannot be read");
	block->given[id] = true;
	if (r->place_count > 0)
		block->where[id] = r->places[0];
	return place_entries(r, attr, value);
}

static bool
read_block(struct reading *r, const struct block *block)
{
	if (!take_line(r, "{"))
		return false;
	while (next(r)) {
		if (r->line.count == 1 && word_is(r, 0, "}"))
			return true;
		if (!read_places(r) || !read_attribute(r, block))
			return false;
	}
	return fail(r, "the text ends inside a block");
}

static bool
read_service(struct reading *r)
{
	struct policy *policy = r->policy;
	struct service *service;
	struct block block = { .scope = SCOPE_SERVICE };

	if (!read_places(r))
		return false;
	if (!word_is(r, 0, "service") || r->line.count != 2 ||
	    r->place_count > 1)
		return fail(r, "not a service");
	service = arena_alloc(policy->arena, 1, sizeof(*service));
	if (service == NULL || policy->count == POLICY_SERVICES_MAX)
		return fail(r, "too many services");
	if (!unescape(r, r->line.words + 1, 1))
		return false;
	service->name = r->line.words[1].text;
	if (r->place_count == 1)
		service->place = r->places[0];
	service->index = policy->count;
	policy->services[policy->count++] = service;
	block.base = service;
	block.given = service->given;
	block.where = service->where;
	if (!read_block(r, &block))
		return false;
	return service->id != NULL || fail(r, "a service has no id");
}

/* Magic, consumer, generation. */
static bool
read_head(struct reading *r)
{
	const char *name = print_consumer(r->consumer);

	if (name == NULL)
		return fail(r, "no such consumer");
	if (!next(r) || r->line.count != 3 ||
	    !word_is(r, 0, "sallyport-policy") || !word_is(r, 1, "1"))
		return fail(r, "not a policy of this version");
	if (!word_is(r, 2, name))
		return fail(r, "a policy for another consumer");
	if (!next(r) || r->line.count != 2 || !word_is(r, 0, "generation") ||
	    !type_decimal(r->line.words[1].text, UINT64_MAX,
	    &r->policy->generation))
		return fail(r, "the generation is missing");
	return true;
}

/* "#@file N PATH" lines, then the gateway block. */
static bool
read_files(struct reading *r)
{
	struct policy *policy = r->policy;
	uint64_t number;

	policy->files = arena_alloc(policy->arena, PARSE_FILES_MAX + 1,
	    sizeof(*policy->files));
	if (policy->files == NULL)
		return fail(r, "out of memory");
	while (next(r)) {
		if (!word_is(r, 0, "#@file"))
			return word_is(r, 0, "gateway") ||
			    fail(r, "the gateway block is missing");
		if (!print_has_places(r->consumer) || r->line.count != 3 ||
		    !type_decimal(r->line.words[1].text, PARSE_FILES_MAX,
		    &number) || number != policy->file_count + 1)
			return fail(r, "a file is malformed");
		if (!unescape(r, r->line.words + 2, 1))
			return false;
		policy->files[++policy->file_count] = r->line.words[2].text;
	}
	return fail(r, "the gateway block is missing");
}

static bool
read_policy(struct reading *r)
{
	struct gateway *gateway = &r->policy->gateway;
	struct block block = {
		.base = gateway, .given = gateway->given,
		.where = gateway->where, .scope = SCOPE_GATEWAY,
	};

	r->policy->services = arena_alloc(r->policy->arena,
	    POLICY_SERVICES_MAX, sizeof(*r->policy->services));
	if (r->policy->services == NULL)
		return fail(r, "out of memory");
	if (!read_head(r) || !read_files(r) || !read_block(r, &block))
		return false;
	while (next(r))
		if (!read_service(r))
			return false;
	return r->message == NULL;
}

/* Reads what we read and printed once more: the same bytes, or refused. */
static bool
compare(struct reading *r, const char *text, size_t length)
{
	size_t printed_length = 0, i;
	const char *printed = print_policy(r->policy, r->consumer,
	    &printed_length);

	if (printed == NULL || arena_failed(r->policy->arena))
		return fail(r, "out of memory");
	r->line.number = 1;
	for (i = 0; i < length && i < printed_length; i++) {
		if (text[i] != printed[i])
			return fail(r, "not in canonical form");
		r->line.number += text[i] == '\n';
	}
	return length == printed_length || fail(r, "not in canonical form");
}

struct policy *
parse_canonical(const char *text, size_t length, unsigned consumer,
    char *error, size_t error_size)
{
	struct arena *arena = arena_new(PARSE_ARENA_MAX);
	struct reading r;

	memset(&r, 0, sizeof(r));
	r.consumer = consumer;
	if (arena != NULL)
		r.policy = arena_alloc(arena, 1, sizeof(*r.policy));
	if (r.policy == NULL) {
		snprintf(error, error_size, "out of memory");
		arena_free(arena);
		return NULL;
	}
	r.policy->arena = arena;
	diag_init(&r.policy->diags, arena);
	lex_open(&r.lexer, arena, text, length, length);
	r.lexer.is_canonical = true;
	if (read_policy(&r) && compare(&r, text, length))
		return r.policy;
	snprintf(error, error_size, "line %u: %s", r.line.number,
	    r.message == NULL ? "out of memory" : r.message);
	policy_free(r.policy);
	return NULL;
}
