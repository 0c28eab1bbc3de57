/*
 * The decision; see rule.h.
 *
 * Part of the matcher: the dispatcher decides with it, the administrator's
 * command asks the same questions of it. What cannot be evaluated denies. Each
 * step is evaluated on what is known: one that denies for certain ends it, and
 * only when none does is the first open question asked.
 */
#include "policy/rule.h"

#include "policy/wrap-match.h"

static const struct verdict allow = {
	.answer = ANSWER_ALLOW, .entry = RULE_ENTRY_NONE,
	.wrap = RULE_ENTRY_NONE
};

static struct verdict
deny(enum reason reason, enum attr_id attr)
{
	return (struct verdict){ .answer = ANSWER_DENY, .reason = reason,
	    .attr = attr, .entry = RULE_ENTRY_NONE, .wrap = RULE_ENTRY_NONE };
}

/* A list without its table would match nobody, or worse, everybody. */
static bool
open_list(struct prefix_table *table, const struct tables *tables,
    const struct table_ref *ref, bool has_list, bool has_table)
{
	if (!has_table)
		return !has_list;
	return tables != NULL && ref->number < TABLES_MAX &&
	    ref->entries <= UINT32_MAX &&
	    tables_get(tables, (uint32_t)ref->number, (uint32_t)ref->entries,
	    table);
}

/* The same with rules that nobody folded, or that know no daemon. */
static bool
open_wrap(const struct service *service, const struct gateway *gateway)
{
	if (gateway == NULL || gateway->wrap.count == 0 ||
	    (service->flags & FLAG_NOLIBWRAP) != 0)
		return true;
	return gateway->wrap.group_count > 0 && service->wrap_name != NULL;
}

bool
matcher_open(struct matcher *matcher, const struct service *service,
    const struct gateway *gateway, const struct tables *tables)
{
	struct matcher opened = { .service = service, .gateway = gateway };
	const bool *given = service->given;

	if (!open_wrap(service, gateway))
		return false;
	if (!open_list(&opened.only_from, tables, &service->only_from_table,
	    (service->only_from.present || given[ATTR_ONLY_FROM]) &&
	    !given[ATTR_ONLY_FROM_NAMES], given[ATTR_ONLY_FROM_TABLE]) ||
	    !open_list(&opened.no_access, tables, &service->no_access_table,
	    (service->no_access.present || given[ATTR_NO_ACCESS]) &&
	    !given[ATTR_NO_ACCESS_NAMES], given[ATTR_NO_ACCESS_TABLE]))
		return false;
	*matcher = opened;
	return true;
}

/*
 * What one step says. When it may still do both, `question` is what to ask;
 * when it allows and has a question, the answer changes which rule allows.
 */
struct step {
	bool may_allow, may_deny;
	struct verdict verdict;	/* of what is certain */
	struct question question;
};

static struct step
step_allows(void)
{
	return (struct step){ .may_allow = true, .verdict = allow };
}

static struct step
step_denies(enum reason reason, enum attr_id attr, uint32_t entry)
{
	struct step step = { .may_deny = true, .verdict = deny(reason, attr) };

	step.verdict.entry = entry;
	return step;
}

static struct step
step_asks(const struct question *question)
{
	return (struct step){ .may_allow = true, .may_deny = true,
	    .verdict = allow, .question = *question };
}

/* 3: a sensor has seen the source, and its deny_time is not over. */
static struct step
check_penalty(const struct matcher *matcher, const struct facts *facts)
{
	(void)matcher;
	return facts->is_penalised ? step_denies(REASON_ADDRESS,
	    ATTR_DENY_TIME, RULE_ENTRY_NONE) : step_allows();
}

/* Does any name of a list match? *entry is the one that certainly does, or
 * (with `is_refusing`) that cannot be told not to. */
static struct truth
match_names(const struct name_list *list, const struct facts *facts,
    bool is_refusing, uint32_t *entry)
{
	unsigned matching = is_refusing ? MAYBE_YES | MAYBE_UNKNOWN : MAYBE_YES;
	struct truth any = truth_of(false), one;

	*entry = RULE_ENTRY_NONE;
	for (unsigned i = 0; i < list->count; i++) {
		one = list->names[i].is_suffix ?
		    fact_suffix(facts, list->names[i].name) :
		    fact_host(facts, list->names[i].name);
		if ((one.values & ~matching) == 0) {
			*entry = list->names[i].entry;
			return one;
		}
		any = truth_or(any, one);
	}
	return any;
}

