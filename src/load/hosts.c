/*
 * hosts.allow and hosts.deny, from files to rules.
 *
 * Runs in sallyport-load as root, or as whoever runs a check. Both files and
 * the files of patterns they name are read here, users are looked up here;
 * what the lines mean is policy/wrap.h's business.
 */
#include "load/hosts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load/patterns.h"
#include "policy/rule.h"
#include "shared/util.h"

struct hosts {
	struct fill *f;
	const char *path;	/* of the file being read */
	unsigned file;		/* its number in the policy */
	bool is_deny;
	bool has_left_out;	/* something, see wrap_source */
};

static bool
uses_wrappers(const struct service *s)
{
	return !s->off && (s->flags & FLAG_NOLIBWRAP) == 0;
}

/* Lines about daemons that somebody else starts are not our concern. */
static bool
is_about_us(const struct policy *policy, const struct wrap_list *daemons)
{
	if (daemons == NULL)
		return true;
	for (unsigned i = 0; i < policy->count; i++)
		if (uses_wrappers(policy->services[i]) && wrap_may_name(daemons,
		    hosts_daemon(policy->services[i])))
			return true;
	return false;
}

static void
report(void *context, const struct wrap_note *note)
{
	struct hosts *hosts = context;
	bool is_fault = note->is_fault && is_about_us(hosts->f->policy,
	    note->daemons);
	struct diag diag = {
		.effect = is_fault ? DIAG_REFUSE_SERVICE : DIAG_WARNING,
		.code = DIAG_LIBWRAP,
		.place = { .file = hosts->file, .line = note->line },
		.file = hosts->path,
		.value = note->value,
		.message = note->message,
		.hint = note->hint,
	};

	if (note->is_left_out) {
		hosts->has_left_out = true;
		diag.hint = arena_format(hosts->f->policy->arena, "%s%sit was "
		    "added while the daemon runs and is NOT in force; at a "
		    "start it refuses everybody that it may mean",
		    note->hint != NULL ? note->hint : "",
		    note->hint != NULL ? "; " : "");
	}
	if (is_fault && hosts->is_deny)
		diag.hint = arena_format(hosts->f->policy->arena,
		    "%s%suntil then it refuses every client of %s",
		    note->hint != NULL ? note->hint : "",
		    note->hint != NULL ? "; " : "", note->daemons == NULL ?
		    "every service" : "the services that it may mean");
	diag_add(&hosts->f->policy->diags, &diag);
}

static bool
read_patterns(void *context, const char *path, const char **bytes,
    size_t *length)
{
	const struct hosts *hosts = context;

	return patterns_read(hosts->f, hosts->path, path, bytes, length) ==
	    READ_OK;
}

/* Whom it might have refused nobody knows. A check by an ordinary user may not
 * see what root will. */
static void
cannot_read(struct fill *f, const char *path, enum read_error error)
{
	bool is_unsure = error == READ_DENIED && f->rights.owner != 0;

	for (unsigned i = 0; i < f->policy->count; i++) {
		struct service *s = f->policy->services[i];

		if (!uses_wrappers(s) || s->refused)
			continue;
		if (is_unsure)
			fill_warn(f, s, DIAG_LIBWRAP, ATTR_FLAGS, path,
			    "check as root to be sure", "%s %s, so its rules "
			    "are unknown", path, read_error_text(error));
		else
			fill_refuse(f, s, DIAG_LIBWRAP, ATTR_FLAGS, path,
			    "mend the file, or give the service flags = "
			    "NOLIBWRAP", "%s %s, so its rules are unknown",
			    path, read_error_text(error));
	}
}

/* The file's number for places; it joins those of the configuration. */
static unsigned
number_file(struct policy *policy, const char *path)
{
	const char **files = policy->files;

	for (unsigned i = 1; i <= policy->file_count; i++)
		if (strcmp(files[i], path) == 0)
			return i;
	/* The parser's array has its full size; a policy of a test has none. */
	if (files == NULL || policy->file_count >= PARSE_FILES_MAX)
		return 0;
	files[++policy->file_count] = arena_text(policy->arena, path,
	    strlen(path));
	return policy->file_count;
}

/*
 * Tools that ban write hosts.deny, with words that strangers choose. A line of
 * theirs that cannot be understood must not keep the next ones from being in
 * force; so what was added to the file in force is judged by itself.
 */
