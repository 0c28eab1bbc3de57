/*
 * The walk to a directory, part by part: see root-dir.h.
 *
 * No part is followed before it was looked at, and each is opened in the one
 * before it. Used by the loader and the parent.
 */
#include "shared/root-dir.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

#define LINKS_MAX 8u

struct walk {
	int fd;			/* the directory reached */
	char *at;		/* its path, without links; "" is "/" */
	char rest[PATH_MAX];	/* what is still to go */
	unsigned links;
};

static bool
refuse(int error)
{
	errno = error;
	return false;
}

/* The next part of the rest; false at its end. */
static bool
take_name(struct walk *w, char name[static NAME_MAX + 1], bool *is_long)
{
	const char *from = w->rest + strspn(w->rest, "/");
	size_t length = strcspn(from, "/");

	*is_long = length > NAME_MAX;
	if (length == 0 || *is_long)
		return *is_long;
	memcpy(name, from, length);
	name[length] = '\0';
	memmove(w->rest, from + length, strlen(from + length) + 1);
	return true;
}

static void
step_back(char *at)
{
	char *slash = strrchr(at, '/');

	if (slash != NULL)
		*slash = '\0';
}

static bool
step_on(char *at, const char *name)
{
	size_t length = strlen(at);

	if (length + 1 + strlen(name) >= PATH_MAX)
		return refuse(ENAMETOOLONG);
	(void)format_text(at + length, PATH_MAX - length, "/%s", name);
	return true;
}

/* Becomes the directory fd, if that is root's alone. */
static bool
enter(struct walk *w, int fd)
{
	struct stat st;

	fd_close(&w->fd);
	w->fd = fd;
	if (fd == -1 || fstat(fd, &st) == -1)
		return false;
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(EPERM);
	return true;
}

static bool
enter_root(struct walk *w)
{
	w->at[0] = '\0';
	return enter(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Puts the link's text before the rest. */
static bool
read_link(struct walk *w, int fd)
{
	char text[PATH_MAX];
	struct stat st;
	size_t length, rest = strlen(w->rest);
	ssize_t got;

	if (fstat(fd, &st) == -1)
		return false;
	if (!S_ISLNK(st.st_mode))
		return refuse(ENOTDIR);
	if (st.st_uid != 0)
		return refuse(EPERM);
	if (++w->links > LINKS_MAX)
		return refuse(ELOOP);
	got = readlinkat(fd, "", text, sizeof(text));
	if (got <= 0)
		return false;
	length = (size_t)got;
	if (length + 1 + rest >= sizeof(w->rest))
		return refuse(ENAMETOOLONG);
	memmove(w->rest + length + 1, w->rest, rest + 1);
	memcpy(w->rest, text, length);
	w->rest[length] = '/';
	step_back(w->at);
	return text[0] != '/' || enter_root(w);
}

static bool
follow(struct walk *w, const char *name)
{
	int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool is_done = fd != -1 && read_link(w, fd);

	fd_close(&fd);
	return is_done;
}

static bool
go(struct walk *w, const char *name)
{
	int fd;

	if (strcmp(name, ".") == 0)
		return true;
	fd = openat(w->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (strcmp(name, "..") == 0)
		step_back(w->at);
	else if (!step_on(w->at, name)) {
		fd_close(&fd);
		return false;
	}
	if (fd == -1 && errno == ENOTDIR)
		return follow(w, name);
	return enter(w, fd);
}

int
root_dir_open(const char *path, char part[static PATH_MAX])
{
	struct walk w = { .fd = -1, .at = part };
	char name[NAME_MAX + 1];
	bool is_long = false, is_good;

	part[0] = '\0';
	if (path[0] != '/' || strlen(path) >= sizeof(w.rest)) {
		errno = path[0] != '/' ? EINVAL : ENAMETOOLONG;
		return -1;
	}
	memcpy(w.rest, path, strlen(path) + 1);
	is_good = enter_root(&w);
	while (is_good && take_name(&w, name, &is_long))
		is_good = is_long ? refuse(ENAMETOOLONG) : go(&w, name);
	if (part[0] == '\0')
		memcpy(part, "/", 2);
	if (!is_good)
		fd_close(&w.fd);	/* keeps errno */
	return w.fd;
}
