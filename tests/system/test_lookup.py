#!/usr/bin/env python3
"""Names: right answers from a real server, harmless ones from hostile servers,
bounds that hold, and nobody who waits for somebody else's server."""

import contextlib
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from hostile_dns import HOSTILE, silent
from lib import eventually, find_program, is_, note, ok, wait_for, within
from lookup import (A, CNAME, HOST, NAMES, NO, PTR, UID, UNKNOWN, YES,
                    Dns, Lookup, address, answers, program, record, reverse,
                    takes_connections, wire)

PEAK_KB = 32 << 10      # of resident memory, after everything


def check_memory(lookup, what="memory"):
    """A sanitizer's own memory is not lookup's."""
    with open(lib.LIBEXEC + "/sallyport-lookup", "rb") as file:
        most = PEAK_KB * (12 if b"__asan_init" in file.read() else 1)
    peak = lookup.peak_kb()
    note(f"{what}: {peak} kB at most")
    within(peak, 1, most, what)


# --- good servers ----------------------------------------------------------------

def confined():
    """Runs as itself, with nothing, and leaves when its parent does."""
    with Lookup() as lookup:
        is_(lookup.field("Uid").split(), [str(UID)] * 4, "runs as its user")
        is_(lookup.field("Groups"), "", "without groups")
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            is_(int(lookup.field(name), 16), 0, f"{name} is empty")
        is_(lookup.field("NoNewPrivs"), "1", "with no_new_privs")
        is_(lookup.field("Seccomp"), "2", "behind a filter")
        ok(lookup.layers & 15 == 15, "says so", layers=lookup.layers)
        ok(os.readlink(f"/proc/{lookup.pid}/root") != "/", "in an empty root")
        is_(os.readlink(f"/proc/{lookup.pid}/ns/net"),
            os.readlink("/proc/self/ns/net"), "in the host's network")
        open_now = {os.readlink(f"/proc/{lookup.pid}/fd/{fd}")
                    for fd in os.listdir(f"/proc/{lookup.pid}/fd")}
        ok(not any(name.startswith("/run/hosts") for name in open_now),
           "the hosts file is closed", open=open_now)
    is_(lookup.status, 0, "ends with its parent")


def real_dns():
    """Forward and reverse, IPv4 and IPv6, against dnsmasq."""
    words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
             "--no-resolv", "--no-hosts", "--bind-interfaces", "--user=root",
             "--pid-file=", "--listen-address=127.0.0.2", "--local=/test/",
             "--local=/arpa/", "--local=/home/",
             "--host-record=good.plant.test,10.1.1.1,2001:db8::1",
             "--host-record=good,10.1.1.8",
             "--cname=alias.plant.test,good.plant.test",
             "--ptr-record=9.1.1.10.in-addr.arpa,good.plant.test",
             "--ptr-record=7.1.1.10.in-addr.arpa,nowhere.test"]
    words += [f"--address=/many.test/10.2.0.{i}" for i in range(1, 40)]
    words[0] = find_program("dnsmasq")
    ok(words[0], "dnsmasq is here")
    with program(*words), Lookup(servers=["127.0.0.2"],
                                 search="search plant.test home\n") as lookup:
        ok(wait_for(lambda: takes_connections("127.0.0.2", 53)), "it serves")
        asker = lookup.asker()
        for name, source, want in (
                ("good.plant.test", "10.1.1.1", YES),
                ("GOOD.Plant.test.", "10.1.1.1", YES),
                ("good.plant.test", "::ffff:10.1.1.1", YES),
                ("good.plant.test", "2001:db8::1", YES),
                ("alias.plant.test", "10.1.1.1", YES),
                ("many.test", "10.2.0.39", YES),
                ("many.test", "10.2.0.40", NO),
                ("good.plant.test", "10.1.1.2", NO),
                ("good.plant.test", "2001:db8::2", NO),
                ("missing.plant.test", "10.1.1.1", NO),
                ("good", "10.1.1.8", YES),
                ("good", "10.1.1.1", NO),
                ("a..b", "10.1.1.1", UNKNOWN),
                ("not a name", "10.1.1.1", UNKNOWN),
                ("x" * 64 + ".test", "10.1.1.1", UNKNOWN)):
            is_(asker.host(name, source), want, f"{name[:20]} {source}")
        for source, want in (
                ("10.1.1.1", ["good.plant.test"]),
                ("::ffff:10.1.1.1", ["good.plant.test"]),
                ("2001:db8::1", ["good.plant.test"]),
                ("10.1.1.9", []),
                ("10.1.1.7", []),
                ("10.1.1.3", [])):
            is_(asker.names(source), want, f"names of {source}")
        is_(lookup.said(), "", "nothing to complain about")