static void
be_lenient(struct fill *f, const char *path, struct wrap_source *source)
{
	size_t length;
	const char *before = sources_previous(f->sources, path, &length);

	if (before == NULL || length > source->length ||
	    memcmp(before, source->bytes, length) != 0 ||
	    (length > 0 && before[length - 1] != '\n'))
		return;
	source->is_lenient = true;
	source->lenient_from = length;
}

static bool
read_file(struct fill *f, const char *path, bool is_deny,
    struct wrap_rules *rules)
{
	struct hosts hosts = { .f = f, .path = path, .is_deny = is_deny };
	struct wrap_source source = {
		.arena = f->policy->arena, .is_deny = is_deny,
		.read = read_patterns, .report = report, .context = &hosts,
	};
	enum read_error error;

	error = read_trusted(&f->rights, f->policy->arena, path, PARSE_FILE_MAX,
	    &source.bytes, &source.length);
	if (error == READ_MISSING) {
		sources_keep(f->sources, path, "", 0);
		return true;
	}
	if (error != READ_OK) {
		cannot_read(f, path, error);
		return true;
	}
	hosts.file = number_file(f->policy, path);
	source.file = hosts.file;
	if (hosts.file == 0 && f->policy->files != NULL)
		return false;
	if (is_deny)
		be_lenient(f, path, &source);
	if (!wrap_read(rules, &source))
		return false;
	sources_keep(f->sources, path, source.bytes, hosts.has_left_out ?
	    source.lenient_from : source.length);
	return true;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

const char *
hosts_daemon(const struct service *s)
{
	if (s->libwrap != NULL)
		return s->libwrap;
	if ((s->type & TYPE_INTERNAL) != 0)
		return s->id != NULL ? s->id : s->name;
	if (s->given[ATTR_REDIRECT] || s->server == NULL)
		return s->name;
	if ((s->flags & FLAG_NAMEINARGS) != 0 && s->server_args.count > 0)
		return base_name(s->server_args.words[0]);
	return base_name(s->server);
}

static bool
is_root(const struct service *s)
{
	return s->launch_ids.uid == 0;
}

/* What only root can change for others, a server of another user would have
 * been refused by xinetd at every connection: say it at the load. */
static void
refuse_change(struct fill *f, struct service *s, const struct wrap_rule *rule,
    const char *what)
{
	char place[FILL_TEXT_MAX / 2];

	(void)policy_place(f->policy, &rule->place, place, sizeof(place));
	fill_refuse(f, s, DIAG_LIBWRAP, ATTR_USER, what,
	    "only the rule of a server of root can do that",
	    "%s changes the %s, and the server is not root's", place, what);
}

/* Uid 0 counts only when it is asked for by name or number: an answer of the
 * name service cannot make anybody root. */
static bool
find_user(struct fill *f, struct service *s, const char *name,
    struct wrap_option *option)
{
	uint64_t number;

	if (number_parse(name, UINT32_MAX - 1, &number)) {
		option->uid = option->gid = (uint32_t)number;
		return true;
	}
	if (!fill_answered(f, s, ATTR_WRAP, resolve_user(f->resolver, name,
	    &option->uid, &option->gid), "user", name))
		return false;
	if (strcmp(name, "root") == 0 ||
	    (option->uid != 0 && option->gid != 0))
		return true;
	fill_refuse(f, s, DIAG_UNKNOWN_NAME, ATTR_WRAP, name, NULL,
	    "the name service gives uid 0 or gid 0 to user \"%s\"", name);
	return false;
}

static bool
find_group(struct fill *f, struct service *s, const char *name,
    struct wrap_option *option)
{
	uint64_t number;

