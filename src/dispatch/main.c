/*
 * sallyport-dispatch: accepts connections, decides, asks for servers.
 *
 * Started by the parent as root with fixed descriptors; the first thing it does
 * is to stop being root. It reads the policy, allocates everything it will ever
 * need, puts the sandbox on, says HELLO and waits for GO. Nothing that comes
 * from the network may be touched before the sandbox is on, and nothing may be
 * opened, made or allocated after.
 */
#include "dispatch/dispatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/parse.h"

#include "shared/confine.h"
#include "shared/loop.h"
#include "shared/sandbox.h"
#include "shared/util.h"

#include "dispatch/accept.h"
#include "dispatch/ask.h"
#include "dispatch/cps.h"
#include "dispatch/decide.h"
#include "dispatch/hold.h"
#include "dispatch/ident.h"
#include "dispatch/kinds.h"
#include "dispatch/mux.h"
#include "dispatch/packet.h"
#include "dispatch/ready.h"
#include "dispatch/refusal.h"
#include "dispatch/scores.h"
#include "dispatch/sources.h"
#include "dispatch/slots.h"
#include "dispatch/start.h"

#define MAIN_LISTENERS_MAX (POLICY_SERVICES_MAX * POLICY_LISTEN_MAX)

/* Beside the listeners: what we inherit and make (channels, pages, epoll, a
 * pipe of the library's), and room for connections under way in START, which
 * the kernel counts against this limit: ours and an older dispatcher's. And
 * whoever waits in a slot. */
#define MAIN_FILES (FD_LISTENERS + 16 + 2 * PENDING_MAX + \
	HOLDS_MAX + MUX_WAITING_MAX + IDENTS_MAX)

void
dispatch_record(struct dispatch *d, struct record *record)
{
	record->generation = d->policy->generation;
	/* A record that finds no room is counted in the channel's page, and
	 * log writes the loss. */
	(void)record_send(&d->records, record);
}

uint64_t
dispatch_number(struct dispatch *d)
{
	/* Months of a flood: a fresh dispatcher counts from one again. */
	if (d->last_connection == DISPATCH_CONNECTIONS_MAX)
		fatal(EXIT_CANNOT, "all connection numbers are used");
	return ++d->last_connection;
}

struct main_options {
	uint64_t uid, gid, number;
};

static void
main_options(int argc, char **argv, struct main_options *out)
{
	const struct main_option {
		const char *name;
		uint64_t minimum, maximum;
		uint64_t *value;
	} options[] = {
		{ "--uid", 1, UINT32_MAX - 1, &out->uid },
		{ "--gid", 1, UINT32_MAX - 1, &out->gid },
		{ "--number", 0, DISPATCH_NUMBER_MAX, &out->number },
	};
	const size_t count = sizeof options / sizeof *options;

	/* All of them, in this order: the parent writes nothing else. */
	if (argc != 1 + 2 * (int)count)
		fatal(EXIT_USAGE, "this program is started by sallyportd");
	for (size_t i = 0; i < count; i++) {
		const struct main_option *o = &options[i];

		if (strcmp(argv[1 + 2 * i], o->name) != 0 ||
		    !number_parse(argv[2 + 2 * i], o->maximum, o->value) ||
		    *o->value < o->minimum)
			fatal(EXIT_USAGE, "bad option %s", argv[1 + 2 * i]);
	}
}

/* How many listeners we were given: descriptors without a gap. */
static unsigned
main_count_listeners(void)
{
	unsigned count = 0;

	while (count <= MAIN_LISTENERS_MAX &&
	    fcntl(FD_LISTENERS + (int)count, F_GETFD) != -1)
		count++;
	if (count > MAIN_LISTENERS_MAX)
		fatal(EXIT_CANNOT, "too many descriptors");
	return count;
}

/* A sealed memfd, mapped; its descriptor is closed. NULL when it is empty. */
static const void *
main_map_sealed(int fd, const char *what, size_t *length)
{
	const void *bytes;

	if (!memfd_is_sealed(fd, length))
		fatal(EXIT_CANNOT, "the %s is not sealed", what);
	if (*length == 0)
		return NULL;
	bytes = map_fd(fd, *length, false);
	if (bytes == NULL)
		fatal(EXIT_CANNOT, "the %s cannot be mapped: errno %d", what,
		    errno);
	fd_close(&fd);
	return bytes;
}

