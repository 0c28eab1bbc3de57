/*
 * The audit record: one JSON object on one line, with ECS names.
 *
 * Runs in the log process. Fields come in one fixed order, bytes are ASCII, a
 * line feed stands at the end and nowhere else. Each text has a bound on what
 * it may become, and the sum of the bounds is below JSON_MAX: a record can be
 * cut (sallyport.truncated says where), never dropped.
 */
#include "log/json-own.h"
#include "log/json-rule.h"
#include "log/put.h"

#include <string.h>

#include "policy/reason.h"
#include "shared/msg.h"
#include "shared/util.h"

/* Bounds on escaped texts, in bytes with NUL. */
#define SHORT_SIZE 256
#define SERVICE_SIZE (6 * POLICY_ID_MAX + 1)
#define PATH_SIZE JSON_PATH_SIZE
#define RULE_SIZE JSON_RULE_SIZE
#define SENTENCE_SIZE JSON_SENTENCE_SIZE
/* The most that one record can have of them. */
_Static_assert(2 * SHORT_SIZE + SERVICE_SIZE + PATH_SIZE + RULE_SIZE +
    2 * SENTENCE_SIZE < JSON_MAX - 2048, "texts leave room for the frame");

/* Everything about an action that is the same in each of its records. */
struct action {
	const char *name, *kind, *category, *type, *outcome, *dataset;
};

static const struct action actions[RECORD_MAX] = {
	[RECORD_NONE] = { "none", "event", "process", "\"info\"", "unknown", "daemon" },
	[RECORD_ACCEPTED] = { "connection-accepted", "event", "network",
	    "\"connection\",\"allowed\",\"start\"", "success", "access" },
	[RECORD_DENIED] = { "connection-denied", "event", "network",
	    "\"connection\",\"denied\"", "failure", "access" },
	[RECORD_CLOSED] = { "connection-closed", "event", "network",
	    "\"connection\",\"end\"", "unknown", "access" },
	[RECORD_DEACTIVATED] = { "service-deactivated", "event", "configuration",
	    "\"change\"", "success", "daemon" },
	[RECORD_ACTIVATED] = { "service-activated", "event", "configuration",
	    "\"change\"", "success", "daemon" },
	[RECORD_RELOADED] = { "config-reloaded", "event", "configuration",
	    "\"change\"", "success", "daemon" },
	[RECORD_REJECTED] = { "config-rejected", "event", "configuration",
	    "\"info\"", "failure", "daemon" },
	[RECORD_CONFIG_WARNING] = { "config-warning", "event", "configuration",
	    "\"info\"", "success", "daemon" },
	[RECORD_STARTED] = { "daemon-started", "event", "process",
	    "\"start\"", "success", "daemon" },
	[RECORD_STOPPED] = { "daemon-stopped", "event", "process",
	    "\"end\"", "success", "daemon" },
	[RECORD_VIOLATION] = { "privsep-violation", "alert", "intrusion_detection",
	    "\"denied\"", "failure", "integrity" },
	[RECORD_HELPER_DIED] = { "helper-died", "event", "process",
	    "\"end\"", "failure", "daemon" },
	[RECORD_MESSAGE] = { "message", "event", "process",
	    "\"info\"", "unknown", "daemon" },
	[RECORD_LOST] = { "audit-lost", "alert", "process",
	    "\"info\"", "failure", "integrity" },
	[RECORD_OPENED] = { "audit-opened", "event", "process",
	    "\"change\"", "success", "integrity" },
	[RECORD_USERID] = { "connection-identified", "event", "network",
	    "\"info\"", "success", "access" },
	[RECORD_NOID] = { "connection-identified", "event", "network",
	    "\"info\"", "failure", "access" },
	[RECORD_PENALISED] = { "sensor-tripped", "alert",
	    "intrusion_detection", "\"denied\"", "success", "access" },
	[RECORD_DROPPED] = { "datagrams-dropped", "event", "network",
	    "\"connection\",\"denied\"", "failure", "access" },
};

