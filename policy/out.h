/*
 * A growing text in an arena, and the escape of canonical words.
 *
 * Pure; used by print.c and the types. After memory has run out every call is
 * a no-op and out_text() returns NULL.
 */
#ifndef POLICY_OUT_H
#define POLICY_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"

struct out {
	struct arena *arena;
	char *bytes;
	size_t length, room;
};

void out_init(struct out *, struct arena *);

/* As they are. */
void out_raw(struct out *, const char *text);

/* printf, as it is; at most 255 bytes. */
void out_format(struct out *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A blank, then the word with blank, '#', backslash, control bytes and bytes
 * >= 0x7f as \ooo; an empty one as \-. */
void out_word(struct out *, const char *word);
void out_bytes(struct out *, const void *bytes, size_t length);

/* A blank, then a decimal number. */
void out_number(struct out *, uint64_t number);

/* What was written, NUL-terminated; NULL when memory is out. */
char *out_text(struct out *, size_t *length);

#endif
