/*
 * Telling the service manager (sd_notify(3), one datagram each).
 */
#ifndef PARENT_NOTIFY_H
#define PARENT_NOTIFY_H

/* Each does nothing without NOTIFY_SOCKET, and never waits. */
void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);

#endif
