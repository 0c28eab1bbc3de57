/*
 * The lines that xinetd writes: START, EXIT, FAIL, USERID, NOID, TRAFFIC, and
 * their stamps.
 *
 * Runs in the log process. fail2ban, logwatch and twenty years of scripts match
 * these bytes: nothing may be added, reordered or reworded, and nothing of
 * variable length may come in front of "from=".
 */
#include "log/render.h"

#include <string.h>

#include "policy/reason.h"
#include "shared/msg.h"
#include "shared/util.h"

/* The last second of the year 9999. */
#define TIME_LAST_US (UINT64_C(253402300799) * 1000000)

static const char *const months[12] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

struct line {
	char *out;
	size_t used;
};

#define append(line, ...) \
	((line)->used += format_text((line)->out + (line)->used, \
	    CLASSIC_MAX - (line)->used, __VA_ARGS__))

size_t
classic_address(const struct record_addr *from, char *out, size_t size)
{
	struct addr addr;
	char text[ADDR_TEXT_MAX];
	size_t length = from->family == ADDR_IPV4 ? 4 : 16;

	if ((from->family != ADDR_IPV4 && from->family != ADDR_IPV6) ||
	    !addr_from_bytes(&addr, from->bytes, length))
		return format_text(out, size, "<no address>");
	(void)addr_format(&addr, text);		/* length is not needed */
	return format_text(out, size, "%s", text);
}

static void
append_from(struct line *line, const struct record *record)
{
	char address[ADDR_TEXT_MAX];

	(void)classic_address(&record->source, address, sizeof(address));
	append(line, " from=%s", address);
}

static void
start_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	append(line, "START: %s", id);
	if (words & LOG_PID)
		append(line, " pid=%d", record->pid);
	if (words & LOG_HOST)
		append_from(line, record);
}

bool
record_is_session(const struct record *record)
{
	return record->action == RECORD_CLOSED && record->number[3] != 0;
}

/* A session has no exit code; what matches EXIT lines wants one. */
static int
status_of(const struct record *record)
{
	if (record_is_session(record))
		return record->number[3] == 1 + SESSION_CLOSED ? 0 : 1;
	return record->status;
}

static void
exit_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	int status = status_of(record);

	append(line, "EXIT: %s", id);
	if (words & LOG_EXIT && record->signal != 0)
		append(line, " signal=%d", record->signal);
	else if (words & LOG_EXIT && status >= 0)
		append(line, " status=%d", status);
	if (words & LOG_PID)
		append(line, " pid=%d", record->pid);
	if (words & LOG_DURATION)
		append(line, " duration=%llu(sec)",
		    (unsigned long long)(record->duration_us / 1000000));
}

/* A client that left by itself was not turned away: xinetd has no word for
 * it, and the JSON record has its own. */
static void
fail_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	if (record->reason == REASON_NONE)
		return;
	append(line, "FAIL: %s %s", id, reason_word(record->reason));
	if (words & FAIL_HOST)
		append_from(line, record);
}

/* "OS : USER", the identity server's own words: escaped again, because no
 * other process's escaping is taken on trust. */
static void
userid_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	char text[RECORD_TEXT + 1];

	(void)words;
	(void)text_of(record, text);
	append(line, "USERID: %s %s", id, text);
}

static const char *const ident_words[IDENT_FAILURE_MAX] = {
	[IDENT_NONE] = "system error",	/* a failure that has no reason */
	[IDENT_NO_SERVER] = "no server", [IDENT_TIMEOUT] = "timeout",
	[IDENT_BAD_RESPONSE] = "bad response",
	[IDENT_SYSTEM_ERROR] = "system error",
	[IDENT_RECEIVE_ERROR] = "error while receiving response",
};

const char *
ident_failure_word(uint64_t failure)
{
	return ident_words[failure < IDENT_FAILURE_MAX ? failure : IDENT_NONE];
}

