#!/usr/bin/env python3
"""Services for datagrams: refused sources, floods, servers that die at once."""

import contextlib
import os
import signal
import socket
import sys
import time
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dgram
import lib
from dgram import UDP, dropped, usable, waiting
from lib import (DIR, LOOPBACK, eventually, find_program, is_, note, ok,
                 service, wait_for)
from stress import Bystander, Packets, spread, ticks

TFTP, OTHER = 69, 7400
BANNED = "127.0.0.9"
FLOOD_SECONDS = 5.0
DEATHS = 1000


def other():
    return service("other", OTHER, lib.server("echo-server"))


# --- a real tftpd ----------------------------------------------------------------

def tftp_service(data, **more):
    """The text of the service, or None when there is no such server here."""
    server = find_program("in.tftpd")
    if not ok(server, "in.tftpd is installed"):
        return None
    lib.write(f"{DIR}/tftp/firmware.bin", data)
    return service("tftp", TFTP, server, socket_type="dgram", protocol="udp",
                   wait="yes", server_args=f"-t 600 -s {DIR}/tftp",
                   only_from=LOOPBACK, **more)


def fetch(source=LOOPBACK, timeout=5.0, tries=1):
    """The only block of the file, or None: what a client hears."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.settimeout(timeout)
        for _ in range(tries):
            s.sendto(b"\0\1firmware.bin\0octet\0", (LOOPBACK, TFTP))
            with contextlib.suppress(TimeoutError):
                answer, peer = s.recvfrom(2048)
                s.sendto(b"\0\4" + answer[2:4], peer)
                return answer[4:] if answer[:4] == b"\0\3\0\1" else answer
    return None


def refused_while_tftpd_runs():
    data = os.urandom(300)
    text = tftp_service(data)
    if text is None:
        return
    with lib.Gate(text) as gate:
        is_(fetch(timeout=10 * lib.SLOW), data, "an allowed client starts "
            "in.tftpd and gets the file")
        before = [i.pid for i in gate.instances()]
        is_(len(before), 1, "which runs on")
        is_([fetch(BANNED, 0.5) for _ in range(3)], [None] * 3,
            "a refused source gets no answer from it")
        is_(fetch(timeout=10 * lib.SLOW), data, "the allowed one does")
        is_([i.pid for i in gate.instances()], before, "all from one server")
        os.kill(before[0], signal.SIGTERM)
        found = gate.wait_records(1, "datagrams-dropped", "tftp")
        is_(sum(dropped(r) for r in found), 3, "what the filter kept out is "
            "recorded as a number")
        eventually(lambda: gate.state().processes == 0, "it has ended")
        is_(fetch(BANNED, 0.5), None, "nor one from nobody")
        is_(fetch(timeout=10 * lib.SLOW), data, "the next client starts "
            "the next server")


# --- floods ----------------------------------------------------------------------

def used_under_flood(gate, name, port, use):
    """The allowed client's luck while a banned source sends all it can."""
    times, tries, unanswered = [], 0, 0
    with ticks(gate, f"{name}, flooded"), Packets(port, BANNED) as flood, \
            Bystander(OTHER) as bystander:
        end = time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            answered = False
            for _ in range(20):
                tries += 1
                if answered := use():
                    break
            times.append(time.monotonic() - began)
            unanswered += not answered
            time.sleep(0.002)
        flood.stop()
        is_((unanswered, len(times) > 0), (0, True),
            f"{name}: an allowed client is answered, again and again")
        bystander.judge(f"{name}, flooded")
    note(f"{name}: {flood.rate} refused datagrams a second, {flood.sent} in "
         f"all; {len(times)} requests answered in {tries} tries, "
         f"{spread(times)}")
    return flood.sent


def is_by_kernel(record):
    """Not one of the allowed client's, taken off with refused ones."""
    return lib.field(record, "sallyport.dropped_by") == "kernel"


def counted(gate, name, sent):
    """Every refused datagram is in some number; nothing is told one by one."""
    records = gate.records("connection-denied", name)
    denied = sum(1 + (lib.field(r, "sallyport.repeat") or 0)
                 for r in records)
    kept_out = sum(dropped(r) for r in gate.records(
        "datagrams-dropped", name) if is_by_kernel(r))
    ok(kept_out > 0, f"{name}: what the filter kept out is a number",
       dropped=kept_out, sent=sent)
    ok(len(records) < 100, f"{name}: and no record each",
       records=len(records))
    # TERM may come between sending one and counting it.
    ok(len(records) < denied <= sent + 1 - kept_out, f"{name}: what was "
       "denied before there was a filter is counted", denied=denied)
    note(f"{name}: {sent} sent, {kept_out} kept out by the kernel, {denied} "
         f"denied in {len(records)} records")


