/*
 * What an intruder would try, tried for real in every role, and a few things
 * that a role must be able to do.
 *
 * One row an attempt; one letter a role for how it must end.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/util.h"

#define PAGE 4096
#define HIGH (UINT64_C(1) << 32)	/* what a truncating filter misses */

/* Made before the trials, inherited by every child. */
static int listener = -1, loose = -1, memory = -1;

void
attempts_prepare(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	channels_prepare();
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	loose = socket(AF_INET, SOCK_STREAM, 0);
	memory = memfd_shared("probe", PAGE);
	if (listener < 0 || loose < 0 || memory < 0 ||
	    bind(listener, (struct sockaddr *)&any, sizeof any) < 0 ||
	    listen(listener, 1) < 0)
		fatal(EXIT_CANNOT, "preparing: %s", strerror(errno));
}

static long
try_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
try_stat(void)
{
	struct stat st;

	/* With the flag that makes it look like fstat. */
	return syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st,
	    AT_EMPTY_PATH);
}

static long
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* The kernel has none such: whoever is let through sees its own error. */
static long
try_odd_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, IPPROTO_UDP);
}

static long
try_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static long
try_raw_socket_high(void)
{
	return syscall(SYS_socket, HIGH | AF_INET, HIGH | SOCK_RAW,
	    IPPROTO_ICMP);
}

static long
try_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0);
}

static long
try_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long
try_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return connect(loose, (struct sockaddr *)&to, sizeof to);
}

static long
try_connect_dns(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return connect(loose, (struct sockaddr *)&to, sizeof to);
}

/* TCP Fast Open: connects without connect(2). */
static long
try_fast_open(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return sendto(loose, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&to, sizeof to);
}

static long
try_fast_open_message(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec bytes = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof to,
	    .msg_iov = &bytes, .msg_iovlen = 1 };

	return sendmsg(loose, &message,
	    MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT);
}

static long
try_bind(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bind(loose, (struct sockaddr *)&to, sizeof to);
}

static long
try_bind_port(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(10113),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	/* The one that all share may be bound already. */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (struct sockaddr *)&to, sizeof to);
}

static long
try_listen(void)
{
	return listen(listener, 5);
}

static long
try_accept(void)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static long
try_shutdown(void)
{
	return shutdown(loose, SHUT_RD) < 0 && errno == ENOTCONN ? 0 : -1;
}

static long
try_setsockopt(void)
{
	int one = 1;

	return setsockopt(loose, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

static long
try_socket_error(void)
{
	int value;
	socklen_t length = sizeof value;

	return getsockopt(loose, SOL_SOCKET, SO_ERROR, &value, &length);
}

static long
try_getsockopt_high(void)
{
	int value;
	socklen_t length = sizeof value;

	return syscall(SYS_getsockopt, loose, HIGH | IPPROTO_TCP, 1, &value,
	    &length);
}

static long
try_exec(void)
{
	char *const arguments[] = { (char[]){ "true" }, NULL };

	return execve("/bin/true", arguments, arguments + 1);
}

static long
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_user_namespace(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL,
	    NULL);
}

static long
try_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

static long
try_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long
try_setns(void)
{
	return setns(memory, 0);
}

static long
try_kill_parent(void)
{
	return kill(getppid(), 0);
}

static long
try_tgkill_other(void)
{
	/* Another user's process that is always there. */
	return syscall(SYS_tgkill, 1, 1, 0);
}

static long
try_tgkill_self(void)
{
	return syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0);
}

static long
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long
try_setuid(void)
{
	return syscall(SYS_setuid, 0);
}

static long
try_setgroups(void)
{
	return syscall(SYS_setgroups, 0, NULL);
}

static long
try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long
mapped(const void *where)
{
	return where == MAP_FAILED ? -1 : 0;
}

