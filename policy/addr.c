/*
 * Addresses and prefixes, text both ways; see addr.h.
 *
 * Linked into every process. Words come from configuration files: what has
 * two readings is refused, since a list read wider than it was meant lets the
 * wrong client in.
 */
#include "policy/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool
addr_from_bytes(struct addr *addr, const uint8_t *bytes, size_t length)
{
	memset(addr, 0, sizeof(*addr));
	if (length == 16 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		bytes += sizeof(mapped);
		length = 4;
	}
	if (length != 4 && length != 16)
		return false;
	addr->family = length == 4 ? ADDR_IPV4 : ADDR_IPV6;
	memcpy(addr->bytes, bytes, length);
	return true;
}

/* Decimal digits only. */
static bool
parse_decimal(const char *text, size_t length, uint32_t maximum, uint32_t *out)
{
	uint64_t value = 0;

	if (length == 0 || length > 10)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > maximum)
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool
is_link_local(const struct addr *addr)
{
	return addr->family == ADDR_IPV6 && addr->bytes[0] == 0xfe &&
	    (addr->bytes[1] & 0xc0) == 0x80;
}

bool
addr_parse(struct addr *addr, const char *text)
{
	const char *percent = strchr(text, '%');
	char literal[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	size_t length;

	if (inet_pton(AF_INET, text, bytes) == 1)
		return addr_from_bytes(addr, bytes, 4);
	length = percent != NULL ? (size_t)(percent - text) : strlen(text);
	if (length >= sizeof(literal))
		return false;
	memcpy(literal, text, length);
	literal[length] = '\0';
	if (inet_pton(AF_INET6, literal, bytes) != 1 ||
	    !addr_from_bytes(addr, bytes, 16))
		return false;
	if (percent == NULL)
		return true;
	return is_link_local(addr) && parse_decimal(percent + 1,
	    strlen(percent + 1), UINT32_MAX, &addr->scope) && addr->scope != 0;
}

/* The first of the longest runs of two or more zero groups; its length, and
 * in *at where it begins. */
static unsigned
longest_zero_run(const uint16_t groups[static 8], unsigned *at)
{
	unsigned longest = 1, run = 0;

	*at = 8;
	for (unsigned i = 0; i < 8; i++) {
		run = groups[i] == 0 ? run + 1 : 0;
		if (run > longest) {
			longest = run;
			*at = i + 1 - run;
		}
	}
	return *at < 8 ? longest : 0;
}

/* By hand: inet_ntop() writes ::0.1.0.2 for ::1:2. */
static size_t
format_ipv6(const uint8_t bytes[static 16], char out[static ADDR_TEXT_MAX])
{
	uint16_t groups[8];
	unsigned gap, gap_length;
	size_t length = 0;

	for (unsigned i = 0; i < 8; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	gap_length = longest_zero_run(groups, &gap);
	for (unsigned i = 0; i < 8; i++) {
		if (i == gap) {
			out[length++] = ':';
			out[length++] = ':';
			i += gap_length - 1;
			continue;
		}
		length += (size_t)snprintf(out + length,
		    ADDR_TEXT_MAX - length, "%s%x",
		    i > 0 && out[length - 1] != ':' ? ":" : "", groups[i]);
	}
	out[length] = '\0';
	return length;
}

size_t
addr_format(const struct addr *addr, char out[static ADDR_TEXT_MAX])
{
	const uint8_t *bytes = addr->bytes;

	if (addr->family == ADDR_IPV6)
		return format_ipv6(bytes, out);
	if (addr->family == ADDR_IPV4)
		return (size_t)snprintf(out, ADDR_TEXT_MAX, "%u.%u.%u.%u",
		    bytes[0], bytes[1], bytes[2], bytes[3]);
	return (size_t)snprintf(out, ADDR_TEXT_MAX, "?");
}

size_t
prefix_format(const struct prefix *prefix, char out[static ADDR_TEXT_MAX])
{
	size_t length = addr_format(&prefix->addr, out);

	return length + (size_t)snprintf(out + length, ADDR_TEXT_MAX - length,
	    "/%u", prefix->length);
}

static unsigned
family_bits(unsigned family)
{
	return family == ADDR_IPV4 ? 32 : family == ADDR_IPV6 ? 128 : 0;
}

int
addr_compare(const struct addr *a, const struct addr *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, family_bits(a->family) / 8);
	if (order != 0)
		return order < 0 ? -1 : 1;
	return a->scope < b->scope ? -1 : a->scope > b->scope;
}

/* Do the first `bits` bits agree? */
static bool
bits_agree(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool
prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	unsigned bits = family_bits(addr->family);

	return bits != 0 && prefix->addr.family == addr->family &&
	    prefix->length <= bits &&
	    bits_agree(prefix->addr.bytes, addr->bytes, prefix->length);
}

/* Words of access lists ****************************************************/

struct word {			/* what addr_word() works on */
	struct arena *arena;
	const char *text;
	struct prefix *prefixes;
	unsigned count;
};

/* Every entry of a result passes here: host bits are cleared. The caller has
 * checked length against the family. */
static void
set_prefix(struct prefix *prefix, unsigned family, const uint8_t *bytes,
    unsigned length)
{
	unsigned whole = length / 8, rest = length % 8;

	memset(prefix, 0, sizeof(*prefix));
	prefix->addr.family = (uint8_t)family;
	prefix->length = (uint8_t)length;
	memcpy(prefix->addr.bytes, bytes, whole);
	if (rest != 0)
		prefix->addr.bytes[whole] =
		    (uint8_t)(bytes[whole] & 0xff << (8 - rest));
}

static enum addr_error
allocate(struct word *word, unsigned count)
{
	word->prefixes = arena_alloc(word->arena, count,
	    sizeof(*word->prefixes));
	if (word->prefixes == NULL)
		return ADDR_BAD;
	word->count = count;
	return ADDR_OK;
}

static enum addr_error
set_ipv4(struct word *word, const uint8_t *bytes, unsigned length)
{
	enum addr_error error = allocate(word, 1);

	if (error == ADDR_OK)
		set_prefix(&word->prefixes[0], ADDR_IPV4, bytes, length);
	return error;
}

/* Clients with a mapped address are known as IPv4 (D19), so a prefix that
 * holds mapped addresses holds IPv4. */
static enum addr_error
set_ipv6(struct word *word, const uint8_t *bytes, unsigned length)
{
	static const uint8_t any[16] = { 0 };
	uint8_t first_mapped[16] = { 0 };
	bool covers;
	enum addr_error error;

	memcpy(first_mapped, mapped, sizeof(mapped));
	if (length >= 96 && bits_agree(bytes, first_mapped, 96))
		return set_ipv4(word, bytes + 12, length - 96);
	covers = length < 96 && bits_agree(bytes, first_mapped, length);
	error = allocate(word, covers ? 2 : 1);
	if (error != ADDR_OK)
		return error;
	set_prefix(&word->prefixes[0], ADDR_IPV6, bytes, length);
	if (covers)
		set_prefix(&word->prefixes[1], ADDR_IPV4, any, 0);
	return ADDR_OK;
}

static unsigned
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* A number as C writes it: 0x7f, 0177, 127. Moves *text behind it. */
static bool
parse_c_number(const char **text, uint32_t *out)
{
	const char *at = *text, *first;
	unsigned base = 10;
	uint64_t value = 0;

	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		base = 16;
		at += 2;
	} else if (at[0] == '0') {
		base = 8;
	}
	for (first = at; digit_value(*at) < base; at++) {
		value = value * base + digit_value(*at);
		if (value > UINT32_MAX)
			return false;
	}
	if (at == first)
		return false;
	*text = at;
	*out = (uint32_t)value;
	return true;
}

