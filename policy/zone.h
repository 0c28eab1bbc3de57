/*
 * Time zones without files: the loader reads a TZif file (RFC 8536) once, the
 * rule travels inside the policy's text, and everybody else computes.
 *
 * Pure. No process but the loader ever opens a zone file, so a time window
 * cannot change under a running policy, and no sandbox needs the files.
 */
#ifndef POLICY_ZONE_H
#define POLICY_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"

#define ZONE_TRANSITIONS_MAX 2048
#define ZONE_FOOTER_MAX 96
#define ZONE_NAME_MAX 12		/* an abbreviation with its NUL */

struct zone_transition {
	int64_t at;		/* Unix seconds from which this holds */
	int32_t offset;		/* seconds east of UTC, -93599..93599 */
	char name[ZONE_NAME_MAX];
};

/* One of the two dates a year in a POSIX TZ string. */
struct zone_date {
	char kind;		/* 'J': 1..365 without 29 February;
				 * 'N': 0..365; 'M': month, week, weekday */
	uint16_t day;		/* of 'J' and 'N' */
	uint8_t month, week, weekday;
	int32_t second;		/* of the day; -167 to 167 hours */
};

/* A POSIX TZ string, understood. All-zero is none. */
struct zone_rule {
	char std_name[ZONE_NAME_MAX], dst_name[ZONE_NAME_MAX];
	int32_t std_offset, dst_offset;	/* seconds east of UTC */
	bool has_dst;
	struct zone_date start, end;	/* of summer time */
};

struct zone {
	int32_t offset;		/* before the first transition */
	char name[ZONE_NAME_MAX];
	unsigned count;
	struct zone_transition *transitions;	/* ascending */
	char footer[ZONE_FOOTER_MAX];	/* POSIX TZ for what comes after, or "" */
	struct zone_rule rule;	/* the footer, understood */
};

struct zone_time {		/* a moment on the wall clock */
	int32_t offset;
	const char *name;	/* lives in the zone */
	int year, month, day;	/* 2026, 1..12, 1..31 */
	int weekday;		/* 0 = Sunday */
	int hour, minute, second;
};

/* UTC, for when nothing better is known. */
void zone_utc(struct zone *);

/* From the bytes of a TZif file, versions 1 to 4; transitions before 1970 are
 * folded into the first offset. False when they are malformed, and for the
 * "right" files, which count leap seconds: Unix time does not. */
bool zone_from_tzif(struct zone *, struct arena *, const uint8_t *, size_t);

/* From a POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3". Summer time
 * without dates follows the United States, as in libc. */
bool zone_from_posix(struct zone *, const char *text);

/* One line of text for the policy and back:
 * "OFFSET NAME FOOTER|- AT:OFFSET:NAME ..." . Round trip is the identity.
 * zone_print returns the length needed (like snprintf). */
size_t zone_print(const struct zone *, char *out, size_t size);
bool zone_parse(struct zone *, struct arena *, const char *const *words,
    unsigned count);

/* Correct for all moments from 1970 until an int cannot hold the year; what
 * lies outside is never read as anything but some moment. */
void zone_local(const struct zone *, int64_t unix_seconds, struct zone_time *);

/* zone-posix.c: a POSIX TZ string alone, without the rest of a zone. */
bool zone_posix_parse(struct zone_rule *, const char *text);
/* Offset at a moment; *name is one of the rule's names. */
int32_t zone_posix_offset(const struct zone_rule *, int64_t unix_seconds,
    const char **name);

#endif
