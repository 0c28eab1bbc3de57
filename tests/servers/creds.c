/*
 * A server for tests: says what it was given, one "key=value" a line, and
 * ends.
 *
 * Started by the daemon under test, as whatever user that test wants. It asks
 * the kernel for everything and computes nothing, so that what a test compares
 * is the truth about the process and not about this program.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 1024
#define FDS_MAX 1024

extern char **environ;

/* Control bytes as \ooo, so that a line is a line. */
static void
say_text(const char *key, const char *text)
{
	(void)printf("%s=", key);
	for (; *text != '\0'; text++) {
		if (iscntrl((unsigned char)*text) || *text == '\\')
			(void)printf("\\%03o", (unsigned char)*text);
		else
			(void)putchar(*text);
	}
	(void)putchar('\n');
}

static void
say_number(const char *key, long long number)
{
	(void)printf("%s=%lld\n", key, number);
}

static void
say_ids(void)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;
	gid_t groups[GROUPS_MAX];
	int count;

	if (getresuid(&ru, &eu, &su) == -1 || getresgid(&rg, &eg, &sg) == -1)
		return;
	(void)printf("uid=%u:%u:%u\ngid=%u:%u:%u\ngroups=", ru, eu, su, rg, eg,
	    sg);
	count = getgroups(GROUPS_MAX, groups);
	for (int i = 0; i < count; i++)
		(void)printf("%s%u", i > 0 ? " " : "", groups[i]);
	(void)putchar('\n');
}

/* Lines of /proc/self/status whose names a test may want. */
static void
say_status(void)
{
	static const char *const wanted[] = {
		"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:",
		"NoNewPrivs:", "Seccomp:", "SigBlk:", "SigIgn:", "SigCgt:",
		"Umask:", "Threads:"
	};
	FILE *status = fopen("/proc/self/status", "re");
	char line[512];

	if (status == NULL)
		return;
	while (fgets(line, sizeof(line), status) != NULL) {
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			size_t length = strlen(wanted[i]);

			if (strncmp(line, wanted[i], length) == 0)
				(void)printf("%.*s=%s", (int)length - 1, line,
				    line + length + strspn(line + length,
				    " \t"));
		}
	}
	(void)fclose(status);
}

static int
compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
say_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int fds[FDS_MAX];
	unsigned count = 0;
	const struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL && count < FDS_MAX) {
		int fd = atoi(entry->d_name);

		if (isdigit((unsigned char)entry->d_name[0]) &&
		    fd != dirfd(directory))
			fds[count++] = fd;
	}
	(void)closedir(directory);
	qsort(fds, count, sizeof(fds[0]), compare_numbers);
	(void)printf("fds=");
	for (unsigned i = 0; i < count; i++)
		(void)printf("%s%d", i > 0 ? " " : "", fds[i]);
	(void)putchar('\n');
}

static void
say_limits(void)
{
	static const struct { const char *name; int resource; } table[] = {
		{ "as", RLIMIT_AS }, { "core", RLIMIT_CORE },
		{ "cpu", RLIMIT_CPU }, { "data", RLIMIT_DATA },
		{ "files", RLIMIT_NOFILE }, { "fsize", RLIMIT_FSIZE },
		{ "nproc", RLIMIT_NPROC }, { "rss", RLIMIT_RSS },
		{ "stack", RLIMIT_STACK },
	};
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (getrlimit((__rlimit_resource_t)table[i].resource,
		    &limit) == -1)
			continue;
		(void)printf("rlimit.%s=%lld:%lld\n", table[i].name,
		    (long long)limit.rlim_cur, (long long)limit.rlim_max);
	}
}

static void
say_address(const char *key, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (ask(STDIN_FILENO, (struct sockaddr *)&address, &length) == -1) {
		(void)printf("%s=error %d\n", key, errno);
		return;
	}
	if (address.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)&address;

		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		port = ntohs(in->sin_port);
	} else if (address.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)&address;

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		port = ntohs(in6->sin6_port);
	}
	(void)printf("%s=%s %u\n", key, text, port);
}

static void
say_option(const char *key, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	if (getsockopt(STDIN_FILENO, level, option, &value, &length) == 0)
		(void)printf("%s=%d\n", key, value);
}

static void
say_socket(void)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);
	struct stat st[3];

	say_address("peer", getpeername);
	say_address("local", getsockname);
	say_option("keepalive", SOL_SOCKET, SO_KEEPALIVE);
	say_option("keepidle", IPPROTO_TCP, TCP_KEEPIDLE);
	say_option("nodelay", IPPROTO_TCP, TCP_NODELAY);
	say_option("domain", SOL_SOCKET, SO_DOMAIN);
	say_number("nonblock", (flags & O_NONBLOCK) != 0);
	if (fstat(0, &st[0]) == 0 && fstat(1, &st[1]) == 0 &&
	    fstat(2, &st[2]) == 0)
		say_number("same_socket", st[0].st_ino == st[1].st_ino &&
		    st[1].st_ino == st[2].st_ino);
}

static void
say_process(void)
{
	char directory[4096];
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);

	say_number("pid", getpid());
	say_number("ppid", getppid());
	say_number("pgid", getpgid(0));
	say_number("sid", getsid(0));
	say_number("tty", terminal != -1);
	if (terminal != -1)
		(void)close(terminal);
	errno = 0;
	say_number("nice", getpriority(PRIO_PROCESS, 0));
	say_number("securebits", prctl(PR_GET_SECUREBITS));
	if (getcwd(directory, sizeof(directory)) != NULL)
		say_text("cwd", directory);
}

static void
say_words(int argc, char **argv)
{
	char key[32];

	say_number("argc", argc);
	for (int i = 0; i < argc; i++) {
		(void)snprintf(key, sizeof(key), "argv.%d", i);
		say_text(key, argv[i]);
	}
	for (char **v = environ; *v != NULL; v++) {
		say_text("env", *v);
	}
}

int
main(int argc, char **argv)
{
	say_ids();
	say_status();
	say_descriptors();
	say_process();
	say_limits();
	say_socket();
	say_words(argc, argv);
	(void)printf("end=1\n");
	return fflush(stdout) == 0 ? 0 : 1;
}
