/*
 * A client for tests: many short connections, and what became of each.
 *
 * usage: flood ADDRESS PORT [-n COUNT] [-t SECONDS] [-c CONCURRENT]
 *              [-s FIRST_SOURCE] [-k SOURCES] [-p PAUSE_US]
 *
 * IPv4. Connects, reads to the end, closes, CONCURRENT at a time, from SOURCES
 * addresses in turn beginning with FIRST_SOURCE. Ends after COUNT connections,
 * after SECONDS, or at SIGTERM, when those under way have ended, and prints one
 * line of counts. A connection is "answered" when what came ended in a line
 * feed; nobody is left without a verdict.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONCURRENT_MAX 512
#define LIMIT_US 20000000	/* one connection may last 20 s */

enum fate {
	FATE_ANSWERED, FATE_EMPTY, FATE_CUT, FATE_RESET, FATE_REFUSED,
	FATE_TIMEOUT, FATE_FAILED, FATE_MAX
};

static const char *const fate_names[FATE_MAX] = {
	"answered", "empty", "cut", "reset", "refused", "timeout", "failed"
};

struct flood {
	struct sockaddr_in target;
	uint32_t first_source;	/* host order; 0: any */
	uint32_t sources;
	uint64_t count, pause_us;	/* count 0: no end */
	uint64_t end_us;		/* 0: no end */
	unsigned concurrent;

	uint64_t begun, next_us;
	uint64_t fates[FATE_MAX];
	uint64_t sum_us, longest_us;
	int last_error;
	uint64_t start_us[CONCURRENT_MAX];
	bool has_line[CONCURRENT_MAX], has_bytes[CONCURRENT_MAX];
	struct pollfd polled[CONCURRENT_MAX];
};

static volatile sig_atomic_t is_told_to_end;

static void
on_signal(int number)
{
	(void)number;
	is_told_to_end = 1;
}

static uint64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
finish(struct flood *f, unsigned slot, enum fate fate)
{
	uint64_t took_us = now_us() - f->start_us[slot];

	f->fates[fate]++;
	f->sum_us += took_us;
	if (took_us > f->longest_us)
		f->longest_us = took_us;
	(void)close(f->polled[slot].fd);
	f->polled[slot].fd = -1;
}

static enum fate
fate_of_error(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return FATE_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return FATE_RESET;
	default:
		return FATE_FAILED;
	}
}

