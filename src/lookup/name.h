/*
 * Names and addresses as the DNS has them.
 *
 * Pure. A name that leaves this file is safe to print and to compare.
 */
#ifndef LOOKUP_NAME_H
#define LOOKUP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/record.h"

#define NAME_SIZE 254		/* 253 characters (RFC 1035, 2.3.4) and NUL */

struct address {
	uint8_t family;		/* 4 or 6; a mapped IPv4 address is 4 */
	uint8_t bytes[16];	/* 4 or 16 used, the rest zero */
};

/* Family and bytes of a checked address of a message; mapped IPv4 addresses
 * (::ffff:0:0/96) become IPv4. */
struct address address_of(const struct record_addr *);
bool address_equal(const struct address *, const struct address *);
size_t address_size(uint8_t family);

/* Lower case, without the final dot. False when it is no name: a character
 * other than [A-Za-z0-9_-] and dots, an empty or too long label, too long. */
bool name_normal(const char *text, size_t length, char out[static NAME_SIZE]);

/* The name whose PTR records tell the names of an address: in-addr.arpa
 * (RFC 1035, 3.5) or ip6.arpa (RFC 3596, 2.5). */
void name_reverse(const struct address *, char out[static NAME_SIZE]);

#endif
