/*
 * The lines of inetd.conf, as entries of the policy that is being parsed.
 *
 * Pure; private to the parser. Each line becomes what a person would have
 * written into xinetd.conf instead: an entry with attributes, which merge.c and
 * check.c then treat like any other, defaults included (D31). Read are the
 * dialects of xinetd -inetd_compat, OpenBSD, NetBSD and FreeBSD.
 */
#ifndef POLICY_INETD_H
#define POLICY_INETD_H

#include "policy/parse-internal.h"

/* Fields before the server's arguments. */
#define INETD_FIELDS 6

/*
 * Reads a file that has been fetched. A line that cannot be understood becomes
 * a service that is refused, with the reason; one that has no words (a NUL
 * byte, too long) is reported as an error of its own.
 */
void inetd_text(struct source *, const struct source_file *);

#endif
