#!/usr/bin/env python3
"""What a server that gets the socket finds in it, and what it leaves there."""

import contextlib
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from dgram import UDP, ask, client, fresh, hear, starts, usable, waiting
from lib import eventually, field, is_, like, ok, service, wait_for
from lookup import A, PTR, Dns, answers, reverse
from test_hostile_net import resolv_conf

TRAP = 7310
TRAPS = service("trap", TRAP, None, type="INTERNAL UNLISTED",
                flags="SENSOR IPv4", deny_time="5")


@contextlib.contextmanager
def stopped(pid):
    """What is sent meanwhile stands in the queue when it goes on."""
    os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: lib.stat_of(pid)[0] == "T", "a process is stopped")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def said(gate, text):
    return wait_for(lambda: any(text in (r.get("message") or "")
                                for r in gate.audit()))


def behind_the_first():
    """A refused datagram behind an allowed one never reaches the server."""
    file, end = usable("starts"), fresh("end")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1000 {end}",
                          only_from="127.0.0.0/30",
                          no_access="127.0.0.2")) as gate, \
            client("127.0.0.2", 1) as bad, client() as good:
        with stopped(gate.helper("dispatch")):
            good.send(b"hello")
            bad.send(b"secret")
            good.send(b"again")
        is_(hear(bad), None, "who is refused gets no answer")
        denied = gate.wait_records(1, "connection-denied", "d")
        is_([field(r, "source.ip") for r in denied], ["127.0.0.2"],
            "and a record")
        lost = gate.wait_records(1, service="d", action="datagrams-dropped")
        is_([(field(r, "sallyport.dropped"), field(r, "sallyport.dropped_by"))
             for r in lost], [(2, "dispatch")],
            "what had to go with it is a number")
        like(lost[0]["message"] if lost else "", "2 datagrams for service d "
             "taken off with refused ones", "with its reason")
        is_(starts(file), [], "no server was started for them")
        ok(ask(good, "hello"), "the repetition is served")
        is_((ask(bad, "secret"), hear(bad)), (None, None),
            "the refused one not then either")
        lib.write(end, "")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")


def banned():
    """Whom a sensor has met is sifted out where there is no list at all."""
    file, end = usable("starts"), fresh("end")
    config = TRAPS + waiting("d", UDP, f"{file} serve 1000 {end}",
                             flags="IPv4 NOLIBWRAP")
    with lib.Gate(config) as gate, client("127.0.0.2", 1) as bad, \
            client() as good:
        ok("warning: service d: wait: whom a sensor bans" in gate.stderr(),
           "a warning tells what a ban does not hold for",
           stderr=gate.stderr())
        lib.ask(TRAP, source="127.0.0.2")
        ok(gate.wait_records(1, "sensor-tripped"), "a source is banned")
        with stopped(gate.helper("dispatch")):
            good.send(b"hello")
            bad.send(b"secret")
        is_(hear(bad), None, "who is banned gets no answer")
        denied = gate.wait_records(1, "connection-denied", "d")
        is_([field(r, "source.ip") for r in denied], ["127.0.0.2"],
            "and a record")
        is_(starts(file), [], "no server was started")
        ok(ask(good, "hello"), "the repetition is served")
        ok(ask(bad, "secret"), "while that server runs it answers both")
        lib.write(end, "")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")


def empty_ones():
    """A datagram without a byte is one, too."""
    file, end = usable("starts"), fresh("end")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1000 {end}",
                          no_access="127.0.0.2")) as gate, \
            client("127.0.0.2", 1) as bad, client() as good:
        with stopped(gate.helper("dispatch")):
            for sock in (good, good, bad, good):
                sock.send(b"")
        is_(hear(bad), None, "no answer to the refused one")
        ok(gate.wait_records(1, "connection-denied", "d"), "but a record")
        ok(ask(good, "x"), "the allowed one is served")
        lib.write(end, "")


def seen_before():
    """The kernel shows an empty datagram to one look behind the head only: those
    of an earlier start must not hide a refused one behind them."""
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} slow 4", cps="0 10",
                          no_access="127.0.0.2")) as gate, \
            client("127.0.0.2", 4) as bad, client() as good:
        dispatch = gate.helper("dispatch")
        with stopped(dispatch):
            for _ in range(6):
                good.send(b"")
        eventually(lambda: gate.instances(), "a server has the socket")
        with stopped(dispatch):
            eventually(lambda: gate.state().processes == 0, "it has ended")
            bad.send(b"secret")
        is_(hear(bad), None, "who is refused is not answered")
        ok(gate.wait_records(1, "connection-denied", "d"), "but recorded")


def while_a_name_is_asked():
    resolv_conf("127.0.0.53")
    file, end = usable("starts"), fresh("end")
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(Dns())

        def slow(query):
            data = answers(PTR, "good.test")(query)
            threading.Timer(0.3, lambda: dns.udp.sendto(
                data, ("127.0.0.1", dns.seen[-1][1]))).start()

        dns.rules[reverse("127.0.0.5")] = slow
        dns.rules["good.test"] = answers(A, "127.0.0.5")
        gate = stack.enter_context(lib.Gate(waiting(
            "d", UDP, f"{file} serve 1000 {end}",
            no_access="127.0.0.2 .evil.test")))
        bad = stack.enter_context(client("127.0.0.2", 1))
        good = stack.enter_context(client("127.0.0.5"))
        good.send(b"hello")
        eventually(lambda: dns.seen, "the source's name is asked")
        bad.send(b"secret")
        is_(hear(bad), None, "who is refused by number stays out meanwhile")
        ok(gate.wait_records(1, "connection-denied", "d"), "with a record")
        ok(ask(good, "hello"), "who was asked about is served")
        is_(ask(bad, "secret"), None, "and the refused one is not")
        lib.write(end, "")


