#!/usr/bin/env python3
"""Hostile ident and DNS servers against the whole daemon.

Nothing they say forges a record or lets anybody in, and nobody else waits.
"""

import collections
import contextlib
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from hostile_dns import HOSTILE, silent
from lib import (DIR, DevLog, ask, eventually, field, find_program, is_, note,
                 ok, service, wait_for)
from lookup import (A, NO, PTR, YES, Dns, Identd, address, answers, program,
                    record, reverse, takes_connections, wire)
from stress import Bystander, ticks

OTHER, WHO, NEVER, IDONLY, SYSLOG = 7500, 7501, 7502, 7503, 7504
LOG = f"{DIR}/ident.log"
FORGED = "26/11/26@08:00:00: START: who pid=1 from=10.9.9.9"
OVER = threading.Event()        # ends what is silent


def other():
    return service("other", OTHER, lib.server("echo-server"))


def together(calls):
    """All at once; their answers in order."""
    calls = list(calls)
    with ThreadPoolExecutor(max(len(calls), 1)) as pool:
        return list(pool.map(lambda call: call(), calls))


# --- ident -----------------------------------------------------------------------

def says(text):
    """A well-formed answer about the right ports, then whatever."""
    return lambda connection, request: connection.sendall(
        request.strip() + b" : USERID : UNIX : " + text)


def megabyte(connection, request):
    says(b"x" * (1 << 20))(connection, request)


def holds(_connection, _request):
    OVER.wait(60)


def dribbles(connection, _request):
    while not OVER.wait(0.1):
        connection.sendall(b"1")


def closes(_connection, _request):
    pass


HOSTILE_IDENTS = (
    # name, talk, is there a user
    ("newline", says(b"joe\r\n" + FORGED.encode() + b"\r\n"), True),
    ("return", says(b"joe\r" + FORGED.encode() + b"\r\n"), True),
    ("escape", says(b"joe\x1b[2K\x1b[1A\r" + FORGED.encode() + b"\n"), True),
    ("eight bits", says(b"joe\x9b2K\xe2\x80\xa8" + FORGED.encode() + b"\n"),
     True),
    ("quotes", says(b'joe","source":{"ip":"10.9.9.9"},"x":"\\\r\n'), True),
    ("syslog", says(b"joe\n<13>Nov 26 08:00:00 xinetd[1]: START\n"), True),
    ("percent", says(b"%s%n%p%s\r\n"), True),
    ("nul", says(b"joe\0" + FORGED.encode() + b"\r\n"), False),
    ("megabyte", megabyte, False),
    ("silence", holds, False),
    ("dribble", dribbles, False),
    ("close", closes, False),
)
HONEST = "127.6.1.1"


def ident_services():
    logged = {"log_type": f"FILE {LOG}", "log_on_success": "HOST PID USERID",
              "log_on_failure": "HOST USERID"}
    echo = lib.server("echo-server")
    return (other() + service("who", WHO, echo, **logged) +
            service("never", NEVER, echo, only_from="192.0.2.1", **logged) +
            service("idonly", IDONLY, echo, **{**logged,
                                               "flags": "IPv4 IDONLY"}) +
            service("sys", SYSLOG, echo, **{**logged,
                                            "log_type": "SYSLOG local3"}))


LINE = re.compile(r"\d\d/\d\d?/\d\d?@\d\d:\d\d:\d\d: "
                  r"(START: (who|idonly) pid=\d+ from=127\.6\.\d\.\d+|"
                  r"FAIL: never address from=127\.6\.\d\.\d+|"
                  r"FAIL: idonly ident from=127\.6\.\d\.\d+|"
                  r"USERID: (who|never|idonly) UNIX : [ -~]+|"
                  r"NOID: (who|never|idonly) 127\.6\.\d\.\d+ [ -~]+)")
