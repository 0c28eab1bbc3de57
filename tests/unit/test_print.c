/*
 * Tests of policy/print.c and canonical.c: what is printed is read back and
 * printed alike, for each consumer; what was not printed by us is refused; a
 * consumer finds nothing that is not its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/parse.h"
#include "policy/print.h"
#include "policy/type.h"

static enum read_error
text_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	(void)arena;
	if (strcmp(path, "/etc/a file") != 0)
		return READ_MISSING;
	*bytes = context;
	*length = strlen(*bytes);
	return READ_OK;
}

static enum read_error
no_directory(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	(void)context;
	(void)arena;
	(void)path;
	*names = NULL;
	*count = 0;
	return READ_MISSING;
}

static const unsigned consumers[] = {
	CONSUMER_PARENT, CONSUMER_DISPATCH, CONSUMER_LOG, CONSUMER_ALL
};

static const char everything[] =
    "gateway\n{\n"
    "  audit = FILE /a\n  audit_failure = refuse\n  syslog_tag = t\n"
    "  messages = FILE /m\n  process_limit = 9\n  lookup_timeout = 1s\n"
    "  source_table = 2048\n  unknown_attributes = warn\n"
    "  includedir_all = yes\n}\n"
    "service one\n{\n"
    "  id = \xc3\xa4#1\\\n  type = UNLISTED SPECIAL\n"
    "  flags = REUSE NORETRY NAMEINARGS NODELAY KEEPALIVE NOLIBWRAP IPv4\n"
    "  disable = no\n  socket_type = stream\n  protocol = tcp\n  wait = no\n"
    "  port = 2323\n  bind = 10.0.0.1\n  v6only = no\n  mdns = no\n"
    "  rpc_version = 1-2\n  rpc_number = 7\n"
    "  server = /s\n  server_args = s # \x01\x7f\xff\\\n  user = u\n"
    "  group = g\n  groups = yes\n  umask = 027\n  nice = -3\n"
    "  env = A=b C=\n  passenv = HOME\n  rlimit_as = 1M\n"
    "  rlimit_cpu = 20\n  rlimit_data = 2M\n  rlimit_files = 64\n"
    "  rlimit_rss = 3M\n  rlimit_stack = UNLIMITED\n  libwrap = l\n"
    "  only_from = 10.0.0.0 192.168.{1,2}\n  only_from += ::1\n"
    "  no_access = 10.0.0.3 Host.Example .suffix\n  access_times = 08:00-12:00 22:00-06:00\n"
    "  instances = 5\n  per_source = 2\n  source_cps = 5 60\n"
    "  source_prefix = 24 48\n  cps = 10 3\n  max_load = 4.5\n"
    "  deny_time = 60\n  max_session = 8h\n  keepalive = 60s\n"
    "  log_type = FILE /l 1k 2k\n  log_on_success = PID HOST\n"
    "  log_on_failure = HOST\n  banner = /b1\n  banner_success = /b2\n"
    "  banner_fail = /b3\n}\n"
    "service two\n{\n"
    "  socket_type = stream\n  wait = no\n  user = SECRETUSER\n"
    "  server = /SECRETSERVER\n  server_args = SECRETARG\n"
    "  env = SECRET=ENV\n  banner = /SECRETBANNER\n  only_from =\n"
    "  log_type = FILE /SECRETLOG\n}\n"
    "service refused\n{\n  foo :=\n}\n"
    "service off\n{\n  disable = yes\n}\n";

static struct policy *
load(const char *text)
{
	struct source_reader reader = {
		(void *)(uintptr_t)text, text_file, no_directory, NULL
	};
	struct policy *policy = parse_source(&reader, "/etc/a file", NULL, 0);

	assert_non_null(policy);
	return policy;
}

/* What the loader adds. */
static void
complete(struct policy *policy)
{
	static uint32_t groups[] = { 4, 20 };
	static const uint8_t bytes[] = "a\0b \n#\\\377";
	struct service *service = policy->services[0];
	struct gateway *gateway = &policy->gateway;

	policy->generation = 17;
	service->launch_ids.uid = 4294967294u;
	service->launch_ids.gid = 100;
	service->launch_ids.count = 2;
	service->launch_ids.groups = groups;
	service->listen.count = 2;
	service->listen.addrs[0].port = 23;
	assert_true(addr_parse(&service->listen.addrs[0].addr, "10.0.0.1"));
	service->listen.addrs[1].port = 24;
	assert_true(addr_parse(&service->listen.addrs[1].addr, "fe80::1%3"));
	service->listen.count = 3;
	service->listen.addrs[2].addr.family = ADDR_UNIX;
	service->socket_path = "/a path";
	service->socket_mode = 0640;
	service->target.count = 1;
	service->target.addrs[0].port = 65535;
	assert_true(addr_parse(&service->target.addrs[0].addr, "::1"));
	service->given[ATTR_SOCKET_PATH] = service->given[ATTR_SOCKET_MODE] =
	    service->given[ATTR_TARGET] = true;
	policy_list_names(policy);
	assert_true(service->given[ATTR_NO_ACCESS_NAMES]);
	service->only_from_table.number = 1;
	service->only_from_table.entries = 3;
	service->banner_data.bytes = bytes;
	service->banner_data.length = sizeof(bytes) - 1;
	service->given[ATTR_LAUNCH_IDS] = service->given[ATTR_LISTEN] =
	    service->given[ATTR_ONLY_FROM_TABLE] =
	    service->given[ATTR_NO_ACCESS_TABLE] =
	    service->given[ATTR_BANNER_DATA] =
	    service->given[ATTR_BANNER_SUCCESS_DATA] = true;
	for (unsigned i = 0; i < ROLE_MAX; i++)
		gateway->roles.uid[i] = gateway->roles.gid[i] = 500 + i;
	gateway->roles.ops_gid = 600;
	assert_true(zone_from_posix(&gateway->zone,
	    "CET-1CEST,M3.5.0,M10.5.0/3"));
	gateway->given[ATTR_ROLES] = gateway->given[ATTR_ZONE] = true;
}

