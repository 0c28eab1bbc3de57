/*
 * Addresses and words of access lists: rows of text and what they mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "policy/addr.h"

static const struct {
	const char *text, *expected;	/* NULL: no address */
	uint32_t scope;
} parse_rows[] = {
	{ "192.0.2.1", "192.0.2.1", 0 },
	{ "0.0.0.0", "0.0.0.0", 0 },
	{ "255.255.255.255", "255.255.255.255", 0 },
	{ "192.0.2.256", NULL, 0 },
	{ "192.0.2", NULL, 0 },
	{ "192.0.2.1.1", NULL, 0 },
	{ "192.0.2.01", NULL, 0 },
	{ "0x7f.0.0.1", NULL, 0 },
	{ " 192.0.2.1", NULL, 0 },
	{ "192.0.2.1 ", NULL, 0 },
	{ "192.0.2.1%1", NULL, 0 },
	{ "", NULL, 0 },
	{ "::", "::", 0 },
	{ "::1", "::1", 0 },
	{ "2001:DB8::0001", "2001:db8::1", 0 },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 0 },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 0 },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 0 },
	{ "1:0:0:0:0:0:0:0", "1::", 0 },
	{ "0:0:0:0:0:0:1:2", "::1:2", 0 },
	{ "::1.2.3.4", "::102:304", 0 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
	{ "::ffff:192.0.2.1", "192.0.2.1", 0 },
	{ "::ffff:c000:201", "192.0.2.1", 0 },
	{ "::fffe:192.0.2.1", "::fffe:c000:201", 0 },
	{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201", 0 },
	{ "fe80::1%3", "fe80::1", 3 },
	{ "febf::1%4294967295", "febf::1", UINT32_MAX },
	{ "fe80::1%4294967296", NULL, 0 },
	{ "fe80::1%18446744073709551617", NULL, 0 },
	{ "fe80::1%0", NULL, 0 },
	{ "fe80::1%", NULL, 0 },
	{ "fe80::1%eth0", NULL, 0 },
	{ "fe80::1%3%3", NULL, 0 },
	{ "fe80::1%-1", NULL, 0 },
	{ "fec0::1%3", NULL, 0 },
	{ "2001:db8::1%3", NULL, 0 },
	{ "::ffff:169.254.0.1%3", NULL, 0 },
	{ "::1::", NULL, 0 },
	{ "::/0", NULL, 0 },
	{ "1:2:3:4:5:6:7:8:9", NULL, 0 },
	{ "12345::", NULL, 0 },
	{ "localhost", NULL, 0 },
	{ "0000000000000000000000000000000000000000000000000000000000000001",
	    NULL, 0 },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parse_rows) / sizeof(parse_rows[0]);
	    i++) {
		char out[ADDR_TEXT_MAX] = "";
		struct addr addr, again;
		size_t length;
		bool is_addr = addr_parse(&addr, parse_rows[i].text);

		if (is_addr != (parse_rows[i].expected != NULL))
			fail_msg("%s: %d", parse_rows[i].text, is_addr);
		if (!is_addr)
			continue;
		length = addr_format(&addr, out);
		assert_int_equal(length, strlen(out));
		if (strcmp(out, parse_rows[i].expected) != 0 ||
		    addr.scope != parse_rows[i].scope)
			fail_msg("%s: %s", parse_rows[i].text, out);
		addr.scope = 0;
		assert_true(addr_parse(&again, out));
		assert_int_equal(addr_compare(&addr, &again), 0);
	}
}

static void
test_from_bytes(void **state)
{
	static const uint8_t mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0xff, 0xff, 192, 0, 2, 1 };
	static const uint8_t other[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	    0xff, 0xff, 192, 0, 2, 1 };
	struct addr from4, from16, not_mapped, none;

	(void)state;
	assert_true(addr_from_bytes(&from4, mapped + 12, 4));
	assert_true(addr_from_bytes(&from16, mapped, 16));
	assert_true(addr_from_bytes(&not_mapped, other, 16));
	assert_int_equal(from4.family, ADDR_IPV4);
	assert_int_equal(addr_compare(&from4, &from16), 0);
	assert_int_equal(not_mapped.family, ADDR_IPV6);
	for (size_t length = 0; length <= 16; length++)
		if (length != 4 && length != 16)
			assert_false(addr_from_bytes(&none, other, length));
	assert_int_equal(none.family, ADDR_NONE);
}