static void
noid_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	char address[ADDR_TEXT_MAX];

	(void)words;
	(void)classic_address(&record->source, address, sizeof(address));
	append(line, "NOID: %s %s %s", id, address,
	    ident_failure_word(record->number[0]));
}

static void
traffic_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	(void)words;
	append(line, "TRAFFIC: %s in=%llu(bytes) out=%llu(bytes)", id,
	    (unsigned long long)record->number[0],
	    (unsigned long long)record->number[1]);
}

/* Which words ask for the line at all, and who writes it. */
static const struct kind {
	uint64_t success, failure;	/* bits of log_on_success, _failure */
	void (*write)(struct line *, const struct record *, uint64_t,
	    const char *);
} kinds[RECORD_MAX] = {
	[RECORD_ACCEPTED] = { UINT64_MAX, 0, start_line },
	[RECORD_CLOSED] = { LOG_EXIT | LOG_DURATION, 0, exit_line },
	[RECORD_DENIED] = { 0, UINT64_MAX, fail_line },
	[RECORD_USERID] = { LOG_USERID, FAIL_USERID, userid_line },
	[RECORD_NOID] = { LOG_USERID, FAIL_USERID, noid_line },
};
static const struct kind traffic = { LOG_TRAFFIC, 0, traffic_line };

/* Ident is asked for clients let in and for clients turned away: the reason
 * says which of the two it was. */
static uint64_t
words_of(const struct view *view, const struct kind *kind)
{
	const struct service *service = view->service;
	bool is_failure = kind->success == 0 || (kind->failure != 0 &&
	    view->record->reason != REASON_NONE);

	return is_failure ? service->log_on_failure & kind->failure :
	    service->log_on_success & kind->success;
}

static size_t
write_line(const struct view *view, const struct kind *kind,
    char out[static CLASSIC_MAX])
{
	const struct service *service = view->service;
	struct line line = { .out = out };
	char id[ID_TEXT_MAX];
	uint64_t words;

	out[0] = '\0';
	if (kind->write == NULL || service == NULL || view->id == NULL ||
	    service->log_type.kind == LOG_NOWHERE)
		return 0;
	if (words_of(view, kind) == 0)
		return 0;
	words = kind->success != 0 ? service->log_on_success :
	    service->log_on_failure;
	(void)escape_id(view->id, id, sizeof(id));
	kind->write(&line, view->record, words, id);
	return line.used;
}

size_t
classic_line(const struct view *view, char out[static CLASSIC_MAX])
{
	static const struct kind nothing;
	unsigned action = view->record->action;

	return write_line(view, action < RECORD_MAX ? &kinds[action] : &nothing,
	    out);
}

size_t
classic_traffic(const struct view *view, char out[static CLASSIC_MAX])
{
	out[0] = '\0';
	if (!record_is_session(view->record))
		return 0;
	return write_line(view, &traffic, out);
}

uint64_t
classic_sane_time(uint64_t time_us, uint64_t now_us)
{
	if (time_us == 0 || time_us > TIME_LAST_US)
		return now_us > TIME_LAST_US ? TIME_LAST_US : now_us;
	return time_us;
}

size_t
classic_file_stamp(const struct zone *zone, uint64_t time_us,
    char out[static STAMP_MAX])
{
	struct zone_time t;

	zone_local(zone, (int64_t)(time_us / 1000000), &t);
	return format_text(out, STAMP_MAX, "%02d/%d/%d@%02d:%02d:%02d",
	    t.year % 100, t.month, t.day, t.hour, t.minute, t.second);
}

size_t
classic_syslog_stamp(const struct zone *zone, uint64_t time_us,
    char out[static STAMP_MAX])
{
	struct zone_time t;
	unsigned month;

	zone_local(zone, (int64_t)(time_us / 1000000), &t);
	month = (unsigned)(t.month - 1) % 12;
	return format_text(out, STAMP_MAX, "%s %2d %02d:%02d:%02d",
	    months[month], t.day, t.hour, t.minute, t.second);
}
