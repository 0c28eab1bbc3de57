/*
 * Becoming a daemon, and what that needs.
 */
#ifndef PARENT_DAEMON_H
#define PARENT_DAEMON_H

#include "parent/parent.h"

/* Descriptors 0-2 exist, nothing above them is open, nobody may look into our
 * memory, the descriptor limit is raised. */
void daemon_clean(struct parent *);

/*
 * Unless in the foreground: a new session in a new process. The process that
 * was started waits until the policy is in force, or has failed, and exits with
 * the code that says so.
 */
void daemon_detach(struct parent *);

/* Writes and locks the pid file. Ends the program when another daemon holds
 * it. Kept open; daemon_remove_pid_file() ends it. */
void daemon_pid_file(struct parent *);
void daemon_remove_pid_file(struct parent *);

/* The run directory and the state files in it, locked against a second
 * daemon. */
void daemon_state(struct parent *);
void daemon_remove_state(struct parent *);

#endif
