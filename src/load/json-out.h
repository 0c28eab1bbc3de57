/*
 * A JSON document as a growing text. ASCII: any other byte is \u00XX.
 */
#ifndef LOAD_JSON_OUT_H
#define LOAD_JSON_OUT_H

#include <stdbool.h>

#include "policy/out.h"

struct json_out {
	struct out out;
	bool has_member;	/* a comma goes before the next one */
};

void json_string(struct json_out *, const char *text);

/* A key, or NULL inside an array. */
void json_key(struct json_out *, const char *key);

/* "{" or "[", and "}" or "]". */
void json_open(struct json_out *, const char *key, const char *bracket);
void json_close(struct json_out *, const char *bracket);

/* text NULL: null. */
void json_text(struct json_out *, const char *key, const char *text);
void json_number(struct json_out *, const char *key, unsigned number);

#endif
