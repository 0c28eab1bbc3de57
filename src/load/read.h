/*
 * Reading files that decide something, and judging whether to trust them.
 */
#ifndef LOAD_READ_H
#define LOAD_READ_H

#include "policy/parse.h"

/* Who may own what we believe: root, and whoever runs us. */
struct read_rights {
	uint32_t owner;		/* effective uid of this process */
};

/*
 * All bytes of a regular file of at most `limit` bytes, in the arena, with a
 * NUL behind them. The file is judged after it was opened (D32): owned by root
 * or rights->owner, writable by its owner alone. Symbolic links are followed.
 */
enum read_error read_trusted(const struct read_rights *, struct arena *,
    const char *path, size_t limit, const char **bytes, size_t *length);

/* The names in a directory judged the same way, sorted by strcmp. */
enum read_error read_names(const struct read_rights *, struct arena *,
    const char *path, const char ***names, unsigned *count);

/* "is not owned by root or by you", to follow a path. */
const char *read_error_text(enum read_error);

#endif
