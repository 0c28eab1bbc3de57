#!/usr/bin/env python3
"""Limits that hit only the offender: source_cps, source_prefix."""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dgram
import lib
from lib import ask, dial, eventually, field, is_, ok, service

PORT = 7500
BAD, GOOD = "127.3.0.1", "127.3.0.2"


def limited(name, port, **more):
    return service(name, port, lib.server("echo-server"),
                   **{"source_cps": "5 3600", "flags": "IPv4 IPv6", **more})


def served(port, source, count=1, host="127.0.0.1"):
    return sum(ask(port, host, source=source, send=b"x",
                   finish=True)[0] == b"x" for _ in range(count))


def offender():
    with lib.Gate(limited("door", PORT) + limited("gate", PORT + 1)) as gate:
        got = served(PORT, BAD, 200)
        ok(5 <= got <= 10, "of 200 connections some five are served", got=got)
        is_(served(PORT, BAD, 20), 0, "then none")
        is_(served(PORT, GOOD, 2), 2, "another source next to it is served")
        is_(served(PORT + 1, BAD, 1), 1, "the other service counts by itself")
        denied = gate.wait_records(200, "connection-denied", "door")
        is_({(field(r, "source.ip"), field(r, "event.reason"),
              field(r, "sallyport.cause")) for r in denied},
            {(BAD, "per_source_limit", "source_cps")},
            "each refusal has its record with the limit")
        ok(gate.reload(), "a reload")
        is_((served(PORT, BAD), served(PORT, GOOD)), (0, 1),
            "changes nothing about either")
        pid = gate.helper("dispatch")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: gate.helper("dispatch") not in (0, pid),
                   "another dispatcher comes")
        is_(served(PORT, GOOD), 1, "and serves")
        is_(served(PORT, BAD, 3), 0, "but not the offender")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")


def many_addresses():
    """Whoever has a network of IPv6 is one source, and its neighbour another."""
    own = [f"fd00:0:0:aa{n:02x}::{n + 1:x}" for n in range(30)]
    other = "fd00:0:0:ab00::1"
    for address in (*own, other):
        lib.ip("addr", "add", f"{address}/128", "dev", "lo")
    with lib.Gate(limited("door", PORT, v6only="yes", flags="IPv6")):
        got = sum(served(PORT, address, host="::1") for address in own)
        ok(5 <= got <= 8, "30 addresses of one /56 are one source", got=got)
        is_(served(PORT, other, 3, "::1"), 3, "the next /56 is another")


def prefixes():
    """per_source counts by address, and by source_prefix where it is given."""
    def held(port, sources):
        sessions, alive = [], 0
        for source in sources:
            s = dial(port, source=source)
            sessions.append(s)
            s.settimeout(5)
            try:
                s.sendall(b"x")
                alive += s.recv(1) == b"x"
            except OSError:
                pass
        for s in sessions:
            s.close()
        return alive

    near = ["127.3.0.1", "127.3.0.2", "127.3.9.9"]
    config = limited("address", PORT, per_source="1", source_cps="0 0") + \
        limited("wide", PORT + 1, per_source="1", source_cps="0 0",
                source_prefix="16 48")
    with lib.Gate(config):
        is_(held(PORT, near), 3, "one session each without it")
        is_(held(PORT + 1, [*near, "127.4.0.1"]), 2,
            "one for all of a /16 with it, and one for another")


def datagrams():
    """Nobody has to wait because of a forged source."""
    with lib.Gate(service("echo", PORT, None, type="INTERNAL UNLISTED",
                          socket_type="dgram", protocol="udp", wait="yes",
                          source_cps="5 3600", cps="0 0")) as gate:
        with dgram.client(BAD, 0.3, PORT) as s:
            def echoed():
                s.send(b"hello")
                try:
                    return s.recv(100) == b"hello"
                except TimeoutError:
                    return False
            got = sum(echoed() for _ in range(12))
            ok(5 <= got < 12, "beyond the rate some are lost", got=got)
            eventually(echoed, "but it goes on")
        ok(gate.wait_records(1, "connection-denied", "echo"), "with a record")


if __name__ == "__main__":
    lib.main([offender, many_addresses, prefixes, datagrams])
