/*
 * Fuzz target: arbitrary bytes as a configuration.
 *
 * The input may hold three files: the main one, and behind lines "%%" what
 * `include a` and `include b` (or the directory "d", which holds both) give.
 * Whatever comes in, a policy comes out whose faults agree with its services.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

#define PARTS 3

struct parts {
	const char *bytes[PARTS];
	size_t length[PARTS];
};

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const names[PARTS] = { "main", "a", "b" };

static void
cut(struct parts *parts, const char *bytes, size_t length)
{
	const char *mark;

	for (int i = 0; i < PARTS; i++) {
		mark = i + 1 < PARTS && length > 0 ?
		    memmem(bytes, length, "%%\n", 3) : NULL;
		parts->bytes[i] = bytes;
		parts->length[i] = mark == NULL ? length :
		    (size_t)(mark - bytes);
		length -= parts->length[i] + (mark == NULL ? 0 : 3);
		bytes += parts->length[i] + (mark == NULL ? 0 : 3);
	}
}

static enum read_error
fuzz_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	const struct parts *parts = context;

	if (strncmp(path, "d/", 2) == 0)
		path += 2;
	for (int i = 0; i < PARTS; i++) {
		if (strcmp(path, names[i]) != 0)
			continue;
		*bytes = arena_text(arena, parts->bytes[i], parts->length[i]);
		*length = parts->length[i];
		return *bytes == NULL ? READ_OTHER : READ_OK;
	}
	return path[0] == 'w' ? READ_WRITABLE : READ_MISSING;
}

static enum read_error
fuzz_directory(void *context, struct arena *arena, const char *path,
    const char ***entries, unsigned *count)
{
	(void)context;
	if (strcmp(path, "d") != 0)
		return path[0] == 'w' ? READ_WRITABLE : READ_MISSING;
	*entries = arena_alloc(arena, 4, sizeof(**entries));
	if (*entries == NULL)
		return READ_OTHER;
	(*entries)[0] = "a";
	(*entries)[1] = "b";
	(*entries)[2] = "c.conf";
	*count = 3;
	return READ_OK;
}

/* What runs has all that its kind needs, and nothing of another's. */
static bool
is_whole(const struct service *s)
{
	const bool *given = s->given;
	const struct kind_info *kind;
	bool is_unix;

	if (!given[ATTR_KIND] || !given[ATTR_WAIT] ||
	    !given[ATTR_SOCKET_TYPE] || !given[ATTR_PROTOCOL] ||
	    s->kind != kind_of(s) || strlen(s->id) > POLICY_ID_MAX)
		return false;
	kind = &kind_table[s->kind];
	is_unix = strcmp(s->protocol, "unix") == 0;
	if (is_unix && (!kind->has_server || given[ATTR_PORT] ||
	    given[ATTR_BIND]))
		return false;
	return given[ATTR_SERVER] == kind->has_server &&
	    (given[ATTR_USER] || !kind->has_server) &&
	    is_unix == given[ATTR_SOCKET_PATH] &&
	    kind->is_dgram == (s->socket_type == SOCKET_DGRAM) &&
	    (!kind->is_dgram || s->wait || !kind->has_server) &&
	    s->socket_type != SOCKET_RAW;
}

/* A ban that nobody would enforce. */
static bool
lets_past(const struct service *s)
{
	bool has_ban = s->no_access.present && s->no_access.count > 0;

	if (strcmp(s->protocol, "unix") == 0)
		return has_ban || (s->flags & FLAG_IDONLY) != 0;
	if ((s->flags & FLAG_IDONLY) != 0 && kind_table[s->kind].is_passed)
		return true;
	return s->kind == KIND_WAIT && has_ban &&
	    (s->flags & FLAG_INTERCEPT) == 0;
}

static void
check(const struct policy *policy)
{
	const struct service *service;
	char text[256];

	if (policy->diags.load_errors > policy->diags.errors ||
	    policy->diags.errors > policy->diags.count)
		abort();
	for (const struct diag *d = policy->diags.first; d != NULL;
	    d = d->next) {
		if (d->place.file > policy->file_count || d->message == NULL)
			abort();
		diag_format(d, text, sizeof(text));
	}
	for (unsigned i = 0; i < policy->count; i++) {
		service = policy->services[i];
		if (service->refused && policy->diags.errors == 0)
			abort();
		if (service->refused || service->off)
			continue;
		if (!is_whole(service) || lets_past(service))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts parts;
	struct source_reader reader = { &parts, fuzz_file, fuzz_directory, NULL };
	struct policy *policy;

	cut(&parts, (const char *)data, size);
	policy = parse_source(&reader, "main", NULL, 0);
	if (policy == NULL)
		return 0;
	check(policy);
	policy_free(policy);
	return 0;
}
