/*
 * sallyport list: which services are offered, and how do they fare?
 *
 * Runs as the caller. Everything shown comes from view.c, which has made it
 * harmless; here it is only sorted and put in order.
 */
#include "ctl/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/document.h"
#include "ctl/table.h"
#include "ctl/view.h"

#define RUNNING_WIDTH 9
#define LISTEN_MAX (sizeof(((struct state_service *)0)->listen) / \
    sizeof(struct record_addr))

static int
compare_ids(const void *a, const void *b)
{
	const struct state_service *x = *(const struct state_service *const *)a;
	const struct state_service *y = *(const struct state_service *const *)b;
	int order = strncmp(x->id, y->id, sizeof(x->id));

	return order != 0 ? order : (x < y ? -1 : x > y);
}

/* The slots to show, by name; free() it. */
static const struct state_service **
sorted(const struct view *v, unsigned *count)
{
	const struct state_service **list = calloc(view_services(v) + 1u,
	    sizeof(*list));

	if (list == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	*count = 0;
	for (unsigned i = 0; i < view_services(v); i++) {
		if (view_is_shown(&v->parent->services[i]))
			list[(*count)++] = &v->parent->services[i];
	}
	qsort(list, *count, sizeof(*list), compare_ids);
	return list;
}

static unsigned
listener_count(const struct state_service *s)
{
	return s->listeners < LISTEN_MAX ? s->listeners : (unsigned)LISTEN_MAX;
}

static bool
is_absent(const struct state_service *s, unsigned listener)
{
	return (s->freebind >> listener & 1) != 0;
}

static bool
is_busy(const struct state_service *s, unsigned listener)
{
	return (s->busy >> listener & 1) != 0;
}

static bool
is_taken(const struct state_service *s, unsigned listener)
{
	return (s->taken >> listener & 1) != 0;
}

/* "0.0.0.0:23", "/run/x.sock", "[::]:40112 RPC 100001 busy" */
static const char *
listener(const struct state_service *s, unsigned i,
    char out[static VIEW_TEXT_MAX])
{
	char where[VIEW_TEXT_MAX], rpc[32] = "";

	if (s->listen[i].family == RECORD_FAMILY_UNIX && s->path[0] != '\0')
		(void)view_text(s->path, sizeof(s->path), where);
	else
		(void)view_listener(&s->listen[i], where);
	if (s->rpc_program != 0)
		(void)format_text(rpc, sizeof(rpc), " RPC %u", s->rpc_program);
	(void)format_text(out, VIEW_TEXT_MAX, "%s%s%s%s%s", where, rpc,
	    is_absent(s, i) ? " absent" : "", is_taken(s, i) ? " taken" : "",
	    is_busy(s, i) ? " busy" : "");
	return out;
}

static const char *
running(const struct state_service *s, char out[static VIEW_TEXT_MAX])
{
	size_t used = VIEW_TEXT_MAX;

	if (s->limit != UINT32_MAX)
		used = format_text(out, VIEW_TEXT_MAX, "%u/%u", s->instances,
		    s->limit);
	/* The limit gives way before a digit is lost. */
	if (used > RUNNING_WIDTH)
		(void)format_text(out, VIEW_TEXT_MAX, "%u", s->instances);
	return out;
}

/* The first listener stands in the service's own line. */
static void
add_service(struct table *t, const struct view *v,
    const struct state_service *s)
{
	char id[VIEW_TEXT_MAX], instances[VIEW_TEXT_MAX];
	char started[VIEW_TEXT_MAX], denied[VIEW_TEXT_MAX];
	const char *cells[7] = {
		view_text(s->id, sizeof(s->id), id),
		view_service_state(s),
		view_kind(s),
		running(s, instances),
		view_count(s->started, started),
		view_count(view_denied(v, s), denied),
		NULL,
	};
	unsigned i = 0;

	do {
		char cell[VIEW_TEXT_MAX];

		if (i < listener_count(s))
			cells[6] = listener(s, i, cell);
		table_row(t, cells);
		memset(cells, 0, sizeof(cells));
	} while (++i < listener_count(s));
}

static void
print_text(const struct view *v)
{
	static const struct table_column columns[] = {
		{ "SERVICE", TABLE_LEFT, 16 },
		{ "STATE", TABLE_LEFT, 9 },
		{ "KIND", TABLE_LEFT, 12 },
		{ "RUNNING", TABLE_RIGHT, RUNNING_WIDTH },
		{ "STARTED", TABLE_RIGHT, 11 },
		{ "DENIED", TABLE_RIGHT, 11 },
		{ "ADDRESS", TABLE_LEFT, 0 },
	};
	unsigned count;
	const struct state_service **list = sorted(v, &count);
	struct table *t = table_new(columns, 7);

	for (unsigned i = 0; i < count; i++)
		add_service(t, v, list[i]);
	if (count > 0)
		table_print(t, stdout, 0);
	else
		(void)printf("no service is offered\n");
	table_free(t);
	free(list);
}

static void
document_service(struct document *d, const struct view *v,
    const struct state_service *s)
{
	char text[VIEW_TEXT_MAX];

	document_object(d, NULL);
	document_text(d, "id", view_text(s->id, sizeof(s->id), text));
	document_text(d, "state", view_service_state(s));
	document_text(d, "kind", view_kind(s));
	document_number(d, "running", s->instances);
	if (s->limit == UINT32_MAX)
		document_null(d, "limit");
	else
		document_number(d, "limit", s->limit);
	document_number(d, "started", s->started);
	document_number(d, "denied", view_denied(v, s));
	if (s->rpc_program != 0)
		document_number(d, "rpc_program", s->rpc_program);
	document_array(d, "listeners");
	for (unsigned i = 0; i < listener_count(s); i++) {
		document_object(d, NULL);
		if (s->listen[i].family == RECORD_FAMILY_UNIX) {
			document_text(d, "path", view_text(s->path,
			    sizeof(s->path), text));
		} else {
			document_text(d, "address",
			    view_address(&s->listen[i], text));
			document_number(d, "port", s->listen[i].port);
		}
		document_bool(d, "present", !is_absent(s, i));
		document_bool(d, "taken", is_taken(s, i));
		document_bool(d, "busy", is_busy(s, i));
		document_close(d);
	}
	document_close(d);
	document_close(d);
}

static void
print_document(const struct view *v)
{
	unsigned count;
	const struct state_service **list = sorted(v, &count);
	struct document d;

	document_begin(&d, stdout);
	document_number(&d, "generation", v->parent->generation);
	document_array(&d, "services");
	for (unsigned i = 0; i < count; i++)
		document_service(&d, v, list[i]);
	document_close(&d);
	document_end(&d);
	free(list);
}

enum exit_code
list_run(const struct ctl *ctl)
{
	struct view view;
	char why[VIEW_TEXT_MAX];
	enum view_result result = view_load(&view, ctl->run_dir, why,
	    sizeof(why));

	if (result != VIEW_RUNNING) {
		(void)fprintf(stderr, "sallyport: %s\n", why);
		return result == VIEW_STOPPED ? EXIT_FINDINGS : EXIT_CANNOT;
	}
	if (ctl->is_json)
		print_document(&view);
	else
		print_text(&view);
	view_free(&view);
	return EXIT_CLEAN;
}
