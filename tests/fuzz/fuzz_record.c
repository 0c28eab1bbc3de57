/*
 * Any record that record_check() lets pass, rendered: the audit line is one
 * line of valid JSON in ASCII, the classic line and the sentence are one line
 * of printable ASCII, and nothing is longer than its limit.
 *
 * Input: one byte that chooses the policy, one the writer, then the record.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json-check.h"
#include "log/log.h"
#include "shared/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct prefix prefixes[1];
static struct access_entry entries[] = {
	{ .word = "198.51.100.64/26", .place = { 1, 9, 5 }, .count = 1,
	    .prefixes = prefixes },
	{ .word = "\"\\\n\x1b[31m\xe2\x80\xae\xff\xf0\x9f\x98\x80",
	    .place = { 2, 1, 1 }, .count = 1, .prefixes = prefixes },
};
static struct time_entry times[] = {
	{ .range = { 480, 1440 }, .place = { 1, 12, 1 } },
};
static struct service services[] = {
	{ .id = "telnet", .protocol = "tcp",
	    .log_type = { .kind = LOG_SYSLOG, .facility = 3, .level = 6 },
	    .log_on_success = 63, .log_on_failure = 7,
	    .only_from = { true, 2, entries },
	    .no_access = { true, 1, entries },
	    .access_times = { 1, times } },
	{ .index = 1, .kind = KIND_REDIRECT, .id = "a b\"\\\n\x80\xff", .protocol = "t\"p",
	    .log_type = { .kind = LOG_FILE, .path = "/x" },
	    .log_on_success = LOG_DURATION, .log_on_failure = FAIL_ATTEMPT },
	{ .index = 2, .id = NULL, .protocol = NULL },
};
static struct service *list[] = { &services[0], &services[1], &services[2] };
static const char *files[] = {
	NULL, "/etc/sallyport/sallyport.conf", "/etc/\xc3\xa4 \"\n\\.conf"
};
static struct policy policy = {
	.files = files, .file_count = 2, .services = list, .count = 3
};

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

static bool
is_one_line(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return strlen(text) == length;
}

static void
render(const struct record *record, bool has_policy)
{
	struct view view = { .record = record, .host = "gate1\xff\"",
	    .boot = "0123456789abcdef", .sequence = record->cseq };
	char json[JSON_MAX + 1], text[TEXT_MAX], line[CLASSIC_MAX];
	struct zone utc;
	char stamp[STAMP_MAX];
	size_t length;

	if (has_policy)
		view.policy = &policy;
	if (record->service != RECORD_NO_SERVICE) {
		view.id = "?";
		if (has_policy && record->service < policy.count) {
			view.service = list[record->service];
			if (view.service->id != NULL)
				view.id = view.service->id;
		}
	}
	length = classic_traffic(&view, line);
	check(length < CLASSIC_MAX && is_one_line(line, length));
	length = classic_line(&view, line);
	check(length < CLASSIC_MAX && is_one_line(line, length));
	if (length > 0)
		view.original = line;
	length = text_message(&view, text);
	check(length < TEXT_MAX && is_one_line(text, length));
	length = json_record(&view, json);
	check(length <= JSON_MAX && json[length - 1] == '\n');
	check(json_line_is_good(json, length));
	zone_utc(&utc);
	length = classic_file_stamp(&utc, record->time_us, stamp);
	check(is_one_line(stamp, length));
	length = classic_syslog_stamp(&utc, record->time_us, stamp);
	check(length == 15 && is_one_line(stamp, length));
}

/* The end of a hostile file must not be misread either. */
static void
scan(const uint8_t *data, size_t size)
{
	uint64_t sequence, torn;

	tail_scan((const char *)data, size, true, &sequence, &torn);
	check(torn <= size && sequence <= UINT64_C(1) << 62);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record;

	scan(data, size);
	if (size < 2 + sizeof(record))
		return 0;
	memcpy(&record, data + 2, sizeof(record));
	if (record_check(&record, data[1] % WRITER_MAX) != NULL)
		return 0;
	render(&record, data[0] & 1);
	return 0;
}
