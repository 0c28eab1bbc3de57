/*
 * The one line a tcpmux client sends (RFC 1078). Pure.
 */
#ifndef DISPATCH_LINE_H
#define DISPATCH_LINE_H

#include <stddef.h>

#define LINE_MAX_BYTES 256	/* with its end */

enum line_result { LINE_PARTIAL, LINE_FOUND, LINE_TOO_LONG };

/* Looks for the end of a line, LF or CRLF, in what has arrived. FOUND: *name
 * bytes are the line, *whole with its end. */
enum line_result line_find(const char *bytes, size_t length, size_t *name,
    size_t *whole);

#endif
