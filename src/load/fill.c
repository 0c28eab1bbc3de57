/*
 * Completing a policy with what only the system knows: the order of the work
 * and the small checks; ids.c, listen.c, hosts.c and clock.c do the rest.
 *
 * Runs in sallyport-load as root, or as whoever runs a check. Everything here
 * is looked up once, at load: nothing that could change later, or wait, is left
 * for the time of a connection. What cannot be found refuses its service.
 */
#include "load/fill.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/clock.h"
#include "load/hosts.h"
#include "load/ids.h"
#include "load/listen.h"
#include "load/target.h"

void
fill_refuse(struct fill *f, struct service *s, enum diag_code code,
    enum attr_id attr, const char *value, const char *hint,
    const char *format, ...)
{
	char text[FILL_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	policy_fault(f->policy, s, DIAG_REFUSE_SERVICE, code, attr, value, text,
	    hint);
}

void
fill_warn(struct fill *f, struct service *s, enum diag_code code,
    enum attr_id attr, const char *value, const char *hint,
    const char *format, ...)
{
	char text[FILL_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	policy_fault(f->policy, s, DIAG_WARNING, code, attr, value, text, hint);
}

static void
report_loss(struct fill *f, enum resolve_result result)
{
	const char *message = result == RESOLVE_SILENT ?
	    "the name service did not answer in time" :
	    "the process that asks the name service has failed";

	if (f->has_reported_loss)
		return;
	f->has_reported_loss = true;
	policy_fault(f->policy, NULL, DIAG_REFUSE_LOAD, DIAG_UNKNOWN_NAME,
	    ATTR_NONE, NULL, message, "see nsswitch.conf(5)");
}

bool
fill_answered(struct fill *f, struct service *s, enum attr_id attr,
    enum resolve_result result, const char *what, const char *value)
{
	switch (result) {
	case RESOLVE_FOUND:
		return true;
	case RESOLVE_UNKNOWN:
		fill_refuse(f, s, DIAG_UNKNOWN_NAME, attr, value, NULL,
		    "unknown %s \"%s\"", what, value);
		return false;
	case RESOLVE_FAILED:
		fill_refuse(f, s, DIAG_UNKNOWN_NAME, attr, value, NULL,
		    "the name service failed when asked for %s \"%s\"", what,
		    value);
		return false;
	case RESOLVE_TOO_MANY:
		fill_refuse(f, s, DIAG_LIMIT, attr, value, NULL,
		    "%s \"%s\" has more values than can be used", what, value);
		return false;
	case RESOLVE_SILENT:
	case RESOLVE_BROKEN:
	case RESOLVE_MAX:
		break;
	}
	report_loss(f, result);
	return false;
}

/* A check by an ordinary user may not be able to see what root will. */
static void
cannot_see_server(struct fill *f, struct service *s, int error)
{
	if (error == EACCES && f->rights.owner != 0) {
		fill_warn(f, s, DIAG_FILE, ATTR_SERVER, s->server,
		    "check as root to be sure", "server %s cannot be seen",
		    s->server);
		return;
	}
	fill_refuse(f, s, DIAG_FILE, ATTR_SERVER, s->server, NULL,
	    error == ENOENT || error == ENOTDIR ? "server %s does not exist" :
	    "server %s cannot be examined", s->server);
}

static void
check_server(struct fill *f, struct service *s)
{
	struct stat st;

	if (s->server == NULL || !kind_table[s->kind].has_server)
		return;
	if (s->server[0] != '/') {
		fill_refuse(f, s, DIAG_BAD_VALUE, ATTR_SERVER, s->server,
		    "write the whole path",
		    "the path of server \"%s\" does not begin with /",
		    s->server);
		return;
	}
	if (stat(s->server, &st) == -1) {
		cannot_see_server(f, s, errno);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		fill_refuse(f, s, DIAG_FILE, ATTR_SERVER, s->server, NULL,
		    "server %s is not a regular file", s->server);
		return;
	}
	/* Root may execute what anybody may; faccessat() knows of noexec. */
	if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0 ||
	    (f->rights.owner == 0 &&
	    faccessat(AT_FDCWD, s->server, X_OK, AT_EACCESS) == -1))
		fill_refuse(f, s, DIAG_FILE, ATTR_SERVER, s->server, NULL,
		    "server %s is not executable", s->server);
}

/*
 * A banner that is not there costs nothing but itself, as in xinetd. What a
 * stranger can write is never sent in our name.
 */
static void
read_banner(struct fill *f, struct service *s, enum attr_id attr,
    const char *path, struct blob *data, enum attr_id data_attr)
{
	const char *bytes;
	size_t length;
	enum read_error error;

	if (!s->given[attr] || path == NULL)
		return;
	error = sources_file(f->sources, f->policy->arena, path,
	    POLICY_BANNER_MAX, &bytes, &length);
	if (error == READ_NOT_FILE || error == READ_TOO_BIG) {
		fill_refuse(f, s, DIAG_FILE, attr, path,
		    error == READ_TOO_BIG ? "at most 16384 bytes are sent" :
		    NULL, "banner %s %s", path, read_error_text(error));
		return;
	}
	if (error != READ_OK) {
		fill_warn(f, s, DIAG_FILE, attr, path, NULL,
		    "banner %s %s and is not sent", path,
		    read_error_text(error));
		return;
	}
	if (length == 0)
		return;
	data->bytes = (const uint8_t *)bytes;
	data->length = length;
	s->given[data_attr] = true;
	s->where[data_attr] = s->where[attr];
}

/* Which program labels it: one that is not there would refuse each client. */
static void
check_label(struct fill *f, struct service *s)
{
#ifndef HAVE_SELINUX
	if ((s->flags & FLAG_LABELED) != 0)
		fill_refuse(f, s, DIAG_UNSUPPORTED, ATTR_FLAGS, "LABELED",
		    "build it with libselinux (configure --with-selinux), or "
		    "leave the flag out to run the server in the context that "
		    "the policy gives it",
		    "this sallyport was built without libselinux and cannot "
		    "run a server in its client's SELinux context");
#else
	if ((s->flags & FLAG_LABELED) != 0 &&
	    access("/sys/fs/selinux/enforce", F_OK) == -1)
		fill_warn(f, s, DIAG_UNSUPPORTED, ATTR_FLAGS, "LABELED", NULL,
		    "the kernel has no SELinux: every client is refused");
#endif
}

static void
check_nice(struct fill *f, struct service *s)
{
	if (s->given[ATTR_NICE] && s->nice < 0 &&
	    s->given[ATTR_LAUNCH_IDS] && s->launch_ids.uid != 0)
		fill_warn(f, s, DIAG_IGNORED, ATTR_NICE, NULL, NULL,
		    "a negative nice is for servers of root and has no effect "
		    "here");
}

/* A service that is refused already is looked at all the same, so that one
 * run shows as much as possible. */
static void
fill_service(struct fill *f, struct service *s)
{
	if (kind_table[s->kind].has_server)
		ids_fill(f, s);
	check_server(f, s);
	check_nice(f, s);
	check_label(f, s);
	read_banner(f, s, ATTR_BANNER, s->banner, &s->banner_data,
	    ATTR_BANNER_DATA);
	read_banner(f, s, ATTR_BANNER_SUCCESS, s->banner_success,
	    &s->banner_success_data, ATTR_BANNER_SUCCESS_DATA);
	read_banner(f, s, ATTR_BANNER_FAIL, s->banner_fail,
	    &s->banner_fail_data, ATTR_BANNER_FAIL_DATA);
	if (!s->refused)
		listen_fill(f, s);
	target_fill(f, s);
}

static bool
has_name(const struct access_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->entries[i].name != NULL)
			return true;
	return false;
}

