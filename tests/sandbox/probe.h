/*
 * Trials inside our sandboxes: shared by the files of the probe.
 *
 * A trial is a forked child that confines itself as a helper of that role
 * does, enters its sandbox, does one thing and reports through shared memory.
 */
#ifndef TESTS_SANDBOX_PROBE_H
#define TESTS_SANDBOX_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/sandbox.h"

struct outcome {
	bool entered;		/* the child got into its sandbox */
	bool returned;		/* and the call came back */
	long result;
	int error;		/* errno when result is -1 */
	int signal;		/* that ended the child, or 0 */
	int code;		/* its exit code */
	uint32_t layers;	/* what confine() and sandbox_enter() gave */
};

struct trial {
	enum sandbox_role role;
	bool is_full;		/* namespaces and root directory too */
	bool is_bare;		/* confined, but without a sandbox */
	void (*before)(void);	/* as root, before anything else; or NULL */
	long (*act)(const void *);	/* result and errno; or NULL */
	const void *argument;
	void (*inspect)(pid_t);	/* looks at the waiting child; or NULL */
};

struct outcome trial_run(const struct trial *);

/* TAP. Remarks are lines of diagnosis. */
void tap_result(bool is_good, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tap_remark(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

extern const char *const role_names[SANDBOX_MAX];
extern uint32_t probe_uid, probe_gid;

/*
 * Y: succeeds          K: killed by the filter      N: ENOSYS   A: EACCES
 * D: another failure, the kernel's own              B: SIGABRT
 * X: killed by the filter, or by a kernel without that door
 * P: EACCES by Landlock, or D without it             Q: EACCES, or Y without it
 */
struct attempt {
	const char *name;
	long (*act)(void);
	char ends[SANDBOX_MAX + 1];	/* dispatch, log, load, resolve, relay,
					 * lookup */
};
void attempt_run(enum sandbox_role, const struct attempt *);

/* The tests themselves. */
void channels_run(enum sandbox_role);
void channels_prepare(void);
void matrix_run(enum sandbox_role);
void attempts_run(enum sandbox_role);
void attempts_prepare(void);
void confined_run(enum sandbox_role);
void faults_run(enum sandbox_role);

#endif
