/*
 * hosts.allow and hosts.deny, from files to rules.
 */
#ifndef LOAD_HOSTS_H
#define LOAD_HOSTS_H

#include "load/fill.h"

/*
 * Reads both files into the gateway's rules and tells each service by which
 * daemon name it is meant and what rules change in its launch. A line that
 * cannot be understood is reported once, and refuses (wrap.h). A file that
 * cannot be read refuses every service that would have been checked against it.
 */
void hosts_fill(struct fill *);

/* The daemon name of a service; in the policy's memory. */
const char *hosts_daemon(const struct service *);

#endif
