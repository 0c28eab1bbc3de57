/*
 * Where did the audit file end? The last whole record in it, and a torn line.
 *
 * Runs in the log process. The file may have been written by anybody: the scan
 * is bounded, looks at bytes only, and believes no number that is not inside a
 * complete object on a complete line.
 */
#include "log/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

#define TAIL_BYTES 65536

/* One object, closed exactly at the end: a torn record that somebody ended
 * with a newline is none. */
static bool
is_whole(const char *line, size_t length)
{
	bool in_string = false;
	unsigned depth = 0;

	if (length < 2 || line[0] != '{' || line[length - 1] != '}')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (in_string && line[i] == '\\')
			i++;
		else if (line[i] == '"')
			in_string = !in_string;
		else if (!in_string && line[i] == '{')
			depth++;
		else if (!in_string && line[i] == '}' && --depth == 0)
			return i == length - 1;
	}
	return false;
}

/* "sequence":N; inside a string its quotes would be escaped. */
static bool
sequence_of(const char *line, size_t length, uint64_t *sequence)
{
	static const char name[] = "\"sequence\":";
	const char *end = line + length;
	const char *p;
	char digits[24];
	size_t used = 0;

	if (!is_whole(line, length))
		return false;
	p = memmem(line, length, name, sizeof(name) - 1);
	if (p == NULL)
		return false;
	for (p += sizeof(name) - 1; p < end && *p >= '0' && *p <= '9'; p++) {
		if (used == sizeof(digits) - 1)
			return false;
		digits[used++] = *p;
	}
	digits[used] = '\0';
	return used > 0 && number_parse(digits, UINT64_C(1) << 62, sequence);
}

void
tail_scan(const char *bytes, size_t length, bool is_start, uint64_t *sequence,
    uint64_t *torn)
{
	const char *newline = memrchr(bytes, '\n', length);
	size_t end = newline == NULL ? 0 : (size_t)(newline - bytes);

	*sequence = 0;
	*torn = newline == NULL ? length : length - end - 1;
	while (newline != NULL) {
		const char *before = memrchr(bytes, '\n', end);
		const char *line = before == NULL ? bytes : before + 1;

		/* A line whose beginning is not here is not judged. */
		if (before == NULL && !is_start)
			return;
		if (sequence_of(line, (size_t)(bytes + end - line), sequence))
			return;
		newline = before;
		end = before == NULL ? 0 : (size_t)(before - bytes);
	}
}

int
tail_read(int fd, uint64_t size, uint64_t *sequence, uint64_t *torn)
{
	char bytes[TAIL_BYTES];
	uint64_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	size_t length = 0;
	ssize_t n;

	while (length < sizeof(bytes)) {
		n = pread(fd, bytes + length, sizeof(bytes) - length,
		    (off_t)(from + length));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	tail_scan(bytes, length, from == 0, sequence, torn);
	return 0;
}
