/*
 * sallyport status: how is the daemon?
 *
 * Runs as the caller. Everything shown comes from view.c, which has made it
 * harmless; here it is only put in order.
 */
#include "ctl/status.h"

#include <stdio.h>
#include <string.h>

#include "ctl/document.h"
#include "ctl/table.h"
#include "ctl/view.h"
#include "shared/confine.h"
#include "shared/msg.h"

#define LABEL_WIDTH 15		/* of the lines above the tables */
#define LAYERS_ALL (2 * (uint32_t)LAYER_MDWE - 1)

struct service_tally {
	unsigned listening, waiting, partly, failed, gone;
};

static struct service_tally
tally_services(const struct view *v)
{
	struct service_tally tally = { 0, 0, 0, 0, 0 };

	for (unsigned i = 0; i < view_services(v); i++) {
		const struct state_service *s = &v->parent->services[i];

		if (s->status == SERVICE_LISTENING && s->taken != 0)
			tally.partly++;
		else if (s->status == SERVICE_LISTENING && s->freebind == 0)
			tally.listening++;
		else if (s->status == SERVICE_LISTENING)
			tally.waiting++;
		else if (s->status == SERVICE_FAILED)
			tally.failed++;
		else if (s->status == SERVICE_GONE && s->instances > 0)
			tally.gone++;
	}
	return tally;
}

static const char *
load_status_word(uint32_t status)
{
	static const char *const words[] = {
		[LOAD_GOOD] = "good",
		[LOAD_REFUSED] = "refused",
		[LOAD_FAILED] = "failed",
	};

	return status <= LOAD_FAILED ? words[status] : "?";
}

static const char *
sink_name(unsigned number, char out[static VIEW_TEXT_MAX])
{
	static const char *const names[] = { "syslog", "audit", "messages" };

	if (number < sizeof(names) / sizeof(names[0]))
		return names[number];
	(void)format_text(out, VIEW_TEXT_MAX, "log file %u", number - 2);
	return out;
}

static bool
is_sink_used(const struct log_sink_state *sink)
{
	return sink->is_open != 0 || sink->written > 0 || sink->lost > 0 ||
	    sink->last_errno != 0;
}

/* "all", or what is missing; the mandatory layers are never missing. */
static const char *
protection(uint32_t layers, char out[static VIEW_TEXT_MAX])
{
	char missing[VIEW_TEXT_MAX];

	if ((layers & LAYERS_ALL) == LAYERS_ALL)
		return "all layers";
	if (layers == 0)
		return "not ready yet";
	(void)layers_text(LAYERS_ALL & ~layers, missing, sizeof(missing));
	(void)format_text(out, VIEW_TEXT_MAX, "all but %s", missing);
	return out;
}

/* Breaks a long text between words; what has no blanks is broken hard. */
static void
print_wrapped(const char *label, const char *text)
{
	const size_t room = TABLE_WIDTH - LABEL_WIDTH;

	while (text[0] != '\0') {
		size_t length = strlen(text), take = length;

		if (length > room) {
			take = room;
			while (take > 0 && text[take] != ' ')
				take--;
			if (take == 0)
				take = room;
		}
		(void)printf("%-*s%.*s\n", LABEL_WIDTH, label, (int)take, text);
		label = "";
		text += take;
		text += strspn(text, " ");
	}
}

static void
print_policy(const struct view *v)
{
	const struct parent_state *p = v->parent;
	char age[VIEW_TEXT_MAX], error[VIEW_TEXT_MAX];
	char loads[VIEW_TEXT_MAX], refused[VIEW_TEXT_MAX];

	if (p->generation == 0)
		(void)printf("  policy       none in force yet\n");
	else
		(void)printf("  policy       generation %llu in force\n",
		    (unsigned long long)p->generation);
	(void)printf("  last load    %s",
	    load_status_word(p->last_load_status));
	if (p->last_load_us != 0)
		(void)printf(", %s ago", view_age(v->now_us, p->last_load_us,
		    age));
	(void)printf(" (%s in all, %s not used)\n", view_count(p->loads, loads),
	    view_count(p->loads_refused, refused));
	(void)view_text(p->last_error, sizeof(p->last_error), error);
	print_wrapped("  last error", error);
	if (error[0] != '\0' && p->last_error_us != 0)
		(void)printf("%-*s(%s ago)\n", LABEL_WIDTH, "",
		    view_age(v->now_us, p->last_error_us, age));
	if (p->logs_closed > 0)
		(void)printf("  closed logs  %u could not be opened; tried "
		    "again every second\n", p->logs_closed);
}

