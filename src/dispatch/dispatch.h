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
#include "dispatch/sources.h"
#include "dispatch/patience.h"

/* What the parent leaves open for us. */
enum dispatch_fd {
	FD_CHANNEL = 3, FD_TEXT, FD_TABLES, FD_RECORDS, FD_COUNTER,
	FD_PARENT_STATE, FD_DISPATCH_STATE, FD_SCORES, FD_LISTENERS
};

#define DISPATCH_WINDOW 16	/* unanswered starts of one service */
#define DISPATCH_BATCH 64	/* connections taken in one wake-up */
/* The two halves of a connection id: see RECORD_CONN. */
#define DISPATCH_NUMBER_MAX ((UINT64_C(1) << 24) - 1)
#define DISPATCH_CONNECTIONS_MAX ((UINT64_C(1) << 40) - 1)

struct loop;
struct loop_timer;
struct loop_watch;
struct rates_row;
struct scores;
struct dispatch;
struct ask;
struct hold_pool;
struct ident_pool;
struct mux_pool;
struct packet_books;
struct refusal_books;
struct slots;

struct served {			/* one service */
	struct dispatch *dispatch;
	const struct service *service;
	struct matcher matcher;
	struct limit_bucket cps;
	struct rates_row *rates;	/* where it outlives us, or NULL */
	struct loop_timer *quiet;	/* runs while `is_quiet` */
	bool is_quiet;		/* between DEACTIVATED and ACTIVATED */
	uint32_t slot;		/* in parent.state, or COUNT_NO_SLOT */
	unsigned pending;	/* unanswered starts */
	unsigned holds;		/* held for an answer of lookup */
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
	/* Of sockets that are handed to a server, or read by us: */
	bool is_busy;		/* a server has it */
	bool is_asked;		/* START_WAIT is on its way */
	bool is_held;		/* its first datagram waits for lookup */
	bool is_guarding;	/* GUARD is on its way, see sift.h */
	uint64_t guard_us;	/* when its answer came, or 0; monotonic */
	struct patience patience, glance;	/* with such waits: hold.c */
	uint64_t flood_us;	/* when the second below began; monotonic */
	uint32_t flood;		/* datagrams denied in it */
	uint64_t shield_us;	/* when SHIELD was sent last, or 0 */
};

/* A connection, a datagram at the head of its queue, or (of a stream service
 * with wait = yes) somebody in the queue of whom nothing is known yet. */
struct connection {
	int fd;			/* -1: not accepted */
	struct listener *listener;	/* through which it came */
	struct served *served;	/* whose rules it is under; of a client of
				 * tcpmux not the listener's */
	uint64_t now_us;	/* monotonic, of the last decision */
	bool is_put_off;	/* allowed, but the parent comes first: it will
				 * be decided about again */
	struct addr source, local;
	struct record_addr from, to;
};

struct held {			/* allowed, START or START_WAIT not sent yet */
	bool is_used;
	int fd;			/* -1: START_WAIT */
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
	struct scores *scores;
	struct sources sources;
	void *rates;		/* rows, see rates.h */

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

	/* Numbers are given when a decision is final, since those of STARTs
	 * must rise: what is held has none yet. */
	uint64_t last_connection;
	struct pending_table pending;
	struct held held;

	int ready_fd;		/* epoll: everything that waits in a slot */
	struct loop_watch *ready;
	struct slots *waiting;	/* all pools of slots, in a chain */
	struct ask *ask;
	struct hold_pool *holds;
	struct ident_pool *idents;
	struct mux_pool *mux;
	struct packet_books *packets;
	struct refusal_books *refusals;
	struct loop_timer *untold;	/* runs while denials have no record */
};

/* Writes a record of this dispatcher; what cannot be sent is counted. */
void dispatch_record(struct dispatch *, struct record *);

/* The next connection number. */
uint64_t dispatch_number(struct dispatch *);

#endif