SYSLOG_LINE = re.compile(
    r"<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d (\S+ )?xinetd\[\d+\]: "
    r"(START: sys pid=\d+ from=127\.6\.\d\.\d+|"
    r"USERID: sys UNIX : [ -~]+|NOID: sys 127\.6\.\d\.\d+ [ -~]+)\n?")


def log_lines():
    try:
        with open(LOG, encoding="latin-1", newline="\n") as file:
            return file.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def judge_words(lines, want):
    found = collections.Counter(
        " ".join(re.search(r"\b([A-Z]{4,}): (\w+)", line).groups())
        for line in lines)
    return found == want


def idents_wanted(users, all_, idonly):
    """How often each line must stand in the log."""
    return collections.Counter({
        "START who": all_, "USERID who": users, "NOID who": all_ - users,
        "FAIL never": all_, "USERID never": users, "NOID never": all_ - users,
        "START idonly": idonly, "USERID idonly": idonly,
        "FAIL idonly": all_ - idonly, "NOID idonly": all_ - idonly})


def honest_client(port, count):
    return sum(ask(port, source=HONEST, send=b"%d" % n, finish=True,
                   timeout=20 * lib.SLOW)[0] == b"%d" % n
               for n in range(count))


def hostile_idents():
    """Each of them at once with every service, and an honest one beside."""
    with contextlib.ExitStack() as stack, DevLog() as devlog:
        sources = {}
        for number, (name, talk, _) in enumerate(HOSTILE_IDENTS, 1):
            sources[name] = f"127.6.0.{number}"
            stack.enter_context(Identd(sources[name], talk))
        stack.enter_context(Identd(HONEST, says(b"honest\r\n")))
        gate = stack.enter_context(lib.Gate(ident_services()))
        bystander = stack.enter_context(Bystander(OTHER))

        def visit(port, name):
            return lambda: ask(port, source=sources[name], send=b"sally",
                               finish=True, timeout=20 * lib.SLOW)[0]
        ports = (WHO, NEVER, IDONLY, SYSLOG)
        with ThreadPoolExecutor(1) as honest:
            served = honest.submit(lambda: [honest_client(port, 20)
                                            for port in (WHO, IDONLY)])
            got = together(visit(port, name) for port in ports
                           for name in sources)
            is_(served.result(), [20, 20], "honest clients of the same "
                "services are served meanwhile")
        bystander.judge("hostile ident servers")
        size = len(sources)
        users = [is_user for _, _, is_user in HOSTILE_IDENTS]
        is_(got[:size], [b"sally"] * size, "USERID delays nobody's service")
        is_(got[size:2 * size], [b""] * size, "the refused are refused")
        is_([answer != b"" for answer in got[2 * size:3 * size]], users,
            "IDONLY lets in whoever was named, and nobody else")
        is_(got[3 * size:], [b"sally"] * size, "the same with syslog")
        want = idents_wanted(sum(users), size, sum(users)) + \
            collections.Counter({"START who": 20, "USERID who": 20,
                                 "START idonly": 20, "USERID idonly": 20})
        eventually(lambda: judge_words(log_lines(), want), "the log file has "
                   "one line for each event, and no other", 20,
                   lines="\n".join(log_lines()), want=want)
        OVER.set()
        gate.settle()
        judge_texts(gate, devlog, size)
        is_(gate.records("helper-died"), [], "nobody fell")
        is_(gate.records("privsep-violation"), [], "or broke a rule")


def judge_texts(gate, devlog, size):
    """No line that an ident server has written."""
    bad = [line for line in log_lines() if not LINE.fullmatch(line)]
    is_(bad, [], "no line of the log file is forged")
    ours = devlog.find(": (START|USERID|NOID|FAIL): sys")
    is_(len(ours), 2 * size, "two lines a connection in syslog")
    is_([line for line in devlog.lines if "10.9.9.9" in line and
         "USERID: sys UNIX : joe" not in line], [], "none about a stranger")
    is_([line for line in ours if not SYSLOG_LINE.fullmatch(line)], [],
        "and none is forged")
    records = gate.audit()
    is_(gate.torn, [], "every line of the audit is a record")
    is_([r for r in records if field(r, "source.ip") == "10.9.9.9"], [],
        "none of them about a stranger")
    missing, _, wrong = lib.check_books(records)
    is_((missing, wrong), ([], []), "and the numbers are whole")


