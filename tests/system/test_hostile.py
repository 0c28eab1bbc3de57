#!/usr/bin/env python3
"""A dispatcher in hostile hands: the parent ends it and starts nothing.

tests/hostile/fake-dispatch.c takes the place of the real one; its table says
what each attack is and what must become of it.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import (DIR, dial, field, is_, note, ok, service,
                 wait_for)

FAKE = next((path for path in (
    f"{lib.BUILD}/tests/hostile/fake-dispatch", f"{lib.BUILD}/fake-dispatch",
    f"{lib.LIBEXEC}/fake-dispatch") if os.path.exists(path)), None)
ATTACK_FILE = f"{DIR}/attack"
HELPERS = ("sallyport-load", "sallyport-dispatch", "sallyport-log")
COUNTS = f"{DIR}/hostile-counts"
FIRST, SECOND, THIRD = 7100, 7101, 7103
LOCAL = f"{DIR}/hostile-sockets/local"

# Texts that no dispatcher needs.
SECRETS = {"server": f"{DIR}/bin", "argument": "argument-9f3",
           "user": "plant", "group": "line3", "variable": "VARIABLE_9F3",
           "value": "value-9f3", "path": COUNTS}
ATTRIBUTES = ("server_args", "passenv", "echo-server", "launch_ids", "user",
              "umask", "rlimit", "env ")


def policy(**third):
    count = lib.server("count")
    return (service("first", FIRST, count, user="plant", group="line3",
                    server_args=f"{COUNTS} hold {SECRETS['argument']}",
                    instances="1", env_="VARIABLE_9F3=value-9f3",
                    log_on_success="HOST PID EXIT") +
            service("second", SECOND, count, user="plant",
                    server_args=COUNTS) +
            service("third", THIRD, lib.server("wait-server"), user="plant",
                    socket_type="dgram", protocol="udp", wait="yes",
                    server_args=f"{COUNTS} serve 1000", **third) +
            service("local", None, count, user="plant", type=None,
                    protocol="unix", flags=None, socket_path=LOCAL,
                    server_args=COUNTS))


def hostile_libexec():
    """A libexec directory whose dispatcher is the fake one."""
    directory = f"{DIR}/hostile-libexec"
    if not os.path.isdir(directory):
        os.makedirs(directory)
        for name in HELPERS:
            shutil.copy(f"{lib.LIBEXEC}/{name}", directory)
        shutil.copy(FAKE, f"{directory}/sallyport-dispatch")
        for name in HELPERS:
            os.chmod(f"{directory}/{name}", 0o755)
    return directory


def attacks():
    """(name, outcome, rule, when, number of clients, how, text)"""
    done = subprocess.run([FAKE, "--list"], capture_output=True, text=True,
                          check=True, timeout=20)
    for line in done.stdout.splitlines():
        name, outcome, rule, when, count, how, text = line.split("\t")
        yield name, outcome, int(rule), when, int(count), how, text


def started():
    try:
        with open(COUNTS, encoding="ascii") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def choose(name):
    """What the next dispatcher will do; None: be honest."""
    if name is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ATTACK_FILE)
    else:
        lib.write(ATTACK_FILE, name + "\n")


def reset(s):
    """Closes so that the other side sees a reset, not an end."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def dial_local():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5 * lib.SLOW)
    s.connect(LOCAL)
    return s


def clients(count, how):
    """The connections that the attack waits for."""
    if how == "local":
        return [dial_local() for _ in range(count)]
    made = [dial(SECOND if how == "second" else FIRST)
            for _ in range(count)]
    if how == "reset":
        time.sleep(0.1)         # it has accepted them
        for s in made:
            reset(s)
        return []
    return made


def violations(gate):
    return gate.records("privsep-violation")


def attacker(gate, old):
    """The dispatcher that took the place of the old one, once it is ready."""
    for helper in gate.helpers():
        if helper.name == b"dispatch" and helper.pid != old and helper.layers:
            return helper.pid
    return 0


def attack(gate, row):
    """One attack; returns what went wrong."""
    _, outcome, _, when, count, how, _ = row
    bad = {}
    old, victim = gate.helper("dispatch"), 0
    # Such an attacker strikes, and is gone, before we can look.
    is_sudden = outcome == "violation" and count == 0 and when != "drain"
    choose(row[0])
    os.kill(old, signal.SIGKILL)
    if not is_sudden:
        victim = wait_for(lambda: attacker(gate, old), 10)
        choose(None)            # whoever replaces it is honest
        if not victim:
            return {"attacker": "is not ready"}
    made = clients(count, how)
    if when == "drain":
        gate.send(signal.SIGHUP)
    if outcome == "violation":
        victim = judge_violation(gate, row, victim, bad)
        choose(None)
    else:
        judge_rest(gate, row, victim, bad)
    judge_servers(row, bad)
    if row[0] == "give-away":
        judge_gifts(made[0], bad)
    for s in made:
        s.close()
    if victim and lib.is_alive(victim):
        os.kill(victim, signal.SIGKILL)
    return bad


