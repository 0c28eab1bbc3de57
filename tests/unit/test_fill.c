/*
 * Users, ports and listeners of a service, with a name service that says what
 * the test wants: it stands in for resolve.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "load/fill.h"
#include "load/listen.h"
#include "load/networks.h"

static char passwd_path[] = "test_fill.passwd.XXXXXX";
static char group_path[] = "test_fill.group.XXXXXX";

/* The fake name service. "evil" says 0, "slow" nothing, "sick" fails. */
static enum resolve_result
fate(const char *name)
{
	if (strcmp(name, "slow") == 0)
		return RESOLVE_SILENT;
	if (strcmp(name, "sick") == 0)
		return RESOLVE_FAILED;
	return strncmp(name, "no", 2) == 0 ? RESOLVE_UNKNOWN : RESOLVE_FOUND;
}

enum resolve_result
resolve_user(struct resolver *r, const char *name, uint32_t *uid, uint32_t *gid)
{
	(void)r;
	*uid = 100;
	*gid = 200;
	if (strcmp(name, "root") == 0 || strcmp(name, "toor") == 0 ||
	    strcmp(name, "evil") == 0)
		*uid = *gid = 0;
	if (strcmp(name, "evilgroup") == 0 || strcmp(name, "operator") == 0)
		*gid = 0;
	return fate(name);
}

enum resolve_result
resolve_group(struct resolver *r, const char *name, uint32_t *gid)
{
	(void)r;
	*gid = strcmp(name, "root") == 0 || strcmp(name, "wheel") == 0 ||
	    strcmp(name, "evil") == 0 ? 0 : 300;
	return fate(name);
}

enum resolve_result
resolve_groups(struct resolver *r, const char *user,
    uint32_t groups[static POLICY_GROUPS_MAX], unsigned *count)
{
	(void)r;
	groups[0] = 200;
	groups[1] = strcmp(user, "alice") == 0 || user[0] == '1' ? 201 : 0;
	*count = 2;
	return strcmp(user, "1999") == 0 ? RESOLVE_UNKNOWN : fate(user);
}

enum resolve_result
resolve_port(struct resolver *r, const char *name, const char *protocol,
    uint16_t *port)
{
	(void)r;
	(void)protocol;
	*port = 23;
	return fate(name);
}

enum resolve_result
resolve_rpc(struct resolver *r, const char *name, uint32_t *program)
{
	(void)r;
	*program = 100001;
	return fate(name);
}

enum resolve_result
resolve_host(struct resolver *r, const char *name,
    struct addr out[static POLICY_LISTEN_MAX], unsigned *count)
{
	(void)r;
	memset(out, 0, POLICY_LISTEN_MAX * sizeof(out[0]));
	*count = 0;
	if (strcmp(name, "four") != 0) {
		(void)addr_parse(&out[*count], "2001:db8::1");
		(*count)++;
	}
	if (strcmp(name, "six") != 0) {
		(void)addr_parse(&out[*count], strcmp(name, "evil") == 0 ?
		    "0.0.0.0" : "192.0.2.1");
		(*count)++;
	}
	return fate(name);
}

#ifdef HAVE_TIRPC
#define HAS_RPC true
#else
#define HAS_RPC false
#endif

struct setup {
	struct policy policy;
	struct service service;
	struct sources sources;
	struct fill fill;
};

static struct setup *
prepare(void)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->policy.arena = arena_new(8 << 20);
	assert_non_null(s->policy.arena);
	diag_init(&s->policy.diags, s->policy.arena);
	s->policy.services = arena_alloc(s->policy.arena, 1, sizeof(void *));
	s->policy.services[0] = &s->service;
	s->policy.count = 1;
	s->policy.gateway.given[ATTR_ROLES] = true;
	for (int i = 0; i < ROLE_MAX; i++)
		s->policy.gateway.roles.uid[i] = 990u + (unsigned)i;
	s->service.name = s->service.id = "telnet";
	s->service.protocol = "tcp";
	s->service.flags = FLAG_NOLIBWRAP;
	s->fill = (struct fill) {
		.policy = &s->policy,
		.users = { passwd_path, group_path },
		.rights = { .owner = geteuid() },
		.hosts_allow = "/nonexistent/a", .hosts_deny = "/nonexistent/b",
		.zone_folder = "/nonexistent", .local_zone = "/nonexistent/z",
		.sources = &s->sources,
		.has_ipv6 = true,
	};
	sources_begin(&s->sources, &s->fill.rights);
	return s;
}

