/*
 * sallyport-log: renders, numbers, chains, writes.
 *
 * Started by the parent with descriptors 3 (control), 4 (log.state) and 5
 * (chain memory). Gives up root before it touches any of them, and every
 * other way out of the process before it reads the first message. Opens no
 * path, ever.
 */
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/ipc.h"
#include "shared/msg.h"
#include "shared/sandbox.h"
#include "shared/util.h"

enum { FD_CONTROL = 3, FD_STATE = 4, FD_CHAIN = 5 };
#define FILES_MAX 4096

struct options {
	uint32_t uid, gid;
	const char *boot;
};

static bool
is_boot(const char *text)
{
	return strlen(text) == 16 &&
	    strspn(text, "0123456789abcdefABCDEF") == 16;
}

static void
read_options(int argc, char **argv, struct options *options)
{
	uint64_t number;
	unsigned seen = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		bool is_number = number_parse(argv[i + 1], UINT32_MAX - 1,
		    &number) && number > 0;

		if (strcmp(argv[i], "--uid") == 0 && is_number) {
			options->uid = (uint32_t)number;
			seen |= 1;
		} else if (strcmp(argv[i], "--gid") == 0 && is_number) {
			options->gid = (uint32_t)number;
			seen |= 2;
		} else if (strcmp(argv[i], "--boot") == 0 &&
		    is_boot(argv[i + 1])) {
			options->boot = argv[i + 1];
			seen |= 4;
		} else {
			fatal(EXIT_USAGE, "bad argument %d", i);
		}
	}
	if (argc % 2 == 0 || seen != 7)
		fatal(EXIT_USAGE, "needs --uid N --gid N --boot HEX16; "
		    "it is started by sallyportd");
}

static void
remember_host(struct log *log)
{
	if (gethostname(log->host, sizeof(log->host)) < 0)
		(void)format_text(log->host, sizeof(log->host), "localhost");
	log->host[sizeof(log->host) - 1] = '\0';
}

static void
set_up_memory(struct log *log)
{
	void *memory = map_fd(FD_CHAIN, LOG_CHAIN_SIZE, true);

	log->state = map_fd(FD_STATE, sizeof(*log->state), true);
	if (memory == NULL || log->state == NULL)
		fatal(EXIT_CANNOT, "shared memory: error %d", errno);
	/* The parent's counters go on; only the header is ours to repeat. */
	state_header_set(&log->state->h, 'L', sizeof(*log->state));
	/* The maps are enough. Through the descriptors the files could grow. */
	if (close(FD_STATE) < 0 || close(FD_CHAIN) < 0)
		fatal(EXIT_CANNOT, "shared memory: error %d", errno);

	switch (chain_open(&log->chain, memory, LOG_CHAIN_SIZE, &log->now)) {
	case CHAIN_GOOD:
		break;
	case CHAIN_BROKEN:
		log->is_chain_broken = true;
		emit_message(log, 2, "chain memory is damaged: what was "
		    "being written when log ended is not known");
		/* FALLTHROUGH */
	case CHAIN_FRESH:
		log->audit.is_fresh = true;
		break;
	}
}

/* What our predecessor left unfinished. */
static void
take_over(struct log *log)
{
	struct chain_state *now = &log->now;

	if (now->copies > 0)
		emit_message(log, 3, "log ended while writing: at most %llu "
		    "lines to files and syslog are missing",
		    (unsigned long long)now->copies);
	log->left_syslog = now->syslog_waiting;
	log->left_files = now->files_lost;
	chain_resume(now, LOSS_LOG_DIED);
	log->given = now->sequence;
	/* Counted on; everything else in there belongs to sinks to come. */
	log->syslog.totals = log->state->sinks[SINK_SYSLOG];
	log->syslog.totals.is_open = 0;
}

static void
set_up(struct log *log)
{
	log->control = FD_CONTROL;
	log->audit.fd = log->audit.reader = log->syslog.fd = -1;
	for (unsigned i = 0; i < SINK_MAX; i++)
		log->files[i].fd = -1;
	log->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (log->epoll < 0)
		fatal(EXIT_CANNOT, "epoll_create1: error %d", errno);
	for (int fd = FD_CONTROL; fd <= FD_CHAIN; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			fatal(EXIT_CANNOT, "descriptor %d is missing", fd);
	set_up_memory(log);
	take_over(log);
}

static void
say_ready(struct log *log)
{
	union msg message = { .plain = { .value = log->layers } };
	size_t length = msg_prepare(&message, MSG_LOG_READY);

	if (ipc_send(log->control, &message, length, -1) != IPC_OK)
		fatal(EXIT_CANNOT, "the parent is gone");
}

int
main(int argc, char **argv)
{
	static struct log log;
	struct options options = { 0 };

	program_name = "sallyport-log";
	read_options(argc, argv, &options);
	log.daemon = getppid();
	remember_host(&log);
	(void)format_text(log.boot, sizeof(log.boot), "%s", options.boot);
	log.layers = confine(&(struct confinement){
		.uid = options.uid, .gid = options.gid, .net = true,
		.root = true, .files = FILES_MAX, .may_write_files = true });
	set_up(&log);
	log.layers |= sandbox_enter(SANDBOX_LOG);
	say_ready(&log);
	loop_run(&log);
	_exit(EXIT_CLEAN);
}
