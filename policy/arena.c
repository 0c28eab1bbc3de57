/*
 * Chunks of memory that die together; see arena.h.
 *
 * Linked into every process. The only place in policy/ where memory that
 * outlives a call is obtained. Sizes come from hostile text: every sum and
 * product is checked, and the limit holds before malloc is asked.
 */
#include "policy/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT _Alignof(max_align_t)

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EVERY_BLOCK_ALONE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define EVERY_BLOCK_ALONE 1
#endif

/* The address sanitizer sees an overrun only between separate blocks. */
#if defined(EVERY_BLOCK_ALONE)
#define CHUNK_FIRST ((size_t)0)
#define CHUNK_LARGEST ((size_t)0)
#else
#define CHUNK_FIRST ((size_t)4000)	/* small: fork pays for heap */
#define CHUNK_LARGEST ((size_t)64000)
#endif

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks;	/* the first is the one being filled */
	size_t limit, used, next_size;
	bool failed;
};

struct arena *
arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		return NULL;
	arena->limit = limit;
	arena->next_size = CHUNK_FIRST;
	return arena;
}

/* Fresh memory is zero already. A block too large for an ordinary chunk gets
 * one of its own behind the first, which stays in use. */
static struct chunk *
add_chunk(struct arena *arena, size_t length)
{
	bool alone = length > arena->next_size / 4;
	size_t size = alone ? length : arena->next_size;
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		return NULL;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	chunk->size = size;
	if (alone && arena->chunks != NULL) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
		return chunk;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	if (!alone && arena->next_size != CHUNK_LARGEST)
		arena->next_size *= 2;
	return chunk;
}

static void *
allocate(struct arena *arena, size_t length)
{
	struct chunk *chunk = arena->chunks;
	size_t start = 0;

	if (length > arena->limit - arena->used)
		return NULL;
	if (chunk != NULL)
		start = (chunk->used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (chunk == NULL || start > chunk->size ||
	    length > chunk->size - start) {
		chunk = add_chunk(arena, length);
		start = 0;
	}
	if (chunk == NULL)
		return NULL;
	chunk->used = start + length;
	arena->used += length;
	return chunk->bytes + start;
}

void *
arena_alloc(struct arena *arena, size_t count, size_t size)
{
	void *block = NULL;
	size_t length;

	if (arena == NULL)
		return NULL;
	if (!__builtin_mul_overflow(count, size, &length))
		block = allocate(arena, length > 0 ? length : 1);
	if (block == NULL)
		arena->failed = true;
	return block;
}

char *
arena_text(struct arena *arena, const char *bytes, size_t length)
{
	char *text;

	if (bytes == NULL)
		return NULL;
	/* SIZE_MAX + 1 would be nothing; twice that never fits the limit. */
	text = arena_alloc(arena, length < SIZE_MAX ? length + 1 : length, 1);
	if (text != NULL)
		memcpy(text, bytes, length);
	return text;
}

char *
arena_format(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		text = arena_alloc(arena, (size_t)length + 1, 1);
	else if (arena != NULL)
		arena->failed = true;
	if (text != NULL &&
	    vsnprintf(text, (size_t)length + 1, format, again) != length)
		text = NULL;
	if (text == NULL && arena != NULL)
		arena->failed = true;
	va_end(again);
	va_end(args);
	return text;
}

bool
arena_failed(const struct arena *arena)
{
	return arena == NULL || arena->failed;
}

size_t
arena_used(const struct arena *arena)
{
	return arena != NULL ? arena->used : 0;
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->chunks != NULL) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
	free(arena);
}
