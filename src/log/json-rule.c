/*
 * The rule that decided, by name and place, in a JSON record.
 *
 * Runs in sallyport-log. A record carries numbers; the words come from the log
 * text of its generation. Pure; nothing in a record can lead outside it.
 */
#include "log/json-rule.h"

#include "policy/out.h"
#include "policy/policy.h"
#include "shared/util.h"

/* Layer of the decision that an attribute stands for. */
static const char *
rule_category(uint32_t attr)
{
	switch (attr) {
	case ATTR_ONLY_FROM:
	case ATTR_NO_ACCESS:
		return "address";
	case ATTR_ACCESS_TIMES:
		return "time";
	case ATTR_WRAP:
		return "libwrap";
	case ATTR_DENY_TIME:
		return "sensor";
	case ATTR_FLAGS:
		return "ident";
	case ATTR_CPS:
		return "rate";
	default:
		return "limit";
	}
}

static const struct access_list *
access_list_of(const struct service *service, uint32_t attr)
{
	if (attr == ATTR_ONLY_FROM)
		return &service->only_from;
	return attr == ATTR_NO_ACCESS ? &service->no_access : NULL;
}

/* The value of a limit, as a person would write it; "" without one. */
static void
limit_words(const struct service *service, uint32_t attr, char *words,
    size_t size)
{
	uint64_t value = attr == ATTR_INSTANCES ? service->instances :
	    attr == ATTR_PER_SOURCE ? service->per_source : 0;

	if (attr == ATTR_CPS)
		(void)format_text(words, size, " %llu %llu",
		    (unsigned long long)service->cps.rate,
		    (unsigned long long)service->cps.wait);
	else if (attr == ATTR_MAX_LOAD)
		(void)format_text(words, size, " %llu.%03llu",
		    (unsigned long long)service->max_load / 1000,
		    (unsigned long long)service->max_load % 1000);
	else if (value != 0 && value != POLICY_UNLIMITED)
		(void)format_text(words, size, " %llu",
		    (unsigned long long)value);
}

/* The entry's own words, and where it stands; "" when there is none. */
static const struct place *
rule_entry(const struct service *service, const struct record *record,
    char *words, size_t size)
{
	const struct access_list *list = access_list_of(service, record->attr);
	const struct time_list *times = &service->access_times;
	const struct when_range *range;

	words[0] = '\0';
	if (list != NULL && record->entry < list->count) {
		(void)format_text(words, size, " %.600s",
		    list->entries[record->entry].word);
		return &list->entries[record->entry].place;
	}
	if (record->attr == ATTR_ACCESS_TIMES && record->entry < times->count) {
		range = &times->entries[record->entry].range;
		(void)format_text(words, size, " %02u:%02u-%02u:%02u",
		    range->start / 60u, range->start % 60u, range->end / 60u,
		    range->end % 60u);
		return &times->entries[record->entry].place;
	}
	limit_words(service, record->attr, words, size);
	return &service->where[record->attr];
}

/* A rule of hosts.allow or hosts.deny, as "wrap deny:ALL:ALL"; of a long one
 * the first clients. */
#define WRAP_CLIENTS_SHOWN 8
static const struct place *
wrap_entry(const struct policy *policy, uint32_t entry, char *words,
    size_t size)
{
	const struct wrap_rules *rules = &policy->gateway.wrap;
	struct wrap_rule rule;
	struct arena *arena;
	struct out out;
	size_t length;
	const char *text;

	if (entry >= rules->count)
		return NULL;
	rule = rules->rules[entry];
	if (rule.clients.count > WRAP_CLIENTS_SHOWN)
		rule.clients.count = WRAP_CLIENTS_SHOWN;
	arena = arena_new(1 << 16);
	if (arena != NULL) {
		out_init(&out, arena);
		wrap_print_rule(&out, &rule);
		text = out_text(&out, &length);
		if (text != NULL)
			(void)format_text(words, size, "%.600s", text);
		arena_free(arena);
	}
	return &rules->rules[entry].place;
}

/* Where the rule stands, as far as that is known. */
static void
put_reference(struct json *json, const struct view *view,
    const struct place *place)
{
	char text[JSON_PATH_SIZE];

	if (place == NULL || place->file == 0 || view->policy == NULL)
		return;
	(void)policy_place(view->policy, place, text, sizeof(text));
	put_text(json, "reference", "rule.reference", text, JSON_PATH_SIZE);
}

/* Let in because no list, window or limit of the service says otherwise: the
 * service itself is the rule. */
static void
default_rule(struct json *json, const struct view *view)
{
	if (view->record->action != RECORD_ACCEPTED || view->service == NULL)
		return;
	put_open(json, "rule");
	put_word(json, "category", "default");
	put_word(json, "name", "no access list");
	put_reference(json, view, &view->service->place);
	put_close(json);
}

void
json_rule(struct json *json, const struct view *view)
{
	const struct record *record = view->record;
	const struct place *place = NULL;
	char words[JSON_RULE_SIZE], name[JSON_RULE_SIZE + 64];

	if (record->attr >= ATTR_MAX)
		return;
	if (record->attr == ATTR_NONE) {
		default_rule(json, view);
		return;
	}
	words[0] = '\0';
	if (record->attr == ATTR_PROCESS_LIMIT && view->policy != NULL) {
		place = &view->policy->gateway.where[ATTR_PROCESS_LIMIT];
		(void)format_text(words, sizeof(words), " %llu",
		    (unsigned long long)view->policy->gateway.process_limit);
	} else if (record->attr == ATTR_WRAP && view->policy != NULL)
		place = wrap_entry(view->policy, record->entry, words,
		    sizeof(words));
	else if (view->service != NULL)
		place = rule_entry(view->service, record, words, sizeof(words));
	put_open(json, "rule");
	put_word(json, "category", rule_category(record->attr));
	(void)format_text(name, sizeof(name), "%s%s", attr_name(record->attr),
	    words);
	put_text(json, "name", "rule.name", name, JSON_RULE_SIZE);
	put_reference(json, view, place);
	put_close(json);
}
