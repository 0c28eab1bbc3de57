/*
 * Command line of sallyportd. Root, before the daemon exists.
 *
 * xinetd ignores options that it does not know; a misspelt safety option must
 * not be ignored, so here an unknown one ends the program (D24).
 */
#include "parent/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/util.h"

#define CHECK_SECONDS_MAX 31536000	/* a year */

enum option_kind {
	KIND_CONFIG, KIND_FOREGROUND, KIND_DEBUG, KIND_PID_FILE, KIND_STAY_ALIVE,
	KIND_FILELOG, KIND_SYSLOG, KIND_LIMIT, KIND_RUN_DIR, KIND_LIBEXEC,
	KIND_VERSION, KIND_HELP, KIND_INETD, KIND_CHECK, KIND_NUMBER,
	KIND_NOTHING
};

struct option_row {
	const char *old;	/* xinetd's spelling, or NULL */
	const char *name;	/* GNU spelling, or NULL */
	bool has_value;
	enum option_kind kind;
	const char *help;	/* NULL: not shown */
	const char *note;	/* said when it is used, or NULL */
};

static const struct option_row rows[] = {
	{ "-f", "--config", true, KIND_CONFIG,
	    "FILE  the configuration to load", NULL },
	{ "-dontfork", "--foreground", false, KIND_FOREGROUND,
	    "      stay in the foreground, messages on standard error", NULL },
	{ "-d", "--debug", false, KIND_DEBUG,
	    "      the same as --foreground", NULL },
	{ "-pidfile", "--pid-file", true, KIND_PID_FILE,
	    "FILE  write and lock this file", NULL },
	{ "-stayalive", "--stay-alive", false, KIND_STAY_ALIVE,
	    "      run even when there is no service to offer", NULL },
	{ "-filelog", "--filelog", true, KIND_FILELOG,
	    "FILE  the daemon's own messages go there", NULL },
	{ "-syslog", "--syslog", true, KIND_SYSLOG,
	    "FAC   the daemon's own messages go to this syslog facility", NULL },
	{ "-limit", "--limit", true, KIND_LIMIT,
	    "N     run at most N servers at once", NULL },
	{ "-inetd_compat", "--inetd-compat", false, KIND_INETD,
	    "      read " INETD_FILE " too, if it exists", NULL },
	{ "-cc", "--check-seconds", true, KIND_CHECK,
	    "N     check our own books every N seconds", NULL },
	{ NULL, "--run-dir", true, KIND_RUN_DIR,
	    "DIR   state files (" RUNDIR ")", NULL },
	{ NULL, "--libexec", true, KIND_LIBEXEC,
	    "DIR   where the helper programs are", NULL },
	{ "-version", "--version", false, KIND_VERSION,
	    "      print the version", NULL },
	{ "-h", "--help", false, KIND_HELP, "      print this", NULL },
	{ "-reuse", NULL, false, KIND_NOTHING, NULL, NULL },
	{ "-logprocs", NULL, true, KIND_NUMBER, NULL, NULL },
	{ "-shutdownprocs", NULL, true, KIND_NUMBER, NULL,
	    "-shutdownprocs has no effect" },
	{ "-inetd_ipv6", NULL, false, KIND_NOTHING, NULL,
	    "-inetd_ipv6 has no effect; services take IPv4 and IPv6 unless "
	    "their protocol is tcp4, tcp6 or the like" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static _Noreturn void
print_help(void)
{
	char line[256];
	size_t length;

	length = format_text(line, sizeof(line),
	    "usage: sallyportd [option]...\n\n");
	(void)write_all(STDOUT_FILENO, line, length);
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].help == NULL)
			continue;
		length = format_text(line, sizeof(line), "  %-11s %-13s %s\n",
		    rows[i].old != NULL ? rows[i].old : "",
		    rows[i].name != NULL ? rows[i].name : "", rows[i].help);
		(void)write_all(STDOUT_FILENO, line, length);
	}
	length = format_text(line, sizeof(line),
	    "\nSee sallyportd(8) and sallyport.conf(5).\n");
	(void)write_all(STDOUT_FILENO, line, length);
	_exit(EXIT_CLEAN);
}

