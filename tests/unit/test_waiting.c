/*
 * Tests of what the dispatcher waits with: slots in order, the end of a line,
 * answers made into facts, records that are told once, and answers that end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dispatch/answer.h"
#include "dispatch/crowd.h"
#include "dispatch/line.h"
#include "dispatch/pace.h"
#include "dispatch/patience.h"
#include "dispatch/queue.h"
#include "dispatch/suppress.h"

static void
test_queue(void **state)
{
	struct queue_link links[3];
	struct queue q;
	uint64_t serial;

	(void)state;
	queue_init(&q, links, 3);
	assert_int_equal(q.first, QUEUE_NONE);
	assert_int_equal(queue_take(&q, 1), 0);
	assert_int_equal(queue_take(&q, 2), 1);
	assert_int_equal(queue_take(&q, 3), 2);
	assert_int_equal(queue_take(&q, 4), QUEUE_NONE);
	assert_int_equal(q.used, 3);
	/* From the middle, from the front, from the back. */
	serial = links[1].serial;
	assert_true(queue_is(&q, 1, serial));
	queue_release(&q, 1);
	assert_false(queue_is(&q, 1, serial));
	assert_false(queue_is(&q, 1, 0));
	assert_int_equal(links[0].next, 2);
	queue_release(&q, 0);
	assert_int_equal(q.first, 2);
	/* A slot that changes hands is another. */
	assert_int_equal(queue_take(&q, 5), 0);
	assert_int_equal(queue_take(&q, 6), 1);
	assert_false(queue_is(&q, 1, serial));
	assert_int_equal(q.first, 2);
	assert_int_equal(q.last, 1);
	queue_release(&q, 1);
	assert_int_equal(q.last, 0);
	queue_release(&q, 2);
	queue_release(&q, 0);
	assert_int_equal(q.used, 0);
	assert_int_equal(q.first, QUEUE_NONE);
	assert_int_equal(q.last, QUEUE_NONE);
	assert_false(queue_is(&q, 3, 1));
}

#define PLACES 8

struct crowd {
	struct queue_link links[PLACES];
	struct queue q;
	struct crowd_row rows[PLACES];
};

/* "1 192.0.2.1": a service and a source. */
static struct crowd_row
crowd_client(const char *text)
{
	struct addr source;

	assert_true(addr_parse(&source, text + 2));
	return crowd_row(&source, (uint32_t)(text[0] - '0'));
}

static uint32_t
crowd_add(struct crowd *w, const char *text)
{
	const struct crowd_row client = crowd_client(text);
	uint32_t slot = queue_take(&w->q, 1);

	assert_int_not_equal(slot, QUEUE_NONE);
	crowd_enter(w->rows, &w->q, slot, &client);
	return slot;
}

static const struct {
	const char *waiting[PLACES], *newcomer;
	bool is_of_service;
	uint32_t expected;	/* in the order of arrival */
	uint32_t fixed;		/* bits */
} crowds[] = {
	{ { NULL }, "1 192.0.2.1", false, QUEUE_NONE, 0 },
	/* All alike: the oldest, or its own. */
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.3" }, "1 192.0.2.9",
	    true, 0, 0 },
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.3" }, "1 192.0.2.2",
	    true, 1, 0 },
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.2", "1 192.0.2.1" },
	    "1 192.0.2.2", true, 1, 0 },
	/* The crowd, not the one who came before it, nor a second one. */
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.2" }, "1 192.0.2.3",
	    true, 1, 0 },
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.2" }, "1 192.0.2.2",
	    true, 1, 0 },
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.2", "1 192.0.2.2" },
	    "1 192.0.2.1", true, 1, 0 },
	/* One that has equally many with the newcomer gives way itself. */
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.2" }, "1 192.0.2.1",
	    true, 0, 0 },
	/* Of the service, or of all. */
	{ { "1 192.0.2.1", "2 192.0.2.1", "2 192.0.2.2", "2 192.0.2.2" },
	    "1 192.0.2.9", true, 0, 0 },
	{ { "1 192.0.2.1", "2 192.0.2.3", "2 192.0.2.2", "3 192.0.2.2" },
	    "1 192.0.2.9", false, 2, 0 },
	{ { "2 192.0.2.1", "2 192.0.2.1" }, "1 192.0.2.1", true,
	    QUEUE_NONE, 0 },
	/* Whoever has an answer already stays. */
	{ { "1 192.0.2.1", "1 192.0.2.2", "1 192.0.2.2" }, "1 192.0.2.3",
	    true, 2, 2 },
	{ { "1 192.0.2.2", "1 192.0.2.2" }, "1 192.0.2.3", true, QUEUE_NONE,
	    3 },
	/* A /56 of IPv6 is one source. */
	{ { "1 2001:db8::1", "1 2001:db8:0:1::2", "1 2001:db8:0:ff::3" },
	    "1 2001:db8:0:100::1", true, 1, 1 },
	{ { "1 2001:db8:0:100::1", "1 2001:db8::1", "1 2001:db8:0:ff::3" },
	    "1 2001:db8:1::", true, 1, 0 },
};

