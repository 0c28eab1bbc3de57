#!/usr/bin/env python3
"""What a server is given: ids, limits, environment, socket, time."""

import os
import re
import resource
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import (CHIEF, DIR, EMPTY_GROUP, LINE3, LOOPBACK, NIGHT, PLANT, ask,
                 dial, eventually, field, is_, like, note, ok, read_all,
                 service, within)

FIRST_PORT = 5000
MEGA = 1 << 20
FILES = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 12000)

# The daemon's own environment in these tests.
DAEMON_ENV = {"PATH": "/usr/bin:/bin", "PLACE": "hall 3", "COLOUR": "grey",
              "LD_BIND_NOW": "1", "LD_PRELOAD": "", "LISTEN_PID": "1",
              "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "REMOTE_HOST": "forged",
              "SALLYPORT_CONN": "forged"}


def status(name):
    with open("/proc/self/status", encoding="ascii") as file:
        return re.search(rf"^{name}:\s*(\S+)", file.read(), re.M).group(1)


def three(number):
    return f"{number}:{number}:{number}"


def ids(uid, gid, *groups):
    return {"uid": three(uid), "gid": three(gid), "groups": set(groups)}


BOUNDING = status("CapBnd")
NO_CAPS = {"CapInh": "0" * 16, "CapPrm": "0" * 16, "CapEff": "0" * 16,
           "CapAmb": "0" * 16, "CapBnd": BOUNDING}

# name, attributes, expectations (spec 4.2). "groups" compares as a set; a
# callable is asked.
TABLE = [
    ("user", {"user": "plant"}, {**ids(*PLANT), **NO_CAPS}),
    ("user-groups", {"user": "plant", "groups": "yes"},
     {**ids(*PLANT, PLANT[1], LINE3, NIGHT), **NO_CAPS}),
    ("user-group", {"user": "plant", "group": "night"}, ids(PLANT[0], NIGHT)),
    # The list of the user holds the login group, not the configured one.
    ("user-group-groups",
     {"user": "plant", "group": "nightless", "groups": "yes"},
     ids(PLANT[0], EMPTY_GROUP, PLANT[1], LINE3, NIGHT)),
    ("group-number", {"user": "plant", "group": "4321"},
     ids(PLANT[0], 4321)),
    ("number", {"user": "1234"}, {**ids(1234, 1234), **NO_CAPS}),
    ("number-group", {"user": "1234", "group": "line3"}, ids(1234, LINE3)),
    ("known-number", {"user": str(CHIEF[0]), "groups": "yes"},
     ids(CHIEF[0], CHIEF[0], CHIEF[1], NIGHT)),
    ("root", {"user": "root"},
     {**ids(0, 0), "CapEff": status("CapEff"), "CapPrm": status("CapPrm"),
      "CapBnd": BOUNDING}),
    ("process", {"user": "plant"},
     {"fds": "0 1 2", "cwd": "/", "tty": "0", "nonblock": "0",
      "same_socket": "1", "SigBlk": "0" * 16, "SigIgn": "0" * 16,
      "NoNewPrivs": "0", "Seccomp": "0", "securebits": "0", "Threads": "1",
      "keepalive": "0", "nodelay": "0",
      "rlimit.files": f"{FILES}:{FILES}"}),
    ("umask", {"umask": "027"}, {"Umask": "0027"}),
    ("umask-none", {"umask": "0"}, {"Umask": "0000"}),
    ("umask-default", {}, {"Umask": "0077"}),   # 0055 at start, or 022
    ("nice", {"nice": "5"}, {"nice": "5"}),
    ("nice-up", {"nice": "-3"}, {"nice": "-3"}),
    ("nice-user", {"nice": "7", "user": "plant"}, {"nice": "7"}),
    ("arguments", {"server_args": "one two #three 'four"},
     {"argv": ["creds", "one", "two", "#three", "'four"]}),
    ("name-in-args",
     {"flags": "IPv4 NAMEINARGS", "server_args": "other -x y"},
     {"argv": ["other", "-x", "y"]}),
    ("no-arguments", {}, {"argv": ["creds"]}),
    ("rlimits",
     {"rlimit_files": "64", "rlimit_as": "512M", "rlimit_cpu": "20",
      "rlimit_data": "100M", "rlimit_stack": "4096K", "rlimit_rss": "50M"},
     {"rlimit.files": "64:64", "rlimit.as": f"{512 * MEGA}:{512 * MEGA}",
      "rlimit.cpu": "20:20", "rlimit.data": f"{100 * MEGA}:{100 * MEGA}",
      "rlimit.stack": f"{4 * MEGA}:{4 * MEGA}",
      "rlimit.rss": f"{50 * MEGA}:{50 * MEGA}"}),
    ("rlimits-user", {"user": "plant", "rlimit_files": "32",
                      "rlimit_stack": "UNLIMITED"},
     {"rlimit.files": "32:32", "rlimit.stack": "-1:-1"}),
    ("keepalive-flag", {"flags": "IPv4 KEEPALIVE"}, {"keepalive": "1"}),
    ("keepalive", {"keepalive": "60s"}, {"keepalive": "1", "keepidle": "60"}),
    ("nodelay", {"flags": "IPv4 NODELAY"}, {"nodelay": "1"}),
    ("env", {"env_": "ALPHA=1 BETA=two\n\tenv += COLOUR=red "
             "REMOTE_HOST=lie LOCAL_PORT=1"},
     {"env": lambda e: e.get("ALPHA") == "1" and e.get("BETA") == "two" and
      e.get("COLOUR") == "red" and e.get("PLACE") == "hall 3" and
      e.get("REMOTE_HOST") == LOOPBACK and e.get("LOCAL_PORT") != "1"}),
    ("env-default", {},
     {"env": lambda e: e.get("PLACE") == "hall 3" and
      e.get("COLOUR") == "grey" and e.get("PATH") == "/usr/bin:/bin"}),
    ("env-stripped", {},
     {"env": lambda e: not [n for n in e if n.startswith(("LD_", "LISTEN_")) or
                            n == "NOTIFY_SOCKET"]}),
    ("passenv", {"passenv": "PLACE LD_BIND_NOW"},
     {"env": lambda e: e.get("PLACE") == "hall 3" and
      set(e) - OWN == {"PLACE"}}),
    ("passenv-none", {"passenv": ""},
     {"env": lambda e: not set(e) - OWN}),
    ("passenv-env", {"passenv": "", "env_": "ONLY=this"},
     {"env": lambda e: set(e) - OWN == {"ONLY"}}),
]
OWN = {"REMOTE_HOST", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT",
       "SALLYPORT_CONN"}


