/*
 * Access lists to classic BPF; see filter.h.
 *
 * Pure; in the loader. The program reads the IP header through SKF_NET_OFF, so
 * that one program serves UDP sockets and TCP listeners, whose packets begin
 * at another place. It is a straight list of prefixes, each followed by its own
 * verdict: no jump is longer than a few instructions but those over the IPv4
 * part, behind the rules and from word to word of an EXCEPT, which are JAs with
 * 32 bits.
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

#define COMPARE_MAX 10		/* of one prefix, with its verdict */

#define DROP 0
#define PASS UINT32_C(0xffffffff)

struct program {
	struct filter_code *codes;
	unsigned count;		/* more than FILTER_CODES_MAX: too many */
	bool may_drop;
	unsigned limit;		/* where the rules of this family must end */
	unsigned allowed;	/* chain of jumps behind the rules */
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

/* A jump forward. A chain is its last jump, + 1; each holds the one before it
 * in k until they land. */
static void
emit_jump(struct program *p, unsigned *chain)
{
	emit(p, JUMP_ALWAYS, 0, 0, *chain);
	*chain = p->count;
}

/* Those that were not kept belong to what will be taken back. */
static void
land(struct program *p, unsigned chain)
{
	unsigned next;

	for (; chain != 0 && chain <= FILTER_CODES_MAX; chain = next) {
		next = p->codes[chain - 1].k;
		p->codes[chain - 1].k = p->count - chain;
	}
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

/* Falls through to the one instruction behind it, or jumps over that. */
static void
emit_compare(struct program *p, const struct prefix *prefix)
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
}

static void
emit_list(struct program *p, const struct access_list *list, uint8_t family,
    const struct filter_code *verdict)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct access_entry *entry = &list->entries[i];

