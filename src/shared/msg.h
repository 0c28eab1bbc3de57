/*
 * The messages between our processes, all in one table.
 *
 * A message carries numbers, never authority: which service of which
 * generation, never a user, a path or a command. Everything is fixed-size and
 * in host order (both ends are one build on one machine). Decoding is pure:
 * bytes in, verified struct or error out; handlers never see raw bytes.
 */
#ifndef SHARED_MSG_H
#define SHARED_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/record.h"

enum msg_type {
	MSG_NONE = 0,
	/* dispatch -> parent */
	MSG_HELLO,		/* confined, policy read, ready */
	MSG_START,		/* +fd: start a server for this connection */
	MSG_START_WAIT,		/* the listener itself to a server of its own */
	MSG_SHIELD,		/* denied datagrams flood in: filter the listener */
	MSG_GUARD,		/* filter it for a moment, a server is to get it */
	MSG_DRAINED,		/* nothing pending, about to exit */
	/* parent -> dispatch */
	MSG_GO,			/* begin accepting */
	MSG_DRAIN,		/* stop accepting, finish, exit */
	MSG_STARTED,		/* answer to START */
	MSG_REFUSED,		/* answer to START, with a reason */
	MSG_BUSY,		/* a server has that listener: do not read it */
	MSG_FREE,		/* it has it no more */
	MSG_GUARDED,		/* the answer to GUARD: what comes is filtered */
	MSG_LOOKUP,		/* +fd: channel to lookup, replaces the last */
	/* parent -> relay */
	MSG_SESSION,		/* +fd: a client's connection */
	MSG_TARGET,		/* +fd: where it goes, follows at once */
	MSG_SESSION_STOP,	/* end that session */
	MSG_RELAY_DRAIN,	/* no more will come; exit after the last */
	/* relay -> parent */
	MSG_RELAY_READY,
	MSG_SESSION_END,
	/* parent -> lookup */
	MSG_ASKER,		/* +fd: channel of a dispatcher */
	/* lookup -> parent */
	MSG_LOOKUP_READY,
	/* dispatch -> lookup, lookup -> dispatch */
	MSG_ASK,
	MSG_ANSWER,
	/* parent -> log */
	MSG_SINK,		/* +fd: where sink `number` writes from now on */
	MSG_TEXT,		/* +fd: the log text of a generation */
	MSG_RETIRE,		/* that generation has no instances left */
	MSG_CHANNEL,		/* +fd: receiving end of a record channel */
	MSG_COUNTER,		/* +fd: that channel's record counter page */
	MSG_QUIT,		/* write what is queued, then exit */
	/* log -> parent */
	MSG_LOG_READY,
	MSG_SINK_DEAD,		/* a sink fails; please reconnect it */
	MSG_CHANNEL_DONE,	/* a closed channel is read and accounted for */
	/* load -> parent */
	MSG_DIAG,		/* one diagnostic as text */
	MSG_LOADED,		/* +fd: one of the results */
	MSG_LOAD_DONE,		/* the end, and whether it succeeded */
	/* any -> log, on record channels */
	MSG_RECORD,
	MSG_MAX
};

struct msg_header {
	uint16_t type;
	uint16_t length;	/* of the whole message */
	uint32_t reserved;	/* zero */
};

struct msg_hello {
	struct msg_header h;
	uint32_t generation;	/* from the text; must be the parent's */
	uint32_t layers;	/* enum sandbox_layer bits */
};

struct msg_start {
	struct msg_header h;
	uint32_t service;	/* index in that dispatcher's generation */
	uint32_t listener;	/* index in order of the inherited listeners */
	uint64_t number;	/* connection counter of this dispatcher, rising */
	uint32_t attr;		/* deciding rule: enum attr_id */
	uint32_t entry;		/* and entry, or RULE_ENTRY_NONE */
	uint32_t wrap;		/* rule of hosts.allow that let it in, or none */
	uint32_t zero;
};

/* How long the parent keeps the filter on. */
#define MSG_SHIELD_MS 60000u	/* after SHIELD */
#define MSG_GUARD_MS 2000u	/* after GUARD */

