/*
 * Sentences for the administrator.
 *
 * Runs in the log process. Where xinetd has words that other programs match
 * (Started working, Reconfigured, Deactivating, Activating, Adding, Exiting)
 * they are kept to the byte. Nothing remote is ever put into these lines: only
 * numbers, numeric addresses, and texts that our own processes made and
 * record_check() has checked.
 */
#include "log/render.h"

#include <string.h>

#include "shared/msg.h"
#include "shared/util.h"

static const struct { const char *word, *name; } levels[8] = {
	{ "CRITICAL", "emergency" }, { "CRITICAL", "alert" },
	{ "CRITICAL", "critical" }, { "ERROR", "error" },
	{ "WARNING", "warning" }, { "NOTICE", "notice" },
	{ "INFO", "info" }, { "DEBUG", "debug" }
};

static const char *const causes[LOSS_MAX] = {
	[LOSS_QUEUE] = "queue", [LOSS_WRITER_DIED] = "writer-died",
	[LOSS_LOG_DIED] = "log-died", [LOSS_DISK] = "disk",
	[LOSS_DEVLOG] = "devlog", [LOSS_VIOLATION] = "violation"
};

typedef size_t sentence(const struct view *, const char *text, char *out);

#define NUMBER(view, i) ((unsigned long long)(view)->record->number[i])
#define SAY(...) format_text(out, TEXT_MAX, __VA_ARGS__)

static size_t
say_text(const struct view *view, const char *text, char *out)
{
	(void)view;
	return SAY("%s", text);
}

static size_t
say_started(const struct view *view, const char *text, char *out)
{
	(void)text;
	return SAY("Started working: %llu available service%s",
	    NUMBER(view, 0), view->record->number[0] == 1 ? "" : "s");
}

static size_t
say_stopped(const struct view *view, const char *text, char *out)
{
	(void)view;
	(void)text;
	return SAY("Exiting...");
}

static size_t
say_reloaded(const struct view *view, const char *text, char *out)
{
	(void)text;
	return SAY("Reconfigured: new=%llu old=%llu dropped=%llu (services)",
	    NUMBER(view, 0), NUMBER(view, 1), NUMBER(view, 2));
}

static size_t
say_rejected(const struct view *view, const char *text, char *out)
{
	(void)view;
	return SAY("reconfiguration failed%s%s", *text != '\0' ? ": " : "",
	    text);
}

static size_t
say_deactivated(const struct view *view, const char *text, char *out)
{
	char id[ID_TEXT_MAX];

	(void)text;
	(void)escape_id(view->id != NULL ? view->id : "?", id, sizeof(id));
	return SAY("Deactivating service %s due to excessive incoming "
	    "connections.  Restarting in %llu seconds.", id, NUMBER(view, 0));
}

static size_t
say_activated(const struct view *view, const char *text, char *out)
{
	char id[ID_TEXT_MAX];

	(void)text;
	(void)escape_id(view->id != NULL ? view->id : "?", id, sizeof(id));
	return SAY("Activating service %s", id);
}

static size_t
say_violation(const struct view *view, const char *text, char *out)
{
	uint64_t type = view->record->number[0];
	const char *name = type > MSG_NONE && type < MSG_MAX ?
	    msg_table[type].name : NULL;
	size_t used = SAY("privilege separation violation");

	if (view->record->pid > 0)
		used += format_text(out + used, TEXT_MAX - used,
		    " by process %d", view->record->pid);
	used += format_text(out + used, TEXT_MAX - used, ": %s", text);
	if (name != NULL)
		used += format_text(out + used, TEXT_MAX - used, " (%s)",
		    name);
	return used;
}

static size_t
say_helper_died(const struct view *view, const char *text, char *out)
{
	const struct record *record = view->record;
	const char *how = record->signal != 0 ? "signal" : "exit code";
	int number = record->signal != 0 ? record->signal : record->status;
	size_t used;

	used = SAY("process %s[%d] ended with %s %d, restarts so far: %llu",
	    *text != '\0' ? text : "?", record->pid, how, number,
	    NUMBER(view, 0));
	if (record->number[1] == 0 && record->number[2] == 0)
		return used;
	return used + format_text(out + used, TEXT_MAX - used,
	    "; connections lost: %llu, and at most %llu more",
	    NUMBER(view, 1), NUMBER(view, 2));
}

