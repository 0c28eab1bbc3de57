/*
 * One question, from ASK to ANSWER: see question.h.
 *
 * Runs in sallyport-lookup. The hosts file comes before DNS, as "files dns" in
 * nsswitch.conf means it: what it says about a name (or an address) is all
 * there is about it. A name of DNS counts only when it resolves back; that there
 * was one that does not is said too, or it would be as good as none.
 */
#include "lookup/question.h"

#include <string.h>

#include "lookup/asker.h"
#include "lookup/identd.h"
#include "shared/util.h"

static enum dns_type
forward_type(const struct question *q)
{
	return q->source.family == 4 ? DNS_A : DNS_AAAA;
}

static void
conclude(struct question *q, enum lookup_result result)
{
	question_stop(q);
	q->answer.lookup_answer.result = result;
	asker_answer(q);
}

/* UNKNOWN beats NO: a deny list must not be opened by a silent server. */
static void
conclude_host(struct question *q)
{
	static const enum lookup_result results[] = {
		[FINDING_UNKNOWN] = LOOKUP_UNKNOWN,
		[FINDING_NONE] = LOOKUP_NO, [FINDING_FOUND] = LOOKUP_YES,
	};

	conclude(q, results[q->attempts[0].verdict]);
}

/* Confirmed names, one blank between; what does not fit whole is left out.
 * Who bans a domain must hear of what is missing: whoever owns the domain
 * decides whether its names resolve back. */
static void
conclude_names(struct question *q)
{
	struct msg_lookup_answer *a = &q->answer.lookup_answer;
	bool is_unknown = false, is_incomplete = q->is_cut;
	size_t used = 0;

	for (unsigned i = 0; i < q->count; i++) {
		const struct attempt *one = &q->attempts[i];
		size_t size = strlen(one->name);

		is_unknown |= one->verdict == FINDING_UNKNOWN;
		if (one->verdict != FINDING_FOUND ||
		    used + (used > 0) + size >= sizeof a->text) {
			is_incomplete = true;
			continue;
		}
		if (used > 0)
			a->text[used++] = ' ';
		memcpy(a->text + used, one->name, size);
		used += size;
	}
	if (used == 0 && is_unknown) {
		conclude(q, LOOKUP_UNKNOWN);
		return;
	}
	a->length = (uint32_t)used;
	a->is_incomplete = is_incomplete;
	conclude(q, LOOKUP_YES);
}

static void
conclude_all(struct question *q)
{
	if (q->ask.kind == LOOKUP_HOST)
		conclude_host(q);
	else
		conclude_names(q);
}

static void
attempt_answered(struct wait *wait, const struct answer *answer)
{
	struct attempt *one = (struct attempt *)((char *)wait -
	    offsetof(struct attempt, wait));
	struct question *q = wait->context;

	one->verdict = answer_find(answer, &q->source);
	if (--q->pending == 0)
		conclude_all(q);
}

/* Begins what attempts[i] needs. */
static void
attempt_begin(struct question *q, struct attempt *one)
{
	const struct answer *known;

	one->verdict = hosts_find(q->lookup->hosts, one->name, &q->source);
	if (one->verdict != FINDING_UNKNOWN)
		return;
	one->wait.act = attempt_answered;
	one->wait.context = q;
	known = resolver_ask(q->lookup->resolver, forward_type(q), one->name,
	    &one->wait);
	if (known != NULL)
		one->verdict = answer_find(known, &q->source);
	else
		q->pending++;
}

static void
attempt_all(struct question *q)
{
	for (unsigned i = 0; i < q->count; i++)
		attempt_begin(q, &q->attempts[i]);
	if (q->pending == 0)
		conclude_all(q);
}

static void
names_known(struct question *q, const struct answer *answer)
{
	const char *name = answer->data;

	if (answer->finding == FINDING_UNKNOWN) {
		conclude(q, LOOKUP_UNKNOWN);
		return;
	}
	for (unsigned i = 0; i < answer->count; i++) {
		size_t size = strlen(name) + 1;

		memcpy(q->attempts[i].name, name, size);
		name += size;
	}
	q->count = answer->count;
	q->is_cut = answer->is_cut;
	attempt_all(q);
}

static void
names_answered(struct wait *wait, const struct answer *answer)
{
	names_known(wait->context, answer);
}

