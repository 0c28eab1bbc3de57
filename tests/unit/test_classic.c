/*
 * xinetd's lines: each row is what the real daemon writes (but for mapped
 * addresses), and must come out to the byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "log/render.h"
#include "policy/reason.h"
#include "shared/msg.h"

#define ALL_SUCCESS (LOG_PID | LOG_HOST | LOG_EXIT | LOG_DURATION)

static const struct row {
	const char *name;
	const char *expected;	/* "": no line */
	const char *id;
	enum record_action action;
	uint64_t success, failure;
	struct record record;
	enum log_kind kind;
} rows[] = {
	{ "start, everything", "START: filelog pid=2188 from=198.51.100.7",
	    "filelog", RECORD_ACCEPTED, ALL_SUCCESS, 0,
	    { .pid = 2188, .source = { .family = 4, .port = 40112,
	    .bytes = { 198, 51, 100, 7 } } }, LOG_FILE },
	{ "start, host", "START: a from=127.0.0.1", "a", RECORD_ACCEPTED,
	    LOG_HOST, 0, { .pid = 7, .source = { .family = 4,
	    .bytes = { 127, 0, 0, 1 } } }, LOG_SYSLOG },
	{ "start, pid", "START: b pid=54", "b", RECORD_ACCEPTED, LOG_PID, 0,
	    { .pid = 54 }, LOG_SYSLOG },
	{ "start, exit word alone", "START: c", "c", RECORD_ACCEPTED, LOG_EXIT,
	    0, { .pid = 54 }, LOG_SYSLOG },
	{ "start, traffic alone", "START: c", "c", RECORD_ACCEPTED,
	    LOG_TRAFFIC, 0, { .pid = 54 }, LOG_SYSLOG },
	{ "start, nothing", "", "c", RECORD_ACCEPTED, 0, 7, { .pid = 54 },
	    LOG_SYSLOG },
	{ "start, nowhere", "", "c", RECORD_ACCEPTED, ALL_SUCCESS, 7,
	    { .pid = 54 }, LOG_NOWHERE },
	{ "start, without a fork", "START: dt pid=0 from=127.0.0.1", "dt",
	    RECORD_ACCEPTED, ALL_SUCCESS, 0, { .source = { .family = 4,
	    .bytes = { 127, 0, 0, 1 } } }, LOG_SYSLOG },
	{ "start, wait = yes", "START: waity pid=9 from=<no address>", "waity",
	    RECORD_ACCEPTED, ALL_SUCCESS, 0, { .pid = 9 }, LOG_SYSLOG },
	{ "start, IPv6 without scope", "START: t from=fe80::72", "t",
	    RECORD_ACCEPTED, LOG_HOST, 0, { .source = { .family = 6,
	    .scope = 3, .bytes = { 0xfe, 0x80, [15] = 0x72 } } }, LOG_SYSLOG },
	{ "start, mapped", "START: t from=192.0.2.1", "t", RECORD_ACCEPTED,
	    LOG_HOST, 0, { .source = { .family = 6, .bytes = { [10] = 0xff,
	    0xff, 192, 0, 2, 1 } } }, LOG_SYSLOG },

	{ "exit, everything", "EXIT: cat status=0 pid=53 duration=3(sec)",
	    "cat", RECORD_CLOSED, ALL_SUCCESS, 0, { .pid = 53,
	    .duration_us = 3999999 }, LOG_FILE },
	{ "exit, status", "EXIT: c status=3", "c", RECORD_CLOSED, LOG_EXIT, 0,
	    { .pid = 53, .status = 3 }, LOG_SYSLOG },
	{ "exit, signal", "EXIT: killed signal=9 pid=2231 duration=0(sec)",
	    "killed", RECORD_CLOSED, ALL_SUCCESS, 0, { .pid = 2231,
	    .status = -1, .signal = 9, .duration_us = 10 }, LOG_SYSLOG },
	{ "exit, status and pid", "EXIT: i status=0 pid=61", "i",
	    RECORD_CLOSED, LOG_PID | LOG_EXIT, 0, { .pid = 61 }, LOG_SYSLOG },
	{ "exit, duration", "EXIT: d duration=0(sec)", "d", RECORD_CLOSED,
	    LOG_DURATION, 0, { .pid = 61 }, LOG_SYSLOG },
	{ "exit, duration and host", "EXIT: d duration=0(sec)", "d",
	    RECORD_CLOSED, LOG_DURATION | LOG_HOST, 0, { .pid = 61,
	    .source = { .family = 4 } }, LOG_SYSLOG },
	{ "exit, neither asked for", "", "d", RECORD_CLOSED,
	    LOG_PID | LOG_HOST, 0, { .pid = 61 }, LOG_SYSLOG },
	{ "exit, how is not known", "EXIT: d pid=61", "d", RECORD_CLOSED,
	    LOG_EXIT | LOG_PID, 0, { .pid = 61, .status = -1 }, LOG_SYSLOG },

	{ "fail, address", "FAIL: telnet address from=198.51.100.169",
	    "telnet", RECORD_DENIED, 0, FAIL_HOST, { .reason = REASON_ADDRESS,
	    .source = { .family = 4, .bytes = { 198, 51, 100, 169 } } },
	    LOG_SYSLOG },
	{ "fail, attempt", "FAIL: f address", "f", RECORD_DENIED, 0,
	    FAIL_ATTEMPT, { .reason = REASON_ADDRESS }, LOG_SYSLOG },
	{ "fail, nothing", "", "h", RECORD_DENIED, ALL_SUCCESS, 0,
	    { .reason = REASON_ADDRESS }, LOG_SYSLOG },
	{ "fail, limit", "FAIL: k service_limit", "k", RECORD_DENIED, 0,
	    FAIL_USERID, { .reason = REASON_SERVICE_LIMIT }, LOG_SYSLOG },
	{ "fail, rate", "FAIL: bursty connections per second from=2001:db8::1",
	    "bursty", RECORD_DENIED, 0, FAIL_HOST, { .reason = REASON_CPS,
	    .source = { .family = 6, .bytes = { 0x20, 0x01, 0x0d, 0xb8,
	    [15] = 1 } } }, LOG_SYSLOG },
	{ "fail, strange id", "FAIL: a#040FAIL#072#012b time", "a FAIL:\nb",
	    RECORD_DENIED, 0, FAIL_ATTEMPT, { .reason = REASON_TIME },
	    LOG_SYSLOG },

	{ "start, UNIX socket", "START: u pid=9 from=<no address>", "u",
	    RECORD_ACCEPTED, LOG_HOST | LOG_PID, 0, { .pid = 9,
	    .source = { .family = RECORD_FAMILY_UNIX, .scope = 1000 } },
	    LOG_SYSLOG },
	{ "fail, UNIX socket", "FAIL: u per_source_limit from=<no address>",
	    "u", RECORD_DENIED, 0, FAIL_HOST, {
	    .reason = REASON_PER_SOURCE_LIMIT,
	    .source = { .family = RECORD_FAMILY_UNIX } }, LOG_SYSLOG },
	{ "fail, sensor", "FAIL: trap address from=198.51.100.66", "trap",
	    RECORD_DENIED, 0, FAIL_HOST, { .reason = REASON_ADDRESS,
	    .source = { .family = 4, .bytes = { 198, 51, 100, 66 } } },
	    LOG_SYSLOG },

	{ "exit, a session that went well",
	    "EXIT: fwd status=0 pid=2210 duration=0(sec)", "fwd",
	    RECORD_CLOSED, ALL_SUCCESS, 0, { .pid = 2210, .status = -1,
	    .number = { 1, 2, 0, 1 + SESSION_CLOSED } }, LOG_SYSLOG },
	{ "exit, a session without a target",
	    "EXIT: fwd status=1 pid=2210 duration=0(sec)", "fwd",
	    RECORD_CLOSED, ALL_SUCCESS, 0, { .pid = 2210, .status = -1,
	    .number = { 0, 0, 111, 1 + SESSION_NOT_CONNECTED } }, LOG_SYSLOG },
	{ "exit, no line for traffic alone", "", "fwd", RECORD_CLOSED,
	    LOG_TRAFFIC, 0, { .number = { 1, 2, 0, 1 } }, LOG_SYSLOG },

	{ "user id", "USERID: filelog UNIX : alice", "filelog", RECORD_USERID,
	    LOG_USERID, 0, { .text = "UNIX : alice" }, LOG_FILE },
	{ "user id, escaped again", "USERID: a#040b UNIX : x#012FAIL: y",
	    "a b", RECORD_USERID, LOG_USERID, 0,
	    { .text = "UNIX : x\nFAIL: y" }, LOG_FILE },
	{ "user id, not asked for", "", "a", RECORD_USERID,
	    ALL_SUCCESS | LOG_TRAFFIC, 7, { .text = "UNIX : x" }, LOG_FILE },
	{ "user id of one turned away", "USERID: a UNIX : x", "a",
	    RECORD_USERID, 0, FAIL_USERID, { .reason = REASON_TIME,
	    .text = "UNIX : x" }, LOG_FILE },
	{ "user id of one turned away, not asked for", "", "a", RECORD_USERID,
	    LOG_USERID, FAIL_HOST, { .reason = REASON_TIME,
	    .text = "UNIX : x" }, LOG_FILE },

#define FAILURE(name, word, failure) \
	{ name, "NOID: who 198.51.100.7 " word, "who", RECORD_NOID, \
	    LOG_USERID, 0, { .number = { failure }, .source = { .family = 4, \
	    .bytes = { 198, 51, 100, 7 } } }, LOG_SYSLOG }
	FAILURE("no id, no server", "no server", IDENT_NO_SERVER),
	FAILURE("no id, timeout", "timeout", IDENT_TIMEOUT),
	FAILURE("no id, bad", "bad response", IDENT_BAD_RESPONSE),
	FAILURE("no id, system", "system error", IDENT_SYSTEM_ERROR),
	FAILURE("no id, receive", "error while receiving response",
	    IDENT_RECEIVE_ERROR),
	FAILURE("no id, no reason", "system error", IDENT_NONE),
	FAILURE("no id, strange reason", "system error", UINT64_MAX),
	{ "no id, not asked for", "", "who", RECORD_NOID, 0, FAIL_USERID,
	    { .number = { IDENT_TIMEOUT } }, LOG_SYSLOG },
	{ "no id of one turned away", "NOID: who <no address> timeout", "who",
	    RECORD_NOID, 0, FAIL_USERID, { .number = { IDENT_TIMEOUT },
	    .reason = REASON_IDENT }, LOG_SYSLOG },

	{ "no line for a penalty", "", "d", RECORD_PENALISED, 63, 7,
	    { .number = { 1 } }, LOG_SYSLOG },
	{ "no line for dropped datagrams", "", "d", RECORD_DROPPED, 63, 7,
	    { .number = { 1 } }, LOG_SYSLOG },
	{ "no line for a message", "", "d", RECORD_MESSAGE, 63, 7, { .pid = 1 },
	    LOG_SYSLOG },
};

