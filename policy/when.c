/*
 * Time windows; see when.h.
 *
 * The text half serves the language in every process; when_match() is for
 * whoever decides. The clock is an argument.
 */
#include "policy/when.h"

#include <stddef.h>

/* One or two digits up to `maximum`; moves *text behind them. */
static bool
take_number(const char **text, unsigned maximum, unsigned *out)
{
	const char *at = *text;
	unsigned value = 0, digits = 0;

	for (; *at >= '0' && *at <= '9' && digits < 2; at++, digits++)
		value = value * 10 + (unsigned)(*at - '0');
	*text = at;
	*out = value;
	return digits > 0 && value <= maximum;
}

/* hh:mm up to `maximum` minutes; moves *text behind it. */
static bool
take_minute(const char **text, unsigned maximum, uint16_t *out)
{
	unsigned hour, minute;

	if (!take_number(text, 24, &hour) || *(*text)++ != ':' ||
	    !take_number(text, 59, &minute) || hour * 60 + minute > maximum)
		return false;
	*out = (uint16_t)(hour * 60 + minute);
	return true;
}

bool
when_range_parse(struct when_range *range, const char *text)
{
	struct when_range parsed;

	if (!take_minute(&text, 1439, &parsed.start) || *text++ != '-' ||
	    !take_minute(&text, 1440, &parsed.end) || *text != '\0')
		return false;
	*range = parsed;
	return true;
}

bool
when_range_contains(const struct when_range *range, unsigned minute)
{
	if (range->end < range->start)
		return minute >= range->start || minute <= range->end;
	return minute >= range->start && minute <= range->end;
}

int
when_match(const struct when_range *ranges, unsigned count,
    const struct zone *zone, int64_t unix_seconds)
{
	struct zone_time time;
	unsigned minute;

	zone_local(zone, unix_seconds, &time);
	minute = (unsigned)(time.hour * 60 + time.minute);
	for (unsigned i = 0; i < count; i++)
		if (when_range_contains(&ranges[i], minute))
			return (int)i;
	return -1;
}
