/*
 * The decision: one connection's facts and a policy give a verdict.
 *
 * Pure; part of the matcher. The daemon and every question an administrator
 * can ask call these functions and no others. The steps, in their order:
 *
 *	3 a sensor has met the source	4 no_access	5 only_from
 *	6 hosts.allow and hosts.deny	7 access_times	8 ident, with IDONLY
 *	9 the source's own limits	10 max_load, cps, instances, processes
 *
 * 1 and 2 are for an operator's bans and grants, of a later release.
 *
 * Names and ident are three-valued. A verdict of ASK names the one question
 * whose answer is needed next; the caller finds it out, enters it into the
 * facts and asks again. A question is asked only when no step that can be
 * decided without it denies. What stays unknown never opens anything: it lets
 * no list match that would admit, and matches every list that would refuse.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include <stdint.h>

#include "policy/limit.h"
#include "policy/policy.h"
#include "policy/prefix.h"
#include "policy/reason.h"

enum answer { ANSWER_ALLOW, ANSWER_DENY, ANSWER_ASK };

/* What of a service the matcher needs beside struct service. */
struct matcher {
	const struct service *service;
	const struct gateway *gateway;	/* for the rules of hosts.allow */
	struct prefix_table only_from, no_access;	/* when present */
};

/* Opens the tables a service names. False when a table is missing or wrong. */
bool matcher_open(struct matcher *, const struct service *,
    const struct gateway *, const struct tables *);

#define RULE_ENTRY_NONE UINT32_MAX

enum question_kind {
	QUESTION_NONE,
	QUESTION_HOST,		/* does `name` resolve to the source? */
	QUESTION_NAMES,		/* the source's forward-confirmed names */
	QUESTION_IDENT		/* the user, by RFC 1413 */
};
struct question {
	enum question_kind kind;
	const char *name;	/* HOST: as in the list; lives in the policy */
};

enum tri { TRI_UNASKED, TRI_NO, TRI_YES, TRI_UNKNOWN };

#define FACTS_NAMES_MAX 8	/* confirmed names of one source */
#define FACTS_HOSTS_MAX 64	/* literal names asked about one source; others
				 * are compared with its own */

struct facts {
	struct addr source;	/* ADDR_UNIX: lists of addresses do not apply */
	struct addr local;	/* where it went; for "daemon@host" */
	int64_t now;
	const struct zone *zone;
	bool is_penalised;	/* step 3: a sensor has seen the source */
	bool is_final;		/* what was not asked is unknown: never ASK */
	/* Answers so far. names: YES with name_count names (or none), or
	 * UNKNOWN. All names are lower case without a final dot. */
	enum tri names;
	bool has_more_names;	/* YES: others were not confirmed, or no room */
	unsigned name_count;
	const char *name[FACTS_NAMES_MAX];
	unsigned host_count;
	struct {
		const char *name;	/* of the question */
		enum tri answer;	/* NO, YES or UNKNOWN */
	} host[FACTS_HOSTS_MAX];
	enum tri ident;		/* YES: identified; NO: refused or nobody there */
	const char *ident_user;	/* with YES */
};

struct verdict {
	enum answer answer;
	enum reason reason;
	enum attr_id attr;	/* the deciding attribute, or ATTR_NONE */
	uint32_t entry;		/* in its list, or RULE_ENTRY_NONE */
	uint32_t wrap;		/* rule of hosts.allow or hosts.deny that held */
	struct question question;	/* ANSWER_ASK */
};

struct counts {			/* for the limits; gathered only when needed */
	uint64_t now_us;	/* monotonic */
	uint64_t source_instances;	/* of this service and source */
	uint64_t instances;	/* of this service */
	uint64_t processes;	/* of all services */
	uint64_t process_limit;	/* POLICY_UNLIMITED for none */
	uint64_t load;		/* one-minute load average in thousandths */
	const struct limit_bucket *cps;
	bool is_source_fast;	/* source_cps is used up, or it has to wait */
};

/* Steps 3 to 8: who and when. */
struct verdict rule_access(const struct matcher *, const struct facts *);

/* What each of these steps says by itself, in their order, for explanations:
 * the daemon's own functions on the same facts. */
#define RULE_STEPS 6
struct rule_step {
	const char *name;	/* "no_access" */
	bool may_allow, may_deny;	/* both: it depends on `question` */
	struct verdict verdict;
	struct question question;
};
void rule_trace(const struct matcher *, const struct facts *,
    struct rule_step out[static RULE_STEPS]);

/* Steps 9 and 10: how many. Charges nothing; after an allow the caller takes
 * the cps token. Never ASK. */
struct verdict rule_limits(const struct matcher *, const struct counts *);

#endif