static void
finish(struct setup *s)
{
	sources_end(&s->sources);
	arena_free(s->policy.arena);
	free(s);
}

/* The table of xinetd's behaviour, and what a name service may not do. */
static const struct ids_row {
	const char *name;
	const char *user, *group;	/* NULL: not given */
	bool groups;
	bool is_good;
	uint32_t uid, gid;
	unsigned count;
} ids_rows[] = {
	{ "one of our own users", "994", NULL, false, false, 0, 0, 0 },
	{ "none of them", "995", NULL, false, true, 995, 995, 0 },
	{ "user", "alice", NULL, false, true, 100, 200, 0 },
	{ "user, groups", "alice", NULL, true, true, 100, 200, 2 },
	{ "user, group", "alice", "staff", false, true, 100, 300, 0 },
	{ "user, group, groups", "alice", "staff", true, true, 100, 300, 2 },
	{ "digits", "1234", NULL, false, true, 1234, 1234, 0 },
	{ "digits, group", "1234", "staff", false, true, 1234, 300, 0 },
	{ "digits, group in digits", "1234", "7", false, true, 1234, 7, 0 },
	{ "digits of a known uid, groups", "1", NULL, true, true, 1, 1, 2 },
	{ "digits of nobody, groups", "1999", NULL, true, true, 1999, 1999, 0 },
	{ "root", "root", NULL, false, true, 0, 0, 0 },
	{ "zero", "0", NULL, false, true, 0, 0, 0 },
	{ "second root of the local file", "toor", NULL, false, true, 0, 0, 0 },
	{ "root by the name service", "evil", NULL, false, false, 0, 0, 0 },
	{ "the same with a group of its own", "evil", "staff", false, false, 0,
	    0, 0 },
	{ "login group 0 of the local file", "operator", NULL, false, true,
	    100, 0, 0 },
	{ "login group 0 by the name service", "evilgroup", NULL, false, false,
	    0, 0, 0 },
	{ "the same with a group of its own", "evilgroup", "staff", false, true,
	    100, 300, 0 },
	{ "group root", "alice", "root", false, true, 100, 0, 0 },
	{ "gid 0 of the local file", "alice", "wheel", false, true, 100, 0, 0 },
	{ "gid 0 by the name service", "alice", "evil", false, false, 0, 0, 0 },
	{ "group 0 among groups", "bob", NULL, true, false, 0, 0, 0 },
	{ "the same, member in the local file", "carol", NULL, true, true, 100,
	    200, 2 },
	{ "unknown user", "nobody-x", NULL, false, false, 0, 0, 0 },
	{ "unknown group", "alice", "nogroup-x", false, false, 0, 0, 0 },
	{ "sick name service", "sick", NULL, false, false, 0, 0, 0 },
	{ "uid -1", "4294967295", NULL, false, false, 0, 0, 0 },
	{ "uid beyond", "9999999999999999999999", NULL, false, false, 0, 0, 0 },
	{ "gid beyond", "alice", "4294967296", false, false, 0, 0, 0 },
};

static void
ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ids_rows) / sizeof(ids_rows[0]); i++) {
		const struct ids_row *row = &ids_rows[i];
		struct setup *s = prepare();
		struct service *service = &s->service;

		service->user = row->user;
		service->group = row->group;
		service->given[ATTR_GROUP] = row->group != NULL;
		service->groups = row->groups;
		fill_policy(&s->fill);
		if (service->given[ATTR_LAUNCH_IDS] != row->is_good ||
		    service->refused == row->is_good ||
		    service->launch_ids.uid != row->uid ||
		    service->launch_ids.gid != row->gid ||
		    service->launch_ids.count != row->count)
			fail_msg("%s: %u %u %u", row->name,
			    service->launch_ids.uid, service->launch_ids.gid,
			    service->launch_ids.count);
		finish(s);
	}
}

static void
silence_refuses_the_load_once(void **state)
{
	struct setup *s = prepare();

	(void)state;
	s->service.user = "slow";
	s->service.given[ATTR_BIND] = true;
	s->service.bind = "slow";
	fill_policy(&s->fill);
	assert_int_equal(s->policy.diags.load_errors, 1);
	assert_false(s->service.given[ATTR_LAUNCH_IDS]);
	assert_false(s->service.given[ATTR_LISTEN]);
	finish(s);
}

