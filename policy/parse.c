/*
 * The grammar of one file, and the way from files to a policy.
 *
 * Runs in the loader and in ctl. What is read here is only split into entries
 * and lines; merge.c finds out what they mean. After a line that cannot be read
 * it goes on where xinetd would, unless that might skip a block that restricts
 * others: then the whole load is refused.
 */
#include "policy/parse.h"

#include <string.h>
#include <strings.h>

#include "policy/parse-internal.h"

struct reading {
	struct source *source;
	struct source_frame *frame;
	struct lexer lexer;
	enum lex_result result;	/* of the line at hand */
	struct lex_line line;
	bool is_pushed;		/* the line at hand is to be read again */
};

struct keyword {
	const char *word;
	bool may_restrict;	/* losing it could open other services */
	void (*read)(struct reading *);
};

static void read_service(struct reading *);
static void read_defaults(struct reading *);
static void read_gateway(struct reading *);
static void read_include(struct reading *);
static void read_includedir(struct reading *);

static const struct keyword keywords[] = {
	{ "service", false, read_service },
	{ "defaults", true, read_defaults },
	{ "gateway", true, read_gateway },
	{ "include", true, read_include },
	{ "includedir", true, read_includedir },
};
#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

void
parse_report(struct policy *policy, const struct report *report)
{
	struct diag diag = {
		.effect = report->effect, .code = report->code,
		.place = report->place, .service = report->service,
		.attribute = report->attribute, .value = report->value,
		.message = report->message, .hint = report->hint,
	};

	if (report->place.file > 0 && report->place.file <= policy->file_count)
		diag.file = policy->files[report->place.file];
	diag_add(&policy->diags, &diag);
}

static struct place
place_at(const struct reading *r, unsigned column)
{
	struct place place = {
		.file = r->frame->file->number, .line = r->line.number,
		.column = column,
	};

	return place;
}

static void
syntax(struct reading *r, enum diag_effect effect, const struct place *place,
    const char *value, const char *message, const char *hint)
{
	struct report report = {
		.effect = effect, .code = DIAG_SYNTAX, .place = *place,
		.value = value, .message = message, .hint = hint,
	};

	parse_report(r->source->policy, &report);
}

/* Reads on; false at the end of the file. */
static bool
advance(struct reading *r)
{
	if (r->is_pushed)
		r->is_pushed = false;
	else
		r->result = lex_next(&r->lexer, &r->line);
	return r->result != LEX_END;
}

/* Why the line at hand has no words. */
static const char *
unreadable(const struct reading *r)
{
	if (r->result == LEX_NUL)
		return "the line holds a NUL byte";
	return arena_format(r->source->policy->arena,
	    "the line is longer than %u bytes", PARSE_LINE_MAX);
}

static const struct keyword *
keyword_of(const char *word)
{
	size_t i;

	for (i = 0; i < KEYWORDS; i++)
		if (strcasecmp(keywords[i].word, word) == 0)
			return &keywords[i];
	return NULL;
}

/* Is the line at hand this one word, perhaps with a remark behind it? */
static bool
is_alone(const struct reading *r, const char *word)
{
	return r->result == LEX_LINE &&
	    strcmp(r->line.words[0].text, word) == 0 &&
	    lex_before_remark(r->line.words, r->line.count) == 1;
}

struct skipped {
	unsigned lines, last_line;
	unsigned entries;	/* that began in it */
	bool may_restrict;	/* a block that restricts others was in it */
	bool has_limits;	/* so did lines outside any service */
};

/* Could this line have been meant for defaults? */
static bool
is_limit_line(struct reading *r)
{
	struct lex_attribute attribute;
	unsigned column;
	enum attr_id id;

	if (lex_attribute(r->source->policy->arena, &r->line, &attribute,
	    &column) != NULL)
		return false;
	id = attr_find(attribute.name, SCOPE_DEFAULTS);
	return id != ATTR_NONE && (attr_table[id].flags & ATTR_LIMITS) != 0;
}

