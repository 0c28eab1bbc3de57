/*
 * What a check has found, as text for people.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "policy/policy.h"
#include "shared/util.h"

/* Writes every diagnostic on a line of its own, in the order of the text, and
 * one line that sums up. Returns what the process should exit with. */
enum exit_code report_write(int fd, const struct policy *, const char *path);

#endif
