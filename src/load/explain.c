/*
 * Why a client is let in or not: see explain.h.
 *
 * Runs in "sallyport-load --explain", after it has given up what rights it had.
 * A question that the request does not answer leaves the verdict open; then
 * the document says what it is when nobody can answer (and unknown never opens).
 */
#include "load/explain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load/json-out.h"
#include "load/tables.h"
#include "policy/calendar.h"
#include "policy/parse.h"
#include "policy/print.h"
#include "policy/rule.h"

#define PLACE_BYTES 4200	/* a path and a line number */
#define QUESTIONS_MAX 80	/* more than one decision can ask */

struct explain {
	struct policy *policy;	/* with places */
	const struct service *service;	/* of that policy */
	const struct explain_request *request;
	struct policy *read;	/* as a dispatcher has it */
	struct matcher matcher;
	struct tables tables;
	void *block;		/* of the tables */
	struct facts facts;
	struct zone_time moment;
	struct verdict verdict;
	struct question open;	/* that the request does not answer */
	struct rule_step steps[RULE_STEPS];
	struct json_out json;
};

/* --- the question ---------------------------------------------------------- */

static const struct service *
find_service(const struct policy *policy, const char *id)
{
	for (unsigned i = 0; i < policy->count; i++)
		if (strcasecmp(policy->services[i]->id, id) == 0)
			return policy->services[i];
	return NULL;
}

static bool
read_figures(const char **text, unsigned digits, char end, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++) {
		if (**text < '0' || **text > '9')
			return false;
		*out = *out * 10 + *(*text)++ - '0';
	}
	if (**text != end)
		return end == ':' && **text == '\0';
	*text += end != '\0';
	return true;
}

/* By the wall clock of the policy's zone. In the hour that a clock goes through
 * twice the first one is meant; one that it leaves out is an hour later. */
static bool
read_moment(const char *text, const struct zone *zone, int64_t *out)
{
	int year, month, day, hour, minute, second = 0;
	struct zone_time local;
	int64_t seconds;

	if (!read_figures(&text, 4, '-', &year) ||
	    !read_figures(&text, 2, '-', &month) ||
	    !read_figures(&text, 2, ' ', &day) ||
	    !read_figures(&text, 2, ':', &hour) ||
	    !read_figures(&text, 2, ':', &minute) ||
	    (*text != '\0' && !read_figures(&text, 2, '\0', &second)) ||
	    year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > calendar_month_length(year, month) || hour > 23 ||
	    minute > 59 || second > 59)
		return false;
	seconds = calendar_days(year, month, day) * CALENDAR_DAY +
	    hour * 3600 + minute * 60 + second;
	/* East of Greenwich the day before decides which offset holds. */
	zone_local(zone, seconds - CALENDAR_DAY, &local);
	*out = seconds - local.offset;
	zone_local(zone, *out, &local);
	if (local.hour != hour || local.minute != minute) {
		zone_local(zone, seconds + CALENDAR_DAY, &local);
		*out = seconds - local.offset;
	}
	return true;
}

static bool
prepare(struct explain *e, const char **why)
{
	const struct explain_request *r = e->request;
	const struct zone *zone = &e->policy->gateway.zone;

	*why = NULL;
	e->service = find_service(e->policy, r->service);
	if (e->service == NULL)
		*why = "there is no such service; sallyport show lists them";
	else if (e->service->off)
		*why = "the service is disabled";
	else if (e->service->refused)
		*why = "the service is refused; sallyport check says why";
	else if (kind_table[e->service->kind].starter == STARTER_NOBODY &&
	    (e->service->flags & FLAG_SENSOR) != 0)
		*why = "it is a sensor, which lets nobody in";
	else if (e->policy->diags.load_errors > 0)
		*why = "the configuration is not usable; sallyport check says "
		    "why";
	else if (!addr_parse(&e->facts.source, r->from))
		*why = "--from needs an address";
	e->facts.zone = zone;
	e->facts.now = (int64_t)(wall_us() / 1000000);
	if (*why == NULL && r->at != NULL &&
	    !read_moment(r->at, zone, &e->facts.now))
		*why = "--at needs a moment such as \"2026-11-23 03:00\"";
	if (*why != NULL)
		return false;
	zone_local(zone, e->facts.now, &e->moment);
	return true;
}

