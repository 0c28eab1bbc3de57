/*
 * Tests of the policy language: policy/parse.c, source.c, merge.c, check.c and
 * the types. Rows give text and say what comes out: services, diagnostics with
 * line and column, values in force.
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
#include "policy/type.h"

/*
 * Files of a row: "%% PATH\n" begins one; what stands before the first is
 * /etc/main. Some names are special. A directory is what files have in front.
 */
struct memory {
	const char *text;
	size_t length;		/* of /etc/main when it holds NUL bytes */
};

static const struct { const char *part; enum read_error error; } specials[] = {
	{ "_owner", READ_OWNER }, { "_writable", READ_WRITABLE },
	{ "_denied", READ_DENIED }, { "_pipe", READ_NOT_FILE },
	{ "_big", READ_TOO_BIG },
};

static enum read_error
memory_file(void *context, struct arena *arena, const char *path,
    const char **bytes, size_t *length)
{
	const struct memory *memory = context;
	const char *at = memory->text, *end;
	char mark[256];

	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (strstr(path, specials[i].part) != NULL)
			return specials[i].error;
	if (strcmp(path, "/etc/main") != 0) {
		snprintf(mark, sizeof(mark), "%%%% %s\n", path);
		at = strstr(memory->text, mark);
		if (at == NULL)
			return READ_MISSING;
		at += strlen(mark);
	}
	end = strstr(at, "%% ");
	*length = end == NULL ? strlen(at) : (size_t)(end - at);
	if (memory->length > 0)
		*length = memory->length;
	*bytes = arena_text(arena, at, *length);
	return READ_OK;
}

static enum read_error
memory_directory(void *context, struct arena *arena, const char *path,
    const char ***names, unsigned *count)
{
	const struct memory *memory = context;
	const char *at;
	char mark[256];

	if (strstr(path, "_file") != NULL)
		return READ_NOT_DIRECTORY;
	if (strstr(path, "_writable") != NULL)
		return READ_WRITABLE;
	snprintf(mark, sizeof(mark), "%%%% %s/", path);
	*names = arena_alloc(arena, 64, sizeof(**names));
	*count = 0;
	for (at = strstr(memory->text, mark); at != NULL;
	    at = strstr(at, mark)) {
		at += strlen(mark);
		(*names)[(*count)++] = arena_text(arena, at,
		    strcspn(at, "\n"));
	}
	return *count > 0 ? READ_OK : READ_MISSING;
}

struct row {
	const char *name, *text;
	const char *services;	/* "telnet", "telnet=refused", "telnet=off" */
	const char *diags;	/* "LINE:COLUMN EFFECT CODE [SERVICE][.ATTR]" */
	const char *value;	/* "SERVICE.ATTR = VALUE" or "ATTR = VALUE" */
};

static void
show_services(const struct policy *policy, char *out, size_t size)
{
	const struct service *service;
	size_t used = 0;

	out[0] = '\0';
	if (policy->diags.load_errors > 0)
		used += (size_t)snprintf(out, size, "LOAD ");
	for (unsigned i = 0; i < policy->count; i++) {
		service = policy->services[i];
		used += (size_t)snprintf(out + used, size - used, "%s%s%s ",
		    service->id, service->refused ? "=refused" : "",
		    service->off ? "=off" : "");
	}
	if (used > 0)
		out[used - 1] = '\0';
}

static void
show_diags(const struct policy *policy, char *out, size_t size)
{
	static const char *const effects[] = { "W", "S", "L" };
	const struct diag *d;
	size_t used = 0;

	out[0] = '\0';
	for (d = policy->diags.first; d != NULL && used < size; d = d->next)
		used += (size_t)snprintf(out + used, size - used,
		    "%s%u:%u %s %s %s%s%s", used > 0 ? "; " : "",
		    d->place.line, d->place.column, effects[d->effect],
		    diag_code_name(d->code),
		    d->service != NULL ? d->service : "",
		    d->attribute != NULL ? "." : "",
		    d->attribute != NULL ? d->attribute : "");
}