/* 4: an address on both lists is denied (D9). */
static struct step
check_no_access(const struct matcher *matcher, const struct facts *facts)
{
	const struct service *service = matcher->service;
	struct prefix_hit hit;
	struct truth named;
	uint32_t entry;

	if (facts->source.family == ADDR_UNIX)
		return step_allows();
	if (service->given[ATTR_NO_ACCESS_TABLE] &&
	    prefix_lookup(&matcher->no_access, &facts->source, &hit))
		return step_denies(REASON_ADDRESS, ATTR_NO_ACCESS, hit.entry);
	if (!service->given[ATTR_NO_ACCESS_NAMES])
		return step_allows();
	named = match_names(&service->no_access_names, facts, true, &entry);
	if ((named.values & MAYBE_NO) == 0)
		return step_denies(REASON_ADDRESS, ATTR_NO_ACCESS, entry);
	return truth_is(&named, MAYBE_NO) ? step_allows() :
	    step_asks(&named.question);
}

static struct step
check_only_from(const struct matcher *matcher, const struct facts *facts)
{
	const struct service *service = matcher->service;
	struct step step = step_allows();
	struct truth named = truth_of(false);
	struct prefix_hit hit;
	uint32_t entry = RULE_ENTRY_NONE;

	if (facts->source.family == ADDR_UNIX ||
	    (!service->given[ATTR_ONLY_FROM_TABLE] &&
	    !service->given[ATTR_ONLY_FROM_NAMES]))
		return step;
	step.verdict.attr = ATTR_ONLY_FROM;
	if (service->given[ATTR_ONLY_FROM_TABLE] &&
	    prefix_lookup(&matcher->only_from, &facts->source, &hit)) {
		step.verdict.entry = hit.entry;
		return step;
	}
	if (service->given[ATTR_ONLY_FROM_NAMES])
		named = match_names(&service->only_from_names, facts, false,
		    &entry);
	step.verdict.entry = entry;
	if ((named.values & MAYBE_YES) == 0)
		return step_denies(REASON_ADDRESS, ATTR_ONLY_FROM,
		    RULE_ENTRY_NONE);
	return truth_is(&named, MAYBE_YES) ? step : step_asks(&named.question);
}

/* A stream server that accepts by itself: its clients are not known to us. */
static bool
is_blind(const struct service *service)
{
	return service->kind == KIND_WAIT && (service->listen.count == 0 ||
	    service->listen.addrs[0].addr.family != ADDR_UNIX);
}

/* Then a line that may refuse somebody refuses all that it may have meant. */
static struct step
check_wrap_blind(const struct wrap_rules *rules, const char *daemon)
{
	for (unsigned i = 0; i < rules->count; i++)
		if (rules->rules[i].action == WRAP_DENY &&
		    wrap_may_name(&rules->rules[i].daemons, daemon))
			return step_denies(REASON_LIBWRAP, ATTR_WRAP, i);
	return step_allows();
}

/* 6 */
static struct step
check_wrap(const struct matcher *matcher, const struct facts *facts)
{
	const struct service *service = matcher->service;
	const struct wrap_rules *rules;
	struct wrap_outcome outcome;
	struct step step = step_allows();

	if (matcher->gateway == NULL || (service->flags & FLAG_NOLIBWRAP) != 0)
		return step;
	rules = &matcher->gateway->wrap;
	if (rules->count == 0)
		return step;
	if (is_blind(service))
		return check_wrap_blind(rules, service->wrap_name);
	if (facts->source.family == ADDR_UNIX)
		return step;
	/* No list could name it: it must not pass for that reason. */
	if (facts->source.family == ADDR_NONE)
		return step_denies(REASON_LIBWRAP, ATTR_WRAP, RULE_ENTRY_NONE);
	outcome = wrap_match(rules, service->wrap_name, facts);
	if (!outcome.may_allow)
		step = step_denies(REASON_LIBWRAP, ATTR_WRAP, outcome.rule);
	else if (outcome.may_deny)
		return step_asks(&outcome.question);
	step.question = outcome.question;
	step.verdict.wrap = outcome.rule;
	return step;
}

static bool
is_open_hour(const struct service *service, const struct facts *facts)
{
	const struct time_list *times = &service->access_times;
	struct zone_time local;
	unsigned minute;

	if (!service->given[ATTR_ACCESS_TIMES] && times->count == 0)
		return true;
	if (facts->zone == NULL)
		return false;
	zone_local(facts->zone, facts->now, &local);
	minute = (unsigned)(local.hour * 60 + local.minute);
	for (unsigned i = 0; i < times->count; i++)
		if (when_range_contains(&times->entries[i].range, minute))
			return true;
	return false;
}

/* 7 */
static struct step
check_hours(const struct matcher *matcher, const struct facts *facts)
{
	return is_open_hour(matcher->service, facts) ? step_allows() :
	    step_denies(REASON_TIME, ATTR_ACCESS_TIMES, RULE_ENTRY_NONE);
}

