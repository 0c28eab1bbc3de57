/*
 * Host names in access lists that mean nobody at the moment.
 *
 * Runs in sallyport-load for a check, as root or as whoever checks; the resolver
 * child asks. Such a list is good, and a daemon that runs asks lookup at each
 * connection; but a name with a slip in it bans nobody, and nothing else shows
 * that.
 */
#include "load/names.h"

#define NAMES_MAX 64		/* that are asked for in one check */

static bool
check_list(struct fill *f, struct service *s, enum attr_id attr,
    const struct access_list *list, unsigned *asked)
{
	for (unsigned i = 0; list->present && i < list->count; i++) {
		const struct access_entry *entry = &list->entries[i];
		struct addr hosts[POLICY_LISTEN_MAX];
		unsigned count;

		if (entry->name == NULL || entry->is_suffix)
			continue;
		if ((*asked)++ >= NAMES_MAX)
			return false;
		switch (resolve_host(f->resolver, entry->name, hosts, &count)) {
		case RESOLVE_FOUND:
		case RESOLVE_TOO_MANY:
			break;
		case RESOLVE_UNKNOWN:
			fill_warn(f, s, DIAG_UNKNOWN_NAME, attr, entry->word,
			    "it is asked for again at each connection",
			    attr == ATTR_ONLY_FROM ?
			    "there is no host %s: nobody is let in by it" :
			    "there is no host %s: nobody is refused by it",
			    entry->name);
			break;
		default:
			return false;
		}
	}
	return true;
}

void
names_check(struct fill *f)
{
	unsigned asked = 0;

	for (unsigned i = 0; i < f->policy->count; i++) {
		struct service *s = f->policy->services[i];

		if (!s->off && !s->refused &&
		    (!check_list(f, s, ATTR_ONLY_FROM, &s->only_from, &asked) ||
		    !check_list(f, s, ATTR_NO_ACCESS, &s->no_access, &asked)))
			return;
	}
}
