/*
 * The loop. Root. One call for each event; what a signal means stands in a
 * table. There are no signal handlers: everything is blocked and read here, so
 * that a server started by fork has nothing to reset but its mask.
 */
#include "parent/loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "parent/bind.h"
#include "parent/consistency.h"
#include "parent/dump.h"
#include "parent/helper.h"
#include "parent/load.h"
#include "parent/reap.h"
#include "parent/say.h"
#include "parent/shield.h"
#include "parent/sinks.h"
#include "parent/stop.h"
#include "parent/wait.h"
#include "parent/watch.h"
#include "shared/util.h"

#define EVENTS 64

static void
on_reload(struct parent *p)
{
	sinks_send_all(p);	/* first, whatever follows */
	load_begin(p);
}

static void
on_term(struct parent *p)
{
	stop_begin(p, false);
}

static void
on_quit(struct parent *p)
{
	stop_begin(p, true);
}

static void
on_interrupt(struct parent *p)
{
	if (p->options.foreground)
		stop_begin(p, false);
}

static void
on_abort(struct parent *p)
{
	(void)consistency_check(p);
}

static const struct {
	int signal;
	void (*act)(struct parent *);
} signal_table[] = {
	{ SIGCHLD, reap_children },
	{ SIGHUP, on_reload },
	{ SIGUSR2, on_reload },
	{ SIGTERM, on_term },
	{ SIGQUIT, on_quit },
	{ SIGINT, on_interrupt },
	{ SIGUSR1, dump_begin },
	{ SIGABRT, on_abort },
};
#define SIGNALS (sizeof(signal_table) / sizeof(signal_table[0]))

static void
read_signals(struct parent *p, void *unused)
{
	struct signalfd_siginfo info;

	(void)unused;
	/* Each of them once a turn: who sends more cannot keep us here. */
	for (size_t n = 0; n < SIGNALS && read(p->signals, &info,
	    sizeof(info)) == (ssize_t)sizeof(info); n++) {
		for (size_t i = 0; i < SIGNALS; i++) {
			if ((uint32_t)signal_table[i].signal == info.ssi_signo)
				signal_table[i].act(p);
		}
	}
}

/*
 * What a careless starter ignored would be ignored by every server. The raw
 * call, since libc keeps two signals to itself, and its own posix_spawn()
 * leaves them ignored.
 */
static void
default_signals(void)
{
	static const unsigned long by_default[8];	/* SIG_DFL, no flags */

	for (int s = 1; s <= 64; s++)	/* fails for KILL and STOP only */
		(void)syscall(SYS_rt_sigaction, s, by_default, NULL, 8L);
}

int
loop_open(struct parent *p)
{
	sigset_t all;

	default_signals();
	if (sigfillset(&all) == -1 || sigprocmask(SIG_SETMASK, &all, NULL) == -1)
		return -1;
	/* Our own faults must end us, not wait in a mask. */
	if (sigemptyset(&all) == -1)
		return -1;
	for (size_t i = 0; i < SIGNALS; i++) {
		if (sigaddset(&all, signal_table[i].signal) == -1)
			return -1;
	}
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->epoll == -1 || p->signals == -1)
		return -1;
	p->signal_watch = (struct watch){ .fd = p->signals,
	    .ready = read_signals };
	return loop_watch(p, &p->signal_watch);
}

int
loop_watch(struct parent *p, struct watch *watch)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = watch } };

	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, watch->fd, &event);
}

void
loop_forget(struct parent *p, struct watch *watch)
{
	/* Before close(): others may hold the same open file. Being out of the
	 * set already is what is wanted. */
	if (watch->fd != -1)
		(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}

static int
timeout(struct parent *p)
{
	uint64_t now = monotonic_ms();
	uint64_t next = now + 3600 * 1000;

	helper_tick(p, now, &next);
	reap_tick(p, now, &next);
	sinks_tick(p, now, &next);
	bind_tick(p, now, &next);
	wait_tick(p, now, &next);
	shield_tick(p, now, &next);
	stop_tick(p, now, &next);
	watch_tick(p, now, &next);
	consistency_tick(p, now, &next);
	return next > now ? (int)(next - now) : 0;
}

/*
 * One event a turn: a handler may free what a later event of the same turn
 * points to.
 */
void
loop_run(struct parent *p)
{
	struct epoll_event event;

	for (;;) {
		int wait = timeout(p);
		int n;

		if (p->stop == STOPPED)
			return;
		n = epoll_wait(p->epoll, &event, 1, wait);
		if (n == -1 && errno != EINTR)
			fatal(EXIT_CANNOT, "epoll_wait: errno = %d", errno);
		if (n == 1) {
			struct watch *watch = event.data.ptr;

			watch->ready(p, watch->argument);
		}
	}
}
