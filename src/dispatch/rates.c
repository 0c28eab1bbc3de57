/*
 * Memory of cps: see rates.h.
 *
 * Runs in sallyport-dispatch; no system calls. A row that is begun anew is
 * nobody's until it is whole, since its writer may be killed at any
 * instruction. For a moment after a reload the old dispatcher may still write:
 * a bucket is then wrong by one connection.
 */
#include "dispatch/rates.h"

#include <string.h>
#include <strings.h>

#include "shared/state.h"
#include "shared/util.h"

#define RATES_WHOLE UINT64_C(0x3173657461727370)

struct rates_row {
	uint64_t whole;		/* RATES_WHOLE, or nobody's */
	char id[STATE_ID];
	uint64_t rate, wait_s;
	uint64_t taken_micro, stamp_us;	/* struct limit_bucket */
	uint64_t quiet_until_us;
	uint64_t zero[2];
};

_Static_assert(sizeof(struct rates_row) * STATE_SERVICES == RATES_SIZE,
    "a row for each slot");

static uint64_t
rates_read(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void
rates_write(uint64_t *value, uint64_t to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

static bool
rates_is_of(const struct rates_row *row, const char *id)
{
	return __atomic_load_n(&row->whole, __ATOMIC_ACQUIRE) == RATES_WHOLE &&
	    strncasecmp(row->id, id, sizeof row->id) == 0;
}

struct rates_row *
rates_adopt(void *memory, uint32_t slot, const char *id,
    const struct cps *cps, uint64_t now_us, bool *is_over)
{
	struct rates_row *row = memory;
	bool is_same;

	must(slot < STATE_SERVICES);
	row += slot;
	is_same = rates_is_of(row, id);
	*is_over = false;
	if (is_same && rates_read(&row->rate) == cps->rate &&
	    rates_read(&row->wait_s) == cps->wait)
		return row;
	*is_over = is_same && rates_read(&row->quiet_until_us) > now_us;
	rates_write(&row->whole, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memset(row, 0, sizeof *row);
	(void)format_text(row->id, sizeof row->id, "%s", id);
	row->rate = cps->rate;
	row->wait_s = cps->wait;
	__atomic_store_n(&row->whole, RATES_WHOLE, __ATOMIC_RELEASE);
	return row;
}

struct limit_bucket
rates_bucket(const struct rates_row *row, const struct cps *cps,
    uint64_t now_us)
{
	struct limit_bucket bucket = {
		.taken_micro = rates_read(&row->taken_micro),
		.stamp_us = rates_read(&row->stamp_us)
	};

	limit_bound(&bucket, cps->rate, now_us);
	return bucket;
}

void
rates_set_bucket(struct rates_row *row, const struct limit_bucket *bucket)
{
	rates_write(&row->taken_micro, bucket->taken_micro);
	rates_write(&row->stamp_us, bucket->stamp_us);
}

uint64_t
rates_quiet_until(const struct rates_row *row, const struct cps *cps,
    uint64_t now_us)
{
	uint64_t until_us = rates_read(&row->quiet_until_us);
	uint64_t wait_us;

	if (until_us <= now_us ||
	    __builtin_mul_overflow(cps->wait, UINT64_C(1000000), &wait_us) ||
	    until_us - now_us <= wait_us)
		return until_us;
	return now_us + wait_us;
}

void
rates_set_quiet(struct rates_row *row, uint64_t until_us)
{
	rates_write(&row->quiet_until_us, until_us);
}
