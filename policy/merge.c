/*
 * From lines to values: gateway, defaults, services, enabled and disabled.
 *
 * Runs in the loader and in ctl. An attribute that cannot be understood is
 * never passed over: it refuses its service, and in defaults and gateway the
 * load, since others rely on what stands there. Defaults apply to every
 * service, wherever they stand.
 */
#include <string.h>
#include <strings.h>

#include "policy/parse-internal.h"
#include "policy/type.h"

struct target {			/* what is being filled in */
	struct source *source;
	void *base;
	bool *given;
	struct place *where;
	unsigned scope;		/* one enum attr_scope */
	enum diag_effect effect;	/* of a fault */
	const struct service *service;
	const struct entry *entry;
	bool adds;		/* '=' adds to a list */
	bool is_quiet;		/* behind disable = yes */
	bool is_refused;
	unsigned remarks;	/* lines with one behind their values */
	struct report remark;	/* about the first of them */
	const struct statement *statement;	/* at hand */
	enum attr_id id;	/* its attribute */
};

/* About the statement at hand, or a word of it. */
static struct report
report_of(const struct target *target, enum diag_code code,
    const struct lex_word *word, const char *message, const char *hint)
{
	const struct statement *statement = target->statement;
	const struct service *service = target->service;
	struct report report = {
		.effect = DIAG_WARNING, .code = code,
		.place = statement->place,
		.attribute = target->id != ATTR_NONE ? attr_name(target->id) :
		    statement->attribute.name,
		.message = message, .hint = hint,
	};

	if (service != NULL)
		report.service = service->id != NULL ? service->id :
		    service->name;
	if (word != NULL) {
		report.value = word->text;
		report.place.column = word->column;
	}
	return report;
}

static void
tell(struct target *target, bool is_fault, enum diag_code code,
    const struct lex_word *word, const char *message, const char *hint)
{
	struct report report = report_of(target, code, word, message, hint);

	if (target->is_quiet)
		return;
	if (is_fault)
		report.effect = target->effect;
	target->is_refused |= is_fault;
	parse_report(target->source->policy, &report);
}

static void
tell_note(void *context, const struct type_note *note)
{
	tell(context, note->is_fault, note->code, note->word, note->message,
	    note->hint);
}

static void *
member(const struct target *target, enum attr_id id)
{
	return (char *)target->base + attr_table[id].offset;
}

/* A name that this block does not take. */
static void
refuse_name(struct target *target, const char *name)
{
	const struct policy *policy = target->source->policy;
	struct arena *arena = policy->arena;
	const char *near = attr_nearest(name, target->scope);
	const char *block = target->scope == SCOPE_SERVICE ? "a service" :
	    target->scope == SCOPE_DEFAULTS ? "defaults" : "gateway";
	enum attr_id id = attr_find(name,
	    SCOPE_SERVICE | SCOPE_DEFAULTS | SCOPE_GATEWAY);
	bool limits = (attr_table[id].flags & ATTR_LIMITS) != 0;
	bool warns = target->scope == SCOPE_SERVICE &&
	    policy->gateway.unknown_attributes == UNKNOWN_WARN;

	if (id != ATTR_NONE && limits)
		tell(target, true, DIAG_MISPLACED_ATTRIBUTE, NULL,
		    arena_format(arena, "%s does not belong into %s",
		    attr_name(id), block), near == NULL ?
		    "here it would limit nothing" : arena_format(arena,
		    "did you mean %s?", near));
	else if (id != ATTR_NONE)
		tell(target, false, DIAG_MISPLACED_ATTRIBUTE, NULL,
		    arena_format(arena, "%s does not belong into %s and is"
		    " ignored", attr_name(id), block), NULL);
	else
		tell(target, !warns, DIAG_UNKNOWN_ATTRIBUTE, NULL,
		    arena_format(arena, "there is no attribute %s", name),
		    near == NULL ? NULL : arena_format(arena,
		    "did you mean %s?", near));
}