static const struct port_row {
	const char *name;
	const char *service;
	uint64_t type, port;
	bool given, is_good;
	uint64_t expected;
} port_rows[] = {
	{ "from the database", "telnet", 0, 0, false, true, 23 },
	{ "as the database", "telnet", 0, 23, true, true, 23 },
	{ "not as the database", "telnet", 0, 24, true, false, 24 },
	{ "not in the database", "nothing", 0, 0, false, false, 0 },
	{ "port, not in the database", "nothing", 0, 99, true, false, 99 },
	{ "unlisted", "nothing", TYPE_UNLISTED, 99, true, true, 99 },
	{ "unlisted, another port", "telnet", TYPE_UNLISTED, 99, true, true,
	    99 },
	{ "unlisted without a port", "telnet", TYPE_UNLISTED, 0, false, false,
	    0 },
};

static void
ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(port_rows) / sizeof(port_rows[0]); i++) {
		const struct port_row *row = &port_rows[i];
		struct setup *s = prepare();

		s->service.name = row->service;
		s->service.type = row->type;
		s->service.port = row->port;
		s->service.given[ATTR_PORT] = row->given;
		fill_policy(&s->fill);
		if (s->service.refused == row->is_good ||
		    s->service.given[ATTR_LISTEN] != row->is_good ||
		    s->service.port != row->expected)
			fail_msg("%s", row->name);
		if (row->is_good)
			assert_int_equal(s->service.listen.addrs[0].port,
			    row->expected);
		finish(s);
	}
}

#define V4 FLAG_IPV4
#define V6 FLAG_IPV6

static const struct listen_row {
	const char *name;
	const char *bind;	/* NULL: not given */
	uint64_t flags;
	bool v6only, has_ipv6;
	const char *expected;	/* addresses, each with a blank; "" refused */
} listen_rows[] = {
	{ "everywhere", NULL, 0, false, true, "0.0.0.0 :: " },
	{ "no IPv6 here", NULL, 0, false, false, "0.0.0.0 " },
	{ "flag IPv4", NULL, V4, false, true, "0.0.0.0 " },
	{ "flag IPv6", NULL, V6, false, true, "0.0.0.0 :: " },
	{ "both flags", NULL, V4 | V6, false, true, "0.0.0.0 :: " },
	{ "flag IPv6, v6only", NULL, V6, true, true, ":: " },
	{ "v6only", NULL, 0, true, true, ":: " },
	{ "v6only, no IPv6 here", NULL, V6, true, false, "" },
	{ "flag IPv6, no IPv6 here", NULL, V6, false, false, "0.0.0.0 " },
	{ "IPv4 literal", "192.0.2.7", 0, false, true, "192.0.2.7 " },
	{ "IPv6 literal", "2001:db8::7", 0, false, true, "2001:db8::7 " },
	{ "IPv6 wildcard takes both", "::", 0, false, true, "0.0.0.0 :: " },
	{ "IPv6 wildcard, v6only", "::", 0, true, true, ":: " },
	{ "IPv6 wildcard, flag IPv4", "::", V4, false, true, "" },
	{ "IPv4 wildcard is IPv4", "0.0.0.0", 0, false, true, "0.0.0.0 " },
	{ "mapped literal", "::ffff:192.0.2.7", 0, false, true, "192.0.2.7 " },
	{ "IPv4 literal, flag IPv6 (D11)", "192.0.2.7", V6, false, true, "" },
	{ "IPv6 literal, flag IPv4", "2001:db8::7", V4, false, true, "" },
	{ "IPv6 literal, no IPv6 here", "2001:db8::7", 0, false, false, "" },
	{ "link-local without interface", "fe80::1", 0, false, true, "" },
	{ "unknown interface", "fe80::1%nosuch0", 0, false, true, "" },
	{ "link-local", "fe80::1%lo", 0, false, true, "fe80::1 " },
	{ "interface alone", "lo", 0, false, true, "" },
	{ "name, IPv6 first", "both", 0, false, true,
	    "2001:db8::1 192.0.2.1 " },
	{ "name, flag IPv4", "both", V4, false, true, "192.0.2.1 " },
	{ "name, flag IPv6", "both", V6, false, true, "2001:db8::1 " },
	{ "name, no IPv6 here", "both", 0, false, false, "192.0.2.1 " },
	{ "name of the wrong family", "six", V4, false, true, "" },
	{ "name that says everywhere", "evil", 0, false, true, "" },
	{ "unknown name", "nohost", 0, false, true, "" },
};