	if (number_parse(name, UINT32_MAX - 1, &number)) {
		option->gid = (uint32_t)number;
		return true;
	}
	if (!fill_answered(f, s, ATTR_WRAP, resolve_group(f->resolver, name,
	    &option->gid), "group", name))
		return false;
	if (option->gid != 0 || strcmp(name, "root") == 0)
		return true;
	fill_refuse(f, s, DIAG_UNKNOWN_NAME, ATTR_WRAP, name, NULL,
	    "the name service gives gid 0 to group \"%s\"", name);
	return false;
}

/* A server that runs as one of our own users could kill that helper. */
static bool
is_our_own(struct fill *f, struct service *s, uint32_t uid)
{
	const struct gateway *gateway = &f->policy->gateway;

	for (int i = 0; gateway->given[ATTR_ROLES] && i < ROLE_MAX; i++) {
		if (uid != gateway->roles.uid[i])
			continue;
		fill_refuse(f, s, DIAG_CONFLICT, ATTR_WRAP, role_user[i], NULL,
		    "hosts.allow: uid %u is %s, one of sallyport's own users",
		    uid, role_user[i]);
		return true;
	}
	return false;
}

static bool
find_ids(struct fill *f, struct service *s, const struct wrap_rule *rule,
    struct wrap_option *option)
{
	const struct wrap_settings *set = rule->settings;

	if (set->user == NULL && set->group == NULL)
		return true;
	if (!is_root(s)) {
		refuse_change(f, s, rule, "user");
		return false;
	}
	option->has_ids = true;
	option->uid = s->launch_ids.uid;
	option->gid = s->launch_ids.gid;
	return (set->user == NULL || find_user(f, s, set->user, option)) &&
	    (set->group == NULL || find_group(f, s, set->group, option)) &&
	    !is_our_own(f, s, option->uid);
}

static void
add_option(struct fill *f, struct service *s, const struct wrap_rule *rule,
    uint32_t number)
{
	const struct wrap_settings *set = rule->settings;
	struct wrap_option *option =
	    &s->wrap_options.options[s->wrap_options.count];

	*option = (struct wrap_option){ .rule = number,
	    .has_nice = set->has_nice, .nice = set->nice,
	    .has_umask = set->has_umask, .umask = set->umask,
	    .is_keepalive = set->is_keepalive, .env_count = set->env_count };
	if (set->has_nice && set->nice < 0 && !is_root(s)) {
		refuse_change(f, s, rule, "priority");
		return;
	}
	if (!find_ids(f, s, rule, option))
		return;
	option->env = arena_alloc(f->policy->arena, WRAP_ENV_MAX,
	    sizeof(*option->env));
	if (option->env == NULL)
		return;
	memcpy(option->env, set->env, set->env_count * sizeof(set->env[0]));
	s->wrap_options.count++;
	s->given[ATTR_WRAP_OPTIONS] = true;
}

/* Rules that change a launch are few, and most services name none. */
static void
fill_options(struct fill *f, struct service *s, const struct wrap_rules *rules)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rules->count; i++)
		count += rules->rules[i].settings != NULL;
	if (count == 0 || s->server == NULL)
		return;
	s->wrap_options.options = arena_alloc(f->policy->arena, count,
	    sizeof(*s->wrap_options.options));
	for (unsigned i = 0; s->wrap_options.options != NULL &&
	    i < rules->count; i++)
		if (rules->rules[i].settings != NULL &&
		    wrap_may_name(&rules->rules[i].daemons, s->wrap_name))
			add_option(f, s, &rules->rules[i], i);
}

struct literal {		/* a host name in a rule */
	const char *name;
	uint32_t rule;
	unsigned place;		/* among all */
};

static int
compare_places(const void *left, const void *right)
{
	const struct literal *a = left, *b = right;

	return a->place < b->place ? -1 : a->place > b->place;
}

static int
compare_names(const void *left, const void *right)
{
	const struct literal *a = left, *b = right;
	int order = strcasecmp(a->name, b->name);

	return order != 0 ? order : compare_places(left, right);
}

struct literals {
	const struct wrap_rules *rules;
	unsigned count;
	struct literal *all;	/* of all rules, in the order of the files */
	struct literal *some;	/* room for as many */
};

/* What a client of that daemon may be asked about, to `some`: each name once,
 * in the order of the files. */
static unsigned
find_literals(const struct literals *l, const char *daemon)
{
	struct literal *out = l->some;
	unsigned count = 0, kept = 0;
	const char *last = NULL;
	bool is_about = false;

	for (unsigned i = 0; i < l->count; i++) {
		const struct wrap_list *daemons =
		    &l->rules->rules[l->all[i].rule].daemons;

		if (last == NULL || daemons->text == NULL ||
		    strcmp(last, daemons->text) != 0)
			is_about = wrap_may_name(daemons, daemon);
		last = daemons->text;
		if (is_about)
			out[count++] = l->all[i];
	}
	qsort(out, count, sizeof(*out), compare_names);
	for (unsigned i = 0; i < count; i++)
		if (kept == 0 || strcasecmp(out[kept - 1].name,
		    out[i].name) != 0)
			out[kept++] = out[i];
	qsort(out, kept, sizeof(*out), compare_places);
	return kept;
}

