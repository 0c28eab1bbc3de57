/*
 * POSIX TZ strings: parse one, and tell the offset at a moment.
 *
 * Linked into every process. The text comes from zone files and from the
 * environment; nothing that is not wholly understood is accepted, because an
 * hour's error opens a service outside its hours.
 */
#include "policy/zone.h"

#include <string.h>

#include "policy/calendar.h"

#define HOUR 3600

/* What is left of the text. A failed step leaves it anywhere: the caller gives
 * up then. */
struct cursor {
	const char *at;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
take(struct cursor *c, char expected)
{
	if (*c->at != expected)
		return false;
	c->at++;
	return true;
}

/* One to three digits. */
static bool
take_number(struct cursor *c, int minimum, int maximum, int *out)
{
	int value = 0, digits = 0;

	for (; is_digit(*c->at) && digits < 3; c->at++, digits++)
		value = value * 10 + (*c->at - '0');
	*out = value;
	return digits > 0 && !is_digit(*c->at) && value >= minimum &&
	    value <= maximum;
}

/* "CET" or "<+0530>". */
static bool
take_name(struct cursor *c, char name[static ZONE_NAME_MAX])
{
	bool quoted = take(c, '<');
	size_t length = 0;

	while (is_letter(*c->at) || (quoted &&
	    (is_digit(*c->at) || *c->at == '+' || *c->at == '-'))) {
		if (length + 1 == ZONE_NAME_MAX)
			return false;
		name[length++] = *c->at++;
	}
	name[length] = '\0';
	return length >= 3 && (!quoted || take(c, '>'));
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
take_time(struct cursor *c, int hours_maximum, int32_t *out)
{
	bool negative = *c->at == '-';
	int hours, minutes = 0, seconds = 0;

	if (*c->at == '-' || *c->at == '+')
		c->at++;
	if (!take_number(c, 0, hours_maximum, &hours))
		return false;
	if (take(c, ':')) {
		if (!take_number(c, 0, 59, &minutes))
			return false;
		if (take(c, ':') && !take_number(c, 0, 59, &seconds))
			return false;
	}
	*out = hours * HOUR + minutes * 60 + seconds;
	if (negative)
		*out = -*out;
	return true;
}

/* Westward in the text, eastward in memory. */
static bool
take_offset(struct cursor *c, int32_t *out)
{
	if (!take_time(c, 24, out))
		return false;
	*out = -*out;
	return true;
}

static bool
take_month_date(struct cursor *c, struct zone_date *date)
{
	int month, week, weekday;

	if (!take_number(c, 1, 12, &month) || !take(c, '.') ||
	    !take_number(c, 1, 5, &week) || !take(c, '.') ||
	    !take_number(c, 0, 6, &weekday))
		return false;
	date->kind = 'M';
	date->month = (uint8_t)month;
	date->week = (uint8_t)week;
	date->weekday = (uint8_t)weekday;
	return true;
}

static bool
take_date(struct cursor *c, struct zone_date *date)
{
	int day;

	date->second = 2 * HOUR;
	if (take(c, 'M')) {
		if (!take_month_date(c, date))
			return false;
	} else {
		date->kind = take(c, 'J') ? 'J' : 'N';
		if (!take_number(c, date->kind == 'J', 365, &day))
			return false;
		date->day = (uint16_t)day;
	}
	return !take(c, '/') || take_time(c, 167, &date->second);
}

static bool
take_summer(struct cursor *c, struct zone_rule *rule)
{
	struct cursor usual = { ",M3.2.0,M11.1.0" };
	struct cursor *dates = c;

	rule->has_dst = true;
	rule->dst_offset = rule->std_offset + HOUR;
	if (!take_name(c, rule->dst_name))
		return false;
	if (*c->at != ',' && *c->at != '\0' &&
	    !take_offset(c, &rule->dst_offset))
		return false;
	if (*c->at == '\0')
		dates = &usual;
	return take(dates, ',') && take_date(dates, &rule->start) &&
	    take(dates, ',') && take_date(dates, &rule->end);
}

bool
zone_posix_parse(struct zone_rule *rule, const char *text)
{
	struct cursor c = { text };

	memset(rule, 0, sizeof(*rule));
	if (take_name(&c, rule->std_name) &&
	    take_offset(&c, &rule->std_offset) &&
	    (*c.at == '\0' || take_summer(&c, rule)) && *c.at == '\0')
		return true;
	memset(rule, 0, sizeof(*rule));
	return false;
}

/* Days since 1970 of a rule's date in a year. */
static int64_t
date_days(const struct zone_date *date, int64_t year)
{
	int64_t first;
	int day, length;

	if (date->kind == 'N')
		return calendar_days(year, 1, 1) + date->day;
	if (date->kind == 'J')
		return calendar_days(year, 1, 1) + date->day - 1 +
		    (date->day >= 60 && calendar_month_length(year, 2) == 29);
	first = calendar_days(year, date->month, 1);
	length = calendar_month_length(year, date->month);
	day = (date->weekday - calendar_weekday(first) + 7) % 7 +
	    (date->week - 1) * 7;
	/* The fifth is the last, which may be the fourth. */
	return first + (day >= length ? day - 7 : day);
}

/* The moment at which it comes; the clock shows `offset` until then. */
static int64_t
date_moment(const struct zone_date *date, int64_t year, int32_t offset)
{
	return date_days(date, year) * CALENDAR_DAY + date->second - offset;
}

/* Each year's summer is an interval, which south of the equator ends in the
 * next year. They may overlap: then it is summer time all the year. */
static bool
is_summer(const struct zone_rule *rule, int64_t now, int64_t year)
{
	for (int64_t y = year - 2; y <= year + 1; y++) {
		int64_t start, end;

		start = date_moment(&rule->start, y, rule->std_offset);
		end = date_moment(&rule->end, y, rule->dst_offset);
		if (end < start)
			end = date_moment(&rule->end, y + 1, rule->dst_offset);
		if (now >= start && now < end)
			return true;
	}
	return false;
}

int32_t
zone_posix_offset(const struct zone_rule *rule, int64_t now,
    const char **name)
{
	struct calendar_date date;

	if (rule->has_dst) {
		calendar_from_days(calendar_floor(now, CALENDAR_DAY), &date);
		if (is_summer(rule, now, date.year)) {
			*name = rule->dst_name;
			return rule->dst_offset;
		}
	}
	*name = rule->std_name;
	return rule->std_offset;
}
