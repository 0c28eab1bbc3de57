/*
 * Files beside the configuration: a change brings a new policy by itself.
 */
#ifndef PARENT_WATCH_H
#define PARENT_WATCH_H

#include "parent/parent.h"

/* Notes the files as they are and begins to watch. Without inotify they are
 * looked at once a minute. */
void watch_open(struct parent *);

/* From now on the files of patterns of this policy are watched, too. One that
 * may have changed since it was read makes a load. */
void watch_patterns(struct parent *, const struct policy *);

/* Looks at them when it is time; lowers *next to the next time. */
void watch_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

/* The loader could not do its work for a change: it is tried again. */
void watch_retry(struct parent *);

#endif
