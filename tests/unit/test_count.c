/*
 * Tests of the dispatcher's counting: slots of parent.state, our own
 * unanswered starts, and a scoreboard that lies.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dispatch/count.h"

#define OURS 3			/* our number as a dispatcher */
#define OTHER 2
#define SERVICE 5		/* index in our policy */
#define SLOT 1			/* of it in parent.state */

static const struct source_prefix prefix = { 32, 128 }, wide = { 16, 56 };

struct board {
	struct parent_state state;
	struct pending_table pending;
};

static struct record_addr
source(uint8_t last)
{
	struct record_addr a = { .family = 4, .port = (uint16_t)(1000 + last),
	    .bytes = { 127, 0, 0, last } };

	return a;
}

static int
setup(void **state)
{
	struct board *b = calloc(1, sizeof *b);

	if (b == NULL)
		return -1;
	b->state.service_count = 3;
	strcpy(b->state.services[0].id, "echo");
	strcpy(b->state.services[SLOT].id, "telnet");
	strcpy(b->state.services[2].id, "ftp");
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

/* id, hint, service_count -> slot */
static const struct slot_row {
	const char *name, *id;
	uint32_t hint, count, expected;
} slot_rows[] = {
	{ "no hint", "telnet", COUNT_NO_SLOT, 3, 1 },
	{ "right hint", "telnet", 1, 3, 1 },
	{ "wrong hint", "telnet", 2, 3, 1 },
	{ "hint past the end", "telnet", STATE_SERVICES, 3, 1 },
	{ "any case", "TelNet", COUNT_NO_SLOT, 3, 1 },
	{ "not a beginning", "tel", COUNT_NO_SLOT, 3, COUNT_NO_SLOT },
	{ "not there", "ssh", COUNT_NO_SLOT, 3, COUNT_NO_SLOT },
	{ "not in use yet", "ftp", COUNT_NO_SLOT, 2, COUNT_NO_SLOT },
	{ "count that lies", "ftp", COUNT_NO_SLOT, UINT32_MAX, 2 },
	{ "count that lies, not there", "ssh", 0, UINT32_MAX, COUNT_NO_SLOT },
};

static void
test_slot(void **state)
{
	struct board *b = *state;

	for (size_t i = 0; i < sizeof slot_rows / sizeof *slot_rows; i++) {
		const struct slot_row *r = &slot_rows[i];
		uint32_t slot;

		b->state.service_count = r->count;
		slot = count_slot(&b->state, r->id, r->hint);
		if (slot != r->expected)
			fail_msg("%s: %u, not %u", r->name, slot, r->expected);
	}
}

/* An id of 64 bytes without a NUL must not be read past. */
static void
test_slot_unterminated(void **state)
{
	struct board *b = *state;
	char id[STATE_ID];

	memset(b->state.services[0].id, 'x', STATE_ID);
	memset(b->state.services[SLOT].id, 'x', STATE_ID);
	memset(id, 'x', sizeof id);
	id[STATE_ID - 1] = '\0';
	assert_int_equal(count_slot(&b->state, id, 0), COUNT_NO_SLOT);
}

struct server {
	uint32_t slot;		/* in services[] */
	uint64_t conn;
	uint8_t source;		/* last octet; 0: a free slot */
};
struct start {
	uint64_t number;
	uint32_t service;
	uint8_t source;
};

static const struct count_row {
	const char *name;
	struct server servers[4];
	uint32_t high;
	struct start starts[3];
	uint64_t of_source, of_service, of_all;
} count_rows[] = {
	{ "nothing", .of_source = 0 },
	{ "one of ours", { { SLOT, 1, 7 } }, 1, { { 0 } }, 1, 1, 1 },
	{ "another source", { { SLOT, 1, 8 } }, 1, { { 0 } }, 0, 1, 1 },
	{ "another service", { { 2, 1, 7 } }, 1, { { 0 } }, 0, 0, 1 },
	{ "a gap", { { SLOT, 1, 7 }, { 0 }, { SLOT, 2, 7 } }, 3, { { 0 } },
	    2, 2, 2 },
	{ "beyond the highest", { { SLOT, 1, 7 }, { SLOT, 2, 7 } }, 1,
	    { { 0 } }, 1, 1, 1 },
	{ "highest that lies", { { SLOT, 1, 7 } }, UINT32_MAX, { { 0 } },
	    1, 1, 1 },
	{ "an unanswered start", { { 0 } }, 0, { { 9, SERVICE, 7 } },
	    1, 1, 1 },
	{ "of another source", { { 0 } }, 0, { { 9, SERVICE, 8 } }, 0, 1, 1 },
	{ "of another service", { { 0 } }, 0, { { 9, SERVICE + 1, 7 } },
	    0, 0, 1 },
	{ "start that runs already",
	    { { SLOT, RECORD_CONN(OURS, 9), 7 } }, 1, { { 9, SERVICE, 7 } },
	    1, 1, 1 },
	{ "same number, another dispatcher",
	    { { SLOT, RECORD_CONN(OTHER, 9), 7 } }, 1, { { 9, SERVICE, 7 } },
	    2, 2, 2 },
	{ "one of three runs already",
	    { { SLOT, RECORD_CONN(OURS, 11), 7 } }, 1,
	    { { 9, SERVICE, 7 }, { 11, SERVICE, 7 }, { 12, SERVICE, 8 } },
	    2, 3, 3 },
	{ "a newer one than all that are open",
	    { { SLOT, RECORD_CONN(OURS, 99), 7 } }, 1, { { 9, SERVICE, 7 } },
	    2, 2, 2 },
};

static void
fill(struct board *b, const struct count_row *r)
{
	memset(b->state.instances, 0, sizeof b->state.instances);
	memset(&b->pending, 0, sizeof b->pending);
	b->state.instance_high = r->high;
	for (unsigned i = 0; i < 4; i++) {
		struct state_instance *slot = &b->state.instances[i];

		slot->pid = r->servers[i].source != 0 ? 100 + (int)i : 0;
		slot->service = r->servers[i].slot;
		slot->conn = r->servers[i].conn;
		slot->source = source(r->servers[i].source);
		/* The port is the client's choice and means nothing. */
		slot->source.port = 1;
	}
	for (unsigned i = 0; i < 3 && r->starts[i].number != 0; i++) {
		struct pending p = { .number = r->starts[i].number,
		    .service = r->starts[i].service,
		    .source = source(r->starts[i].source) };

		assert_true(count_pending_add(&b->pending, &p));
	}
}

static void
test_exact(void **state)
{
	struct board *b = *state;
	struct record_addr from = source(7);
	struct source_name name;
	struct count_query query = { .dispatcher = OURS, .service = SERVICE,
	    .slot = SLOT, .source = &name, .prefix = &prefix };

	assert_true(source_name_of_record(&from, &prefix, &name));

	for (size_t i = 0; i < sizeof count_rows / sizeof *count_rows; i++) {
		const struct count_row *r = &count_rows[i];
		struct count_result result;

		fill(b, r);
		count_exact(&b->state, &b->pending, &query, &result);
		if (result.of_source != r->of_source ||
		    result.of_service != r->of_service ||
		    result.of_all != r->of_all)
			fail_msg("%s: %llu %llu %llu", r->name,
			    (unsigned long long)result.of_source,
			    (unsigned long long)result.of_service,
			    (unsigned long long)result.of_all);
	}
}

/* Without a slot no instance is ours, whatever its service field says. */
static void
test_exact_without_slot(void **state)
{
	struct board *b = *state;
	struct record_addr from = source(7);
	struct source_name name;
	struct count_query query = { .dispatcher = OURS, .service = SERVICE,
	    .slot = COUNT_NO_SLOT, .source = &name, .prefix = &prefix };

	struct count_result result;

	assert_true(source_name_of_record(&from, &prefix, &name));

	b->state.instance_high = 1;
	b->state.instances[0].pid = 1;
	b->state.instances[0].service = COUNT_NO_SLOT;
	b->state.instances[0].source = from;
	count_exact(&b->state, &b->pending, &query, &result);
	assert_int_equal(result.of_source, 0);
	assert_int_equal(result.of_service, 0);
	assert_int_equal(result.of_all, 1);
}

static const struct source_row {
	const char *name;
	struct record_addr a, b;
	uint64_t expected;
	bool is_wide;		/* one source is 16 or 56 bits */
} source_rows[] = {
	{ "same", { .family = 6, .bytes = { 0xfe, 0x80 }, .scope = 1 },
	    { .family = 6, .bytes = { 0xfe, 0x80 }, .scope = 1 }, 1, false },
	{ "another interface",
	    { .family = 6, .bytes = { 0xfe, 0x80 }, .scope = 1 },
	    { .family = 6, .bytes = { 0xfe, 0x80 }, .scope = 2 }, 0, false },
	{ "another family", { .family = 4, .bytes = { 1, 2, 3, 4 } },
	    { .family = 6, .bytes = { 1, 2, 3, 4 } }, 0, false },
	{ "last byte differs", { .family = 6, .bytes = { [15] = 1 } },
	    { .family = 6, .bytes = { [15] = 2 } }, 0, false },
	{ "ports do not matter", { .family = 4, .port = 1 },
	    { .family = 4, .port = 2 }, 1, false },
	{ "one /16", { .family = 4, .bytes = { 10, 1, 2, 3 } },
	    { .family = 4, .bytes = { 10, 1, 9, 9 } }, 1, true },
	{ "another /16", { .family = 4, .bytes = { 10, 1, 2, 3 } },
	    { .family = 4, .bytes = { 10, 2, 2, 3 } }, 0, true },
	{ "one /56", { .family = 6, .bytes = { 0xfd, [7] = 1, [15] = 1 } },
	    { .family = 6, .bytes = { 0xfd, [7] = 2, [15] = 2 } }, 1, true },
	{ "another /56", { .family = 6, .bytes = { 0xfd, [6] = 1 } },
	    { .family = 6, .bytes = { 0xfd, [6] = 2 } }, 0, true },
	{ "users of a UNIX socket", { .family = RECORD_FAMILY_UNIX, .scope = 1 },
	    { .family = RECORD_FAMILY_UNIX, .scope = 2 }, 0, true },
};

static void
test_source(void **state)
{
	struct board *b = *state;

	for (size_t i = 0; i < sizeof source_rows / sizeof *source_rows; i++) {
		const struct source_row *r = &source_rows[i];
		struct source_name name;
		struct count_query query = { .dispatcher = OURS,
		    .service = SERVICE, .slot = SLOT, .source = &name,
		    .prefix = r->is_wide ? &wide : &prefix };
		struct count_result result;

		(void)source_name_of_record(&r->a, query.prefix, &name);

		b->state.instance_high = 1;
		b->state.instances[0].pid = 1;
		b->state.instances[0].service = SLOT;
		b->state.instances[0].source = r->b;
		count_exact(&b->state, &b->pending, &query, &result);
		if (result.of_source != r->expected)
			fail_msg("%s", r->name);
	}
}

static void
test_quick(void **state)
{
	struct board *b = *state;
	struct record_addr from = source(7);
	struct source_name name;
	struct count_query query = { .dispatcher = OURS, .service = SERVICE,
	    .slot = SLOT, .pending = 2, .source = &name, .prefix = &prefix };
	struct count_result result;

	assert_true(source_name_of_record(&from, &prefix, &name));
	b->state.services[SLOT].instances = 10;
	b->state.processes = UINT32_MAX;
	b->pending.used = 3;
	count_quick(&b->state, &b->pending, &query, &result);
	assert_int_equal(result.of_source, 0);
	assert_int_equal(result.of_service, 12);
	assert_true(result.of_all == (uint64_t)UINT32_MAX + 3);
	query.slot = COUNT_NO_SLOT;
	count_quick(&b->state, &b->pending, &query, &result);
	assert_int_equal(result.of_service, 2);
}

static void
test_pending(void **state)
{
	struct pending_table *table = &((struct board *)*state)->pending;
	struct pending p = { .service = 1 };
	struct pending *row;

	assert_null(count_pending_find(table, 0));
	for (p.number = 1; p.number <= PENDING_MAX; p.number++)
		assert_true(count_pending_add(table, &p));
	assert_int_equal(table->used, PENDING_MAX);
	assert_false(count_pending_add(table, &p));
	assert_int_equal(table->used, PENDING_MAX);
	assert_null(count_pending_find(table, PENDING_MAX + 1));
	row = count_pending_find(table, 17);
	assert_non_null(row);
	count_pending_remove(table, row);
	assert_null(count_pending_find(table, 17));
	assert_null(count_pending_find(table, 0));
	assert_int_equal(table->used, PENDING_MAX - 1);
	assert_true(count_pending_add(table, &p));
	assert_non_null(count_pending_find(table, PENDING_MAX + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slot_unterminated, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exact_without_slot, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_source, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quick, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pending, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