		for (unsigned k = 0; k < entry->count; k++) {
			if (entry->prefixes[k].addr.family != family)
				continue;
			emit_compare(p, &entry->prefixes[k]);
			emit_verdict(p, verdict);
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

/*
 * Rules of hosts.allow and hosts.deny. A filter may drop only whom the rules
 * refuse for certain, so whom one refuses is taken narrowly here and whom one
 * allows widely; inside an EXCEPT it is the other way round, and so on. What
 * needs a name or a user is nobody where the filter is narrow, and everybody
 * that it can be where it is wide.
 *
 * What the matcher holds unknown (host bits, a word that cannot be evaluated)
 * refuses and does not open: a AND NOT (b AND NOT c) is not NO when a is not NO
 * and the rest is not YES, so it counts just where the filter is narrow.
 */
enum scope { NOBODY, SOME, EVERYBODY };

struct group {			/* words between two EXCEPTs */
	const struct wrap_item *items;
	unsigned count;
	uint8_t family;
	bool is_wide;
};

/* *is_exact: what is said is what the word means, no more and no less. */
static enum scope
item_scope(const struct group *g, const struct wrap_item *item, bool *is_exact)
{
	bool is_prefix = item->form == WRAP_PREFIX || item->form == WRAP_LOOSE;
	bool is_numeric = is_prefix || item->form == WRAP_MASK;
	bool is_known = is_numeric || item->form == WRAP_ALL ||
	    item->form == WRAP_OPAQUE;

	*is_exact = true;
	if (is_numeric && item->prefix.addr.family != g->family)
		return NOBODY;
	if ((item->form == WRAP_LOOSE || item->form == WRAP_OPAQUE) &&
	    g->is_wide)
		return NOBODY;
	*is_exact = is_known && item->who == NULL;
	if (!*is_exact && !g->is_wide)
		return NOBODY;
	return item->form == WRAP_MASK || (is_prefix &&
	    item->prefix.length > 0) ? SOME : EVERYBODY;
}

static enum scope
group_scope(const struct group *g, bool *is_exact)
{
	enum scope scope = NOBODY, one;
	bool is_one_exact, is_all_exact = true;

	for (unsigned i = 0; i < g->count; i++) {
		one = item_scope(g, &g->items[i], &is_one_exact);
		if (one == EVERYBODY && is_one_exact)
			return EVERYBODY;
		is_all_exact &= is_one_exact;
		scope = one > scope ? one : scope;
	}
	*is_exact &= is_all_exact;
	return scope;
}

static struct group
group_at(const struct wrap_rule *rule, unsigned begin, uint8_t family,
    bool is_wide)
{
	struct group g = { .items = rule->clients.items + begin,
	    .family = family, .is_wide = is_wide };

	while (begin + g.count < rule->clients.count &&
	    g.items[g.count].form != WRAP_EXCEPT)
		g.count++;
	return g;
}

/*
 * Whom the rule names in this family, and in *groups how many of its groups
 * say so. One that is empty ends the list: nothing is excepted. One of
 * everybody at the end takes all from the one before it.
 */
static enum scope
rule_scope(const struct wrap_rule *rule, uint8_t family, unsigned *groups,
    bool *is_exact)
{
	bool is_wide = rule->action != WRAP_DENY;
	enum scope scope = NOBODY;
	unsigned full = 0;	/* how many of everybody stand at the end */
	unsigned begin = 0;
	struct group g;

	*groups = 0;
	do {
		g = group_at(rule, begin, family, is_wide);
		scope = group_scope(&g, is_exact);
		if (scope == NOBODY)
			break;
		full = scope == EVERYBODY ? full + 1 : 0;
		(*groups)++;
		is_wide = !is_wide;
		begin += g.count + 1;
	} while (begin < rule->clients.count);
	for (; *groups > 1 && full > 0; full -= full < 2 ? full : 2)
		*groups -= 2;
	return *groups == 0 ? NOBODY : *groups == 1 && full > 0 ? EVERYBODY :
	    SOME;
}

static void
emit_item(struct program *p, const struct wrap_item *item)
{
	if (item->form == WRAP_MASK) {
		emit(p, LOAD_MEMORY, 0, 0, 0);
		emit(p, AND_CONSTANT, 0, 0, word_of(item->mask));
		emit(p, JUMP_EQUAL, 0, 1, word_of(item->prefix.addr.bytes));
	} else
		emit_compare(p, &item->prefix);
}

static void
emit_matched(struct program *p, const struct wrap_rule *rule)
{
	if (rule->action == WRAP_DENY)
		emit_verdict(p, &drop);
	else
		emit_jump(p, &p->allowed);
}

static bool
take_back(struct program *p, const struct program *before)
{
	if (p->count <= p->limit)
		return false;
	*p = *before;
	return true;
}

/* The words of a list without EXCEPT, each with its verdict. One that refuses
 * and finds no room is left out; false then. */
static bool
emit_words(struct program *p, const struct wrap_rule *rule,
    const struct group *g)
{
	bool is_whole = true, is_exact;

	for (unsigned i = 0; i < g->count; i++) {
		struct program before = *p;

		if (item_scope(g, &g->items[i], &is_exact) == NOBODY)
			continue;
		emit_item(p, &g->items[i]);
		emit_matched(p, rule);
		if (take_back(p, &before))
			is_whole = false;
	}
	return is_whole;
}

/* Who is in the first group goes on to the second, who is in that to the third.
 * Who is not in the second, fourth and so on is matched, and who is in all if
 * their number is odd. */
static bool
emit_groups(struct program *p, const struct wrap_rule *rule, uint8_t family,
    unsigned groups)
{
	bool is_wide = rule->action != WRAP_DENY, is_exact = true;
	unsigned begin = 0, missed = 0;
	struct program before = *p;

	for (unsigned i = 0; i < groups; i++) {
		struct group g = group_at(rule, begin, family, is_wide);
		unsigned inside = 0;

		begin += g.count + 1;
		is_wide = !is_wide;
		if (group_scope(&g, &is_exact) == EVERYBODY)
			continue;
		for (unsigned k = 0; k < g.count; k++) {
			if (item_scope(&g, &g.items[k], &is_exact) == NOBODY)
				continue;
			emit_item(p, &g.items[k]);
			emit_jump(p, &inside);
		}
		if (i % 2 == 0)
			emit_jump(p, &missed);
		else
			emit_matched(p, rule);
		land(p, inside);
	}
	if (groups % 2 == 1)
		emit_matched(p, rule);
	land(p, missed);
	return !take_back(p, &before);
}

static bool
emit_rule(struct program *p, const struct wrap_rule *rule, uint8_t family,
    unsigned groups)
{
	struct group g = group_at(rule, 0, family, rule->action != WRAP_DENY);
	struct program before = *p;

	if (groups > 1)
		return emit_groups(p, rule, family, groups);
	if (emit_words(p, rule, &g))
		return true;
	if (rule->action != WRAP_DENY)
		*p = before;
	return false;
}

struct stretch {		/* neighbours that all refuse or all allow */
	const struct wrap_rule *rules;
	unsigned count;
	const char *daemon;
	uint8_t family;
	bool is_deny;
	const struct wrap_item *daemons;	/* asked about last: tools
						 * repeat one list */
	bool may_name, does_name;
	bool is_exact;		/* out: the program says all that they say */
	bool is_over;		/* out: nothing behind it has a place */
};

static void
ask_daemons(struct stretch *s, const struct wrap_list *daemons)
{
	if (s->daemons == daemons->items)
		return;
	s->daemons = daemons->items;
	s->may_name = wrap_may_name(daemons, s->daemon);
	s->does_name = wrap_does_name(daemons, s->daemon);
}

/* Whom it names and whether its daemon is certain; NOBODY: passed over. */
static enum scope
scope_in(struct stretch *s, const struct wrap_rule *rule, unsigned *groups,
    bool *is_exact)
{
	ask_daemons(s, &rule->daemons);
	if (!s->may_name)
		return NOBODY;
	if (!s->does_name) {
		*is_exact = false;
		if (s->is_deny)
			return NOBODY;
	}
	return rule_scope(rule, s->family, groups, is_exact);
}

/* Does one of them name everybody? Then the others say nothing. Whom one
 * refuses is taken narrowly, so it is certain. */
static bool
emit_everybody(struct program *p, struct stretch *s)
{
	bool is_found = false, is_exact;
	unsigned groups;

	for (unsigned i = 0; i < s->count && !s->is_exact; i++) {
		is_exact = true;
		if (scope_in(s, &s->rules[i], &groups, &is_exact) != EVERYBODY)
			continue;
		is_found = true;
		s->is_exact = s->is_deny || is_exact;
	}
	if (is_found && s->is_deny)
		emit_verdict(p, &drop);
	return is_found;
}

/* A rule that allows and finds no room leaves none for those behind it. */
static void
emit_stretch(struct program *p, struct stretch *s)
{
	struct program before = *p;
	enum scope scope;
	unsigned groups;

	s->is_exact = false;
	s->is_over = emit_everybody(p, s) && !take_back(p, &before);
	if (s->is_over)
		return;
	s->is_exact = true;
	for (unsigned i = 0; i < s->count && !s->is_over; i++) {
		if (!s->is_exact && p->limit - p->count < COMPARE_MAX)
			break;	/* a file of a million lines is not read on */
		scope = scope_in(s, &s->rules[i], &groups, &s->is_exact);
		if (scope == NOBODY ||
		    emit_rule(p, &s->rules[i], s->family, groups))
			continue;
		s->is_exact = false;
		s->is_over = !s->is_deny;
	}
}

static struct stretch
stretch_at(const struct wrap_rules *rules, unsigned i, const char *daemon,
    uint8_t family)
{
	struct stretch s = { .rules = rules->rules + i, .daemon = daemon,
	    .family = family, .is_deny = rules->rules[i].action == WRAP_DENY };

	while (i + s.count < rules->count &&
	    (s.rules[s.count].action == WRAP_DENY) == s.is_deny)
		s.count++;
	return s;
}

static bool
may_refuse(const struct stretch *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->is_deny &&
		    wrap_may_name(&s->rules[i].daemons, s->daemon))
			return true;
	}
	return false;
}

