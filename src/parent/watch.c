/*
 * Watched files: hosts.allow, hosts.deny, the files of patterns that they name
 * (the loader says which), and what name resolution reads.
 *
 * Root. The files are never opened here: stat() says whether one has changed,
 * the loader reads it. Directories are watched, not files, so that one which
 * is replaced or comes into being is noticed; of a symbolic link every
 * directory on its way. An event only brings the look at the files forward,
 * which comes once a minute in any case: what no event tells of (a directory
 * that is mounted over, a file system without inotify) is found then.
 */
#include "parent/watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/load.h"
#include "parent/loop.h"
#include "parent/say.h"
#include "shared/util.h"

#define EVENTS (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
	IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define SETTLE_MS 100		/* several writes are one change */
#define GAP_MS 1000		/* at most one load a second */
#define ROUND_MS 60000
#define CLOCK_SLACK_US 100000
#define RETRY_MS 10000
#define LINKS_MAX 8
#define READS_PER_WAKE 16

/* A policy is made of these, and of its own files. With a policy comes a new
 * lookup, if that has read what changed (lookup_refresh()). */
static const char *const files[] = {
	"/etc/hosts.allow", "/etc/hosts.deny", "/etc/hosts", "/etc/networks",
	"/etc/resolv.conf", "/etc/services", "/etc/localtime",
};
#define FILES (sizeof(files) / sizeof(files[0]))
_Static_assert(FILES <= WATCHED_MAX, "room for every file");

static uint64_t
nanoseconds(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;
}

/* Two looks at the same content are equal; a missing file is all zero. */
static struct watched_file
look_at(const char *path)
{
	struct watched_file file = { .inode = 0 };
	struct stat st;

	if (stat(path, &st) == -1)
		return file;
	file.device = (uint64_t)st.st_dev;
	file.inode = (uint64_t)st.st_ino;
	file.size = (uint64_t)st.st_size;
	file.changed_ns = nanoseconds(&st.st_ctim);
	file.written_ns = nanoseconds(&st.st_mtim);
	return file;
}

static bool
are_equal(const struct watched_file *a, const struct watched_file *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->size == b->size && a->changed_ns == b->changed_ns &&
	    a->written_ns == b->written_ns;
}

/* Length of the directory part: "/etc" of "/etc/hosts", 0 of "/hosts". */
static size_t
folder_length(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

/* Watches the directory of an absolute path. One that is not there is found by
 * the next look, once a minute. */
static void
watch_folder(const struct parent *p, const char *path)
{
	char folder[PATH_MAX];

	(void)format_text(folder, sizeof(folder), "%.*s",
	    (int)folder_length(path), path);
	/* The same directory twice is one watch. */
	(void)inotify_add_watch(p->files.watch.fd,
	    folder[0] != '\0' ? folder : "/", EVENTS | IN_ONLYDIR);
}

/* Replaces a path by where its last part points to. False when that is no
 * symbolic link, or leads nowhere that can be named. */
static bool
follow(char path[PATH_MAX])
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	size_t length;

	if (n <= 0)
		return false;
	target[n] = '\0';
	if (target[0] == '/')
		length = format_text(joined, sizeof(joined), "%s", target);
	else
		length = format_text(joined, sizeof(joined), "%.*s/%s",
		    (int)folder_length(path), path, target);
	if (length >= PATH_MAX - 1)
		return false;
	memcpy(path, joined, length + 1);
	return true;
}

static void
watch_path(const struct parent *p, const char *start)
{
	char path[PATH_MAX];

	if (p->files.watch.fd == -1)
		return;
	(void)format_text(path, sizeof(path), "%s", start);
	watch_folder(p, path);
	for (int links = 0; links < LINKS_MAX && follow(path); links++)
		watch_folder(p, path);
}

static void
watch_folders(const struct parent *p)
{
	for (size_t i = 0; i < FILES; i++)
		watch_path(p, files[i]);
	for (unsigned i = 0; i < p->files.more_count; i++)
		watch_path(p, p->files.more[i].path);
}

/* Brings the look forward. What an event says is of no interest: the names in
 * a directory are not ours to believe. */
