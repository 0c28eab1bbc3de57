/*
 * One question of a dispatcher, from ASK to ANSWER.
 */
#ifndef LOOKUP_QUESTION_H
#define LOOKUP_QUESTION_H

#include "lookup/lookup.h"

/* Makes the places for all of them; false without memory. */
bool question_prepare(struct lookup *);

/* Fills in the answer that says "not known" to a question. */
void question_unknown(const struct msg_ask *, enum ident_failure, union msg *);

/* Begins a question whose asker and ask are set, or answers it at once:
 * asker_answer() is called from here or later, once. */
void question_begin(struct question *);

/* An ident session has ended: `text` is NULL unless it is a USERID. It forgets
 * the session. */
void question_ident(struct question *, enum ident_failure, const char *text);

/* Answers an open question with what is known so far: another one needs its
 * place. */
void question_give_way(struct question *);

/* Whatever it waits for, it does not any more. */
void question_stop(struct question *);

#endif
