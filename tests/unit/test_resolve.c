/*
 * Answers of the name service's child: nothing malformed is believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "load/resolve.h"
#include "shared/util.h"

#define SIZE sizeof(struct resolve_answer)

static const struct row {
	const char *name;
	uint32_t asked;		/* kind; the number is 7 */
	uint32_t kind, number, result, count, id;
	uint32_t family;
	size_t length;
	bool is_good;
} rows[] = {
	{ "user", ASK_USER, ASK_USER, 7, 0, 2, 5, 0, SIZE, true },
	{ "not found", ASK_USER, ASK_USER, 7, RESOLVE_UNKNOWN, 0, 0, 0, SIZE,
	    true },
	{ "too short", ASK_USER, ASK_USER, 7, 0, 2, 5, 0, SIZE - 1, false },
	{ "too long", ASK_USER, ASK_USER, 7, 0, 2, 5, 0, SIZE + 1, false },
	{ "nothing", ASK_USER, ASK_USER, 7, 0, 2, 5, 0, 0, false },
	{ "other kind", ASK_USER, ASK_GROUP, 7, 0, 2, 5, 0, SIZE, false },
	{ "other question", ASK_USER, ASK_USER, 6, 0, 2, 5, 0, SIZE, false },
	{ "too few ids", ASK_USER, ASK_USER, 7, 0, 1, 5, 0, SIZE, false },
	{ "too many ids", ASK_USER, ASK_USER, 7, 0, 3, 5, 0, SIZE, false },
	{ "no id", ASK_USER, ASK_USER, 7, 0, 2, UINT32_MAX, 0, SIZE, false },
	{ "values of nothing", ASK_USER, ASK_USER, 7, RESOLVE_UNKNOWN, 1, 5, 0,
	    SIZE, false },
	{ "lost is not for it to say", ASK_USER, ASK_USER, 7, RESOLVE_SILENT,
	    0, 0, 0, SIZE, false },
	{ "unknown result", ASK_USER, ASK_USER, 7, UINT32_MAX, 0, 0, 0, SIZE,
	    false },
	{ "most groups", ASK_GROUPS, ASK_GROUPS, 7, 0, POLICY_GROUPS_MAX, 5, 0,
	    SIZE, true },
	{ "more groups", ASK_GROUPS, ASK_GROUPS, 7, 0, POLICY_GROUPS_MAX + 1,
	    5, 0, SIZE, false },
	{ "endless groups", ASK_GROUPS, ASK_GROUPS, 7, 0, UINT32_MAX, 5, 0,
	    SIZE, false },
	{ "port", ASK_PORT, ASK_PORT, 7, 0, 1, 65535, 0, SIZE, true },
	{ "port 0", ASK_PORT, ASK_PORT, 7, 0, 1, 0, 0, SIZE, false },
	{ "port 65536", ASK_PORT, ASK_PORT, 7, 0, 1, 65536, 0, SIZE, false },
	{ "program", ASK_RPC, ASK_RPC, 7, 0, 1, 100001, 0, SIZE, true },
	{ "program 0", ASK_RPC, ASK_RPC, 7, 0, 1, 0, 0, SIZE, false },
	{ "address", ASK_HOST, ASK_HOST, 7, 0, 1, 0, 4, SIZE, true },
	{ "most addresses", ASK_HOST, ASK_HOST, 7, 0, POLICY_LISTEN_MAX, 0, 6,
	    SIZE, true },
	{ "more addresses", ASK_HOST, ASK_HOST, 7, 0, POLICY_LISTEN_MAX + 1, 0,
	    6, SIZE, false },
	{ "strange family", ASK_HOST, ASK_HOST, 7, 0, 1, 0, 10, SIZE, false },
	{ "no question", 0, 0, 7, 0, 1, 0, 4, SIZE, false },
	{ "no such question", ASK_MAX, ASK_MAX, 7, 0, 1, 0, 4, SIZE, false },
};

static void
checks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct resolve_request q = { .kind = row->asked, .number = 7 };
		struct resolve_answer a = {
			.kind = row->kind, .number = row->number,
			.result = row->result, .count = row->count,
		};
		const char *rule;

		for (unsigned k = 0; k < POLICY_GROUPS_MAX; k++)
			a.ids[k] = row->id;
		for (unsigned k = 0; k < POLICY_LISTEN_MAX; k++)
			a.addresses[k].family = row->family;
		rule = resolve_check(&q, &a, row->length);
		if ((rule == NULL) != row->is_good)
			fail_msg("%s: %s", row->name,
			    rule != NULL ? rule : "believed");
	}
}

