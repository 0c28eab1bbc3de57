/*
 * The conversation with the parent.
 */
#ifndef RELAY_CONTROL_H
#define RELAY_CONTROL_H

#include "relay/relay.h"

/* Reads what the parent has sent, a bounded number of messages. */
void control_readable(void *relay);

/* Confined: says so. */
void control_ready(struct relay *);

#endif
