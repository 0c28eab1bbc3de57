/*
 * sallyport-relay: what its files share.
 *
 * A session is one client's connection, and for redirect its target's, both
 * handed over by the parent. All mutable state hangs off struct relay, which
 * main() owns. A session costs its sockets and a few hundred bytes: there is
 * no buffer of its own, and a pipe is borrowed only while bytes are under way.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/loop.h"
#include "shared/msg.h"
#include "shared/state.h"

/* What we inherit. */
enum relay_fd { FD_CHANNEL = 3, FD_RELAY_STATE = 4 };

#define RELAY_BUFFER 65536	/* moved at once, at most; a pipe's size */
#define RELAY_PIPES 1024	/* made at most; then bytes are copied */
#define RELAY_ROUNDS 4		/* of RELAY_BUFFER in one event */
#define LINGER_MS 2000		/* patience with a client that was answered */

struct relay;
struct session;

struct relay_pipe {
	struct relay_pipe *next;	/* in the pool */
	int fds[2];
};

/* One direction. Done when all that came has gone on, and its end too. */
struct flow {
	struct session *session;
	int from, to;
	struct loop_watch *readable, *writable;	/* of from, of to */
	struct relay_pipe *pipe;	/* NULL: nothing is under way */
	uint32_t pending;	/* bytes in the pipe */
	bool is_blocked;	/* `to` takes no more for now */
	bool is_ended;		/* nothing more will come */
	bool is_done;
};

struct session {
	struct relay *relay;
	struct session *next;	/* in relay->unreported */
	uint64_t conn;
	uint32_t slot;
	uint32_t kind;		/* enum relay_kind */
	int client, target;	/* target: -1 unless redirect */
	struct flow flows[2];	/* from the client, to the client */
	struct loop_watch *watch;	/* of kinds without flows; connecting */
	struct loop_timer *timer;	/* NULL when nothing is limited */
	uint64_t idle_ms;	/* 0 is no limit */
	uint64_t active_ms;	/* monotonic; when a byte last moved */
	uint64_t in, out;	/* bytes from, to the client */
	uint32_t position;	/* chargen: in its pattern */
	uint32_t cause;		/* enum session_end, once it has ended */
	int error;
	bool is_connecting;
	bool is_lingering;	/* answered; waits for the client's end */
};

struct relay {
	struct loop *loop;
	int channel;
	struct loop_watch *readable, *writable;	/* of the channel */
	struct relay_state *state;
	struct session **sessions;	/* STATE_INSTANCES, by slot */
	uint32_t count;
	struct session *unreported;	/* ended, the channel was full */
	struct session **unreported_end;
	struct relay_pipe *pipes;	/* the pool */
	unsigned pipes_made;
	/* a redirect's SESSION, until its TARGET comes */
	struct msg_session held;
	int held_fd;		/* -1: lost, our table was full */
	bool is_holding;
	bool is_draining;
	uint32_t layers;
	uint8_t buffer[RELAY_BUFFER];
};

#endif
