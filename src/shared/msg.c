/*
 * The message table and its checks: see msg.h.
 *
 * Pure: bytes in, a verified struct or a sentence out. Runs on both sides of
 * every channel. A sentence names the broken rule and nothing of the bytes, so
 * it can be logged as it is.
 */
#include "shared/msg.h"

#include <string.h>

#include "shared/confine.h"
#include "shared/ipc.h"
#include "shared/state.h"
#include "shared/util.h"

/* Bounds of numbers whose meaning belongs to policy/, which src/shared does
 * not know: enough to index nothing out of range, checked again there. */
#define REASONS RECORD_REASONS
#define ATTRS RECORD_ATTRS
#define DIAG_EFFECTS 3		/* enum diag_effect */
#define DIAG_CODES 256		/* enum diag_code, with room */
#define SINKS 256		/* as many as log_state counts */
#define ERRNO_LIMIT 4096	/* the kernel's MAX_ERRNO + 1 */
#define LAYERS_ALL (2 * (uint32_t)LAYER_MDWE - 1)
#define COUNTER_BITS 40		/* what RECORD_CONN() keeps of a counter */

_Static_assert(sizeof(union msg) <= IPC_MAX, "every message fits a channel");
_Static_assert(sizeof(struct msg_header) == 8, "no padding in the header");
_Static_assert(sizeof(struct msg_hello) == 16, "no padding");
_Static_assert(sizeof(struct msg_start) == 40, "no padding");
_Static_assert(sizeof(struct msg_listener) == 16, "no padding");
_Static_assert(sizeof(struct msg_session) == 48 + MSG_SESSION_TEXT, "no padding");
_Static_assert(sizeof(struct msg_session_end) == 48, "no padding");
_Static_assert(sizeof(struct msg_ask) == 80 + MSG_ASK_TEXT, "no padding");
_Static_assert(sizeof(struct msg_lookup_answer) == 40 + MSG_ANSWER_TEXT, "no padding");
_Static_assert(sizeof(struct msg_plain) == 16, "no padding");
_Static_assert(sizeof(struct msg_answer) == 32, "no padding");
_Static_assert(sizeof(struct msg_log) == 24, "no padding");
_Static_assert(sizeof(struct msg_loaded) == 24, "no padding");
_Static_assert(sizeof(struct msg_diag) == 24 + MSG_DIAG_TEXT, "no padding");
_Static_assert(sizeof(struct record) == 176 + RECORD_TEXT, "no padding");
_Static_assert(sizeof(((struct log_state *)0)->sinks) ==
    SINKS * sizeof(struct log_sink_state), "one counter for every sink");

#define ROW(link_, fd_, type) { .link = (link_), .fd = (fd_), \
	.size = (uint16_t)sizeof(struct type), .name =