/* The rules in their order, in `room` instructions; whom one allows goes on
 * behind them all. Returns how many there are. */
static unsigned
emit_rules(struct program *p, const struct service *s,
    const struct wrap_rules *rules, uint8_t family, unsigned room,
    bool *is_partial)
{
	bool is_exact = true, is_over = false;
	unsigned begin = p->count;
	struct stretch at;

	p->allowed = 0;
	p->limit = p->count + room;
	for (unsigned i = 0; i < rules->count; i += at.count) {
		at = stretch_at(rules, i, s->wrap_name, family);
		if (is_over && is_exact)
			break;
		if (!is_exact && may_refuse(&at))
			*is_partial = true;
		if (is_over)
			continue;
		emit_stretch(p, &at);
		is_over = at.is_over;
		if (at.is_deny)
			*is_partial |= !at.is_exact;
		else
			is_exact &= at.is_exact;
	}
	land(p, p->allowed);
	return p->count - begin;
}

/* Whom only_from does not name passes when it is not there or not all of it
 * is known here. */
static const struct filter_code *
last_verdict(const struct service *s)
{
	return s->only_from.present && !has_names(&s->only_from) ? &drop :
	    &pass;
}

/* All of one address family: never falls through its end. Returns how many
 * instructions its rules have. */
static unsigned
emit_family(struct program *p, const struct service *s,
    const struct wrap_rules *rules, uint8_t family, unsigned room,
    bool *is_partial)
{
	unsigned words = family == ADDR_IPV4 ? 1 : 4;
	uint32_t source = family == ADDR_IPV4 ? SOURCE_4 : SOURCE_6;
	unsigned used = 0;

	for (unsigned i = 0; i < words; i++) {
		emit(p, LOAD_WORD, 0, 0, NETWORK_HEADER + source + 4 * i);
		emit(p, STORE_MEMORY, 0, 0, i);
	}
	if (rules != NULL)
		used = emit_rules(p, s, rules, family, room, is_partial);
	if (s->no_access.present)
		emit_list(p, &s->no_access, family, &drop);
	if (last_verdict(s) == &drop)
		emit_list(p, &s->only_from, family, &pass);
	emit_verdict(p, last_verdict(s));
	return used;
}

