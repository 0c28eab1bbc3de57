/*
 * The state dump, asked for by SIGUSR1.
 *
 * Root, in a child process that has a copy of the parent's memory, writes one
 * file and exits. It must not touch what it shares with others: no records, no
 * state file. The file is made anew and put in place by rename(2), so that a
 * reader never sees half of one. Values of environment variables are left out.
 */
#include "parent/dump.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent/books.h"
#include "parent/say.h"
#include "policy/calendar.h"
#include "policy/out.h"
#include "policy/type.h"
#include "shared/util.h"

#define TEXT_LIMIT (256u << 20)	/* of memory in the child */
#define CHILD_SECONDS 60

static void
put_time(struct out *out, const char *label, uint64_t time_us)
{
	int64_t seconds = (int64_t)(time_us / 1000000);
	unsigned of_day = (unsigned)(seconds % CALENDAR_DAY);
	struct calendar_date date;

	calendar_from_days(seconds / CALENDAR_DAY, &date);
	out_format(out, "%s%04d-%02d-%02dT%02u:%02u:%02uZ\n", label, date.year,
	    date.month, date.day, of_day / 3600, of_day / 60 % 60, of_day % 60);
}

static void
put_number(struct out *out, const char *label, uint64_t number)
{
	out_format(out, "%s%llu\n", label, (unsigned long long)number);
}

static void
put_address(struct out *out, const struct record_addr *at)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	if (at->family == RECORD_FAMILY_UNIX) {
		out_format(out, "uid %u", at->scope);
		return;
	}
	if (!addr_from_bytes(&addr, at->bytes, at->family == 4 ? 4 : 16)) {
		out_raw(out, "-");
		return;
	}
	(void)addr_format(&addr, text);		/* its length is of no use */
	out_format(out, "%s port %u", text, at->port);
}

/* Names of variables; what they are set to may be secret. */
static void
put_names(struct out *out, const struct word_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		const char *word = list->words[i];

		out_raw(out, " ");
		for (; *word != '\0' && *word != '='; word++)
			out_format(out, *word > ' ' && *word < 0x7f ? "%c" :
			    "\\%03o", (unsigned char)*word);
		out_raw(out, "=*");
	}
}

static void
put_attribute(struct out *out, const struct service *s, enum attr_id id)
{
	const struct attr *attr = &attr_table[id];
	const void *value = (const char *)s + attr->offset;

	out_format(out, "\t%s =", attr->name);
	if (attr->type == &type_blob)
		out_format(out, " %zu bytes", ((const struct blob *)value)->length);
	else if (id == ATTR_ENV)
		put_names(out, value);
	else if ((attr->flags & ATTR_SECRET) != 0)
		out_raw(out, " *");
	else
		attr->type->print(out, attr, value);
	out_raw(out, "\n");
}

static void
put_listener(struct out *out, const struct listener *l)
{
	struct record_addr at = { .family = (uint8_t)(l->at.addr.family ==
	    ADDR_IPV4 ? 4 : 6), .port = l->at.port };

	memcpy(at.bytes, l->at.addr.bytes, l->at.addr.family == ADDR_IPV4 ?
	    4 : 16);
	out_raw(out, "\tlistener ");
	if (l->path != NULL)
		out_word(out, l->path);
	else
		put_address(out, &at);
	out_format(out, ", descriptor %d", l->fd);
	if (l->rpc.program != 0)
		out_format(out, ", RPC program %u", l->rpc.program);
	if (l->is_missing)
		out_raw(out, ", could not be bound");
	if (l->is_absent)
		out_raw(out, ", its address is not there yet");
	if (l->busy != 0)
		out_format(out, ", server %d has it", (int)l->busy);
	if (l->is_filtered)
		out_raw(out, ", filtered");
	out_raw(out, "\n");
}

static void
put_service(const struct parent *p, struct out *out, unsigned index)
{
	static const char *const states[] = {
		"Unused", "Active", "Failed", "Gone"
	};
	const struct generation *g = p->in_force;
	const struct launch *launch = &g->launches[index];
	const struct state_service *slot = &p->state->services[launch->slot];

	out_raw(out, "Service =");
	out_word(out, launch->service->id);
	out_format(out, "\n\tState = %s\n\tkind = %s\n",
	    states[slot->status & 3], launch->service->kind < KIND_MAX ?
	    kind_table[launch->service->kind].name : "?");
	for (unsigned i = 1; i < ATTR_MAX; i++) {
		if (launch->service->given[i] && i != ATTR_KIND &&
		    (attr_table[i].consumers & CONSUMER_PARENT) != 0 &&
		    (attr_table[i].scope & (SCOPE_SERVICE | SCOPE_CANONICAL)) != 0)
			put_attribute(out, launch->service, (enum attr_id)i);
	}
	for (unsigned i = 0; i < g->listener_count; i++) {
		if (g->listener_service[i] == index)
			put_listener(out, g->listeners[i]);
	}
	put_number(out, "\trunning servers = ", slot->instances);
	put_number(out, "\tstarted = ", slot->started);
	put_number(out, "\trefused by the parent = ", slot->refused);
	out_raw(out, "\n");
}

