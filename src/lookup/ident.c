/*
 * The line that an ident server answers: see ident.h.
 *
 * Runs in sallyport-lookup. Pure.
 */
#include "lookup/ident.h"

#include <stdbool.h>
#include <string.h>

#include "shared/record.h"
#include "shared/util.h"

struct field {
	const char *text;
	size_t length;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Up to the separator, which is taken away; false when there is none. */
static bool
cut(struct field *rest, char separator, struct field *out)
{
	const char *end = memchr(rest->text, separator, rest->length);

	if (end == NULL)
		return false;
	out->text = rest->text;
	out->length = (size_t)(end - rest->text);
	rest->text = end + 1;
	rest->length -= out->length + 1;
	return true;
}

static struct field
trim(struct field f)
{
	while (f.length > 0 && is_blank(f.text[0])) {
		f.text++;
		f.length--;
	}
	while (f.length > 0 && is_blank(f.text[f.length - 1]))
		f.length--;
	return f;
}

static bool
is_port(struct field f, uint16_t wanted)
{
	char digits[6];
	uint64_t number;

	f = trim(f);
	if (f.length == 0 || f.length >= sizeof digits)
		return false;
	memcpy(digits, f.text, f.length);
	digits[f.length] = '\0';
	return number_parse(digits, UINT16_MAX, &number) && number == wanted;
}

static bool
is_word(struct field f, const char *word)
{
	f = trim(f);
	return f.length == strlen(word) && memcmp(f.text, word, f.length) == 0;
}

/* Operating system and character set: printable, 1 to 64 characters. */
static bool
is_token(struct field f)
{
	for (size_t i = 0; i < f.length; i++)
		if (f.text[i] < ' ' || f.text[i] > '~')
			return false;
	return f.length > 0 && f.length <= 64;
}

enum ident_reply
ident_parse(const char *line, size_t length, uint16_t their_port,
    uint16_t our_port, char out[static IDENT_TEXT_MAX + 1])
{
	struct field rest = { line, length };
	struct field theirs, ours, kind, system;
	size_t used;

	/* NUL is no character of a reply, CR only ends it. */
	if (length > IDENT_LINE_MAX || memchr(line, '\0', length) != NULL)
		return IDENT_REPLY_BAD;
	if (!cut(&rest, ',', &theirs) || !cut(&rest, ':', &ours) ||
	    !is_port(theirs, their_port) || !is_port(ours, our_port) ||
	    !cut(&rest, ':', &kind))
		return IDENT_REPLY_BAD;
	if (is_word(kind, "ERROR"))
		return is_token(trim(rest)) ? IDENT_REPLY_ERROR :
		    IDENT_REPLY_BAD;
	if (!is_word(kind, "USERID") || !cut(&rest, ':', &system))
		return IDENT_REPLY_BAD;
	system = trim(system);
	rest = trim(rest);
	if (!is_token(system) || rest.length == 0)
		return IDENT_REPLY_BAD;
	used = record_escape(out, IDENT_TEXT_MAX + 1, system.text,
	    system.length);
	used += format_text(out + used, IDENT_TEXT_MAX + 1 - used, " : ");
	/* A longer one comes back shorter: half a name is nobody's. */
	if (record_escape(out + used, IDENT_TEXT_MAX + 1 - used, rest.text,
	    rest.length) == 0)
		return IDENT_REPLY_BAD;
	return IDENT_REPLY_USERID;
}