static void
begin_names(struct question *q)
{
	char names[DNS_NAMES][NAME_SIZE];
	char reverse[NAME_SIZE];
	const struct answer *known;

	q->count = hosts_names(q->lookup->hosts, &q->source, names,
	    &q->is_cut);
	for (unsigned i = 0; i < q->count; i++) {
		memcpy(q->attempts[i].name, names[i], NAME_SIZE);
		q->attempts[i].verdict = FINDING_FOUND;
	}
	if (q->count > 0) {
		conclude_names(q);
		return;
	}
	name_reverse(&q->source, reverse);
	q->names.act = names_answered;
	q->names.context = q;
	known = resolver_ask(q->lookup->resolver, DNS_PTR, reverse, &q->names);
	if (known != NULL)
		names_known(q, known);
}

static void
begin_host(struct question *q)
{
	if (!name_normal(q->ask.text, q->ask.length, q->attempts[0].name)) {
		conclude(q, LOOKUP_UNKNOWN);
		return;
	}
	q->count = 1;
	attempt_all(q);
}

/* The asker's oldest conversation gives way: with a server that says nothing. */
static void
make_room_for_ident(const struct question *q)
{
	struct question *one;

	if (q->lookup->sessions < IDENTS_MAX)
		return;
	TAILQ_FOREACH(one, &q->asker->open, others) {
		if (one->session != NULL) {
			question_give_way(one);
			return;
		}
	}
}

static void
begin_ident(struct question *q)
{
	enum ident_failure failure;

	make_room_for_ident(q);
	failure = identd_ask(q);
	if (failure != IDENT_NONE)
		question_ident(q, failure, NULL);
}

/* What came in time counts: names that were confirmed are answered. */
static void
give_up(struct question *q, enum ident_failure failure)
{
	if (q->ask.kind == LOOKUP_IDENT)
		question_ident(q, failure, NULL);
	else if (q->count > 0)
		conclude_all(q);
	else
		conclude(q, LOOKUP_UNKNOWN);
}

static void
deadline(void *context)
{
	give_up(context, IDENT_TIMEOUT);
}

void
question_give_way(struct question *q)
{
	give_up(q, IDENT_SYSTEM_ERROR);
}

bool
question_prepare(struct lookup *lookup)
{
	TAILQ_INIT(&lookup->free);
	for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
		struct question *q = &lookup->questions[i];

		q->lookup = lookup;
		q->timer = loop_timer_new(lookup->loop, deadline, q);
		if (q->timer == NULL)
			return false;
		TAILQ_INSERT_TAIL(&lookup->free, q, others);
	}
	return true;
}

void
question_unknown(const struct msg_ask *ask, enum ident_failure failure,
    union msg *out)
{
	memset(out, 0, sizeof *out);
	(void)msg_prepare(out, MSG_ANSWER);
	out->lookup_answer.id = ask->id;
	out->lookup_answer.kind = ask->kind;
	out->lookup_answer.result = LOOKUP_UNKNOWN;
	if (ask->kind == LOOKUP_IDENT)
		out->lookup_answer.failure = failure;
}

void
question_begin(struct question *q)
{
	static void (*const begin[])(struct question *) = {
		[LOOKUP_HOST] = begin_host, [LOOKUP_NAMES] = begin_names,
		[LOOKUP_IDENT] = begin_ident,
	};

	question_unknown(&q->ask, IDENT_SYSTEM_ERROR, &q->answer);
	q->source = address_of(&q->ask.source);
	q->count = q->pending = 0;
	q->is_cut = false;
	for (unsigned i = 0; i < DNS_NAMES; i++)
		q->attempts[i].verdict = FINDING_UNKNOWN;
	if (!loop_timer_set(q->timer, q->ask.timeout_ms)) {
		conclude(q, LOOKUP_UNKNOWN);
		return;
	}
	begin[q->ask.kind](q);
}

void
question_ident(struct question *q, enum ident_failure failure,
    const char *text)
{
	/* Whether there is an answer at all is known in these two cases. */
	bool is_no = failure == IDENT_NO_SERVER ||
	    failure == IDENT_BAD_RESPONSE;
	struct msg_lookup_answer *a = &q->answer.lookup_answer;

	a->failure = failure;
	if (text != NULL) {
		a->length = (uint32_t)strlen(text);
		must(a->length < sizeof a->text);
		memcpy(a->text, text, a->length);
	}
	conclude(q, text != NULL ? LOOKUP_YES : is_no ? LOOKUP_NO :
	    LOOKUP_UNKNOWN);
}

void
question_stop(struct question *q)
{
	/* Cannot fail for a timer that exists. */
	(void)loop_timer_clear(q->timer);
	resolver_forget(&q->names);
	for (unsigned i = 0; i < DNS_NAMES; i++)
		resolver_forget(&q->attempts[i].wait);
	if (q->session != NULL)
		identd_stop(q);
}
