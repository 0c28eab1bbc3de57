/*
 * Dispatchers and their channels.
 */
#ifndef LOOKUP_ASKER_H
#define LOOKUP_ASKER_H

#include "lookup/lookup.h"

/* Marks every place as free. */
void asker_prepare(struct lookup *);

/* A new channel; closed at once when there is no place for it. */
void asker_add(struct lookup *, int fd);

/* Sends q->answer, now or when the asker reads again, and frees q. */
void asker_answer(struct question *);

#endif
