/*
 * What is known about a source, as truth with three values.
 *
 * Pure; part of the matcher. Kleene's logic: NO < UNKNOWN < YES. A fact that
 * nobody has asked for yet may turn out to be any of the three, so an
 * expression has a set of values that it can still take, and, while that is
 * more than one, a question whose answer makes the set smaller.
 */
#ifndef POLICY_FACT_H
#define POLICY_FACT_H

#include "policy/rule.h"

enum { MAYBE_NO = 1, MAYBE_UNKNOWN = 2, MAYBE_YES = 4, MAYBE_ANY = 7 };

struct truth {
	unsigned values;	/* MAYBE_ bits, never none */
	struct question question;	/* while more than one */
};

struct truth truth_of(bool);
struct truth truth_unknown(void);
struct truth truth_and(struct truth, struct truth);
struct truth truth_or(struct truth, struct truth);
struct truth truth_not(struct truth);

/* Is it certain? */
bool truth_is(const struct truth *, unsigned value);

/* Is the source the host of that name? Beyond FACTS_HOSTS_MAX names: is it one of
 * the source's own names? */
struct truth fact_host(const struct facts *, const char *name);

/* Does one of the source's confirmed names pass the test? NO is certain only
 * when there are no other names. */
struct truth fact_names(const struct facts *,
    bool (*test)(const char *name, const char *argument),
    const char *argument);
struct truth fact_suffix(const struct facts *, const char *domain);

/* The parts of that, for who knows already which names pass. How many names are
 * confirmed, and how many hosts were asked about: */
unsigned fact_name_count(const struct facts *);
unsigned fact_host_count(const struct facts *);
/* What a test says that no confirmed name passes: */
struct truth fact_no_name(const struct facts *);
/* Whether the source is a host that was asked about, and one that was not and is
 * none of the confirmed names: */
struct truth fact_answer(enum tri);
struct truth fact_new_host(const struct facts *, const char *name);

/* Has the source any name? Not certain of one with unconfirmed ones only. */
struct truth fact_has_name(const struct facts *);

/* Is the user identified, and does the pattern match? */
struct truth fact_user(const struct facts *, const char *pattern);
struct truth fact_is_identified(const struct facts *);

#endif
