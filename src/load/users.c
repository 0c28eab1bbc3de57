/*
 * Users and groups as the local files have them, without any name service.
 *
 * Runs in sallyport-load as root. Two things must never come from a name
 * service, which may be a process on another machine: the ids of our own
 * helpers, and permission to be uid 0 or gid 0. fgetpwent() and fgetgrent()
 * read the one file they are given and nothing else.
 */
#include "load/users.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "shared/util.h"

#define ID_INVALID UINT32_MAX

/* A sentence that grows: "a, b, c". */
struct phrase {
	char *text;
	size_t size, used;
};

static void
phrase_add(struct phrase *p, const char *separator, const char *word)
{
	p->used += format_text(p->text + p->used, p->size - p->used, "%s%s",
	    p->used == 0 ? "" : separator, word);
}

static void
read_role_users(FILE *file, struct role_ids *roles, bool *seen)
{
	struct passwd *entry;

	while ((entry = fgetpwent(file)) != NULL) {
		for (int i = 0; i < ROLE_MAX; i++) {
			if (seen[i] ||
			    strcmp(entry->pw_name, role_user[i]) != 0)
				continue;
			seen[i] = true;
			roles->uid[i] = entry->pw_uid;
			roles->gid[i] = entry->pw_gid;
		}
	}
}

static bool
find_missing(const struct users_files *files, struct role_ids *roles,
    struct phrase *problem)
{
	bool seen[ROLE_MAX] = { false };
	bool has_group;
	FILE *file = fopen(files->passwd, "re");

	if (file == NULL) {
		phrase_add(problem, "", "the user database cannot be read");
		return false;
	}
	read_role_users(file, roles, seen);
	(void)fclose(file);	/* it was only read */
	for (int i = 0; i < ROLE_MAX; i++) {
		if (!seen[i])
			phrase_add(problem, ", ", role_user[i]);
	}
	has_group = users_find_group(files, OPS_GROUP, &roles->ops_gid);
	if (!has_group)
		phrase_add(problem, ", ", "group " OPS_GROUP);
	if (problem->used == 0)
		return true;
	phrase_add(problem, " ",
	    "missing in the local user database (sallyport's own users)");
	return false;
}

static bool
is_role_unsafe(uint32_t id)
{
	return id == 0 || id == ID_INVALID;
}

static bool
find_unsafe(const struct role_ids *roles, struct phrase *problem)
{
	for (int i = 0; i < ROLE_MAX; i++) {
		if (is_role_unsafe(roles->uid[i]) ||
		    is_role_unsafe(roles->gid[i])) {
			phrase_add(problem, "", role_user[i]);
			phrase_add(problem, " ",
			    "must have an ordinary uid and gid, not 0");
			return false;
		}
		for (int k = 0; k < i; k++) {
			if (roles->uid[i] != roles->uid[k])
				continue;
			phrase_add(problem, "", role_user[k]);
			phrase_add(problem, " and ", role_user[i]);
			phrase_add(problem, " ", "must not share one uid");
			return false;
		}
	}
	if (is_role_unsafe(roles->ops_gid)) {
		phrase_add(problem, "", "group " OPS_GROUP
		    " must have an ordinary gid, not 0");
		return false;
	}
	return true;
}

bool
users_roles(const struct users_files *files, struct role_ids *roles,
    char *problem, size_t size)
{
	struct phrase phrase = { .text = problem, .size = size };

	memset(roles, 0, sizeof(*roles));
	problem[0] = '\0';
	if (find_missing(files, roles, &phrase) && find_unsafe(roles, &phrase))
		return true;
	memset(roles, 0, sizeof(*roles));
	return false;
}

static bool
is_member(const struct group *group, const char *user)
{
	for (char **member = group->gr_mem; *member != NULL; member++) {
		if (strcmp(*member, user) == 0)
			return true;
	}
	return false;
}

static bool
is_in_group_zero(const struct users_files *files, const char *user)
{
	struct group *group;
	bool found = false;
	FILE *file = fopen(files->group, "re");

	if (file == NULL)
		return false;
	while (!found && (group = fgetgrent(file)) != NULL)
		found = group->gr_gid == 0 && is_member(group, user);
	(void)fclose(file);	/* it was only read */
	return found;
}

bool
users_find(const struct users_files *files, const char *name, uint32_t uid,
    struct users_entry *out)
{
	struct passwd *entry;
	bool found = false;
	FILE *file = fopen(files->passwd, "re");

	if (file == NULL)
		return false;
	while (!found && (entry = fgetpwent(file)) != NULL) {
		if (name != NULL ? strcmp(entry->pw_name, name) != 0 :
		    entry->pw_uid != uid)
			continue;
		found = true;
		out->uid = entry->pw_uid;
		out->gid = entry->pw_gid;
		out->is_in_group_zero = entry->pw_gid == 0 ||
		    is_in_group_zero(files, entry->pw_name);
	}
	(void)fclose(file);	/* it was only read */
	return found;
}

bool
users_find_group(const struct users_files *files, const char *name,
    uint32_t *gid)
{
	struct group *entry;
	bool found = false;
	FILE *file = fopen(files->group, "re");

	if (file == NULL)
		return false;
	while (!found && (entry = fgetgrent(file)) != NULL) {
		if (strcmp(entry->gr_name, name) != 0)
			continue;
		found = true;
		*gid = entry->gr_gid;
	}
	(void)fclose(file);	/* it was only read */
	return found;
}
