/*
 * TZif files, built here byte by byte: sound ones are read, damaged ones are
 * refused, and none is read beyond its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/zone.h"

/* A TZif file to be: what its header, body and footer say. */
struct file {
	char version;		/* '\0', '2', '3', '4' */
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
	int64_t times[8];
	uint8_t indices[8];
	struct { int32_t offset; uint8_t dst, name; } types[4];
	char chars[24];
	const char *footer;	/* with its newlines */
};

/* Berlin as a thin file has it; the first change lies before 1970. */
static const struct file berlin = {
	.version = '2', .timecnt = 4, .typecnt = 3, .charcnt = 13,
	.times = { -2422054408, 323830800, 338950800, 354675600 },
	.indices = { 2, 1, 2, 1 },
	.types = { { 3208, 0, 0 }, { 7200, 1, 4 }, { 3600, 0, 9 } },
	.chars = "LMT\0CEST\0CET", .footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n",
};

struct bytes {
	uint8_t data[1024];
	size_t length;
};

static void
add_bytes(struct bytes *out, const void *bytes, size_t length)
{
	assert_true(length <= sizeof(out->data) - out->length);
	memcpy(out->data + out->length, bytes, length);
	out->length += length;
}

static void
add_number(struct bytes *out, int64_t value, unsigned size)
{
	uint8_t byte;

	for (unsigned i = size; i > 0; i--) {
		byte = (uint8_t)((uint64_t)value >> (8 * (i - 1)));
		add_bytes(out, &byte, 1);
	}
}

