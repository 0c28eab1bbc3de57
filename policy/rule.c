/*
 * The decision; see rule.h.
 *
 * Part of the matcher: the dispatcher decides with it, the administrator's
 * command asks the same questions of it. What cannot be evaluated denies.
 */
#include "policy/rule.h"

static const struct verdict allow = {
	ANSWER_ALLOW, REASON_NONE, ATTR_NONE, RULE_ENTRY_NONE
};

static struct verdict
deny(enum reason reason, enum attr_id attr)
{
	return (struct verdict){ ANSWER_DENY, reason, attr, RULE_ENTRY_NONE };
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

bool
matcher_open(struct matcher *matcher, const struct service *service,
    const struct tables *tables)
{
	struct matcher opened = { .service = service };

	if (!open_list(&opened.only_from, tables, &service->only_from_table,
	    service->only_from.present || service->given[ATTR_ONLY_FROM],
	    service->given[ATTR_ONLY_FROM_TABLE]) ||
	    !open_list(&opened.no_access, tables, &service->no_access_table,
	    service->no_access.present || service->given[ATTR_NO_ACCESS],
	    service->given[ATTR_NO_ACCESS_TABLE]))
		return false;
	*matcher = opened;
	return true;
}

/* An address on both lists is denied (D9). */
static struct verdict
check_lists(const struct matcher *matcher, const struct addr *source)
{
	const bool *given = matcher->service->given;
	struct verdict verdict = allow;
	struct prefix_hit hit;

	if (given[ATTR_NO_ACCESS_TABLE] &&
	    prefix_lookup(&matcher->no_access, source, &hit)) {
		verdict = deny(REASON_ADDRESS, ATTR_NO_ACCESS);
		verdict.entry = hit.entry;
		return verdict;
	}
	if (!given[ATTR_ONLY_FROM_TABLE])
		return verdict;
	if (!prefix_lookup(&matcher->only_from, source, &hit))
		return deny(REASON_ADDRESS, ATTR_ONLY_FROM);
	verdict.attr = ATTR_ONLY_FROM;
	verdict.entry = hit.entry;
	return verdict;
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

struct verdict
rule_access(const struct matcher *matcher, const struct facts *facts)
{
	struct verdict verdict = check_lists(matcher, &facts->source);

	if (verdict.answer == ANSWER_ALLOW &&
	    !is_open_hour(matcher->service, facts))
		return deny(REASON_TIME, ATTR_ACCESS_TIMES);
	return verdict;
}

static bool
per_source_denies(const struct service *service, const struct counts *counts)
{
	return service->given[ATTR_PER_SOURCE] &&
	    service->per_source != POLICY_UNLIMITED &&
	    counts->source_instances >= service->per_source;
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