static void
print_services(const struct view *v)
{
	struct service_tally tally = tally_services(v);
	char refused[VIEW_TEXT_MAX];

	(void)printf("  services     %u listening", tally.listening);
	if (tally.waiting > 0)
		(void)printf(", %u waiting for an address", tally.waiting);
	if (tally.partly > 0)
		(void)printf(", %u partly", tally.partly);
	if (tally.failed > 0)
		(void)printf(", %u failed", tally.failed);
	if (tally.gone > 0)
		(void)printf(", %u gone but in use", tally.gone);
	(void)printf("\n");
	if (v->parent->services_refused > 0)
		(void)printf("               %s refused by the configuration; "
		    "sallyport check says why\n",
		    view_count(v->parent->services_refused, refused));
}

/* Nothing to say where nothing was ever relayed. */
static void
print_sessions(const struct view *v)
{
	char a[VIEW_TEXT_MAX], b[VIEW_TEXT_MAX], c[VIEW_TEXT_MAX];
	bool has_relayed = v->relay != NULL && v->relay->started > 0;

	if (v->parent->sessions == 0 && !has_relayed)
		return;
	(void)printf("  sessions     %s relayed now",
	    view_count(v->parent->sessions, a));
	if (has_relayed)
		(void)printf(", %s in all\n               %s bytes from "
		    "clients, %s to them", view_count(v->relay->started, a),
		    view_count(v->relay->bytes_in, b),
		    view_count(v->relay->bytes_out, c));
	(void)printf("\n");
}

static void
print_counts(const struct view *v)
{
	const struct parent_state *p = v->parent;
	char a[VIEW_TEXT_MAX], b[VIEW_TEXT_MAX], c[VIEW_TEXT_MAX];

	(void)printf("  servers      %s running\n",
	    view_count(p->processes, a));
	print_sessions(v);
	(void)printf("  connections  %s accepted, %s allowed, %s denied\n",
	    view_count(view_accepted(v), a), view_count(view_allowed(v), b),
	    view_count(view_denied_all(v), c));
	if (p->connections_lost > 0 || p->connections_doubtful > 0)
		(void)printf("               %s lost, perhaps %s more\n",
		    view_count(p->connections_lost, a),
		    view_count(p->connections_doubtful, b));
	if (v->log == NULL)
		(void)printf("  records      not known\n");
	else
		(void)printf("  records      %s written, %s lost\n",
		    view_count(v->log->written, a),
		    view_count(v->log->lost, b));
}

static void
print_helpers(const struct view *v)
{
	static const struct table_column columns[] = {
		{ "HELPER", TABLE_LEFT, 16 },
		{ "PID", TABLE_RIGHT, 11 },
		{ "UP", TABLE_RIGHT, 14 },
		{ "RESTARTS", TABLE_RIGHT, 10 },
		{ "STATE", TABLE_LEFT, 8 },
		{ "PROTECTION", TABLE_LEFT, 0 },
	};
	struct table *t = table_new(columns, 6);
	unsigned rows = 0;

	for (unsigned i = 0; i < STATE_HELPERS; i++) {
		const struct state_helper *h = &v->parent->helpers[i];
		char name[VIEW_TEXT_MAX], pid[16], age[VIEW_TEXT_MAX];
		char restarts[VIEW_TEXT_MAX], layers[VIEW_TEXT_MAX];
		const char *cells[6];

		if (h->pid <= 0)
			continue;
		(void)format_text(pid, sizeof(pid), "%d", h->pid);
		cells[0] = view_text(h->name, sizeof(h->name), name);
		cells[1] = pid;
		cells[2] = view_age(v->now_us, h->start_us, age);
		cells[3] = view_count(h->restarts, restarts);
		cells[4] = h->draining != 0 ? "draining" : "running";
		cells[5] = protection(h->layers, layers);
		table_row(t, cells);
		rows++;
	}
	(void)printf("\n");
	if (rows > 0)
		table_print(t, stdout, 2);
	else
		(void)printf("  no helper is running\n");
	table_free(t);
}