static void
listeners(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(listen_rows) / sizeof(listen_rows[0]);
	    i++) {
		const struct listen_row *row = &listen_rows[i];
		struct setup *s = prepare();
		struct service *service = &s->service;
		char all[POLICY_LISTEN_MAX * (ADDR_TEXT_MAX + 1)] = "";

		service->bind = row->bind;
		service->given[ATTR_BIND] = row->bind != NULL;
		service->flags |= row->flags;
		service->v6only = row->v6only;
		s->fill.has_ipv6 = row->has_ipv6;
		fill_policy(&s->fill);
		for (unsigned k = 0; k < service->listen.count; k++) {
			char text[ADDR_TEXT_MAX];

			(void)addr_format(&service->listen.addrs[k].addr, text);
			strcat(all, text);
			strcat(all, " ");
			assert_int_equal(service->listen.addrs[k].port, 23);
		}
		if (strcmp(all, row->expected) != 0 ||
		    service->refused != (row->expected[0] == '\0') ||
		    service->given[ATTR_LISTEN] == service->refused)
			fail_msg("%s: \"%s\"", row->name, all);
		finish(s);
	}
}

static const struct server_row {
	const char *name, *server;
	bool is_good;
} server_rows[] = {
	{ "a program", "/bin/sh", true },
	{ "relative", "bin/sh", false },
	{ "missing", "/nonexistent/telnetd", false },
	{ "directory", "/bin/", false },
	{ "not executable", "/etc/passwd", false },
	{ "device", "/dev/null", false },
};

static void
servers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(server_rows) / sizeof(server_rows[0]);
	    i++) {
		struct setup *s = prepare();

		s->service.server = server_rows[i].server;
		fill_policy(&s->fill);
		if (s->service.refused == server_rows[i].is_good)
			fail_msg("%s", server_rows[i].name);
		finish(s);
	}
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
}

/* Both files, a service that uses them and one that does not. */
static void
tcp_wrappers(void **state)
{
	static const char allow[] = "hosts.allow.test", deny[] = "hosts.deny.test";
	struct setup *s = prepare();
	const struct wrap_rules *rules = &s->policy.gateway.wrap;

	(void)state;
	write_file(allow, "# none\nsh: 192.0.2.1: nice 5: setenv A b\n"
	    "other: ALL: nice\nsh: 192.0.2.2: oops\n"
	    "other: ALL: oops\n");
	write_file(deny, "ALL: ALL\n");
	s->fill.hosts_allow = allow;
	s->fill.hosts_deny = deny;
	fill_policy(&s->fill);
	assert_false(s->policy.gateway.given[ATTR_WRAP]);
	assert_int_equal(s->policy.diags.errors, 0);

	s->service.flags = 0;
	s->service.server = "/bin/sh";
	fill_policy(&s->fill);
	assert_false(s->service.refused);
	assert_true(s->policy.gateway.given[ATTR_WRAP]);
	assert_int_equal(rules->count, 5);
	assert_string_equal(s->service.wrap_name, "sh");
	assert_int_equal(s->service.wrap_options.count, 1);
	assert_int_equal(s->service.wrap_options.options[0].rule, 0);
	assert_int_equal(s->service.wrap_options.options[0].nice, 5);
	assert_string_equal(s->service.wrap_options.options[0].env[0], "A=b");
	/* The line is named once, and refuses whom it names. */
	assert_int_equal(s->policy.diags.errors, 1);
	assert_int_equal(s->policy.diags.count, 2);
	assert_int_equal(s->policy.diags.first->place.line, 4);
	assert_string_equal(s->policy.diags.first->file, allow);
	assert_int_equal(rules->rules[2].action, WRAP_DENY);
	assert_int_equal(unlink(allow), 0);
	assert_int_equal(unlink(deny), 0);
	finish(s);
}

