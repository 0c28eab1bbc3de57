/*
 * Daemon life: descriptors, session, pid file, state files. Root, at start and
 * at the end.
 */
#include "parent/daemon.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

#define FILES_FOR_SERVERS 4096		/* what xinetd makes of "infinity" */
#define FILES_MAX 1048576

static int pid_file = -1;

static void
raise_files(struct parent *p)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		fatal(EXIT_CANNOT, "getrlimit: %s", strerror(errno));
	p->files_hard = limit.rlim_max == RLIM_INFINITY ? FILES_FOR_SERVERS :
	    limit.rlim_max;
	limit.rlim_cur = limit.rlim_max > FILES_MAX ? FILES_MAX : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		fatal(EXIT_CANNOT, "setrlimit: %s", strerror(errno));
}

void
daemon_clean(struct parent *p)
{
	int fd;

	/* A starter may have closed 0-2: what is opened next must not get one
	 * of these numbers. */
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd == -1)
			fatal(EXIT_CANNOT, "/dev/null: %s", strerror(errno));
	} while (fd <= 2);
	(void)close(fd);
	if (syscall(SYS_close_range, 3U, ~0U, 0U) == -1)
		fatal(EXIT_CANNOT, "close_range: %s; Linux 5.14 or newer is "
		    "needed", strerror(errno));
	/* Early, so that its number is below any limit set later. */
	p->reserve = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (p->reserve == -1)
		fatal(EXIT_CANNOT, "descriptors: %s", strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		fatal(EXIT_CANNOT, "prctl: %s", strerror(errno));
	p->start_umask = umask(0077);
	raise_files(p);
	if (chdir("/") == -1)
		fatal(EXIT_CANNOT, "chdir /: %s", strerror(errno));
	p->ready_pipe = -1;
}

/* In the process that was started: the daemon says one byte when its policy is
 * in force; without it its exit code is ours. */
static _Noreturn void
wait_for(pid_t pid, int ready)
{
	char byte;
	ssize_t n;
	int status;

	do {
		n = read(ready, &byte, 1);
	} while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(EXIT_CLEAN);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_CANNOT);
}