static void
print_sinks(const struct view *v)
{
	static const struct table_column columns[] = {
		{ "LOG", TABLE_LEFT, 14 },
		{ "WRITTEN", TABLE_RIGHT, 15 },
		{ "LOST", TABLE_RIGHT, 15 },
		{ "STATE", TABLE_LEFT, 24 },
		{ "FILE", TABLE_LEFT, 0 },
	};
	struct table *t;

	if (v->log == NULL)
		return;
	t = table_new(columns, 5);
	for (unsigned i = 0; i < STATE_SINKS; i++) {
		const struct log_sink_state *sink = &v->log->sinks[i];
		char name[VIEW_TEXT_MAX], written[VIEW_TEXT_MAX];
		char lost[VIEW_TEXT_MAX], path[VIEW_TEXT_MAX];
		const char *cells[5];

		if (!is_sink_used(sink))
			continue;
		cells[0] = sink_name(i, name);
		cells[1] = view_count(sink->written, written);
		cells[2] = view_count(sink->lost, lost);
		cells[3] = sink->is_open != 0 ? "open" :
		    sink->last_errno != 0 ? strerror((int)sink->last_errno) :
		    "closed";
		cells[4] = view_text(v->log->paths[i],
		    sizeof(v->log->paths[i]), path);
		table_row(t, cells);
	}
	(void)printf("\n");
	table_print(t, stdout, 2);
	table_free(t);
}

static void
print_text(const struct view *v)
{
	char age[VIEW_TEXT_MAX];

	(void)printf("sallyport is %s, pid %d, up %s\n\n",
	    v->parent->stopping != 0 ? "stopping" : "running", v->parent->pid,
	    view_age(v->now_us, v->parent->start_us, age));
	print_policy(v);
	print_services(v);
	print_counts(v);
	print_helpers(v);
	print_sinks(v);
}

static uint64_t
seconds_since(const struct view *v, uint64_t then_us)
{
	return then_us > v->now_us ? 0 : (v->now_us - then_us) / 1000000;
}

static void
document_layers(struct document *d, uint32_t layers)
{
	document_array(d, "layers");
	for (uint32_t bit = 1; bit <= LAYER_MDWE; bit <<= 1) {
		char name[VIEW_TEXT_MAX];

		if ((layers & bit) != 0)
			document_text(d, NULL, layers_text(bit, name,
			    sizeof(name)));
	}
	document_close(d);
}

static void
document_helpers(struct document *d, const struct view *v)
{
	document_array(d, "helpers");
	for (unsigned i = 0; i < STATE_HELPERS; i++) {
		const struct state_helper *h = &v->parent->helpers[i];
		char text[VIEW_TEXT_MAX];

		if (h->pid <= 0)
			continue;
		document_object(d, NULL);
		document_text(d, "name", view_text(h->name, sizeof(h->name),
		    text));
		document_number(d, "pid", (uint64_t)h->pid);
		document_number(d, "restarts", h->restarts);
		document_bool(d, "draining", h->draining != 0);
		document_number(d, "generation", h->generation);
		document_text(d, "started", view_time(h->start_us, text));
		document_layers(d, h->layers);
		document_close(d);
	}
	document_close(d);
}

static void
document_sinks(struct document *d, const struct log_state *log)
{
	document_array(d, "logs");
	for (unsigned i = 0; log != NULL && i < STATE_SINKS; i++) {
		const struct log_sink_state *sink = &log->sinks[i];
		char name[VIEW_TEXT_MAX], path[VIEW_TEXT_MAX];

		if (!is_sink_used(sink))
			continue;
		document_object(d, NULL);
		document_number(d, "number", i);
		document_text(d, "name", sink_name(i, name));
		if (log->paths[i][0] != '\0')
			document_text(d, "path", view_text(log->paths[i],
			    sizeof(log->paths[i]), path));
		document_bool(d, "open", sink->is_open != 0);
		document_number(d, "written", sink->written);
		document_number(d, "lost", sink->lost);
		document_number(d, "errno", sink->last_errno);
		document_close(d);
	}
	document_close(d);
}

