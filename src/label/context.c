/*
 * SELinux contexts as text. Runs as a service's user, in the process that
 * becomes its server.
 */
#include "label/context.h"

#include <errno.h>
#include <selinux/context.h>
#include <string.h>

char *
context_with_range(const char *base, const char *client)
{
	context_t to = context_new(base), from = context_new(client);
	const char *range = from == NULL ? NULL : context_range_get(from);
	char *text = NULL;

	errno = EINVAL;
	if (to != NULL && range != NULL && context_range_get(to) != NULL &&
	    context_range_set(to, range) == 0)
		text = strdup(context_str(to));
	if (to != NULL)
		context_free(to);
	if (from != NULL)
		context_free(from);
	return text;
}
