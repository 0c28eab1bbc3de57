/*
 * Questions to the DNS: see resolve.h.
 *
 * Runs in sallyport-lookup. c-ares makes the ids and sockets, sends, waits,
 * repeats and matches; its bytes go to dns.c. It may call back from inside any
 * call of its own, so a callback only puts the answer aside, and
 * resolver_work() hands it on when nothing of the library is on the stack.
 *
 * There are several channels because a channel keeps its UDP socket while
 * queries are under way: with one of them a forger would have one port to
 * guess for all.
 */
#include "lookup/resolve.h"

/* Later releases prefer ares_query_dnsrec(), which 1.18 does not have. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>

#include "shared/util.h"

#define CHANNELS 8
#define TIMEOUT_MS 1000		/* of the first try; the second waits 2 s */
#define TRIES 2
#define CLASS_IN 1
#define BUCKETS 1024u		/* a power of two */

struct query {
	struct resolver *resolver;
	LIST_HEAD(, wait) waiting;
	LIST_ENTRY(query) chain;
	STAILQ_ENTRY(query) done;
	struct answer *answer;	/* NULL: none has come, or no memory */
	enum dns_type type;
	char name[NAME_SIZE];
};

struct channel {
	struct resolver *resolver;
	ares_channel ares;
};

struct watched {		/* a socket of c-ares */
	struct channel *channel;
	int fd;
	struct loop_watch *readable, *writable;
};

struct resolver {
	struct loop *loop;
	struct loop_timer *timer;
	struct cache *cache;
	uint64_t key[2];
	struct channel channels[CHANNELS];
	unsigned count;		/* of queries under way */
	STAILQ_HEAD(, query) done;
	LIST_HEAD(, query) buckets[BUCKETS];
	struct watched sockets[RESOLVE_FILES];	/* by descriptor */
};

static const struct answer unknown = { .finding = FINDING_UNKNOWN };

/* --- sockets and time ------------------------------------------------------ */

static void
act_on(struct watched *w, bool is_readable)
{
	/* The socket may be gone, and its place taken, when c-ares returns. */
	struct channel *channel = w->channel;
	int fd = w->fd;

	ares_process_fd(channel->ares, is_readable ? fd : ARES_SOCKET_BAD,
	    is_readable ? ARES_SOCKET_BAD : fd);
	resolver_work(channel->resolver);
}

static void
socket_readable(void *context)
{
	act_on(context, true);
}

static void
socket_writable(void *context)
{
	act_on(context, false);
}

static void
watch(struct watched *w, struct loop_watch **one, enum loop_when when,
    bool is_wanted)
{
	if (*one == NULL && is_wanted)
		*one = loop_watch_new(w->channel->resolver->loop, w->fd, when,
		    when == LOOP_READABLE ? socket_readable : socket_writable,
		    w);
	/* Without a watch the query times out, and its answer is UNKNOWN. */
	if (*one != NULL)
		(void)(is_wanted ? loop_watch_arm(*one) :
		    loop_watch_disarm(*one));
}

/* What c-ares waits for; for nothing at all just before it closes a socket. */
static void
socket_state(void *context, ares_socket_t fd, int wants_read, int wants_write)
{
	struct channel *channel = context;
	struct watched *w;

	if (fd < 0 || fd >= RESOLVE_FILES)
		return;
	w = &channel->resolver->sockets[fd];
	w->channel = channel;
	w->fd = fd;
	if (!wants_read && !wants_write) {
		loop_watch_free(w->readable);
		loop_watch_free(w->writable);
		w->readable = w->writable = NULL;
		return;
	}
	watch(w, &w->readable, LOOP_READABLE, wants_read != 0);
	watch(w, &w->writable, LOOP_WRITABLE, wants_write != 0);
}

static void
timer_due(void *context)
{
	struct resolver *r = context;

	for (unsigned i = 0; i < CHANNELS; i++)
		ares_process_fd(r->channels[i].ares, ARES_SOCKET_BAD,
		    ARES_SOCKET_BAD);
	resolver_work(r);
}

static void
set_timer(struct resolver *r)
{
	struct timeval least = { .tv_sec = 3600 };
	bool is_wanted = false;

	for (unsigned i = 0; i < CHANNELS; i++) {
		struct timeval one;

		if (ares_timeout(r->channels[i].ares, NULL, &one) == NULL)
			continue;
		if (timercmp(&one, &least, <))
			least = one;
		is_wanted = true;
	}
	/* One more, or a rounded time would be just too early. */
	if (is_wanted)
		(void)loop_timer_set(r->timer, (uint64_t)least.tv_sec * 1000 +
		    (uint64_t)least.tv_usec / 1000 + 1);
	else
		(void)loop_timer_clear(r->timer);
}

/* --- the library ----------------------------------------------------------- */

