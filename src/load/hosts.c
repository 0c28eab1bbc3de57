/*
 * hosts.allow and hosts.deny: do they say anything?
 *
 * Runs in sallyport-load. This release does not evaluate tcp wrappers' files.
 * A machine that relies on them must not be opened by that: as long as one of
 * them holds a rule, services that xinetd would have checked against it are not
 * offered. A file that cannot be read might hold one.
 */
#include "load/hosts.h"

#include <string.h>

#include "shared/util.h"

/* Only '#' in the first column makes a comment, as in hosts_access(5). */
static bool
is_active(const char *line, size_t length)
{
	if (length > 0 && line[0] == '#')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (strchr(" \t\r", line[i]) == NULL || line[i] == '\0')
			return true;
	}
	return false;
}

unsigned
hosts_active_line(const char *bytes, size_t length)
{
	unsigned number = 1;
	size_t at = 0;

	while (at < length) {
		const char *end = memchr(bytes + at, '\n', length - at);
		size_t line = end != NULL ? (size_t)(end - bytes) - at :
		    length - at;

		if (is_active(bytes + at, line))
			return number;
		at += line + 1;
		number++;
	}
	return 0;
}

enum finding { FINDING_NONE, FINDING_RULE, FINDING_UNSURE };

/* Looks into one file; `text` says what was found. */
static enum finding
examine(struct fill *f, const char *path, char *text, size_t size)
{
	enum read_error error;
	const char *bytes;
	size_t length;
	unsigned line;

	error = read_trusted(&f->rights, f->policy->arena, path, PARSE_FILE_MAX,
	    &bytes, &length);
	if (error == READ_MISSING)
		return FINDING_NONE;
	if (error != READ_OK) {
		(void)format_text(text, size, "%s %s, so its rules are unknown",
		    path, read_error_text(error));
		/* Root will be able to read it. */
		return error == READ_DENIED && f->rights.owner != 0 ?
		    FINDING_UNSURE : FINDING_RULE;
	}
	line = hosts_active_line(bytes, length);
	if (line == 0)
		return FINDING_NONE;
	(void)format_text(text, size,
	    "%s:%u has a rule, and tcp wrappers' files are not evaluated",
	    path, line);
	return FINDING_RULE;
}

void
hosts_fill(struct fill *f)
{
	static const char hint[] = "move the rule into only_from or no_access "
	    "and give the service flags = NOLIBWRAP";
	const char *paths[] = { f->hosts_allow, f->hosts_deny };
	enum finding finding = FINDING_NONE;
	char text[FILL_TEXT_MAX];
	const char *path = NULL;

	for (int i = 0; i < 2 && finding != FINDING_RULE; i++) {
		char found[FILL_TEXT_MAX];
		enum finding one = examine(f, paths[i], found, sizeof(found));

		if (one == FINDING_NONE)
			continue;
		finding = one;
		path = paths[i];
		(void)format_text(text, sizeof(text), "%s", found);
	}
	for (unsigned i = 0; i < f->policy->count; i++) {
		struct service *s = f->policy->services[i];

		if (s->off || s->refused ||
		    (s->flags & FLAG_NOLIBWRAP) != 0)
			continue;
		if (finding == FINDING_RULE)
			fill_refuse(f, s, DIAG_LIBWRAP, ATTR_FLAGS, path, hint,
			    "%s", text);
		else if (finding == FINDING_UNSURE)
			fill_warn(f, s, DIAG_LIBWRAP, ATTR_FLAGS, path, hint,
			    "%s", text);
	}
}
