/*
 * What our sandboxes really let through: the driver.
 *
 *   probe [--uid N] [--gid N] [ROLE...]
 *
 * Needs root, as the helpers do when they start. For every role: each system
 * call number is tried and compared with the role's table (matrix.c), named
 * operations are tried for real (attempts.c, channels.c), the child's state is
 * read from /proc (confined.c), and kernels that refuse or lie are simulated
 * (faults.c). Output is TAP.
 */
#include "probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/util.h"

#define TRIAL_SECONDS 3

const char *const role_names[SANDBOX_MAX] = {
	[SANDBOX_DISPATCH] = "dispatch", [SANDBOX_LOG] = "log",
	[SANDBOX_LOAD] = "load", [SANDBOX_RESOLVE] = "resolve",
	[SANDBOX_RELAY] = "relay", [SANDBOX_LOOKUP] = "lookup",
};
uint32_t probe_uid = 65533, probe_gid = 65533;

static unsigned tests, failures;
static volatile struct outcome *report;

void
tap_result(bool is_good, const char *format, ...)
{
	va_list arguments;

	printf("%sok %u - ", is_good ? "" : "not ", ++tests);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	if (!is_good)
		failures++;
}

void
tap_remark(const char *format, ...)
{
	va_list arguments;

	printf("# ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static _Noreturn void
child(const struct trial *t, int go, int ready)
{
	bool is_resolver = t->role == SANDBOX_RESOLVE;
	struct confinement c = {
		.uid = probe_uid, .gid = probe_gid,
		.net = t->is_full && !is_resolver && t->role != SANDBOX_LOOKUP,
		.root = t->is_full && !is_resolver && t->role != SANDBOX_LOAD,
		.files = 64,
		.may_write_files = t->role == SANDBOX_LOG ||
		    t->role == SANDBOX_LOAD,
	};
	uint32_t layers;
	char byte = 0;

	/* A call that waits is one that was let through. */
	(void)alarm(TRIAL_SECONDS);
	if (t->before != NULL)
		t->before();
	layers = confine(&c);
	if (!t->is_bare)
		layers |= sandbox_enter(t->role);
	report->layers = layers;
	report->entered = true;
	if (t->inspect != NULL && (write(ready, "r", 1) != 1 ||
	    read(go, &byte, 1) != 1))
		_exit(1);
	if (t->act != NULL) {
		long result = t->act(t->argument);

		report->error = errno;
		report->result = result;
	}
	report->returned = true;
	_exit(0);
}

struct outcome
trial_run(const struct trial *t)
{
	struct outcome result;
	int go[2], ready[2], status;
	pid_t pid;
	char byte;

	memset((void *)(uintptr_t)report, 0, sizeof *report);
	if (pipe(go) < 0 || pipe(ready) < 0)
		fatal(EXIT_CANNOT, "pipe: %s", strerror(errno));
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		fatal(EXIT_CANNOT, "fork: %s", strerror(errno));
	if (pid == 0) {
		fd_close(&go[1]);
		fd_close(&ready[0]);
		child(t, go[0], ready[1]);
	}
	fd_close(&go[0]);
	fd_close(&ready[1]);
	if (t->inspect != NULL && read(ready[0], &byte, 1) == 1) {
		t->inspect(pid);
		if (write(go[1], "g", 1) != 1)
			tap_remark("the child went away");
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fatal(EXIT_CANNOT, "waitpid: %s", strerror(errno));
	fd_close(&go[1]);
	fd_close(&ready[0]);

	result = *report;
	result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return result;
}

static bool
options(int argc, char **argv, bool wanted[static SANDBOX_MAX])
{
	bool is_any = false;
	uint64_t number;

	for (int i = 1; i < argc; i++) {
		uint32_t *id = strcmp(argv[i], "--uid") == 0 ? &probe_uid :
		    strcmp(argv[i], "--gid") == 0 ? &probe_gid : NULL;
		int role = 0;

		if (id != NULL) {
			if (++i == argc || !number_parse(argv[i],
			    UINT32_MAX - 1, &number) || number == 0)
				return false;
			*id = (uint32_t)number;
			continue;
		}
		while (role < SANDBOX_MAX &&
		    strcmp(argv[i], role_names[role]) != 0)
			role++;
		if (role == SANDBOX_MAX)
			return false;
		wanted[role] = is_any = true;
	}
	for (int role = 0; !is_any && role < SANDBOX_MAX; role++)
		wanted[role] = true;
	return true;
}

int
main(int argc, char **argv)
{
	bool wanted[SANDBOX_MAX] = { false };

	program_name = "probe";
	if (!options(argc, argv, wanted))
		fatal(EXIT_USAGE, "usage: probe [--uid N] [--gid N] "
		    "[dispatch|log|load|resolve|relay|lookup]...");
	if (geteuid() != 0) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		fatal(EXIT_CANNOT, "mmap: %s", strerror(errno));
	attempts_prepare();
	for (enum sandbox_role role = 0; role < SANDBOX_MAX; role++) {
		if (!wanted[role])
			continue;
		confined_run(role);
		attempts_run(role);
		channels_run(role);
		faults_run(role);
		matrix_run(role);
	}
	printf("1..%u\n", tests);
	return failures > 0;
}
