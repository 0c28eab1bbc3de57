/*
 * Who gives way when more clients wait than there are slots: see crowd.h.
 *
 * Runs in sallyport-dispatch; pure. Each row knows how many its source has, so
 * that a newcomer costs two passes over the slots, whoever fills them.
 */
#include "dispatch/crowd.h"

struct crowd_row
crowd_row(const struct addr *source, uint32_t service)
{
	struct crowd_row row = { .service = service };

	/* A client without an address is the same source as all such. */
	(void)source_name(source, &source_prefix_default, &row.source);
	return row;
}

static bool
crowd_is_same(const struct crowd_row *a, const struct crowd_row *b)
{
	return source_is_same(&a->source, &b->source);
}

void
crowd_enter(struct crowd_row *rows, const struct queue *q, uint32_t slot,
    const struct crowd_row *client)
{
	struct crowd_row *row = &rows[slot];

	*row = *client;
	row->of_service = row->of_all = 1;
	for (uint32_t i = q->first; i != QUEUE_NONE; i = q->links[i].next) {
		if (i == slot || !crowd_is_same(&rows[i], row))
			continue;
		row->of_all = ++rows[i].of_all;
		if (rows[i].service == row->service)
			row->of_service = ++rows[i].of_service;
	}
}

void
crowd_leave(struct crowd_row *rows, const struct queue *q, uint32_t slot)
{
	const struct crowd_row *row = &rows[slot];

	for (uint32_t i = q->first; i != QUEUE_NONE; i = q->links[i].next) {
		if (i == slot || !crowd_is_same(&rows[i], row))
			continue;
		rows[i].of_all--;
		if (rows[i].service == row->service)
			rows[i].of_service--;
	}
}

uint32_t
crowd_gives_way(const struct crowd_row *rows, const struct queue *q,
    const struct crowd_row *newcomer, bool is_of_service)
{
	uint32_t worst = QUEUE_NONE;
	unsigned most = 0;

	for (uint32_t i = q->first; i != QUEUE_NONE; i = q->links[i].next) {
		const struct crowd_row *row = &rows[i];
		/* Doubled, so that one more half decides when it is equal. */
		unsigned weight = 2 * (is_of_service ? row->of_service :
		    row->of_all);

		if (row->is_fixed ||
		    (is_of_service && row->service != newcomer->service))
			continue;
		if (crowd_is_same(row, newcomer))
			weight += 3;
		if (weight > most) {
			most = weight;
			worst = i;
		}
	}
	return worst;
}
