/*
 * inetd.conf; see inetd.h.
 *
 * Runs in the loader and in ctl. A field becomes one or more statements of an
 * entry; whether a word is a user, a protocol or a port is for the attribute's
 * own type to say, so that one word is judged by one piece of code wherever it
 * stands.
 */
#include "policy/inetd.h"

#include <string.h>
#include <strings.h>

#include "policy/addr.h"
#include "policy/type.h"

#define LIMIT_MAX UINT32_MAX

enum field {
	FIELD_NAME, FIELD_SOCKET, FIELD_PROTOCOL, FIELD_WAIT, FIELD_USER,
	FIELD_SERVER, FIELD_ARGUMENTS
};

struct reading {
	struct source *source;
	const struct source_file *file;
	struct arena *arena;
	const char *host;	/* of a default line, or NULL */
	unsigned bad_default;	/* or that line, when it is faulty */
};

struct row {			/* one line that names a service */
	struct reading *reading;
	struct entry *entry;
	const struct lex_line *line;
	/* What several fields add to. */
	const char *type, *flags;
};

static struct entry *
entry_new(struct reading *r, const struct lex_line *line)
{
	struct source *source = r->source;
	struct entry *entry = arena_alloc(r->arena, 1, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	entry->kind = ENTRY_SERVICE;
	entry->is_inetd = true;
	entry->order = source->entries++;
	entry->place.file = r->file->number;
	entry->place.line = line->number;
	entry->place.column = line->words[0].column;
	entry->name = line->words[0].text;
	entry->last = &entry->first;
	*source->last = entry;
	source->last = &entry->next;
	return entry;
}

static struct place
place_of(const struct row *row, enum field field)
{
	struct place place = row->entry->place;

	place.column = row->line->words[field].column;
	return place;
}

static struct statement *
statement_new(struct row *row, enum field field)
{
	struct statement *statement;

	statement = arena_alloc(row->reading->arena, 1, sizeof(*statement));
	if (statement == NULL)
		return NULL;
	statement->place = place_of(row, field);
	*row->entry->last = statement;
	row->entry->last = &statement->next;
	row->entry->lines++;
	return statement;
}

static void
refuse(struct row *row, enum field field, const char *fault, const char *hint)
{
	struct statement *statement = statement_new(row, field);

	if (statement == NULL)
		return;
	statement->fault = fault;
	statement->hint = hint;
}

static void
warn(struct row *row, enum field field, const char *message, const char *hint)
{
	struct report report = {
		.effect = DIAG_WARNING, .code = DIAG_IGNORED,
		.place = place_of(row, field), .service = row->entry->name,
		.value = row->line->words[field].text, .message = message,
		.hint = hint,
	};

	parse_report(row->reading->source->policy, &report);
}

static void
set_words(struct row *row, enum field field, enum attr_id id,
    struct lex_word *words, unsigned count)
{
	struct statement *statement = statement_new(row, field);

	if (statement == NULL)
		return;
	statement->attribute.name = attr_name(id);
	statement->attribute.column = statement->place.column;
	statement->attribute.operator_column = statement->place.column;
	statement->attribute.count = count;
	statement->attribute.values = words;
}

/* Blanks in `text` part its words; all of them stand where the field does. */
static void
set(struct row *row, enum field field, enum attr_id id, const char *text)
{
	struct lex_word *words = NULL;
	unsigned count;

	if (text == NULL)
		return;
	count = lex_words(row->reading->arena, text, strlen(text), &words);
	for (unsigned i = 0; i < count; i++)
		words[i].column = row->line->words[field].column;
	set_words(row, field, id, words, count);
}

static void
add(struct row *row, const char **words, const char *word)
{
	*words = *words == NULL ? word : arena_format(row->reading->arena,
	    "%s %s", *words, word);
}

static bool
is_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Up to the first byte of `stops`; the rest, without it, in *rest or NULL. */
static const char *
cut(struct row *row, const char *text, const char *stops, const char **rest)
{
	size_t length = strcspn(text, stops);

	*rest = text[length] == '\0' ? NULL : text + length + 1;
	return arena_text(row->reading->arena, text, length);
}

/*
 * "ADDRESS:" or "ADDRESS@" in front of a service, as OpenBSD has it. Returns
 * what stands behind it (empty for a line that sets the default), or the word
 * itself. *host is the address without brackets, NULL without one, and "*" is
 * every address.
 */
static const char *
split_host(struct arena *arena, const char *word, const char **host)
{
	const char *end = strrchr(word, ':');
	size_t length;

	*host = NULL;
	if (end == NULL)
		end = strrchr(word, '@');
	if (end == NULL)
		return word;
	length = (size_t)(end - word);
	if (length >= 2 && word[0] == '[' && word[length - 1] == ']')
		*host = arena_text(arena, word + 1, length - 2);
	else
		*host = arena_text(arena, word, length);
	return end + 1;
}

static void
take_host(struct row *row)
{
	struct reading *r = row->reading;
	const char *host;

	row->entry->name = split_host(r->arena, row->line->words[FIELD_NAME]
	    .text, &host);
	if (host == NULL && r->bad_default != 0)
		refuse(row, FIELD_NAME, arena_format(r->arena, "line %u was to"
		    " say on which address it listens, and is faulty",
		    r->bad_default), "mend that line");
	if (host == NULL)
		host = r->host;
	if (row->entry->name != NULL && row->entry->name[0] == '\0')
		refuse(row, FIELD_NAME, "no service stands behind the address",
		    "write it as ADDRESS:SERVICE");
	if (host == NULL || strcmp(host, "*") == 0)
		return;
	if (strchr(host, ',') != NULL)
		refuse(row, FIELD_NAME, "a list of addresses stands before"
		    " the service", "write one line for each address");
	else
		set(row, FIELD_NAME, ATTR_BIND, host);
}

/* tcpmux/NAME: reached through tcpmux; with a plus the answer to the client
 * is ours to give. */
static bool
take_mux(struct row *row)
{
	static const char prefix[] = "tcpmux/";
	const char *name = row->entry->name;

	if (strncasecmp(name, prefix, sizeof(prefix) - 1) != 0)
		return false;
	name += sizeof(prefix) - 1;
	add(row, &row->type, name[0] == '+' ? "TCPMUXPLUS" : "TCPMUX");
	add(row, &row->type, "UNLISTED");
	name += name[0] == '+';
	if (name[0] == '\0')
		refuse(row, FIELD_NAME, "tcpmux/ needs the name of a service"
		    " behind it", NULL);
	else
		row->entry->name = name;
	return true;
}

/* NAME/VERSION or NUMBER/VERSION, where VERSION may be a range. */
static void
take_rpc(struct row *row)
{
	const char *version, *name = cut(row, row->entry->name, "/", &version);

	if (name == NULL)
		return;
	row->entry->name = name;
	add(row, &row->type, "RPC");
	if (is_digits(name)) {
		add(row, &row->type, "UNLISTED");
		set(row, FIELD_NAME, ATTR_RPC_NUMBER, name);
	}
	if (version == NULL)
		refuse(row, FIELD_NAME, "an RPC service needs its version",
		    "write it as NAME/VERSION");
	else
		set(row, FIELD_NAME, ATTR_RPC_VERSION, version);
}

/* PATH, or FreeBSD's :USER:GROUP:MODE:PATH. */
static void
take_path(struct row *row)
{
	static const enum attr_id ids[] = {
		ATTR_SOCKET_USER, ATTR_SOCKET_GROUP, ATTR_SOCKET_MODE
	};
	const char *path = row->line->words[FIELD_NAME].text, *word, *slash;
	size_t i;

	if (path[0] == ':') {
		path++;
		for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			word = cut(row, path, ":", &path);
			if (word == NULL || path == NULL)
				break;
			if (word[0] != '\0')
				set(row, FIELD_NAME, ids[i], word);
		}
	}
	if (path == NULL || path[0] != '/') {
		refuse(row, FIELD_NAME, "a UNIX socket needs the path where it"
		    " is to be", "write it as /PATH or :USER:GROUP:MODE:/PATH");
		return;
	}
	slash = strrchr(path, '/');
	if (slash[1] != '\0')
		row->entry->name = slash + 1;
	add(row, &row->type, "UNLISTED");
	set(row, FIELD_NAME, ATTR_SOCKET_PATH, path);
}

