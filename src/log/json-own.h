/*
 * The fields that an action alone has; part of the JSON rendering.
 */
#ifndef LOG_JSON_OWN_H
#define LOG_JSON_OWN_H

#include "log/put.h"
#include "log/render.h"

#define JSON_SENTENCE_SIZE 1200	/* 700 bytes, each at most doubled, cut */

/* How a relayed session ended, and whether that is a failure. */
struct json_end {
	const char *word;
	bool is_failure;
};
/* NULL: no session, or one whose cause is not known. */
const struct json_end *json_session_end(const struct record *);

/* The user in "OS : USER", as an ident server claims it; no user holds a colon in
 * front of its own text, so the first one parts them. Cuts text in two. */
char *json_ident_user(char *text);

/* Writes them, inside "sallyport"; the action is in range. */
void json_own_fields(struct json *, const struct record *);

#endif
