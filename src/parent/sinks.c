/*
 * Log files and the syslog socket. Root: opens what the policy names and sends
 * it to the log process, which cannot open anything.
 *
 * A path is opened without following a link in its last component and without
 * waiting; only regular files and character devices such as /dev/null are
 * written to.
 */
#include "parent/sinks.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "parent/helper.h"
#include "parent/say.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define RETRY_MS 1000
#define DEVLOG "/dev/log"

/* A log process that cannot take a message hangs: its successor is told
 * everything anew. */
static void
tell(struct parent *p, enum msg_type type, uint64_t number, uint32_t kind,
    int fd)
{
	union msg m = { .log = { .number = number, .kind = kind } };

	if (p->log == NULL || p->log->is_mute || ipc_send(p->log->watch.fd, &m,
	    msg_prepare(&m, type), fd) != IPC_AGAIN)
		return;
	say(p, LEVEL_ERR, "log does not read its messages and is replaced");
	helper_kill(p, p->log);
}

static const struct generation *
source_generation(const struct parent *p)
{
	return p->in_force != NULL ? p->in_force : p->candidate;
}

static int
open_devlog(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
	    .sun_path = DEVLOG };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The audit directory is ours to make; others are the administrator's. */
static void
make_directory_of(struct parent *p, const char *path, gid_t group)
{
	char directory[PATH_MAX];
	int fd;
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path ||
	    (size_t)(slash - path) >= sizeof(directory))
		return;
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	if (mkdir(directory, 0750) == -1)
		return;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Our own umask is stricter than that. */
	if (fd == -1 || fchown(fd, 0, group) == -1 || fchmod(fd, 0750) == -1)
		say(p, LEVEL_WARNING, "%s could not be given to group "
		    OPS_GROUP, directory);
	fd_close(&fd);
}

