/*
 * Time zones: TZif bytes and policy text in, wall clock out; see zone.h.
 *
 * Linked into every process. Bytes come from a file and words from another
 * process: no count in them is believed before it is checked against what is
 * really there, and no zone is half filled in when something is wrong.
 */
#include "policy/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/calendar.h"

#define OFFSET_MAX 93599
#define TZIF_HEADER 44
#define TZIF_TYPE 6		/* bytes of one type record */

/* So far from 1970 that an int still holds the year. */
#define MOMENT_MAX INT64_C(60000000000000000)

void
zone_utc(struct zone *zone)
{
	memset(zone, 0, sizeof(*zone));
	memcpy(zone->name, "UTC", sizeof("UTC"));
}

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '-';
}

static bool
set_name(char name[static ZONE_NAME_MAX], const char *bytes, size_t length)
{
	if (length == 0 || length >= ZONE_NAME_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_name_byte(bytes[i]))
			return false;
	memcpy(name, bytes, length);
	name[length] = '\0';
	return true;
}

static bool
set_footer(struct zone *zone, const char *bytes, size_t length)
{
	if (length >= sizeof(zone->footer) ||
	    memchr(bytes, '\0', length) != NULL)
		return false;
	memcpy(zone->footer, bytes, length);
	zone->footer[length] = '\0';
	return length == 0 || zone_posix_parse(&zone->rule, zone->footer);
}

bool
zone_from_posix(struct zone *zone, const char *text)
{
	struct zone parsed;

	memset(&parsed, 0, sizeof(parsed));
	if (text[0] == '\0' || !set_footer(&parsed, text, strlen(text)))
		return false;
	parsed.offset = parsed.rule.std_offset;
	memcpy(parsed.name, parsed.rule.std_name, sizeof(parsed.name));
	*zone = parsed;
	return true;
}

/* TZif **********************************************************************/

struct tzif {			/* one block: where its parts are */
	unsigned version;
	unsigned time_size;	/* 4 or 8 */
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
	const uint8_t *times, *indices, *types, *chars;
	const uint8_t *end;
};

static uint32_t
read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
}

