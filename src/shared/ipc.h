/*
 * Channels: one fixed-size message, at most one descriptor.
 *
 * Every channel is an AF_UNIX SOCK_SEQPACKET pair: record boundaries come from
 * the kernel, and a descriptor belongs to exactly one message. Nothing here
 * knows what a message means; msg.c does.
 */
#ifndef SHARED_IPC_H
#define SHARED_IPC_H

#include <stdbool.h>
#include <stddef.h>

#define IPC_MAX 1024		/* bytes of any message */

/* Both ends close-on-exec and non-blocking, send buffers of `sndbuf` bytes
 * (SO_SNDBUFFORCE, else SO_SNDBUF). 0, or -1 with errno. */
int ipc_pair(int fds[2], int sndbuf);

enum ipc_result {
	IPC_OK,
	IPC_AGAIN,		/* nothing there, or no room */
	IPC_CLOSED,		/* the other end is gone */
	IPC_BAD,		/* too long, or descriptors where none belong */
	IPC_NO_FD,		/* a descriptor was sent but our table is full */
	IPC_ERROR		/* see errno */
};

/* From now on nobody can put a descriptor into what arrives here (Linux 6.16;
 * before it, a receiver that takes none throws it away). */
void ipc_refuse_descriptors(int channel);

/* Sends one message, with a copy of fd unless it is -1. MSG_NOSIGNAL. Only a
 * message with a descriptor needs sendmsg(2), which most helpers must not
 * call. */
enum ipc_result ipc_send(int channel, const void *bytes, size_t length, int fd);

/*
 * Receives one message of at most IPC_MAX bytes. *fd gets the descriptor
 * (close-on-exec) or -1; with may_fd false any descriptor is IPC_BAD. More than
 * one descriptor, or truncated data, is IPC_BAD. On every result but IPC_OK all
 * received descriptors have been closed. IPC_NO_FD is MSG_CTRUNC without a
 * descriptor: the message is complete.
 */
enum ipc_result ipc_receive(int channel, void *bytes, size_t *length,
    bool may_fd, int *fd);

/* The same where no descriptor ever comes: by recv(2), which cannot take one.
 * What was attached is thrown away by the kernel, unseen. */
enum ipc_result ipc_receive_plain(int channel, void *bytes, size_t *length);

#endif
