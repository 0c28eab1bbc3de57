/*
 * The text of hosts.allow and hosts.deny; see wrap.h.
 *
 * Pure; runs in the loader, on bytes that a person or a tool wrote. A line that
 * cannot be understood is never passed over: in hosts.deny it refuses
 * everybody it may have meant, in hosts.allow it admits nobody.
 */
#include <string.h>
#include <strings.h>

#include "policy/parse.h"
#include "policy/type.h"
#include "policy/wrap-item.h"

#define BLANKS " \t\r"
#define BETWEEN " \t\r\n,"	/* words of a list */
#define FIELDS_MAX 32

struct lines {			/* logical lines, one after the other */
	const char *at, *end;
	unsigned number;	/* of the next physical line */
};

struct line {
	char *text;		/* joined, NUL-terminated */
	unsigned number;	/* of its first physical line */
	bool has_nul, is_long, is_cut;
	bool is_joined;
};

/* Where the physical line ends: at its newline, or at the end. */
static const char *
line_end(const struct lines *lines, const char *from)
{
	const char *end = memchr(from, '\n', (size_t)(lines->end - from));

	return end != NULL ? end : lines->end;
}

/* A backslash before the newline takes both away. */
static bool
next_line(struct lines *lines, struct arena *arena, struct line *line)
{
	const char *end = lines->at;
	size_t length = 0;

	memset(line, 0, sizeof(*line));
	if (lines->at >= lines->end)
		return false;
	line->number = lines->number;
	for (;; end++) {	/* only to find out how long it is */
		end = line_end(lines, end);
		lines->number++;
		if (end == lines->end || end == lines->at || end[-1] != '\\')
			break;
		line->is_joined = true;
	}
	line->is_cut = end == lines->end;
	line->is_long = (size_t)(end - lines->at) > PARSE_LINE_MAX;
	line->text = arena_alloc(arena, line->is_long ? 1 :
	    (size_t)(end - lines->at) + 1, 1);
	for (const char *c = lines->at; line->text != NULL && !line->is_long &&
	    c < end; c++) {
		line->has_nul |= *c == '\0';
		if (*c == '\\' && c + 1 < end && c[1] == '\n')
			c++;
		else
			line->text[length++] = *c;
	}
	lines->at = end == lines->end ? end : end + 1;
	return line->text != NULL;
}

bool
wrap_tell(struct wrap_line *line, bool is_fault, const char *value,
    const char *message, const char *hint)
{
	struct wrap_note note = { .is_fault = is_fault && !line->is_lenient,
	    .is_left_out = is_fault && line->is_lenient, .line = line->number,
	    .daemons = line->daemons,
	    .value = value != NULL ? value : line->text,
	    .message = message, .hint = hint };

	line->has_fault |= is_fault;
	line->source->report(line->source->context, &note);
	return !is_fault;
}

/* Splits at colons that are neither in brackets nor behind a backslash, in
 * place. Returns how many fields there are, at most FIELDS_MAX + 1. */
static unsigned
split_fields(char *text, char *fields[FIELDS_MAX + 1])
{
	unsigned count = 0, depth = 0;
	char *to;

	fields[count++] = text;
	for (to = text; *text != '\0'; text++) {
		if (*text == '\\' && text[1] == ':')
			text++;
		else if (*text == '[')
			depth = 1;
		else if (*text == ']')
			depth = 0;
		else if (*text == ':' && depth == 0 && count <= FIELDS_MAX) {
			*to++ = '\0';
			fields[count++] = to;
			continue;
		}
		*to++ = *text;
	}
	*to = '\0';
	return count;
}

/* One for all lines: what a line leaves in the arena is as small as its
 * words, or a file of a tool would not fit. */
struct wrap_scratch {
	struct wrap_item *items;
	unsigned room;
	struct out text;
};

struct reading {		/* one list */
	struct wrap_line *line;
	struct wrap_scratch *scratch;
	unsigned count;
	bool is_daemon;
	bool in_file;		/* words of a pattern file */
};