def compare(name, said, want):
    wrong = {}
    for key, value in want.items():
        got = said.get(key)
        if not (value(got) if callable(value) else got == value):
            wrong[key] = (got, value)
    ok(said.get("end") == "1" and not wrong, f"{name}: "
       f"{' '.join(want)}", wrong=wrong, said=said)


def common(name, said, source, port, record):
    """What must hold for every server."""
    env = said["env"]
    is_((env.get("REMOTE_HOST"), env.get("REMOTE_PORT"),
         env.get("LOCAL_ADDR"), env.get("LOCAL_PORT"), said.get("peer"),
         said.get("local")),
        (source[0], str(source[1]), LOOPBACK, str(port),
         f"{source[0]} {source[1]}", f"{LOOPBACK} {port}"),
        f"{name}: the connection is described as it is")
    ok(said.get("sid") == said.get("pid") == said.get("pgid"),
       f"{name}: a session of its own", said=said)
    if ok(record, f"{name}: has its record"):
        is_((record["sallyport"]["conn"], record["process"]["pid"]),
            (env.get("SALLYPORT_CONN"), int(said["pid"])),
            f"{name}: SALLYPORT_CONN is the record's connection id")


def table():
    creds = lib.server("creds")
    ports = {row[0]: FIRST_PORT + i for i, row in enumerate(TABLE)}
    config = "".join(service(name, ports[name], creds, **attributes)
                     for name, attributes, _ in TABLE)
    answers = {}
    os.umask(0o055)
    try:
        gate = lib.Gate(config, env=DAEMON_ENV, files_limit=FILES)
        gate.start()
    finally:
        os.umask(0o022)
    with gate:
        is_(sorted(n for n, s in gate.services().items()
                   if s.status == 1), sorted(ports),
            "all services are offered", stderr=gate.stderr())
        for name, port in ports.items():
            try:
                with dial(port) as s:
                    source = s.getsockname()
                    answers[name] = (lib.parse_creds(read_all(s)[0]), source)
            except OSError as error:
                ok(False, f"{name} answers", error=str(error))
        records = {r["service"]["name"]: r for r in gate.wait_records(
            len(answers), "connection-accepted")}
        for name, _, want in TABLE:
            if name in answers:
                said, source = answers[name]
                compare(name, said, want)
                common(name, said, source, ports[name], records.get(name))
    note(f"{len(answers)} services compared")


