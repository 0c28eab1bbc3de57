/*
 * One word of hosts.allow. Private to the wrap-*.c files.
 */
#ifndef POLICY_WRAP_ITEM_H
#define POLICY_WRAP_ITEM_H

#include "policy/out.h"
#include "policy/wrap.h"

/* NULL, or why the word cannot be evaluated; then it is WRAP_OPAQUE. The text
 * must stay valid. "/file" is the caller's business. */
const char *wrap_item_read(struct arena *, const char *text, bool is_daemon,
    struct wrap_item *);

/* A word that is neither true nor false. */
void wrap_item_opaque(struct wrap_item *);

void wrap_item_print(struct out *, const struct wrap_item *, bool is_daemon);

#endif