struct msg_listener {		/* SHIELD, GUARD, BUSY, FREE, GUARDED */
	struct msg_header h;
	uint32_t listener;	/* index, as in START */
	uint32_t zero;
};

struct msg_plain {		/* DRAINED, GO, DRAIN, QUIT, *_READY, LOOKUP, ... */
	struct msg_header h;
	uint32_t value;		/* *_READY: sandbox layers; else zero */
	uint32_t zero;
};

struct msg_answer {		/* STARTED, REFUSED */
	struct msg_header h;
	uint64_t number;	/* of the START */
	uint32_t service;
	uint32_t reason;	/* REFUSED: enum reason */
	uint32_t attr;		/* REFUSED: attribute of the limit, or 0 */
	uint32_t zero;
};

struct msg_log {		/* SINK .. CHANNEL_DONE */
	struct msg_header h;
	uint64_t number;	/* sink, generation or channel */
	/* CHANNEL: enum record_writer; SINK_DEAD: errno; SINK: 1 for the audit
	 * file opened for reading, which comes before the sink itself */
	uint32_t kind;
	uint32_t zero;
};

enum relay_kind {
	RELAY_REDIRECT,		/* both ways between client and target */
	RELAY_ECHO, RELAY_DISCARD, RELAY_CHARGEN,
	RELAY_TEXT,		/* send `text`, then close (daytime, time) */
	RELAY_MAX
};

#define MSG_SESSION_TEXT 64
struct msg_session {		/* SESSION, TARGET, SESSION_STOP */
	struct msg_header h;
	uint64_t conn;		/* connection id: the session's name */
	uint32_t slot;		/* of the parent's table; < STATE_INSTANCES */
	uint32_t kind;		/* SESSION: enum relay_kind; else zero */
	uint64_t idle_ms;	/* SESSION: 0 is no limit */
	uint64_t connect_ms;	/* SESSION: of RELAY_REDIRECT, never 0 */
	uint32_t length;	/* SESSION: of text */
	uint32_t zero;
	uint8_t text[MSG_SESSION_TEXT];	/* RELAY_TEXT; any bytes */
};

enum session_end {
	SESSION_CLOSED,		/* both sides have ended */
	SESSION_CLIENT_ERROR, SESSION_TARGET_ERROR,	/* with errno */
	SESSION_NOT_CONNECTED,	/* connect failed, with errno */
	SESSION_CONNECT_TIMEOUT, SESSION_IDLE,
	SESSION_STOPPED,	/* by SESSION_STOP */
	SESSION_NO_ROOM,	/* relay is at a limit of its own, with errno */
	SESSION_LOST,		/* relay died; made by the parent */
	SESSION_END_MAX
};

struct msg_session_end {
	struct msg_header h;
	uint64_t conn;
	uint32_t slot;
	uint32_t cause;		/* enum session_end */
	uint64_t in, out;	/* bytes from, to the client */
	uint32_t error;		/* errno, or 0 */
	uint32_t zero;
};

enum lookup_kind {
	LOOKUP_HOST,		/* does `text` resolve to source? */
	LOOKUP_NAMES,		/* confirmed names of source */
	LOOKUP_IDENT		/* who owns source's end, RFC 1413 */
};
enum lookup_result { LOOKUP_NO, LOOKUP_YES, LOOKUP_UNKNOWN };

#define MSG_ASK_TEXT 256	/* a DNS name with NUL */
struct msg_ask {
	struct msg_header h;
	uint64_t id;		/* the asker's own; comes back */
	uint32_t kind;		/* enum lookup_kind */
	uint32_t timeout_ms;	/* 1..60000 */
	struct record_addr source, destination;	/* IDENT: with ports */
	uint32_t length;	/* of text; HOST only */
	uint32_t zero;
	char text[MSG_ASK_TEXT];	/* printable ASCII, NUL-padded */
};

enum ident_failure {		/* ANSWER to IDENT that is not YES */
	IDENT_NONE,		/* it is YES, or another kind */
	IDENT_NO_SERVER, IDENT_TIMEOUT, IDENT_BAD_RESPONSE, IDENT_SYSTEM_ERROR,
	IDENT_RECEIVE_ERROR, IDENT_FAILURE_MAX
};