static long
try_map_executable(void)
{
	return mapped(mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static long
try_map_executable_high(void)
{
	long where = syscall(SYS_mmap, NULL, PAGE,
	    HIGH | PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return where == -1 ? -1 : 0;
}

static long
try_make_executable(void)
{
	void *where = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (where == MAP_FAILED)
		abort();
	return mprotect(where, PAGE, PROT_READ | PROT_EXEC);
}

static long
try_map_shared(void)
{
	return mapped(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
	    memory, 0));
}

static long
try_memfd(void)
{
	return memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static long
try_sealed_text(void)
{
	size_t length;
	int fd = memfd_sealed("x", "text", 4);

	return fd >= 0 && memfd_is_sealed(fd, &length) && length == 4 ? 0 : -1;
}

static long
try_is_sealed(void)
{
	return fcntl(memory, F_GET_SEALS);
}

static long
try_add_seals(void)
{
	return fcntl(memory, F_ADD_SEALS, 0) < 0 && errno == EPERM ? 0 : -1;
}

static long
try_setfl(void)
{
	return fcntl(loose, F_SETFL, O_ASYNC);
}

static long
try_setfl_high(void)
{
	return syscall(SYS_fcntl, loose, HIGH | F_SETFL, O_ASYNC);
}

static long
try_fstat(void)
{
	struct stat st;

	return fstat(memory, &st);
}

static long
try_ioctl(void)
{
	int value;

	return syscall(SYS_ioctl, loose, 0x541b /* FIONREAD */, &value);
}

static long
try_io_uring(void)
{
	char parameters[128] = { 0 };

	return syscall(425 /* io_uring_setup */, 1, parameters);
}

static long
try_bpf(void)
{
	char attributes[128] = { 0 };

	return syscall(SYS_bpf, 0, attributes, sizeof attributes);
}

static long
try_keyctl(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
	    KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
}

static long
try_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 1);
}

static long
try_mount(void)
{
	return syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
}

static long
try_chroot(void)
{
	return syscall(SYS_chroot, "/");
}

static long
try_filter(void)
{
	return syscall(SYS_seccomp, 0, 1, NULL);
}

static long
try_sysinfo(void)
{
	struct sysinfo info;

	return sysinfo(&info);
}

static long
try_splice(void)
{
	int one[2], two[2];

	if (pipe2(one, O_CLOEXEC) < 0 || pipe2(two, O_CLOEXEC) < 0 ||
	    write(one[1], "bytes", 5) != 5)
		return -1;
	return splice(one[0], NULL, two[1], NULL, 5, SPLICE_F_NONBLOCK) == 5 ?
	    0 : -1;
}

static long
try_linger(void)
{
	struct linger reset = { .l_onoff = 1 };

	return setsockopt(loose, SOL_SOCKET, SO_LINGER, &reset,
	    sizeof reset);
}

static long
try_outlive(void)
{
	return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

static long
try_death_signal(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
}

static long
try_memory(void)
{
	char *volatile big = malloc(4 << 20);
	char *volatile bigger;

	if (big == NULL)
		return -1;
	memset(big, 1, 4 << 20);
	bigger = realloc(big, 16 << 20);
	if (bigger == NULL)
		return -1;
	free(bigger);
	return 0;
}

static long
try_time(void)
{
	return syscall(SYS_clock_gettime, 0, &(struct timespec){ 0 });
}

static long
try_abort(void)
{
	abort();
}

#ifdef __x86_64__
static long
try_x32(void)
{
	return syscall(0x40000000 | SYS_getpid);
}

static long
try_i386(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory",
	    "r8", "r9", "r10", "r11");
	return result;
}
#endif

static const struct attempt attempts[] = {
	{ "open a file", try_open, "AAAYAA" },
	{ "stat a file as if it were fstat", try_stat, "AAYYAA" },
	{ "make a socket", try_socket, "KKKYKY" },
	{ "make a socket of another protocol", try_odd_socket, "KKKDKN" },
	{ "make a raw socket", try_raw_socket, "KKKAKN" },
	{ "make a raw socket, high bits", try_raw_socket_high, "KKKAKN" },
	{ "make a packet socket", try_packet_socket, "KKKAKN" },
	{ "ask for interfaces", try_netlink_socket, "KKKYKN" },
	{ "connect", try_connect, "KKKDKP" },
	{ "connect to a DNS server", try_connect_dns, "KKKDKD" },
	{ "connect by sendto", try_fast_open, "NNNDNN" },
	{ "connect by sendmsg", try_fast_open_message, "NNNDNN" },
	{ "bind", try_bind, "KKKYKY" },
	{ "bind a port", try_bind_port, "KKKYKQ" },
	{ "listen", try_listen, "KKKKKK" },
	{ "accept", try_accept, "DKKKKK" },
	{ "shutdown", try_shutdown, "KNNYYK" },
	{ "set a socket option", try_setsockopt, "NNNYNN" },
	{ "ask for a socket's error", try_socket_error, "YYNYYY" },
	{ "ask for a TCP option, high bits", try_getsockopt_high, "NNNYNN" },
	{ "execute", try_exec, "KKKKKK" },
	{ "fork", try_fork, "KKKDKK" },
	{ "clone with a user namespace", try_user_namespace, "KKKKKK" },
	{ "clone3", try_clone3, "KKKNKK" },
	{ "unshare", try_unshare, "KKKKKK" },
	{ "setns", try_setns, "KKKKKK" },
	{ "kill the parent", try_kill_parent, "KKKKKK" },
	{ "tgkill another", try_tgkill_other, "NNNDNN" },
	{ "tgkill itself", try_tgkill_self, "YYYYYY" },
	{ "ptrace", try_ptrace, "KKKKKK" },
	{ "setuid(0)", try_setuid, "NNNDNN" },
	{ "setgroups", try_setgroups, "NNNDNN" },
	{ "become dumpable", try_dumpable, "NNNYNN" },
	{ "map executable memory", try_map_executable, "NNNYNN" },
	{ "map executable memory, high bits", try_map_executable_high, "NNNYNN" },
	{ "make memory executable", try_make_executable, "NNNYNN" },
	{ "map received memory", try_map_shared, "NYYYNN" },
	{ "make a memfd", try_memfd, "KKYYKK" },
	{ "seal a text", try_sealed_text, "KKYDKK" },
	{ "read seals", try_is_sealed, "NYYYNN" },
	{ "add seals", try_add_seals, "NNYYNN" },
	{ "change file status flags", try_setfl, "NNNYNN" },
	{ "change file status flags, high bits", try_setfl_high, "NNNYNN" },
	{ "fstat", try_fstat, "AYYYAA" },
	{ "ioctl", try_ioctl, "NNNYNN" },
	{ "io_uring", try_io_uring, "KKKKKK" },
	{ "bpf", try_bpf, "KKKKKK" },
	{ "keyctl", try_keyctl, "KKKKKK" },
	{ "userfaultfd", try_userfaultfd, "KKKKKK" },
	{ "mount", try_mount, "KKKKKK" },
	{ "chroot", try_chroot, "KKKKKK" },
	{ "a second filter", try_filter, "KKKKKK" },
	{ "ask for the load", try_sysinfo, "YNNYNN" },
	{ "move bytes through a pipe", try_splice, "NNNYYN" },
	{ "set a connection to reset", try_linger, "NNNYYN" },
	{ "outlive the parent", try_outlive, "NNNYYN" },
	{ "choose a death signal", try_death_signal, "NNNYNN" },
	{ "allocate, grow, free", try_memory, "YYYYYY" },
	{ "ask for the time", try_time, "YYYYYY" },
	{ "abort", try_abort, "BBBBBB" },
#ifdef __x86_64__
	{ "x32 call", try_x32, "KKKKKK" },
	{ "i386 call", try_i386, "XXXXXX" },
#endif
};

static long
act(const void *argument)
{
	long (*const *attempt)(void) = argument;

	errno = 0;
	return (*attempt)();
}

static char
letter(const struct outcome *o)
{
	if (!o->entered)
		return '-';
	if (o->signal == SIGSYS)
		return 'K';
	if (o->signal == SIGABRT)
		return 'B';
	if (o->signal != 0)
		return 'X';
	if (o->returned && o->result >= 0)
		return 'Y';
	return o->error == ENOSYS ? 'N' : o->error == EACCES ? 'A' : 'D';
}

/* Landlock knows ports from its fourth version on. */
static char
has_ports(const struct outcome *o, char otherwise)
{
	long version = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);

	return (o->layers & LAYER_LANDLOCK) != 0 && version >= 4 ? 'A' :
	    otherwise;
}

void
attempt_run(enum sandbox_role role, const struct attempt *attempt)
{
	struct outcome o = trial_run(&(struct trial){ .role = role,
	    .is_full = true, .act = act, .argument = &attempt->act });
	char wanted = attempt->ends[role];
	char got = letter(&o);
	bool is_good = got == wanted ||
	    (wanted == 'X' && got == 'K') ||
	    (wanted == 'P' && got == has_ports(&o, 'D')) ||
	    (wanted == 'Q' && got == has_ports(&o, 'Y'));

	tap_result(is_good, "%s: %s: %c", role_names[role], attempt->name,
	    wanted);
	if (!is_good)
		tap_remark("got %c: result %ld, errno %d, signal %d, code %d",
		    got, o.result, o.error, o.signal, o.code);
}

void
attempts_run(enum sandbox_role role)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		attempt_run(role, &attempts[i]);
}