static void
assert_same_values(const struct policy *a, const struct policy *b,
    unsigned consumer)
{
	const struct attr *attr;

	for (unsigned i = 1; i < ATTR_MAX; i++) {
		attr = &attr_table[i];
		if ((attr->scope & SCOPE_SERVICE) == 0 ||
		    (consumer != CONSUMER_ALL &&
		    (attr->consumers & consumer) == 0))
			continue;
		for (unsigned k = 0; k < b->count; k++) {
			assert_int_equal(a->services[k]->given[i],
			    b->services[k]->given[i]);
			if (a->services[k]->given[i])
				assert_true(attr->type->equal(
				    (char *)a->services[k] + attr->offset,
				    (char *)b->services[k] + attr->offset));
		}
	}
}

static void
test_round_trip(void **state)
{
	struct policy *policy = load(everything), *again;
	char error[128], *text, *second;
	size_t length, second_length;

	(void)state;
	complete(policy);
	for (unsigned i = 0; i < 4; i++) {
		text = print_policy(policy, consumers[i], &length);
		assert_non_null(text);
		again = parse_canonical(text, length, consumers[i], error,
		    sizeof(error));
		if (again == NULL)
			print_error("consumer %u: %s\n", consumers[i], error);
		assert_non_null(again);
		assert_int_equal(again->generation, 17);
		assert_int_equal(again->count, 2);
		assert_same_values(policy, again, consumers[i]);
		second = print_policy(again, consumers[i], &second_length);
		assert_non_null(second);
		assert_int_equal(length, second_length);
		assert_memory_equal(text, second, length);
		policy_free(again);
	}
	policy_free(policy);
}

