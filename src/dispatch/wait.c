/*
 * Services whose server gets the listener itself.
 *
 * Runs in sallyport-dispatch. The listener belongs to the parent, which hands
 * it on; here it is only looked at. One decision a wake-up, and a listener that
 * was asked for is not polled: neither clients nor a server that dies at once
 * can make this process spin.
 */
#include "dispatch/wait.h"

#include <sys/socket.h>

#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/decide.h"
#include "dispatch/kinds.h"
#include "dispatch/start.h"

void
wait_ready(void *context)
{
	struct listener *l = context;
	struct dispatch *d = l->served->dispatch;
	/* Nothing is known of a client that is still in the queue: lists of
	 * addresses do not apply (a socket filter does, see INTERCEPT), a line
	 * of hosts.deny counts as if it meant the client, and times and limits
	 * hold. */
	struct connection c = { .fd = -1, .listener = l, .served = l->served,
	    .source = { .family = ADDR_UNIX } };

	if (accept_is_wanted(l))
		kinds_of(l->served)->arrived(d, &c);
	start_settle(d);
}

void
wait_request(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	c->listener->is_asked = true;
	start_request_wait(d, c, verdict);
	accept_update_service(c->listener->served);
}

void
wait_refuse(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	struct connection taken = *c;

	if (accept_take(c->listener, &taken))
		decide_refuse(d, &taken, verdict);
}

void
wait_started(struct listener *l)
{
	l->is_asked = false;
	wait_set_busy(l, true);
}

void
wait_refused(struct listener *l, const struct verdict *verdict)
{
	struct connection c = { .fd = -1, .listener = l, .served = l->served };

	l->is_asked = false;
	l->guard_us = 0;
	if (verdict == NULL) {
		accept_rest(l);
		return;
	}
	kinds_of(l->served)->denied(l->served->dispatch, &c, verdict);
	accept_update_service(l->served);
}

void
wait_set_busy(struct listener *l, bool is_busy)
{
	l->is_busy = is_busy;
	l->guard_us = 0;	/* a server has read on, and the filter may go */
	accept_update_service(l->served);
}