static void
take_name(struct row *row)
{
	if (take_mux(row))
		return;
	if (!is_digits(row->entry->name))
		return;
	add(row, &row->type, "UNLISTED");
	set(row, FIELD_NAME, ATTR_PORT, row->entry->name);
}

struct protocol {
	const char *word, *protocol, *flag;
	bool is_v6only;
};

/* Plain tcp and udp take both families, as xinetd does. */
static const struct protocol protocols[] = {
	{ "tcp", "tcp", NULL, false }, { "udp", "udp", NULL, false },
	{ "tcp4", "tcp", "IPv4", false }, { "udp4", "udp", "IPv4", false },
	{ "tcp6", "tcp", "IPv6", true }, { "udp6", "udp", "IPv6", true },
	{ "tcp46", "tcp", NULL, false }, { "udp46", "udp", NULL, false },
	{ "unix", "unix", NULL, false },
};

static void
take_protocol(struct row *row)
{
	const char *word = row->line->words[FIELD_PROTOCOL].text;
	bool is_rpc = strncasecmp(word, "rpc/", 4) == 0;
	const struct protocol *found = NULL;

	if (is_rpc)
		word += 4;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcasecmp(protocols[i].word, word) == 0)
			found = &protocols[i];
	if (found == NULL || (is_rpc && strcmp(found->protocol, "unix") == 0)) {
		refuse(row, FIELD_PROTOCOL, "there is no such protocol",
		    "tcp, udp, tcp4, tcp6, tcp46, rpc/tcp, unix and their like"
		    " are known");
		return;
	}
	set(row, FIELD_PROTOCOL, ATTR_PROTOCOL, found->protocol);
	if (found->flag != NULL)
		add(row, &row->flags, found->flag);
	if (found->is_v6only)
		set(row, FIELD_PROTOCOL, ATTR_V6ONLY, "yes");
	if (is_rpc)
		take_rpc(row);
	else if (strcmp(found->protocol, "unix") == 0)
		take_path(row);
	else
		take_name(row);
}