/* As the dispatcher reads it. */
static bool
open_matcher(struct explain *e, const char **why)
{
	static char error[256];
	const struct service *s;
	size_t length, size;
	const char *text;

	e->block = tables_make(e->policy, &size, why);
	if (e->block == NULL)
		return false;
	*why = "the policy does not fit into memory";
	text = print_policy(e->policy, CONSUMER_DISPATCH, &length);
	e->read = text == NULL ? NULL : parse_canonical(text, length,
	    CONSUMER_DISPATCH, error, sizeof(error));
	if (e->read == NULL || (size > 0 &&
	    !tables_open(&e->tables, e->block, size)))
		return false;
	s = find_service(e->read, e->service->id);
	return s != NULL && matcher_open(&e->matcher, s, &e->read->gateway,
	    &e->tables);
}

/* --- the answer ------------------------------------------------------------ */

/* What the request says to a question; false when it says nothing. */
static bool
answer(struct facts *facts, const struct explain_request *r,
    const struct question *q)
{
	switch (q->kind) {
	case QUESTION_HOST:
		if (r->host == NULL || facts->host_count == FACTS_HOSTS_MAX)
			return false;
		facts->host[facts->host_count].name = q->name;
		facts->host[facts->host_count++].answer =
		    strcasecmp(q->name, r->host) == 0 ? TRI_YES : TRI_NO;
		return true;
	case QUESTION_NAMES:
		if (r->host == NULL)
			return false;
		facts->names = TRI_YES;
		facts->name[0] = r->host;
		facts->name_count = strcmp(r->host, "-") == 0 ? 0 : 1;
		return true;
	case QUESTION_IDENT:
		if (r->ident == NULL)
			return false;
		facts->ident = strcmp(r->ident, "-") == 0 ? TRI_NO : TRI_YES;
		facts->ident_user = r->ident;
		return true;
	case QUESTION_NONE:
		break;
	}
	return false;
}

static void
decide(struct explain *e)
{
	for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
		e->verdict = rule_access(&e->matcher, &e->facts);
		if (e->verdict.answer != ANSWER_ASK)
			break;
		if (!answer(&e->facts, e->request, &e->verdict.question)) {
			e->open = e->verdict.question;
			e->facts.is_final = true;
		}
	}
	rule_trace(&e->matcher, &e->facts, e->steps);
}

static const char *
question_text(const struct explain *e, const struct question *q)
{
	switch (q->kind) {
	case QUESTION_HOST:
		return arena_format(e->policy->arena, "does %s resolve to %s?",
		    q->name, e->request->from);
	case QUESTION_NAMES:
		return arena_format(e->policy->arena, "what are the names of "
		    "%s?", e->request->from);
	case QUESTION_IDENT:
		return arena_format(e->policy->arena, "which user does the "
		    "ident server of %s name?", e->request->from);
	case QUESTION_NONE:
		break;
	}
	return NULL;
}

static const char *
verdict_word(const struct explain *e)
{
	if (e->open.kind != QUESTION_NONE)
		return "open";
	return e->verdict.answer == ANSWER_ALLOW ? "allow" : "deny";
}

/* The entry of a list, or the rule of a hosts file, that a verdict names. */
static const char *
rule_of(const struct explain *e, const struct verdict *v,
    const struct place **place)
{
	const struct access_list *list = v->attr == ATTR_ONLY_FROM ?
	    &e->service->only_from : v->attr == ATTR_NO_ACCESS ?
	    &e->service->no_access : NULL;
	const struct wrap_rules *rules = &e->policy->gateway.wrap;
	uint32_t wrap = v->attr == ATTR_WRAP ? v->entry : v->wrap;

	*place = NULL;
	if (list != NULL && v->entry < list->count) {
		*place = &list->entries[v->entry].place;
		return list->entries[v->entry].word;
	}
	if (v->attr == ATTR_ONLY_FROM || v->attr == ATTR_ACCESS_TIMES ||
	    v->attr == ATTR_FLAGS) {
		*place = &e->service->where[v->attr];
		return NULL;
	}
	if (wrap < rules->count)
		*place = &rules->rules[wrap].place;
	return NULL;
}

static const char *
place_text(const struct explain *e, const struct place *place,
    char out[PLACE_BYTES])
{
	if (place == NULL || place->file == 0)
		return NULL;
	(void)policy_place(e->policy, place, out, PLACE_BYTES);
	return out;
}

/* --- for programs ---------------------------------------------------------- */

static void
put_rule(struct explain *e, const struct verdict *v)
{
	char out[PLACE_BYTES];
	const struct place *place;
	const char *word = rule_of(e, v, &place);

	json_text(&e->json, "attribute", v->attr == ATTR_NONE ? NULL :
	    attr_name(v->attr));
	json_text(&e->json, "rule", word);
	json_text(&e->json, "place", place_text(e, place, out));
}

static const char *
step_word(const struct rule_step *step)
{
	return !step->may_allow ? "deny" : step->may_deny ? "open" : "allow";
}