/* The value of what stands before " = " in the row's expectation. */
static void
show_value(struct policy *policy, const char *expected, char *out,
    size_t size)
{
	char name[64];
	const char *dot, *text;
	size_t length = strcspn(expected, " "), used;
	const struct service *service;
	const void *base = &policy->gateway;
	const bool *given = policy->gateway.given;
	enum attr_id id;
	struct out printed;

	assert_true(length < sizeof(name));
	memcpy(name, expected, length);
	name[length] = '\0';
	dot = strrchr(name, '.');
	id = attr_find(dot == NULL ? name : dot + 1, dot == NULL ?
	    SCOPE_GATEWAY : SCOPE_SERVICE | SCOPE_CANONICAL);
	assert_int_not_equal(id, ATTR_NONE);
	if (dot != NULL) {
		*strrchr(name, '.') = '\0';
		service = policy_service(policy, name);
		assert_non_null(service);
		base = service;
		given = service->given;
	}
	used = (size_t)snprintf(out, size, "%.*s =", (int)length, expected);
	if (!given[id]) {
		snprintf(out + used, size - used, " not given");
		return;
	}
	out_init(&printed, policy->arena);
	attr_table[id].type->print(&printed, &attr_table[id],
	    (const char *)base + attr_table[id].offset);
	text = out_text(&printed, &length);
	assert_non_null(text);
	snprintf(out + used, size - used, "%s", text);
}

/* Every row is looked at before the test fails. */
static unsigned
check_text(const char *row, const char *what, const char *found,
    const char *expected)
{
	if (strcmp(found, expected) == 0)
		return 0;
	print_error("row \"%s\": %s\n  found    %s\n  expected %s\n", row,
	    what, found, expected);
	return 1;
}

static unsigned
check_row(const struct row *row, const char *text)
{
	struct memory memory = { text, 0 };
	struct source_reader reader = {
		&memory, memory_file, memory_directory, NULL
	};
	struct policy *policy = parse_source(&reader, "/etc/main", NULL, 0);
	unsigned wrong = 0;
	char out[4096];

	assert_non_null(policy);
	policy_list_names(policy);
	show_services(policy, out, sizeof(out));
	wrong += check_text(row->name, "services", out, row->services);
	show_diags(policy, out, sizeof(out));
	wrong += check_text(row->name, "diagnostics", out, row->diags);
	if (row->value != NULL) {
		show_value(policy, row->value, out, sizeof(out));
		wrong += check_text(row->name, "value", out, row->value);
	}
	policy_free(policy);
	return wrong;
}

/* What every service needs, so that rows may be about one thing. */
#define NEEDS "socket_type = stream\nwait = no\nuser = root\nserver = /bin/t\n"
#define SERVICE(name) "service " name "\n{\n" NEEDS "}\n"

/* The text stands on line 3, in a service named t. */
static const struct row service_rows[] = {
#include "tests/unit/rows-service.h"
};

/* The text stands on line 3, in defaults; service t follows. */
static const struct row defaults_rows[] = {
#include "tests/unit/rows-defaults.h"
};

/* The text is everything. */
static const struct row file_rows[] = {
#include "tests/unit/rows-file.h"
};

/* The same, about kinds of services. */
static const struct row kind_rows[] = {
#include "tests/unit/rows-kind.h"
};
#define COUNT(rows) (sizeof(rows) / sizeof(rows[0]))

static void
test_service(void **state)
{
	unsigned wrong = 0;
	char text[8192];

	(void)state;
	for (size_t i = 0; i < COUNT(service_rows); i++) {
		snprintf(text, sizeof(text), "service t\n{\n%s\n" NEEDS "}\n",
		    service_rows[i].text);
		wrong += check_row(&service_rows[i], text);
	}
	assert_int_equal(wrong, 0);
}

