/*
 * A name service that never answers, for tests (libnss_hang.so.2).
 *
 * Loaded into whoever looks up a user or a group that the sources in front of
 * it do not know. Waits for ever, as a directory server behind a broken line
 * does.
 */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

enum nss_status _nss_hang_getpwnam_r(const char *, struct passwd *, char *,
    size_t, int *);
enum nss_status _nss_hang_getgrnam_r(const char *, struct group *, char *,
    size_t, int *);

static enum nss_status
hang(int *error)
{
	for (int i = 0; i < 1000; i++)
		(void)sleep(3600);
	*error = EAGAIN;
	return NSS_STATUS_TRYAGAIN;
}

enum nss_status
_nss_hang_getpwnam_r(const char *name, struct passwd *out, char *buffer,
    size_t size, int *error)
{
	(void)name;
	(void)out;
	(void)buffer;
	(void)size;
	return hang(error);
}

enum nss_status
_nss_hang_getgrnam_r(const char *name, struct group *out, char *buffer,
    size_t size, int *error)
{
	(void)name;
	(void)out;
	(void)buffer;
	(void)size;
	return hang(error);
}
