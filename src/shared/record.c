/*
 * Records: see record.h.
 *
 * Written in parent and dispatch, checked in log. The text of a record may
 * hold a diagnostic or a name from anywhere: it is escaped here, once, and
 * refused by record_check() when it was not. Sending never waits.
 */
#include "shared/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/state.h"
#include "shared/util.h"

/* Bounds of numbers that policy/ gives a meaning to (see msg.c). */
#define REASONS RECORD_REASONS
#define ATTRS RECORD_ATTRS
#define LEVELS 8		/* syslog severities */
#define LEVEL_INFO 6
#define SIGNALS 65		/* 1..64 */
/* The last microsecond of the year 9999: later ones have no ISO 8601 form. */
#define TIME_END UINT64_C(253402300800000000)

/* Longer than any text that fits, so that a cut is always noticed. */
#define SCRATCH (RECORD_TEXT + 64)

enum { BY_PARENT = 1, BY_DISPATCH = 2, BY_LOG = 4 };

static const uint8_t writers[RECORD_MAX] = {
	[RECORD_ACCEPTED] = BY_PARENT | BY_DISPATCH,
	[RECORD_DENIED] = BY_PARENT | BY_DISPATCH,
	[RECORD_CLOSED] = BY_PARENT,
	[RECORD_DEACTIVATED] = BY_PARENT | BY_DISPATCH,
	[RECORD_ACTIVATED] = BY_PARENT | BY_DISPATCH,
	[RECORD_RELOADED] = BY_PARENT,
	[RECORD_REJECTED] = BY_PARENT,
	[RECORD_CONFIG_WARNING] = BY_PARENT,
	[RECORD_STARTED] = BY_PARENT,
	[RECORD_STOPPED] = BY_PARENT,
	[RECORD_VIOLATION] = BY_PARENT,
	[RECORD_HELPER_DIED] = BY_PARENT,
	[RECORD_MESSAGE] = BY_PARENT | BY_DISPATCH | BY_LOG,
	[RECORD_LOST] = BY_LOG,
	[RECORD_OPENED] = BY_LOG,
	[RECORD_USERID] = BY_PARENT | BY_DISPATCH,
	[RECORD_NOID] = BY_PARENT | BY_DISPATCH,
	[RECORD_PENALISED] = BY_PARENT | BY_DISPATCH,
	[RECORD_DROPPED] = BY_PARENT | BY_DISPATCH,
};

void
record_conn_text(uint64_t conn, char out[static RECORD_CONN_TEXT])
{
	/* The counter in eight digits at least, so that ids of one dispatcher
	 * sort as text. */
	(void)format_text(out, RECORD_CONN_TEXT, "%llx-%08llx",
	    (unsigned long long)(conn >> 40),
	    (unsigned long long)(conn & ((UINT64_C(1) << 40) - 1)));
}

void
record_init(struct record *r, enum record_action action)
{
	memset(r, 0, sizeof *r);
	r->time_us = wall_us();
	r->action = (uint16_t)action;
	r->service = RECORD_NO_SERVICE;
	r->entry = RECORD_NO_ENTRY;
	r->status = -1;
	/* 0 would be "emergency", which reaches every terminal. */
	r->level = LEVEL_INFO;
}

#define PIECE 8			/* "#ooo" and NUL, with room */

static size_t
escape_byte(char piece[static PIECE], char c)
{
	bool is_plain = c >= ' ' && c <= '~';

	return format_text(piece, PIECE, is_plain ? "%c" : "#%03o",
	    (unsigned char)c);
}

size_t
record_escape(char *out, size_t size, const char *bytes, size_t length)
{
	char piece[PIECE];
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		size_t n = escape_byte(piece, bytes[i]);

		if (used + n >= size) {
			used = 0;
			break;
		}
		memcpy(out + used, piece, n);
		used += n;
	}
	if (size > 0)
		out[used] = '\0';
	return used;
}

