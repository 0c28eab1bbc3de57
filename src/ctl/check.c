/*
 * sallyport check: is this configuration good? sallyport show: what is it?
 *
 * Runs as the caller. The daemon's own loader gives both answers, so that they can
 * never differ from what the daemon will do; for the same reason it gets the
 * daemon's environment, which is none but TZ. Nothing is read here.
 */
#include "ctl/check.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_FILE SYSCONFDIR "/sallyport/sallyport.conf"
#define INETD_FILE "/etc/inetd.conf"

/* The loader takes what begins with '-' for an option. */
static const char *
as_path(const char *file, char *buffer, size_t size)
{
	if (file[0] != '-')
		return file;
	(void)format_text(buffer, size, "./%s", file);
	return buffer;
}

/* "--from" and the like, and their values; how many words. */
static unsigned
client_words(const struct ctl *ctl, const char **argv)
{
	const char *const rows[][2] = {
		{ NULL, ctl->service }, { "--from", ctl->from },
		{ "--host", ctl->host }, { "--ident", ctl->ident },
		{ "--at", ctl->at },
	};
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i][1] == NULL)
			continue;
		if (rows[i][0] != NULL)
			argv[n++] = rows[i][0];
		argv[n++] = rows[i][1];
	}
	return n;
}

static _Noreturn void
run_loader(const struct ctl *ctl, const char *what)
{
	char program[PATH_MAX], path[PATH_MAX], zone_text[PATH_MAX];
	const char *zone = getenv("TZ");
	const char *file = ctl->file != NULL ? ctl->file : DEFAULT_FILE;
	const char *argv[20] = { "sallyport-load", what };
	const char *envp[] = { NULL, NULL };
	unsigned n = 2;

	if (strlen(ctl->libexec) + sizeof("/sallyport-load") >
	    sizeof(program) ||
	    strlen(file) + sizeof("./") > sizeof(path) ||
	    (zone != NULL && strlen(zone) + sizeof("TZ=") > sizeof(zone_text)))
		fatal(EXIT_USAGE, "a path or TZ is too long");
	(void)format_text(program, sizeof(program), "%s/sallyport-load",
	    ctl->libexec);
	n += client_words(ctl, argv + n);	/* SERVICE belongs to --explain */
	if (ctl->is_json)
		argv[n++] = "--json";
	if (ctl->has_secrets)
		argv[n++] = "--secrets";
	if (ctl->has_inetd) {
		argv[n++] = "--inetd";
		argv[n++] = INETD_FILE;
	}
	argv[n] = as_path(file, path, sizeof(path));
	if (zone != NULL) {
		(void)format_text(zone_text, sizeof(zone_text), "TZ=%s", zone);
		envp[0] = zone_text;
	}
	/* execve() does not change what it is given. */
	(void)execve(program, (char *const *)(uintptr_t)argv,
	    (char *const *)(uintptr_t)envp);
	fatal(EXIT_CANNOT, "cannot run %s: %s", program, strerror(errno));
}

enum exit_code
check_run(const struct ctl *ctl)
{
	run_loader(ctl, "--check");
}

enum exit_code
show_run(const struct ctl *ctl)
{
	run_loader(ctl, "--show");
}

enum exit_code
explain_run(const struct ctl *ctl)
{
	if (ctl->service == NULL || ctl->from == NULL)
		fatal(EXIT_USAGE, "explain needs a service and --from ADDRESS");
	run_loader(ctl, "--explain");
}
