/*
 * Names and addresses: see name.h.
 *
 * Runs in sallyport-lookup. Pure: no system call, no memory of its own.
 */
#include "lookup/name.h"

#include <string.h>

#include "shared/util.h"

#define LABEL_MAX 63

struct address
address_of(const struct record_addr *from)
{
	static const uint8_t mapped[12] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct address a = { .family = from->family };

	if (from->family == 6 &&
	    memcmp(from->bytes, mapped, sizeof mapped) == 0) {
		a.family = 4;
		memcpy(a.bytes, from->bytes + sizeof mapped, 4);
	} else {
		memcpy(a.bytes, from->bytes, address_size(a.family));
	}
	return a;
}

size_t
address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	    memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool
name_normal(const char *text, size_t length, char out[static NAME_SIZE])
{
	size_t label = 0;

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0 || length >= NAME_SIZE)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '_' || c == '-') {
			if (++label > LABEL_MAX)
				return false;
		} else {
			return false;
		}
		out[i] = c;
	}
	out[length] = '\0';
	return label > 0;
}

void
name_reverse(const struct address *a, char out[static NAME_SIZE])
{
	size_t used = 0;

	if (a->family == 4) {
		(void)format_text(out, NAME_SIZE, "%u.%u.%u.%u.in-addr.arpa",
		    a->bytes[3], a->bytes[2], a->bytes[1], a->bytes[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		used += format_text(out + used, NAME_SIZE - used, "%x.%x.",
		    a->bytes[i] & 15u, a->bytes[i] >> 4);
	(void)format_text(out + used, NAME_SIZE - used, "ip6.arpa");
}
