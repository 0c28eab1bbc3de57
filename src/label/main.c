/*
 * sallyport-label: becomes a server in the SELinux context of its client.
 *
 * Runs as the service's user, between the parent's child and the server, with
 * the client's connection as descriptors 0, 1 and 2. The context is the one
 * that the policy gives the server's program when we execute it, with the range
 * of the client's label (RFC 5570, or NetLabel and labelled IPsec): a server
 * sees what its client may see. Where any part of that is unknown there is no
 * server, and the parent is told which part.
 *
 *	sallyport-label SERVER ARGUMENT...	the first is the server's own name
 */
#include <errno.h>
#include <fcntl.h>
#include <selinux/selinux.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "label/context.h"
#include "shared/step.h"
#include "shared/util.h"

static _Noreturn void
give_up(enum child_step step)
{
	struct child_failure failure = {
		.pid = (int32_t)getpid(), .step = step, .error = errno
	};

	ssize_t written = write(STEP_PIPE, &failure, sizeof(failure));

	(void)written;	/* the exit code says as much */
	_exit(step == STEP_EXEC ? EXIT_EXEC : EXIT_BEFORE_EXEC);
}

/* The context that the policy has for the program, before any label. */
static char *
context_of_server(const char *path)
{
	char *own = NULL, *program = NULL, *result = NULL;
	bool is_known = getcon(&own) == 0 &&
	    getfilecon(path, &program) != -1 &&
	    security_compute_create(own, program,
		string_to_security_class("process"), &result) == 0;

	freecon(own);
	freecon(program);
	return is_known ? result : NULL;
}

static void
set_label(const char *path)
{
	char *client = NULL, *server, *wanted;

	if (is_selinux_enabled() <= 0) {
		errno = EOPNOTSUPP;
		give_up(STEP_LABEL_SYSTEM);
	}
	if (getpeercon(STDIN_FILENO, &client) == -1)
		give_up(STEP_LABEL_CLIENT);
	server = context_of_server(path);
	if (server == NULL)
		give_up(STEP_LABEL_SERVER);
	wanted = context_with_range(server, client);
	if (wanted == NULL || setexeccon(wanted) == -1)
		give_up(STEP_LABEL);
	free(wanted);
	freecon(server);
	freecon(client);
}

int
main(int argc, char **argv, char **envp)
{
	program_name = "sallyport-label";
	if (argc < 3)
		fatal(EXIT_USAGE, "usage: sallyport-label SERVER ARGUMENT...; "
		    "sallyportd starts it");
	/* It is the parent's pipe, and not for the server. */
	if (fcntl(STEP_PIPE, F_SETFD, FD_CLOEXEC) == -1)
		fatal(EXIT_CANNOT, "descriptor %d is not open", STEP_PIPE);
	set_label(argv[1]);
	execve(argv[1], argv + 2, envp);
	give_up(STEP_EXEC);
}
