/*
 * System calls, one table a role: what may happen, and why.
 *
 * Applied by sandbox.c, compared with the kernel's real answers by
 * tests/sandbox. In the strict tables (all but the resolver) what is not named
 * is answered with ENOSYS: not executed, yet a new libc that tries it finds
 * its way as on an old kernel, instead of dying after an upgrade. What only an
 * exploit would call kills. Files and their like are refused with EACCES,
 * since libc is curious on error paths. The resolver runs whatever NSS loads,
 * so its table denies by name.
 *
 * A call's argument is compared in one shape everywhere: masked equality.
 * Masks of int arguments leave the upper half out, as the kernel does. KILL_1
 * before an ALLOW of the same call is an exception to it.
 *
 * sendmsg() gives descriptors away and recvmsg() takes them. So both work on
 * the channel to the parent alone, and only where a message needs them; what
 * accepts connections must not be able to put one of them in the channel's
 * place. All else goes by send() and recv(), which carry bytes only.
 */
#include "shared/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif

#define INT_MASK UINT32_MAX
#define MMAP_KIND (0x0f | MAP_ANONYMOUS)	/* type bits, see mmap(2) */
#define PARENT 3		/* every helper's channel to the parent */
#define SOCKET_KIND 0x0f		/* type without SOCK_CLOEXEC and like */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

#define UNUSED { -1, 0, 0 }
#define ROW(call, action, why) { (call), (action), { UNUSED, UNUSED }, (why) }
#define ROW_1(call, action, a, mask, value, why) \
	{ (call), (action), { { (a), (mask), (value) }, UNUSED }, (why) }
#define ROW_2(call, action, a, mask_a, value_a, b, mask_b, value_b, why) \
	{ (call), (action), \
	{ { (a), (mask_a), (value_a) }, { (b), (mask_b), (value_b) } }, (why) }

#define ALLOW(call, why) ROW(call, RULE_ALLOW, why)
#define ALLOW_1(call, a, mask, value, why) \
	ROW_1(call, RULE_MASKED, a, mask, value, why)
#define REFUSE(call, why) ROW(call, RULE_ERRNO_ACCES, why)
#define KILL(call, why) ROW(call, RULE_KILL, why)
#define KILL_1(call, a, mask, value, why) \
	ROW_1(call, RULE_KILL, a, mask, value, why)

/* What every strict role needs to run and to end. */
#define ROWS_RUN \
	ALLOW("brk", "malloc"), \
	ALLOW("munmap", "free"), \
	ALLOW("mremap", "realloc"), \
	ALLOW("madvise", "free"), \
	ALLOW_1("mprotect", 2, PROT_EXEC, 0, "malloc; never executable"), \
	ALLOW("futex", "locks inside libc"), \
	ALLOW("futex_time64", "the same, 32 bit"), \
	ALLOW("clock_gettime", "time, where the vDSO cannot tell"), \
	ALLOW("clock_gettime64", "the same, 32 bit"), \
	ALLOW("clock_getres", "event loop"), \
	ALLOW("gettimeofday", "event loop"), \
	ALLOW("time", "time, where the vDSO cannot tell"), \
	ALLOW("getrandom", "first malloc"), \
	ALLOW("rt_sigreturn", "return from a signal"), \
	ALLOW("sigreturn", "the same, 32 bit"), \
	ALLOW("rt_sigprocmask", "abort"), \
	ALLOW("restart_syscall", "after a stop and continue"), \
	ALLOW("getpid", "abort"), \
	ALLOW("gettid", "abort"), \
	ALLOW_1("tgkill", 0, INT_MASK, SANDBOX_OWN_PID, "abort; nobody else"), \
	ALLOW("exit", "the end"), \
	ALLOW("exit_group", "the end"), \
	ALLOW("close", "descriptors in hand"), \
	ALLOW("read", "descriptors in hand"), \
	ALLOW("write", "descriptors in hand, complaints"), \
	ALLOW("recvfrom", "channels and clients; no descriptor comes by it"), \
	ALLOW("recv", "the same, where libc has a call for it"), \
	/* TCP Fast Open would connect a socket without connect(2). */ \
	ALLOW_1("sendto", 3, MSG_FASTOPEN, 0, "the same, the other way"), \
	ALLOW_1("send", 3, MSG_FASTOPEN, 0, "the same, likewise")

