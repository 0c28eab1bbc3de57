#!/usr/bin/env python3
"""Who gets in: lists, times, limits, and faults that must not open a door."""

import contextlib
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import (DIR, Flood, ask, dial, echo, eventually, field, is_, like,
                 note, ok, serves, service, unlike, within)

FLOOD = int(os.environ.get("REFUSALS", "100000"))


def echo_service(name, port, **more):
    return service(name, port, lib.server("echo-server"), **more)


def is_open(port, **where):
    """Is anything listening there at all?"""
    return ask(port, finish=True, **where)[1] != "refused"


# Lists: service attributes, who is served, who is not.

LISTS = [
    ("no-list", {}, ["127.0.0.1", "127.9.9.9"], []),
    ("only", {"only_from": "127.0.0.1"}, ["127.0.0.1"], ["127.0.0.2"]),
    ("only-empty", {"only_from": ""}, [], ["127.0.0.1"]),
    ("never", {"no_access": "127.0.0.2"}, ["127.0.0.1"], ["127.0.0.2"]),
    ("both", {"only_from": "127.0.0.0/24", "no_access": "127.0.0.2"},
     ["127.0.0.1", "127.0.0.3"], ["127.0.0.2", "127.1.0.1"]),
    # An address on both lists is denied, however long the prefixes are.
    ("overlap", {"only_from": "127.0.0.2", "no_access": "127.0.0.0/8"},
     [], ["127.0.0.1", "127.0.0.2"]),
    ("zeros", {"only_from": "127.5.0.0"}, ["127.5.0.1", "127.5.9.9"],
     ["127.4.0.1"]),
    ("cidr", {"only_from": "127.16.0.0/12"}, ["127.16.0.1", "127.31.255.1"],
     ["127.15.0.1", "127.32.0.1"]),
    ("cidr-host-bits", {"only_from": "127.0.0.77/24"}, ["127.0.0.1"],
     ["127.0.1.1"]),
    ("factors", {"only_from": "127.0.0.{4,6}"}, ["127.0.0.4", "127.0.0.6"],
     ["127.0.0.5"]),
    ("factor-net", {"only_from": "127.0.{7}"}, ["127.0.7.1"], ["127.0.0.7"]),
    ("all", {"only_from": "0.0.0.0/0"}, ["127.0.0.1"], []),
    ("all-word", {"no_access": "ALL"}, [], ["127.0.0.1"]),
    ("host-bits-31", {"only_from": "127.0.0.2/31"},
     ["127.0.0.2", "127.0.0.3"], ["127.0.0.1", "127.0.0.4"]),
    ("v6-covers-v4", {"only_from": "::/0"}, ["127.0.0.1"], []),
    ("mapped", {"only_from": "::ffff:127.0.0.8"}, ["127.0.0.8"],
     ["127.0.0.1"]),
    ("v6-only", {"only_from": "fd00::/8"}, [], ["127.0.0.1"]),
    ("inherit-add", {"only_from_": "127.0.0.1\n\tonly_from += 127.0.0.4"},
     ["127.0.0.1", "127.0.0.4"], ["127.0.0.2"]),
]
LISTS6 = [
    ("six-exact", {"only_from": "::1"}, True),
    ("six-128", {"only_from": "::1/128"}, True),
    ("six-127", {"only_from": "::/127"}, True),
    ("six-other", {"only_from": "::2"}, False),
    ("six-denied", {"no_access": "::1/128"}, False),
    ("six-v4", {"only_from": "127.0.0.1"}, False),
]


def lists():
    config = "".join(echo_service(name, 6000 + i, **more)
                     for i, (name, more, _, _) in enumerate(LISTS))
    config += "".join(echo_service(name, 6100 + i, flags="IPv6", **more)
                      for i, (name, more, _) in enumerate(LISTS6))
    with lib.Gate(config) as gate:
        for i, (name, _, served, refused) in enumerate(LISTS):
            got = {a: echo(6000 + i, source=a) for a in served + refused}
            is_(got, {**dict.fromkeys(served, True),
                      **dict.fromkeys(refused, False)}, f"list: {name}",
                stderr=gate.stderr())
        for i, (name, _, is_served) in enumerate(LISTS6):
            is_(echo(6100 + i, address="::1"), is_served, f"list: {name}")
        denied = sum(len(row[3]) for row in LISTS) + \
            sum(not row[2] for row in LISTS6)
        records = gate.wait_records(denied, "connection-denied")
        is_(len(records), denied, "each refusal has one record")
        is_({r["event"]["reason"] for r in records}, {"address"},
            "and the reason is address")
        judge_rules(gate, records)


