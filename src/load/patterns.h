/*
 * Files of patterns that hosts.allow and hosts.deny name.
 */
#ifndef LOAD_PATTERNS_H
#define LOAD_PATTERNS_H

#include "load/fill.h"

/*
 * Reads one that `file` names, judged like any file that decides something, and
 * notes its path for the parent to watch. It warns of one that is not watched:
 * there are too many, or somebody else can put another file in its place.
 */
enum read_error patterns_read(struct fill *, const char *file,
    const char *path, const char **bytes, size_t *length);

#endif
