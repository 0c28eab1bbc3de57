/*
 * The parent's voice: records about itself, and standard error while no log
 * process exists.
 */
#ifndef PARENT_SAY_H
#define PARENT_SAY_H

#include "parent/parent.h"

/* A message record of that syslog severity. Before the first policy is in
 * force also a line on standard error. */
void say(struct parent *, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sends a record on the parent's channel; a loss is counted by its number. */
void say_record(struct parent *, struct record *);

/* A helper broke rule `rule`: a violation record. */
void say_violation(struct parent *, const struct helper *, uint64_t message,
    const char *rule);

/* For status: the last error, bounded. */
void say_last_error(struct parent *, const char *text);

#endif