def judge_rules(gate, records):
    """Each names its rule by file and line, and the line has the attribute."""
    with open(gate.path, encoding="ascii") as file:
        lines = file.read().splitlines()
    wrong = []
    for record in records:
        reference = field(record, "rule.reference") or "?:0"
        path, _, line = reference.rpartition(":")
        cause = field(record, "sallyport.cause")
        if path != gate.path or cause not in lines[int(line) - 1]:
            wrong.append((record["service"]["name"], reference, cause))
    is_(wrong, [], "each record names a rule that stands where it says")


# Faults: what is wrong, and what of the message must be there.

FAULTS = [
    ("misspelt", {"only_form": "127.0.0.1"}, "only_form.*only_from"),
    ("bad-word", {"no_access": "127.0.0.2 127.0.0.300"}, "not an address"),
    ("bad-user", {"user": "4294967296"}, "out of range"),
    ("no-user", {"user": "nobody-at-all"}, "nobody-at-all"),
    ("prefix-129", {"only_from": "::1/129"}, "129"),
    ("prefix-33", {"no_access": "10.0.0.0/33"}, "33"),
    ("comma", {"only_from": "127.0.0.1,127.0.0.2"}, "comma"),
    ("count-server", {"server": "/bin/cat /bin/true"}, "server"),
    ("count-instances", {"instances": "1 2"}, "instances"),
    ("count-cps", {"cps": "5"}, "cps"),
    ("bad-times", {"access_times": "8:00"}, "time interval"),
    ("bad-instances", {"instances": "99999999999999999999"}, "instances"),
    ("bad-flag", {"flags": "IPv4 NOSUCHFLAG"}, "NORETRY"),
    ("no-server", {"server": "/nonexistent/server"}, "/nonexistent/server"),
    ("bad-limit", {"rlimit_as": "12Q"}, "K.M.G"),
    ("bad-umask", {"umask": "999"}, "octal"),
    ("bad-bind", {"bind": "not_an_address..", "flags": None},
     "not_an_address"),
    ("no-internal", {"type": "INTERNAL UNLISTED", "server": None},
     "internal"),
    ("redirect-wait", {"redirect": "127.0.0.1 80", "server": None,
                       "wait": "yes"}, "wait"),
    ("raw", {"socket_type": "raw"}, "raw"),
]


def faulty(gate, names, text):
    """Each fault is told with file and line of the service it is in."""
    with open(gate.path, encoding="ascii") as file:
        lines = file.read().splitlines()
    for name, pattern in names:
        begin = lines.index(f"service {name}") + 1
        end = lines.index("}", begin) + 1
        found = [line for line in text.splitlines() if
                 re.search(rf"service {re.escape(name)}: ", line)]
        told = [m for line in found for m in
                [re.search(r"([^\s:]+):(\d+):\d+: error: (.*)", line)] if m]
        ok(any(m.group(1) == gate.path and begin <= int(m.group(2)) <= end and
               re.search(pattern, m.group(3), re.I) for m in told),
           f"{name}: refused with file, line and what is wrong",
           lines=(begin, end), found=found)


def faults():
    """A fault refuses its service; nothing opens wider, others run."""
    ports = {row[0]: 6200 + i for i, row in enumerate(FAULTS)}
    config = echo_service("before", 6290) + "".join(
        echo_service(name, ports[name], **more)
        for name, more, _ in FAULTS) + echo_service("after", 6291)
    with lib.Gate(config) as gate:
        text = "\n".join(field(r, "error.message") or "" for r in
                         gate.wait_records(len(FAULTS), "config-warning"))
        faulty(gate, [(n, p) for n, _, p in FAULTS], text)
        is_([n for n, p in ports.items() if is_open(p)], [],
            "none of their ports is open")
        is_((serves(6290, 20), serves(6291, 20)), (20, 20),
            "the services around them run")
        checked = lib.sallyport("check", "--libexec", lib.LIBEXEC, gate.path)
        is_(checked.returncode, 1, "sallyport check finds faults too")
        said = checked.stdout + checked.stderr
        is_([n for n, _, _ in FAULTS if f"service {n}: " not in said], [],
            "and reports every one of them in one run", said=said)


