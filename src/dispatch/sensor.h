/*
 * Sensors: services that nobody should ask for.
 */
#ifndef DISPATCH_SENSOR_H
#define DISPATCH_SENSOR_H

#include "dispatch/dispatch.h"

/* A connection: recorded, remembered for deny_time, closed. Its source has
 * completed a handshake, so it is nobody's invention. only_from and its like
 * are not consulted, as in xinetd. */
void sensor_touched(struct dispatch *, struct connection *);

/* A datagram: recorded. Its source may be anybody's invention, so nothing is
 * remembered (D27). */
void sensor_heard(struct dispatch *, struct connection *);

#endif
