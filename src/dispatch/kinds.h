/*
 * Kinds of services: who does what with their listeners and clients.
 */
#ifndef DISPATCH_KINDS_H
#define DISPATCH_KINDS_H

#include "dispatch/dispatch.h"

struct kind_acts {
	/* Callback of a readable listener (struct listener); NULL for kinds
	 * without one. */
	void (*ready)(void *listener);
	/* A client is there: decides, or does without. Takes c->fd over, as the
	 * two below do. */
	void (*arrived)(struct dispatch *, struct connection *);
	/* What follows a verdict of policy/rule.c; a cps token was taken. */
	void (*allowed)(struct dispatch *, struct connection *,
	    const struct verdict *);
	void (*denied)(struct dispatch *, struct connection *,
	    const struct verdict *);
	/* Before `allowed`, and before the token: false when something else
	 * has to be done first. NULL: nothing. */
	bool (*prepared)(struct dispatch *, struct connection *);
};

const struct kind_acts *kinds_of(const struct served *);

#endif
