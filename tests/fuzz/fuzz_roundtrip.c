/*
 * Fuzz target: parse and print are inverses.
 *
 * The input is read as a configuration, and what it means is printed for each
 * consumer, read back and printed once more: the bytes must be the same. Then
 * the input itself is read as canonical text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"
#include "policy/print.h"

struct input {
	const char *bytes;
	size_t length;
};

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const unsigned consumers[] = {
	CONSUMER_PARENT, CONSUMER_DISPATCH, CONSUMER_LOG, CONSUMER_ALL
};
#define CONSUMERS (sizeof(consumers) / sizeof(consumers[0]))

static enum read_error
fuzz_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	const struct input *input = context;

	if (strcmp(path, "main") != 0)
		return READ_MISSING;
	*bytes = arena_text(arena, input->bytes, input->length);
	*length = input->length;
	return *bytes == NULL ? READ_OTHER : READ_OK;
}

static enum read_error
fuzz_directory(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	(void)context;
	(void)arena;
	(void)path;
	*names = NULL;
	*count = 0;
	return READ_MISSING;
}

/* Prints, reads and prints: the same bytes, or the process ends. */
static void
round_trip(struct policy *policy, unsigned consumer)
{
	char error[128], *text, *second;
	size_t length, second_length;
	struct policy *again;

	text = print_policy(policy, consumer, &length);
	if (text == NULL)
		abort();
	again = parse_canonical(text, length, consumer, error, sizeof(error));
	if (again == NULL)
		abort();
	second = print_policy(again, consumer, &second_length);
	if (second == NULL || length != second_length ||
	    memcmp(text, second, length) != 0)
		abort();
	policy_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { (const char *)data, size };
	struct source_reader reader = { &input, fuzz_file, fuzz_directory,
	    NULL };
	struct policy *policy;
	char error[128];

	policy = parse_source(&reader, "main", NULL, 0);
	if (policy != NULL)
		policy_list_names(policy);
	for (size_t i = 0; policy != NULL && i < CONSUMERS; i++)
		round_trip(policy, consumers[i]);
	policy_free(policy);
	for (size_t i = 0; i < CONSUMERS; i++) {
		policy = parse_canonical((const char *)data, size,
		    consumers[i], error, sizeof(error));
		if (policy == NULL)
			continue;
		round_trip(policy, consumers[i]);
		policy_free(policy);
	}
	return 0;
}