static void
lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct service service = { .id = row->id,
		    .log_type = { .kind = row->kind },
		    .log_on_success = row->success,
		    .log_on_failure = row->failure };
		struct record record = row->record;
		struct view view = { .record = &record, .service = &service,
		    .id = row->id };
		char out[CLASSIC_MAX];
		size_t length;

		record.action = (uint16_t)row->action;
		length = classic_line(&view, out);
		if (strcmp(out, row->expected) != 0)
			fail_msg("%s: got \"%s\"", row->name, out);
		assert_int_equal(length, strlen(row->expected));
	}
}

static void
traffic(void **state)
{
	static const struct {
		const char *expected;
		uint64_t success, number[4];
		enum record_action action;
		enum log_kind kind;
	} all[] = {
		{ "TRAFFIC: rd in=0(bytes) out=26(bytes)", LOG_TRAFFIC,
		    { 0, 26, 0, 1 }, RECORD_CLOSED, LOG_SYSLOG },
		{ "TRAFFIC: rd in=18446744073709551615(bytes) out=1(bytes)",
		    LOG_TRAFFIC | ALL_SUCCESS, { UINT64_MAX, 1, 0, 9 },
		    RECORD_CLOSED, LOG_FILE },
		{ "", ALL_SUCCESS, { 0, 26, 0, 1 }, RECORD_CLOSED, LOG_SYSLOG },
		{ "", LOG_TRAFFIC, { 0, 0, 0, 0 }, RECORD_CLOSED, LOG_SYSLOG },
		{ "", LOG_TRAFFIC, { 0, 26, 0, 1 }, RECORD_ACCEPTED,
		    LOG_SYSLOG },
		{ "", LOG_TRAFFIC, { 0, 26, 0, 1 }, RECORD_CLOSED,
		    LOG_NOWHERE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct service service = { .id = "rd",
		    .log_type = { .kind = all[i].kind },
		    .log_on_success = all[i].success };
		struct record record = { .action = (uint16_t)all[i].action };
		struct view view = { .record = &record, .service = &service,
		    .id = "rd" };
		char out[CLASSIC_MAX];

		memcpy(record.number, all[i].number, sizeof(record.number));
		assert_int_equal(classic_traffic(&view, out),
		    strlen(all[i].expected));
		assert_string_equal(out, all[i].expected);
	}
}

/* Sentences that others match. */
static void
sentences(void **state)
{
	static const struct {
		const char *expected;
		enum record_action action;
		uint64_t number;
		struct record_addr source;
		unsigned level;
		bool is_classic;
	} all[] = {
		{ "Adding 198.51.100.66 to the global_no_access list for 1 "
		    "minutes", RECORD_PENALISED, 1, { .family = 4,
		    .bytes = { 198, 51, 100, 66 } }, 2, true },
		{ "Adding 198.51.100.66 to the global_no_access list for -1 "
		    "minutes", RECORD_PENALISED, UINT64_MAX, { .family = 6,
		    .bytes = { [10] = 0xff, 0xff, 198, 51, 100, 66 } }, 2,
		    true },
		{ "7 datagrams for service a#040b kept out by its socket "
		    "filter", RECORD_DROPPED, 7, { .family = 0 }, 6, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct record record = { .action = (uint16_t)all[i].action,
		    .number = { all[i].number }, .source = all[i].source,
		    .level = 6 };
		struct view view = { .record = &record, .id = "a b" };
		char out[TEXT_MAX];

		assert_int_equal(text_message(&view, out),
		    strlen(all[i].expected));
		assert_string_equal(out, all[i].expected);
		assert_int_equal(text_level(&record), all[i].level);
		assert_int_equal(text_is_classic(&record), all[i].is_classic);
	}
}

static void
no_service_no_line(void **state)
{
	struct record record = { .action = RECORD_ACCEPTED };
	struct view view = { .record = &record, .id = "?" };
	char out[CLASSIC_MAX];

	(void)state;
	assert_int_equal(classic_line(&view, out), 0);
}

static const struct {
	const char *name;
	uint64_t seconds;
	const char *posix, *file, *syslog;
} stamps[] = {
	{ "as in the samples", 1795334181, "UTC0", "26/11/22@07:56:21",
	    "Nov 22 07:56:21" },
	{ "month and day are not padded in files", 1767582061, "UTC0",
	    "26/1/5@03:01:01", "Jan  5 03:01:01" },
	{ "local time", 1795334181, "CET-1CEST,M3.5.0,M10.5.0/3",
	    "26/11/22@08:56:21", "Nov 22 08:56:21" },
	{ "summer", 1783000000, "CET-1CEST,M3.5.0,M10.5.0/3",
	    "26/7/2@15:46:40", "Jul  2 15:46:40" },
	{ "year 2000", 951782400, "UTC0", "00/2/29@00:00:00",
	    "Feb 29 00:00:00" },
};

static void
stamps_of_files_and_syslog(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		uint64_t time_us = stamps[i].seconds * 1000000 + 999999;
		struct zone zone;
		char out[STAMP_MAX];

		assert_true(zone_from_posix(&zone, stamps[i].posix));
		(void)classic_file_stamp(&zone, time_us, out);
		assert_string_equal(out, stamps[i].file);
		(void)classic_syslog_stamp(&zone, time_us, out);
		assert_string_equal(out, stamps[i].syslog);
	}
}

static void
times_out_of_this_world(void **state)
{
	(void)state;
	assert_int_equal(classic_sane_time(5, 7), 5);
	assert_int_equal(classic_sane_time(0, 7), 7);
	assert_int_equal(classic_sane_time(UINT64_MAX, 7), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(traffic),
		cmocka_unit_test(sentences),
		cmocka_unit_test(no_service_no_line),
		cmocka_unit_test(stamps_of_files_and_syslog),
		cmocka_unit_test(times_out_of_this_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