/* Names beyond those that are looked up are said once, with their number. */
static void
tcp_wrappers_names(void **state)
{
	static const char allow[] = "hosts.allow.test", deny[] = "hosts.deny.test";
	static const struct {
		const char *name, *daemons, *again;
		unsigned count, own;
		const char *said;
		uint32_t line;
	} rows[] = {
		{ "as many as fit", "ALL", "", 63, 0, NULL, 0 },
		{ "one more", "ALL", "", 64, 0, "of 65 host names only the first 64 ", 65 },
		{ "one of them twice", "ALL", "ALL: H0.Bad.Test\n", 63, 0, NULL, 0 },
		{ "about another daemon", "other", "", 70, 0, NULL, 0 },
		{ "beside a name in only_from", "sh", "", 63, 1, "of 65 host names ", 64 },
		{ "many", "ALL", "", 200, 0, "of 201 host names ", 65 },
	};
	struct access_entry entry = { .name = "h.own.test" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct setup *s = prepare();
		const struct diag *first;
		char text[8192];
		size_t used = 1;

		text[0] = '\n';
		for (unsigned k = 0; k < rows[i].count; k++)
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, "%s: h%u.bad.test\n",
			    rows[i].daemons, k);
		(void)snprintf(text + used, sizeof(text) - used, "%s",
		    rows[i].again);
		write_file(deny, text);
		write_file(allow, "ALL: good.test .good.test 192.0.2.1\n");
		s->fill.hosts_allow = allow;
		s->fill.hosts_deny = deny;
		s->service.flags = 0;
		s->service.server = "/bin/sh";
		s->service.only_from.present = rows[i].own > 0;
		s->service.only_from.count = rows[i].own;
		s->service.only_from.entries = &entry;
		fill_policy(&s->fill);
		first = s->policy.diags.first;
		assert_false(s->service.refused);
		assert_int_equal(s->policy.diags.count, rows[i].said != NULL);
		if (rows[i].said != NULL && (first->effect != DIAG_WARNING ||
		    strncmp(first->message, rows[i].said,
		    strlen(rows[i].said)) != 0 ||
		    first->place.line != rows[i].line))
			fail_msg("%s: %u: %s", rows[i].name,
			    first->place.line, first->message);
		finish(s);
	}
	assert_int_equal(unlink(allow), 0);
	assert_int_equal(unlink(deny), 0);
}

/* Who cannot read the rules lets nobody in. */
static void
tcp_wrappers_unreadable(void **state)
{
	struct setup *s = prepare();

	(void)state;
	s->fill.hosts_deny = "/dev/null";	/* no regular file */
	fill_policy(&s->fill);
	assert_false(s->service.refused);
	s->service.flags = 0;
	fill_policy(&s->fill);
	assert_true(s->service.refused);
	assert_int_equal(s->policy.diags.first->code, DIAG_LIBWRAP);
	assert_non_null(strstr(s->policy.diags.first->message, "/dev/null"));
	finish(s);
}

/* Only a server of root can become another user. */
static void
tcp_wrappers_users(void **state)
{
	static const char allow[] = "hosts.allow.test";
	static const struct {
		const char *line, *user;
		bool is_good;
		uint32_t uid, gid;
	} rows[] = {
		{ "sh: ALL: user 7\n", "root", true, 7, 7 },
		{ "sh: ALL: user 7.8\n", "root", true, 7, 8 },
		{ "sh: ALL: group 8\n", "root", true, 0, 8 },
		{ "sh: ALL: user 7\n", "5", false, 0, 0 },
		{ "sh: ALL: nice -1\n", "5", false, 0, 0 },
		{ "xy: ALL: user 7\n", "5", true, 0, 0 },
		{ "sh: ALL: user 990\n", "root", false, 0, 0 },
		{ "sh: ALL: user evil\n", "root", false, 0, 0 },
		{ "sh: ALL: group evil\n", "root", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct setup *s = prepare();
		const struct wrap_options *options = &s->service.wrap_options;

		write_file(allow, rows[i].line);
		s->fill.hosts_allow = allow;
		s->service.flags = 0;
		s->service.server = "/bin/sh";
		s->service.user = rows[i].user;
		fill_policy(&s->fill);
		if (s->service.refused == rows[i].is_good ||
		    (rows[i].gid != 0 && (options->count != 1 ||
		    options->options[0].uid != rows[i].uid ||
		    options->options[0].gid != rows[i].gid)))
			fail_msg("%s as %s", rows[i].line, rows[i].user);
		finish(s);
	}
	assert_int_equal(unlink(allow), 0);
}

static const struct zone_row {
	const char *name, *variable;
	bool is_known;
	const char *file;	/* NULL: there is none */
} zone_rows[] = {
	{ "no variable, no file", NULL, true, NULL },
	{ "no variable, a file that is no zone", NULL, false, passwd_path },
	{ "empty", "", true, NULL },
	{ "colon alone", ":", true, NULL },
	{ "POSIX", "CET-1CEST,M3.5.0,M10.5.0/3", true, NULL },
	{ "nothing known", "Nowhere/At_All", false, NULL },
	{ "out of the folder", "../../etc/passwd", false, NULL },
	{ "missing file", "/nonexistent/zone", false, NULL },
	{ "no zone file", ":/etc/passwd", false, NULL },
};

static void
zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(zone_rows) / sizeof(zone_rows[0]); i++) {
		const struct zone_row *row = &zone_rows[i];
		struct setup *s = prepare();

		s->fill.zone_variable = row->variable;
		if (row->file != NULL)
			s->fill.local_zone = row->file;
		s->service.access_times.count = 1;
		fill_policy(&s->fill);
		assert_true(s->policy.gateway.given[ATTR_ZONE]);
		if (s->service.refused == row->is_known)
			fail_msg("%s", row->name);
		finish(s);
	}
}

