/*
 * The books: which servers run, for whom, and how many of each service.
 *
 * The parent's private table and its public copy in parent.state change
 * together, here and nowhere else.
 */
#ifndef PARENT_BOOKS_H
#define PARENT_BOOKS_H

#include "parent/parent.h"

#define BOOKS_NO_SLOT UINT32_MAX
#define BOOKS_HASH 32768u	/* chains of either table; a power of two */

/* Allocates the tables. 0, or -1 with errno. */
int books_open(struct parent *);

/* The chain that a pid or cookie belongs to. */
uint32_t books_bucket(uint64_t key);

/* Slot of a service id in parent.state, made when it is new; BOOKS_NO_SLOT
 * when the table is full of services that are still needed. */
uint32_t books_service(struct parent *, const char *id);

/* Enters a running server or a session (copied). False when there are
 * STATE_SERVERS or STATE_SESSIONS of them. */
bool books_add(struct parent *, const struct instance *, uint32_t uid);

/* The server with that pid, the instance of that connection, or NULL. */
struct instance *books_by_pid(struct parent *, pid_t);
struct instance *books_by_cookie(struct parent *, uint64_t cookie);

/* Has that connection a server now, or had it one among the last some
 * thousands? A slot that another connection has taken since forgets. */
bool books_knows_cookie(struct parent *, uint64_t cookie);

/* A record about an instance: who, for which service, from where. */
void books_record(const struct instance *, enum record_action,
    struct record *);

/* The same about its end, with how long it lasted and who ended it. */
void books_record_end(const struct instance *, struct record *);

/* Takes it out of both tables. */
void books_remove(struct parent *, struct instance *);

/* Is there no room for one more server, for one more session? */
bool books_are_full(const struct parent *);
bool books_have_no_session(const struct parent *);

#endif
