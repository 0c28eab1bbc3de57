/*
 * sallyport: the administrator's command.
 *
 * Runs as the caller and needs no privilege. It reads the daemon's state files
 * and runs the daemon's loader; it changes nothing, and nothing that it reads
 * may make it do anything but print.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/check.h"
#include "ctl/ctl.h"
#include "ctl/list.h"
#include "ctl/status.h"
#include "policy/diag.h"
#include "shared/util.h"

enum option_bit {
	TAKES_JSON = 1, TAKES_RUN_DIR = 2, TAKES_LIBEXEC = 4, TAKES_FILE = 8,
	TAKES_INETD = 16, TAKES_SECRETS = 32, TAKES_CLIENT = 64,
	TAKES_FROM = 128, TAKES_HOST = 256, TAKES_IDENT = 512, TAKES_AT = 1024,
	TAKES_ALL_OF_CLIENT = TAKES_CLIENT | TAKES_FROM | TAKES_HOST |
	    TAKES_IDENT | TAKES_AT
};

struct verb {
	const char *name;
	enum exit_code (*run)(const struct ctl *);
	unsigned takes;		/* enum option_bit */
	const char *arguments;
	const char *summary;
};

static enum exit_code help_run(const struct ctl *);
static enum exit_code version_run(const struct ctl *);

