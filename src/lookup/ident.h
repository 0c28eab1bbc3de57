/*
 * The line that an ident server answers (RFC 1413, section 4).
 *
 * Pure. The server is the client's, and hostile.
 */
#ifndef LOOKUP_IDENT_H
#define LOOKUP_IDENT_H

#include <stddef.h>
#include <stdint.h>

#define IDENT_LINE_MAX 1000	/* bytes of a reply (RFC 1413, section 4) */
#define IDENT_TEXT_MAX 512	/* characters of what we pass on */

enum ident_reply {
	IDENT_REPLY_BAD,	/* no reply to our question, or too long */
	IDENT_REPLY_ERROR,	/* the server does not say */
	IDENT_REPLY_USERID
};

/*
 * A reply without its end of line. The ports are the ident server's and ours,
 * as they were asked for. USERID fills out with "OPSYS : USER", printable,
 * other bytes as #ooo; at most IDENT_TEXT_MAX characters and NUL.
 */
enum ident_reply ident_parse(const char *line, size_t length,
    uint16_t their_port, uint16_t our_port,
    char out[static IDENT_TEXT_MAX + 1]);

#endif
