/*
 * The lines that xinetd writes: START, EXIT, FAIL, and their stamps.
 *
 * Runs in the log process. fail2ban, logwatch and twenty years of scripts match
 * these bytes: nothing may be added, reordered or reworded, and nothing of
 * variable length may come in front of "from=".
 */
#include "log/render.h"

#include <string.h>

#include "policy/reason.h"
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

static void
exit_line(struct line *line, const struct record *record, uint64_t words,
    const char *id)
{
	append(line, "EXIT: %s", id);
	if (words & LOG_EXIT && record->signal != 0)
		append(line, " signal=%d", record->signal);
	else if (words & LOG_EXIT && record->status >= 0)
		append(line, " status=%d", record->status);
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

/* Which words ask for the line at all, and who writes it. */
static const struct kind {
	bool is_failure;
	uint64_t wanted;
	void (*write)(struct line *, const struct record *, uint64_t,
	    const char *);
} kinds[RECORD_MAX] = {
	[RECORD_ACCEPTED] = { false, UINT64_MAX, start_line },
	[RECORD_CLOSED] = { false, LOG_EXIT | LOG_DURATION, exit_line },
	[RECORD_DENIED] = { true, UINT64_MAX, fail_line },
};

size_t
classic_line(const struct view *view, char out[static CLASSIC_MAX])
{
	const struct record *record = view->record;
	const struct service *service = view->service;
	struct line line = { .out = out };
	const struct kind *kind;
	char id[ID_TEXT_MAX];
	uint64_t words;

	out[0] = '\0';
	if (record->action >= RECORD_MAX || service == NULL ||
	    view->id == NULL || service->log_type.kind == LOG_NOWHERE)
		return 0;
	kind = &kinds[record->action];
	words = kind->is_failure ? service->log_on_failure :
	    service->log_on_success;
	if (kind->write == NULL || (words & kind->wanted) == 0)
		return 0;
	(void)escape_id(view->id, id, sizeof(id));
	kind->write(&line, record, words, id);
	return line.used;
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
