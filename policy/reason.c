/*
 * The table of refusal words; see reason.h.
 */
#include "policy/reason.h"

static const char *const words[REASON_MAX] = {
	[REASON_NONE] = "",
	[REASON_ADDRESS] = "address",
	[REASON_TIME] = "time",
	[REASON_FORK] = "fork",
	[REASON_SERVICE_LIMIT] = "service_limit",
	[REASON_PER_SOURCE_LIMIT] = "per_source_limit",
	[REASON_PROCESS_LIMIT] = "process_limit",
	[REASON_LIBWRAP] = "libwrap",
	[REASON_LOAD] = "load",
	[REASON_CPS] = "connections per second",
	[REASON_IDENT] = "ident",
	[REASON_NO_SERVICE] = "no_service",	/* tcpmux: nothing of that name */
	[REASON_SILENT] = "silent",		/* tcpmux: no line in time */
};

const char *
reason_word(enum reason reason)
{
	return (unsigned)reason < REASON_MAX ? words[reason] : "";
}
