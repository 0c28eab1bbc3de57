/*
 * UNIX sockets by name. Root. Everything is done relative to a descriptor of
 * the checked directory but bind() itself, whose whole path is what servers see
 * by getsockname(). Only root could make that path mean another directory, and
 * should it do so in between: nothing is changed or unlinked whose inode is not
 * that of a socket of ours.
 */
#include "parent/socket-path.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "shared/root-dir.h"
#include "shared/util.h"

/* The name within the directory, whose path goes to `directory`. */
static const char *
split(const char *path, char directory[sizeof(((struct sockaddr_un *)0)->sun_path)])
{
	const char *slash = strrchr(path, '/');
	size_t length;

	if (slash == NULL || path[0] != '/' || slash[1] == '\0' ||
	    strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return NULL;
	length = slash == path ? 1 : (size_t)(slash - path);
	memcpy(directory, path, length);
	directory[length] = '\0';
	return slash + 1;
}

/* The directory, when only root can change what is in it; else -1. */
static int
open_directory(const char *path, const char **name)
{
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char part[PATH_MAX];

	*name = split(path, directory);
	if (*name == NULL) {
		errno = EINVAL;
		return -1;
	}
	return root_dir_open(directory, part);
}

/* What stands in the directory, if the whole path leads to it too. */
static bool
look(const struct listener *l, int directory, const char *name,
    struct stat *here)
{
	struct stat there;

	if (fstatat(directory, name, here, AT_SYMLINK_NOFOLLOW) == -1 ||
	    lstat(l->path, &there) == -1)
		return false;
	if (here->st_dev == there.st_dev && here->st_ino == there.st_ino)
		return true;
	errno = EPERM;
	return false;
}

static bool
try_bind(const struct listener *l, int fd)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	mode_t before;
	bool is_bound;

	memcpy(name.sun_path, l->path, strlen(l->path) + 1);
	/* Nobody may connect before owner and mode are what they should be. */
	before = umask(0777);
	is_bound = bind(fd, (const struct sockaddr *)&name, sizeof(name)) == 0;
	(void)umask(before);
	return is_bound;
}

/* A socket that a dead process left behind refuses connections. */
static bool
is_left_over(const struct listener *l, int directory, const char *name,
    uint32_t owner)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	bool is_refused;
	int fd;

	if (!look(l, directory, name, &st) || !S_ISSOCK(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != owner))
		return false;
	fd = socket(AF_UNIX, l->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return false;
	memcpy(address.sun_path, l->path, strlen(l->path) + 1);
	is_refused = connect(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == -1 && errno == ECONNREFUSED;
	fd_close(&fd);
	return is_refused;
}

static bool
set_rights(int directory, const char *name, const struct service *s)
{
	uid_t uid = s->given[ATTR_SOCKET_IDS] ? s->socket_ids.uid : 0;
	gid_t gid = s->given[ATTR_SOCKET_IDS] ? s->socket_ids.gid : 0;

	return fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fchmodat(directory, name, (mode_t)(s->socket_mode & 0777), 0) == 0;
}

/* What was bound by its path is what stands in the directory: a socket as
 * bind() has just made it. */
static bool
learn_inode(struct listener *l, int directory, const char *name)
{
	struct stat st;

	if (!look(l, directory, name, &st))
		return false;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & 0777) != 0) {
		errno = EPERM;
		return false;
	}
	l->device = st.st_dev;
	l->inode = st.st_ino;
	return true;
}

static bool
is_own(const struct listener *l, int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == l->device && st.st_ino == l->inode;
}

/* Of one that was bound: owner and mode, or it goes again. */
static bool
finish(struct listener *l, int directory, const char *name,
    const struct service *s)
{
	int error;

	if (!learn_inode(l, directory, name))
		return false;	/* whatever stands there is not ours */
	if (set_rights(directory, name, s))
		return true;
	error = errno;
	if (is_own(l, directory, name))
		(void)unlinkat(directory, name, 0);
	errno = error;
	return false;
}

bool
socket_path_bind(struct listener *l, int fd, const struct service *s)
{
	const char *name;
	int directory = open_directory(l->path, &name);
	bool is_done;

	if (directory == -1)
		return false;
	is_done = try_bind(l, fd);
	if (!is_done && errno == EADDRINUSE) {
		is_done = is_left_over(l, directory, name,
		    s->given[ATTR_SOCKET_IDS] ? s->socket_ids.uid : 0) &&
		    unlinkat(directory, name, 0) == 0 && try_bind(l, fd);
		if (!is_done)
			errno = EADDRINUSE;
	}
	is_done = is_done && finish(l, directory, name, s);
	fd_close(&directory);
	return is_done;
}

/* The directory, when the name in it is still ours. */
static int
find_own(const struct listener *l, const char **name)
{
	int directory = open_directory(l->path, name);

	if (directory != -1 && !is_own(l, directory, *name))
		fd_close(&directory);
	return directory;
}

bool
socket_path_adjust(const struct listener *l, const struct service *s)
{
	const char *name;
	int directory = find_own(l, &name);
	bool is_done = directory != -1 && set_rights(directory, name, s);

	fd_close(&directory);
	return is_done;
}

void
socket_path_remove(const struct listener *l)
{
	const char *name;
	int directory = find_own(l, &name);

	if (directory != -1)
		(void)unlinkat(directory, name, 0);	/* gone is as good */
	fd_close(&directory);
}