/* Goes on behind the next lone "}", as xinetd does. */
static void
skip(struct reading *r, struct skipped *out)
{
	const struct keyword *keyword;

	memset(out, 0, sizeof(*out));
	while (advance(r)) {
		out->last_line = r->line.number;
		if (r->result != LEX_LINE) {
			out->may_restrict = true;
			continue;
		}
		if (is_alone(r, "}"))
			return;
		out->lines++;
		keyword = keyword_of(r->line.words[0].text);
		if (keyword != NULL) {
			out->may_restrict |= keyword->may_restrict;
			out->entries++;
		} else if (out->entries == 0 && is_limit_line(r)) {
			out->has_limits = true;
		}
	}
}

enum skip_how {
	SKIP_OWNED,		/* the entry at fault says so itself */
	SKIP_STRAY,		/* nobody else speaks of it */
	SKIP_UNKNOWN		/* and it may have been meant for defaults */
};

/* Skips and says what that cost. */
static void
skip_reported(struct reading *r, const struct place *place, const char *word,
    const char *message, enum skip_how how)
{
	struct arena *arena = r->source->policy->arena;
	struct skipped skipped;
	bool refuses_load;

	skip(r, &skipped);
	refuses_load = skipped.may_restrict ||
	    (how == SKIP_UNKNOWN && skipped.has_limits);
	if (how == SKIP_OWNED && !refuses_load && skipped.entries == 0)
		return;
	if (refuses_load)
		message = arena_format(arena, "%s; what is skipped after it,"
		    " to line %u, may restrict other services", message,
		    skipped.last_line);
	else if (skipped.lines > 0)
		message = arena_format(arena, "%s; everything to line %u is"
		    " skipped, as in xinetd", message, skipped.last_line);
	syntax(r, refuses_load ? DIAG_REFUSE_LOAD : DIAG_REFUSE_SERVICE,
	    place, word, message, word != NULL && strcmp(word, "}") == 0 ?
	    "remove it" : NULL);
}

