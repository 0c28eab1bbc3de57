/*
 * The start of each helper. Root. What a helper inherits is decided here and
 * stands in ARCHITECTURE.md, "What each helper inherits".
 */
#include "parent/helper-start.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/helper.h"
#include "parent/helper-table.h"
#include "parent/lookup.h"
#include "parent/loop.h"
#include "parent/process.h"
#include "parent/say.h"
#include "parent/sinks.h"
#include "shared/ipc.h"
#include "shared/util.h"

#define HELLO_MS 10000
#define LOAD_MS 60000

static struct helper *
new_helper(struct parent *p, enum helper_kind kind, uint64_t deadline_ms)
{
	struct helper *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->kind = kind;
	h->state_fd = -1;
	h->watch = (struct watch){ .fd = -1, .ready = helper_readable,
	    .argument = h };
	h->deadline_ms = monotonic_ms() + deadline_ms;
	h->start_us = wall_us();
	(void)p;
	return h;
}

static void
state_path(const struct parent *p, const struct helper *h, char out[PATH_MAX])
{
	(void)format_text(out, PATH_MAX, "%s/%s.%u", p->options.run_dir,
	    STATE_DISPATCH, h->number);
}

static void
discard_state(struct parent *p, struct helper *h)
{
	char path[PATH_MAX];

	if (h->state_fd == -1 || h->has_public_state)
		return;
	state_path(p, h, path);
	(void)unlink(path);	/* gone already is as good */
}

void
helper_release(struct parent *p, struct helper *h)
{
	discard_state(p, h);
	fd_close(&h->watch.fd);
	fd_close(&h->state_fd);
	free(h);
}

/* Starts it and enters it; on failure everything is released. */
static int
launch(struct parent *p, struct helper *h, char *const *argv,
    char *const *envp, const int *fds, unsigned count)
{
	char path[PATH_MAX];
	/* Dispatch and log outlive the start-up: they get our terminal only if
	 * we keep it ourselves. */
	int standard_error = p->options.foreground ||
	    (h->kind == HELPER_LOAD && p->in_force == NULL) ?
	    STDERR_FILENO : -1;

	(void)format_text(path, sizeof(path), "%s/%s", p->options.libexec,
	    helper_table[h->kind].program);
	h->pid = process_start(path, argv, envp, fds, count, standard_error);
	if (h->pid == -1 || loop_watch(p, &h->watch) == -1) {
		say(p, LEVEL_ERR, "%s could not be started: errno = %d", path,
		    errno);
		if (h->pid > 0)
			helper_kill(p, h);
		helper_release(p, h);
		return -1;
	}
	helper_add(p, h);
	return 0;
}

/* As every helper but load is started: with --uid and --gid of its role, one
 * option of its own at most, which has that value, no environment. */
static int
launch_in_role(struct parent *p, struct helper *h, const struct role_ids *roles,
    const char *value, const int *fds, unsigned count)
{
	const struct helper_row *row = &helper_table[h->kind];
	char uid[16], gid[16];
	/* execve() does not write to what these point to. */
	char *argv[] = { (char *)(uintptr_t)row->program,
	    (char[]){ "--uid" }, uid, (char[]){ "--gid" }, gid,
	    (char *)(uintptr_t)row->option, (char *)(uintptr_t)value, NULL };
	char *envp[] = { NULL };

	(void)format_text(uid, sizeof(uid), "%u", roles->uid[row->role]);
	(void)format_text(gid, sizeof(gid), "%u", roles->gid[row->role]);
	return launch(p, h, argv, envp, fds, count);
}

/* A fresh state file; named only when its dispatcher is in force. */
static int
make_dispatch_state(struct parent *p, struct helper *h,
    const struct generation *g)
{
	char path[PATH_MAX];

	state_path(p, h, path);
	(void)unlink(path);
	h->state_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (h->state_fd == -1 ||
	    fchown(h->state_fd, 0, g->policy->gateway.roles.ops_gid) == -1 ||
	    fchmod(h->state_fd, 0640) == -1)
		return -1;
	errno = posix_fallocate(h->state_fd, 0, sizeof(struct dispatch_state));
	return errno == 0 ? 0 : -1;
}

