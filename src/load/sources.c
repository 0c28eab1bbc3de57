/*
 * The bundle of all files and directories that a load has read.
 *
 * Runs in sallyport-load, writing and replaying as root. A bundle is a row of
 * entries: a head, the path with its NUL, then the bytes of a file or the
 * names of a directory with a NUL behind each. The parent keeps it sealed and
 * gives it back unread; it is checked all the same before it is believed.
 */
#include "load/sources.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/util.h"

#define MAGIC "SPSOURCE"
#define MAGIC_LENGTH 8
#define PATH_LIMIT 65536
#define FIRST_SIZE 65536

enum entry_kind { ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_KINDS };

struct entry_head {
	uint32_t kind;		/* enum entry_kind */
	uint32_t error;		/* enum read_error */
	uint32_t path_length;	/* with NUL */
	uint32_t count;		/* names of a directory */
	uint64_t length;	/* of what follows the path */
};
_Static_assert(sizeof(struct entry_head) == 24, "no padding");

struct entry {
	struct entry_head head;
	const char *path, *bytes;
	size_t next;		/* offset of the entry behind it */
};

void
sources_begin(struct sources *s, const struct read_rights *rights)
{
	memset(s, 0, sizeof(*s));
	s->rights = rights;
}

/* Room for that many bytes more. */
static bool
reserve(struct sources *s, size_t more)
{
	size_t size = s->size == 0 ? FIRST_SIZE : s->size;
	char *grown;

	if (s->is_too_big || more > SOURCES_MAX - s->length) {
		s->is_too_big = true;
		return false;
	}
	while (size < s->length + more)
		size *= 2;
	if (size == s->size)
		return true;
	grown = realloc(s->bytes, size);
	if (grown == NULL) {
		s->is_too_big = true;
		return false;
	}
	s->bytes = grown;
	s->size = size;
	return true;
}

static void
append(struct sources *s, const void *bytes, size_t length)
{
	if (length == 0 || !reserve(s, length))
		return;
	memcpy(s->bytes + s->length, bytes, length);
	s->length += length;
}

/* The head and path of an entry; its bytes are appended next. */
static void
start_entry(struct sources *s, struct entry_head *head, const char *path)
{
	head->path_length = (uint32_t)strlen(path) + 1;
	if (s->length == 0)
		append(s, MAGIC, MAGIC_LENGTH);
	append(s, head, sizeof(*head));
	append(s, path, head->path_length);
}

static void
keep_file(struct sources *s, const char *path, enum read_error error,
    const char *bytes, size_t length)
{
	struct entry_head head = { .kind = ENTRY_FILE,
	    .error = (uint32_t)error, .length = error == READ_OK ? length : 0 };

	start_entry(s, &head, path);
	append(s, bytes, head.length);
}

static void
keep_directory(struct sources *s, const char *path, enum read_error error,
    const char *const *names, unsigned count)
{
	struct entry_head head = { .kind = ENTRY_DIRECTORY,
	    .error = (uint32_t)error, .count = error == READ_OK ? count : 0 };

	for (unsigned i = 0; i < head.count; i++)
		head.length += strlen(names[i]) + 1;
	start_entry(s, &head, path);
	for (unsigned i = 0; i < head.count; i++)
		append(s, names[i], strlen(names[i]) + 1);
}

static unsigned
count_names(const char *bytes, size_t length)
{
	unsigned count = 0;

	for (size_t i = 0; i < length; i++)
		count += bytes[i] == '\0';
	return count;
}

/* The entry at an offset. False when there is none, or none that is whole. */
static bool
entry_at(const struct sources *s, size_t at, struct entry *entry)
{
	struct entry_head *head = &entry->head;
	size_t left = s->old_length - at;

	if (left < sizeof(*head))
		return false;
	memcpy(head, s->old + at, sizeof(*head));
	left -= sizeof(*head);
	if (head->kind >= ENTRY_KINDS || head->error > READ_OTHER ||
	    head->path_length == 0 || head->path_length > PATH_LIMIT ||
	    head->path_length > left ||
	    head->length > left - head->path_length)
		return false;
	entry->path = s->old + at + sizeof(*head);
	entry->bytes = entry->path + head->path_length;
	entry->next = at + sizeof(*head) + head->path_length + head->length;
	if (memchr(entry->path, '\0', head->path_length) !=
	    entry->bytes - 1)
		return false;
	if (head->error != READ_OK && head->length != 0)
		return false;
	if (head->kind == ENTRY_FILE)
		return head->count == 0;
	return (head->length == 0 || entry->bytes[head->length - 1] == '\0') &&
	    count_names(entry->bytes, head->length) == head->count;
}

