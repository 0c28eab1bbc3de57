/*
 * enabled and disabled: which services run at all.
 *
 * Runs in the loader and in ctl, after every service has its id. It only ever
 * takes services away: what has a fault is not revived (D8).
 */
#include <strings.h>

#include "policy/parse-internal.h"

static bool
is_named(const struct word_list *list, const char *id)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		if (strcasecmp(list->words[i], id) == 0)
			return true;
	return false;
}

/* A misspelt id in "disabled" would leave a service running. */
static void
tell_unknown_ids(struct source *source, enum attr_id id,
    const struct word_list *list)
{
	const struct policy *policy = source->policy;
	struct report report = {
		.effect = DIAG_WARNING, .code = DIAG_UNKNOWN_NAME,
		.place = source->defaults->values.where[id],
		.attribute = attr_name(id),
		.message = "no service has this id",
	};
	const char **ids;
	unsigned i;

	ids = arena_alloc(policy->arena, policy->count + 1, sizeof(*ids));
	if (ids == NULL)
		return;
	for (i = 0; i < policy->count; i++)
		ids[i] = policy->services[i]->id;
	for (i = 0; i < list->count; i++) {
		if (policy_service(policy, list->words[i]) != NULL)
			continue;
		report.value = list->words[i];
		report.hint = diag_nearest(list->words[i], ids, policy->count,
		    sizeof(ids[0]));
		if (report.hint != NULL)
			report.hint = arena_format(policy->arena,
			    "did you mean %s?", report.hint);
		parse_report(source->policy, &report);
	}
}

void
merge_enabled(struct source *source)
{
	const struct defaults *defaults = source->defaults;
	struct policy *policy = source->policy;
	struct service *service;
	unsigned i;

	for (i = 0; i < policy->count; i++) {
		service = policy->services[i];
		if (defaults->values.given[ATTR_ENABLED] &&
		    !is_named(&defaults->enabled, service->id))
			service->off = true;
		if (is_named(&defaults->disabled, service->id))
			service->off = true;
	}
	tell_unknown_ids(source, ATTR_ENABLED, &defaults->enabled);
	tell_unknown_ids(source, ATTR_DISABLED, &defaults->disabled);
}
