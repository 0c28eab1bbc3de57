/*
 * sallyport list: which services are offered, and how do they fare?
 */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include "ctl/ctl.h"
#include "shared/util.h"

/* Exit codes as for status. */
enum exit_code list_run(const struct ctl *);

#endif