static void
test_defaults(void **state)
{
	unsigned wrong = 0;
	char text[8192];

	(void)state;
	for (size_t i = 0; i < COUNT(defaults_rows); i++) {
		snprintf(text, sizeof(text), "defaults\n{\n%s\n}\n"
		    SERVICE("t"), defaults_rows[i].text);
		wrong += check_row(&defaults_rows[i], text);
	}
	assert_int_equal(wrong, 0);
}

static void
test_file(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(file_rows); i++)
		wrong += check_row(&file_rows[i], file_rows[i].text);
	assert_int_equal(wrong, 0);
}

static void
test_kind(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(kind_rows); i++)
		wrong += check_row(&kind_rows[i], kind_rows[i].text);
	assert_int_equal(wrong, 0);
}

/* A row is a row: they are counted so that none gets lost in an include. */
static void
test_enough_rows(void **state)
{
	(void)state;
	assert_true(COUNT(service_rows) + COUNT(defaults_rows) +
	    COUNT(file_rows) >= 120);
	assert_true(COUNT(kind_rows) >= 110);
}

static struct policy *
parse_one(const char *text, const struct source_option *options,
    unsigned count)
{
	struct memory memory = { text, 0 };
	struct source_reader reader = {
		&memory, memory_file, memory_directory, NULL
	};

	return parse_source(&reader, "/etc/main", options, count);
}

static void
test_options(void **state)
{
	static const struct source_option good[] = {
		{ "process_limit", "7" }, { "messages", "FILE /var/log/m" },
		{ "includedir_all", "yes" },
	};
	static const struct source_option bad[] = {
		{ "process_limit", "many" }, { "no_such", "1" },
	};
	struct policy *policy;

	(void)state;
	policy = parse_one("gateway\n{\nprocess_limit = 9\nsyslog_tag = x\n}\n"
	    "includedir d\n%% /etc/d/a.conf\n" SERVICE("a"), good, 3);
	assert_non_null(policy);
	assert_int_equal(policy->diags.count, 0);
	assert_int_equal(policy->gateway.process_limit, 7);
	assert_int_equal(policy->gateway.messages.kind, LOG_FILE);
	assert_string_equal(policy->gateway.syslog_tag, "x");
	policy_free(policy);
	policy = parse_one(SERVICE("a"), bad, 2);
	assert_non_null(policy);
	assert_int_equal(policy->diags.load_errors, 2);
	policy_free(policy);
}

/* The configuration of a stock host, with remarks in several scripts. */
static void
test_stock_host(void **state)
{
	static const char text[] =
	    "# /etc/xinetd.conf\n"
	    "defaults\n"
	    "{\n"
	    "\tinstances      = 60   # h\xc3\xb6" "chstens sechzig\n"
	    "\tlog_type       = SYSLOG authpriv # \xe3\x83\xad\xe3\x82\xb0\n"
	    "\tlog_on_success = HOST PID # wer und was\n"
	    "\tlog_on_failure = HOST\n"
	    "\tcps            = 25 30 # \xe6\xaf\x8e\xe7\xa7\x92\n"
	    "}\n"
	    "includedir /etc/xinetd.d\n"
	    "%% /etc/xinetd.d/telnet\n"
	    "service telnet\n"
	    "{\n"
	    "\tdisable = no # l\xc3\xa4uft\n"
	    "\tonly_from = 192.168.1.0/24 # \xe5\xb7\xa5\xe5\xa0\xb4\n"
	    "\tno_access = 192.168.1.3\n"
	    "\tflags = REUSE\n"
	    "\tsocket_type = stream\n"
	    "\twait = no\n"
	    "\tuser = root\n"
	    "\tserver = /usr/sbin/in.telnetd\n"
	    "\tlog_on_failure += USERID # \xd0\xba\xd1\x82\xd0\xbe\n"
	    "}\n";
	struct policy *policy = parse_one(text, NULL, 0);
	const struct service *telnet;
	const struct diag *d;
	unsigned kinder = 0, others = 0;

	(void)state;
	assert_non_null(policy);
	assert_int_equal(policy->diags.errors, 0);
	for (d = policy->diags.first; d != NULL; d = d->next) {
		kinder += d->code == DIAG_KINDER;
		others += d->code != DIAG_KINDER;
	}
	/* One for each entry with remarks, one for that on disable. */
	assert_int_equal(kinder, 3);
	assert_int_equal(others, 0);
	telnet = policy_service(policy, "TELNET");
	assert_non_null(telnet);
	assert_false(telnet->off || telnet->refused);
	assert_int_equal(telnet->instances, 60);
	assert_int_equal(telnet->cps.rate, 25);
	assert_int_equal(telnet->cps.wait, 30);
	assert_int_equal(telnet->log_type.facility, 10);
	assert_int_equal(telnet->log_on_success, LOG_PID | LOG_HOST);
	assert_int_equal(telnet->log_on_failure, FAIL_HOST | FAIL_USERID);
	assert_int_equal(telnet->only_from.count, 1);
	assert_int_equal(telnet->only_from.entries[0].place.line, 4);
	assert_int_equal(telnet->only_from.entries[0].place.column, 14);
	assert_int_equal(telnet->no_access.count, 1);
	assert_string_equal(policy->files[2], "/etc/xinetd.d/telnet");
	assert_int_equal(telnet->no_access.entries[0].place.file, 2);
	policy_free(policy);
}

