/*
 * tcpmux (RFC 1078): one port, services by name.
 */
#ifndef DISPATCH_MUX_H
#define DISPATCH_MUX_H

#include "dispatch/dispatch.h"

#define MUX_WAITING_MAX 1024
#define MUX_LINE_MS 10000

/* Allocates. Before the sandbox. */
void mux_open(struct dispatch *);
void mux_close(struct dispatch *);

/* The mux service lets the client in: its line is awaited. When all slots are
 * taken, one of the source that has the most is refused: see crowd.h. */
void mux_wait(struct dispatch *, struct connection *, const struct verdict *);

/* The service behind lets it in too: "+Go" if it is of type TCPMUXPLUS, then
 * a START. */
void mux_request(struct dispatch *, struct connection *,
    const struct verdict *);

/* Something has come, or the client has closed (see ready.h). */
void mux_ready(struct dispatch *, uint32_t slot, uint64_t serial,
    bool is_over);

/* Goes on with those whose line was there while the parent had no room. */
void mux_flush(struct dispatch *);

#endif