def judge_violation(gate, row, victim, bad):
    """A record that names the attacker, and its death; its pid."""
    found = wait_for(lambda: violations(gate), 8)
    if not found:
        bad["violation"] = "there is no record of one"
        return victim
    pid = field(found[0], "process.pid")
    if victim and pid != victim:
        bad["violation"] = f"of process {pid}, not of {victim}"
    if not wait_for(lambda: not lib.is_alive(pid), 5):
        bad["alive"] = f"{pid} was not killed"
    note(f"{row[0]}: {field(found[0], 'sallyport.privsep.rule')}")
    return pid


def judge_rest(gate, row, victim, bad):
    """No violation, and the attacker lives."""
    if row[1] == "started":
        wait_for(started, 3)
    else:
        time.sleep(0.5)
    if violations(gate):
        bad["violation"] = violations(gate)[-1]
    if not lib.is_alive(victim):
        bad["killed"] = f"{victim} should have been let live"


def judge_gifts(client, bad):
    """A dispatcher that gave its descriptors away, and who got them."""
    data, gifts = b"", []
    while not data.endswith(b"."):
        more, fds, _, _ = socket.recv_fds(client, 100, 64)
        gifts += [os.readlink(f"/proc/self/fd/{fd}") for fd in fds]
        for fd in fds:
            os.close(fd)
        data += more
        if not more:
            break
    if gifts or data != b".":
        bad["gifts"] = f"{gifts} with {data}"


# One START of these is right before the wrong one comes.
FIRST_IS_RIGHT = ("replay", "window", "number-same", "number-falls",
                  "over-instances", "wait-busy")


def judge_servers(row, bad):
    """How many servers ran: none, but where the table says so."""
    least = 1 if row[1] == "started" else 0
    most = 1 if row[1] == "started" or row[0] in FIRST_IS_RIGHT else 0
    if not least <= len(started()) <= most:
        bad["servers"] = f"{len(started())} ran, not {least} to {most}"
    cookies = [line.split()[1] for line in started()]
    if len(cookies) != len(set(cookies)):
        bad["twice"] = "a connection got two servers"


def serves_again(gate):
    """An honest dispatcher is there and a client gets its server."""
    if not wait_for(lambda: is_served(), 15, 0.1):
        return False
    return gate.process.poll() is None


def is_served():
    try:
        data, _ = lib.ask(SECOND, timeout=2)
    except OSError:
        return False
    return data.startswith(b"ok ")


def socket_at(port):
    """Inode of the UDP socket of that port."""
    with open("/proc/net/udp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return [row[9] for row in rows
            if int(row[1].split(":")[1], 16) == port]


def scores_of(gate):
    """Inode of the memory of sources that the dispatcher in force has."""
    return os.stat(f"/proc/{gate.helper('dispatch')}/fd/10").st_ino


def peek_offset(pid):
    """Where peeking begins at the socket of THIRD, which dispatchers share;
    None when that one has gone."""
    libc = ctypes.CDLL(None)
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return None
    fd = libc.syscall(438, pidfd, 13, 0)    # pidfd_getfd
    os.close(pidfd)
    if fd == -1:
        return None
    with socket.socket(fileno=fd) as s:
        return s.getsockopt(socket.SOL_SOCKET, 42)  # SO_PEEK_OFF


def one_attack(row):
    name, outcome, rule, when, _, _, text = row
    choose(None)
    lib.write(COUNTS, "", 0o666)
    os.makedirs(os.path.dirname(LOCAL), mode=0o755, exist_ok=True)
    with lib.Gate(policy(), libexec=hostile_libexec(),
                  name="hostile") as gate:
        before, scores = socket_at(THIRD), scores_of(gate)
        bad = attack(gate, row)
        if not serves_again(gate):
            bad["afterwards"] = "the gate does not serve"
        if name == "peek-far" and not wait_for(
                lambda: peek_offset(gate.helper("dispatch")) == -1, 5):
            bad["datagrams"] = "nobody sees the first one"
        is_replaced = socket_at(THIRD) != before
        if is_replaced != (name == "shutdown-dgram"):
            bad["datagrams"] = f"socket {before} became {socket_at(THIRD)}"
        # Of one that drained the successor was there already.
        is_fresh = outcome == "violation" and when != "drain"
        if (scores_of(gate) != scores) != is_fresh:
            bad["scores"] = f"{scores} became {scores_of(gate)}"
        if not wait_for(lambda: not lib.zombies_of(gate.pid), 3):
            bad["zombies"] = lib.zombies_of(gate.pid)
        ok(not bad, f"{name} ({text}): {outcome}" +
           (f", rule {rule}" if rule else ""), **bad)
        if bad:
            gate.dump()
    shutil.rmtree(gate.dir)


def hostile():
    """Every attack of the table, each on a daemon of its own."""
    if not ok(FAKE, "fake-dispatch is built"):
        return
    rows = [row for row in attacks() if row[1] != "apart"]
    ok(len(rows) >= 30, f"{len(rows)} attacks")
    began = time.monotonic()
    for row in rows:
        one_attack(row)
    note(f"{len(rows)} attacks in {time.monotonic() - began:.1f} s")


