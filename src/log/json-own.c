/*
 * What one kind of record has that no other has.
 *
 * Runs in the log process. A table of small functions, one an action.
 */
#include "log/json-own.h"

#include <string.h>

#include "policy/reason.h"
#include "shared/msg.h"
#include "shared/util.h"

static const struct json_end ends[] = {
	[SESSION_CLOSED] = { "closed", false },
	[SESSION_CLIENT_ERROR] = { "client-error", true },
	[SESSION_TARGET_ERROR] = { "target-error", true },
	[SESSION_NOT_CONNECTED] = { "not-connected", true },
	[SESSION_CONNECT_TIMEOUT] = { "connect-timeout", true },
	[SESSION_IDLE] = { "idle", false },
	[SESSION_STOPPED] = { "stopped", false },
	[SESSION_NO_ROOM] = { "no-room", true },
	[SESSION_LOST] = { "relay-died", true },
};
_Static_assert(sizeof(ends) / sizeof(ends[0]) == SESSION_END_MAX,
    "every cause has a word");

const struct json_end *
json_session_end(const struct record *record)
{
	uint64_t cause = record->number[3];

	if (!record_is_session(record) || cause == 0 || cause > SESSION_END_MAX)
		return NULL;
	return &ends[cause - 1];
}

char *
json_ident_user(char *text)
{
	char *colon = strchr(text, ':');
	char *user = colon != NULL ? colon + 1 : text + strlen(text);

	for (; colon != NULL && colon > text && colon[-1] == ' '; colon--)
		;
	if (colon != NULL)
		*colon = '\0';
	return user + strspn(user, " ");
}

static void
exit_object(struct json *json, const struct record *record)
{
	static const char *const by[] = {
		[EXIT_BY_SERVER] = "server", [EXIT_BY_LIMIT] = "limit",
		[EXIT_BY_OPERATOR] = "operator"
	};

	put_open(json, "exit");
	if (record->signal != 0)
		put_signed(json, "signal", record->signal);
	if (record->action == RECORD_CLOSED &&
	    record->exit_by < sizeof(by) / sizeof(by[0]))
		put_word(json, "by", by[record->exit_by]);
	put_close(json);
}

static void
session_object(struct json *json, const struct record *record)
{
	const struct json_end *end = json_session_end(record);

	if (end == NULL)
		return;
	put_open(json, "session");
	put_word(json, "end", end->word);
	if (record->number[2] != 0)
		put_unsigned(json, "errno", record->number[2]);
	put_close(json);
}

static void
ident_object(struct json *json, const struct record *record)
{
	char text[RECORD_TEXT + 1];

	(void)text_of(record, text);
	(void)json_ident_user(text);		/* leaves the system in text */
	put_open(json, "ident");
	put_text(json, "system", "sallyport.ident.system", text, JSON_SENTENCE_SIZE);
	put_name(json, "claimed");
	put_raw(json, "true");
	put_close(json);
}

static void
penalty_object(struct json *json, const struct record *record)
{
	uint64_t minutes = record->number[0];

	put_open(json, "penalty");
	if (minutes == UINT64_MAX) {
		put_name(json, "forever");
		put_raw(json, "true");
	} else
		put_unsigned(json, "ttl_s", minutes > UINT64_MAX / 60 ?
		    UINT64_MAX : minutes * 60);
	put_close(json);
}

static void
config_objects(struct json *json, const struct record *record)
{
	static const char *const effects[] = {
		[DIAG_WARNING] = "warning",
		[DIAG_REFUSE_SERVICE] = "refuse-service",
		[DIAG_REFUSE_LOAD] = "refuse-load"
	};

	if (record->action == RECORD_RELOADED) {
		put_open(json, "services");
		put_unsigned(json, "new", record->number[0]);
		put_unsigned(json, "old", record->number[1]);
		put_unsigned(json, "dropped", record->number[2]);
		put_close(json);
		return;
	}
	put_open(json, "config");
	if (record->number[0] < sizeof(effects) / sizeof(effects[0]))
		put_word(json, "effect", effects[record->number[0]]);
	if (record->number[1] > 0 && record->number[1] < DIAG_CODE_MAX)
		put_word(json, "code",
		    diag_code_name((enum diag_code)record->number[1]));
	if (record->number[2] != 0)
		put_unsigned(json, "line", record->number[2]);
	put_close(json);
}

static void
privsep_object(struct json *json, const struct record *record)
{
	uint64_t type = record->number[0];
	char text[RECORD_TEXT + 1];

	(void)text_of(record, text);
	put_open(json, "privsep");
	if (type > MSG_NONE && type < MSG_MAX && msg_table[type].name != NULL)
		put_word(json, "message", msg_table[type].name);
	put_text(json, "rule", "sallyport.privsep.rule", text, JSON_SENTENCE_SIZE);
	put_close(json);
}

static void
lost_object(struct json *json, const struct record *record)
{
	char text[RECORD_TEXT + 1];

	(void)text_of(record, text);
	put_open(json, "lost");
	put_unsigned(json, "count", record->number[0]);
	if (record->number[1] != 0) {
		put_unsigned(json, "first", record->number[1]);
		put_unsigned(json, "last", record->number[2]);
	}
	put_text(json, "sink", "sallyport.lost.sink", text, JSON_SENTENCE_SIZE);
	put_word(json, "cause", loss_cause_word(record->number[3]));
	put_close(json);
}

static void
closed_fields(struct json *json, const struct record *record)
{
	exit_object(json, record);
	session_object(json, record);
}

static void
denied_fields(struct json *json, const struct record *record)
{
	if (record->number[0] != 0)
		put_unsigned(json, "repeat", record->number[0]);
}

static void
dropped_fields(struct json *json, const struct record *record)
{
	put_unsigned(json, "dropped", record->number[0]);
	put_word(json, "dropped_by", record->number[1] == 0 ? "kernel" :
	    "dispatch");
}

static void
deactivated_fields(struct json *json, const struct record *record)
{
	put_unsigned(json, "retry_s", record->number[0]);
}

static void
started_fields(struct json *json, const struct record *record)
{
	put_unsigned(json, "services", record->number[0]);
	put_unsigned(json, "listeners", record->number[1]);
}

static void
helper_died_fields(struct json *json, const struct record *record)
{
	if (record->signal != 0)
		exit_object(json, record);
	put_unsigned(json, "restarts", record->number[0]);
	put_open(json, "lost_connections");
	put_unsigned(json, "known", record->number[1]);
	put_unsigned(json, "doubtful", record->number[2]);
	put_close(json);
}

static void
opened_fields(struct json *json, const struct record *record)
{
	put_unsigned(json, "torn_bytes", record->number[1]);
}

static void (*const own_fields[RECORD_MAX])(struct json *,
    const struct record *) = {
	[RECORD_CLOSED] = closed_fields,
	[RECORD_DENIED] = denied_fields,
	[RECORD_USERID] = ident_object,
	[RECORD_PENALISED] = penalty_object,
	[RECORD_DROPPED] = dropped_fields,
	[RECORD_DEACTIVATED] = deactivated_fields,
	[RECORD_RELOADED] = config_objects,
	[RECORD_CONFIG_WARNING] = config_objects,
	[RECORD_STARTED] = started_fields,
	[RECORD_VIOLATION] = privsep_object,
	[RECORD_HELPER_DIED] = helper_died_fields,
	[RECORD_LOST] = lost_object,
	[RECORD_OPENED] = opened_fields,
};

void
json_own_fields(struct json *json, const struct record *record)
{
	if (own_fields[record->action] != NULL)
		own_fields[record->action](json, record);
}
