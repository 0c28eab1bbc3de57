/*
 * What one source is: see source.h. Runs in sallyport-dispatch; pure.
 */
#include "dispatch/source.h"

#include <string.h>

const struct source_prefix source_prefix_default = { 32, 56 };

static unsigned
source_bits(uint8_t family, const struct source_prefix *prefix)
{
	switch (family) {
	case ADDR_IPV4:
		return (unsigned)prefix->ipv4;
	case ADDR_IPV6:
		return (unsigned)prefix->ipv6;
	default:
		return 0;
	}
}

static bool
source_make(uint8_t family, uint32_t scope, const uint8_t bytes[static 16],
    const struct source_prefix *prefix, struct source_name *out)
{
	unsigned bits = source_bits(family, prefix);
	unsigned whole = bits / 8, rest = bits % 8;

	memset(out, 0, sizeof *out);
	out->family = family;
	out->length = (uint8_t)bits;
	out->scope = scope;
	memcpy(out->bytes, bytes, whole);
	if (rest != 0)
		out->bytes[whole] = (uint8_t)(bytes[whole] &
		    (0xffu << (8 - rest)));
	return bits != 0 || family == RECORD_FAMILY_UNIX;
}

bool
source_name(const struct addr *addr, const struct source_prefix *prefix,
    struct source_name *out)
{
	return source_make(addr->family, addr->scope, addr->bytes, prefix, out);
}

bool
source_name_of_record(const struct record_addr *addr,
    const struct source_prefix *prefix, struct source_name *out)
{
	return source_make(addr->family, addr->scope, addr->bytes, prefix, out);
}

bool
source_is_same(const struct source_name *a, const struct source_name *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}
