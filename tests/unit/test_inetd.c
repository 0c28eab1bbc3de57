/*
 * Lines of inetd.conf: which service each becomes. Rows give the text and say
 * what is known of each service afterwards: the attributes that came from the
 * line, and every diagnostic.
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
#include "policy/type.h"

struct files {
	const char *main, *inetd;
	size_t length;		/* of inetd when it holds NUL bytes */
	enum read_error error;	/* of inetd */
};

static enum read_error
memory_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	const struct files *files = context;
	bool is_main = strcmp(path, "main") == 0;

	*bytes = is_main ? files->main : files->inetd;
	*length = strlen(*bytes);
	if (!is_main && files->length > 0)
		*length = files->length;
	*bytes = arena_text(arena, *bytes, *length);
	return is_main ? READ_OK : files->error;
}

static enum read_error
no_directory(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	(void)context;
	(void)arena;
	(void)path;
	*names = NULL;
	*count = 0;
	return READ_MISSING;
}

static struct policy *
parse(struct files *files)
{
	struct source_reader reader = {
		.context = files, .file = memory_file,
		.directory = no_directory, .inetd = "inetd",
	};
	struct policy *policy = parse_source(&reader, "main", NULL, 0);

	assert_non_null(policy);
	return policy;
}

/* What the text says, without what every line gets. */
static void
show_service(const struct service *s, struct out *out)
{
	out_format(out, "%s%s%s:", s->id, s->refused ? "=refused" : "",
	    s->off ? "=off" : "");
	for (unsigned i = 1; i < ATTR_MAX; i++) {
		const struct attr *attr = &attr_table[i];

		if (!s->given[i] || s->where[i].file == 0 || i == ATTR_ID ||
		    i == ATTR_KIND || i == ATTR_GROUPS)
			continue;
		out_format(out, " %s=", attr->name);
		attr->type->print(out, attr,
		    (const char *)s + attr->offset);
	}
	out_raw(out, "\n");
}

static void
show_diags(const struct policy *policy, struct out *out)
{
	static const char *const effects[] = { "W", "S", "L" };

	for (const struct diag *d = policy->diags.first; d != NULL;
	    d = d->next)
		out_format(out, "%u:%u %s %s\n", d->place.line,
		    d->place.column, effects[d->effect],
		    diag_code_name(d->code));
}

static const char *
show(struct policy *policy)
{
	struct out out;
	size_t length;

	out_init(&out, policy->arena);
	for (unsigned i = 0; i < policy->count; i++)
		show_service(policy->services[i], &out);
	show_diags(policy, &out);
	return out_text(&out, &length);
}

static const struct row {
	const char *name, *main, *inetd, *expected;
} rows[] = {
#include "tests/unit/rows-inetd.h"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
test_rows(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct files files = { rows[i].main, rows[i].inetd, 0,
		    READ_OK };
		struct policy *policy = parse(&files);
		const char *got = show(policy);

		if (strcmp(got, rows[i].expected) != 0) {
			print_message("# %s: expected\n%s# got\n%s",
			    rows[i].name, rows[i].expected, got);
			wrong++;
		}
		policy_free(policy);
	}
	assert_int_equal(wrong, 0);
	assert_true(ROWS >= 30);
}

/* It may be missing; what is there and cannot be read refuses the load. */
static void
test_file(void **state)
{
	static const struct {
		enum read_error error;
		unsigned load_errors;
	} cases[] = {
		{ READ_MISSING, 0 }, { READ_OWNER, 1 }, { READ_WRITABLE, 1 },
		{ READ_NOT_FILE, 1 }, { READ_DENIED, 1 }, { READ_TOO_BIG, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct files files = { "", "ftp stream tcp nowait root /bin/f",
		    0, cases[i].error };
		struct policy *policy = parse(&files);

		assert_int_equal(policy->diags.load_errors,
		    cases[i].load_errors);
		assert_int_equal(policy->count, 0);
		policy_free(policy);
	}
}

static void
test_nul(void **state)
{
	static const char text[] = "f\0p stream tcp nowait root /bin/f\n"
	    "ftp stream tcp nowait root /bin/f\n";
	struct files files = { "", text, sizeof(text) - 1, READ_OK };
	struct policy *policy = parse(&files);

	(void)state;
	assert_int_equal(policy->count, 1);
	assert_false(policy->services[0]->refused);
	assert_int_equal(policy->diags.errors, 1);
	assert_int_equal(policy->diags.first->place.line, 1);
	policy_free(policy);
}

/* Any number of lines ends in a policy that is refused, soon. */
static void
test_many(void **state)
{
	static const char line[] = "1.2.3.4:ftp stream tcp nowait root /f\n";
	const size_t lines = 20000;
	char *text = malloc(lines * (sizeof(line) - 1) + 1);
	struct files files = { "", text, 0, READ_OK };
	struct policy *policy;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < lines; i++)
		memcpy(text + i * (sizeof(line) - 1), line, sizeof(line));
	policy = parse(&files);
	assert_int_equal(policy->count, POLICY_SERVICES_MAX);
	assert_int_equal(policy->diags.load_errors, 1);
	policy_free(policy);
	free(text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
