/*
 * How often each source comes: the memory of source_cps.
 *
 * Behind scores and rates in the same memory (SOURCES_SIZE of it), so that
 * neither a reload nor the death of a dispatcher gives a source a fresh start.
 * What stands there may have been written by a dispatcher that an attacker held:
 * values are cut to what the service's own numbers allow.
 *
 * A set of eight rows holds the sources with one hash. When it is full, of those
 * that do not wait the one heard of longest ago is forgotten; when all wait, the
 * one whose time ends first.
 */
#ifndef DISPATCH_SOURCES_H
#define DISPATCH_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dispatch/hash.h"
#include "dispatch/source.h"

struct sources_memory;

/* What is believed of the header is copied: the memory may change under us. */
struct sources {
	struct sources_memory *memory;
	uint64_t sets;
	struct hash_key key;
};

/* A source as one service sees it. */
struct sources_key {
	struct source_name name;
	uint32_t service;	/* slot in parent.state */
	uint32_t zero;
};

/* Lays the memory out: `rows` rows (a multiple of eight). A fresh memory, or one
 * of another number of rows, is emptied and gets `seed` as the key of its hash.
 * Does not fail. */
void sources_open(struct sources *, void *memory, size_t rows,
    const uint64_t seed[static 2]);

/* May this source come now? Changes nothing. A rate of 0 is no limit. */
bool sources_peek(const struct sources *, const struct sources_key *,
    const struct cps *, uint64_t now_us);

/* It has come: one token less. After sources_peek() said yes. */
void sources_take(const struct sources *, const struct sources_key *,
    const struct cps *, uint64_t now_us);

/* It has come too often: from now on it waits, unless it does already. */
void sources_send_away(const struct sources *, const struct sources_key *,
    const struct cps *, uint64_t now_us);

#endif
