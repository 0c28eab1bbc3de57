/*
 * The table of kinds; see kind.h.
 *
 * Pure; in every process.
 */
#include "policy/kind.h"

#include <stddef.h>
#include <strings.h>

#include "policy/policy.h"

const struct kind_info kind_table[KIND_MAX] = {
	[KIND_SERVER] = { .name = "server", .starter = STARTER_PARENT,
	    .has_listener = true, .has_server = true },
	[KIND_WAIT] = { .name = "wait", .starter = STARTER_PARENT,
	    .has_listener = true, .is_passed = true, .has_server = true },
	[KIND_WAIT_DGRAM] = { .name = "wait-dgram", .starter = STARTER_PARENT,
	    .has_listener = true, .is_dgram = true, .is_passed = true,
	    .has_server = true },
	[KIND_REDIRECT] = { .name = "redirect", .starter = STARTER_RELAY,
	    .has_listener = true },
	[KIND_RELAYED] = { .name = "relayed", .starter = STARTER_RELAY,
	    .has_listener = true },
	[KIND_ANSWERED] = { .name = "answered", .has_listener = true,
	    .is_dgram = true },
	[KIND_MUX] = { .name = "mux", .has_listener = true },
	[KIND_MUX_CLIENT] = { .name = "mux-client", .starter = STARTER_PARENT,
	    .has_server = true },
	[KIND_SENSOR] = { .name = "sensor", .has_listener = true },
	[KIND_SENSOR_DGRAM] = { .name = "sensor-dgram", .has_listener = true,
	    .is_dgram = true },
};

enum internal
internal_find(const char *name)
{
	static const struct {
		const char *name;
		enum internal internal;
	} table[] = {
		{ "echo", INTERNAL_ECHO }, { "discard", INTERNAL_DISCARD },
		{ "chargen", INTERNAL_CHARGEN },
		{ "daytime", INTERNAL_DAYTIME }, { "time", INTERNAL_TIME },
		{ "tcpmux", INTERNAL_TCPMUX },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcasecmp(table[i].name, name) == 0)
			return table[i].internal;
	return INTERNAL_NONE;
}

enum service_kind
kind_of(const struct service *s)
{
	bool is_dgram = s->socket_type == SOCKET_DGRAM;

	if ((s->flags & FLAG_SENSOR) != 0)
		return is_dgram ? KIND_SENSOR_DGRAM : KIND_SENSOR;
	if ((s->type & (TYPE_TCPMUX | TYPE_TCPMUXPLUS)) != 0)
		return KIND_MUX_CLIENT;
	if ((s->type & TYPE_INTERNAL) != 0 && is_dgram)
		return KIND_ANSWERED;
	if ((s->type & TYPE_INTERNAL) != 0)
		return internal_find(s->name) == INTERNAL_TCPMUX ? KIND_MUX :
		    KIND_RELAYED;
	if (s->given[ATTR_REDIRECT])
		return KIND_REDIRECT;
	if (!s->wait)
		return KIND_SERVER;
	return is_dgram ? KIND_WAIT_DGRAM : KIND_WAIT;
}
