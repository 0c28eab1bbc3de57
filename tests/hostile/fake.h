/*
 * The dispatcher that has fallen to an attacker: shared by its parts.
 *
 * fake-made.c makes descriptors that are no connections, fake-attacks.c is the
 * table, fake-dispatch.c the life around an attack.
 */
#ifndef HOSTILE_FAKE_H
#define HOSTILE_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

#include "shared/ipc.h"
#include "shared/msg.h"

#define FAKE_CHANNEL 3
#define FAKE_TEXT 4
#define FAKE_STATE 9
#define FAKE_LISTENERS 11
#define FAKE_CONNECTIONS 2
#define FAKE_WAIT_SERVICE 2	/* the test's policy: first, second, third, */
#define FAKE_LOCAL_SERVICE 3	/* local; a listener each */
#define FAKE_SERVICES 4
#define HEIRS 4		/* so many send that one always does */

struct fake {
	struct policy *policy;
	struct dispatch_state *state;
	unsigned listeners;
	uint64_t number;	/* of the last START */
	uint64_t answers;	/* to its STARTs, while it is honest */
	uint32_t layers;
	int made;		/* by the attack's make(), or -1 */
	int connections[FAKE_CONNECTIONS];
	uint64_t random;	/* seed and state */
};

/* One datagram to be, with room for more than any message may have. */
struct datagram {
	union {
		union msg message;
		uint8_t bytes[2 * IPC_MAX];
	};
	size_t length;
	int fds[2];
	unsigned fd_count;
};

/* APART: a case of its own makes it and judges it. */
enum expect { VIOLATION, REFUSED, STARTED, NOTHING, APART };
enum when { AT_HELLO, AT_LIVE, AT_DRAIN };
enum clients { NOBODY, FIRST, SECOND, RESET, LOCAL };
enum carry { NO_FD, CONNECTION, BOTH, MADE, LISTENER };

struct patch {			/* one field, overwritten */
	size_t offset, size;	/* size 0: none */
	uint64_t value;
};

#define LENGTH_EMPTY SIZE_MAX

struct attack {
	const char *name;
	enum expect expect;
	int rule;		/* of ARCHITECTURE.md; 0: of none */
	enum when when;
	enum clients clients;
	unsigned count;		/* of connections */
	void (*act)(struct fake *);	/* first */
	enum msg_type type;	/* then this message; MSG_NONE: none */
	enum carry carry;
	unsigned repeat;	/* times more */
	int (*make)(void);	/* as root: what MADE stands for */
	struct patch patch;
	size_t length;		/* 0: the right one */
	void (*alter)(struct fake *, struct datagram *);
	const char *text;
};

extern const struct attack fake_attacks[];
extern const size_t fake_attack_count;

/* From fake-dispatch.c: a message that is right in everything. */
void fake_message(struct fake *, enum msg_type, struct datagram *);
void fake_send(const struct datagram *);
/* Takes the place of the real one, until it is drained. Never returns. */
void fake_serve(struct fake *);

/* From fake-give.c: enters the sandbox for it, and never returns. */
void act_give_away(struct fake *);

int made_pipe(void);
int made_file(void);
int made_directory(void);
int made_tty(void);
int made_text(void);
int made_channel(void);
int made_unix(void);
int made_udp(void);
int made_other_family(void);
int made_unconnected(void);
int made_outgoing(void);
int made_own_listener(void);
int made_forged_local(void);
int made_forged(void);
int made_forged_unconnected(void);
int made_datagram(void);
int made_heir(void);

#endif