/* What xinetd made of a remark behind values: it had none. */
static const char *
remark_text(const struct target *target, enum attr_id id)
{
	const struct attr *attr = &attr_table[id];
	const char *refused = target->scope == SCOPE_DEFAULTS ? "and ended" :
	    "and refused the service";

	if (id == ATTR_DISABLE)
		return "xinetd counted the words of this remark as values,"
		    " ignored the line and ran the service";
	if (attr->type->least > 0 && attr->type->least == attr->type->most)
		return arena_format(target->source->policy->arena,
		    "xinetd counted the words of this remark as values and"
		    " ignored %s; here it takes effect", attr->name);
	if (attr->type == &type_access)
		return "xinetd tried the words of this remark as addresses;"
		    " here they are a remark";
	if (attr->type == &type_ids)
		return "xinetd took the words of this remark as ids; here they"
		    " are a remark";
	return arena_format(target->source->policy->arena,
	    "xinetd took the words of this remark as values %s", refused);
}

/* One warning an entry, not one a line; what it says of disable is worth one
 * of its own. */
static void
note_remark(struct target *target, enum attr_id id,
    const struct lex_word *word)
{
	if (id == ATTR_DISABLE) {
		tell(target, false, DIAG_KINDER, word,
		    remark_text(target, id), NULL);
		return;
	}
	if (!target->is_quiet && target->remarks++ == 0)
		target->remark = report_of(target, DIAG_KINDER, word,
		    remark_text(target, id), NULL);
}

/* At the end of an entry. */
static void
tell_remarks(struct target *target)
{
	struct report *report = &target->remark;

	if (target->remarks == 0)
		return;
	if (target->service != NULL)
		report->service = target->service->id;
	if (target->remarks > 1)
		report->message = arena_format(target->source->policy->arena,
		    "%s; so it was with %u more lines of this entry",
		    report->message, target->remarks - 1);
	parse_report(target->source->policy, report);
	target->remarks = 0;
}

/* How many words are values. */
static unsigned
cut_remark(struct target *target, enum attr_id id,
    const struct lex_attribute *line)
{
	const struct attr *attr = &attr_table[id];
	unsigned count = lex_before_remark(line->values, line->count);

	if (count == line->count)
		return count;
	if (attr->type->is_literal) {
		tell(target, false, DIAG_BAD_VALUE, &line->values[count],
		    arena_format(target->source->policy->arena,
		    "this word and those behind it become values of %s",
		    attr->name), "put remarks on lines of their own");
		return line->count;
	}
	if ((attr->flags & ATTR_NEW) == 0)
		note_remark(target, id, &line->values[count]);
	return count;
}

static bool
check_count(struct target *target, const struct attr_type *type,
    unsigned count)
{
	struct arena *arena = target->source->policy->arena;
	const char *message;

	if (count >= type->least && (type->most == 0 || count <= type->most))
		return true;
	if (type->least == type->most)
		message = arena_format(arena, "takes %u value%s, not %u",
		    type->least, type->least == 1 ? "" : "s", count);
	else
		message = "needs at least one value";
	tell(target, true, DIAG_VALUE_COUNT, NULL, message,
	    count > 1 && type->most == 1 ? "there is no quoting" : NULL);
	return false;
}

static bool
check_operator(struct target *target, const struct attr *attr,
    const struct lex_attribute *line)
{
	struct lex_word word = {
		.text = line->operator == LEX_ADD ? "+=" : "-=",
		.column = line->operator_column,
	};

	if (line->operator == LEX_SET || ((attr->flags & ATTR_LIST) != 0 &&
	    (line->operator == LEX_ADD || attr->type->may_remove)))
		return true;
	tell(target, true, DIAG_BAD_OPERATOR, &word, arena_format(
	    target->source->policy->arena, "%s does not take this operator",
	    attr->name), "use =");
	return false;
}

