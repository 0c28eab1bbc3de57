/*
 * Lists of diagnostics and their text; see diag.h.
 *
 * Linked into every process that reads a configuration or shows what is wrong
 * with one. Values come from files and the network: no byte of them reaches a
 * terminal or a log unescaped, and no number of faults exhausts memory.
 */
#include "policy/diag.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NEAREST_WORD_MAX 64

static const char *const code_names[DIAG_CODE_MAX] = {
	[DIAG_SYNTAX] = "syntax",
	[DIAG_UNKNOWN_ATTRIBUTE] = "unknown-attribute",
	[DIAG_MISPLACED_ATTRIBUTE] = "misplaced-attribute",
	[DIAG_VALUE_COUNT] = "value-count",
	[DIAG_BAD_VALUE] = "bad-value",
	[DIAG_OUT_OF_RANGE] = "out-of-range",
	[DIAG_BAD_OPERATOR] = "bad-operator",
	[DIAG_REPEATED] = "repeated",
	[DIAG_MISSING] = "missing",
	[DIAG_CONFLICT] = "conflict",
	[DIAG_UNSUPPORTED] = "unsupported",
	[DIAG_IGNORED] = "ignored",
	[DIAG_KINDER] = "kinder",
	[DIAG_FILE] = "file",
	[DIAG_UNKNOWN_NAME] = "unknown-name",
	[DIAG_DUPLICATE] = "duplicate",
	[DIAG_LIBWRAP] = "libwrap",
	[DIAG_LIMIT] = "limit",
	[DIAG_MEMORY] = "memory",
};

const char *
diag_code_name(enum diag_code code)
{
	if ((unsigned)code >= DIAG_CODE_MAX || code_names[code] == NULL)
		return "unknown";
	return code_names[code];
}

void
diag_init(struct diag_list *list, struct arena *arena)
{
	memset(list, 0, sizeof(*list));
	list->arena = arena;
	list->last = &list->first;
}

static const char *
copy_text(struct arena *arena, const char *text)
{
	return text != NULL ? arena_text(arena, text, strlen(text)) : NULL;
}

static void
append(struct diag_list *list, const struct diag *d)
{
	struct diag *copy = arena_alloc(list->arena, 1, sizeof(*copy));

	if (copy == NULL)
		return;
	*copy = *d;
	copy->next = NULL;
	copy->file = copy_text(list->arena, d->file);
	copy->service = copy_text(list->arena, d->service);
	copy->attribute = copy_text(list->arena, d->attribute);
	copy->value = copy_text(list->arena, d->value);
	copy->message = copy_text(list->arena, d->message);
	copy->hint = copy_text(list->arena, d->hint);
	*list->last = copy;
	list->last = &copy->next;
}

void
diag_add(struct diag_list *list, const struct diag *d)
{
	static const struct diag rest = {
		.effect = DIAG_WARNING,
		.code = DIAG_LIMIT,
		.message = "too many faults, the rest is not shown",
	};

	if (list->count < DIAG_LIST_MAX)
		append(list, d);
	else if (list->count == DIAG_LIST_MAX)
		append(list, &rest);
	if (list->count < UINT32_MAX)
		list->count++;
	if (d->effect != DIAG_WARNING && list->errors < UINT32_MAX)
		list->errors++;
	if (d->effect == DIAG_REFUSE_LOAD && list->load_errors < UINT32_MAX)
		list->load_errors++;
}

/* Text that is cut, at a whole character, where the buffer ends. */
struct line {
	char *out;
	size_t size, length;
	bool full;
};

static void
put(struct line *line, const char *bytes, size_t length)
{
	if (line->full || length >= line->size - line->length) {
		line->full = true;
		return;
	}
	memcpy(line->out + line->length, bytes, length);
	line->length += length;
}

static void
put_text(struct line *line, const char *text)
{
	for (; *text != '\0' && !line->full; text++) {
		unsigned char byte = (unsigned char)*text;
		const char octal[4] = { '#', (char)('0' + (byte >> 6)),
		    (char)('0' + (byte >> 3 & 7)), (char)('0' + (byte & 7)) };

		if (byte < 0x20 || byte > 0x7e)
			put(line, octal, sizeof(octal));
		else
			put(line, text, 1);
	}
}

static void
put_place(struct line *line, const char *file, const struct place *place)
{
	char numbers[32] = "";

	if (file == NULL)
		return;
	if (place->line != 0 && place->column != 0)
		(void)snprintf(numbers, sizeof(numbers), ":%u:%u", place->line,
		    place->column);
	else if (place->line != 0)
		(void)snprintf(numbers, sizeof(numbers), ":%u", place->line);
	put_text(line, file);
	put_text(line, numbers);
	put_text(line, ": ");
}

size_t
diag_format(const struct diag *d, char *out, size_t size)
{
	struct line line = { .out = out, .size = size };

	if (size == 0)
		return 0;
	put_place(&line, d->file, &d->place);
	put_text(&line, d->effect == DIAG_WARNING ? "warning: " : "error: ");
	if (d->service != NULL) {
		put_text(&line, "service ");
		put_text(&line, d->service);
		put_text(&line, ": ");
	}
	if (d->attribute != NULL && (d->message == NULL ||
	    strstr(d->message, d->attribute) == NULL)) {
		put_text(&line, d->attribute);
		put_text(&line, ": ");
	}
	/* A message is lost only when memory was. */
	put_text(&line, d->message != NULL ? d->message :
	    diag_code_name(d->code));
	/* The word itself, where the sentence does not have it. */
	if (d->value != NULL && d->value[0] != '\0' && (d->message == NULL ||
	    strstr(d->message, d->value) == NULL)) {
		put_text(&line, ": \"");
		put_text(&line, d->value);
		put_text(&line, "\"");
	}
	if (d->hint != NULL) {
		put_text(&line, "; ");
		put_text(&line, d->hint);
	}
	out[line.length] = '\0';
	return line.length;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours; both words are
 * shorter than NEAREST_WORD_MAX. */
static unsigned
edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NEAREST_WORD_MAX];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *spare;

	for (unsigned j = 0; j <= b_length; j++)
		row[j] = before[j] = last[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		spare = before;
		before = last;
		last = row;
		row = spare;
		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = least(last[j - 1] + (x != y),
			    least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    y == lower(a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[b_length];
}

const char *
diag_nearest(const char *word, const char *const *words, size_t count,
    size_t stride)
{
	size_t length = strlen(word);
	const char *nearest = NULL;
	unsigned bound;

	if (length == 0 || length >= NEAREST_WORD_MAX)
		return NULL;
	/* A third of the word may be wrong, but never more than three. */
	bound = least((unsigned)(length + 1) / 3, 3) + 1;
	for (size_t i = 0; i < count; i++) {
		const char *candidate;
		unsigned distance;

		memcpy(&candidate, (const char *)words + i * stride,
		    sizeof(candidate));
		if (candidate == NULL || strlen(candidate) >= NEAREST_WORD_MAX)
			continue;
		distance = edit_distance(word, length, candidate,
		    strlen(candidate));
		if (distance < bound) {
			bound = distance;
			nearest = candidate;
		}
	}
	return nearest;
}
