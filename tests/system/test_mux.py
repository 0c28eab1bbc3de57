#!/usr/bin/env python3
"""Hostile clients of tcpmux, with real servers behind it."""

import contextlib
import os
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import DIR, eventually, field, is_, note, ok, service
from stress import Bystander, Crowd, Silent, room_for, ticks

MUX, RATED, OTHER = 7800, 7801, 7802
LOG = f"{DIR}/mux.log"
UNKNOWN = b"-Service name not found\r\n"
WAITING = 1024          # for a line at the same time
SILENT = 16000


def mux_service(name, port, **more):
    return service(name, port, None, type="INTERNAL UNLISTED",
                   **{"log_type": f"FILE {LOG}",
                      "log_on_failure": "HOST", **more})


def behind(name, kind="TCPMUX", **more):
    return service(name, None, lib.server("echo-server"),
                   type=f"{kind} UNLISTED", flags=None,
                   log_type=f"FILE {LOG}", log_on_success="HOST PID",
                   log_on_failure="HOST", **more)


def config():
    """The policy; the log begins anew with it."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(LOG)
    return (mux_service("tcpmux", MUX, no_access="127.9.9.9") +
            mux_service("tcpmux", RATED, id="rated", cps="3 30") +
            behind("plain", no_access="127.9.9.8") +
            behind("plus", "TCPMUXPLUS") +
            behind("few", instances=2) +
            service("other", OTHER, lib.server("echo-server")))


def said(data, port=MUX, source="127.0.0.1", finish=True):
    return lib.ask(port, source=source, send=data, finish=finish,
                   timeout=20 * lib.SLOW)


def is_honest_served():
    return said(b"plus\r\nhonest") == (b"+Go\r\nhonest", "eof")


def in_pieces(data):
    """One byte a segment."""
    with lib.dial(MUX, timeout=20 * lib.SLOW) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            s.sendall(bytes([byte]))
            time.sleep(0.002)
        s.shutdown(socket.SHUT_WR)
        return lib.read_all(s)[0]


def beyond_the_line(size):
    """Everything behind the line is the server's, however it comes."""
    data = os.urandom(size)
    with lib.dial(MUX, timeout=20 * lib.SLOW) as s, \
            ThreadPoolExecutor(1) as pool:
        def send():
            s.sendall(b"plain\r\n" + data)
            s.shutdown(socket.SHUT_WR)
        sending = pool.submit(send)
        answer = lib.read_all(s)[0]
        sending.result()
    return answer == data


def lines():
    with lib.Gate(config()) as gate, Bystander(OTHER) as bystander:
        is_(said(b"plain\r\n"), (b"", "eof"), "a line")
        is_(said(b"PLUS\nsally"), (b"+Go\r\nsally", "eof"),
            "any case, a bare LF, and data behind it")
        with ThreadPoolExecutor(20) as pool:
            got = list(pool.map(in_pieces, [b"plus\r\nsally"] * 20))
        is_(got, [b"+Go\r\nsally"] * 20, "twenty clients, byte by byte")
        is_([beyond_the_line(size) for size in (1, 1000, 300_000)],
            [True] * 3, "what comes with the line reaches the server whole")
        is_(said(b"x" * 254 + b"\r\n"), (UNKNOWN, "eof"),
            "a line of 256 bytes is read")
        is_(said(b"x" * 255 + b"\n"), (UNKNOWN, "eof"), "with LF alone, too")
        is_(said(b"x" * 255 + b"\r\n", finish=False)[0], b"", "one of 257 "
            "is not")
        is_(said(b"x" * 256, finish=False)[0], b"", "nor 256 without an end")
        with ThreadPoolExecutor(10) as pool:
            got = list(pool.map(lambda _: said(b"x" * (1 << 20))[0],
                                range(10)))
        is_(got, [b""] * 10, "ten megabytes without an end are refused")
        for name in (b"pla\0in", b"plain\0", b"\0", b"", b"plain ", b"../plain",
                     b"help", b"\x1b[2Jplain", b"tcpmux", b"other",
                     b"plain\r26/11/26@08:00:00: START: plain pid=1 "
                     b"from=10.9.9.9"):
            is_(said(name + b"\r\n")[0], UNKNOWN, f"{name!r} is no name")
        is_(said(b"plai")[0], b"", "an end before the line's")
        bystander.judge("odd lines")
        judge_log(gate)


