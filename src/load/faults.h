/*
 * Faults that are known and faults that are new.
 *
 * A fault is the same fault when service, attribute, message code and value
 * are the same; where it stands does not matter.
 */
#ifndef LOAD_FAULTS_H
#define LOAD_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/diag.h"

#define FAULTS_MAX (8u << 20)	/* bytes of a list */

/* One line of the list with its newline, or NULL when memory is out. Every
 * byte that could end a field or a line is escaped. */
const char *faults_line(struct arena *, const struct diag *);

/* The list of all faults that refuse a service, as text; NULL when memory is
 * out. */
char *faults_list(struct arena *, const struct diag_list *, size_t *length);

/* Is `text` a list that we wrote? */
bool faults_is_list(const char *text, size_t length);

/*
 * Compares with the list of the policy in force. A fault that refuses a
 * service and was there before becomes a warning; returns the number of those
 * that were not. Faults that were only counted (beyond DIAG_LIST_MAX) are new.
 * memory out counts as new, too. Faults that refuse the load are not touched
 * and not counted.
 */
unsigned faults_compare(struct arena *, struct diag_list *, const char *old,
    size_t length);

#endif
