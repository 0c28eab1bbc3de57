/*
 * What the parts of the check share.
 *
 * Private to check*.c. check.c calls the others in the order of this header
 * for one service that has no fault yet.
 */
#ifndef POLICY_CHECK_INTERNAL_H
#define POLICY_CHECK_INTERNAL_H

#include "policy/parse-internal.h"

struct checked {
	struct source *source;
	struct service *service;
};

/* A diagnostic about the service, at the attribute's place if it has one.
 * Any effect but a warning refuses the service. */
void check_tell(const struct checked *, enum diag_effect, enum diag_code,
    enum attr_id, const char *message, const char *hint);
/* The same for the usual fault. */
void check_refuse(const struct checked *, enum diag_code, enum attr_id,
    const char *message, const char *hint);

/* Was this given, by the service itself and not by defaults or as a
 * fallback? */
bool check_is_own(const struct checked *, enum attr_id);

/* Protocol and socket type; derives either from the other. */
void check_socket(const struct checked *);
/* Derives service->kind and checks what belongs to it. */
void check_kind(const struct checked *);
/* protocol = unix. */
void check_unix(const struct checked *);
/* Who may be let in: what cannot be enforced for this kind refuses. */
void check_access(const struct checked *);
/* Attributes that are understood and do nothing here: warnings. */
void check_ignored(const struct checked *);

/* Once for the policy, when all kinds are known: servers that bans of sensors
 * do not hold for. A warning each. */
void check_bans(struct source *);

#endif
