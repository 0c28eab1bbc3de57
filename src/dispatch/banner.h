/*
 * Banners: bytes that were read at load, sent in one attempt.
 */
#ifndef DISPATCH_BANNER_H
#define DISPATCH_BANNER_H

#include "policy/policy.h"

/* Both in one non-blocking send; what the socket does not take is dropped, so
 * that no client can make us wait. */
void banner_send(int fd, const struct blob *first, const struct blob *second);

/* The same before a close: first takes what the client has sent, or the close
 * would become a reset that destroys the banner. */
void banner_refuse(int fd, const struct blob *first,
    const struct blob *second);

#endif
