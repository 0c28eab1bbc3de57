/*
 * Argument and environment lists of a service. Root, at load; at a start
 * nothing is computed but the variables of the connection.
 */
#include "parent/launch.h"

#include <string.h>
#include <unistd.h>

#include "parent/variant.h"

/* What a server must not get from the daemon's environment: the dynamic
 * linker's switches and our service manager's addresses (D29). */
static const char *const stripped[] = {
	"LD_", "NOTIFY_SOCKET=", "LISTEN_", "WATCHDOG_", "MALLOC_", "GLIBC_",
};

/* The connection's own variables win over any that is configured. */
static const char *const own[LAUNCH_OWN_VARIABLES] = {
	"REMOTE_HOST=", "REMOTE_PORT=", "LOCAL_ADDR=", "LOCAL_PORT=",
	"SALLYPORT_CONN=", "REMOTE_UID=",
};

static bool
starts_with_any(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strncmp(text, list[i], strlen(list[i])) == 0)
			return true;
	}
	return false;
}

static size_t
name_length(const char *variable)
{
	const char *equals = strchr(variable, '=');

	return equals != NULL ? (size_t)(equals - variable) : strlen(variable);
}

static bool
is_same_name(const char *a, const char *b)
{
	size_t length = name_length(a);

	return name_length(b) == length && strncmp(a, b, length) == 0;
}

static bool
may_pass(const struct service *service, const char *variable)
{
	if (starts_with_any(variable, stripped,
	    sizeof(stripped) / sizeof(stripped[0])))
		return false;
	if (!service->given[ATTR_PASSENV])
		return true;
	for (unsigned i = 0; i < service->passenv.count; i++) {
		if (is_same_name(service->passenv.words[i], variable))
			return true;
	}
	return false;
}

/* Puts a variable into the list, in place of one of the same name. */
static void
put(struct launch *launch, const char *variable)
{
	if (starts_with_any(variable, own, LAUNCH_OWN_VARIABLES))
		return;
	for (unsigned i = 0; i < launch->env_count; i++) {
		if (is_same_name(launch->env[i], variable)) {
			launch->env[i] = variable;
			return;
		}
	}
	launch->env[launch->env_count++] = variable;
}

static bool
make_environment(struct launch *launch, const struct service *service,
    struct arena *arena)
{
	unsigned count = service->env.count;

	for (char **v = environ; v != NULL && *v != NULL; v++)
		count++;
	/* Room for the connection's variables and the final NULL, so that a
	 * start only fills them in. */
	launch->env = arena_alloc(arena, count + LAUNCH_OWN_VARIABLES + 1u,
	    sizeof(*launch->env));
	if (launch->env == NULL)
		return false;
	for (char **v = environ; v != NULL && *v != NULL; v++) {
		if (may_pass(service, *v))
			put(launch, *v);
	}
	for (unsigned i = 0; i < service->env.count; i++)
		put(launch, service->env.words[i]);
	return true;
}

/* With the flag LABELED the server is executed by another program of ours. */
static bool
make_arguments(struct launch *launch, const struct service *service,
    const char *libexec, struct arena *arena)
{
	bool is_labeled = (service->flags & FLAG_LABELED) != 0;
	unsigned count = service->server_args.count;
	unsigned next = 0;
	const char *slash;

	slash = strrchr(service->server, '/');
	launch->path = service->server;
	launch->argv = arena_alloc(arena, count + 4u, sizeof(*launch->argv));
	if (launch->argv == NULL)
		return false;
	if (is_labeled) {
		launch->path = arena_format(arena, "%s/sallyport-label",
		    libexec);
		launch->argv[next++] = arena_format(arena, "sallyport-label");
		launch->argv[next++] = arena_format(arena, "%s",
		    service->server);
	}
	if ((service->flags & FLAG_NAMEINARGS) == 0)
		launch->argv[next++] = arena_format(arena, "%s",
		    slash != NULL ? slash + 1 : service->server);
	for (unsigned i = 0; i < count; i++)
		launch->argv[next++] = arena_format(arena, "%s",
		    service->server_args.words[i]);
	return !arena_failed(arena);
}

bool
launch_make(struct launch *launch, const struct service *service,
    const char *libexec, struct arena *arena)
{
	launch->service = service;
	if (!kind_table[service->kind].has_server)
		return true;
	return make_arguments(launch, service, libexec, arena) &&
	    make_environment(launch, service, arena) &&
	    variant_make(launch, libexec, arena);
}
