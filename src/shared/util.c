/*
 * Failing, time, descriptors, sealed memory: see util.h.
 *
 * Linked into every program and called inside every sandbox, so nothing here
 * opens a path, uses stdio, or asks for more than write, fcntl and mmap once
 * a filter is on. No text from a peer reaches a terminal unescaped.
 */
#include "shared/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL		/* Linux 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SIZE_SEALS (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
#define ALL_SEALS (SIZE_SEALS | F_SEAL_WRITE)

const char *program_name = "sallyport";

/* One line in one write(2), so that lines of several processes do not mix. */
static void __attribute__((format(printf, 1, 0)))
complain(const char *format, va_list arguments)
{
	char line[512];
	size_t used = format_text(line, sizeof line - 1, "%s: ", program_name);
	int more = vsnprintf(line + used, sizeof line - 1 - used, format,
	    arguments);

	if (more > 0)
		used += (size_t)more;
	if (used > sizeof line - 2)
		used = sizeof line - 2;
	for (size_t i = 0; i < used; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[used++] = '\n';
	/* Whoever cannot even complain ends all the same. */
	(void)write_all(STDERR_FILENO, line, used);
}

void
fatal(enum exit_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	_exit((int)code);
}

static void __attribute__((format(printf, 1, 2)))
complain_about(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
}

void
bug_at(const char *file, int line, const char *what)
{
	complain_about("bug at %s:%d: %s", file, line, what);
	abort();
}

static uint64_t
clock_us(clockid_t clock)
{
	struct timespec now;

	must(clock_gettime(clock, &now) == 0);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t
monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

uint64_t
monotonic_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t
wall_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

void
fd_close(int *fd)
{
	int saved = errno;

	/* Linux frees the descriptor even when close() reports an error. */
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int
write_all(int fd, const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length > 0) {
		ssize_t n = write(fd, next, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = EIO;
			return -1;
		}
		next += n;
		length -= (size_t)n;
	}
	return 0;
}

bool
number_parse(const char *text, uint64_t maximum, uint64_t *out)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'),
		    &value))
			return false;
		if (value > maximum)
			return false;
	}
	*out = value;
	return true;
}

size_t
format_text(char *out, size_t size, const char *format, ...)
{
	va_list arguments;
	int n;

	if (size == 0)
		return 0;
	va_start(arguments, format);
	n = vsnprintf(out, size, format, arguments);
	va_end(arguments);
	if (n < 0) {
		*out = '\0';
		return 0;
	}
	return (size_t)n < size ? (size_t)n : size - 1;
}

/* Not executable where the kernel knows how to say so. */
static int
memfd_new(const char *name)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd;
}

int
memfd_sealed(const char *name, const void *bytes, size_t length)
{
	int fd = memfd_new(name);

	if (fd < 0)
		return -1;
	if (write_all(fd, bytes, length) < 0 ||
	    fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		fd_close(&fd);
	return fd;
}

bool
memfd_is_sealed(int fd, size_t *length)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & ALL_SEALS) != ALL_SEALS)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
		return false;
	*length = (size_t)st.st_size;
	return true;
}

/* The size is sealed all the same: whoever could shrink it would kill its
 * readers with SIGBUS. */
int
memfd_shared(const char *name, size_t length)
{
	int fd = memfd_new(name);

	if (fd < 0)
		return -1;
	if (length > LONG_MAX) {
		errno = EFBIG;
		fd_close(&fd);
		return -1;
	}
	if (ftruncate(fd, (off_t)length) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SIZE_SEALS) < 0)
		fd_close(&fd);
	return fd;
}

void *
map_fd(int fd, size_t length, bool writable)
{
	int protection = PROT_READ | (writable ? PROT_WRITE : 0);
	struct stat st;
	void *memory;

	if (fstat(fd, &st) < 0)
		return NULL;
	/* Beyond the end of the file every access would be SIGBUS. */
	if (length == 0 || st.st_size < 0 || (size_t)st.st_size < length) {
		errno = EPROTO;
		return NULL;
	}
	memory = mmap(NULL, length, protection, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}
