/*
 * The deciding rule of a record; part of the JSON rendering.
 */
#ifndef LOG_JSON_RULE_H
#define LOG_JSON_RULE_H

#include "log/put.h"
#include "log/render.h"

#define JSON_PATH_SIZE 1100	/* of a place, cut */
#define JSON_RULE_SIZE 640	/* of a rule's words, cut */

/* Writes the "rule" object, or nothing when the record has no rule. */
void json_rule(struct json *, const struct view *);

#endif
