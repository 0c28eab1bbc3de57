/*
 * Records: their text, their numbers, and what a hostile writer may not send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/record.h"
#include "shared/state.h"
#include "shared/util.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_conn_text(void **state)
{
	static const struct {
		uint64_t conn;
		const char *text;
	} rows[] = {
		{ 0, "0-00000000" },
		{ RECORD_CONN(1, 1), "1-00000001" },
		{ RECORD_CONN(0xabc, 0x1234567890), "abc-1234567890" },
		{ UINT64_MAX, "ffffff-ffffffffff" },
		{ RECORD_CONN(2, UINT64_MAX), "2-ffffffffff" },
	};
	char text[RECORD_CONN_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		record_conn_text(rows[i].conn, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
test_init(void **state)
{
	struct record r;
	uint64_t now = wall_us();

	(void)state;
	memset(&r, 0xff, sizeof r);
	record_init(&r, RECORD_DENIED);
	assert_true(r.time_us >= now && r.time_us - now < 10000000);
	assert_int_equal(r.action, RECORD_DENIED);
	assert_int_equal(r.service, RECORD_NO_SERVICE);
	assert_int_equal(r.entry, RECORD_NO_ENTRY);
	assert_int_equal(r.status, -1);
	assert_int_equal(r.text_length, 0);
	/* Only the number is missing, which record_send() gives. */
	assert_non_null(record_check(&r, WRITER_DISPATCH));
	r.cseq = 1;
	assert_null(record_check(&r, WRITER_DISPATCH));
}

static void
repeat(char *out, size_t size, const char *piece, size_t count, const char *end)
{
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		strncat(out, piece, size - strlen(out) - 1);
	strncat(out, end, size - strlen(out) - 1);
}

static void
test_text(void **state)
{
	/* piece, repeated, end -> the same */
	static const struct {
		const char *name, *piece;
		size_t count;
		const char *end;
		const char *to_piece;
		size_t to_count;
		const char *to_end;
	} rows[] = {
		{ "empty", "", 0, "", "", 0, "" },
		{ "plain", "x", 3, " ~", "x", 3, " ~" },
		{ "control", "", 0, "a\nb\033c\177", "", 0, "a#012b#033c#177" },
		{ "high", "", 0, "\303\244", "", 0, "#303#244" },
		{ "just fits", "x", 319, "", "x", 319, "" },
		{ "one too long", "x", 320, "", "x", 316, "..." },
		{ "far too long", "x", 5000, "", "x", 316, "..." },
		{ "escapes just fit", "\n", 79, "abc", "#012", 79, "abc" },
		{ "an escape is not cut", "\n", 80, "", "#012", 79, "..." },
		{ "escapes too long", "\n", 400, "", "#012", 79, "..." },
		{ "escape at the end", "x", 315, "\n", "x", 315, "#012" },
		{ "escape past the end", "x", 316, "\n", "x", 316, "..." },
	};
	char in[6000], out[6000];
	struct record r;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		record_init(&r, RECORD_MESSAGE);
		r.cseq = 1;
		memset(r.text, 'z', sizeof r.text);
		repeat(in, sizeof in, rows[i].piece, rows[i].count,
		    rows[i].end);
		repeat(out, sizeof out, rows[i].to_piece, rows[i].to_count,
		    rows[i].to_end);
		record_text(&r, "%s", in);
		if (strcmp(r.text, out) != 0)
			fail_msg("%s: %s", rows[i].name, r.text);
		assert_int_equal(r.text_length, strlen(out));
		assert_null(record_check(&r, WRITER_PARENT));
	}
}

static struct record
good(void)
{
	struct record r;

	record_init(&r, RECORD_DENIED);
	r.cseq = 7;
	r.service = 3;
	r.attr = 31;
	r.entry = 0;
	r.reason = 1;
	r.source = (struct record_addr){ .family = 4, .port = 4000,
	    .bytes = { 192, 0, 2, 1 } };
	r.destination = (struct record_addr){ .family = 6, .port = 23,
	    .scope = 2, .bytes = { 0xfe, 0x80 } };
	record_text(&r, "some text");
	return r;
}

