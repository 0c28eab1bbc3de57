/*
 * Is this descriptor really a connection of that listener?
 */
#ifndef PARENT_PROVENANCE_H
#define PARENT_PROVENANCE_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "parent/parent.h"

struct provenance {		/* what the kernel says about a connection */
	uint64_t cookie;	/* SO_COOKIE */
	struct record_addr source, destination;
};

enum provenance_answer {
	PROVENANCE_GOOD, PROVENANCE_GONE, PROVENANCE_UNKNOWN, PROVENANCE_FORGED
};

/* Rules 4 to 7 of ARCHITECTURE.md, "What the parent re-checks". On FORGED
 * *rule is a constant sentence; on GONE the client has left; on UNKNOWN the
 * kernel could not say, for want of a descriptor or memory. */
enum provenance_answer provenance_check(int fd, const struct listener *,
    struct provenance *, const char **rule);

/* Can the kernel say of connections to that listener that they are its? Of
 * UNIX sockets only to who has CAP_NET_ADMIN. */
bool provenance_can_prove(const struct listener *);

/* An address as records carry it; false, and nothing set, for families other
 * than IPv4 and IPv6. */
bool provenance_address(const struct sockaddr_storage *,
    struct record_addr *);

#endif
