/*
 * sallyport-rpc: tells the local rpcbind where an RPC program listens.
 *
 * Started by sallyportd, as root, for one registration each, because the
 * library that speaks to rpcbind has no place in the daemon itself. rpcbind
 * believes root over its UNIX socket. Ends itself after five seconds.
 *
 *	sallyport-rpc set|unset PROGRAM LOW HIGH NETID PORT
 *
 * NETID is tcp, udp, tcp6 or udp6. Exits 0 when every version from LOW to HIGH
 * was registered, or is registered no more.
 */
#include <arpa/inet.h>
#include <netconfig.h>
#include <netinet/in.h>
#include <rpc/rpc.h>
#include <rpc/rpcb_clnt.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shared/util.h"

#define DEADLINE_SECONDS 5
#define VERSIONS_MAX 256	/* of one program, in one run */

struct request {
	bool is_set;
	uint64_t program, low, high, port;
	struct netconfig *network;
};

static void
parse(struct request *r, char **argv)
{
	r->is_set = strcmp(argv[1], "set") == 0;
	if ((!r->is_set && strcmp(argv[1], "unset") != 0) ||
	    !number_parse(argv[2], UINT32_MAX, &r->program) ||
	    !number_parse(argv[3], UINT32_MAX, &r->low) ||
	    !number_parse(argv[4], UINT32_MAX, &r->high) ||
	    !number_parse(argv[6], UINT16_MAX, &r->port) ||
	    r->program == 0 || r->port == 0 || r->low > r->high ||
	    r->high - r->low >= VERSIONS_MAX)
		fatal(EXIT_USAGE, "bad request");
	r->network = getnetconfigent(argv[5]);
	if (r->network == NULL)
		fatal(EXIT_CANNOT, "%s is not in /etc/netconfig", argv[5]);
}

/* Any address: rpcbind tells each client the one that it can reach. */
static struct netbuf
address_of(const struct request *r, struct sockaddr_storage *room)
{
	struct netbuf out = { .buf = room };

	memset(room, 0, sizeof(*room));
	if (strcmp(r->network->nc_protofmly, NC_INET6) == 0) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)room;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)r->port);
		out.len = sizeof(*in6);
	} else {
		struct sockaddr_in *in = (struct sockaddr_in *)room;

		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)r->port);
		out.len = sizeof(*in);
	}
	out.maxlen = out.len;
	return out;
}

int
main(int argc, char **argv)
{
	static const struct rlimit no_core = { 0, 0 };
	struct request request = { .is_set = false };
	struct sockaddr_storage room;
	struct netbuf address;
	bool is_done = true;

	program_name = "sallyport-rpc";
	if (argc != 7)
		fatal(EXIT_USAGE, "usage: sallyport-rpc set|unset PROGRAM LOW "
		    "HIGH NETID PORT");
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)alarm(DEADLINE_SECONDS);	/* SIGALRM ends us */
	parse(&request, argv);
	address = address_of(&request, &room);
	for (uint64_t version = request.low; version <= request.high;
	    version++) {
		/* What a dead process left behind is in the way of a set. */
		bool was_there = rpcb_unset((rpcprog_t)request.program,
		    (rpcvers_t)version, request.network);

		if (request.is_set)
			is_done &= rpcb_set((rpcprog_t)request.program,
			    (rpcvers_t)version, request.network, &address);
		else
			is_done &= was_there;
	}
	freenetconfigent(request.network);
	return is_done ? EXIT_CLEAN : EXIT_FINDINGS;
}
