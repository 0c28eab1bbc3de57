#!/usr/bin/env python3
"""sallyport explain: the same verdict and rule as the daemon's."""

import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import DIR, ask, field, is_, like, note, ok, service

PORT = 7600
SERVICES = 8
CONNECTIONS = 300


def explain(*words, path):
    done = lib.sallyport("explain", "--libexec", lib.LIBEXEC, *words, path)
    return done.returncode, done.stdout, done.stderr


def some_address(choose):
    """Few distinct ones, so that lists and clients meet."""
    return (f"127.{choose.randrange(3)}.{choose.randrange(2)}."
            f"{choose.randrange(1, 5)}")


def some_list(choose):
    return " ".join(choose.choice((
        some_address(choose), f"127.{choose.randrange(3)}.0.0/16",
        f"127.0.{choose.randrange(2)}.0", "127.1.0.{1,3}", "::1",
        "127.0.0.0/8")) for _ in range(choose.randrange(1, 5)))


def some_service(choose, n):
    more = {}
    if choose.random() < 0.7:
        more["only_from"] = some_list(choose)
    if choose.random() < 0.5:
        more["no_access"] = some_list(choose)
    if choose.random() < 0.2:
        more["access_times"] = choose.choice(("00:00-23:59", "00:00-00:01"))
    return service(f"s{n}", PORT + n, lib.server("echo-server"),
                   libwrap=choose.choice(("one", "two")), cps="0 0", **more)


def some_rules(choose):
    return "".join(f"{choose.choice(('one', 'two', 'ALL'))}: "
                   f"{some_address(choose)}, 127.2.\n"
                   for _ in range(choose.randrange(3)))


def differences(gate, asked):
    """Those that explain tells otherwise than the daemon's records."""
    found, wrong, allowed = {}, [], 0
    for action in ("connection-accepted", "connection-denied"):
        for r in gate.records(action):
            found.setdefault((r["service"]["name"], r["source"]["ip"]),
                             []).append(r)
    for n, source in asked:
        record = found[(f"s{n}", source)].pop(0)
        is_allowed = record["event"]["action"] == "connection-accepted"
        allowed += is_allowed
        code, said_, error = explain(f"s{n}", "--from", source, "--json",
                                     path=gate.path)
        e = json.loads(said_) if said_ else {"answer": error}
        theirs = ("allow" if is_allowed else "deny",
                  None if is_allowed else field(record, "event.reason"),
                  field(record, "rule.reference"))
        ours = (e["answer"], e.get("reason"), e.get("place") or theirs[2])
        if theirs != ours or code != (not is_allowed):
            wrong.append((f"s{n}", source, theirs, ours))
    return wrong, allowed


def agrees():
    seed = random.randrange(1 << 32)
    choose = random.Random(seed)
    note(f"seed {seed}")
    lib.write("/etc/hosts.allow", some_rules(choose), 0o644)
    lib.write("/etc/hosts.deny", some_rules(choose), 0o644)
    config = "".join(some_service(choose, n) for n in range(SERVICES))
    with lib.Gate(config) as gate:
        asked = [(choose.randrange(SERVICES), some_address(choose))
                 for _ in range(CONNECTIONS)]
        for n, source in asked:
            ask(PORT + n, source=source, send=b"x", finish=True)
        gate.settle()
        wrong, allowed = differences(gate, asked)
    is_(wrong[:3], [], f"{CONNECTIONS} connections: verdict, reason and rule "
        "are the daemon's")
    ok(0 < allowed < CONNECTIONS, "of both kinds", allowed=allowed)


TEXT = service("door", PORT, "/bin/cat", only_from="10.0.0.0/8 .good.example",
               no_access="10.0.0.3 bad.example", flags="NOLIBWRAP IDONLY",
               access_times="06:00-22:00")

# Words after the service, exit code, what is said.
ROWS = [
    ("a ban", ["--from", "10.0.0.3"], 1,
     r'denied by no_access 10\.0\.0\.3 \(\S+:\d+\), reason "address"'),
    ("an open question", ["--from", "10.0.0.4", "--at", "2026-11-23 12:00"],
     1, r"it depends: does bad\.example resolve to 10\.0\.0\.4\?\n"
     r"  without an answer: denied by no_access bad\.example"),
    ("a name", ["--from", "10.0.0.4", "--host", "bad.example"], 1,
     "denied by no_access bad.example"),
    ("a domain", ["--from", "192.0.2.1", "--host", "a.good.example",
                  "--ident", "joe", "--at", "2026-11-23 12:00"], 0,
     r"allowed by only_from \.good\.example"),
    ("nobody's name", ["--from", "192.0.2.1", "--host", "-"], 1,
     r"denied by only_from \(\S+:\d+\)"),
    ("the hour", ["--from", "10.0.0.4", "--host", "-", "--ident", "joe",
                  "--at", "2026-11-23 23:00"], 1,
     r'denied by access_times .*reason "time"'),
    ("no ident", ["--from", "10.0.0.4", "--host", "-", "--ident", "-",
                  "--at", "2026-11-23 21:59"], 1, "denied by flags"),
    ("let in", ["--from", "::ffff:10.0.0.4", "--host", "-", "--ident", "joe",
                "--at", "2026-11-23 21:59:59"], 0,
     r"allowed by only_from 10\.0\.0\.0/8"),
]
FAULTS = [
    ("an unknown service", ["nix", "--from", "::1"], 3, "no such service"),
    ("no address", ["door", "--from", "host"], 3, "--from needs an address"),
    ("no moment", ["door", "--from", "::1", "--at", "2026-02-30 10:00"], 3,
     "--at needs a moment"),
    ("no client", ["door"], 2, "needs a service and --from"),
]


def said():
    path = f"{DIR}/explain.conf"
    lib.write(path, TEXT)
    for name, words, code, pattern in ROWS:
        done = explain("door", *words, path=path)
        is_(done[0], code, f"{name}: exit code", said=done)
        like(done[1], pattern, f"{name}: said")
    for name, words, code, pattern in FAULTS:
        done = explain(*words, path=path)
        is_(done[0], code, f"{name}: exit code", said=done)
        like(done[2], pattern, f"{name}: told")


def clocks():
    """--at is by the daemon's clock, also where that is changed."""
    path = f"{DIR}/clocks.conf"
    lib.write(path, service("door", PORT, "/bin/cat", flags="NOLIBWRAP",
                            access_times="02:00-02:59 03:00-03:01"))
    # Central Europe leaves out an hour in March and has one twice in October.
    env = {**os.environ, "TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
    for at, shown in (("2026-03-29 01:30", "01:30 CET"),
                      ("2026-03-29 03:00", "03:00 CEST"),
                      ("2026-10-25 02:30", "02:30 CEST"),
                      ("2026-10-25 03:00", "03:00 CET"),
                      ("2027-03-28 03:01", "03:01 CEST")):
        done = lib.sallyport("explain", "--libexec", lib.LIBEXEC, "door",
                             "--from", "::1", "--at", at, path, env=env)
        like(done.stdout, f"{at[:10]} {shown}", f"{at} is that moment")
        is_(done.returncode, 1 if at.endswith("01:30") else 0,
            f"{at}: within the hours or not")


if __name__ == "__main__":
    lib.main([said, clocks, agrees])
