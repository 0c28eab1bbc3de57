/*
 * The configuration as it is in force; see show.h.
 *
 * Runs in "sallyport-load --show", after it has given up what rights it had.
 * Values are printed by their types, so that an attribute that exists is shown
 * without being named here.
 */
#include "load/show.h"

#include <string.h>
#include <strings.h>

#include "load/json-out.h"
#include "policy/lex.h"
#include "policy/out.h"
#include "policy/type.h"

#define PLACE_BYTES 4200	/* a path and a line number */

struct show {
	struct json_out json;	/* the text, JSON or not */
	struct out value;	/* of one attribute, used again for the next */
	struct policy *policy;
	const struct show_options *options;
	const struct service **owners;	/* of the diagnostics, in their order */
};

/* --- values -------------------------------------------------------------- */

/* Seals and tables are no news to anybody; everything else is shown. */
static bool
is_shown(enum attr_id id, bool given, unsigned scope)
{
	const struct attr *attr = &attr_table[id];

	return given && attr->name != NULL && (attr->scope & scope) != 0 &&
	    attr->type != &type_blob && attr->type != &type_table &&
	    attr->type != &type_zone && id != ATTR_ID && id != ATTR_KIND;
}

/* NAME=VALUE without the value. */
static const char *
mask(struct arena *arena, const char *word)
{
	return arena_format(arena, "%.*s=****", (int)strcspn(word, "="), word);
}

/* The words that the type prints, without the escape of canonical text. */
static unsigned
value_words(struct show *s, enum attr_id id, const void *value,
    struct lex_word **words)
{
	struct arena *arena = s->policy->arena;
	const struct attr *attr = &attr_table[id];
	size_t length;
	const char *text;
	unsigned count;

	s->value.length = 0;
	attr->type->print(&s->value, attr, value);
	text = out_text(&s->value, &length);
	if (text == NULL)
		return 0;
	count = lex_words(arena, text, length, words);
	for (unsigned i = 0; i < count; i++) {
		const char *word = lex_unescape(arena, (*words)[i].text, NULL);

		if (word != NULL && (attr->flags & ATTR_SECRET) != 0 &&
		    !s->options->has_secrets)
			word = mask(arena, word);
		if (word == NULL)
			return 0;
		(*words)[i].text = word;
	}
	return count;
}

static const char *
origin(const struct show *s, const struct place *place, char out[PLACE_BYTES])
{
	if (place->file == 0)
		return "default";
	(void)policy_place(s->policy, place, out, PLACE_BYTES);
	return out;
}

/* For people: in brackets, without bytes that a terminal would obey. */
static void
put_origin(struct show *s, const struct place *place)
{
	char text[PLACE_BYTES];
	const char *word;
	size_t length;

	s->value.length = 0;
	out_word(&s->value, origin(s, place, text));
	word = out_text(&s->value, &length);
	out_raw(&s->json.out, "  (");
	out_raw(&s->json.out, word != NULL ? word + 1 : "");
	out_raw(&s->json.out, ")\n");
}

static void
put_attribute(struct show *s, enum attr_id id, const void *value,
    const struct place *where)
{
	struct lex_word *words = NULL;
	unsigned count = value_words(s, id, value, &words);
	char place[PLACE_BYTES];

	if (!s->options->is_json) {
		out_format(&s->json.out, "    %-18s", attr_name(id));
		for (unsigned i = 0; i < count; i++)
			out_word(&s->json.out, words[i].text);
		put_origin(s, where);
		return;
	}
	json_open(&s->json, attr_name(id), "{");
	json_open(&s->json, "value", "[");
	for (unsigned i = 0; i < count; i++)
		json_text(&s->json, NULL, words[i].text);
	json_close(&s->json, "]");
	json_text(&s->json, "origin", origin(s, where, place));
	json_close(&s->json, "}");
}

