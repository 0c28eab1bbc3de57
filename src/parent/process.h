/*
 * Starting a helper program with exactly the descriptors it may have.
 */
#ifndef PARENT_PROCESS_H
#define PARENT_PROCESS_H

#include <sys/types.h>

/*
 * Forks and execs `path`. fds[0..count) become 3, 4, ...; 0 and 1 are
 * /dev/null, 2 is standard_error or, when that is -1, /dev/null; everything
 * else is closed. The environment is `envp`. The pid, or -1 with errno.
 */
pid_t process_start(const char *path, char *const *argv, char *const *envp,
    const int *fds, unsigned count, int standard_error);

#endif
