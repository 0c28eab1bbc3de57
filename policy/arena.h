/*
 * Memory for one policy: many small allocations that die together.
 *
 * Pure: linked into every process. An arena never returns memory before
 * arena_free(); nothing inside it is freed one by one. Exhaustion is
 * remembered: after a failed allocation arena_failed() is true and the caller
 * must drop the whole policy, so that the code in between may go on with the
 * NULL-safe helpers below instead of testing every call.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* A new empty arena that will hold at most `limit` bytes, or NULL. */
struct arena *arena_new(size_t limit);

/* Zeroed, suitably aligned memory owned by the arena, or NULL. */
void *arena_alloc(struct arena *, size_t count, size_t size);

/* A NUL-terminated copy of `length` bytes, or NULL. */
char *arena_text(struct arena *, const char *bytes, size_t length);

/* printf into the arena; NULL when memory is out. */
char *arena_format(struct arena *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True when any allocation since arena_new() has failed. */
bool arena_failed(const struct arena *);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *);

/* Releases everything at once. NULL is allowed. */
void arena_free(struct arena *);

#endif
