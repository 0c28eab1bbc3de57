/*
 * Why a client is let in or not, by the daemon's own evaluator.
 */
#ifndef LOAD_EXPLAIN_H
#define LOAD_EXPLAIN_H

#include "policy/policy.h"
#include "shared/util.h"

struct explain_request {
	const char *service;	/* an id */
	const char *from;	/* an address */
	const char *host;	/* the client's confirmed name; "-": none */
	const char *ident;	/* the user that its ident server names; "-": none;
				 * NULL here and above: not known */
	const char *at;		/* "2026-11-23 03:00[:00]" by the daemon's clock,
				 * or NULL: now */
	bool is_json;
};

/*
 * The verdict on a loaded policy, what each step says and where its rule stands,
 * and what would have to be asked. In the policy's arena; NULL with a sentence
 * in *why when the question makes no sense or memory is out. *code is
 * EXIT_CLEAN for an allowed client, else EXIT_FINDINGS.
 *
 * The policy goes the way it goes to a dispatcher: printed, read again, with
 * flattened lists. Limits need numbers that only a daemon has and are left out.
 */
char *explain_text(struct policy *, const struct explain_request *,
    size_t *length, enum exit_code *code, const char **why);

#endif
