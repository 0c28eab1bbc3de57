/*
 * By which name hosts.allow means a service.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/hosts.h"

static const struct row {
	const char *name, *libwrap, *server, *first;
	uint64_t type, flags;
	bool is_redirect;
	const char *expected;
} rows[] = {
	{ "base name", NULL, "/usr/sbin/in.ftpd", "x", 0, 0, false, "in.ftpd" },
	{ "attribute", "ftp-in", "/usr/sbin/in.ftpd", "x", 0, 0, false, "ftp-in" },
	{ "NAMEINARGS", NULL, "/usr/sbin/tcpd", "/usr/sbin/in.telnetd", 0, FLAG_NAMEINARGS,
	    false, "in.telnetd" },
	{ "NAMEINARGS without arguments", NULL, "/usr/sbin/tcpd", NULL, 0, FLAG_NAMEINARGS,
	    false, "tcpd" },
	{ "internal", NULL, NULL, NULL, TYPE_INTERNAL, 0, false, "the-id" },
	{ "redirect", NULL, NULL, NULL, 0, 0, true, "the-service" },
	{ "attribute of an internal one", "echo-in", NULL, NULL, TYPE_INTERNAL, 0, false,
	    "echo-in" },
};

static void
daemon_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *words[] = { rows[i].first, NULL };
		struct service s = { .name = "the-service", .id = "the-id",
		    .libwrap = rows[i].libwrap, .server = rows[i].server,
		    .type = rows[i].type, .flags = rows[i].flags };

		s.server_args.words = words;
		s.server_args.count = rows[i].first != NULL;
		s.given[ATTR_REDIRECT] = rows[i].is_redirect;
		assert_string_equal(hosts_daemon(&s), rows[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemon_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
