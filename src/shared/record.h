/*
 * Records: what happened, as numbers, on its way to the log process.
 *
 * Written by parent and dispatch, rendered by log alone. A record names its
 * service and rule by index in the generation's text, so that no process but
 * log holds their names. Each channel numbers its records in `cseq`; the number
 * is taken from the channel's counter page, which is bumped before sending, so
 * that the reader can tell a lost record from one that never was.
 */
#ifndef SHARED_RECORD_H
#define SHARED_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_action {
	RECORD_NONE = 0,
	RECORD_ACCEPTED,	/* a server was started: START */
	RECORD_DENIED,		/* FAIL */
	RECORD_CLOSED,		/* the server ended: EXIT */
	RECORD_DEACTIVATED,	/* cps passed; line at most every `wait` seconds */
	RECORD_ACTIVATED,
	RECORD_RELOADED,
	RECORD_REJECTED,	/* a reload was refused */
	RECORD_CONFIG_WARNING,	/* one diagnostic */
	RECORD_STARTED,		/* the daemon */
	RECORD_STOPPED,
	RECORD_VIOLATION,	/* a process of ours broke a rule */
	RECORD_HELPER_DIED,
	RECORD_MESSAGE,		/* free text for the administrator */
	RECORD_LOST,		/* made by log itself */
	RECORD_OPENED,		/* made by log: audit file (re)opened */
	RECORD_USERID,		/* who ident says the client is: USERID */
	RECORD_NOID,		/* ident did not say: NOID */
	RECORD_PENALISED,	/* a sensor was touched */
	RECORD_DROPPED,		/* datagrams that nobody was served for */
	RECORD_MAX
};

/* Syslog's severities, under names that do not clash with <syslog.h>. */
enum record_level {
	LEVEL_EMERG, LEVEL_ALERT, LEVEL_CRIT, LEVEL_ERR, LEVEL_WARNING,
	LEVEL_NOTICE, LEVEL_INFO, LEVEL_DEBUG
};

enum record_writer { WRITER_PARENT, WRITER_DISPATCH, WRITER_LOG, WRITER_MAX };

enum record_exit_by { EXIT_BY_SERVER, EXIT_BY_LIMIT, EXIT_BY_OPERATOR };

#define RECORD_NO_SERVICE UINT32_MAX
#define RECORD_NO_ENTRY UINT32_MAX
#define RECORD_TEXT 320

/* A peer on a UNIX socket: its uid is the source. */
#define RECORD_FAMILY_UNIX 1

/* Bounds of numbers whose meaning belongs to policy/, which src/shared does
 * not know; checked again where they mean something. */
#define RECORD_REASONS 16	/* enum reason, with room */
#define RECORD_ATTRS 4096	/* enum attr_id, with room */

struct record_addr {
	uint8_t family;		/* 0, 4, 6, or RECORD_FAMILY_UNIX */
	uint8_t zero;
	uint16_t port;
	uint32_t scope;		/* of a link-local address; UNIX: the peer's uid */
	uint8_t bytes[16];
};

struct record {
	uint64_t cseq;		/* 1, 2, 3, ... on this channel */
	uint64_t time_us;	/* Unix */
	uint64_t conn;		/* connection id, 0 for none */
	uint64_t start_us;	/* CLOSED: when it began (Unix) */
	uint64_t duration_us;	/* CLOSED; monotonic difference */
	uint64_t generation;	/* whose indexes these are */
	uint32_t service;	/* index, or RECORD_NO_SERVICE */
	uint32_t attr;		/* deciding rule: enum attr_id */
	uint32_t entry;		/* in its list, or RECORD_NO_ENTRY */
	uint16_t action;	/* enum record_action */
	uint16_t reason;	/* enum reason */
	uint16_t level;		/* syslog severity 0..7 of messages */
	uint16_t exit_by;	/* enum record_exit_by */
	int32_t pid;		/* server or helper */
	int32_t status;		/* exit code, or -1 */
	int32_t signal;		/* that ended it, or 0 */
	uint32_t uid;		/* of who asked, or of the server */
	uint32_t reserved;	/* zero */
	uint64_t number[4];	/* by action, see below */
	struct record_addr source, destination;
	uint32_t text_length;
	uint32_t zero;
	char text[RECORD_TEXT];	/* printable ASCII, NUL-padded */
};

/* number[] by action:
 *   DEACTIVATED      0: seconds until the next line
 *   RELOADED         0: new, 1: old, 2: dropped services
 *   HELPER_DIED      0: restarts so far, 1: connections known lost,
 *                    2: at most this many more
 *   VIOLATION        0: message type
 *   STARTED          0: services, 1: listeners
 *   STOPPED          0: servers left running
 *   CONFIG_WARNING   0: enum diag_effect, 1: enum diag_code, 2: line
 *   CLOSED           of a relayed session (3 is not 0): 0, 1: bytes from and
 *                    to the client, 2: errno, 3: 1 + enum session_end
 *   DENIED           of datagrams: 0: further ones not recorded since
 *   NOID             0: enum ident_failure; USERID: text
 *   PENALISED        0: minutes, UINT64_MAX for ever
 *   DROPPED          0: datagrams; 1: by whom: 0 the socket, which filtered them
 *                    or had no room; 1 dispatch, with refused ones
 */

/* One page shared by a channel's writer (read-write) and log (read-only). */
struct record_counter {
	uint64_t offered;	/* cseq of the newest record, sent or not */
};

struct record_channel {		/* a writer's end */
	int fd;
	volatile struct record_counter *counter;
};

/* Text of a connection id as servers and logs see it: "DISPATCHER-COUNTER" in
 * hex. At most RECORD_CONN_TEXT bytes with NUL. */
#define RECORD_CONN_TEXT 32
void record_conn_text(uint64_t conn, char out[static RECORD_CONN_TEXT]);
#define RECORD_CONN(dispatcher, counter) \
	(((uint64_t)(dispatcher) << 40) | ((counter) & ((UINT64_C(1) << 40) - 1)))

/* Zeroed record with time, action and "none" in every index. */
void record_init(struct record *, enum record_action);

/* Copies text, escaping what is not printable ASCII as #ooo, cut to fit with
 * "..." at the end. */
void record_text(struct record *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same escape for bytes from anywhere; out gets the text with NUL. Returns
 * its length, or 0 (and an empty text) when it does not fit whole. */
size_t record_escape(char *out, size_t size, const char *bytes, size_t length);

/* Numbers and sends it; never waits. False when it was lost (counted). */
bool record_send(struct record_channel *, struct record *);

/* An address as it may stand in a message; NULL or the rule that was broken. */
const char *record_check_addr(const struct record_addr *);

/* Range checks for a received record; NULL or the rule that was broken. */
const char *record_check(const struct record *, enum record_writer);

#endif
