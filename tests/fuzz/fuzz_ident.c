/*
 * Any bytes as an ident server's reply: what is believed is printable, fits a
 * message and answers our question.
 *
 * Input: the line. The ports are those of the seeds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookup/ident.h"
#include "shared/msg.h"

#define THEIRS 6000
#define OURS 23

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool is_good)
{
	if (!is_good)
		abort();
}

static void
check_message(const char *text)
{
	union msg m = { .lookup_answer = { .kind = LOOKUP_IDENT,
	    .result = LOOKUP_YES, .length = (uint32_t)strlen(text) } };
	union msg out;
	size_t length = msg_prepare(&m, MSG_ANSWER);

	check(strlen(text) <= IDENT_TEXT_MAX);
	memcpy(m.lookup_answer.text, text, strlen(text));
	check(msg_decode(LINK_LOOKUP_TO_DISPATCH, &m, length, false, &out) ==
	    NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[IDENT_TEXT_MAX + 1] = "";
	char again[IDENT_TEXT_MAX + 1];
	const char *line = (const char *)data;

	if (ident_parse(line, size, THEIRS, OURS, text) != IDENT_REPLY_USERID)
		return 0;
	check(size <= IDENT_LINE_MAX);
	check(strstr(text, " : ") != NULL && text[0] != ' ');
	check_message(text);
	check(ident_parse(line, size, THEIRS, OURS + 1, again) ==
	    IDENT_REPLY_BAD);
	check(ident_parse(line, size, OURS, THEIRS, again) == IDENT_REPLY_BAD);
	return 0;
}
