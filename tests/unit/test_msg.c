/*
 * Every message, and every way to break one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "shared/confine.h"
#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/state.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A message of that type that every check lets pass. */
static size_t
make(union msg *m, enum msg_type type)
{
	memset(m, 0, sizeof *m);
	switch (type) {
	case MSG_HELLO:
		m->hello.layers = LAYERS_MANDATORY | LAYER_MDWE;
		break;
	case MSG_SESSION:
		m->session.connect_ms = 1;
		break;
	case MSG_ASK:
		m->ask.timeout_ms = 2000;
		m->ask.source.family = 4;
		m->ask.length = 4;
		memcpy(m->ask.text, "host", 4);
		break;
	case MSG_START:
		m->start.number = 1;
		m->start.entry = UINT32_MAX;
		break;
	case MSG_REFUSED:
		m->answer.reason = 4;
		break;
	case MSG_DIAG:
		m->diag.effect = 1;
		m->diag.code = 2;
		m->diag.length = 5;
		memcpy(m->diag.text, "wrong", 5);
		break;
	case MSG_RECORD:
		record_init(&m->record.record, RECORD_MESSAGE);
		m->record.record.cseq = 1;
		break;
	default:
		break;
	}
	return msg_prepare(m, type);
}

static const char *
decode(const union msg *m, size_t length)
{
	const struct msg_info *info = &msg_table[m->h.type];
	union msg out;

	return msg_decode(info->link, m, length, info->fd, &out);
}

static void
test_table(void **state)
{
	static const char *const names[MSG_MAX] = {
		NULL, "HELLO", "START", "START_WAIT", "SHIELD", "GUARD",
		"DRAINED",
		"GO", "DRAIN", "STARTED", "REFUSED", "BUSY", "FREE",
		"GUARDED", "LOOKUP",
		"SESSION", "TARGET", "SESSION_STOP", "RELAY_DRAIN",
		"RELAY_READY", "SESSION_END", "ASKER", "LOOKUP_READY", "ASK",
		"ANSWER", "SINK", "TEXT", "RETIRE", "CHANNEL", "COUNTER",
		"QUIT", "LOG_READY", "SINK_DEAD", "CHANNEL_DONE", "DIAG",
		"LOADED", "LOAD_DONE", "RECORD",
	};
	/* One letter a type: where a descriptor belongs. */
	static const char fds[] = "--F-----------FFF----F---FF-FF-----F--";

	(void)state;
	assert_int_equal(sizeof fds - 1, MSG_MAX);
	for (unsigned t = 1; t < MSG_MAX; t++) {
		assert_string_equal(msg_table[t].name, names[t]);
		assert_int_equal(msg_table[t].fd, fds[t] == 'F');
		assert_in_range(msg_table[t].size, sizeof(struct msg_header),
		    IPC_MAX);
	}
}

static void
test_good(void **state)
{
	(void)state;
	for (unsigned t = 1; t < MSG_MAX; t++) {
		const struct msg_info *info = &msg_table[t];
		union msg m, out;
		size_t length = make(&m, (enum msg_type)t);

		assert_int_equal(length, info->size);
		memset(&out, 0xff, sizeof out);
		if (msg_decode(info->link, &m, length, info->fd, &out) != NULL)
			fail_msg("%s", info->name);
		assert_memory_equal(&out, &m, sizeof m);
	}
}

/* For every type: wrong link, length, header and descriptor. */
static void
test_frames(void **state)
{
	(void)state;
	for (unsigned t = 1; t < MSG_MAX; t++) {
		const struct msg_info *info = &msg_table[t];
		union msg m, out;
		size_t length = make(&m, (enum msg_type)t);

		for (unsigned link = 0; link < MSG_LINKS; link++)
			assert_int_equal(msg_decode((enum msg_link)link, &m,
			    length, info->fd, &out) == NULL,
			    link == info->link);
		assert_non_null(msg_decode(info->link, &m, length, !info->fd,
		    &out));
		for (size_t n = 0; n <= sizeof m; n++)
			assert_int_equal(msg_decode(info->link, &m, n, info->fd,
			    &out) == NULL, n == length);
		m.h.length++;
		assert_non_null(decode(&m, length));
		assert_non_null(decode(&m, length + 1));
		m.h.length--;
		m.h.reserved = 0x80000000;
		assert_non_null(decode(&m, length));
	}
}

