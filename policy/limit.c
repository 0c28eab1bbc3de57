/*
 * Token buckets; see limit.h.
 *
 * Part of the matcher, run by the dispatcher. Arithmetic saturates on the side
 * of the limit; a clock that steps back refills nothing.
 */
#include "policy/limit.h"

#define TOKEN UINT64_C(1000000)

static uint64_t
multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* One token a second is one millionth of a token a microsecond. */
static uint64_t
taken_at(const struct limit_bucket *bucket, uint64_t rate, uint64_t now_us)
{
	uint64_t refilled = 0;

	if (now_us > bucket->stamp_us)
		refilled = multiply(now_us - bucket->stamp_us, rate);
	return refilled < bucket->taken_micro ?
	    bucket->taken_micro - refilled : 0;
}

static bool
is_there(uint64_t taken, uint64_t rate)
{
	return taken <= multiply(rate, TOKEN) - TOKEN;
}

void
limit_bound(struct limit_bucket *bucket, uint64_t rate, uint64_t now_us)
{
	uint64_t most = multiply(rate, TOKEN);

	if (bucket->taken_micro > most)
		bucket->taken_micro = most;
	if (bucket->stamp_us > now_us)
		bucket->stamp_us = now_us;
}

bool
limit_peek(const struct limit_bucket *bucket, uint64_t rate, uint64_t now_us)
{
	return rate == 0 || is_there(taken_at(bucket, rate, now_us), rate);
}

bool
limit_take(struct limit_bucket *bucket, uint64_t rate, uint64_t now_us)
{
	uint64_t taken;

	if (rate == 0)
		return true;
	taken = taken_at(bucket, rate, now_us);
	if (!is_there(taken, rate))
		return false;
	bucket->taken_micro = taken + TOKEN;
	if (now_us > bucket->stamp_us)
		bucket->stamp_us = now_us;
	return true;
}
