/*
 * The event loop: descriptors that become ready, and timers.
 *
 * A thin cover over libevent_core's plain events, so that nothing else of
 * ours knows the library. What is made before the sandbox is on can be armed
 * and disarmed afterwards without an allocation.
 */
#ifndef SHARED_LOOP_H
#define SHARED_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;

enum loop_when { LOOP_READABLE, LOOP_WRITABLE };

/* An empty loop on epoll, or NULL. */
struct loop *loop_new(void);

/* A disarmed watch that calls act(context) for as long as fd is ready, or
 * NULL. Level-triggered. fd must be open. */
struct loop_watch *loop_watch_new(struct loop *, int fd, enum loop_when,
    void (*act)(void *context), void *context);

/* Both may be called in any state; false when the kernel refuses. */
bool loop_watch_arm(struct loop_watch *);
bool loop_watch_disarm(struct loop_watch *);

/* A stopped one-shot timer, or NULL. */
struct loop_timer *loop_timer_new(struct loop *, void (*act)(void *context),
    void *context);

/* (Re)starts it; false when the library refuses. */
bool loop_timer_set(struct loop_timer *, uint64_t after_ms);
bool loop_timer_clear(struct loop_timer *);
bool loop_timer_is_set(const struct loop_timer *);

/* Runs until loop_stop(), or returns false when the loop itself failed. */
bool loop_run(struct loop *);
/* After the present callback, loop_run() returns. */
void loop_stop(struct loop *);

/* Releases a loop, or one of its parts (the parts first). NULL is allowed. */
void loop_watch_free(struct loop_watch *);
void loop_timer_free(struct loop_timer *);
void loop_free(struct loop *);

#endif