/* Services that inherit a list do not share what they add to it. */
static void
test_lists_are_not_shared(void **state)
{
	struct policy *policy = parse_one("defaults\n{\nonly_from = 10.0.0.1\n"
	    "passenv = A\n}\n"
	    "service a\n{\nonly_from += 10.0.0.2\npassenv += B\n" NEEDS "}\n"
	    "service b\n{\nonly_from += 10.0.0.3\npassenv -= A\n" NEEDS "}\n"
	    SERVICE("c"), NULL, 0);
	struct service **s;

	(void)state;
	assert_non_null(policy);
	assert_int_equal(policy->diags.count, 0);
	s = policy->services;
	assert_int_equal(s[0]->only_from.count, 2);
	assert_string_equal(s[0]->only_from.entries[1].word, "10.0.0.2");
	assert_int_equal(s[1]->only_from.count, 2);
	assert_string_equal(s[1]->only_from.entries[1].word, "10.0.0.3");
	assert_int_equal(s[2]->only_from.count, 1);
	assert_int_equal(s[0]->passenv.count, 2);
	assert_int_equal(s[1]->passenv.count, 0);
	assert_true(s[1]->given[ATTR_PASSENV]);
	assert_int_equal(s[2]->passenv.count, 1);
	assert_string_equal(s[2]->passenv.words[0], "A");
	policy_free(policy);
}

static void
test_long_line(void **state)
{
	size_t room = PARSE_LINE_MAX + 512, used;
	char *text = malloc(room);
	struct policy *policy;

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, room, "service t\n{\n" NEEDS
	    "server_args = ");
	memset(text + used, 'x', PARSE_LINE_MAX - 14);
	snprintf(text + used + PARSE_LINE_MAX - 14, 16, "\n}\n");
	policy = parse_one(text, NULL, 0);
	assert_non_null(policy);
	assert_int_equal(policy->diags.count, 0);
	policy_free(policy);
	snprintf(text + used + PARSE_LINE_MAX - 14, 16, "x\n}\n");
	policy = parse_one(text, NULL, 0);
	assert_non_null(policy);
	assert_int_equal(policy->diags.errors, 1);
	assert_int_equal(policy->diags.first->place.line, 7);
	assert_true(policy->services[0]->refused);
	policy_free(policy);
	free(text);
}