static const struct banner_row {
	const char *name;
	size_t size;		/* of the file; SIZE_MAX: there is none */
	bool is_refused, is_sent;
	unsigned warnings;
} banner_rows[] = {
	{ "small", 10, false, true, 0 },
	{ "biggest", POLICY_BANNER_MAX, false, true, 0 },
	{ "too big", POLICY_BANNER_MAX + 1, true, false, 0 },
	{ "empty", 0, false, false, 0 },
	{ "missing", SIZE_MAX, false, false, 1 },
};

static void
banners(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(banner_rows) / sizeof(banner_rows[0]);
	    i++) {
		const struct banner_row *row = &banner_rows[i];
		struct setup *s = prepare();
		struct service *service = &s->service;

		service->banner_fail = group_path;
		service->given[ATTR_BANNER_FAIL] = true;
		if (row->size == SIZE_MAX)
			service->banner_fail = "/nonexistent/banner";
		else
			assert_int_equal(truncate(group_path,
			    (off_t)row->size), 0);
		fill_policy(&s->fill);
		if (service->refused != row->is_refused ||
		    service->given[ATTR_BANNER_FAIL_DATA] != row->is_sent ||
		    s->policy.diags.count - s->policy.diags.errors !=
		    row->warnings)
			fail_msg("%s", row->name);
		if (row->is_sent)
			assert_int_equal(service->banner_fail_data.length,
			    row->size);
		finish(s);
	}
}

static void
put(int fd, const char *text)
{
	size_t length = strlen(text);

	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(close(fd), 0);
}

/* Names that /etc/networks knows; hosts called "no..." do not exist here. */
static void
networks(void **state)
{
	static const struct {
		const char *name;
		bool is_suffix, is_network, is_refused;
	} rows[] = {
		{ "nonet", false, true, false }, { "noalias", false, true, false },
		{ "host", false, false, false }, { "nowhere", false, false, false },
		{ "noall", false, false, false }, { "nonet", true, false, false },
		{ "nonet.x", false, false, false }, { "sick", false, false, true },
	};
	char path[] = "test_fill.networks.XXXXXX";

	(void)state;
	put(mkstemp(path), "nonet 10.1.0.0 noalias\nhost 10.2.0.0\n"
	    "noall 0.0.0.0\nnonet.x 10.3.0.0\nsick 10.4.0.0\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct setup *s = prepare();
		struct access_entry entry = { .word = rows[i].name,
		    .name = rows[i].name, .is_suffix = rows[i].is_suffix };

		s->service.no_access = (struct access_list){ true, 1, &entry };
		networks_fill(&s->fill, path);
		if ((entry.name == NULL) != rows[i].is_network ||
		    s->service.refused != rows[i].is_refused)
			fail_msg("%s", rows[i].name);
		if (rows[i].is_network) {
			assert_int_equal(entry.count, 1);
			assert_int_equal(entry.prefixes[0].length, 16);
			assert_int_equal(entry.prefixes[0].addr.bytes[1], 1);
		}
		finish(s);
	}
	assert_int_equal(chmod(path, 0666), 0);
	for (int bare = 0; bare < 2; bare++) {
		struct setup *s = prepare();
		struct access_entry entry = { .word = "a",
		    .name = bare ? "a" : "a.x" };

		s->service.only_from = (struct access_list){ true, 1, &entry };
		networks_fill(&s->fill, path);
		assert_int_equal(s->policy.diags.load_errors, bare);
		finish(s);
	}
	assert_int_equal(unlink(path), 0);
}

