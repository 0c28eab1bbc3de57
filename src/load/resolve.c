/*
 * The asking side of the name service: requests out, checked answers in.
 *
 * Runs in sallyport-load, as root. The child on the other end may have been
 * taken over by whoever runs the name service: its answers are length, number,
 * kind and range checked, it can say nothing that was not asked, and its
 * silence ends at a fixed moment. No text ever comes back.
 */
#include "load/resolve.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/answer.h"
#include "shared/util.h"

#define CACHE_MAX 256		/* different questions remembered */

struct resolver {
	int fd;
	pid_t pid;
	uint64_t deadline_ms;
	uint32_t number;	/* of the last request */
	enum resolve_result lost;	/* RESOLVE_FOUND while it works */
	unsigned cached;
	struct {
		struct resolve_request request;
		struct resolve_answer answer;
	} cache[CACHE_MAX];
};

struct resolver *
resolve_start(uint32_t uid, uint32_t gid, uint64_t deadline_ms)
{
	struct resolver *r;
	int pair[2] = { -1, -1 };

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		goto fail;
	r->pid = fork();
	if (r->pid == -1)
		goto fail;
	if (r->pid == 0)
		answer_run(pair[1], uid, gid);
	fd_close(&pair[1]);
	r->fd = pair[0];
	r->deadline_ms = deadline_ms;
	return r;
fail:
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	free(r);
	return NULL;
}

