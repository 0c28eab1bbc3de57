/*
 * Types of a few words with a meaning each: log targets, cps, redirect,
 * RPC versions.
 *
 * Pure; runs in every process that reads a policy.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/policy.h"
#include "policy/type.h"

/* xinetd knows neither kern, syslog nor cron here. */
static const char *const facilities[] = {
	"daemon", "auth", "authpriv", "user", "mail", "lpr", "news", "uucp",
	"ftp", "local0", "local1", "local2", "local3", "local4", "local5",
	"local6", "local7", NULL
};
static const int facility_numbers[] = {
	3, 4, 10, 1, 2, 6, 7, 8, 11, 16, 17, 18, 19, 20, 21, 22, 23
};
_Static_assert(sizeof(facilities) / sizeof(facilities[0]) ==
    sizeof(facility_numbers) / sizeof(facility_numbers[0]) + 1,
    "one number for each facility");

static const char *const levels[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info",
	"debug", NULL
};
#define LEVEL_INFO 6

/* Between hard and soft limit when only the soft one is given. */
#define MARGIN_MIN (UINT64_C(5) << 10)
#define MARGIN_MAX (UINT64_C(20) << 10)
#define LOG_SIZE_MAX (UINT64_C(1) << 62)

static bool
parse_syslog(const struct type_source *source, struct log_target *target)
{
	int choice;

	if (source->count < 2 || source->count > 3)
		return type_fault(source, DIAG_VALUE_COUNT, NULL,
		    "SYSLOG takes a facility and perhaps a level",
		    "such as SYSLOG authpriv info");
	choice = type_choose(source, &source->words[1], facilities,
	    "not a syslog facility");
	if (choice < 0)
		return false;
	target->kind = LOG_SYSLOG;
	target->facility = facility_numbers[choice];
	target->level = LEVEL_INFO;
	target->path = NULL;
	if (source->count == 2)
		return true;
	choice = type_choose(source, &source->words[2], levels,
	    "not a syslog level");
	target->level = choice;
	return choice >= 0;
}

static bool
parse_log_size(const struct type_source *source, const struct lex_word *word,
    uint64_t *out)
{
	size_t length = strlen(word->text);
	unsigned shift = 0;
	char *digits = arena_text(source->arena, word->text, length);

	if (digits == NULL)
		return type_fault(source, DIAG_MEMORY, word, "out of memory",
		    NULL);
	if (length > 0 && (digits[length - 1] | 0x20) == 'k')
		shift = 10;
	if (length > 0 && (digits[length - 1] | 0x20) == 'm')
		shift = 20;
	if (shift != 0)
		digits[length - 1] = '\0';
	if (!type_decimal(digits, LOG_SIZE_MAX >> shift, out))
		return type_fault(source, DIAG_BAD_VALUE, word,
		    "not a size", "bytes, with k or m behind them");
	*out <<= shift;
	return true;
}

static bool
parse_file(const struct type_source *source, unsigned most,
    struct log_target *target)
{
	uint64_t margin;

	target->kind = LOG_FILE;
	target->facility = target->level = 0;
	target->soft = target->hard = POLICY_UNLIMITED;
	if (source->count < 2 || source->count > most)
		return type_fault(source, DIAG_VALUE_COUNT, NULL, most > 2 ?
		    "FILE takes a path and perhaps a soft and a hard limit" :
		    "FILE takes a path", NULL);
	target->path = source->words[1].text;
	if (target->path[0] != '/' || strlen(target->path) > 4095)
		return type_fault(source, DIAG_BAD_VALUE, &source->words[1],
		    "the path is relative or too long",
		    "begin it with a slash");
	if (source->count < 3)
		return true;
	if (!parse_log_size(source, &source->words[2], &target->soft))
		return false;
	margin = target->soft / 100;
	if (margin < MARGIN_MIN)
		margin = MARGIN_MIN;
	if (margin > MARGIN_MAX)
		margin = MARGIN_MAX;
	target->hard = target->soft + margin;
	if (source->count < 4)
		return true;
	if (!parse_log_size(source, &source->words[3], &target->hard))
		return false;
	if (target->hard < target->soft)
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[3], "the hard limit is below the soft one",
		    NULL);
	return true;
}

static bool
parse_service_log(const struct type_source *source, void *value)
{
	if (strcasecmp(source->words[0].text, "SYSLOG") == 0)
		return parse_syslog(source, value);
	if (strcasecmp(source->words[0].text, "FILE") == 0)
		return parse_file(source, 4, value);
	return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
	    "neither SYSLOG nor FILE", source->attr->syntax);
}

static bool
parse_audit(const struct type_source *source, void *value)
{
	struct log_target *target = value;

	if (strcasecmp(source->words[0].text, "FILE") == 0)
		return parse_file(source, 2, target);
	if (strcasecmp(source->words[0].text, "none") != 0)
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "neither FILE nor none", source->attr->syntax);
	if (source->count != 1)
		return type_fault(source, DIAG_VALUE_COUNT, NULL,
		    "nothing follows none", NULL);
	memset(target, 0, sizeof(*target));
	target->kind = LOG_NOWHERE;
	return true;
}

static bool
parse_messages(const struct type_source *source, void *value)
{
	if (strcasecmp(source->words[0].text, "FILE") == 0)
		return parse_file(source, 2, value);
	return parse_service_log(source, value);
}

static const char *
facility_name(int number)
{
	unsigned i;

	for (i = 0; facilities[i] != NULL; i++)
		if (facility_numbers[i] == number)
			return facilities[i];
	return "daemon";
}