/* A shared file of a known size, mapped; its descriptor is closed. */
static void *
main_map_shared(int fd, const char *what, size_t size, bool is_writable)
{
	struct stat st;
	void *bytes;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)size)
		fatal(EXIT_CANNOT, "the %s has another size", what);
	bytes = map_fd(fd, size, is_writable);
	if (bytes == NULL)
		fatal(EXIT_CANNOT, "the %s cannot be mapped: errno %d", what,
		    errno);
	fd_close(&fd);
	return bytes;
}

static void
main_read_policy(struct dispatch *d)
{
	char error[256];
	size_t length, size;
	const void *text = main_map_sealed(FD_TEXT, "policy", &length);
	const void *tables;

	if (text == NULL)
		fatal(EXIT_CANNOT, "the policy is empty");
	d->policy = parse_canonical(text, length, CONSUMER_DISPATCH, error,
	    sizeof error);
	if (d->policy == NULL)
		fatal(EXIT_CANNOT, "the policy cannot be read: %s", error);
	/* Everything the policy points to is in its arena. */
	if (munmap((void *)(uintptr_t)text, length) != 0)
		bug("munmap of the policy's text");
	tables = main_map_sealed(FD_TABLES, "tables", &size);
	if (tables != NULL && !tables_open(&d->tables, tables, size))
		fatal(EXIT_CANNOT, "the tables are malformed");
}

/* source_table, in whole sets; the memory has room for the most. */
static size_t
main_source_rows(const struct gateway *gateway)
{
	size_t rows = gateway->given[ATTR_SOURCE_TABLE] ?
	    (size_t)gateway->source_table : SOURCES_DEFAULT;

	rows -= rows % 8;
	return rows < 8 ? 8 : rows > SOURCES_MAX ? SOURCES_MAX : rows;
}

static void
main_map_state(struct dispatch *d)
{
	const char magic[8] = { 'S', 'A', 'L', 'L', 'Y', 'P', '\0', 'P' };
	uint64_t seed[2];
	unsigned char *memory;
	size_t rows;

	d->parent = main_map_shared(FD_PARENT_STATE, STATE_PARENT,
	    sizeof *d->parent, false);
	if (memcmp(d->parent->h.magic, magic, sizeof magic) != 0 ||
	    d->parent->h.version != STATE_VERSION)
		fatal(EXIT_CANNOT, "%s is of another version", STATE_PARENT);
	d->state = main_map_shared(FD_DISPATCH_STATE, STATE_DISPATCH,
	    sizeof *d->state, true);
	state_header_set(&d->state->h, 'D', sizeof *d->state);
	d->state->generation = d->policy->generation;
	d->channel = FD_CHANNEL;
	d->records.fd = FD_RECORDS;
	d->records.counter = main_map_shared(FD_COUNTER, "record counter",
	    sizeof *d->records.counter, true);
	if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		fatal(EXIT_CANNOT, "no random numbers: errno %d", errno);
	rows = main_source_rows(&d->policy->gateway);
	memory = main_map_shared(FD_SCORES, "memory of dispatchers",
	    SCORES_SIZE + RATES_SIZE + SOURCES_ROW * (rows + 1), true);
	d->scores = scores_open(memory, seed);
	d->rates = memory + SCORES_SIZE;
	sources_open(&d->sources, memory + SCORES_SIZE + RATES_SIZE, rows,
	    seed);
}

/* Not a word of the service is believed that this program cannot honour. */
static void
main_open_service(struct dispatch *d, unsigned i)
{
	struct served *s = &d->served[i];

	s->dispatch = d;
	s->service = d->policy->services[i];
	s->slot = COUNT_NO_SLOT;
	if (s->service->index != i || s->service->kind >= KIND_MAX)
		fatal(EXIT_CANNOT, "service %s is not for this program",
		    s->service->id);
	if (!matcher_open(&s->matcher, s->service,
	    &d->policy->gateway, &d->tables))
		fatal(EXIT_CANNOT, "service %s: a list is missing or damaged",
		    s->service->id);
	s->quiet = loop_timer_new(d->loop, cps_quiet_over, s);
	if (s->quiet == NULL)
		fatal(EXIT_CANNOT, "no timer: errno %d", errno);
}

