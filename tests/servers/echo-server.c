/*
 * A server for tests: sends back what it gets until the client has finished.
 *
 * Started by the daemon under test with the connection as 0 and 1.
 */
#include <errno.h>
#include <unistd.h>

static int
put(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, length);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

int
main(void)
{
	char bytes[16384];
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : 1;
		if (put(bytes, (size_t)n) == -1)
			return 1;
	}
}
