/*
 * The Gregorian calendar as arithmetic on days since 1970-01-01. Pure.
 */
#ifndef POLICY_CALENDAR_H
#define POLICY_CALENDAR_H

#include <stdint.h>

struct calendar_date {
	int year, month, day;	/* 2026, 1..12, 1..31 */
	int weekday;		/* 0 = Sunday */
};

#define CALENDAR_DAY 86400	/* seconds */

/* Every year that an int holds. month 1..12, day 1..31. */
int64_t calendar_days(int64_t year, int month, int day);

/* days must lie within the years that an int holds. */
void calendar_from_days(int64_t days, struct calendar_date *);

int calendar_weekday(int64_t days);
int calendar_month_length(int64_t year, int month);

/* Division that rounds down, for moments before 1970. divisor > 0. */
int64_t calendar_floor(int64_t value, int64_t divisor);

#endif