def crowds_of_silence():
    """More silent ident servers than there are places for answers."""
    OVER.clear()
    with contextlib.ExitStack() as stack:
        for number in range(1, 5):
            stack.enter_context(Identd(f"127.6.0.{number}", holds))
        stack.enter_context(Identd(HONEST, says(b"honest\r\n")))
        gate = stack.enter_context(lib.Gate(ident_services()))
        bystander = stack.enter_context(Bystander(OTHER))
        is_over = threading.Event()

        def press(number):
            count = 0
            while not is_over.is_set():
                port = (WHO, NEVER, IDONLY)[count % 3]
                with contextlib.suppress(OSError):
                    sock = lib.dial(port, source=f"127.6.0.{number % 4 + 1}")
                    stack.callback(sock.close)
                    count += 1
                time.sleep(0.01)
            return count
        with ThreadPoolExecutor(8) as pool, ticks(gate, "silent idents"):
            presses = [pool.submit(press, n) for n in range(8)]
            eventually(lambda: len(gate.records(
                "connection-denied", "idonly")) > 100, "more than there are "
                "places for are turned away", 30 * lib.SLOW)
            served = honest_client(WHO, 30), honest_client(IDONLY, 30)
            is_over.set()
            pressed = sum(one.result() for one in presses)
        is_(served, (30, 30), "honest clients are served, of the same "
            "services too")
        bystander.judge("crowds of silent ident servers")
        note(f"{pressed} connections of clients whose ident server is silent")
        OVER.set()


# --- DNS -------------------------------------------------------------------------

def resolv_conf(*servers):
    lib.write("/etc/resolv.conf", "".join(f"nameserver {s}\n"
                                          for s in servers))


def names_services(first, **lists):
    """A service for each value of an attribute, on ports from `first` on."""
    return "".join(service(f"{attribute}{n}", first + n,
                           lib.server("echo-server"), **{attribute: value})
                   for attribute, values in lists.items()
                   for n, value in enumerate(values))


def is_served(port, source):
    return ask(port, source=source, send=b"x", finish=True,
               timeout=20 * lib.SLOW)[0] == b"x"


def hostile_answers():
    """The table of hostile_dns.py in only_from and in no_access: in only when
    the name is confirmed, and past no_access only when it surely is not."""
    resolv_conf("127.0.0.53")
    lib.ip("addr", "add", "10.4.0.1/32", "dev", "lo")
    names = [f"{name}.test" for name, _, _ in HOSTILE]
    text = (other() + names_services(7600, only_from=names) +
            names_services(7700, no_access=names) +
            service("honest", 7599, lib.server("echo-server"),
                    only_from="honest.test"))
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(Dns())
        gate = stack.enter_context(lib.Gate(text))
        bystander = stack.enter_context(Bystander(OTHER))
        for name, rule, _ in HOSTILE:
            dns.rules[name + ".test"] = rule
        dns.rules["honest.test"] = answers(A, HONEST, ttl=0)
        wanted = [want for _, _, want in HOSTILE]
        with ThreadPoolExecutor(1) as honest:
            served = honest.submit(lambda: sum(is_served(7599, HONEST)
                                               for _ in range(50)))
            got = together((lambda p=first + n: is_served(p, "10.4.0.1"))
                           for first in (7600, 7700)
                           for n in range(len(names)))
            is_(served.result(), 50, "a name that is confirmed is served "
                "meanwhile")
        bystander.judge("hostile DNS answers")
        for name, want, is_in, is_past in zip(
                names, wanted, got, got[len(names):]):
            if want is None:
                is_(is_in, False, f"only_from = {name}: not believed")
            else:
                is_((is_in, is_past), (want == YES, want == NO),
                    f"only_from and no_access = {name}")
        is_(min(dns.count(name) for name in names) > 0, True, "all were asked")
        is_(gate.records("helper-died"), [], "nobody fell")
        is_(gate.records("privsep-violation"), [], "or broke a rule")


