/*
 * The hosts file, by name and by address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/hosts.h"

static const char text[] =
	"127.0.0.1\tlocalhost\n"
	"# 10.0.0.9 remark.test\n"
	"10.0.0.1 one.test  Uno.Test. #other.test\r\n"
	"10.0.0.2 one.test\n"
	"2001:db8::1 one.test\n"
	"\n \t\n"
	"10.0.0.1 one.test late.test\n"
	"10.0.0.300 never.test\n"
	"fe80::1%eth0 scoped.test\n"
	"::ffff:10.0.0.7 mapped.test\n"
	"10.0.0.3 b\xff" "d a..b good.test\n"
	"10.0.0.4\n"
	"10.0.0.5 last.test";

static struct address
parse(const char *word)
{
	struct record_addr a = { .family = 4 };

	if (inet_pton(AF_INET, word, a.bytes) != 1) {
		a.family = 6;
		assert_int_equal(inet_pton(AF_INET6, word, a.bytes), 1);
	}
	return address_of(&a);
}

static void
by_name(void **state)
{
	static const struct {
		const char *name, *address;
		enum finding want;
	} rows[] = {
		{ "localhost", "127.0.0.1", FINDING_FOUND },
		{ "localhost", "127.0.0.2", FINDING_NONE },
		{ "localhost", "::1", FINDING_UNKNOWN },
		{ "one.test", "10.0.0.1", FINDING_FOUND },
		{ "one.test", "10.0.0.2", FINDING_FOUND },
		{ "one.test", "10.0.0.3", FINDING_NONE },
		{ "one.test", "2001:db8::1", FINDING_FOUND },
		{ "one.test", "2001:db8::2", FINDING_NONE },
		{ "uno.test", "10.0.0.1", FINDING_FOUND },
		{ "late.test", "10.0.0.1", FINDING_FOUND },
		{ "other.test", "10.0.0.1", FINDING_UNKNOWN },
		{ "remark.test", "10.0.0.9", FINDING_UNKNOWN },
		{ "never.test", "10.0.0.1", FINDING_UNKNOWN },
		{ "scoped.test", "fe80::1", FINDING_UNKNOWN },
		{ "mapped.test", "10.0.0.7", FINDING_FOUND },
		{ "good.test", "10.0.0.3", FINDING_FOUND },
		{ "last.test", "10.0.0.5", FINDING_FOUND },
	};
	struct hosts *h = hosts_parse(text, sizeof text - 1);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct address a = parse(rows[i].address);
		enum finding got = hosts_find(h, rows[i].name, &a);

		if (got != rows[i].want)
			fail_msg("%s %s: %d", rows[i].name, rows[i].address,
			    got);
	}
	hosts_free(h);
}

static void
by_address(void **state)
{
	static char names[DNS_NAMES][NAME_SIZE];
	struct hosts *h = hosts_parse(text, sizeof text - 1);
	struct address a = parse("10.0.0.1");
	bool is_cut;

	(void)state;
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 3);
	assert_false(is_cut);
	assert_string_equal(names[0], "one.test");
	assert_string_equal(names[1], "uno.test");
	assert_string_equal(names[2], "late.test");
	a = parse("10.0.0.4");
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 0);
	a = parse("255.255.255.255");
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 0);
	assert_false(is_cut);
	hosts_free(h);
}

static void
bounds(void **state)
{
	static char names[DNS_NAMES][NAME_SIZE];
	char *big = malloc(2 * HOSTS_BYTES);
	struct address a = parse("10.0.0.1");
	struct hosts *h;
	bool is_cut;

	(void)state;
	assert_non_null(big);
	/* More names than are kept, in fewer bytes than are read. */
	memcpy(big, "10.0.0.1", 8);
	for (size_t i = 8; i < HOSTS_BYTES - 20; i++)
		big[i] = i % 2 == 0 ? ' ' : (char)('a' + i / 2 % 26);
	memcpy(big + HOSTS_BYTES - 20, "\n10.0.0.2 last.test\n", 20);
	h = hosts_parse(big, HOSTS_BYTES);
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 8);
	assert_true(is_cut);
	a = parse("10.0.0.2");
	assert_int_equal(hosts_find(h, "last.test", &a), FINDING_UNKNOWN);
	hosts_free(h);

	/* More bytes than are read: the line that is cut does not count. */
	memset(big, '\n', 2 * HOSTS_BYTES);
	memcpy(big + HOSTS_BYTES - 40, "10.0.0.2 in.test\n", 17);
	memcpy(big + HOSTS_BYTES - 15, "10.0.0.2 cut.test\n", 18);
	h = hosts_parse(big, 2 * HOSTS_BYTES);
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 1);
	assert_false(is_cut);
	assert_string_equal(names[0], "in.test");
	hosts_free(h);
	h = hosts_parse("", 0);
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 0);
	hosts_free(h);
	/* Eight names, one of them twice, are all there are. */
	h = hosts_parse("10.0.0.2 a b c d e f g h a\n", 27);
	assert_int_equal(hosts_names(h, &a, names, &is_cut), 8);
	assert_false(is_cut);
	hosts_free(h);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),
		cmocka_unit_test(by_address),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