#define MSG_ANSWER_TEXT 640
struct msg_lookup_answer {
	struct msg_header h;
	uint64_t id;
	uint32_t kind;		/* enum lookup_kind, of the question */
	uint32_t result;	/* enum lookup_result */
	uint32_t failure;	/* enum ident_failure */
	uint32_t length;	/* of text */
	uint32_t is_incomplete;	/* NAMES with YES: it may have other names */
	uint32_t zero;
	/* NAMES with YES: up to 8 lower-case names without final dots, one
	 * blank between; none is LOOKUP_YES and empty. IDENT with YES: what follows
	 * "USERID :" ("UNIX : joe"), escaped as record_text() does. Printable
	 * ASCII, NUL-padded. */
	char text[MSG_ANSWER_TEXT];
};

enum load_result {		/* what MSG_LOADED carries */
	LOADED_PARENT_TEXT, LOADED_DISPATCH_TEXT, LOADED_LOG_TEXT,
	LOADED_TABLES, LOADED_FAULTS,
	LOADED_SOURCES,		/* the configuration's bytes, for watched loads */
	LOADED_MAX
};
enum load_status {
	LOAD_GOOD,		/* use it */
	LOAD_REFUSED,		/* a new fault, or one that refuses the load */
	LOAD_FAILED		/* the loader itself could not work */
};

struct msg_loaded {		/* LOADED, LOAD_DONE */
	struct msg_header h;
	uint32_t kind;		/* enum load_result, or enum load_status */
	uint32_t services;	/* LOAD_DONE: services offered */
	uint32_t faults;	/* LOAD_DONE: services refused */
	uint32_t zero;
};

#define MSG_DIAG_TEXT 480
struct msg_diag {
	struct msg_header h;
	uint32_t effect;	/* enum diag_effect */
	uint32_t code;		/* enum diag_code */
	uint32_t line;
	uint32_t length;	/* of text */
	char text[MSG_DIAG_TEXT];	/* printable ASCII, NUL-padded */
};

struct msg_record {
	struct msg_header h;
	struct record record;
};

union msg {
	struct msg_header h;
	struct msg_hello hello;
	struct msg_start start;
	struct msg_listener listener;
	struct msg_session session;
	struct msg_session_end session_end;
	struct msg_ask ask;
	struct msg_lookup_answer lookup_answer;
	struct msg_plain plain;
	struct msg_answer answer;
	struct msg_log log;
	struct msg_loaded loaded;
	struct msg_diag diag;
	struct msg_record record;
};

/* Who talks to whom, for the "may this come here" column of the table. */
enum msg_link {
	LINK_DISPATCH_TO_PARENT, LINK_PARENT_TO_DISPATCH, LINK_PARENT_TO_LOG,
	LINK_LOG_TO_PARENT, LINK_LOAD_TO_PARENT, LINK_RECORDS,
	LINK_PARENT_TO_RELAY, LINK_RELAY_TO_PARENT, LINK_PARENT_TO_LOOKUP,
	LINK_LOOKUP_TO_PARENT, LINK_DISPATCH_TO_LOOKUP, LINK_LOOKUP_TO_DISPATCH
};
#define MSG_LINKS (LINK_LOOKUP_TO_DISPATCH + 1)

struct msg_info {
	const char *name;
	enum msg_link link;
	uint16_t size;
	bool fd;		/* exactly one descriptor, or none */
};
extern const struct msg_info msg_table[MSG_MAX];

/*
 * Checks one received message and copies it out: known type for this link,
 * exact size, reserved words zero, fields in range, text NUL-padded, the
 * descriptor there exactly when the table says so. Returns NULL when good, else
 * a constant sentence naming the rule that was broken.
 */
const char *msg_decode(enum msg_link, const void *bytes, size_t length,
    bool has_fd, union msg *out);

/* Fills in the header; returns the size to send. */
size_t msg_prepare(union msg *, enum msg_type);

#endif