static void
test_nul_byte(void **state)
{
	static const char in_service[] = SERVICE("t") "service u\n{\na\0b\n"
	    NEEDS "}\n" SERVICE("v");
	static const char outside[] = SERVICE("t") "# a\0b\n" SERVICE("v");
	struct memory memory = { in_service, sizeof(in_service) - 1 };
	struct source_reader reader = {
		&memory, memory_file, memory_directory, NULL
	};
	struct policy *policy = parse_source(&reader, "/etc/main", NULL, 0);

	(void)state;
	assert_non_null(policy);
	assert_int_equal(policy->count, 3);
	assert_int_equal(policy->diags.count, 1);
	assert_int_equal(policy->diags.first->place.line, 10);
	assert_false(policy->services[0]->refused);
	assert_true(policy->services[1]->refused);
	assert_false(policy->services[2]->refused);
	policy_free(policy);
	memory.text = outside;
	memory.length = sizeof(outside) - 1;
	policy = parse_source(&reader, "/etc/main", NULL, 0);
	assert_non_null(policy);
	assert_int_equal(policy->diags.load_errors, 1);
	policy_free(policy);
}

static void
test_many_services(void **state)
{
	size_t room = (POLICY_SERVICES_MAX + 1) * 80, used = 0;
	char *text = malloc(room);
	struct policy *policy;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i <= POLICY_SERVICES_MAX; i++)
		used += (size_t)snprintf(text + used, room - used,
		    "service s%u\n{\ndisable = yes\n}\n", i);
	policy = parse_one(text, NULL, 0);
	assert_non_null(policy);
	assert_int_equal(policy->count, POLICY_SERVICES_MAX);
	assert_int_equal(policy->diags.load_errors, 1);
	policy_free(policy);
	free(text);
}

/* Whatever it says, a diagnostic names where and what. */
static void
test_messages(void **state)
{
	struct policy *policy = parse_one("service t\n{\nonly_form = 10.0.0.1\n"
	    NEEDS "}\n", NULL, 0);
	char text[256];

	(void)state;
	assert_non_null(policy);
	assert_non_null(policy->diags.first);
	diag_format(policy->diags.first, text, sizeof(text));
	assert_string_equal(text, "/etc/main:3:1: error: service t: there is"
	    " no attribute only_form; did you mean only_from?");
	policy_free(policy);
}

/* One forgotten brace: the message names what is lost with it. */
static void
test_swallowed(void **state)
{
	static const char *const texts[] = {
		"/etc/main:7:1: error: service \"b\" is lost, since it stands"
		" inside service \"a\", which is not closed; everything to"
		" line 13 is skipped, as in xinetd",
		"/etc/main:7:1: error: service a: the closing } is missing"
		" before this service \"b\"; add a line with } above it",
	};
	struct policy *policy = parse_one("service a\n{\n" NEEDS
	    SERVICE("b"), NULL, 0);
	const struct diag *d;
	unsigned i = 0;
	char text[256];

	(void)state;
	assert_non_null(policy);
	for (d = policy->diags.first; d != NULL; d = d->next, i++) {
		assert_true(i < 2);
		diag_format(d, text, sizeof(text));
		assert_string_equal(text, texts[i]);
	}
	assert_int_equal(i, 2);
	policy_free(policy);
}

/* Host names are looked up one by one for a client: 64, and no more. */
static void
test_many_names(void **state)
{
	char text[4096];

	(void)state;
	for (unsigned hosts = 64; hosts <= 65; hosts++) {
		size_t used = (size_t)snprintf(text, sizeof(text),
		    "service t\n{\n" NEEDS "only_from = 10.0.0.1 .a .b");
		struct policy *policy;

		for (unsigned i = 0; i < hosts; i++)
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, " h%u.x", i);
		snprintf(text + used, sizeof(text) - used, "\n}\n");
		policy = parse_one(text, NULL, 0);
		assert_non_null(policy);
		assert_int_equal(policy->services[0]->refused, hosts > 64);
		assert_int_equal(policy->diags.count, hosts > 64);
		policy_list_names(policy);
		if (hosts == 64)
			assert_int_equal(policy->services[0]->only_from_names
			    .count, 66);
		policy_free(policy);
	}
	/* Both lists together only warn. */
	for (unsigned hosts = 62; hosts <= 63; hosts++) {
		size_t used = (size_t)snprintf(text, sizeof(text), "service t\n"
		    "{\n" NEEDS "only_from = a.x .b\nno_access = n.x");
		struct policy *policy;

		for (unsigned i = 0; i < hosts; i++)
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, " h%u.x", i);
		snprintf(text + used, sizeof(text) - used, "\n}\n");
		policy = parse_one(text, NULL, 0);
		assert_non_null(policy);
		assert_false(policy->services[0]->refused);
		assert_int_equal(policy->diags.count, hosts > 62);
		policy_free(policy);
	}
}

