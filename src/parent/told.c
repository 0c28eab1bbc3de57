/*
 * What a load has said before: see told.h. Root.
 */
#include "parent/told.h"

#include <stdlib.h>
#include <string.h>

static void
clear(struct told_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		free(list->texts[i]);
	list->count = 0;
}

static bool
holds(const struct told_list *list, const char *text)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->texts[i], text) == 0)
			return true;
	return false;
}

void
told_begin(struct told *told)
{
	clear(&told->now);
	told->again = 0;
}

bool
told_before(struct told *told, const char *text, size_t length)
{
	char *copy = told->now.count < TOLD_MAX ? strndup(text, length) : NULL;

	if (copy == NULL)
		return false;	/* rather twice than never */
	told->now.texts[told->now.count++] = copy;
	if (!holds(&told->in_force, copy))
		return false;
	told->again++;
	return true;
}

void
told_commit(struct told *told)
{
	clear(&told->in_force);
	told->in_force = told->now;
	told->now.count = 0;
}