static int
channel_open(struct channel *channel)
{
	char dns_only[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
		    ARES_FLAG_EDNS,
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = dns_only,
		.sock_state_cb = socket_state,
		.sock_state_cb_data = channel,
	};
	int set = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	    ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE;

#ifdef ARES_OPT_QUERY_CACHE	/* 1.31: ours is enough; a lifetime of 0 */
	set |= ARES_OPT_QUERY_CACHE;
#endif
	return ares_init_options(&channel->ares, &options, set);
}

struct resolver *
resolver_new(void)
{
	struct resolver *r = calloc(1, sizeof *r);

	if (r == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		goto fail;
	STAILQ_INIT(&r->done);
	for (unsigned i = 0; i < CHANNELS; i++) {
		r->channels[i].resolver = r;
		if (channel_open(&r->channels[i]) != ARES_SUCCESS)
			goto fail;
	}
	return r;
fail:
	/* The process ends; what was made ends with it. */
	free(r);
	return NULL;
}

bool
resolver_attach(struct resolver *r, struct loop *loop,
    const uint64_t key[static 2])
{
	r->loop = loop;
	r->key[0] = key[0];
	r->key[1] = key[1];
	r->cache = cache_new(key);
	r->timer = loop_timer_new(loop, timer_due, r);
	return r->cache != NULL && r->timer != NULL;
}

/* --- queries --------------------------------------------------------------- */

/* A reply, or the reason why there is none: put aside. */
static void
query_done(void *context, int status, int timeouts, unsigned char *bytes,
    int length)
{
	struct query *q = context;
	struct dns_reply reply;

	(void)timeouts;	/* a late answer is as good */
	/* ENOTFOUND and ENODATA come with the reply that says so. */
	if (bytes != NULL && length > 0 && (status == ARES_SUCCESS ||
	    status == ARES_ENOTFOUND || status == ARES_ENODATA)) {
		dns_read(bytes, (size_t)length, q->type, q->name, &reply);
		q->answer = answer_new(&reply, q->type);
	}
	STAILQ_INSERT_TAIL(&q->resolver->done, q, done);
}

static size_t
bucket_of(const struct resolver *r, const char *name)
{
	return cache_hash(r->key, name, strlen(name)) & (BUCKETS - 1);
}

static struct query *
query_find(struct resolver *r, enum dns_type type, const char *name)
{
	struct query *q;

	LIST_FOREACH(q, &r->buckets[bucket_of(r, name)], chain)
		if (q->type == type && strcmp(q->name, name) == 0)
			return q;
	return NULL;
}

static ares_channel
any_channel(struct resolver *r)
{
	uint8_t number = 0;

	/* Only forgers would profit from knowing it. */
	if (getrandom(&number, sizeof number, GRND_NONBLOCK) < 0)
		number = (uint8_t)r->count;
	return r->channels[number % CHANNELS].ares;
}

static struct query *
query_start(struct resolver *r, enum dns_type type, const char *name)
{
	struct query *q;

	if (r->count == RESOLVE_QUERIES)
		return NULL;
	q = calloc(1, sizeof *q);
	if (q == NULL)
		return NULL;
	q->resolver = r;
	q->type = type;
	memcpy(q->name, name, strlen(name) + 1);
	LIST_INSERT_HEAD(&r->buckets[bucket_of(r, name)], q, chain);
	r->count++;
	ares_query(any_channel(r), q->name, CLASS_IN, (int)type, query_done, q);
	return q;
}

const struct answer *
resolver_ask(struct resolver *r, enum dns_type type, const char *name,
    struct wait *wait)
{
	const struct answer *known = cache_get(r->cache, type, name,
	    monotonic_ms());
	struct query *q;

	must(wait->query == NULL);
	if (known != NULL)
		return known;
	q = query_find(r, type, name);
	if (q == NULL)
		q = query_start(r, type, name);
	if (q == NULL)
		return &unknown;
	wait->query = q;
	LIST_INSERT_HEAD(&q->waiting, wait, others);
	return NULL;
}

void
resolver_forget(struct wait *wait)
{
	if (wait->query != NULL)
		LIST_REMOVE(wait, others);
	wait->query = NULL;
}

/* Nobody else can find it any more when the first waiter hears of it: whoever
 * asks again from there finds the cache, or makes a query of their own. */
static void
query_finish(struct resolver *r, struct query *q)
{
	const struct answer *answer = q->answer != NULL ? q->answer : &unknown;
	struct wait *wait;

	LIST_REMOVE(q, chain);
	r->count--;
	while ((wait = LIST_FIRST(&q->waiting)) != NULL) {
		resolver_forget(wait);
		wait->act(wait, answer);
	}
	/* Silence too, for a moment: a server that says nothing must not hold
	 * up every next client of the same source. */
	if (q->answer == NULL)
		q->answer = answer_unknown();
	if (q->answer != NULL)
		cache_put(r->cache, q->type, q->name, q->answer,
		    monotonic_ms());
	free(q);
}

void
resolver_work(struct resolver *r)
{
	struct query *q;

	/* Ends: a question makes at most nine queries. */
	while ((q = STAILQ_FIRST(&r->done)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->done, done);
		query_finish(r, q);
	}
	set_timer(r);
}