/* How many of `room` instructions the rules of IPv6 want, if half of them is
 * all that they get. */
static unsigned
room_of_ipv6(struct filter_code *codes, const struct service *s,
    const struct wrap_rules *rules, unsigned room)
{
	struct program p = { .codes = codes };
	bool is_partial = false;	/* told by the pass that counts */

	if (rules != NULL)
		emit_rules(&p, s, rules, ADDR_IPV6, room / 2, &is_partial);
	return p.count;
}

/* The whole program; its rules get `room` instructions in all. */
static struct program
emit_all(struct filter_code *codes, const struct service *s,
    const struct wrap_rules *rules, unsigned room, bool *is_partial)
{
	unsigned room6 = room_of_ipv6(codes, s, rules, room), over;
	struct program p = { .codes = codes };
	bool is_part = false;

	emit(&p, LOAD_BYTE, 0, 0, NETWORK_HEADER);
	emit(&p, AND_CONSTANT, 0, 0, 0xf0);
	emit(&p, JUMP_EQUAL, 1, 0, VERSION_4);
	over = p.count;
	emit(&p, JUMP_ALWAYS, 0, 0, 0);
	room -= emit_family(&p, s, rules, ADDR_IPV4, room - room6, &is_part);
	p.codes[over].k = p.count - over - 1;
	/* No third version exists; if one did, nothing here would know it. */
	emit(&p, JUMP_EQUAL, 1, 0, VERSION_6);
	emit(&p, RETURN_CONSTANT, 0, 0, DROP);
	emit_family(&p, s, rules, ADDR_IPV6, room, &is_part);
	*is_partial = is_part;
	return p;
}

/* The lists of the service stand whole; the rules get the room they leave. */
enum filter_result
filter_make(struct arena *arena, const struct service *s,
    const struct wrap_rules *rules, struct blob *out, bool *is_partial)
{
	struct filter_code *codes = arena_alloc(arena, FILTER_CODES_MAX,
	    sizeof(*codes));
	struct program p;

	*is_partial = false;
	if (codes == NULL)
		return FILTER_NO_MEMORY;
	p = emit_all(codes, s, NULL, 0, is_partial);
	if (p.count > FILTER_CODES_MAX) {
		*is_partial = rules != NULL;
		return FILTER_TOO_BIG;
	}
	if (rules != NULL && s->wrap_name != NULL)
		p = emit_all(codes, s, rules, FILTER_CODES_MAX - p.count,
		    is_partial);
	if (!p.may_drop)
		return FILTER_NONE;
	out->bytes = (const uint8_t *)p.codes;
	out->length = p.count * sizeof(*p.codes);
	return FILTER_MADE;
}