BAD_LOADS = [
    ("defaults-unknown", "defaults\n{\n\tonly_form = 127.0.0.1\n}\n",
     "only_form"),
    ("defaults-bad", "defaults\n{\n\tno_access = 300.1.1.1\n}\n",
     "not an address"),
    ("includedir-file", "includedir /etc/hostname\n",
     "not a directory"),
    ("include-missing", "include /nonexistent/file\n",
     "no such file"),
    ("unclosed", "defaults\n{\n\tinstances = 5\n", ""),
]


def bad_loads():
    """A fault of the whole: no start, and as a reload no change."""
    for name, text, pattern in BAD_LOADS:
        gate = lib.Gate(echo_service("good", 6300) + text, name=name)
        is_((gate.start(), gate.status), (False, 1), f"{name}: no start, "
            "exit 1", stderr=gate.stderr())
        like(gate.stderr(), rf"{gate.path}:\d+:\d+: .*{re.escape(pattern)}",
             f"{name}: file and line are told")
    with lib.Gate(echo_service("good", 6300)) as gate:
        for name, text, _ in BAD_LOADS:
            is_(gate.reload(echo_service("other", 6301) + text), False,
                f"{name}: refused as a reload")
            ok(echo(6300) and not is_open(6301), f"{name}: nothing has "
               "changed")
        for mode, why in ((0o666, "others"), (0o664, "the group")):
            gate.configure(echo_service("other", 6301))
            os.chmod(gate.path, mode)
            is_(gate.reload(), False, f"a file that {why} can write is "
                "refused")
            lib.wait_for(lambda: "may write to it" in gate.stderr(), 3)
            like([line for line in gate.stderr().splitlines()
                  if "may write" in line][-1], re.escape(gate.path),
                 "and the message names the file")
        os.chown(gate.path, *lib.PLANT)
        os.chmod(gate.path, 0o644)
        is_(gate.reload(), False, "a file of somebody else's is refused")
        ok(echo(6300) and not is_open(6301), "nothing has changed")
        rejected = gate.wait_records(len(BAD_LOADS) + 3, "config-rejected")
        is_(len(rejected), len(BAD_LOADS) + 3, "each has its record")
        os.chown(gate.path, 0, 0)
        is_(gate.reload(), True, "put right, it is loaded")
        ok(echo(6301) and not is_open(6300), "and in force")


def reloads():
    """Standing and new faults, sessions, what comes and what goes."""
    standing = echo_service("crooked", 6400, no_access="127.0.0.300")
    base = standing + echo_service("stays", 6401)
    with lib.Gate(base + echo_service("goes", 6402)) as gate:
        with dial(6401) as kept, dial(6402) as gone:
            for s in (kept, gone):
                s.sendall(b"1")
                is_(s.recv(1), b"1", "a session runs")
            is_(gate.reload(base + echo_service("comes", 6403)), True,
                "a standing fault does not block a good reload")
            is_((echo(6401), is_open(6402), echo(6403), is_open(6400)),
                (True, False, True, False),
                "what stays, goes, comes, and is refused")
            new_fault = echo_service("bent", 6404, only_from="1.2.3.4/33")
            is_(gate.reload(base + echo_service("more", 6405) + new_fault),
                False, "a new fault refuses the reload")
            is_((echo(6401), echo(6403), is_open(6404), is_open(6405)),
                (True, True, False, False), "and nothing has changed")
            rejected = gate.wait_records(1, "config-rejected")
            ok(rejected, "the refusal has its record")
            changed = echo_service("crooked", 6400, no_access="127.0.0.301")
            is_(gate.reload(changed + echo_service("stays", 6401)), False,
                "another value of the fault is a new fault")
            is_(gate.reload(echo_service("crooked", 6400,
                                         no_access="127.0.0.3") +
                            echo_service("stays", 6401)), True,
                "the fault mended")
            ok(echo(6400) and not echo(6400, source="127.0.0.3"),
               "its service runs and its list is in force")
            for s, name in ((kept, "a service that stayed"),
                            (gone, "a service that is gone")):
                s.sendall(b"2")
                is_(s.recv(1), b"2", f"sessions go on through it all: {name}")
        is_(len(gate.records("config-reloaded")), 2, "two reloads took "
            "effect")


