/*
 * DNS replies, written out as the resolver gets them, and host names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lookup/dns.h"

#define B(text) (const uint8_t *)(text), sizeof(text) - 1
/* Header with counts of answers and authorities, question "a.test". */
#define HEAD(flags, an, ns) "\x12\x34" flags "\0\1\0" an "\0" ns "\0\0"
#define ASK(type) "\1a\4test\0\0" type "\0\1"
#define OWNER "\xc0\x0c"
#define IN_A(ttl) "\0\1\0\1" ttl "\0\4"
#define HOUR "\0\0\xe\x10"
#define MINUTE "\0\0\0\x3c"
#define CNAME_B "\0\5\0\1" MINUTE "\0\x08\1b\4test\0"
#define PTR(label) OWNER "\0\x0c\0\1" HOUR "\0\3\1" label "\0"
#define NAME_B "\1b\4test\0"
#define SOA "\4test\0\0\6\0\1" HOUR "\0\x16\0\0" \
	"\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x1e"

static const struct {
	const char *name;
	const uint8_t *bytes;
	size_t length;
	enum dns_type type;
	enum finding finding;
	unsigned count;
	uint32_t ttl;
	bool is_cut;
} rows[] = {
	{ "one address", B(HEAD("\x81\x80", "\1", "\0") ASK("\1")
	    OWNER IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_FOUND, 1, 3600,
	    false },
	{ "the shorter life", B(HEAD("\x81\x80", "\2", "\0") ASK("\1")
	    OWNER IN_A(HOUR) "\xa\0\0\1" OWNER IN_A(MINUTE) "\xa\0\0\2"),
	    DNS_A, FINDING_FOUND, 2, 60, false },
	{ "alias", B(HEAD("\x81\x80", "\2", "\0") ASK("\1") OWNER CNAME_B
	    NAME_B IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_FOUND, 1, 60,
	    false },
	{ "owner in capitals", B(HEAD("\x81\x80", "\1", "\0") ASK("\1")
	    "\1A\4TEST\0" IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_FOUND, 1,
	    3600, false },
	{ "alias after the address", B(HEAD("\x81\x80", "\2", "\0") ASK("\1")
	    OWNER IN_A(HOUR) "\xa\0\0\1" OWNER CNAME_B), DNS_A,
	    FINDING_FOUND, 1, 3600, false },
	{ "an alias that leads nowhere", B(HEAD("\x81\x80", "\1", "\0")
	    ASK("\1") OWNER CNAME_B), DNS_A, FINDING_UNKNOWN, 0, 0, false },
	{ "and an SOA", B(HEAD("\x81\x80", "\1", "\1") ASK("\1") OWNER CNAME_B
	    SOA), DNS_A, FINDING_NONE, 0, 30, false },
	{ "no such name", B(HEAD("\x81\x83", "\0", "\1") ASK("\1") SOA), DNS_A,
	    FINDING_NONE, 0, 30, false },
	{ "no such record, no SOA", B(HEAD("\x81\x80", "\0", "\0") ASK("\1")),
	    DNS_A, FINDING_NONE, 0, 0, false },
	{ "an address of another", B(HEAD("\x81\x80", "\1", "\1") ASK("\1")
	    NAME_B IN_A(HOUR) "\xa\0\0\1" SOA), DNS_A, FINDING_NONE, 0, 30,
	    false },
	{ "of another class", B(HEAD("\x81\x80", "\1", "\1") ASK("\1")
	    OWNER "\0\1\0\3" HOUR "\0\4\xa\0\0\1" SOA), DNS_A, FINDING_NONE, 0,
	    30, false },
	{ "cut, with an address", B(HEAD("\x83\x80", "\1", "\0") ASK("\1")
	    OWNER IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_FOUND, 1, 3600,
	    true },
	{ "cut, without", B(HEAD("\x83\x80", "\0", "\1") ASK("\1") SOA), DNS_A,
	    FINDING_UNKNOWN, 0, 0, false },
	{ "top bit of the TTL", B(HEAD("\x81\x80", "\1", "\0") ASK("\1")
	    OWNER IN_A("\x80\0\0\0") "\xa\0\0\1"), DNS_A, FINDING_FOUND, 1, 0,
	    false },
	{ "a name that exists not and has an address", B(HEAD("\x81\x83", "\1",
	    "\0") ASK("\1") OWNER IN_A(HOUR) "\xa\0\0\1"), DNS_A,
	    FINDING_UNKNOWN, 0, 0, false },
	{ "not a reply", B(HEAD("\x01\x80", "\1", "\0") ASK("\1")
	    OWNER IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_UNKNOWN, 0, 0,
	    false },
	{ "server failure", B(HEAD("\x81\x82", "\0", "\0") ASK("\1")), DNS_A,
	    FINDING_UNKNOWN, 0, 0, false },
	{ "another question", B(HEAD("\x81\x80", "\0", "\1") ASK("\x1c") SOA),
	    DNS_A, FINDING_UNKNOWN, 0, 0, false },
	{ "a short address", B(HEAD("\x81\x80", "\1", "\0") ASK("\1")
	    OWNER "\0\1\0\1" HOUR "\0\3\xa\0\0"), DNS_A, FINDING_UNKNOWN, 0, 0,
	    false },
	{ "one record less", B(HEAD("\x81\x80", "\2", "\0") ASK("\1")
	    OWNER IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_UNKNOWN, 0, 0,
	    false },
	{ "a pointer to itself", B(HEAD("\x81\x80", "\1", "\0") ASK("\1")
	    "\xc0\x18" IN_A(HOUR) "\xa\0\0\1"), DNS_A, FINDING_UNKNOWN, 0, 0,
	    false },
	{ "a pointer at the end", B(HEAD("\x81\x80", "\1", "\0") ASK("\1")
	    "\xc0"), DNS_A, FINDING_UNKNOWN, 0, 0, false },
	{ "IPv6", B(HEAD("\x81\x80", "\1", "\0") ASK("\x1c") OWNER
	    "\0\x1c\0\1" HOUR "\0\x10" "0123456789abcdef"), DNS_AAAA,
	    FINDING_FOUND, 1, 3600, false },
	{ "names", B(HEAD("\x81\x80", "\3", "\0") ASK("\x0c")
	    OWNER "\0\x0c\0\1" HOUR "\0\2\xc0\x0c"
	    OWNER "\0\x0c\0\1" HOUR "\0\x09\2b \4test\0"
	    OWNER "\0\x0c\0\1" HOUR "\0\x05\3c.d\0"), DNS_PTR, FINDING_FOUND,
	    1, 3600, true },
	{ "nine names", B(HEAD("\x81\x80", "\x9", "\0") ASK("\x0c")
	    PTR("a") PTR("b") PTR("c") PTR("d") PTR("e") PTR("f") PTR("g")
	    PTR("h") PTR("i")), DNS_PTR, FINDING_FOUND, 8, 3600, true },
	{ "eight names, one twice", B(HEAD("\x81\x80", "\x9", "\0")
	    ASK("\x0c") PTR("a") PTR("b") PTR("c") PTR("d") PTR("e") PTR("f")
	    PTR("g") PTR("h") PTR("a")), DNS_PTR, FINDING_FOUND, 8, 3600,
	    false },
	{ "a name and more", B(HEAD("\x81\x80", "\1", "\0") ASK("\x0c")
	    OWNER "\0\x0c\0\1" HOUR "\0\3\xc0\x0cx"), DNS_PTR,
	    FINDING_UNKNOWN, 0, 0, false },
	{ "nothing", B(""), DNS_A, FINDING_UNKNOWN, 0, 0, false },
	{ "half a header", B("\x12\x34\x81\x80\0\1"), DNS_A, FINDING_UNKNOWN,
	    0, 0, false },
};

static void
replies(void **state)
{
	static struct dns_reply r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		dns_read(rows[i].bytes, rows[i].length, rows[i].type, "a.test",
		    &r);
		if (r.finding != rows[i].finding || r.count != rows[i].count ||
		    r.ttl != rows[i].ttl || r.is_cut != rows[i].is_cut)
			fail_msg("%s: finding %d, count %u, ttl %u, cut %d",
			    rows[i].name, r.finding, r.count, r.ttl, r.is_cut);
	}
}

/* Any cut of a good reply is none. */
static void
cuts(void **state)
{
	static struct dns_reply r;

	(void)state;
	for (size_t length = 0; length < rows[2].length; length++) {
		dns_read(rows[2].bytes, length, DNS_A, "a.test", &r);
		assert_int_equal(r.finding, FINDING_UNKNOWN);
	}
}

/* 300 addresses: 256 are kept, and that there were more. */
static void
many(void **state)
{
	static const char head[] = HEAD("\x81\x80", "\0", "\0") ASK("\1");
	static const char one[] = OWNER IN_A(HOUR) "\xa\0\0\1";
	static uint8_t bytes[8192];
	static struct dns_reply r;
	size_t used = sizeof head - 1;

	(void)state;
	memcpy(bytes, head, used);
	bytes[6] = 300 >> 8;
	bytes[7] = 300 & 255;
	for (int i = 0; i < 300; i++) {
		memcpy(bytes + used, one, sizeof one - 1);
		used += sizeof one - 1;
	}
	dns_read(bytes, used, DNS_A, "a.test", &r);
	assert_int_equal(r.finding, FINDING_FOUND);
	assert_int_equal(r.count, DNS_ADDRESSES);
	assert_true(r.is_cut);
}

static void
names(void **state)
{
	static const struct {
		const char *text, *want;
	} forms[] = {
		{ "A.Test", "a.test" }, { "a.test.", "a.test" }, { "a", "a" },
		{ "_x-9.y", "_x-9.y" }, { "", NULL }, { ".", NULL },
		{ "a..b", NULL }, { ".a", NULL }, { "a..", NULL },
		{ "a b", NULL }, { "a\nb", NULL }, { "a/b", NULL },
		{ "\xc3\xa9", NULL }, { "a\\.b", NULL },
	};
	char long_name[300], out[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		bool is_name = name_normal(forms[i].text,
		    strlen(forms[i].text), out);

		assert_int_equal(is_name, forms[i].want != NULL);
		if (is_name)
			assert_string_equal(out, forms[i].want);
	}
	assert_false(name_normal("a\0b", 3, out));
	for (size_t i = 0; i < sizeof long_name; i++)
		long_name[i] = i % 64 == 63 ? '.' : 'x';
	assert_true(name_normal(long_name, 63, out));
	assert_true(name_normal(long_name, 253, out));
	assert_false(name_normal(long_name, 254, out));
	long_name[63] = 'x';
	assert_false(name_normal(long_name, 64, out));
}

static void
reverses(void **state)
{
	struct record_addr v6 = { .family = 6, .bytes = { 0x20, 1, 0xd, 0xb8,
	    [15] = 0x1f } };
	struct record_addr mapped = { .family = 6, .bytes = { [10] = 0xff,
	    0xff, 192, 0, 2, 1 } };
	struct address a = address_of(&mapped);
	char out[NAME_SIZE];

	(void)state;
	assert_int_equal(a.family, 4);
	name_reverse(&a, out);
	assert_string_equal(out, "1.2.0.192.in-addr.arpa");
	a = address_of(&v6);
	name_reverse(&a, out);
	assert_string_equal(out, "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(cuts),
		cmocka_unit_test(many),
		cmocka_unit_test(names),
		cmocka_unit_test(reverses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
