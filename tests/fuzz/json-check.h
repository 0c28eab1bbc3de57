/*
 * A strict reader of one JSON text (RFC 8259), for tests only: is it valid,
 * printable ASCII, one object, and nothing behind it? Names no value, keeps
 * none; shares no code with what it checks.
 */
#ifndef FUZZ_JSON_CHECK_H
#define FUZZ_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct json_reader {
	const char *p, *end;
	unsigned depth;
};

static bool json_value(struct json_reader *);

static inline bool
json_take(struct json_reader *r, char wanted)
{
	if (r->p == r->end || *r->p != wanted)
		return false;
	r->p++;
	return true;
}

static inline bool
json_is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

static inline bool
json_escape(struct json_reader *r)
{
	if (r->p == r->end)
		return false;
	if (*r->p != 'u')
		return strchr("\"\\/bfnrt", *r->p++) != NULL;
	r->p++;
	for (int i = 0; i < 4; i++)
		if (r->p == r->end || !json_is_hex(*r->p++))
			return false;
	return true;
}

static inline bool
json_string(struct json_reader *r)
{
	if (!json_take(r, '"'))
		return false;
	while (r->p < r->end && *r->p != '"') {
		unsigned char c = (unsigned char)*r->p++;

		if (c < 0x20 || c > 0x7e)
			return false;
		if (c == '\\' && !json_escape(r))
			return false;
	}
	return json_take(r, '"');
}

/* Whole numbers only: our emitter knows no others. */
static inline bool
json_number(struct json_reader *r)
{
	const char *start;

	if (r->p < r->end && *r->p == '-')
		r->p++;
	start = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start && (*start != '0' || r->p == start + 1);
}

/* Members or elements up to `close`. */
static inline bool
json_list(struct json_reader *r, char close, bool is_object)
{
	if (++r->depth > 16)
		return false;
	if (json_take(r, close)) {
		r->depth--;
		return true;
	}
	do {
		if (is_object && (!json_string(r) || !json_take(r, ':')))
			return false;
		if (!json_value(r))
			return false;
	} while (json_take(r, ','));
	r->depth--;
	return json_take(r, close);
}

/* Only documents have these; define JSON_HAS_LITERALS to let them pass. */
static inline bool
json_literal(struct json_reader *r)
{
#ifdef JSON_HAS_LITERALS
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(r->end - r->p) >= length &&
		    memcmp(r->p, words[i], length) == 0) {
			r->p += length;
			return true;
		}
	}
#else
	(void)r;
#endif
	return false;
}

static bool
json_value(struct json_reader *r)
{
	if (r->p == r->end)
		return false;
	if (json_literal(r))
		return true;
	if (json_take(r, '{'))
		return json_list(r, '}', true);
	if (json_take(r, '['))
		return json_list(r, ']', false);
	if (r->end - r->p > 4 && memcmp(r->p, "true", 4) == 0) {
		r->p += 4;
		return true;
	}
	return *r->p == '"' ? json_string(r) : json_number(r);
}

/* One object on one line, newline included, no blanks between tokens. */
static inline bool
json_line_is_good(const char *text, size_t length)
{
	struct json_reader r = { .p = text, .end = text + length };

	return length > 2 && *text == '{' && json_value(&r) &&
	    json_take(&r, '\n') && r.p == r.end;
}

#endif
