/*
 * Any bytes as a zone file, as a POSIX string and as a line of policy text:
 * what is accepted prints to text that is read back as the same, and tells a
 * possible time at any moment.
 *
 * Input: one byte that chooses, eight of a moment, then the text or file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/zone.h"

#define HEAD 9
#define WORDS_MAX (ZONE_TRANSITIONS_MAX + 3)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

/* Cuts the text at its blanks. */
static unsigned
split(char *text, const char **words)
{
	unsigned count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(text, " ", &rest);
	    word != NULL && count < WORDS_MAX;
	    word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	return count;
}

static bool
parse_line(struct zone *zone, struct arena *arena, char *line)
{
	const char **words = calloc(WORDS_MAX, sizeof(*words));
	bool is_zone;

	if (words == NULL)
		return false;
	is_zone = zone_parse(zone, arena, words, split(line, words));
	free(words);
	return is_zone;
}

static void
check_clock(const struct zone *zone, int64_t now)
{
	struct zone_time time;

	zone_local(zone, now, &time);
	check(time.month >= 1 && time.month <= 12);
	check(time.day >= 1 && time.day <= 31);
	check(time.weekday >= 0 && time.weekday <= 6);
	check(time.hour >= 0 && time.hour <= 23);
	check(time.minute >= 0 && time.minute <= 59);
	check(time.second >= 0 && time.second <= 59);
	check(time.offset >= -93599 && time.offset <= 93599);
	check(strlen(time.name) > 0 && strlen(time.name) < ZONE_NAME_MAX);
}

/* print and parse are inverse, and tell the same time. */
static void
check_text(const struct zone *zone, struct arena *arena, int64_t now)
{
	struct zone_time before, after;
	struct zone again;
	size_t size = zone_print(zone, NULL, 0) + 1;
	char *first = malloc(size), *second = malloc(size);

	if (first == NULL || second == NULL)
		goto out;
	check(zone_print(zone, first, size) == size - 1);
	memcpy(second, first, size);
	check(parse_line(&again, arena, second));
	check(zone_print(&again, second, size) == size - 1);
	check(memcmp(first, second, size) == 0);
	zone_local(zone, now, &before);
	zone_local(&again, now, &after);
	check(before.offset == after.offset && before.minute == after.minute);
	check(strcmp(before.name, after.name) == 0);
out:
	free(first);
	free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 20);
	char *text = NULL;
	struct zone zone;
	bool is_zone;
	int64_t now;

	if (arena == NULL || size < HEAD || size > 65536)
		goto out;
	memcpy(&now, data + 1, sizeof(now));
	text = malloc(size - HEAD + 1);
	if (text == NULL)
		goto out;
	memcpy(text, data + HEAD, size - HEAD);
	text[size - HEAD] = '\0';
	if (data[0] % 3 == 0)
		is_zone = zone_from_tzif(&zone, arena, data + HEAD,
		    size - HEAD);
	else if (data[0] % 3 == 1)
		is_zone = zone_from_posix(&zone, text);
	else
		is_zone = parse_line(&zone, arena, text);
	if (!is_zone)
		goto out;
	check(zone.count <= ZONE_TRANSITIONS_MAX);
	check_clock(&zone, now);
	check_clock(&zone, now % (INT64_C(1) << 36));
	check_text(&zone, arena, now);
out:
	free(text);
	arena_free(arena);
	return 0;
}