/* Said a second time; the first counts. A value from the command line stands
 * nowhere and wins without a word. */
static void
tell_repeated(struct target *target, enum attr_id id,
    const struct lex_attribute *line)
{
	char place[256];
	bool differs = false;

	if (target->where[id].file == 0 && target->scope == SCOPE_GATEWAY)
		return;
	if (id == ATTR_DISABLE && line->count > 0)
		differs = strcasecmp(line->values[0].text,
		    *(bool *)member(target, id) ? "yes" : "no") != 0;
	policy_place(target->source->policy, &target->where[id], place,
	    sizeof(place));
	if (differs)
		tell(target, false, DIAG_KINDER, &line->values[0],
		    "disable is given twice and differently; the first counts,"
		    " and the service runs", NULL);
	else
		tell(target, false, DIAG_REPEATED, NULL, arena_format(
		    target->source->policy->arena, "%s is given twice; the"
		    " first, at %s, counts", attr_name(id), place), NULL);
}

/* Defaults that reach a service which xinetd let out. */
static bool
is_closer(const struct source *source, const struct entry *entry)
{
	return source->access_from != NULL && (entry->is_inetd ||
	    entry->order <= source->access_from->order);
}

/* Says once each that defaults close what xinetd left open, and that later
 * ones open further what it held to the earlier ones. */
static void
tell_order(struct target *target, enum attr_id id)
{
	struct source *source = target->source;
	const struct entry *entry = target->entry;
	struct report report = {
		.effect = DIAG_WARNING, .code = DIAG_KINDER,
		.place = entry->place, .service = entry->name,
	};

	if (id != ATTR_ONLY_FROM && id != ATTR_NO_ACCESS)
		return;
	if (is_closer(source, entry)) {
		report.message = entry->is_inetd ?
		    "the default only_from and no_access hold for services of"
		    " inetd.conf too; xinetd let everybody in" :
		    "the default only_from and no_access hold for this"
		    " service too, although defaults stand behind it; xinetd"
		    " let everybody in";
		source->access_from = NULL;
	} else if (id == ATTR_ONLY_FROM && source->access_more != NULL &&
	    entry->order < source->access_more->order) {
		report.message = "a defaults entry behind this service adds to"
		    " only_from; here that holds for this service too, xinetd"
		    " let in fewer";
		report.hint = "put all defaults before the first service";
		source->access_more = NULL;
	} else {
		return;
	}
	parse_report(source->policy, &report);
}

static void
inherit(struct target *target, enum attr_id id)
{
	struct defaults *defaults = target->source->defaults;

	if (target->scope != SCOPE_SERVICE || target->given[id] ||
	    (attr_table[id].scope & SCOPE_DEFAULTS) == 0 ||
	    (attr_table[id].scope & SCOPE_SERVICE) == 0 ||
	    !defaults->values.given[id])
		return;
	memcpy(member(target, id), (char *)defaults + attr_table[id].offset,
	    attr_table[id].type->size);
	target->given[id] = true;
	target->where[id] = defaults->values.where[id];
	if (!target->is_quiet)
		tell_order(target, id);
}

/* Makes the value ready for the operator. */
static void
prepare(struct target *target, enum attr_id id, enum lex_operator operator)
{
	struct arena *arena = target->source->policy->arena;
	const struct attr_type *type = attr_table[id].type;
	bool was_given = target->given[id];

	if (operator == LEX_SET && !target->adds) {
		memset(member(target, id), 0, type->size);
		target->given[id] = false;
		return;
	}
	inherit(target, id);
	if (!was_given && target->given[id])
		type_own_list(arena, type, member(target, id));
}

