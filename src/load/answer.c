/*
 * The answering side of the name service: the loader's child.
 *
 * Runs confined from its first instruction on, with one socket and nothing
 * else of ours, because NSS loads whatever modules this machine is configured
 * with and these talk to whomever they like. It must hold no secret, no
 * channel to the parent and no right that the caller lacks. A question is
 * answered with numbers only.
 */
#include "load/answer.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "load/resolve.h"
#include "shared/confine.h"
#include "shared/sandbox.h"
#include "shared/util.h"

#define ANSWER_FD 3
#define ANSWER_FILES 64		/* NSS opens databases and sockets */

/* getpwnam() and its relatives say "not there" in several ways. */
static uint32_t
nothing_found(int error)
{
	switch (error) {
	case 0:
	case ENOENT:
	case ESRCH:
	case EBADF:
	case EPERM:
		return RESOLVE_UNKNOWN;
	default:
		return RESOLVE_FAILED;
	}
}

static uint32_t
answer_user(const struct resolve_request *q, struct resolve_answer *a)
{
	struct passwd *entry;

	errno = 0;
	entry = getpwnam(q->text);
	if (entry == NULL)
		return nothing_found(errno);
	a->ids[0] = entry->pw_uid;
	a->ids[1] = entry->pw_gid;
	a->count = 2;
	return RESOLVE_FOUND;
}

static uint32_t
answer_group(const struct resolve_request *q, struct resolve_answer *a)
{
	struct group *entry;

	errno = 0;
	entry = getgrnam(q->text);
	if (entry == NULL)
		return nothing_found(errno);
	a->ids[0] = entry->gr_gid;
	a->count = 1;
	return RESOLVE_FOUND;
}

static uint32_t
answer_groups(const struct resolve_request *q, struct resolve_answer *a)
{
	gid_t groups[POLICY_GROUPS_MAX];
	int count = POLICY_GROUPS_MAX;
	char name[RESOLVE_TEXT];
	struct passwd *entry;
	uint64_t uid;

	errno = 0;
	entry = number_parse(q->text, UINT32_MAX - 1, &uid) ?
	    getpwuid((uid_t)uid) : getpwnam(q->text);
	if (entry == NULL)
		return nothing_found(errno);
	if (strlen(entry->pw_name) >= sizeof(name))
		return RESOLVE_FAILED;
	(void)format_text(name, sizeof(name), "%s", entry->pw_name);
	if (getgrouplist(name, entry->pw_gid, groups, &count) == -1)
		return RESOLVE_TOO_MANY;
	for (int i = 0; i < count; i++)
		a->ids[i] = groups[i];
	a->count = (uint32_t)count;
	return RESOLVE_FOUND;
}

static uint32_t
answer_port(const struct resolve_request *q, struct resolve_answer *a)
{
	struct servent *entry = getservbyname(q->text, q->protocol);

	if (entry == NULL)
		return RESOLVE_UNKNOWN;
	a->ids[0] = ntohs((uint16_t)entry->s_port);
	a->count = 1;
	return RESOLVE_FOUND;
}

static uint32_t
answer_rpc(const struct resolve_request *q, struct resolve_answer *a)
{
	struct rpcent *entry = getrpcbyname(q->text);

	if (entry == NULL || entry->r_number <= 0)
		return RESOLVE_UNKNOWN;
	a->ids[0] = (uint32_t)entry->r_number;
	a->count = 1;
	return RESOLVE_FOUND;
}

static void
take_address(const struct addrinfo *info, struct resolve_address *out)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (info->ai_family == AF_INET) {
		memcpy(&four, info->ai_addr, sizeof(four));
		out->family = ADDR_IPV4;
		memcpy(out->bytes, &four.sin_addr, 4);
		return;
	}
	memcpy(&six, info->ai_addr, sizeof(six));
	out->family = ADDR_IPV6;
	out->scope = six.sin6_scope_id;
	memcpy(out->bytes, &six.sin6_addr, 16);
}

static uint32_t
host_failure(int error)
{
	switch (error) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return RESOLVE_UNKNOWN;
	default:
		return RESOLVE_FAILED;
	}
}

static uint32_t
answer_host(const struct resolve_request *q, struct resolve_answer *a)
{
	static const int order[] = { AF_INET6, AF_INET };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int error = getaddrinfo(q->text, NULL, &hints, &list);

	if (error != 0)
		return host_failure(error);
	for (int k = 0; k < 2; k++) {
		for (struct addrinfo *i = list; i != NULL; i = i->ai_next) {
			if (i->ai_family != order[k])
				continue;
			if (a->count == POLICY_LISTEN_MAX) {
				freeaddrinfo(list);
				return RESOLVE_TOO_MANY;
			}
			take_address(i, &a->addresses[a->count++]);
		}
	}
	freeaddrinfo(list);
	return a->count > 0 ? RESOLVE_FOUND : RESOLVE_UNKNOWN;
}

static uint32_t (*const handlers[ASK_MAX])(const struct resolve_request *,
    struct resolve_answer *) = {
	[ASK_USER] = answer_user,
	[ASK_GROUP] = answer_group,
	[ASK_GROUPS] = answer_groups,
	[ASK_PORT] = answer_port,
	[ASK_HOST] = answer_host,
	[ASK_RPC] = answer_rpc,
};

void
resolve_answer(const struct resolve_request *q, struct resolve_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->kind = q->kind;
	a->number = q->number;
	must(q->kind > 0 && q->kind < ASK_MAX);
	must(memchr(q->text, '\0', sizeof(q->text)) != NULL);
	must(memchr(q->protocol, '\0', sizeof(q->protocol)) != NULL);
	a->result = handlers[q->kind](q, a);
	if (a->result != RESOLVE_FOUND)
		a->count = 0;
}

/* Only the socket and standard error are kept of what the loader has open. */
static void
keep_only(int socket)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		fatal(EXIT_CANNOT, "cannot open /dev/null");
	if (socket != ANSWER_FD && dup2(socket, ANSWER_FD) == -1)
		fatal(EXIT_CANNOT, "cannot place the resolver's socket");
	if (syscall(SYS_close_range, ANSWER_FD + 1, ~0U, 0) == -1)
		fatal(EXIT_CANNOT, "cannot close the loader's files");
}

void
answer_run(int socket, uint32_t uid, uint32_t gid)
{
	struct confinement limits = {
		.uid = uid, .gid = gid, .files = ANSWER_FILES,
	};
	struct resolve_request request;
	struct resolve_answer answer;

	keep_only(socket);
	(void)confine(&limits);		/* ends us if it must not go on */
	(void)sandbox_enter(SANDBOX_RESOLVE);	/* the same */
	for (;;) {
		ssize_t got = recv(ANSWER_FD, &request, sizeof(request), 0);

		if (got == -1 && errno == EINTR)
			continue;
		if (got != (ssize_t)sizeof(request))
			_exit(got == 0 ? EXIT_CLEAN : EXIT_CANNOT);
		resolve_answer(&request, &answer);
		if (send(ANSWER_FD, &answer, sizeof(answer), MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(answer))
			_exit(EXIT_CANNOT);
	}
}