/* Writes `value` over `size` bytes at `offset` of a good record. */
#define FIELD(f) offsetof(struct record, f), sizeof(((struct record *)0)->f)

static void
test_ranges(void **state)
{
	static const struct {
		const char *name;
		size_t offset, size;
		uint64_t value;
		bool is_good;
	} rows[] = {
		{ "no number", FIELD(cseq), 0, false },
		{ "last year", FIELD(time_us), UINT64_C(253402300799999999), true },
		{ "year 10000", FIELD(time_us), UINT64_C(253402300800000000), false },
		{ "no time", FIELD(time_us), 0, true },
		{ "start", FIELD(start_us), UINT64_MAX, false },
		{ "duration", FIELD(duration_us), UINT64_MAX, false },
		{ "connection", FIELD(conn), UINT64_MAX, true },
		{ "generation", FIELD(generation), UINT64_MAX, true },
		{ "last service", FIELD(service), STATE_SERVICES - 1, true },
		{ "service", FIELD(service), STATE_SERVICES, false },
		{ "no service", FIELD(service), RECORD_NO_SERVICE, true },
		{ "attr", FIELD(attr), 4096, false },
		{ "entry", FIELD(entry), 1000000, true },
		{ "no action", FIELD(action), RECORD_NONE, false },
		{ "action", FIELD(action), RECORD_MAX, false },
		{ "last reason", FIELD(reason), RECORD_REASONS - 1, true },
		{ "reason", FIELD(reason), RECORD_REASONS, false },
		{ "last level", FIELD(level), 7, true },
		{ "level", FIELD(level), 8, false },
		{ "end", FIELD(exit_by), 3, false },
		{ "pid", FIELD(pid), UINT32_MAX, false },
		{ "status", FIELD(status), 256, false },
		{ "status below", FIELD(status), UINT32_MAX - 1, false },
		{ "signal", FIELD(signal), 65, false },
		{ "uid", FIELD(uid), UINT32_MAX, true },
		{ "reserved", FIELD(reserved), 1, false },
		{ "zero", FIELD(zero), 1, false },
		{ "family 5", FIELD(source.family), 5, false },
		{ "family 2", FIELD(source.family), 2, false },
		{ "UNIX with a port", FIELD(source.family), RECORD_FAMILY_UNIX, false },
		{ "IPv6 as IPv4", FIELD(destination.family), 4, true },
		{ "no family, but a port", FIELD(source.family), 0, false },
		{ "address's zero", FIELD(source.zero), 1, false },
		{ "text shorter", FIELD(text_length), 3, false },
		{ "text longer", FIELD(text_length), 319, false },
		{ "text full", FIELD(text_length), RECORD_TEXT, false },
		{ "text endless", FIELD(text_length), UINT32_MAX, false },
		{ "newline", offsetof(struct record, text), 1, '\n', false },
		{ "delete", offsetof(struct record, text), 1, 127, false },
		{ "high", offsetof(struct record, text), 1, 0xe4, false },
		{ "NUL", offsetof(struct record, text), 1, 0, false },
		{ "after the text", offsetof(struct record, text) + 319, 1, 'x',
		    false },
		{ "after an IPv4 address",
		    offsetof(struct record, source.bytes) + 15, 1, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct record r = good();
		const char *broken;

		assert_null(record_check(&r, WRITER_PARENT));
		/* Little and big endian alike: through a value of that size. */
		union { uint8_t b; uint16_t h; uint32_t w; uint64_t d; } v;
		switch (rows[i].size) {
		case 1: v.b = (uint8_t)rows[i].value; break;
		case 2: v.h = (uint16_t)rows[i].value; break;
		case 4: v.w = (uint32_t)rows[i].value; break;
		default: v.d = rows[i].value; break;
		}
		memcpy((char *)&r + rows[i].offset, &v, rows[i].size);
		broken = record_check(&r, WRITER_PARENT);
		if ((broken == NULL) != rows[i].is_good)
			fail_msg("%s: %s", rows[i].name,
			    broken != NULL ? broken : "passed");
	}
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *name;
		struct record_addr addr;
		bool is_good;
	} rows[] = {
		{ "nothing", { .family = 0 }, true },
		{ "nothing with a scope", { .scope = 1 }, false },
		{ "UNIX", { .family = RECORD_FAMILY_UNIX }, true },
		{ "UNIX, a uid", { .family = RECORD_FAMILY_UNIX,
		    .scope = UINT32_MAX }, true },
		{ "UNIX, a port", { .family = RECORD_FAMILY_UNIX, .port = 1 },
		    false },
		{ "UNIX, bytes", { .family = RECORD_FAMILY_UNIX,
		    .bytes = { 1 } }, false },
		{ "IPv4", { .family = 4, .port = 1, .bytes = { 192, 0, 2, 1 } },
		    true },
		{ "IPv4, a fifth byte", { .family = 4,
		    .bytes = { 192, 0, 2, 1, 1 } }, false },
		{ "IPv6, a scope", { .family = 6, .scope = 2,
		    .bytes = { 0xfe, 0x80 } }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if ((record_check_addr(&rows[i].addr) == NULL) !=
		    rows[i].is_good)
			fail_msg("%s", rows[i].name);
}

static void
test_writers(void **state)
{
	/* parent, dispatch, log */
	static const char *const may[RECORD_MAX] = {
		[RECORD_NONE] = "---",
		[RECORD_ACCEPTED] = "pd-", [RECORD_DENIED] = "pd-",
		[RECORD_CLOSED] = "p--", [RECORD_DEACTIVATED] = "pd-",
		[RECORD_ACTIVATED] = "pd-", [RECORD_RELOADED] = "p--",
		[RECORD_REJECTED] = "p--", [RECORD_CONFIG_WARNING] = "p--",
		[RECORD_STARTED] = "p--", [RECORD_STOPPED] = "p--",
		[RECORD_VIOLATION] = "p--", [RECORD_HELPER_DIED] = "p--",
		[RECORD_MESSAGE] = "pdl", [RECORD_LOST] = "--l",
		[RECORD_OPENED] = "--l", [RECORD_USERID] = "pd-",
		[RECORD_NOID] = "pd-", [RECORD_PENALISED] = "pd-",
		[RECORD_DROPPED] = "pd-",
	};
	struct record r = good();

	(void)state;
	for (unsigned action = 0; action < RECORD_MAX; action++) {
		assert_non_null(may[action]);
		r.action = (uint16_t)action;
		for (unsigned w = 0; w < WRITER_MAX; w++) {
			bool is_taken = record_check(&r,
			    (enum record_writer)w) == NULL;

			if (is_taken != (may[action][w] != '-'))
				fail_msg("action %u, writer %u", action, w);
		}
	}
	assert_non_null(record_check(&r, WRITER_MAX));
}

static void
test_send(void **state)
{
	struct record_counter counter = { 0 };
	struct record_channel channel = { -1, &counter };
	struct record r = good();
	union msg m;
	char bytes[IPC_MAX];
	size_t length;
	uint64_t sent = 0;
	int pair[2], fd;

	(void)state;
	assert_int_equal(ipc_pair(pair, 16384), 0);
	channel.fd = pair[0];
	assert_true(record_send(&channel, &r));
	assert_int_equal(r.cseq, 1);
	assert_int_equal(counter.offered, 1);
	assert_int_equal(ipc_receive(pair[1], bytes, &length, false, &fd),
	    IPC_OK);
	assert_null(msg_decode(LINK_RECORDS, bytes, length, false, &m));
	assert_memory_equal(&m.record.record, &r, sizeof r);

	/* One that is lost has a number all the same. */
	while (record_send(&channel, &r))
		assert_true(++sent < 10000);
	assert_int_equal(r.cseq, sent + 2);
	assert_int_equal(counter.offered, sent + 2);
	fd_close(&pair[1]);
	assert_false(record_send(&channel, &r));
	assert_int_equal(counter.offered, sent + 3);
	fd_close(&pair[0]);
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_conn_text),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_send),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