static void
test_places(void **state)
{
	struct policy *policy = load(everything), *again;
	char error[128], out[64], *text;
	const struct service *service;
	size_t length;

	(void)state;
	text = print_policy(policy, CONSUMER_LOG, &length);
	assert_non_null(text);
	again = parse_canonical(text, length, CONSUMER_LOG, error,
	    sizeof(error));
	assert_non_null(again);
	service = again->services[0];
	assert_int_equal(service->only_from.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(service->only_from.entries[i].place.line,
		    policy->services[0]->only_from.entries[i].place.line);
		assert_int_equal(service->only_from.entries[i].place.column,
		    policy->services[0]->only_from.entries[i].place.column);
	}
	policy_place(again, &service->only_from.entries[2].place, out,
	    sizeof(out));
	assert_string_equal(out, "/etc/a file:45");
	policy_place(again, &service->where[ATTR_INSTANCES], out, sizeof(out));
	assert_string_equal(out, "/etc/a file:48");
	policy_place(again, &service->place, out, sizeof(out));
	assert_string_equal(out, "/etc/a file:13");
	policy_place(again, &again->services[1]->where[ATTR_CPS], out,
	    sizeof(out));
	assert_string_equal(out, "built-in default");
	policy_place(again, &service->place, out, 6);
	assert_string_equal(out, "/etc/");
	policy_free(again);
	policy_free(policy);
}

/* What a consumer must not know stands nowhere in its text. */
static void
test_secrets(void **state)
{
	static const struct { unsigned consumer; const char *word; } rows[] = {
		{ CONSUMER_DISPATCH, "SECRET" },
		{ CONSUMER_DISPATCH, " /" },
		{ CONSUMER_DISPATCH, "#@" },
		{ CONSUMER_DISPATCH, "\tserver" },
		{ CONSUMER_DISPATCH, "env" },
		{ CONSUMER_DISPATCH, "user" },
		{ CONSUMER_LOG, "SECRETUSER" },
		{ CONSUMER_LOG, "SECRETSERVER" },
		{ CONSUMER_LOG, "SECRETARG" },
		{ CONSUMER_LOG, "SECRET=" },
		{ CONSUMER_PARENT, "SECRETUSER" },
		{ CONSUMER_PARENT, "SECRETBANNER" },
		{ CONSUMER_PARENT, "#@" },
		{ CONSUMER_PARENT, "only_from" },
		{ CONSUMER_ALL, "service refused" },
		{ CONSUMER_ALL, "service off" },
	};
	struct policy *policy = load(everything);
	size_t length;
	char *text;

	(void)state;
	complete(policy);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = print_policy(policy, rows[i].consumer, &length);
		assert_non_null(text);
		if (strstr(text, rows[i].word) != NULL)
			print_error("%u holds %s\n", rows[i].consumer,
			    rows[i].word);
		assert_null(strstr(text, rows[i].word));
	}
	assert_null(print_policy(policy, 0, &length));
	assert_null(print_policy(policy, 3, &length));
	policy_free(policy);
}

#define HEAD "sallyport-policy 1 dispatch\ngeneration 1\ngateway\n{\n}\n"
#define LOG_HEAD "sallyport-policy 1 log\ngeneration 1\n"
#define GATE "gateway\n{\n}\n"
#define LONG_ID "1234567890123456789012345678901234567890" \
	"123456789012345678901234"