const struct msg_info msg_table[MSG_MAX] = {
	[MSG_HELLO] = ROW(LINK_DISPATCH_TO_PARENT, false, msg_hello) "HELLO" },
	[MSG_START] = ROW(LINK_DISPATCH_TO_PARENT, true, msg_start) "START" },
	[MSG_START_WAIT] = ROW(LINK_DISPATCH_TO_PARENT, false, msg_start) "START_WAIT" },
	[MSG_SHIELD] = ROW(LINK_DISPATCH_TO_PARENT, false, msg_listener) "SHIELD" },
	[MSG_GUARD] = ROW(LINK_DISPATCH_TO_PARENT, false, msg_listener) "GUARD" },
	[MSG_DRAINED] = ROW(LINK_DISPATCH_TO_PARENT, false, msg_plain) "DRAINED" },
	[MSG_GO] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_plain) "GO" },
	[MSG_DRAIN] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_plain) "DRAIN" },
	[MSG_STARTED] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_answer) "STARTED" },
	[MSG_REFUSED] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_answer) "REFUSED" },
	[MSG_BUSY] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_listener) "BUSY" },
	[MSG_FREE] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_listener) "FREE" },
	[MSG_GUARDED] = ROW(LINK_PARENT_TO_DISPATCH, false, msg_listener) "GUARDED" },
	[MSG_LOOKUP] = ROW(LINK_PARENT_TO_DISPATCH, true, msg_plain) "LOOKUP" },
	[MSG_SESSION] = ROW(LINK_PARENT_TO_RELAY, true, msg_session) "SESSION" },
	[MSG_TARGET] = ROW(LINK_PARENT_TO_RELAY, true, msg_session) "TARGET" },
	[MSG_SESSION_STOP] = ROW(LINK_PARENT_TO_RELAY, false, msg_session) "SESSION_STOP" },
	[MSG_RELAY_DRAIN] = ROW(LINK_PARENT_TO_RELAY, false, msg_plain) "RELAY_DRAIN" },
	[MSG_RELAY_READY] = ROW(LINK_RELAY_TO_PARENT, false, msg_plain) "RELAY_READY" },
	[MSG_SESSION_END] = ROW(LINK_RELAY_TO_PARENT, false, msg_session_end) "SESSION_END" },
	[MSG_ASKER] = ROW(LINK_PARENT_TO_LOOKUP, true, msg_plain) "ASKER" },
	[MSG_LOOKUP_READY] = ROW(LINK_LOOKUP_TO_PARENT, false, msg_plain) "LOOKUP_READY" },
	[MSG_ASK] = ROW(LINK_DISPATCH_TO_LOOKUP, false, msg_ask) "ASK" },
	[MSG_ANSWER] = ROW(LINK_LOOKUP_TO_DISPATCH, false, msg_lookup_answer) "ANSWER" },
	[MSG_SINK] = ROW(LINK_PARENT_TO_LOG, true, msg_log) "SINK" },
	[MSG_TEXT] = ROW(LINK_PARENT_TO_LOG, true, msg_log) "TEXT" },
	[MSG_RETIRE] = ROW(LINK_PARENT_TO_LOG, false, msg_log) "RETIRE" },
	[MSG_CHANNEL] = ROW(LINK_PARENT_TO_LOG, true, msg_log) "CHANNEL" },
	[MSG_COUNTER] = ROW(LINK_PARENT_TO_LOG, true, msg_log) "COUNTER" },
	[MSG_QUIT] = ROW(LINK_PARENT_TO_LOG, false, msg_plain) "QUIT" },
	[MSG_LOG_READY] = ROW(LINK_LOG_TO_PARENT, false, msg_plain) "LOG_READY" },
	[MSG_SINK_DEAD] = ROW(LINK_LOG_TO_PARENT, false, msg_log) "SINK_DEAD" },
	[MSG_CHANNEL_DONE] = ROW(LINK_LOG_TO_PARENT, false, msg_log) "CHANNEL_DONE" },
	[MSG_DIAG] = ROW(LINK_LOAD_TO_PARENT, false, msg_diag) "DIAG" },
	[MSG_LOADED] = ROW(LINK_LOAD_TO_PARENT, true, msg_loaded) "LOADED" },
	[MSG_LOAD_DONE] = ROW(LINK_LOAD_TO_PARENT, false, msg_loaded) "LOAD_DONE" },
	[MSG_RECORD] = ROW(LINK_RECORDS, false, msg_record) "RECORD" },
};

#undef ROW

static const char *
check_hello(const union msg *m)
{
	if ((m->hello.layers & ~LAYERS_ALL) != 0)
		return "unknown sandbox layers";
	return NULL;
}

static const char *
check_start(const union msg *m)
{
	if (m->start.service >= STATE_SERVICES)
		return "service out of range";
	if (m->start.number >> COUNTER_BITS != 0)
		return "connection number out of range";
	if (m->start.attr >= ATTRS)
		return "attribute out of range";
	if (m->start.zero != 0)
		return "unused field not zero";
	return NULL;
}

static const char *
check_listener(const union msg *m)
{
	return m->listener.zero != 0 ? "unused field not zero" : NULL;
}

static bool
is_zero(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < length; i++)
		if (byte[i] != 0)
			return false;
	return true;
}

