/*
 * networks(5): which network does a name stand for?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "load/networks.h"

static const char file[] =
    "# symbolic names\n"
    "default\t\t0.0.0.0\n"
    "loopback\t127.0.0.0\n"
    "plant 192.168.4 machines hall-2  # three parts\n"
    "\n"
    "ten 10\n"
    "wide 10.16.0.0/12\r\n"
    "octal 010.0.0.0\n"
    "host 10.0.1.1\n"
    "five 1.2.3.4.5\n"
    "dots 10..0\n"
    "end 10.\n"
    "word ten\n"
    "name-alone\n"
    "slash 10/\n"
    "long 1000000000000000000000.0.0.0\n"
    "zero 0\n"
    "last 172.16";

static const struct {
	const char *name, *word;	/* NULL: not found */
} rows[] = {
	{ "loopback", "127.0.0.0" }, { "LoopBack", "127.0.0.0" },
	{ "plant", "192.168.4.0" }, { "machines", "192.168.4.0" },
	{ "hall-2", "192.168.4.0" }, { "three", NULL }, { "#", NULL },
	{ "ten", "10.0.0.0" }, { "wide", "10.16.0.0/12" },
	{ "octal", NULL }, { "host", "10.0.1.1" }, { "five", NULL },
	{ "dots", "10..0.0" }, { "end", NULL }, { "word", NULL },
	{ "name-alone", NULL }, { "slash", "10.0.0.0/" }, { "long", NULL },
	{ "zero", "0.0.0.0" }, { "default", "0.0.0.0" },
	{ "last", "172.16.0.0" }, { "127.0.0.0", NULL }, { "", NULL },
};

static void
find(void **state)
{
	char word[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_found = networks_find(file, sizeof(file) - 1,
		    rows[i].name, word);

		if (is_found != (rows[i].word != NULL))
			fail_msg("%s", rows[i].name);
		if (is_found)
			assert_string_equal(word, rows[i].word);
	}
}

/* A NUL byte and a line without end hide themselves and nothing else. */
static void
hostile(void **state)
{
	static char text[5000];
	char word[ADDR_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "a 10\0.0\nb 10.2\n", 15);
	memcpy(text + 4996, "\nc 3", 4);
	assert_false(networks_find(text, sizeof(text), "a", word));
	assert_true(networks_find(text, sizeof(text), "b", word));
	assert_true(networks_find(text, sizeof(text), "c", word));
	assert_string_equal(word, "3.0.0.0");
	assert_false(networks_find(NULL, 0, "c", word));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
