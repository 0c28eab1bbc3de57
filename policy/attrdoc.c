/*
 * Fills the attribute sections of sallyport.conf(5) from the attribute table.
 *
 * A build-time program, never installed and not part of the library: the one
 * file in policy/ that writes to a stream. Copies the frame from standard input
 * to standard output; a line
 *     @attributes FIRST LAST@
 * becomes the description of the attributes from FIRST to LAST in the order of
 * the table. Anything that it does not understand ends it with status 1, so
 * that a manual is never made by half.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/attr.h"
#include "policy/type.h"

#define WRITTEN (SCOPE_SERVICE | SCOPE_DEFAULTS | SCOPE_GATEWAY)
#define LINE_MAX_BYTES 1024

/* Text for a quoted mdoc argument, or at the start of a line. */
static void
put_escaped(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '\\':
			fputs("\\e", stdout);
			break;
		case '"':
			fputs("\\(dq", stdout);
			break;
		case '-':
			fputs("\\-", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

static void
put_quoted(const char *macro, const char *text, const char *after)
{
	printf("%s \"", macro);
	put_escaped(text);
	printf("\"%s\n", after);
}

/* Does its own text mention this already? mdoc may have escaped a hyphen. */
static bool
says(const struct attr *a, const char *words)
{
	return a->text != NULL && (strstr(a->text, words) != NULL ||
	    (*words == '-' && strstr(a->text, "\\-=") != NULL));
}

/* Does the text explain each of the words? */
static bool
explains_choices(const struct attr *a)
{
	for (const char *const *word = a->choices; *word != NULL; word++)
		if (!says(a, *word))
			return false;
	return true;
}

/* The words of an enumeration, unless they have been named already. */
static void
put_choices(const struct attr *a)
{
	if (a->choices == NULL || a->choices[0] == NULL)
		return;
	if (strstr(a->syntax, a->choices[0]) != NULL || explains_choices(a))
		return;
	puts("Values:");
	for (const char *const *word = a->choices; *word != NULL; word++) {
		/* A gap in the list has no word. */
		if (**word != '\0')
			put_quoted(".Sy", *word, word[1] != NULL ? " ," : " .");
	}
}

/* The manual is committed: it names the usual directory, not this build's. */
static void
put_default(const char *text)
{
	const char *place = strstr(text, LOCALSTATEDIR "/");

	fputs("Default:\n.Sy \"", stdout);
	for (const char *c = text; place != NULL && c < place; c++)
		putchar(*c);
	if (place != NULL) {
		fputs("/var", stdout);
		text = place + strlen(LOCALSTATEDIR);
	}
	put_escaped(text);
	puts("\" .");
}

static void
put_where(const struct attr *a)
{
	if ((a->scope & SCOPE_SERVICE) != 0 && (a->scope & SCOPE_DEFAULTS) != 0)
		puts("Also in\n.Ic defaults .");
	else if ((a->scope & SCOPE_DEFAULTS) != 0)
		puts("Only in\n.Ic defaults .");
	if ((a->flags & ATTR_LIST) != 0 && !says(a, "-="))
		puts(a->type->may_remove ? "A list:\n.Ql +=\nadds to it,\n"
		    ".Ql \\-=\ntakes away from it." :
		    "A list:\n.Ql =\nand\n.Ql +=\nadd to it.");
	if (a->alias != NULL)
		put_quoted("Also spelt\n.Ic", a->alias, " .");
	if (a->fallback != NULL && a->fallback[0] != '\0')
		put_default(a->fallback);
}

static void
put_attribute(const struct attr *a)
{
	printf(".It Ic %s", a->name);
	if (a->syntax != NULL)
		put_quoted(" No = Ar", a->syntax, "");
	else
		putchar('\n');
	if (a->text != NULL && a->text[0] != '\0')
		puts(a->text);
	else if (a->summary != NULL)
		printf("%s.\n", a->summary);
	put_choices(a);
	put_where(a);
}

/* False when the line names what the table does not have. */
static bool
put_range(const char *first, const char *last)
{
	enum attr_id from = attr_find(first, WRITTEN);
	enum attr_id to = attr_find(last, WRITTEN);

	if (from == ATTR_NONE || to == ATTR_NONE || to < from)
		return false;
	puts(".Bl -tag -width Ds");
	for (unsigned id = from; id <= to; id++) {
		if ((attr_table[id].scope & WRITTEN) != 0)
			put_attribute(&attr_table[id]);
	}
	puts(".El");
	return true;
}

int
main(void)
{
	char line[LINE_MAX_BYTES], first[64], last[64];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "@attributes ", 12) != 0) {
			fputs(line, stdout);
		} else if (sscanf(line, "@attributes %63s %63[^@ ]@", first,
		    last) != 2 || !put_range(first, last)) {
			fprintf(stderr, "attrdoc: cannot fill in: %s", line);
			return EXIT_FAILURE;
		}
	}
	if (ferror(stdin) || fflush(stdout) != 0 || ferror(stdout)) {
		fputs("attrdoc: input or output failed\n", stderr);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
