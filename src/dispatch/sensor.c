/*
 * Sensors: see sensor.h.
 *
 * Runs in sallyport-dispatch.
 */
#include "dispatch/sensor.h"

#include "shared/util.h"

#include "dispatch/decide.h"
#include "dispatch/packet.h"
#include "dispatch/scores.h"

#define MINUTE_US UINT64_C(60000000)

static const struct verdict touched = {
	.answer = ANSWER_DENY, .reason = REASON_ADDRESS, .attr = ATTR_FLAGS,
	.entry = RULE_ENTRY_NONE, .wrap = RULE_ENTRY_NONE
};

static void
sensor_penalise(struct dispatch *d, const struct connection *c)
{
	const struct service *service = c->served->service;
	uint64_t minutes = service->deny_time;
	uint64_t until_us = SCORES_FOR_EVER;
	uint64_t now_us = monotonic_us();
	struct record record;

	/* The dispatcher in force writes, nobody else. */
	if (minutes == 0 || d->is_draining)
		return;
	if (minutes < (SCORES_FOR_EVER - now_us) / MINUTE_US)
		until_us = now_us + minutes * MINUTE_US;
	scores_penalise(d->scores, &c->source, until_us, now_us);
	record_init(&record, RECORD_PENALISED);
	record.service = service->index;
	record.source = c->from;
	record.destination = c->to;
	record.attr = ATTR_DENY_TIME;
	record.number[0] = minutes;	/* POLICY_UNLIMITED is for ever */
	dispatch_record(d, &record);
}

void
sensor_touched(struct dispatch *d, struct connection *c)
{
	sensor_penalise(d, c);
	decide_refuse(d, c, &touched);
}

void
sensor_heard(struct dispatch *d, struct connection *c)
{
	packet_refuse(d, c, &touched);
}