/* FreeBSD: /CHILDREN[/STARTS-A-MINUTE-FOR-ONE-ADDRESS[/CHILDREN-FOR-ONE]];
 * zero is no limit. */
static bool
take_slashes(struct row *row, const char *text, bool is_wait)
{
	static const enum attr_id ids[] = {
		ATTR_INSTANCES, ATTR_NONE, ATTR_PER_SOURCE
	};
	const char *word;
	uint64_t number;

	for (size_t i = 0; text != NULL; i++) {
		word = cut(row, text, "/", &text);
		if (word == NULL || i == sizeof(ids) / sizeof(ids[0]) ||
		    !type_decimal(word, LIMIT_MAX, &number))
			return false;
		if (number == 0)
			continue;
		if (ids[i] == ATTR_NONE || is_wait)
			warn(row, FIELD_WAIT, is_wait ? "a limit of servers"
			    " means nothing for a wait service" : "a limit of"
			    " starts a minute for one address is not applied",
			    is_wait ? NULL : "limit it with cps and"
			    " per_source in an entry of its own");
		else
			set(row, FIELD_WAIT, ids[i], word);
	}
	return true;
}

static void
take_wait(struct row *row)
{
	const char *text = row->line->words[FIELD_WAIT].text, *rest, *word;
	char mark;
	uint64_t number;
	bool is_wait, is_good = true;

	word = cut(row, text, "./:", &rest);
	if (word == NULL)
		return;
	is_wait = strcasecmp(word, "wait") == 0;
	mark = text[strlen(word)];
	if (!is_wait && strcasecmp(word, "nowait") != 0)
		is_good = false;
	else if (mark == '/')
		is_good = take_slashes(row, rest, is_wait);
	else if (mark != '\0' && !type_decimal(rest, LIMIT_MAX, &number))
		is_good = false;
	else if (mark != '\0')
		warn(row, FIELD_WAIT, "a limit of starts a minute is not"
		    " applied, as in xinetd; cps limits those a second",
		    "set cps in defaults or in an entry of its own");
	if (is_good)
		set(row, FIELD_WAIT, ATTR_WAIT, is_wait ? "yes" : "no");
	else
		refuse(row, FIELD_WAIT, "neither wait nor nowait, with a limit"
		    " that can be read", "wait, nowait, nowait.N and nowait/N"
		    " are known");
}

