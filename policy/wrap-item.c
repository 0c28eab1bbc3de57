/*
 * One word of hosts.allow: what it names, and its canonical form.
 *
 * Pure; runs in the loader, and in every process that reads a policy's text.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/out.h"
#include "policy/wrap-item.h"

static const struct {
	const char *word;
	enum wrap_form form;
} keywords[] = {
	{ "EXCEPT", WRAP_EXCEPT }, { "ALL", WRAP_ALL }, { "LOCAL", WRAP_LOCAL },
	{ "KNOWN", WRAP_KNOWN }, { "UNKNOWN", WRAP_UNKNOWN },
	{ "PARANOID", WRAP_PARANOID },
};
#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

#define DIGITS "0123456789"
#define NAME_BYTES DIGITS "abcdefghijklmnopqrstuvwxyz-_."

static char *
lower(struct arena *arena, const char *text)
{
	char *copy = arena_text(arena, text, strlen(text));

	for (char *c = copy; c != NULL && *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	return copy;
}

/* Clears the bits behind the length; false when one was set. */
static bool
mask_host_bits(struct prefix *p)
{
	unsigned size = p->addr.family == ADDR_IPV4 ? 4 : 16, i;
	bool is_exact = true;
	uint8_t keep;

	for (i = 0; i < size; i++) {
		keep = (uint8_t)(i < p->length / 8u ? 0xff :
		    i > p->length / 8u ? 0 : 0xff00u >> p->length % 8u);
		is_exact &= (p->addr.bytes[i] & ~keep) == 0;
		p->addr.bytes[i] &= keep;
	}
	return is_exact;
}

static const char *
set_prefix(struct wrap_item *item, const struct addr *addr, unsigned length,
    const char *word)
{
	item->prefix.addr = *addr;
	item->prefix.length = (uint8_t)length;
	item->form = mask_host_bits(&item->prefix) ? WRAP_PREFIX : WRAP_LOOSE;
	item->name = word;
	return NULL;
}

/* Up to three digits, at most `maximum`. */
static bool
small_number(const char *text, unsigned maximum, unsigned *out)
{
	size_t length = strspn(text, DIGITS);

	*out = 0;
	if (length == 0 || length > 3 || text[length] != '\0')
		return false;
	for (size_t i = 0; i < length; i++)
		*out = *out * 10 + (unsigned)(text[i] - '0');
	return *out <= maximum;
}

/* "[address]" or "[address]/length". */
static const char *
read_bracket(struct wrap_item *item, const char *text)
{
	static const char bad[] = "not an address in brackets";
	char inside[ADDR_TEXT_MAX];
	const char *end = strchr(text, ']');
	size_t length = end == NULL ? 0 : (size_t)(end - text) - 1;
	struct addr addr;
	unsigned bits, most;
	bool is_mapped;

	if (end == NULL || length == 0 || length >= sizeof(inside))
		return bad;
	memcpy(inside, text + 1, length);
	inside[length] = '\0';
	if (!addr_parse(&addr, inside) || addr.scope != 0 ||
	    strchr(inside, '%') != NULL)
		return bad;
	is_mapped = addr.family == ADDR_IPV4 && strchr(inside, ':') != NULL;
	most = addr.family == ADDR_IPV4 && !is_mapped ? 32 : 128;
	bits = most;
	if (end[1] != '\0' && (end[1] != '/' ||
	    !small_number(end + 2, most, &bits)))
		return bad;
	if (is_mapped && bits < 96)
		return bad;
	return set_prefix(item, &addr, is_mapped ? bits - 96 : bits, text);
}

/* "192.168."; tcp wrappers compare it as text, so an octet with a leading zero is
 * that of no address. */
static const char *
read_octets(struct wrap_item *item, const char *text)
{
	struct addr addr = { .family = ADDR_IPV4 };
	unsigned count = 0, value;
	char part[4];
	size_t length;

	while (*text != '\0') {
		length = strspn(text, DIGITS);
		if (count == 3 || length == 0 || length > 3 ||
		    text[length] != '.')
			return "not the beginning of an address";
		memcpy(part, text, length);
		part[length] = '\0';
		if (length > 1 && part[0] == '0')
			return "an octet begins with a zero";
		if (!small_number(part, 255, &value))
			return "not the beginning of an address";
		addr.bytes[count++] = (uint8_t)value;
		text += length + 1;
	}
	return set_prefix(item, &addr, count * 8, NULL);
}

/* "n.n.n.n/m.m.m.m"; a mask without holes is a length. */
static const char *
read_mask(struct wrap_item *item, const struct addr *addr,
    const struct addr *mask, const char *text)
{
	uint32_t bits = 0;
	unsigned length = 0;

	for (unsigned i = 0; i < 4; i++)
		bits = bits << 8 | mask->bytes[i];
	while (length < 32 && (bits & UINT32_C(0x80000000) >> length) != 0)
		length++;
	if (length == 32 || bits << length == 0)
		return set_prefix(item, addr, length, text);
	item->form = WRAP_MASK;
	item->prefix.addr = *addr;
	memcpy(item->mask, mask->bytes, sizeof(item->mask));
	item->name = text;
	return NULL;
}

