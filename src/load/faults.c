/*
 * Faults that are known and faults that are new.
 *
 * Runs in sallyport-load. A reload must not be held up by what was already
 * wrong, and must not slip in what is newly wrong: when in doubt a fault is
 * new, which keeps the policy in force as it is. The list itself was written
 * by an earlier loader and sealed; it is still only compared, never believed.
 */
#include "load/faults.h"

#include <stdint.h>
#include <string.h>

#include "policy/arena.h"

#define HEADER "sallyport-faults 1\n"
#define HEADER_LENGTH (sizeof(HEADER) - 1)

/* Appends a field, escaped as #ooo; returns the place behind it. */
static char *
put_field(char *at, const char *text, char end)
{
	for (; text != NULL && *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte > 0x20 && byte < 0x7f && byte != '#') {
			*at++ = *text;
			continue;
		}
		*at++ = '#';
		*at++ = (char)('0' + (byte >> 6));
		*at++ = (char)('0' + (byte >> 3 & 7));
		*at++ = (char)('0' + (byte & 7));
	}
	*at++ = end;
	return at;
}

static size_t
field_room(const char *text)
{
	return text == NULL ? 1 : 4 * strlen(text) + 1;
}

const char *
faults_line(struct arena *arena, const struct diag *d)
{
	const char *code = diag_code_name(d->code);
	size_t room = field_room(d->service) + field_room(d->attribute) +
	    field_room(code) + field_room(d->value) + 1;
	char *line = arena_alloc(arena, room, 1);
	char *at;

	if (line == NULL)
		return NULL;
	at = put_field(line, d->service, ' ');
	at = put_field(at, d->attribute, ' ');
	at = put_field(at, code, ' ');
	at = put_field(at, d->value, '\n');
	*at = '\0';
	return line;
}

char *
faults_list(struct arena *arena, const struct diag_list *diags, size_t *length)
{
	const struct diag *d;
	size_t room = HEADER_LENGTH;
	char *list;

	for (d = diags->first; d != NULL; d = d->next)
		room += field_room(d->service) + field_room(d->attribute) +
		    field_room(diag_code_name(d->code)) + field_room(d->value);
	list = arena_alloc(arena, room + 1, 1);
	if (list == NULL)
		return NULL;
	memcpy(list, HEADER, HEADER_LENGTH);
	*length = HEADER_LENGTH;
	for (d = diags->first; d != NULL; d = d->next) {
		const char *line;

		if (d->effect == DIAG_WARNING)
			continue;
		line = faults_line(arena, d);
		if (line == NULL)
			return NULL;
		memcpy(list + *length, line, strlen(line));
		*length += strlen(line);
	}
	list[*length] = '\0';
	return list;
}

bool
faults_is_list(const char *text, size_t length)
{
	return length >= HEADER_LENGTH && length <= FAULTS_MAX &&
	    memcmp(text, HEADER, HEADER_LENGTH) == 0 &&
	    text[length - 1] == '\n' && memchr(text, '\0', length) == NULL;
}

/* Whole lines only: a value can never match a part of another one. */
static bool
is_listed(const char *old, size_t length, const char *line)
{
	size_t at = HEADER_LENGTH, line_length = strlen(line);

	while (at < length) {
		const char *end = memchr(old + at, '\n', length - at);
		size_t have = (size_t)(end - (old + at)) + 1;

		if (have == line_length &&
		    memcmp(old + at, line, have) == 0)
			return true;
		at += have;
	}
	return false;
}

unsigned
faults_compare(struct arena *arena, struct diag_list *diags, const char *old,
    size_t length)
{
	unsigned kept = 0, fresh = 0;

	for (struct diag *d = diags->first; d != NULL; d = d->next) {
		const char *line;

		if (d->effect == DIAG_WARNING)
			continue;
		kept++;
		if (d->effect == DIAG_REFUSE_LOAD)
			continue;
		line = faults_line(arena, d);
		if (line != NULL && is_listed(old, length, line))
			d->effect = DIAG_WARNING;
		else
			fresh++;
	}
	if (diags->errors > kept)
		fresh += diags->errors - kept;
	return fresh;
}