static void
add_header(struct bytes *out, const struct file *file)
{
	const uint32_t counts[6] = { file->isutcnt, file->isstdcnt,
	    file->leapcnt, file->timecnt, file->typecnt, file->charcnt };

	add_bytes(out, "TZif", 4);
	add_bytes(out, &file->version, 1);
	add_bytes(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	for (unsigned i = 0; i < 6; i++)
		add_number(out, counts[i], 4);
}

/* Counts beyond what a file here can hold stay in the header alone. */
static void
add_block(struct bytes *out, const struct file *file, unsigned time_size)
{
	add_header(out, file);
	for (uint32_t i = 0; i < file->timecnt && i < 8; i++)
		add_number(out, file->times[i], time_size);
	add_bytes(out, file->indices, file->timecnt < 8 ? file->timecnt : 8);
	for (uint32_t i = 0; i < file->typecnt && i < 4; i++) {
		add_number(out, file->types[i].offset, 4);
		add_number(out, file->types[i].dst, 1);
		add_number(out, file->types[i].name, 1);
	}
	add_bytes(out, file->chars, file->charcnt < 24 ? file->charcnt : 24);
	for (uint32_t i = 0; i < file->leapcnt && i < 4; i++)
		add_bytes(out, "\0\0\0\0\0\0\0\0\0\0\0", time_size + 4);
	add_bytes(out, "\0\0\0\0\0\0\0", file->isstdcnt % 8);
	add_bytes(out, "\0\0\0\0\0\0\0", file->isutcnt % 8);
}

static void
build(struct bytes *out, const struct file *file)
{
	/* As zic writes it for readers of 64 bits. */
	const struct file first = { .version = file->version, .typecnt = 1,
	    .charcnt = 1 };

	memset(out, 0, sizeof(*out));
	if (file->version == '\0') {
		add_block(out, file, 4);
		return;
	}
	add_block(out, &first, 4);
	add_block(out, file, 8);
	if (file->footer != NULL)
		add_bytes(out, file->footer, strlen(file->footer));
}

static bool
read_bytes(struct zone *zone, struct arena *arena, const struct bytes *bytes,
    size_t length)
{
	/* A block of its own, so that a sanitizer sees a read behind it. */
	uint8_t *copy = malloc(length > 0 ? length : 1);
	bool is_zone;

	assert_non_null(copy);
	memcpy(copy, bytes->data, length);
	is_zone = zone_from_tzif(zone, arena, copy, length);
	free(copy);
	return is_zone;
}

static void
print_time(const struct zone *zone, int64_t now, char *out, size_t size)
{
	struct zone_time time;

	zone_local(zone, now, &time);
	(void)snprintf(out, size, "%d-%02d-%02d %02d:%02d:%02d %s %d %d",
	    time.year, time.month, time.day, time.hour, time.minute,
	    time.second, time.name, time.offset, time.weekday);
}

static void
test_tzif(void **state)
{
	static const struct { int64_t now; const char *expected; } rows[] = {
		{ 0, "1970-01-01 01:00:00 CET 3600 4" },
		{ -1, "1970-01-01 00:59:59 CET 3600 4" },
		{ 323830799, "1980-04-06 01:59:59 CET 3600 0" },
		{ 323830800, "1980-04-06 03:00:00 CEST 7200 0" },
		{ 338950799, "1980-09-28 02:59:59 CEST 7200 0" },
		{ 338950800, "1980-09-28 02:00:00 CET 3600 0" },
		{ 354675599, "1981-03-29 01:59:59 CET 3600 0" },
		{ 354675600, "1981-03-29 03:00:00 CEST 7200 0" },
		{ 1774745999, "2026-03-29 01:59:59 CET 3600 0" },
		{ 1774746000, "2026-03-29 03:00:00 CEST 7200 0" },
		{ 1824944400, "2027-10-31 02:00:00 CET 3600 0" },
	};
	struct arena *arena = arena_new(1 << 16);
	struct bytes bytes;
	struct zone zone;

	(void)state;
	build(&bytes, &berlin);
	assert_true(read_bytes(&zone, arena, &bytes, bytes.length));
	assert_int_equal(zone.count, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[80];

		print_time(&zone, rows[i].now, out, sizeof(out));
		if (strcmp(out, rows[i].expected) != 0)
			fail_msg("%lld: %s", (long long)rows[i].now, out);
	}
	arena_free(arena);
}

/* The first version: 32 bits, no footer, the last offset stays. */
static void
test_tzif_first_version(void **state)
{
	struct arena *arena = arena_new(1 << 16);
	struct file file = berlin;
	struct bytes bytes;
	struct zone zone;
	char out[80];

	(void)state;
	file.version = '\0';
	file.times[0] = INT32_MIN;
	file.isstdcnt = file.isutcnt = file.typecnt;
	build(&bytes, &file);
	assert_true(read_bytes(&zone, arena, &bytes, bytes.length));
	assert_string_equal(zone.footer, "");
	print_time(&zone, 1792890000, out, sizeof(out));
	assert_string_equal(out, "2026-10-25 03:00:00 CEST 7200 0");
	print_time(&zone, 338950800, out, sizeof(out));
	assert_string_equal(out, "1980-09-28 02:00:00 CET 3600 0");
	arena_free(arena);
}

struct damage {
	const char *name;
	struct file file;
	bool expected;
};

#define SMALL .version = '2', .timecnt = 2, .typecnt = 2, .charcnt = 8, \
	.times = { 10, 20 }, .indices = { 1, 0 }, \
	.types = { { 3600, 0, 0 }, { 7200, 1, 4 } }, .chars = "AAA\0BBB"
#define FOOTER .footer = "\nAAA-1\n"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#if defined(__clang__)
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
static const struct damage damages[] = {
	{ "sound", { SMALL, FOOTER }, true },
	{ "sound, empty footer", { SMALL, .footer = "\n\n" }, true },
	{ "sound, more behind the footer", { SMALL,
	    .footer = "\nAAA-1\nmore" }, true },
	{ "sound, version 3", { SMALL, FOOTER, .version = '3' }, true },
	{ "sound, version 4", { SMALL, FOOTER, .version = '4' }, true },
	{ "sound, no transitions", { SMALL, FOOTER, .timecnt = 0 }, true },
	{ "sound, largest offset", { SMALL, FOOTER,
	    .types = { { 93599, 0, 0 }, { -93599, 1, 4 } } }, true },
	{ "version 1 in ASCII", { SMALL, FOOTER, .version = '1' }, false },
	{ "version 5", { SMALL, FOOTER, .version = '5' }, false },
	{ "no types", { SMALL, FOOTER, .typecnt = 0, .timecnt = 0 }, false },
	{ "no names", { SMALL, FOOTER, .charcnt = 0 }, false },
	{ "leap seconds", { SMALL, FOOTER, .leapcnt = 1 }, false },
	{ "odd isstdcnt", { SMALL, FOOTER, .isstdcnt = 1 }, false },
	{ "odd isutcnt", { SMALL, FOOTER, .isutcnt = 3 }, false },
	{ "huge timecnt", { SMALL, FOOTER, .timecnt = UINT32_MAX }, false },
	{ "huge typecnt", { SMALL, FOOTER, .typecnt = UINT32_MAX }, false },
	{ "huge charcnt", { SMALL, FOOTER, .charcnt = UINT32_MAX }, false },
	{ "huge leapcnt", { SMALL, FOOTER, .leapcnt = UINT32_MAX }, false },
	{ "huge isstdcnt", { SMALL, FOOTER, .isstdcnt = UINT32_MAX }, false },
	{ "all huge", { SMALL, FOOTER, .timecnt = UINT32_MAX,
	    .typecnt = UINT32_MAX, .charcnt = UINT32_MAX,
	    .leapcnt = UINT32_MAX, .isstdcnt = UINT32_MAX,
	    .isutcnt = UINT32_MAX }, false },
	{ "no such type", { SMALL, FOOTER, .indices = { 1, 2 } }, false },
	{ "names that could be a type", { SMALL, FOOTER, .charcnt = 10,
	    .types = { { 3600, 0, 6 }, { 7200, 1, 6 } },
	    .chars = "\0\0\0\0\0\6AAA" }, true },
	{ "no such type, but names like one", { SMALL, FOOTER, .charcnt = 10,
	    .types = { { 3600, 0, 6 }, { 7200, 1, 6 } },
	    .chars = "\0\0\0\0\0\6AAA", .indices = { 1, 2 } }, false },
	{ "times equal", { SMALL, FOOTER, .times = { 10, 10 } }, false },
	{ "times descend", { SMALL, FOOTER, .times = { 20, 10 } }, false },
	{ "times descend before 1970", { SMALL, FOOTER,
	    .times = { -10, -20 } }, false },
	{ "offset too large", { SMALL, FOOTER,
	    .types = { { 93600, 0, 0 }, { 7200, 1, 4 } } }, false },
	{ "offset too small", { SMALL, FOOTER,
	    .types = { { 3600, 0, 0 }, { INT32_MIN, 1, 4 } } }, false },
	{ "isdst 2", { SMALL, FOOTER,
	    .types = { { 3600, 0, 0 }, { 7200, 2, 4 } } }, false },
	{ "name outside", { SMALL, FOOTER,
	    .types = { { 3600, 0, 0 }, { 7200, 1, 8 } } }, false },
	{ "name empty", { SMALL, FOOTER,
	    .types = { { 3600, 0, 0 }, { 7200, 1, 3 } } }, false },
	{ "name does not end", { SMALL, FOOTER, .charcnt = 7 }, false },
	{ "name too long", { SMALL, FOOTER, .charcnt = 17,
	    .chars = "AAA\0BBBBBBBBBBBB" }, false },
	{ "name with a blank", { SMALL, FOOTER, .chars = "AAA\0B B" },
	    false },
	{ "name with a colon", { SMALL, FOOTER, .chars = "A:A\0BBB" },
	    false },
	{ "no footer", { SMALL }, false },
	{ "footer without a beginning", { SMALL, .footer = "AAA-1\n" },
	    false },
	{ "footer without an end", { SMALL, .footer = "\nAAA-1" }, false },
	{ "footer is no rule", { SMALL, .footer = "\nAAA\n" }, false },
	{ "footer too long", { SMALL, .footer =
	    "\nAAA-1BBB,M3.5.0/000000000000000000000000000000000000000000"
	    "00000000000000000000000000000000000000000000000,M4.5.0\n" },
	    false },
};
#pragma GCC diagnostic pop

static void
test_tzif_damaged(void **state)
{
	struct arena *arena = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct bytes bytes;
		struct zone zone;

		build(&bytes, &damages[i].file);
		if (read_bytes(&zone, arena, &bytes, bytes.length) !=
		    damages[i].expected)
			fail_msg("%s", damages[i].name);
	}
	arena_free(arena);
}

