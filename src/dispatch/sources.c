/*
 * The memory of source_cps: see sources.h.
 *
 * Runs in sallyport-dispatch; no system calls. A row that is begun anew is
 * nobody's until it is whole, since its writer may be killed at any
 * instruction.
 */
#include "dispatch/sources.h"

#include <string.h>

#include "policy/limit.h"
#include "shared/state.h"
#include "shared/util.h"

#include "dispatch/hash.h"

#define SOURCES_MAGIC UINT64_C(0x3173656372756f73)
#define SOURCES_WHOLE UINT64_C(0x31776f7265637275)
#define SOURCES_WAYS 8u
#define SECOND_US UINT64_C(1000000)

struct sources_row {
	uint64_t whole;		/* SOURCES_WHOLE, or nobody's */
	struct sources_key key;
	uint64_t taken_micro, stamp_us;	/* struct limit_bucket */
	uint64_t until_us;	/* monotonic: it waits until then */
};

struct sources_memory {
	uint64_t magic;
	uint64_t sets;
	struct hash_key key;
	uint64_t zero[4];
	struct { struct sources_row rows[SOURCES_WAYS]; } set[];
};

_Static_assert(sizeof(struct sources_key) == 32, "no padding");
_Static_assert(sizeof(struct sources_row) == SOURCES_ROW, "as state.h says");
_Static_assert(sizeof(struct sources_memory) == SOURCES_ROW,
    "as state.h says");

void
sources_open(struct sources *s, void *memory, size_t rows,
    const uint64_t seed[static 2])
{
	struct sources_memory *m = memory;

	must(rows >= SOURCES_WAYS && rows <= SOURCES_MAX);
	s->memory = m;
	s->sets = rows / SOURCES_WAYS;
	if (m->magic != SOURCES_MAGIC || m->sets != s->sets) {
		memset(m, 0, sizeof *m + s->sets * sizeof m->set[0]);
		m->sets = s->sets;
		m->key = (struct hash_key){ { seed[0], seed[1] } };
		__atomic_store_n(&m->magic, SOURCES_MAGIC, __ATOMIC_RELEASE);
	}
	s->key = m->key;
}

static struct sources_row *
sources_set(const struct sources *s, const struct sources_key *key)
{
	return s->memory->set[hash_bytes(&s->key, key, sizeof *key) %
	    s->sets].rows;
}

static bool
sources_is_of(const struct sources_row *row, const struct sources_key *key)
{
	return __atomic_load_n(&row->whole, __ATOMIC_ACQUIRE) ==
	    SOURCES_WHOLE && memcmp(&row->key, key, sizeof *key) == 0;
}

static struct sources_row *
sources_find(const struct sources *s, const struct sources_key *key)
{
	struct sources_row *row = sources_set(s, key);

	for (unsigned i = 0; i < SOURCES_WAYS; i++)
		if (sources_is_of(&row[i], key))
			return &row[i];
	return NULL;
}

static struct limit_bucket
sources_bucket(const struct sources_row *row, const struct cps *cps,
    uint64_t now_us)
{
	struct limit_bucket bucket = { row->taken_micro, row->stamp_us };

	limit_bound(&bucket, cps->rate, now_us);
	return bucket;
}

/* Never longer than the policy says, whoever wrote it. */
static bool
sources_waits(const struct sources_row *row, const struct cps *cps,
    uint64_t now_us)
{
	uint64_t until_us = __atomic_load_n(&row->until_us, __ATOMIC_RELAXED);

	return until_us > now_us && until_us - now_us <= cps->wait * SECOND_US;
}

bool
sources_peek(const struct sources *s, const struct sources_key *key,
    const struct cps *cps, uint64_t now_us)
{
	const struct sources_row *row;
	struct limit_bucket bucket;

	if (cps->rate == 0 || (row = sources_find(s, key)) == NULL)
		return true;
	if (sources_waits(row, cps, now_us))
		return false;
	bucket = sources_bucket(row, cps, now_us);
	return limit_peek(&bucket, cps->rate, now_us);
}

/* Is row `a` to be forgotten rather than `b`? */
static bool
sources_is_lesser(const struct sources_row *a, const struct sources_row *b,
    uint64_t now_us)
{
	bool a_waits = a->until_us > now_us, b_waits = b->until_us > now_us;

	if (a_waits != b_waits)
		return b_waits;
	return a_waits ? a->until_us < b->until_us : a->stamp_us < b->stamp_us;
}

/* The source's row; a fresh one in place of another, if it has none. */
static struct sources_row *
sources_row(const struct sources *s, const struct sources_key *key, uint64_t now_us)
{
	struct sources_row *row = sources_find(s, key), *set;

	if (row != NULL)
		return row;
	set = row = sources_set(s, key);
	for (unsigned i = 0; i < SOURCES_WAYS; i++) {
		if (set[i].whole != SOURCES_WHOLE) {
			row = &set[i];
			break;
		}
		if (sources_is_lesser(&set[i], row, now_us))
			row = &set[i];
	}
	__atomic_store_n(&row->whole, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memset(row, 0, sizeof *row);
	row->key = *key;
	row->stamp_us = now_us;
	__atomic_store_n(&row->whole, SOURCES_WHOLE, __ATOMIC_RELEASE);
	return row;
}

void
sources_take(const struct sources *s, const struct sources_key *key,
    const struct cps *cps, uint64_t now_us)
{
	struct sources_row *row;
	struct limit_bucket bucket;

	if (cps->rate == 0)
		return;
	row = sources_row(s, key, now_us);
	bucket = sources_bucket(row, cps, now_us);
	(void)limit_take(&bucket, cps->rate, now_us);
	row->taken_micro = bucket.taken_micro;
	row->stamp_us = bucket.stamp_us;
}

void
sources_send_away(const struct sources *s, const struct sources_key *key,
    const struct cps *cps, uint64_t now_us)
{
	struct sources_row *row = sources_row(s, key, now_us);

	if (!sources_waits(row, cps, now_us))
		__atomic_store_n(&row->until_us,
		    now_us + cps->wait * SECOND_US, __ATOMIC_RELAXED);
}
