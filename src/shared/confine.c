/*
 * Giving up privileges, verified: see confine.h.
 *
 * Runs in dispatch, log, load and load's resolver, as root, before a byte from
 * anybody has been read. A mandatory step that fails, or that the kernel does
 * not confirm when asked afterwards, ends the process: a helper never runs
 * with more than it says. Nothing here may run in the parent, whose servers
 * would inherit it.
 *
 * The order matters. Namespaces and root directory need capabilities, so they
 * come first. libcap-ng then finds no /proc and asks prctl() instead, which
 * serves as well (the result is read back). Changing ids clears PDEATHSIG and
 * the dumpable flag, so those come after.
 */
#include "shared/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/util.h"

static _Noreturn void
cannot(const char *step)
{
	fatal(EXIT_SANDBOX, "cannot confine: %s: %s", step, strerror(errno));
}

static _Noreturn void
not_so(const char *what)
{
	fatal(EXIT_SANDBOX, "not confined: %s", what);
}

/* One at a time: a host may prohibit some and grant others. */
static uint32_t
leave_namespaces(void)
{
	static const struct {
		int flag;
		enum sandbox_layer layer;
	} spaces[] = {
		{ CLONE_NEWNET, LAYER_NETNS },
		{ CLONE_NEWIPC, LAYER_IPCNS },
		{ CLONE_NEWUTS, LAYER_UTSNS },
	};
	uint32_t layers = 0;

	for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
		if (unshare(spaces[i].flag) == 0)
			layers |= spaces[i].layer;
	return layers;
}

static bool
is_same(const char *path, const struct stat *wanted)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
}

/* A directory of ours, entered and then removed: an empty root that nobody,
 * not even root, can put a file into. False when it could not be had; the
 * process is then where it was. */
static bool
enter_nameless(const char *template)
{
	char path[64];
	struct stat st;
	int fd;

	if (format_text(path, sizeof path, "%s", template) != strlen(template))
		return false;
	if (mkdtemp(path) == NULL)
		return false;
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rmdir(path) < 0 || fd < 0 || fstat(fd, &st) < 0 ||
	    st.st_uid != 0 || (st.st_mode & 07777) != 0700 ||
	    fchdir(fd) < 0) {
		fd_close(&fd);
		return false;
	}
	fd_close(&fd);
	if (chroot(".") < 0) {
		if (chdir("/") < 0)
			cannot("leaving a removed directory");
		return false;
	}
	if (!is_same("/", &st) || !is_same(".", &st) || !is_same("..", &st))
		not_so("the root directory is not the one that was made");
	if (mkdir("/x", 0700) == 0)
		not_so("the root directory can be written to");
	return true;
}

static uint32_t
enter_anonymous_root(void)
{
	static const char *const templates[] = {
		RUNDIR "/root.XXXXXX", "/run/sallyport-root.XXXXXX",
		"/tmp/sallyport-root.XXXXXX",
	};

	for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
		if (enter_nameless(templates[i]))
			return LAYER_ROOT;
	return 0;
}

static void
set_limit(__rlimit_resource_t resource, rlim_t value, const char *name)
{
	struct rlimit wanted = { .rlim_cur = value, .rlim_max = value };
	struct rlimit seen = { .rlim_cur = ~value, .rlim_max = ~value };

	if (setrlimit(resource, &wanted) < 0)
		cannot(name);
	if (getrlimit(resource, &seen) < 0)
		cannot(name);
	if (seen.rlim_cur != value || seen.rlim_max != value)
		not_so(name);
}

/* More than the hard limit needs CAP_SYS_RESOURCE, which a container may not
 * have: then the hard limit is what there is. */
static void
set_files(rlim_t files)
{
	struct rlimit limit = { .rlim_cur = files, .rlim_max = files };

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && errno == EPERM) {
		if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
			cannot("limit on descriptors");
		files = limit.rlim_max;
	}
	set_limit(RLIMIT_NOFILE, files, "limit on descriptors");
}

/* Standard error may be a file: a complaint to it then fails with EFBIG, and
 * the exit code still says what the matter was. */
static void
forbid_growth(void)
{
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		cannot("ignoring SIGXFSZ");
	set_limit(RLIMIT_FSIZE, 0, "limit on file size");
}