def hosts_file():
    """The hosts file comes first, as nsswitch.conf's "files dns" has it."""
    text = b"""# remark
127.0.0.1 localhost
10.3.0.1\tpin.test   Second.test # 10.9.9.9 other.test
10.3.0.2 pin.test\r
fe80::1%lo scoped.test
2001:db8::5 pin6.test
10.3.0.9 bad_\xff\x1bname good-one.test
::ffff:10.3.0.4 mapped.test
nonsense words here
10.3.0.5"""
    with Dns() as dns, Lookup(hosts=text) as lookup:
        dns.rules["pin.test"] = answers(A, "10.3.0.7")
        dns.rules["pin6.test"] = answers(A, "10.3.0.8")
        dns.rules["mapped.test"] = silent
        dns.rules[reverse("10.3.0.7")] = answers(PTR, "pin.test")
        asker = lookup.asker()
        is_(asker.host("localhost", "127.0.0.1"), YES, "localhost")
        is_(asker.host("PIN.test", "10.3.0.1"), YES, "the first address")
        is_(asker.host("pin.test", "10.3.0.2"), YES, "the second")
        is_(asker.host("pin.test", "10.3.0.7"), NO, "not that of DNS")
        is_(asker.host("pin6.test", "10.3.0.8"), YES,
            "DNS for the other family")
        is_(asker.host("mapped.test", "10.3.0.4"), YES, "mapped is IPv4")
        is_(asker.host("other.test", "10.9.9.9"), NO, "remarks say nothing")
        is_(asker.names("10.3.0.1"), ["pin.test", "second.test"],
            "names in the file's order")
        is_(asker.names("10.3.0.9"), ["good-one.test"], "host names only")
        is_(asker.names("10.3.0.7"), [], "a PTR to a pinned name is a lie")
        is_(dns.count("pin.test"), 0, "DNS was not asked about pinned names")
    for what, big in (("no file", b""), ("zeros", b"\0" * 65536),
                      ("1 MB of one line", b"10.3.0.1 " + b"a " * (1 << 20)),
                      ("2 MB", b"10.3.0.1 pin.test\n" * 120000),
                      ("words of 1 MB", b"1" * (1 << 20))):
        with Dns(), Lookup(hosts=big) as lookup:
            check_memory(lookup, what)
            ok(lookup.asker().host("none.test", "10.3.0.1") == NO,
               f"works: {what}")


# --- hostile DNS -----------------------------------------------------------------

def hostile_answers():
    """Nothing a DNS server says does harm, and nothing wrong is believed."""
    with Dns() as dns, Lookup() as lookup:
        dns.rules["good.test"] = answers(A, "10.4.0.5")
        asker = lookup.asker()
        for name, rule, want in HOSTILE:
            dns.rules[name + ".test"] = rule
            got = asker.host(name + ".test", "10.4.0.1")
            if want is None:
                ok(got != YES, f"{name}: not believed", got=got)
            else:
                is_(got, want, f"{name}: {want}")
            ok(dns.count(name + ".test") > 0, f"{name} was asked for")
        is_(asker.host("good.test", "10.4.0.5"), YES, "still right")
        check_memory(lookup)


