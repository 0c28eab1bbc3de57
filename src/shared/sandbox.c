/*
 * MDWE, Landlock, system-call filter: see sandbox.h.
 *
 * Runs in dispatch, log, load and load's resolver, after confine() and after
 * everything has been opened; never in the parent, whose servers would
 * inherit all three. The filter is mandatory: without it the process ends. The
 * other two depend on the kernel's age and are reported.
 */
#include "shared/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/util.h"

#ifndef PR_SET_MDWE		/* Linux 6.3 */
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#if defined(__SANITIZE_ADDRESS__)
#define IS_WIDE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_WIDE 1
#endif
#endif
#ifndef IS_WIDE
#define IS_WIDE 0
#endif

/*
 * A sanitizer reads /proc, symbolises and forks at the moment it has found
 * something, and killing it then would hide what it found. Such a build is for
 * finding faults, never for use: its filter logs what the table would refuse,
 * and only starting another program stays fatal.
 */
static bool
is_kept_wide(const char *call)
{
	return strcmp(call, "execve") == 0 || strcmp(call, "execveat") == 0;
}

#if IS_WIDE
static int has_entered;

/* The leak checker traces its own process at exit, which an undumpable one
 * cannot have. Programs that never enter a sandbox keep it. */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return has_entered;
}
#define NOTE_ENTERED() (has_entered = 1)
#else
#define NOTE_ENTERED() ((void)0)
#endif

static uint32_t
refuse_exec_gain(void)
{
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) < 0)
		return 0;
	return prctl(PR_GET_MDWE, 0, 0, 0, 0) == PR_MDWE_REFUSE_EXEC_GAIN ?
	    LAYER_MDWE : 0;
}

/* As in the kernel's linux/landlock.h, which may be older than the kernel. */
struct landlock_handled {
	uint64_t files, net, scopes;
};

/* What each version of the interface can refuse, one row each. */
static const struct landlock_handled landlock_abi[] = {
	{ 0x1fff, 0, 0 },	/* 1: execute, read, write, make, remove */
	{ 0x3fff, 0, 0 },	/* 2: + refer */
	{ 0x7fff, 0, 0 },	/* 3: + truncate */
	{ 0x7fff, 3, 0 },	/* 4: + TCP bind and connect */
	{ 0xffff, 3, 0 },	/* 5: + ioctl on devices */
	{ 0xffff, 3, 3 },	/* 6: + abstract sockets, signals */
	{ 0xffff, 3, 3 },	/* 7: + what is logged; the default suits */
};
#define LANDLOCK_ABIS (sizeof landlock_abi / sizeof landlock_abi[0])

#define LANDLOCK_PORT 2		/* kind of rule */
#define LANDLOCK_BIND 1
#define LANDLOCK_CONNECT 2

static bool
allow_port(int fd, uint64_t access, uint64_t port)
{
	struct { uint64_t access, port; } rule = { access, port };

	return syscall(SYS_landlock_add_rule, fd, LANDLOCK_PORT, &rule, 0) == 0;
}

static bool
allow_ports(int fd, const uint16_t *ports, size_t count)
{
	bool is_good = true;

	for (size_t i = 0; i < count && ports[i] != 0; i++)
		is_good &= allow_port(fd, LANDLOCK_CONNECT, ports[i]);
	/* A local address needs bind(), with the kernel's choice of port. */
	return count == 0 || ports[0] == 0 ||
	    (is_good && allow_port(fd, LANDLOCK_BIND, 0));
}

/* Everything handled and few rules or none: nothing else is left. */
static uint32_t
lock_files(const struct sandbox_table *table)
{
	struct landlock_handled handled;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	long result;
	int fd;

	if (abi < 1)
		return 0;
	if ((size_t)abi > LANDLOCK_ABIS)
		abi = LANDLOCK_ABIS;
	handled = landlock_abi[abi - 1];
	/* Fields that an old kernel does not know are zero, which it allows. */
	fd = (int)syscall(SYS_landlock_create_ruleset, &handled,
	    sizeof handled, 0);
	if (fd < 0)
		return 0;
	if (handled.net != 0 && !allow_ports(fd, table->connect_ports,
	    sizeof table->connect_ports / sizeof table->connect_ports[0])) {
		fd_close(&fd);
		return 0;
	}
	result = syscall(SYS_landlock_restrict_self, fd, 0);
	fd_close(&fd);
	return result == 0 ? LAYER_LANDLOCK : 0;
}