void
record_text(struct record *r, const char *format, ...)
{
	char raw[SCRATCH];
	char piece[PIECE];
	va_list arguments;
	size_t used = 0;
	size_t keep = 0;	/* as much as leaves room for the dots */
	const char *p;

	va_start(arguments, format);
	if (vsnprintf(raw, sizeof raw, format, arguments) < 0)
		raw[0] = '\0';
	va_end(arguments);

	memset(r->text, 0, sizeof r->text);
	for (p = raw; *p != '\0'; p++) {
		size_t n = escape_byte(piece, *p);

		if (used + n >= sizeof r->text)
			break;
		memcpy(r->text + used, piece, n);
		used += n;
		if (used + 3 < sizeof r->text)
			keep = used;
	}
	if (*p != '\0') {
		memset(r->text + keep, 0, sizeof r->text - keep);
		memcpy(r->text + keep, "...", 3);
		used = keep + 3;
	}
	r->text_length = (uint32_t)used;
}

bool
record_send(struct record_channel *channel, struct record *r)
{
	union msg m;
	size_t length;

	/* This process alone writes the counter: load and store suffice. The
	 * reader must see the number before it can see the record. */
	r->cseq = __atomic_load_n(&channel->counter->offered,
	    __ATOMIC_RELAXED) + 1;
	__atomic_store_n(&channel->counter->offered, r->cseq,
	    __ATOMIC_RELEASE);

	length = msg_prepare(&m, MSG_RECORD);
	m.record.record = *r;
	return ipc_send(channel->fd, &m, length, -1) == IPC_OK;
}

const char *
record_check_addr(const struct record_addr *a)
{
	static const uint8_t nothing[16];
	size_t used = a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
	bool is_unix = a->family == RECORD_FAMILY_UNIX;

	if (a->family != 0 && used == 0 && !is_unix)
		return "address family unknown";
	if (a->zero != 0 || memcmp(a->bytes + used, nothing, 16 - used) != 0)
		return "address not padded";
	if (used == 0 && (a->port != 0 || (a->scope != 0 && !is_unix)))
		return "address not padded";
	return NULL;
}

static const char *
check_text(const struct record *r)
{
	if (r->text_length >= RECORD_TEXT)
		return "text too long";
	for (uint32_t i = 0; i < r->text_length; i++)
		if (r->text[i] < ' ' || r->text[i] > '~')
			return "text not printable";
	for (uint32_t i = r->text_length; i < RECORD_TEXT; i++)
		if (r->text[i] != '\0')
			return "text not padded";
	return NULL;
}

static const char *
check_numbers(const struct record *r)
{
	if (r->cseq == 0)
		return "record without a number";
	if (r->time_us >= TIME_END || r->start_us >= TIME_END ||
	    r->duration_us >= TIME_END)
		return "time out of range";
	if (r->service != RECORD_NO_SERVICE && r->service >= STATE_SERVICES)
		return "service out of range";
	if (r->attr >= ATTRS || r->reason >= REASONS)
		return "reason out of range";
	if (r->level >= LEVELS)
		return "level out of range";
	if (r->exit_by > EXIT_BY_OPERATOR)
		return "end out of range";
	if (r->pid < 0 || r->signal < 0 || r->signal >= SIGNALS ||
	    r->status < -1 || r->status > 255)
		return "exit out of range";
	if (r->zero != 0 || r->reserved != 0)
		return "unused field not zero";
	return NULL;
}

const char *
record_check(const struct record *r, enum record_writer writer)
{
	const char *broken;

	if ((unsigned)writer >= WRITER_MAX)
		return "unknown writer";
	if (r->action == RECORD_NONE || r->action >= RECORD_MAX)
		return "unknown action";
	if ((writers[r->action] & (1u << writer)) == 0)
		return "action not of this writer";
	broken = check_numbers(r);
	if (broken == NULL)
		broken = record_check_addr(&r->source);
	if (broken == NULL)
		broken = record_check_addr(&r->destination);
	if (broken == NULL)
		broken = check_text(r);
	return broken;
}
