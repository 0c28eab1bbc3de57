/*
 * The Gregorian calendar; see calendar.h.
 *
 * Linked into every process. libc's gmtime() would do for the dates, but zone
 * rules also need the way back, and policy/ asks libc for no time at all.
 */
#include "policy/calendar.h"

#include <stdbool.h>

#define DAYS_IN_400_YEARS 146097

static const int days_before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
    273, 304, 334 };

int64_t
calendar_floor(int64_t value, int64_t divisor)
{
	int64_t quotient = value / divisor;

	return value % divisor < 0 ? quotient - 1 : quotient;
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t
days_to_year(int64_t year)
{
	int64_t before = year - 1;
	int64_t leap_days = calendar_floor(before, 4) -
	    calendar_floor(before, 100) + calendar_floor(before, 400);

	/* 477 leap days lie before 1970. */
	return (year - 1970) * 365 + leap_days - 477;
}

int64_t
calendar_days(int64_t year, int month, int day)
{
	return days_to_year(year) + days_before[month - 1] +
	    (month > 2 && is_leap(year)) + day - 1;
}

int
calendar_month_length(int64_t year, int month)
{
	if (month == 12)
		return 31;
	return days_before[month] - days_before[month - 1] +
	    (month == 2 && is_leap(year));
}

int
calendar_weekday(int64_t days)
{
	/* 1970-01-01 was a Thursday. */
	return (int)(days + 4 - calendar_floor(days + 4, 7) * 7);
}

void
calendar_from_days(int64_t days, struct calendar_date *date)
{
	/* The mean year is never more than one year wrong. */
	int64_t year = 1970 + calendar_floor(days * 400, DAYS_IN_400_YEARS);
	int month = 1;

	while (days_to_year(year) > days)
		year--;
	while (days_to_year(year + 1) <= days)
		year++;
	while (month < 12 && calendar_days(year, month + 1, 1) <= days)
		month++;
	date->year = (int)year;
	date->month = month;
	date->day = (int)(days - calendar_days(year, month, 1)) + 1;
	date->weekday = calendar_weekday(days);
}
