/*
 * Reading files that decide something, and judging whether to trust them.
 *
 * Runs in sallyport-load as root, or as whoever runs a check. Every judgement
 * is made on the open descriptor, never on a path: what was judged is what is
 * read. Nothing may block here (a FIFO, a terminal), and a file that somebody
 * else can write is never believed, whatever it says.
 */
#include "load/read.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

#define NAMES_MAX 65536		/* entries of one directory */

static enum read_error
error_of(int error)
{
	switch (error) {
	case ENOENT:
		return READ_MISSING;
	case ENOTDIR:
		return READ_NOT_DIRECTORY;
	case EACCES:
	case EPERM:
		return READ_DENIED;
	case ELOOP:
		return READ_LOOP;
	case ENXIO:
	case ENODEV:
		return READ_NOT_FILE;
	default:
		return READ_OTHER;
	}
}

/* The sticky bit is no excuse for a directory: it does not keep strangers
 * from adding files. */
static enum read_error
judge(const struct read_rights *rights, const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != rights->owner)
		return READ_OWNER;
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return READ_WRITABLE;
	return READ_OK;
}

/* Reads until the end or until the buffer is full. */
static ssize_t
read_all(int fd, char *buffer, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, buffer + have, size - have);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static enum read_error
read_open(const struct read_rights *rights, struct arena *arena, int fd,
    size_t limit, const char **bytes, size_t *length)
{
	enum read_error verdict;
	struct stat st;
	ssize_t got;
	char *buffer;

	if (fstat(fd, &st) == -1)
		return READ_OTHER;
	if (!S_ISREG(st.st_mode))
		return READ_NOT_FILE;
	verdict = judge(rights, &st);
	if (verdict != READ_OK)
		return verdict;
	if (st.st_size < 0 || (uint64_t)st.st_size > limit)
		return READ_TOO_BIG;
	/* One byte more than it has, to notice that it is growing. */
	buffer = arena_alloc(arena, (size_t)st.st_size + 1, 1);
	if (buffer == NULL)
		return READ_OTHER;
	got = read_all(fd, buffer, (size_t)st.st_size + 1);
	if (got == -1 || got > st.st_size)
		return READ_OTHER;
	buffer[got] = '\0';
	*bytes = buffer;
	*length = (size_t)got;
	return READ_OK;
}

enum read_error
read_trusted(const struct read_rights *rights, struct arena *arena,
    const char *path, size_t limit, const char **bytes, size_t *length)
{
	enum read_error result;
	int fd;

	fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		/* A file below a file is as missing as any other. */
		result = error_of(errno);
		return result == READ_NOT_DIRECTORY ? READ_MISSING : result;
	}
	result = read_open(rights, arena, fd, limit, bytes, length);
	fd_close(&fd);
	return result;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct name {
	struct name *next;
	const char *text;
};

/* All entries but "." and ".." as a list; their number in *count. */
static enum read_error
collect(DIR *dir, struct arena *arena, struct name **list, unsigned *count)
{
	struct dirent *entry;

	*list = NULL;
	*count = 0;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		const char *text = entry->d_name;
		struct name *name;

		if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
			continue;
		if (*count == NAMES_MAX)
			return READ_TOO_BIG;
		name = arena_alloc(arena, 1, sizeof(*name));
		if (name == NULL)
			return READ_OTHER;
		name->text = arena_text(arena, text, strlen(text));
		if (name->text == NULL)
			return READ_OTHER;
		name->next = *list;
		*list = name;
		(*count)++;
	}
	return errno == 0 ? READ_OK : READ_OTHER;
}

static enum read_error
names_of(DIR *dir, struct arena *arena, const char ***names, unsigned *count)
{
	enum read_error result;
	struct name *list;
	const char **array;
	unsigned n = 0;

	result = collect(dir, arena, &list, count);
	if (result != READ_OK)
		return result;
	array = arena_alloc(arena, (size_t)*count + 1, sizeof(*array));
	if (array == NULL)
		return READ_OTHER;
	for (; list != NULL; list = list->next)
		array[n++] = list->text;
	qsort(array, n, sizeof(*array), compare_names);
	*names = array;
	return READ_OK;
}

enum read_error
read_names(const struct read_rights *rights, struct arena *arena,
    const char *path, const char ***names, unsigned *count)
{
	enum read_error result;
	struct stat st;
	DIR *dir;
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return error_of(errno);
	if (fstat(fd, &st) == -1) {
		fd_close(&fd);
		return READ_OTHER;
	}
	result = judge(rights, &st);
	if (result != READ_OK) {
		fd_close(&fd);
		return result;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		fd_close(&fd);
		return READ_OTHER;
	}
	result = names_of(dir, arena, names, count);
	if (closedir(dir) == -1)	/* closes fd too */
		return READ_OTHER;
	return result;
}

const char *
read_error_text(enum read_error error)
{
	static const char *const texts[] = {
		[READ_OK] = "can be read",
		[READ_MISSING] = "does not exist",
		[READ_NOT_FILE] = "is not a regular file",
		[READ_NOT_DIRECTORY] = "is not a directory",
		[READ_OWNER] = "is owned neither by root nor by the caller",
		[READ_WRITABLE] = "can be written by others than its owner",
		[READ_TOO_BIG] = "is too big",
		[READ_DENIED] = "may not be read",
		[READ_LOOP] = "is a loop of symbolic links",
		[READ_OTHER] = "cannot be read",
	};

	if ((unsigned)error >= sizeof(texts) / sizeof(texts[0]) ||
	    texts[error] == NULL)
		return "cannot be read";
	return texts[error];
}