static void
test_compare(void **state)
{
	/* Ascending. */
	static const char *const rows[] = {
		"0.0.0.0", "10.0.0.1", "10.0.1.0", "255.0.0.0", "::",
		"::1", "2001:db8::", "fe80::1", "fe80::1%1", "fe80::1%2",
		"fe80::2",
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	struct addr a, b;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			int order;

			assert_true(addr_parse(&a, rows[i]));
			assert_true(addr_parse(&b, rows[j]));
			order = addr_compare(&a, &b);
			if (order != (i > j) - (i < j))
				fail_msg("%s, %s: %d", rows[i], rows[j], order);
		}
	}
	/* What lies behind an IPv4 address's four bytes is not part of it. */
	assert_true(addr_parse(&a, "10.0.0.1"));
	b = a;
	b.bytes[7] = 1;
	assert_int_equal(addr_compare(&a, &b), 0);
}

static void
test_contains(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool expected;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "0.0.0.0/0", "1.2.3.4", true },
		{ "0.0.0.0/0", "::", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.0", false },
		{ "192.0.2.1/32", "::ffff:192.0.2.1", true },
		{ "2001:db8::/32", "2001:db8:ffff::1", true },
		{ "2001:db8::/32", "2001:db9::", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "::1/128", "::1", true },
		{ "::1/128", "::2", false },
		{ "::2/127", "::3", true },
		{ "fe80::/10", "fe80::1%3", true },
		{ "2000::/3", "192.0.2.1", false },
	};
	struct arena *arena = arena_new(1 << 16);
	struct prefix *prefix;
	unsigned count;
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(addr_word(arena, rows[i].prefix, &prefix,
		    &count), ADDR_OK);
		assert_int_equal(count, 1);
		assert_true(addr_parse(&addr, rows[i].addr));
		if (prefix_contains(prefix, &addr) != rows[i].expected)
			fail_msg("%s, %s", rows[i].prefix, rows[i].addr);
	}
	assert_true(addr_parse(&addr, "10.0.0.1"));
	prefix->addr.family = ADDR_IPV4;
	prefix->length = 33;
	assert_false(prefix_contains(prefix, &addr));
	memset(&addr, 0, sizeof(addr));
	memset(prefix, 0, sizeof(*prefix));
	assert_false(prefix_contains(prefix, &addr));
	arena_free(arena);
}