static void
put_attributes(struct show *s, const char *key, const void *base,
    const bool *given, const struct place *where, unsigned scope)
{
	if (s->options->is_json)
		json_open(&s->json, key, "{");
	for (unsigned i = 1; i < ATTR_MAX; i++) {
		if (is_shown((enum attr_id)i, given[i], scope))
			put_attribute(s, (enum attr_id)i, (const char *)base +
			    attr_table[i].offset, &where[i]);
	}
	if (s->options->is_json)
		json_close(&s->json, "}");
}

/* --- services ------------------------------------------------------------ */

static const char *
state_of(const struct service *service)
{
	return service->off ? "disabled" : service->refused ? "refused" :
	    "accepted";
}

static bool
is_named(const struct service *service, const char *word)
{
	return strcasecmp(word, service->id) == 0 ||
	    strcasecmp(word, service->name) == 0;
}

/* Several entries may have one name: a diagnostic belongs to the last of them
 * that begins before its place; NULL: it stands in another file, such as that
 * of the defaults, and belongs to all. */
static const struct service *
owner_of(const struct policy *policy, const struct diag *d)
{
	const struct service *nearest = NULL;

	for (unsigned i = 0; i < policy->count && d->service != NULL; i++) {
		const struct service *other = policy->services[i];

		if (other->place.file == d->place.file &&
		    other->place.line <= d->place.line &&
		    is_named(other, d->service))
			nearest = other;
	}
	return nearest;
}

static bool
find_owners(struct show *s)
{
	const struct diag *d;
	unsigned count = 0;

	s->owners = arena_alloc(s->policy->arena, DIAG_LIST_MAX + 1,
	    sizeof(*s->owners));
	for (d = s->policy->diags.first; s->owners != NULL && d != NULL;
	    d = d->next)
		s->owners[count++] = owner_of(s->policy, d);
	return s->owners != NULL;
}

static void
put_reason(struct show *s, const char *text)
{
	if (s->options->is_json) {
		json_text(&s->json, NULL, text);
		return;
	}
	out_raw(&s->json.out, "    ! ");
	out_raw(&s->json.out, text);
	out_raw(&s->json.out, "\n");
}

static void
put_reasons(struct show *s, const struct service *service)
{
	char text[2048];
	unsigned n = 0;

	if (service->off)
		put_reason(s, service->disable ? "disable = yes" :
		    "defaults name it in disabled, or not in enabled");
	for (const struct diag *d = s->policy->diags.first;
	    d != NULL && service->refused; d = d->next) {
		const struct service *owner = s->owners[n++];

		if (d->effect == DIAG_WARNING || d->service == NULL ||
		    (owner != service && (owner != NULL ||
		    !is_named(service, d->service))))
			continue;
		(void)diag_format(d, text, sizeof(text));
		put_reason(s, text);
	}
}

static const char *
kind_name(const struct service *service)
{
	if (service->off || service->refused ||
	    service->kind >= (uint64_t)KIND_MAX)
		return NULL;
	return kind_table[service->kind].name;
}

static void
service_json(struct show *s, const struct service *service)
{
	char place[PLACE_BYTES];

	json_open(&s->json, NULL, "{");
	json_text(&s->json, "name", service->name);
	json_text(&s->json, "id", service->id);
	json_text(&s->json, "place", origin(s, &service->place, place));
	json_text(&s->json, "state", state_of(service));
	json_open(&s->json, "reasons", "[");
	put_reasons(s, service);
	json_close(&s->json, "]");
	json_text(&s->json, "kind", kind_name(service));
	put_attributes(s, "attributes", service, service->given,
	    service->where, SCOPE_SERVICE);
	json_close(&s->json, "}");
}

static void
service_text(struct show *s, const struct service *service)
{
	const char *kind = kind_name(service);

	out_raw(&s->json.out, "service");
	out_word(&s->json.out, service->id);
	out_format(&s->json.out, "  %s", state_of(service));
	if (kind != NULL)
		out_format(&s->json.out, ", %s", kind);
	put_origin(s, &service->place);
	put_reasons(s, service);
	put_attributes(s, NULL, service, service->given, service->where,
	    SCOPE_SERVICE);
	out_raw(&s->json.out, "\n");
}

