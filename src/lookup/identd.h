/*
 * Conversations with ident servers (RFC 1413).
 */
#ifndef LOOKUP_IDENTD_H
#define LOOKUP_IDENTD_H

#include "lookup/lookup.h"

/* Asks the source's ident server from the destination's address. IDENT_NONE:
 * question_ident() is called later. Else it is not under way, and why. */
enum ident_failure identd_ask(struct question *);

/* Ends the conversation of a question that has one. */
void identd_stop(struct question *);

#endif
