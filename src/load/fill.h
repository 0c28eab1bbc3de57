/*
 * Completing a policy with what only the system knows.
 */
#ifndef LOAD_FILL_H
#define LOAD_FILL_H

#include <stdbool.h>

#include "load/read.h"
#include "load/resolve.h"
#include "load/sources.h"
#include "load/users.h"
#include "policy/policy.h"

#define FILL_TEXT_MAX 400	/* bytes of one message */

struct fill {
	struct policy *policy;
	struct resolver *resolver;
	struct users_files users;
	struct read_rights rights;
	struct sources *sources;	/* files that services name */
	const char *hosts_allow, *hosts_deny;
	const char *zone_folder, *local_zone;
	const char *zone_variable;	/* TZ, or NULL */
	bool has_ipv6;
	bool has_reported_loss;	/* of the resolver */
};

/* Fills in ids, ports, listeners, banners and the time zone of every service
 * that is not switched off; faults go to policy->diags. */
void fill_policy(struct fill *);

/* One fault of a service. `value` and `hint` may be NULL. */
void fill_refuse(struct fill *, struct service *, enum diag_code,
    enum attr_id, const char *value, const char *hint, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
void fill_warn(struct fill *, struct service *, enum diag_code,
    enum attr_id, const char *value, const char *hint, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* Takes the result of a question for one attribute. True when there is an
 * answer; otherwise the fault has been reported: `what` names the thing that
 * was looked for ("user"). Losing the resolver refuses the load, once. */
bool fill_answered(struct fill *, struct service *, enum attr_id,
    enum resolve_result, const char *what, const char *value);

#endif