/* How many there are; with `out`, which too. */
static unsigned
count_literals(const struct wrap_rules *rules, struct literal *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rules->count; i++) {
		const struct wrap_list *clients = &rules->rules[i].clients;

		for (unsigned k = 0; k < clients->count; k++) {
			if (clients->items[k].form != WRAP_NAME)
				continue;
			if (out != NULL)
				out[count] = (struct literal){
				    clients->items[k].name, i, count };
			count++;
		}
	}
	return count;
}

static unsigned
count_own(const struct access_list *list)
{
	unsigned count = 0;

	for (unsigned i = 0; list->present && i < list->count; i++)
		count += list->entries[i].name != NULL &&
		    !list->entries[i].is_suffix;
	return count;
}

static bool
warn_of_names(struct fill *f, const struct service *s,
    const struct literals *l)
{
	unsigned own = count_own(&s->only_from) + count_own(&s->no_access);
	unsigned count = find_literals(l, s->wrap_name);
	struct diag diag = {
		.effect = DIAG_WARNING, .code = DIAG_LIMIT,
		.service = s->id,
		.hint = "write addresses, or a .domain that holds them",
	};

	if (count == 0 || own + count <= FACTS_HOSTS_MAX)
		return false;
	diag.place = l->rules->rules[l->some[own < FACTS_HOSTS_MAX ?
	    FACTS_HOSTS_MAX - own : 0].rule].place;
	diag.file = diag.place.file == 0 ? NULL :
	    f->policy->files[diag.place.file];
	diag.message = arena_format(f->policy->arena, "of %u host names only"
	    " the first %u are looked up for a client; the others are compared"
	    " with the client's own names, as libwrap does", own + count,
	    FACTS_HOSTS_MAX);
	diag_add(&f->policy->diags, &diag);
	return true;
}

/* Said once, for the first service whose clients meet too many. */
static void
check_names(struct fill *f, const struct wrap_rules *rules)
{
	const struct policy *policy = f->policy;
	struct literals l = { .rules = rules, .count = count_literals(rules,
	    NULL) };
	bool is_said = l.count == 0;

	/* Without memory for it a warning is not worth a load. */
	l.all = calloc(l.count + 1u, sizeof(*l.all));
	l.some = calloc(l.count + 1u, sizeof(*l.some));
	is_said |= l.all == NULL || l.some == NULL;
	if (!is_said)
		(void)count_literals(rules, l.all);
	for (unsigned i = 0; i < policy->count && !is_said; i++)
		if (uses_wrappers(policy->services[i]) &&
		    !policy->services[i]->refused &&
		    policy->services[i]->wrap_name != NULL)
			is_said = warn_of_names(f, policy->services[i], &l);
	free(l.all);
	free(l.some);
}

void
hosts_fill(struct fill *f)
{
	struct gateway *gateway = &f->policy->gateway;
	struct wrap_rules rules = { .count = 0 };
	bool is_used = false;

	for (unsigned i = 0; i < f->policy->count; i++)
		is_used |= uses_wrappers(f->policy->services[i]);
	if (!is_used)
		return;
	if (!read_file(f, f->hosts_allow, false, &rules) ||
	    !read_file(f, f->hosts_deny, true, &rules)) {
		policy_fault(f->policy, NULL, DIAG_REFUSE_LOAD, DIAG_LIMIT,
		    ATTR_NONE, NULL, "hosts.allow and hosts.deny are too big, or "
		    "there are too many files", NULL);
		return;
	}
	if (rules.count == 0)
		return;
	gateway->wrap = rules;
	gateway->given[ATTR_WRAP] = true;
	gateway->where[ATTR_WRAP] = rules.rules[0].place;
	for (unsigned i = 0; i < f->policy->count; i++) {
		struct service *s = f->policy->services[i];

		if (!uses_wrappers(s) || s->refused)
			continue;
		s->wrap_name = hosts_daemon(s);
		s->given[ATTR_WRAP_NAME] = s->wrap_name != NULL;
		fill_options(f, s, &rules);
	}
	check_names(f, &rules);
}
