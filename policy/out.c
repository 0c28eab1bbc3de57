/*
 * The text builder; see out.h.
 *
 * Runs wherever a policy is printed: the loader and ctl. Never writes past
 * what it has allocated and never prints a byte that lex_unescape() would not
 * read back as the same byte.
 */
#include "policy/out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
out_init(struct out *out, struct arena *arena)
{
	memset(out, 0, sizeof(*out));
	out->arena = arena;
}

static void
append(struct out *out, const char *bytes, size_t length)
{
	size_t room = out->room == 0 ? 4096 : out->room;
	char *grown;

	if (arena_failed(out->arena))
		return;
	while (room < out->length + length + 1)
		room *= 2;
	if (room != out->room) {
		grown = arena_alloc(out->arena, room, 1);
		if (grown == NULL)
			return;
		if (out->length > 0)
			memcpy(grown, out->bytes, out->length);
		out->bytes = grown;
		out->room = room;
	}
	memcpy(out->bytes + out->length, bytes, length);
	out->length += length;
	out->bytes[out->length] = '\0';
}

void
out_raw(struct out *out, const char *text)
{
	append(out, text, strlen(text));
}

void
out_format(struct out *out, const char *format, ...)
{
	char text[256];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length > 0)
		out_raw(out, text);
}

void
out_bytes(struct out *out, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	char text[4];
	size_t i;

	out_raw(out, " ");
	if (length == 0)
		out_raw(out, "\\-");
	for (i = 0; i < length; i++) {
		if (at[i] > ' ' && at[i] < 0x7f && at[i] != '#' &&
		    at[i] != '\\') {
			append(out, (const char *)at + i, 1);
			continue;
		}
		text[0] = '\\';
		text[1] = (char)('0' + (at[i] >> 6));
		text[2] = (char)('0' + ((at[i] >> 3) & 7));
		text[3] = (char)('0' + (at[i] & 7));
		append(out, text, sizeof(text));
	}
}

void
out_word(struct out *out, const char *word)
{
	out_bytes(out, word, strlen(word));
}

void
out_number(struct out *out, uint64_t number)
{
	out_format(out, " %" PRIu64, number);
}

char *
out_text(struct out *out, size_t *length)
{
	if (out->bytes == NULL)
		append(out, "", 0);
	if (arena_failed(out->arena))
		return NULL;
	*length = out->length;
	return out->bytes;
}
