/*
 * The one line a tcpmux client sends: see line.h.
 *
 * Runs in sallyport-dispatch; pure. The bytes are a stranger's.
 */
#include "dispatch/line.h"

#include <string.h>

enum line_result
line_find(const char *bytes, size_t length, size_t *name, size_t *whole)
{
	size_t seen = length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES;
	const char *end = seen > 0 ? memchr(bytes, '\n', seen) : NULL;

	if (end == NULL)
		return length < LINE_MAX_BYTES ? LINE_PARTIAL : LINE_TOO_LONG;
	*whole = (size_t)(end - bytes) + 1;
	*name = *whole - 1;
	if (*name > 0 && bytes[*name - 1] == '\r')
		(*name)--;
	return LINE_FOUND;
}
