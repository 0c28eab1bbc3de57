/*
 * sallyport-load: from configuration files to sealed texts, once.
 *
 * Started by the parent as root for one load, or by an administrator with
 * --check or --show as whoever they are. Root is used to read files and to see servers;
 * everything after that, and everything that a name service can influence,
 * happens without it. Nothing here outlives the load, and no result leaves
 * before all of it is complete.
 */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/deliver.h"
#include "load/explain.h"
#include "load/faults.h"
#include "load/fill.h"
#include "load/names.h"
#include "load/networks.h"
#include "load/report.h"
#include "load/show.h"
#include "load/sources.h"
#include "policy/parse.h"
#include "shared/confine.h"
#include "shared/sandbox.h"
#include "shared/util.h"

#define CHANNEL_FD 3
#define FAULTS_FD 4
#define SOURCES_FD 5		/* with --sources */
#define LOAD_FILES 64		/* descriptors we ever need */
#define RESOLVE_MS 50000	/* the parent ends us after 60 s */
#define OPTIONS_MAX 32
#define ID_NOBODY 65534		/* while our own users do not exist */

struct load {
	/* command line */
	bool is_check;		/* nobody waits for the results */
	bool is_show;		/* and the policy itself is printed */
	struct show_options show;
	struct explain_request explain;	/* service: one client's fate */
	bool is_watched;	/* the configuration comes from SOURCES_FD */
	uint64_t generation;
	struct source_option options[OPTIONS_MAX];
	unsigned option_count;
	const char *path;
	const char *inetd;	/* a file in inetd.conf's format, or NULL */
	/* system */
	struct read_rights rights;
	struct sources sources;
	struct users_files users;
	struct role_ids roles;
	char role_problem[FILL_TEXT_MAX];	/* "" when there is none */
	uint32_t uid, gid;	/* to run as after the drop */
	struct resolver *resolver;
	char *old_faults;	/* of the policy in force, or NULL */
	size_t old_faults_length;
	/* result */
	struct policy *policy;
	char *faults;
	size_t faults_length;
};

static void
add_option(struct load *l, char *word)
{
	char *equals = strchr(word, '=');

	if (equals == NULL || equals == word)
		fatal(EXIT_USAGE, "--option needs NAME=VALUE");
	if (l->option_count == OPTIONS_MAX)
		fatal(EXIT_USAGE, "too many options");
	*equals = '\0';
	l->options[l->option_count].name = word;
	l->options[l->option_count].value = equals + 1;
	l->option_count++;
}

/* What is asked about one client. */
static bool
explain_option(struct explain_request *e, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **value;
	} rows[] = {
		{ "--explain", &e->service }, { "--from", &e->from },
		{ "--host", &e->host }, { "--ident", &e->ident },
		{ "--at", &e->at },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(name, rows[i].name) == 0) {
			*rows[i].value = value;
			return true;
		}
	}
	return false;
}

static void
parse_options(struct load *l, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--check") == 0) {
			l->is_check = true;
		} else if (strcmp(argv[i], "--show") == 0) {
			l->is_check = l->is_show = true;
		} else if (strcmp(argv[i], "--json") == 0) {
			l->show.is_json = true;
		} else if (strcmp(argv[i], "--secrets") == 0) {
			l->show.has_secrets = true;
		} else if (strcmp(argv[i], "--sources") == 0) {
			l->is_watched = true;
		} else if (strcmp(argv[i], "--generation") == 0 &&
		    value != NULL) {
			if (!number_parse(value, UINT32_MAX, &l->generation))
				fatal(EXIT_USAGE, "--generation needs N");
			i++;
		} else if (strcmp(argv[i], "--option") == 0 && value != NULL) {
			add_option(l, value);
			i++;
		} else if (strcmp(argv[i], "--inetd") == 0 && value != NULL) {
			l->inetd = value;
			i++;
		} else if (value != NULL &&
		    explain_option(&l->explain, argv[i], value)) {
			l->is_check = true;
			i++;
		} else if (argv[i][0] != '-' && l->path == NULL) {
			l->path = argv[i];
		} else {
			fatal(EXIT_USAGE, "unexpected argument \"%s\"; usage: "
			    "sallyport-load [--check | --show [--json] "
			    "[--secrets]] [--sources] [--generation N] "
			    "[--option NAME=VALUE]... [--inetd FILE] "
			    "[--explain SERVICE --from ADDRESS [--host NAME] "
			    "[--ident USER] [--at TIME]] FILE", argv[i]);
		}
	}
	if (l->path == NULL)
		fatal(EXIT_USAGE, "no file is named");
	if ((l->explain.service == NULL) != (l->explain.from == NULL))
		fatal(EXIT_USAGE, "--explain needs --from");
	if (l->is_check && l->is_watched)
		fatal(EXIT_USAGE, "--check reads the files as they are");
}