static void
test_crowd(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
		const struct crowd_row newcomer =
		    crowd_client(crowds[i].newcomer);
		struct crowd w = { .q = { .links = NULL } };
		uint32_t got;

		queue_init(&w.q, w.links, PLACES);
		for (uint32_t n = 0; crowds[i].waiting[n] != NULL; n++) {
			(void)crowd_add(&w, crowds[i].waiting[n]);
			w.rows[n].is_fixed = (crowds[i].fixed >> n & 1) != 0;
		}
		got = crowd_gives_way(w.rows, &w.q, &newcomer,
		    crowds[i].is_of_service);
		if (got != crowds[i].expected)
			fail_msg("crowd %zu: %u", i, got);
	}
}

/* The numbers follow those who come and go. */
static void
test_crowd_counts(void **state)
{
	struct crowd w = { .q = { .links = NULL } };
	uint32_t first, second;

	(void)state;
	queue_init(&w.q, w.links, PLACES);
	first = crowd_add(&w, "1 192.0.2.1");
	(void)crowd_add(&w, "1 192.0.2.2");
	second = crowd_add(&w, "2 192.0.2.1");
	assert_int_equal(w.rows[first].of_all, 2);
	assert_int_equal(w.rows[first].of_service, 1);
	assert_int_equal(w.rows[second].of_all, 2);
	(void)crowd_add(&w, "1 192.0.2.1");
	assert_int_equal(w.rows[first].of_all, 3);
	assert_int_equal(w.rows[first].of_service, 2);
	assert_int_equal(w.rows[second].of_service, 1);
	crowd_leave(w.rows, &w.q, first);
	queue_release(&w.q, first);
	assert_int_equal(w.rows[second].of_all, 2);
	assert_int_equal(w.rows[second].of_service, 1);
	assert_int_equal(crowd_add(&w, "2 192.0.2.2"), first);
	assert_int_equal(w.rows[first].of_all, 2);
	assert_int_equal(w.rows[first].of_service, 1);
	assert_int_equal(w.rows[second].of_all, 2);
}

static void
test_patience(void **state)
{
	struct patience p = { .at_ms = 0 };
	uint64_t now = 3, waited = 0;

	(void)state;
	assert_int_equal(patience_left_ms(&p, 10, now), PATIENCE_MS);
	now += 400;
	patience_spend(&p, 10, 400, now);
	assert_int_equal(patience_left_ms(&p, 10, now), 600);
	now += 600;
	patience_spend(&p, 10, 600, now);
	assert_in_range(patience_left_ms(&p, 10, now), 50, 60);
	now += 2000;
	patience_spend(&p, 10, 2000, now);
	assert_int_equal(patience_left_ms(&p, 10, now), 0);
	/* What was waited too long counts too, up to a second more. */
	assert_int_equal(patience_left_ms(&p, 10, now + 15000), 500);
	assert_int_equal(patience_left_ms(&p, 10, now + 60000), PATIENCE_MS);

	/* Whoever takes all there is gets a tenth, and little more. */
	now += 60000;
	for (uint64_t end = now + 100000; now < end;) {
		uint64_t left = patience_left_ms(&p, 10, now);

		if (left < 10) {
			now++;
			continue;
		}
		now += left;
		waited += left;
		patience_spend(&p, 10, left, now);
	}
	assert_in_range(waited, 9000, 11100);
}

