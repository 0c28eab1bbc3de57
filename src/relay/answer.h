/*
 * Internal services: what relay answers by itself (RFC 863, 864, 867, 868).
 */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include "relay/relay.h"

/* Each begins; false when there is no memory. */
bool answer_discard(struct session *);
bool answer_chargen(struct session *);
/* After answer_send(): our end is shut, the client's awaited, so that the
 * close cannot reset the connection and destroy the text. */
bool answer_text(struct session *);

/* All of a short text, into a fresh connection. False with errno. */
bool answer_send(struct session *, const uint8_t *text, size_t length);

#endif
