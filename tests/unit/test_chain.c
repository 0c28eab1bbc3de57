/*
 * The chain memory: whatever instant log is killed at, its successor finds a
 * whole state and declares as missing exactly what is not in the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/chain.h"
#include "shared/state.h"

/* As chain.c lays it out: round, check, state. */
#define SLOT (2 * sizeof(uint64_t) + sizeof(struct chain_state))

static unsigned char memory[LOG_CHAIN_SIZE];

static void
fresh_then_good(void **state)
{
	struct chain chain;
	struct chain_state now;

	(void)state;
	memset(memory, 0, sizeof(memory));
	assert_int_equal(chain_open(&chain, memory, sizeof(memory), &now),
	    CHAIN_FRESH);
	for (uint64_t i = 1; i < 9; i++) {
		struct chain again;
		struct chain_state found;

		now.sequence = now.intent = i;
		now.channels[3] = (struct chain_channel){ 77, i * 2, 1 };
		chain_publish(&chain, &now);
		assert_int_equal(chain_open(&again, memory, sizeof(memory),
		    &found), CHAIN_GOOD);
		assert_memory_equal(&found, &now, sizeof(now));
		assert_int_equal(chain_channel_find(&found, 77)->last, i * 2);
		assert_null(chain_channel_find(&found, 78));
	}
}

/* A publish cut after any number of its stores leaves the state before. */
static void
torn_anywhere(void **state)
{
	struct chain chain, again;
	struct chain_state now, found, before;
	unsigned char whole[sizeof(memory)], torn[sizeof(memory)];

	(void)state;
	memset(memory, 0, sizeof(memory));
	(void)chain_open(&chain, memory, sizeof(memory), &now);
	for (uint64_t i = 1; i < 4; i++) {
		now.sequence = i;
		now.intent = i + 5;
		memset(now.channels, (int)i, sizeof(now.channels));
		chain_publish(&chain, &now);
	}
	before = now;
	memcpy(torn, memory, sizeof(memory));
	now.sequence = 4;
	now.intent = 10;
	memset(now.channels, 9, sizeof(now.channels));
	chain_publish(&chain, &now);
	memcpy(whole, memory, sizeof(memory));
	/* Round 4 is slot 0: the round goes first, and comes back last. */
	memset(torn, 0, sizeof(uint64_t));
	for (size_t i = sizeof(uint64_t); i <= SLOT; i++) {
		assert_int_equal(chain_open(&again, torn, sizeof(torn),
		    &found), CHAIN_GOOD);
		assert_memory_equal(&found, &before, sizeof(found));
		torn[i] = whole[i];
	}
	memcpy(torn, whole, sizeof(uint64_t));
	assert_int_equal(chain_open(&again, torn, sizeof(torn), &found),
	    CHAIN_GOOD);
	assert_memory_equal(&found, &now, sizeof(found));
}

/* The same with a real process and a real SIGKILL. */
static void
killed_anywhere(void **state)
{
	unsigned char *shared = mmap(NULL, LOG_CHAIN_SIZE,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(shared, MAP_FAILED);
	for (unsigned round = 0; round < 40; round++) {
		struct chain chain;
		struct chain_state now;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			(void)chain_open(&chain, shared, LOG_CHAIN_SIZE, &now);
			for (;;) {
				now.sequence++;
				now.intent = now.sequence;
				for (unsigned i = 0; i < CHAIN_CHANNELS; i++)
					now.channels[i].last = now.sequence;
				chain_publish(&chain, &now);
			}
		}
		(void)usleep(1000 + 37 * round);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_not_equal(chain_open(&chain, shared, LOG_CHAIN_SIZE,
		    &now), CHAIN_BROKEN);
		for (unsigned i = 0; i < CHAIN_CHANNELS; i++)
			assert_int_equal(now.channels[i].last, now.sequence);
	}
	assert_int_equal(munmap(shared, LOG_CHAIN_SIZE), 0);
}