void
daemon_detach(struct parent *p)
{
	int ready[2];
	pid_t pid;
	int null;

	if (p->options.foreground)
		return;
	if (pipe2(ready, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal(EXIT_CANNOT, "fork: %s", strerror(errno));
	if (pid > 0) {
		(void)close(ready[1]);
		wait_for(pid, ready[0]);
	}
	(void)close(ready[0]);
	p->ready_pipe = ready[1];
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() == -1 || null == -1 || dup2(null, 0) == -1 ||
	    dup2(null, 1) == -1)
		fatal(EXIT_CANNOT, "new session: %s", strerror(errno));
	(void)close(null);
}

/* A lock that only those can take who may write: flock(2) would let any reader
 * keep us from starting. */
static bool
lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* xinetd does not lock its file; whoever would stop it by that would stop us. */
static void
refuse_pid_of_xinetd(const char *path)
{
	char text[32] = "", name[sizeof("/proc//comm") + 20];
	ssize_t length = pread(pid_file, text, sizeof(text) - 1, 0);
	uint64_t pid;
	int fd;

	text[length > 0 ? (size_t)length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!number_parse(text, INT_MAX, &pid) || pid == 0)
		return;
	(void)format_text(name, sizeof(name), "/proc/%llu/comm",
	    (unsigned long long)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	length = fd == -1 ? 0 : read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	if (length == 7 && memcmp(text, "xinetd\n", 7) == 0)
		fatal(EXIT_CANNOT, "pid file %s is that of xinetd, which still "
		    "runs as process %llu: stop it first", path,
		    (unsigned long long)pid);
}

void
daemon_pid_file(struct parent *p)
{
	const char *path = p->options.pid_file;
	char text[32];
	size_t length;
	struct stat st;

	if (path == NULL)
		return;
	pid_file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY, 0644);
	if (pid_file == -1 || fstat(pid_file, &st) == -1)
		fatal(EXIT_CANNOT, "pid file %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != 0)
		fatal(EXIT_CANNOT, "pid file %s is not a regular file of "
		    "root's", path);
	if (fchmod(pid_file, 0644) == -1)
		fatal(EXIT_CANNOT, "pid file %s: %s", path, strerror(errno));
	if (!lock(pid_file))
		fatal(EXIT_CANNOT, "pid file %s is locked: another daemon runs",
		    path);
	refuse_pid_of_xinetd(path);
	length = format_text(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(pid_file, 0) == -1 ||
	    write_all(pid_file, text, length) == -1)
		fatal(EXIT_CANNOT, "pid file %s: %s", path, strerror(errno));
}

void
daemon_remove_pid_file(struct parent *p)
{
	if (pid_file != -1)
		(void)unlink(p->options.pid_file);
	fd_close(&pid_file);
}

/* Root's directory, nobody else's to write. */
static void
make_run_dir(const char *path)
{
	struct stat st;
	int fd;

	if (strlen(path) > PATH_MAX - 64)
		fatal(EXIT_USAGE, "the run directory's path is too long");
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		fatal(EXIT_CANNOT, "run directory %s: %s", path,
		    strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		fatal(EXIT_CANNOT, "run directory %s: %s", path,
		    strerror(errno));
	if (st.st_uid != 0)
		fatal(EXIT_CANNOT, "run directory %s is not root's", path);
	if (fchmod(fd, 0755) == -1)
		fatal(EXIT_CANNOT, "run directory %s: %s", path,
		    strerror(errno));
	(void)close(fd);
}

static int
state_file(struct parent *p, const char *name, size_t size)
{
	char path[PATH_MAX];
	int fd;

	(void)format_text(path, sizeof(path), "%s/%s", p->options.run_dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		fatal(EXIT_CANNOT, "%s: %s", path, strerror(errno));
	if (!lock(fd))
		fatal(EXIT_CANNOT, "%s is locked: another daemon uses this run "
		    "directory", path);
	/* Empty, so that all of it is zero; the group may read it later. */
	if (ftruncate(fd, 0) == -1 || fchmod(fd, 0640) == -1)
		fatal(EXIT_CANNOT, "%s: %s", path, strerror(errno));
	/* With all its pages: a full file system must be noticed here, not by
	 * a fault when a page is first written. */
	errno = posix_fallocate(fd, 0, (off_t)size);
	if (errno != 0)
		fatal(EXIT_CANNOT, "%s: %s", path, strerror(errno));
	return fd;
}

void
daemon_state(struct parent *p)
{
	char path[PATH_MAX];
	int fd;

	make_run_dir(p->options.run_dir);
	fd = state_file(p, STATE_PARENT, sizeof(*p->state));
	p->state = map_fd(fd, sizeof(*p->state), true);
	if (p->state == NULL)
		fatal(EXIT_CANNOT, "parent.state: %s", strerror(errno));
	state_header_set(&p->state->h, 'P', sizeof(*p->state));
	p->state->pid = (int32_t)getpid();
	p->state->start_us = wall_us();
	if (getrandom(&p->state->boot, sizeof(p->state->boot), 0) !=
	    (ssize_t)sizeof(p->state->boot))
		fatal(EXIT_CANNOT, "getrandom: %s", strerror(errno));
	/* The descriptor that locks stays open; dispatchers get another one
	 * that cannot write. */
	(void)format_text(path, sizeof(path), "%s/%s", p->options.run_dir,
	    STATE_PARENT);
	p->state_fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	p->log_state_fd = state_file(p, STATE_LOG, sizeof(struct log_state));
	p->relay_state_fd = state_file(p, STATE_RELAY,
	    sizeof(struct relay_state));
	p->log_chain_fd = memfd_shared("log-chain", LOG_CHAIN_SIZE);
	p->scores_fd = memfd_shared("scores", MEMORY_SIZE);
	if (p->state_fd == -1 || p->log_chain_fd == -1 ||
	    p->scores_fd == -1)
		fatal(EXIT_CANNOT, "state files: %s", strerror(errno));
}

void
daemon_remove_state(struct parent *p)
{
	static const char *const names[] = {
		STATE_PARENT, STATE_DISPATCH, STATE_LOG, STATE_RELAY
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)format_text(path, sizeof(path), "%s/%s",
		    p->options.run_dir, names[i]);
		(void)unlink(path);
	}
}
