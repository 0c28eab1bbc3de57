/*
 * Files and directories: include, includedir, and what may go wrong.
 *
 * Runs in the loader and in ctl; the bytes come through the caller's reader.
 * Whatever cannot be read might have held the defaults that restrict others,
 * so it refuses the load; the one exception is an includedir that does not
 * exist (D34). Loops, depth and number of files are bounded.
 */
#include <string.h>

#include "policy/inetd.h"

/* Indexed by enum read_error. */
static const char *const read_errors[] = {
	[READ_OK] = "read",
	[READ_MISSING] = "there is no such file or directory",
	[READ_NOT_FILE] = "not a regular file",
	[READ_NOT_DIRECTORY] = "not a directory",
	[READ_OWNER] = "owned by somebody else than root or the caller",
	[READ_WRITABLE] = "group or others may write to it",
	[READ_TOO_BIG] = "too big",
	[READ_DENIED] = "permission denied",
	[READ_LOOP] = "too many symbolic links",
	[READ_OTHER] = "it cannot be read",
};

/* What to do about it, where that is one command. */
static const char *const read_hints[] = {
	[READ_OWNER] = "chown root",
	[READ_WRITABLE] = "chmod go-w",
	[READ_OTHER] = NULL,
};

static const char *
read_error_text(enum read_error error)
{
	if ((unsigned)error >= sizeof(read_errors) / sizeof(read_errors[0]))
		error = READ_OTHER;
	return read_errors[error];
}

static const char *
read_hint(enum read_error error)
{
	return (unsigned)error < sizeof(read_hints) / sizeof(read_hints[0]) ?
	    read_hints[error] : NULL;
}

static void
file_fault(struct source *source, enum diag_effect effect,
    const struct place *place, const char *path, const char *message,
    const char *hint)
{
	struct report report = {
		.effect = effect, .code = DIAG_FILE, .place = *place,
		.value = path, .message = arena_format(source->policy->arena,
		    "%s: %s", path, message), .hint = hint,
	};

	parse_report(source->policy, &report);
}

/* Relative paths belong to the directory of the file that names them. */
static const char *
resolve(struct source *source, const struct source_frame *frame,
    const char *path)
{
	const char *slash = strrchr(frame->file->path, '/');

	if (path[0] == '/' || slash == NULL)
		return path;
	return arena_format(source->policy->arena, "%.*s/%s",
	    (int)(slash - frame->file->path), frame->file->path, path);
}

/* The file as it was when it was first asked for, however often it is. */
static struct source_file *
fetch(struct source *source, const char *path)
{
	struct policy *policy = source->policy;
	struct source_file *file;

	for (file = source->files; file != NULL; file = file->next)
		if (strcmp(file->path, path) == 0)
			return file;
	file = arena_alloc(policy->arena, 1, sizeof(*file));
	if (file == NULL || policy->file_count >= PARSE_FILES_MAX)
		return NULL;
	file->path = path;
	file->number = ++policy->file_count;
	policy->files[file->number] = path;
	*source->last_file = file;
	source->last_file = &file->next;
	file->error = source->reader->file(source->reader->context,
	    policy->arena, path, &file->bytes, &file->length);
	if (file->error == READ_OK && file->length > PARSE_FILE_MAX)
		file->error = READ_TOO_BIG;
	return file;
}

static bool
is_open(const struct source_frame *frame, const struct source_file *file)
{
	for (; frame != NULL; frame = frame->outer)
		if (frame->file == file)
			return true;
	return false;
}

