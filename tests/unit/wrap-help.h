/*
 * Rules from two texts, for tests of tcp wrappers' files.
 */
#ifndef TESTS_WRAP_HELP_H
#define TESTS_WRAP_HELP_H

#include <string.h>

#include "policy/out.h"
#include "policy/wrap.h"

struct told {
	unsigned faults, warnings;
	unsigned line;		/* of the last */
};

static bool
help_read(void *context, const char *path, const char **bytes, size_t *length)
{
	(void)context;
	if (strcmp(path, "/list") != 0)
		return false;
	*bytes = "10.9.0.0/16\n# 10.8.0.0/16\n.bad.example,evil.example\n";
	*length = strlen(*bytes);
	return true;
}

static void
help_report(void *context, const struct wrap_note *note)
{
	struct told *told = context;

	if (note->is_fault)
		told->faults++;
	else
		told->warnings++;
	told->line = note->line;
}

static bool
help_rules(struct arena *arena, struct wrap_rules *rules, const char *allow,
    const char *deny, struct told *told)
{
	struct wrap_source source = { .arena = arena, .read = help_read,
	    .report = help_report, .context = told, .file = 1 };

	memset(rules, 0, sizeof(*rules));
	memset(told, 0, sizeof(*told));
	source.bytes = allow;
	source.length = strlen(allow);
	if (!wrap_read(rules, &source))
		return false;
	source.bytes = deny;
	source.length = strlen(deny);
	source.is_deny = true;
	source.file = 2;
	return wrap_read(rules, &source) && wrap_fold(rules, arena);
}

#endif
