/*
 * Plain tables that fit 80 columns.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdio.h>

#define TABLE_WIDTH 80
#define TABLE_COLUMNS_MAX 8

enum table_side { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *title;
	enum table_side side;
	/* Longer cells are cut, ending in "..". Names are not: a longer one in
	 * the first column has a line of its own, one in the last moves to a
	 * new line. */
	unsigned max;
};

struct table;

/* `columns` must outlive the table. Ends the process when memory is out. */
struct table *table_new(const struct table_column *columns, unsigned count);

/* One cell a column; NULL is an empty one. Copies them. Anything that is not
 * printable ASCII becomes '?'. */
void table_row(struct table *, const char *const *cells);

/* Titles, then the rows, each line `indent` blanks in. */
void table_print(const struct table *, FILE *out, unsigned indent);

void table_free(struct table *);

#endif