#define LABEL63 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct word_row {
	const char *word;
	enum addr_error error;
	const char *expected;
} word_rows[] = {
	/* numbers, trailing zero octets of the address are wildcards */
	{ "192.168.1.0", ADDR_OK, "192.168.1.0/24" },
	{ "192.168.1.7", ADDR_OK, "192.168.1.7/32" },
	{ "10.0.0.0", ADDR_OK, "10.0.0.0/8" },
	{ "10.0.1.0", ADDR_OK, "10.0.1.0/24" },
	{ "10.1.0.0", ADDR_OK, "10.1.0.0/16" },
	{ "10.0.0.1", ADDR_OK, "10.0.0.1/32" },
	{ "0.0.0.0", ADDR_OK, "0.0.0.0/0" },
	{ "0", ADDR_OK, "0.0.0.0/0" },
	{ "192.168.1", ADDR_OK, "192.168.0.1/32" },
	{ "192.168", ADDR_OK, "192.0.0.168/32" },
	{ "10", ADDR_OK, "0.0.0.10/32" },
	{ "127.0.0", ADDR_OK, "127.0.0.0/8" },
	{ "0x7f.0.0.1", ADDR_OK, "127.0.0.1/32" },
	{ "0X7F000001", ADDR_OK, "127.0.0.1/32" },
	{ "010.0.0.1", ADDR_OK, "8.0.0.1/32" },
	{ "192.168.65535", ADDR_OK, "192.168.255.255/32" },
	{ "192.168.65536", ADDR_BAD, NULL },
	{ "10.16777215", ADDR_OK, "10.255.255.255/32" },
	{ "10.16777216", ADDR_BAD, NULL },
	{ "4294967295", ADDR_OK, "255.255.255.255/32" },
	{ "4294967296", ADDR_BAD, NULL },
	{ "18446744073709551617", ADDR_BAD, NULL },
	{ "256.0.0.1", ADDR_BAD, NULL },
	{ "127.0.0.300", ADDR_BAD, NULL },
	{ "127.0.0.*", ADDR_BAD, NULL },
	{ "1.2.3.4.5", ADDR_BAD, NULL },
	{ "1.2.3.", ADDR_BAD, NULL },
	{ "1..2", ADDR_BAD, NULL },
	{ ".1.2.3", ADDR_BAD, NULL },
	{ "08.0.0.1", ADDR_BAD, NULL },
	{ "0x", ADDR_BAD, NULL },
	{ "0x1ffffffff", ADDR_BAD, NULL },
	{ "-1", ADDR_BAD, NULL },
	{ "+1.2.3.4", ADDR_BAD, NULL },
	{ "1.2.3.4 ", ADDR_BAD, NULL },
	{ "", ADDR_BAD, NULL },
	/* IPv6, exact */
	{ "::1", ADDR_OK, "::1/128" },
	{ "::", ADDR_OK, "::/128" },
	{ "2001:db8::", ADDR_OK, "2001:db8::/128" },
	{ "::ffff:1.2.3.4", ADDR_OK, "1.2.3.4/32" },
	{ "::ffff:10.0.0.0", ADDR_OK, "10.0.0.0/32" },
	{ "fe80::1%3", ADDR_BAD, NULL },
	{ "fe80::zz", ADDR_BAD, NULL },
	{ "1:2", ADDR_BAD, NULL },
	{ "[::1]", ADDR_BAD, NULL },
	/* CIDR, host bits are cleared */
	{ "10.1.2.3/8", ADDR_OK, "10.0.0.0/8" },
	{ "10.1.2.3/32", ADDR_OK, "10.1.2.3/32" },
	{ "10.0.1.0/32", ADDR_OK, "10.0.1.0/32" },
	{ "10.1.2.255/25", ADDR_OK, "10.1.2.128/25" },
	{ "1.2.3.4/0", ADDR_OK, "0.0.0.0/0" },
	{ "10.0.0.0/33", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/255.255.255.0", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/+8", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/-1", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/0x8", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/8/8", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/4294967304", ADDR_BAD_LENGTH, NULL },
	{ "10.0.0.0/99999999999999999999", ADDR_BAD_LENGTH, NULL },
	{ "10/8", ADDR_BAD, NULL },
	{ "010.0.0.0/8", ADDR_BAD, NULL },
	{ "/8", ADDR_BAD, NULL },
	{ "example.com/24", ADDR_BAD, NULL },
	{ "::1/128", ADDR_OK, "::1/128" },
	{ "::1/127", ADDR_OK, "::/127" },
	{ "2001:db8:1::1/32", ADDR_OK, "2001:db8::/32" },
	{ "2001:db8:ffff::/33", ADDR_OK, "2001:db8:8000::/33" },
	{ "::1/129", ADDR_BAD_LENGTH, NULL },
	{ "::1/4000", ADDR_BAD_LENGTH, NULL },
	{ "fe80::1%3/64", ADDR_BAD, NULL },
	/* mapped addresses are IPv4 */
	{ "::ffff:10.1.2.3/104", ADDR_OK, "10.0.0.0/8" },
	{ "::ffff:0:0/96", ADDR_OK, "0.0.0.0/0" },
	{ "::ffff:1.2.3.4/128", ADDR_OK, "1.2.3.4/32" },
	{ "::/0", ADDR_OK, "::/0 0.0.0.0/0" },
	{ "::ffff:0:0/95", ADDR_OK, "::fffe:0:0/95 0.0.0.0/0" },
	{ "::/80", ADDR_OK, "::/80 0.0.0.0/0" },
	{ "::/81", ADDR_OK, "::/81" },
	{ "::/96", ADDR_OK, "::/96" },
	{ "2000::/3", ADDR_OK, "2000::/3" },
	{ "8000::/0", ADDR_OK, "::/0 0.0.0.0/0" },
	/* factorised */
	{ "1.2.3.{4,5}", ADDR_OK, "1.2.3.4/32 1.2.3.5/32" },
	{ "1.2.{3}", ADDR_OK, "1.2.3.0/24" },
	{ "1.2.{3,4,5}", ADDR_OK, "1.2.3.0/24 1.2.4.0/24 1.2.5.0/24" },
	{ "1.{0,255}", ADDR_OK, "1.0.0.0/16 1.255.0.0/16" },
	{ "{127}", ADDR_OK, "127.0.0.0/8" },
	{ "1.2.3.{0}", ADDR_OK, "1.2.3.0/32" },
	{ "{}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3,,4}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{,3}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3,}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3,4", ADDR_BAD_FACTOR, NULL },
	{ "1.2.3}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.}3{", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3}.4", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3}{4}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{{3}}", ADDR_BAD_FACTOR, NULL },
	{ "1.2{3}", ADDR_BAD_FACTOR, NULL },
	{ ".{3}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.3.4.{5}", ADDR_BAD_FACTOR, NULL },
	{ "1.256.{5}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{256}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3-5}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{0x3}", ADDR_BAD_FACTOR, NULL },
	{ "1.2.{3}/24", ADDR_BAD_FACTOR, NULL },
	{ "2001:db8::{1}", ADDR_BAD_FACTOR, NULL },
	/* everybody */
	{ "ALL", ADDR_OK, "0.0.0.0/0 ::/0" },
	{ "all", ADDR_OK, "0.0.0.0/0 ::/0" },
	{ "aLl", ADDR_OK, "0.0.0.0/0 ::/0" },
	{ "ALLE", ADDR_IS_NAME, NULL },
	{ "\x01LL", ADDR_BAD, NULL },
	/* commas */
	{ "10.0.0.1,10.0.0.2", ADDR_COMMA, NULL },
	{ "10.0.0.1,", ADDR_COMMA, NULL },
	{ "1.2.{3},4", ADDR_COMMA, NULL },
	{ "10.0.0.0/8,10.0.0.1", ADDR_COMMA, NULL },
	{ "a,b", ADDR_COMMA, NULL },
	/* names */
	{ "localhost", ADDR_IS_NAME, NULL },
	{ "127.0.0.1-20", ADDR_BAD, NULL },
	{ "192.0.2.1-192", ADDR_BAD, NULL },
	{ "10-20", ADDR_BAD, NULL },
	{ "host.1-2.", ADDR_BAD, NULL },
	{ "host.example.com", ADDR_IS_NAME, NULL },
	{ "host.example.com.", ADDR_IS_NAME, NULL },
	{ ".example.com", ADDR_IS_NAME, NULL },
	{ "my_net", ADDR_IS_NAME, NULL },
	{ "10.example", ADDR_IS_NAME, NULL },
	{ "3com", ADDR_IS_NAME, NULL },
	{ "beef", ADDR_IS_NAME, NULL },
	{ "0xyz", ADDR_IS_NAME, NULL },
	{ LABEL63 ".x", ADDR_IS_NAME, NULL },
	{ LABEL63 "a.x", ADDR_BAD, NULL },
	{ LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 "x", ADDR_BAD, NULL },
	{ "host.300", ADDR_BAD, NULL },
	{ "host.0x1", ADDR_BAD, NULL },
	{ "-host", ADDR_BAD, NULL },
	{ "host-", ADDR_BAD, NULL },
	{ "a..b", ADDR_BAD, NULL },
	{ "..b", ADDR_BAD, NULL },
	{ "a..", ADDR_BAD, NULL },
	{ ".", ADDR_BAD, NULL },
	{ "..", ADDR_BAD, NULL },
	{ "*.example.com", ADDR_BAD, NULL },
	{ "@plant", ADDR_BAD, NULL },
	{ "h\xc3\xb6st", ADDR_BAD, NULL },
	{ "a b", ADDR_BAD, NULL },
};