/* Descriptors to the parent; from the parent. */
#define ROW_GIVE(why) \
	ROW_2("sendmsg", RULE_MASKED, 0, INT_MASK, PARENT, 2, MSG_FASTOPEN, 0, why)
#define ROW_TAKE(why) \
	ALLOW_1("recvmsg", 0, INT_MASK, PARENT, why)

/* libc looks around on error paths, for locales and time zones. */
#define ROWS_CURIOUS \
	REFUSE("open", "no files"), \
	REFUSE("openat", "no files"), \
	REFUSE("openat2", "no files"), \
	REFUSE("creat", "no files"), \
	REFUSE("stat", "no files"), \
	REFUSE("stat64", "no files"), \
	REFUSE("lstat", "no files"), \
	REFUSE("lstat64", "no files"), \
	REFUSE("access", "no files"), \
	REFUSE("faccessat", "no files"), \
	REFUSE("faccessat2", "no files"), \
	REFUSE("readlink", "no files"), \
	REFUSE("readlinkat", "no files")

/* newfstatat cannot be kept from paths when it must serve as fstat: the
 * empty root and ids that own nothing take care of that. */
#define ROWS_FSTAT \
	ALLOW("fstat", "size of received files"), \
	ALLOW("fstat64", "the same, 32 bit"), \
	ALLOW_1("newfstatat", 3, AT_EMPTY_PATH, AT_EMPTY_PATH, "fstat in glibc"), \
	ALLOW_1("fstatat64", 3, AT_EMPTY_PATH, AT_EMPTY_PATH, "the same, 32 bit"), \
	ALLOW_1("statx", 2, AT_EMPTY_PATH, AT_EMPTY_PATH, "the same, newer libc")

#define ROWS_POLL \
	ALLOW("epoll_wait", "event loop"), \
	ALLOW("epoll_pwait", "event loop"), \
	ALLOW("epoll_pwait2", "event loop"), \
	ALLOW("epoll_ctl", "event loop")

/* Fatal in every role, the resolver too: no honest code comes near them. */
#define ROWS_DEADLY \
	KILL("execve", "no other program"), \
	KILL("execveat", "no other program"), \
	KILL("ptrace", "no other process"), \
	KILL("process_vm_readv", "no other process"), \
	KILL("process_vm_writev", "no other process"), \
	KILL("process_madvise", "no other process"), \
	KILL("kcmp", "no other process"), \
	KILL("kill", "no other process"), \
	KILL("tkill", "no other process"), \
	KILL("rt_sigqueueinfo", "no other process"), \
	KILL("rt_tgsigqueueinfo", "no other process"), \
	KILL("pidfd_open", "no other process"), \
	KILL("pidfd_getfd", "no other process's descriptors"), \
	KILL("pidfd_send_signal", "no other process"), \
	KILL("listen", "listeners come from the parent"), \
	KILL("io_uring_setup", "a second way to every call"), \
	KILL("io_uring_enter", "a second way to every call"), \
	KILL("io_uring_register", "a second way to every call"), \
	KILL("bpf", "code in the kernel"), \
	KILL("perf_event_open", "kernel attack surface"), \
	KILL("userfaultfd", "helps to win races in the kernel"), \
	KILL("seccomp", "one filter is enough"), \
	KILL("unshare", "new namespaces open the kernel wide"), \
	KILL("setns", "no other namespaces"), \
	KILL("mount", "no mounts"), \
	KILL("umount", "no mounts"), \
	KILL("umount2", "no mounts"), \
	KILL("mount_setattr", "no mounts"), \
	KILL("move_mount", "no mounts"), \
	KILL("open_tree", "no mounts"), \
	KILL("fsopen", "no mounts"), \
	KILL("fsconfig", "no mounts"), \
	KILL("fsmount", "no mounts"), \
	KILL("fspick", "no mounts"), \
	KILL("pivot_root", "no other root directory"), \
	KILL("chroot", "no other root directory"), \
	KILL("name_to_handle_at", "files behind the root directory's back"), \
	KILL("open_by_handle_at", "files behind the root directory's back"), \
	KILL("add_key", "no key rings"), \
	KILL("request_key", "no key rings"), \
	KILL("keyctl", "no key rings"), \
	KILL("kexec_load", "no other kernel"), \
	KILL("kexec_file_load", "no other kernel"), \
	KILL("init_module", "no kernel modules"), \
	KILL("finit_module", "no kernel modules"), \
	KILL("delete_module", "no kernel modules"), \
	KILL("swapon", "no swap"), \
	KILL("swapoff", "no swap"), \
	KILL("reboot", "no reboot")