bool
sources_replay(struct sources *s, const char *bundle, size_t length)
{
	struct entry entry;

	s->old = bundle;
	s->old_length = length;
	s->at = MAGIC_LENGTH;
	if (length < MAGIC_LENGTH || memcmp(bundle, MAGIC, MAGIC_LENGTH) != 0)
		return false;
	for (size_t at = MAGIC_LENGTH; at < length; at = entry.next) {
		if (!entry_at(s, at, &entry))
			return false;
	}
	return true;
}

/* Looks from where the last one was found: files are asked for in the same
 * order each time, so that this takes one step. */
static bool
find(struct sources *s, enum entry_kind kind, const char *path,
    struct entry *entry)
{
	size_t from = s->at, at = s->at;

	for (bool has_wrapped = false;;) {
		if (at >= s->old_length) {
			if (has_wrapped)
				return false;
			has_wrapped = true;
			at = MAGIC_LENGTH;
			continue;
		}
		if (has_wrapped && at >= from)
			return false;
		if (!entry_at(s, at, entry))
			return false;
		at = entry->next;
		if (entry->head.kind == (uint32_t)kind &&
		    strcmp(entry->path, path) == 0) {
			s->at = at;
			return true;
		}
	}
}

static enum read_error
take_file(const struct entry *entry, struct arena *arena, size_t limit,
    const char **bytes, size_t *length)
{
	enum read_error error = (enum read_error)entry->head.error;

	if (error != READ_OK)
		return error;
	if (entry->head.length > limit)
		return READ_TOO_BIG;
	*bytes = arena_text(arena, entry->bytes, entry->head.length);
	*length = entry->head.length;
	return *bytes != NULL ? READ_OK : READ_OTHER;
}

static enum read_error
read_file(struct sources *s, struct arena *arena, const char *path,
    size_t limit, bool may_be_new, const char **bytes, size_t *length)
{
	enum read_error error;
	struct entry entry;

	if (s->old != NULL && find(s, ENTRY_FILE, path, &entry))
		error = take_file(&entry, arena, limit, bytes, length);
	else if (s->old != NULL && !may_be_new)
		error = READ_OTHER;
	else
		error = read_trusted(s->rights, arena, path, limit, bytes,
		    length);
	keep_file(s, path, error, error == READ_OK ? *bytes : NULL,
	    error == READ_OK ? *length : 0);
	return error;
}

enum read_error
sources_file(struct sources *s, struct arena *arena, const char *path,
    size_t limit, const char **bytes, size_t *length)
{
	return read_file(s, arena, path, limit, true, bytes, length);
}

const char *
sources_previous(struct sources *s, const char *path, size_t *length)
{
	struct entry entry;

	if (s->old == NULL || !find(s, ENTRY_FILE, path, &entry) ||
	    entry.head.error != READ_OK)
		return NULL;
	*length = entry.head.length;
	return entry.bytes;
}

void
sources_keep(struct sources *s, const char *path, const char *bytes,
    size_t length)
{
	keep_file(s, path, READ_OK, bytes, length);
}

static enum read_error
source_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	return read_file(context, arena, path, PARSE_FILE_MAX, false, bytes,
	    length);
}

static enum read_error
take_directory(const struct entry *entry, struct arena *arena,
    const char ***names, unsigned *count)
{
	const char *name = entry->bytes;
	const char **array;

	if (entry->head.error != READ_OK)
		return (enum read_error)entry->head.error;
	array = arena_alloc(arena, (size_t)entry->head.count + 1,
	    sizeof(*array));
	if (array == NULL)
		return READ_OTHER;
	for (unsigned i = 0; i < entry->head.count; i++) {
		array[i] = arena_text(arena, name, strlen(name));
		if (array[i] == NULL)
			return READ_OTHER;
		name += strlen(name) + 1;
	}
	*names = array;
	*count = entry->head.count;
	return READ_OK;
}

static enum read_error
source_directory(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	struct sources *s = context;
	enum read_error error;
	struct entry entry;

	if (s->old == NULL)
		error = read_names(s->rights, arena, path, names, count);
	else if (find(s, ENTRY_DIRECTORY, path, &entry))
		error = take_directory(&entry, arena, names, count);
	else
		error = READ_OTHER;
	keep_directory(s, path, error, error == READ_OK ? *names : NULL,
	    error == READ_OK ? *count : 0);
	return error;
}

struct source_reader
sources_reader(struct sources *s)
{
	struct source_reader reader = {
		.context = s,
		.file = source_file,
		.directory = source_directory,
	};

	return reader;
}

const char *
sources_bundle(const struct sources *s, size_t *length)
{
	*length = s->length;
	return s->is_too_big ? NULL : s->bytes;
}

void
sources_end(struct sources *s)
{
	free(s->bytes);
	s->bytes = NULL;
}
