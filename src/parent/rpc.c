/*
 * The queue of registrations. Root. One program runs at a time, in the order
 * in which they were asked for, so that an unset never overtakes a set; each
 * ends itself after five seconds.
 */
#include "parent/rpc.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "parent/process.h"
#include "parent/say.h"
#include "shared/util.h"

/* Fork and exec. 0, or -1 with errno. */
static int
run(struct parent *p, struct rpc_task *task)
{
	char path[PATH_MAX], program[16], low[16], high[16], port[8];
	char set[] = "set", unset[] = "unset", netid[8];
	char *argv[] = { (char[]){ "sallyport-rpc" },
	    task->is_set ? set : unset, program, low, high,
	    netid, port, NULL };
	char *envp[] = { NULL };

	(void)format_text(path, sizeof(path), "%s/sallyport-rpc",
	    p->options.libexec);
	(void)format_text(program, sizeof(program), "%u", task->entry.program);
	(void)format_text(low, sizeof(low), "%u", task->entry.low);
	(void)format_text(high, sizeof(high), "%u", task->entry.high);
	(void)format_text(netid, sizeof(netid), "%s%s",
	    task->is_dgram ? "udp" : "tcp", task->is_ipv6 ? "6" : "");
	(void)format_text(port, sizeof(port), "%u", task->port);
	task->pid = process_start(path, argv, envp, NULL, 0, -1);
	return task->pid == -1 ? -1 : 0;
}

static void
complain(struct parent *p, const struct rpc_task *task, const char *how)
{
	say(p, LEVEL_ERR, "service %s: RPC program %u could not be %s with "
	    "rpcbind: %s; is rpcbind running?", task->service,
	    task->entry.program, task->is_set ? "registered" : "unregistered",
	    how);
}

/* Tasks stand in order; the first is the one that runs. */
static void
drop_first(struct parent *p)
{
	memmove(&p->rpc_tasks[0], &p->rpc_tasks[1],
	    (RPC_TASKS_MAX - 1) * sizeof(p->rpc_tasks[0]));
	memset(&p->rpc_tasks[RPC_TASKS_MAX - 1], 0, sizeof(p->rpc_tasks[0]));
}

static void
run_next(struct parent *p)
{
	while (p->rpc_tasks[0].is_used && p->rpc_tasks[0].pid == 0) {
		if (run(p, &p->rpc_tasks[0]) == 0)
			return;
		complain(p, &p->rpc_tasks[0], strerror(errno));
		drop_first(p);
	}
}

static void
queue(struct parent *p, const struct listener *l, const char *service,
    bool is_set)
{
	struct rpc_task task = { .is_used = true, .is_set = is_set,
	    .is_dgram = l->type == SOCK_DGRAM,
	    .is_ipv6 = l->domain == AF_INET6, .port = l->at.port,
	    .entry = l->rpc };
	unsigned i = 0;

	if (l->rpc.program == 0 || l->fd == -1)
		return;
	(void)format_text(task.service, sizeof(task.service), "%s", service);
	while (i < RPC_TASKS_MAX && p->rpc_tasks[i].is_used)
		i++;
	if (i == RPC_TASKS_MAX) {
		complain(p, &task, "too many registrations wait");
		return;
	}
	p->rpc_tasks[i] = task;
	run_next(p);
}

void
rpc_register(struct parent *p, struct listener *l, const char *service)
{
	l->is_registered = true;
	queue(p, l, service, true);
}

void
rpc_forget(struct parent *p, struct listener *l)
{
	if (!l->is_registered)
		return;
	l->is_registered = false;
	/* rpcbind knows programs, not addresses: another listener of the same
	 * one may still need the entry. */
	for (const struct listener *o = p->listeners; o != NULL; o = o->next) {
		if (o != l && o->fd != -1 && !o->is_retired &&
		    o->is_registered && o->type == l->type && o->domain == l->domain &&
		    o->rpc.program == l->rpc.program)
			return;
	}
	queue(p, l, "that has gone", false);
}

bool
rpc_reaped(struct parent *p, pid_t pid, int status)
{
	const struct rpc_task *task = &p->rpc_tasks[0];

	if (!task->is_used || task->pid != pid)
		return false;
	if (WIFSIGNALED(status))
		complain(p, task, WTERMSIG(status) == SIGALRM ?
		    "no answer within 5 seconds" : "killed by a signal");
	else if (WEXITSTATUS(status) != 0 && task->is_set)
		complain(p, task, "rpcbind refuses it or does not answer");
	drop_first(p);
	run_next(p);
	return true;
}

bool
rpc_is_busy(const struct parent *p)
{
	return p->rpc_tasks[0].is_used;
}