static bool
is_connection(const struct record *record)
{
	return record->action == RECORD_ACCEPTED ||
	    record->action == RECORD_DENIED ||
	    record->action == RECORD_CLOSED ||
	    record->action == RECORD_USERID ||
	    record->action == RECORD_NOID ||
	    record->action == RECORD_PENALISED;
}

static const char *
outcome_of(const struct record *record)
{
	if (json_session_end(record) != NULL)
		return json_session_end(record)->is_failure ? "failure" :
		    "success";
	if (record->action == RECORD_CLOSED) {
		if (record->signal != 0 || record->status > 0)
			return "failure";
		return record->status == 0 ? "success" : "unknown";
	}
	if (record->action == RECORD_CONFIG_WARNING &&
	    record->number[0] != DIAG_WARNING)
		return "failure";
	return actions[record->action].outcome;
}

static void
event_reason(struct json *json, const struct view *view)
{
	const struct record *record = view->record;
	char text[RECORD_TEXT + 1];

	switch (record->action) {
	case RECORD_DENIED:
		put_word(json, "reason", record->reason != REASON_NONE ?
		    reason_word(record->reason) : "client gone");
		break;
	case RECORD_NOID:
		put_word(json, "reason", ident_failure_word(record->number[0]));
		break;
	case RECORD_DEACTIVATED:
	case RECORD_ACTIVATED:
		put_word(json, "reason", reason_word(REASON_CPS));
		break;
	case RECORD_STARTED:
	case RECORD_STOPPED:
	case RECORD_RELOADED:
		if (text_of(record, text) > 0)
			put_text(json, "reason", "event.reason", text,
			    SENTENCE_SIZE);
		break;
	default:
		break;
	}
}

static void
event_object(struct json *json, const struct view *view)
{
	const struct record *record = view->record;
	const struct action *action = &actions[record->action];

	put_open(json, "event");
	put_word(json, "kind", action->kind);
	put_name(json, "category");
	put_raw(json, "[\"");
	put_raw(json, action->category);
	put_raw(json, "\"]");
	put_name(json, "type");
	put_raw(json, "[");
	put_raw(json, action->type);
	put_raw(json, "]");
	put_word(json, "action", action->name);
	put_word(json, "outcome", outcome_of(record));
	event_reason(json, view);
	put_name(json, "dataset");
	put_raw(json, "\"sallyport.");
	put_raw(json, action->dataset);
	put_raw(json, "\"");
	put_unsigned(json, "sequence", view->sequence);
	if (record->action == RECORD_ACCEPTED)
		put_time(json, "start", record->time_us);
	if (record->action == RECORD_CLOSED) {
		put_time(json, "start", record->start_us);
		put_time(json, "end", record->time_us);
		/* Saturates after 584 years. */
		put_unsigned(json, "duration",
		    record->duration_us > UINT64_MAX / 1000 ? UINT64_MAX :
		    record->duration_us * 1000);
	}
	put_unsigned(json, "severity", text_level(record));
	if (view->original != NULL)
		put_text(json, "original", "event.original", view->original,
		    SENTENCE_SIZE);
	put_close(json);
}

static void
host_objects(struct json *json, const struct view *view)
{
	char number[16];
	/* Of a UNIX source the field is a uid. */
	uint32_t scope = view->record->source.family == ADDR_IPV6 ?
	    view->record->source.scope : 0;

	put_open(json, "log");
	put_word(json, "level", text_level_name(text_level(view->record)));
	put_close(json);
	put_open(json, "host");
	put_text(json, "name", "host.name", view->host, SHORT_SIZE);
	put_close(json);
	put_open(json, "observer");
	put_word(json, "product", "sallyport");
	put_word(json, "version", PACKAGE_VERSION);
	if (is_connection(view->record) && scope != 0) {
		(void)format_text(number, sizeof(number), "%u", scope);
		put_open(json, "ingress");
		put_open(json, "interface");
		put_word(json, "id", number);
		put_close(json);
		put_close(json);
	}
	put_close(json);
}

