/*
 * /etc/networks: what a bare word in an access list may stand for.
 *
 * Runs in sallyport-load. xinetd's manual promises names of networks, which
 * never worked (D10). The file is read by us: a name service that could say
 * what a network is could widen a list.
 */
#include "load/networks.h"

#include <string.h>
#include <strings.h>

#include "shared/util.h"

#define FILE_BYTES_MAX (1u << 20)
#define LINE_BYTES_MAX 1024

/* "127", "192.168.4", "10.0.0.0", "10.1.0.0/16" as a word for addr_word(). */
static bool
read_number(const char *text, char out[static ADDR_TEXT_MAX])
{
	size_t length = strspn(text, "0123456789."), used;
	unsigned parts = 1;

	if (length == 0 || length > 15 || (text[length] != '\0' &&
	    text[length] != '/') || strlen(text) > 18)
		return false;
	for (size_t i = 0; i < length; i++)
		parts += text[i] == '.';
	if (parts > 4 || text[0] == '.' || text[length - 1] == '.')
		return false;
	/* A leading zero would make it octal. */
	for (size_t i = 0; i + 1 < length; i++)
		if (text[i] == '0' && (i == 0 || text[i - 1] == '.') &&
		    text[i + 1] != '.')
			return false;
	(void)memcpy(out, text, length);
	for (used = length; parts < 4; parts++, used += 2)
		(void)memcpy(out + used, ".0", 2);
	(void)memcpy(out + used, text + length, strlen(text + length) + 1);
	return true;
}

/* One line, "NAME NUMBER [ALIAS...] [# remark]", in pieces. */
static bool
line_names(char *line, const char *name, char out[static ADDR_TEXT_MAX])
{
	static const char blanks[] = " \t\r\v\f";
	char *rest = NULL, *word, *number = NULL;
	bool is_named = false;
	unsigned count = 0;

	line[strcspn(line, "#")] = '\0';
	for (word = strtok_r(line, blanks, &rest); word != NULL;
	    word = strtok_r(NULL, blanks, &rest)) {
		if (count++ == 1)
			number = word;
		else
			is_named |= strcasecmp(word, name) == 0;
	}
	return is_named && number != NULL && read_number(number, out);
}

bool
networks_find(const char *bytes, size_t length, const char *name,
    char out[static ADDR_TEXT_MAX])
{
	char line[LINE_BYTES_MAX];
	const char *end;
	size_t cut;

	for (; length > 0; bytes += cut, length -= cut) {
		end = memchr(bytes, '\n', length);
		cut = end != NULL ? (size_t)(end - bytes) + 1 : length;
		if (cut >= sizeof(line) || memchr(bytes, '\0', cut) != NULL)
			continue;
		(void)memcpy(line, bytes, cut);
		line[cut - (end != NULL)] = '\0';
		if (line_names(line, name, out))
			return true;
	}
	return false;
}

struct networks {
	struct fill *fill;
	const char *path;
	const char *bytes;	/* NULL: not read yet, or not there */
	size_t length;
	bool is_read;
};

static void
read_once(struct networks *n)
{
	struct fill *f = n->fill;
	char text[FILL_TEXT_MAX];
	enum read_error error;

	if (n->is_read)
		return;
	n->is_read = true;
	error = read_trusted(&f->rights, f->policy->arena, n->path,
	    FILE_BYTES_MAX, &n->bytes, &n->length);
	if (error == READ_OK)
		return;
	n->bytes = NULL;
	n->length = 0;
	if (error == READ_MISSING)
		return;
	(void)format_text(text, sizeof(text), "%s %s", n->path,
	    read_error_text(error));
	policy_fault(f->policy, NULL, DIAG_REFUSE_LOAD, DIAG_FILE, ATTR_NONE,
	    n->path, text, "names in access lists may be in it");
}

static void
replace(struct networks *n, struct service *s, enum attr_id attr,
    struct access_entry *entry)
{
	struct fill *f = n->fill;
	struct addr hosts[POLICY_LISTEN_MAX];
	struct prefix *prefixes;
	enum resolve_result result;
	char word[ADDR_TEXT_MAX];
	unsigned count;

	if (!networks_find(n->bytes, n->length, entry->name, word) ||
	    addr_word(f->policy->arena, word, &prefixes, &count) != ADDR_OK ||
	    prefixes[0].length == 0)
		return;
	result = resolve_host(f->resolver, entry->name, hosts, &count);
	if (result != RESOLVE_UNKNOWN) {
		if (fill_answered(f, s, attr, result, "host", entry->name))
			fill_warn(f, s, DIAG_CONFLICT, attr, entry->word,
			    "write the address", "%s is a network and a host;"
			    " the host is taken", entry->name);
		return;
	}
	entry->name = NULL;
	entry->prefixes = prefixes;
	entry->count = 1;
}

static void
replace_all(struct networks *n, struct service *s, enum attr_id attr,
    struct access_list *list)
{
	for (unsigned i = 0; list->present && i < list->count; i++) {
		struct access_entry *entry = &list->entries[i];

		if (entry->name == NULL || entry->is_suffix ||
		    strchr(entry->name, '.') != NULL)
			continue;
		read_once(n);
		if (n->bytes != NULL)
			replace(n, s, attr, entry);
	}
}

void
networks_fill(struct fill *f, const char *path)
{
	struct networks n = { .fill = f, .path = path };

	for (unsigned i = 0; i < f->policy->count; i++) {
		struct service *s = f->policy->services[i];

		if (s->off || s->refused)
			continue;
		replace_all(&n, s, ATTR_ONLY_FROM, &s->only_from);
		replace_all(&n, s, ATTR_NO_ACCESS, &s->no_access);
	}
}