static int64_t
read_time(const struct tzif *tzif, uint32_t i)
{
	const uint8_t *at = tzif->times + (size_t)i * tzif->time_size;

	if (tzif->time_size == 4)
		return (int32_t)read_u32(at);
	return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

/* Finds the parts of the block at `at`. Six counts below 2^32 times at most
 * twelve bytes cannot overflow 64 bits. */
static bool
find_block(struct tzif *tzif, const uint8_t *at, size_t length,
    unsigned time_size)
{
	uint64_t need;

	if (length < TZIF_HEADER || memcmp(at, "TZif", 4) != 0)
		return false;
	tzif->version = at[4];
	tzif->time_size = time_size;
	tzif->isutcnt = read_u32(at + 20);
	tzif->isstdcnt = read_u32(at + 24);
	tzif->leapcnt = read_u32(at + 28);
	tzif->timecnt = read_u32(at + 32);
	tzif->typecnt = read_u32(at + 36);
	tzif->charcnt = read_u32(at + 40);
	need = (uint64_t)tzif->timecnt * (time_size + 1) +
	    (uint64_t)tzif->typecnt * TZIF_TYPE + tzif->charcnt +
	    (uint64_t)tzif->leapcnt * (time_size + 4) +
	    tzif->isstdcnt + tzif->isutcnt;
	if (need > length - TZIF_HEADER)
		return false;
	tzif->times = at + TZIF_HEADER;
	tzif->indices = tzif->times + (size_t)tzif->timecnt * time_size;
	tzif->types = tzif->indices + tzif->timecnt;
	tzif->chars = tzif->types + (size_t)tzif->typecnt * TZIF_TYPE;
	tzif->end = at + TZIF_HEADER + need;
	return true;
}

static bool
is_usable(const struct tzif *tzif)
{
	return tzif->typecnt > 0 && tzif->typecnt <= 256 &&
	    tzif->charcnt > 0 && tzif->leapcnt == 0 &&
	    (tzif->isstdcnt == 0 || tzif->isstdcnt == tzif->typecnt) &&
	    (tzif->isutcnt == 0 || tzif->isutcnt == tzif->typecnt);
}

static bool
read_type(const struct tzif *tzif, unsigned index, int32_t *offset,
    char name[static ZONE_NAME_MAX])
{
	const uint8_t *type, *text, *nul;

	if (index >= tzif->typecnt)
		return false;
	type = tzif->types + (size_t)index * TZIF_TYPE;
	*offset = (int32_t)read_u32(type);
	if (*offset < -OFFSET_MAX || *offset > OFFSET_MAX || type[4] > 1 ||
	    type[5] >= tzif->charcnt)
		return false;
	text = tzif->chars + type[5];
	nul = memchr(text, '\0', tzif->charcnt - type[5]);
	return nul != NULL &&
	    set_name(name, (const char *)text, (size_t)(nul - text));
}

static bool
is_ascending(const struct tzif *tzif)
{
	for (uint32_t i = 1; i < tzif->timecnt; i++)
		if (read_time(tzif, i - 1) >= read_time(tzif, i))
			return false;
	return true;
}

static bool
read_transitions(struct zone *zone, struct arena *arena,
    const struct tzif *tzif)
{
	uint32_t old = 0;

	while (old < tzif->timecnt && read_time(tzif, old) < 0)
		old++;
	if (!is_ascending(tzif) ||
	    tzif->timecnt - old > ZONE_TRANSITIONS_MAX ||
	    !read_type(tzif, old > 0 ? tzif->indices[old - 1] : 0,
	    &zone->offset, zone->name))
		return false;
	zone->count = tzif->timecnt - old;
	if (zone->count == 0)
		return true;
	zone->transitions = arena_alloc(arena, zone->count,
	    sizeof(*zone->transitions));
	if (zone->transitions == NULL)
		return false;
	for (uint32_t i = 0; i < zone->count; i++) {
		struct zone_transition *transition = &zone->transitions[i];

		transition->at = read_time(tzif, old + i);
		if (!read_type(tzif, tzif->indices[old + i],
		    &transition->offset, transition->name))
			return false;
	}
	return true;
}

/* Behind the second block: newline, TZ string, newline. */
static bool
read_footer(struct zone *zone, const uint8_t *at, size_t length)
{
	const uint8_t *newline;

	if (length == 0 || at[0] != '\n')
		return false;
	newline = memchr(at + 1, '\n', length - 1);
	return newline != NULL && set_footer(zone, (const char *)at + 1,
	    (size_t)(newline - at) - 1);
}

bool
zone_from_tzif(struct zone *zone, struct arena *arena, const uint8_t *bytes,
    size_t length)
{
	const uint8_t *end = bytes + length;
	struct tzif tzif;
	struct zone parsed;
	unsigned version;

	memset(&parsed, 0, sizeof(parsed));
	if (!find_block(&tzif, bytes, length, 4))
		return false;
	version = tzif.version;
	if (version != 0 && (version < '2' || version > '4'))
		return false;
	/* The first block of a newer file serves readers of 32 bits only. */
	if (version != 0 &&
	    (!find_block(&tzif, tzif.end, (size_t)(end - tzif.end), 8) ||
	    tzif.version != version))
		return false;
	if (!is_usable(&tzif) || !read_transitions(&parsed, arena, &tzif))
		return false;
	if (version != 0 &&
	    !read_footer(&parsed, tzif.end, (size_t)(end - tzif.end)))
		return false;
	*zone = parsed;
	return true;
}

/* Text **********************************************************************/

size_t
zone_print(const struct zone *zone, char *out, size_t size)
{
	size_t length;

	length = (size_t)snprintf(out, size, "%d %s %s", zone->offset,
	    zone->name, zone->footer[0] != '\0' ? zone->footer : "-");
	for (unsigned i = 0; i < zone->count; i++) {
		const struct zone_transition *t = &zone->transitions[i];
		bool fits = length < size;

		length += (size_t)snprintf(fits ? out + length : NULL,
		    fits ? size - length : 0, " %lld:%d:%s", (long long)t->at,
		    t->offset, t->name);
	}
	return length;
}

/* Exactly as zone_print() writes it: "-5", but neither "+5" nor "05". *text
 * is left at the byte behind it. */
static bool
take_integer(const char **text, int64_t minimum, int64_t maximum, int64_t *out)
{
	const char *at = *text;
	bool negative = *at == '-';
	int64_t value = 0;

	if (negative)
		at++;
	if (*at < '0' || *at > '9' || (*at == '0' &&
	    (negative || (at[1] >= '0' && at[1] <= '9'))))
		return false;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *at - '0', &value))
			return false;
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
		return false;
	if (value < minimum || value > maximum)
		return false;
	*text = at;
	*out = value;
	return true;
}