/* No beginning of a file is a file, and no changed byte reads outside. */
static void
test_tzif_cut_and_flipped(void **state)
{
	struct arena *arena = arena_new(1 << 22);
	struct bytes bytes;
	struct zone zone;

	(void)state;
	build(&bytes, &berlin);
	for (size_t length = 0; length < bytes.length; length++)
		if (read_bytes(&zone, arena, &bytes, length))
			fail_msg("%zu bytes", length);
	for (size_t i = 0; i < bytes.length; i++) {
		struct zone_time time;

		bytes.data[i] ^= 0x81;
		zone_utc(&zone);
		(void)read_bytes(&zone, arena, &bytes, bytes.length);
		zone_local(&zone, 1774746000, &time);
		assert_in_range(strlen(time.name), 1, ZONE_NAME_MAX - 1);
		bytes.data[i] ^= 0x81;
	}
	arena_free(arena);
}

static void
put_number(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

/* A file of `count` transitions from `first` on; the length. */
static size_t
build_long(uint8_t *out, uint32_t count, int64_t first)
{
	uint8_t *at = out;

	memset(out, 0, 88);
	for (unsigned block = 0; block < 2; block++, at += 44) {
		memcpy(at, "TZif2", 5);
		if (block == 1)
			put_number(at + 32, count, 4);
		/* The first block: one type, one name, both all zero. */
		put_number(at + 36, 1, 4);
		put_number(at + 40, block == 0 ? 1 : 4, 4);
		if (block == 0) {
			memset(at + 44, 0, 7);
			at += 7;
		}
	}
	for (uint32_t i = 0; i < count; i++, at += 8)
		put_number(at, (uint64_t)(first + i), 8);
	memset(at, 0, count + 6);
	at += count + 6;
	memcpy(at, "UTC\0\n\n", 6);
	return (size_t)(at + 6 - out);
}

static void
test_tzif_is_bounded(void **state)
{
	static const struct {
		uint32_t count;
		int64_t first;
		bool expected;
	} rows[] = {
		{ ZONE_TRANSITIONS_MAX, 1, true },
		{ ZONE_TRANSITIONS_MAX + 1, 1, false },
		{ ZONE_TRANSITIONS_MAX + 1, -1, true },
		{ ZONE_TRANSITIONS_MAX + 9, -9, true },
	};
	static uint8_t out[32768];
	struct arena *arena = arena_new(1 << 20);
	struct zone zone;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = build_long(out, rows[i].count, rows[i].first);

		if (zone_from_tzif(&zone, arena, out, length) !=
		    rows[i].expected)
			fail_msg("%u from %lld", rows[i].count,
			    (long long)rows[i].first);
	}
	assert_int_equal(zone.count, ZONE_TRANSITIONS_MAX);
	arena_free(arena);
	arena = arena_new(64);
	assert_false(zone_from_tzif(&zone, arena, out,
	    build_long(out, 100, 1)));
	assert_true(arena_failed(arena));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tzif),
		cmocka_unit_test(test_tzif_first_version),
		cmocka_unit_test(test_tzif_damaged),
		cmocka_unit_test(test_tzif_cut_and_flipped),
		cmocka_unit_test(test_tzif_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