static struct wrap_item *
add_item(struct reading *r)
{
	struct wrap_scratch *s = r->scratch;

	if (r->count == s->room) {
		s->items = type_room(r->line->source->arena, s->items,
		    r->count, r->count + 8, sizeof(*s->items));
		s->room = s->items == NULL ? 0 : r->count + r->count + 8;
	}
	return s->items == NULL ? NULL : &s->items[r->count++];
}

static void add_words(struct reading *, char *text);

/* The words of a pattern file; a line that begins with # is none. */
static void
add_file(struct reading *r, const char *path)
{
	const struct wrap_source *source = r->line->source;
	const char *bytes, *end;
	struct wrap_item *item;
	size_t length;

	if (r->in_file || r->is_daemon || !source->read(source->context, path,
	    &bytes, &length) || memchr(bytes, '\0', length) != NULL) {
		wrap_tell(r->line, true, path, "a file of patterns cannot be "
		    "read", r->in_file ? "files do not name further files" :
		    NULL);
		if ((item = add_item(r)) != NULL)
			wrap_item_opaque(item);
		return;
	}
	r->in_file = true;
	while (length > 0) {
		end = memchr(bytes, '\n', length);
		end = end == NULL ? bytes + length : end + 1;
		if (*bytes != '#')
			add_words(r, arena_text(source->arena, bytes,
			    (size_t)(end - bytes)));
		length -= (size_t)(end - bytes);
		bytes = end;
	}
	r->in_file = false;
}

static void
add_word(struct reading *r, char *word)
{
	const char *problem = NULL;
	struct wrap_item *item;

	if (word[0] == '/') {
		add_file(r, word);
		return;
	}
	if ((item = add_item(r)) == NULL)
		return;
	if (strlen(word) > WRAP_WORD_MAX)
		problem = "a word is too long";
	else
		problem = wrap_item_read(r->line->source->arena, word,
		    r->is_daemon, item);
	if (item->form == WRAP_EXCEPT && r->in_file)
		problem = "no pattern";
	if (problem != NULL) {
		wrap_item_opaque(item);
		wrap_tell(r->line, true, word, problem,
		    strchr(word, '.') == NULL ? "see hosts_access(5)" : NULL);
	} else if (item->form == WRAP_OPAQUE)
		wrap_tell(r->line, false, word, "netgroups cannot be looked up;"
		    " in a rule that refuses it counts as a match, in one that"
		    " allows it does not", NULL);
	else if (item->form == WRAP_LOOSE)
		wrap_tell(r->line, false, word, "has bits set behind its mask,"
		    " so tcp wrappers never matched it; in a rule that refuses"
		    " it counts as the whole network", NULL);
}

static void
add_words(struct reading *r, char *text)
{
	while (text != NULL && *(text += strspn(text, BETWEEN)) != '\0') {
		char *end = text + strcspn(text, BETWEEN);
		char *next = *end == '\0' ? end : end + 1;

		*end = '\0';
		add_word(r, text);
		text = next;
	}
}

/* Something must stand on both sides of each EXCEPT; of a list that is not
 * whole nothing is certain. */
static void
check_excepts(struct reading *r)
{
	bool must_follow = true, is_whole = true;
	struct wrap_item *item;

	for (unsigned i = 0; i < r->count; i++) {
		bool is_except = r->scratch->items[i].form == WRAP_EXCEPT;

		is_whole &= !(must_follow && is_except);
		must_follow = is_except;
	}
	if (is_whole && !must_follow)
		return;
	wrap_tell(r->line, true, NULL,
	    r->count == 0 ? "a list is empty" :
	    "EXCEPT stands before nothing or behind nothing",
	    "DAEMONS : CLIENTS");
	r->count = 0;
	if ((item = add_item(r)) != NULL)
		wrap_item_opaque(item);
}

/* The list's text, which is how equal lists are known. */
static const char *
list_text(struct out *out, const struct wrap_item *items, unsigned count)
{
	size_t length;

	out->length = 0;
	for (unsigned i = 0; i < count; i++) {
		out_raw(out, i > 0 ? "," : "");
		wrap_item_print(out, &items[i], true);
	}
	return out_text(out, &length);
}

