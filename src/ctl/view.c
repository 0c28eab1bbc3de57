/*
 * The daemon's state as an administrator may see it.
 *
 * Runs in sallyport, as the caller. The files are written by processes that
 * may have fallen: each is copied once, so that nothing changes between a check
 * and its use, and then no index, length, time or text is believed.
 */
#include "ctl/view.h"

#include <sys/mman.h>

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/addr.h"
#include "policy/kind.h"
#include "shared/util.h"

#define SECOND_US UINT64_C(1000000)
#define TIME_MAX_US (UINT64_C(253402300799) * SECOND_US)  /* end of 9999 */

/* NULL with errno. */
static void *
copy_state(const char *run_dir, const char *name, char kind, size_t size)
{
	char path[PATH_MAX];
	const void *map;
	void *copy;

	if (strlen(run_dir) + strlen(name) + 2 > sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	(void)format_text(path, sizeof(path), "%s/%s", run_dir, name);
	map = state_open(path, kind, size);
	if (map == NULL)
		return NULL;
	copy = malloc(size);
	if (copy != NULL)
		memcpy(copy, map, size);
	/* Only our own view of the file goes away. */
	(void)munmap((void *)(uintptr_t)map, size);
	return copy;
}

static bool
is_alive(int32_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static enum view_result
explain(int error, const char *run_dir, char *why, size_t size)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		(void)format_text(why, size, "sallyport is not running "
		    "(there is no %s/" STATE_PARENT ")", run_dir);
		return VIEW_STOPPED;
	case EACCES:
	case EPERM:
		(void)format_text(why, size, "%s/" STATE_PARENT " may not be "
		    "read: be root or in group sallyport-ops", run_dir);
		return VIEW_CANNOT;
	case EPROTO:
		(void)format_text(why, size, "%s/" STATE_PARENT " is damaged "
		    "or of another version of sallyport", run_dir);
		return VIEW_CANNOT;
	default:
		(void)format_text(why, size, "%s/" STATE_PARENT ": %s",
		    run_dir, strerror(error));
		return VIEW_CANNOT;
	}
}

enum view_result
view_load(struct view *view, const char *run_dir, char *why, size_t size)
{
	memset(view, 0, sizeof(*view));
	view->parent = copy_state(run_dir, STATE_PARENT, 'P',
	    sizeof(*view->parent));
	if (view->parent == NULL)
		return explain(errno, run_dir, why, size);
	if (!is_alive(view->parent->pid)) {
		(void)format_text(why, size, "sallyport is not running "
		    "(its state is left over in %s)", run_dir);
		view_free(view);
		return VIEW_STOPPED;
	}
	view->dispatch = copy_state(run_dir, STATE_DISPATCH, 'D',
	    sizeof(*view->dispatch));
	view->log = copy_state(run_dir, STATE_LOG, 'L', sizeof(*view->log));
	view->relay = copy_state(run_dir, STATE_RELAY, 'R',
	    sizeof(*view->relay));
	view->now_us = wall_us();
	return VIEW_RUNNING;
}

void
view_free(struct view *view)
{
	free(view->parent);
	free(view->dispatch);
	free(view->log);
	free(view->relay);
	memset(view, 0, sizeof(*view));
}

unsigned
view_services(const struct view *view)
{
	uint32_t count = view->parent->service_count;

	return count < STATE_SERVICES ? count : STATE_SERVICES;
}

/* A slot stays behind when its service has gone from the configuration. */
bool
view_is_shown(const struct state_service *s)
{
	return s->status != SERVICE_UNUSED &&
	    (s->status != SERVICE_GONE || s->instances > 0);
}

const char *
view_service_state(const struct state_service *s)
{
	switch (s->status) {
	case SERVICE_LISTENING:
		return s->taken != 0 ? "partly" :
		    s->freebind != 0 ? "waiting" : "listening";
	case SERVICE_FAILED:
		return "failed";
	case SERVICE_GONE:
		return "gone";
	default:
		return "?";
	}
}

const char *
view_kind(const struct state_service *s)
{
	return s->kind < KIND_MAX ? kind_table[s->kind].name : "?";
}

static uint64_t
add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t
view_denied(const struct view *view, const struct state_service *s)
{
	if (view->dispatch == NULL || s->index >= STATE_SERVICES ||
	    s->status == SERVICE_GONE ||
	    view->dispatch->generation != view->parent->generation)
		return s->refused;
	/* The dispatcher counts what the parent refuses, too. */
	if (view->dispatch->services[s->index].denied > s->refused)
		return view->dispatch->services[s->index].denied;
	return s->refused;
}

/* Handed over by a dispatcher and turned away by the parent all the same. */
static uint64_t
refused_by_parent(const struct view *view)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < view_services(view); i++)
		sum = add(sum, view->parent->services[i].refused);
	return sum;
}