void
helper_start_publish_state(struct parent *p, struct helper *h)
{
	char from[PATH_MAX], to[PATH_MAX];

	state_path(p, h, from);
	(void)format_text(to, sizeof(to), "%s/%s", p->options.run_dir,
	    STATE_DISPATCH);
	if (rename(from, to) == -1)
		say(p, LEVEL_WARNING, "%s could not be replaced: errno = %d", to,
		    errno);
	h->has_public_state = true;
}

static int
run_dispatch(struct parent *p, struct helper *h, struct generation *g,
    int control, int records, int counter)
{
	unsigned count = 8 + g->listener_count;
	int *fds = calloc(count, sizeof(*fds));
	char number[16];
	/* In the place of a listener that is missing. */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int result;

	if (fds == NULL || null == -1) {
		helper_release(p, h);
		free(fds);
		fd_close(&null);
		return -1;
	}
	fds[0] = control;
	fds[1] = g->dispatch_text;
	fds[2] = g->tables;
	fds[3] = records;
	fds[4] = counter;
	fds[5] = p->state_fd;
	fds[6] = h->state_fd;
	fds[7] = p->scores_fd;
	for (unsigned i = 0; i < g->listener_count; i++)
		fds[8 + i] = g->listeners[i]->fd != -1 ?
		    g->listeners[i]->fd : null;
	(void)format_text(number, sizeof(number), "%u", h->number);
	result = launch_in_role(p, h, &g->policy->gateway.roles, number, fds,
	    count);
	free(fds);
	fd_close(&null);
	return result;
}

int
helper_start_dispatch(struct parent *p, struct generation *g)
{
	struct helper *h = new_helper(p, HELPER_DISPATCH, HELLO_MS);
	int control[2] = { -1, -1 }, records[2] = { -1, -1 };
	int counter = -1, result = -1;

	if (h == NULL)
		return -1;
	h->generation = g;
	h->number = ++p->last_dispatcher;
	if (ipc_pair(control, CONTROL_BUFFER) == -1 ||
	    ipc_pair(records, RECORD_BUFFER) == -1 ||
	    (counter = memfd_shared("record-counter", RECORD_COUNTER_SIZE)) == -1 ||
	    make_dispatch_state(p, h, g) == -1) {
		say(p, LEVEL_ERR, "no dispatcher: errno = %d", errno);
		helper_release(p, h);
		goto done;
	}
	ipc_refuse_descriptors(records[0]);
	h->watch.fd = control[0];
	control[0] = -1;
	result = run_dispatch(p, h, g, control[1], records[1], counter);
	if (result == 0) {
		g->dispatchers++;
		if (g == p->in_force)
			p->dispatcher = h;
		/* Kept here until log has read the last record. */
		h->channel = sinks_channel(p, WRITER_DISPATCH, records[0],
		    counter);
		if (h->channel == 0)
			say(p, LEVEL_ERR, "log is too far behind; dispatcher %u's "
			    "records are lost", h->number);
		records[0] = counter = -1;
	}
done:
	fd_close(&control[0]);
	fd_close(&control[1]);
	fd_close(&records[0]);
	fd_close(&records[1]);
	fd_close(&counter);
	return result;
}

int
helper_restart_dispatch(struct parent *p)
{
	return p->in_force != NULL ? helper_start_dispatch(p, p->in_force) : 0;
}

/* Helpers that there is one of: fds[0] becomes the control channel. */
static int
start_single(struct parent *p, enum helper_kind kind, int buffer,
    const char *value, int fds[], unsigned count)
{
	const struct generation *g = p->in_force != NULL ? p->in_force :
	    p->candidate;
	struct helper **place = helper_place(p, kind);
	struct helper *h;
	int control[2] = { -1, -1 };
	int result;

	if (g == NULL || (h = new_helper(p, kind, HELLO_MS)) == NULL)
		return -1;
	if (ipc_pair(control, buffer) == -1) {
		helper_release(p, h);
		return -1;
	}
	h->watch.fd = control[0];
	fds[0] = control[1];
	*place = h;
	result = launch_in_role(p, h, &g->policy->gateway.roles, value, fds,
	    count);
	if (result == -1)
		*place = NULL;
	(void)close(control[1]);
	return result;
}

