/*
 * The hosts file, hosts(5): read once, asked by name and by address.
 *
 * Its bytes come from descriptor 4; root wrote them, yet nothing here trusts
 * that.
 */
#ifndef LOOKUP_HOSTS_H
#define LOOKUP_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lookup/dns.h"
#include "lookup/name.h"

#define HOSTS_BYTES (1u << 20)	/* of the file; the rest is not read */
#define HOSTS_NAMES 131072u	/* of the file; the rest is passed over */

struct hosts;

/* Lines that make no sense, and names that are no host names, are passed over,
 * as libc does. NULL without memory. */
struct hosts *hosts_parse(const char *bytes, size_t length);
void hosts_free(struct hosts *);	/* NULL is allowed */

/* Does the file give that name that address? NONE: it gives it others of the
 * same family. UNKNOWN: it says nothing, and DNS is to be asked. */
enum finding hosts_find(const struct hosts *, const char *name,
    const struct address *);

/* The names of an address in the order of the file, at most DNS_NAMES; with
 * *is_cut there are more. Returns their number. */
unsigned hosts_names(const struct hosts *, const struct address *,
    char names[static DNS_NAMES][NAME_SIZE], bool *is_cut);

#endif