static void
test_unknown_types(void **state)
{
	static const uint16_t types[] = { MSG_NONE, MSG_MAX, 255, 65535 };

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		for (unsigned link = 0; link < MSG_LINKS; link++) {
			union msg m, out;

			memset(&m, 0, sizeof m);
			m.h.type = types[i];
			m.h.length = sizeof m.plain;
			assert_non_null(msg_decode((enum msg_link)link, &m,
			    sizeof m.plain, false, &out));
		}
}

/* A failed decode leaves nothing of the bytes behind. */
static void
test_nothing_left(void **state)
{
	static const union msg nothing;
	union msg m, out;
	size_t length = make(&m, MSG_START);

	(void)state;
	m.start.attr = UINT32_MAX;
	memset(&out, 0xff, sizeof out);
	assert_non_null(msg_decode(LINK_DISPATCH_TO_PARENT, &m, length, true,
	    &out));
	assert_memory_equal(&out, &nothing, sizeof out);
}

#define AT(type, field) offsetof(struct type, field), \
	sizeof(((struct type *)0)->field)

static void
test_fields(void **state)
{
	static const struct {
		enum msg_type type;
		const char *name;
		size_t offset, size;
		uint64_t value;
		bool is_good;
	} rows[] = {
		{ MSG_HELLO, "all layers", AT(msg_hello, layers), 1023, true },
		{ MSG_HELLO, "layers", AT(msg_hello, layers), 1024, false },
		{ MSG_START, "service", AT(msg_start, service), STATE_SERVICES, false },
		{ MSG_START, "last service", AT(msg_start, service), STATE_SERVICES - 1, true },
		{ MSG_START, "number", AT(msg_start, number), UINT64_C(1) << 40, false },
		{ MSG_START, "last number", AT(msg_start, number), (UINT64_C(1) << 40) - 1, true },
		{ MSG_START, "attr", AT(msg_start, attr), 4096, false },
		{ MSG_START, "zero", AT(msg_start, zero), 1, false },
		{ MSG_START, "no rule of hosts.allow", AT(msg_start, wrap), UINT32_MAX, true },
		{ MSG_START_WAIT, "service", AT(msg_start, service), STATE_SERVICES, false },
		{ MSG_START_WAIT, "number", AT(msg_start, number), UINT64_C(1) << 40, false },
		{ MSG_SHIELD, "listener", AT(msg_listener, listener), UINT32_MAX, true },
		{ MSG_SHIELD, "zero", AT(msg_listener, zero), 1, false },
		{ MSG_BUSY, "zero", AT(msg_listener, zero), 1, false },
		{ MSG_FREE, "zero", AT(msg_listener, zero), 1, false },
		{ MSG_LOOKUP, "value", AT(msg_plain, value), 1, false },
		{ MSG_ASKER, "value", AT(msg_plain, value), 1, false },
		{ MSG_RELAY_DRAIN, "value", AT(msg_plain, value), 1, false },
		{ MSG_RELAY_READY, "layers", AT(msg_plain, value), 1023, true },
		{ MSG_RELAY_READY, "unknown layers", AT(msg_plain, value), 1024, false },
		{ MSG_LOOKUP_READY, "layers", AT(msg_plain, value), 15, true },
		{ MSG_LOOKUP_READY, "zero", AT(msg_plain, zero), 1, false },
		{ MSG_SESSION, "last slot", AT(msg_session, slot), STATE_INSTANCES - 1, true },
		{ MSG_SESSION, "slot", AT(msg_session, slot), STATE_INSTANCES, false },
		{ MSG_SESSION, "kind", AT(msg_session, kind), RELAY_MAX, false },
		{ MSG_SESSION, "a connect time, but no redirect", AT(msg_session, kind),
		    RELAY_ECHO, false },
		{ MSG_SESSION, "text without text", AT(msg_session, kind), RELAY_TEXT, false },
		{ MSG_SESSION, "no connect time", AT(msg_session, connect_ms), 0, false },
		{ MSG_SESSION, "any idle time", AT(msg_session, idle_ms), UINT64_MAX, true },
		{ MSG_SESSION, "text of a redirect", AT(msg_session, length), 1, false },
		{ MSG_SESSION, "text endless", AT(msg_session, length), UINT32_MAX, false },
		{ MSG_SESSION, "bytes after the text", offsetof(struct msg_session, text), 1, 1,
		    false },
		{ MSG_SESSION, "last byte", offsetof(struct msg_session, text) +
		    MSG_SESSION_TEXT - 1, 1, 1, false },
		{ MSG_SESSION, "zero", AT(msg_session, zero), 1, false },
		{ MSG_TARGET, "slot", AT(msg_session, slot), STATE_INSTANCES, false },
		{ MSG_TARGET, "kind", AT(msg_session, kind), 1, false },
		{ MSG_TARGET, "idle", AT(msg_session, idle_ms), 1, false },
		{ MSG_TARGET, "connect", AT(msg_session, connect_ms), 1, false },
		{ MSG_TARGET, "length", AT(msg_session, length), 1, false },
		{ MSG_SESSION_STOP, "conn", AT(msg_session, conn), UINT64_MAX, true },
		{ MSG_SESSION_STOP, "kind", AT(msg_session, kind), 1, false },
		{ MSG_SESSION_END, "last cause", AT(msg_session_end, cause), SESSION_LOST - 1, true },
		{ MSG_SESSION_END, "the parent's cause", AT(msg_session_end, cause), SESSION_LOST,
		    false },
		{ MSG_SESSION_END, "slot", AT(msg_session_end, slot), STATE_INSTANCES, false },
		{ MSG_SESSION_END, "last errno", AT(msg_session_end, error), 4095, true },
		{ MSG_SESSION_END, "errno", AT(msg_session_end, error), 4096, false },
		{ MSG_SESSION_END, "bytes", AT(msg_session_end, in), UINT64_MAX, true },
		{ MSG_SESSION_END, "zero", AT(msg_session_end, zero), 1, false },
		{ MSG_ASK, "kind", AT(msg_ask, kind), LOOKUP_IDENT + 1, false },
		{ MSG_ASK, "names with a text", AT(msg_ask, kind), LOOKUP_NAMES, false },
		{ MSG_ASK, "no time", AT(msg_ask, timeout_ms), 0, false },
		{ MSG_ASK, "longest time", AT(msg_ask, timeout_ms), 60000, true },
		{ MSG_ASK, "too long a time", AT(msg_ask, timeout_ms), 60001, false },
		{ MSG_ASK, "no source", AT(msg_ask, source.family), 0, false },
		{ MSG_ASK, "a UNIX source", AT(msg_ask, source.family), RECORD_FAMILY_UNIX, false },
		{ MSG_ASK, "destination", AT(msg_ask, destination.family), 5, false },
		{ MSG_ASK, "source's zero", AT(msg_ask, source.zero), 1, false },
		{ MSG_ASK, "text shorter", AT(msg_ask, length), 3, false },
		{ MSG_ASK, "no text", AT(msg_ask, length), 0, false },
		{ MSG_ASK, "text endless", AT(msg_ask, length), UINT32_MAX, false },
		{ MSG_ASK, "newline", offsetof(struct msg_ask, text), 1, '\n', false },
		{ MSG_ASK, "zero", AT(msg_ask, zero), 1, false },
		{ MSG_ANSWER, "kind", AT(msg_lookup_answer, kind), LOOKUP_IDENT + 1, false },
		{ MSG_ANSWER, "ident without a failure", AT(msg_lookup_answer, kind), LOOKUP_IDENT,
		    false },
		{ MSG_ANSWER, "result", AT(msg_lookup_answer, result), LOOKUP_UNKNOWN + 1, false },
		{ MSG_ANSWER, "names", AT(msg_lookup_answer, kind), LOOKUP_NAMES, true },
		{ MSG_ANSWER, "a host with a failure", AT(msg_lookup_answer, failure),
		    IDENT_TIMEOUT, false },
		{ MSG_ANSWER, "failure", AT(msg_lookup_answer, failure), IDENT_FAILURE_MAX, false },
		{ MSG_ANSWER, "text of a host", AT(msg_lookup_answer, length), 1, false },
		{ MSG_ANSWER, "a host's incomplete names",
		    AT(msg_lookup_answer, is_incomplete), 1, false },
		{ MSG_ANSWER, "zero", AT(msg_lookup_answer, zero), 1, false },
		{ MSG_ANSWER, "padding", offsetof(struct msg_lookup_answer, text) +
		    MSG_ANSWER_TEXT - 1, 1, 'x', false },
		{ MSG_DRAINED, "value", AT(msg_plain, value), 1, false },
		{ MSG_DRAINED, "zero", AT(msg_plain, zero), 1, false },
		{ MSG_GO, "value", AT(msg_plain, value), 1, false },
		{ MSG_DRAIN, "value", AT(msg_plain, value), 1, false },
		{ MSG_QUIT, "value", AT(msg_plain, value), 1, false },
		{ MSG_LOG_READY, "layers", AT(msg_plain, value), 15, true },
		{ MSG_LOG_READY, "unknown layers", AT(msg_plain, value), 1024, false },
		{ MSG_STARTED, "reason", AT(msg_answer, reason), 1, false },
		{ MSG_STARTED, "attr", AT(msg_answer, attr), 1, false },
		{ MSG_STARTED, "service", AT(msg_answer, service), STATE_SERVICES, false },
		{ MSG_STARTED, "zero", AT(msg_answer, zero), 1, false },
		{ MSG_STARTED, "number", AT(msg_answer, number), UINT64_MAX, false },
		{ MSG_REFUSED, "client gone", AT(msg_answer, reason), 0, true },
		{ MSG_REFUSED, "last reason", AT(msg_answer, reason), 15, true },
		{ MSG_REFUSED, "reason", AT(msg_answer, reason), 16, false },
		{ MSG_REFUSED, "attr", AT(msg_answer, attr), 4096, false },
		{ MSG_SINK, "last sink", AT(msg_log, number), 255, true },
		{ MSG_SINK, "sink", AT(msg_log, number), 256, false },
		{ MSG_SINK, "reader", AT(msg_log, kind), 1, true },
		{ MSG_SINK, "kind", AT(msg_log, kind), 2, false },
		{ MSG_TEXT, "generation", AT(msg_log, number), UINT64_MAX, true },
		{ MSG_RETIRE, "kind", AT(msg_log, kind), 1, false },
		{ MSG_CHANNEL, "dispatch", AT(msg_log, kind), WRITER_DISPATCH, true },
		{ MSG_CHANNEL, "log itself", AT(msg_log, kind), WRITER_LOG, false },
		{ MSG_CHANNEL, "writer", AT(msg_log, kind), WRITER_MAX, false },
		{ MSG_COUNTER, "kind", AT(msg_log, kind), 1, false },
		{ MSG_SINK_DEAD, "sink", AT(msg_log, number), 256, false },
		{ MSG_SINK_DEAD, "errno", AT(msg_log, kind), 4095, true },
		{ MSG_SINK_DEAD, "no errno", AT(msg_log, kind), 4096, false },
		{ MSG_CHANNEL_DONE, "zero", AT(msg_log, zero), 1, false },
		{ MSG_DIAG, "effect", AT(msg_diag, effect), 3, false },
		{ MSG_DIAG, "code", AT(msg_diag, code), 256, false },
		{ MSG_DIAG, "line", AT(msg_diag, line), UINT32_MAX, true },
		{ MSG_DIAG, "text shorter", AT(msg_diag, length), 4, false },
		{ MSG_DIAG, "text longer", AT(msg_diag, length), 6, false },
		{ MSG_DIAG, "text full", AT(msg_diag, length), MSG_DIAG_TEXT, false },
		{ MSG_DIAG, "text endless", AT(msg_diag, length), UINT32_MAX, false },
		{ MSG_DIAG, "escape", offsetof(struct msg_diag, text), 1, 27, false },
		{ MSG_DIAG, "high", offsetof(struct msg_diag, text), 1, 200, false },
		{ MSG_DIAG, "after", offsetof(struct msg_diag, text) + MSG_DIAG_TEXT - 1, 1, 'x',
		    false },
		{ MSG_LOADED, "last", AT(msg_loaded, kind), LOADED_MAX - 1, true },
		{ MSG_LOADED, "kind", AT(msg_loaded, kind), LOADED_MAX, false },
		{ MSG_LOADED, "services", AT(msg_loaded, services), 1, false },
		{ MSG_LOADED, "faults", AT(msg_loaded, faults), 1, false },
		{ MSG_LOAD_DONE, "failed", AT(msg_loaded, kind), LOAD_FAILED, true },
		{ MSG_LOAD_DONE, "status", AT(msg_loaded, kind), LOAD_FAILED + 1, false },
		{ MSG_LOAD_DONE, "all services", AT(msg_loaded, services), STATE_SERVICES, true },
		{ MSG_LOAD_DONE, "services", AT(msg_loaded, services), STATE_SERVICES + 1, false },
		{ MSG_LOAD_DONE, "zero", AT(msg_loaded, zero), 1, false },
		{ MSG_RECORD, "action", AT(msg_record, record.action), RECORD_LOST, false },
		{ MSG_RECORD, "level", AT(msg_record, record.level), 8, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		union msg m;
		size_t length = make(&m, rows[i].type);
		union { uint8_t b; uint16_t h; uint32_t w; uint64_t d; } v;
		const char *broken;

		switch (rows[i].size) {
		case 1: v.b = (uint8_t)rows[i].value; break;
		case 2: v.h = (uint16_t)rows[i].value; break;
		case 4: v.w = (uint32_t)rows[i].value; break;
		default: v.d = rows[i].value; break;
		}
		memcpy((char *)&m + rows[i].offset, &v, rows[i].size);
		broken = decode(&m, length);
		if ((broken == NULL) != rows[i].is_good)
			fail_msg("%s: %s: %s", msg_table[rows[i].type].name,
			    rows[i].name, broken != NULL ? broken : "passed");
	}
}

/* Answers and sessions whose fields are right only together. */
static void
test_answers(void **state)
{
	static const struct {
		enum lookup_kind kind;
		enum lookup_result result;
		enum ident_failure failure;
		const char *text;
		bool is_good;
		uint32_t is_incomplete;
	} rows[] = {
		{ LOOKUP_HOST, LOOKUP_YES, IDENT_NONE, "", true, 0 },
		{ LOOKUP_HOST, LOOKUP_UNKNOWN, IDENT_NONE, "", true, 0 },
		{ LOOKUP_HOST, LOOKUP_YES, IDENT_NONE, "a.example.net", false, 0 },
		{ LOOKUP_NAMES, LOOKUP_YES, IDENT_NONE, "", true, 0 },
		{ LOOKUP_NAMES, LOOKUP_YES, IDENT_NONE, "a.example b.example", true, 0 },
		{ LOOKUP_NAMES, LOOKUP_YES, IDENT_NONE, "", true, 1 },
		{ LOOKUP_NAMES, LOOKUP_YES, IDENT_NONE, "", false, 2 },
		{ LOOKUP_NAMES, LOOKUP_UNKNOWN, IDENT_NONE, "", false, 1 },
		{ LOOKUP_IDENT, LOOKUP_YES, IDENT_NONE, "UNIX : joe", false, 1 },
		{ LOOKUP_NAMES, LOOKUP_NO, IDENT_NONE, "a.example", false, 0 },
		{ LOOKUP_NAMES, LOOKUP_UNKNOWN, IDENT_NONE, "a.example", false, 0 },
		{ LOOKUP_NAMES, LOOKUP_NO, IDENT_TIMEOUT, "", false, 0 },
		{ LOOKUP_IDENT, LOOKUP_YES, IDENT_NONE, "UNIX : joe", true, 0 },
		{ LOOKUP_IDENT, LOOKUP_YES, IDENT_NONE, "UNIX : j\033[2J", false, 0 },
		{ LOOKUP_IDENT, LOOKUP_YES, IDENT_NO_SERVER, "", false, 0 },
		{ LOOKUP_IDENT, LOOKUP_NO, IDENT_NO_SERVER, "", true, 0 },
		{ LOOKUP_IDENT, LOOKUP_UNKNOWN, IDENT_RECEIVE_ERROR, "", true, 0 },
		{ LOOKUP_IDENT, LOOKUP_UNKNOWN, IDENT_TIMEOUT, "UNIX : joe", false, 0 },
		{ LOOKUP_IDENT, LOOKUP_UNKNOWN, IDENT_NONE, "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		union msg m;
		size_t length = make(&m, MSG_ANSWER);

		m.lookup_answer.kind = rows[i].kind;
		m.lookup_answer.result = rows[i].result;
		m.lookup_answer.failure = rows[i].failure;
		m.lookup_answer.is_incomplete = rows[i].is_incomplete;
		m.lookup_answer.length = (uint32_t)strlen(rows[i].text);
		memcpy(m.lookup_answer.text, rows[i].text, strlen(rows[i].text));
		if ((decode(&m, length) == NULL) != rows[i].is_good)
			fail_msg("answer %zu: %s", i, rows[i].text);
	}
}

static void
test_session_text(void **state)
{
	static const struct {
		enum relay_kind kind;
		uint32_t length;
		size_t written;
		uint64_t connect_ms;
		bool is_good;
	} rows[] = {
		{ RELAY_TEXT, 4, 4, 0, true },
		{ RELAY_TEXT, MSG_SESSION_TEXT, MSG_SESSION_TEXT, 0, true },
		{ RELAY_TEXT, MSG_SESSION_TEXT + 1, MSG_SESSION_TEXT, 0, false },
		{ RELAY_TEXT, 4, 5, 0, false },
		{ RELAY_TEXT, 0, 0, 0, false },
		{ RELAY_TEXT, 4, 4, 1, false },
		{ RELAY_ECHO, 0, 0, 0, true },
		{ RELAY_CHARGEN, 4, 4, 0, false },
		{ RELAY_DISCARD, 0, 0, 1, false },
		{ RELAY_REDIRECT, 0, 0, 1, true },
		{ RELAY_REDIRECT, 4, 4, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		union msg m;
		size_t length = make(&m, MSG_SESSION);

		m.session.kind = rows[i].kind;
		m.session.connect_ms = rows[i].connect_ms;
		m.session.length = rows[i].length;
		memset(m.session.text, 0x80, rows[i].written);
		if ((decode(&m, length) == NULL) != rows[i].is_good)
			fail_msg("session %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_session_text),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
