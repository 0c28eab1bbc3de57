/*
 * Addresses and prefixes as values: text both ways, masks, comparison.
 *
 * Pure. An IPv4-mapped IPv6 address is always turned into plain IPv4 here, so
 * that the rest of the program knows one form of each address (D19).
 */
#ifndef POLICY_ADDR_H
#define POLICY_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"

/* ADDR_UNIX: a UNIX socket; as a source, scope is the peer's uid. */
enum addr_family { ADDR_NONE = 0, ADDR_UNIX = 1, ADDR_IPV4 = 4, ADDR_IPV6 = 6 };

struct addr {
	uint8_t family;		/* enum addr_family */
	uint8_t bytes[16];	/* network order; IPv4 uses the first four */
	uint32_t scope;		/* interface index of a link-local address, or 0 */
};

struct prefix {
	struct addr addr;	/* host bits are zero, scope is zero */
	uint8_t length;		/* 0..32 or 0..128 */
};

#define ADDR_TEXT_MAX 64	/* any address with scope and NUL */

/* From network-order bytes; maps ::ffff:a.b.c.d to IPv4. length 4 or 16. */
bool addr_from_bytes(struct addr *, const uint8_t *bytes, size_t length);

/* A literal "192.0.2.1", "2001:db8::1", "fe80::1%3" (numeric scope only).
 * Strict: four decimal parts for IPv4. False when it is not one. */
bool addr_parse(struct addr *, const char *text);

/* Canonical text (RFC 5952 for IPv6), without scope. Returns its length. */
size_t addr_format(const struct addr *, char out[static ADDR_TEXT_MAX]);
size_t prefix_format(const struct prefix *, char out[static ADDR_TEXT_MAX]);

/* Order by family, bytes, scope; 0 when equal. */
int addr_compare(const struct addr *, const struct addr *);

bool prefix_contains(const struct prefix *, const struct addr *);

/* Why an access-list word is no address. */
enum addr_error {
	ADDR_OK,
	ADDR_IS_NAME,		/* looks like a host, network or domain name */
	ADDR_BAD,		/* nothing we know */
	ADDR_COMMA,		/* words joined by commas */
	ADDR_BAD_LENGTH,	/* prefix length not a number or out of range */
	ADDR_BAD_FACTOR,	/* a.b.{c,d} malformed */
	ADDR_TOO_MANY		/* more than ADDR_WORD_MAX prefixes in one word */
};

#define ADDR_WORD_MAX 256

/*
 * One word of only_from or no_access in every form of xinetd.conf(5) but
 * names: inet_aton numbers with trailing zero octets as wildcards, CIDR,
 * IPv6, factorised a.b.{c,d}, ALL. A v6 prefix that covers ::ffff:0:0/96
 * yields 0.0.0.0/0 as well; one inside it yields the IPv4 prefix alone.
 * On ADDR_OK *out (in the arena) holds *count prefixes.
 */
enum addr_error addr_word(struct arena *, const char *word,
    struct prefix **out, unsigned *count);

/* A sentence for the administrator. */
const char *addr_error_text(enum addr_error);

#endif