static void
peer_address(struct json *json, const struct record_addr *peer)
{
	char text[ADDR_TEXT_MAX];

	if (peer->family != ADDR_IPV4 && peer->family != ADDR_IPV6)
		return;
	(void)classic_address(peer, text, sizeof(text));
	put_word(json, "ip", text);
	put_unsigned(json, "port", peer->port);
}

/* Who the client is: by the kernel for UNIX sockets, else by its own word. */
static void
peer_user(struct json *json, const struct record *record)
{
	char text[RECORD_TEXT + 1], number[16];

	if (record->source.family == RECORD_FAMILY_UNIX) {
		(void)format_text(number, sizeof(number), "%u",
		    record->source.scope);
		put_open(json, "user");
		put_word(json, "id", number);
		put_close(json);
	}
	if (record->action == RECORD_USERID && text_of(record, text) > 0) {
		put_open(json, "user");
		put_text(json, "name", "source.user.name", json_ident_user(text),
		    SENTENCE_SIZE);
		put_close(json);
	}
}

static void
peer_objects(struct json *json, const struct record *record)
{
	bool is_session = record_is_session(record);
	uint64_t in = record->number[0], out = record->number[1];

	if (record->source.family != 0 || is_session) {
		put_open(json, "source");
		peer_address(json, &record->source);
		if (is_session)
			put_unsigned(json, "bytes", in);
		peer_user(json, record);
		put_close(json);
	}
	if (record->destination.family == ADDR_IPV4 ||
	    record->destination.family == ADDR_IPV6 || is_session) {
		put_open(json, "destination");
		peer_address(json, &record->destination);
		if (is_session)
			put_unsigned(json, "bytes", out);
		put_close(json);
	}
}

/* One protocol name that /etc/protocols could hold. */
static bool
is_plain_word(const char *word)
{
	char out[32];

	return *word != '\0' && strlen(word) < 16 &&
	    escape_id(word, out, sizeof(out)) == strlen(word);
}

static void
network_object(struct json *json, const struct view *view)
{
	char text[ADDR_TEXT_MAX];
	const struct record *record = view->record;
	const struct service *service = view->service;

	put_open(json, "network");
	if (service != NULL && service->protocol != NULL &&
	    is_plain_word(service->protocol))
		put_word(json, "transport", service->protocol);
	if (record->source.family == ADDR_IPV4 ||
	    record->source.family == ADDR_IPV6) {
		/* By the text, so that a mapped address counts as IPv4. */
		(void)classic_address(&record->source, text, sizeof(text));
		put_word(json, "type",
		    strchr(text, ':') == NULL ? "ipv4" : "ipv6");
	}
	put_word(json, "direction", "ingress");
	if (record_is_session(record))
		put_unsigned(json, "bytes", record->number[0] >
		    UINT64_MAX - record->number[1] ? UINT64_MAX :
		    record->number[0] + record->number[1]);
	put_close(json);
}

static void
connection_objects(struct json *json, const struct view *view)
{
	const struct record *record = view->record;

	peer_objects(json, record);
	network_object(json, view);
	json_rule(json, view);
}

static void
process_object(struct json *json, const struct record *record)
{
	char text[RECORD_TEXT + 1];
	bool has_ended = record->action == RECORD_CLOSED ||
	    record->action == RECORD_HELPER_DIED;
	bool has_code = has_ended && record->signal == 0 &&
	    record->status >= 0 && !record_is_session(record);
	bool has_name = record->action == RECORD_HELPER_DIED &&
	    text_of(record, text) > 0;

	if (record->pid <= 0 && !has_code && !has_name)
		return;
	put_open(json, "process");
	if (has_name)
		put_text(json, "name", "process.name", text, SENTENCE_SIZE);
	if (record->pid > 0)
		put_signed(json, "pid", record->pid);
	if (has_code)
		put_signed(json, "exit_code", record->status);
	put_close(json);
}