static const struct {
	const char *bytes;
	size_t length;
	enum line_result result;
	size_t name, whole;
} lines[] = {
	{ "", 0, LINE_PARTIAL, 0, 0 },
	{ "echo", 4, LINE_PARTIAL, 0, 0 },
	{ "echo\r", 5, LINE_PARTIAL, 0, 0 },
	{ "echo\r\n", 6, LINE_FOUND, 4, 6 },
	{ "echo\n", 5, LINE_FOUND, 4, 5 },
	{ "echo\r\nmore\n", 11, LINE_FOUND, 4, 6 },
	{ "\n", 1, LINE_FOUND, 0, 1 },
	{ "\r\n", 2, LINE_FOUND, 0, 2 },
	{ "a\r\r\n", 4, LINE_FOUND, 2, 4 },
	{ "a\0b\r\n", 5, LINE_FOUND, 3, 5 },
};

static void
test_line(void **state)
{
	char longest[LINE_MAX_BYTES + 1];
	size_t name, whole;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		name = whole = 0;
		if (line_find(lines[i].bytes, lines[i].length, &name,
		    &whole) != lines[i].result || name != lines[i].name ||
		    whole != lines[i].whole)
			fail_msg("line %zu", i);
	}
	memset(longest, 'x', sizeof longest);
	assert_int_equal(line_find(longest, LINE_MAX_BYTES - 1, &name, &whole),
	    LINE_PARTIAL);
	assert_int_equal(line_find(longest, LINE_MAX_BYTES, &name, &whole),
	    LINE_TOO_LONG);
	longest[LINE_MAX_BYTES] = '\n';
	assert_int_equal(line_find(longest, sizeof longest, &name, &whole),
	    LINE_TOO_LONG);
	longest[LINE_MAX_BYTES - 1] = '\n';
	assert_int_equal(line_find(longest, LINE_MAX_BYTES, &name, &whole),
	    LINE_FOUND);
	assert_int_equal(whole, LINE_MAX_BYTES);
}

static struct msg_lookup_answer
answer(enum lookup_kind kind, enum lookup_result result, const char *text)
{
	struct msg_lookup_answer a = { .kind = kind, .result = result,
	    .length = (uint32_t)strlen(text) };

	(void)snprintf(a.text, sizeof a.text, "%s", text);
	return a;
}

static const struct {
	const char *text;
	enum tri expected;
	unsigned count;
} names[] = {
	{ "", TRI_YES, 0 },
	{ "host.example", TRI_YES, 1 },
	{ "a.example b.example", TRI_YES, 2 },
	{ "1 2 3 4 5 6 7 8", TRI_YES, 8 },
	{ "1 2 3 4 5 6 7 8 9", TRI_UNKNOWN, 0 },
	{ "UPPER.example", TRI_UNKNOWN, 0 },
	{ "dot.example.", TRI_UNKNOWN, 0 },
	{ " leading", TRI_UNKNOWN, 0 },
	{ "trailing ", TRI_UNKNOWN, 0 },
	{ "two  blanks", TRI_UNKNOWN, 0 },
	{ "semi;colon", TRI_UNKNOWN, 0 },
};

static void
test_names(void **state)
{
	const struct question q = { .kind = QUESTION_NAMES };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct msg_lookup_answer a = answer(LOOKUP_NAMES, LOOKUP_YES,
		    names[i].text);
		struct answer_text text;
		struct facts facts = { .names = TRI_UNASKED };

		assert_true(answer_enter(&facts, &text, &q, &a));
		if (facts.names != names[i].expected ||
		    facts.name_count != names[i].count ||
		    facts.has_more_names)
			fail_msg("names \"%s\"", names[i].text);
		a.is_incomplete = 1;
		assert_true(answer_enter(&facts, &text, &q, &a));
		if (facts.has_more_names != (names[i].expected == TRI_YES))
			fail_msg("more names than \"%s\"", names[i].text);
	}
}

