/*
 * Stand-alone main() for the fuzz targets, where there is no libFuzzer.
 *
 * Feeds each file named on the command line to the target once. Each input is
 * copied into a block of exactly its size, so that a sanitizer or valgrind sees
 * a read past its end. Runs in tests only; never changes a seed.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (16u << 20)

/* The whole file in a block of its own, or NULL after a message. */
static uint8_t *
read_whole(const char *path, size_t *length)
{
	uint8_t *bytes = NULL;
	struct stat st;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > (off_t)INPUT_MAX)
		goto fail;
	*length = (size_t)st.st_size;
	bytes = malloc(*length != 0 ? *length : 1);
	if (bytes == NULL)
		goto fail;
	for (size_t done = 0; done < *length; done += (size_t)got) {
		got = read(fd, bytes + done, *length - done);
		if (got <= 0)
			goto fail;
	}
	(void)close(fd);	/* only read from */
	return bytes;
fail:
	fprintf(stderr, "%s: cannot be read as an input\n", path);
	free(bytes);
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	size_t length;
	uint8_t *bytes;

	for (int i = 1; i < argc; i++) {
		bytes = read_whole(argv[i], &length);
		if (bytes == NULL)
			return EXIT_FAILURE;
		/* The name first: after a crash it is the last line. */
		fprintf(stderr, "%s\n", argv[i]);
		(void)LLVMFuzzerTestOneInput(bytes, length);	/* always 0 */
		free(bytes);
	}
	return EXIT_SUCCESS;
}
