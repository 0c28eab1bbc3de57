/*
 * The consistency check: good books pass, and every way to spoil them is
 * noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parent/books.h"
#include "parent/consistency.h"
#include "shared/util.h"

struct fixture {
	struct parent parent;
	struct generation generation;
	struct launch launches[2];
	struct listener listener;
	struct listener *listeners[1];
	uint32_t listener_service[1];
	struct record_counter counter;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct parent *p = &f->parent;

	if (f == NULL)
		return -1;
	p->state = calloc(1, sizeof(struct parent_state));
	if (p->state == NULL || books_open(p) == -1)
		return -1;
	p->records = (struct record_channel){ -1, &f->counter };
	p->generations = p->in_force = &f->generation;
	p->listeners = &f->listener;
	f->generation.launches = f->launches;
	f->generation.number = 3;
	f->generation.listeners = f->listeners;
	f->generation.listener_service = f->listener_service;
	f->generation.listener_count = 1;
	f->listeners[0] = &f->listener;
	f->listener.users = 1;
	f->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* An unnamed UNIX socket cannot listen; an autobound one can. */
	if (bind(f->listener.fd, &(struct sockaddr){ .sa_family = AF_UNIX },
	    sizeof(sa_family_t)) == -1 || listen(f->listener.fd, 1) == -1)
		return -1;
	f->launches[0].slot = books_service(p, "telnet");
	f->launches[1].slot = books_service(p, "ftp");
	for (unsigned i = 0; i < 3; i++) {
		/* A process that exists, under three names of the kernel's. */
		pid_t pids[] = { getpid(), getppid(), 1 };
		struct instance in = { .pid = pids[i], .cookie = 1000u + i,
		    .generation = &f->generation, .service = i % 2,
		    .conn = i, .wall_us = 7 };

		if (!books_add(p, &in, 0))
			return -1;
	}
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	fd_close(&f->listener.fd);
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

static void
good_books(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(consistency_check(&f->parent), 0);
	assert_int_equal(f->counter.offered, 1);
	books_remove(&f->parent, books_by_pid(&f->parent, getpid()));
	assert_int_equal(consistency_check(&f->parent), 0);
}

static void spoil_copy(struct fixture *f) { f->parent.state->instances[1].conn = 99; }
static void spoil_source(struct fixture *f) { f->parent.instances[0].source.port = 1; }
static void spoil_service(struct fixture *f) { f->parent.state->instances[1].service = 0; }
static void spoil_no_service(struct fixture *f) { f->parent.state->instances[1].service = UINT32_MAX; }
static void spoil_count(struct fixture *f) { f->parent.state->services[0].instances++; }
static void spoil_processes(struct fixture *f) { f->parent.state->processes--; }
static void spoil_sessions(struct fixture *f) { f->parent.instances[0].is_relayed = true; }
static void spoil_generation(struct fixture *f) { f->generation.instances--; }
static void spoil_list(struct fixture *f) { f->parent.generations = NULL; }
static void spoil_free_twice(struct fixture *f) { f->parent.free_slots[0] = f->parent.free_slots[1]; }
static void spoil_free_taken(struct fixture *f) { f->parent.free_slots[0] = 1; }
static void spoil_free_beyond(struct fixture *f) { f->parent.free_slots[0] = STATE_INSTANCES; }
static void spoil_free_count(struct fixture *f) { f->parent.free_count--; }
static void spoil_free_long(struct fixture *f) { f->parent.free_count = STATE_INSTANCES + 1; }
static void spoil_ghost(struct fixture *f) { f->parent.state->instances[9].pid = 77; }
static void spoil_high(struct fixture *f) { f->parent.state->instance_high = 2; }
static void spoil_listener(struct fixture *f) { fd_close(&f->listener.fd); }
static void spoil_users(struct fixture *f) { f->listener.users = 2; }

static void
spoil_deaf(struct fixture *f)
{
	fd_close(&f->listener.fd);
	f->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
spoil_loop(struct fixture *f)
{
	struct instance *in = &f->parent.instances[0];

	in->next_pid = 1;
}

static void
spoil_chain(struct fixture *f)
{
	f->parent.hash_cookie[books_bucket(1001)] = 0;
}

static void
spoil_wrong_chain(struct fixture *f)
{
	uint32_t bucket = books_bucket(1001);

	f->parent.hash_cookie[bucket] = 0;
	f->parent.hash_cookie[(bucket + 7) % BOOKS_HASH] = 2;
}

static void
spoil_process(struct fixture *f)
{
	struct instance in = { .pid = 0x3ffffff0, .cookie = 5,
	    .generation = &f->generation };

	assert_true(books_add(&f->parent, &in, 0));
}

static void
spoil_dispatcher(struct fixture *f)
{
	static struct helper nobody;

	f->parent.dispatcher = &nobody;
}

static const struct { const char *name; void (*spoil)(struct fixture *); }
rows[] = {
	{ "the public copy", spoil_copy },
	{ "the private table", spoil_source },
	{ "a service's index", spoil_service },
	{ "a service's index out of range", spoil_no_service },
	{ "a service's count", spoil_count },
	{ "the count of servers", spoil_processes },
	{ "a session that is none", spoil_sessions },
	{ "a generation's count", spoil_generation },
	{ "a generation that is on no list", spoil_list },
	{ "a place that is free twice", spoil_free_twice },
	{ "a place that is free and taken", spoil_free_taken },
	{ "a free place that does not exist", spoil_free_beyond },
	{ "a free place too few", spoil_free_count },
	{ "too many free places", spoil_free_long },
	{ "a server in the public copy alone", spoil_ghost },
	{ "the highest place", spoil_high },
	{ "a closed listener", spoil_listener },
	{ "a listener that does not listen", spoil_deaf },
	{ "a listener's uses", spoil_users },
	{ "a chain that bites its tail", spoil_loop },
	{ "a chain that has lost one", spoil_chain },
	{ "one in a wrong chain", spoil_wrong_chain },
	{ "a process that is gone", spoil_process },
	{ "a helper that is on no list", spoil_dispatcher },
};

static void
spoiled_books(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f;
		void *place;

		assert_int_equal(set_up(&place), 0);
		f = place;
		rows[i].spoil(f);
		if (consistency_check(&f->parent) == 0)
			fail_msg("not noticed: %s", rows[i].name);
		(void)tear_down(&place);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_books, set_up, tear_down),
		cmocka_unit_test(spoiled_books),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