static int
make_files(void **state)
{
	int passwd = mkstemp(passwd_path), group = mkstemp(group_path);

	(void)state;
	if (passwd == -1 || group == -1)
		return -1;
	put(passwd, "toor:x:0:0::/:/bin/sh\noperator:x:100:0::/:/bin/sh\n"
	    "carol:x:100:200::/:/bin/sh\n");
	put(group, "wheel:x:0:carol\n");
	return 0;
}

static int
remove_files(void **state)
{
	(void)state;
	return unlink(passwd_path) | unlink(group_path);
}

/* What each kind of service listens on. */
static const struct kind_row {
	const char *name;
	enum service_kind kind;
	uint64_t type, flags, socket_type;
	const char *protocol, *bind;
	uint64_t port, rpc_number;
	bool is_good;
	unsigned listeners;
	uint64_t wanted_port, wanted_program;
} kind_rows[] = {
	{ "datagrams", KIND_WAIT_DGRAM, 0, 0, SOCKET_DGRAM, "udp", NULL, 0, 0,
	    true, 2, 23, 0 },
	{ "redirect", KIND_REDIRECT, TYPE_UNLISTED, 0, SOCKET_STREAM, "tcp",
	    NULL, 99, 0, true, 2, 99, 0 },
	{ "tcpmux client", KIND_MUX_CLIENT, TYPE_TCPMUX | TYPE_UNLISTED, 0,
	    SOCKET_STREAM, "tcp", NULL, 0, 0, true, 0, 0, 0 },
	{ "multicast", KIND_WAIT_DGRAM, TYPE_UNLISTED, 0, SOCKET_DGRAM, "udp",
	    "224.0.1.1", 99, 0, true, 1, 99, 0 },
	{ "multicast stream", KIND_WAIT, TYPE_UNLISTED, 0, SOCKET_STREAM,
	    "tcp", "224.0.1.1", 99, 0, false, 0, 0, 0 },
	{ "IPv6 multicast", KIND_WAIT_DGRAM, TYPE_UNLISTED, 0, SOCKET_DGRAM,
	    "udp", "ff0e::1", 99, 0, false, 0, 0, 0 },
	{ "RPC", KIND_WAIT_DGRAM, TYPE_RPC, 0, SOCKET_DGRAM, "udp", NULL, 0, 0,
	    HAS_RPC, HAS_RPC ? 2 : 0, 0, HAS_RPC ? 100001 : 0 },
	{ "RPC, unlisted", KIND_WAIT_DGRAM, TYPE_RPC | TYPE_UNLISTED, 0,
	    SOCKET_DGRAM, "udp", NULL, 0, 77, HAS_RPC, HAS_RPC ? 2 : 0, 0, 77 },
	{ "RPC on a port of its own", KIND_SERVER, TYPE_RPC | TYPE_UNLISTED, 0,
	    SOCKET_STREAM, "tcp", NULL, 99, 77, HAS_RPC, HAS_RPC ? 2 : 0, 99,
	    77 },
	{ "RPC of another number", KIND_SERVER, TYPE_RPC, 0, SOCKET_STREAM,
	    "tcp", NULL, 0, 5, false, 0, 0, 5 },
	/* The parent registers what has a program: this one must not. */
	{ "rpc_number without RPC", KIND_SERVER, TYPE_UNLISTED, 0,
	    SOCKET_STREAM, "tcp", NULL, 99, 5, true, 2, 99, 0 },
};

static void
kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++) {
		const struct kind_row *row = &kind_rows[i];
		struct setup *s = prepare();
		struct service *service = &s->service;

		service->kind = row->kind;
		if (row->kind == KIND_REDIRECT)
			service->redirect = (struct redirect){
				"192.0.2.7", "23" };
		service->type = row->type;
		service->socket_type = row->socket_type;
		service->protocol = row->protocol;
		service->bind = row->bind;
		service->given[ATTR_BIND] = row->bind != NULL;
		service->port = row->port;
		service->given[ATTR_PORT] = row->port != 0;
		service->rpc_number = row->rpc_number;
		service->given[ATTR_RPC_NUMBER] = row->rpc_number != 0;
		fill_policy(&s->fill);
		if (service->refused == row->is_good ||
		    service->listen.count != row->listeners ||
		    (row->listeners > 0 &&
		    service->listen.addrs[0].port != row->wanted_port) ||
		    (service->given[ATTR_RPC_NUMBER] ? service->rpc_number :
		    0) != row->wanted_program)
			fail_msg("%s: %u listeners, port %u, program %llu",
			    row->name, service->listen.count,
			    service->listen.addrs[0].port,
			    (unsigned long long)service->rpc_number);
		finish(s);
	}
}