static void
on_event(struct parent *p, void *unused)
{
	struct file_watch *w = &p->files;
	uint64_t soon = monotonic_ms() + SETTLE_MS;
	char events[4096];

	(void)unused;
	for (int i = 0; i < READS_PER_WAKE; i++) {
		if (read(w->watch.fd, events, sizeof(events)) <= 0)
			break;
	}
	if (soon < w->last_ms + GAP_MS)
		soon = w->last_ms + GAP_MS;
	if (soon < w->check_ms)
		w->check_ms = soon;
}

void
watch_open(struct parent *p)
{
	struct file_watch *w = &p->files;

	for (size_t i = 0; i < FILES; i++)
		w->seen[i] = look_at(files[i]);
	w->last_ms = monotonic_ms();
	w->check_ms = w->last_ms + ROUND_MS;
	w->watch = (struct watch){ .fd = inotify_init1(IN_CLOEXEC |
	    IN_NONBLOCK), .ready = on_event };
	if (w->watch.fd == -1 || loop_watch(p, &w->watch) == -1) {
		say(p, LEVEL_WARNING, "no inotify (errno = %d): hosts.deny and "
		    "the like are looked at once a minute", errno);
		fd_close(&w->watch.fd);
	}
	watch_folders(p);
}

/* What the loader has read, as far as that can be known: the kernel's clock
 * for files is a little behind. Equal to no look when it cannot. */
static struct watched_file
look_at_new(struct parent *p, const char *path)
{
	static const struct watched_file unknown = { .inode = UINT64_MAX };
	struct watched_file now;

	watch_path(p, path);
	now = look_at(path);
	if (now.inode != 0 &&
	    now.changed_ns / 1000 + CLOCK_SLACK_US < p->load.began_us)
		return now;
	if (p->files.check_ms > p->files.last_ms + GAP_MS)
		p->files.check_ms = p->files.last_ms + GAP_MS;
	return unknown;
}

static struct watched_file
seen_before(struct parent *p, const char *path)
{
	for (unsigned i = 0; i < p->files.more_count; i++)
		if (strcmp(p->files.more[i].path, path) == 0)
			return p->files.more[i].seen;
	return look_at_new(p, path);
}

void
watch_patterns(struct parent *p, const struct policy *policy)
{
	const struct word_list *list = &policy->gateway.wrap_files;
	struct file_watch *w = &p->files;
	struct watched_path more[WRAP_FILES_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < list->count && count < WRAP_FILES_MAX; i++) {
		const char *path = list->words[i];

		if (path[0] != '/' || strlen(path) >= PATH_MAX)
			continue;
		more[count].path = strdup(path);
		if (more[count].path == NULL) {
			say(p, LEVEL_WARNING, "out of memory: %s is not "
			    "watched", path);
			continue;
		}
		more[count++].seen = seen_before(p, path);
	}
	for (unsigned i = 0; i < w->more_count; i++)
		free(w->more[i].path);
	memcpy(w->more, more, count * sizeof(more[0]));
	w->more_count = count;
}

static bool
has_changed(struct parent *p, const char *path, struct watched_file *seen)
{
	struct watched_file now = look_at(path);

	if (are_equal(&now, seen))
		return false;
	*seen = now;
	say(p, LEVEL_NOTICE, "%s has changed", path);
	return true;
}

static void
check(struct parent *p)
{
	struct file_watch *w = &p->files;
	bool needs_load = false;

	/* First, or a change after the look would go unseen. */
	watch_folders(p);
	for (size_t i = 0; i < FILES; i++)
		needs_load |= has_changed(p, files[i], &w->seen[i]);
	for (unsigned i = 0; i < w->more_count; i++)
		needs_load |= has_changed(p, w->more[i].path,
		    &w->more[i].seen);
	if (w->retry_ms != 0 && w->retry_ms <= w->last_ms) {
		w->retry_ms = 0;
		needs_load = true;
	}
	if (needs_load)
		load_begin_watched(p);
}

void
watch_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	struct file_watch *w = &p->files;

	if (p->stop != RUNNING)
		return;
	if (w->check_ms <= now_ms) {
		w->last_ms = now_ms;
		w->check_ms = now_ms + ROUND_MS;
		check(p);
	}
	if (w->retry_ms != 0 && w->retry_ms < w->check_ms)
		w->check_ms = w->retry_ms;
	if (w->check_ms < *next_ms)
		*next_ms = w->check_ms;
}

void
watch_retry(struct parent *p)
{
	p->files.retry_ms = monotonic_ms() + RETRY_MS;
}