static void
damage_is_noticed(void **state)
{
	struct chain chain, again;
	struct chain_state now, found;

	(void)state;
	memset(memory, 0, sizeof(memory));
	(void)chain_open(&chain, memory, sizeof(memory), &now);
	now.sequence = now.intent = 5;
	chain_publish(&chain, &now);
	for (size_t i = 0; i < SLOT; i += 7) {
		memory[SLOT + i] ^= 0x20;	/* round 1 is slot 1 */
		assert_int_equal(chain_open(&again, memory, sizeof(memory),
		    &found), CHAIN_BROKEN);
		assert_int_equal(found.sequence, 0);
		memory[SLOT + i] ^= 0x20;
	}
	memset(memory, 0xff, sizeof(memory));
	assert_int_equal(chain_open(&again, memory, sizeof(memory), &found),
	    CHAIN_BROKEN);
}

/* A predecessor in the hands of an attacker can make the checksum right. */
static void
impossible_states(void **state)
{
	static const struct chain_state rows[] = {
		{ .sequence = 5, .intent = 4 },
		{ .sequence = UINT64_MAX, .intent = UINT64_MAX },
		{ .sequence = 9, .intent = 9, .missing_first = 4 },
		{ .sequence = 9, .intent = 9, .missing_last = 4 },
		{ .sequence = 9, .intent = 9, .missing_first = 5,
		    .missing_last = 4 },
		{ .sequence = 9, .intent = 9, .missing_first = 5,
		    .missing_last = 10 },
	};
	struct chain chain;
	struct chain_state now;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(memory, 0, sizeof(memory));
		(void)chain_open(&chain, memory, sizeof(memory), &now);
		chain_publish(&chain, &rows[i]);
		assert_int_equal(chain_open(&chain, memory, sizeof(memory),
		    &now), CHAIN_BROKEN);
	}
}

#define CAUSE 2		/* what the successor calls it */

static const struct succession {
	const char *name;
	struct chain_state left;
	uint64_t tail;
	uint64_t sequence, first, last;	/* expected */
} successions[] = {
	{ "nothing under way", { .sequence = 9, .intent = 9 }, 9, 9, 0, 0 },
	{ "all written", { .sequence = 9, .intent = 14 }, 14, 14, 0, 0 },
	{ "none written", { .sequence = 9, .intent = 14 }, 9, 14, 10, 14 },
	{ "half written", { .sequence = 9, .intent = 14 }, 12, 14, 13, 14 },
	{ "another file", { .sequence = 9, .intent = 14 }, 0, 14, 10, 14 },
	{ "file ahead", { .sequence = 9, .intent = 9 }, 20, 20, 0, 0 },
	{ "disk was full", { .sequence = 9, .intent = 9, .missing_first = 4,
	    .missing_last = 9 }, 3, 9, 4, 9 },
	{ "loss record not written", { .sequence = 9, .intent = 10,
	    .missing_first = 4, .missing_last = 9 }, 3, 9, 4, 9 },
	{ "loss record written", { .sequence = 9, .intent = 10,
	    .missing_first = 4, .missing_last = 9 }, 10, 10, 0, 0 },
	{ "cut line was finished", { .sequence = 9, .intent = 9,
	    .missing_first = 4, .missing_last = 9 }, 4, 9, 5, 9 },
	{ "absurd tail", { .sequence = 9, .intent = 14 }, UINT64_MAX, 14, 10,
	    14 },
};

static void
successors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(successions) / sizeof(successions[0]);
	    i++) {
		const struct succession *row = &successions[i];
		struct chain_state now = row->left;

		chain_resume(&now, CAUSE);
		chain_settle(&now, row->tail);
		if (now.sequence != row->sequence ||
		    now.intent != row->sequence ||
		    now.missing_first != row->first ||
		    now.missing_last != row->last)
			fail_msg("%s: sequence %llu, missing %llu-%llu",
			    row->name, (unsigned long long)now.sequence,
			    (unsigned long long)now.missing_first,
			    (unsigned long long)now.missing_last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_then_good),
		cmocka_unit_test(torn_anywhere),
		cmocka_unit_test(killed_anywhere),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(impossible_states),
		cmocka_unit_test(successors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