/* The answering function, unconfined, against this machine's own files. */
static const struct ask_row {
	const char *name;
	uint32_t kind;
	const char *text, *protocol;
	uint32_t result;
} ask_rows[] = {
	{ "root", ASK_USER, "root", "", RESOLVE_FOUND },
	{ "nobody of that name", ASK_USER, "no-such-user-x", "",
	    RESOLVE_UNKNOWN },
	{ "group root", ASK_GROUP, "root", "", RESOLVE_FOUND },
	{ "no group", ASK_GROUP, "no-such-group-x", "", RESOLVE_UNKNOWN },
	{ "groups by name", ASK_GROUPS, "root", "", RESOLVE_FOUND },
	{ "groups by uid", ASK_GROUPS, "0", "", RESOLVE_FOUND },
	{ "groups of nobody", ASK_GROUPS, "3999999999", "", RESOLVE_UNKNOWN },
	{ "no service", ASK_PORT, "no-such-service-x", "tcp",
	    RESOLVE_UNKNOWN },
	{ "loopback", ASK_HOST, "127.0.0.1", "", RESOLVE_FOUND },
	{ "IPv6 loopback", ASK_HOST, "::1", "", RESOLVE_FOUND },
};

static void
answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ask_rows) / sizeof(ask_rows[0]); i++) {
		const struct ask_row *row = &ask_rows[i];
		struct resolve_request q = { .kind = row->kind, .number = 3 };
		struct resolve_answer a;

		memcpy(q.text, row->text, strlen(row->text));
		memcpy(q.protocol, row->protocol, strlen(row->protocol));
		resolve_answer(&q, &a);
		if (a.result != row->result ||
		    resolve_check(&q, &a, sizeof(a)) != NULL)
			fail_msg("%s: result %u", row->name, a.result);
	}
}

#define ID (geteuid() == 0 ? 65534 : geteuid())
#define GROUP (geteuid() == 0 ? 65534 : getegid())

/* The whole way, through the confined child. */
static void
through_the_child(void **state)
{
	struct resolver *r = resolve_start(ID, GROUP, monotonic_ms() + 20000);
	struct addr addrs[POLICY_LISTEN_MAX];
	uint32_t groups[POLICY_GROUPS_MAX], uid = 1, gid = 1;
	char big[RESOLVE_TEXT + 1];
	unsigned count;

	(void)state;
	assert_non_null(r);
	for (int i = 0; i < 2; i++) {	/* asked, then remembered */
		assert_int_equal(resolve_user(r, "root", &uid, &gid),
		    RESOLVE_FOUND);
		assert_int_equal(uid, 0);
		assert_int_equal(gid, 0);
		assert_int_equal(resolve_user(r, "no-such-user-x", &uid, &gid),
		    RESOLVE_UNKNOWN);
	}
	assert_int_equal(resolve_groups(r, "0", groups, &count),
	    RESOLVE_FOUND);
	assert_true(count >= 1);
	assert_int_equal(resolve_host(r, "127.0.0.1", addrs, &count),
	    RESOLVE_FOUND);
	assert_int_equal(count, 1);
	assert_int_equal(addrs[0].family, ADDR_IPV4);
	assert_int_equal(addrs[0].bytes[0], 127);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(resolve_group(r, big, &gid), RESOLVE_UNKNOWN);
	assert_int_equal(resolve_group(r, "", &gid), RESOLVE_UNKNOWN);
	resolve_stop(r);
}

static void
no_answer_after_the_deadline(void **state)
{
	struct resolver *r = resolve_start(ID, GROUP, monotonic_ms());
	uint32_t uid, gid;
	uint16_t port;

	(void)state;
	assert_non_null(r);
	assert_int_equal(resolve_user(r, "root", &uid, &gid), RESOLVE_SILENT);
	assert_int_equal(resolve_port(r, "telnet", "tcp", &port),
	    RESOLVE_SILENT);
	resolve_stop(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks),
		cmocka_unit_test(answers),
		cmocka_unit_test(through_the_child),
		cmocka_unit_test(no_answer_after_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
