/*
 * Replies of ident servers, good, bad and hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lookup/ident.h"

#define T(text) text, sizeof(text) - 1
#define USER(text) IDENT_REPLY_USERID, text
#define BAD IDENT_REPLY_BAD, NULL

static const struct {
	const char *line;
	size_t length;
	enum ident_reply reply;
	const char *text;
} rows[] = {
	{ T("6193, 23 : USERID : UNIX : stjohns"), USER("UNIX : stjohns") },
	{ T("6193,23:USERID:UNIX:stjohns"), USER("UNIX : stjohns") },
	{ T(" 6193\t,\t23\t:\tUSERID\t:\tUNIX\t:\tjoe\t"), USER("UNIX : joe") },
	{ T("06193, 0023 : USERID : UNIX : joe"), USER("UNIX : joe") },
	{ T("6193, 23 : USERID : OTHER,UTF-8 : a : b"),
	    USER("OTHER,UTF-8 : a : b") },
	{ T("6193, 23 : USERID : OTHER : \x1b]2;x\a\xff"),
	    USER("OTHER : #033]2;x#007#377") },
	{ T("6193, 23 : USERID : OTHER : a\rb"), USER("OTHER : a#015b") },
	{ T("6193, 23 : ERROR : NO-USER"), IDENT_REPLY_ERROR, NULL },
	{ T("6193, 23 : ERROR : X-OWN"), IDENT_REPLY_ERROR, NULL },
	{ T("6193, 23 : ERROR :"), BAD },
	{ T("6193, 23 : ERROR : \x1b"), BAD },
	{ T("6193, 23 : USERID : UNIX : a\0b"), BAD },
	{ T("6193, 23 : USERID : UNIX\x01 : a"), BAD },
	{ T("6193, 23 : USERID : UNIX :  \t "), BAD },
	{ T("6193, 23 : USERID :  : joe"), BAD },
	{ T("6193, 23 : USERID : UNIX"), BAD },
	{ T("6193, 23 : userid : UNIX : joe"), BAD },
	{ T("6193, 23 : USERID2 : UNIX : joe"), BAD },
	{ T("6193, 23 USERID : UNIX : joe"), BAD },
	{ T("23, 6193 : USERID : UNIX : joe"), BAD },
	{ T("6193, 24 : USERID : UNIX : joe"), BAD },
	{ T("6194, 23 : USERID : UNIX : joe"), BAD },
	{ T("6193, : USERID : UNIX : joe"), BAD },
	{ T("6193, -23 : USERID : UNIX : joe"), BAD },
	{ T("000006193, 23 : USERID : UNIX : joe"), BAD },
	{ T("71729, 23 : USERID : UNIX : joe"), BAD },	/* 65536 + 6193 */
	{ T("6193, 23"), BAD },
	{ T(""), BAD },
	{ T(":,:::"), BAD },
};

static void
replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[IDENT_TEXT_MAX + 1] = "";
		enum ident_reply got = ident_parse(rows[i].line,
		    rows[i].length, 6193, 23, text);

		if (got != rows[i].reply)
			fail_msg("%s: %d", rows[i].line, got);
		if (rows[i].text != NULL)
			assert_string_equal(text, rows[i].text);
	}
}

static enum ident_reply
with_user(char c, size_t count)
{
	static const char head[] = "1, 2 : USERID : UNIX : ";
	char line[2048], text[IDENT_TEXT_MAX + 1];

	memcpy(line, head, sizeof head - 1);
	memset(line + sizeof head - 1, c, count);
	return ident_parse(line, sizeof head - 1 + count, 1, 2, text);
}

/* "UNIX : " takes 7 of the 512 characters. */
static void
bounds(void **state)
{
	char system[] = "1, 2 : USERID : "
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "x : joe";
	char text[IDENT_TEXT_MAX + 1];

	(void)state;
	assert_int_equal(with_user('u', 505), IDENT_REPLY_USERID);
	assert_int_equal(with_user('u', 506), IDENT_REPLY_BAD);
	assert_int_equal(with_user('\x01', 126), IDENT_REPLY_USERID);
	assert_int_equal(with_user('\x01', 127), IDENT_REPLY_BAD);
	assert_int_equal(with_user('u', 1500), IDENT_REPLY_BAD);
	assert_int_equal(ident_parse(system, strlen(system), 1, 2, text),
	    IDENT_REPLY_BAD);
	memcpy(strchr(system, 'x'), "   ", 3);
	assert_int_equal(ident_parse(system, strlen(system), 1, 2, text),
	    IDENT_REPLY_BAD);
	memcpy(strchr(system, 'j') - 3, " : ", 3);
	assert_int_equal(ident_parse(system, strlen(system), 1, 2, text),
	    IDENT_REPLY_USERID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
