/*
 * A server for tests: ends as its arguments say, "exit N" or "signal N".
 *
 * Started by the daemon under test; shows how ends are recorded.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXIT_BAD_ARGUMENTS 99

int
main(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };
	int number;

	if (argc != 3)
		return EXIT_BAD_ARGUMENTS;
	number = atoi(argv[2]);
	if (strcmp(argv[1], "exit") == 0)
		return number;
	/* No core file: only the end matters. */
	if (strcmp(argv[1], "signal") != 0 ||
	    setrlimit(RLIMIT_CORE, &none) == -1)
		return EXIT_BAD_ARGUMENTS;
	(void)raise(number);
	(void)pause();
	return EXIT_BAD_ARGUMENTS;
}
