#!/usr/bin/env python3
"""Helpers killed and policies reloaded under load: the books must be right.

KILLS and RELOADS (default 100 each) say how often.
"""

import collections
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import state
from lib import (DIR, Flood, dial, echo, eventually, field, is_, note, ok,
                 service, wait_for, within)

KILLS = int(os.environ.get("KILLS", "100"))
RELOADS = int(os.environ.get("RELOADS", "100"))
PORT, SHUT, HELD, TOO = 7000, 7001, 7002, 7003
COUNTS = f"{DIR}/counts"
REFUSED_SOURCE = "127.77.0.1"


def policy(extra=""):
    """A service that counts, one that refuses in words, one held open."""
    lib.write(f"{DIR}/no.txt", "no\n")
    return (service("count", PORT, lib.server("count"), server_args=COUNTS) +
            service("shut", SHUT, lib.server("count"), server_args=COUNTS,
                    no_access="127.77.0.0/16",
                    banner_fail=f"{DIR}/no.txt") +
            service("held", HELD, lib.server("echo-server")) + extra)


def start_load():
    flood = lib.server("flood")
    return (Flood(flood, PORT, "-c", 6, "-s", "127.66.0.1", "-k", 200),
            Flood(flood, SHUT, "-c", 2, "-s", REFUSED_SOURCE, "-k", 200,
                  "-p", 2000))


def fresh_counts():
    lib.write(COUNTS, "", 0o666)


def starts():
    with open(COUNTS, encoding="ascii") as file:
        return [line.split() for line in file.read().splitlines()]


def kill_helper(gate, name):
    """Kills it as soon as there is one; its pid."""
    pid = wait_for(lambda: gate.helper(name), 15, 0.002)
    if not pid:
        raise ChildProcessError(f"there is no {name} to be killed")
    os.kill(pid, signal.SIGKILL)
    return pid


def await_successor(gate, name, pid):
    """Seconds until another one is ready."""
    began = time.monotonic()

    def is_there():
        return any(h.name.decode() == name and h.pid != pid and h.layers and
                   not h.draining for h in gate.helpers())
    if not wait_for(is_there, 15, 0.002):
        raise ChildProcessError(f"{name} {pid} has no successor")
    return time.monotonic() - began


def broken(*results):
    """Connections that got less than a whole answer."""
    return sum(r[key] for r in results
               for key in ("empty", "cut", "reset", "timeout"))


def kills():
    fresh_counts()
    times = []
    rng = random.Random(7)
    with lib.Gate(policy()) as gate, dial(HELD) as held:
        held.sendall(b"1")
        is_(held.recv(1), b"1", "a session is held open")
        allowed, refused = start_load()
        with allowed, refused:
            for turn in range(2 * KILLS):
                name = ("dispatch", "log")[turn % 2]
                times.append(await_successor(gate, name,
                                             kill_helper(gate, name)))
                time.sleep(rng.uniform(0, 0.06))
            results = allowed.stop(), refused.stop()
        held.sendall(b"2")
        is_(held.recv(1), b"2", "the held session has lived through it")
        judge_clients(gate, results)
        judge_starts(gate)
        eventually(lambda: len(gate.instances()) == 1, "only it is left in "
                   "the books")
        judge_records(gate, results)
    times.sort()
    note(f"{KILLS} kills each; successor ready after "
         f"{times[len(times) // 2] * 1000:.0f} ms (median), "
         f"{times[-1] * 1000:.0f} ms (longest)")
    for result in results:
        note(" ".join(f"{k}={v}" for k, v in result.items()))


kills.seconds = 120 * lib.SLOW


def judge_clients(gate, results):
    is_([r["refused"] + r["failed"] for r in results], [0, 0],
        "no connection was refused", results=results)
    eventually(lambda: gate.state().processes == 1, "all servers but the "
               "held one have ended")
    s = gate.state()
    lost = broken(*results)
    within(lost, s.connections_lost,
           s.connections_lost + s.connections_doubtful,
           "what clients lost lies within what the daemon says it lost",
           known=s.connections_lost, doubtful=s.connections_doubtful)
    ok(s.connections_doubtful <= KILLS, "at most one in doubt for a kill")
    ok(lib.wait_for(lambda: not lib.zombies_of(gate.pid), 3), "no zombie")
    is_({n: v.instances for n, v in gate.services().items()},
        {"count": 0, "shut": 0, "held": 1}, "counts are right afterwards")
    note(f"clients lost {lost}; the daemon says {s.connections_lost} and at "
         f"most {s.connections_doubtful} more")