/* An RPC service's port is the kernel's choice: 0 in the text. */
static bool
main_is_port(in_port_t port, const struct listen_addr *bound)
{
	return bound->port == 0 || ntohs(port) == bound->port;
}

static bool
main_is_bound(const struct sockaddr_storage *at,
    const struct listen_addr *bound)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (bound->addr.family == ADDR_UNIX)
		return at->ss_family == AF_UNIX;
	if (bound->addr.family == ADDR_IPV4) {
		memcpy(&in, at, sizeof in);
		return at->ss_family == AF_INET &&
		    main_is_port(in.sin_port, bound);
	}
	memcpy(&in6, at, sizeof in6);
	return at->ss_family == AF_INET6 &&
	    main_is_port(in6.sin6_port, bound);
}

static bool
main_is_listener(int fd, const struct served *s,
    const struct listen_addr *bound)
{
	struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof at;
	int flags = fcntl(fd, F_GETFL);
	const struct kind_info *kind = &kind_table[s->service->kind];
	int wanted = kind->is_dgram ? SOCK_DGRAM :
	    s->service->socket_type == SOCKET_SEQPACKET ? SOCK_SEQPACKET :
	    SOCK_STREAM;
	int type;
	socklen_t size = sizeof type;

	/* Blocking, it would stop us when a client vanishes between poll and
	 * accept. The flag is the parent's to set: the socket is shared. One
	 * that is out blocks, and has the flag again before it is back. */
	return flags != -1 && (kind->is_passed || (flags & O_NONBLOCK) != 0) &&
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	    type == wanted &&
	    getsockname(fd, (struct sockaddr *)&at, &length) == 0 &&
	    main_is_bound(&at, bound);
}

