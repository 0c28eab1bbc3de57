/*
 * One connection: its facts, the verdict, and what follows from it.
 *
 * Runs in sallyport-dispatch. The verdict is policy/rule.c's alone; here its
 * questions are answered, the cheap ones first. A refusal costs no message to
 * the parent and no wait; no byte that a client sends is looked at here.
 */
#include "dispatch/decide.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "shared/util.h"

#include "dispatch/banner.h"
#include "dispatch/cps.h"
#include "dispatch/hold.h"
#include "dispatch/ident.h"
#include "dispatch/kinds.h"
#include "dispatch/scores.h"
#include "dispatch/sources.h"
#include "dispatch/start.h"

/* Family, address and port; false for a family that is none of ours. */
static bool
decide_address(const struct sockaddr_storage *from, socklen_t length,
    struct addr *addr, uint16_t *port)
{
	memset(addr, 0, sizeof *addr);
	if (from->ss_family == AF_INET &&
	    length >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof in);
		*port = ntohs(in.sin_port);
		return addr_from_bytes(addr,
		    (const uint8_t *)&in.sin_addr, 4);
	}
	if (from->ss_family == AF_INET6 &&
	    length >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof in6);
		*port = ntohs(in6.sin6_port);
		if (!addr_from_bytes(addr, in6.sin6_addr.s6_addr, 16))
			return false;
		if (addr->family == ADDR_IPV6)
			addr->scope = in6.sin6_scope_id;
		return true;
	}
	return false;
}

static void
decide_record_addr(const struct addr *addr, uint16_t port,
    struct record_addr *out)
{
	memset(out, 0, sizeof *out);
	out->family = addr->family;
	out->port = port;
	out->scope = addr->scope;
	memcpy(out->bytes, addr->bytes, addr->family == ADDR_IPV4 ? 4 : 16);
}

/* A peer on the machine: its uid is its name. The sender of a datagram has
 * none that the kernel would vouch for. */
static void
decide_peer(struct connection *c)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	if (c->fd == -1) {
		c->source = (struct addr){ .family = ADDR_UNIX,
		    .scope = UINT32_MAX };
		return;
	}
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return;
	c->source = (struct addr){ .family = ADDR_UNIX, .scope = peer.uid };
	c->from = (struct record_addr){ .family = RECORD_FAMILY_UNIX,
	    .scope = peer.uid };
	c->local = (struct addr){ .family = ADDR_UNIX };
}

/* Where the client went. A listener with an address of its own tells without
 * a system call; an unknown destination is recorded as such. */
static void
decide_destination(struct connection *c)
{
	static const uint8_t nothing[16];
	const struct listen_addr *bound = c->listener->bound;
	struct sockaddr_storage to;
	socklen_t length = sizeof to;
	uint16_t port;

	if (memcmp(bound->addr.bytes, nothing, sizeof nothing) != 0) {
		c->local = bound->addr;
		decide_record_addr(&bound->addr, bound->port, &c->to);
		return;
	}
	/* Of a datagram's socket this would be the wildcard again. */
	if (c->fd != -1 &&
	    getsockname(c->fd, (struct sockaddr *)&to, &length) == 0 &&
	    decide_address(&to, length, &c->local, &port))
		decide_record_addr(&c->local, port, &c->to);
}

void
decide_ends(struct connection *c, const struct sockaddr_storage *from,
    socklen_t length)
{
	uint16_t port;

	memset(&c->source, 0, sizeof c->source);
	memset(&c->local, 0, sizeof c->local);
	memset(&c->from, 0, sizeof c->from);
	memset(&c->to, 0, sizeof c->to);
	if (c->listener->bound->addr.family == ADDR_UNIX) {
		decide_peer(c);
		return;
	}
	decide_destination(c);
	if (decide_address(from, length, &c->source, &port))
		decide_record_addr(&c->source, port, &c->from);
	else
		memset(&c->source, 0, sizeof c->source);
}