static void
document_load(struct document *d, const struct parent_state *p)
{
	char text[VIEW_TEXT_MAX];

	document_number(d, "generation", p->generation);
	document_number(d, "loads", p->loads);
	document_number(d, "loads_refused", p->loads_refused);
	document_object(d, "last_load");
	document_text(d, "time", view_time(p->last_load_us, text));
	document_text(d, "status", load_status_word(p->last_load_status));
	document_close(d);
	document_text(d, "last_error", view_text(p->last_error,
	    sizeof(p->last_error), text));
	if (p->last_error_us != 0)
		document_text(d, "last_error_time",
		    view_time(p->last_error_us, text));
}

static void
document_relay(struct document *d, const struct relay_state *relay)
{
	if (relay == NULL) {
		document_null(d, "relay");
		return;
	}
	document_object(d, "relay");
	document_number(d, "sessions", relay->sessions);
	document_number(d, "started", relay->started);
	document_number(d, "ended", relay->ended);
	document_number(d, "bytes_in", relay->bytes_in);
	document_number(d, "bytes_out", relay->bytes_out);
	document_number(d, "pipes", relay->pipes);
	document_close(d);
}

static void
document_counts(struct document *d, const struct view *v)
{
	struct service_tally tally = tally_services(v);

	document_object(d, "services");
	document_number(d, "listening", tally.listening);
	document_number(d, "waiting", tally.waiting);
	document_number(d, "partly", tally.partly);
	document_number(d, "failed", tally.failed);
	document_number(d, "gone", tally.gone);
	document_number(d, "refused", v->parent->services_refused);
	document_close(d);
	document_number(d, "servers", v->parent->processes);
	document_number(d, "sessions", v->parent->sessions);
	document_relay(d, v->relay);
	document_object(d, "connections");
	document_number(d, "accepted", view_accepted(v));
	document_number(d, "allowed", view_allowed(v));
	document_number(d, "denied", view_denied_all(v));
	document_number(d, "lost", v->parent->connections_lost);
	document_number(d, "doubtful", v->parent->connections_doubtful);
	document_close(d);
	if (v->log == NULL) {
		document_null(d, "records");
		return;
	}
	document_object(d, "records");
	document_number(d, "sequence", v->log->sequence);
	document_number(d, "written", v->log->written);
	document_number(d, "lost", v->log->lost);
	document_close(d);
}

static void
print_document(const struct view *v)
{
	struct document d;
	char text[VIEW_TEXT_MAX];

	document_begin(&d, stdout);
	document_bool(&d, "running", true);
	document_bool(&d, "stopping", v->parent->stopping != 0);
	document_number(&d, "pid", (uint64_t)v->parent->pid);
	document_text(&d, "started", view_time(v->parent->start_us, text));
	document_number(&d, "uptime_seconds", seconds_since(v,
	    v->parent->start_us));
	document_load(&d, v->parent);
	document_counts(&d, v);
	document_helpers(&d, v);
	document_number(&d, "logs_closed", v->parent->logs_closed);
	document_sinks(&d, v->log);
	document_end(&d);
}

static void
print_stopped(const struct ctl *ctl, const char *why)
{
	struct document d;

	if (!ctl->is_json) {
		(void)printf("%s\n", why);
		return;
	}
	document_begin(&d, stdout);
	document_bool(&d, "running", false);
	document_end(&d);
}

enum exit_code
status_run(const struct ctl *ctl)
{
	struct view view;
	char why[VIEW_TEXT_MAX];

	switch (view_load(&view, ctl->run_dir, why, sizeof(why))) {
	case VIEW_STOPPED:
		print_stopped(ctl, why);
		return EXIT_FINDINGS;
	case VIEW_CANNOT:
		(void)fprintf(stderr, "sallyport: %s\n", why);
		return EXIT_CANNOT;
	case VIEW_RUNNING:
		break;
	}
	if (ctl->is_json)
		print_document(&view);
	else
		print_text(&view);
	view_free(&view);
	return EXIT_CLEAN;
}