/* The daemon changes its directory to "/": paths are made absolute now. */
static const char *
absolute(const char *path)
{
	char here[PATH_MAX];
	char *joined;
	size_t size;

	if (path[0] == '/')
		return path;
	if (getcwd(here, sizeof(here)) == NULL)
		fatal(EXIT_CANNOT, "cannot tell the current directory, needed "
		    "for \"%s\"; give an absolute path", path);
	size = strlen(here) + strlen(path) + 2;
	joined = malloc(size);
	if (joined == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	(void)format_text(joined, size, "%s/%s", here, path);
	return joined;
}

static void
add_gateway(struct options *o, const char *prefix, const char *value)
{
	size_t size = strlen(prefix) + strlen(value) + 1;
	char *text;

	if (o->gateway_count == OPTIONS_GATEWAY_MAX)
		fatal(EXIT_USAGE, "too many -filelog, -syslog and -limit options");
	text = malloc(size);
	if (text == NULL)
		fatal(EXIT_CANNOT, "out of memory");
	(void)format_text(text, size, "%s%s", prefix, value);
	o->gateway[o->gateway_count++] = text;
}

/* Nothing else can be said yet: there is no log and no policy. */
static void
tell(const char *note)
{
	char line[256];
	size_t length = format_text(line, sizeof(line),
	    "sallyportd: warning: %s\n", note);

	(void)write_all(STDERR_FILENO, line, length);
}

/* The two say where the same messages go. */
static void
add_messages(struct options *o, const char *prefix, const char *value)
{
	for (unsigned i = 0; i < o->gateway_count; i++) {
		if (strncmp(o->gateway[i], "messages=", 9) == 0 &&
		    strncmp(o->gateway[i], prefix, strlen(prefix)) != 0)
			fatal(EXIT_USAGE, "-filelog and -syslog exclude each "
			    "other");
	}
	add_gateway(o, prefix, value);
}

static void
check_number(const char *word, const char *value)
{
	uint64_t number;

	if (!number_parse(value, INT32_MAX, &number))
		fatal(EXIT_USAGE, "option %s needs a number", word);
}

static void
apply(struct options *o, const struct option_row *row, const char *word,
    const char *value)
{
	if (row->note != NULL)
		tell(row->note);
	switch (row->kind) {
	case KIND_CONFIG:
		o->config = absolute(value);
		return;
	case KIND_FOREGROUND:
	case KIND_DEBUG:
		o->foreground = true;
		o->stay_alive = true;
		return;
	case KIND_PID_FILE:
		o->pid_file = absolute(value);
		return;
	case KIND_STAY_ALIVE:
		o->stay_alive = true;
		return;
	case KIND_FILELOG:
		add_messages(o, "messages=FILE ", absolute(value));
		return;
	case KIND_SYSLOG:
		add_messages(o, "messages=SYSLOG ", value);
		return;
	case KIND_LIMIT:
		add_gateway(o, "process_limit=", value);
		return;
	case KIND_CHECK:
		/* 0 is an endless loop in xinetd. */
		if (!number_parse(value, CHECK_SECONDS_MAX, &o->check_seconds) ||
		    o->check_seconds == 0)
			fatal(EXIT_USAGE, "option %s needs a number of seconds, "
			    "1 to %d", word, CHECK_SECONDS_MAX);
		return;
	case KIND_RUN_DIR:
		o->run_dir = absolute(value);
		return;
	case KIND_LIBEXEC:
		o->libexec = absolute(value);
		return;
	case KIND_VERSION:
		(void)write_all(STDOUT_FILENO,
		    "sallyport " PACKAGE_VERSION "\n",
		    sizeof("sallyport " PACKAGE_VERSION "\n") - 1);
		_exit(EXIT_CLEAN);
	case KIND_HELP:
		print_help();
	case KIND_INETD:
		o->has_inetd = true;
		return;
	case KIND_NUMBER:
		check_number(word, value);
		return;
	case KIND_NOTHING:
		return;		/* no effect in xinetd either, or none needed */
	}
}

static const struct option_row *
find(const char *word, size_t length)
{
	for (size_t i = 0; i < ROWS; i++) {
		const char *names[2] = { rows[i].old, rows[i].name };

		for (int k = 0; k < 2; k++) {
			if (names[k] != NULL && strlen(names[k]) == length &&
			    strncmp(names[k], word, length) == 0)
				return &rows[i];
		}
	}
	return NULL;
}

void
options_parse(struct options *o, int argc, char **argv)
{
	o->config = SYSCONFDIR "/sallyport/sallyport.conf";
	o->run_dir = RUNDIR;
	o->libexec = LIBEXECDIR;
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		const char *equals = strncmp(word, "--", 2) == 0 ?
		    strchr(word, '=') : NULL;
		size_t length = equals != NULL ? (size_t)(equals - word) :
		    strlen(word);
		const struct option_row *row = find(word, length);
		const char *value = equals != NULL ? equals + 1 : NULL;

		if (row == NULL)
			fatal(EXIT_USAGE, "unknown option \"%s\"; "
			    "sallyportd --help lists them", word);
		if (row->has_value && value == NULL) {
			if (i + 1 == argc)
				fatal(EXIT_USAGE, "option %s needs a value", word);
			value = argv[++i];
		} else if (!row->has_value && value != NULL) {
			fatal(EXIT_USAGE, "option %.*s takes no value",
			    (int)length, word);
		}
		if (row->has_value && value[0] == '\0')
			fatal(EXIT_USAGE, "option %.*s needs a value",
			    (int)length, word);
		apply(o, row, word, value);
	}
}