void
resolve_stop(struct resolver *r)
{
	if (r == NULL)
		return;
	fd_close(&r->fd);
	/* Our own child and not yet waited for: the number is still its. */
	(void)kill(r->pid, SIGKILL);
	while (waitpid(r->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	free(r);
}

/* Most ids that an answer of each kind may hold. */
static const struct {
	uint32_t ids_min, ids_max;
	bool has_addresses;
} shapes[ASK_MAX] = {
	[ASK_USER] = { 2, 2, false },
	[ASK_GROUP] = { 1, 1, false },
	[ASK_GROUPS] = { 1, POLICY_GROUPS_MAX, false },
	[ASK_PORT] = { 1, 1, false },
	[ASK_HOST] = { 1, POLICY_LISTEN_MAX, true },
	[ASK_RPC] = { 1, 1, false },
};

static const char *
check_ids(uint32_t kind, const struct resolve_answer *answer)
{
	for (uint32_t i = 0; i < answer->count; i++) {
		if (kind == ASK_PORT &&
		    (answer->ids[i] == 0 || answer->ids[i] > 65535))
			return "port out of range";
		if (kind == ASK_RPC && answer->ids[i] == 0)
			return "program out of range";
		if (answer->ids[i] == UINT32_MAX)
			return "id out of range";
	}
	return NULL;
}

static const char *
check_addresses(const struct resolve_answer *answer)
{
	for (uint32_t i = 0; i < answer->count; i++) {
		uint32_t family = answer->addresses[i].family;

		if (family != ADDR_IPV4 && family != ADDR_IPV6)
			return "unknown address family";
	}
	return NULL;
}

const char *
resolve_check(const struct resolve_request *request,
    const struct resolve_answer *answer, size_t length)
{
	uint32_t kind = request->kind;

	if (length != sizeof(*answer))
		return "wrong length";
	if (kind == 0 || kind >= ASK_MAX || answer->kind != kind)
		return "answer of another kind";
	if (answer->number != request->number)
		return "answer to another question";
	if (answer->result > RESOLVE_TOO_MANY)
		return "unknown result";
	if (answer->result != RESOLVE_FOUND)
		return answer->count == 0 ? NULL : "values without a result";
	if (answer->count < shapes[kind].ids_min ||
	    answer->count > shapes[kind].ids_max)
		return "wrong number of values";
	if (shapes[kind].has_addresses)
		return check_addresses(answer);
	return check_ids(kind, answer);
}

/* Waits for the answer. EINTR cannot prolong the deadline. */
static enum resolve_result
await(struct resolver *r, const struct resolve_request *request,
    struct resolve_answer *answer)
{
	struct pollfd pfd = { .fd = r->fd, .events = POLLIN };
	ssize_t got;

	for (;;) {
		uint64_t now = monotonic_ms();
		int ready;

		if (now >= r->deadline_ms)
			return RESOLVE_SILENT;
		ready = poll(&pfd, 1, (int)(r->deadline_ms - now));
		if (ready > 0)
			break;
		if (ready == -1 && errno != EINTR)
			return RESOLVE_BROKEN;
	}
	/* Without room for control data the kernel drops any descriptor. */
	got = recv(r->fd, answer, sizeof(*answer), MSG_DONTWAIT | MSG_TRUNC);
	if (got < 0 || resolve_check(request, answer, (size_t)got) != NULL)
		return RESOLVE_BROKEN;
	return RESOLVE_FOUND;
}

/* NULL when the question is new. */
static const struct resolve_answer *
recall(const struct resolver *r, const struct resolve_request *request)
{
	for (unsigned i = 0; i < r->cached; i++) {
		const struct resolve_request *old = &r->cache[i].request;

		if (old->kind == request->kind &&
		    strcmp(old->text, request->text) == 0 &&
		    strcmp(old->protocol, request->protocol) == 0)
			return &r->cache[i].answer;
	}
	return NULL;
}

/* Asks, or remembers. The answer is set exactly when the result is FOUND. */
static enum resolve_result
ask(struct resolver *r, enum resolve_kind kind, const char *text,
    const char *protocol, struct resolve_answer *answer)
{
	struct resolve_request request = { .kind = kind };
	const struct resolve_answer *known;

	if (r->lost != RESOLVE_FOUND)
		return r->lost;
	if (text[0] == '\0' || strlen(text) >= sizeof(request.text) ||
	    strlen(protocol) >= sizeof(request.protocol))
		return RESOLVE_UNKNOWN;
	memcpy(request.text, text, strlen(text));
	memcpy(request.protocol, protocol, strlen(protocol));
	known = recall(r, &request);
	if (known != NULL) {
		*answer = *known;
		return (enum resolve_result)known->result;
	}
	request.number = ++r->number;
	if (send(r->fd, &request, sizeof(request), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(request)) {
		r->lost = RESOLVE_BROKEN;
		return r->lost;
	}
	r->lost = await(r, &request, answer);
	if (r->lost != RESOLVE_FOUND)
		return r->lost;
	if (r->cached < CACHE_MAX) {
		r->cache[r->cached].request = request;
		r->cache[r->cached].answer = *answer;
		r->cached++;
	}
	return (enum resolve_result)answer->result;
}

enum resolve_result
resolve_user(struct resolver *r, const char *name, uint32_t *uid,
    uint32_t *gid)
{
	struct resolve_answer answer;
	enum resolve_result result = ask(r, ASK_USER, name, "", &answer);

	if (result == RESOLVE_FOUND) {
		*uid = answer.ids[0];
		*gid = answer.ids[1];
	}
	return result;
}

enum resolve_result
resolve_group(struct resolver *r, const char *name, uint32_t *gid)
{
	struct resolve_answer answer;
	enum resolve_result result = ask(r, ASK_GROUP, name, "", &answer);

	if (result == RESOLVE_FOUND)
		*gid = answer.ids[0];
	return result;
}

enum resolve_result
resolve_groups(struct resolver *r, const char *user,
    uint32_t groups[static POLICY_GROUPS_MAX], unsigned *count)
{
	struct resolve_answer answer;
	enum resolve_result result = ask(r, ASK_GROUPS, user, "", &answer);

	*count = 0;
	if (result == RESOLVE_FOUND) {
		memcpy(groups, answer.ids, answer.count * sizeof(groups[0]));
		*count = answer.count;
	}
	return result;
}

enum resolve_result
resolve_port(struct resolver *r, const char *name, const char *protocol,
    uint16_t *port)
{
	struct resolve_answer answer;
	enum resolve_result result = ask(r, ASK_PORT, name, protocol, &answer);

	if (result == RESOLVE_FOUND)
		*port = (uint16_t)answer.ids[0];
	return result;
}

enum resolve_result
resolve_rpc(struct resolver *r, const char *name, uint32_t *program)
{
	struct resolve_answer answer;
	enum resolve_result result = ask(r, ASK_RPC, name, "", &answer);

	if (result == RESOLVE_FOUND)
		*program = answer.ids[0];
	return result;
}

enum resolve_result
resolve_host(struct resolver *r, const char *name,
    struct addr out[static POLICY_LISTEN_MAX], unsigned *count)
{
	struct resolve_answer answer;
	enum resolve_result result = ask(r, ASK_HOST, name, "", &answer);

	*count = 0;
	if (result != RESOLVE_FOUND)
		return result;
	for (uint32_t i = 0; i < answer.count; i++) {
		const struct resolve_address *a = &answer.addresses[i];
		struct addr *addr = &out[*count];

		if (!addr_from_bytes(addr, a->bytes,
		    a->family == ADDR_IPV4 ? 4 : 16))
			continue;
		addr->scope = addr->family == ADDR_IPV6 ? a->scope : 0;
		(*count)++;
	}
	return *count > 0 ? RESOLVE_FOUND : RESOLVE_UNKNOWN;
}