def at(minutes):
    """hh:mm of that many minutes from now, in UTC."""
    t = time.gmtime(time.time() + 60 * minutes)
    return f"{t.tm_hour:02}:{t.tm_min:02}"


def times():
    config = (
        echo_service("now", 6500, access_times=f"{at(-60)}-{at(60)}") +
        echo_service("later", 6501, access_times=f"{at(30)}-{at(90)}") +
        echo_service("two", 6502, access_times=f"{at(30)}-{at(90)} "
                     f"{at(-5)}-{at(10)}") +
        echo_service("always", 6503, access_times="00:00-24:00"))
    with lib.Gate(config, env={"TZ": "UTC"}) as gate:
        is_([echo(port) for port in range(6500, 6504)],
            [True, False, True, True], "access_times, midnight or not",
            now=at(0))
        record = (gate.wait_records(1, "connection-denied") or [{}])[0]
        is_((field(record, "event.reason"), field(record, "sallyport.cause"),
             field(record, "service.name")), ("time", "access_times",
                                              "later"), "and its record")


def reasons(gate, name, count=1):
    return [r["event"]["reason"] for r in
            gate.wait_records(count, "connection-denied", name)]


def hold(port, count, source="127.0.0.1"):
    """That many echo sessions, each shown to be served."""
    held = []
    for _ in range(count):
        s = dial(port, source=source)
        s.sendall(b"?")
        if s.recv(1) != b"?":
            raise ConnectionError(f"session {len(held)} is not served")
        held.append(s)
    return held


def counts():
    """per_source, instances, their zeros, and the process limit."""
    config = (echo_service("source", 6600, per_source="2") +
              echo_service("few", 6601, instances="3") +
              echo_service("none", 6602, instances="0") +
              echo_service("source-none", 6603, per_source="0") +
              echo_service("rest", 6604))
    with contextlib.ExitStack() as held, \
            lib.Gate(config, options=["-limit", "9"]) as gate:
        mine = hold(6600, 2)
        ok(not echo(6600), "per_source = 2: the third is refused")
        ok(echo(6600, source="127.0.0.2"), "another source is served")
        mine.pop().close()
        eventually(lambda: echo(6600), "and the first again, after one has "
                   "left")
        is_(set(reasons(gate, "source")), {"per_source_limit"}, "reason")
        few = hold(6601, 3, "127.0.0.4")
        ok(not echo(6601, source="127.0.0.5"), "instances = 3: the fourth is "
           "refused whoever it is")
        is_(set(reasons(gate, "few")), {"service_limit"}, "reason")
        ok(not echo(6602) and not echo(6603), "0 refuses everybody")
        is_((reasons(gate, "none"), reasons(gate, "source-none")),
            (["service_limit"], ["per_source_limit"]), "reasons")
        running = gate.state().processes
        rest = hold(6604, 9 - running)
        ok(not echo(6604), "-limit 9: the tenth server is not started")
        is_(set(reasons(gate, "rest")), {"process_limit"}, "reason")
        is_(gate.state().processes, 9, "nine servers run")
        for s in mine + few + rest:
            held.enter_context(s)
    note("limits: per_source 2, instances 3, process limit 9")


