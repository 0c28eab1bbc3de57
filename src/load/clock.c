/*
 * The local time zone, copied into the policy.
 *
 * Runs in sallyport-load, which alone ever opens a zone file: a time window
 * must mean the same to every process for as long as a policy is in force. The
 * wrong zone would shift every access_times, so none is guessed: without one,
 * services with time windows are not offered.
 */
#include "load/clock.h"

#include <string.h>

#include "shared/util.h"

#define ZONE_FILE_MAX (1u << 20)
#define ZONE_PATH_MAX 512

static bool
read_zone(struct fill *f, const char *path, enum read_error *error)
{
	const char *bytes;
	size_t length;

	*error = read_trusted(&f->rights, f->policy->arena, path, ZONE_FILE_MAX,
	    &bytes, &length);
	if (*error != READ_OK)
		return false;
	return zone_from_tzif(&f->policy->gateway.zone, f->policy->arena,
	    (const uint8_t *)bytes, length);
}

/* TZ is a file (":name", "name", "/path") or a POSIX rule. */
static bool
from_variable(struct fill *f, const char *value)
{
	char path[ZONE_PATH_MAX];
	enum read_error error;

	if (value[0] == ':')
		value++;
	if (value[0] == '\0') {
		zone_utc(&f->policy->gateway.zone);
		return true;
	}
	if (strlen(value) + strlen(f->zone_folder) + 2 > sizeof(path))
		return false;
	if (value[0] == '/')
		return read_zone(f, value, &error);
	if (strstr(value, "..") == NULL) {
		(void)format_text(path, sizeof(path), "%s/%s", f->zone_folder,
		    value);
		if (read_zone(f, path, &error))
			return true;
	}
	return zone_from_posix(&f->policy->gateway.zone, value);
}

static bool
from_system(struct fill *f)
{
	enum read_error error;

	if (read_zone(f, f->local_zone, &error))
		return true;
	if (error != READ_MISSING)
		return false;
	zone_utc(&f->policy->gateway.zone);	/* as libc does */
	return true;
}

static void
report(struct fill *f, const char *value)
{
	policy_fault(f->policy, NULL, DIAG_WARNING, DIAG_FILE, ATTR_NONE, value,
	    f->zone_variable != NULL ? "TZ is no time zone" :
	    "the local time zone cannot be read",
	    "time windows need it; until then times are UTC");
	for (unsigned i = 0; i < f->policy->count; i++) {
		struct service *s = f->policy->services[i];

		if (!s->off && s->access_times.count > 0)
			fill_refuse(f, s, DIAG_FILE, ATTR_ACCESS_TIMES, value,
			    NULL, "the local time zone is not known");
	}
}

void
clock_fill(struct fill *f)
{
	struct gateway *gateway = &f->policy->gateway;
	bool is_known = f->zone_variable != NULL ?
	    from_variable(f, f->zone_variable) : from_system(f);

	if (!is_known) {
		report(f, f->zone_variable != NULL ? f->zone_variable :
		    f->local_zone);
		zone_utc(&gateway->zone);
	}
	gateway->given[ATTR_ZONE] = true;
}
