/*
 * State files as an administrator sees them: hostile bytes do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/view.h"

static char folder[] = "test_view.XXXXXX";

#define MINUTE UINT64_C(60000000)
#define NOW (UINT64_C(1000000) * 86400 * 20000)

static const struct age_row {
	const char *name;
	uint64_t now, then;
	const char *expected;
} age_rows[] = {
	{ "unset", NOW, 0, "-" },
	{ "future", NOW, NOW + 1, "-" },
	{ "now", NOW, NOW, "0 s" },
	{ "seconds", NOW, NOW - MINUTE + 1, "59 s" },
	{ "minutes", NOW, NOW - MINUTE, "1 min" },
	{ "hours", NOW, NOW - 60 * MINUTE, "1 h 0 min" },
	{ "days", NOW, NOW - 25 * 60 * MINUTE, "1 d 1 h" },
	{ "since ever", UINT64_MAX, 1, "213503982 d 8 h" },
};

static void
ages(void **state)
{
	char out[VIEW_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(age_rows) / sizeof(age_rows[0]); i++)
		assert_string_equal(view_age(age_rows[i].now, age_rows[i].then,
		    out), age_rows[i].expected);
}

static const struct count_row {
	const char *name;
	uint64_t number;
	const char *expected;
} count_rows[] = {
	{ "zero", 0, "0" },
	{ "three digits", 999, "999" },
	{ "four digits", 1000, "1,000" },
	{ "six digits", 123456, "123,456" },
	{ "most", UINT64_MAX, "18,446,744,073,709,551,615" },
};

static void
counts(void **state)
{
	char out[VIEW_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(count_rows) / sizeof(count_rows[0]); i++)
		assert_string_equal(view_count(count_rows[i].number, out),
		    count_rows[i].expected);
}

static const struct time_row {
	const char *name;
	uint64_t us;
	const char *expected;
} time_rows[] = {
	{ "unset", 0, "" },
	{ "a day", UINT64_C(1795489929000000), "2026-11-24T03:12:09Z" },
	{ "beyond the calendar", UINT64_MAX, "" },
	{ "last second", UINT64_C(253402300799000000),
	    "9999-12-31T23:59:59Z" },
};

static void
times(void **state)
{
	char out[VIEW_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(time_rows) / sizeof(time_rows[0]); i++)
		assert_string_equal(view_time(time_rows[i].us, out),
		    time_rows[i].expected);
}

static const struct text_row {
	const char *name, *bytes;
	size_t size;
	const char *expected;
} text_rows[] = {
	{ "plain", "abc", 4, "abc" },
	{ "no end", "abcdef", 3, "abc" },
	{ "escape", "\033[2J\n\377", 7, "#033[2J#012#377" },
	{ "nothing", "", 0, "" },
};

static void
texts(void **state)
{
	char out[VIEW_TEXT_MAX], big[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++)
		assert_string_equal(view_text(text_rows[i].bytes,
		    text_rows[i].size, out), text_rows[i].expected);
	memset(big, '\001', sizeof(big));
	assert_true(strlen(view_text(big, sizeof(big), out)) <
	    VIEW_TEXT_MAX);
}

static const struct listener_row {
	const char *name;
	struct record_addr addr;
	const char *expected;
} listener_rows[] = {
	{ "IPv4", { .family = 4, .port = 23, .bytes = { 192, 0, 2, 1 } },
	    "192.0.2.1:23" },
	{ "IPv6 wildcard", { .family = 6, .port = 65535 }, "[::]:65535" },
	{ "no family", { .family = 0, .port = 1 }, "?:1" },
	{ "bad family", { .family = 255, .port = 1 }, "?:1" },
	{ "UNIX", { .family = RECORD_FAMILY_UNIX, .scope = 7 }, "UNIX socket" },
	{ "unknown interface",
	    { .family = 6, .port = 1, .scope = 4000000000u,
	    .bytes = { 0xfe, 0x80, [15] = 1 } }, "[fe80::1%4000000000]:1" },
};

static void
listeners(void **state)
{
	char out[VIEW_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(listener_rows) / sizeof(listener_rows[0]);
	    i++)
		assert_string_equal(view_listener(&listener_rows[i].addr, out),
		    listener_rows[i].expected);
}

static void
kinds_and_peers(void **state)
{
	struct record_addr peer = { .family = RECORD_FAMILY_UNIX,
	    .scope = 1000 };
	struct state_service s = { .kind = 3 };
	char out[VIEW_TEXT_MAX];

	(void)state;
	assert_string_equal(view_kind(&s), "redirect");
	s.kind = UINT32_MAX;
	assert_string_equal(view_kind(&s), "?");
	assert_string_equal(view_address(&peer, out), "uid 1000");
}

static void
write_state(const char *name, const void *bytes, size_t size)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static struct parent_state *
new_parent(int32_t pid)
{
	struct parent_state *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	state_header_set(&p->h, 'P', sizeof(*p));
	p->pid = pid;
	return p;
}

static const struct load_row {
	const char *name;
	int32_t pid;		/* 0: ours */
	bool is_damaged;
	enum view_result expected;
} load_rows[] = {
	{ "running", 0, false, VIEW_RUNNING },
	{ "negative pid", -1, false, VIEW_STOPPED },
	{ "dead pid", INT32_MAX, false, VIEW_STOPPED },
	{ "damaged", 0, true, VIEW_CANNOT },
};

