/*
 * The parent's books against a model: whatever comes and goes, counts, lookups
 * and the public table agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "parent/books.h"

struct fixture {
	struct parent parent;
	struct generation generation;
	struct launch launches[2];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	f->parent.state = calloc(1, sizeof(struct parent_state));
	if (f->parent.state == NULL || books_open(&f->parent) == -1)
		return -1;
	f->generation.launches = f->launches;
	f->generation.number = 3;
	f->launches[0].slot = books_service(&f->parent, "telnet");
	f->launches[1].slot = books_service(&f->parent, "ftp");
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	free(f->parent.instances);
	free(f->parent.hash_pid);
	free(f->parent.hash_cookie);
	free(f->parent.free_slots);
	free(f->parent.past_cookies);
	free(f->parent.windows);
	free(f->parent.state);
	free(f);
	return 0;
}

static struct instance
instance(struct fixture *f, pid_t pid, uint32_t service)
{
	struct instance in = { .pid = pid, .cookie = 1000u + (uint64_t)pid,
	    .generation = &f->generation, .service = service };

	return in;
}

static void
test_names_are_slots(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->launches[0].slot, 0);
	assert_int_equal(f->launches[1].slot, 1);
	assert_int_equal(books_service(&f->parent, "TELNET"), 0);
	assert_int_equal(books_service(&f->parent, "finger"), 2);
	/* A service that is gone gives up its slot, one with servers does not. */
	f->parent.state->services[1].status = SERVICE_GONE;
	f->parent.state->services[1].instances = 1;
	assert_int_equal(books_service(&f->parent, "pop3"), 3);
}

static void
test_full_table_refuses(void **state)
{
	struct fixture *f = *state;
	struct instance one_more = instance(f, STATE_SERVERS + 1, 0);

	for (pid_t pid = 1; pid <= STATE_SERVERS; pid++) {
		struct instance in = instance(f, pid, 0);

		assert_true(books_add(&f->parent, &in, 7));
	}
	assert_true(books_are_full(&f->parent));
	assert_false(books_add(&f->parent, &one_more, 7));
	assert_null(books_by_pid(&f->parent, STATE_SERVERS + 1));
	assert_int_equal(f->parent.state->processes, STATE_SERVERS);
	books_remove(&f->parent, books_by_pid(&f->parent, 5));
	assert_true(books_add(&f->parent, &one_more, 7));
}

static struct instance
session(struct fixture *f, uint64_t cookie)
{
	struct instance in = instance(f, 77, 1);

	in.is_relayed = true;
	in.cookie = cookie;
	return in;
}

/* Sessions have room of their own, and none is found by relay's pid. */
static void
test_sessions_count_apart(void **state)
{
	struct fixture *f = *state;
	struct instance server = instance(f, 5, 0);
	struct instance last = session(f, 1);

	for (uint64_t i = 0; i < STATE_SESSIONS; i++) {
		struct instance in = session(f, 100000 + i);

		assert_true(books_add(&f->parent, &in, 7));
	}
	assert_true(books_have_no_session(&f->parent));
	assert_false(books_add(&f->parent, &last, 7));
	assert_false(books_are_full(&f->parent));
	assert_true(books_add(&f->parent, &server, 7));
	assert_int_equal(f->parent.state->sessions, STATE_SESSIONS);
	assert_int_equal(f->parent.state->processes, 1);
	assert_null(books_by_pid(&f->parent, 77));
	books_remove(&f->parent, books_by_cookie(&f->parent, 100000 + 3));
	assert_int_equal(f->parent.state->sessions, STATE_SESSIONS - 1);
	assert_true(books_add(&f->parent, &last, 7));
	assert_ptr_equal(books_by_pid(&f->parent, 5),
	    books_by_cookie(&f->parent, server.cookie));
	books_remove(&f->parent, books_by_pid(&f->parent, 5));
	assert_int_equal(f->parent.state->processes, 0);
	assert_int_equal(f->parent.state->sessions, STATE_SESSIONS);
}

/* A thousand comings and goings from a fixed seed. */
static void
test_random_life(void **state)
{
	struct fixture *f = *state;
	bool lives[200] = { false };
	unsigned count[2] = { 0, 0 };
	uint32_t seed = 20261124;

	print_message("seed %u\n", seed);
	for (int turn = 0; turn < 5000; turn++) {
		seed = seed * 1664525u + 1013904223u;
		unsigned n = (seed >> 8) % 200;
		pid_t pid = (pid_t)n + 100;
		uint32_t service = n % 2;

		if (lives[n]) {
			struct instance *in = books_by_pid(&f->parent, pid);

			assert_non_null(in);
			assert_ptr_equal(in, books_by_cookie(&f->parent,
			    1000u + (uint64_t)pid));
			books_remove(&f->parent, in);
			/* Over, but not forgotten. */
			assert_true(books_knows_cookie(&f->parent,
			    1000u + (uint64_t)pid));
			count[service]--;
		} else {
			struct instance in = instance(f, pid, service);

			assert_null(books_by_pid(&f->parent, pid));
			assert_true(books_add(&f->parent, &in, 0));
			count[service]++;
		}
		lives[n] = !lives[n];
		assert_int_equal(f->parent.state->services[0].instances, count[0]);
		assert_int_equal(f->parent.state->services[1].instances, count[1]);
		assert_int_equal(f->generation.instances, count[0] + count[1]);
	}
	for (unsigned n = 0; n < 200; n++) {
		if (lives[n])
			books_remove(&f->parent,
			    books_by_pid(&f->parent, (pid_t)n + 100));
	}
	assert_int_equal(f->parent.state->processes, 0);
	assert_int_equal(f->parent.state->instance_high, 0);
	for (unsigned i = 0; i < STATE_INSTANCES; i++)
		assert_int_equal(f->parent.state->instances[i].pid, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_are_slots, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_sessions_count_apart,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_table_refuses, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_random_life, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
