/*
 * What a DNS reply says: see dns.h.
 *
 * Runs in sallyport-lookup. Pure. Every read is bounded by the length of the
 * message, every loop by the number of bytes or by a small constant.
 */
#include "lookup/dns.h"

#include <string.h>

#define HEADER 12
#define WIRE_MAX 255		/* RFC 1035, 2.3.4 */
#define JUMPS_MAX 32		/* compression pointers of one name */
#define CLASS_IN 1
#define RCODE_NXDOMAIN 3

/* A name as it travels: lengths and labels, in lower case, uncompressed. */
struct wire {
	uint8_t bytes[WIRE_MAX];
	size_t length;
};

struct reader {
	const uint8_t *bytes;
	size_t length, at;
	bool is_bad;
};

struct dns_record {
	struct wire owner;
	uint32_t type, class, ttl;
	size_t data, size;
};

static uint32_t
read_number(struct reader *r, size_t size)
{
	uint32_t value = 0;

	if (r->is_bad || r->length - r->at < size) {
		r->is_bad = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		value = value << 8 | r->bytes[r->at++];
	return value;
}

static bool
add_label(struct wire *out, const uint8_t *label, size_t size)
{
	/* One byte is left for the root. */
	if (out->length + 1 + size >= WIRE_MAX)
		return false;
	out->bytes[out->length++] = (uint8_t)size;
	for (size_t i = 0; i < size; i++) {
		uint8_t c = label[i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		out->bytes[out->length++] = c;
	}
	return true;
}

/* A name at r->at. A pointer may only point before where the part that it
 * ends began, so that no chain of them can come back. */
static void
read_name(struct reader *r, struct wire *out)
{
	size_t at = r->at, begin = r->at, after = 0;
	unsigned jumps = 0;

	out->length = 0;
	while (!r->is_bad && at < r->length) {
		size_t size = r->bytes[at];

		if (size == 0) {
			out->bytes[out->length++] = 0;
			r->at = after != 0 ? after : at + 1;
			return;
		}
		if (size >= 0xc0) {
			size_t to;

			if (r->length - at < 2 || ++jumps > JUMPS_MAX)
				break;
			to = (size & 0x3f) << 8 | r->bytes[at + 1];
			if (to >= begin || to < HEADER)
				break;
			if (after == 0)
				after = at + 2;
			at = begin = to;
			continue;
		}
		/* 0x40 and 0x80 mean nothing today. */
		if (size > 63 || r->length - at - 1 < size ||
		    !add_label(out, r->bytes + at + 1, size))
			break;
		at += 1 + size;
	}
	r->is_bad = true;
}

static void
read_record(struct reader *r, struct dns_record *out)
{
	read_name(r, &out->owner);
	out->type = read_number(r, 2);
	out->class = read_number(r, 2);
	out->ttl = read_number(r, 4);
	out->size = read_number(r, 2);
	if (out->ttl > INT32_MAX)
		out->ttl = 0;
	if (r->is_bad || r->length - r->at < out->size) {
		r->is_bad = true;
		return;
	}
	out->data = r->at;
	r->at += out->size;
}

/* The name that is the whole of a record's data. */
static bool
read_target(const struct reader *r, const struct dns_record *record,
    struct wire *out)
{
	struct reader data = *r;

	data.at = record->data;
	read_name(&data, out);
	return !data.is_bad && data.at == record->data + record->size;
}

static bool
wire_equal(const struct wire *a, const struct wire *b)
{
	return a->length == b->length &&
	    memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool
wire_from_text(const char *text, struct wire *out)
{
	out->length = 0;
	while (*text != '\0') {
		size_t size = strcspn(text, ".");

		if (size == 0 || size > 63 ||
		    !add_label(out, (const uint8_t *)text, size))
			return false;
		text += size;
		text += *text == '.';
	}
	out->bytes[out->length++] = 0;
	return true;
}

/* False when it is no host name. */
static bool
wire_to_text(const struct wire *name, char out[static NAME_SIZE])
{
	char text[WIRE_MAX + 1];
	size_t used = 0;

	for (size_t at = 0; name->bytes[at] != 0; at += 1u + name->bytes[at]) {
		const uint8_t *label = name->bytes + at + 1;

		/* A dot inside a label would move its border. */
		if (memchr(label, '.', name->bytes[at]) != NULL)
			return false;
		memcpy(text + used, label, name->bytes[at]);
		used += name->bytes[at];
		text[used++] = '.';
	}
	return name_normal(text, used, out);
}

static void
shorten(struct dns_reply *out, uint32_t ttl)
{
	if (ttl < out->ttl)
		out->ttl = ttl;
}

/* What was there before takes no place; what is no host name takes none
 * either, but it is something that the source is called. */
static void
take_name(const struct wire *target, struct dns_reply *out)
{
	char name[NAME_SIZE];

	if (!wire_to_text(target, name)) {
		out->is_cut = true;
		return;
	}
	for (unsigned i = 0; i < out->count; i++)
		if (strcmp(out->names[i], name) == 0)
			return;
	if (out->count == DNS_NAMES) {
		out->is_cut = true;
		return;
	}
	memcpy(out->names[out->count++], name, strlen(name) + 1);
}

/* False when the record's data is not what its type says. */
static bool
take(const struct reader *r, const struct dns_record *record,
    enum dns_type type, struct dns_reply *out)
{
	size_t size = type == DNS_A ? 4 : 16;
	struct wire target;

	out->finding = FINDING_FOUND;
	shorten(out, record->ttl);
	if (type == DNS_PTR) {
		if (!read_target(r, record, &target))
			return false;
		take_name(&target, out);
		return true;
	}
	if (record->size != size)
		return false;
	if (out->count == DNS_ADDRESSES)
		out->is_cut = true;
	else
		memcpy(out->addresses[out->count++], r->bytes + record->data,
		    size);
	return true;
}

/* The answer section: what is asked for, behind aliases if need be. */
static bool
read_answers(struct reader *r, unsigned records, enum dns_type type,
    struct wire *current, unsigned *aliases, struct dns_reply *out)
{
	struct dns_record record;

	while (records-- > 0) {
		read_record(r, &record);
		if (r->is_bad)
			return false;
		if (record.class != CLASS_IN ||
		    !wire_equal(&record.owner, current))
			continue;
		if (record.type == type) {
			if (!take(r, &record, type, out))
				return false;
		} else if (record.type == DNS_CNAME &&
		    out->finding != FINDING_FOUND) {
			if (++*aliases > DNS_ALIASES ||
			    !read_target(r, &record, current))
				return false;
			shorten(out, record.ttl);
		}
	}
	return true;
}

/* The authority section: an SOA says how long nothing is there. */
static bool
read_authority(struct reader *r, unsigned records, struct dns_reply *out)
{
	struct dns_record record;
	bool has_soa = false;

	while (records-- > 0) {
		struct reader data;

		read_record(r, &record);
		if (r->is_bad)
			return false;
		if (record.type != DNS_SOA || record.class != CLASS_IN ||
		    record.size < 4)
			continue;
		data = *r;
		data.at = record.data + record.size - 4;
		shorten(out, record.ttl);
		shorten(out, read_number(&data, 4));
		has_soa = true;
	}
	return has_soa;
}

static bool
read_question(struct reader *r, enum dns_type type, const struct wire *name)
{
	struct wire asked;
	uint32_t asked_type, asked_class;

	read_name(r, &asked);
	asked_type = read_number(r, 2);
	asked_class = read_number(r, 2);
	return !r->is_bad && wire_equal(&asked, name) &&
	    asked_type == (uint32_t)type && asked_class == CLASS_IN;
}

static bool
read_reply(struct reader *r, enum dns_type type, const char *name,
    struct dns_reply *out)
{
	uint32_t flags, questions, answers, authorities, rcode;
	struct wire current;
	unsigned aliases = 0;
	bool has_soa;

	(void)read_number(r, 2);	/* the id is c-ares' to match */
	flags = read_number(r, 2);
	questions = read_number(r, 2);
	answers = read_number(r, 2);
	authorities = read_number(r, 2);
	(void)read_number(r, 2);	/* additional records say nothing */
	rcode = flags & 15;
	if (r->is_bad || (flags & 0x8000) == 0 || questions != 1 ||
	    (rcode != 0 && rcode != RCODE_NXDOMAIN))
		return false;
	if (!wire_from_text(name, &current) ||
	    !read_question(r, type, &current) ||
	    !read_answers(r, answers, type, &current, &aliases, out))
		return false;
	if (out->finding == FINDING_FOUND) {
		/* Cut short, and not even TCP had the rest. */
		out->is_cut |= (flags & 0x0200) != 0;
		return rcode == 0;
	}
	if ((flags & 0x0200) != 0)
		return false;
	has_soa = read_authority(r, authorities, out);
	if (r->is_bad)
		return false;
	if (!has_soa)
		out->ttl = 0;
	out->finding = FINDING_NONE;
	return has_soa || aliases == 0 || rcode == RCODE_NXDOMAIN;
}

void
dns_read(const uint8_t *bytes, size_t length, enum dns_type type,
    const char *name, struct dns_reply *out)
{
	struct reader r = { .bytes = bytes, .length = length };

	out->finding = FINDING_UNKNOWN;
	out->is_cut = false;
	out->ttl = INT32_MAX;
	out->count = 0;
	if (read_reply(&r, type, name, out))
		return;
	out->finding = FINDING_UNKNOWN;
	out->count = 0;
	out->ttl = 0;
}