static struct entry *
entry_new(struct reading *r, enum entry_kind kind)
{
	struct source *source = r->source;
	struct entry *entry;

	entry = arena_alloc(source->policy->arena, 1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->kind = kind;
	entry->order = source->entries++;
	entry->place = place_at(r, r->line.words[0].column);
	entry->last = &entry->first;
	*source->last = entry;
	source->last = &entry->next;
	return entry;
}

static struct statement *
statement_new(struct reading *r, struct entry *entry, unsigned column)
{
	struct statement *statement;

	statement = arena_alloc(r->source->policy->arena, 1,
	    sizeof(*statement));
	if (statement == NULL)
		return NULL;
	statement->place = place_at(r, column);
	*entry->last = statement;
	entry->last = &statement->next;
	entry->lines++;
	return statement;
}

static void
statement_fault(struct reading *r, struct entry *entry, unsigned column,
    const char *fault, const char *hint)
{
	struct statement *statement = statement_new(r, entry, column);

	if (statement == NULL)
		return;
	statement->fault = fault;
	statement->hint = hint;
}

/* What the lost entry is called: 'service "b"', or its keyword. */
static const char *
lost_name(const struct reading *r)
{
	const struct lex_word *words = r->line.words;
	struct arena *arena = r->source->policy->arena;

	if (r->line.count > 1 && strcmp(words[1].text, "{") != 0)
		return arena_format(arena, "%s \"%s\"", words[0].text,
		    words[1].text);
	return words[0].text;
}

static const char *
entry_name(const struct reading *r, const struct entry *entry)
{
	if (entry->kind == ENTRY_SERVICE)
		return arena_format(r->source->policy->arena, "service \"%s\"",
		    entry->name);
	return entry->kind == ENTRY_DEFAULTS ? "defaults" : "gateway";
}

/* A keyword where an attribute should stand: a "}" is missing before it, and
 * the entry that begins here is lost as well. */
static void
lost_brace(struct reading *r, struct entry *entry)
{
	struct arena *arena = r->source->policy->arena;
	const char *word = r->line.words[0].text, *name = lost_name(r);
	struct place place = place_at(r, r->line.words[0].column);

	statement_fault(r, entry, place.column, arena_format(arena,
	    "the closing } is missing before this %s", name),
	    "add a line with } above it");
	r->is_pushed = true;
	skip_reported(r, &place, word, arena_format(arena,
	    "%s is lost, since it stands inside %s, which is not closed",
	    name, entry_name(r, entry)), SKIP_OWNED);
}

/* A line inside an entry. False when the entry ends here. */
static bool
read_line(struct reading *r, struct entry *entry)
{
	struct arena *arena = r->source->policy->arena;
	struct statement *statement;
	struct lex_attribute attribute;
	const char *fault;
	unsigned column;

	if (r->result != LEX_LINE) {
		statement_fault(r, entry, 1, unreadable(r), NULL);
		return true;
	}
	if (is_alone(r, "}"))
		return false;
	fault = lex_attribute(arena, &r->line, &attribute, &column);
	if (fault != NULL && keyword_of(r->line.words[0].text) != NULL) {
		lost_brace(r, entry);
		return false;
	}
	if (fault != NULL) {
		statement_fault(r, entry, column, fault, NULL);
		return true;
	}
	statement = statement_new(r, entry, attribute.column);
	if (statement != NULL)
		statement->attribute = attribute;
	return true;
}

/*
 * The opening brace: on the keyword's own line behind `names` words, or alone
 * on the next. False after reporting when there is none.
 */
static bool
open_entry(struct reading *r, struct entry *entry, unsigned names)
{
	const struct lex_word *words = r->line.words;
	unsigned count = lex_before_remark(words, r->line.count);
	struct place place = entry->place;
	bool has_brace = false;
	unsigned i;

	for (i = names; i < count && !has_brace; i++)
		has_brace = strcmp(words[i].text, "{") == 0;
	if (has_brace && i == count)
		return true;
	if (!has_brace && count > names)
		syntax(r, DIAG_WARNING, &place, words[names].text,
		    "the words after the name are ignored", NULL);
	if (!has_brace && advance(r)) {
		if (is_alone(r, "{"))
			return true;
		r->is_pushed = true;
		place = place_at(r, r->result == LEX_LINE ?
		    r->line.words[0].column : 1);
	}
	statement_fault(r, entry, place.column,
	    "a { alone on its line is missing", NULL);
	skip_reported(r, &place, NULL, "an entry does not begin with {",
	    SKIP_OWNED);
	return false;
}

static void
read_entry(struct reading *r, struct entry *entry, unsigned names)
{
	if (entry == NULL || !open_entry(r, entry, names))
		return;
	while (advance(r))
		if (!read_line(r, entry))
			return;
	if (!arena_failed(r->source->policy->arena))
		statement_fault(r, entry, 1,
		    "the file ends inside this entry", "close it with }");
}

static void
read_service(struct reading *r)
{
	unsigned count = lex_before_remark(r->line.words, r->line.count);
	struct place place = place_at(r, r->line.words[0].column);
	struct entry *entry;

	if (count < 2 || strcmp(r->line.words[1].text, "{") == 0) {
		skip_reported(r, &place, NULL, "the service has no name",
		    SKIP_STRAY);
		return;
	}
	entry = entry_new(r, ENTRY_SERVICE);
	if (entry != NULL)
		entry->name = r->line.words[1].text;
	read_entry(r, entry, 2);
}

static void
read_defaults(struct reading *r)
{
	struct place place = place_at(r, r->line.words[0].column);

	if (r->frame->has_defaults)
		syntax(r, DIAG_REFUSE_LOAD, &place, NULL,
		    "this file has a defaults entry already",
		    "put both into one; xinetd ignored the second");
	r->frame->has_defaults = true;
	read_entry(r, entry_new(r, ENTRY_DEFAULTS), 1);
}

static void
read_gateway(struct reading *r)
{
	struct place place = place_at(r, r->line.words[0].column);

	if (r->source->has_gateway)
		syntax(r, DIAG_REFUSE_LOAD, &place, NULL,
		    "there is a gateway entry already", "put both into one");
	r->source->has_gateway = true;
	read_entry(r, entry_new(r, ENTRY_GATEWAY), 1);
}

/* The path after include or includedir, or NULL after a report. */
static const char *
included_path(struct reading *r, struct place *place)
{
	unsigned count = lex_before_remark(r->line.words, r->line.count);

	*place = place_at(r, r->line.words[0].column);
	if (count < 2) {
		syntax(r, DIAG_REFUSE_LOAD, place, NULL,
		    "the path to include is missing", NULL);
		return NULL;
	}
	*place = place_at(r, r->line.words[1].column);
	if (count > 2)
		syntax(r, DIAG_WARNING, place, r->line.words[2].text,
		    "the words after the path are ignored", NULL);
	return r->line.words[1].text;
}

static void
read_include(struct reading *r)
{
	struct place place;
	const char *path = included_path(r, &place);

	if (path != NULL)
		source_include(r->source, r->frame, path, &place);
}

static void
read_includedir(struct reading *r)
{
	struct place place;
	const char *path = included_path(r, &place);

	if (path != NULL)
		source_directory(r->source, r->frame, path, &place);
}

/*
 * A line that begins no entry: skipped with what follows it. When it may be a
 * misspelt keyword whose block restricts others, so does its loss.
 */
static void
read_stray(struct reading *r)
{
	const char *word = r->line.words[0].text;
	const char *near = diag_nearest(word, &keywords[0].word, KEYWORDS,
	    sizeof(keywords[0]));
	const struct keyword *meant = near == NULL ? NULL : keyword_of(near);
	struct place place = place_at(r, r->line.words[0].column);
	struct arena *arena = r->source->policy->arena;
	struct reading ahead = *r;

	if (is_alone(r, "}") && lex_next(&ahead.lexer, &ahead.line) ==
	    LEX_END) {
		syntax(r, DIAG_WARNING, &place, word,
		    "this } closes nothing", NULL);
		return;
	}
	if (is_limit_line(r))
		syntax(r, DIAG_REFUSE_LOAD, &place, word,
		    "an attribute stands outside any entry",
		    "defaults that hold for all services are written in"
		    " defaults { }");
	if (meant != NULL && meant->may_restrict)
		syntax(r, DIAG_REFUSE_LOAD, &place, word,
		    "not a word that begins an entry", arena_format(arena,
		    "did you mean %s?", near));
	skip_reported(r, &place, word, meant == NULL ?
	    "no entry begins with this word" : arena_format(arena,
	    "no entry begins with this word (did you mean %s?)", near),
	    meant == NULL ? SKIP_UNKNOWN : SKIP_STRAY);
}

void
parse_text(struct source *source, struct source_frame *frame)
{
	const struct keyword *keyword;
	struct reading r;
	struct place place;

	memset(&r, 0, sizeof(r));
	r.source = source;
	r.frame = frame;
	lex_open(&r.lexer, source->policy->arena, frame->file->bytes,
	    frame->file->length, PARSE_LINE_MAX);
	while (advance(&r)) {
		if (r.result != LEX_LINE) {
			place = place_at(&r, 1);
			syntax(&r, DIAG_REFUSE_LOAD, &place, NULL,
			    unreadable(&r), NULL);
			continue;
		}
		keyword = keyword_of(r.line.words[0].text);
		if (keyword != NULL)
			keyword->read(&r);
		else
			read_stray(&r);
	}
}

static struct policy *
policy_start(void)
{
	struct arena *arena = arena_new(PARSE_ARENA_MAX);
	struct policy *policy;

	if (arena == NULL)
		return NULL;
	policy = arena_alloc(arena, 1, sizeof(*policy));
	if (policy == NULL) {
		arena_free(arena);
		return NULL;
	}
	policy->arena = arena;
	diag_init(&policy->diags, arena);
	return policy;
}

struct policy *
parse_source(const struct source_reader *reader, const char *path,
    const struct source_option *options, unsigned count)
{
	struct policy *policy = policy_start();
	struct source source;

	if (policy == NULL)
		return NULL;
	memset(&source, 0, sizeof(source));
	source.policy = policy;
	source.reader = reader;
	source.last_file = &source.files;
	source_start(&source, path);
	/* includedir_all may stand behind the directory it is about. */
	if (merge_wants_all(&source, options, count)) {
		source.includedir_all = true;
		diag_init(&policy->diags, policy->arena);
		source_start(&source, path);
	}
	if (reader->inetd != NULL)
		source_inetd(&source, reader->inetd);
	merge_policy(&source, options, count);
	check_policy(&source);
	if (arena_failed(policy->arena)) {
		policy_free(policy);
		return NULL;
	}
	return policy;
}