def judge_log(gate):
    """No line that a client has written, and a record for each refusal."""
    gate.settle()
    with open(LOG, encoding="latin-1", newline="\n") as file:
        found = file.read().split("\n")[:-1]
    good = re.compile(r"\d\d/\d\d?/\d\d?@\d\d:\d\d:\d\d: "
                      r"(START: (plain|plus|few) pid=\d+ from=127\.[\d.]+|"
                      r"FAIL: (tcpmux|rated|plain|plus|few) [\w ]+ "
                      r"from=127\.[\d.]+|"
                      r"(Dea|A)ctivating service rated.*)")
    is_([line for line in found if not good.fullmatch(line)], [],
        "no line of the log is forged")
    records = gate.audit()
    is_(gate.torn, [], "every line of the audit is a record")
    is_(sum("FAIL:" in line for line in found),
        sum(r["event"]["action"] == "connection-denied" for r in records),
        "a line for each refusal")
    is_(gate.records("privsep-violation"), [], "nobody broke a rule")
    is_(gate.records("helper-died"), [], "and nobody fell")


def reasons(gate, name):
    return [field(r, "event.reason")
            for r in gate.records("connection-denied", name)]


def rules_of_both():
    with lib.Gate(config()) as gate:
        is_(said(b"plain\r\nx", source="127.9.9.9")[0], b"",
            "the mux service's own list refuses, whatever is asked for")
        is_(said(b"plain\r\nx", source="127.9.9.8")[0], b"",
            "the client service's list does")
        is_(said(b"plus\r\nx", source="127.9.9.8")[0], b"+Go\r\nx",
            "and nobody else's")
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(lib.dial(MUX)) for _ in range(2)]
            for s in held:
                s.sendall(b"few\r\nx")
                is_(s.recv(1), b"x", "an instance of the client service")
            is_(said(b"few\r\nx")[0], b"", "instances is its own limit")
            ok(is_honest_served(), "and nobody else's")
        got = [said(b"plus\r\nx", RATED)[0] for _ in range(10)]
        ok(3 <= got.count(b"+Go\r\nx") < 10, "cps of the mux service holds",
           got=got)
        ok(is_honest_served(), "for that one alone")
        judge_log(gate)
        is_([reasons(gate, name)
             for name in ("tcpmux", "plain", "few", "rated")],
            [["address"], ["address"], ["service_limit"],
             ["connections per second"] * got.count(b"")],
            "each has its record, by the service whose rule it was")


def crowd():
    """More silent clients than there are places: nobody else is kept out."""
    sources = [f"127.0.1.{n}" for n in range(1, 9)]
    count = room_for(SILENT // len(sources)) * len(sources)
    with contextlib.ExitStack() as stack:
        gate = stack.enter_context(lib.Gate(config()))
        others = [stack.enter_context(Bystander(OTHER)),
                  stack.enter_context(Bystander(is_honest_served,
                                                "the same service"))]
        began = time.monotonic()
        with ticks(gate, f"{count} silent clients"):
            stack.enter_context(Crowd(MUX, count // 2, sources))
            # These wake the dispatcher once more, each.
            stack.enter_context(Crowd(MUX, count - count // 2, sources,
                                      "plai"))
        took = time.monotonic() - began
        want = count - WAITING
        found = gate.wait_records(want, "connection-denied", "tcpmux",
                                  seconds=30)
        ok(len(found) >= want, f"all but {WAITING} are refused at once",
           refused=len(found), want=want)
        for one in others:
            one.judge(f"{count} silent clients")
        eventually(lambda: len(gate.records(
            "connection-denied", "tcpmux")) == count, "in the end all are",
            30 * lib.SLOW)
        note(f"{count} silent connections in {took:.1f} s")
        judge_log(gate)


def said_late(_):
    """A client that is far away: its line comes after 300 ms."""
    with contextlib.suppress(OSError), \
            lib.dial(MUX, timeout=20 * lib.SLOW) as s:
        time.sleep(0.3)
        s.sendall(b"plus\r\nlate")
        s.shutdown(socket.SHUT_WR)
        return lib.read_all(s)[0]
    return None


def one_source():
    """Whoever opens silent connections without end shuts out himself."""
    with lib.Gate(config()) as gate, ThreadPoolExecutor(10) as pool:
        with ticks(gate, "a flood"), Silent(MUX, "127.0.0.9") as flood:
            eventually(lambda: len(gate.records(
                "connection-denied", "tcpmux")) > WAITING, "all slots are "
                "taken, and taken again")
            got = list(pool.map(said_late, range(50)))
            flood.stop()
        is_(got, [b"+Go\r\nlate"] * 50, "clients who need 300 ms for their "
            "line are served")
        note(f"{flood.sent} silent connections, {flood.rate} a second")
        denied = gate.records("connection-denied", "tcpmux")
        is_({field(r, "source.ip") for r in denied}, {"127.0.0.9"},
            "nobody else gave way")


if __name__ == "__main__":
    lib.main([lines, rules_of_both, crowd, one_source])