/* Tools repeat one list of daemons on every line: it is kept once. */
static void
keep_list(const struct reading *r, const struct wrap_list *last,
    struct wrap_list *list)
{
	struct arena *arena = r->line->source->arena;
	const struct wrap_item *items = r->scratch->items;
	const char *text = NULL;

	if (items == NULL)
		return;
	if (r->is_daemon) {
		text = list_text(&r->scratch->text, items, r->count);
		if (text == NULL)
			return;
		if (last != NULL && strcmp(last->text, text) == 0) {
			*list = *last;
			return;
		}
		list->text = arena_text(arena, text, strlen(text));
	}
	list->items = arena_alloc(arena, r->count, sizeof(*list->items));
	if (list->items == NULL)
		return;
	list->count = r->count;
	memcpy(list->items, items, r->count * sizeof(*items));
}

static void
read_list(struct wrap_line *line, struct wrap_scratch *scratch, char *text,
    const struct wrap_list *last, struct wrap_list *list)
{
	struct reading r = { .line = line, .scratch = scratch,
	    .is_daemon = last != NULL };

	add_words(&r, text);
	check_excepts(&r);
	keep_list(&r, last == NULL || last->text == NULL ? NULL : last, list);
}

static bool
add_rule(struct wrap_rules *rules, struct arena *arena,
    const struct wrap_rule *rule)
{
	if (rules->count >= WRAP_RULES_MAX)
		return false;
	rules->rules = type_room(arena, rules->rules, rules->count, 1,
	    sizeof(*rules->rules));
	if (rules->rules == NULL)
		return false;
	rules->rules[rules->count++] = *rule;
	return true;
}

/* What is wrong with a line as a whole, or NULL. */
static const char *
line_problem(const struct line *line, bool is_deny)
{
	if (line->has_nul)
		return "the line holds a NUL byte";
	if (line->is_long)
		return "the line is too long";
	if (line->is_cut && !is_deny)
		return "the last line has no newline, so it may be half a line";
	return NULL;
}

/* What can be told of an added line's clients, when nothing else is wrong with
 * it. False when nothing is left. */
static bool
prune(struct wrap_list *clients)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < clients->count; i++) {
		if (clients->items[i].form == WRAP_EXCEPT)
			return false;
		if (clients->items[i].form != WRAP_OPAQUE)
			clients->items[kept++] = clients->items[i];
	}
	clients->count = kept;
	return kept > 0;
}

static bool
read_rule(struct wrap_rules *rules, struct wrap_scratch *scratch,
    struct wrap_line *line, struct line *text)
{
	static const struct wrap_list none;
	const struct wrap_source *source = line->source;
	const struct wrap_list *last = rules->count == 0 ? &none :
	    &rules->rules[rules->count - 1].daemons;
	char everybody[] = "ALL";
	const char *problem = line_problem(text, source->is_deny);
	char *fields[FIELDS_MAX + 1];
	unsigned count = problem == NULL ? split_fields(text->text, fields) : 0;
	bool is_sound = false, has_clients;
	struct wrap_rule rule = {
		.action = source->is_deny ? WRAP_DENY : WRAP_ALLOW,
		.place = { .file = source->file, .line = line->number },
	};

	if (problem == NULL && count < 2)
		problem = "there is no colon between daemons and clients";
	if (problem == NULL && count > FIELDS_MAX)
		problem = "there are too many colons";
	if (problem != NULL) {
		wrap_tell(line, true, NULL, problem,
		    "DAEMONS : CLIENTS [: OPTION] ...");
		if (!source->is_deny)
			return true;
		read_list(line, scratch, everybody, last, &rule.daemons);
		read_list(line, scratch, everybody, NULL, &rule.clients);
	} else {
		read_list(line, scratch, fields[0], last, &rule.daemons);
		line->daemons = &rule.daemons;
		is_sound = !line->has_fault;
		read_list(line, scratch, fields[1], NULL, &rule.clients);
		has_clients = !line->is_lenient || !line->has_fault ||
		    prune(&rule.clients);
		line->has_fault = false;
		wrap_read_options(line, fields + 2, count - 2, &rule.action,
		    &rule.settings);
		is_sound &= has_clients && !line->has_fault;
	}
	if (line->is_lenient && !is_sound)
		return !arena_failed(source->arena);
	return !arena_failed(source->arena) &&
	    add_rule(rules, source->arena, &rule);
}

