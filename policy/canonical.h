/*
 * What the printer and the reader of canonical text agree on.
 *
 * Private to print.c and canonical.c.
 *
 *	sallyport-policy 1 log
 *	generation 17
 *	#@file 1 /etc/xinetd.conf	only where places are carried
 *	gateway
 *	{
 *		syslog_tag = xinetd
 *	}
 *	#@ 1:20:1			place of the line after it
 *	service telnet
 *	{
 *	#@ 1:22:18 1:22:18 1:22:30	and then of each of its entries
 *		only_from = 192.168.1.0 10.0.0.0/8
 *	}
 */
#ifndef POLICY_CANONICAL_H
#define POLICY_CANONICAL_H

#include <stdbool.h>

#include "policy/attr.h"

#define CANONICAL_MAGIC "sallyport-policy 1"

/* "parent", "dispatch", "log", "all"; NULL when it is none of them. */
const char *print_consumer(unsigned consumer);

/* Do places and file names go into this consumer's text? */
bool print_has_places(unsigned consumer);

/* Does this attribute go into this block of this consumer's text? */
bool print_wants(unsigned consumer, enum attr_id, unsigned scope);

#endif