#define ROWS_DEADLY_ALONE \
	ROWS_DEADLY, \
	KILL("fork", "no children"), \
	KILL("vfork", "no children"), \
	KILL("clone", "no children, no threads"), \
	KILL("clone3", "no children, no threads")

#define ROWS_DEADLY_STRICT \
	ROWS_DEADLY_ALONE, \
	KILL("socket", "sockets come from the parent"), \
	KILL("connect", "the parent connects"), \
	KILL("bind", "the parent binds")

static const struct sandbox_rule dispatch_rules[] = {
	KILL_1("close", 0, INT_MASK, PARENT, "accept4 would put a client there"),
	ALLOW("accept4", "clients"),
	ROWS_POLL,
	ROWS_RUN,
	ROW_GIVE("connections"),
	ROW_TAKE("a channel to lookup"),
	ALLOW("getsockname", "the local address"),
	ALLOW("getpeername", "the source"),
	ALLOW_1("getsockopt", 1, INT_MASK, SOL_SOCKET, "error and kind of a connection"),
	ROW_2("setsockopt", RULE_MASKED, 1, INT_MASK, SOL_SOCKET, 2, INT_MASK, SO_PEEK_OFF,
	    "what stands behind the first datagram"),
	ALLOW("sysinfo", "load average for max_load"),
	ROW_2("mmap", RULE_MASKED, 2, PROT_EXEC, 0, 3, MMAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS,
	    "malloc; shared pages are mapped before"),
	ROW_2("mmap2", RULE_MASKED, 2, PROT_EXEC, 0, 3, MMAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS,
	    "the same, 32 bit"),
	ROWS_CURIOUS,
	REFUSE("fstat", "no files"),
	REFUSE("fstat64", "no files"),
	REFUSE("newfstatat", "no files"),
	REFUSE("fstatat64", "no files"),
	REFUSE("statx", "no files"),
	ROWS_DEADLY_STRICT,
	KILL("memfd_create", "nothing to hand over"),
	KILL("shutdown", "on a shared listener it would end it for all"),
};

static const struct sandbox_rule log_rules[] = {
	ROWS_POLL,
	ROWS_RUN,
	ROW_TAKE("sinks, texts, record channels"),
	ALLOW("poll", "waiting for a sink"),
	ALLOW("ppoll", "waiting for a sink"),
	ALLOW("ppoll_time64", "the same, 32 bit"),
	ALLOW("writev", "a batch of lines"),
	ALLOW("pread64", "tail of the audit file"),
	ALLOW("lseek", "size of the audit file"),
	ALLOW("_llseek", "the same, 32 bit"),
	ALLOW("fdatasync", "records on the disk"),
	ALLOW_1("fcntl", 1, INT_MASK, F_GETFL, "a sink's mode"),
	ALLOW_1("fcntl", 1, INT_MASK, F_GET_SEALS, "is a received text sealed?"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_GETFL, "the same, 32 bit"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_GET_SEALS, "the same, 32 bit"),
	ALLOW_1("getsockopt", 1, INT_MASK, SOL_SOCKET, "error and kind of a sink"),
	ALLOW_1("mmap", 2, PROT_EXEC, 0, "malloc, received texts and counter pages"),
	ALLOW_1("mmap2", 2, PROT_EXEC, 0, "the same, 32 bit"),
	ROWS_FSTAT,
	ROWS_CURIOUS,
	ROWS_DEADLY_STRICT,
	KILL("accept", "no clients"),
	KILL("accept4", "no clients"),
	KILL("memfd_create", "nothing to hand over"),
};