static void
loading(void **state)
{
	struct view view;
	char why[VIEW_TEXT_MAX];

	(void)state;
	assert_int_equal(view_load(&view, "/nonexistent", why, sizeof(why)),
	    VIEW_STOPPED);
	for (size_t i = 0; i < sizeof(load_rows) / sizeof(load_rows[0]); i++) {
		const struct load_row *row = &load_rows[i];
		struct parent_state *p = new_parent(row->pid == 0 ?
		    (int32_t)getpid() : row->pid);

		p->h.version ^= row->is_damaged;
		write_state(STATE_PARENT, p, sizeof(*p));
		if (view_load(&view, folder, why, sizeof(why)) !=
		    row->expected)
			fail_msg("%s: %s", row->name, why);
		if (row->expected == VIEW_RUNNING) {
			assert_null(view.dispatch);
			assert_null(view.log);
			assert_null(view.relay);
			view_free(&view);
		}
		free(p);
	}
}

/* The files beside parent.state: each when it is good, none otherwise. */
static void
other_files(void **state)
{
	struct parent_state *p = new_parent((int32_t)getpid());
	struct relay_state relay = { .started = 5, .bytes_in = 7 };
	struct log_state *log = calloc(1, sizeof(*log));
	struct view view;
	char why[VIEW_TEXT_MAX];

	(void)state;
	assert_non_null(log);
	state_header_set(&relay.h, 'R', sizeof(relay));
	state_header_set(&log->h, 'R', sizeof(*log));	/* a wrong kind */
	write_state(STATE_PARENT, p, sizeof(*p));
	write_state(STATE_RELAY, &relay, sizeof(relay));
	write_state(STATE_LOG, log, sizeof(*log));
	assert_int_equal(view_load(&view, folder, why, sizeof(why)),
	    VIEW_RUNNING);
	assert_non_null(view.relay);
	assert_int_equal(view.relay->bytes_in, 7);
	assert_null(view.log);
	view_free(&view);
	free(log);
	free(p);
}

/* Every number at its worst. */
static void
hostile_numbers(void **state)
{
	struct parent_state *p = new_parent((int32_t)getpid());
	struct dispatch_state *d = calloc(1, sizeof(*d));
	struct view view;
	char why[VIEW_TEXT_MAX];

	(void)state;
	assert_non_null(d);
	memset((char *)p + sizeof(p->h), 0xff, sizeof(*p) - sizeof(p->h));
	memset(d, 0xff, sizeof(*d));
	state_header_set(&d->h, 'D', sizeof(*d));
	p->pid = (int32_t)getpid();
	write_state(STATE_PARENT, p, sizeof(*p));
	write_state(STATE_DISPATCH, d, sizeof(*d));
	assert_int_equal(view_load(&view, folder, why, sizeof(why)),
	    VIEW_RUNNING);
	assert_non_null(view.dispatch);
	assert_int_equal(view_services(&view), STATE_SERVICES);
	assert_true(view_denied(&view, &view.parent->services[0]) > 0);
	assert_true(view_accepted(&view) == UINT64_MAX);
	assert_true(view_denied_all(&view) == UINT64_MAX);
	assert_true(view_allowed(&view) == 0);
	assert_string_equal(view_service_state(&view.parent->services[0]),
	    "?");
	view_free(&view);
	free(d);
	free(p);
}

static void
denied_by_service(void **state)
{
	struct parent_state *p = new_parent((int32_t)getpid());
	struct dispatch_state *d = calloc(1, sizeof(*d));
	struct view view = { .parent = p, .dispatch = d };

	(void)state;
	assert_non_null(d);
	p->service_count = 1;
	p->services[0].index = 3;
	p->services[0].refused = 2;
	p->generation = d->generation = 5;
	d->services[3].denied = 7;
	assert_int_equal(view_denied(&view, &p->services[0]), 7);
	d->generation = 4;
	assert_int_equal(view_denied(&view, &p->services[0]), 2);
	view.dispatch = NULL;
	assert_int_equal(view_denied(&view, &p->services[0]), 2);
	free(d);
	free(p);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char path[200];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/" STATE_PARENT, folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/" STATE_DISPATCH, folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, STATE_RELAY);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, STATE_LOG);
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages),
		cmocka_unit_test(counts),
		cmocka_unit_test(times),
		cmocka_unit_test(texts),
		cmocka_unit_test(listeners),
		cmocka_unit_test(kinds_and_peers),
		cmocka_unit_test(loading),
		cmocka_unit_test(other_files),
		cmocka_unit_test(hostile_numbers),
		cmocka_unit_test(denied_by_service),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