/* One to four numbers with dots between; the last fills what is left. */
static bool
parse_classic_ipv4(const char *text, uint32_t *out)
{
	uint32_t value = 0, part;

	for (unsigned parts = 1; parts <= 4; parts++) {
		if (!parse_c_number(&text, &part))
			return false;
		if (*text == '\0') {
			uint32_t room = UINT32_MAX >> (8 * (parts - 1));

			*out = value | part;
			return part <= room;
		}
		if (*text++ != '.' || part > 255 || parts == 4)
			return false;
		value |= part << (32 - 8 * parts);
	}
	return false;
}

/* Trailing zero octets of the address, not of the text, are wildcards. */
static enum addr_error
classic_word(struct word *word, uint32_t value)
{
	const uint8_t bytes[4] = { (uint8_t)(value >> 24),
	    (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };
	unsigned length = 32;

	while (length > 0 && bytes[length / 8 - 1] == 0)
		length -= 8;
	return set_ipv4(word, bytes, length);
}

static enum addr_error
cidr_word(struct word *word)
{
	const char *slash = strchr(word->text, '/');
	size_t base_length = (size_t)(slash - word->text);
	char base[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	uint32_t length;
	int family;

	if (base_length >= sizeof(base))
		return ADDR_BAD;
	memcpy(base, word->text, base_length);
	base[base_length] = '\0';
	family = strchr(base, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(family, base, bytes) != 1)
		return ADDR_BAD;
	if (!parse_decimal(slash + 1, strlen(slash + 1),
	    family == AF_INET ? 32 : 128, &length))
		return ADDR_BAD_LENGTH;
	return family == AF_INET ? set_ipv4(word, bytes, length) :
	    set_ipv6(word, bytes, length);
}

/* The octets in front of the brace, each with a dot behind it. */
static bool
parse_factor_base(const char **text, uint8_t *bytes, unsigned *octets)
{
	const char *at = *text, *dot;
	uint32_t part;

	for (*octets = 0; *at != '{'; at = dot + 1) {
		dot = strchr(at, '.');
		if (*octets == 3 || dot == NULL ||
		    !parse_decimal(at, (size_t)(dot - at), 255, &part))
			return false;
		bytes[(*octets)++] = (uint8_t)part;
	}
	*text = at + 1;
	return true;
}

/* a.b.{c,d}: each value is the last octet of a prefix of whole octets. */
static enum addr_error
factor_word(struct word *word)
{
	const char *at = word->text, *end;
	uint8_t bytes[4] = { 0 };
	unsigned octets, count = 1;
	uint32_t value;

	if (!parse_factor_base(&at, bytes, &octets))
		return ADDR_BAD_FACTOR;
	for (end = at; *end != '}' && *end != '\0'; end++)
		if (*end == ',' && ++count > ADDR_WORD_MAX)
			return ADDR_TOO_MANY;
	if (end[0] != '}' || end[1] != '\0')
		return ADDR_BAD_FACTOR;
	if (allocate(word, count) != ADDR_OK)
		return ADDR_BAD;
	for (unsigned i = 0; i < count; i++) {
		size_t length = strcspn(at, ",}");

		if (!parse_decimal(at, length, 255, &value))
			return ADDR_BAD_FACTOR;
		bytes[octets] = (uint8_t)value;
		set_prefix(&word->prefixes[i], ADDR_IPV4, bytes,
		    8 * (octets + 1));
		at += length + 1;
	}
	return ADDR_OK;
}

static enum addr_error
all_word(struct word *word)
{
	static const uint8_t any[16] = { 0 };
	enum addr_error error = allocate(word, 2);

	if (error != ADDR_OK)
		return error;
	set_prefix(&word->prefixes[0], ADDR_IPV4, any, 0);
	set_prefix(&word->prefixes[1], ADDR_IPV6, any, 0);
	return ADDR_OK;
}

static bool
is_all(const char *text)
{
	return (text[0] | 0x20) == 'a' && (text[1] | 0x20) == 'l' &&
	    (text[2] | 0x20) == 'l' && text[3] == '\0';
}

/* "300" and "0x1ff" at the end make a faulty address, never a name. */
static bool
is_number_label(const char *label, size_t length)
{
	unsigned base = 10;

	if (length >= 2 && label[0] == '0' && (label[1] | 0x20) == 'x') {
		base = 16;
		label += 2;
		length -= 2;
	}
	for (size_t i = 0; i < length; i++)
		if (digit_value(label[i]) >= base)
			return false;
	return true;
}

static bool
is_label(const char *label, size_t length)
{
	if (length == 0 || length > 63 || label[0] == '-' ||
	    label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = label[i], letter = (char)(c | 0x20);

		if (!(letter >= 'a' && letter <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* RFC 1123 section 2.1: the highest label has a letter. "192.0.2.1-20" was meant
 * as addresses, and as a name nobody has it would ban nobody. */
static bool
has_letter(const char *label, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char letter = (char)(label[i] | 0x20);

		if (letter >= 'a' && letter <= 'z')
			return true;
	}
	return false;
}

/* host, host.example, .example, and the same with a final dot. */
static bool
is_name(const char *text)
{
	size_t length = strlen(text), label;
	const char *at = text;

	if (length > 0 && length <= 254 && *at == '.')
		at++;
	else if (length == 0 || length > 253)
		return false;
	for (;; at += label + 1) {
		label = strcspn(at, ".");
		if (!is_label(at, label))
			return false;
		if (at[label] == '\0' || at[label + 1] == '\0')
			return has_letter(at, label) &&
			    !is_number_label(at, label);
	}
}

static bool
has_outer_comma(const char *text)
{
	bool inside = false;

	for (; *text != '\0'; text++) {
		if (*text == '{')
			inside = true;
		else if (*text == '}')
			inside = false;
		else if (*text == ',' && !inside)
			return true;
	}
	return false;
}

static enum addr_error
classify(struct word *word)
{
	const char *text = word->text;
	uint8_t bytes[16];
	uint32_t value;

	if (has_outer_comma(text))
		return ADDR_COMMA;
	if (is_all(text))
		return all_word(word);
	if (parse_classic_ipv4(text, &value))
		return classic_word(word, value);
	if (strpbrk(text, "{}") != NULL)
		return strchr(text, '{') != NULL ? factor_word(word) :
		    ADDR_BAD_FACTOR;
	if (strchr(text, '/') != NULL)
		return cidr_word(word);
	/* A scope would be lost, and the entry wider than it reads. */
	if (strchr(text, ':') != NULL)
		return inet_pton(AF_INET6, text, bytes) == 1 ?
		    set_ipv6(word, bytes, 128) : ADDR_BAD;
	return is_name(text) ? ADDR_IS_NAME : ADDR_BAD;
}

enum addr_error
addr_word(struct arena *arena, const char *text, struct prefix **out,
    unsigned *count)
{
	struct word word = { .arena = arena, .text = text };
	enum addr_error error = classify(&word);

	*out = error == ADDR_OK ? word.prefixes : NULL;
	*count = error == ADDR_OK ? word.count : 0;
	return error;
}

const char *
addr_error_text(enum addr_error error)
{
	static const char *const texts[] = {
		[ADDR_OK] = "no fault",
		[ADDR_IS_NAME] = "a name, not a numeric address",
		[ADDR_BAD] = "not an address",
		[ADDR_COMMA] = "addresses are separated by blanks, not commas",
		[ADDR_BAD_LENGTH] = "the prefix length must be a number from "
		    "0 to 32 (IPv4) or 128 (IPv6)",
		[ADDR_BAD_FACTOR] = "a factorised address looks like "
		    "192.0.2.{1,2}, with octets from 0 to 255",
		[ADDR_TOO_MANY] = "more than 256 addresses in one word",
	};

	if ((unsigned)error >= sizeof(texts) / sizeof(texts[0]))
		return "not an address";
	return texts[error];
}
