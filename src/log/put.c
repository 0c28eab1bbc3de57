/*
 * JSON, one field at a time, into a buffer of JSON_MAX bytes.
 *
 * Runs in the log process. Names and words are constants of ours; every text
 * goes through escape_json() with a bound, so that the buffer cannot overflow;
 * if it could, must() would end the process before a byte is written outside.
 */
#include "log/put.h"

#include <string.h>

#include "shared/util.h"

static void
put_bytes(struct json *json, const char *bytes, size_t length)
{
	must(json->used + length <= JSON_MAX);
	memcpy(json->out + json->used, bytes, length);
	json->used += length;
}

void
put_raw(struct json *json, const char *text)
{
	put_bytes(json, text, strlen(text));
}

void
put_name(struct json *json, const char *name)
{
	if (json->needs_comma)
		put_raw(json, ",");
	put_raw(json, "\"");
	put_raw(json, name);
	put_raw(json, "\":");
	json->needs_comma = true;
}

void
put_open(struct json *json, const char *name)
{
	if (name != NULL)
		put_name(json, name);
	put_raw(json, "{");
	json->needs_comma = false;
}

void
put_close(struct json *json)
{
	put_raw(json, "}");
	json->needs_comma = true;
}

void
put_unsigned(struct json *json, const char *name, uint64_t value)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	put_name(json, name);
	put_bytes(json, digits + i, sizeof(digits) - i);
}

void
put_signed(struct json *json, const char *name, int64_t value)
{
	char digits[24];

	(void)format_text(digits, sizeof(digits), "%lld", (long long)value);
	put_name(json, name);
	put_raw(json, digits);
}

void
put_word(struct json *json, const char *name, const char *word)
{
	put_name(json, name);
	put_raw(json, "\"");
	put_raw(json, word);
	put_raw(json, "\"");
}

void
put_text(struct json *json, const char *name, const char *path,
    const char *text, size_t size)
{
	bool cut;

	put_name(json, name);
	put_raw(json, "\"");
	must(json->used + size <= JSON_MAX);
	json->used += escape_json(text, json->out + json->used, size, &cut);
	put_raw(json, "\"");
	if (cut && json->cuts < PUT_CUTS_MAX)
		json->cut[json->cuts++] = path;
}

void
put_time(struct json *json, const char *name, uint64_t time_us)
{
	struct zone utc;
	struct zone_time t;
	char text[64];

	time_us = classic_sane_time(time_us, 0);
	zone_utc(&utc);
	zone_local(&utc, (int64_t)(time_us / 1000000), &t);
	(void)format_text(text, sizeof(text),
	    "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ", t.year, t.month, t.day,
	    t.hour, t.minute, t.second, (unsigned)(time_us % 1000000));
	put_word(json, name, text);
}
