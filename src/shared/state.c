/*
 * Headers of the state files: see state.h.
 *
 * Written by parent, dispatch and log, read by the administrator's command.
 * A reader maps the file read-only and believes nothing but its size.
 */
#include "shared/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "shared/util.h"

#define MAGIC "SALLYP"		/* and its NUL, then the kind */

_Static_assert(sizeof(((struct state_header *)0)->magic) == sizeof MAGIC + 1,
    "the magic fills its field");
_Static_assert(sizeof(struct state_header) == 16, "no padding");

void
state_header_set(struct state_header *h, char kind, uint32_t size)
{
	memcpy(h->magic, MAGIC, sizeof MAGIC);
	h->magic[sizeof MAGIC] = kind;
	h->version = STATE_VERSION;
	h->size = size;
}

static bool
is_header(const struct state_header *h, char kind, size_t size)
{
	struct state_header expected;

	state_header_set(&expected, kind, (uint32_t)size);
	return memcmp(h, &expected, sizeof expected) == 0;
}

const void *
state_open(const char *path, char kind, size_t size)
{
	struct stat st;
	void *memory = NULL;
	/* Not blocking: somebody may have put a pipe there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		goto done;
	errno = EPROTO;
	if (!S_ISREG(st.st_mode) || size < sizeof(struct state_header) ||
	    size > UINT32_MAX || st.st_size != (off_t)size)
		goto done;
	memory = map_fd(fd, size, false);
	if (memory != NULL && !is_header(memory, kind, size)) {
		(void)munmap(memory, size);
		memory = NULL;
		errno = EPROTO;
	}
done:
	fd_close(&fd);
	return memory;
}