/* Which kinds get a socket filter, and what becomes of one that is too long. */
static void
filters(void **state)
{
	static struct prefix many[2000];
	struct access_entry one_entry = { .word = "many", .prefixes = many };
	static const struct {
		enum service_kind kind;
		uint64_t flags;
		unsigned prefixes;
		bool has_filter, is_refused;
	} rows[] = {
		{ KIND_SERVER, 0, 1, false, false },
		{ KIND_WAIT, 0, 1, false, false },
		{ KIND_WAIT, FLAG_INTERCEPT, 1, true, false },
		{ KIND_WAIT, FLAG_INTERCEPT, 2000, false, true },
		{ KIND_WAIT_DGRAM, 0, 1, true, false },
		{ KIND_WAIT_DGRAM, 0, 2000, false, false },
		{ KIND_SENSOR_DGRAM, 0, 1, false, false },
	};

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		many[i].addr.family = ADDR_IPV4;
		many[i].length = 32;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct setup *s = prepare();

		one_entry.count = rows[i].prefixes;
		s->service.kind = rows[i].kind;
		s->service.flags |= rows[i].flags;
		s->service.type = TYPE_UNLISTED;
		s->service.port = 99;
		s->service.given[ATTR_PORT] = true;
		s->service.only_from = (struct access_list){ true, 1,
		    &one_entry };
		fill_policy(&s->fill);
		assert_int_equal(s->service.given[ATTR_FILTER],
		    rows[i].has_filter);
		assert_int_equal(s->service.filter.length > 0,
		    rows[i].has_filter);
		assert_int_equal(s->service.refused, rows[i].is_refused);
		finish(s);
	}
}

/* What this build cannot do is refused, never left out. */
static void
labels(void **state)
{
#ifdef HAVE_SELINUX
	bool is_refused = false;
#else
	bool is_refused = true;
#endif
	struct setup *s = prepare();

	(void)state;
	s->service.flags = FLAG_LABELED;
	fill_policy(&s->fill);
	assert_int_equal(s->service.refused, is_refused);
	finish(s);
}

/* A UNIX socket stands where only root can put another in its place. */
static void
paths(void **state)
{
	static const struct {
		const char *path, *user;
		bool is_good;
		uint32_t uid;
	} rows[] = {
		{ "/dev/sallyport-test", NULL, true, 0 },
		{ "/dev/sallyport-test", "alice", true, 100 },
		{ "/dev/sallyport-test", "7", true, 7 },
		{ "/dev/sallyport-test", "nobody-x", false, 0 },
		{ "/dev/sallyport-test", "evil", false, 0 },
		{ "/dev/./..//dev/sallyport-test", NULL, true, 0 },
		{ "/tmp/sallyport-test", NULL, false, 0 },
		{ "/tmp/../dev/sallyport-test", NULL, false, 0 },
		{ "/dev/null/socket", NULL, false, 0 },
		{ "/nonexistent/socket", NULL, false, 0 },
		{ "/dev/", NULL, false, 0 },
		{ "dev/socket", NULL, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct setup *s = prepare();

		s->service.protocol = "unix";
		s->service.socket_path = rows[i].path;
		s->service.given[ATTR_SOCKET_PATH] = true;
		s->service.socket_user = rows[i].user;
		s->service.given[ATTR_SOCKET_USER] = rows[i].user != NULL;
		fill_policy(&s->fill);
		if (s->service.refused == rows[i].is_good ||
		    s->service.given[ATTR_LISTEN] != rows[i].is_good ||
		    s->service.socket_ids.uid != rows[i].uid)
			fail_msg("%s of %s", rows[i].path, rows[i].user != NULL
			    ? rows[i].user : "root");
		finish(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(silence_refuses_the_load_once),
		cmocka_unit_test(ports),
		cmocka_unit_test(kinds),
		cmocka_unit_test(filters),
		cmocka_unit_test(labels),
		cmocka_unit_test(paths),
		cmocka_unit_test(listeners),
		cmocka_unit_test(servers),
		cmocka_unit_test(tcp_wrappers),
		cmocka_unit_test(tcp_wrappers_names),
		cmocka_unit_test(tcp_wrappers_unreadable),
		cmocka_unit_test(tcp_wrappers_users),
		cmocka_unit_test(zones),
		cmocka_unit_test(banners),
		cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