static const struct {
	const char *name;
	unsigned consumer;
	const char *text;
	const char *error;	/* NULL: good */
} strict_rows[] = {
	{ "least", 2, HEAD, NULL },
	{ "a service", 2, HEAD "service a\n{\n\tid = a\n}\n", NULL },
	{ "escape", 2, HEAD "service a\\040\n{\n\tid = \\043\n}\n", NULL },
	{ "places", 4, LOG_HEAD "#@file 1 /a\\040b\n" GATE
	    "#@ 1:2\nservice a\n{\n#@ 1:3:4\n\tid = a\n}\n", NULL },
	{ "nothing", 2, "", "line 0: not a policy of this version" },
	{ "magic", 2, "sallyport-policy 2 dispatch\n",
	    "line 1: not a policy of this version" },
	{ "other consumer", 1, HEAD, "line 1: a policy for another consumer" },
	{ "no consumer", 3, HEAD, "line 0: no such consumer" },
	{ "no generation", 2, "sallyport-policy 1 dispatch\n" GATE,
	    "line 2: the generation is missing" },
	{ "generation overflow", 2, "sallyport-policy 1 dispatch\n"
	    "generation 18446744073709551616\n" GATE,
	    "line 2: the generation is missing" },
	{ "no gateway", 2, "sallyport-policy 1 dispatch\ngeneration 1\n"
	    "service a\n{\n}\n", "line 3: the gateway block is missing" },
	{ "open block", 2, HEAD "service a\n{\n\tid = a\n",
	    "line 8: the text ends inside a block" },
	{ "no id", 2, HEAD "service a\n{\n}\n", "line 8: a service has no id" },
	{ "id too long", 2, HEAD "service a\n{\n\tid = " LONG_ID "\n}\n",
	    "line 8: the word is too long" },
	{ "blank at the end of a line", 2, HEAD "service a\n{\n\tid = a \n}\n",
	    "line 8: not in canonical form" },
	{ "blank line", 2, HEAD "\nservice a\n{\n\tid = a\n}\n",
	    "line 6: not in canonical form" },
	{ "comment", 2, HEAD "# x\n", "line 6: not a service" },
	{ "carriage return", 2, HEAD "service a\r\n{\n\tid = a\n}\n",
	    "line 6: not in canonical form" },
	{ "no newline", 2, HEAD "service a\n{\n\tid = a\n}",
	    "line 9: not in canonical form" },
	{ "capitals", 2, HEAD "service a\n{\n\tID = a\n}\n",
	    "line 8: not in canonical form" },
	{ "order", 2, HEAD "service a\n{\n\tinstances = 1\n\tid = a\n}\n",
	    "line 8: not in canonical form" },
	{ "leading zero", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tinstances = 01\n}\n",
	    "line 9: not in canonical form" },
	{ "needless escape", 2, HEAD "service a\n{\n\tid = \\141\n}\n",
	    "line 8: not in canonical form" },
	{ "bad escape", 2, HEAD "service a\n{\n\tid = \\14\n}\n",
	    "line 8: an escape is malformed" },
	{ "nul by escape", 2, HEAD "service a\n{\n\tid = \\000\n}\n",
	    "line 8: an escape is malformed" },
	{ "twice", 2, HEAD "service a\n{\n\tid = a\n\tid = b\n}\n",
	    "line 9: an attribute is given twice" },
	{ "adding", 2, HEAD "service a\n{\n\tid += a\n}\n",
	    "line 8: not an attribute" },
	{ "unknown", 2, HEAD "service a\n{\n\tfoo = a\n}\n",
	    "line 8: an attribute that does not belong here" },
	{ "another consumer's", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tserver = /s\n}\n",
	    "line 9: an attribute that does not belong here" },
	{ "another block's", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tprocess_limit = 1\n}\n",
	    "line 9: an attribute that does not belong here" },
	{ "out of range", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tinstances = 4294967295\n}\n",
	    "line 9: the number is out of range" },
	{ "listen on a path", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tlisten = unix\n}\n", NULL },
	{ "listen on any port", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tlisten = 4 10.0.0.1 0\n}\n", NULL },
	{ "target on any port", 1, "sallyport-policy 1 parent\n"
	    "generation 1\n" GATE "service a\n{\n\tid = a\n"
	    "\ttarget = 4 10.0.0.1 0\n}\n", "line 9: malformed" },
	{ "target on a path", 1, "sallyport-policy 1 parent\n"
	    "generation 1\n" GATE "service a\n{\n\tid = a\n"
	    "\ttarget = unix\n}\n", "line 9: malformed" },
	{ "two targets", 1, "sallyport-policy 1 parent\n"
	    "generation 1\n" GATE "service a\n{\n\tid = a\n"
	    "\ttarget = 4 10.0.0.1 1 4 10.0.0.1 2\n}\n",
	    "line 9: malformed" },
	{ "listen cut short", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tlisten = unix 4 10.0.0.1\n}\n", "line 9: malformed" },
	{ "names", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tonly_from_names = 0 a.x 7 .b.x\n}\n", NULL },
	{ "names out of order", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tonly_from_names = 1 a.x 1 .b.x\n}\n", "line 9: malformed" },
	{ "names in capitals", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tno_access_names = 0 A.x\n}\n",
	    "line 9: not in canonical form" },
	{ "an address for a name", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tno_access_names = 0 10.0.0.1\n}\n", "line 9: malformed" },
	{ "a number without name", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tno_access_names = 0\n}\n", "line 9: malformed" },
	{ "kind", 2, HEAD "service a\n{\n\tid = a\n\tkind = sensor-dgram\n"
	    "}\n", NULL },
	{ "listen family", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tlisten = 6 10.0.0.1 23\n}\n", "line 9: malformed" },
	{ "listen too many", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tlisten = 4 10.0.0.1 1 4 10.0.0.1 2 4 10.0.0.1 3 4 10.0.0.1 4"
	    " 4 10.0.0.1 5 4 10.0.0.1 6 4 10.0.0.1 7 4 10.0.0.1 8"
	    " 4 10.0.0.1 9\n}\n", "line 9: malformed" },
	{ "table number", 2, HEAD "service a\n{\n\tid = a\n"
	    "\tonly_from_table = 8192 1\n}\n", "line 9: malformed" },
	{ "uid -1", 1, "sallyport-policy 1 parent\ngeneration 1\n" GATE
	    "service a\n{\n\tid = a\n\tlaunch_ids = 4294967295 0\n}\n",
	    "line 9: malformed" },
	{ "place for dispatch", 2, HEAD "#@ 1:1\nservice a\n{\n\tid = a\n}\n",
	    "line 6: a place where none belongs" },
	{ "place in no file", 4, LOG_HEAD GATE "#@ 1:1\nservice a\n{\n"
	    "\tid = a\n}\n", "line 6: a place is malformed" },
	{ "too many places", 4, LOG_HEAD "#@file 1 /a\n" GATE "service a\n{\n"
	    "#@ 1:1 1:2\n\tid = a\n}\n",
	    "line 10: not one place for each entry" },
	{ "file out of order", 4, LOG_HEAD "#@file 2 /a\n" GATE,
	    "line 3: a file is malformed" },
	{ "trailing words", 2, HEAD "service a b\n{\n\tid = a\n}\n",
	    "line 6: not a service" },
	{ "brace on the line", 2, HEAD "service {\n\tid = a\n}\n",
	    "line 7: a brace or keyword is missing" },
};

