/*
 * Where a redirect goes, as numbers.
 *
 * Runs in sallyport-load. A host is resolved once, here: IPv4 unless its text
 * contains a colon or it has no such address. What must be a mistake is
 * refused: a target that is everywhere, many hosts at once, or the service
 * itself, which would call itself until its limits are reached.
 */
#include "load/target.h"

#include <net/if.h>
#include <string.h>

#include "shared/util.h"

static void
refuse(struct fill *f, struct service *s, const char *why)
{
	fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_REDIRECT, s->redirect.host, NULL,
	    "\"%s\" is no target: %s", s->redirect.host, why);
}

static bool
find_port(struct fill *f, struct service *s, uint16_t *port)
{
	const char *text = s->redirect.port;
	uint64_t number;

	if (number_parse(text, UINT16_MAX, &number)) {
		*port = (uint16_t)number;
		if (number == 0)
			fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_REDIRECT, text,
			    NULL, "port 0 is no port of a target");
		return number != 0;
	}
	return fill_answered(f, s, ATTR_REDIRECT,
	    resolve_port(f->resolver, text, "tcp", port), "service", text);
}

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0". */
static bool
parse_literal(const char *host, struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	const char *percent = strchr(host, '%');

	if (addr_parse(addr, host))
		return true;
	if (percent == NULL || (size_t)(percent - host) >= sizeof(text))
		return false;
	memcpy(text, host, (size_t)(percent - host));
	text[percent - host] = '\0';
	if (!addr_parse(addr, text) || addr->family != ADDR_IPV6)
		return false;
	addr->scope = if_nametoindex(percent + 1);
	return addr->scope != 0;
}

static bool
find_host(struct fill *f, struct service *s, struct addr *addr)
{
	const char *host = s->redirect.host;
	struct addr addrs[POLICY_LISTEN_MAX];
	unsigned count = 0;

	if (parse_literal(host, addr))
		return true;
	if (strchr(host, ':') != NULL) {
		refuse(f, s, "neither an address nor a name");
		return false;
	}
	if (!fill_answered(f, s, ATTR_REDIRECT,
	    resolve_host(f->resolver, host, addrs, &count), "host", host))
		return false;
	if (count == 0) {
		refuse(f, s, "it has no address");
		return false;
	}
	*addr = addrs[0];
	for (unsigned i = count; i > 0; i--) {
		if (addrs[i - 1].family == ADDR_IPV4)
			*addr = addrs[i - 1];
	}
	return true;
}

/* NULL when a connection to it can make sense. */
static const char *
check_address(const struct fill *f, const struct addr *addr)
{
	static const uint8_t zero[sizeof(addr->bytes)];
	bool is_v6 = addr->family == ADDR_IPV6;

	if (memcmp(addr->bytes, zero, sizeof(zero)) == 0)
		return "that is no single host";
	if (is_v6 ? addr->bytes[0] == 0xff : addr->bytes[0] >= 0xe0)
		return "a multicast or broadcast address";
	if (is_v6 && !f->has_ipv6)
		return "this host has no IPv6";
	if (is_v6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80 &&
	    addr->scope == 0)
		return "a link-local address needs its interface, as in "
		    "fe80::1%eth0";
	return NULL;
}

static bool
is_own_listener(const struct service *s, const struct listen_addr *target)
{
	for (unsigned i = 0; i < s->listen.count; i++) {
		const struct listen_addr *at = &s->listen.addrs[i];

		if (at->port == target->port &&
		    addr_compare(&at->addr, &target->addr) == 0)
			return true;
	}
	return false;
}

void
target_fill(struct fill *f, struct service *s)
{
	struct listen_addr *target = &s->target.addrs[0];
	const char *why;

	if (s->kind != KIND_REDIRECT || s->refused ||
	    !find_host(f, s, &target->addr) || !find_port(f, s, &target->port))
		return;
	why = check_address(f, &target->addr);
	if (why == NULL && is_own_listener(s, target))
		why = "the service would connect to itself";
	if (why != NULL) {
		refuse(f, s, why);
		return;
	}
	s->target.count = 1;
	s->given[ATTR_TARGET] = true;
	s->where[ATTR_TARGET] = s->where[ATTR_REDIRECT];
}
