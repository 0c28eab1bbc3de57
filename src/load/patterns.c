/*
 * Files of patterns that hosts.allow and hosts.deny name; see patterns.h.
 *
 * Runs in sallyport-load as root, or as whoever runs a check. The parent asks
 * stat() about these paths for as long as it runs, so they must lead where only
 * root can change the way: nobody else may lay a file system of his own there,
 * on which it would hang.
 */
#include "load/patterns.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "shared/root-dir.h"
#include "shared/util.h"

#define LINKS_MAX 8

/* Of a directory that is not there every part that is has been judged. */
static bool
has_root_dir(const char *path, size_t folder)
{
	char directory[PATH_MAX], part[PATH_MAX];
	int fd;

	(void)format_text(directory, sizeof(directory), "%.*s", (int)folder,
	    path);
	fd = root_dir_open(folder > 0 ? directory : "/", part);
	if (fd == -1)
		return errno == ENOENT;
	fd_close(&fd);
	return true;
}

/* Every directory on the way of the path's last part, as parent/watch.c
 * follows it. */
static bool
is_roots_way(const char *start)
{
	char path[PATH_MAX], target[PATH_MAX], joined[PATH_MAX];

	if (strlen(start) >= sizeof(path))
		return false;
	(void)format_text(path, sizeof(path), "%s", start);
	for (int links = 0; links < LINKS_MAX; links++) {
		size_t folder = (size_t)(strrchr(path, '/') - path), length;
		ssize_t n;

		if (!has_root_dir(path, folder))
			return false;
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			return true;
		target[n] = '\0';
		length = target[0] == '/' ?
		    format_text(joined, sizeof(joined), "%s", target) :
		    format_text(joined, sizeof(joined), "%.*s/%s", (int)folder,
		    path, target);
		if (length >= sizeof(joined) - 1)
			return false;
		memcpy(path, joined, length + 1);
	}
	return false;
}

static bool
is_noted(const struct word_list *list, const char *path)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->words[i], path) == 0)
			return true;
	return false;
}

static void
warn(struct fill *f, const char *file, const char *path, const char *hint)
{
	struct diag diag = {
		.effect = DIAG_WARNING, .code = DIAG_LIBWRAP, .file = file,
		.value = path, .hint = hint,
		.message = "changes in a file of patterns need a reload",
	};

	diag_add(&f->policy->diags, &diag);
}

static void
note(struct fill *f, const char *file, const char *path)
{
	struct gateway *gateway = &f->policy->gateway;
	struct word_list *list = &gateway->wrap_files;

	if (is_noted(list, path))
		return;
	if (list->count == WRAP_FILES_MAX) {
		warn(f, file, path, arena_format(f->policy->arena,
		    "%u of them are watched", WRAP_FILES_MAX));
		return;
	}
	if (!is_roots_way(path)) {
		warn(f, file, path, "put it where root alone can change each"
		    " directory on the way to it");
		return;
	}
	if (list->words == NULL)
		list->words = arena_alloc(f->policy->arena, WRAP_FILES_MAX + 1,
		    sizeof(*list->words));
	if (list->words == NULL)
		return;		/* the load ends for it */
	list->words[list->count++] = arena_text(f->policy->arena, path,
	    strlen(path));
	gateway->given[ATTR_WRAP_FILES] = true;
}

enum read_error
patterns_read(struct fill *f, const char *file, const char *path,
    const char **bytes, size_t *length)
{
	note(f, file, path);
	return read_trusted(&f->rights, f->policy->arena, path, PARSE_FILE_MAX,
	    bytes, length);
}