/* USER, USER.GROUP, USER:GROUP, each with a login class behind a slash. A dot
 * before a colon belongs to the user's name. */
static void
take_user(struct row *row)
{
	const char *text = row->line->words[FIELD_USER].text;
	const char *class, *group, *user;

	text = cut(row, text, "/", &class);
	if (text == NULL)
		return;
	if (class != NULL)
		warn(row, FIELD_USER, "there are no login classes here", NULL);
	user = cut(row, text, strchr(text, ':') != NULL ? ":" : ".", &group);
	set(row, FIELD_USER, ATTR_USER, user);
	if (group != NULL)
		set(row, FIELD_USER, ATTR_GROUP, group);
}

/* The lines of servers name tcpd where wrappers are wanted; an internal service
 * cannot, and so xinetd lets it have them. */
static void
take_server(struct row *row)
{
	const struct lex_line *line = row->line;
	unsigned arguments = line->count - FIELD_ARGUMENTS;

	if (strcasecmp(line->words[FIELD_SERVER].text, "internal") == 0) {
		add(row, &row->type, "INTERNAL");
		/* A lone one would be argv[0]. */
		if (arguments > 1 || (arguments == 1 && strcasecmp(
		    line->words[FIELD_ARGUMENTS].text, row->entry->name) != 0))
			warn(row, FIELD_ARGUMENTS, "an internal service has no"
			    " arguments", NULL);
		return;
	}
	add(row, &row->flags, "REUSE");
	add(row, &row->flags, "NOLIBWRAP");
	set(row, FIELD_SERVER, ATTR_SERVER, line->words[FIELD_SERVER].text);
	if (arguments == 0)
		return;
	add(row, &row->flags, "NAMEINARGS");
	set_words(row, FIELD_ARGUMENTS, ATTR_SERVER_ARGS,
	    &line->words[FIELD_ARGUMENTS], arguments);
}

static void
take_row(struct reading *r, const struct lex_line *line)
{
	struct row row = { .reading = r, .line = line };

	row.entry = entry_new(r, line);
	if (row.entry == NULL)
		return;
	if (line->count < INETD_FIELDS) {
		refuse(&row, FIELD_NAME, arena_format(r->arena, "the line has"
		    " %u fields; there are service, socket type, protocol, wait"
		    " or nowait, user, server", line->count), NULL);
		return;
	}
	if (strcasecmp(line->words[FIELD_PROTOCOL].text, "unix") != 0)
		take_host(&row);
	set(&row, FIELD_SOCKET, ATTR_SOCKET_TYPE,
	    line->words[FIELD_SOCKET].text);
	take_protocol(&row);
	take_wait(&row);
	take_user(&row);
	take_server(&row);
	if (row.type != NULL)
		set(&row, FIELD_NAME, ATTR_TYPE, row.type);
	set(&row, FIELD_NAME, ATTR_FLAGS, row.flags);
	set(&row, FIELD_USER, ATTR_GROUPS, "yes");
}

/* What a default line may be: its first word without a remark, and how many
 * words there are before one. */