static void
join(const struct prefix *prefixes, unsigned count, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		char text[ADDR_TEXT_MAX];
		size_t one = prefix_format(&prefixes[i], text);

		assert_int_equal(one, strlen(text));
		length += (size_t)snprintf(out + length, size - length,
		    "%s%s", i > 0 ? " " : "", text);
		assert_true(length < size);
	}
}

static void
test_word(void **state)
{
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(word_rows) / sizeof(word_rows[0]); i++) {
		const struct word_row *row = &word_rows[i];
		struct prefix *prefixes;
		enum addr_error error;
		unsigned count;
		char out[256];

		error = addr_word(arena, row->word, &prefixes, &count);
		if (error != row->error)
			fail_msg("%s: error %d", row->word, (int)error);
		join(prefixes, count, out, sizeof(out));
		if (error == ADDR_OK && strcmp(out, row->expected) != 0)
			fail_msg("%s: %s", row->word, out);
		if (error != ADDR_OK && (prefixes != NULL || count != 0))
			fail_msg("%s: prefixes in spite of it", row->word);
	}
	arena_free(arena);
}

/* Host bits are zero even where they would not show. */
static void
test_word_leaves_no_bits(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	struct prefix *prefixes;
	struct prefix zero;
	unsigned count;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	zero.addr.family = ADDR_IPV4;
	assert_int_equal(addr_word(arena, "::ffff:255.255.255.255/96",
	    &prefixes, &count), ADDR_OK);
	assert_memory_equal(prefixes, &zero, sizeof(zero));
	arena_free(arena);
}

