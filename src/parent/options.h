/*
 * The command line, in xinetd's spelling and in GNU's. Runs in the parent,
 * before anything else; trusts the caller, who is root.
 */
#ifndef PARENT_OPTIONS_H
#define PARENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_GATEWAY_MAX 8
#define INETD_FILE "/etc/inetd.conf"

struct options {
	const char *config;	/* absolute */
	const char *pid_file;	/* absolute, or NULL */
	const char *run_dir;
	const char *libexec;
	bool foreground;
	bool stay_alive;
	bool has_inetd;		/* read INETD_FILE too */
	uint64_t check_seconds;	/* between consistency checks; 0 none */
	/* "NAME=VALUE" gateway attributes handed to the loader. */
	const char *gateway[OPTIONS_GATEWAY_MAX];
	unsigned gateway_count;
};

/* Reads the command line. Ends the process for --help, --version and any
 * mistake (exit 2). Strings live as long as argv or the process. */
void options_parse(struct options *, int argc, char **argv);

#endif
