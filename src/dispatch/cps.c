/*
 * The limit of connections a second: see cps.h.
 *
 * Runs in sallyport-dispatch. A service that has no slot in parent.state has
 * its bucket in served->cps alone, and so has a dispatcher that drains.
 */
#include "dispatch/cps.h"

#include "shared/loop.h"
#include "shared/util.h"

#include "dispatch/rates.h"

static void
cps_record(struct served *s, enum record_action action)
{
	struct record record;

	record_init(&record, action);
	record.service = s->service->index;
	record.reason = REASON_CPS;
	record.attr = ATTR_CPS;
	if (action == RECORD_DEACTIVATED)
		record.number[0] = s->service->cps.wait;
	dispatch_record(s->dispatch, &record);
}

void
cps_quiet_over(void *context)
{
	struct served *s = context;

	s->is_quiet = false;
	cps_record(s, RECORD_ACTIVATED);
}

static void
cps_set_quiet(struct served *s, uint64_t after_us)
{
	uint64_t after_ms = (after_us + 999) / 1000;

	if (after_ms > UINT64_C(1000) * UINT32_MAX)
		after_ms = UINT64_C(1000) * UINT32_MAX;
	if (!loop_timer_set(s->quiet, after_ms))
		fatal(EXIT_CANNOT, "no timer for service %s", s->service->id);
	s->is_quiet = true;
}

/* What the row says may have been said by the dispatcher before this one. */
static bool
cps_is_quiet_by_row(struct served *s, uint64_t now_us)
{
	uint64_t until_us = s->rates == NULL ? 0 :
	    rates_quiet_until(s->rates, &s->service->cps, now_us);

	if (until_us <= now_us)
		return false;
	cps_set_quiet(s, until_us - now_us);
	return true;
}

/* The port stays open, each refused client has its own record; these two
 * lines are for those who look for xinetd's. */
void
cps_passed(struct served *s, uint64_t now_us)
{
	uint64_t wait_us = s->service->cps.wait * UINT64_C(1000000);

	if (s->is_quiet || s->dispatch->is_draining ||
	    cps_is_quiet_by_row(s, now_us))
		return;
	cps_set_quiet(s, wait_us);
	if (s->rates != NULL)
		rates_set_quiet(s->rates, now_us + wait_us);
	cps_record(s, RECORD_DEACTIVATED);
}

void
cps_look(struct served *s, uint64_t now_us)
{
	if (s->rates != NULL)
		s->cps = rates_bucket(s->rates, &s->service->cps, now_us);
}

void
cps_take(struct served *s, uint64_t now_us)
{
	must(limit_take(&s->cps, s->service->cps.rate, now_us));
	if (s->rates != NULL)
		rates_set_bucket(s->rates, &s->cps);
}

void
cps_enter(struct dispatch *d)
{
	uint64_t now_us = monotonic_us();
	uint32_t slot = 0;

	for (unsigned i = 0; i < d->policy->count; i++) {
		struct served *s = &d->served[i];
		bool is_over;

		/* Most slots are in the order of the policy. */
		s->slot = count_slot(d->parent, s->service->id, slot);
		if (s->slot == COUNT_NO_SLOT)
			continue;
		slot = s->slot + 1;
		s->rates = rates_adopt(d->rates, s->slot, s->service->id,
		    &s->service->cps, now_us, &is_over);
		if (is_over)
			cps_record(s, RECORD_ACTIVATED);
		(void)cps_is_quiet_by_row(s, now_us);
	}
}

void
cps_leave(struct dispatch *d)
{
	for (unsigned i = 0; i < d->policy->count; i++) {
		struct served *s = &d->served[i];
		bool is_left = s->rates != NULL;

		s->rates = NULL;
		if (!s->is_quiet)
			continue;
		/* Fails only for an event that was never made. */
		(void)loop_timer_clear(s->quiet);
		if (is_left)
			s->is_quiet = false;	/* the next one goes on */
		else
			cps_quiet_over(s);
	}
}
