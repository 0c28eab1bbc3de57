/*
 * Kinds of services, one row each.
 *
 * Runs in sallyport-dispatch. No other file asks what kind a service is.
 */
#include "dispatch/kinds.h"

#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/decide.h"
#include "dispatch/mux.h"
#include "dispatch/packet.h"
#include "dispatch/sensor.h"
#include "dispatch/sift.h"
#include "dispatch/start.h"
#include "dispatch/wait.h"

#define STREAM(arrived_, allowed_) { .ready = accept_ready, \
	.arrived = arrived_, .allowed = allowed_, .denied = decide_refuse }
#define DATAGRAM(arrived_, allowed_) { .ready = packet_ready, \
	.arrived = arrived_, .allowed = allowed_, .denied = packet_refuse }

static const struct kind_acts acts[KIND_MAX] = {
	[KIND_SERVER] = STREAM(decide_arrived, start_request),
	[KIND_REDIRECT] = STREAM(decide_arrived, start_request),
	[KIND_RELAYED] = STREAM(decide_arrived, start_request),
	[KIND_MUX] = STREAM(decide_arrived, mux_wait),
	[KIND_SENSOR] = STREAM(sensor_touched, NULL),
	[KIND_WAIT] = { .ready = wait_ready, .arrived = decide_arrived,
	    .allowed = wait_request, .denied = wait_refuse },
	[KIND_WAIT_DGRAM] = { .ready = packet_ready,
	    .arrived = decide_arrived, .allowed = wait_request,
	    .denied = packet_refuse, .prepared = sift_allows },
	[KIND_ANSWERED] = DATAGRAM(decide_arrived, packet_answer),
	[KIND_SENSOR_DGRAM] = DATAGRAM(sensor_heard, NULL),
	/* Its clients come from a mux service's listener. */
	[KIND_MUX_CLIENT] = { .arrived = decide_arrived,
	    .allowed = mux_request, .denied = decide_refuse },
};

const struct kind_acts *
kinds_of(const struct served *s)
{
	must(s->service->kind < KIND_MAX);
	return &acts[s->service->kind];
}
