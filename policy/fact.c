/*
 * Facts and three-valued truth; see fact.h.
 *
 * Part of the matcher: dispatch, and the administrator's command.
 */
#include "policy/fact.h"

#include <string.h>
#include <strings.h>

#include "policy/wrap.h"

struct truth
truth_of(bool is_true)
{
	return (struct truth){ .values = is_true ? MAYBE_YES : MAYBE_NO };
}

struct truth
truth_unknown(void)
{
	return (struct truth){ .values = MAYBE_UNKNOWN };
}

static struct truth
unasked(const struct facts *facts, enum question_kind kind, const char *name)
{
	if (facts->is_final)
		return truth_unknown();
	return (struct truth){ MAYBE_ANY, { kind, name } };
}

bool
truth_is(const struct truth *truth, unsigned value)
{
	return truth->values == value;
}

/* Powers of two in the order of the logic: and is the smaller of two values,
 * or the greater. */
static struct truth
combine(struct truth a, struct truth b, bool is_and)
{
	struct truth result = { 0, { QUESTION_NONE, NULL } };

	for (unsigned x = MAYBE_NO; x <= MAYBE_YES; x <<= 1)
		for (unsigned y = MAYBE_NO; y <= MAYBE_YES; y <<= 1)
			if ((a.values & x) != 0 && (b.values & y) != 0)
				result.values |= (x < y) == is_and ? x : y;
	if ((result.values & (result.values - 1)) != 0)
		result.question = a.question.kind != QUESTION_NONE ?
		    a.question : b.question;
	return result;
}

struct truth
truth_and(struct truth a, struct truth b)
{
	return combine(a, b, true);
}

struct truth
truth_or(struct truth a, struct truth b)
{
	return combine(a, b, false);
}

struct truth
truth_not(struct truth a)
{
	a.values = (a.values & MAYBE_UNKNOWN) |
	    ((a.values & MAYBE_NO) != 0 ? MAYBE_YES : 0u) |
	    ((a.values & MAYBE_YES) != 0 ? MAYBE_NO : 0u);
	return a;
}

static bool
is_name(const char *name, const char *wanted)
{
	return strcasecmp(name, wanted) == 0;
}

/* A name counts only behind a dot, and not alone. */
static bool
ends_in(const char *name, const char *domain)
{
	size_t length = strlen(name), end = strlen(domain);

	return length > end + 1 && name[length - end - 1] == '.' &&
	    strcasecmp(name + length - end, domain) == 0;
}

unsigned
fact_name_count(const struct facts *facts)
{
	if (facts->names != TRI_YES)
		return 0;
	return facts->name_count < FACTS_NAMES_MAX ? facts->name_count :
	    FACTS_NAMES_MAX;
}

unsigned
fact_host_count(const struct facts *facts)
{
	return facts->host_count < FACTS_HOSTS_MAX ? facts->host_count :
	    FACTS_HOSTS_MAX;
}

struct truth
fact_answer(enum tri answer)
{
	return answer == TRI_UNKNOWN ? truth_unknown() :
	    truth_of(answer == TRI_YES);
}

/* A name that does not resolve back may be the one: its owner must not escape a
 * ban that way. */
struct truth
fact_no_name(const struct facts *facts)
{
	if (facts->names == TRI_UNASKED)
		return unasked(facts, QUESTION_NAMES, NULL);
	return facts->names == TRI_UNKNOWN || facts->has_more_names ?
	    truth_unknown() : truth_of(false);
}

struct truth
fact_names(const struct facts *facts,
    bool (*test)(const char *name, const char *argument),
    const char *argument)
{
	for (unsigned i = 0; i < fact_name_count(facts); i++)
		if (test(facts->name[i], argument))
			return truth_of(true);
	return fact_no_name(facts);
}

struct truth
fact_suffix(const struct facts *facts, const char *domain)
{
	return fact_names(facts, ends_in, domain);
}

struct truth
fact_has_name(const struct facts *facts)
{
	return fact_name_count(facts) > 0 ? truth_of(true) : fact_no_name(facts);
}

/* When there is no room for a further question the source's own names answer, as
 * libwrap has it: a wait for thousands of names would have no end, and to leave
 * them unknown would refuse everybody. */
struct truth
fact_new_host(const struct facts *facts, const char *name)
{
	return fact_host_count(facts) == FACTS_HOSTS_MAX ?
	    fact_no_name(facts) : unasked(facts, QUESTION_HOST, name);
}

/* Names that were found for another reason may answer. */
struct truth
fact_host(const struct facts *facts, const char *name)
{
	for (unsigned i = 0; i < fact_name_count(facts); i++)
		if (is_name(facts->name[i], name))
			return truth_of(true);
	for (unsigned i = 0; i < fact_host_count(facts); i++) {
		if (!is_name(facts->host[i].name, name))
			continue;
		if (facts->host[i].answer == TRI_UNASKED)
			break;
		return fact_answer(facts->host[i].answer);
	}
	return fact_new_host(facts, name);
}

struct truth
fact_is_identified(const struct facts *facts)
{
	if (facts->ident == TRI_UNASKED)
		return unasked(facts, QUESTION_IDENT, NULL);
	return facts->ident == TRI_UNKNOWN ? truth_unknown() :
	    truth_of(facts->ident == TRI_YES);
}

struct truth
fact_user(const struct facts *facts, const char *pattern)
{
	struct truth known = fact_is_identified(facts);

	if (strcasecmp(pattern, "ALL") == 0)
		return truth_of(true);
	if (strcasecmp(pattern, "KNOWN") == 0)
		return known;
	if (strcasecmp(pattern, "UNKNOWN") == 0)
		return truth_not(known);
	if (!truth_is(&known, MAYBE_YES))
		return known;
	return truth_of(facts->ident_user != NULL &&
	    wrap_glob(pattern, facts->ident_user));
}
