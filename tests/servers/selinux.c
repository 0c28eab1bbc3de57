/*
 * The kernel's half of libselinux for machines whose kernel has no SELinux: a
 * preloaded library that answers from the environment and writes down which
 * context was asked for. Everything of sallyport's and libselinux's own work on
 * contexts stays real.
 *
 * An unset variable is a kernel that fails with ENOPROTOOPT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int is_selinux_enabled(void);
int getcon(char **out);
int getpeercon(int fd, char **out);
int getfilecon(const char *path, char **out);
unsigned short string_to_security_class(const char *name);
int security_compute_create(const char *own, const char *program,
    unsigned short class, char **out);
int setexeccon(const char *context);

static int
answer(const char *variable, char **out)
{
	const char *value = getenv(variable);

	*out = value == NULL ? NULL : strdup(value);
	errno = ENOPROTOOPT;
	return *out == NULL ? -1 : 0;
}

int
is_selinux_enabled(void)
{
	return getenv("SELINUX_OWN") != NULL;
}

int
getcon(char **out)
{
	return answer("SELINUX_OWN", out);
}

int
getpeercon(int fd, char **out)
{
	return fd == 0 ? answer("SELINUX_CLIENT", out) : -1;
}

int
getfilecon(const char *path, char **out)
{
	return path[0] == '/' ? answer("SELINUX_FILE", out) : -1;
}

unsigned short
string_to_security_class(const char *name)
{
	return strcmp(name, "process") == 0 ? 2 : 0;
}

int
security_compute_create(const char *own, const char *program,
    unsigned short class, char **out)
{
	const char *file = getenv("SELINUX_FILE");

	if (class != 2 || file == NULL || strcmp(program, file) != 0 ||
	    strcmp(own, getenv("SELINUX_OWN")) != 0)
		return -1;
	return answer("SELINUX_SERVER", out);
}

int
setexeccon(const char *context)
{
	const char *path = getenv("SELINUX_ASKED");
	int fd = path == NULL ? -1 :
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t length = strlen(context);

	if (fd == -1 || write(fd, context, length) != (ssize_t)length)
		return -1;
	return close(fd);
}
