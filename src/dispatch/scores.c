/*
 * Memory of sources: see scores.h.
 *
 * Runs in sallyport-dispatch; no system calls. A row is written in an order
 * that leaves it free while it is not whole, since its writer may be killed at
 * any instruction.
 */
#include "dispatch/scores.h"

#include <string.h>

#include "shared/state.h"

#include "dispatch/hash.h"
#include "dispatch/source.h"

#define SCORES_MAGIC UINT64_C(0x317365726f637373)
#define SCORES_WAYS 8u

struct scores_row {
	uint64_t until_us;	/* 0: free */
	uint8_t family;
	uint8_t zero[3];
	uint32_t scope;
	uint8_t bytes[16];
};

struct scores_set { struct scores_row rows[SCORES_WAYS]; };

struct scores_header {
	uint64_t magic;
	struct hash_key key;
	uint64_t is_used;	/* a row was written once */
};

#define SCORES_SETS (SCORES_SIZE / sizeof(struct scores_set) - 1)

struct scores {
	union {
		struct scores_header header;
		struct scores_set padding;
	};
	struct scores_set sets[SCORES_SETS];
};

_Static_assert(sizeof(struct scores_row) == 32, "no padding");
_Static_assert(sizeof(struct scores) == SCORES_SIZE, "all of it, no more");

struct scores *
scores_open(void *memory, const uint64_t seed[static 2])
{
	struct scores *scores = memory;

	if (scores->header.magic == SCORES_MAGIC)
		return scores;
	/* Nothing of ours: start from nothing, the mark last. */
	memset(scores, 0, sizeof *scores);
	scores->header.key = (struct hash_key){ { seed[0], seed[1] } };
	__atomic_store_n(&scores->header.magic, SCORES_MAGIC,
	    __ATOMIC_RELEASE);
	return scores;
}

/* The only way from an address to a row, for those who write and those who
 * look. False for a source that has none: of a UNIX socket nobody is banned. */
static bool
scores_name(const struct addr *source, struct source_name *out)
{
	return source_name(source, &source_prefix_default, out) &&
	    out->length != 0;
}

static uint64_t
scores_set_of(const struct scores *scores, const struct source_name *name)
{
	return hash_bytes(&scores->header.key, name, sizeof *name) %
	    SCORES_SETS;
}

static bool
scores_is_row(const struct scores_row *row, const struct source_name *name)
{
	static const uint8_t nothing[3];

	return row->family == name->family && row->scope == name->scope &&
	    memcmp(row->zero, nothing, sizeof nothing) == 0 &&
	    memcmp(row->bytes, name->bytes, sizeof name->bytes) == 0;
}

static bool
scores_is_live(const struct scores_row *row, uint64_t now_us)
{
	uint64_t until_us = __atomic_load_n(&row->until_us, __ATOMIC_ACQUIRE);

	return until_us > now_us;
}

bool
scores_is_used(const struct scores *scores)
{
	return scores->header.is_used != 0;
}

bool
scores_is_penalised(const struct scores *scores, const struct addr *source,
    uint64_t now_us)
{
	struct source_name name;
	const struct scores_set *set;

	if (!scores_is_used(scores) || !scores_name(source, &name))
		return false;
	set = &scores->sets[scores_set_of(scores, &name)];
	for (unsigned i = 0; i < SCORES_WAYS; i++)
		if (scores_is_live(&set->rows[i], now_us) &&
		    scores_is_row(&set->rows[i], &name))
			return true;
	return false;
}

/* The source's own row, else the one that ends first (a free or past one
 * first of all). */
static struct scores_row *
scores_choose(struct scores_set *set, const struct source_name *name,
    uint64_t now_us, bool *is_own)
{
	struct scores_row *chosen = NULL;
	uint64_t chosen_until = 0;

	*is_own = false;
	for (unsigned i = 0; i < SCORES_WAYS; i++) {
		struct scores_row *row = &set->rows[i];
		uint64_t until = scores_is_live(row, now_us) ?
		    row->until_us : 0;

		if (until != 0 && scores_is_row(row, name)) {
			*is_own = true;
			return row;
		}
		if (chosen == NULL || until < chosen_until) {
			chosen = row;
			chosen_until = until;
		}
	}
	return chosen;
}

void
scores_penalise(struct scores *scores, const struct addr *source,
    uint64_t until_us, uint64_t now_us)
{
	struct source_name name;
	struct scores_row *row;
	bool is_own;

	if (until_us <= now_us || !scores_name(source, &name))
		return;
	row = scores_choose(&scores->sets[scores_set_of(scores, &name)],
	    &name, now_us, &is_own);
	/* Something that lasts longer stands there. */
	if (scores_is_live(row, now_us) && row->until_us > until_us)
		return;
	if (!is_own) {
		__atomic_store_n(&row->until_us, 0, __ATOMIC_RELEASE);
		row->family = name.family;
		memset(row->zero, 0, sizeof row->zero);
		row->scope = name.scope;
		memcpy(row->bytes, name.bytes, sizeof row->bytes);
	}
	__atomic_store_n(&row->until_us, until_us, __ATOMIC_RELEASE);
	__atomic_store_n(&scores->header.is_used, 1, __ATOMIC_RELEASE);
}