static void
drop_ids(const struct confinement *c)
{
	int result;

	capng_clear(CAPNG_SELECT_ALL);
	result = capng_change_id((int)c->uid, (int)c->gid, CAPNG_DROP_SUPP_GRP |
	    CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	if (result != 0)
		fatal(EXIT_SANDBOX, "cannot confine: changing to uid %u, "
		    "gid %u: step %d", c->uid, c->gid, result);
}

static bool
has_ids(const struct confinement *c)
{
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		cannot("reading ids");
	for (int i = 0; i < 3; i++)
		if (uids[i] != c->uid || gids[i] != c->gid)
			return false;
	return true;
}

static void
verify_ids(const struct confinement *c)
{
	if (!has_ids(c))
		not_so("ids are not those asked for");
	if (getgroups(0, NULL) != 0)
		not_so("supplementary groups are left");
	/* Each must fail; the way back is what an exploit would try. */
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 ||
	    setegid(0) == 0)
		not_so("root can be had back");
	if (!has_ids(c))
		not_so("ids moved");
}

/* Permitted, effective, inheritable, ambient. */
static bool
has_capabilities(void)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	int is_set;

	memset(data, 0xff, sizeof data);
	if (syscall(SYS_capget, &header, data) < 0)
		cannot("reading capabilities");
	for (int i = 0; i < 2; i++)
		if ((data[i].permitted | data[i].effective |
		    data[i].inheritable) != 0)
			return true;
	for (unsigned long cap = 0; cap < 64; cap++) {
		is_set = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0);
		if (is_set > 0)
			return true;
		/* Past the last capability that this kernel knows. */
		if (is_set < 0 && cap > 0)
			break;
		if (is_set < 0)
			cannot("reading ambient capabilities");
	}
	return false;
}

static bool
has_bounding_set(void)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		int is_set = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (is_set > 0)
			return true;
		if (is_set < 0 && cap > 0)
			break;
		if (is_set < 0)
			cannot("reading the bounding set");
	}
	return false;
}

/* The parent may end while we are at it; its death signal would then have
 * been sent before we asked for it. */
static void
die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		cannot("PDEATHSIG");
	if (getppid() != parent)
		not_so("the parent has gone");
}

static void
hide_memory(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		cannot("PR_SET_DUMPABLE");
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		not_so("memory is readable by others");
}

static void
give_up_gaining(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		cannot("no_new_privs");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		not_so("no_new_privs is not set");
}

/* An ordinary user checks a file: the kernel guards the system from them,
 * and what is dropped here only guards them from the file. */
static uint32_t
confine_user(const struct confinement *c, pid_t parent)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	uint32_t layers = LAYER_NNP;

	if (syscall(SYS_capset, &header, none) < 0)
		cannot("dropping capabilities");
	give_up_gaining();
	die_with(parent);
	hide_memory();
	if (has_ids(c))
		layers |= LAYER_IDS;
	/* The bounding set stays, but with no_new_privs it gives nothing. */
	if (!has_capabilities())
		layers |= LAYER_CAPS;
	return layers;
}

static uint32_t
confine_root(const struct confinement *c, pid_t parent)
{
	uint32_t layers = LAYER_IDS | LAYER_CAPS | LAYER_NNP;

	must(c->uid != 0 && c->gid != 0);
	must(c->uid != UINT32_MAX && c->gid != UINT32_MAX);
	if (c->net)
		layers |= leave_namespaces();
	if (c->root)
		layers |= enter_anonymous_root();
	drop_ids(c);
	verify_ids(c);
	if (has_capabilities())
		not_so("capabilities are left");
	if (has_bounding_set())
		not_so("the bounding set is not empty");
	give_up_gaining();
	die_with(parent);
	hide_memory();
	return layers;
}

uint32_t
confine(const struct confinement *c)
{
	pid_t parent = getppid();
	uint32_t layers;

	set_files(c->files);
	layers = geteuid() == 0 ? confine_root(c, parent) :
	    confine_user(c, parent);
	/* Last, so that what went before could still write a message. */
	set_limit(RLIMIT_CORE, 0, "limit on core files");
	set_limit(RLIMIT_NPROC, 0, "limit on processes");
	if (!c->may_write_files)
		forbid_growth();
	return layers;
}

const char *
layers_text(uint32_t layers, char *out, unsigned size)
{
	static const char *const names[] = {
		"ids", "caps", "nnp", "seccomp", "netns", "ipcns", "utsns",
		"root", "landlock", "mdwe",
	};
	size_t used = 0;

	if (size > 0)
		out[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((layers & (1u << i)) != 0)
			used += format_text(out + used, size - used, "%s%s",
			    used > 0 ? " " : "", names[i]);
	return out;
}