static void
test_loader_faults(void **state)
{
	struct policy *policy = parse_one(SERVICE("a") SERVICE("b")
	    SERVICE("c"), NULL, 0);
	struct service **s;

	(void)state;
	assert_non_null(policy);
	s = policy->services;
	for (unsigned i = 0; i < 3; i++) {
		s[i]->listen.count = 1;
		s[i]->listen.addrs[0].addr.family = ADDR_IPV4;
		s[i]->listen.addrs[0].port = 23;
	}
	s[1]->listen.addrs[0].addr.bytes[0] = 10;
	s[2]->listen.addrs[0].addr.family = ADDR_IPV6;
	/* Another transport is another port, 0 is nobody's, a path no address. */
	s[1]->socket_type = SOCKET_DGRAM;
	policy_check_duplicates(policy);
	assert_false(s[1]->refused);
	s[1]->socket_type = SOCKET_STREAM;
	s[0]->listen.addrs[0].port = s[1]->listen.addrs[0].port = 0;
	policy_check_duplicates(policy);
	assert_false(s[1]->refused);
	s[0]->listen.addrs[0].port = s[1]->listen.addrs[0].port = 23;
	policy_check_duplicates(policy);
	assert_false(s[0]->refused);
	assert_true(s[1]->refused);
	assert_false(s[2]->refused);
	policy_fault(policy, s[2], DIAG_REFUSE_SERVICE, DIAG_UNKNOWN_NAME,
	    ATTR_USER, "root", "no such user", NULL);
	assert_true(s[2]->refused);
	policy_fault(policy, NULL, DIAG_REFUSE_LOAD, DIAG_FILE, ATTR_NONE,
	    NULL, "test", NULL);
	assert_int_equal(policy->diags.errors, 3);
	assert_int_equal(policy->diags.load_errors, 1);
	policy_free(policy);
}

static void
test_sinks(void **state)
{
	struct policy *policy = parse_one(
	    "gateway\n{\nmessages = FILE /m\n}\n"
	    "service a\n{\nlog_type = FILE /a\n" NEEDS "}\n"
	    "service b\n{\nlog_type = SYSLOG daemon\n" NEEDS "}\n"
	    "service c\n{\nlog_type = FILE /a 1k\n" NEEDS "}\n"
	    "service d\n{\nlog_type = FILE /d\n" NEEDS "}\n" SERVICE("e"),
	    NULL, 0);
	static const int expected[] = { 3, 0, 3, 4, -1 };
	struct sinks sinks;

	(void)state;
	assert_non_null(policy);
	assert_true(policy_sinks(policy, &sinks));
	assert_int_equal(sinks.count, 5);
	assert_string_equal(sinks.path[SINK_MESSAGES], "/m");
	assert_string_equal(sinks.path[SINK_AUDIT],
	    LOCALSTATEDIR "/log/sallyport/audit.jsonl");
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(policy_sink_of(&sinks,
		    &policy->services[i]->log_type), expected[i]);
	policy_free(policy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_enough_rows),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_stock_host),
		cmocka_unit_test(test_lists_are_not_shared),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_many_services),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_swallowed),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_loader_faults),
		cmocka_unit_test(test_sinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