/* Does the record have a user: of the server, or of who asked? Elsewhere the
 * field has no meaning, and 0 would read as root. */
static bool
has_user(const struct view *view)
{
	unsigned action = view->record->action;

	if (action == RECORD_RELOADED || action == RECORD_REJECTED)
		return true;
	if (action != RECORD_ACCEPTED && action != RECORD_CLOSED)
		return false;
	/* Relay and dispatch serve under ids of their own. */
	return view->service == NULL || view->service->kind >= KIND_MAX ||
	    kind_table[view->service->kind].has_server;
}

static void
user_object(struct json *json, const struct view *view)
{
	const struct record *record = view->record;
	char number[16];

	if (!has_user(view))
		return;
	(void)format_text(number, sizeof(number), "%u", record->uid);
	put_open(json, "user");
	put_word(json, "id", number);
	put_close(json);
}

static void
message_fields(struct json *json, const struct view *view)
{
	const struct record *record = view->record;
	char sentence[TEXT_MAX], text[RECORD_TEXT + 1];

	if (record->action == RECORD_REJECTED ||
	    record->action == RECORD_CONFIG_WARNING) {
		(void)text_of(record, text);
		put_open(json, "error");
		put_text(json, "message", "error.message", text, SENTENCE_SIZE);
		put_close(json);
	}
	if (record->action == RECORD_OPENED) {
		(void)text_of(record, text);
		put_open(json, "file");
		put_text(json, "path", "file.path", text, PATH_SIZE);
		put_unsigned(json, "size", record->number[0]);
		put_close(json);
	}
	if (text_message(view, sentence) > 0)
		put_text(json, "message", "message", sentence, SENTENCE_SIZE);
}

static void
sallyport_object(struct json *json, const struct view *view)
{
	const struct record *record = view->record;
	char conn[RECORD_CONN_TEXT];

	put_open(json, "sallyport");
	if (record->conn != 0) {
		record_conn_text(record->conn, conn);
		put_word(json, "conn", conn);
	}
	if (record->action == RECORD_DENIED && record->attr > ATTR_NONE &&
	    record->attr < ATTR_MAX)
		put_word(json, "cause", attr_name(record->attr));
	else if (record->action == RECORD_DENIED &&
	    record->reason == REASON_NONE)
		put_word(json, "cause", "client_gone");
	if (view->service != NULL && view->service->kind < KIND_MAX &&
	    (is_connection(record) || record->action == RECORD_DROPPED))
		put_word(json, "kind", kind_table[view->service->kind].name);
	json_own_fields(json, record);
	put_unsigned(json, "generation", record->generation);
	put_text(json, "boot", "sallyport.boot", view->boot, SHORT_SIZE);
	if (json->cuts > 0) {
		put_name(json, "truncated");
		for (unsigned i = 0; i < json->cuts; i++) {
			put_raw(json, i == 0 ? "[\"" : ",\"");
			put_raw(json, json->cut[i]);
			put_raw(json, "\"");
		}
		put_raw(json, "]");
	}
	put_close(json);
}

size_t
json_record(const struct view *view, char out[static JSON_MAX + 1])
{
	const struct record *record = view->record;
	struct json json = { .out = out };

	must(record->action < RECORD_MAX);
	put_open(&json, NULL);
	put_time(&json, "@timestamp", record->time_us);
	put_open(&json, "ecs");
	put_word(&json, "version", "8.17.0");
	put_close(&json);
	event_object(&json, view);
	host_objects(&json, view);
	if (view->id != NULL) {
		put_open(&json, "service");
		put_text(&json, "name", "service.name", view->id, SERVICE_SIZE);
		put_close(&json);
	}
	if (is_connection(record))
		connection_objects(&json, view);
	process_object(&json, record);
	user_object(&json, view);
	message_fields(&json, view);
	sallyport_object(&json, view);
	put_close(&json);
	put_raw(&json, "\n");
	out[json.used] = '\0';
	return json.used;
}