static void
apply(struct target *target, const struct statement *statement)
{
	const struct lex_attribute *line = &statement->attribute;
	struct type_source source;
	enum attr_id id;

	target->statement = statement;
	target->id = ATTR_NONE;
	if (statement->fault != NULL) {
		tell(target, true, DIAG_SYNTAX, NULL, statement->fault,
		    statement->hint);
		return;
	}
	target->id = id = attr_find(line->name, target->scope);
	if (id == ATTR_NONE) {
		refuse_name(target, line->name);
		return;
	}
	if (!check_operator(target, &attr_table[id], line))
		return;
	if (target->given[id] && (attr_table[id].flags & ATTR_LIST) == 0) {
		tell_repeated(target, id, line);
		return;
	}
	memset(&source, 0, sizeof(source));
	source.count = cut_remark(target, id, line);
	if (!check_count(target, attr_table[id].type, source.count))
		return;
	source.arena = target->source->policy->arena;
	source.attr = &attr_table[id];
	source.operator = line->operator;
	source.file = statement->place.file;
	source.line = statement->place.line;
	source.words = line->values;
	source.report = tell_note;
	source.context = target;
	prepare(target, id, line->operator);
	if (!attr_table[id].type->parse(&source, member(target, id)))
		return;
	if (!target->given[id]) {
		target->where[id] = statement->place;
		if (source.count > 0 && (attr_table[id].flags & ATTR_LIST))
			target->where[id].column = line->values[0].column;
	}
	target->given[id] = true;
}

static void
fill_in(struct target *target)
{
	static const struct statement nowhere;
	const struct attr *attr;
	struct type_source source;
	struct lex_word *words;
	unsigned i;

	target->statement = &nowhere;
	for (i = 1; i < ATTR_MAX; i++) {
		attr = &attr_table[i];
		if (target->given[i] || attr->fallback == NULL ||
		    (attr->scope & target->scope) == 0)
			continue;
		memset(&source, 0, sizeof(source));
		source.arena = target->source->policy->arena;
		source.attr = attr;
		source.count = lex_words(source.arena, attr->fallback,
		    strlen(attr->fallback), &words);
		source.words = words;
		source.report = tell_note;
		source.context = target;
		if (source.count > 0)
			target->given[i] = attr->type->parse(&source,
			    member(target, (enum attr_id)i));
	}
}

static void
apply_option(struct target *target, const struct source_option *option)
{
	struct arena *arena = target->source->policy->arena;
	struct statement statement;
	struct lex_attribute *line = &statement.attribute;

	memset(&statement, 0, sizeof(statement));
	line->name = option->name;
	line->count = lex_words(arena, option->value, strlen(option->value),
	    &line->values);
	apply(target, &statement);
}

static void
merge_gateway(struct source *source, const struct source_option *options,
    unsigned count)
{
	struct gateway *gateway = &source->policy->gateway;
	struct target target = {
		.source = source, .base = gateway, .given = gateway->given,
		.where = gateway->where, .scope = SCOPE_GATEWAY,
		.effect = DIAG_REFUSE_LOAD,
	};
	const struct statement *statement;
	const struct entry *entry;
	unsigned i;

	for (i = 0; i < count; i++)
		apply_option(&target, &options[i]);
	for (entry = source->first; entry != NULL; entry = entry->next)
		if (entry->kind == ENTRY_GATEWAY)
			for (statement = entry->first; statement != NULL;
			    statement = statement->next)
				apply(&target, statement);
	tell_remarks(&target);
	fill_in(&target);
}

static void
merge_defaults(struct source *source)
{
	struct defaults *defaults = source->defaults;
	struct target target = {
		.source = source, .base = defaults,
		.given = defaults->values.given,
		.where = defaults->values.where, .scope = SCOPE_DEFAULTS,
		.effect = DIAG_REFUSE_LOAD, .adds = true,
	};
	const struct statement *statement;
	const struct entry *entry;
	unsigned count;

	for (entry = source->first; entry != NULL; entry = entry->next) {
		if (entry->kind != ENTRY_DEFAULTS)
			continue;
		count = defaults->values.only_from.count;
		for (statement = entry->first; statement != NULL;
		    statement = statement->next)
			apply(&target, statement);
		tell_remarks(&target);
		if (count > 0 && defaults->values.only_from.count > count)
			source->access_more = entry;
		if (source->access_from == NULL &&
		    (target.given[ATTR_ONLY_FROM] ||
		    target.given[ATTR_NO_ACCESS]))
			source->access_from = entry;
	}
}

