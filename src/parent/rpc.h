/*
 * Registration of RPC services with the local rpcbind, by a program of its own.
 */
#ifndef PARENT_RPC_H
#define PARENT_RPC_H

#include "parent/parent.h"

/* Tells rpcbind where the listener's program is. Nothing for a listener of no
 * RPC service. A failure is a message that names the service. */
void rpc_register(struct parent *, struct listener *, const char *service);

/* Takes that back, if it was told. */
void rpc_forget(struct parent *, struct listener *);

/* That pid has ended. False when it was no registration of ours. */
bool rpc_reaped(struct parent *, pid_t, int status);

/* Is one under way? The daemon waits for it before it ends. */
bool rpc_is_busy(const struct parent *);

#endif