static int
open_socket(const struct flood *f)
{
	/* No waiting state is left behind, so that ports do not run out. */
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr_in source = { .sin_family = AF_INET };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (f->first_source == 0)
		return fd;
	source.sin_addr.s_addr = htonl(f->first_source +
	    (uint32_t)(f->begun % f->sources));
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on));
	if (bind(fd, (struct sockaddr *)&source, sizeof(source)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void
begin(struct flood *f, unsigned slot)
{
	int fd = open_socket(f);

	f->begun++;
	f->start_us[slot] = now_us();
	f->has_line[slot] = f->has_bytes[slot] = false;
	if (fd == -1) {
		f->last_error = errno;
		f->fates[FATE_FAILED]++;
		return;
	}
	f->polled[slot] = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (connect(fd, (struct sockaddr *)&f->target, sizeof(f->target)) == 0 ||
	    errno == EINPROGRESS)
		return;
	f->last_error = errno;
	finish(f, slot, fate_of_error(errno));
}

static void
ready(struct flood *f, unsigned slot)
{
	char bytes[4096];
	ssize_t n = read(f->polled[slot].fd, bytes, sizeof(bytes));

	if (n > 0) {
		f->has_bytes[slot] = true;
		f->has_line[slot] = bytes[n - 1] == '\n';
		return;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (f->has_line[slot]) {
		finish(f, slot, FATE_ANSWERED);
	} else if (n == 0) {
		finish(f, slot, f->has_bytes[slot] ? FATE_CUT : FATE_EMPTY);
	} else {
		f->last_error = errno;
		finish(f, slot, fate_of_error(errno));
	}
}

static bool
may_begin(const struct flood *f, uint64_t now)
{
	return !is_told_to_end && (f->count == 0 || f->begun < f->count) &&
	    (f->end_us == 0 || now < f->end_us);
}

/* Starts what may be started now; returns how many are under way. */
static unsigned
fill(struct flood *f)
{
	unsigned used = 0;

	for (unsigned i = 0; i < f->concurrent; i++) {
		uint64_t now = now_us();

		if (f->polled[i].fd == -1 && may_begin(f, now) &&
		    now >= f->next_us) {
			f->next_us = now + f->pause_us;
			begin(f, i);
		}
		used += f->polled[i].fd != -1;
	}
	return used;
}

static void
expire(struct flood *f)
{
	uint64_t now = now_us();

	for (unsigned i = 0; i < f->concurrent; i++) {
		if (f->polled[i].fd != -1 && now - f->start_us[i] > LIMIT_US)
			finish(f, i, FATE_TIMEOUT);
	}
}

static void
run(struct flood *f)
{
	for (;;) {
		unsigned used = fill(f);
		int wait_ms = f->pause_us > 0 ? 1 : 200;

		if (used == 0 && !may_begin(f, now_us()))
			return;
		if (poll(f->polled, f->concurrent, wait_ms) == -1 &&
		    errno != EINTR)
			return;
		for (unsigned i = 0; i < f->concurrent; i++) {
			if (f->polled[i].fd != -1 && f->polled[i].revents != 0)
				ready(f, i);
		}
		expire(f);
	}
}

static void
usage(void)
{
	(void)fprintf(stderr, "usage: flood ADDRESS PORT [-n COUNT] "
	    "[-t SECONDS] [-c CONCURRENT] [-s FIRST_SOURCE] [-k SOURCES] "
	    "[-p PAUSE_US]\n");
	exit(2);
}

static void
parse(struct flood *f, int argc, char **argv)
{
	struct in_addr address;
	int letter;

	f->sources = 1;
	f->concurrent = 1;
	while ((letter = getopt(argc, argv, "n:t:c:s:k:p:")) != -1) {
		unsigned long value = strtoul(optarg != NULL ? optarg : "0",
		    NULL, 10);

		switch (letter) {
		case 'n': f->count = value; break;
		case 't': f->end_us = now_us() + value * 1000000; break;
		case 'c': f->concurrent = (unsigned)value; break;
		case 'k': f->sources = (uint32_t)value; break;
		case 'p': f->pause_us = value; break;
		case 's':
			if (inet_pton(AF_INET, optarg, &address) != 1)
				usage();
			f->first_source = ntohl(address.s_addr);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 || f->concurrent == 0 || f->sources == 0 ||
	    f->concurrent > CONCURRENT_MAX ||
	    inet_pton(AF_INET, argv[optind], &f->target.sin_addr) != 1)
		usage();
	f->target.sin_family = AF_INET;
	f->target.sin_port = htons((uint16_t)atoi(argv[optind + 1]));
}

int
main(int argc, char **argv)
{
	static struct flood flood;
	struct sigaction action = { .sa_handler = on_signal };
	uint64_t start_us, took_us;

	parse(&flood, argc, argv);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < flood.concurrent; i++)
		flood.polled[i].fd = -1;
	start_us = now_us();
	run(&flood);
	took_us = now_us() - start_us;
	(void)printf("connections=%llu", (unsigned long long)flood.begun);
	for (unsigned i = 0; i < FATE_MAX; i++)
		(void)printf(" %s=%llu", fate_names[i],
		    (unsigned long long)flood.fates[i]);
	(void)printf(" mean_us=%llu longest_us=%llu took_us=%llu errno=%d\n",
	    (unsigned long long)(flood.begun == 0 ? 0 :
	    flood.sum_us / flood.begun), (unsigned long long)flood.longest_us,
	    (unsigned long long)took_us, flood.last_error);
	return fflush(stdout) == 0 ? 0 : 1;
}
