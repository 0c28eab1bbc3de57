/*
 * What happens between fork and exec. Runs as root in a copy of the parent.
 *
 * One straight line of numbered steps; every result is checked and a failure
 * is reported as {pid, step, errno} and ends the child. Nothing here may
 * allocate, use stdio, look anything up or log: the test of borders holds this
 * file to a list of calls. There is exactly one way to start a server
 * (CVE-2013-4342 was a second one).
 */
#include "parent/child.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <unistd.h>

static const char *const step_names[STEP_MAX] = {
	[STEP_NONE] = "none",
	[STEP_SESSION] = "new session",
	[STEP_LIMIT] = "resource limit",
	[STEP_NICE] = "nice",
	[STEP_DESCRIPTORS] = "descriptors",
	[STEP_GROUPS] = "supplementary groups",
	[STEP_GROUP] = "group",
	[STEP_USER] = "user",
	[STEP_IDS] = "check of ids",
	[STEP_CAPABILITIES] = "capabilities",
	[STEP_DIRECTORY] = "directory",
	[STEP_SIGNALS] = "signal mask",
	[STEP_LABEL_SYSTEM] = "flag LABELED: SELinux",
	[STEP_LABEL_CLIENT] = "flag LABELED: label of the client",
	[STEP_LABEL_SERVER] = "flag LABELED: SELinux context of the server",
	[STEP_LABEL] = "flag LABELED: context with the client's range",
	[STEP_EXEC] = "exec",
};

const char *
child_step_name(int step)
{
	return step > 0 && step < STEP_MAX ? step_names[step] : "unknown step";
}

static _Noreturn void
give_up(int status_pipe, enum child_step step)
{
	struct child_failure failure = {
		.pid = (int32_t)getpid(), .step = step, .error = errno
	};

	ssize_t written = write(status_pipe, &failure, sizeof(failure));

	(void)written;	/* the exit code says as much */
	_exit(step == STEP_EXEC ? EXIT_EXEC : EXIT_BEFORE_EXEC);
}

/*
 * Soft and hard alike, as xinetd does. Without CAP_SYS_RESOURCE a limit cannot
 * be raised; then the server gets the most there is, never more than configured.
 */
static int
set_limit(const struct child_limit *limit)
{
	struct rlimit wanted = { limit->value, limit->value };
	struct rlimit present;

	if (setrlimit((__rlimit_resource_t)limit->resource, &wanted) == 0)
		return 0;
	if (errno != EPERM ||
	    getrlimit((__rlimit_resource_t)limit->resource, &present) == -1)
		return -1;
	present.rlim_cur = present.rlim_max;
	return setrlimit((__rlimit_resource_t)limit->resource, &present);
}

static int
set_nice(int change)
{
	if (change == 0)
		return 0;
	errno = 0;
	if (nice(change) == -1 && errno != 0)
		return -1;
	return 0;
}

/* The connection becomes 0, 1 and 2; the status pipe STEP_PIPE, closed by exec;
 * nothing else stays open. */
static int
set_descriptors(const struct child_plan *plan, int *status_pipe)
{
	int connection = plan->fd;
	int status = plan->status_pipe;

	/* Away from the numbers that are about to be overwritten. */
	if (connection <= STEP_PIPE &&
	    (connection = fcntl(connection, F_DUPFD, STEP_PIPE + 1)) == -1)
		return -1;
	if (status != STEP_PIPE) {
		if (status < STEP_PIPE && (status = fcntl(status,
		    F_DUPFD_CLOEXEC, STEP_PIPE + 1)) == -1)
			return -1;
		if (dup3(status, STEP_PIPE, O_CLOEXEC) == -1)
			return -1;
	}
	*status_pipe = STEP_PIPE;
	for (int fd = 0; fd <= 2; fd++) {
		if (dup2(connection, fd) == -1)
			return -1;
	}
	return (int)syscall(SYS_close_range, STEP_PIPE + 1U, ~0U, 0U);
}

/* An ordinary user keeps nothing; the bounding set stays whole, or login and
 * su inside the session could not work. Root keeps what the daemon has. */
static int
drop_capabilities(uid_t uid)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0
	};
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (uid == 0)
		return 0;
	if (syscall(SYS_capset, &header, data) == -1 ||
	    syscall(SYS_capget, &header, data) == -1)
		return -1;
	for (int i = 0; i < 2; i++) {
		if ((data[i].effective | data[i].permitted |
		    data[i].inheritable) != 0) {
			errno = EPERM;
			return -1;
		}
	}
	return 0;
}

/* The kernel is asked what really holds, and root must be out of reach. */
static int
check_ids(const struct child_plan *plan)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (getresuid(&ru, &eu, &su) == -1 || getresgid(&rg, &eg, &sg) == -1)
		return -1;
	if (ru != plan->uid || eu != plan->uid || su != plan->uid ||
	    rg != plan->gid || eg != plan->gid || sg != plan->gid ||
	    getgroups(0, NULL) != (int)plan->group_count ||
	    (plan->uid != 0 && setuid(0) != -1)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

_Noreturn void
child_run(const struct child_plan *plan)
{
	int status_pipe = plan->status_pipe;
	sigset_t none;

	/* 1: no controlling terminal, own process group */
	if (setsid() == -1)
		give_up(status_pipe, STEP_SESSION);
	/* 2: while still root, so that limits and priority can be raised */
	for (unsigned i = 0; i < plan->limit_count; i++) {
		if (set_limit(&plan->limits[i]) == -1)
			give_up(status_pipe, STEP_LIMIT);
	}
	if (set_nice(plan->nice) == -1)
		give_up(status_pipe, STEP_NICE);
	(void)umask(plan->umask);	/* cannot fail */
	/* 3 */
	if (set_descriptors(plan, &status_pipe) == -1)
		give_up(status_pipe, STEP_DESCRIPTORS);
	/* 4: groups before the user, who may not change them */
	if (setgroups(plan->group_count, plan->groups) == -1)
		give_up(status_pipe, STEP_GROUPS);
	if (setresgid(plan->gid, plan->gid, plan->gid) == -1)
		give_up(status_pipe, STEP_GROUP);
	/* 5 */
	if (setresuid(plan->uid, plan->uid, plan->uid) == -1)
		give_up(status_pipe, STEP_USER);
	/* 6 */
	if (drop_capabilities(plan->uid) == -1)
		give_up(status_pipe, STEP_CAPABILITIES);
	if (check_ids(plan) == -1)
		give_up(status_pipe, STEP_IDS);
	/* 7: as the user */
	if (chdir("/") == -1)
		give_up(status_pipe, STEP_DIRECTORY);
	/* 8: dispositions are the default already: the parent has no handlers */
	if (sigemptyset(&none) == -1 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		give_up(status_pipe, STEP_SIGNALS);
	/* 9: whoever labels the server has a step of its own to report */
	if (plan->is_labeled && fcntl(status_pipe, F_SETFD, 0) == -1)
		give_up(status_pipe, STEP_DESCRIPTORS);
	execve(plan->path, plan->argv, plan->envp);
	give_up(status_pipe, STEP_EXEC);
}
