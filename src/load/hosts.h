/*
 * hosts.allow and hosts.deny: do they say anything?
 */
#ifndef LOAD_HOSTS_H
#define LOAD_HOSTS_H

#include "load/fill.h"

/* Line number of the first line that is neither blank nor a comment, or 0. */
unsigned hosts_active_line(const char *bytes, size_t length);

/* Refuses every service without NOLIBWRAP when one of the files has such a
 * line: its rules would be passed over silently. */
void hosts_fill(struct fill *);

#endif
