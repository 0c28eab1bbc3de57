/*
 * Which port and which addresses a service listens on.
 */
#ifndef LOAD_LISTEN_H
#define LOAD_LISTEN_H

#include "load/fill.h"

/* Sets s->port and s->listen, or reports why not. */
void listen_fill(struct fill *, struct service *s);

/* Compiles s->filter, when its listeners and the rules of hosts.allow and
 * hosts.deny are known. */
void listen_filter(struct fill *, struct service *s);

enum listen_family { LISTEN_IPV4 = 1, LISTEN_IPV6 = 2 };

/* Families of a service without "bind": enum listen_family bits, 0 when it
 * wants IPv6 alone and the host has none. */
unsigned listen_families(const struct service *, bool has_ipv6);

#endif