int
helper_start_log(struct parent *p)
{
	int fds[] = { -1, p->log_state_fd, p->log_chain_fd };
	char boot[24];

	(void)format_text(boot, sizeof(boot), "%016llx",
	    (unsigned long long)p->state->boot);
	if (start_single(p, HELPER_LOG, CONTROL_BUFFER, boot, fds, 3) == -1)
		return -1;
	sinks_brief_log(p);
	return 0;
}

int
helper_start_relay(struct parent *p)
{
	int fds[] = { -1, p->relay_state_fd };

	return start_single(p, HELPER_RELAY, RELAY_BUFFER, NULL, fds, 2);
}

int
helper_start_lookup(struct parent *p)
{
	int hosts = open("/etc/hosts", O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY);
	int fds[] = { -1, hosts };
	int result;

	lookup_note_files(p);
	if (hosts == -1)	/* nothing in it is as good */
		fds[1] = hosts = open("/dev/null", O_RDONLY | O_CLOEXEC);
	result = hosts == -1 ? -1 :
	    start_single(p, HELPER_LOOKUP, CONTROL_BUFFER, NULL, fds, 2);
	fd_close(&hosts);
	if (result == 0)
		lookup_connect_all(p);
	return result;
}

int
helper_start_load(struct parent *p)
{
	struct helper *h = new_helper(p, HELPER_LOAD, LOAD_MS);
	int control[2] = { -1, -1 };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int faults = p->in_force != NULL ? p->in_force->faults : null;
	char number[24];
	char *argv[9 + 2 * OPTIONS_GATEWAY_MAX];
	const char *zone = getenv("TZ");
	char zone_text[PATH_MAX];
	char *envp[] = { zone != NULL ? zone_text : NULL, NULL };
	char option[] = "--option";
	char inetd[] = "--inetd", inetd_file[] = INETD_FILE;
	char sources[] = "--sources";
	bool is_watched = p->load.is_watched && p->in_force != NULL;
	unsigned n = 0;
	int result = -1;

	if (h == NULL || null == -1 || ipc_pair(control, CONTROL_BUFFER) == -1)
		goto done;
	if (zone != NULL && strlen(zone) >= sizeof(zone_text) - 3) {
		say(p, LEVEL_WARNING, "TZ is too long and not used");
		envp[0] = NULL;
		zone = NULL;
	}
	(void)format_text(zone_text, sizeof(zone_text), "TZ=%s",
	    zone != NULL ? zone : "");
	(void)format_text(number, sizeof(number), "%llu",
	    (unsigned long long)++p->last_generation);
	argv[n++] = (char[]){ "sallyport-load" };
	argv[n++] = (char[]){ "--generation" };
	argv[n++] = number;
	if (is_watched)
		argv[n++] = sources;
	for (unsigned i = 0; i < p->options.gateway_count; i++) {
		argv[n++] = option;
		argv[n++] = (char *)(uintptr_t)p->options.gateway[i];
	}
	if (p->options.has_inetd) {
		argv[n++] = inetd;
		argv[n++] = inetd_file;
	}
	argv[n++] = (char *)(uintptr_t)p->options.config;
	argv[n] = NULL;
	h->watch.fd = control[0];
	control[0] = -1;
	p->load.helper = h;
	result = launch(p, h, argv, envp,
	    (int[]){ control[1], faults,
	    is_watched ? p->in_force->sources : null }, is_watched ? 3 : 2);
	h = NULL;
	if (result == -1)
		p->load.helper = NULL;
done:
	if (h != NULL)
		helper_release(p, h);
	fd_close(&control[0]);
	fd_close(&control[1]);
	fd_close(&null);
	return result;
}
