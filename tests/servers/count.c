/*
 * A server for tests: one line in a file for each start, one line to the
 * client.
 *
 * usage: count FILE [hold]. The file shows whether anything was started twice:
 * the kernel's cookie names the connection, whoever claims to have accepted
 * it. With "hold" it stays until the client has finished.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "-";
}

int
main(int argc, char **argv)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	char line[256], rest[512];
	int file, length;

	if (argc < 2 || (file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT |
	    O_CLOEXEC, 0666)) == -1)
		return 1;
	/* Not a TCP socket: the cookie stays 0, which a test will notice. */
	(void)getsockopt(STDIN_FILENO, SOL_SOCKET, SO_COOKIE, &cookie, &size);
	length = snprintf(line, sizeof(line), "%s %" PRIu64 " %s %s\n",
	    variable("SALLYPORT_CONN"), cookie, variable("REMOTE_HOST"),
	    variable("REMOTE_PORT"));
	if (length < 0 || (size_t)length >= sizeof(line) ||
	    write(file, line, (size_t)length) != (ssize_t)length)
		return 1;
	(void)close(file);
	length = snprintf(line, sizeof(line), "ok %s\n",
	    variable("SALLYPORT_CONN"));
	if (write(STDOUT_FILENO, line, (size_t)length) != (ssize_t)length)
		return 1;
	if (argc > 2 && strcmp(argv[2], "hold") == 0) {
		while (read(STDIN_FILENO, rest, sizeof(rest)) > 0)
			;
	}
	return 0;
}