/* `length` printable characters and NULs from there on. */
static const char *
check_text(const char *text, uint32_t length, size_t size)
{
	if (length >= size)
		return "text too long";
	for (uint32_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return "text not printable";
	return is_zero(text + length, size - length) ? NULL : "text not padded";
}

static const char *
check_session(const union msg *m)
{
	const struct msg_session *s = &m->session;
	bool is_new = m->h.type == MSG_SESSION;

	if (s->slot >= STATE_INSTANCES)
		return "slot out of range";
	if (s->zero != 0 || (!is_new && (s->kind != 0 || s->idle_ms != 0 ||
	    s->connect_ms != 0 || s->length != 0)))
		return "unused field not zero";
	if (s->kind >= RELAY_MAX)
		return "kind out of range";
	if (s->length > MSG_SESSION_TEXT ||
	    (s->length != 0) != (s->kind == RELAY_TEXT))
		return "text too long";
	if (!is_zero(s->text + s->length, MSG_SESSION_TEXT - s->length))
		return "text not padded";
	if (is_new && (s->connect_ms != 0) != (s->kind == RELAY_REDIRECT))
		return "time out of range";
	return NULL;
}

static const char *
check_session_end(const union msg *m)
{
	const struct msg_session_end *e = &m->session_end;

	if (e->zero != 0)
		return "unused field not zero";
	if (e->slot >= STATE_INSTANCES)
		return "slot out of range";
	if (e->cause >= SESSION_LOST || e->error >= ERRNO_LIMIT)
		return "cause out of range";
	return NULL;
}

static const char *
check_ask(const union msg *m)
{
	const struct msg_ask *a = &m->ask;
	const char *broken;

	if (a->zero != 0)
		return "unused field not zero";
	if (a->kind > LOOKUP_IDENT)
		return "kind out of range";
	if (a->timeout_ms == 0 || a->timeout_ms > 60000)
		return "time out of range";
	if ((a->length != 0) != (a->kind == LOOKUP_HOST))
		return "text where none belongs, or none";
	broken = record_check_addr(&a->source);
	if (broken == NULL)
		broken = record_check_addr(&a->destination);
	if (broken == NULL && a->source.family != 4 && a->source.family != 6)
		broken = "address family unknown";
	if (broken == NULL)
		broken = check_text(a->text, a->length, sizeof a->text);
	return broken;
}

static const char *
check_lookup_answer(const union msg *m)
{
	const struct msg_lookup_answer *a = &m->lookup_answer;
	bool is_failed = a->failure != IDENT_NONE;

	if (a->kind > LOOKUP_IDENT || a->result > LOOKUP_UNKNOWN ||
	    a->failure >= IDENT_FAILURE_MAX)
		return "answer out of range";
	if (a->zero != 0)
		return "unused field not zero";
	if (a->is_incomplete > 1 || (a->is_incomplete != 0 &&
	    (a->kind != LOOKUP_NAMES || a->result != LOOKUP_YES)))
		return "incomplete where it means nothing";
	if (is_failed != (a->kind == LOOKUP_IDENT && a->result != LOOKUP_YES))
		return "a failure where none belongs, or none";
	if (a->length != 0 && (a->kind == LOOKUP_HOST || a->result != LOOKUP_YES))
		return "text where none belongs";
	return check_text(a->text, a->length, sizeof a->text);
}

static const char *
check_plain(const union msg *m)
{
	bool is_ready = m->h.type == MSG_LOG_READY ||
	    m->h.type == MSG_RELAY_READY || m->h.type == MSG_LOOKUP_READY;

	if (m->plain.zero != 0 || (!is_ready && m->plain.value != 0))
		return "unused field not zero";
	if ((m->plain.value & ~LAYERS_ALL) != 0)
		return "unknown sandbox layers";
	return NULL;
}

static const char *
check_answer(const union msg *m)
{
	bool is_refused = m->h.type == MSG_REFUSED;

	if (m->answer.zero != 0)
		return "unused field not zero";
	if (!is_refused && (m->answer.reason != 0 || m->answer.attr != 0))
		return "unused field not zero";
	if (m->answer.service >= STATE_SERVICES)
		return "service out of range";
	if (m->answer.number >> COUNTER_BITS != 0)
		return "connection number out of range";
	if (m->answer.reason >= REASONS || m->answer.attr >= ATTRS)
		return "reason out of range";
	return NULL;
}

static const char *
check_log(const union msg *m)
{
	uint32_t kinds = m->h.type == MSG_CHANNEL ? WRITER_LOG :
	    m->h.type == MSG_SINK_DEAD ? ERRNO_LIMIT :
	    m->h.type == MSG_SINK ? 2 : 1;

	if (m->log.zero != 0)
		return "unused field not zero";
	if (m->log.kind >= kinds)
		return "kind out of range";
	if ((m->h.type == MSG_SINK || m->h.type == MSG_SINK_DEAD) &&
	    m->log.number >= SINKS)
		return "sink out of range";
	return NULL;
}

static const char *
check_loaded(const union msg *m)
{
	bool is_done = m->h.type == MSG_LOAD_DONE;

	if (m->loaded.zero != 0)
		return "unused field not zero";
	if (!is_done && (m->loaded.services != 0 || m->loaded.faults != 0))
		return "unused field not zero";
	if (m->loaded.kind >= (is_done ? LOAD_FAILED + 1u : LOADED_MAX))
		return "kind out of range";
	if (m->loaded.services > STATE_SERVICES)
		return "services out of range";
	return NULL;
}

static const char *
check_diag(const union msg *m)
{
	if (m->diag.effect >= DIAG_EFFECTS || m->diag.code >= DIAG_CODES)
		return "diagnostic out of range";
	return check_text(m->diag.text, m->diag.length, MSG_DIAG_TEXT);
}

/* The channel's writer is known to the receiver alone, who checks the record
 * against it; what no writer may send is stopped here. */
static const char *
check_record(const union msg *m)
{
	return record_check(&m->record.record, WRITER_PARENT);
}

static const char *(*const checks[MSG_MAX])(const union msg *) = {
	[MSG_HELLO] = check_hello,
	[MSG_START] = check_start,
	[MSG_START_WAIT] = check_start,
	[MSG_SHIELD] = check_listener,
	[MSG_GUARD] = check_listener,
	[MSG_DRAINED] = check_plain,
	[MSG_BUSY] = check_listener,
	[MSG_FREE] = check_listener,
	[MSG_GUARDED] = check_listener,
	[MSG_LOOKUP] = check_plain,
	[MSG_SESSION] = check_session,
	[MSG_TARGET] = check_session,
	[MSG_SESSION_STOP] = check_session,
	[MSG_RELAY_DRAIN] = check_plain,
	[MSG_RELAY_READY] = check_plain,
	[MSG_SESSION_END] = check_session_end,
	[MSG_ASKER] = check_plain,
	[MSG_LOOKUP_READY] = check_plain,
	[MSG_ASK] = check_ask,
	[MSG_ANSWER] = check_lookup_answer,
	[MSG_GO] = check_plain,
	[MSG_DRAIN] = check_plain,
	[MSG_STARTED] = check_answer,
	[MSG_REFUSED] = check_answer,
	[MSG_SINK] = check_log,
	[MSG_TEXT] = check_log,
	[MSG_RETIRE] = check_log,
	[MSG_CHANNEL] = check_log,
	[MSG_COUNTER] = check_log,
	[MSG_QUIT] = check_plain,
	[MSG_LOG_READY] = check_plain,
	[MSG_SINK_DEAD] = check_log,
	[MSG_CHANNEL_DONE] = check_log,
	[MSG_DIAG] = check_diag,
	[MSG_LOADED] = check_loaded,
	[MSG_LOAD_DONE] = check_loaded,
	[MSG_RECORD] = check_record,
};

static const char *
check_header(enum msg_link link, const struct msg_header *h, size_t length,
    bool has_fd)
{
	const struct msg_info *info;

	if (h->type == MSG_NONE || h->type >= MSG_MAX)
		return "unknown message type";
	info = &msg_table[h->type];
	if (info->link != link)
		return "message type not of this channel";
	if (length != info->size || h->length != info->size)
		return "wrong message length";
	if (h->reserved != 0)
		return "reserved word not zero";
	if (info->fd != has_fd)
		return has_fd ? "descriptor where none belongs" :
		    "descriptor missing";
	return NULL;
}

const char *
msg_decode(enum msg_link link, const void *bytes, size_t length, bool has_fd,
    union msg *out)
{
	struct msg_header h;
	const char *broken;

	/* What is left of *out after a failure is at least no stale message. */
	memset(out, 0, sizeof *out);
	if (length < sizeof h)
		return "shorter than a header";
	memcpy(&h, bytes, sizeof h);
	broken = check_header(link, &h, length, has_fd);
	if (broken != NULL)
		return broken;
	memcpy(out, bytes, length);
	broken = checks[h.type](out);
	if (broken != NULL)
		memset(out, 0, sizeof *out);
	return broken;
}

size_t
msg_prepare(union msg *m, enum msg_type type)
{
	must(type > MSG_NONE && type < MSG_MAX);
	m->h.type = (uint16_t)type;
	m->h.length = msg_table[type].size;
	m->h.reserved = 0;
	return msg_table[type].size;
}
