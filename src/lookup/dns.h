/*
 * What a DNS reply says: its bytes in, addresses or names out.
 *
 * Pure. c-ares asks, waits and matches replies with questions; what is in a
 * reply is read here, so that every name and time to live is checked and
 * counted in one place. The sender is hostile.
 */
#ifndef LOOKUP_DNS_H
#define LOOKUP_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup/name.h"

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12,
	DNS_AAAA = 28 };

enum finding {
	FINDING_UNKNOWN,	/* no answer, or none that makes sense */
	FINDING_NONE,		/* the name, or such a record, does not exist */
	FINDING_FOUND
};

#define DNS_ADDRESSES 256	/* of one name; further ones: is_cut */
#define DNS_NAMES 8		/* of one address; further ones: is_cut */
#define DNS_ALIASES 8		/* CNAMEs followed inside one reply */

struct dns_reply {
	enum finding finding;
	bool is_cut;		/* there were more than are told */
	uint32_t ttl;		/* seconds, of the shortest-lived record */
	unsigned count;		/* of addresses or names, FOUND only */
	union {
		uint8_t addresses[DNS_ADDRESSES][16];	/* 4 bytes of A */
		char names[DNS_NAMES][NAME_SIZE];	/* name_normal() */
	};
};

/*
 * Reads a reply to the question (name, type), type one of A, AAAA, PTR; the
 * name as name_normal() leaves it. Aliases are followed in the order of the
 * reply. A PTR's names that are no host names are left out, with is_cut: FOUND may
 * have a count of 0. Anything malformed is UNKNOWN, and so is an alias that leads
 * nowhere unless an SOA record says that this is so. TTLs with the top bit set
 * are 0 (RFC 2181, 8); that of NONE is the SOA's (RFC 2308, 5), or 0.
 */
void dns_read(const uint8_t *bytes, size_t length, enum dns_type,
    const char *name, struct dns_reply *out);

#endif
