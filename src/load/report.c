/*
 * What a check has found, as text for people.
 *
 * Runs in "sallyport-load --check", after it has given up what rights it had.
 * Names and values come from the files that are being checked; diag_format()
 * and the escape here keep them from the terminal.
 */
#include "load/report.h"

#include <stdlib.h>
#include <string.h>

#include "load/show.h"

#define LINE_MAX_BYTES 2048

struct line {
	const struct diag *diag;
	unsigned order;		/* in which it was reported */
};

/* Whole-load remarks without a place come last, next to the summary. */
static int
compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	unsigned file_x = x->diag->place.file, file_y = y->diag->place.file;

	if (file_x != file_y) {
		if (file_x == 0 || file_y == 0)
			return file_x == 0 ? 1 : -1;
		return file_x < file_y ? -1 : 1;
	}
	if (x->diag->place.line != y->diag->place.line)
		return x->diag->place.line < y->diag->place.line ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool
write_diags(int fd, const struct diag_list *diags, unsigned *warnings)
{
	struct line *lines;
	unsigned count = 0;
	bool is_written = true;

	*warnings = 0;
	lines = calloc(DIAG_LIST_MAX + 1, sizeof(*lines));
	if (lines == NULL)
		return false;
	for (const struct diag *d = diags->first;
	    d != NULL && count <= DIAG_LIST_MAX; d = d->next) {
		lines[count].diag = d;
		lines[count].order = count;
		count++;
		*warnings += d->effect == DIAG_WARNING;
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (unsigned i = 0; i < count && is_written; i++) {
		char text[LINE_MAX_BYTES];
		size_t length = diag_format(lines[i].diag, text,
		    sizeof(text) - 1);

		text[length++] = '\n';
		is_written = write_all(fd, text, length) == 0;
	}
	free(lines);
	return is_written;
}

struct tally {
	unsigned offered, refused, off;
};

static struct tally
count_services(const struct policy *policy)
{
	struct tally tally = { 0, 0, 0 };

	for (unsigned i = 0; i < policy->count; i++) {
		const struct service *s = policy->services[i];

		if (s->off)
			tally.off++;
		else if (s->refused)
			tally.refused++;
		else
			tally.offered++;
	}
	return tally;
}

static const char *
plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

static size_t
sum_up(const struct policy *policy, const struct tally *tally,
    unsigned warnings, char *out, size_t size)
{
	unsigned errors = policy->diags.errors;
	size_t n = 0;

	if (policy->diags.load_errors > 0)
		n = format_text(out, size, "not usable: %u error%s", errors,
		    plural(errors));
	else {
		n = format_text(out, size, "%s%u service%s offered",
		    tally->refused == 0 && errors == 0 && warnings == 0 ?
		    "good: " : "",
		    tally->offered, plural(tally->offered));
		if (tally->refused > 0)
			n += format_text(out + n, size - n, ", %u refused",
			    tally->refused);
		if (tally->off > 0)
			n += format_text(out + n, size - n, ", %u disabled",
			    tally->off);
		if (tally->offered == 0)
			n += format_text(out + n, size - n, ": sallyportd "
			    "starts with -stayalive only");
	}
	/* What was skipped may have been any number of services. */
	if (policy->diags.load_errors == 0 && errors > tally->refused)
		n += format_text(out + n, size - n, ", %u error%s", errors,
		    plural(errors));
	if (warnings > 0)
		n += format_text(out + n, size - n, ", %u warning%s", warnings,
		    plural(warnings));
	return n;
}

enum exit_code
report_write(int fd, const struct policy *policy, const char *path)
{
	struct tally tally = count_services(policy);
	char line[LINE_MAX_BYTES];
	unsigned warnings;
	size_t length;

	if (!write_diags(fd, &policy->diags, &warnings))
		return EXIT_CANNOT;
	length = format_text(line, sizeof(line) / 2, "%s", path);
	for (size_t i = 0; i < length; i++) {
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	}
	length += format_text(line + length, sizeof(line) - length, ": ");
	length += sum_up(policy, &tally, warnings, line + length,
	    sizeof(line) - length - 1);
	line[length++] = '\n';
	if (write_all(fd, line, length) == -1)
		return EXIT_CANNOT;
	/* The daemon does not start with that, either. */
	return tally.offered == 0 ? EXIT_FINDINGS : show_code(policy);
}