bool
wrap_read(struct wrap_rules *rules, const struct wrap_source *source)
{
	struct lines lines = { .at = source->bytes,
	    .end = source->bytes + source->length, .number = 1 };
	struct wrap_scratch scratch = { .room = 0 };
	struct line text;

	out_init(&scratch.text, source->arena);
	for (;;) {
		size_t from = (size_t)(lines.at - source->bytes);
		struct wrap_line line = { .source = source };

		if (!next_line(&lines, source->arena, &text))
			break;
		line.number = text.number;
		line.is_lenient = source->is_lenient &&
		    from >= source->lenient_from;

		if (!text.is_long && text.text[0] == '#') {
			if (text.is_joined)
				wrap_tell(&line, false, NULL, "the remark ends"
				    " in a backslash, so the next line is part"
				    " of it", NULL);
			continue;
		}
		if (!text.is_long && !text.has_nul &&
		    text.text[strspn(text.text, BLANKS)] == '\0')
			continue;
		line.text = arena_text(source->arena, text.text,
		    strnlen(text.text, WRAP_WORD_MAX));
		if (!read_rule(rules, &scratch, &line, &text))
			return false;
	}
	return !arena_failed(source->arena);
}

/* Canonical text ************************************************************/

static const char *const action_words[] = { "deny", "allow", "adapt" };
#define ACTIONS (sizeof(action_words) / sizeof(action_words[0]))

static void
print_list(struct out *out, const struct wrap_list *list, bool is_daemon)
{
	out_raw(out, ":");
	for (unsigned i = 0; i < list->count; i++) {
		out_raw(out, i > 0 ? "," : "");
		wrap_item_print(out, &list->items[i], is_daemon);
	}
}

/* No word holds a byte that would need an escape. */
void
wrap_print_rule(struct out *out, const struct wrap_rule *rule)
{
	out_raw(out, " ");
	out_raw(out, action_words[rule->action]);
	print_list(out, &rule->daemons, true);
	print_list(out, &rule->clients, false);
}

/* Words joined by commas; no blanks, no empty ones. */
static bool
parse_list(struct arena *arena, char *text, bool is_daemon,
    struct wrap_list *list)
{
	unsigned room = 1;

	for (const char *c = text; *c != '\0'; c++)
		room += *c == ',';
	list->items = arena_alloc(arena, room, sizeof(*list->items));
	if (list->items == NULL)
		return false;
	while (list->count < room) {
		char *end = text + strcspn(text, ",");

		*end = '\0';
		if (wrap_item_read(arena, text, is_daemon,
		    &list->items[list->count++]) != NULL)
			return false;
		text = end + 1;
	}
	return true;
}

bool
wrap_parse_rule(struct arena *arena, const char *text, struct wrap_rule *rule)
{
	char *copy = arena_text(arena, text, strlen(text));
	char *fields[FIELDS_MAX + 1];

	memset(rule, 0, sizeof(*rule));
	if (copy == NULL || strchr(text, '\\') != NULL ||
	    split_fields(copy, fields) != 3)
		return false;
	rule->daemons.text = arena_text(arena, fields[1], strlen(fields[1]));
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(fields[0], action_words[i]) == 0)
			rule->action = (enum wrap_action)i;
	if (!parse_list(arena, fields[1], true, &rule->daemons) ||
	    !parse_list(arena, fields[2], false, &rule->clients))
		return false;
	return !arena_failed(arena);
}