/* Nobody may look into a process that has read root's files. */
static void
harden(const struct load *l)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal(EXIT_SANDBOX, "PR_SET_DUMPABLE does not work");
	if (!l->is_check && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		fatal(EXIT_SANDBOX, "PR_SET_PDEATHSIG does not work");
}

/* /dev/null at the first start, else the list of the generation in force. */
static void
read_old_faults(struct load *l)
{
	struct stat st;
	size_t length;
	char *map;

	if (l->is_check)
		return;
	if (fstat(FAULTS_FD, &st) == 0 && S_ISCHR(st.st_mode))
		return;
	if (!memfd_is_sealed(FAULTS_FD, &length) || length > FAULTS_MAX)
		fatal(EXIT_CANNOT, "the list of standing faults is no sealed "
		    "list");
	map = map_fd(FAULTS_FD, length, false);
	if (map == NULL || !faults_is_list(map, length))
		fatal(EXIT_CANNOT, "the list of standing faults is malformed");
	l->old_faults = map;	/* stays mapped until we end */
	l->old_faults_length = length;
}

/* What the policy in force was made of, when it is wanted once more. */
static void
read_old_sources(struct load *l)
{
	size_t length;
	const char *map;

	sources_begin(&l->sources, &l->rights);
	if (!l->is_watched)
		return;
	if (!memfd_is_sealed(SOURCES_FD, &length) || length > SOURCES_MAX ||
	    (map = map_fd(SOURCES_FD, length, false)) == NULL ||
	    !sources_replay(&l->sources, map, length))
		fatal(EXIT_CANNOT, "descriptor %d is no configuration of ours",
		    SOURCES_FD);
	/* Stays mapped until we end. */
}

/* Before anything is opened, which could take a missing one's number. */
static void
check_inheritance(const struct load *l)
{
	struct stat st;

	if (l->is_check)
		return;
	if (geteuid() != 0)
		fatal(EXIT_CANNOT, "only sallyportd, as root, can start this; "
		    "to check a file use sallyport check");
	if (fstat(CHANNEL_FD, &st) == -1 || !S_ISSOCK(st.st_mode))
		fatal(EXIT_USAGE, "descriptor %d is no channel", CHANNEL_FD);
	if (fstat(FAULTS_FD, &st) == -1)
		fatal(EXIT_USAGE, "descriptor %d is missing", FAULTS_FD);
	if (l->is_watched && fstat(SOURCES_FD, &st) == -1)
		fatal(EXIT_USAGE, "descriptor %d is missing", SOURCES_FD);
}

static void
choose_ids(struct load *l)
{
	bool has_roles = users_roles(&l->users, &l->roles, l->role_problem,
	    sizeof(l->role_problem));

	if (geteuid() != 0) {
		l->uid = geteuid();
		l->gid = getegid();
		return;
	}
	l->uid = has_roles ? l->roles.uid[ROLE_LOAD] : ID_NOBODY;
	l->gid = has_roles ? l->roles.gid[ROLE_LOAD] : ID_NOBODY;
}

static void
set_roles(struct load *l)
{
	struct gateway *gateway = &l->policy->gateway;

	if (l->role_problem[0] == '\0') {
		gateway->roles = l->roles;
		gateway->given[ATTR_ROLES] = true;
		return;
	}
	policy_fault(l->policy, NULL,
	    l->is_show || geteuid() != 0 ? DIAG_WARNING : DIAG_REFUSE_LOAD,
	    DIAG_UNKNOWN_NAME,
	    ATTR_NONE, NULL, l->role_problem,
	    "create them with systemd-sysusers sallyport.conf");
}

/* All that needs the rights we were started with. */
static void
read_policy(struct load *l)
{
	struct source_reader reader = sources_reader(&l->sources);
	struct fill fill = {
		.resolver = l->resolver,
		.users = l->users,
		.rights = l->rights,
		.sources = &l->sources,
		.hosts_allow = "/etc/hosts.allow",
		.hosts_deny = "/etc/hosts.deny",
		.zone_folder = "/usr/share/zoneinfo",
		.local_zone = "/etc/localtime",
		.zone_variable = getenv("TZ"),
		.has_ipv6 = access("/proc/net/if_inet6", F_OK) == 0,
	};

	reader.inetd = l->inetd;
	l->policy = parse_source(&reader, l->path, l->options,
	    l->option_count);
	if (l->policy == NULL)
		fatal(EXIT_CANNOT, "%s does not fit into memory", l->path);
	l->policy->generation = l->generation;
	set_roles(l);
	fill.policy = l->policy;
	fill_policy(&fill);
	networks_fill(&fill, "/etc/networks");
	if (l->is_check && !l->is_show && l->explain.service == NULL)
		names_check(&fill);
	policy_check_duplicates(l->policy);
	policy_list_names(l->policy);
}

