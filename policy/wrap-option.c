/*
 * The options behind a rule of hosts.allow, as hosts_options(5) has them.
 *
 * Pure; runs in the loader. Commands are never run (D35): a line that refuses
 * still refuses, one that allows refuses and is a fault. The same is done with
 * what is not known, since it may have been meant to narrow.
 */
#include <string.h>
#include <strings.h>

#include "policy/type.h"
#include "policy/wrap-item.h"

#define BLANKS " \t\r"

struct reading {
	struct wrap_line *line;
	struct wrap_settings *settings;
	enum wrap_action action;
	bool is_decided;	/* allow or deny was said */
	bool is_spoilt;		/* must not allow */
	bool has_command;
};

/* False when the value cannot be read. */
typedef bool (*reader)(struct reading *, char *value);

static bool
decide(struct reading *r, const char *value, enum wrap_action action)
{
	r->is_decided = true;
	r->action = action;
	return value[0] == '\0';
}

static bool
read_allow(struct reading *r, char *value)
{
	return decide(r, value, WRAP_ALLOW);
}

static bool
read_deny(struct reading *r, char *value)
{
	return decide(r, value, WRAP_DENY);
}

static bool
read_command(struct reading *r, char *value)
{
	(void)value;
	r->has_command = true;
	return true;
}

static bool
read_nice(struct reading *r, char *value)
{
	bool is_negative = value[0] == '-';
	uint64_t number = 10;

	if (value[0] != '\0' && !type_decimal(value + is_negative, 20, &number))
		return false;
	r->settings->has_nice = true;
	r->settings->nice = is_negative ? -(int)number : (int)number;
	return true;
}

static bool
read_umask(struct reading *r, char *value)
{
	uint32_t mask = 0;

	if (value[0] == '\0' || strlen(value) > 4)
		return false;
	for (; *value >= '0' && *value <= '7'; value++)
		mask = mask * 8 + (uint32_t)(*value - '0');
	r->settings->has_umask = true;
	r->settings->umask = mask;
	return *value == '\0' && mask <= 0777;
}

static bool
is_account(const char *text)
{
	return text[0] != '\0' && strpbrk(text, BLANKS) == NULL;
}

/* "NAME" or "NAME.GROUP" */
static bool
read_user(struct reading *r, char *value)
{
	char *dot = strrchr(value, '.');

	if (dot != NULL) {
		*dot = '\0';
		r->settings->group = dot + 1;
		if (!is_account(dot + 1))
			return false;
	}
	r->settings->user = value;
	return is_account(value);
}

static bool
read_group(struct reading *r, char *value)
{
	r->settings->group = value;
	return is_account(value);
}

/* "NAME VALUE"; %-letters would need the connection. */
static bool
read_setenv(struct reading *r, char *value)
{
	size_t length = strcspn(value, BLANKS);
	const char *rest = value + length + strspn(value + length, BLANKS);

	if (length == 0 || memchr(value, '=', length) != NULL ||
	    strchr(rest, '%') != NULL ||
	    r->settings->env_count == WRAP_ENV_MAX)
		return false;
	r->settings->env[r->settings->env_count++] = arena_format(
	    r->line->source->arena, "%.*s=%s", (int)length, value, rest);
	return true;
}

static bool
read_keepalive(struct reading *r, char *value)
{
	r->settings->is_keepalive = true;
	return value[0] == '\0';
}

/* Understood, but nothing comes of it. */
static bool
read_idle(struct reading *r, char *value)
{
	(void)value;
	return wrap_tell(r->line, false, NULL,
	    "severity, banners, linger and rfc931 have no effect",
	    "log_type, banner_fail and log_on_success stand in the service");
}

static const struct option {
	const char *name;
	reader read;
	bool needs_value;
} options[] = {
	{ "allow", read_allow, false }, { "deny", read_deny, false },
	{ "spawn", read_command, true }, { "twist", read_command, true },
	{ "aclexec", read_command, true },
	{ "nice", read_nice, false }, { "umask", read_umask, true },
	{ "user", read_user, true }, { "group", read_group, true },
	{ "setenv", read_setenv, true },
	{ "keepalive", read_keepalive, false },
	{ "severity", read_idle, true }, { "banners", read_idle, true },
	{ "linger", read_idle, true }, { "rfc931", read_idle, false },
};

static char *
trim(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	for (length = strlen(text); length > 0 &&
	    strchr(BLANKS, text[length - 1]) != NULL; length--)
		text[length - 1] = '\0';
	return text;
}

static bool
spoil(struct reading *r, const char *value, const char *message)
{
	r->is_spoilt = true;
	return wrap_tell(r->line, true, value, message,
	    "the line refuses whom it names");
}

/* "NAME", "NAME VALUE" or "NAME = VALUE" */
static bool
read_option(struct reading *r, char *field)
{
	const char *whole;
	char *name = trim(field), *value;
	size_t length = strcspn(name, BLANKS "=");

	whole = arena_text(r->line->source->arena, name, strlen(name));
	value = name + length + strspn(name + length, BLANKS);
	if (*value == '=')
		value = trim(value + 1);
	name[length] = '\0';
	if (r->is_decided)
		return spoil(r, whole, "stands behind allow or deny");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcasecmp(options[i].name, name) != 0)
			continue;
		if ((options[i].needs_value && *value == '\0') ||
		    !options[i].read(r, value))
			return spoil(r, whole, "the option cannot be read");
		return true;
	}
	return spoil(r, whole, "there is no such option");
}

static bool
changes_launch(const struct wrap_settings *s)
{
	return s->has_nice || s->has_umask || s->is_keepalive ||
	    s->user != NULL || s->group != NULL || s->env_count > 0;
}

void
wrap_read_options(struct wrap_line *line, char **fields, unsigned count,
    enum wrap_action *action, const struct wrap_settings **settings)
{
	struct reading r = { .line = line, .action = *action };

	*settings = NULL;
	r.settings = arena_alloc(line->source->arena, 1, sizeof(*r.settings));
	for (unsigned i = 0; r.settings != NULL && i < count; i++)
		(void)read_option(&r, fields[i]);	/* has been reported */
	if (r.has_command && r.action == WRAP_ALLOW)
		(void)spoil(&r, NULL, "spawn, twist and aclexec are not run");
	else if (r.has_command)
		wrap_tell(line, false, NULL, "spawn, twist and aclexec are not "
		    "run; the line only refuses", NULL);
	*action = r.is_spoilt || r.settings == NULL ? WRAP_DENY : r.action;
	if (*action == WRAP_ALLOW && changes_launch(r.settings)) {
		*action = WRAP_ADAPT;
		*settings = r.settings;
	}
}