hostile.seconds = 150 * lib.SLOW


def heir():
    """A dead dispatcher's end of the channel, in hands that never rest: the
    parent hears what was queued and goes on."""
    choose("heir")
    lib.write(COUNTS, "", 0o666)
    # A filter to attach makes the parent slower than who sends.
    config = policy(no_access=" ".join(f"192.0.2.{i}" for i in range(200)))
    with lib.Gate(config, libexec=hostile_libexec(), name="heir") as gate:
        choose(None)
        ok(serves_again(gate), "an honest dispatcher takes its place")
        is_(len(gate.records("helper-died")), 1, "after one has died")
        is_([field(r, "sallyport.privsep.rule") for r in violations(gate)],
            [], "nothing that was heard broke a rule")
        is_(gate.stop(15), 0, "and SIGTERM is heard")


def curious_libexec():
    """Its dispatcher copies what it is given, then is the real one."""
    directory = f"{DIR}/curious-libexec"
    os.makedirs(directory)
    for name in HELPERS:
        shutil.copy(f"{lib.LIBEXEC}/{name}", directory)
    os.rename(f"{directory}/sallyport-dispatch", f"{directory}/real")
    lib.write(f"{directory}/sallyport-dispatch", CURIOUS.format(directory),
              0o755)
    return directory


# bash keeps its own descriptors away from those it hands on.
CURIOUS = """\
#!/bin/bash
/bin/cp /proc/self/fd/4 {0}/text
/bin/cp /proc/self/fd/5 {0}/tables
exec {0}/real "$@"
"""


def content(path):
    with open(path, "rb") as file:
        return file.read()


def text_of_dispatch():
    """What the real dispatcher is given says nothing of the servers."""
    config = policy() + service("fourth", 7102, lib.server("echo-server"),
                                only_from="127.0.0.1")
    directory = curious_libexec()
    with lib.Gate(config, libexec=directory) as gate:
        ok(lib.echo(7102) and not lib.echo(7102, source="127.0.0.2"),
           "the dispatcher serves by its text")
        text, tables = (content(f"{directory}/{name}")
                        for name in ("text", "tables"))
        ok(b"first" in text and b"fourth" in text, "the text names the "
           "services", text=text[:2000].decode("latin-1"))
        found = [word for word in (*SECRETS.values(), *ATTRIBUTES)
                 if word.encode() in text]
        is_(found, [], "and no server path, argument, environment, user or "
            "group", text=text.decode("latin-1"))
        is_([w for w in SECRETS.values() if w.encode() in tables], [],
            "nor do its tables")
        pid = gate.helper("dispatch")
        memory = memory_of(pid)
        ok(b"fourth" in memory, "its memory can be searched")
        is_([w for w in ("argument-9f3", "VARIABLE_9F3", "value-9f3", COUNTS)
             if w.encode() in memory], [], "and they are nowhere in it")
        descriptors(gate, pid)
        note(f"dispatch text {len(text)} bytes, tables {len(tables)}, memory "
             f"searched {len(memory) >> 10} KB")


def memory_of(pid):
    """Everything in the process that can be read."""
    parts = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            words = line.split()
            if "r" not in words[1] or line.rstrip().endswith(
                    ("[vvar]", "[vsyscall]", "parent.state")):
                continue
            low, high = (int(n, 16) for n in words[0].split("-"))
            with contextlib.suppress(OSError, OverflowError, ValueError):
                memory.seek(low)
                parts.append(memory.read(min(high - low, 64 << 20)))
    return b"".join(part for part in parts if part)


def descriptors(gate, pid):
    """It holds what ARCHITECTURE.md lists, and its listeners."""
    links = gate.open_paths(pid)
    listeners = [link for fd, link in links.items()
                 if fd >= 10 and link.startswith("socket:")]
    ok(len(listeners) >= 3, "its listeners", links=links)
    files = [link for link in links.values() if link.startswith("/") and
             not link.startswith(("/dev/null", "/memfd:", gate.run_dir)) and
             "stderr" not in link]
    is_(files, [], "no file but its state is open", links=links)


def late():
    """A START that comes when its dispatcher should have ended starts
    nothing: here the parent could not end it in time."""
    choose("start-late")
    lib.write(COUNTS, "", 0o666)
    with lib.Gate(policy(), libexec=hostile_libexec(), name="late") as gate:
        choose(None)
        client = dial(FIRST)
        gate.send(signal.SIGHUP)
        wait_for(lambda: any(h.draining for h in gate.helpers()), 10)
        os.kill(gate.pid, signal.SIGSTOP)
        time.sleep(12)
        os.kill(gate.pid, signal.SIGCONT)
        ok(gate.wait_records(1, "helper-died"), "it is ended")
        is_(started(), [], "no server was started")
        is_([field(r, "sallyport.privsep.rule") for r in violations(gate)],
            [], "which is no violation")
        ok(serves_again(gate), "its successor serves")
        client.close()


lib.main([text_of_dispatch, heir, late, hostile], suite_seconds=270 * lib.SLOW)
