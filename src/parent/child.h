/*
 * The child between fork and exec.
 */
#ifndef PARENT_CHILD_H
#define PARENT_CHILD_H

#include <sys/resource.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#define CHILD_LIMITS_MAX 8

/* Which step failed; child_step_name() has the words. umask cannot fail. */
enum child_step {
	STEP_NONE, STEP_SESSION, STEP_LIMIT, STEP_NICE, STEP_DESCRIPTORS,
	STEP_GROUPS, STEP_GROUP, STEP_USER, STEP_CAPABILITIES, STEP_IDS,
	STEP_DIRECTORY, STEP_SIGNALS, STEP_EXEC, STEP_MAX
};

struct child_limit {
	int resource;
	rlim_t value;
};

/* All a child needs, computed by the parent before fork(). */
struct child_plan {
	const char *path;
	char *const *argv;
	char *const *envp;
	int fd;			/* becomes 0, 1 and 2 */
	int status_pipe;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	int nice;		/* added to ours */
	mode_t umask;
	struct child_limit limits[CHILD_LIMITS_MAX];
	unsigned limit_count;
};

/* What a failing child writes to the status pipe, in one atomic write. */
struct child_failure {
	int32_t pid;
	int32_t step;
	int32_t error;
};

/* Runs the steps and execs; never returns. */
_Noreturn void child_run(const struct child_plan *);

const char *child_step_name(int step);

#endif
