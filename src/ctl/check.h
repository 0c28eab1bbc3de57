/*
 * sallyport check: is this configuration good? sallyport show: what is it?
 */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/ctl.h"
#include "shared/util.h"

/* Becomes the loader in its checking mode; never returns. */
enum exit_code check_run(const struct ctl *);
/* The same in the mode that prints the policy. */
enum exit_code show_run(const struct ctl *);
/* The same in the mode that judges one client. */
enum exit_code explain_run(const struct ctl *);

#endif