/* Whether a client of it can make the dispatcher ask for names or ident. */
static bool
needs_lookup(const struct service *s, bool has_rules)
{
	return !s->refused && ((s->flags & FLAG_IDONLY) != 0 ||
	    ((s->flags & FLAG_NOLIBWRAP) == 0 && has_rules) ||
	    (s->log_on_success & LOG_USERID) != 0 ||
	    (s->log_on_failure & FAIL_USERID) != 0 ||
	    has_name(&s->only_from) || has_name(&s->no_access));
}

void
fill_policy(struct fill *f)
{
	clock_fill(f);
	for (unsigned i = 0; i < f->policy->count; i++) {
		if (!f->policy->services[i]->off)
			fill_service(f, f->policy->services[i]);
	}
	hosts_fill(f);
	for (unsigned i = 0; i < f->policy->count; i++) {
		if (!f->policy->services[i]->off &&
		    !f->policy->services[i]->refused)
			listen_filter(f, f->policy->services[i]);
	}
	for (unsigned i = 0; i < f->policy->count; i++)
		if (!f->policy->services[i]->off &&
		    needs_lookup(f->policy->services[i],
		    f->policy->gateway.wrap.count > 0))
			f->policy->gateway.lookups = true;
	f->policy->gateway.given[ATTR_LOOKUPS] = true;
}