static void
print_target(struct out *out, const struct attr *attr, const void *value)
{
	const struct log_target *target = value;

	(void)attr;	/* one form for all rows */
	switch (target->kind) {
	case LOG_NOWHERE:
		out_word(out, "none");
		return;
	case LOG_SYSLOG:
		out_word(out, "SYSLOG");
		out_word(out, facility_name(target->facility));
		out_word(out, levels[(unsigned)target->level & 7]);
		return;
	case LOG_FILE:
		out_word(out, "FILE");
		out_word(out, target->path);
		if (target->soft == POLICY_UNLIMITED)
			return;
		out_number(out, target->soft);
		out_number(out, target->hard);
		return;
	}
}

static bool
equal_target(const void *a, const void *b)
{
	const struct log_target *one = a, *other = b;

	if (one->kind != other->kind)
		return false;
	if (one->kind == LOG_SYSLOG)
		return one->facility == other->facility &&
		    one->level == other->level;
	return one->kind == LOG_NOWHERE || (one->soft == other->soft &&
	    one->hard == other->hard &&
	    type_equal_text(one->path, other->path));
}

#define CPS_MAX UINT64_C(1000000)

static bool
parse_cps(const struct type_source *source, void *value)
{
	struct cps *cps = value;

	if (!type_decimal(source->words[0].text, CPS_MAX, &cps->rate))
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not a number of connections a second",
		    "from 0 to 1000000; 0 turns it off");
	if (!type_decimal(source->words[1].text, CPS_MAX, &cps->wait))
		return type_fault(source, DIAG_BAD_VALUE, &source->words[1],
		    "not a number of seconds", "from 0 to 1000000");
	return true;
}

static void
print_cps(struct out *out, const struct attr *attr, const void *value)
{
	const struct cps *cps = value;

	(void)attr;	/* one form for all rows */
	out_number(out, cps->rate);
	out_number(out, cps->wait);
}

static bool
equal_cps(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cps)) == 0;
}

static bool
parse_source_prefix(const struct type_source *source, void *value)
{
	struct source_prefix *prefix = value;

	if (!type_decimal(source->words[0].text, 32, &prefix->ipv4) ||
	    prefix->ipv4 == 0)
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not a length of an IPv4 prefix", "from 1 to 32");
	if (!type_decimal(source->words[1].text, 128, &prefix->ipv6) ||
	    prefix->ipv6 == 0)
		return type_fault(source, DIAG_BAD_VALUE, &source->words[1],
		    "not a length of an IPv6 prefix", "from 1 to 128");
	return true;
}

static void
print_source_prefix(struct out *out, const struct attr *attr,
    const void *value)
{
	const struct source_prefix *prefix = value;

	(void)attr;	/* one form for all rows */
	out_number(out, prefix->ipv4);
	out_number(out, prefix->ipv6);
}

static bool
equal_source_prefix(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct source_prefix)) == 0;
}

static bool
parse_redirect(const struct type_source *source, void *value)
{
	struct redirect *redirect = value;

	redirect->host = source->words[0].text;
	redirect->port = source->words[1].text;
	return true;
}

static void
print_redirect(struct out *out, const struct attr *attr, const void *value)
{
	const struct redirect *redirect = value;

	(void)attr;	/* one form for all rows */
	out_word(out, redirect->host);
	out_word(out, redirect->port);
}

static bool
equal_redirect(const void *a, const void *b)
{
	const struct redirect *one = a, *other = b;

	return type_equal_text(one->host, other->host) &&
	    type_equal_text(one->port, other->port);
}

/* "N" or "N-M". */
static bool
parse_rpc_versions(const struct type_source *source, void *value)
{
	struct rpc_versions *versions = value;
	const char *text = source->words[0].text;
	const char *dash = strchr(text, '-');
	size_t length = dash == NULL ? strlen(text) : (size_t)(dash - text);
	const char *low = arena_text(source->arena, text, length);

	if (low == NULL ||
	    !type_decimal(low, source->attr->maximum, &versions->low) ||
	    !type_decimal(dash == NULL ? low : dash + 1,
	    source->attr->maximum, &versions->high))
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not a version or a range of versions", "such as 1-3");
	if (versions->high < versions->low)
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[0], "the range ends before it begins",
		    NULL);
	return true;
}

static void
print_rpc_versions(struct out *out, const struct attr *attr,
    const void *value)
{
	const struct rpc_versions *versions = value;

	(void)attr;	/* one form for all rows */
	out_format(out, " %" PRIu64 "-%" PRIu64, versions->low,
	    versions->high);
}

static bool
equal_rpc_versions(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct rpc_versions)) == 0;
}

#define TARGET_TYPE(name, parser) \
	const struct attr_type name = { \
		.size = sizeof(struct log_target), .least = 1, .most = 0, \
		.parse = parser, .print = print_target, \
		.equal = equal_target, \
	}
TARGET_TYPE(type_service_log, parse_service_log);
TARGET_TYPE(type_audit, parse_audit);
TARGET_TYPE(type_messages, parse_messages);

const struct attr_type type_cps = {
	.size = sizeof(struct cps), .least = 2, .most = 2,
	.parse = parse_cps, .print = print_cps, .equal = equal_cps,
};
const struct attr_type type_source_prefix = {
	.size = sizeof(struct source_prefix), .least = 2, .most = 2,
	.parse = parse_source_prefix, .print = print_source_prefix,
	.equal = equal_source_prefix,
};
const struct attr_type type_redirect = {
	.size = sizeof(struct redirect), .least = 2, .most = 2,
	.parse = parse_redirect, .print = print_redirect,
	.equal = equal_redirect,
};
const struct attr_type type_rpc_versions = {
	.size = sizeof(struct rpc_versions), .least = 1, .most = 1,
	.parse = parse_rpc_versions, .print = print_rpc_versions,
	.equal = equal_rpc_versions,
};