def flooded():
    """One that the dispatcher answers, and one with a real server."""
    data = os.urandom(300)
    tftp = tftp_service(data)
    if tftp is None:
        return
    echo = service("echo", UDP, None, type="INTERNAL UNLISTED",
                   socket_type="dgram", protocol="udp", wait="yes",
                   only_from=LOOPBACK)
    gate = lib.Gate(other() + echo + tftp)
    with gate:
        with dgram.client(timeout=0.5) as s:
            def ask():
                s.send(b"sally")
                with contextlib.suppress(TimeoutError):
                    return s.recv(100) == b"sally"
                return False
            echoed = used_under_flood(gate, "echo", UDP, ask)
        # Its server begins under the flood: nothing was asked before.
        fetched = used_under_flood(gate, "tftp", TFTP,
                                   lambda: fetch(timeout=0.5) == data)
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")
        is_(gate.records("helper-died"), [], "and nobody fell")
        os.kill(gate.instances()[0].pid, signal.SIGTERM)
        eventually(lambda: gate.state().processes == 0, "in.tftpd ends")
    counted(gate, "echo", echoed)
    counted(gate, "tftp", fetched)


# --- servers that die at once -----------------------------------------------------

def dies_after_each():
    """A server for each datagram: no reason to pause, however often it ends."""
    file = usable("starts")
    with lib.Gate(other() + waiting("d", UDP, f"{file} serve 1")) as gate, \
            dgram.client() as s, Bystander(OTHER) as bystander:
        with ticks(gate, f"{DEATHS} servers of one datagram each"):
            answers = [dgram.ask(s, str(n)) for n in range(DEATHS)]
        is_([a and a[1] for a in answers], [str(n) for n in range(DEATHS)],
            f"{DEATHS} datagrams are answered")
        is_(len({a[0] for a in answers if a}), DEATHS, "each by a server of "
            "its own")
        bystander.judge(f"{DEATHS} deaths")
        eventually(lambda: gate.state().processes == 0, "all have ended")
        is_(len(dgram.starts(file)), DEATHS, "and no other was started")
        is_([r for r in gate.audit()
             if "end at once" in (r.get("message") or "")], [],
            "none had to wait")


SERVICES = 63       # with 16 deaths each before the pause passes 6.4 s


def most_starts(seconds):
    """So often can a server have been started that leaves what waits there."""
    count, pause, at = 10, 0.1, 0.0
    while (at := at + pause) <= seconds:
        count, pause = count + 1, min(2 * pause, 10.0)
    return count


def dies_and_leaves():
    """1,000 servers die and leave the datagram: ever longer pauses, and then
    one that is well. The count is bounded by the time, never the time."""
    bad = dgram.fresh("bad")
    lib.write(bad, "")
    files = [usable(f"starts{n}") for n in range(SERVICES)]
    text = other() + "".join(
        waiting(f"d{n}", UDP + n, f"{files[n]} serve 1000 {bad}")
        for n in range(SERVICES))

    def counts():
        return [len(dgram.starts(file)) for file in files]
    with contextlib.ExitStack() as stack, lib.Gate(text) as gate:
        ends = [stack.enter_context(dgram.client(port=UDP + n, timeout=30.0))
                for n in range(SERVICES)]
        bystander = stack.enter_context(Bystander(OTHER))
        began = time.monotonic()
        with ticks(gate, "servers that die and leave the datagram"):
            for s in ends:
                s.send(b"well?")
            wait_for(lambda: sum(counts()) >= DEATHS, 60 * lib.SLOW, 0.1)
        died, took = counts(), time.monotonic() - began
        ok(sum(died) >= DEATHS, f"{DEATHS} servers have died", deaths=died)
        with ticks(gate, "the next two seconds"):
            time.sleep(2)
        died, took = counts(), time.monotonic() - began
        # On a busy machine one may live for a second: that begins anew.
        slow = Counter(lib.field(r, "service.name")
                       for r in gate.records("connection-closed")
                       if lib.field(r, "event.duration") > 900_000_000)
        bounds = [most_starts(took) + 10 * slow[f"d{n}"]
                  for n in range(SERVICES)]
        ok(all(n <= bound for n, bound in zip(died, bounds)), "none was "
           "started more often than the pauses allow", starts=died,
           bounds=bounds)
        ok(min(died) >= 10, "each was tried", starts=min(died))
        note(f"{sum(died)} deaths in {took:.1f} s, {max(died)} of one service "
             f"at most, where {max(bounds)} are allowed")
        bystander.judge("deaths")
        is_(sum("end at once" in (r.get("message") or "")
                for r in gate.audit()), SERVICES, "one warning for each")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")
        os.unlink(bad)
        is_([a and a[1] for a in map(dgram.hear, ends)], ["well?"] * SERVICES,
            "a server that is well answers what has waited")
        is_([a and a[1] for a in (dgram.ask(s, "again") for s in ends)],
            ["again"] * SERVICES, "and serves on")
        lib.write(bad, "")
        eventually(lambda: gate.state().processes == 0, "all end")


if __name__ == "__main__":
    lib.main([refused_while_tftpd_runs, flooded, dies_after_each,
              dies_and_leaves])