def no_tcp():
    """A truncated answer from a server without TCP is no answer."""
    with Dns(has_tcp=False) as dns, Lookup() as lookup:
        dns.rules["big.test"] = lambda q: q.reply(flags=0x8380)
        is_(lookup.asker().host("big.test", "10.4.0.1"), UNKNOWN, "UNKNOWN")


def hostile_names():
    """PTR records: others' names, a thousand, and what is no name."""
    hostile = (b"\x04a\nb\x1b\x04test\0", b"\x03a b\x04test\0",
               b"\x05a.b.c\x04test\0", b"\x04\0\0\0\0\x04test\0",
               b"\x02\xc3\xa9\x04test\0", b"\0")
    with Dns() as dns, Lookup() as lookup:
        asker = lookup.asker()
        dns.rules["theirs.test"] = answers(A, "10.5.0.99")
        dns.rules["down.test"] = lambda q: q.reply(rcode=2)

        sources = [f"10.5.{i}.1" for i in range(1, 100)]

        def names(*values):
            """What is answered to a source with these PTR records; the good
            names end in # and resolve to it."""
            source = sources.pop()
            end = "x" + source.split(".")[2]
            for name in ("mine.test", "mine2.test", "_x-1.test"):
                dns.rules[name + end] = answers(A, source)
            dns.rules[reverse(source)] = answers(PTR, *[
                value.replace("#", end) if isinstance(value, str) else value
                for value in values])
            got = asker.all_names(source)
            return got and [name.replace(".test" + end, "") for name in got]

        is_(names("mine.test#", "mine2.test#"), ["mine", "mine2"], "two names")
        is_(names("MINE.Test#"), ["mine"], "in lower case")
        is_(names("theirs.test", "mine.test#"), ["mine", "+"],
            "another's name is left out, and that is said")
        is_(names(*["mine.test#"] * 20, "mine2.test#"), ["mine", "mine2"],
            "one name twenty times is one")
        is_(names("theirs.test"), ["+"], "and nothing else is no name")
        is_(names("_x-1.test#"), ["_x-1"], "underscores and hyphens")
        is_(names(*hostile, "mine.test#"), ["mine", "+"],
            "no names are left out")
        is_(names(*hostile), ["+"], "nothing but them")
        is_(names(), [], "none at all is not incomplete")
        is_(names("down.test", "mine.test#"), ["mine", "+"],
            "one that cannot be confirmed is left out")
        is_(names("down.test"), None, "alone it is UNKNOWN")
        is_(names("down.test", "theirs.test"), None, "beside a lie too")
        is_(names(*[f"m{i}.test" for i in range(1000)]), ["+"],
            "1,000 names that do not exist")
        ok(len([q for q in dns.asked if q.startswith("m")
                and q[1].isdigit()]) <= 8, "at most 8 were asked for")
        dns.rules[reverse("10.5.200.1")] = lambda q: q.reply(
            [record(q.name, CNAME, 60, wire("1.0/26." + q.name)),
             record("1.0/26." + q.name, PTR, 60, wire("mine.testx"))])
        dns.rules["mine.testx"] = answers(A, "10.5.200.1")
        is_(asker.all_names("10.5.200.1"), ["mine.testx"],
            "a delegated part of a zone (RFC 2317)")
        dns.rules[reverse("10.5.201.1")] = silent
        is_(asker.names("10.5.201.1", timeout_ms=300), None, "silence")
        long = ["y" * 60 + f".{'z' * 60}.{'w' * 60}.l{i}" for i in range(8)]
        for name in long:
            dns.rules[name] = answers(A, "10.5.202.1")
        dns.rules[reverse("10.5.202.1")] = answers(PTR, *long)
        *got, last = asker.all_names("10.5.202.1")
        ok(0 < len(got) < 8 and set(got) <= set(long) and last == "+",
           "as many as fit, and each whole", got=got)
        check_memory(lookup)