static _Noreturn void
cannot(const struct sandbox_table *table, const char *step, int result)
{
	fatal(EXIT_SANDBOX, "cannot filter system calls of %s: %s: %s",
	    table->role, step, strerror(result < 0 ? -result : errno));
}

static uint32_t
action_of(enum rule_action action)
{
	switch (action) {
	case RULE_ALLOW:
	case RULE_MASKED:
		return SCMP_ACT_ALLOW;
	case RULE_ERRNO_ACCES:
		return SCMP_ACT_ERRNO(EACCES);
	case RULE_ERRNO_NOSYS:
		return SCMP_ACT_ERRNO(ENOSYS);
	case RULE_KILL:
		return SCMP_ACT_KILL_PROCESS;
	}
	bug("unknown action");
}

static int
add_rule(scmp_filter_ctx filter, const struct sandbox_rule *rule)
{
	int number = seccomp_syscall_resolve_name(rule->call);
	struct scmp_arg_cmp tests[SANDBOX_TESTS];
	unsigned count = 0;

	/* A name newer than the library, or not of this architecture. */
	if (number == __NR_SCMP_ERROR)
		return 0;
	for (size_t i = 0; i < SANDBOX_TESTS; i++) {
		uint64_t mask = rule->test[i].mask;
		uint64_t value = rule->test[i].value;

		if (rule->test[i].argument < 0 || mask == 0)
			continue;
		if (value == SANDBOX_OWN_PID)
			value = (uint64_t)getpid();
		must((value & ~mask) == 0);
		tests[count++] = SCMP_CMP64((unsigned)rule->test[i].argument,
		    SCMP_CMP_MASKED_EQ, mask, value);
	}
	return seccomp_rule_add_array(filter, action_of(rule->action), number,
	    count, tests);
}

static scmp_filter_ctx
new_filter(const struct sandbox_table *table, uint32_t otherwise)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);
	int result;

	if (filter == NULL)
		cannot(table, "creating", -ENOMEM);
	result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);
	if (result < 0)
		cannot(table, "foreign architectures", result);
	/* For whoever reads the kernel's log, and for speed: both need a
	 * newer library or kernel than the filter itself. */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return filter;
}

/* Asks the kernel: this call only reads, and no table lets it through. */
static bool
has_filter(const struct sandbox_table *table)
{
	long result = syscall(SYS_personality, 0xffffffffUL);

	if (IS_WIDE)
		return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
	return result == -1 &&
	    errno == (table->default_allow ? EACCES : ENOSYS);
}

/* KILL for some arguments of a call that is allowed otherwise. The library
 * cannot say "unless" within one filter; of two, the kernel takes the harder
 * answer. */
static bool
is_exception(const struct sandbox_table *table, const struct sandbox_rule *rule)
{
	return !table->default_allow && rule->action == RULE_KILL &&
	    rule->test[0].argument >= 0;
}

/* The exceptions, or all but them. No row, no filter. */
static void
load_filter(const struct sandbox_table *table, bool is_of_exceptions,
    uint32_t otherwise)
{
	scmp_filter_ctx filter = new_filter(table, otherwise);
	unsigned rows = 0;
	int result = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct sandbox_rule *rule = &table->rules[i];

		if (is_exception(table, rule) != is_of_exceptions ||
		    (IS_WIDE && !is_kept_wide(rule->call)))
			continue;
		result = add_rule(filter, rule);
		if (result < 0)
			cannot(table, rule->call, result);
		rows++;
	}
	if (rows > 0)
		result = seccomp_load(filter);
	if (result < 0)
		cannot(table, "loading", result);
	seccomp_release(filter);
}

uint32_t
sandbox_enter(enum sandbox_role role)
{
	const struct sandbox_table *table;
	uint32_t layers = 0;

	must((unsigned)role < SANDBOX_MAX);
	table = &sandbox_tables[role];
	if (role == SANDBOX_DISPATCH || role == SANDBOX_LOG ||
	    role == SANDBOX_RELAY || role == SANDBOX_LOOKUP)
		layers |= refuse_exec_gain();
	if (table->landlock_files)
		layers |= lock_files(table);

	/* The second lets no other filter in, so it comes last. */
	load_filter(table, true, SCMP_ACT_ALLOW);
	load_filter(table, false, IS_WIDE ? SCMP_ACT_LOG :
	    table->default_allow ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
	if (!has_filter(table))
		fatal(EXIT_SANDBOX, "system calls of %s are not filtered",
		    table->role);
	NOTE_ENTERED();
	return layers | LAYER_SECCOMP;
}