static void
put_server(const struct parent *p, struct out *out, uint32_t slot)
{
	const struct instance *in = &p->instances[slot];
	uint32_t service = p->state->instances[slot].service;
	char conn[RECORD_CONN_TEXT];

	record_conn_text(in->conn, conn);
	out_raw(out, in->is_relayed ? "session of" : "server of");
	out_word(out, service < STATE_SERVICES ?
	    p->state->services[service].id : "?");
	out_format(out, "\n\tpid = %d\n\tconnection = %s\n", (int)in->pid, conn);
	put_number(out, "\tgeneration = ", in->generation->number);
	put_time(out, "\tstart time = ", in->wall_us);
	out_format(out, "\tuid = %u\n\tremote address = ", in->uid);
	put_address(out, &in->source);
	out_raw(out, "\n\tlocal address = ");
	put_address(out, &in->destination);
	if (in->listener != NULL)
		out_raw(out, "\n\thas the listener");
	out_raw(out, in->is_told ? "\n\twas asked to end\n\n" : "\n\n");
}

static void
put_helpers(const struct parent *p, struct out *out)
{
	for (unsigned i = 0; i < STATE_HELPERS; i++) {
		const struct state_helper *h = &p->state->helpers[i];

		if (h->pid == 0)
			continue;
		out_format(out, "%.16s\n\tpid = %d\n", h->name, h->pid);
		put_time(out, "\tstart time = ", h->start_us);
		put_number(out, "\trestarts = ", h->restarts);
		out_format(out, "\tlayers = %#x\n", h->layers);
		if (h->generation != 0)
			put_number(out, "\tgeneration = ", h->generation);
		if (h->draining)
			out_raw(out, "\tdraining\n");
	}
}

static void
put_counters(const struct parent *p, struct out *out)
{
	const struct parent_state *s = p->state;

	put_time(out, "started at = ", s->start_us);
	put_number(out, "generation in force = ", s->generation);
	put_number(out, "loads = ", s->loads);
	put_number(out, "loads refused = ", s->loads_refused);
	put_number(out, "running servers = ", s->processes);
	put_number(out, "relayed sessions = ", s->sessions);
	put_number(out, "free places for servers = ", p->free_count);
	put_number(out, "connections known lost = ", s->connections_lost);
	put_number(out, "connections in doubt = ", s->connections_doubtful);
	put_number(out, "process_limit = ",
	    p->in_force->policy->gateway.process_limit);
	out_raw(out, "config_file =");
	out_word(out, p->options.config);
	out_raw(out, "\n");
}

static char *
dump_text(const struct parent *p, struct arena *arena, size_t *length)
{
	struct out out;

	out_init(&out, arena);
	out_raw(&out, "INTERNAL STATE DUMP: sallyport " PACKAGE_VERSION "\n");
	put_time(&out, "Current time: ", wall_us());
	out_raw(&out, "\nServices:\n\n");
	for (unsigned i = 0; i < p->in_force->policy->count; i++)
		put_service(p, &out, i);
	out_raw(&out, "Server table dump:\n\n");
	for (uint32_t i = 0; i < p->state->instance_high; i++) {
		if (p->instances[i].pid != 0)
			put_server(p, &out, i);
	}
	out_raw(&out, "Helpers:\n\n");
	put_helpers(p, &out);
	out_raw(&out, "\n");
	put_counters(p, &out);
	out_raw(&out, "\nEND OF DUMP\n");
	return out_text(&out, length);
}

static void
dump_path(const struct parent *p, const char *end, char path[PATH_MAX])
{
	(void)format_text(path, PATH_MAX, "%s/" DUMP_NAME "%s",
	    p->options.run_dir, end);
}

/* In the child. Its exit code is an errno, or 0. */
static int
write_dump(const struct parent *p)
{
	char fresh[PATH_MAX], final[PATH_MAX];
	struct arena *arena = arena_new(TEXT_LIMIT);
	size_t length = 0;
	const char *text = arena != NULL ? dump_text(p, arena, &length) : NULL;
	int fd;

	if (text == NULL)
		return ENOMEM;
	dump_path(p, ".new", fresh);
	dump_path(p, "", final);
	(void)unlink(fresh);	/* left by one that was killed */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return errno;
	if (write_all(fd, text, length) == -1 || close(fd) == -1 ||
	    rename(fresh, final) == -1) {
		int error = errno;

		(void)unlink(fresh);
		return error;
	}
	return 0;
}

/* A file system that hangs must not leave a child for ever. */
static _Noreturn void
run_child(const struct parent *p)
{
	sigset_t none;

	if (sigemptyset(&none) == 0)
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(CHILD_SECONDS);
	_exit(write_dump(p));
}

void
dump_begin(struct parent *p)
{
	pid_t pid;

	if (p->in_force == NULL || p->dump != 0) {
		say(p, LEVEL_NOTICE, "no state dump: %s", p->dump != 0 ?
		    "one is being written" : "no policy is in force yet");
		return;
	}
	pid = fork();
	if (pid == 0)
		run_child(p);
	if (pid == -1)
		say(p, LEVEL_ERR, "no state dump: fork: errno = %d", errno);
	else
		p->dump = pid;
}

bool
dump_reaped(struct parent *p, pid_t pid, int status)
{
	char path[PATH_MAX];

	if (p->dump == 0 || pid != p->dump)
		return false;
	p->dump = 0;
	dump_path(p, "", path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		say(p, LEVEL_INFO, "generated state dump in file %s", path);
	else if (WIFEXITED(status))
		say(p, LEVEL_ERR, "state dump %s could not be written: "
		    "errno = %d", path, WEXITSTATUS(status));
	else
		say(p, LEVEL_ERR, "state dump %s could not be written: "
		    "signal %d", path, WTERMSIG(status));
	return true;
}