static void
test_strict(void **state)
{
	unsigned wrong = 0;
	struct policy *policy;
	const char *expected;
	char error[128];

	(void)state;
	for (size_t i = 0; i < sizeof(strict_rows) / sizeof(strict_rows[0]);
	    i++) {
		snprintf(error, sizeof(error), "good");
		policy = parse_canonical(strict_rows[i].text,
		    strlen(strict_rows[i].text), strict_rows[i].consumer,
		    error, sizeof(error));
		expected = strict_rows[i].error == NULL ? "good" :
		    strict_rows[i].error;
		if (strcmp(error, expected) != 0 ||
		    (policy != NULL) != (strict_rows[i].error == NULL)) {
			print_error("row \"%s\": %s\n  expected %s\n",
			    strict_rows[i].name, error, expected);
			wrong++;
		}
		policy_free(policy);
	}
	assert_int_equal(wrong, 0);
}

static void
test_nul_in_text(void **state)
{
	static const char text[] = HEAD "service a\n{\n\tid = a\0b\n}\n";
	char error[64];

	(void)state;
	assert_null(parse_canonical(text, sizeof(text) - 1, CONSUMER_DISPATCH,
	    error, sizeof(error)));
	assert_string_equal(error, "line 8: a line cannot be read");
}

/* Longer than any line that people may write. */
static void
test_long_list(void **state)
{
	size_t room = 20000 * 40 + 1024, used, length;
	char *text = malloc(room), *printed, error[128];
	struct policy *policy, *again;

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, room, "service a\n{\n"
	    "socket_type = stream\nwait = no\nuser = u\nserver = /s\n");
	for (unsigned i = 0; i < 20000; i++)
		used += (size_t)snprintf(text + used, room - used,
		    "only_from += 10.%u.%u.1\n", i / 256, i % 256);
	snprintf(text + used, room - used, "}\n");
	policy = load(text);
	assert_int_equal(policy->diags.count, 0);
	assert_int_equal(policy->services[0]->only_from.count, 20000);
	printed = print_policy(policy, CONSUMER_LOG, &length);
	assert_non_null(printed);
	again = parse_canonical(printed, length, CONSUMER_LOG, error,
	    sizeof(error));
	assert_non_null(again);
	assert_int_equal(again->services[0]->only_from.entries[19999].place
	    .line, 20006);
	policy_free(again);
	policy_free(policy);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_nul_in_text),
		cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
