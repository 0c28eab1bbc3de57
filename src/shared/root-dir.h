/*
 * Directories that only root can change, and only root can put another one in
 * the place of.
 */
#ifndef SHARED_ROOT_DIR_H
#define SHARED_ROOT_DIR_H

#include <limits.h>

/*
 * An O_PATH descriptor of the directory of that absolute path. Every directory
 * on the way from "/" to it must belong to root and be writable by nobody
 * else, a sticky bit or not; a symbolic link on the way must be root's too. So
 * the path means the same until root changes it. -1 with errno; EPERM: somebody
 * else could change it. `part` then says which part of the way it was, else
 * where the directory really is.
 */
int root_dir_open(const char *path, char part[static PATH_MAX]);

#endif