static int
open_file(struct parent *p, unsigned number, const char *path)
{
	const struct generation *g = source_generation(p);
	gid_t group = g->policy->gateway.roles.ops_gid;
	struct stat st;
	int fd, error;

	if (number == SINK_AUDIT)
		make_directory_of(p, path, group);
	/* For writing only: what stands in a file cannot be mapped and changed
	 * by who may append to it. */
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY |
	    O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		goto fail;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		goto fail;
	/* New files are readable by the operators; old ones stay as they are. */
	if (S_ISREG(st.st_mode) && st.st_size == 0 && st.st_uid == 0 &&
	    (st.st_mode & 07777) == 0600 &&
	    (fchown(fd, 0, group) == -1 || fchmod(fd, 0640) == -1))
		goto fail;
	return fd;
fail:
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

/* A file with a limit goes on in syslog when it is full (D43). */
static bool
needs_syslog(const struct log_target *target)
{
	return target->kind == LOG_SYSLOG ||
	    (target->kind == LOG_FILE && target->hard != POLICY_UNLIMITED);
}

static bool
is_used(const struct parent *p, unsigned number)
{
	const struct policy *policy = source_generation(p)->policy;

	if (number != SINK_SYSLOG)
		return number < p->sinks.count && p->sinks.path[number] != NULL;
	if (needs_syslog(&policy->gateway.messages))
		return true;
	for (unsigned i = 0; i < policy->count; i++) {
		if (needs_syslog(&policy->services[i]->log_type))
			return true;
	}
	return false;
}

static void
set_bad(struct parent *p, unsigned number, bool is_bad)
{
	if (p->sink_is_known_bad[number] == is_bad)
		return;
	p->sink_is_known_bad[number] = is_bad;
	p->state->logs_closed += is_bad ? 1u : UINT32_MAX;
}

/* Log looks for the last number in the audit file's tail; the same file, for
 * reading only. */
static void
send_reader(struct parent *p, int fd)
{
	char path[64];
	int reader;

	(void)format_text(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (reader == -1) {
		say(p, LEVEL_ERR, "the audit file's end cannot be read: errno "
		    "= %d", errno);
		return;
	}
	tell(p, MSG_SINK, SINK_AUDIT, 1, reader);
	(void)close(reader);
}

/* Opens one sink and hands it over; plans a retry when that fails. */
static void
send_sink(struct parent *p, unsigned number)
{
	int fd;

	p->sink_retry_ms[number] = 0;
	if (!is_used(p, number) || p->log == NULL) {
		set_bad(p, number, false);
		return;
	}
	fd = number == SINK_SYSLOG ? open_devlog() :
	    open_file(p, number, p->sinks.path[number]);
	if (fd == -1) {
		p->sink_retry_ms[number] = monotonic_ms() + RETRY_MS;
		if (!p->sink_is_known_bad[number])
			say(p, LEVEL_ERR, "log %s could not be opened: errno = "
			    "%d; trying again every second",
			    number == SINK_SYSLOG ? DEVLOG :
			    p->sinks.path[number], errno);
		set_bad(p, number, true);
		return;
	}
	set_bad(p, number, false);
	if (number == SINK_AUDIT)
		send_reader(p, fd);
	tell(p, MSG_SINK, number, 0, fd);
	(void)close(fd);
}

void
sinks_send_all(struct parent *p)
{
	const struct generation *g = source_generation(p);

	if (g == NULL || p->log == NULL)
		return;
	if (!policy_sinks(g->policy, &p->sinks)) {
		say(p, LEVEL_ERR, "more than %d log files; the rest is not "
		    "written", SINK_MAX);
		p->sinks.count = SINK_MAX;
	}
	for (unsigned i = 0; i < SINK_MAX; i++)
		send_sink(p, i);
}

void
sinks_dead(struct parent *p, uint64_t number, int error)
{
	if (number >= SINK_MAX || !is_used(p, (unsigned)number) ||
	    p->sink_retry_ms[number] != 0)
		return;
	(void)error;	/* counted and named by log itself */
	p->sink_retry_ms[number] = monotonic_ms() + RETRY_MS;
}

void
sinks_tick(struct parent *p, uint64_t now_ms, uint64_t *next_ms)
{
	for (unsigned i = 0; i < SINK_MAX; i++) {
		if (p->sink_retry_ms[i] != 0 && p->sink_retry_ms[i] <= now_ms)
			send_sink(p, i);
		if (p->sink_retry_ms[i] != 0 &&
		    p->sink_retry_ms[i] < *next_ms)
			*next_ms = p->sink_retry_ms[i];
	}
}

void
sinks_text(struct parent *p, const struct generation *g)
{
	tell(p, MSG_TEXT, g->number, 0, g->log_text);
}

void
sinks_retire(struct parent *p, uint64_t generation)
{
	tell(p, MSG_RETIRE, generation, 0, -1);
}

static void
send_channel(struct parent *p, const struct channel *c)
{
	tell(p, MSG_CHANNEL, c->id, c->writer, c->rx);
	tell(p, MSG_COUNTER, c->id, 0, c->counter);
}

static void
send_texts_oldest_first(struct parent *p, const struct generation *g)
{
	if (g == NULL)
		return;
	send_texts_oldest_first(p, g->next);	/* depth: GENERATIONS_MAX */
	/* The newest text decides what the sinks' numbers mean: a candidate's
	 * comes with its sinks, when it is in force. */
	if (!g->is_stripped && (g != p->candidate || p->in_force == NULL))
		sinks_text(p, g);
}

void
sinks_brief_log(struct parent *p)
{
	send_texts_oldest_first(p, p->generations);
	sinks_send_all(p);
	for (unsigned i = 0; i < CHANNELS_MAX; i++) {
		if (p->channels[i].id != 0 && !p->channels[i].is_done)
			send_channel(p, &p->channels[i]);
	}
}

uint64_t
sinks_channel(struct parent *p, enum record_writer writer, int rx, int counter)
{
	for (unsigned i = 0; i < CHANNELS_MAX; i++) {
		struct channel *c = &p->channels[i];

		if (c->id != 0)
			continue;
		*c = (struct channel){ .id = ++p->last_channel,
		    .writer = writer, .rx = rx, .counter = counter,
		    .has_writer = true };
		send_channel(p, c);
		return c->id;
	}
	(void)close(rx);
	(void)close(counter);
	return 0;
}

static struct channel *
find_channel(struct parent *p, uint64_t id)
{
	for (unsigned i = 0; i < CHANNELS_MAX; i++) {
		if (id != 0 && p->channels[i].id == id)
			return &p->channels[i];
	}
	return NULL;
}

static void
close_channel(struct channel *c)
{
	fd_close(&c->rx);
	fd_close(&c->counter);
	c->id = 0;
}

void
sinks_writer_ended(struct parent *p, uint64_t id)
{
	struct channel *c = find_channel(p, id);

	if (c == NULL)
		return;
	c->has_writer = false;
	if (c->is_done)
		close_channel(c);
}

bool
sinks_is_done(struct parent *p, uint64_t id)
{
	const struct channel *c = find_channel(p, id);

	return c != NULL && c->is_done;
}

void
sinks_revive(struct parent *p)
{
	for (unsigned i = 0; i < CHANNELS_MAX; i++)
		p->channels[i].is_done = false;
}

bool
sinks_channel_done(struct parent *p, uint64_t id)
{
	struct channel *c = find_channel(p, id);

	if (c == NULL)
		return true;
	c->is_done = true;
	if (c->has_writer)
		return false;
	close_channel(c);
	return true;
}