def reverse_names():
    """PTR records of sources in a world where .plant.test may enter and
    .evil.test may not. A name that is not confirmed does not enter, and does
    not escape."""
    resolv_conf("127.0.0.53")
    text = (other() +
            names_services(7600, only_from=[".plant.test"]) +
            names_services(7700, no_access=[".evil.test"]))
    table = (
        # source, rule of its PTR, let in by only_from, by no_access
        ("127.7.0.1", answers(PTR, "good.plant.test"), True, True),
        ("127.7.0.2", answers(PTR, "good.plant.test"), False, False),
        ("127.7.0.3", answers(PTR, "bad.evil.test"), False, False),
        ("127.7.0.4", answers(PTR, "bad.evil.test"), False, False),
        ("127.7.0.5", answers(PTR, "gone.plant.test"), False, False),
        ("127.7.0.6", silent, False, False),
        ("127.7.0.7", lambda q: q.reply([record(b"\xc0\x0c", PTR, 60,
                                                b"\xc0\x0c")]), False, None),
        ("127.7.0.8", lambda q: q.reply(flags=0x8380), False, False),
        ("127.7.0.9", answers(PTR, *["good.plant.test"] * 20), False, False),
        ("127.7.0.10", answers(PTR, b"\x04good\x05pl\nnt\x04test\0"), False,
         None),
        ("127.7.0.11", lambda q: q.reply(
            [record(q.name, PTR, 60, wire("good.plant.test")),
             record("good.plant.test", A, 60, address("127.7.0.11"))]),
         False, False),
        ("127.7.0.12", lambda q: q.reply(rcode=3), False, True),
        ("127.7.0.13", lambda q: q.reply(
            [record(q.name, PTR, 60, wire("good.plant.test"))],
            number=q.id ^ 1), False, False),
        ("127.7.0.14", answers(PTR, "good.plant.test", "good14.plant.test"),
         True, False),
    )
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(Dns())
        gate = stack.enter_context(lib.Gate(text))
        bystander = stack.enter_context(Bystander(OTHER))
        dns.rules["good.plant.test"] = answers(A, "127.7.0.1")
        dns.rules["good14.plant.test"] = answers(A, "127.7.0.14")
        dns.rules["bad.evil.test"] = answers(A, "127.7.0.3")
        for source, rule, _, _ in table:
            dns.rules[reverse(source)] = rule
        got = together((lambda s=row[0], p=port: is_served(p, s))
                       for port in (7600, 7700) for row in table)
        bystander.judge("hostile PTR records")
        for (source, _, is_in, is_past), in_, past in zip(
                table, got, got[len(table):]):
            is_(in_, is_in, f"{source}: only_from = .plant.test")
            if is_past is not None:
                is_(past, is_past, f"{source}: no_access = .evil.test")
        is_(gate.records("helper-died"), [], "nobody fell")


def many_names():
    """More names in hosts.deny than are looked up: the first 64 by what they
    resolve to, the others by the client's own names, and nobody else is
    refused."""
    resolv_conf("127.0.0.53")
    lib.write("/etc/hosts.deny", "".join(f"ALL: h{n}.bad.test\n"
                                         for n in range(70)), 0o644)
    table = (
        # source, its PTR's rule, the only name that resolves to it, served
        ("127.7.0.1", None, None, True),
        ("127.7.0.2", None, "h63.bad.test", False),
        ("127.7.0.3", answers(PTR, "h69.bad.test"), "h69.bad.test", False),
        ("127.7.0.4", answers(PTR, "good.test"), "good.test", True),
        ("127.7.0.5", answers(PTR, "gone.test"), None, False),
        ("127.7.0.6", silent, None, False),
        ("127.7.0.7", None, "h68.bad.test", True),  # as libwrap
    )
    with contextlib.ExitStack() as stack:
        stack.callback(os.unlink, "/etc/hosts.deny")
        dns = stack.enter_context(Dns())
        for source, rule, name, _ in table:
            if rule is not None:
                dns.rules[reverse(source)] = rule
            if name is not None:
                dns.rules[name] = answers(A, source)
        gate = stack.enter_context(lib.Gate(other()))
        for source, _, _, want in table:
            is_(is_served(OTHER, source), want, source)
        said = [field(r, "error.message") for r in gate.wait_records(
            1, "config-warning") if "host names only" in str(r)]
        is_(len(said), 1, "it is said, once", said=said)
        ok("/etc/hosts.deny:65" in said[0] and " 70 host names" in said[0],
           "with file, line and number", said=said)


