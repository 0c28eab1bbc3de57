/*
 * Which user, group and supplementary groups a server gets, as numbers.
 *
 * Runs in sallyport-load. The table is xinetd's: a name brings its login group,
 * digits stand for uid and gid at once, supplementary groups come only with
 * "groups = yes". The name service may answer anything but zero: uid 0 and gid
 * 0 count only when the local files say the same, or when the configuration
 * itself says root or 0.
 */
#include "load/ids.h"

#include <string.h>

#include "shared/util.h"

#define ID_MAX (UINT32_MAX - 1)

static bool
is_number(const char *text, uint32_t *id)
{
	uint64_t value;

	if (!number_parse(text, ID_MAX, &value))
		return false;
	*id = (uint32_t)value;
	return true;
}

/* Digits alone are never a name; here they are too big for an id. */
static bool
is_all_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static void
refuse_zero(struct fill *f, struct service *s, enum attr_id attr,
    const char *value, const char *what)
{
	fill_refuse(f, s, DIAG_UNKNOWN_NAME, attr, value,
	    "the local files must say the same, or the configuration 0",
	    "the name service gives %s \"%s\"", what, value);
}

static bool
find_user(struct fill *f, struct service *s, struct launch_ids *ids)
{
	struct users_entry local;
	bool is_known;

	if (is_number(s->user, &ids->uid)) {
		ids->gid = ids->uid;
		return true;
	}
	if (is_all_digits(s->user)) {
		fill_refuse(f, s, DIAG_OUT_OF_RANGE, ATTR_USER, s->user, NULL,
		    "uid %s is out of range", s->user);
		return false;
	}
	if (!fill_answered(f, s, ATTR_USER,
	    resolve_user(f->resolver, s->user, &ids->uid, &ids->gid), "user",
	    s->user))
		return false;
	if (strcmp(s->user, "root") == 0)
		return true;
	is_known = users_find(&f->users, s->user, 0, &local);
	if (ids->uid == 0 && !(is_known && local.uid == 0)) {
		refuse_zero(f, s, ATTR_USER, s->user, "uid 0 to user");
		return false;
	}
	if (ids->gid == 0 && !s->given[ATTR_GROUP] &&
	    !(is_known && local.gid == 0)) {
		refuse_zero(f, s, ATTR_USER, s->user, "login group 0 to user");
		return false;
	}
	return true;
}

static bool
find_group(struct fill *f, struct service *s, enum attr_id attr,
    const char *group, uint32_t *gid)
{
	uint32_t local;

	if (is_number(group, gid))
		return true;
	if (is_all_digits(group)) {
		fill_refuse(f, s, DIAG_OUT_OF_RANGE, attr, group, NULL,
		    "gid %s is out of range", group);
		return false;
	}
	if (!fill_answered(f, s, attr, resolve_group(f->resolver, group, gid),
	    "group", group))
		return false;
	if (*gid != 0 || strcmp(group, "root") == 0 ||
	    (users_find_group(&f->users, group, &local) && local == 0))
		return true;
	refuse_zero(f, s, attr, group, "gid 0 to group");
	return false;
}

/* May the list that the name service gave hold group 0? */
static bool
may_have_group_zero(struct fill *f, const struct service *s, uint32_t uid)
{
	struct users_entry local;
	uint32_t digits;
	const char *name = is_number(s->user, &digits) ? NULL : s->user;

	if (uid == 0)
		return true;
	return users_find(&f->users, name, uid, &local) &&
	    local.is_in_group_zero;
}

static bool
find_groups(struct fill *f, struct service *s, struct launch_ids *ids)
{
	uint32_t groups[POLICY_GROUPS_MAX];
	enum resolve_result result;
	unsigned count;
	uint32_t digits;

	result = resolve_groups(f->resolver, s->user, groups, &count);
	if (result == RESOLVE_UNKNOWN && is_number(s->user, &digits)) {
		fill_warn(f, s, DIAG_IGNORED, ATTR_GROUPS, s->user, NULL,
		    "no user has uid %s, so there are no groups to give",
		    s->user);
		return true;
	}
	if (!fill_answered(f, s, ATTR_GROUPS, result, "groups of user",
	    s->user))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (groups[i] != 0 || may_have_group_zero(f, s, ids->uid))
			continue;
		refuse_zero(f, s, ATTR_GROUPS, s->user, "group 0 to user");
		return false;
	}
	ids->groups = arena_alloc(f->policy->arena, count, sizeof(groups[0]));
	if (ids->groups == NULL)
		return false;	/* the arena remembers */
	memcpy(ids->groups, groups, count * sizeof(groups[0]));
	ids->count = count;
	return true;
}

/* A server that runs as one of our own users could kill that helper. */
static bool
is_our_own(struct fill *f, struct service *s, const struct launch_ids *ids)
{
	const struct gateway *gateway = &f->policy->gateway;

	for (int i = 0; gateway->given[ATTR_ROLES] && i < ROLE_MAX; i++) {
		if (ids->uid != gateway->roles.uid[i])
			continue;
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_USER, s->user,
		    "give the service a user of its own",
		    "uid %u is %s, one of sallyport's own users", ids->uid,
		    role_user[i]);
		return true;
	}
	return false;
}

void
ids_fill(struct fill *f, struct service *s)
{
	struct launch_ids ids = { 0 };

	if (s->user == NULL)
		return;		/* the parser says so where one is needed */
	if (!find_user(f, s, &ids))
		return;
	if (s->given[ATTR_GROUP] && s->group != NULL && !find_group(f, s,
	    ATTR_GROUP, s->group, &ids.gid))
		return;
	if (s->groups && !find_groups(f, s, &ids))
		return;
	if (is_our_own(f, s, &ids))
		return;
	s->launch_ids = ids;
	s->given[ATTR_LAUNCH_IDS] = true;
	s->where[ATTR_LAUNCH_IDS] = s->where[ATTR_USER];
}

static bool
find_owner(struct fill *f, struct service *s, uint32_t *uid)
{
	const char *user = s->socket_user;
	struct users_entry local;
	uint32_t login_group;

	if (is_number(user, uid))
		return true;
	if (is_all_digits(user)) {
		fill_refuse(f, s, DIAG_OUT_OF_RANGE, ATTR_SOCKET_USER, user,
		    NULL, "uid %s is out of range", user);
		return false;
	}
	if (!fill_answered(f, s, ATTR_SOCKET_USER,
	    resolve_user(f->resolver, user, uid, &login_group), "user", user))
		return false;
	if (*uid != 0 || strcmp(user, "root") == 0 ||
	    (users_find(&f->users, user, 0, &local) && local.uid == 0))
		return true;
	refuse_zero(f, s, ATTR_SOCKET_USER, user, "uid 0 to user");
	return false;
}

bool
ids_fill_socket(struct fill *f, struct service *s)
{
	struct launch_ids ids = { 0 };

	if (s->given[ATTR_SOCKET_USER] && s->socket_user != NULL &&
	    !find_owner(f, s, &ids.uid))
		return false;
	if (s->given[ATTR_SOCKET_GROUP] && s->socket_group != NULL &&
	    !find_group(f, s, ATTR_SOCKET_GROUP, s->socket_group, &ids.gid))
		return false;
	s->socket_ids = ids;
	s->given[ATTR_SOCKET_IDS] = true;
	s->where[ATTR_SOCKET_IDS] = s->where[ATTR_SOCKET_PATH];
	return true;
}
