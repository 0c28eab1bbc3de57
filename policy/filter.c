/*
 * Access lists to classic BPF; see filter.h.
 *
 * Pure; in the loader. The program reads the IP header through SKF_NET_OFF, so
 * that one program serves UDP sockets and TCP listeners, whose packets begin
 * at another place. It is a straight list of prefixes, each followed by its own
 * verdict: no jump is longer than a few instructions but the one over the IPv4
 * part, which is a JA with 32 bits.
 */
#include "policy/filter.h"

#include <string.h>

/* Opcodes of classic BPF (bpf(4), linux/bpf_common.h). */
#define LOAD_BYTE 0x30		/* BPF_LD | BPF_B | BPF_ABS */
#define LOAD_WORD 0x20		/* BPF_LD | BPF_W | BPF_ABS */
#define LOAD_MEMORY 0x60	/* BPF_LD | BPF_MEM */
#define STORE_MEMORY 0x02	/* BPF_ST */
#define AND_CONSTANT 0x54	/* BPF_ALU | BPF_AND | BPF_K */
#define JUMP_EQUAL 0x15		/* BPF_JMP | BPF_JEQ | BPF_K */
#define JUMP_ALWAYS 0x05	/* BPF_JMP | BPF_JA */
#define RETURN_CONSTANT 0x06	/* BPF_RET | BPF_K */

#define NETWORK_HEADER UINT32_C(0xfff00000)	/* SKF_NET_OFF, -0x100000 */
#define VERSION_4 0x40
#define VERSION_6 0x60
#define SOURCE_4 12		/* offset of the source, RFC 791 */
#define SOURCE_6 8		/* RFC 8200 */

#define DROP 0
#define PASS UINT32_C(0xffffffff)

struct program {
	struct filter_code *codes;
	unsigned count;		/* more than FILTER_CODES_MAX: too many */
};

static void
emit(struct program *p, uint16_t code, uint8_t jump_true, uint8_t jump_false,
    uint32_t k)
{
	if (p->count < FILTER_CODES_MAX)
		p->codes[p->count] = (struct filter_code){ code, jump_true,
		    jump_false, k };
	p->count++;
}

static uint32_t
word_of(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	    (uint32_t)bytes[2] << 8 | bytes[3];
}

static unsigned
words_of(uint8_t length)
{
	return (length + 31u) / 32;
}

/* Instructions that compare one prefix, without its verdict. */
static unsigned
cost(uint8_t length)
{
	return words_of(length) * 2 + (length % 32 != 0);
}

/* Falls through to the verdict behind it, or jumps over that. */
static void
emit_prefix(struct program *p, const struct prefix *prefix, uint32_t verdict)
{
	unsigned end = p->count + cost(prefix->length);
	unsigned bits = prefix->length;

	for (unsigned i = 0; i < words_of(prefix->length); i++) {
		unsigned here = bits < 32 ? bits : 32;

		emit(p, LOAD_MEMORY, 0, 0, i);
		if (here < 32)
			emit(p, AND_CONSTANT, 0, 0,
			    ~(UINT32_C(0xffffffff) >> here));
		emit(p, JUMP_EQUAL, 0, (uint8_t)(end - p->count),
		    word_of(prefix->addr.bytes + 4 * i));
		bits -= here;
	}
	emit(p, RETURN_CONSTANT, 0, 0, verdict);
}

static void
emit_list(struct program *p, const struct access_list *list, uint8_t family,
    uint32_t verdict)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct access_entry *entry = &list->entries[i];

		for (unsigned k = 0; k < entry->count; k++) {
			if (entry->prefixes[k].addr.family == family)
				emit_prefix(p, &entry->prefixes[k], verdict);
		}
	}
}

static bool
has_names(const struct access_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->entries[i].count == 0)
			return true;
	}
	return false;
}

static bool
has_prefixes(const struct access_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->entries[i].count > 0)
			return true;
	}
	return false;
}

/* Whom only_from does not name passes when it is not there or not all of it
 * is known here. */
static uint32_t
last_verdict(const struct service *s)
{
	return s->only_from.present && !has_names(&s->only_from) ? DROP : PASS;
}

/* All of one address family: never falls through its end. */
static void
emit_family(struct program *p, const struct service *s, uint8_t family)
{
	unsigned words = family == ADDR_IPV4 ? 1 : 4;
	uint32_t source = family == ADDR_IPV4 ? SOURCE_4 : SOURCE_6;

	for (unsigned i = 0; i < words; i++) {
		emit(p, LOAD_WORD, 0, 0, NETWORK_HEADER + source + 4 * i);
		emit(p, STORE_MEMORY, 0, 0, i);
	}
	if (s->no_access.present)
		emit_list(p, &s->no_access, family, DROP);
	if (last_verdict(s) == DROP)
		emit_list(p, &s->only_from, family, PASS);
	emit(p, RETURN_CONSTANT, 0, 0, last_verdict(s));
}

enum filter_result
filter_make(struct arena *arena, const struct service *s, struct blob *out)
{
	struct program p = { 0 };
	unsigned over;

	if (last_verdict(s) == PASS &&
	    !(s->no_access.present && has_prefixes(&s->no_access)))
		return FILTER_NONE;
	p.codes = arena_alloc(arena, FILTER_CODES_MAX, sizeof(*p.codes));
	if (p.codes == NULL)
		return FILTER_NO_MEMORY;
	emit(&p, LOAD_BYTE, 0, 0, NETWORK_HEADER);
	emit(&p, AND_CONSTANT, 0, 0, 0xf0);
	emit(&p, JUMP_EQUAL, 1, 0, VERSION_4);
	over = p.count;
	emit(&p, JUMP_ALWAYS, 0, 0, 0);
	emit_family(&p, s, ADDR_IPV4);
	if (over < FILTER_CODES_MAX)
		p.codes[over].k = p.count - over - 1;
	/* No third version exists; if one did, nothing here would know it. */
	emit(&p, JUMP_EQUAL, 1, 0, VERSION_6);
	emit(&p, RETURN_CONSTANT, 0, 0, DROP);
	emit_family(&p, s, ADDR_IPV6);
	if (p.count > FILTER_CODES_MAX)
		return FILTER_TOO_BIG;
	out->bytes = (const uint8_t *)p.codes;
	out->length = p.count * sizeof(*p.codes);
	return FILTER_MADE;
}
