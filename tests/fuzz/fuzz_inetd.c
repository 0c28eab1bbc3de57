/*
 * Fuzz target: arbitrary bytes as inetd.conf.
 *
 * In front of a line "%%" stands what is the main file, if anything does.
 * Whatever comes in, a policy comes out in which every line is a service that
 * is either complete or refused with a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

struct input {
	const char *main, *inetd;
	size_t main_length, inetd_length;
};

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum read_error
fuzz_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	const struct input *input = context;
	bool is_main = strcmp(path, "main") == 0;

	if (!is_main && strcmp(path, "inetd") != 0)
		return READ_MISSING;
	*length = is_main ? input->main_length : input->inetd_length;
	*bytes = arena_text(arena, is_main ? input->main : input->inetd,
	    *length);
	return *bytes == NULL ? READ_OTHER : READ_OK;
}

static enum read_error
fuzz_directory(void *context, struct arena *arena, const char *path,
    const char ***entries, unsigned *count)
{
	(void)context;
	(void)arena;
	(void)path;
	*entries = NULL;
	*count = 0;
	return READ_MISSING;
}

static void
check(const struct policy *policy)
{
	const struct service *service;
	char text[256];

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
		/* What runs knows how, as whom and on what. */
		if (!service->given[ATTR_WAIT] ||
		    !service->given[ATTR_SOCKET_TYPE] ||
		    strlen(service->id) > POLICY_ID_MAX)
			abort();
		if (kind_table[kind_of(service)].has_server &&
		    (!service->given[ATTR_SERVER] ||
		    !service->given[ATTR_USER]))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	const char *mark = size > 0 ? memmem(bytes, size, "%%\n", 3) : NULL;
	struct input input = {
		.main = "", .inetd = bytes, .inetd_length = size
	};
	struct source_reader reader = {
		.context = &input, .file = fuzz_file,
		.directory = fuzz_directory, .inetd = "inetd",
	};
	struct policy *policy;

	if (mark != NULL) {
		input.main = bytes;
		input.main_length = (size_t)(mark - bytes);
		input.inetd = mark + 3;
		input.inetd_length = size - input.main_length - 3;
	}
	policy = parse_source(&reader, "main", NULL, 0);
	if (policy == NULL)
		return 0;
	check(policy);
	policy_free(policy);
	return 0;
}
