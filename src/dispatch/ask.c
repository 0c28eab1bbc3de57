/*
 * The channel to the lookup process.
 *
 * Runs in sallyport-dispatch. Lookup sees addresses and names, never a
 * connection. Its answers are hostile until checked: an answer that breaks the
 * rules of the channel ends the channel, and the parent sees to a new one when
 * lookup ends; until then, everything asked is unknown.
 */
#include "dispatch/ask.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "shared/ipc.h"
#include "shared/util.h"

#include "dispatch/hold.h"
#include "dispatch/ident.h"
#include "dispatch/ready.h"

#define ASK_BATCH 64		/* answers taken in one wake-up */

/* An id: 44 bits of serial, 4 of owner, 16 of slot. */
#define ASK_ID(serial, owner, slot) ((uint64_t)(serial) << 20 | \
	(uint64_t)(owner) << 16 | (slot))
#define ASK_SERIAL(id) ((id) >> 20)
#define ASK_OWNER(id) ((unsigned)((id) >> 16) & 0xf)
#define ASK_SLOT(id) ((uint32_t)(id) & 0xffff)

struct ask {
	int fd;			/* -1: none */
	uint64_t serial;	/* of the channel */
};

void
ask_open(struct dispatch *d)
{
	d->ask = calloc(1, sizeof *d->ask);
	if (d->ask == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	d->ask->fd = -1;
}

static void
ask_hang_up(struct dispatch *d)
{
	if (d->ask->fd == -1)
		return;
	ready_forget(d, d->ask->fd);
	fd_close(&d->ask->fd);
}

void
ask_set_channel(struct dispatch *d, int fd)
{
	ask_hang_up(d);
	d->ask->fd = fd;
	if (!ready_add(d, fd, READY_ASK, EPOLLIN, 0, ++d->ask->serial)) {
		fd_close(&d->ask->fd);
		return;
	}
	hold_ask_again(d);
	ident_ask_again(d);
}

bool
ask_send(struct dispatch *d, const struct ask_question *q)
{
	union msg message;
	size_t length;

	if (d->ask->fd == -1)
		return false;
	memset(&message, 0, sizeof message);
	message.ask = (struct msg_ask){
		.id = ASK_ID(q->serial, q->owner, q->slot),
		.kind = q->kind, .timeout_ms = q->timeout_ms,
		.source = *q->source, .destination = *q->destination
	};
	if (q->kind == LOOKUP_HOST) {
		size_t named = strlen(q->name);

		if (named == 0 || named >= sizeof message.ask.text)
			return false;
		memcpy(message.ask.text, q->name, named);
		message.ask.length = (uint32_t)named;
	}
	length = msg_prepare(&message, MSG_ASK);
	return ipc_send(d->ask->fd, &message, length, -1) == IPC_OK;
}

static void
ask_answered(struct dispatch *d, const struct msg_lookup_answer *answer)
{
	uint32_t slot = ASK_SLOT(answer->id);
	uint64_t serial = ASK_SERIAL(answer->id);

	switch (ASK_OWNER(answer->id)) {
	case ASK_HOLD:
		hold_answered(d, slot, serial, answer);
		break;
	case ASK_STARTED:
	case ASK_DENIED:
		ident_answered(d, ASK_OWNER(answer->id), slot, serial,
		    answer);
		break;
	default:		/* to nothing that we asked */
		break;
	}
}

/* One answer; false when there is none. */
static bool
ask_read_one(struct dispatch *d)
{
	uint64_t bytes[IPC_MAX / sizeof(uint64_t)];
	union msg message;
	size_t length = 0;

	switch (ipc_receive_plain(d->ask->fd, bytes, &length)) {
	case IPC_OK:
		break;
	case IPC_AGAIN:
		return false;
	default:
		ask_hang_up(d);
		return false;
	}
	if (msg_decode(LINK_LOOKUP_TO_DISPATCH, bytes, length, false,
	    &message) != NULL) {
		ask_hang_up(d);
		return false;
	}
	ask_answered(d, &message.lookup_answer);
	return true;
}

void
ask_ready(struct dispatch *d, uint32_t slot, uint64_t serial, bool is_over)
{
	(void)slot;	/* there is one channel */
	(void)is_over;	/* reading tells */
	if (serial != d->ask->serial)
		return;
	for (unsigned i = 0; i < ASK_BATCH && d->ask->fd != -1; i++) {
		if (!ask_read_one(d))
			return;
	}
}

void
ask_close(struct dispatch *d)
{
	fd_close(&d->ask->fd);
	free(d->ask);
}
