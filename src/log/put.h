/*
 * JSON, one field at a time: objects, numbers, words and bounded texts.
 */
#ifndef LOG_PUT_H
#define LOG_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/render.h"

#define PUT_CUTS_MAX 8		/* fields named in sallyport.truncated */

struct json {
	char *out;		/* JSON_MAX + 1 bytes */
	size_t used;
	bool needs_comma;
	const char *cut[PUT_CUTS_MAX];
	unsigned cuts;
};

void put_raw(struct json *, const char *text);

/* "name": with a comma in front where one belongs. */
void put_name(struct json *, const char *name);

/* "name":{ or, with name NULL, the outermost brace. */
void put_open(struct json *, const char *name);
void put_close(struct json *);

void put_unsigned(struct json *, const char *name, uint64_t value);
void put_signed(struct json *, const char *name, int64_t value);

/* A constant of ours that needs no escaping. */
void put_word(struct json *, const char *name, const char *word);

/* Any text, at most size - 1 bytes long once escaped; path is the field's full
 * name, remembered when the text had to be cut. */
void put_text(struct json *, const char *name, const char *path,
    const char *text, size_t size);

/* 2026-11-22T02:31:48.114207Z */
void put_time(struct json *, const char *name, uint64_t time_us);

#endif
