/*
 * The lexer; see lex.h.
 *
 * Runs in the loader (as root, on files that only root may write), in ctl, and
 * on canonical text in every process. Never reads past `length`, never assumes
 * a NUL at the end, never cuts a line silently.
 */
#include "policy/lex.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void
lex_open(struct lexer *lexer, struct arena *arena, const char *bytes,
    size_t length, size_t line_max)
{
	memset(lexer, 0, sizeof(*lexer));
	lexer->arena = arena;
	lexer->bytes = bytes;
	lexer->length = length;
	lexer->line_max = line_max;
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		lexer->at = 3;
}

unsigned
lex_words(struct arena *arena, const char *text, size_t length,
    struct lex_word **out)
{
	struct lex_word *words;
	size_t i, start;
	unsigned count = 0, n = 0;

	for (i = 0; i < length; i++)
		if (!is_blank(text[i]) && (i == 0 || is_blank(text[i - 1])))
			count++;
	*out = words = arena_alloc(arena, count, sizeof(*words));
	if (words == NULL)
		return 0;
	for (i = 0; i < length && n < count; n++) {
		while (is_blank(text[i]))
			i++;
		start = i;
		while (i < length && !is_blank(text[i]))
			i++;
		words[n].column = (unsigned)start + 1;
		words[n].text = arena_text(arena, text + start, i - start);
		if (words[n].text == NULL)
			return 0;
	}
	return count;
}

/* Cuts the next physical line off; its line end is not part of it. */
static const char *
physical_line(struct lexer *lexer, size_t *length)
{
	const char *start = lexer->bytes + lexer->at;
	size_t rest = lexer->length - lexer->at;
	const char *end = memchr(start, '\n', rest);

	*length = end == NULL ? rest : (size_t)(end - start);
	lexer->at += *length + (end != NULL);
	lexer->line++;
	if (*length > 0 && start[*length - 1] == '\r')
		(*length)--;
	return start;
}

enum lex_result
lex_next(struct lexer *lexer, struct lex_line *line)
{
	const char *text;
	size_t length, i;

	memset(line, 0, sizeof(*line));
	while (lexer->at < lexer->length) {
		text = physical_line(lexer, &length);
		line->number = lexer->line;
		for (i = 0; i < length && is_blank(text[i]); i++)
			continue;
		if (length > lexer->line_max)
			return LEX_TOO_LONG;
		if (memchr(text, '\0', length) != NULL)
			return LEX_NUL;
		if (i == length || (text[i] == '#' && !lexer->is_canonical))
			continue;
		line->count = lex_words(lexer->arena, text, length,
		    &line->words);
		return line->count > 0 ? LEX_LINE : LEX_END;
	}
	line->number = lexer->line;
	return LEX_END;
}

unsigned
lex_before_remark(const struct lex_word *words, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (words[i].text[0] == '#')
			return i;
	return count;
}

/* "=", "+=" or "-=" at the start of text; its length, or 0. */
static unsigned
operator_at(const char *text, enum lex_operator *operator)
{
	unsigned length = 1;

	*operator = LEX_SET;
	if (text[0] == '+' || text[0] == '-') {
		*operator = text[0] == '+' ? LEX_ADD : LEX_REMOVE;
		length = 2;
	}
	return text[length - 1] == '=' && text[length] != '=' ? length : 0;
}

const char *
lex_attribute(struct arena *arena, const struct lex_line *line,
    struct lex_attribute *out, unsigned *column)
{
	const struct lex_word *first = &line->words[0], *op = first;
	const char *equals = strchr(first->text, '=');
	size_t start = strlen(first->text);
	unsigned length, next;

	if (equals != NULL) {
		start = (size_t)(equals - first->text);
		if (start > 0 && (equals[-1] == '+' || equals[-1] == '-'))
			start--;
	}
	memset(out, 0, sizeof(*out));
	*column = first->column;
	if (start == 0)
		return "an attribute's name is missing before the operator";
	out->name = arena_text(arena, first->text, start);
	out->column = first->column;
	next = equals == NULL ? 2 : 1;
	if (equals == NULL) {
		if (line->count < 2)
			return "no operator (=, += or -=) follows this word";
		op = &line->words[1];
		start = 0;
	}
	*column = op->column + (unsigned)start;
	length = operator_at(op->text + start, &out->operator);
	if (length == 0)
		return "only =, += and -= are operators";
	out->operator_column = *column;
	out->count = line->count - next;
	out->values = line->words + next;
	if (op->text[start + length] == '\0')
		return NULL;
	/* A value glued to the operator takes the operator's word. */
	out->values = line->words + next - 1;
	out->count++;
	out->values[0].text = op->text + start + length;
	out->values[0].column = *column + length;
	return NULL;
}

/* One \ooo, or -1. */
static int
octal(const char *text)
{
	int value = 0, i;

	for (i = 0; i < 3; i++) {
		if (text[i] < '0' || text[i] > '7')
			return -1;
		value = value * 8 + (text[i] - '0');
	}
	return value <= 255 ? value : -1;
}

const char *
lex_unescape(struct arena *arena, const char *word, size_t *length)
{
	size_t n = 0;
	char *copy = arena_text(arena, word, strlen(word));
	int byte;

	if (copy == NULL)
		return NULL;
	if (strcmp(word, "\\-") == 0)
		word = "";
	for (; *word != '\0'; n++) {
		byte = (unsigned char)*word;
		if (byte == '\\') {
			byte = octal(word + 1);
			if (byte < 0 || (byte == 0 && length == NULL))
				return NULL;
			word += 3;
		}
		word++;
		copy[n] = (char)byte;
	}
	copy[n] = '\0';
	if (length != NULL)
		*length = n;
	return copy;
}