static const struct sandbox_rule load_rules[] = {
	ROWS_RUN,
	ROW_GIVE("texts and tables"),
	ALLOW("poll", "waiting for the channel"),
	ALLOW("ppoll", "waiting for the channel"),
	ALLOW("ppoll_time64", "the same, 32 bit"),
	ALLOW("wait4", "the end of the resolver"),
	ALLOW("waitid", "the end of the resolver"),
	ALLOW("memfd_create", "texts and tables"),
	ALLOW("ftruncate", "size of tables"),
	ALLOW("ftruncate64", "the same, 32 bit"),
	ALLOW("pread64", "texts and tables"),
	ALLOW("pwrite64", "texts and tables"),
	ALLOW("lseek", "texts and tables"),
	ALLOW("_llseek", "the same, 32 bit"),
	ALLOW_1("fcntl", 1, INT_MASK, F_ADD_SEALS, "texts and tables are sealed"),
	ALLOW_1("fcntl", 1, INT_MASK, F_GET_SEALS, "texts and tables are sealed"),
	ALLOW_1("fcntl", 1, INT_MASK, F_GETFL, "mode of a descriptor"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_ADD_SEALS, "the same, 32 bit"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_GET_SEALS, "the same, 32 bit"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_GETFL, "the same, 32 bit"),
	ALLOW_1("mmap", 2, PROT_EXEC, 0, "malloc, tables in the making"),
	ALLOW_1("mmap2", 2, PROT_EXEC, 0, "the same, 32 bit"),
	ROWS_FSTAT,
	ROWS_CURIOUS,
	ROWS_DEADLY_STRICT,
	KILL("accept", "no clients"),
	KILL("accept4", "no clients"),
};

/* Its sockets are others' ends: it may move bytes, shut and reset them. */
static const struct sandbox_rule relay_rules[] = {
	ROWS_POLL,
	ROWS_RUN,
	ROW_TAKE("clients and targets"),
	ALLOW("splice", "bytes from socket to socket"),
	ALLOW("pipe2", "what holds them on the way"),
	ALLOW("shutdown", "half-close"),
	ALLOW_1("getsockopt", 1, INT_MASK, SOL_SOCKET, "did the connect succeed?"),
	ROW_2("setsockopt", RULE_MASKED, 1, INT_MASK, SOL_SOCKET, 2, INT_MASK, SO_LINGER,
	    "a cut is passed on as a reset"),
	ROW_2("prctl", RULE_MASKED, 0, INT_MASK, PR_SET_PDEATHSIG, 1, UINT64_MAX, 0,
	    "to outlive a parent that leaves"),
	ROW_2("mmap", RULE_MASKED, 2, PROT_EXEC, 0, 3, MMAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS,
	    "malloc; shared pages are mapped before"),
	ROW_2("mmap2", RULE_MASKED, 2, PROT_EXEC, 0, 3, MMAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS,
	    "the same, 32 bit"),
	ROWS_CURIOUS,
	REFUSE("fstat", "no files"),
	REFUSE("fstat64", "no files"),
	REFUSE("newfstatat", "no files"),
	REFUSE("fstatat64", "no files"),
	REFUSE("statx", "no files"),
	ROWS_DEADLY_STRICT,
	KILL("accept", "no clients but those handed over"),
	KILL("accept4", "no clients but those handed over"),
	KILL("memfd_create", "nothing to hand over"),
};

/* Sockets of its own, of IPv4 (2) and IPv6 (10, one bit more), of the family's
 * own protocol. */
_Static_assert((AF_INET | 8) == AF_INET6, "one row serves both");
#define ALLOW_SOCKET(kind, why) \
	{ "socket", RULE_MASKED, { { 0, INT_MASK & ~UINT64_C(8), AF_INET }, \
	{ 1, SOCKET_KIND, (kind) }, { 2, INT_MASK, 0 } }, (why) }
#define PLAIN_FLAGS (O_ACCMODE | O_NONBLOCK)

