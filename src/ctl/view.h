/*
 * The daemon's state as an administrator may see it.
 */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/state.h"

struct view {			/* private copies: they no longer change */
	struct parent_state *parent;
	struct dispatch_state *dispatch;	/* NULL: none, or unreadable */
	struct log_state *log;			/* the same */
	struct relay_state *relay;		/* the same */
	uint64_t now_us;
};

enum view_result { VIEW_RUNNING, VIEW_STOPPED, VIEW_CANNOT };

/* Copies the state files below `run_dir`. Unless VIEW_RUNNING, `why` says what
 * the matter is, and there is nothing to free. */
enum view_result view_load(struct view *, const char *run_dir, char *why,
    size_t size);
void view_free(struct view *);

/* Number of service slots worth looking at, whatever the file says. */
unsigned view_services(const struct view *);
/* Is this slot something to show? */
bool view_is_shown(const struct state_service *);
/* "listening", "waiting" (for an address), "failed", "gone". */
const char *view_service_state(const struct state_service *);
/* "server", "redirect", ...; "?" when it is none. */
const char *view_kind(const struct state_service *);
/* Connections refused for this service, as far as they are known. */
uint64_t view_denied(const struct view *, const struct state_service *);

/* Counts of the dispatcher in force and of those before it. */
uint64_t view_accepted(const struct view *);
uint64_t view_allowed(const struct view *);
uint64_t view_denied_all(const struct view *);

#define VIEW_TEXT_MAX 512

/* A bounded, perhaps unterminated text; unprintable bytes as #ooo. */
const char *view_text(const char *bytes, size_t size,
    char out[static VIEW_TEXT_MAX]);
/* "uid 1000" for a UNIX peer, "192.0.2.1" or "2001:db8::1%eth0", "?" when it is none. */
const char *view_address(const struct record_addr *,
    char out[static VIEW_TEXT_MAX]);
/* The same with its port: "192.0.2.1:23", "[::]:23"; "UNIX socket". */
const char *view_listener(const struct record_addr *,
    char out[static VIEW_TEXT_MAX]);
/* "1,204". */
const char *view_count(uint64_t, char out[static VIEW_TEXT_MAX]);
/* "3 d 4 h" since then; "-" when then is unset or in the future. */
const char *view_age(uint64_t now_us, uint64_t then_us,
    char out[static VIEW_TEXT_MAX]);
/* "2026-11-24T03:12:09Z", "" when it is no time. */
const char *view_time(uint64_t us, char out[static VIEW_TEXT_MAX]);

#endif
