/*
 * What the small internal services say: see internal.h.
 *
 * Pure. Runs in dispatch (datagrams), in the parent (daytime and time by
 * stream) and in relay (chargen by stream).
 */
#include "shared/internal.h"

#include <string.h>

#include "shared/util.h"

/* RFC 864 suggests the 95 printing characters; a line shows 72 of them and the
 * next one begins one further. */
#define RING_FIRST ' '
#define RING 95u
#define LINE_TEXT (CHARGEN_LINE - 2u)

/* RFC 868 counts from 1900, Unix from 1970: 70 years with 17 leap days. */
#define SECONDS_1900 INT64_C(2208988800)

static void
chargen_line(uint32_t line, char out[static CHARGEN_LINE])
{
	for (uint32_t i = 0; i < LINE_TEXT; i++)
		out[i] = (char)(RING_FIRST + (line % RING + i) % RING);
	out[LINE_TEXT] = '\r';
	out[LINE_TEXT + 1] = '\n';
}

size_t
internal_chargen(uint32_t *line, char *out, size_t size)
{
	char text[CHARGEN_LINE];
	size_t used = 0;

	while (size - used >= CHARGEN_LINE) {
		chargen_line(*line, out + used);
		*line = (*line + 1) % RING;
		used += CHARGEN_LINE;
	}
	if (used == 0 && size > 0) {
		chargen_line(*line, text);
		*line = (*line + 1) % RING;
		memcpy(out, text, size);
		used = size;
	}
	return used;
}

size_t
internal_daytime(const struct internal_time *t, char out[static DAYTIME_MAX])
{
	static const char months[12][4] = {
		"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
		"JUL", "AUG", "SEP", "OCT", "NOV", "DEC"
	};
	int month = t->month >= 1 && t->month <= 12 ? t->month : 1;

	return format_text(out, DAYTIME_MAX,
	    "%02d %s %04d %02d:%02d:%02d %.11s\r\n", t->day,
	    months[month - 1], t->year, t->hour, t->minute, t->second,
	    t->zone);
}

void
internal_time(int64_t unix_seconds, uint8_t out[static TIME_BYTES])
{
	uint32_t seconds = (uint32_t)((uint64_t)unix_seconds +
	    (uint64_t)SECONDS_1900);

	for (int i = 0; i < TIME_BYTES; i++)
		out[i] = (uint8_t)(seconds >> (8 * (TIME_BYTES - 1 - i)));
}