uint64_t
view_accepted(const struct view *view)
{
	return add(view->parent->accepted,
	    view->dispatch != NULL ? view->dispatch->accepted : 0);
}

uint64_t
view_allowed(const struct view *view)
{
	uint64_t refused = refused_by_parent(view);
	uint64_t handed = add(view->parent->allowed,
	    view->dispatch != NULL ? view->dispatch->handed : 0);

	return handed > refused ? handed - refused : 0;
}

uint64_t
view_denied_all(const struct view *view)
{
	uint64_t denied = add(view->parent->denied,
	    view->dispatch != NULL ? view->dispatch->denied : 0);

	return add(denied, refused_by_parent(view));
}

const char *
view_text(const char *bytes, size_t size, char out[static VIEW_TEXT_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < size && bytes[i] != '\0'; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (used + 5 > VIEW_TEXT_MAX)
			break;
		if (byte >= 0x20 && byte <= 0x7e) {
			out[used++] = (char)byte;
			continue;
		}
		out[used++] = '#';
		out[used++] = (char)('0' + (byte >> 6));
		out[used++] = (char)('0' + (byte >> 3 & 7));
		out[used++] = (char)('0' + (byte & 7));
	}
	out[used] = '\0';
	return out;
}

static bool
to_addr(const struct record_addr *in, struct addr *out)
{
	size_t length = in->family == ADDR_IPV4 ? 4 : 16;

	if (in->family != ADDR_IPV4 && in->family != ADDR_IPV6)
		return false;
	return addr_from_bytes(out, in->bytes, length);
}

const char *
view_address(const struct record_addr *in, char out[static VIEW_TEXT_MAX])
{
	char text[ADDR_TEXT_MAX], interface[IF_NAMESIZE];
	struct addr addr;

	if (in->family == RECORD_FAMILY_UNIX) {
		(void)format_text(out, VIEW_TEXT_MAX, "uid %u",
		    (unsigned)in->scope);
		return out;
	}
	if (!to_addr(in, &addr)) {
		(void)format_text(out, VIEW_TEXT_MAX, "?");
		return out;
	}
	(void)addr_format(&addr, text);
	if (addr.family == ADDR_IPV4 || in->scope == 0)
		(void)format_text(out, VIEW_TEXT_MAX, "%s", text);
	else if (if_indextoname(in->scope, interface) != NULL)
		(void)format_text(out, VIEW_TEXT_MAX, "%s%%%s", text,
		    interface);
	else
		(void)format_text(out, VIEW_TEXT_MAX, "%s%%%u", text,
		    (unsigned)in->scope);
	return out;
}

const char *
view_listener(const struct record_addr *in, char out[static VIEW_TEXT_MAX])
{
	char address[VIEW_TEXT_MAX];

	if (in->family == RECORD_FAMILY_UNIX) {
		(void)format_text(out, VIEW_TEXT_MAX, "UNIX socket");
		return out;
	}
	(void)view_address(in, address);
	(void)format_text(out, VIEW_TEXT_MAX,
	    strchr(address, ':') != NULL ? "[%s]:%u" : "%s:%u", address,
	    (unsigned)in->port);
	return out;
}

const char *
view_count(uint64_t number, char out[static VIEW_TEXT_MAX])
{
	char digits[32];
	size_t length = format_text(digits, sizeof(digits), "%llu",
	    (unsigned long long)number);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

const char *
view_age(uint64_t now_us, uint64_t then_us, char out[static VIEW_TEXT_MAX])
{
	unsigned long long s;

	if (then_us == 0 || then_us > now_us) {
		(void)format_text(out, VIEW_TEXT_MAX, "-");
		return out;
	}
	s = (now_us - then_us) / SECOND_US;
	if (s < 60)
		(void)format_text(out, VIEW_TEXT_MAX, "%llu s", s);
	else if (s < 3600)
		(void)format_text(out, VIEW_TEXT_MAX, "%llu min", s / 60);
	else if (s < 86400)
		(void)format_text(out, VIEW_TEXT_MAX, "%llu h %llu min",
		    s / 3600, s % 3600 / 60);
	else
		(void)format_text(out, VIEW_TEXT_MAX, "%llu d %llu h",
		    s / 86400, s % 86400 / 3600);
	return out;
}

const char *
view_time(uint64_t us, char out[static VIEW_TEXT_MAX])
{
	time_t seconds = (time_t)(us / SECOND_US);
	struct tm tm;

	out[0] = '\0';
	if (us == 0 || us > TIME_MAX_US || gmtime_r(&seconds, &tm) == NULL)
		return out;
	if (strftime(out, VIEW_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}
