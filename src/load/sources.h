/*
 * What a load has read of the configuration, kept for the next one.
 *
 * A load that a watched file caused (hosts.deny and the like) takes the
 * configuration from the policy in force, so that files which somebody is just
 * editing neither block it nor go live by it.
 */
#ifndef LOAD_SOURCES_H
#define LOAD_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "load/read.h"

#define SOURCES_MAX (256u << 20)	/* bytes of a bundle */

struct sources {
	const struct read_rights *rights;
	/* the bundle being written */
	char *bytes;
	size_t length, size;
	bool is_too_big;	/* or memory was out: nothing to deliver */
	/* the bundle that is replayed, or NULL; and where to go on looking */
	const char *old;
	size_t old_length, at;
};

/* `rights` must outlive it. */
void sources_begin(struct sources *, const struct read_rights *rights);

/* From now on files and directories come from this bundle, which must outlive
 * `sources`. False when it is none of ours. */
bool sources_replay(struct sources *, const char *bundle, size_t length);

/* For the parser. When a bundle is replayed, what is not in it cannot be read
 * (READ_OTHER): the same bytes name the same files. */
struct source_reader sources_reader(struct sources *);

/* One file that a service names (a banner). When a bundle is replayed and does
 * not have it, it is read as it is now: its service may have been refused
 * before it came to that. */
enum read_error sources_file(struct sources *, struct arena *,
    const char *path, size_t limit, const char **bytes, size_t *length);

/* A file that is read anew at each load (hosts.deny): what the last one kept of
 * it, in the bundle, or NULL; and what this one keeps. */
const char *sources_previous(struct sources *, const char *path,
    size_t *length);
void sources_keep(struct sources *, const char *path, const char *bytes,
    size_t length);

/* All that has been read, or NULL when that is too much to be kept. Valid
 * until sources_end(). */
const char *sources_bundle(const struct sources *, size_t *length);

void sources_end(struct sources *);

#endif
