/*
 * SELinux contexts as text.
 */
#ifndef LABEL_CONTEXT_H
#define LABEL_CONTEXT_H

/*
 * The context `base` (user:role:type:range) with the range of `client`. NULL
 * with errno EINVAL when either has no range, as in a policy without levels:
 * then there is nothing of the client's label that a server could be held to; or
 * ENOMEM.
 * The caller frees it.
 */
char *context_with_range(const char *base, const char *client);

#endif
