/*
 * Answers of the lookup process, made into facts. Pure; the texts come from
 * name servers and ident servers of strangers.
 */
#ifndef DISPATCH_ANSWER_H
#define DISPATCH_ANSWER_H

#include "policy/rule.h"

#include "shared/msg.h"

/* Text that facts point into: copies of what was answered. */
struct answer_text {
	char names[MSG_ANSWER_TEXT];
	char user[MSG_ANSWER_TEXT];
};

/* Enters the answer (NULL: there is none, which is UNKNOWN) to a question. What
 * is malformed is UNKNOWN. False when the facts have no room for it. */
bool answer_enter(struct facts *, struct answer_text *,
    const struct question *, const struct msg_lookup_answer *);

/* The kind of message that asks it. */
enum lookup_kind answer_kind(const struct question *);

#endif