static void
test_word_is_bounded(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	char word[2048] = "10.{1";
	struct prefix *prefixes;
	unsigned count;

	(void)state;
	for (unsigned i = 1; i < ADDR_WORD_MAX; i++)
		strcat(word, ",2");
	strcat(word, "}");
	assert_int_equal(addr_word(arena, word, &prefixes, &count), ADDR_OK);
	assert_int_equal(count, ADDR_WORD_MAX);
	word[strlen(word) - 1] = '\0';
	strcat(word, ",3}");
	assert_int_equal(addr_word(arena, word, &prefixes, &count),
	    ADDR_TOO_MANY);
	arena_free(arena);
}

static void
test_word_without_memory(void **state)
{
	static const char *const rows[] = {
		"1.2.3.4", "::1", "::/0", "ALL", "1.{2,3}", "1.2.3.4/8"
	};
	struct arena *arena = arena_new(4);
	struct prefix *prefixes;
	unsigned count;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(addr_word(arena, rows[i], &prefixes, &count),
		    ADDR_BAD);
	assert_true(arena_failed(arena));
	arena_free(arena);
}

static void
test_error_texts(void **state)
{
	(void)state;
	for (int i = ADDR_OK; i <= ADDR_TOO_MANY; i++)
		assert_true(strlen(addr_error_text((enum addr_error)i)) > 5);
	assert_non_null(addr_error_text((enum addr_error)99));
}

static void
test_format_of_nothing(void **state)
{
	struct addr addr = { .family = ADDR_NONE };
	char out[ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(addr_format(&addr, out), 1);
	assert_string_equal(out, "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_from_bytes),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_word_leaves_no_bits),
		cmocka_unit_test(test_word_is_bounded),
		cmocka_unit_test(test_word_without_memory),
		cmocka_unit_test(test_error_texts),
		cmocka_unit_test(test_format_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