static const char *
read_network(struct wrap_item *item, const char *text, const char *slash)
{
	static const char bad[] = "not a network";
	char before[ADDR_TEXT_MAX];
	size_t length = (size_t)(slash - text);
	struct addr addr, mask;
	unsigned bits;

	if (length >= sizeof(before))
		return bad;
	memcpy(before, text, length);
	before[length] = '\0';
	if (!addr_parse(&addr, before) || addr.family != ADDR_IPV4)
		return bad;
	if (small_number(slash + 1, 32, &bits))
		return set_prefix(item, &addr, bits, text);
	if (!addr_parse(&mask, slash + 1) || mask.family != ADDR_IPV4)
		return bad;
	return read_mask(item, &addr, &mask, text);
}

static const char *
read_name(struct wrap_item *item, const char *text, char *low)
{
	size_t length = strlen(low);
	struct addr addr;

	if (low[strspn(low, NAME_BYTES "*?")] != '\0')
		return "not a host pattern";
	item->name = low;
	if (strpbrk(low, "*?") != NULL) {
		item->form = WRAP_GLOB;
		return NULL;
	}
	if (addr_parse(&addr, text))
		return set_prefix(item, &addr,
		    addr.family == ADDR_IPV4 ? 32 : 128, text);
	if (low[0] == '.' && length > 1) {
		item->form = WRAP_SUFFIX;
		item->name = low + 1;
	} else
		item->form = WRAP_NAME;
	if (low[strspn(low, NAME_BYTES)] != '\0' || low[length - 1] == '.' ||
	    low[strspn(low, DIGITS ".")] == '\0' || item->name[0] == '.')
		return "neither an address nor a host name";
	return NULL;
}

static const char *
read_host(struct arena *arena, const char *text, struct wrap_item *item)
{
	const char *slash = strchr(text, '/');
	char *low;

	for (size_t i = 1; i < KEYWORDS; i++)
		if (strcasecmp(text, keywords[i].word) == 0) {
			item->form = keywords[i].form;
			return NULL;
		}
	if (text[0] == '@' && text[1] != '\0' &&
	    strpbrk(text + 1, "@[]/:") == NULL) {
		item->form = WRAP_OPAQUE;
		item->name = text;
		return NULL;
	}
	if (text[0] == '\0' || text[0] == '/')
		return "not a host pattern";
	if (text[0] == '[')
		return read_bracket(item, text);
	if (text[strspn(text, DIGITS ".")] == '\0' && text[0] != '.' &&
	    text[strlen(text) - 1] == '.')
		return read_octets(item, text);
	if (slash != NULL)
		return read_network(item, text, slash);
	low = lower(arena, text);
	return low == NULL ? "out of memory" : read_name(item, text, low);
}

/* Canonical text needs no escape for these. */
static bool
is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || strchr("#\\,", *text) != NULL)
			return false;
	return true;
}

static bool
is_pattern(const char *who)
{
	return who[0] != '\0' && strpbrk(who, "@[]/:") == NULL &&
	    who[0] != '.' && who[strlen(who) - 1] != '.';
}

void
wrap_item_opaque(struct wrap_item *item)
{
	*item = (struct wrap_item){ .form = WRAP_OPAQUE, .name = "@" };
}

const char *
wrap_item_read(struct arena *arena, const char *text, bool is_daemon,
    struct wrap_item *item)
{
	/* From the second byte: a netgroup begins with the same one. */
	const char *at = text[0] == '\0' ? NULL : strchr(text + 1, '@');
	const char *problem;
	char *who = NULL;

	memset(item, 0, sizeof(*item));
	if (strcmp(text, "@") == 0) {
		wrap_item_opaque(item);
		return NULL;
	}
	if (strcasecmp(text, "EXCEPT") == 0) {
		item->form = WRAP_EXCEPT;
		return NULL;
	}
	if (!is_clean(text)) {
		problem = "holds a byte that belongs to no name";
	} else if (at == NULL && is_daemon) {
		item->form = WRAP_ALL;
		item->who = text;
		problem = is_pattern(text) ? NULL : "not the name of a daemon";
	} else {
		problem = read_host(arena, at == NULL ? text : at + 1, item);
		if (at != NULL) {
			who = arena_text(arena, text, (size_t)(at - text));
			if (who == NULL || !is_pattern(who))
				problem = "wrong before the @";
		}
		item->who = who;
	}
	if (problem == NULL && item->who != NULL)
		item->who = lower(arena, item->who);
	if (problem != NULL)
		wrap_item_opaque(item);
	return problem;
}

static void
print_prefix(struct out *out, const struct prefix *prefix)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&prefix->addr, text);
	out_format(out, prefix->addr.family == ADDR_IPV4 ? "%s/%u" :
	    "[%s]/%u", text, prefix->length);
}

void
wrap_item_print(struct out *out, const struct wrap_item *item, bool is_daemon)
{
	if (item->who != NULL)
		out_raw(out, item->who);
	if (item->who != NULL && is_daemon && item->form == WRAP_ALL)
		return;
	if (item->who != NULL)
		out_raw(out, "@");
	if (item->form == WRAP_PREFIX)
		print_prefix(out, &item->prefix);
	else if (item->form == WRAP_SUFFIX) {
		out_raw(out, ".");
		out_raw(out, item->name);
	} else if (item->name != NULL)
		out_raw(out, item->name);
	else
		for (size_t i = 0; i < KEYWORDS; i++)
			if (keywords[i].form == item->form)
				out_raw(out, keywords[i].word);
}