def cps():
    """A bucket of N refilled at N a second; the port stays open."""
    config = echo_service("burst", 6700, cps="3 2", only_from="127.0.0.0/24")
    with lib.Gate(config) as gate:
        began = time.monotonic()
        got = [echo(6700) for _ in range(12)]
        took = time.monotonic() - began
        within(sum(got), 3, 3 + int(3 * took) + 1, "cps = 3: a burst of "
               "twelve is cut", took=took)
        ok(got[:3] == [True] * 3, "the first three are served")
        ok(is_open(6700), "the port stays open")
        time.sleep(1.2)
        ok(serves(6700, 3) == 3, "a second later three are served again")
        is_(set(reasons(gate, "burst")), {"connections per second"},
            "reason")
        off = gate.wait_records(1, "service-deactivated", "burst")
        is_(len(off), 1, "one Deactivating line")
        is_(field(off[0], "message"), "Deactivating service burst due to "
            "excessive incoming connections.  Restarting in 2 seconds.",
            "in xinetd's words")
        eventually(lambda: gate.records("service-activated", "burst"),
                   "and Activating after two seconds", 5)
        time.sleep(1.1)
        refused = sum(ask(6700, source="127.9.9.9")[0] == b""
                      for _ in range(200))
        is_(refused, 200, "two hundred are refused by address")
        is_(serves(6700, 3), 3, "and have used up nothing")


def load():
    end = time.monotonic() + 20
    while os.getloadavg()[0] < 0.05 and time.monotonic() < end:
        sum(range(200000))
    config = (echo_service("calm", 6800, max_load="0.01") +
              echo_service("busy", 6801, max_load="10000") +
              echo_service("any", 6802, max_load="0"))
    with lib.Gate(config) as gate:
        is_([echo(p) for p in (6800, 6801, 6802)], [False, True, True],
            "max_load", load=os.getloadavg())
        is_(reasons(gate, "calm"), ["load"], "reason")


WRAPPED = [
    # hosts.allow, hosts.deny, is the wrapped service open, deciding line
    ("# nothing here\n\n", "# nor here\n", True, None),
    ("", "# first\nALL: 10.0.0.0/8\n", True, None),
    ("", "# first\nALL: ALL\n", False, "hosts.deny:2"),
    ("", "echo-server: 127.0.0.\n", False, "hosts.deny:1"),
    ("", "in.other: ALL\n", True, None),
    ("\necho-server: 127.0.0.1\n", "ALL: ALL\n", True, "hosts.allow:2"),
    ("echo-server: 127.0.0.1: spawn (/bin/true)\n", "", False,
     "hosts.allow:1"),
    ("", "echo-server: 127.0.0.1/99\n", False, "hosts.deny:1"),
    ("", "echo-server@127.0.0.1: ALL\n", False, "hosts.deny:1"),
    # As tools write it: a line for each address.
    ("", "".join(f"ALL: 10.0.{i >> 8}.{i & 255}\n" for i in range(50000))
     + "ALL: 127.0.0.1\n", False, "hosts.deny:50001"),
]


