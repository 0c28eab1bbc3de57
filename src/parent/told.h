/*
 * What a load has said that the load before it had said already.
 *
 * Tools write hosts.deny all day, each time a load; old warnings would fill the
 * logs. Plain memory of the texts, compared whole.
 */
#ifndef PARENT_TOLD_H
#define PARENT_TOLD_H

#include <stdbool.h>
#include <stddef.h>

#define TOLD_MAX 256		/* texts of one load; further ones are new */

struct told_list {
	char *texts[TOLD_MAX];
	unsigned count;
};
struct told {
	struct told_list in_force, now;
	unsigned again;		/* of `now`, that are in `in_force` */
};

/* A load begins. */
void told_begin(struct told *);

/* It says this: remembered; true when the policy in force came with it. */
bool told_before(struct told *, const char *text, size_t length);

/* Its policy is in force. */
void told_commit(struct told *);

#endif