def guesses():
    """Ids and ports are not to be guessed."""
    with Dns() as dns, Lookup() as lookup:
        asker = lookup.asker()
        for i in range(64):
            asker.host(f"n{i}.test", "10.4.0.1")
        ids = [number for number, _port in dns.seen]
        within(len(set(ids)), 56, 64, "ids differ", ids=ids)
        ok(sum(abs(a - b) < 16 for a, b in zip(ids, ids[1:])) < 8,
           "and do not count", ids=ids)
        within(len({port for _id, port in dns.seen}), 32, 64, "ports differ")
        del dns.seen[:]
        for i in range(64):
            asker.send(HOST, "10.4.0.1", f"m{i}.test")
        is_({asker.receive().result for _ in range(64)}, {NO}, "64 at once")
        within(len({port for _id, port in dns.seen}), 2, 64,
               "come from several ports")


# --- cache and bounds --------------------------------------------------------------

def cache():
    """Answers are kept, whatever the server says about their life."""
    with Dns() as dns, Lookup() as lookup:
        asker = lookup.asker()
        for name, ttl in (("zero", 0), ("high", 1 << 31), ("max", (1 << 32) - 1),
                          ("day", 86400)):
            dns.rules[name + ".test"] = answers(A, "10.6.0.1", ttl=ttl)
            for source, want in (("10.6.0.1", YES), ("10.6.0.2", NO),
                                 ("10.6.0.1", YES)):
                is_(asker.host(name + ".test", source), want, f"TTL {ttl}")
            is_(dns.count(name + ".test"), 1, f"TTL {ttl}: one query")
        for _ in range(3):
            is_(asker.host("none.test", "10.6.0.1"), NO, "no such name")
        is_(dns.count("none.test"), 1, "that is kept too")
        dns.rules["down.test"] = lambda q: q.reply(rcode=2)
        is_(asker.host("down.test", "10.6.0.1"), UNKNOWN, "a failure")
        asked = dns.count("down.test")
        is_(asker.host("down.test", "10.6.0.1"), UNKNOWN, "stays one")
        is_(dns.count("down.test"), asked, "is kept")
        dns.rules["down.test"] = answers(A, "10.6.0.1")
        eventually(lambda: asker.host("down.test", "10.6.0.1") == YES,
                   "for a moment", seconds=10)
        dns.rules["mute.test"] = silent
        is_(asker.host("mute.test", "10.6.0.1"), UNKNOWN, "silence")
        asked = dns.count("mute.test")
        is_(asker.host("mute.test", "10.6.0.1", timeout_ms=1), UNKNOWN,
            "is known at once")
        is_(dns.count("mute.test"), asked, "and nobody is asked again")

        release = threading.Event()
        made = answers(A, "10.6.0.1")

        def late(q):
            release.wait(20)
            return made(q)
        dns.rules["same.test"] = late
        for _ in range(100):
            asker.send(HOST, "10.6.0.1", "same.test")
        eventually(lambda: dns.count("same.test"), "the query has come")
        release.set()
        is_({asker.receive().result for _ in range(100)}, {YES},
            "100 answers")
        within(dns.count("same.test"), 1, 2, "for one query, or its repeat")


def many_answers():
    """More names than the cache holds; memory stays where it is."""
    big = [f"10.{i >> 8}.{i & 255}.7" for i in range(200)]
    with Dns() as dns, Lookup() as lookup:
        asker = lookup.asker()

        class Every(dict):
            def get(self, name, default=None):
                return answers(A, *(big if name.startswith("b") else
                                    big[:1]))
        dns.rules = Every()
        # 200 addresses do not fit a datagram: c-ares asks again by TCP.
        for first in range(0, 9000, 200):
            for i in range(first, first + 200):
                asker.send(HOST, big[0], f"{'b' if i % 4 else 's'}{i}.test")
            results = [asker.receive() for _ in range(200)]
            if any(one is None or one.result != YES for one in results):
                ok(False, "all are found", results=results)
                return
        ok(True, "9,000 names were found")
        check_memory(lookup)
        before = len(dns.asked)
        is_(asker.host("b8999.test", big[0]), YES, "the newest")
        is_(len(dns.asked), before, "is still known")
        is_(asker.host("s0.test", big[0]), YES, "the oldest")
        is_(len(dns.asked), before + 1, "had to go")


