/*
 * Tables of running servers. Root. Everything is allocated at start; a full
 * table refuses a start, it never grows.
 */
#include "parent/books.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shared/util.h"

#define BOOKS_PAST 8192u		/* connections remembered after their end */

uint32_t
books_bucket(uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 49) &
	    (BOOKS_HASH - 1);
}

int
books_open(struct parent *p)
{
	p->instances = calloc(STATE_INSTANCES, sizeof(*p->instances));
	p->hash_pid = calloc(BOOKS_HASH, sizeof(*p->hash_pid));
	p->hash_cookie = calloc(BOOKS_HASH, sizeof(*p->hash_cookie));
	p->free_slots = calloc(STATE_INSTANCES, sizeof(*p->free_slots));
	p->past_cookies = calloc(BOOKS_PAST, sizeof(*p->past_cookies));
	p->windows = calloc(STATE_SERVICES, sizeof(*p->windows));
	if (p->windows == NULL || p->past_cookies == NULL ||
	    p->instances == NULL || p->hash_pid == NULL ||
	    p->hash_cookie == NULL || p->free_slots == NULL)
		return -1;
	/* Low slots are used first, so that readers scan little. */
	for (uint32_t i = 0; i < STATE_INSTANCES; i++)
		p->free_slots[i] = STATE_INSTANCES - 1 - i;
	p->free_count = STATE_INSTANCES;
	return 0;
}

static void
service_name(struct state_service *slot, const char *id)
{
	memset(slot, 0, sizeof(*slot));
	(void)format_text(slot->id, sizeof(slot->id), "%s", id);
}

uint32_t
books_service(struct parent *p, const char *id)
{
	uint32_t reusable = BOOKS_NO_SLOT;

	for (uint32_t i = 0; i < p->state->service_count; i++) {
		struct state_service *slot = &p->state->services[i];

		if (strcasecmp(slot->id, id) == 0)
			return i;
		if (slot->status == SERVICE_GONE && slot->instances == 0 &&
		    reusable == BOOKS_NO_SLOT)
			reusable = i;
	}
	if (p->state->service_count < STATE_SERVICES)
		reusable = p->state->service_count++;
	if (reusable == BOOKS_NO_SLOT)
		return reusable;
	service_name(&p->state->services[reusable], id);
	memset(&p->windows[reusable], 0, sizeof(*p->windows));
	return reusable;
}

bool
books_are_full(const struct parent *p)
{
	return p->state->processes >= STATE_SERVERS || p->free_count == 0;
}

bool
books_have_no_session(const struct parent *p)
{
	return p->state->sessions >= STATE_SESSIONS || p->free_count == 0;
}

static void
publish(struct parent *p, uint32_t slot, uint32_t uid)
{
	const struct instance *in = &p->instances[slot];
	struct state_instance *out = &p->state->instances[slot];
	uint32_t service = in->generation->launches[in->service].slot;

	out->service = service;
	out->conn = in->conn;
	out->generation = in->generation->number;
	out->start_us = in->wall_us;
	out->deadline_ms = in->deadline_ms;
	out->source = in->source;
	out->uid = uid;
	out->is_relayed = in->is_relayed;
	/* The pid makes the slot count: last. */
	__atomic_store_n(&out->pid, (int32_t)in->pid, __ATOMIC_RELEASE);
	if (slot >= p->state->instance_high)
		p->state->instance_high = slot + 1;
	p->state->services[service].instances++;
	p->state->services[service].started++;
	if (in->is_relayed)
		p->state->sessions++;
	else
		p->state->processes++;
}

/* Sessions are not found by pid: they all have relay's. */
static void
link_pid(struct parent *p, uint32_t slot)
{
	uint32_t h = books_bucket((uint64_t)p->instances[slot].pid);

	p->instances[slot].next_pid = p->hash_pid[h];
	p->hash_pid[h] = slot + 1;
}

static void
unlink_pid(struct parent *p, uint32_t slot)
{
	uint32_t *link = &p->hash_pid[books_bucket((uint64_t)p->instances[slot].pid)];

	while (*link != slot + 1)
		link = &p->instances[*link - 1].next_pid;
	*link = p->instances[slot].next_pid;
}

bool
books_add(struct parent *p, const struct instance *instance, uint32_t uid)
{
	uint32_t slot, h;

	if (instance->is_relayed ? books_have_no_session(p) : books_are_full(p))
		return false;
	slot = p->free_slots[--p->free_count];
	p->instances[slot] = *instance;
	if (!instance->is_relayed)
		link_pid(p, slot);
	p->past_cookies[books_bucket(instance->cookie) % BOOKS_PAST] = instance->cookie;
	h = books_bucket(instance->cookie);
	p->instances[slot].next_cookie = p->hash_cookie[h];
	p->hash_cookie[h] = slot + 1;
	instance->generation->instances++;
	publish(p, slot, uid);
	return true;
}

struct instance *
books_by_pid(struct parent *p, pid_t pid)
{
	uint32_t at = p->hash_pid[books_bucket((uint64_t)pid)];

	while (at != 0 && p->instances[at - 1].pid != pid)
		at = p->instances[at - 1].next_pid;
	return at != 0 ? &p->instances[at - 1] : NULL;
}

struct instance *
books_by_cookie(struct parent *p, uint64_t cookie)
{
	uint32_t at = p->hash_cookie[books_bucket(cookie)];

	while (at != 0 && p->instances[at - 1].cookie != cookie)
		at = p->instances[at - 1].next_cookie;
	return at != 0 ? &p->instances[at - 1] : NULL;
}

bool
books_knows_cookie(struct parent *p, uint64_t cookie)
{
	return p->past_cookies[books_bucket(cookie) % BOOKS_PAST] == cookie ||
	    books_by_cookie(p, cookie) != NULL;
}

static void
unpublish(struct parent *p, uint32_t slot)
{
	struct state_instance *out = &p->state->instances[slot];
	struct state_service *service = &p->state->services[out->service];

	__atomic_store_n(&out->pid, 0, __ATOMIC_RELEASE);
	service->instances--;
	if (out->is_relayed)
		p->state->sessions--;
	else
		p->state->processes--;
	while (p->state->instance_high > 0 &&
	    p->state->instances[p->state->instance_high - 1].pid == 0)
		p->state->instance_high--;
}

void
books_record(const struct instance *in, enum record_action action,
    struct record *record)
{
	record_init(record, action);
	record->generation = in->generation->number;
	record->service = in->service;
	record->conn = in->conn;
	record->pid = in->pid;
	record->uid = in->uid;
	record->source = in->source;
	record->destination = in->destination;
}

void
books_record_end(const struct instance *in, struct record *record)
{
	books_record(in, RECORD_CLOSED, record);
	record->duration_us = monotonic_us() - in->start_us;
	record->start_us = in->wall_us;
	record->exit_by = (uint16_t)in->exit_by;
}

void
books_remove(struct parent *p, struct instance *instance)
{
	uint32_t slot = (uint32_t)(instance - p->instances);
	uint32_t *link;

	if (!instance->is_relayed)
		unlink_pid(p, slot);
	link = &p->hash_cookie[books_bucket(instance->cookie)];
	while (*link != slot + 1)
		link = &p->instances[*link - 1].next_cookie;
	*link = instance->next_cookie;
	unpublish(p, slot);
	instance->generation->instances--;
	memset(instance, 0, sizeof(*instance));
	p->free_slots[p->free_count++] = slot;
}
