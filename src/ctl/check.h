/*
 * sallyport check: is this configuration good?
 */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/ctl.h"
#include "shared/util.h"

/* Becomes the loader in its checking mode; returns only when it cannot. */
enum exit_code check_run(const struct ctl *);

#endif