uint64_t
decide_record_denied(struct dispatch *d, const struct connection *c,
    const struct verdict *verdict, uint64_t untold)
{
	struct record record;

	record_init(&record, RECORD_DENIED);
	record.conn = RECORD_CONN(d->number, dispatch_number(d));
	record.service = c->served->service->index;
	record.reason = (uint16_t)verdict->reason;
	record.attr = (uint32_t)verdict->attr;
	record.entry = verdict->entry;
	record.source = c->from;
	record.destination = c->to;
	record.number[0] = untold;
	dispatch_record(d, &record);
	return record.conn;
}

/* The order of counters, record and close is explained in accept.c. */
void
decide_refuse(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	const struct service *service = c->served->service;
	struct dispatch_state *state = d->state;
	uint64_t conn;

	__atomic_store_n(&state->stage, (uint64_t)STAGE_REFUSING,
	    __ATOMIC_RELEASE);
	state->services[service->index].denied++;
	conn = decide_record_denied(d, c, verdict, 0);
	banner_refuse(c->fd, &service->banner_data,
	    &service->banner_fail_data);
	ident_refused(d, c, conn, verdict->reason);
	fd_close(&c->fd);
	__atomic_store_n(&state->denied, state->denied + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&state->stage, (uint64_t)STAGE_IDLE,
	    __ATOMIC_RELEASE);
}

/* One-minute load average in thousandths. Without an answer the highest
 * number: a limit that cannot be checked is a limit that is reached. */
static uint64_t
decide_load(void)
{
	struct sysinfo info;

	if (sysinfo(&info) != 0)
		return UINT64_MAX;
	return ((uint64_t)info.loads[0] * 1000) >> SI_LOAD_SHIFT;
}

/* per_source goes by address unless source_prefix is given. */
static const struct source_prefix *
decide_prefix(const struct service *service)
{
	static const struct source_prefix address = { 32, 128 };

	return service->given[ATTR_SOURCE_PREFIX] ? &service->source_prefix :
	    &address;
}

/* Nothing that source_cps could count: false. */
static bool
decide_source(const struct served *s, const struct connection *c,
    struct sources_key *key)
{
	const struct service *service = s->service;
	const struct source_prefix *prefix =
	    service->given[ATTR_SOURCE_PREFIX] ? &service->source_prefix :
	    &source_prefix_default;

	if (!service->given[ATTR_SOURCE_CPS] || service->source_cps.rate == 0)
		return false;
	memset(key, 0, sizeof *key);
	key->service = s->slot != COUNT_NO_SLOT ? s->slot :
	    STATE_SERVICES + service->index;
	return source_name_of_record(&c->from, prefix, &key->name);
}

static bool
decide_counts_sources(const struct service *service)
{
	return service->given[ATTR_PER_SOURCE] &&
	    service->per_source != POLICY_UNLIMITED;
}

/* The limits, on numbers that cost nothing, or on exact ones. */
static struct verdict
decide_count(struct dispatch *d, const struct connection *c, bool is_exact)
{
	struct served *s = c->served;
	const struct gateway *gateway = &d->policy->gateway;
	struct source_name name;
	struct sources_key key;
	struct count_query query = {
		.dispatcher = d->number, .service = s->service->index,
		.pending = s->pending, .source = &name,
		.prefix = decide_prefix(s->service)
	};
	struct counts counts = {
		.now_us = c->now_us, .cps = &s->cps,
		.process_limit = gateway->given[ATTR_PROCESS_LIMIT] ?
		    gateway->process_limit : POLICY_UNLIMITED
	};
	struct count_result result;

	(void)source_name_of_record(&c->from, query.prefix, &name);
	s->slot = count_slot(d->parent, s->service->id, s->slot);
	query.slot = s->slot;
	cps_look(s, c->now_us);
	if (is_exact)
		count_exact(d->parent, &d->pending, &query, &result);
	else
		count_quick(d->parent, &d->pending, &query, &result);
	if (is_exact && s->service->max_load != 0)
		counts.load = decide_load();
	counts.source_instances = result.of_source;
	counts.is_source_fast = decide_source(s, c, &key) &&
	    !sources_peek(&d->sources, &key, &s->service->source_cps,
		c->now_us);
	counts.instances = result.of_service;
	counts.processes = result.of_all;
	return rule_limits(&s->matcher, &counts);
}