static void
drop(const struct load *l)
{
	/* A memfd has a size too: RLIMIT_FSIZE must not be 0. */
	struct confinement limits = {
		.uid = l->uid, .gid = l->gid, .net = true,
		.files = LOAD_FILES, .may_write_files = true,
	};

	(void)confine(&limits);		/* ends us if it must not go on */
	(void)sandbox_enter(SANDBOX_LOAD);	/* the same */
}

/* The list is taken before standing faults are turned into warnings. */
static enum load_status
judge(struct load *l)
{
	struct diag_list *diags = &l->policy->diags;
	struct arena *arena = l->policy->arena;
	unsigned fresh = 0;

	l->faults = faults_list(arena, diags, &l->faults_length);
	if (l->faults == NULL || l->faults_length > FAULTS_MAX)
		return LOAD_FAILED;
	if (l->old_faults != NULL)
		fresh = faults_compare(arena, diags, l->old_faults,
		    l->old_faults_length);
	if (arena_failed(arena))
		return LOAD_FAILED;
	return diags->load_errors > 0 || fresh > 0 ? LOAD_REFUSED : LOAD_GOOD;
}

static void
report_failure(struct load *l, const char *why)
{
	policy_fault(l->policy, NULL, DIAG_REFUSE_LOAD, DIAG_MEMORY, ATTR_NONE,
	    NULL, why, NULL);
}

static enum exit_code
explain(struct load *l)
{
	enum exit_code code;
	const char *why;
	size_t length;
	char *text;

	l->explain.is_json = l->show.is_json;
	text = explain_text(l->policy, &l->explain, &length, &code, &why);
	if (text == NULL)
		fatal(EXIT_CANNOT, "%s: %s", l->explain.service, why);
	return write_all(STDOUT_FILENO, text, length) == -1 ? EXIT_CANNOT :
	    code;
}

/* What was asked for instead of results. */
static enum exit_code
answer(struct load *l)
{
	char *text;
	size_t length;

	if (l->explain.service != NULL)
		return explain(l);
	if (!l->is_show)
		return report_write(STDOUT_FILENO, l->policy, l->path);
	l->show.path = l->path;
	text = show_text(l->policy, &l->show, &length);
	if (text == NULL || write_all(STDOUT_FILENO, text, length) == -1)
		return EXIT_CANNOT;
	return show_code(l->policy);
}

static enum exit_code
finish(struct load *l)
{
	struct delivery delivery;
	enum load_status status = judge(l);
	struct deliver_texts texts = {
		.faults = l->faults, .faults_length = l->faults_length,
	};
	const char *why = "the policy does not fit into memory";
	bool is_sent;

	texts.sources = sources_bundle(&l->sources, &texts.sources_length);
	deliver_begin(&delivery, l->policy);
	/* A check makes the results too: to know that they can be made. */
	if (status != LOAD_FAILED && l->policy->diags.load_errors == 0 &&
	    (!deliver_make(&delivery, l->policy, &texts, &why) ||
	    arena_failed(l->policy->arena)))
		status = LOAD_FAILED;
	if (status == LOAD_FAILED)
		report_failure(l, why);
	if (l->is_check) {
		enum exit_code code = answer(l);

		deliver_end(&delivery);
		return status == LOAD_FAILED ? EXIT_CANNOT : code;
	}
	is_sent = deliver_send(&delivery, CHANNEL_FD, l->policy, status);
	deliver_end(&delivery);
	if (!is_sent || status == LOAD_FAILED)
		return EXIT_CANNOT;
	return status == LOAD_GOOD ? EXIT_CLEAN : EXIT_FINDINGS;
}

int
main(int argc, char **argv)
{
	uint64_t deadline_ms = monotonic_ms() + RESOLVE_MS;
	struct load load = {
		.users = { "/etc/passwd", "/etc/group" },
		.rights = { .owner = geteuid() },
	};
	enum exit_code code;

	program_name = "sallyport-load";
	parse_options(&load, argc, argv);
	harden(&load);
	check_inheritance(&load);
	choose_ids(&load);
	/* Before a file is read: the child has our memory. */
	load.resolver = resolve_start(load.uid, load.gid, deadline_ms);
	if (load.resolver == NULL)
		fatal(EXIT_CANNOT, "no process for the name service");
	read_old_faults(&load);
	read_old_sources(&load);
	read_policy(&load);
	resolve_stop(load.resolver);
	drop(&load);
	code = finish(&load);
	sources_end(&load.sources);
	policy_free(load.policy);
	return (int)code;
}
