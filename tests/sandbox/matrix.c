/*
 * Every system call number against the role's table.
 *
 * Arguments are chosen so that a call that reaches the kernel fails there
 * (bad descriptor, bad pointer, bad flags) and does nothing. How it fails says
 * where it was stopped: SIGSYS and, as a rule, ENOSYS and EACCES are the
 * filter's; anything else is the kernel's own.
 */
#include "probe.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LAST_NUMBER 470
#define ARGUMENTS 6

/* uretprobe and uprobe: kernels that have them (6.11, 6.18) answer before any
 * filter is asked, with SIGILL unless a probe's own trampoline called. */
#ifdef __x86_64__
#define IS_EXEMPT(number) ((number) == 335 || (number) == 336)
#else
#define IS_EXEMPT(number) false
#endif

struct call {
	long number;
	uint64_t argument[ARGUMENTS];
};

enum answer { LET_THROUGH, ACCES, NOSYS, KILLED, NEVER_ENTERED };

static const char *const answer_names[] = {
	"let through", "EACCES", "ENOSYS", "killed", "child did not start"
};

/* In each tested argument of the call's rows. */
enum sample {
	ALL_ONES,	/* masked or not */
	SATISFYING,	/* the tests hold, every other bit is set */
	PLAIN,		/* the tests hold, every other bit is clear */
	NEAR,		/* the lowest masked bit is wrong */
	ZERO,
	SAMPLES
};

static long
do_call(const void *argument)
{
	const struct call *c = argument;

	errno = 0;
	return syscall(c->number, c->argument[0], c->argument[1],
	    c->argument[2], c->argument[3], c->argument[4], c->argument[5]);
}

static bool
is_row_of(const struct sandbox_rule *rule, long number)
{
	return seccomp_syscall_resolve_name(rule->call) == number;
}

/* The child's own id is not known here; no sample hits it, except by SATISFYING
 * and PLAIN, whose value then is that of no process. */
static bool
holds(const struct sandbox_rule *rule, const struct call *c)
{
	for (int i = 0; i < SANDBOX_TESTS; i++) {
		int a = rule->test[i].argument;

		if (a < 0 || rule->test[i].mask == 0)
			continue;
		if (rule->test[i].value == SANDBOX_OWN_PID)
			return false;
		if ((c->argument[a] & rule->test[i].mask) !=
		    rule->test[i].value)
			return false;
	}
	return true;
}

static enum answer
expected(const struct sandbox_table *table, const struct call *c)
{
	static const enum answer answers[] = {
		[RULE_ALLOW] = LET_THROUGH, [RULE_MASKED] = LET_THROUGH,
		[RULE_ERRNO_ACCES] = ACCES, [RULE_ERRNO_NOSYS] = NOSYS,
		[RULE_KILL] = KILLED,
	};

	for (size_t i = 0; i < table->count; i++)
		if (is_row_of(&table->rules[i], c->number) &&
		    holds(&table->rules[i], c))
			return answers[table->rules[i].action];
	return table->default_allow ? LET_THROUGH : NOSYS;
}

static enum answer
classify(const struct outcome *o)
{
	if (!o->entered)
		return NEVER_ENTERED;
	if (o->signal == SIGSYS)
		return KILLED;
	if (!o->returned || o->result != -1)
		return LET_THROUGH;
	return o->error == ENOSYS ? NOSYS : o->error == EACCES ? ACCES :
	    LET_THROUGH;
}

static enum answer
observe(enum sandbox_role role, const struct call *c, bool is_bare)
{
	struct outcome o = trial_run(&(struct trial){ .role = role,
	    .is_bare = is_bare, .act = do_call, .argument = c });

	return classify(&o);
}

/* True when the kernel's answer is the table's. A call that should have been
 * let through may still be one that this kernel does not have. */
static bool
agrees(enum sandbox_role role, const struct call *c)
{
	enum answer wanted = expected(&sandbox_tables[role], c);
	enum answer got = observe(role, c, false);
	char *name;

	if (got == wanted)
		return true;
	if (wanted == LET_THROUGH && (got == NOSYS || got == ACCES) &&
	    observe(role, c, true) == got)
		return true;
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE,
	    (int)c->number);
	tap_remark("%s: call %ld (%s): expected %s, got %s", role_names[role],
	    c->number, name != NULL ? name : "?", answer_names[wanted],
	    answer_names[got]);
	return false;
}

static void
set_sample(struct call *c, const struct sandbox_rule *rule, enum sample sample)
{
	memset(c->argument, 0xff, sizeof c->argument);
	for (int i = 0; i < SANDBOX_TESTS; i++) {
		uint64_t mask = rule->test[i].mask;
		uint64_t value = rule->test[i].value & mask;
		uint64_t *a;

		if (rule->test[i].argument < 0 || mask == 0)
			continue;
		a = &c->argument[rule->test[i].argument];
		if (sample == SATISFYING)
			*a = value | ~mask;
		else if (sample == PLAIN)
			*a = value;
		else if (sample == NEAR)
			*a = value ^ (mask & -mask);
		else if (sample == ZERO)
			*a = 0;
	}
}

static bool
has_test(const struct sandbox_rule *rule)
{
	return rule->test[0].argument >= 0;
}

void
matrix_run(enum sandbox_role role)
{
	const struct sandbox_table *table = &sandbox_tables[role];
	struct call c;
	unsigned wrong = 0;
	unsigned tried = 0;

	memset(c.argument, 0xff, sizeof c.argument);
	for (c.number = 0; c.number <= LAST_NUMBER; c.number++)
		wrong += !IS_EXEMPT(c.number) && !agrees(role, &c);
	tap_result(wrong == 0, "%s: calls 0 to %d answer as the table says",
	    role_names[role], LAST_NUMBER);

	wrong = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct sandbox_rule *rule = &table->rules[i];

		c.number = seccomp_syscall_resolve_name(rule->call);
		if (!has_test(rule) || c.number < 0)
			continue;
		for (enum sample s = ALL_ONES; s < SAMPLES; s++) {
			set_sample(&c, rule, s);
			wrong += !agrees(role, &c);
			tried++;
		}
	}
	tap_result(wrong == 0 && tried > 0,
	    "%s: %u combinations of tested arguments", role_names[role], tried);
}
