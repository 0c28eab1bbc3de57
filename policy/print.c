/*
 * Canonical text; see print.h.
 *
 * Runs in the loader and in ctl, and behind parse_canonical(), which compares
 * what it read with what would be printed. What a consumer must not know is
 * left out here and nowhere else.
 */
#include "policy/print.h"

#include <inttypes.h>

#include "policy/canonical.h"
#include "policy/type.h"

struct printing {
	struct out out;
	const struct policy *policy;
	unsigned consumer;
};

const char *
print_consumer(unsigned consumer)
{
	switch (consumer) {
	case CONSUMER_PARENT:
		return "parent";
	case CONSUMER_DISPATCH:
		return "dispatch";
	case CONSUMER_LOG:
		return "log";
	case CONSUMER_ALL:
		return "all";
	}
	return NULL;
}

bool
print_has_places(unsigned consumer)
{
	return (consumer & CONSUMER_LOG) != 0;
}

bool
print_wants(unsigned consumer, enum attr_id id, unsigned scope)
{
	const struct attr *attr = &attr_table[id];

	if ((attr->scope & scope) == 0)
		return false;
	return consumer == CONSUMER_ALL || (attr->consumers & consumer) != 0;
}

static void
print_one_place(struct printing *p, const struct place *place)
{
	out_format(&p->out, " %u:%u", place->file, place->line);
	if (place->column != 0)
		out_format(&p->out, ":%u", place->column);
}

/* The place of an attribute, then those of a list's entries. */
static void
print_places(struct printing *p, const struct attr *attr,
    const struct place *where, const void *value)
{
	const struct access_list *access = value;
	const struct time_list *times = value;
	const struct wrap_rules *wrap = value;
	unsigned i;

	if (!print_has_places(p->consumer) || where->file == 0)
		return;
	out_raw(&p->out, "#@");
	print_one_place(p, where);
	if (attr->type == &type_access)
		for (i = 0; i < access->count; i++)
			print_one_place(p, &access->entries[i].place);
	if (attr->type == &type_times)
		for (i = 0; i < times->count; i++)
			print_one_place(p, &times->entries[i].place);
	if (attr->type == &type_wrap)
		for (i = 0; i < wrap->count; i++)
			print_one_place(p, &wrap->rules[i].place);
	out_raw(&p->out, "\n");
}

static void
print_block(struct printing *p, const void *base, const bool *given,
    const struct place *where, unsigned scope)
{
	const struct attr *attr;
	const void *value;
	unsigned i;

	out_raw(&p->out, "{\n");
	for (i = 1; i < ATTR_MAX; i++) {
		if (!given[i] || !print_wants(p->consumer, (enum attr_id)i,
		    scope))
			continue;
		attr = &attr_table[i];
		value = (const char *)base + attr->offset;
		print_places(p, attr, &where[i], value);
		out_format(&p->out, "\t%s =", attr->name);
		attr->type->print(&p->out, attr, value);
		out_raw(&p->out, "\n");
	}
	out_raw(&p->out, "}\n");
}

static void
print_service(struct printing *p, const struct service *service)
{
	if (print_has_places(p->consumer) && service->place.file != 0) {
		out_raw(&p->out, "#@");
		print_one_place(p, &service->place);
		out_raw(&p->out, "\n");
	}
	out_raw(&p->out, "service");
	out_word(&p->out, service->name);
	out_raw(&p->out, "\n");
	print_block(p, service, service->given, service->where,
	    SCOPE_SERVICE);
}

static void
print_files(struct printing *p)
{
	unsigned i;

	for (i = 1; i <= p->policy->file_count; i++) {
		out_format(&p->out, "#@file %u", i);
		out_word(&p->out, p->policy->files[i]);
		out_raw(&p->out, "\n");
	}
}

char *
print_policy(struct policy *policy, unsigned consumer, size_t *length)
{
	struct printing p = { .policy = policy, .consumer = consumer };
	const char *name = print_consumer(consumer);
	unsigned i;

	if (name == NULL)
		return NULL;
	out_init(&p.out, policy->arena);
	out_format(&p.out, "%s %s\n", CANONICAL_MAGIC, name);
	out_format(&p.out, "generation %" PRIu64 "\n", policy->generation);
	if (print_has_places(consumer))
		print_files(&p);
	out_raw(&p.out, "gateway\n");
	print_block(&p, &policy->gateway, policy->gateway.given,
	    policy->gateway.where, SCOPE_GATEWAY);
	for (i = 0; i < policy->count; i++)
		if (!policy->services[i]->refused && !policy->services[i]->off)
			print_service(&p, policy->services[i]);
	return out_text(&p.out, length);
}