static const struct {
	const char *text;
	enum lookup_result result;
	enum tri expected;
	const char *user;
} idents[] = {
	{ "UNIX : joe", LOOKUP_YES, TRI_YES, "joe" },
	{ "UNIX,US-ASCII :joe bloggs", LOOKUP_YES, TRI_YES, "joe bloggs" },
	{ "OTHER : a:b", LOOKUP_YES, TRI_YES, "a:b" },
	{ "UNIX", LOOKUP_YES, TRI_UNKNOWN, NULL },
	{ "UNIX : ", LOOKUP_YES, TRI_UNKNOWN, NULL },
	{ "", LOOKUP_NO, TRI_NO, NULL },
	{ "", LOOKUP_UNKNOWN, TRI_UNKNOWN, NULL },
};

static void
test_ident(void **state)
{
	const struct question q = { .kind = QUESTION_IDENT };

	(void)state;
	for (size_t i = 0; i < sizeof idents / sizeof *idents; i++) {
		struct msg_lookup_answer a = answer(LOOKUP_IDENT,
		    idents[i].result, idents[i].text);
		struct answer_text text;
		struct facts facts = { .ident = TRI_UNASKED };

		assert_true(answer_enter(&facts, &text, &q, &a));
		assert_int_equal(facts.ident, idents[i].expected);
		if (idents[i].user == NULL)
			assert_null(facts.ident_user);
		else
			assert_string_equal(facts.ident_user, idents[i].user);
	}
}

static void
test_hosts(void **state)
{
	const struct question q = { .kind = QUESTION_HOST, .name = "h" };
	struct msg_lookup_answer yes = answer(LOOKUP_HOST, LOOKUP_YES, "");
	struct msg_lookup_answer other = answer(LOOKUP_NAMES, LOOKUP_YES, "");
	struct answer_text text;
	struct facts facts = { .names = TRI_UNASKED };

	(void)state;
	assert_true(answer_enter(&facts, &text, &q, &yes));
	assert_true(answer_enter(&facts, &text, &q, NULL));
	/* To another question. */
	assert_true(answer_enter(&facts, &text, &q, &other));
	assert_int_equal(facts.host_count, 3);
	assert_int_equal(facts.host[0].answer, TRI_YES);
	assert_int_equal(facts.host[1].answer, TRI_UNKNOWN);
	assert_int_equal(facts.host[2].answer, TRI_UNKNOWN);
	assert_string_equal(facts.host[0].name, "h");
	assert_int_equal(facts.names, TRI_UNASKED);
	while (facts.host_count < FACTS_HOSTS_MAX)
		assert_true(answer_enter(&facts, &text, &q, &yes));
	assert_false(answer_enter(&facts, &text, &q, &yes));
}

static struct suppress_meter meters[3];
static struct suppress_table table;

static bool
deny(struct record_addr *source, uint32_t listener, uint64_t now_us,
    uint64_t *untold)
{
	return suppress_wants_record(&table, source, listener, now_us, untold);
}

static struct record_addr
from(uint32_t n)
{
	return (struct record_addr){ .family = 4, .port = (uint16_t)(n + 1),
	    .bytes = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
	    (uint8_t)n } };
}

static void
clear(void)
{
	memset(&table, 0, sizeof table);
	memset(meters, 0, sizeof meters);
	table.meters = meters;
}