static void
write_json(struct explain *e)
{
	struct json_out *json = &e->json;

	json_open(json, NULL, "{");
	json_text(json, "service", e->service->id);
	json_text(json, "from", e->request->from);
	json_text(json, "at", arena_format(e->policy->arena,
	    "%04d-%02d-%02d %02d:%02d:%02d %s", e->moment.year,
	    e->moment.month, e->moment.day, e->moment.hour, e->moment.minute,
	    e->moment.second, e->moment.name));
	json_text(json, "answer", verdict_word(e));
	json_text(json, "unanswered", e->verdict.answer == ANSWER_ALLOW ?
	    "allow" : "deny");
	json_text(json, "reason", e->verdict.answer == ANSWER_DENY ?
	    reason_word(e->verdict.reason) : NULL);
	put_rule(e, &e->verdict);
	json_text(json, "question", question_text(e, &e->open));
	json_open(json, "steps", "[");
	for (unsigned i = 0; i < RULE_STEPS; i++) {
		json_open(json, NULL, "{");
		json_text(json, "step", e->steps[i].name);
		json_text(json, "answer", step_word(&e->steps[i]));
		put_rule(e, &e->steps[i].verdict);
		json_close(json, "}");
	}
	json_close(json, "]");
	json_close(json, "}");
	out_raw(&json->out, "\n");
}

/* --- for people ------------------------------------------------------------ */

/* " by no_access 192.0.2.0/24 (/etc/xinetd.conf:12)", without what a terminal
 * would obey. `known` is an attribute that need not be named. */
static void
write_rule(struct explain *e, const struct verdict *v, const char *known)
{
	char out[PLACE_BYTES];
	const struct place *place;
	const char *word = rule_of(e, v, &place), *where;

	where = place_text(e, place, out);
	if (v->attr != ATTR_NONE && v->attr != ATTR_WRAP &&
	    strcmp(attr_name(v->attr), known) != 0)
		out_format(&e->json.out, " by %s", attr_name(v->attr));
	if (word != NULL)
		out_word(&e->json.out, word);
	if (where != NULL) {
		out_raw(&e->json.out, " (");
		for (char plain[2] = ""; *where != '\0'; where++) {
			plain[0] = *where < ' ' || *where > '~' ? '?' : *where;
			out_raw(&e->json.out, plain);
		}
		out_raw(&e->json.out, ")");
	}
}

static void
write_people(struct explain *e)
{
	static const char *const words[] = {
		[ANSWER_ALLOW] = "allowed", [ANSWER_DENY] = "denied"
	};
	struct out *out = &e->json.out;
	bool is_open = e->open.kind != QUESTION_NONE;

	out_format(out, "%s from %s, %04d-%02d-%02d %02d:%02d %s:\n",
	    e->service->id, e->request->from, e->moment.year, e->moment.month,
	    e->moment.day, e->moment.hour, e->moment.minute, e->moment.name);
	if (is_open) {
		out_raw(out, "  it depends: ");
		out_raw(out, question_text(e, &e->open));
		out_raw(out, "\n  without an answer: ");
	} else {
		out_raw(out, "  ");
	}
	out_raw(out, words[e->verdict.answer]);
	write_rule(e, &e->verdict, "");
	if (e->verdict.answer == ANSWER_DENY)
		out_format(out, ", reason \"%s\"",
		    reason_word(e->verdict.reason));
	out_raw(out, "\n\n");
	for (unsigned i = 0; i < RULE_STEPS; i++) {
		out_format(out, "  %-12s %s", e->steps[i].name,
		    e->steps[i].may_allow ? "passes" : "denies");
		write_rule(e, &e->steps[i].verdict, e->steps[i].name);
		out_raw(out, "\n");
	}
	out_raw(out, "\n  What only a running daemon knows, limits and whom a "
	    "sensor has met,\n  is left out.\n");
}

char *
explain_text(struct policy *policy, const struct explain_request *request,
    size_t *length, enum exit_code *code, const char **why)
{
	struct explain e = { .policy = policy, .request = request };
	char *text = NULL;

	if (prepare(&e, why) && open_matcher(&e, why)) {
		decide(&e);
		out_init(&e.json.out, policy->arena);
		if (request->is_json)
			write_json(&e);
		else
			write_people(&e);
		text = out_text(&e.json.out, length);
		*why = "out of memory";
		*code = e.open.kind == QUESTION_NONE &&
		    e.verdict.answer == ANSWER_ALLOW ? EXIT_CLEAN :
		    EXIT_FINDINGS;
	}
	policy_free(e.read);
	free(e.block);
	return text;
}
