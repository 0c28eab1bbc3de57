/*
 * The child between fork and exec.
 */
#ifndef PARENT_CHILD_H
#define PARENT_CHILD_H

#include <sys/resource.h>
#include <sys/types.h>

#include <stdbool.h>

#include "shared/step.h"

#define CHILD_LIMITS_MAX 8

struct child_limit {
	int resource;
	rlim_t value;
};

/* All a child needs, computed by the parent before fork(). */
struct child_plan {
	const char *path;	/* of the server, or of sallyport-label */
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
	bool is_labeled;	/* path reports to the status pipe itself */
};

/* Runs the steps and execs; never returns. */
_Noreturn void child_run(const struct child_plan *);

const char *child_step_name(int step);

#endif