def families():
    """Which addresses are listened on, and how the client is called."""
    creds = lib.server("creds")
    lib.ip("addr", "add", "10.1.2.3/32", "dev", "lo")
    ports = {name: 5200 + i for i, name in enumerate(
        ("v4", "v6", "dual", "bind4", "bind6", "interface"))}
    config = (
        service("v4", ports["v4"], creds, flags="IPv4") +
        service("v6", ports["v6"], creds, flags="IPv6", v6only="yes") +
        service("dual", ports["dual"], creds, flags="REUSE") +
        service("bind4", ports["bind4"], creds, flags=None,
                bind="127.0.0.5") +
        service("bind6", ports["bind6"], creds, flags=None, bind="::1") +
        service("interface", ports["interface"], creds, flags=None,
                interface="10.1.2.3"))
    addresses = ("127.0.0.1", "127.0.0.5", "10.1.2.3", "::1")
    want = {"v4": {"127.0.0.1", "127.0.0.5", "10.1.2.3"}, "v6": {"::1"},
            "dual": set(addresses), "bind4": {"127.0.0.5"}, "bind6": {"::1"},
            "interface": {"10.1.2.3"}}
    with lib.Gate(config) as gate:
        for name, port in ports.items():
            served = {}
            for address in addresses:
                data, _ = ask(port, address)
                if data:
                    served[address] = lib.parse_creds(data)
            is_(set(served), want[name], f"{name}: listens there and nowhere "
                "else", stderr=gate.stderr())
            for address, said in served.items():
                # Within 127/8 the kernel calls us 127.0.0.1 whatever we call.
                caller = LOOPBACK if address.startswith("127") else address
                is_((said["env"]["REMOTE_HOST"], said["env"]["LOCAL_ADDR"],
                     said["peer"].split()[0], said["local"].split()[0]),
                    (caller, address) * 2,
                    f"{name}: {address} is called just that")
        records = gate.wait_records(11, "connection-accepted")
        ok(not [r for r in records if "::ffff" in r["source"]["ip"]],
           "no record has a mapped address")


def absent_address():
    """An address that is not there yet works when it appears."""
    config = service("ahead", 5300, lib.server("echo-server"), flags=None,
                     bind="10.4.4.4")
    with lib.Gate(config) as gate:
        ok(gate.services()["ahead"].freebind & 1, "the state says that the "
           "address is not there yet")
        lib.ip("addr", "add", "10.4.4.4/32", "dev", "lo")
        ok(lib.echo(5300, address="10.4.4.4"), "served as soon as it is")


BANNER, SUCCESS, FAIL = (b"Welcome to the gate.\n" * 3, b"Come in.\n",
                         b"Not you. " * 500 + b"\n")


def banners():
    for name, text in (("all", BANNER), ("good", SUCCESS), ("bad", FAIL)):
        lib.write(f"{DIR}/banner.{name}", text)
    more = {"banner": f"{DIR}/banner.all", "no_access": "127.0.0.9",
            "banner_success": f"{DIR}/banner.good",
            "banner_fail": f"{DIR}/banner.bad"}
    config = service("b", 5400, lib.server("echo-server"), **more)
    with lib.Gate(config):
        data, fate = ask(5400, send=b"hello", finish=True)
        is_((data, fate), (BANNER + SUCCESS + b"hello", "eof"),
            "an allowed client gets banner, banner_success and its server")
        is_(ask(5400, source="127.0.0.9"), (BANNER + FAIL, "eof"),
            "a refused one gets banner and banner_fail")
        for size in (100, 20000):
            with dial(5400, source="127.0.0.9") as s:
                s.sendall(b"x" * size)
                data, fate = read_all(s)
            is_(data, BANNER + FAIL, f"also with {size} bytes that nobody "
                "read", fate=fate)
        kept = 0
        for _ in range(50):
            with dial(5400, source="127.0.0.9") as s:
                s.sendall(b"GET / HTTP/1.0\r\n\r\n")
                kept += read_all(s)[0] == BANNER + FAIL
        note(f"{kept} of 50 impatient clients got the whole banner")