static void
test_suppress(void **state)
{
	struct record_addr a = from(1), b = from(2);
	uint64_t now = 5000000, untold = 99;

	(void)state;
	clear();
	assert_true(deny(&a, 1, now, &untold));
	assert_int_equal(untold, 0);
	/* From whatever port. */
	for (unsigned i = 0; i < 5; i++, a.port++)
		assert_false(deny(&a, 1, now + i, &untold));
	/* At another listener, from another address: others. */
	assert_true(deny(&a, 2, now, &untold));
	assert_true(deny(&b, 1, now, &untold));
	assert_int_equal(untold, 0);
	assert_false(deny(&a, 1, now + SUPPRESS_US - 1, &untold));
	assert_true(deny(&a, 1, now + SUPPRESS_US, &untold));
	assert_int_equal(untold, 6);
	/* A source's own number waits for its next record, or for the end. */
	assert_false(deny(&a, 1, now + SUPPRESS_US, &untold));
	assert_int_equal(table.owed, 0);
	assert_int_equal(suppress_owed(&table, 1, false, now), 0);
	assert_int_equal(suppress_owed(&table, 2, true, now), 0);
	assert_int_equal(suppress_owed(&table, 1, true, now), 1);
	assert_int_equal(suppress_owed(&table, 1, true, now), 0);
}

/* However many sources, at however many listeners: few records, and each
 * denial has one or is counted in one. */
static void
test_suppress_rate(void **state)
{
	const uint64_t start = 5000000;
	uint64_t untold = 0, counted = 0, now = start;
	uint32_t told[3] = { 0 };

	(void)state;
	clear();
	for (unsigned i = 0; i < 300000; i++) {
		struct record_addr a = from(i % 3001);
		uint32_t listener = i / 100 % 3;

		/* 10 s, and the end of each second. */
		now = start + (uint64_t)i * 100 / 3;
		for (uint32_t l = 0; l < 3 && i > 0 && i % 30000 == 0; l++) {
			counted += suppress_owed(&table, l, false, now);
			assert_in_range(++told[l], 1, SUPPRESS_RECORDS);
		}
		if (i % 30000 == 0)
			memset(told, 0, sizeof told);
		if (!deny(&a, listener, now, &untold))
			continue;
		told[listener]++;
		counted += 1 + untold;
	}
	assert_true(table.owed > 0);
	for (uint32_t l = 0; l < 3; l++)
		counted += suppress_owed(&table, l, true, now);
	assert_int_equal(counted, 300000);
	assert_int_equal(table.owed, 0);
}

static struct pace_table pace;

static void
test_pace(void **state)
{
	struct record_addr a = from(1), b = from(2);
	uint64_t now = 5000000;

	(void)state;
	/* As fast as they come, from any ports; each minute anew. */
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < PACE_ANSWERS; i++, a.port++)
			assert_true(pace_allows(&pace, &a, now));
		now += PACE_MINUTE_US;
	}
	/* One too many: silence, whatever comes meanwhile. */
	for (unsigned i = 0; i < PACE_ANSWERS; i++)
		assert_true(pace_allows(&pace, &a, now + i));
	now += PACE_MINUTE_US - 1;
	for (uint64_t i = 0; i < PACE_SILENCE_US; i += PACE_SILENCE_US / 100)
		assert_false(pace_allows(&pace, &a, now + i));
	assert_true(pace_allows(&pace, &b, now));
	now += PACE_SILENCE_US;
	for (unsigned i = 0; i < PACE_ANSWERS; i++)
		assert_true(pace_allows(&pace, &a, now));
	assert_false(pace_allows(&pace, &a, now));
}

/* More sources than rows: no stranger is refused, and whoever is heard of most
 * stays known. */
static void
test_pace_full(void **state)
{
	struct record_addr a = from(1);
	unsigned allowed = 0;

	(void)state;
	memset(&pace, 0, sizeof pace);
	for (unsigned i = 0; i < 10 * PACE_ANSWERS; i++) {
		struct record_addr stranger = from(100 + i);

		allowed += pace_allows(&pace, &a, 5000000 + i);
		assert_true(pace_allows(&pace, &stranger, 5000000 + i));
	}
	assert_int_equal(allowed, PACE_ANSWERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_crowd_counts),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ident),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_suppress),
		cmocka_unit_test(test_suppress_rate),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_pace_full),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
