/*
 * Time windows: is a moment inside? Pure; the language needs the text half, so
 * it is not part of the matcher.
 */
#ifndef POLICY_WHEN_H
#define POLICY_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/zone.h"

/* hh:mm-hh:mm, both ends inclusive to the minute; end < start crosses
 * midnight; 24:00 as an end is 1440. In minutes after midnight. */
struct when_range {
	uint16_t start;		/* 0..1439 */
	uint16_t end;		/* 0..1440 */
};

/* "hh:mm-hh:mm" (one or two digits each). False when malformed. */
bool when_range_parse(struct when_range *, const char *text);

bool when_range_contains(const struct when_range *, unsigned minute_of_day);

/* Index of the first range that holds the moment, or -1. */
int when_match(const struct when_range *, unsigned count, const struct zone *,
    int64_t unix_seconds);

#endif