/* --- the whole ----------------------------------------------------------- */

static const char *
effect_name(enum diag_effect effect)
{
	static const char *const names[] = {
		[DIAG_WARNING] = "warning",
		[DIAG_REFUSE_SERVICE] = "refuse-service",
		[DIAG_REFUSE_LOAD] = "refuse-load",
	};

	return names[effect];
}

static void
diag_json(struct show *s, const struct diag *d)
{
	json_open(&s->json, NULL, "{");
	json_text(&s->json, "effect", effect_name(d->effect));
	json_text(&s->json, "code", diag_code_name(d->code));
	json_text(&s->json, "file", d->file);
	json_number(&s->json, "line", d->place.line);
	json_number(&s->json, "column", d->place.column);
	json_text(&s->json, "service", d->service);
	json_text(&s->json, "attribute", d->attribute);
	json_text(&s->json, "value", d->value);
	json_text(&s->json, "message", d->message);
	json_text(&s->json, "hint", d->hint);
	json_close(&s->json, "}");
}

static void
show_json(struct show *s)
{
	const struct policy *policy = s->policy;
	const struct service *defaults = policy->defaults;

	out_raw(&s->json.out, "{");
	json_text(&s->json, "file", s->options->path);
	json_key(&s->json, "usable");
	out_raw(&s->json.out, policy->diags.load_errors > 0 ? "false" : "true");
	put_attributes(s, "gateway", &policy->gateway, policy->gateway.given,
	    policy->gateway.where, SCOPE_GATEWAY);
	if (defaults != NULL)
		put_attributes(s, "defaults", defaults, defaults->given,
		    defaults->where, SCOPE_DEFAULTS);
	json_open(&s->json, "services", "[");
	for (unsigned i = 0; i < policy->count; i++)
		service_json(s, policy->services[i]);
	json_close(&s->json, "]");
	json_open(&s->json, "diagnostics", "[");
	for (const struct diag *d = policy->diags.first; d != NULL;
	    d = d->next)
		diag_json(s, d);
	json_close(&s->json, "]}\n");
}

static void
show_plain(struct show *s)
{
	const struct policy *policy = s->policy;
	const struct service *defaults = policy->defaults;
	char text[2048];

	out_raw(&s->json.out, "gateway\n");
	put_attributes(s, NULL, &policy->gateway, policy->gateway.given,
	    policy->gateway.where, SCOPE_GATEWAY);
	if (defaults != NULL) {
		out_raw(&s->json.out, "\ndefaults\n");
		put_attributes(s, NULL, defaults, defaults->given,
		    defaults->where, SCOPE_DEFAULTS);
	}
	out_raw(&s->json.out, "\n");
	for (unsigned i = 0; i < policy->count; i++)
		service_text(s, policy->services[i]);
	for (const struct diag *d = policy->diags.first; d != NULL;
	    d = d->next) {
		(void)diag_format(d, text, sizeof(text));
		out_raw(&s->json.out, text);
		out_raw(&s->json.out, "\n");
	}
	if (policy->diags.load_errors > 0)
		out_raw(&s->json.out, "not usable\n");
}

char *
show_text(struct policy *policy, const struct show_options *options,
    size_t *length)
{
	struct show s = { .policy = policy, .options = options };

	out_init(&s.json.out, policy->arena);
	out_init(&s.value, policy->arena);
	if (!find_owners(&s))
		return NULL;
	if (options->is_json)
		show_json(&s);
	else
		show_plain(&s);
	return out_text(&s.json.out, length);
}

enum exit_code
show_code(const struct policy *policy)
{
	if (policy->diags.errors > 0)
		return EXIT_FINDINGS;
	for (unsigned i = 0; i < policy->count; i++) {
		if (policy->services[i]->refused && !policy->services[i]->off)
			return EXIT_FINDINGS;
	}
	return EXIT_CLEAN;
}
