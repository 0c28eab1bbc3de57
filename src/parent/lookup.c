/*
 * Channels between dispatchers and lookup. Root. The parent makes the pairs and
 * never reads them: neither a name nor an answer passes through it.
 */
#include "parent/lookup.h"

#include <sys/stat.h>

#include "parent/helper.h"
#include "parent/say.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define ASK_BUFFER (256 << 10)	/* hundreds of questions or answers */

static bool
hand_over(const struct helper *h, enum msg_type type, int fd)
{
	union msg m = { .plain = { .value = 0 } };

	return ipc_send(h->watch.fd, &m, msg_prepare(&m, type), fd) == IPC_OK;
}

void
lookup_connect(struct parent *p, const struct helper *dispatcher)
{
	int ends[2];

	if (p->lookup == NULL)
		return;
	if (ipc_pair(ends, ASK_BUFFER) == 0) {
		ipc_refuse_descriptors(ends[0]);
		ipc_refuse_descriptors(ends[1]);
	}
	if (ends[0] == -1 ||
	    !hand_over(p->lookup, MSG_ASKER, ends[0]) ||
	    !hand_over(dispatcher, MSG_LOOKUP, ends[1]))
		say(p, LEVEL_ERR, "dispatcher %u has no channel to lookup; names "
		    "are unknown to it", dispatcher->number);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

void
lookup_connect_all(struct parent *p)
{
	for (const struct helper *h = p->helpers; h != NULL; h = h->next) {
		if (h->kind == HELPER_DISPATCH && h->phase != PHASE_STARTING)
			lookup_connect(p, h);
	}
}

static void
look(struct file_mark marks[static LOOKUP_FILES])
{
	static const char *const paths[LOOKUP_FILES] = {
		"/etc/hosts", "/etc/resolv.conf"
	};
	struct stat st;

	for (int i = 0; i < LOOKUP_FILES; i++) {
		marks[i] = (struct file_mark){ .inode = 0 };
		/* One that is not there has no mark. */
		if (stat(paths[i], &st) == 0)
			marks[i] = (struct file_mark){ .inode = st.st_ino,
			    .size = (uint64_t)st.st_size,
			    .seconds = st.st_mtim.tv_sec,
			    .nanoseconds = st.st_mtim.tv_nsec };
	}
}

static bool
is_same(const struct file_mark *a, const struct file_mark *b)
{
	return a->inode == b->inode && a->size == b->size &&
	    a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

void
lookup_note_files(struct parent *p)
{
	look(p->lookup_files);
}

void
lookup_refresh(struct parent *p)
{
	struct file_mark now[LOOKUP_FILES];
	bool is_changed = false;

	if (p->lookup == NULL)
		return;
	look(now);
	for (int i = 0; i < LOOKUP_FILES; i++)
		is_changed |= !is_same(&now[i], &p->lookup_files[i]);
	if (!is_changed)
		return;
	p->lookup->is_cast_off = true;
	helper_kill(p, p->lookup);
	p->lookup = NULL;
	helper_start_needed(p);
}

const char *
lookup_handle(struct parent *p, struct helper *h, const union msg *m, int fd)
{
	(void)fd;	/* the table allows none */
	if (h->phase != PHASE_STARTING)
		return "LOOKUP_READY twice";
	helper_confined(p, h, m->plain.value);
	return NULL;
}