def deadlines():
    """max_session: TERM, and KILL after ten seconds for who ignores it."""
    sleeper = lib.server("sleep-server")
    config = (service("short", 5500, sleeper, max_session="2s") +
              service("stubborn", 5501, sleeper, max_session="1s",
                      server_args="stubborn") +
              service("free", 5502, sleeper))
    with lib.Gate(config) as gate:
        began = time.monotonic()
        with dial(5500) as short, dial(5501) as stubborn, dial(5502) as free:
            for s in (short, stubborn, free):
                s.settimeout(25)
                s.recv(100)
            read_all(short)
            within(time.monotonic() - began, 1.8, 5 * lib.SLOW,
                   "a session of 2 s ends after 2 s")
            read_all(stubborn)
            within(time.monotonic() - began, 10.5, 16 * lib.SLOW,
                   "who ignores TERM is killed 10 s later")
            eventually(lambda: len(gate.instances()) == 1, "a session without "
                       "a deadline goes on", 3, got=gate.instances())
        for name, number in (("short", 15), ("stubborn", 9)):
            record = (gate.wait_records(1, "connection-closed", name) or
                      [{}])[0]
            is_((field(record, "sallyport.exit.by"),
                 field(record, "sallyport.exit.signal")), ("limit", number),
                f"{name}: the record says that the limit ended it")


def ends():
    """How servers end is told as it was, a server that is gone included."""
    crash = lib.server("crash-server")
    lib.write(f"{DIR}/bin/vanishing", b"#!/bin/sh\n", 0o755)
    log = f"{DIR}/ends.log"
    more = {"log_type": f"FILE {log}", "log_on_success": "EXIT PID HOST"}
    config = (
        service("exit0", 5600, crash, server_args="exit 0", **more) +
        service("exit7", 5601, crash, server_args="exit 7", **more) +
        service("segv", 5602, crash, server_args="signal 11", **more) +
        service("gone", 5603, f"{DIR}/bin/vanishing", **more))
    with lib.Gate(config) as gate:
        os.unlink(f"{DIR}/bin/vanishing")
        for port in range(5600, 5604):
            is_(ask(port)[0], b"", f"port {port}: closed without a byte")
        closed = {r["service"]["name"]: r for r in
                  gate.wait_records(4, "connection-closed")}
        is_({n: (r["process"].get("exit_code"),
                 field(r, "sallyport.exit.signal"),
                 r["event"]["outcome"]) for n, r in closed.items()},
            {"exit0": (0, None, "success"), "exit7": (7, None, "failure"),
             "segv": (None, 11, "failure"), "gone": (127, None, "failure")},
            "the records tell how each ended")
        eventually(lambda: re.search(r"gone.*exec.*errno = 2", gate.stderr()),
                   "and why one could not begin", 5, stderr=gate.stderr())
        eventually(lambda: "EXIT: gone" in read(log), "the log is written")
        lines = [re.sub(r"^\S+: |pid=\d+", lambda m: m.group(0)[:4] if
                        m.group(0).startswith("pid") else "", line)
                 for line in read(log).splitlines() if "EXIT" in line]
        is_(sorted(lines), sorted([
            "EXIT: exit0 status=0 pid=", "EXIT: exit7 status=7 pid=",
            "EXIT: segv signal=11 pid=", "EXIT: gone status=127 pid="]),
            "and the classic lines do")
        like(read(log).splitlines()[0],
             r"^\d\d/\d\d?/\d\d?@\d\d:\d\d:\d\d: START: exit0 pid=\d+ "
             r"from=127\.0\.0\.1$", "stamp and form of a FILE line")


def read(path):
    try:
        with open(path, encoding="latin-1") as file:
            return file.read()
    except FileNotFoundError:
        return ""


lib.main([table, families, absent_address, banners, deadlines, ends])
