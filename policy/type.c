/*
 * Types of single values: numbers, words, choices; see type.h.
 *
 * Pure; runs in every process that reads a policy. A number is never cut to
 * fit, a word is never guessed, and nothing outside the row's range comes out.
 */
#include "policy/type.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/policy.h"

static void
note(const struct type_source *source, bool is_fault, enum diag_code code,
    const struct lex_word *word, const char *message, const char *hint)
{
	struct type_note out = {
		.is_fault = is_fault, .code = code, .word = word,
		.message = message, .hint = hint,
	};

	source->report(source->context, &out);
}

bool
type_fault(const struct type_source *source, enum diag_code code,
    const struct lex_word *word, const char *message, const char *hint)
{
	note(source, true, code, word, message, hint);
	return false;
}

void
type_warn(const struct type_source *source, enum diag_code code,
    const struct lex_word *word, const char *message, const char *hint)
{
	note(source, false, code, word, message, hint);
}

bool
type_equal_number(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint64_t)) == 0;
}

bool
type_equal_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static bool
equal_pointed_text(const void *a, const void *b)
{
	return type_equal_text(*(const char *const *)a,
	    *(const char *const *)b);
}

static bool
equal_yesno(const void *a, const void *b)
{
	return *(const bool *)a == *(const bool *)b;
}

bool
type_decimal(const char *text, uint64_t maximum, uint64_t *out)
{
	uint64_t value = 0;
	unsigned digit;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		digit = (unsigned)(*text - '0');
		if (value > (maximum - digit) / 10 || digit > maximum)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

static bool
all_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Digits in range, or a fault that says which of the two is wrong. */
static bool
in_range(const struct type_source *source, const char *digits,
    uint64_t unit, uint64_t *out)
{
	const struct attr *attr = source->attr;
	uint64_t number;

	if (!all_digits(digits))
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not a number of this kind", arena_format(source->arena,
		    "expected: %s", attr->syntax));
	if (!type_decimal(digits, UINT64_MAX / unit, &number) ||
	    number * unit < attr->minimum || number * unit > attr->maximum)
		return type_fault(source, DIAG_OUT_OF_RANGE, &source->words[0],
		    "the number is out of range", attr->maximum < unit ?
		    "use a smaller unit" : arena_format(source->arena,
		    "from %" PRIu64 " to %" PRIu64, attr->minimum / unit,
		    attr->maximum / unit));
	*out = number * unit;
	return true;
}

static bool
parse_yesno(const struct type_source *source, void *value)
{
	const char *text = source->words[0].text;

	*(bool *)value = strcasecmp(text, "yes") == 0;
	if (strcasecmp(text, "yes") == 0 || strcasecmp(text, "no") == 0)
		return true;
	return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
	    "neither yes nor no", "write yes or no");
}

static void
print_yesno(struct out *out, const struct attr *attr, const void *value)
{
	(void)attr;	/* one form for all rows */
	out_word(out, *(const bool *)value ? "yes" : "no");
}

static bool
parse_number(const struct type_source *source, void *value)
{
	return in_range(source, source->words[0].text, 1, value);
}

static void
print_number(struct out *out, const struct attr *attr, const void *value)
{
	(void)attr;	/* one form for all rows */
	out_number(out, *(const uint64_t *)value);
}

static bool
parse_count(const struct type_source *source, void *value)
{
	if (strcasecmp(source->words[0].text, "UNLIMITED") != 0)
		return parse_number(source, value);
	*(uint64_t *)value = POLICY_UNLIMITED;
	return true;
}

static void
print_count(struct out *out, const struct attr *attr, const void *value)
{
	if (*(const uint64_t *)value == POLICY_UNLIMITED)
		out_word(out, "UNLIMITED");
	else
		print_number(out, attr, value);
}

static bool
parse_deny_time(const struct type_source *source, void *value)
{
	const char *text = source->words[0].text;

	if (strcasecmp(text, "FOREVER") == 0)
		*(uint64_t *)value = POLICY_UNLIMITED;
	else if (strcasecmp(text, "NEVER") == 0)
		*(uint64_t *)value = 0;
	else
		return parse_number(source, value);
	return true;
}

static void
print_deny_time(struct out *out, const struct attr *attr, const void *value)
{
	if (*(const uint64_t *)value == POLICY_UNLIMITED)
		out_word(out, "FOREVER");
	else
		print_number(out, attr, value);
}

