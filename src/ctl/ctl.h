/*
 * What every command of `sallyport` is told.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

struct ctl {
	const char *run_dir;	/* of the state files */
	const char *libexec;	/* of the helper programs */
	const char *file;	/* configuration, or NULL for the default */
	bool is_json;
	bool has_inetd;		/* /etc/inetd.conf too */
	bool has_secrets;	/* shown, not masked */
	/* explain: the client, and when it comes; NULL: not given */
	const char *service, *from, *host, *ident, *at;
};

#endif
