/*
 * How what stands between fork and a server tells the parent that it cannot go
 * on: the parent's own child, and sallyport-label after it.
 */
#ifndef SHARED_STEP_H
#define SHARED_STEP_H

#include <stdint.h>

/* Where the pipe of the reports is. exec of the server closes it. */
#define STEP_PIPE 3

/* Which step failed; child_step_name() has the words. umask cannot fail. */
enum child_step {
	STEP_NONE, STEP_SESSION, STEP_LIMIT, STEP_NICE, STEP_DESCRIPTORS,
	STEP_GROUPS, STEP_GROUP, STEP_USER, STEP_CAPABILITIES, STEP_IDS,
	STEP_DIRECTORY, STEP_SIGNALS, STEP_LABEL_SYSTEM, STEP_LABEL_CLIENT,
	STEP_LABEL_SERVER, STEP_LABEL, STEP_EXEC, STEP_MAX
};

/* What is written to it, in one atomic write. */
struct child_failure {
	int32_t pid;
	int32_t step;		/* enum child_step */
	int32_t error;		/* errno */
};

/* Exit codes of a process that did not become a server. */
#define EXIT_BEFORE_EXEC 126
#define EXIT_EXEC 127

#endif