def wrappers():
    """The rules of hosts.allow and hosts.deny, and the line that decided."""
    config = (echo_service("wrapped", 6850) +
              echo_service("free", 6851, flags="IPv4 NOLIBWRAP"))
    try:
        for allow, deny, opens, line in WRAPPED:
            lib.write("/etc/hosts.allow", allow)
            lib.write("/etc/hosts.deny", deny)
            with lib.Gate(config) as gate:
                name = f"{allow!r} {deny[-80:]!r}"
                is_([echo(6850), echo(6851)], [opens, True], name)
                record = gate.wait_records(
                    1, "connection-accepted" if opens else
                    "connection-denied", "wrapped")[0]
                is_([field(record, "event.reason"),
                     (field(record, "rule.reference") or "").endswith(
                         "/etc/" + line if line else "")],
                    [None if opens else "libwrap", True], name, **record)
        # What nobody can read lets nobody in.
        os.unlink("/etc/hosts.deny")
        os.mkdir("/etc/hosts.deny")
        with lib.Gate(config):
            is_([is_open(6850), echo(6851)], [False, True],
                "a file that cannot be read refuses its services")
        os.rmdir("/etc/hosts.deny")
    finally:
        for name in ("hosts.allow", "hosts.deny"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink("/etc/" + name)


def wrapper_options():
    """What a rule of hosts.allow changes in a server."""
    try:
        lib.write("/etc/hosts.allow", "creds: 127.0.0.1: user 65534: "
                  "umask 027: nice 3: setenv WRAPPED a b: allow\n")
        with lib.Gate(service("opted", 6855, lib.server("creds"),
                              user="root")):
            said = ask(6855, source="127.0.0.1", finish=True)[0].decode()
            other = ask(6855, source="127.0.0.2", finish=True)[0].decode()
        ok("env=WRAPPED=a b" in said, "setenv", said=said)
        ok("Umask=0027" in said and "nice=3" in said, "umask and nice",
           said=said)
        ok(re.search(r"^uid=65534\b", said, re.M), "user", said=said)
        ok("WRAPPED" not in other and
           re.search(r"^uid=0\b", other, re.M), "another client", said=other)
    finally:
        os.unlink("/etc/hosts.allow")


class Watch(threading.Thread):
    """Which children the daemon ever had, as often as one can look."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.looks = pid, set(), 0
        self.is_over = False

    def run(self):
        # The kernel's own list: no other process is looked at.
        path = f"/proc/{self.pid}/task/{self.pid}/children"
        while not self.is_over:
            with open(path, encoding="ascii") as file:
                self.seen.update(file.read().split())
            self.looks += 1
            time.sleep(0.001)


def forks_of(pid):
    """Time of reaped children: any server would have left some."""
    fields = lib.stat_of(pid)
    return int(fields[13]) + int(fields[14])


def refusals():
    """No process for the refused; their number does not use up cps."""
    config = echo_service("door", 6900, cps="5 5", no_access="127.64.0.0/10",
                          log_type="FILE " + f"{DIR}/door.log",
                          log_on_failure="HOST")
    with lib.Gate(config) as gate:
        before = set(map(str, lib.children_of(gate.pid)))
        reaped, started = forks_of(gate.pid), gate.services()["door"].started
        watch = Watch(gate.pid)
        watch.start()
        with Flood(lib.server("flood"), 6900, "-n", FLOOD, "-c", 32, "-s",
                   "127.64.0.1", "-k", 60000) as flood:
            result = flood.result(150 * lib.SLOW)
        began = time.monotonic()
        answer = echo(6900)
        took = time.monotonic() - began
        watch.is_over = True
        watch.join()
        is_((result["connections"], result["empty"] + result["reset"]),
            (FLOOD, FLOOD), f"{FLOOD} connections refused", result=result)
        ok(answer, "an allowed client is served right after")
        within(took, 0, 0.5 * lib.SLOW, "at once")
        is_(serves(6900, 4), 4, "and four more: cps is whole")
        ok(watch.seen - before <= {str(r["process"]["pid"]) for r in
                                   gate.wait_records(
                                       5, "connection-accepted")},
           f"in {watch.looks} looks no process but helpers and the allowed "
           "client's server", extra=watch.seen - before)
        is_(gate.services()["door"].started - started, 5,
            "the parent started five servers")
        account(gate, result)
        note(f"{FLOOD} refused in {result['took_us'] / 1e6:.1f} s, "
             f"{FLOOD / result['took_us'] * 1e6:.0f}/s; allowed client "
             f"served in {took * 1000:.1f} ms; reaped CPU "
             f"{forks_of(gate.pid) - reaped} ticks")


def account(gate, result):
    gate.settle(60)
    records = gate.audit()
    denied = sum(r["event"]["action"] == "connection-denied"
                 for r in records)
    missing, lost, wrong = lib.check_books(records)
    is_((missing, wrong), ([], []), "every record number is explained")
    is_(denied + len(lost), result["connections"],
        "refusals written and refusals lost make up all of them",
        denied=denied, lost=len(lost))
    with open(f"{DIR}/door.log", encoding="ascii") as file:
        lines = file.read().splitlines()
    is_(len([line for line in lines if ": FAIL: door address from=127."
             in line]), denied, "each written refusal has its classic line")
    unlike("\n".join(lines[:2000]), "START|EXIT", "and no other")
    note(f"records: {denied} written, {len(lost)} lost and declared")


refusals.seconds = 200 * lib.SLOW

lib.main([lists, faults, bad_loads, reloads, times, counts, cps, load,
          wrappers, wrapper_options, refusals])
