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
};

#endif
