/*
 * Access lists to classic BPF; see filter.h.
 *
 * Pure; in the loader. The program reads the IP header through SKF_NET_OFF, so
 * that one program serves UDP sockets and TCP listeners, whose packets begin
 * at another place. It is a straight list of prefixes, each followed by its own
 * verdict: no jump is longer than a few instructions but those over the IPv4
 * part and behind the rules of hosts.allow, which are JAs with 32 bits.
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
	bool may_drop;
	unsigned allowed;	/* the last jump over the rules, + 1; each holds
				 * the one before it in k */
};

static const struct filter_code drop = { RETURN_CONSTANT, 0, 0, DROP },
    pass = { RETURN_CONSTANT, 0, 0, PASS };

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

static void
emit_verdict(struct program *p, const struct filter_code *verdict)
{
	p->may_drop |= verdict->code == RETURN_CONSTANT && verdict->k == DROP;
	emit(p, verdict->code, 0, 0, verdict->k);
}

/* Falls through to the verdict behind it, or jumps over that. */
static void
emit_prefix(struct program *p, const struct prefix *prefix,
    const struct filter_code *verdict)
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
	emit_verdict(p, verdict);
}

static void
emit_list(struct program *p, const struct access_list *list, uint8_t family,
    const struct filter_code *verdict)
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

/* One word of a rule's clients; false when it is not known by number. What was
 * written with host bits is doubtful: it refuses and never opens. */
static bool
emit_client(struct program *p, const struct wrap_item *item, uint8_t family,
    bool is_deny)
{
	struct filter_code jump = { JUMP_ALWAYS, 0, 0, p->allowed };
	struct prefix prefix = item->prefix;

	if (item->who != NULL)
		return false;
	if (item->form == WRAP_ALL)
		prefix = (struct prefix){ .addr.family = family };
	else if (item->form == WRAP_LOOSE && !is_deny)
		return true;
	else if (item->form != WRAP_PREFIX && item->form != WRAP_LOOSE)
		return false;
	if (prefix.addr.family != family)
		return true;
	emit_prefix(p, &prefix, is_deny ? &drop : &jump);
	if (!is_deny)
		p->allowed = p->count;
	return true;
}

/* False when the rule says more than stands in the program then. */
static bool
emit_rule(struct program *p, const struct wrap_rule *rule, uint8_t family)
{
	const struct wrap_list *clients = &rule->clients;
	bool is_whole = true;

	for (unsigned i = 0; i < clients->count; i++) {
		if (clients->items[i].form == WRAP_EXCEPT)
			return false;
	}
	for (unsigned i = 0; i < clients->count; i++) {
		if (!emit_client(p, &clients->items[i], family,
		    rule->action == WRAP_DENY))
			is_whole = false;
	}
	return is_whole;
}

/* The rules in their order; whom one allows goes on behind them all. */
static void
emit_rules(struct program *p, const struct service *s,
    const struct wrap_rules *rules, uint8_t family, bool *is_partial)
{
	bool is_open = false;	/* one that allows is not known */
	unsigned next;

	p->allowed = 0;
	for (unsigned i = 0; i < rules->count; i++) {
		const struct wrap_rule *rule = &rules->rules[i];
		bool is_deny = rule->action == WRAP_DENY;

		if (p->count > FILTER_CODES_MAX)
			return;
		if (!wrap_may_name(&rule->daemons, s->wrap_name))
			continue;
		if (!is_open && wrap_does_name(&rule->daemons, s->wrap_name) &&
		    emit_rule(p, rule, family))
			continue;
		is_open |= !is_deny;
		*is_partial |= is_deny;
	}
	if (p->count > FILTER_CODES_MAX)
		return;
	for (; p->allowed != 0; p->allowed = next) {
		next = p->codes[p->allowed - 1].k;
		p->codes[p->allowed - 1].k = p->count - p->allowed;
	}
}

/* Whom only_from does not name passes when it is not there or not all of it
 * is known here. */
static const struct filter_code *
last_verdict(const struct service *s)
{
	return s->only_from.present && !has_names(&s->only_from) ? &drop :
	    &pass;
}

/* All of one address family: never falls through its end. */
static void
emit_family(struct program *p, const struct service *s,
    const struct wrap_rules *rules, uint8_t family, bool *is_partial)
{
	unsigned words = family == ADDR_IPV4 ? 1 : 4;
	uint32_t source = family == ADDR_IPV4 ? SOURCE_4 : SOURCE_6;

	for (unsigned i = 0; i < words; i++) {
		emit(p, LOAD_WORD, 0, 0, NETWORK_HEADER + source + 4 * i);
		emit(p, STORE_MEMORY, 0, 0, i);
	}
	if (rules != NULL && s->wrap_name != NULL)
		emit_rules(p, s, rules, family, is_partial);
	if (s->no_access.present)
		emit_list(p, &s->no_access, family, &drop);
	if (last_verdict(s) == &drop)
		emit_list(p, &s->only_from, family, &pass);
	emit_verdict(p, last_verdict(s));
}

enum filter_result
filter_make(struct arena *arena, const struct service *s,
    const struct wrap_rules *rules, struct blob *out, bool *is_partial)
{
	struct program p = { .may_drop = false };
	unsigned over;

	*is_partial = false;
	p.codes = arena_alloc(arena, FILTER_CODES_MAX, sizeof(*p.codes));
	if (p.codes == NULL)
		return FILTER_NO_MEMORY;
	emit(&p, LOAD_BYTE, 0, 0, NETWORK_HEADER);
	emit(&p, AND_CONSTANT, 0, 0, 0xf0);
	emit(&p, JUMP_EQUAL, 1, 0, VERSION_4);
	over = p.count;
	emit(&p, JUMP_ALWAYS, 0, 0, 0);
	emit_family(&p, s, rules, ADDR_IPV4, is_partial);
	if (over < FILTER_CODES_MAX)
		p.codes[over].k = p.count - over - 1;
	/* No third version exists; if one did, nothing here would know it. */
	emit(&p, JUMP_EQUAL, 1, 0, VERSION_6);
	emit(&p, RETURN_CONSTANT, 0, 0, DROP);
	emit_family(&p, s, rules, ADDR_IPV6, is_partial);
	if (p.count > FILTER_CODES_MAX)
		return FILTER_TOO_BIG;
	if (!p.may_drop)
		return FILTER_NONE;
	out->bytes = (const uint8_t *)p.codes;
	out->length = p.count * sizeof(*p.codes);
	return FILTER_MADE;
}
