/*
 * What the small internal services say (RFC 863 needs nothing).
 *
 * Pure: time is an argument. Used by dispatch for datagrams and by whoever
 * begins a relayed session, so that both ways answer alike.
 */
#ifndef SHARED_INTERNAL_H
#define SHARED_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/* RFC 864: a line is 72 characters and CRLF. */
#define CHARGEN_LINE 74

/* Bytes of chargen from line *line on, at most `size`, only whole lines unless
 * there is no room for one; a cut line ends without CRLF. Advances *line past
 * everything that was begun. Returns the number of bytes. */
size_t internal_chargen(uint32_t *line, char *out, size_t size);

/* A moment on the wall clock; as zone_local() in policy/ breaks it down. */
struct internal_time {
	int year, month, day;	/* 2026, 1..12, 1..31 */
	int hour, minute, second;
	const char *zone;	/* abbreviation; printable */
};

/* "22 NOV 2026 07:45:58 UTC\r\n" (RFC 867, in xinetd's form), with NUL. */
#define DAYTIME_MAX 48
size_t internal_daytime(const struct internal_time *, char out[static DAYTIME_MAX]);

/* Seconds since 1900 modulo 2^32, most significant byte first (RFC 868). */
#define TIME_BYTES 4
void internal_time(int64_t unix_seconds, uint8_t out[static TIME_BYTES]);

#endif