static void
merge_service(struct source *source, const struct entry *entry,
    struct service *service)
{
	struct target target = {
		.source = source, .base = service, .given = service->given,
		.where = service->where, .scope = SCOPE_SERVICE,
		.effect = DIAG_REFUSE_SERVICE, .service = service,
		.entry = entry,
	};
	const struct statement *statement;
	unsigned i;

	for (statement = entry->first; statement != NULL;
	    statement = statement->next) {
		apply(&target, statement);
		target.is_quiet |= service->given[ATTR_DISABLE] &&
		    service->disable;
	}
	for (i = 1; i < ATTR_MAX; i++)
		inherit(&target, (enum attr_id)i);
	if (!service->given[ATTR_ID]) {
		service->id = service->name;
		service->given[ATTR_ID] = true;
		service->where[ATTR_ID] = service->place;
	}
	tell_remarks(&target);
	fill_in(&target);
	service->off = service->disable;
	service->refused = target.is_refused;
}

static struct service *
service_new(struct source *source, const struct entry *entry)
{
	struct policy *policy = source->policy;
	struct report report = {
		.effect = DIAG_REFUSE_LOAD, .code = DIAG_LIMIT,
		.place = entry->place,
		.message = "there are too many services",
	};
	struct service *service;

	if (policy->count == POLICY_SERVICES_MAX) {
		parse_report(policy, &report);
		return NULL;
	}
	service = arena_alloc(policy->arena, 1, sizeof(*service));
	if (service == NULL)
		return NULL;
	service->name = entry->name;
	service->place = entry->place;
	service->index = policy->count;
	policy->services[policy->count++] = service;
	return service;
}

void
merge_policy(struct source *source, const struct source_option *options,
    unsigned count)
{
	struct policy *policy = source->policy;
	const struct entry *entry;
	struct service *service;

	source->defaults = arena_alloc(policy->arena, 1,
	    sizeof(*source->defaults));
	policy->services = arena_alloc(policy->arena, POLICY_SERVICES_MAX,
	    sizeof(*policy->services));
	if (source->defaults == NULL || policy->services == NULL)
		return;
	policy->defaults = &source->defaults->values;
	merge_gateway(source, options, count);
	merge_defaults(source);
	for (entry = source->first; entry != NULL; entry = entry->next) {
		if (entry->kind != ENTRY_SERVICE)
			continue;
		service = service_new(source, entry);
		if (service == NULL)
			break;
		merge_service(source, entry, service);
	}
	if (!arena_failed(policy->arena))
		merge_enabled(source);
}

/* Only "= yes" counts here; everything else is merge_gateway's to judge. */
bool
merge_wants_all(const struct source *source,
    const struct source_option *options, unsigned count)
{
	const char *name = attr_name(ATTR_INCLUDEDIR_ALL);
	const struct statement *statement;
	const struct entry *entry;
	unsigned i;

	for (i = 0; i < count; i++)
		if (strcasecmp(options[i].name, name) == 0)
			return strcasecmp(options[i].value, "yes") == 0;
	for (entry = source->first; entry != NULL; entry = entry->next) {
		if (entry->kind != ENTRY_GATEWAY)
			continue;
		for (statement = entry->first; statement != NULL;
		    statement = statement->next)
			if (statement->fault == NULL &&
			    statement->attribute.count > 0 && strcasecmp(
			    statement->attribute.name, name) == 0)
				return strcasecmp(statement->attribute.values[0]
				    .text, "yes") == 0;
	}
	return false;
}