/* Digits and the suffix behind them as a copy without it. */
static const char *
cut_suffix(const struct type_source *source, const char **suffix)
{
	const char *text = source->words[0].text;
	size_t digits = strspn(text, "0123456789");
	char *copy = arena_text(source->arena, text, digits);

	*suffix = text + digits;
	return copy == NULL ? "" : copy;
}

static bool
parse_size(const struct type_source *source, void *value)
{
	static const char letters[] = "kmg";
	const char *suffix, *digits = cut_suffix(source, &suffix);
	const char *unit;
	unsigned shift = 0;

	if (strcasecmp(source->words[0].text, "UNLIMITED") == 0) {
		*(uint64_t *)value = POLICY_UNLIMITED;
		return true;
	}
	if (suffix[0] != '\0') {
		unit = strchr(letters, suffix[0] | 0x20);
		if (unit == NULL || suffix[1] != '\0')
			digits = source->words[0].text;
		else
			shift = 10 * (unsigned)(unit - letters + 1);
	}
	return in_range(source, digits, UINT64_C(1) << shift, value);
}

/* The last that divides a value prints it. */
static const struct duration_unit {
	const char *suffix;
	uint64_t ms;
} duration_units[] = {
	{ "ms", 1 }, { "", 1000 }, { "s", 1000 }, { "m", 60000 },
	{ "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 },
};
#define DURATION_UNITS (sizeof(duration_units) / sizeof(duration_units[0]))

static bool
parse_duration(const struct type_source *source, void *value)
{
	const char *suffix, *digits = cut_suffix(source, &suffix);

	for (size_t i = 0; i < DURATION_UNITS; i++)
		if (strcasecmp(duration_units[i].suffix, suffix) == 0)
			return in_range(source, digits, duration_units[i].ms,
			    value);
	return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
	    "not a time span", "a number with ms, s, m, h, d or w");
}

static void
print_duration(struct out *out, const struct attr *attr, const void *value)
{
	uint64_t ms = *(const uint64_t *)value;
	const struct duration_unit *unit = duration_units;

	(void)attr;	/* one form for all rows */
	for (size_t i = 1; ms != 0 && i < DURATION_UNITS; i++)
		if (ms % duration_units[i].ms == 0)
			unit = &duration_units[i];
	out_format(out, " %" PRIu64 "%s", ms / unit->ms,
	    ms == 0 ? "" : unit->suffix);
}

static bool
parse_octal(const struct type_source *source, void *value)
{
	const char *text = source->words[0].text;
	uint64_t number = 0;
	size_t digits = strspn(text, "01234567");

	if (digits == 0 || text[digits] != '\0')
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not an octal number", "such as 022");
	for (; *text != '\0' && number <= source->attr->maximum; text++)
		number = number * 8 + (uint64_t)(*text - '0');
	if (number > source->attr->maximum)
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[0], "the mask is out of range",
		    "from 0 to 777");
	*(uint64_t *)value = number;
	return true;
}

static void
print_octal(struct out *out, const struct attr *attr, const void *value)
{
	(void)attr;	/* one form for all rows */
	out_format(out, " %03" PRIo64, *(const uint64_t *)value);
}

static bool
parse_signed(const struct type_source *source, void *value)
{
	const char *text = source->words[0].text;
	bool is_negative = text[0] == '-';
	uint64_t number, limit;

	limit = is_negative ? source->attr->minimum : source->attr->maximum;
	if (!all_digits(text + (is_negative || text[0] == '+')))
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not a number", arena_format(source->arena,
		    "expected: %s", source->attr->syntax));
	if (!type_decimal(text + (is_negative || text[0] == '+'), limit,
	    &number))
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[0], "the number is out of range",
		    arena_format(source->arena, "from -%" PRIu64 " to %"
		    PRIu64, source->attr->minimum, source->attr->maximum));
	*(int64_t *)value = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static void
print_signed(struct out *out, const struct attr *attr, const void *value)
{
	(void)attr;	/* one form for all rows */
	out_format(out, " %" PRId64, *(const int64_t *)value);
}

