/*
 * What a session of relay rests on: the endless text of chargen, and which
 * services the parent would begin one for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "parent/relay.h"
#include "relay/chargen.h"

/* Cut into pieces of any size it is the same text as line by line. */
static void
test_chargen_is_one_text(void **state)
{
	char whole[4 * CHARGEN_PERIOD];
	uint32_t position = 0, line = 0;
	size_t at = 0;

	(void)state;
	chargen_make();
	assert_int_equal(internal_chargen(&line, whole, sizeof whole),
	    sizeof whole);
	for (size_t piece = 1; at + piece <= sizeof whole; piece += 3) {
		assert_true(piece <= CHARGEN_PERIOD);
		assert_memory_equal(chargen_at(position), whole + at, piece);
		position = chargen_advance(position, piece);
		at += piece;
	}
	assert_true(at > 2 * CHARGEN_PERIOD);
}

static void
test_chargen_ends_fit(void **state)
{
	(void)state;
	assert_int_equal(chargen_advance(0, CHARGEN_PERIOD), 0);
	assert_int_equal(chargen_advance(CHARGEN_PERIOD - 1, 1), 0);
	assert_int_equal(chargen_advance(CHARGEN_PERIOD - 1, CHARGEN_PERIOD),
	    CHARGEN_PERIOD - 1);
}

static struct service
redirect(uint8_t family, uint16_t port)
{
	struct service s = { .name = "any", .kind = KIND_REDIRECT };

	s.target.count = 1;
	s.target.addrs[0].addr.family = family;
	s.target.addrs[0].port = port;
	return s;
}

static void
test_redirect_needs_a_target(void **state)
{
	struct service good = redirect(ADDR_IPV4, 23);
	struct service good6 = redirect(ADDR_IPV6, 23);
	struct service no_port = redirect(ADDR_IPV4, 0);
	struct service no_family = redirect(0, 23);
	struct service none = redirect(ADDR_IPV4, 23);

	(void)state;
	none.target.count = 0;
	assert_true(relay_has_data(&good));
	assert_true(relay_has_data(&good6));
	assert_false(relay_has_data(&no_port));
	assert_false(relay_has_data(&no_family));
	assert_false(relay_has_data(&none));
}

static void
test_relayed_needs_a_known_name(void **state)
{
	static const struct { const char *name; bool is_good; } rows[] = {
		{ "echo", true }, { "DISCARD", true }, { "chargen", true },
		{ "daytime", true }, { "time", true }, { "tcpmux", false },
		{ "finger", false }, { NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct service s = { .name = rows[i].name,
		    .kind = KIND_RELAYED };

		assert_int_equal(relay_has_data(&s), rows[i].is_good);
		s.kind = KIND_SERVER;
		assert_true(relay_has_data(&s));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chargen_is_one_text),
		cmocka_unit_test(test_chargen_ends_fit),
		cmocka_unit_test(test_redirect_needs_a_target),
		cmocka_unit_test(test_relayed_needs_a_known_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
