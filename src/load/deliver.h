/*
 * The results of a load, sealed and sent.
 */
#ifndef LOAD_DELIVER_H
#define LOAD_DELIVER_H

#include <stddef.h>

#include "policy/policy.h"
#include "shared/msg.h"

struct delivery {
	int fds[LOADED_MAX];	/* sealed memfds, or -1 */
	uint32_t services;	/* offered */
	uint32_t refused;
};

/* Sets every descriptor to -1 and counts the services. */
void deliver_begin(struct delivery *, const struct policy *);

struct deliver_texts {		/* results that come from elsewhere */
	const char *faults;	/* of faults_list() */
	size_t faults_length;
	const char *sources;	/* of sources_bundle(), or NULL */
	size_t sources_length;
};

/* Prints the three texts, flattens the access lists and seals it all. False
 * with the reason in *why. */
bool deliver_make(struct delivery *, struct policy *,
    const struct deliver_texts *, const char **why);

/* Diagnostics, results (when status is LOAD_GOOD) and the end, in this order.
 * Waits for room. False when the parent is gone. */
bool deliver_send(struct delivery *, int channel, const struct policy *,
    enum load_status status);

/* Closes what is left. */
void deliver_end(struct delivery *);

#endif
