/*
 * Where a session stands in the endless text of chargen (RFC 864). Pure.
 */
#ifndef RELAY_CHARGEN_H
#define RELAY_CHARGEN_H

#include <stddef.h>
#include <stdint.h>

#include "shared/internal.h"

#define CHARGEN_PERIOD (95u * CHARGEN_LINE)	/* then it repeats */

/* The next bytes from `position` (< CHARGEN_PERIOD) on; at least one whole
 * period follows the pointer. */
const char *chargen_at(uint32_t position);

/* Where the pattern stands `sent` bytes further on. */
uint32_t chargen_advance(uint32_t position, size_t sent);

/* Fills the pattern; before the first use, once. */
void chargen_make(void);

#endif
