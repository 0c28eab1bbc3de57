/*
 * Crash-safe memory: see chain.h.
 *
 * Runs in the log process. Makes no system call: a kill is survived because the
 * pages belong to a memfd that the parent keeps, and stores that a dead process
 * has made stay made. The order of the stores is everything here.
 */
#include "log/chain.h"

#include <string.h>

#include "shared/util.h"

struct slot {
	uint64_t round;		/* 0: being written */
	uint64_t check;
	struct chain_state state;
};

#define SLOTS 2

static uint64_t
check_of(const struct slot *slot)
{
	const unsigned char *bytes = (const unsigned char *)&slot->state;
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ slot->round;
	uint64_t word;

	_Static_assert(sizeof(slot->state) % sizeof(word) == 0, "whole words");
	for (size_t i = 0; i < sizeof(slot->state); i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
		sum ^= sum >> 29;
	}
	return sum;
}

/* Numbers that no daemon will reach; what lies beyond is damage. */
#define SEQUENCE_MAX (UINT64_C(1) << 62)

static bool
is_sane(const struct chain_state *state)
{
	if (state->sequence > SEQUENCE_MAX || state->intent > SEQUENCE_MAX ||
	    state->intent < state->sequence)
		return false;
	if (state->missing_last == 0)
		return state->missing_first == 0;
	return state->missing_first > 0 &&
	    state->missing_first <= state->missing_last &&
	    state->missing_last <= state->sequence;
}

static bool
slot_is_whole(const struct slot *slot)
{
	return slot->round != 0 && slot->round < SEQUENCE_MAX &&
	    slot->check == check_of(slot) && is_sane(&slot->state);
}

enum chain_found
chain_open(struct chain *chain, void *memory, size_t size,
    struct chain_state *out)
{
	struct slot slots[SLOTS];
	const struct slot *best = NULL;
	const unsigned char *bytes = memory;

	must(size >= sizeof(slots));
	memcpy(slots, memory, sizeof(slots));
	memset(out, 0, sizeof(*out));
	chain->memory = memory;
	chain->round = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		if (slot_is_whole(&slots[i]) &&
		    (best == NULL || slots[i].round > best->round))
			best = &slots[i];
	if (best != NULL) {
		*out = best->state;
		chain->round = best->round;
		return CHAIN_GOOD;
	}
	for (size_t i = 0; i < sizeof(slots); i++)
		if (bytes[i] != 0)
			return CHAIN_BROKEN;
	return CHAIN_FRESH;
}

void
chain_publish(struct chain *chain, const struct chain_state *state)
{
	struct slot *slots = chain->memory;
	uint64_t round = chain->round + 1;
	struct slot *slot = &slots[round % SLOTS];
	struct slot next = { .round = round, .state = *state };

	next.check = check_of(&next);
	__atomic_store_n(&slot->round, 0, __ATOMIC_SEQ_CST);
	/* No store below may move above that one. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy(&slot->state, &next.state, sizeof(slot->state));
	slot->check = next.check;
	__atomic_store_n(&slot->round, round, __ATOMIC_SEQ_CST);
	chain->round = round;
}

struct chain_channel *
chain_channel_find(struct chain_state *state, uint64_t id)
{
	for (unsigned i = 0; i < CHAIN_CHANNELS; i++)
		if (state->channels[i].is_used && state->channels[i].id == id)
			return &state->channels[i];
	return NULL;
}

void
chain_resume(struct chain_state *state, uint64_t cause)
{
	/* With something missing already, the only thing that is ever tried is
	 * the loss record itself: its number is used again if it failed. */
	if (state->missing_last == 0 && state->intent > state->sequence) {
		state->missing_first = state->sequence + 1;
		state->missing_last = state->intent;
		state->missing_cause = cause;
		state->sequence = state->intent;
	}
	state->intent = state->sequence;
}

void
chain_settle(struct chain_state *state, uint64_t tail)
{
	if (tail > SEQUENCE_MAX)
		return;
	if (state->missing_last != 0 && tail >= state->missing_first) {
		state->missing_first = tail + 1;
		if (tail >= state->missing_last) {
			state->missing_first = 0;
			state->missing_last = 0;
		}
	}
	if (tail > state->sequence)
		state->sequence = state->intent = tail;
}
