/*
 * Plain tables that fit 80 columns.
 *
 * Runs in sallyport, as the caller. Columns are as wide as what is in them, up
 * to a bound; cells are made printable when they come in, so that nothing in a
 * state file can reach the terminal as a control sequence.
 */
#include "ctl/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "shared/util.h"

#define GAP 2u

struct row {
	struct row *next;
	char *cells[TABLE_COLUMNS_MAX];
};

struct table {
	const struct table_column *columns;
	unsigned count;
	struct row *first, **last;
};

struct table *
table_new(const struct table_column *columns, unsigned count)
{
	struct table *t = calloc(1, sizeof(*t));

	must(count > 0 && count <= TABLE_COLUMNS_MAX);
	if (t == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	t->columns = columns;
	t->count = count;
	t->last = &t->first;
	return t;
}

static char *
make_cell(const char *text, unsigned max)
{
	char *cell = strdup(text != NULL ? text : "");

	if (cell == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	for (char *c = cell; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	if (max >= 2 && strlen(cell) > max)
		memcpy(cell + max - 2, "..", 3);
	return cell;
}

void
table_row(struct table *t, const char *const *cells)
{
	struct row *row = calloc(1, sizeof(*row));

	if (row == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	for (unsigned i = 0; i < t->count; i++)
		row->cells[i] = make_cell(cells[i],
		    i > 0 && i + 1 < t->count ? t->columns[i].max : 0);
	*t->last = row;
	t->last = &row->next;
}

/* Does the first cell need a line of its own? */
static bool
is_long(const struct table *t, const char *cell)
{
	return t->count > 1 && t->columns[0].max > 0 &&
	    strlen(cell) > t->columns[0].max;
}

/* Everything but the last column, whose cells end the line. */
static void
measure(const struct table *t, unsigned *widths)
{
	for (unsigned i = 0; i < t->count; i++) {
		widths[i] = (unsigned)strlen(t->columns[i].title);
		for (const struct row *row = t->first; row != NULL;
		    row = row->next) {
			unsigned length = (unsigned)strlen(row->cells[i]);

			if (i == 0 && is_long(t, row->cells[0]))
				continue;
			if (length > widths[i])
				widths[i] = length;
		}
	}
}

static void
print_line(const struct table *t, const char *const *cells,
    const unsigned *widths, FILE *out, unsigned indent)
{
	char line[TABLE_COLUMNS_MAX * 64];
	unsigned last = t->count - 1, at = indent;
	size_t used = 0;

	line[0] = '\0';
	for (unsigned i = 0; i < last; i++) {
		used += format_text(line + used, sizeof(line) - used,
		    t->columns[i].side == TABLE_LEFT ? "%-*s%*s" : "%*s%*s",
		    (int)widths[i], cells[i], (int)GAP, "");
		at += widths[i] + GAP;
	}
	if (t->columns[last].side == TABLE_RIGHT)
		used += format_text(line + used, sizeof(line) - used, "%*s",
		    (int)(widths[last] - strlen(cells[last])), "");
	else if (used > 0 && cells[last][0] != '\0' && t->count > 1 &&
	    at + strlen(cells[last]) > TABLE_WIDTH) {
		while (used > 0 && line[used - 1] == ' ')
			used--;
		line[used] = '\0';
		if (used > 0)
			(void)fprintf(out, "%*s%s\n", (int)indent, "", line);
		(void)fprintf(out, "%*s%s\n", (int)indent + 4, "", cells[last]);
		return;
	}
	while (cells[last][0] == '\0' && used > 0 && line[used - 1] == ' ')
		used--;
	line[used] = '\0';
	(void)fprintf(out, "%*s%s%s\n", (int)indent, "", line, cells[last]);
}

void
table_print(const struct table *t, FILE *out, unsigned indent)
{
	unsigned widths[TABLE_COLUMNS_MAX];
	const char *titles[TABLE_COLUMNS_MAX];

	measure(t, widths);
	for (unsigned i = 0; i < t->count; i++)
		titles[i] = t->columns[i].title;
	print_line(t, titles, widths, out, indent);
	for (const struct row *row = t->first; row != NULL; row = row->next) {
		const char *cells[TABLE_COLUMNS_MAX];

		for (unsigned i = 0; i < t->count; i++)
			cells[i] = row->cells[i];
		if (is_long(t, cells[0])) {
			(void)fprintf(out, "%*s%s\n", (int)indent, "",
			    cells[0]);
			cells[0] = "";
		}
		print_line(t, cells, widths, out, indent);
	}
}

void
table_free(struct table *t)
{
	struct row *row, *next;

	if (t == NULL)
		return;
	for (row = t->first; row != NULL; row = next) {
		next = row->next;
		for (unsigned i = 0; i < t->count; i++)
			free(row->cells[i]);
		free(row);
	}
	free(t);
}
