/*
 * Names of networks in access lists (networks(5)).
 */
#ifndef LOAD_NETWORKS_H
#define LOAD_NETWORKS_H

#include "load/fill.h"

/*
 * The network of that name or alias in a file's text, as a word of an access
 * list: "127.0.0.0", "192.168.4.0/24". Names compare without regard to case;
 * a number with fewer than four parts gets zeros behind it. False when there is
 * none, or its line cannot be understood.
 */
bool networks_find(const char *bytes, size_t length, const char *name,
    char out[static ADDR_TEXT_MAX]);

/*
 * Replaces entries without a dot that the file at `path` knows by their
 * prefix, unless a host has that name: then it is the host, as in xinetd. A
 * network of all addresses is never meant by its name. A file that is there and
 * cannot be believed refuses the load, if a list has such a word.
 */
void networks_fill(struct fill *, const char *path);

#endif
