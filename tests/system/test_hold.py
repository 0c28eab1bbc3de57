#!/usr/bin/env python3
"""Clients whom the dispatcher holds for an answer of lookup, and who lose when
there are too many: see player.py."""

import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gate
import lib
from hostile_dns import silent
from lib import dial, eventually, is_, ok, read_all
from lookup import A, PTR, Dns, answers, reverse
from player import Player, datagrams, tcp, udp
from test_dispatch import (HOST, NAMES, NO, PATIENT, YES, entry, packets,
                           server)


def crowd():
    """A source whose names nobody tells keeps out itself, not the others."""
    config = (PATIENT +
              "".join(server(f"named{n}", 5020 + n, only_from=".good.example")
                      for n in range(9)))
    with Player(config, [tcp(5020 + n) for n in range(9)]) as p, \
            contextlib.ExitStack() as stack:
        p.give_lookup()

        def held(source, port):
            stack.enter_context(dial(port, source=source))
            return p.question()

        first = held("127.7.0.1", 5020)
        for _ in range(40):
            held("127.7.9.9", 5020)
        second = held("127.7.0.2", 5020)
        is_([r.source[0] for r in p.records(10, action="DENIED")],
            ["127.7.9.9"] * 10, "of a service")
        # 31 + 7 * 32 + 1: the slots of all services.
        for n in range(225):
            held("127.7.9.9", 5021 + n // 32)
        third = held("127.7.0.3", 5028)
        is_([r.source[0] for r in p.records(12, action="DENIED")],
            ["127.7.9.9"] * 12, "and of all")
        for who, q in (("came first", first), ("came later", second),
                       ("came last", third)):
            p.reply(q, YES, "host.good.example")
            m = p.receive()
            is_(m and m.name, "START", f"one that {who} is served")
            if m:
                os.close(m.fds[0])
                p.answer(m)


def within():
    """A client of tcpmux is held twice, the second time because of what
    followed from the first, while there is no other slot."""
    config = (PATIENT + entry("tcpmux", 5010, only_from=".plant.example") +
              server("inner", type="TCPMUX UNLISTED",
                     only_from="slow.example") +
              "".join(server(f"named{n}", 5020 + n, only_from="good.example")
                      for n in range(8)))
    with Player(config, [tcp(5010), *(tcp(5020 + n) for n in range(8))]) as p:
        # And the channel to lookup.
        files = 1 + len(os.listdir(f"/proc/{p.process.pid}/fd"))
        p.give_lookup()
        for turn in ("", " again"):
            with contextlib.ExitStack() as stack:
                c = stack.enter_context(dial(5010))
                c.sendall(b"inner\r\n")
                first = p.question()
                is_(first[1], NAMES, "the oldest is asked about" + turn)
                rest = [stack.enter_context(dial(5020 + n % 8))
                        for n in range(255)]
                others = [p.question() for _ in rest]
                p.reply(first, YES, "host.plant.example")
                second = p.question()
                is_((second[1], second[4]), (HOST, "slow.example"),
                    "and then about the service behind" + turn)
                p.reply(second, YES)
                m = p.receive()
                is_(m and m.name, "START", "who is served" + turn)
                if m:
                    is_(m.start()[0], 1, "there" + turn)
                    os.close(m.fds[0])
                    p.answer(m)
                for q in others:
                    p.reply(q, NO)
                is_([read_all(one)[0] for one in rest], [b""] * 255,
                    "everybody else has an answer" + turn)
            eventually(lambda: len(os.listdir(
                f"/proc/{p.process.pid}/fd")) == files,
                "no descriptor is left" + turn)
        is_(len(p.records(510, action="DENIED")), 510, "nor a record")


def impatient():
    """Datagrams whose sources nobody tells do not stop the others for long."""
    config = PATIENT + packets("echo", 5007,
                               only_from="good.example 127.0.0.1")
    with Player(config, [udp(5007)]) as p, datagrams("127.7.9.9") as bad, \
            datagrams() as good:
        p.give_lookup()
        for _ in range(20):
            bad.sendto(b"x", ("127.0.0.1", 5007))
        good.sendto(b"good", ("127.0.0.1", 5007))
        begin = time.monotonic()
        is_(good.recv(99), b"good", "a source that needs no name is served")
        ok(time.monotonic() - begin < 1.5 * gate.SLOW, "within a second",
           seconds=time.monotonic() - begin)
        eventually(lambda: p.state().services[0].denied == 20,
                   "the others are refused")
        begin = time.monotonic()
        for _ in range(200):
            bad.sendto(b"x", ("127.0.0.1", 5007))
            good.sendto(b"good", ("127.0.0.1", 5007))
            good.recv(99)
        ok(time.monotonic() - begin < 3 * gate.SLOW, "and then soon",
           seconds=time.monotonic() - begin)
        while p.question(0):
            pass
        time.sleep(5)
        with datagrams("127.7.0.1") as late:
            late.sendto(b"late", ("127.0.0.1", 5007))
            q = p.question()
            is_(q and q[2][0], "127.7.0.1", "after a while names are asked")
            if q:
                p.reply(q, YES)
            is_(late.recv(99), b"late", "and answers count")


def known():
    """Ten datagrams of a source with a silent server stop nobody whose name is
    known: with the real lookup."""
    lib.write("/etc/resolv.conf", "nameserver 127.0.0.53\n")
    with Dns() as dns, lib.Gate(packets("echo", 5007,
                                        no_access=".evil.test")), \
            datagrams("127.7.9.9") as bad, datagrams(timeout=30) as good:
        dns.rules[reverse("127.7.9.9")] = silent
        dns.rules[reverse("127.0.0.1")] = answers(PTR, "localhost.test")
        dns.rules["localhost.test"] = answers(A, "127.0.0.1")
        good.sendto(b"first", ("127.0.0.1", 5007))
        is_(good.recv(99), b"first", "its name is found")
        begin = time.monotonic()
        for _ in range(10):
            bad.sendto(b"x", ("127.0.0.1", 5007))
        good.sendto(b"second", ("127.0.0.1", 5007))
        is_(good.recv(99), b"second", "and known")
        ok(time.monotonic() - begin < 2 * lib.SLOW, "it does not wait long",
           seconds=time.monotonic() - begin)


def drain_inside():
    """DRAIN, read in the middle of a decision about a datagram."""
    config = ("gateway\n{\n\tlookup_timeout = 60s\n\tprocess_limit = 1\n}\n" +
              packets("echo", 5007, only_from="good.example") +
              server("open", 5021))
    sock = udp(5007)
    with Player(config, [sock, tcp(5021)]) as p, datagrams() as s:
        p.give_lookup()
        s.sendto(b"stays", ("127.0.0.1", 5007))
        q = p.question()
        with dial(5021):
            m = p.receive()
            is_(m.name, "START", "one start is not answered")
            p.process.send_signal(signal.SIGSTOP)
            p.reply(q, YES)
            time.sleep(0.1)
            p.drain()
            p.process.send_signal(signal.SIGCONT)
            ok(p.is_silent(), "it waits for the parent")
            p.answer(m)
            found = p.receive()
            is_(found and found.name, "DRAINED", "then it is over",
                stderr=p.stderr())
        is_(p.process.wait(10), 0, "and ends")
        is_(sock.recv(99), b"stays", "the datagram is left to the next one")


if __name__ == "__main__":
    lib.main([crowd, within, impatient, known, drain_inside])
