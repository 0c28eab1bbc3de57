/*
 * What one source is: an address, or the network that it comes from. Pure.
 */
#ifndef DISPATCH_SOURCE_H
#define DISPATCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/addr.h"
#include "policy/policy.h"
#include "shared/record.h"

/* Without holes, so that it can be hashed and compared as bytes. */
struct source_name {
	uint8_t family;
	uint8_t length;		/* of the prefix, in bits */
	uint8_t zero[2];
	uint32_t scope;		/* of a UNIX socket's peer its uid */
	uint8_t bytes[16];	/* zero behind the prefix */
};

/* What whoever has a network of IPv6 cannot change at will (RFC 6177). */
extern const struct source_prefix source_prefix_default;

/* False for a client without an address or uid: it is no source. */
bool source_name(const struct addr *, const struct source_prefix *,
    struct source_name *out);
bool source_name_of_record(const struct record_addr *,
    const struct source_prefix *, struct source_name *out);

bool source_is_same(const struct source_name *, const struct source_name *);

#endif