static const struct verb verbs[] = {
	{ "check", check_run, TAKES_FILE | TAKES_LIBEXEC | TAKES_INETD,
	    "[OPTION]... [FILE]",
	    "say what is wrong with a configuration" },
	{ "explain", explain_run, TAKES_FILE | TAKES_LIBEXEC | TAKES_INETD |
	    TAKES_JSON | TAKES_ALL_OF_CLIENT, "SERVICE --from ADDRESS",
	    "say why a client is let in or not" },
	{ "list", list_run, TAKES_JSON | TAKES_RUN_DIR,
	    "[--json] [--run-dir DIR]", "show the services that are offered" },
	{ "show", show_run, TAKES_FILE | TAKES_LIBEXEC | TAKES_INETD |
	    TAKES_JSON | TAKES_SECRETS, "[--json] [OPTION]... [FILE]",
	    "show what a configuration amounts to" },
	{ "status", status_run, TAKES_JSON | TAKES_RUN_DIR,
	    "[--json] [--run-dir DIR]", "show how the daemon is" },
	{ "help", help_run, 0, "", "print this" },
	{ "version", version_run, 0, "", "print the version" },
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

struct option_row {
	const char *name;
	enum option_bit bit;
	bool has_value;
};

static const struct option_row option_rows[] = {
	{ "--json", TAKES_JSON, false },
	{ "--run-dir", TAKES_RUN_DIR, true },
	{ "--libexec", TAKES_LIBEXEC, true },
	{ "--inetd-compat", TAKES_INETD, false },
	{ "--secrets", TAKES_SECRETS, false },
	{ "--file", TAKES_FILE, true },
	{ "-f", TAKES_FILE, true },
	{ "--from", TAKES_FROM, true },
	{ "--host", TAKES_HOST, true },
	{ "--ident", TAKES_IDENT, true },
	{ "--at", TAKES_AT, true },
};
#define OPTION_ROWS (sizeof(option_rows) / sizeof(option_rows[0]))

static enum exit_code
help_run(const struct ctl *ctl)
{
	(void)ctl;		/* has no options */
	(void)printf("usage: sallyport COMMAND [OPTION]... [FILE]\n\n");
	for (size_t i = 0; i < VERBS; i++)
		(void)printf("  %-8s %-25s %s\n", verbs[i].name,
		    verbs[i].arguments, verbs[i].summary);
	(void)printf("\nSee sallyport(8).\n");
	return EXIT_CLEAN;
}

static enum exit_code
version_run(const struct ctl *ctl)
{
	(void)ctl;		/* has no options */
	(void)printf("sallyport " PACKAGE_VERSION "\n");
	return EXIT_CLEAN;
}

static const struct verb *
find_verb(const char *word)
{
	static const char *const spellings[][2] = {
		{ "--help", "help" }, { "-h", "help" },
		{ "--version", "version" }, { "-V", "version" },
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (strcmp(word, spellings[i][0]) == 0)
			word = spellings[i][1];
	}
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(word, verbs[i].name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static _Noreturn void
unknown_verb(const char *word)
{
	const char *near = diag_nearest(word, &verbs[0].name, VERBS,
	    sizeof(verbs[0]));

	if (near != NULL)
		fatal(EXIT_USAGE, "unknown command \"%s\"; did you mean "
		    "\"%s\"?", word, near);
	fatal(EXIT_USAGE, "unknown command \"%s\"; sallyport help lists them",
	    word);
}

static void
apply(struct ctl *ctl, enum option_bit bit, const char *value)
{
	switch (bit) {
	case TAKES_JSON:
		ctl->is_json = true;
		return;
	case TAKES_RUN_DIR:
		ctl->run_dir = value;
		return;
	case TAKES_LIBEXEC:
		ctl->libexec = value;
		return;
	case TAKES_FILE:
		ctl->file = value;
		return;
	case TAKES_INETD:
		ctl->has_inetd = true;
		return;
	case TAKES_SECRETS:
		ctl->has_secrets = true;
		return;
	case TAKES_FROM:
		ctl->from = value;
		return;
	case TAKES_HOST:
		ctl->host = value;
		return;
	case TAKES_IDENT:
		ctl->ident = value;
		return;
	case TAKES_AT:
		ctl->at = value;
		return;
	case TAKES_CLIENT:
		ctl->service = value;
		return;
	case TAKES_ALL_OF_CLIENT:
		break;
	}
	bug("an option without a place");
}

static const struct option_row *
find_option(const struct verb *verb, const char *word, size_t length)
{
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];

		if (strlen(row->name) == length &&
		    strncmp(row->name, word, length) == 0 &&
		    (verb->takes & row->bit) != 0)
			return row;
	}
	fatal(EXIT_USAGE, "%s does not take \"%s\"; usage: sallyport %s %s",
	    verb->name, word, verb->name, verb->arguments);
}

/* One option with its value; returns how many words it took. */
static int
take_option(struct ctl *ctl, const struct verb *verb, char **words)
{
	const char *equals = strchr(words[0], '=');
	size_t length = equals != NULL ? (size_t)(equals - words[0]) :
	    strlen(words[0]);
	const struct option_row *row = find_option(verb, words[0], length);
	const char *value = equals != NULL ? equals + 1 : words[1];

	if (!row->has_value) {
		if (equals != NULL)
			fatal(EXIT_USAGE, "%s takes no value", row->name);
		apply(ctl, row->bit, NULL);
		return 1;
	}
	if (value == NULL || value[0] == '\0')
		fatal(EXIT_USAGE, "%s needs a value", row->name);
	apply(ctl, row->bit, value);
	return equals != NULL ? 1 : 2;
}

static void
parse_words(struct ctl *ctl, const struct verb *verb, char **words)
{
	bool may_be_option = true;

	while (words[0] != NULL) {
		if (may_be_option && strcmp(words[0], "--") == 0) {
			may_be_option = false;
			words++;
			continue;
		}
		if (may_be_option && words[0][0] == '-') {
			words += take_option(ctl, verb, words);
			continue;
		}
		if ((verb->takes & TAKES_CLIENT) != 0 && ctl->service == NULL &&
		    words[0][0] != '\0') {
			apply(ctl, TAKES_CLIENT, *words++);
			continue;
		}
		if ((verb->takes & TAKES_FILE) == 0 || ctl->file != NULL)
			fatal(EXIT_USAGE, "%s does not take \"%s\"; usage: "
			    "sallyport %s %s", verb->name, words[0],
			    verb->name, verb->arguments);
		if (words[0][0] == '\0')
			fatal(EXIT_USAGE, "the name of the file is empty");
		apply(ctl, TAKES_FILE, words[0]);
		words++;
	}
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .run_dir = RUNDIR, .libexec = LIBEXECDIR };
	const struct verb *verb;
	enum exit_code code;

	program_name = "sallyport";
	if (argc < 2)
		fatal(EXIT_USAGE, "no command; sallyport help lists them");
	verb = find_verb(argv[1]);
	if (verb == NULL)
		unknown_verb(argv[1]);
	parse_words(&ctl, verb, argv + 2);
	code = verb->run(&ctl);
	if (fflush(stdout) == EOF || ferror(stdout) != 0)
		fatal(EXIT_CANNOT, "cannot write: %s", strerror(errno));
	return (int)code;
}
