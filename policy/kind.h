/*
 * Kinds of services: what a service's connections or datagrams go through.
 *
 * Pure. The loader derives the kind once (check-kind.c) and writes it into every
 * text; parent, dispatch, log and ctl read this table and ask nothing else
 * about type, wait, socket_type and redirect.
 */
#ifndef POLICY_KIND_H
#define POLICY_KIND_H

#include <stdbool.h>

enum service_kind {
	KIND_SERVER,		/* stream: a server for each connection */
	KIND_WAIT,		/* stream: one server has the listener */
	KIND_WAIT_DGRAM,	/* datagrams: one server has the socket */
	KIND_REDIRECT,		/* stream: relay, to another host */
	KIND_RELAYED,		/* stream: relay answers by itself */
	KIND_ANSWERED,		/* datagrams: dispatch answers by itself */
	KIND_MUX,		/* stream: tcpmux, in dispatch */
	KIND_MUX_CLIENT,	/* stream: a server reached through tcpmux */
	KIND_SENSOR,		/* stream: recorded and closed */
	KIND_SENSOR_DGRAM,	/* datagrams: recorded */
	KIND_MAX
};

enum kind_starter {		/* who serves an allowed client */
	STARTER_NOBODY,		/* dispatch itself, or nobody */
	STARTER_PARENT,		/* a server process */
	STARTER_RELAY
};

struct kind_info {
	const char *name;	/* a word of the canonical text */
	enum kind_starter starter;
	bool has_listener;	/* false: reached through another service */
	bool is_dgram;
	bool is_passed;		/* the server gets the listener itself */
	bool has_server;	/* needs server, user and their ids */
};
extern const struct kind_info kind_table[KIND_MAX];

/* Internal services, by the name of the service (RFC 862 to 868, 1078). */
enum internal {
	INTERNAL_NONE, INTERNAL_ECHO, INTERNAL_DISCARD, INTERNAL_CHARGEN,
	INTERNAL_DAYTIME, INTERNAL_TIME, INTERNAL_TCPMUX
};

/* Case-blind; INTERNAL_NONE when there is none of that name. */
enum internal internal_find(const char *name);

struct service;

/* What the attributes of a service that passed check.c amount to. */
enum service_kind kind_of(const struct service *);

#endif