/* "2", "2.5", ".75"; up to three decimals. */
static bool
parse_load(const struct type_source *source, void *value)
{
	const char *text = source->words[0].text;
	size_t whole = strspn(text, "0123456789"), part = 0, i;
	char digits[24];
	uint64_t number;

	if (text[whole] == '.')
		part = strspn(text + whole + 1, "0123456789");
	if (whole + part == 0 || part > 3 ||
	    text[whole + (text[whole] == '.') + part] != '\0')
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "not a load", "such as 4 or 2.5, with at most three"
		    " decimals; 0 turns it off");
	if (whole > 16)
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[0], "the load is out of range", NULL);
	memcpy(digits, text, whole);
	for (i = 0; i < 3; i++)
		digits[whole + i] = i < part ? text[whole + 1 + i] : '0';
	digits[whole + 3] = '\0';
	if (!type_decimal(digits, source->attr->maximum, &number))
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[0], "the load is out of range", NULL);
	*(uint64_t *)value = number;
	return true;
}

static void
print_load(struct out *out, const struct attr *attr, const void *value)
{
	uint64_t load = *(const uint64_t *)value;

	(void)attr;	/* one form for all rows */
	out_format(out, " %" PRIu64 ".%03" PRIu64, load / 1000, load % 1000);
}

const struct attr_type type_yesno = {
	.size = sizeof(bool), .least = 1, .most = 1,
	.parse = parse_yesno, .print = print_yesno, .equal = equal_yesno,
};

#define NUMBER_TYPE(name, parser, printer) \
	const struct attr_type name = { \
		.size = sizeof(uint64_t), .least = 1, .most = 1, \
		.parse = parser, .print = printer, \
		.equal = type_equal_number, \
	}
NUMBER_TYPE(type_number, parse_number, print_number);
NUMBER_TYPE(type_count, parse_count, print_count);
NUMBER_TYPE(type_deny_time, parse_deny_time, print_deny_time);
NUMBER_TYPE(type_size, parse_size, print_count);
NUMBER_TYPE(type_octal, parse_octal, print_octal);
NUMBER_TYPE(type_signed, parse_signed, print_signed);
NUMBER_TYPE(type_duration, parse_duration, print_duration);
NUMBER_TYPE(type_load, parse_load, print_load);

static bool
take_word(const struct type_source *source, const struct lex_word *word,
    void *value)
{
	uint64_t maximum = source->attr->maximum;

	if (maximum != 0 && strlen(word->text) > maximum)
		return type_fault(source, DIAG_LIMIT, word,
		    "the word is too long", arena_format(source->arena,
		    "at most %" PRIu64 " bytes", maximum));
	*(const char **)value = word->text;
	return true;
}

static bool
parse_word(const struct type_source *source, void *value)
{
	return take_word(source, &source->words[0], value);
}

static void
print_word(struct out *out, const struct attr *attr, const void *value)
{
	(void)attr;	/* one form for all rows */
	out_word(out, *(const char *const *)value);
}

static bool
parse_path(const struct type_source *source, void *value)
{
	if (source->words[0].text[0] != '/')
		return type_fault(source, DIAG_BAD_VALUE, &source->words[0],
		    "the path is relative", "begin it with a slash: relative"
		    " paths meant another file after a reload");
	return take_word(source, &source->words[0], value);
}

/* Digits are an id and never looked up, so their range is checked here. */
static bool
parse_account(const struct type_source *source, void *value)
{
	uint64_t id;

	if (all_digits(source->words[0].text) && !type_decimal(
	    source->words[0].text, UINT32_MAX - 1, &id))
		return type_fault(source, DIAG_OUT_OF_RANGE,
		    &source->words[0], "the id is out of range",
		    "from 0 to 4294967294");
	return take_word(source, &source->words[0], value);
}

static bool
parse_tag(const struct type_source *source, void *value)
{
	const char *c;

	for (c = source->words[0].text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr(":[]", *c) != NULL)
			return type_fault(source, DIAG_BAD_VALUE,
			    &source->words[0], "not usable as a syslog tag",
			    "printable ASCII without ':', '[' and ']'");
	return take_word(source, &source->words[0], value);
}

#define WORD_TYPE(name, parser) \
	const struct attr_type name = { \
		.size = sizeof(char *), .least = 1, .most = 1, \
		.parse = parser, .print = print_word, \
		.equal = equal_pointed_text, \
	}
WORD_TYPE(type_word, parse_word);
WORD_TYPE(type_path, parse_path);
WORD_TYPE(type_account, parse_account);
WORD_TYPE(type_tag, parse_tag);
