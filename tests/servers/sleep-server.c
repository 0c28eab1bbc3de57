/*
 * A server for tests: one line, then silence until the client has finished.
 *
 * Started by the daemon under test. Small on purpose: thousands of it run at
 * once. With the argument "stubborn" it ignores SIGTERM.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char bytes[512];
	int length;
	ssize_t n;

	if (argc > 1 && strcmp(argv[1], "stubborn") == 0)
		(void)signal(SIGTERM, SIG_IGN);
	length = snprintf(bytes, sizeof(bytes), "ready %d\n", (int)getpid());
	if (write(STDOUT_FILENO, bytes, (size_t)length) != (ssize_t)length)
		return 1;
	do {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
	} while (n > 0 || (n == -1 && errno == EINTR));
	return 0;
}
