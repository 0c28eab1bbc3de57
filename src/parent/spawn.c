/*
 * The parent's side of a start. Root. Formats what belongs to the connection,
 * forks, returns. No memory of another process is shared (a child that shares
 * ours and changes its user could be stopped by that user, and we with it).
 */
#include "parent/spawn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "parent/child.h"
#include "parent/launch.h"
#include "shared/util.h"

struct own_variables {
	char remote_host[ADDR_TEXT_MAX + 32];
	char remote_uid[32];
	char remote_port[32];
	char local_addr[ADDR_TEXT_MAX + 32];
	char local_port[32];
	char conn[RECORD_CONN_TEXT + 32];
};

static void
address_text(const struct record_addr *in, char out[static ADDR_TEXT_MAX])
{
	struct addr addr = { .family = in->family, .scope = in->scope };

	memcpy(addr.bytes, in->bytes, sizeof(addr.bytes));
	(void)addr_format(&addr, out);
}

static bool
is_internet(const struct record_addr *addr)
{
	return addr->family == ADDR_IPV4 || addr->family == ADDR_IPV6;
}

/* What is not known is left out: a server of a UNIX socket has no addresses, one
 * that has the listener itself does not know its clients yet. */
static void
fill_environment(const struct launch *launch, struct own_variables *v,
    uint64_t conn, const struct provenance *from)
{
	char text[ADDR_TEXT_MAX];
	char id[RECORD_CONN_TEXT];
	const char **env = launch->env + launch->env_count;

	if (is_internet(&from->source)) {
		address_text(&from->source, text);
		(void)format_text(v->remote_host, sizeof(v->remote_host),
		    "REMOTE_HOST=%s", text);
		(void)format_text(v->remote_port, sizeof(v->remote_port),
		    "REMOTE_PORT=%u", from->source.port);
		*env++ = v->remote_host;
		*env++ = v->remote_port;
	} else if (is_internet(&from->destination)) {
		*env++ = "REMOTE_HOST=<no address>";	/* xinetd's words */
	}
	if (from->source.family == RECORD_FAMILY_UNIX) {
		(void)format_text(v->remote_uid, sizeof(v->remote_uid),
		    "REMOTE_UID=%u", from->source.scope);
		*env++ = v->remote_uid;
	}
	if (is_internet(&from->destination)) {
		address_text(&from->destination, text);
		(void)format_text(v->local_addr, sizeof(v->local_addr),
		    "LOCAL_ADDR=%s", text);
		(void)format_text(v->local_port, sizeof(v->local_port),
		    "LOCAL_PORT=%u", from->destination.port);
		*env++ = v->local_addr;
		*env++ = v->local_port;
	}
	record_conn_text(conn, id);
	(void)format_text(v->conn, sizeof(v->conn), "SALLYPORT_CONN=%s", id);
	*env++ = v->conn;
	*env = NULL;		/* at most LAUNCH_OWN_VARIABLES */
}

static void
add_limit(struct child_plan *plan, const struct service *s, enum attr_id attr,
    int resource, uint64_t value)
{
	if (!s->given[attr])
		return;
	plan->limits[plan->limit_count].resource = resource;
	plan->limits[plan->limit_count].value =
	    value == POLICY_UNLIMITED ? RLIM_INFINITY : (rlim_t)value;
	plan->limit_count++;
}

static void
fill_limits(const struct parent *p, struct child_plan *plan,
    const struct service *s)
{
	/* Servers get the limit we were started with, not the one we raised. */
	uint64_t files = s->given[ATTR_RLIMIT_FILES] ? s->rlimit_files :
	    p->files_hard;

	if (files == POLICY_UNLIMITED)
		files = p->files_hard;
	plan->limits[0].resource = RLIMIT_NOFILE;
	plan->limits[0].value = (rlim_t)files;
	plan->limit_count = 1;
	add_limit(plan, s, ATTR_RLIMIT_AS, RLIMIT_AS, s->rlimit_as);
	add_limit(plan, s, ATTR_RLIMIT_CPU, RLIMIT_CPU, s->rlimit_cpu);
	add_limit(plan, s, ATTR_RLIMIT_DATA, RLIMIT_DATA, s->rlimit_data);
	add_limit(plan, s, ATTR_RLIMIT_RSS, RLIMIT_RSS, s->rlimit_rss);
	add_limit(plan, s, ATTR_RLIMIT_STACK, RLIMIT_STACK, s->rlimit_stack);
}

/* Rule 10. Options that fail are not worth a refused session: the server can
 * live without them. */
void
spawn_prepare_socket(int fd, const struct service *s)
{
	int on = 1, seconds;

	(void)fcntl(fd, F_SETFL, 0);
	if ((s->flags & FLAG_NODELAY) != 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((s->flags & FLAG_KEEPALIVE) == 0 && s->keepalive == 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (s->keepalive == 0)
		return;
	seconds = s->keepalive < 1000 ? 1 : s->keepalive > 32767000 ? 32767 :
	    (int)(s->keepalive / 1000);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds,
	    sizeof(seconds));
	seconds = seconds < 4 ? 1 : seconds / 4;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds,
	    sizeof(seconds));
}

/* Nobody but root gets more of the machine than others. */
static int
nice_of(const struct service *s)
{
	if (!s->given[ATTR_NICE] || (s->nice < 0 && s->launch_ids.uid != 0))
		return 0;
	return (int)s->nice;
}

pid_t
spawn_server(struct parent *p, const struct launch *launch, int fd,
    uint64_t conn, const struct provenance *from)
{
	const struct service *s = launch->service;
	struct own_variables variables;
	struct child_plan plan = {
		.path = launch->path,
		.argv = launch->argv,
		.envp = (char *const *)(uintptr_t)launch->env,
		.fd = fd,
		.status_pipe = p->step_pipe[1],
		.uid = s->launch_ids.uid,
		.gid = s->launch_ids.gid,
		.groups = s->launch_ids.groups,
		.group_count = s->launch_ids.count,
		.nice = nice_of(s),
		.umask = s->given[ATTR_UMASK] ? (mode_t)s->umask :
		    (mode_t)(p->start_umask | 022),
		.is_labeled = (s->flags & FLAG_LABELED) != 0,
	};
	pid_t pid;

	fill_environment(launch, &variables, conn, from);
	fill_limits(p, &plan, s);
	spawn_prepare_socket(fd, s);
	pid = fork();
	if (pid == 0)
		child_run(&plan);
	return pid;
}
