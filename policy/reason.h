/*
 * Why a client was turned away, in xinetd's words.
 *
 * Pure. Other programs match these words in log lines (fail2ban, logwatch):
 * they never change.
 */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

/* Order of reason.c's table; 0 is none. */
enum reason {
	REASON_NONE, REASON_ADDRESS, REASON_TIME, REASON_FORK,
	REASON_SERVICE_LIMIT, REASON_PER_SOURCE_LIMIT, REASON_PROCESS_LIMIT,
	REASON_LIBWRAP, REASON_LOAD, REASON_CPS,
	/* Words of our own, where xinetd has none. */
	REASON_IDENT, REASON_NO_SERVICE, REASON_SILENT, REASON_MAX
};

/* "address", "connections per second", ...; "" for none or out of range. */
const char *reason_word(enum reason);

#endif
