/*
 * Users and groups as the local files have them, without any name service.
 */
#ifndef LOAD_USERS_H
#define LOAD_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

struct users_files {
	const char *passwd, *group;	/* "/etc/passwd", "/etc/group" */
};

/* The ids of our own processes. False with one sentence in `problem` when a
 * user or the group is missing, has id 0, or two roles share a uid; *roles is
 * then all zero. */
bool users_roles(const struct users_files *, struct role_ids *roles,
    char *problem, size_t size);

struct users_entry {
	uint32_t uid, gid;
	bool is_in_group_zero;	/* as login group or as a member */
};

/* A user by name, or by uid when name is NULL. */
bool users_find(const struct users_files *, const char *name, uint32_t uid,
    struct users_entry *);
bool users_find_group(const struct users_files *, const char *name,
    uint32_t *gid);

#endif
