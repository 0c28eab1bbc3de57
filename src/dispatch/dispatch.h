/*
 * The dispatcher's state: all of it, in one struct passed explicitly.
 *
 * sallyport-dispatch accepts, decides and asks the parent for servers. It
 * serves one policy and never changes it. Everything here is allocated before
 * the sandbox is entered; no connection allocates anything.
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"
#include "policy/rule.h"

#include "shared/msg.h"
#include "shared/record.h"
#include "shared/state.h"

#include "dispatch/count.h"

/* What the parent leaves open for us. */
enum dispatch_fd {
	FD_CHANNEL = 3, FD_TEXT, FD_TABLES, FD_RECORDS, FD_COUNTER,
	FD_PARENT_STATE, FD_DISPATCH_STATE, FD_LISTENERS
};

#define DISPATCH_WINDOW 16	/* unanswered starts of one service */
#define DISPATCH_BATCH 64	/* connections taken in one wake-up */
/* The two halves of a connection id: see RECORD_CONN. */
#define DISPATCH_NUMBER_MAX ((UINT64_C(1) << 24) - 1)
#define DISPATCH_CONNECTIONS_MAX ((UINT64_C(1) << 40) - 1)

struct loop;
struct loop_timer;
struct loop_watch;
struct dispatch;

struct served {			/* one service */
	struct dispatch *dispatch;
	const struct service *service;
	struct matcher matcher;
	struct limit_bucket cps;
	struct loop_timer *quiet;	/* runs while `is_quiet` */
	bool is_quiet;		/* between DEACTIVATED and ACTIVATED */
	uint32_t slot;		/* in parent.state, or COUNT_NO_SLOT */
	unsigned pending;	/* unanswered starts */
	uint32_t first_listener, listeners;
};

struct listener {
	struct served *served;
	struct loop_watch *watch;
	const struct listen_addr *bound;	/* as the policy has it */
	int fd;
	uint32_t index;		/* among the inherited listeners */
	unsigned batch;		/* to take at the next wake-up */
	bool is_missing;	/* the parent could not bind it; no socket */
	bool is_broken;		/* accept fails; tried again later */
};

struct connection {		/* the one in our hands */
	int fd;
	uint64_t number;	/* of this dispatcher, from 1 */
	const struct listener *listener;
	uint64_t now_us;	/* monotonic */
	struct addr source;
	struct record_addr from, to;
};

struct held {			/* accepted, allowed, START not sent yet */
	int fd;			/* -1: nobody */
	size_t length;
	union msg message;
	struct pending pending;
};

struct dispatch {
	uint64_t number;	/* of this dispatcher, for connection ids */
	struct policy *policy;
	struct tables tables;
	struct served *served;	/* policy->count */
	struct listener *listeners;
	uint32_t listener_count;

	int channel;
	struct record_channel records;
	const struct parent_state *parent;
	struct dispatch_state *state;

	struct loop *loop;
	struct loop_watch *readable, *writable;	/* of the channel */
	struct loop_timer *retry;	/* ends a pause, or mends a listener */
	uint64_t pause_ms;	/* length of the next pause */
	uint64_t last_trouble_ms;	/* monotonic, of the last MESSAGE */
	uint64_t troubles_untold;

	bool is_live;		/* GO was received */
	bool is_draining;
	bool is_paused;		/* the kernel is out of something */
	bool is_full;		/* too many unanswered starts in all */
	bool is_over;		/* about to leave the loop */

	uint64_t last_connection;	/* number of the newest connection */
	struct pending_table pending;
	struct held held;
};

/* Writes a record of this dispatcher; what cannot be sent is counted. */
void dispatch_record(struct dispatch *, struct record *);

#endif
