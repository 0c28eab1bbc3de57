/*
 * Records of the parent. Root; never waits, never formats a peer's string
 * without bounds.
 */
#include "parent/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent/helper-table.h"
#include "shared/util.h"

void
say_record(struct parent *p, struct record *record)
{
	if (record->generation == 0 && p->in_force != NULL)
		record->generation = p->in_force->number;
	/* Lost only when the log process is far behind; the record's number
	 * makes log say so. */
	(void)record_send(&p->records, record);
}

void
say(struct parent *p, int level, const char *format, ...)
{
	struct record record;
	char text[RECORD_TEXT];
	char line[RECORD_TEXT + 32];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	record_init(&record, RECORD_MESSAGE);
	record.level = (uint16_t)level;
	record_text(&record, "%s", text);
	say_record(p, &record);
	if (level <= LEVEL_ERR)
		say_last_error(p, text);
	/* Later the log process repeats messages on standard error itself. */
	if (p->in_force == NULL && level <= LEVEL_WARNING &&
	    (p->log == NULL || !p->options.foreground)) {
		size_t length = format_text(line, sizeof(line),
		    "sallyportd: %s\n", text);
		(void)write_all(STDERR_FILENO, line, length);
	}
}

void
say_violation(struct parent *p, const struct helper *helper, uint64_t message,
    const char *rule)
{
	struct record record;

	record_init(&record, RECORD_VIOLATION);
	record.level = LEVEL_ALERT;
	record.pid = helper->pid;
	record.number[0] = message;
	record_text(&record, "%s %u: %s", helper_table[helper->kind].name,
	    helper->number, rule);
	say_record(p, &record);
	say_last_error(p, rule);
}

void
say_last_error(struct parent *p, const char *text)
{
	if (p->state == NULL)
		return;
	(void)format_text(p->state->last_error,
	    sizeof(p->state->last_error), "%s", text);
	p->state->last_error_us = wall_us();
}