static bool
decide_is_by_count(enum reason reason)
{
	return reason == REASON_SERVICE_LIMIT ||
	    reason == REASON_PROCESS_LIMIT ||
	    reason == REASON_PER_SOURCE_LIMIT;
}

/*
 * Cheap numbers first: under a flood they refuse, and nothing is scanned. They
 * are never too low, so an allow stands; a refusal by them is looked at again
 * while answers of the parent may be under way, or a client would be turned
 * away because of a server that was counted twice or has ended.
 */
static struct verdict
decide_limits(struct dispatch *d, const struct connection *c)
{
	const struct service *service = c->served->service;
	struct verdict verdict = decide_count(d, c, false);

	if (verdict.answer == ANSWER_ALLOW &&
	    (decide_counts_sources(service) || service->max_load != 0))
		verdict = decide_count(d, c, true);
	if (verdict.answer == ANSWER_DENY && d->pending.used > 0 &&
	    decide_is_by_count(verdict.reason)) {
		start_read_answers(d);
		verdict = decide_count(d, c, true);
	}
	return verdict;
}

void
decide_facts(const struct dispatch *d, const struct connection *c,
    struct facts *facts)
{
	*facts = (struct facts){ .source = c->source, .local = c->local,
	    .zone = &d->policy->gateway.zone };
}

/* A peer that no list could name: of a family that is none of ours. */
static const struct verdict nobody = {
	.answer = ANSWER_DENY, .reason = REASON_ADDRESS,
	.entry = RULE_ENTRY_NONE, .wrap = RULE_ENTRY_NONE
};

struct verdict
decide_access(const struct dispatch *d, const struct connection *c,
    struct facts *facts)
{
	facts->now = (int64_t)(wall_us() / 1000000);
	facts->is_penalised = scores_is_penalised(d->scores, &c->source,
	    monotonic_us());
	return c->source.family == ADDR_NONE ? nobody :
	    rule_access(&c->served->matcher, facts);
}

/* The source of a datagram is anybody's invention: it has to wait for its next
 * token, and no longer. */
static void
decide_send_away(struct dispatch *d, const struct connection *c)
{
	struct sources_key key;

	if (!kind_table[c->served->service->kind].is_dgram &&
	    decide_source(c->served, c, &key))
		sources_send_away(&d->sources, &key,
		    &c->served->service->source_cps, c->now_us);
}

void
decide_judge(struct dispatch *d, struct connection *c, struct facts *facts,
    struct verdict *verdict)
{
	struct served *s = c->served;
	const struct kind_acts *acts = kinds_of(s);
	struct sources_key key;
	struct verdict limits;

	c->now_us = monotonic_us();
	c->is_put_off = false;
	*verdict = decide_access(d, c, facts);
	if (verdict->answer == ANSWER_DENY)
		return;
	limits = decide_limits(d, c);
	if (limits.answer != ANSWER_ALLOW) {
		if (limits.reason == REASON_CPS)
			cps_passed(s, c->now_us);
		if (limits.attr == ATTR_SOURCE_CPS)
			decide_send_away(d, c);
		*verdict = limits;
	} else if (verdict->answer == ANSWER_ALLOW) {
		c->is_put_off = acts->prepared != NULL && !acts->prepared(d, c);
		/* rule_limits() has just seen one at this very moment. */
		if (!c->is_put_off) {
			cps_take(s, c->now_us);
			if (decide_source(s, c, &key))
				sources_take(&d->sources, &key,
				    &s->service->source_cps, c->now_us);
		}
	}
}

void
decide_act(struct dispatch *d, struct connection *c,
    const struct verdict *verdict)
{
	const struct kind_acts *acts = kinds_of(c->served);

	must(verdict->answer != ANSWER_ASK);
	if (verdict->answer == ANSWER_DENY)
		acts->denied(d, c, verdict);
	else if (!c->is_put_off)
		acts->allowed(d, c, verdict);
}

void
decide_arrived(struct dispatch *d, struct connection *c)
{
	struct facts facts;
	struct verdict verdict;

	decide_facts(d, c, &facts);
	decide_judge(d, c, &facts, &verdict);
	if (verdict.answer == ANSWER_ASK)
		hold_begin(d, c, &facts, &verdict.question);
	else
		decide_act(d, c, &verdict);
}
