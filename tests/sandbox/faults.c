/*
 * Kernels and containers that refuse, and ones that lie.
 *
 * A filter put on before confine() plays them: a refused call gives EPERM, a
 * lying one says 0 and does nothing. What is best effort must then be missing
 * and no more; what is mandatory must end the helper with EXIT_SANDBOX.
 */
#include "probe.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/util.h"

struct fault {
	const char *name;
	const char *calls[3];
	int error;		/* EPERM, or 0 for the lie */
	int option;		/* of prctl; -1: whatever the arguments */
	bool is_fatal;
	uint32_t missing;	/* layers that must not be reported */
};

static const struct fault faults[] = {
	{ "no namespaces", { "unshare" }, EPERM, -1, false,
	    LAYER_NETNS | LAYER_IPCNS | LAYER_UTSNS },
	{ "no chroot", { "chroot" }, EPERM, -1, false, LAYER_ROOT },
	{ "no directory to be made", { "mkdir", "mkdirat" }, EPERM, -1, false,
	    LAYER_ROOT },
	{ "no Landlock", { "landlock_create_ruleset" }, ENOSYS, -1, false,
	    LAYER_LANDLOCK },
	{ "no Landlock at the end", { "landlock_restrict_self" }, EPERM, -1,
	    false, LAYER_LANDLOCK },
	{ "no MDWE", { "prctl" }, EINVAL, 65 /* PR_SET_MDWE */, false,
	    LAYER_MDWE },
	{ "setresuid refused", { "setresuid" }, EPERM, -1, true, 0 },
	{ "setresuid lies", { "setresuid" }, 0, -1, true, 0 },
	{ "setresgid refused", { "setresgid" }, EPERM, -1, true, 0 },
	{ "setresgid lies", { "setresgid" }, 0, -1, true, 0 },
	{ "setgroups refused", { "setgroups" }, EPERM, -1, true, 0 },
	{ "setgroups lies", { "setgroups" }, 0, -1, true, 0 },
	{ "capset refused", { "capset" }, EPERM, -1, true, 0 },
	{ "capset lies", { "capset" }, 0, -1, true, 0 },
	{ "bounding set refused", { "prctl" }, EPERM, PR_CAPBSET_DROP, true, 0 },
	{ "bounding set lies", { "prctl" }, 0, PR_CAPBSET_DROP, true, 0 },
	{ "no_new_privs refused", { "prctl" }, EINVAL, PR_SET_NO_NEW_PRIVS,
	    true, 0 },
	{ "no_new_privs lies", { "prctl" }, 0, PR_SET_NO_NEW_PRIVS, true, 0 },
	{ "limits refused", { "prlimit64", "setrlimit" }, EINVAL, -1, true, 0 },
	{ "limits lie", { "prlimit64", "setrlimit" }, 0, -1, true, 0 },
	{ "no seccomp", { "seccomp", "prctl" }, EINVAL, PR_SET_SECCOMP, true, 0 },
	{ "seccomp lies", { "seccomp", "prctl" }, 0, PR_SET_SECCOMP, true, 0 },
};

static const struct fault *fault;

static int
add_fault(scmp_filter_ctx filter, const char *call)
{
	int number = seccomp_syscall_resolve_name(call);
	uint32_t action = SCMP_ACT_ERRNO((uint32_t)fault->error & 0xffff);

	if (number == SCMP_SYS(prctl))
		return seccomp_rule_add(filter, action, number, 1,
		    SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)fault->option, 0));
	return seccomp_rule_add(filter, action, number, 0);
}

static void
install(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	/* setgroups must have something to leave undone. */
	gid_t group = probe_gid - 1;
	int result = filter == NULL ? -ENOMEM : 0;

	if (setgroups(1, &group) < 0)
		_exit(99);
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	for (size_t i = 0; result == 0 && i < 3; i++)
		if (fault->calls[i] != NULL)
			result = add_fault(filter, fault->calls[i]);
	if (result == 0)
		result = seccomp_load(filter);
	if (result < 0)
		_exit(99);
	seccomp_release(filter);
	/* The helper's complaint is expected. */
	(void)close(STDERR_FILENO);
}

static bool
is_as_expected(const struct outcome *o)
{
	if (fault->is_fatal)
		return !o->entered && o->code == EXIT_SANDBOX;
	return o->returned && o->code == 0 &&
	    (o->layers & fault->missing) == 0 &&
	    (o->layers & LAYERS_MANDATORY) == LAYERS_MANDATORY;
}

void
faults_run(enum sandbox_role role)
{
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct outcome o;
		bool is_good;

		fault = &faults[i];
		o = trial_run(&(struct trial){ .role = role, .is_full = true,
		    .before = install });
		is_good = is_as_expected(&o);
		tap_result(is_good, "%s: %s: %s", role_names[role],
		    fault->name, fault->is_fatal ? "ends" : "starts");
		if (!is_good)
			tap_remark("entered %d, code %d, signal %d, layers %x",
			    o.entered, o.code, o.signal, o.layers);
	}
}