def silent_zones():
    """A crowd whose reverse zone is silent, and one honest client."""
    resolv_conf("127.0.0.53")
    text = other() + names_services(7600, only_from=[".plant.test"] * 2)
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(Dns())
        gate = stack.enter_context(lib.Gate(text))
        bystander = stack.enter_context(Bystander(OTHER))
        dns.rules["good.plant.test"] = answers(A, HONEST, ttl=0)
        dns.rules[reverse(HONEST)] = answers(PTR, "good.plant.test", ttl=0)
        for number in range(1, 251):
            dns.rules[reverse(f"127.7.1.{number}")] = silent
        with ticks(gate, "silent reverse zones"):
            crowd = [stack.enter_context(lib.dial(
                7600, source=f"127.7.1.{n % 250 + 1}")) for n in range(300)]
            served = [sum(is_served(port, HONEST) for _ in range(20))
                      for port in (7600, 7601)]
        is_(served, [20, 20], "an honest client is served, of the same "
            "service too")
        is_({lib.read_all(s) for s in crowd}, {(b"", "eof")},
            "the crowd is refused")
        bystander.judge("silent reverse zones")
        is_(len(gate.wait_records(300, "connection-denied", "only_from0")),
            300, "each with its record")
        is_([r for r in gate.records("connection-denied")
             if field(r, "source.ip") == HONEST], [], "and nobody else")


def honest_dns():
    """dnsmasq: forward and reverse, in only_from and no_access."""
    path = find_program("dnsmasq")
    if not ok(path, "dnsmasq is installed"):
        return
    resolv_conf("127.0.0.2")
    words = [path, "--keep-in-foreground", "--conf-file=/dev/null",
             "--no-resolv", "--no-hosts", "--bind-interfaces", "--user=root",
             "--pid-file=", "--listen-address=127.0.0.2", "--local=/test/",
             "--local=/arpa/", "--host-record=good.plant.test,127.7.0.1",
             "--host-record=bad.evil.test,127.7.0.3",
             "--ptr-record=2.0.7.127.in-addr.arpa,good.plant.test"]
    lists = ["good.plant.test", ".plant.test"]
    text = (names_services(7600, only_from=lists) +
            names_services(7700, no_access=["bad.evil.test", ".evil.test"]))
    with program(*words), lib.Gate(text) as gate:
        ok(wait_for(lambda: takes_connections("127.0.0.2", 53)), "it serves")
        for source, is_in, *is_past in (
                ("127.7.0.1", True, True, True),
                ("127.7.0.2", False, True, False),  # a PTR alone
                ("127.7.0.3", False, False, False),
                ("127.7.0.4", False, True, True)):
            is_([is_served(port, source) for port in (7600, 7601, 7700,
                                                      7701)],
                [is_in, is_in, *is_past], f"{source}: a name and a suffix, in "
                "only_from and in no_access")
        is_(len(gate.wait_records(9, "connection-denied")), 9,
            "each refusal has its record")


if __name__ == "__main__":
    lib.main([hostile_idents, crowds_of_silence, hostile_answers,
              reverse_names, many_names, silent_zones, honest_dns])