def judge_starts(gate):
    lines = starts()
    for column, what in ((0, "connection id"), (1, "connection (by the "
                                                   "kernel's cookie)")):
        seen = collections.Counter(line[column] for line in lines)
        is_([k for k, n in seen.items() if n > 1], [],
            f"no server was started twice for one {what}")
    ok("0" not in {line[1] for line in lines}, "the kernel named each "
       "connection")
    is_(len(lines), gate.services()["count"].started,
        "servers that ran are servers that the parent started")


def judge_records(gate, results):
    gate.settle(40)
    records = gate.audit()
    torn = gate.torn
    missing, lost, wrong = lib.check_books(records)
    is_((missing, wrong), ([], []), "every sequence number is a record's or "
        "declared lost, once", missing=missing[:20], wrong=wrong[:10])
    told = sum((field(r, "sallyport.torn_bytes") or 0) > 0 for r in records)
    ok(told <= len(torn) <= told + len(lost), "each line that a dying writer "
       "tore is told of when the file is opened again", torn=torn, told=told)
    actions = collections.Counter(r["event"]["action"] for r in records)
    lines, conns = starts(), collections.Counter(
        r["sallyport"]["conn"] for r in records
        if r["event"]["action"] == "connection-accepted")
    is_([c for c, n in conns.items() if n > 1], [], "no connection is "
        "recorded as started twice")
    unknown = {line[0] for line in lines} - set(conns)
    ok(len(unknown) <= len(lost), "a start without a record is among the "
       "lost records", without=len(unknown), lost=len(lost))
    known = sum(field(r, "sallyport.lost_connections.known") or 0
                for r in records)
    doubtful = sum(field(r, "sallyport.lost_connections.doubtful") or 0
                   for r in records)
    s = gate.state()
    if not lost:
        is_((known, doubtful), (s.connections_lost, s.connections_doubtful),
            "the records' sums are the daemon's")
        is_(actions["helper-died"], 2 * KILLS, "each kill has its record")
        within(actions["connection-denied"], results[1]["answered"],
               results[1]["answered"] + s.connections_doubtful,
               "each refusal has its record")
    ok(known <= s.connections_lost and doubtful <= s.connections_doubtful,
       "the records never say more than the state")
    note(f"records {len(records)}, lost {len(lost)}, torn {len(torn)}: " +
         " ".join(f"{k}={n}" for k, n in sorted(actions.items())))


def reloads():
    fresh_counts()
    extra = [service("too", TOO, lib.server("echo-server")),
             service("three", TOO, lib.server("echo-server"),
                     instances="7")]
    with lib.Gate(policy()) as gate, dial(HELD) as held:
        held.sendall(b"1")
        is_(held.recv(1), b"1", "a session is held open")
        began = time.monotonic()
        allowed, refused = start_load()
        took = []
        with allowed, refused:
            for turn in range(RELOADS):
                before = time.monotonic()
                if not gate.reload(policy(extra[turn % 2])):
                    ok(False, f"reload {turn} takes effect")
                    break
                took.append(time.monotonic() - before)
            results = allowed.stop(), refused.stop()
        is_(len(took), RELOADS, f"{RELOADS} reloads took effect")
        is_((broken(*results), [r["refused"] + r["failed"] for r in results]),
            (0, [0, 0]), "no connection was lost or refused", results=results)
        is_((gate.state().connections_lost,
             gate.state().connections_doubtful), (0, 0),
            "and the daemon says so too")
        held.sendall(b"2")
        is_(held.recv(1), b"2", "the held session goes on")
        judge_starts(gate)
        is_(len(starts()), results[0]["answered"], "each answered client had "
            "one server")
        eventually(lambda: len(gate.helpers()) == 2, "the drained "
                   "dispatchers are gone", 15, helpers=[
                       (h.name, h.pid, h.draining) for h in gate.helpers()])
        ok(lib.wait_for(lambda: not lib.zombies_of(gate.pid), 3), "no zombie")
        gate.settle(30)
        missing, lost, wrong = lib.check_books(gate.audit())
        is_((missing, lost, wrong), ([], set(), []), "no record is missing")
        is_(len(gate.records("config-reloaded")), RELOADS, "each reload has "
            "its record")
        took.sort()
        note(f"{RELOADS} reloads in {time.monotonic() - began:.1f} s, median "
             f"{took[len(took) // 2] * 1000:.0f} ms; served "
             f"{results[0]['answered']}, refused {results[1]['answered']}, "
             f"longest connection {results[0]['longest_us'] / 1000:.0f} ms")


