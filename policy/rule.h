/*
 * The decision: one connection's facts and a policy give a verdict.
 *
 * Pure; part of the matcher. The daemon and every question an administrator
 * can ask call these functions and no others. The order is DESIGN section 5;
 * steps that belong to later releases are simply absent from it.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include <stdint.h>

#include "policy/limit.h"
#include "policy/policy.h"
#include "policy/prefix.h"
#include "policy/reason.h"

enum answer { ANSWER_ALLOW, ANSWER_DENY };

/* What of a service the matcher needs beside struct service. */
struct matcher {
	const struct service *service;
	struct prefix_table only_from, no_access;	/* when present */
};

/* Opens the tables a service names. False when a table is missing or wrong. */
bool matcher_open(struct matcher *, const struct service *,
    const struct tables *);

#define RULE_ENTRY_NONE UINT32_MAX

struct verdict {
	enum answer answer;
	enum reason reason;
	enum attr_id attr;	/* the deciding attribute, or ATTR_NONE */
	uint32_t entry;		/* in its list, or RULE_ENTRY_NONE */
};

struct facts {
	struct addr source;
	int64_t now;		/* Unix seconds */
	const struct zone *zone;
};

struct counts {			/* for the limits; gathered only when needed */
	uint64_t now_us;	/* monotonic */
	uint64_t source_instances;	/* of this service and source */
	uint64_t instances;	/* of this service */
	uint64_t processes;	/* of all services */
	uint64_t process_limit;	/* POLICY_UNLIMITED for none */
	uint64_t load;		/* one-minute load average in thousandths */
	const struct limit_bucket *cps;
};

/* Steps 4 to 7: who and when. */
struct verdict rule_access(const struct matcher *, const struct facts *);

/* Steps 9 and 10: how many. Charges nothing; after an allow the caller takes
 * the cps token. */
struct verdict rule_limits(const struct matcher *, const struct counts *);

#endif