struct default_line {
	const char *first, *host, *rest;
	unsigned words;
};

/* "ADDRESS:", and what can have been meant for one: "ADDRESS" or "ADDRESS :".
 * A path may end in a colon, too. */
static bool
is_default(const struct lex_line *line, const struct default_line *d)
{
	struct addr addr;

	if (line->count >= INETD_FIELDS && strcasecmp(
	    line->words[FIELD_PROTOCOL].text, "unix") == 0)
		return false;
	if (d->host != NULL && d->rest[0] == '\0')
		return true;
	if (d->words == 1)
		return strpbrk(d->first, ".:") != NULL &&
		    addr_parse(&addr, d->first);
	return line->words[1].text[0] == ':';
}

static const char *
default_fault(const struct default_line *d)
{
	if (d->host == NULL || d->rest[0] != '\0')
		return "a colon stands right behind the address in a line"
		    " about those behind it";
	if (d->host[0] == '\0')
		return "no address stands before the colon";
	if (d->words > 1)
		return "a line about those behind it holds ADDRESS: and no"
		    " more";
	return NULL;
}

static void
tell_default(const struct reading *r, const struct lex_line *line,
    const char *fault)
{
	struct report report = {
		.effect = fault != NULL ? DIAG_REFUSE_SERVICE : DIAG_WARNING,
		.code = fault != NULL ? DIAG_SYNTAX : DIAG_IGNORED,
		.place = { r->file->number, line->number,
		    line->words[0].column },
		.value = line->words[0].text,
		.message = fault != NULL ? fault : "the remark behind the"
		    " address is ignored",
		.hint = fault != NULL ? "the services behind this line are"
		    " refused until one is good" : NULL,
	};

	parse_report(r->source->policy, &report);
}

/* A line that holds only "ADDRESS:" is about those behind it. Of a faulty one
 * nobody knows how narrow it was to be: it opens nothing. */
static bool
take_default(struct reading *r, const struct lex_line *line)
{
	const char *word = line->words[0].text, *fault;
	size_t length = strcspn(word, "#");
	struct default_line d = {
		.first = arena_text(r->arena, word, length),
		.words = word[length] == '#' ? 1 :
		    lex_before_remark(line->words, line->count),
	};

	d.rest = d.first == NULL ? NULL : split_host(r->arena, d.first,
	    &d.host);
	if (d.rest == NULL || !is_default(line, &d))
		return false;
	fault = default_fault(&d);
	if (fault != NULL || d.words < line->count || word[length] == '#')
		tell_default(r, line, fault);
	r->bad_default = fault != NULL ? line->number : 0;
	r->host = fault != NULL || strcmp(d.host, "*") == 0 ? NULL : d.host;
	return true;
}

static void
tell_unreadable(struct reading *r, const struct lex_line *line,
    enum lex_result result)
{
	struct report report = {
		.effect = DIAG_REFUSE_SERVICE, .code = DIAG_SYNTAX,
		.place = { r->file->number, line->number, 1 },
		.message = result == LEX_NUL ? "the line holds a NUL byte" :
		    arena_format(r->arena, "the line is longer than %u bytes",
		    PARSE_LINE_MAX),
	};

	parse_report(r->source->policy, &report);
}

void
inetd_text(struct source *source, const struct source_file *file)
{
	struct reading r = {
		.source = source, .file = file, .arena = source->policy->arena,
	};
	struct lexer lexer;
	struct lex_line line;
	enum lex_result result;
	unsigned rows = 0;

	/* One more than may be is enough for the policy to be refused. */
	lex_open(&lexer, r.arena, file->bytes, file->length, PARSE_LINE_MAX);
	while (rows <= POLICY_SERVICES_MAX &&
	    (result = lex_next(&lexer, &line)) != LEX_END) {
		if (result != LEX_LINE) {
			tell_unreadable(&r, &line, result);
		} else if (!take_default(&r, &line)) {
			take_row(&r, &line);
			rows++;
		}
	}
}
