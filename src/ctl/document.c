/*
 * JSON, written as it goes.
 *
 * Runs in sallyport, as the caller. Texts may come from a hostile state file:
 * whatever bytes they hold, the document stays well-formed and pure ASCII.
 */
#include "ctl/document.h"

#include <inttypes.h>

#include "shared/util.h"

static void
put_string(FILE *out, const char *text)
{
	(void)fputc('"', out);	/* main() looks at ferror() in the end */
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			(void)fprintf(out, "\\%c", byte);
		else if (byte < 0x20 || byte > 0x7e)
			(void)fprintf(out, "\\u%04x", byte);
		else
			(void)fputc(byte, out);
	}
	(void)fputc('"', out);
}

/* What stands before every value: comma, line, indent, key. */
static void
lead_in(struct document *d, const char *key)
{
	bool *has_member = &d->has_member[d->depth - 1];

	must(d->depth > 0 && (key != NULL) == (d->closer[d->depth - 1] == '}'));
	(void)fprintf(d->out, "%s\n%*s", *has_member ? "," : "",
	    (int)d->depth * 2, "");
	*has_member = true;
	if (key == NULL)
		return;
	put_string(d->out, key);
	(void)fputs(": ", d->out);
}

static void
open_level(struct document *d, char opener, char closer)
{
	must(d->depth < DOCUMENT_DEPTH_MAX);
	(void)fputc(opener, d->out);
	d->closer[d->depth] = closer;
	d->has_member[d->depth] = false;
	d->depth++;
}

void
document_begin(struct document *d, FILE *out)
{
	d->out = out;
	d->depth = 0;
	open_level(d, '{', '}');
}

void
document_end(struct document *d)
{
	document_close(d);
	must(d->depth == 0);
	(void)fputc('\n', d->out);
}

void
document_object(struct document *d, const char *key)
{
	lead_in(d, key);
	open_level(d, '{', '}');
}

void
document_array(struct document *d, const char *key)
{
	lead_in(d, key);
	open_level(d, '[', ']');
}

void
document_close(struct document *d)
{
	must(d->depth > 0);
	d->depth--;
	if (d->has_member[d->depth])
		(void)fprintf(d->out, "\n%*s", (int)d->depth * 2, "");
	(void)fputc(d->closer[d->depth], d->out);
}

void
document_text(struct document *d, const char *key, const char *text)
{
	lead_in(d, key);
	put_string(d->out, text);
}

void
document_number(struct document *d, const char *key, uint64_t number)
{
	lead_in(d, key);
	(void)fprintf(d->out, "%" PRIu64, number);
}

void
document_bool(struct document *d, const char *key, bool value)
{
	lead_in(d, key);
	(void)fputs(value ? "true" : "false", d->out);
}

void
document_null(struct document *d, const char *key)
{
	lead_in(d, key);
	(void)fputs("null", d->out);
}
