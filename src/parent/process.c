/*
 * fork and exec of our own helpers. Root; the helper confines itself as its
 * first act, since an empty root directory cannot be entered before exec.
 */
#include "parent/process.h"

#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

/*
 * Two passes: first every descriptor is copied above all sources and targets,
 * so that no dup2() destroys one that is still needed.
 */
static int
place(const int *fds, unsigned count, int standard_error)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int base = (int)count + 6;

	if (null == -1)
		return -1;
	if (null >= base)
		base = null + 1;
	if (standard_error >= base)
		base = standard_error + 1;
	for (unsigned i = 0; i < count; i++) {
		if (fds[i] >= base)
			base = fds[i] + 1;
	}
	for (unsigned i = 0; i < count; i++) {
		if (dup3(fds[i], base + (int)i, O_CLOEXEC) == -1)
			return -1;
	}
	if (dup2(standard_error != -1 ? standard_error : null, 2) == -1 ||
	    dup2(null, 0) == -1 || dup2(null, 1) == -1)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (dup2(base + (int)i, (int)i + 3) == -1)
			return -1;
	}
	return (int)syscall(SYS_close_range, count + 3, ~0U, 0U);
}

pid_t
process_start(const char *path, char *const *argv, char *const *envp,
    const int *fds, unsigned count, int standard_error)
{
	pid_t pid = fork();
	sigset_t none;
	char line[512];
	size_t length;

	if (pid != 0)
		return pid;
	/* Out of the terminal's process group: its keys are for the parent. */
	if (setsid() == -1 || place(fds, count, standard_error) == -1)
		_exit(EXIT_CANNOT);
	(void)sigemptyset(&none);	/* cannot fail */
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		_exit(EXIT_CANNOT);
	execve(path, argv, envp);
	length = format_text(line, sizeof(line), "sallyportd: cannot run %s: "
	    "%s\n", path, strerror(errno));
	(void)write_all(STDERR_FILENO, line, length);
	_exit(EXIT_CANNOT);
}
