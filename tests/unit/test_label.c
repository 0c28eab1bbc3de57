/*
 * Tests of SELinux contexts: those of servers with their clients' ranges.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "label/context.h"

static const struct {
	const char *base, *client, *wanted;	/* NULL: there is none */
} rows[] = {
	{ "u:r:t:s0", "a:b:c:s3", "u:r:t:s3" },
	{ "u:r:t:s0-s15:c0.c1023", "a:b:c:s0:c1,c2", "u:r:t:s0:c1,c2" },
	{ "u:r:t:s0", "a:b:c:s0-s0:c0.c1023", "u:r:t:s0-s0:c0.c1023" },
	{ "u:r:t", "a:b:c:s0", NULL },
	{ "u:r:t:s0", "a:b:c", NULL },
	{ "u:r:t", "a:b:c", NULL },
	{ "u:r:t:s0", "", NULL },
	{ "", "a:b:c:s0", NULL },
	{ "u:r:t:s0", "a", NULL },
};

static void
ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = context_with_range(rows[i].base, rows[i].client);

		if ((text == NULL) != (rows[i].wanted == NULL) ||
		    (text != NULL && strcmp(text, rows[i].wanted) != 0))
			fail_msg("row %zu: %s", i, text != NULL ? text : "none");
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
