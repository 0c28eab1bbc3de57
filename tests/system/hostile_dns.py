"""What hostile DNS servers say: rules for lookup.Dns.

HOSTILE is a table of answers to a question for the address of NAME.test, and
what the host 10.4.0.1 must then be told about that name.
"""

from lookup import (A, AAAA, CNAME, NO, UNKNOWN, YES, address, answers, record,
                    soa, wire)


def silent(_question):
    return None


def chain(length):
    """CNAMEs and an address at the end."""
    def rule(q):
        names = [q.name] + [f"c{i}.test" for i in range(length)]
        return q.reply([record(a, CNAME, 60, wire(b))
                        for a, b in zip(names, names[1:])] +
                       [record(names[-1], A, 60, address("10.4.0.1"))])
    return rule


def loop(q):
    return q.reply([record(q.name, CNAME, 60, wire("loop2.test")),
                    record("loop2.test", CNAME, 60, wire(q.name))] * 20)


def long_answer(size):
    """By UDP cut short; by TCP as long as asked for."""
    def rule(q):
        if not q.is_tcp:
            return q.reply(flags=0x8380)
        one = b"\xc0\x0c" + struct_a(60) + address("10.4.0.2")
        count = (size - 60) // len(one)
        made = q.reply([one] * (count - 1) + [b"\xc0\x0c" + struct_a(60) +
                                              address("10.4.0.1")])
        return made + bytes(max(0, size - len(made)))
    return rule


def struct_a(ttl):
    return b"\0\1\0\1" + ttl.to_bytes(4, "big") + b"\0\4"


def raw_owner(owner):
    """One A record whose owner is these bytes."""
    return lambda q: q.reply([record(owner, A, 60, address("10.4.0.1"))])


def forged(q):
    good = record(q.name, A, 60, address("10.4.0.1"))
    other = wire("other.test") + b"\0\1\0\1"
    return [q.reply([good], number=q.id ^ 1),
            q.reply([good], section=other),
            q.reply([good], section=q.section[:-3] + b"\x1c\0\1"),
            q.reply([good], flags=0x0180), b"", b"x", q.reply([good])[:11],
            q.reply([record(q.name, A, 60, address("10.4.0.9"))])]


def bytes_rule(cut=None, add=b"", count=None):
    def rule(q):
        made = q.reply([record(q.name, A, 60, address("10.4.0.1"))],
                       count=count)
        return made[:cut] + add
    return rule


HOSTILE = (
    # name, rule, what 10.4.0.1 must be told
    ("chain8", chain(8), YES),
    ("chain9", chain(9), UNKNOWN),
    ("loop", loop, UNKNOWN),
    ("dangling", lambda q: q.reply([record(q.name, CNAME, 60,
                                           wire("gone.test"))]), UNKNOWN),
    ("gone", lambda q: q.reply([record(q.name, CNAME, 60, wire("x.test"))],
                               [soa()]), NO),
    ("pointer-self", lambda q: raw_owner(bytes([0xc0, 12 + len(
        q.section)]))(q), UNKNOWN),
    ("pointer-ahead", raw_owner(b"\xff\xff"), UNKNOWN),
    ("pointer-header", raw_owner(b"\xc0\x00"), UNKNOWN),
    ("label-type", raw_owner(b"\x80abc\0"), UNKNOWN),
    ("label-512", raw_owner(b"\x3f" + b"a" * 512), UNKNOWN),
    ("name-300", raw_owner((b"\x3f" + b"a" * 63) * 5 + b"\0"), UNKNOWN),
    ("stranger", raw_owner(wire("other.test")), NO),
    ("cut", bytes_rule(cut=-3), UNKNOWN),
    ("header", bytes_rule(cut=12), UNKNOWN),
    ("too-many", bytes_rule(count=65535), UNKNOWN),
    ("more-behind", bytes_rule(add=b"rubbish" * 50), YES),
    ("servfail", lambda q: q.reply(rcode=2), UNKNOWN),
    ("refused", lambda q: q.reply(rcode=5), UNKNOWN),
    ("formerr", lambda q: q.reply(rcode=1), UNKNOWN),
    ("short-a", lambda q: q.reply([record(q.name, A, 60, b"\x0a")]), UNKNOWN),
    ("long-a", lambda q: q.reply([record(q.name, A, 60, bytes(16))]),
     UNKNOWN),
    ("aaaa", answers(AAAA, "2001:db8::1"), NO),
    ("forged", forged, None),
    ("tcp-3k", long_answer(3000), YES),
    ("tcp-64k", long_answer(65535), UNKNOWN),
    ("tcp-100k", long_answer(100000), None),
    ("cut-always", lambda q: q.reply(flags=0x8380), UNKNOWN),
)
