/*
 * tcpmux: see mux.h.
 *
 * Runs in sallyport-dispatch, the one place that looks at bytes of a client:
 * at most 256 of them, for the end of one line, and no more than that line is
 * taken, since what follows is the server's. The bytes stay in the socket until
 * then, so the set of ready.c reports edges: whoever sends a partial line wakes
 * us once for each segment, and is refused at 256 bytes or after ten seconds.
 */
#include "dispatch/mux.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "shared/util.h"

#include "dispatch/banner.h"
#include "dispatch/crowd.h"
#include "dispatch/decide.h"
#include "dispatch/kinds.h"
#include "dispatch/line.h"
#include "dispatch/ready.h"
#include "dispatch/slots.h"
#include "dispatch/start.h"

struct mux {
	struct connection c;
	/* Set: it has its line, but the parent has no room for this one. */
	const struct served *due;
};

struct mux_pool {
	struct slots slots;
	unsigned due;
	struct crowd_row crowd[MUX_WAITING_MAX];
	struct mux waiting[MUX_WAITING_MAX];
};

static const struct blob nothing;

static struct blob
mux_blob(const char *text)
{
	return (struct blob){ .bytes = (const uint8_t *)text,
	    .length = strlen(text) };
}

/* Out of its slot; the connection is the caller's. */
static struct connection
mux_leave(struct dispatch *d, uint32_t slot)
{
	struct mux *m = &d->mux->waiting[slot];
	struct connection c = m->c;

	if (m->due != NULL)
		d->mux->due--;
	m->due = NULL;
	ready_forget(d, c.fd);
	crowd_leave(d->mux->crowd, &d->mux->slots.queue, slot);
	queue_release(&d->mux->slots.queue, slot);
	return c;
}

static void
mux_refuse(struct dispatch *d, uint32_t slot, enum reason reason)
{
	const struct verdict verdict = { .answer = ANSWER_DENY,
	    .reason = reason, .entry = RULE_ENTRY_NONE,
	    .wrap = RULE_ENTRY_NONE };
	struct connection c = mux_leave(d, slot);

	decide_refuse(d, &c, &verdict);
}

static void
mux_expired(struct dispatch *d, uint32_t slot)
{
	/* One that has its line waits for the parent, not we for it. */
	if (d->mux->waiting[slot].due == NULL)
		mux_refuse(d, slot, REASON_SILENT);
}

void
mux_open(struct dispatch *d)
{
	d->mux = calloc(1, sizeof *d->mux);
	if (d->mux == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	slots_init(&d->mux->slots, d, MUX_WAITING_MAX, MUX_LINE_MS,
	    mux_expired);
}

void
mux_close(struct dispatch *d)
{
	free(d->mux);
}

static struct served *
mux_find(struct dispatch *d, const char *name, size_t length)
{
	for (unsigned i = 0; i < d->policy->count; i++) {
		const struct service *service = d->served[i].service;

		if (service->kind == KIND_MUX_CLIENT &&
		    strlen(service->name) == length &&
		    strncasecmp(service->name, name, length) == 0)
			return &d->served[i];
	}
	return NULL;
}

/* The line has come: it goes to a service, or there is none of that name. */
static void
mux_named(struct dispatch *d, uint32_t slot, const char *line, size_t name,
    size_t whole)
{
	struct mux *m = &d->mux->waiting[slot];
	struct served *s = mux_find(d, line, name);
	const struct blob unknown = mux_blob("-Service name not found\r\n");
	char taken[LINE_MAX_BYTES];
	struct connection c;

	if (s == NULL) {
		banner_refuse(m->c.fd, &unknown, &nothing);
		mux_refuse(d, slot, REASON_NO_SERVICE);
		return;
	}
	if (!start_has_room(s)) {
		if (m->due == NULL)
			d->mux->due++;
		m->due = s;
		return;
	}
	if (recvfrom(m->c.fd, taken, whole, MSG_DONTWAIT, NULL, NULL) !=
	    (ssize_t)whole) {
		mux_refuse(d, slot, REASON_SILENT);
		return;
	}
	c = mux_leave(d, slot);
	c.served = s;
	kinds_of(s)->arrived(d, &c);
}

/* What has come so far; is_over when no more will. */
static void
mux_look(struct dispatch *d, uint32_t slot, bool is_over)
{
	char line[LINE_MAX_BYTES];
	size_t name = 0, whole = 0;
	ssize_t n = recvfrom(d->mux->waiting[slot].c.fd, line, sizeof line,
	    MSG_PEEK | MSG_DONTWAIT, NULL, NULL);

	switch (line_find(line, n > 0 ? (size_t)n : 0, &name, &whole)) {
	case LINE_FOUND:
		mux_named(d, slot, line, name, whole);
		break;
	case LINE_TOO_LONG:
		mux_refuse(d, slot, REASON_NO_SERVICE);
		break;
	case LINE_PARTIAL:
		/* n is 0 when the client has closed. */
		if (is_over || n == 0)
			mux_refuse(d, slot, REASON_SILENT);
		break;
	}
}

void
mux_wait(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	const struct crowd_row client = crowd_row(&c->source,
	    c->served->service->index);
	struct queue *queue = &d->mux->slots.queue;
	uint32_t slot;

	(void)verdict;	/* the one about the service behind counts */
	if (queue->used == queue->size)
		mux_refuse(d, crowd_gives_way(d->mux->crowd, queue, &client,
		    false), REASON_SILENT);
	slot = slots_take(&d->mux->slots);
	must(slot != QUEUE_NONE);
	crowd_enter(d->mux->crowd, queue, slot, &client);
	d->mux->waiting[slot] = (struct mux){ .c = *c };
	c->fd = -1;
	/* A line that is there already is an event too; nobody is decided
	 * about from inside the decision about somebody else. */
	if (!ready_add(d, d->mux->waiting[slot].c.fd, READY_MUX,
	    EPOLLIN | EPOLLRDHUP | EPOLLET, slot, queue->links[slot].serial))
		mux_refuse(d, slot, REASON_SILENT);
}

void
mux_request(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	const struct blob go = mux_blob("+Go\r\n");

	if ((c->served->service->type & TYPE_TCPMUXPLUS) != 0)
		banner_send(c->fd, &go, &nothing);
	start_request(d, c, verdict);
}

void
mux_ready(struct dispatch *d, uint32_t slot, uint64_t serial, bool is_over)
{
	if (queue_is(&d->mux->slots.queue, slot, serial) &&
	    d->mux->waiting[slot].due == NULL)
		mux_look(d, slot, is_over);
}

void
mux_flush(struct dispatch *d)
{
	const struct queue *queue = &d->mux->slots.queue;
	uint32_t slot = queue->first;

	while (slot != QUEUE_NONE && d->mux->due > 0) {
		const struct served *due = d->mux->waiting[slot].due;

		if (due == NULL || !start_has_room(due)) {
			slot = queue->links[slot].next;
			continue;
		}
		/* It leaves its slot, and others may: begin again. */
		mux_look(d, slot, true);
		slot = queue->first;
	}
}
