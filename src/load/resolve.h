/*
 * The name service, asked from behind a wall.
 *
 * NSS modules run in a child that has no rights and nothing to steal. It is
 * asked with fixed-size requests and answers with numbers and addresses, which
 * are checked here before anybody sees them.
 */
#ifndef LOAD_RESOLVE_H
#define LOAD_RESOLVE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "policy/addr.h"
#include "policy/policy.h"

enum resolve_result {
	RESOLVE_FOUND,
	RESOLVE_UNKNOWN,	/* there is no such name */
	RESOLVE_FAILED,		/* the name service reports an error */
	RESOLVE_TOO_MANY,	/* more groups or addresses than we take */
	/* From here on no later question will be answered either. */
	RESOLVE_SILENT,		/* no answer before the deadline */
	RESOLVE_BROKEN,		/* the child died or answered nonsense */
	RESOLVE_MAX
};

struct resolver;

/* Starts the child as that user (never 0). Call it before anything has been
 * read: the child inherits our memory. NULL with errno. Every answer must come
 * before deadline_ms (monotonic). */
struct resolver *resolve_start(uint32_t uid, uint32_t gid,
    uint64_t deadline_ms);

/* Ends the child and releases everything. NULL is allowed. */
void resolve_stop(struct resolver *);

enum resolve_result resolve_user(struct resolver *, const char *name,
    uint32_t *uid, uint32_t *gid);
enum resolve_result resolve_group(struct resolver *, const char *name,
    uint32_t *gid);
/* Supplementary groups of a user given by name or by the digits of a uid that
 * the name service knows. */
enum resolve_result resolve_groups(struct resolver *, const char *user,
    uint32_t groups[static POLICY_GROUPS_MAX], unsigned *count);
enum resolve_result resolve_port(struct resolver *, const char *name,
    const char *protocol, uint16_t *port);
/* The number of an RPC program, from the rpc database. Never 0. */
enum resolve_result resolve_rpc(struct resolver *, const char *name,
    uint32_t *program);
/* IPv6 addresses come first. */
enum resolve_result resolve_host(struct resolver *, const char *name,
    struct addr out[static POLICY_LISTEN_MAX], unsigned *count);

/*
 * The protocol, for the child and for tests of the checks.
 */
enum resolve_kind {
	ASK_USER = 1, ASK_GROUP, ASK_GROUPS, ASK_PORT, ASK_HOST,
	ASK_RPC, ASK_MAX
};

#define RESOLVE_TEXT 256

struct resolve_request {
	uint32_t kind;		/* enum resolve_kind */
	uint32_t number;	/* 1, 2, 3, ... echoed in the answer */
	char text[RESOLVE_TEXT];	/* NUL-padded */
	char protocol[32];	/* NUL-padded; ASK_PORT */
};

struct resolve_address {
	uint32_t family;	/* 4 or 6 */
	uint32_t scope;
	uint8_t bytes[16];
};

struct resolve_answer {
	uint32_t kind, number;	/* of the request */
	uint32_t result;	/* up to RESOLVE_TOO_MANY */
	uint32_t count;		/* of ids or addresses used */
	uint32_t ids[POLICY_GROUPS_MAX];	/* uid gid | gids | port | program */
	struct resolve_address addresses[POLICY_LISTEN_MAX];
};

/* NULL when the answer can be believed to be well-formed, else the rule that
 * it broke. */
const char *resolve_check(const struct resolve_request *,
    const struct resolve_answer *, size_t length);

/* What the child does with one request. Asks the name service. */
void resolve_answer(const struct resolve_request *, struct resolve_answer *);

#endif