class Mostly(dict):
    """Rules, and silence about every name that begins with "quiet"."""

    def get(self, name, default=None):
        return silent if name.startswith("quiet") else \
            dict.get(self, name, default)


@contextlib.contextmanager
def silent_dns():
    """A server that often says nothing, four that never do, and who asks
    them: c-ares gives up after 15 seconds."""
    others = [f"127.0.0.{i}" for i in range(54, 58)]
    with contextlib.ExitStack() as stack:
        for other in others:
            stack.enter_context(socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM)).bind((other, 53))
        dns = stack.enter_context(Dns())
        dns.rules = Mostly()
        dns.rules["good.test"] = answers(A, "10.7.0.1")
        dns.rules["new.test"] = answers(A, "10.7.0.1")
        yield dns, stack.enter_context(Lookup(servers=["127.0.0.53"] + others))


def abandoned():
    """Questions that nobody waits for any more leave queries behind: 2,048,
    and no more."""
    with silent_dns() as (dns, lookup):
        asker = lookup.asker()
        is_(asker.host("good.test", "10.7.0.1"), YES, "known")
        for turn in range(9):
            for i in range(256):
                asker.send(HOST, "10.7.0.1", f"quiet{turn}-{i}.test",
                           timeout_ms=20)
            results = {asker.receive().result for _ in range(256)}
            is_(results, {UNKNOWN}, f"turn {turn}: UNKNOWN")
        is_(asker.host("new.test", "10.7.0.1"), UNKNOWN, "there is no room")
        is_(dns.count("new.test"), 0, "so nobody was asked")
        is_(asker.host("good.test", "10.7.0.1"), YES, "what is known is said")
        check_memory(lookup)
        eventually(lambda: asker.host("new.test", "10.7.0.1") == YES,
                   "there is room again", seconds=60)


def silence():
    """Many questions to a silent server; everybody else is served."""
    with silent_dns() as (dns, lookup):
        askers = [lookup.asker() for _ in range(5)]
        is_(askers[4].host("good.test", "10.7.0.1"), YES, "known")
        for number, asker in enumerate(askers[:3]):
            for i in range(256):
                asker.send(HOST, "10.7.0.1", f"quiet{number}-{i}.test",
                           timeout_ms=8000)
        eventually(lambda: dns.count("quiet2-255.test"), "all are asked")
        is_(askers[4].host("good.test", "10.7.0.1"), YES, "from the cache")
        is_(askers[4].host("new.test", "10.7.0.1"), YES, "from the server")
        is_([a.receive(0) for a in askers[:3]], [None] * 3,
            "while nobody else has an answer")

        # Beyond the bounds: at once.
        askers[0].send(HOST, "10.7.0.1", "quiet.test")
        got = askers[0].receive()
        is_((got.id, got.result), (1, UNKNOWN),
            "257 of one asker: its oldest gives way")
        eventually(lambda: dns.count("quiet.test"), "to the newest")
        for i in range(256):
            askers[3].send(HOST, "10.7.0.1", f"quiet3-{i}.test",
                           timeout_ms=8000)
        eventually(lambda: dns.count("quiet3-255.test"), "all are asked")
        got = askers[4].ask(HOST, "10.7.0.1", "good.test")
        is_(got.result, UNKNOWN, "1,025 in all")
        askers[3].close()
        ok(wait_for(lambda: askers[4].host("good.test", "10.7.0.1") == YES),
           "an asker that leaves takes its questions along")
        results = [a.receive().result for a in askers[:3] for _ in range(256)]
        is_(set(results), {UNKNOWN}, "silence is UNKNOWN in the end")
        is_(len(results), 768, "for everyone")
        check_memory(lookup)


