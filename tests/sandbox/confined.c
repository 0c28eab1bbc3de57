/*
 * The state of a helper after its start, read from /proc by somebody else.
 */
#include "probe.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/confine.h"
#include "shared/util.h"

static char status[8192];
static char limits[8192];
static char net_here[PATH_MAX], net_there[PATH_MAX], root_there[PATH_MAX];

static void
slurp(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(out, 1, size - 1, f) : 0;

	out[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
}

static void
link_of(const char *path, char *out, size_t size)
{
	ssize_t n = readlink(path, out, size - 1);

	out[n > 0 ? n : 0] = '\0';
}

static void
inspect(pid_t pid)
{
	char path[64];

	(void)format_text(path, sizeof path, "/proc/%d/status", (int)pid);
	slurp(path, status, sizeof status);
	(void)format_text(path, sizeof path, "/proc/%d/limits", (int)pid);
	slurp(path, limits, sizeof limits);
	(void)format_text(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	link_of(path, net_there, sizeof net_there);
	link_of("/proc/self/ns/net", net_here, sizeof net_here);
	(void)format_text(path, sizeof path, "/proc/%d/root", (int)pid);
	link_of(path, root_there, sizeof root_there);
}

/* The line of `text` that begins with `name` goes on with `value`, blanks
 * counting as one. */
static bool
says(const char *text, const char *name, const char *value)
{
	const char *line = strstr(text, name);
	const char *p;

	if (line == NULL || (line != text && line[-1] != '\n'))
		return false;
	p = line + strlen(name);
	for (;;) {
		p += strspn(p, " \t");
		value += strspn(value, " ");
		if (*value == '\0')
			return true;
		while (*value != '\0' && *value != ' ')
			if (*p++ != *value++)
				return false;
	}
}

static void
check_status(enum sandbox_role role)
{
	static const char *const sets[] = {
		"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"
	};
	char four[64];
	bool is_good = true;

	(void)format_text(four, sizeof four, "%u %u %u %u\n", probe_uid,
	    probe_uid, probe_uid, probe_uid);
	is_good = says(status, "Uid:", four);
	(void)format_text(four, sizeof four, "%u %u %u %u\n", probe_gid,
	    probe_gid, probe_gid, probe_gid);
	is_good = is_good && says(status, "Gid:", four) &&
	    says(status, "Groups:", "\n");
	tap_result(is_good, "%s: ids and groups", role_names[role]);

	is_good = true;
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
		is_good = is_good && says(status, sets[i], "0000000000000000\n");
	tap_result(is_good, "%s: five empty capability sets", role_names[role]);
	tap_result(says(status, "NoNewPrivs:", "1\n") &&
	    says(status, "Seccomp:", "2\n"), "%s: no_new_privs and a filter",
	    role_names[role]);
}

static void
check_limits(enum sandbox_role role)
{
	bool is_writer = role == SANDBOX_LOG || role == SANDBOX_LOAD;

	tap_result(says(limits, "Max core file size", "0 0 ") &&
	    says(limits, "Max processes", "0 0 ") &&
	    says(limits, "Max open files", "64 64 ") &&
	    says(limits, "Max file size", "0 0 ") == !is_writer,
	    "%s: limits", role_names[role]);
}

void
confined_run(enum sandbox_role role)
{
	struct trial t = { .role = role, .is_full = true, .inspect = inspect };
	struct outcome o = trial_run(&t);
	bool is_strict = role != SANDBOX_RESOLVE;
	bool is_apart;
	char text[128];

	tap_remark("%s: %s", role_names[role],
	    layers_text(o.layers, text, sizeof text));
	tap_result(o.returned && o.code == 0 &&
	    (o.layers & LAYERS_MANDATORY) == LAYERS_MANDATORY,
	    "%s: starts with all mandatory layers", role_names[role]);
	check_status(role);
	check_limits(role);

	is_apart = strcmp(net_here, net_there) != 0 && net_there[0] != '\0';
	tap_result(is_apart == ((o.layers & LAYER_NETNS) != 0) &&
	    (is_strict || !is_apart), "%s: network namespace as reported",
	    role_names[role]);
	is_apart = strcmp(root_there, "/") != 0 && root_there[0] != '\0';
	tap_result(is_apart == ((o.layers & LAYER_ROOT) != 0),
	    "%s: root directory as reported", role_names[role]);
}