reloads.seconds = 100 * lib.SLOW


def idle_ticks(pid, seconds=1.0):
    before = lib.cpu_ticks(pid)
    time.sleep(seconds)
    return lib.cpu_ticks(pid) - before


def waiting():
    """A dispatcher whose window is full waits without burning CPU."""
    fresh_counts()
    with lib.Gate(policy()) as gate:
        # One that is served: from now on it accepts.
        ok(lib.ask(PORT)[0].startswith(b"ok "), "the dispatcher serves")
        pid = gate.helper("dispatch")
        before = state.dispatch(gate.run_dir).handed
        os.kill(gate.pid, signal.SIGSTOP)
        try:
            socks = [dial(PORT) for _ in range(60)]
            time.sleep(0.3)
            ticks = idle_ticks(pid)
            handed = state.dispatch(gate.run_dir).handed - before
        finally:
            os.kill(gate.pid, signal.SIGCONT)
        is_(ticks, 0, "a dispatcher that waits for the parent uses no CPU")
        within(handed, 1, 16, "at most 16 starts are unanswered")
        answered = sum(lib.read_all(s)[0].startswith(b"ok ") for s in socks)
        is_(answered, 60, "nobody is lost: all are served afterwards")
        for s in socks:
            s.close()


def draining():
    """A draining dispatcher with a connection in hand uses no CPU.

    The old dispatcher is stopped while a client of a service that goes away
    connects, so that it finds the client first and DRAIN second; the parent is
    stopped so that the start stays unanswered.
    """
    fresh_counts()
    going = service("going", TOO, lib.server("count"), server_args=COUNTS)
    with lib.Gate(policy(going)) as gate:
        old = gate.helper("dispatch")
        os.kill(old, signal.SIGSTOP)
        client = dial(TOO)
        try:
            ok(gate.reload(policy()), "the reload takes effect")
            eventually(lambda: any(h.pid == old and h.draining
                                   for h in gate.helpers()),
                       "the old dispatcher is draining")
            os.kill(gate.pid, signal.SIGSTOP)
            os.kill(old, signal.SIGCONT)
            time.sleep(0.3)
            ended = not lib.is_alive(old)
            ticks = 0 if ended else idle_ticks(old)
        finally:
            os.kill(gate.pid, signal.SIGCONT)
        is_(ticks, 0, "it uses no CPU while it waits for the answer",
            ended=ended)
        note("the old dispatcher " + ("had drained at once" if ended else
                                      "had a start unanswered"))
        eventually(lambda: not lib.is_alive(old), "it ends when it has the "
                   "answer", 5)
        data, fate = lib.read_all(client)
        ok(fate in ("eof", "reset"), "its client gets an end", data=data)
        client.close()
        ok(echo(HELD), "the new dispatcher serves")
        eventually(lambda: not lib.zombies_of(gate.pid), "no zombie", 3)


def violence():
    """Both at once, and the loader too: the daemon stays and serves."""
    fresh_counts()
    with lib.Gate(policy()) as gate:
        for _ in range(5):
            for name in ("dispatch", "log"):
                kill_helper(gate, name)
            time.sleep(0.15)
        gate.send(signal.SIGHUP)
        loader = wait_for(lambda: gate.helper("load"), 2, 0)
        if loader:
            try:
                os.kill(loader, signal.SIGKILL)
            except ProcessLookupError:
                loader = 0
        eventually(lambda: gate.helper("dispatch") and gate.helper("log") and
                   echo(HELD), "served after both helpers died together", 15)
        ok(gate.reload(policy()), "a reload works after a loader was killed")
        ok(lib.wait_for(lambda: not lib.zombies_of(gate.pid), 3), "no zombie")
        note(f"loader killed: {bool(loader)}")


lib.main([kills, reloads, waiting, draining, violence], suite_seconds=270 *
         lib.SLOW)