static void
read_file(struct source *source, const struct source_frame *outer,
    const char *path, const struct place *place, bool from_directory)
{
	struct source_frame frame = { .outer = outer };
	struct source_file *file;

	if (++source->inclusions > PARSE_FILES_MAX ||
	    (file = fetch(source, path)) == NULL) {
		/* Said once: the counter stays where it is. */
		if (source->inclusions == PARSE_FILES_MAX + 1)
			file_fault(source, DIAG_REFUSE_LOAD, place, path,
			    "there are too many files", NULL);
		return;
	}
	frame.file = file;
	frame.depth = outer == NULL ? 0 : outer->depth + 1;
	if (is_open(outer, file)) {
		file_fault(source, DIAG_REFUSE_LOAD, place, path,
		    "the file includes itself", NULL);
		return;
	}
	if (frame.depth > PARSE_DEPTH_MAX) {
		file_fault(source, DIAG_REFUSE_LOAD, place, path,
		    "files include each other too deeply", NULL);
		return;
	}
	if (file->error == READ_NOT_FILE && from_directory) {
		file_fault(source, DIAG_WARNING, place, path,
		    "not a regular file; it is skipped", NULL);
		return;
	}
	if (file->error != READ_OK) {
		file_fault(source, DIAG_REFUSE_LOAD, place, path,
		    read_error_text(file->error), read_hint(file->error));
		return;
	}
	parse_text(source, &frame);
}

void
source_include(struct source *source, const struct source_frame *frame,
    const char *path, const struct place *place)
{
	path = resolve(source, frame, path);
	if (path != NULL)
		read_file(source, frame, path, place, false);
}

/* xinetd's filter: editors and packagers leave copies with a dot or a tilde
 * behind (.rpmsave, .rpmnew, .dpkg-old), and they are never read. Names in
 * .conf are skipped as well, which surprises people. */
static bool
is_wanted(struct source *source, const char *directory, const char *name,
    const struct place *place)
{
	size_t length = strlen(name);

	if (length == 0 || name[length - 1] == '~')
		return false;
	if (strchr(name, '.') == NULL)
		return true;
	if (name[0] == '.' || length < 6 ||
	    strcmp(name + length - 5, ".conf") != 0)
		return false;
	if (source->includedir_all)
		return true;
	file_fault(source, DIAG_WARNING, place, arena_format(
	    source->policy->arena, "%s/%s", directory, name),
	    "skipped, as in xinetd, because its name contains a dot",
	    "rename it, or set includedir_all = yes in gateway");
	return false;
}

void
source_directory(struct source *source, const struct source_frame *frame,
    const char *path, const struct place *place)
{
	struct arena *arena = source->policy->arena;
	enum read_error error;
	const char **names = NULL, *full;
	unsigned count = 0, i;

	path = resolve(source, frame, path);
	if (path == NULL)
		return;
	error = source->reader->directory(source->reader->context, arena,
	    path, &names, &count);
	if (error == READ_MISSING) {
		file_fault(source, DIAG_WARNING, place, path,
		    "there is no such directory", NULL);
		return;
	}
	if (error != READ_OK) {
		file_fault(source, DIAG_REFUSE_LOAD, place, path,
		    read_error_text(error), read_hint(error));
		return;
	}
	for (i = 0; i < count; i++) {
		if (!is_wanted(source, path, names[i], place))
			continue;
		full = arena_format(arena, "%s/%s", path, names[i]);
		if (full != NULL)
			read_file(source, frame, full, place, true);
	}
}

void
source_start(struct source *source, const char *path)
{
	struct policy *policy = source->policy;
	const struct place nowhere = { 0, 0, 0 };

	source->first = NULL;
	source->last = &source->first;
	source->entries = 0;
	source->inclusions = 0;
	source->has_gateway = false;
	if (policy->files == NULL)
		policy->files = arena_alloc(policy->arena,
		    PARSE_FILES_MAX + 1, sizeof(*policy->files));
	path = arena_text(policy->arena, path, strlen(path));
	if (policy->files != NULL && path != NULL)
		read_file(source, NULL, path, &nowhere, false);
}

/* xinetd reads it if it is there; one that cannot be read is as bad as any
 * other file. */
void
source_inetd(struct source *source, const char *path)
{
	const struct place no_place = { 0, 0, 0 };
	struct source_file *file;

	path = arena_text(source->policy->arena, path, strlen(path));
	if (path == NULL)
		return;
	file = fetch(source, path);
	if (file == NULL)
		file_fault(source, DIAG_REFUSE_LOAD, &no_place, path,
		    "there are too many files", NULL);
	else if (file->error == READ_OK)
		inetd_text(source, file);
	else if (file->error != READ_MISSING)
		file_fault(source, DIAG_REFUSE_LOAD, &no_place, path,
		    read_error_text(file->error), read_hint(file->error));
}
