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
	MSG_DRAINED,		/* nothing pending, about to exit */
	/* parent -> dispatch */
	MSG_GO,			/* begin accepting */
	MSG_DRAIN,		/* stop accepting, finish, exit */
	MSG_STARTED,		/* answer to START */
	MSG_REFUSED,		/* answer to START, with a reason */
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
};

struct msg_plain {		/* DRAINED, GO, DRAIN, QUIT, LOG_READY */
	struct msg_header h;
	uint32_t value;		/* LOG_READY: sandbox layers; else zero */
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

enum load_result {		/* what MSG_LOADED carries */
	LOADED_PARENT_TEXT, LOADED_DISPATCH_TEXT, LOADED_LOG_TEXT,
	LOADED_TABLES, LOADED_FAULTS, LOADED_MAX
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
	LINK_LOG_TO_PARENT, LINK_LOAD_TO_PARENT, LINK_RECORDS
};

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