static size_t
say_lost(const struct view *view, const char *text, char *out)
{
	const char *cause = loss_cause_word(view->record->number[3]);

	if (view->record->number[1] == 0)
		return SAY("%llu lines for %s lost (%s)", NUMBER(view, 0),
		    text, cause);
	return SAY("%llu audit records lost (%s), numbers %llu to %llu",
	    NUMBER(view, 0), cause, NUMBER(view, 1), NUMBER(view, 2));
}

static size_t
say_opened(const struct view *view, const char *text, char *out)
{
	if (view->record->number[1] == 0)
		return SAY("audit file %s opened", text);
	return SAY("audit file %s opened; its last line was torn after %llu "
	    "bytes and has been ended", text, NUMBER(view, 1));
}

/* xinetd writes -1 minutes for ever. */
static size_t
say_penalised(const struct view *view, const char *text, char *out)
{
	uint64_t minutes = view->record->number[0];
	char address[ADDR_TEXT_MAX];

	(void)text;
	(void)classic_address(&view->record->source, address, sizeof(address));
	if (minutes == UINT64_MAX)
		return SAY("Adding %s to the global_no_access list for -1 "
		    "minutes", address);
	return SAY("Adding %s to the global_no_access list for %llu minutes",
	    address, (unsigned long long)minutes);
}

static size_t
say_dropped(const struct view *view, const char *text, char *out)
{
	char id[ID_TEXT_MAX];

	(void)text;
	(void)escape_id(view->id != NULL ? view->id : "?", id, sizeof(id));
	if (NUMBER(view, 1) != 0)
		return SAY("%llu datagrams for service %s taken off with "
		    "refused ones", NUMBER(view, 0), id);
	return SAY("%llu datagrams for service %s kept out by its socket "
	    "filter", NUMBER(view, 0), id);
}

static sentence *const sentences[RECORD_MAX] = {
	[RECORD_DEACTIVATED] = say_deactivated,
	[RECORD_ACTIVATED] = say_activated,
	[RECORD_RELOADED] = say_reloaded,
	[RECORD_REJECTED] = say_rejected,
	[RECORD_CONFIG_WARNING] = say_text,
	[RECORD_STARTED] = say_started,
	[RECORD_STOPPED] = say_stopped,
	[RECORD_VIOLATION] = say_violation,
	[RECORD_HELPER_DIED] = say_helper_died,
	[RECORD_MESSAGE] = say_text,
	[RECORD_LOST] = say_lost,
	[RECORD_OPENED] = say_opened,
	[RECORD_PENALISED] = say_penalised,
	[RECORD_DROPPED] = say_dropped,
};

size_t
text_of(const struct record *record, char out[static RECORD_TEXT + 1])
{
	char raw[RECORD_TEXT + 1];

	/* The text may fill its field: make an end, and trust no byte. */
	memcpy(raw, record->text, RECORD_TEXT);
	raw[RECORD_TEXT] = '\0';
	return escape_line(raw, out, RECORD_TEXT + 1);
}

size_t
text_message(const struct view *view, char out[static TEXT_MAX])
{
	const struct record *record = view->record;
	char text[RECORD_TEXT + 1];

	out[0] = '\0';
	if (record->action >= RECORD_MAX || sentences[record->action] == NULL)
		return 0;
	(void)text_of(record, text);
	return sentences[record->action](view, text, out);
}

unsigned
text_level(const struct record *record)
{
	switch (record->action) {
	case RECORD_ACCEPTED:
	case RECORD_DENIED:
	case RECORD_CLOSED:
	case RECORD_USERID:
	case RECORD_NOID:
		return 6;
	/* As xinetd does: others match on it. */
	case RECORD_DEACTIVATED:
	case RECORD_ACTIVATED:
		return 3;
	case RECORD_PENALISED:
		return 2;
	default:
		return record->level & 7u;
	}
}

const char *
text_level_word(unsigned level)
{
	return levels[level & 7].word;
}

const char *
text_level_name(unsigned level)
{
	return levels[level & 7].name;
}

bool
text_is_classic(const struct record *record)
{
	return record->action == RECORD_DEACTIVATED ||
	    record->action == RECORD_ACTIVATED ||
	    record->action == RECORD_PENALISED;
}

const char *
loss_cause_word(uint64_t cause)
{
	return cause < LOSS_MAX ? causes[cause] : "unknown";
}
