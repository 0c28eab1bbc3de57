/*
 * The last doors: MDWE, Landlock, system-call filter.
 *
 * Called once, after everything has been opened and allocated. The tables are
 * in sandbox-rules.c, one per role.
 */
#ifndef SHARED_SANDBOX_H
#define SHARED_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_role {
	SANDBOX_DISPATCH, SANDBOX_LOG, SANDBOX_LOAD, SANDBOX_RESOLVE,
	SANDBOX_RELAY, SANDBOX_LOOKUP,
	SANDBOX_MAX
};

/* Puts the role's layers on; returns those obtained (enum sandbox_layer).
 * Ends the process with EXIT_SANDBOX when the filter cannot be loaded. In a
 * sanitizer build the filter is widened (sandbox-rules.c says how). */
uint32_t sandbox_enter(enum sandbox_role);

/* What happens to a call that is not simply allowed. */
enum rule_action {
	RULE_ALLOW, RULE_ERRNO_ACCES, RULE_KILL, RULE_MASKED, RULE_ERRNO_NOSYS
};

/* As a test's value: this process's own id, known only at run time. */
#define SANDBOX_OWN_PID UINT64_MAX

#define SANDBOX_TESTS 3
struct sandbox_rule {
	const char *call;	/* name as libseccomp knows it */
	enum rule_action action;
	/* RULE_MASKED: allowed when (argument & mask) == value, up to three.
	 * Other actions apply only when the tests given hold. Several rows
	 * of one call are alternatives; RULE_KILL with tests comes before
	 * them and is an exception to what they allow. */
	struct {
		int argument;	/* -1: unused; so is a mask of 0 */
		uint64_t mask, value;
	} test[SANDBOX_TESTS];
	const char *reason;	/* why this role needs it, or must not */
};

struct sandbox_table {
	const char *role;
	bool default_allow;	/* the resolver's deny-list shape */
	bool landlock_files;	/* deny the whole file system */
	/* Where Landlock lets it connect by TCP, from any free port; 0 ends
	 * the list. Empty: nowhere. */
	uint16_t connect_ports[4];
	const struct sandbox_rule *rules;
	size_t count;
};
extern const struct sandbox_table sandbox_tables[SANDBOX_MAX];

#endif
