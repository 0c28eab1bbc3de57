/*
 * sallyport status: how is the daemon?
 */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "ctl/ctl.h"
#include "shared/util.h"

/* EXIT_CLEAN when it runs, EXIT_FINDINGS when not, EXIT_CANNOT when that
 * cannot be told. */
enum exit_code status_run(const struct ctl *);

#endif