static const struct sandbox_rule lookup_rules[] = {
	ROWS_POLL,
	ROWS_RUN,
	ROW_TAKE("channels to dispatchers"),
	ALLOW_SOCKET(SOCK_DGRAM, "DNS"),
	ALLOW_SOCKET(SOCK_STREAM, "DNS when an answer is long, ident"),
	ALLOW("connect", "DNS and ident servers"),
	ALLOW("bind", "ident is asked from the service's address"),
	ALLOW("writev", "questions by TCP, c-ares"),
	ALLOW("getsockname", "newer c-ares"),
	ALLOW_1("getsockopt", 1, INT_MASK, SOL_SOCKET, "did the connect succeed?"),
	ROW_2("setsockopt", RULE_MASKED, 1, INT_MASK, IPPROTO_TCP, 2, INT_MASK, TCP_NODELAY,
	    "questions by TCP, c-ares"),
	ALLOW_1("fcntl", 1, INT_MASK, F_GETFL, "c-ares"),
	ALLOW_1("fcntl", 1, INT_MASK, F_SETFD, "c-ares"),
	ROW_2("fcntl", RULE_MASKED, 1, INT_MASK, F_SETFL, 2, INT_MASK & ~(uint64_t)PLAIN_FLAGS, 0,
	    "c-ares"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_GETFL, "the same, 32 bit"),
	ALLOW_1("fcntl64", 1, INT_MASK, F_SETFD, "the same, 32 bit"),
	ROW_2("fcntl64", RULE_MASKED, 1, INT_MASK, F_SETFL, 2, INT_MASK & ~(uint64_t)PLAIN_FLAGS, 0,
	    "the same, 32 bit"),
	ROW_2("mmap", RULE_MASKED, 2, PROT_EXEC, 0, 3, MMAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS,
	    "malloc"),
	ROW_2("mmap2", RULE_MASKED, 2, PROT_EXEC, 0, 3, MMAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS,
	    "the same, 32 bit"),
	ROWS_CURIOUS,
	REFUSE("fstat", "no files"),
	REFUSE("fstat64", "no files"),
	REFUSE("newfstatat", "no files"),
	REFUSE("fstatat64", "no files"),
	REFUSE("statx", "no files"),
	ROWS_DEADLY_ALONE,
	KILL("accept", "no clients"),
	KILL("accept4", "no clients"),
	KILL("memfd_create", "nothing to hand over"),
	KILL("shutdown", "nothing is half closed"),
};

#define KILL_CLONE(flag) \
	ROW_1("clone", RULE_KILL, CLONE_FLAGS, (flag), (flag), "no new namespaces")
#define REFUSE_FAMILY(family, why) \
	ROW_1("socket", RULE_ERRNO_ACCES, 0, INT_MASK, (family), why)

/* Raw netlink stays open: getaddrinfo asks it which families the host has.
 * tgkill stays open for abort: while this process lives, all others of the
 * daemon run under ids that it may not signal. */
static const struct sandbox_rule resolve_rules[] = {
	ROWS_DEADLY,
	KILL("accept", "no clients"),
	KILL("accept4", "no clients"),
	KILL_CLONE(CLONE_NEWNS),
	KILL_CLONE(CLONE_NEWCGROUP),
	KILL_CLONE(CLONE_NEWUTS),
	KILL_CLONE(CLONE_NEWIPC),
	KILL_CLONE(CLONE_NEWUSER),
	KILL_CLONE(CLONE_NEWPID),
	KILL_CLONE(CLONE_NEWNET),
	ROW("clone3", RULE_ERRNO_NOSYS, "flags are out of sight; libc then takes clone"),
	ROW_2("socket", RULE_ERRNO_ACCES, 0, INT_MASK, AF_INET, 1, SOCKET_KIND, SOCK_RAW,
	    "no forged packets"),
	ROW_2("socket", RULE_ERRNO_ACCES, 0, INT_MASK, AF_INET6, 1, SOCKET_KIND, SOCK_RAW,
	    "no forged packets"),
	REFUSE_FAMILY(AF_PACKET, "no forged packets"),
	REFUSE_FAMILY(44 /* AF_XDP */, "no forged packets"),
	REFUSE_FAMILY(AF_ALG, "kernel attack surface"),
	REFUSE_FAMILY(AF_KEY, "kernel attack surface"),
	REFUSE_FAMILY(AF_VSOCK, "no talk with the hypervisor"),
	REFUSE("personality", "no executable data by the back door"),
};

#define TABLE(rules_) .rules = (rules_), .count = sizeof(rules_) / sizeof((rules_)[0])

const struct sandbox_table sandbox_tables[SANDBOX_MAX] = {
	[SANDBOX_DISPATCH] = { .role = "dispatch", .landlock_files = true, TABLE(dispatch_rules) },
	[SANDBOX_LOG] = { .role = "log", .landlock_files = true, TABLE(log_rules) },
	[SANDBOX_LOAD] = { .role = "load", .landlock_files = true, TABLE(load_rules) },
	[SANDBOX_RELAY] = { .role = "relay", .landlock_files = true, TABLE(relay_rules) },
	/* Landlock knows no UDP; the ports are those of DNS and ident. */
	[SANDBOX_LOOKUP] = { .role = "lookup", .landlock_files = true,
	    .connect_ports = { 53, 113 }, TABLE(lookup_rules) },
	[SANDBOX_RESOLVE] = { .role = "resolve", .default_allow = true, TABLE(resolve_rules) },
};
