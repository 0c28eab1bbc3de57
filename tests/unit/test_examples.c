/*
 * Every configuration that is shipped or shown in a manual page can be read.
 *
 * Files come from SOURCE_DIR. Examples are the displays in the EXAMPLES section
 * of sallyport.conf(5), as a reader would copy them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

#define PATH_SIZE 1024
#define FILE_SIZE (256u << 10)

static char file_bytes[FILE_SIZE];

/* A shipped file's text in file_bytes; words between @ signs get a value. */
static size_t
load(const char *name)
{
	const char *top = getenv("SOURCE_DIR");
	char path[PATH_SIZE];
	size_t length;
	FILE *f;
	char *c;

	(void)snprintf(path, sizeof(path), "%s/%s", top != NULL ? top : ".",
	    name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s cannot be opened", path);
	length = fread(file_bytes, 1, sizeof(file_bytes) - 1, f);
	assert_true(length > 0 && length < sizeof(file_bytes) - 1);
	(void)fclose(f);	/* only read from */
	file_bytes[length] = '\0';
	while ((c = strstr(file_bytes, "_PORT@")) != NULL) {
		char *word = c;

		while (word > file_bytes && word[-1] != '@')
			word--;
		(void)memset(word - 1, ' ', (size_t)(c + 6 - word) + 1);
		(void)memcpy(word - 1, "2323", 4);
	}
	while ((c = strstr(file_bytes, "@DIR@")) != NULL)
		(void)memcpy(c, "/demo", 5);
	while ((c = strstr(file_bytes, "@SERVERS@")) != NULL)
		(void)memcpy(c, "/demo/srv", 9);
	return length;
}

/* What the parser is given for one load. */
struct given {
	const char *text;
	const char *const *directory;	/* names, or NULL: empty */
};

static enum read_error
read_text(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	const struct given *given = context;
	const char *text = given->text;

	if (strcmp(path, "/example") != 0) {
		const char *services = strstr(path, "/services/");
		char name[PATH_SIZE];

		if (services == NULL)
			return READ_MISSING;
		(void)snprintf(name, sizeof(name), "contrib/demo-policy%s",
		    services);
		(void)load(name);
		text = file_bytes;
	}
	*length = strlen(text);
	*bytes = arena_text(arena, text, *length);
	return *bytes != NULL ? READ_OK : READ_OTHER;
}

static enum read_error
read_names(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	const struct given *given = context;
	const char *const *from = given->directory;

	(void)path;	/* there is one directory, whatever its name */
	for (*count = 0; from != NULL && from[*count] != NULL; ++*count)
		;
	*names = arena_alloc(arena, *count + 1, sizeof(**names));
	if (*names == NULL)
		return READ_OTHER;
	for (unsigned i = 0; i < *count; i++)
		(*names)[i] = from[i];
	return READ_OK;
}

/* Parses and demands that there is nothing to complain about, but that a
 * remark takes effect which xinetd would have taken for values. */
static void
expect_clean(const char *name, const char *text,
    const char *const *directory, unsigned services)
{
	struct given given = { text, directory };
	struct source_reader reader = {
		.context = &given, .file = read_text, .directory = read_names
	};
	struct policy *policy = parse_source(&reader, "/example", NULL, 0);
	char line[1024];

	assert_non_null(policy);
	for (const struct diag *d = policy->diags.first; d != NULL;
	    d = d->next) {
		if (d->code == DIAG_KINDER)
			continue;
		(void)diag_format(d, line, sizeof(line));
		fail_msg("%s: %s", name, line);
	}
	assert_int_equal(policy->count, services);
	policy_free(policy);
}

/* The next display after *cursor, without mdoc's escapes; false at the end. */
static bool
next_example(const char **cursor, char *out, size_t size)
{
	const char *from = strstr(*cursor, "\n.Bd -literal\n");
	const char *end = from != NULL ? strstr(from, "\n.Ed") : NULL;
	size_t length = 0;

	if (end == NULL)
		return false;
	for (from += strlen("\n.Bd -literal\n"); from <= end; from++) {
		if (from[0] == '\\' && from[1] == '-')
			from++;
		assert_true(length + 1 < size);
		out[length++] = *from;
	}
	out[length] = '\0';
	*cursor = end;
	return true;
}

static void
test_manual(void **state)
{
	static const unsigned services[] = { 1, 1, 5, 0 };
	static char example[16384];
	unsigned found = 0;
	const char *cursor;

	(void)state;
	(void)load("man/sallyport.conf.5");
	cursor = strstr(file_bytes, "\n.Sh EXAMPLES\n");
	assert_non_null(cursor);
	while (next_example(&cursor, example, sizeof(example))) {
		assert_true(found < sizeof(services) / sizeof(services[0]));
		expect_clean("sallyport.conf(5)", example, NULL,
		    services[found]);
		found++;
	}
	assert_int_equal(found, sizeof(services) / sizeof(services[0]));
}

static void
test_shipped(void **state)
{
	static const char *const none[] = { NULL };
	static char text[16384];

	(void)state;
	assert_true(load("contrib/sallyport.conf") < sizeof(text));
	(void)strcpy(text, file_bytes);
	expect_clean("contrib/sallyport.conf", text, none, 0);
}

static void
test_demo(void **state)
{
	static const char *const names[] = { "ftp", "telnet", NULL };
	static char text[16384];

	(void)state;
	assert_true(load("contrib/demo-policy/gate.conf") < sizeof(text));
	(void)strcpy(text, file_bytes);
	expect_clean("contrib/demo-policy", text, names, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_demo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