/* The parent puts /dev/null where it could not bind an address. */
static bool
main_is_place_holder(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

static void
main_open_listener(struct dispatch *d, uint32_t index, struct served *s,
    const struct listen_addr *bound)
{
	struct listener *l = &d->listeners[index];
	void (*ready)(void *) = kinds_of(s)->ready;

	if (ready == NULL)
		fatal(EXIT_CANNOT, "service %s may not have a listener",
		    s->service->id);
	l->served = s;
	l->bound = bound;
	l->index = index;
	l->fd = FD_LISTENERS + (int)index;
	l->batch = 1;
	l->is_missing = main_is_place_holder(l->fd);
	if (l->is_missing)
		return;
	if (!main_is_listener(l->fd, s, bound))
		fatal(EXIT_CANNOT, "service %s: descriptor %d is not its "
		    "listener", s->service->id, l->fd);
	l->watch = loop_watch_new(d->loop, l->fd, LOOP_READABLE, ready, l);
	if (l->watch == NULL)
		fatal(EXIT_CANNOT, "descriptor %d cannot be polled: errno %d",
		    l->fd, errno);
}

static void
main_open_listeners(struct dispatch *d, unsigned inherited)
{
	uint64_t wanted = 0;
	uint32_t index = 0;

	for (unsigned i = 0; i < d->policy->count; i++)
		wanted += d->policy->services[i]->listen.count;
	if (wanted != inherited)
		fatal(EXIT_CANNOT, "%u listeners were inherited, the policy "
		    "has %llu", inherited, (unsigned long long)wanted);
	d->listener_count = inherited;
	d->listeners = calloc(inherited + 1u, sizeof *d->listeners);
	if (d->listeners == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	for (unsigned i = 0; i < d->policy->count; i++) {
		struct served *s = &d->served[i];
		const struct listen_list *list = &s->service->listen;

		s->first_listener = index;
		s->listeners = list->count;
		for (unsigned j = 0; j < list->count; j++)
			main_open_listener(d, index++, s, &list->addrs[j]);
	}
}

/* The library's heap of timers grows when one is set: once to the full here,
 * so that it never has to later. */
static void
main_grow_timers(struct dispatch *d)
{
	const uint64_t never_ms = UINT64_C(3600) * 1000;
	bool is_good = loop_timer_set(d->retry, never_ms) &&
	    loop_timer_set(d->untold, never_ms);

	for (unsigned i = 0; i < d->policy->count; i++)
		is_good &= loop_timer_set(d->served[i].quiet, never_ms);
	for (struct slots *s = d->waiting; s != NULL; s = s->next)
		is_good &= loop_timer_set(s->timer, never_ms);
	for (struct slots *s = d->waiting; s != NULL; s = s->next)
		is_good &= loop_timer_clear(s->timer);
	for (unsigned i = 0; i < d->policy->count; i++)
		is_good &= loop_timer_clear(d->served[i].quiet);
	if (!is_good || !loop_timer_clear(d->untold) ||
	    !loop_timer_clear(d->retry))
		fatal(EXIT_CANNOT, "no timers: errno %d", errno);
}

static void
main_open_loop(struct dispatch *d, unsigned inherited)
{
	d->loop = loop_new();
	if (d->loop == NULL)
		fatal(EXIT_CANNOT, "no event loop: errno %d", errno);
	d->readable = loop_watch_new(d->loop, d->channel, LOOP_READABLE,
	    start_channel_readable, d);
	d->writable = loop_watch_new(d->loop, d->channel, LOOP_WRITABLE,
	    start_channel_writable, d);
	d->retry = loop_timer_new(d->loop, accept_retry, d);
	if (d->readable == NULL || d->writable == NULL || d->retry == NULL)
		fatal(EXIT_CANNOT, "no events: errno %d", errno);
	d->served = calloc(d->policy->count + 1u, sizeof *d->served);
	if (d->served == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	for (unsigned i = 0; i < d->policy->count; i++)
		main_open_service(d, i);
	main_open_listeners(d, inherited);
	ready_open(d);
	ask_open(d);
	hold_open(d);
	ident_open(d);
	mux_open(d);
	packet_open(d);
	refusal_open(d);
	main_grow_timers(d);
	d->held.fd = -1;
	if (!loop_watch_arm(d->readable))
		fatal(EXIT_CANNOT, "the channel cannot be polled: errno %d",
		    errno);
}

static void
main_close(struct dispatch *d)
{
	for (uint32_t i = 0; i < d->listener_count; i++)
		loop_watch_free(d->listeners[i].watch);
	for (unsigned i = 0; i < d->policy->count; i++)
		loop_timer_free(d->served[i].quiet);
	slots_close(d);
	refusal_close(d);
	packet_close(d);
	mux_close(d);
	ident_close(d);
	hold_close(d);
	ask_close(d);
	loop_watch_free(d->ready);
	fd_close(&d->ready_fd);
	loop_timer_free(d->retry);
	loop_watch_free(d->writable);
	loop_watch_free(d->readable);
	loop_free(d->loop);
	free(d->listeners);
	free(d->served);
	policy_free(d->policy);
}

int
main(int argc, char **argv)
{
	static struct dispatch dispatch;
	struct main_options options;
	struct confinement confinement = { .net = true, .root = true };
	unsigned inherited;
	uint32_t layers;

	program_name = "sallyport-dispatch";
	main_options(argc, argv, &options);
	inherited = main_count_listeners();
	confinement.uid = (uint32_t)options.uid;
	confinement.gid = (uint32_t)options.gid;
	confinement.files = MAIN_FILES + inherited;
	layers = confine(&confinement);

	dispatch.number = options.number;
	main_read_policy(&dispatch);
	main_map_state(&dispatch);
	main_open_loop(&dispatch, inherited);

	layers |= sandbox_enter(SANDBOX_DISPATCH);
	if ((layers & LAYERS_MANDATORY) != LAYERS_MANDATORY)
		fatal(EXIT_SANDBOX, "a mandatory layer is missing");
	start_hello(&dispatch, layers);
	if (!loop_run(dispatch.loop))
		fatal(EXIT_CANNOT, "the event loop fails: errno %d", errno);
	main_close(&dispatch);
	return EXIT_CLEAN;
}
