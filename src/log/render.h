/*
 * Rendering: one record in, one line out.
 *
 * Nothing here has state or makes a system call, so that tests and the fuzzer
 * run exactly what the log process runs. Every function takes any record that
 * record_check() lets pass and any policy, or none.
 */
#ifndef LOG_RENDER_H
#define LOG_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "shared/record.h"

#define JSON_MAX 8192		/* of one record, newline included */
#define LINE_MAX_BYTES 900	/* of one text line, prefix included */
#define CLASSIC_MAX 512
#define ID_TEXT_MAX (4 * POLICY_ID_MAX + 1)

/* What log writes into the records that it makes itself.
 *   LOST    number 0: how many, 1: first, 2: last (0 when no numbers were
 *           spent), 3: enum loss_cause; text: the sink
 *   OPENED  number 0: bytes in the file, 1: bytes of a torn last line;
 *           text: the path */
enum loss_cause {
	LOSS_QUEUE, LOSS_WRITER_DIED, LOSS_LOG_DIED, LOSS_DISK, LOSS_DEVLOG,
	LOSS_VIOLATION, LOSS_MAX
};
const char *loss_cause_word(uint64_t cause);

struct view {			/* a record and all that it refers to */
	const struct record *record;
	const struct policy *policy;	/* of its generation, or NULL */
	const struct service *service;	/* or NULL */
	const char *id;		/* "?" when unknown, NULL without a service */
	const char *host, *boot;
	uint64_t sequence;
	const char *original;	/* the classic line, or NULL */
};

/* escape.c. Each returns the length written, NUL excluded; cuts to fit with
 * "..." at the end. size is at least 8. */
size_t escape_id(const char *id, char *out, size_t size);
size_t escape_line(const char *text, char *out, size_t size);
/* As the inside of a JSON string; *cut tells whether something is missing. */
size_t escape_json(const char *text, char *out, size_t size, bool *cut);

/* json.c: the record as one line with its newline; returns its length. */
size_t json_record(const struct view *, char out[static JSON_MAX + 1]);

/* classic.c: xinetd's line without stamp; 0 when there is none to write. */
size_t classic_line(const struct view *, char out[static CLASSIC_MAX]);
/* The TRAFFIC line of a relayed session, which comes before EXIT; or 0. */
size_t classic_traffic(const struct view *, char out[static CLASSIC_MAX]);
/* The end of a relayed session: it has bytes and a cause, but no exit code. */
bool record_is_session(const struct record *);
/* xinetd's words of NOID for any enum ident_failure. */
const char *ident_failure_word(uint64_t failure);
/* Numeric address without port and scope, "<no address>" for none. */
size_t classic_address(const struct record_addr *, char *out, size_t size);
#define STAMP_MAX 48
/* "26/11/22@08:19:01" */
size_t classic_file_stamp(const struct zone *, uint64_t time_us,
    char out[static STAMP_MAX]);
/* "Nov 22 08:19:01" */
size_t classic_syslog_stamp(const struct zone *, uint64_t time_us,
    char out[static STAMP_MAX]);
/* A moment that can be printed: now_us when time_us is out of this world. */
uint64_t classic_sane_time(uint64_t time_us, uint64_t now_us);

/* text.c: the sentence for the administrator; 0 for connections. */
#define TEXT_MAX 700
size_t text_message(const struct view *, char out[static TEXT_MAX]);
/* The record's own text, ended and printable. Returns its length. */
size_t text_of(const struct record *, char out[static RECORD_TEXT + 1]);
/* Severity of a record: the fixed one of connections, else its level. */
unsigned text_level(const struct record *);
const char *text_level_word(unsigned level);	/* "WARNING" */
const char *text_level_name(unsigned level);	/* "warning" */
/* Is the sentence one of xinetd's own, to go out under its tag? */
bool text_is_classic(const struct record *);

#endif