def crowd():
    """One source that asks too much loses its own questions."""
    with silent_dns() as (dns, lookup):
        asker = lookup.asker()
        good = asker.send(HOST, "10.7.0.1", "quiet-good.test")
        for i in range(300):
            asker.send(HOST, "10.7.9.9", f"quiet{i % 8}.test")
        late = asker.send(HOST, "10.7.0.2", "quiet-late.test")
        gone = [asker.receive().id for _ in range(46)]
        is_(gone, list(range(good + 1, good + 47)), "its oldest gave way")
        eventually(lambda: dns.count("quiet-late.test"), "the others' are open")
        is_(asker.receive(0.2), None, "and nobody else's", late=late)


def deadlines():
    """A question's own time counts, and what was found in it."""
    with Dns() as dns, Lookup() as lookup:
        asker = lookup.asker()
        dns.rules["quiet.test"] = silent
        dns.rules["mine.test"] = answers(A, "10.8.0.1")
        dns.rules[reverse("10.8.0.1")] = answers(PTR, "quiet.test",
                                                 "mine.test")
        long = asker.send(HOST, "10.8.0.1", "quiet.test", timeout_ms=60000)
        short = asker.send(HOST, "10.8.0.1", "quiet.test", timeout_ms=50)
        names = asker.send(NAMES, "10.8.0.1", timeout_ms=400)
        got = {one.id: one for one in (asker.receive() for _ in range(3))}
        is_(list(got), [short, names, long], "in the order of their deadlines")
        is_(got[short].result, UNKNOWN, "the short one")
        is_((got[names].result, got[names].text, got[names].is_incomplete),
            (YES, "mine.test", 1), "the name that was confirmed in time")
        is_(got[long].result, UNKNOWN, "the long one")


def askers_():
    """Dispatchers come, go, break rules, do not read, and are too many."""
    with Dns() as dns, Lookup() as lookup:
        dns.rules["good.test"] = answers(A, "10.9.0.1")
        first = lookup.asker()
        is_(first.host("good.test", "10.9.0.1"), YES, "an answer")
        for what, data in (("a short message", b"x"),
                           ("an answer", bytes(672)),
                           ("a long message", bytes(2000))):
            bad = lookup.asker()
            bad.channel.send(data)
            ok(bad.is_closed(), f"{what} ends its sender")
        bad = lookup.asker()
        socket.send_fds(bad.channel, [bytes(336)], [0])
        ok(bad.is_closed(), "so does a descriptor")
        bad = lookup.asker()
        bad.send(HOST, "10.9.0.1", "a\nb")
        ok(bad.is_closed(), "and text that is not printable")

        deaf = lookup.asker()
        deaf.channel.settimeout(0)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 100000:
                deaf.send(HOST, "10.9.0.1", "good.test")
                sent += 1
        within(sent, 1, 99999, "who does not read is not read from")
        is_(first.host("good.test", "10.9.0.1"), YES, "others are served")
        deaf.channel.settimeout(None)
        is_({deaf.receive().result for _ in range(sent)}, {YES},
            "and it gets its answers in the end")

        before = lookup.files()
        more = [lookup.asker() for _ in range(62)]
        is_([a.host("good.test", "10.9.0.1") for a in more], [YES] * 62,
            "64 askers")
        ok(lookup.asker().is_closed(), "one more is closed")
        is_(first.host("good.test", "10.9.0.1"), YES, "the others stay")
        for one in more:
            one.close()
        eventually(lambda: lookup.files() == before, "they can leave")
        is_(lookup.asker().host("good.test", "10.9.0.1"), YES,
            "and others come")
    is_(lookup.status, 0, "the end is clean")
    with Lookup() as lookup:
        lookup.control.send(b"rubbish!" * 2)
        ok(wait_for(lookup.has_ended), "a parent that breaks rules ends it")
        is_(lookup.status, 3, "with an error")


if __name__ == "__main__":
    note("sallyport-lookup alone")
    lib.main([confined, real_dns, hosts_file, hostile_answers, no_tcp,
              hostile_names, guesses, cache, many_answers, abandoned, silence,
              crowd, deadlines, askers_])
