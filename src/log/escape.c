/*
 * Escaping: whatever comes in, printable ASCII without surprises comes out.
 *
 * Runs in the log process. The last place where hostile bytes can be stopped
 * before they reach a file, a terminal or another program's parser: no function
 * here may let a control byte, a line feed or a byte above 126 through.
 */
#include "log/render.h"

#include <string.h>

#define DOTS "..."
#define DOTS_LENGTH (sizeof(DOTS) - 1)

static bool
is_id_byte(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' ||
	    byte == '-';
}

static bool
is_printable(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* "#ooo", as rsyslog writes it. */
static size_t
octal(unsigned char byte, char out[static 4])
{
	out[0] = '#';
	out[1] = (char)('0' + (byte >> 6));
	out[2] = (char)('0' + ((byte >> 3) & 7));
	out[3] = (char)('0' + (byte & 7));
	return 4;
}

struct target {
	char *out;
	size_t size, used;
	size_t safe;		/* where "..." may still be put */
};

/* Appends one unit (never split); false when the text has been cut. */
static bool
put(struct target *to, const char *unit, size_t length)
{
	if (to->used + length + 1 > to->size) {
		memcpy(to->out + to->safe, DOTS, DOTS_LENGTH);
		to->used = to->safe + DOTS_LENGTH;
		to->out[to->used] = '\0';
		return false;
	}
	memcpy(to->out + to->used, unit, length);
	to->used += length;
	if (to->used + DOTS_LENGTH + 1 <= to->size)
		to->safe = to->used;
	return true;
}

static size_t
escape_bytes(const char *text, char *out, size_t size,
    bool (*is_plain)(unsigned char))
{
	struct target to = { .out = out, .size = size };
	char unit[4];

	for (const char *p = text; *p != '\0'; p++) {
		unsigned char byte = (unsigned char)*p;
		size_t length = 1;

		unit[0] = *p;
		if (!is_plain(byte))
			length = octal(byte, unit);
		if (!put(&to, unit, length))
			return to.used;
	}
	out[to.used] = '\0';
	return to.used;
}

size_t
escape_id(const char *id, char *out, size_t size)
{
	return escape_bytes(id, out, size, is_id_byte);
}

size_t
escape_line(const char *text, char *out, size_t size)
{
	return escape_bytes(text, out, size, is_printable);
}

/* Length of a valid UTF-8 sequence of 2 to 4 bytes with its character, or 0:
 * no overlong forms, no surrogates, nothing above U+10FFFF. */
static size_t
utf8_sequence(const unsigned char *p, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t value;

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	value = p[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)	/* also at the NUL */
			return 0;
		value = value << 6 | (p[i] & 0x3fu);
	}
	if (value < least[length] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*character = value;
	return length;
}

/* "\uXXXX" */
static size_t
json_unit(uint32_t value, char *out)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = 'u';
	out[2] = digits[value >> 12 & 15];
	out[3] = digits[value >> 8 & 15];
	out[4] = digits[value >> 4 & 15];
	out[5] = digits[value & 15];
	return 6;
}

/* One character of the input as JSON; *taken bytes of input were used. */
static size_t
json_character(const unsigned char *p, char unit[static 12], size_t *taken)
{
	uint32_t value;

	*taken = 1;
	if (*p == '"' || *p == '\\') {
		unit[0] = '\\';
		unit[1] = (char)*p;
		return 2;
	}
	if (is_printable(*p)) {
		unit[0] = (char)*p;
		return 1;
	}
	if (*p < 0x80)
		return json_unit(*p, unit);
	*taken = utf8_sequence(p, &value);
	if (*taken == 0) {
		*taken = 1;
		return octal(*p, unit);
	}
	if (value < 0x10000)
		return json_unit(value, unit);
	value -= 0x10000;
	(void)json_unit(0xd800 + (value >> 10), unit);	/* always 6 */
	(void)json_unit(0xdc00 + (value & 0x3ff), unit + 6);
	return 12;
}

size_t
escape_json(const char *text, char *out, size_t size, bool *cut)
{
	struct target to = { .out = out, .size = size };
	const unsigned char *p = (const unsigned char *)text;
	char unit[12];
	size_t taken;

	*cut = false;
	for (; *p != '\0'; p += taken) {
		size_t length = json_character(p, unit, &taken);

		if (!put(&to, unit, length)) {
			*cut = true;
			return to.used;
		}
	}
	out[to.used] = '\0';
	return to.used;
}
