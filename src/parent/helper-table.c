/*
 * The kinds of helpers. Root.
 */
#include "parent/helper-table.h"

#include <stddef.h>

#include "parent/helper.h"
#include "parent/helper-end.h"
#include "parent/helper-start.h"
#include "parent/load.h"
#include "parent/lookup.h"
#include "parent/relay.h"
#include "parent/request.h"

/* So many messages at most are in a channel with a buffer of that size: the
 * kernel doubles the size and accounts more than 512 bytes for each. */
#define QUEUE_MAX(buffer) ((unsigned)(buffer) / 256)

const struct helper_row helper_table[HELPER_KINDS] = {
	[HELPER_LOAD] = { .name = "load", .program = "sallyport-load",
	    .role = ROLE_LOAD, .place = offsetof(struct parent, load.helper),
	    .link = LINK_LOAD_TO_PARENT,
	    .queue_max = QUEUE_MAX(CONTROL_BUFFER), .may_fd = true,
	    .handle = load_handle, .ended = helper_end_load },
	[HELPER_DISPATCH] = { .name = "dispatch",
	    .program = "sallyport-dispatch", .role = ROLE_DISPATCH,
	    .option = "--number", .place = offsetof(struct parent, dispatcher),
	    .start = helper_restart_dispatch, .link = LINK_DISPATCH_TO_PARENT,
	    .queue_max = QUEUE_MAX(CONTROL_BUFFER), .may_fd = true,
	    .handle = request_handle, .ended = helper_end_dispatch },
	[HELPER_LOG] = { .name = "log", .program = "sallyport-log",
	    .role = ROLE_LOG, .option = "--boot",
	    .place = offsetof(struct parent, log), .start = helper_start_log,
	    .link = LINK_LOG_TO_PARENT,
	    .queue_max = QUEUE_MAX(CONTROL_BUFFER),
	    .handle = helper_handle_log, .ended = helper_end_single },
	[HELPER_RELAY] = { .name = "relay", .program = "sallyport-relay",
	    .role = ROLE_RELAY, .place = offsetof(struct parent, relay),
	    .start = helper_start_relay, .link = LINK_RELAY_TO_PARENT,
	    .queue_max = QUEUE_MAX(RELAY_BUFFER),
	    .handle = relay_handle, .ended = helper_end_single },
	[HELPER_LOOKUP] = { .name = "lookup", .program = "sallyport-lookup",
	    .role = ROLE_LOOKUP, .place = offsetof(struct parent, lookup),
	    .start = helper_start_lookup, .link = LINK_LOOKUP_TO_PARENT,
	    .queue_max = QUEUE_MAX(CONTROL_BUFFER),
	    .handle = lookup_handle, .ended = helper_end_single },
};

struct helper **
helper_place(struct parent *p, enum helper_kind kind)
{
	return (void *)((char *)p + helper_table[kind].place);
}
