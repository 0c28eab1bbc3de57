/*
 * The answering side of the name service: the loader's child.
 */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <stdint.h>

/* Confines the calling process as that user and answers on the socket until it
 * is closed. Never returns. */
_Noreturn void answer_run(int socket, uint32_t uid, uint32_t gid);

#endif