/* 8: of a UNIX socket the kernel has told the user already. */
static struct step
check_ident(const struct matcher *matcher, const struct facts *facts)
{
	struct truth known;

	if ((matcher->service->flags & FLAG_IDONLY) == 0 ||
	    facts->source.family == ADDR_UNIX)
		return step_allows();
	known = fact_is_identified(facts);
	if ((known.values & MAYBE_YES) == 0)
		return step_denies(REASON_IDENT, ATTR_FLAGS, RULE_ENTRY_NONE);
	return truth_is(&known, MAYBE_YES) ? step_allows() :
	    step_asks(&known.question);
}

/* In the order of rule.h. */
static const struct {
	const char *name;
	struct step (*check)(const struct matcher *, const struct facts *);
} access_steps[RULE_STEPS] = {
	{ "sensor", check_penalty }, { "no_access", check_no_access },
	{ "only_from", check_only_from }, { "hosts.allow", check_wrap },
	{ "access_times", check_hours }, { "ident", check_ident },
};

/* Which rule let it in: the list of the service before hosts.allow. */
static void
note_rule(struct verdict *verdict, const struct verdict *step)
{
	if (step->attr != ATTR_NONE && verdict->attr == ATTR_NONE) {
		verdict->attr = step->attr;
		verdict->entry = step->entry;
	}
	if (step->wrap == RULE_ENTRY_NONE)
		return;
	verdict->wrap = step->wrap;
	if (verdict->attr == ATTR_NONE) {
		verdict->attr = ATTR_WRAP;
		verdict->entry = step->wrap;
	}
}

struct verdict
rule_access(const struct matcher *matcher, const struct facts *facts)
{
	struct verdict verdict = allow;

	for (unsigned i = 0; i < RULE_STEPS; i++) {
		struct step step = access_steps[i].check(matcher, facts);

		if (!step.may_allow)
			return step.verdict;
		note_rule(&verdict, &step.verdict);
		if (verdict.question.kind == QUESTION_NONE)
			verdict.question = step.question;
	}
	if (verdict.question.kind != QUESTION_NONE)
		return (struct verdict){ .answer = ANSWER_ASK,
		    .entry = RULE_ENTRY_NONE, .wrap = RULE_ENTRY_NONE,
		    .question = verdict.question };
	return verdict;
}

void
rule_trace(const struct matcher *matcher, const struct facts *facts,
    struct rule_step out[static RULE_STEPS])
{
	for (unsigned i = 0; i < RULE_STEPS; i++) {
		struct step step = access_steps[i].check(matcher, facts);

		out[i] = (struct rule_step){ access_steps[i].name,
		    step.may_allow, step.may_deny, step.verdict,
		    step.question };
	}
}

static bool
per_source_denies(const struct service *service, const struct counts *counts)
{
	return service->given[ATTR_PER_SOURCE] &&
	    service->per_source != POLICY_UNLIMITED &&
	    counts->source_instances >= service->per_source;
}

static bool
source_cps_denies(const struct service *service, const struct counts *counts)
{
	(void)service;
	return counts->is_source_fast;
}

static bool
load_denies(const struct service *service, const struct counts *counts)
{
	return service->max_load != 0 && counts->load >= service->max_load;
}

static bool
cps_denies(const struct service *service, const struct counts *counts)
{
	return counts->cps != NULL &&
	    !limit_peek(counts->cps, service->cps.rate, counts->now_us);
}

static bool
instances_denies(const struct service *service, const struct counts *counts)
{
	return service->given[ATTR_INSTANCES] &&
	    service->instances != POLICY_UNLIMITED &&
	    counts->instances >= service->instances;
}

static bool
processes_denies(const struct service *service, const struct counts *counts)
{
	(void)service;
	return counts->process_limit != POLICY_UNLIMITED &&
	    counts->processes >= counts->process_limit;
}

/* In the order in which they are asked. */
static const struct limit_rule {
	bool (*denies)(const struct service *, const struct counts *);
	enum reason reason;
	enum attr_id attr;
} limit_rules[] = {
	{ per_source_denies, REASON_PER_SOURCE_LIMIT, ATTR_PER_SOURCE },
	{ source_cps_denies, REASON_PER_SOURCE_LIMIT, ATTR_SOURCE_CPS },
	{ load_denies, REASON_LOAD, ATTR_MAX_LOAD },
	{ cps_denies, REASON_CPS, ATTR_CPS },
	{ instances_denies, REASON_SERVICE_LIMIT, ATTR_INSTANCES },
	{ processes_denies, REASON_PROCESS_LIMIT, ATTR_PROCESS_LIMIT },
};

struct verdict
rule_limits(const struct matcher *matcher, const struct counts *counts)
{
	for (unsigned i = 0; i < sizeof(limit_rules) / sizeof(limit_rules[0]);
	    i++)
		if (limit_rules[i].denies(matcher->service, counts))
			return deny(limit_rules[i].reason, limit_rules[i].attr);
	return allow;
}