PATIENCE = 40.0     # seconds for twenty answers, whatever the machine


@contextlib.contextmanager
def spraying(sock):
    """Sends all the while."""
    over = threading.Event()

    def spray():
        while not over.wait(0.0005):
            with contextlib.suppress(OSError):
                sock.send(b"secret")

    thread = threading.Thread(target=spray)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def sprayed():
    """A refused source that keeps sending between the starts."""
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1", cps="0 10",
                          no_access="127.0.0.2")), \
            client("127.0.0.2", 0.05) as bad, client(timeout=0.5) as good:
        heard, served = [], 0
        with spraying(bad):
            end = time.monotonic() + PATIENCE * lib.SLOW
            while served < 20 and time.monotonic() < end:
                served += ask(good, "hello") is not None
                heard.append(hear(bad))
        is_([answer for answer in heard if answer], [], "is never answered")
        ok(served >= 20, "and keeps nobody out for long", served=served)


def sprayed_by_banned():
    """The same from one that a sensor has met, whom no filter keeps out."""
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1", cps="0 10") + TRAPS) \
            as gate, client("127.0.0.2") as bad, client(timeout=0.5) as good:
        lib.ask(TRAP, source="127.0.0.2")
        ok(gate.wait_records(1, "sensor-tripped"), "a source is banned")
        with spraying(bad):
            served, end = 0, time.monotonic() + PATIENCE * lib.SLOW
            while served < 20 and time.monotonic() < end:
                served += ask(good, "hello") is not None
        ok(served >= 20, "it keeps nobody out for long", served=served)
        is_({source for *_, source in starts(file)}, {"127.0.0.1"},
            "and starts no server")


def hosts_deny():
    """Rules of hosts.deny hold while a server has the socket."""
    file, end = usable("starts"), fresh("end")
    lib.write("/etc/hosts.allow", "wait-server: 127.0.0.4\n", 0o644)
    lib.write("/etc/hosts.deny", "ALL: 127.0.0.2, 127.0.0.4\n", 0o644)
    try:
        with lib.Gate(waiting("d", UDP, f"{file} serve 1000 {end}")) as gate, \
                client() as good, client("127.0.0.2", 1) as bad, \
                client("127.0.0.3", 1) as later, client("127.0.0.4") as safe, \
                client("127.0.0.5", 1) as other:
            ok(ask(good, "hello"), "a server runs")
            is_(ask(bad, "x"), None, "whom hosts.deny names is not answered")
            ok(ask(safe, "x"), "whom hosts.allow names first is")
            ok(ask(later, "x"), "and whom no rule names")
            lib.write("/etc/hosts.deny", "ALL: 127.0.0.2\nALL: 127.0.0.3\n",
                      0o644)
            eventually(lambda: ask(later, "x") is None,
                       "until a line is added: it holds for that server")
            ok(ask(good, "hello"), "which serves the others")
            ok(ask(other, "x"), "and one that no rule names yet")
            lib.write("/etc/hosts.deny", "ALL: ALL EXCEPT 127.0.0.1\n", 0o644)
            eventually(lambda: ask(other, "x") is None,
                       "until all but one are refused")
            ok(ask(good, "hello"), "who is served")
            lib.write("/etc/hosts.deny", "ALL: 127.0.0.5/255.0.0.255\n" +
                      "".join(f"ALL: 10.{i // 200}.{i % 200}.1\n"
                              for i in range(1600)), 0o644)
            eventually(lambda: ask(later, "x"), "a longer list names others")
            is_(ask(other, "x"), None, "what fits of it holds")
            is_(len(starts(file)), 1, "there was one server")
            lib.write(end, "")
            is_(gate.records("privsep-violation"), [], "nobody broke a rule")
        lib.write("/etc/hosts.deny", "ALL: .evil.test\n", 0o644)
        with lib.Gate(waiting("d", UDP, f"{file} serve 1")) as gate:
            eventually(lambda: "warning: service d: flags: not all of "
                       "hosts.deny fits a socket filter" in gate.stderr(),
                       "a name there brings a warning")
    finally:
        os.unlink("/etc/hosts.allow")
        os.unlink("/etc/hosts.deny")


def left_behind():
    """What a server does to the socket ends with it."""
    for how in ("deaf", "behind"):
        file = usable("starts")
        with lib.Gate(waiting("d", UDP, f"{file} {how}",
                              cps="0 10")) as gate, client() as good:
            for i in range(3):
                ok(ask(good, "x"), f"{how}: client {i} is served")
                ok(len(gate.wait_records(i + 1, "connection-closed", "d")) ==
                   i + 1, f"{how}: its server ends")


def locked():
    file = usable("starts")
    config = waiting("d", UDP, f"{file} lock")
    with lib.Gate(config) as gate, client(timeout=1) as good:
        ok(ask(good, "a"), "a server that locks its filter into the socket")
        ok(said(gate, "shut it down or locked it"), "is found out")
        is_(ask(good, "b"), None, "nothing is started for a deaf socket")
        ok(gate.reload(config.replace("lock", "serve 1")), "a reload")
        ok(ask(good, "c"), "opens another one")


if __name__ == "__main__":
    lib.main([behind_the_first, banned, empty_ones, seen_before,
              while_a_name_is_asked, sprayed, sprayed_by_banned,
              hosts_deny, left_behind, locked])