static bool
take_offset(const char **text, int32_t *out)
{
	int64_t value;

	if (!take_integer(text, -OFFSET_MAX, OFFSET_MAX, &value))
		return false;
	*out = (int32_t)value;
	return true;
}

static bool
parse_transition(struct zone_transition *transition, const char *word)
{
	return take_integer(&word, 0, INT64_MAX, &transition->at) &&
	    *word++ == ':' && take_offset(&word, &transition->offset) &&
	    *word++ == ':' &&
	    set_name(transition->name, word, strlen(word));
}

static bool
parse_transitions(struct zone *zone, struct arena *arena,
    const char *const *words, unsigned count)
{
	if (count > ZONE_TRANSITIONS_MAX)
		return false;
	if (count == 0)
		return true;
	zone->count = count;
	zone->transitions = arena_alloc(arena, count,
	    sizeof(*zone->transitions));
	if (zone->transitions == NULL)
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct zone_transition *transition = &zone->transitions[i];

		if (!parse_transition(transition, words[i]) ||
		    (i > 0 && transition[-1].at >= transition->at))
			return false;
	}
	return true;
}

bool
zone_parse(struct zone *zone, struct arena *arena, const char *const *words,
    unsigned count)
{
	struct zone parsed;
	const char *offset;

	memset(&parsed, 0, sizeof(parsed));
	if (count < 3)
		return false;
	offset = words[0];
	if (!take_offset(&offset, &parsed.offset) || *offset != '\0' ||
	    !set_name(parsed.name, words[1], strlen(words[1])))
		return false;
	if (strcmp(words[2], "-") != 0 && (words[2][0] == '\0' ||
	    !set_footer(&parsed, words[2], strlen(words[2]))))
		return false;
	if (!parse_transitions(&parsed, arena, words + 3, count - 3))
		return false;
	*zone = parsed;
	return true;
}

/* The clock *****************************************************************/

/* How many transitions have happened. */
static unsigned
transitions_until(const struct zone *zone, int64_t now)
{
	unsigned low = 0, high = zone->count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (zone->transitions[middle].at <= now)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int32_t
offset_at(const struct zone *zone, int64_t now, const char **name)
{
	unsigned happened = transitions_until(zone, now);

	if (happened == zone->count && zone->footer[0] != '\0')
		return zone_posix_offset(&zone->rule, now, name);
	if (happened == 0) {
		*name = zone->name;
		return zone->offset;
	}
	*name = zone->transitions[happened - 1].name;
	return zone->transitions[happened - 1].offset;
}

void
zone_local(const struct zone *zone, int64_t now, struct zone_time *time)
{
	struct calendar_date date;
	int64_t local, days;
	int second;

	if (now > MOMENT_MAX)
		now = MOMENT_MAX;
	if (now < -MOMENT_MAX)
		now = -MOMENT_MAX;
	time->offset = offset_at(zone, now, &time->name);
	local = now + time->offset;
	days = calendar_floor(local, CALENDAR_DAY);
	second = (int)(local - days * CALENDAR_DAY);
	calendar_from_days(days, &date);
	time->year = date.year;
	time->month = date.month;
	time->day = date.day;
	time->weekday = date.weekday;
	time->hour = second / 3600;
	time->minute = second / 60 % 60;
	time->second = second % 60;
}
