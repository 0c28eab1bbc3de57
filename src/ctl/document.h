/*
 * JSON, written as it goes.
 *
 * Members and elements come in pairs of calls: a key (or NULL inside an array)
 * with its value. Strings may hold any bytes; what is not printable ASCII
 * comes out as \u00XX.
 */
#ifndef CTL_DOCUMENT_H
#define CTL_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define DOCUMENT_DEPTH_MAX 8

struct document {
	FILE *out;
	unsigned depth;
	char closer[DOCUMENT_DEPTH_MAX];	/* '}' or ']' */
	bool has_member[DOCUMENT_DEPTH_MAX];
};

/* Begins with an object. */
void document_begin(struct document *, FILE *out);
/* Ends it with a newline; all that was opened must have been closed. */
void document_end(struct document *);

void document_object(struct document *, const char *key);
void document_array(struct document *, const char *key);
void document_close(struct document *);

void document_text(struct document *, const char *key, const char *text);
void document_number(struct document *, const char *key, uint64_t number);
void document_bool(struct document *, const char *key, bool value);
void document_null(struct document *, const char *key);

#endif
