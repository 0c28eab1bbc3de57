/*
 * Launches as rules of hosts.allow change them. Root, at load: each is the
 * service with other values, so that a start does not know the difference.
 */
#include "parent/variant.h"

#include <string.h>

#include "parent/launch.h"

static bool
add_environment(struct service *s, const struct wrap_option *option,
    struct arena *arena)
{
	unsigned count = s->env.count + option->env_count;
	const char **words = arena_alloc(arena, count + 1u, sizeof(*words));

	if (words == NULL)
		return false;
	if (s->env.count > 0)
		memcpy(words, s->env.words, s->env.count * sizeof(*words));
	if (option->env_count > 0)
		memcpy(words + s->env.count, option->env,
		    option->env_count * sizeof(*words));
	s->env.words = words;
	s->env.count = count;
	return true;
}

static void
change_nice(struct service *s, int64_t more)
{
	int64_t nice = (s->given[ATTR_NICE] ? s->nice : 0) + more;

	s->nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	s->given[ATTR_NICE] = true;
}

static const struct service *
changed(const struct service *from, const struct wrap_option *option,
    struct arena *arena)
{
	struct service *s = arena_alloc(arena, 1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *from;
	s->wrap_options.count = 0;	/* it has no variants of its own */
	if (option->has_nice)
		change_nice(s, option->nice);
	if (option->has_umask) {
		s->umask = option->umask;
		s->given[ATTR_UMASK] = true;
	}
	/* The loader says so for servers of root alone; here it must hold. */
	if (option->has_ids && from->launch_ids.uid == 0)
		s->launch_ids = (struct launch_ids){ .uid = option->uid,
		    .gid = option->gid };
	if (option->is_keepalive)
		s->flags |= FLAG_KEEPALIVE;
	return add_environment(s, option, arena) ? s : NULL;
}

bool
variant_make(struct launch *launch, const char *libexec, struct arena *arena)
{
	const struct wrap_options *options = &launch->service->wrap_options;

	launch->variants = NULL;
	if (options->count == 0)
		return true;
	launch->variants = arena_alloc(arena, options->count,
	    sizeof(*launch->variants));
	for (unsigned i = 0; launch->variants != NULL && i < options->count;
	    i++) {
		const struct service *s = changed(launch->service,
		    &options->options[i], arena);

		if (s == NULL || !launch_make(&launch->variants[i], s, libexec,
		    arena))
			return false;
	}
	return launch->variants != NULL;
}

bool
variant_may_run_as(const struct service *s, uint32_t uid)
{
	for (unsigned i = 0; i < s->wrap_options.count; i++)
		if (s->wrap_options.options[i].has_ids &&
		    s->wrap_options.options[i].uid == uid)
			return true;
	return s->launch_ids.uid == uid;
}

const struct launch *
variant_choose(const struct launch *launch, uint32_t rule)
{
	const struct wrap_options *options = &launch->service->wrap_options;

	for (unsigned i = 0; i < options->count; i++)
		if (options->options[i].rule == rule)
			return &launch->variants[i];
	return launch;
}
