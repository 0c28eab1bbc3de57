#!/usr/bin/env python3
"""The dispatcher alone, every kind of service: see player.py."""

import contextlib
import os
import select
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gate
import lib
import player
from lib import ask, dial, eventually, is_, like, ok, read_all, within
from player import Player, datagrams, tcp, udp

YES, NO, UNKNOWN = 1, 0, 2
HOST, NAMES, IDENT = 0, 1, 2
NOTHING_SENT = b"nothing came"


def entry(name, port=None, **attributes):
    """A service of an internal kind unless told otherwise."""
    lines = {"type": "INTERNAL UNLISTED", "socket_type": "stream",
             "protocol": "tcp", "wait": "no", "user": "root",
             "flags": "IPv4", "bind": "127.0.0.1", "cps": "0 10",
             "instances": "UNLIMITED", "port": port}
    lines.update(attributes)
    if port is None:
        for word in ("bind", "flags"):
            lines.pop(word)
    body = "".join(f"\t{key} = {value}\n" for key, value in lines.items()
                   if value is not None)
    return f"service {name}\n{{\n{body}}}\n"


def server(name, port=None, **attributes):
    return entry(name, port, **{"type": "UNLISTED", "server": "/bin/true",
                                **attributes})


def packets(name, port, **attributes):
    return entry(name, port, **{"socket_type": "dgram", "protocol": "udp",
                                "wait": "yes", **attributes})


def wait_server(name, port, **attributes):
    return server(name, port, **{"socket_type": "dgram", "protocol": "udp",
                                 "wait": "yes", **attributes})


def exchange(port, request, source="127.0.0.1", from_port=0, timeout=10.0):
    with datagrams(source, from_port, timeout) as s:
        s.sendto(request, ("127.0.0.1", port))
        try:
            return s.recvfrom(4096)[0]
        except TimeoutError:
            return NOTHING_SENT


# Datagrams that dispatch answers.

def answered():
    config = (packets("echo", 5007) + packets("discard", 5009) +
              packets("chargen", 5019) + packets("daytime", 5013) +
              packets("time", 5037))
    sockets = [udp(p) for p in (5007, 5009, 5019, 5013, 5037)]
    with Player(config, sockets) as p:
        is_(exchange(5007, b"sally"), b"sally", "echo by datagram")
        is_(exchange(5007, b"x" * 3000), b"x" * 2048,
            "echo is cut at 2048 bytes")
        line = exchange(5019, b"?" * 74)
        is_((len(line), line[-2:]), (74, b"\r\n"), "a line of chargen")
        is_(len(exchange(5019, b"?" * 10)), 10,
            "chargen is no longer than the request")
        is_(len(exchange(5019, b"?" * 2000)), 444,
            "and never longer than 512 bytes: six lines")
        like(exchange(5013, b""), rb"^\d\d [A-Z]{3} \d{4} \d\d:\d\d:\d\d "
             rb"\S+\r\n$".decode(), "daytime by datagram")
        stamp = struct.unpack("!I", exchange(5037, b""))[0] - 2208988800
        within(stamp, time.time() - 60, time.time() + 60, "time by datagram")
        with datagrams() as s:
            s.sendto(b"quiet", ("127.0.0.1", 5009))
        found = p.records(8, action="ACCEPTED")
        is_([r.service for r in found], [0, 0, 2, 2, 2, 3, 4, 1],
            "one record each")
        is_({r.pid for r in found}, {0}, "of no server")
        ok(p.is_silent(), "the parent is asked for nothing")
        state = p.state()
        is_((state.accepted, state.denied, state.handed,
             state.services[0].allowed), (0, 0, 0, 2),
            "datagrams are no connections")


def ping_pong():
    """Nothing is answered where something may answer the answer."""
    with Player(packets("echo", 5007) + packets("chargen", 5019),
                [udp(5007), udp(5019)]) as p:
        for port in (7, 9, 13, 17, 19, 37, 53, 512, 1023, 5019):
            # Each from another address: a source has one record a minute.
            is_(exchange(5007, b"ping", f"127.0.5.{port % 256}", port, 0.2),
                NOTHING_SENT, f"no answer to port {port}")
        is_(len(p.records(10, action="DENIED", reason="address")), 10,
            "each is a denial")
        is_(exchange(5007, b"ping", "127.0.0.5", 1024), b"ping",
            "the first port that is no server's is served")
        is_(exchange(5007, b"ping", "127.0.0.5", 5020), b"ping",
            "others are served")


def endless():
    """Two who answer each other, and do not know each other's ports."""
    near, far = udp(5007), udp(5008)
    with Player(packets("echo", 5007), [near]) as p, \
            Player(packets("echo", 5008), [far]) as q:
        def answers():
            return [x.state().services[0].allowed for x in (p, q)]

        def refused():
            return [x.state().services[0].denied for x in (p, q)]
        # As if the other one had sent them.
        for n in range(20):
            far.sendto(b"%d" % n, ("127.0.0.1", 5007))
        eventually(lambda: sum(refused()) == 20, "all that circle are stopped")
        before = answers()
        is_(max(before), 3000, "after as many as one address has in a minute",
            answers=before)
        time.sleep(1)
        is_((answers(), sum(refused())), (before, 20), "nothing circles any "
            "more")


def often():
    """One address may be answered often, and not without end."""
    with Player(packets("echo", 5007) + packets("discard", 5009),
                [udp(5007), udp(5009)]) as p, datagrams("127.0.0.7") as s:
        answered_ = 0
        for n in range(3000):
            s.sendto(b"%d" % n, ("127.0.0.1", 5007))
            answered_ += s.recv(9) == b"%d" % n
            if n % 100 == 0:        # the records' channel has an end
                p.records()
        is_(answered_, 3000, "as fast as it can ask")
        is_(exchange(5007, b"ping", "127.0.0.7", 0, 0.2), NOTHING_SENT,
            "one more is not answered, from whatever port")
        is_([(r.source[0], r.reason) for r in p.records(1, action="DENIED")],
            [("127.0.0.7", "cps")], "it was too often")
        is_(exchange(5007, b"ping", "127.0.0.5"), b"ping",
            "others are served")
        for n in range(3500):
            s.sendto(b"quiet", ("127.0.0.1", 5009))
            if n % 100 == 0:
                lib.wait_for(lambda: p.state().services[1].allowed > n)
                p.records()
        eventually(lambda: p.state().services[1].allowed == 3500,
                   "what has no answer is not counted")


def suppressed():
    with Player(packets("echo", 5007, only_from="127.0.0.9"),
                [udp(5007)]) as p:
        with datagrams("127.0.0.2") as s, datagrams("127.0.0.3") as t:
            for _ in range(200):
                s.sendto(b"no", ("127.0.0.1", 5007))
            t.sendto(b"no", ("127.0.0.1", 5007))
            eventually(lambda: p.state().services[0].denied == 201,
                       "every denial is counted")
            found = p.records(2, action="DENIED")
            is_([(r.source[0], r.reason) for r in found],
                [("127.0.0.2", "address"), ("127.0.0.3", "address")],
                "one record a source and minute")
        is_(exchange(5007, b"yes", "127.0.0.9"), b"yes", "others are served")


def refused_sources():
    """Refused datagrams of many sources and ports: few records, no loss."""
    sources = [(f"127.7.{n // 250}.{n % 250 + 1}", 6000 + n)
               for n in range(500)]
    with Player(packets("echo", 5007, only_from="127.0.0.9"),
                [udp(5007)]) as p, contextlib.ExitStack() as stack:
        ends = [stack.enter_context(datagrams(*at)) for at in sources]
        began = time.monotonic()
        for n, s in enumerate(ends * 2, 1):
            s.sendto(b"x", ("127.0.0.1", 5007))
            if n % 100 == 0:        # what the socket has room for
                lib.wait_for(lambda: p.state().services[0].denied == n)
        is_(p.state().services[0].denied, 1000, "every denial is counted")
        seconds = time.monotonic() - began
        time.sleep(1.5 * lib.SLOW)
        found = p.records(1, action="DENIED")
        ok(len(found) <= 50 * (seconds + 2), "at most 50 records a second",
           records=len(found), seconds=seconds)
        # Of a source that has a record the rest waits for a minute.
        told = sum(1 + r.number[0] for r in found)
        ok(1000 - len(found) <= told <= 1000, "the number of those beyond is "
           "told when the second is over", told=told)
        with datagrams("127.0.0.2") as s, datagrams("127.0.0.2") as t:
            for end in (s, t, t):
                end.sendto(b"x", ("127.0.0.1", 5007))
            eventually(lambda: p.state().services[0].denied == 1003,
                       "three more")
        time.sleep(1.5 * lib.SLOW)
        is_(len(p.records(1, action="DENIED")), len(found) + 1,
            "have one record: another port is no other source")
        p.drain()
        is_(p.receive().name, "DRAINED", "the dispatcher ends")
        is_(sum(1 + r.number[0] for r in p.records(action="DENIED")), 1003,
            "what is untold at the end is told then")


def shield():
    with Player(packets("echo", 5007, only_from="127.0.0.9"),
                [udp(5007)]) as p:
        with datagrams("127.0.0.2") as s:
            message, sent = None, 0
            while message is None and sent < 200000:
                for _ in range(500):
                    s.sendto(b"no", ("127.0.0.1", 5007))
                sent += 500
                message = p.receive(0)
            is_((message and message.name, message and message.data[8:12]),
                ("SHIELD", b"\0\0\0\0"), "a flood asks for a filter",
                sent=sent)
            for _ in range(3000):
                s.sendto(b"no", ("127.0.0.1", 5007))
            ok(p.is_silent(), "once a minute")


def packet_rate():
    with Player(packets("echo", 5007, cps="3 10"), [udp(5007)]) as p:
        with datagrams() as s:
            for _ in range(3):
                s.sendto(b"x", ("127.0.0.1", 5007))
            is_([s.recv(9) for _ in range(3)], [b"x"] * 3, "within the rate")
            denied = 0
            for _ in range(30):
                s.sendto(b"x", ("127.0.0.1", 5007))
            eventually(lambda: len(p.records(1, action="DENIED",
                                             reason="cps")) > 0,
                       "beyond it is denied", denied=denied)


# Sockets that are handed to a server.

def wait_datagrams():
    sock = udp(5069)
    with Player(wait_server("tftp", 5069, only_from="127.0.0.2"),
                [sock]) as p, datagrams("127.0.0.3") as bad, \
            datagrams("127.0.0.2") as good:
        bad.sendto(b"denied", ("127.0.0.1", 5069))
        good.sendto(b"first", ("127.0.0.1", 5069))
        m = p.receive_guarded()
        is_((m.name, m.start()[:2]), ("START_WAIT", (0, 0)),
            "the listener is asked for")
        is_(p.records(1, action="DENIED")[0].source[0], "127.0.0.3",
            "a denied datagram is recorded")
        is_(sock.recv(99, socket.MSG_PEEK), b"first",
            "and taken off; the allowed one stays")
        good.sendto(b"second", ("127.0.0.1", 5069))
        ok(p.is_silent(), "it is asked for once")
        p.answer(m)
        ok(p.is_silent(), "a server has it: nobody looks")
        is_(sock.recv(99), b"first", "the server reads")
        p.busy(0, "FREE")
        m = p.receive_guarded()
        is_(m.name, "START_WAIT", "free again, with a datagram in the queue")
        p.answer(m, "REFUSED", player.REASONS.index("service_limit"))
        is_(p.records(1, reason="service_limit")[0].source[0], "127.0.0.2",
            "the parent's limit is a denial")
        eventually(lambda: not select.select([sock], [], [], 0)[0],
                   "whose datagram is taken off")
        good.sendto(b"third", ("127.0.0.1", 5069))
        m = p.receive_guarded()
        is_(m.name, "START_WAIT", "and the service lives on")
        began = time.monotonic()
        for _ in range(2):
            p.answer(m, "REFUSED")
            m = p.receive_guarded()
            is_(m and m.name, "START_WAIT", "no reason: it is tried again")
        ok(time.monotonic() - began > 1, "but not at once")
        is_(len(p.records(action="DENIED")), 2, "no denial for that")
        is_(sock.recv(99, socket.MSG_PEEK), b"third", "the datagram is there")
        is_(p.state().accepted, 0, "nothing was accepted")


def wait_busy():
    """Told before GO that a server has the socket."""
    sock = udp(5069)
    with Player(wait_server("tftp", 5069), [sock]) as p, \
            datagrams() as client:
        p.busy(0)
        client.sendto(b"x", ("127.0.0.1", 5069))
        # What GO and BUSY race for is settled by one answer at most.
        m = p.receive(0.3)
        if m is not None:
            p.answer(m)
        ok(p.is_silent(), "a busy listener is left alone")
        p.busy(0, "FREE")
        is_(p.receive().name, "START_WAIT", "until it is free")


def wait_stream():
    listener = tcp(5090)
    with Player(server("sheriff", 5090, wait="yes",
                       access_times="00:00-24:00"), [listener]) as p:
        with dial(5090) as c:
            m = p.receive()
            is_(m.name, "START_WAIT", "a stream listener is asked for")
            p.answer(m, "REFUSED", player.REASONS.index("process_limit"))
            is_(read_all(c)[0], b"", "a denied connection is closed")
            is_(p.records(1, action="DENIED")[0].source[0], "127.0.0.1",
                "and recorded with its source")
        eventually(lambda: (p.state().accepted, p.state().denied) == (1, 1),
                   "it was accepted and denied")
        with dial(5090) as c:
            p.answer(p.receive())
            ok(p.is_silent(), "a server has it")
            with contextlib.closing(listener.accept()[0]):
                pass
            is_(read_all(c)[0], b"", "the connection was the server's")


# Sensors.

def sensor():
    config = (entry("trap", 5001, type="INTERNAL UNLISTED",
                    flags="SENSOR IPv4", deny_time="2") +
              server("real", 5002))
    listeners = [tcp(5001), tcp(5002)]
    with Player(config, listeners) as p:
        is_(ask(5001, source="127.0.0.66")[0], b"", "a sensor says nothing")
        p.records(2)
        is_([(r.action, r.reason, r.source[0]) for r in p.seen],
            [("PENALISED", "", "127.0.0.66"),
             ("DENIED", "address", "127.0.0.66")], "it records and remembers")
        is_(p.seen[0].number[0], 2, "for two minutes")
        is_(ask(5002, source="127.0.0.66")[0], b"", "refused elsewhere")
        found = p.records(1, service=1, action="DENIED")
        is_(found[0].reason, "address", "by address")
        with dial(5002, source="127.0.0.67"):
            is_(p.receive().name, "START", "others are served")
        scores = os.dup(p.scores)
    with Player(config, listeners, scores) as p:
        is_(ask(5002, source="127.0.0.66")[0], b"",
            "the next dispatcher remembers")
    os.pwrite(scores, os.urandom(os.fstat(scores).st_size), 0)
    with Player(config, listeners, scores) as p:
        with dial(5002, source="127.0.0.66"):
            is_(p.receive().name, "START", "garbage in the memory is nothing")
    sock = udp(5003)
    with Player(packets("trap", 5003, flags="SENSOR IPv4",
                        deny_time="FOREVER") + server("real", 5002),
                [sock, listeners[1]]) as p:
        with datagrams("127.0.0.68") as s:
            s.sendto(b"x", ("127.0.0.1", 5003))
        is_(p.records(1)[0].action, "DENIED", "a datagram is recorded")
        with dial(5002, source="127.0.0.68"):
            is_(p.receive().name, "START", "and never held against anybody")


def tcp6(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::1", port))
    s.listen(64)
    return s


def sensor_prefix():
    """Of IPv6 a source is a prefix, not an address."""
    offender, same, other = "fd00:0:0:aa01::1", "fd00:0:0:aaff:9::2", \
        "fd00:0:0:ab00::1"
    for address in (offender, same, other):
        lib.ip("addr", "add", address + "/128", "dev", "lo", "nodad")
    six = {"flags": "IPv6", "bind": "::1"}
    config = (entry("trap", 5001, deny_time="FOREVER",
                    **{**six, "flags": "SENSOR IPv6"}) +
              server("real", 5002, **six))
    with Player(config, [tcp6(5001), tcp6(5002)]) as p:
        with dial(5002, "::1", offender):
            is_(p.receive().name, "START", "everybody is served")
        ask(5001, "::1", offender)
        is_([(r.action, r.source[0]) for r in p.records(2)[:2]],
            [("PENALISED", offender), ("DENIED", offender)],
            "the record has the address")
        is_([ask(5002, "::1", a)[0] for a in (offender, same)], [b"", b""],
            "it is denied, and another address of its /56")
        is_([r.reason for r in p.records(2, service=1, action="DENIED")],
            ["address"] * 2, "by address")
        with dial(5002, "::1", other):
            is_(p.receive().name, "START", "the next /56 is served")


# tcpmux.

MUX = (entry("tcpmux", 5010) +
       server("plain", type="TCPMUX UNLISTED") +
       server("plus", type="TCPMUXPLUS UNLISTED") +
       server("few", type="TCPMUX UNLISTED", only_from="127.0.0.4"))


def mux():
    with Player(MUX, [tcp(5010)]) as p:
        with dial(5010) as c:
            c.sendall(b"PLAIN\r\nrest")
            m = p.receive()
            is_((m.name, m.start()[:2]), ("START", (1, 0)),
                "a service by name, in any case")
            with socket.socket(fileno=m.fds[0]) as passed:
                is_(passed.recv(99), b"rest", "what follows is the server's")
            p.answer(m)
        with dial(5010) as c:
            for byte in b"plus\n":
                c.sendall(bytes([byte]))
                time.sleep(0.01)
            m = p.receive()
            is_(m.start()[0], 2, "a line in pieces, with a bare LF")
            is_(c.recv(99), b"+Go\r\n", "TCPMUXPLUS says so")
            os.close(m.fds[0])
            p.answer(m)
        is_(ask(5010, send=b"nobody\r\nmore"),
            (b"-Service name not found\r\n", "eof"), "an unknown name")
        is_(p.records(1, action="DENIED")[0].reason, "no_service",
            "is a denial")
        is_(ask(5010, send=b"few\r\n")[0], b"", "the client's own rules")
        is_(p.records(1, action="DENIED", service=3)[0].reason, "address",
            "have their own record")
        ask(5010, send=b"x" * 256, timeout=5)
        is_(len(p.records(2, reason="no_service")), 2, "256 bytes, no line")
        ask(5010, send=b"partial", finish=True)
        is_(len(p.records(1, reason="silent")), 1, "closed before the line")
        eventually(lambda: p.state().accepted == 6 and
                   p.state().denied == 4 and p.state().handed == 2,
                   "the books are right")


def mux_full():
    """A line that comes while the parent has no room waits for it."""
    with Player(MUX, [tcp(5010)]) as p:
        clients = [dial(5010) for _ in range(20)]
        for c in clients:
            c.sendall(b"plain\r\n")
        starts = [p.receive() for _ in range(16)]
        ok(p.is_silent(), "sixteen starts, then an answer must come")
        for m in starts:
            os.close(m.fds[0])
            p.answer(m)
        rest = [p.receive() for _ in range(4)]
        is_([m and m.name for m in rest], ["START"] * 4, "then the rest")
        for c in clients:
            c.close()


def mux_flood():
    """Silent clients keep nobody out, and cost no time."""
    with Player(MUX, [tcp(5010)]) as p:
        silent = []
        for n in range(1100):
            c = dial(5010)
            if n % 2:
                c.sendall(b"partial")
            silent.append(c)
        found = p.records(76, reason="silent")
        is_([r.source for r in found[:76]],
            [c.getsockname() for c in silent[:76]], "the oldest make room")
        with dial(5010) as c:
            c.sendall(b"plain\r\n")
            is_(p.receive().name, "START", "a client is served")
        before = gate.cpu_ticks(p.process.pid)
        time.sleep(1)
        within(gate.cpu_ticks(p.process.pid) - before, 0, 20,
               "partial lines do not keep it busy")
        found = p.records(1100, 25, action="DENIED")
        is_(len(found), 1100, "all are refused in the end")
        for c in silent:
            c.close()


# Lookups.

def names():
    config = server("named", 5020, only_from="good.example 10.9.8.7")
    with Player(config, [tcp(5020)]) as p:
        p.give_lookup()
        for result, started in ((YES, True), (NO, False), (UNKNOWN, False)):
            with dial(5020) as c:
                q = p.question()
                is_((q[1], q[2][0], q[4]),
                    (HOST, "127.0.0.1", "good.example"), "a name is asked")
                ok(p.is_silent(0.1), "the parent is not, meanwhile")
                p.reply(q, result)
                if started:
                    m = p.receive()
                    is_(m.name, "START", f"answer {result}: served")
                    os.close(m.fds[0])
                    p.answer(m)
                else:
                    is_(read_all(c)[0], b"", f"answer {result}: refused")
        is_([r.reason for r in p.records(2, action="DENIED")],
            ["address"] * 2, "and recorded")
        with dial(5020) as c:
            p.question()
            is_(read_all(c)[0], b"", "no answer in time: refused")
        q = None
        with dial(5020) as first, dial(5020) as second:
            a, b = p.question(), p.question()
            p.reply(b, YES)
            m = p.receive()
            is_(m.name, "START", "answers in any order")
            with socket.socket(fileno=m.fds[0]) as passed:
                is_(passed.getpeername()[1], b[2][1], "to whom they belong")
            p.answer(m)
            p.reply(a, YES)
            p.reply(a, YES)
            n = p.receive()
            ok(n.start()[2] > m.start()[2], "with rising numbers")
            del first, second
        is_(p.process.poll(), None, "an answer twice does no harm")


def names_stale():
    """An answer to one question is none to the next."""
    config = PATIENT + server("named", 5020, only_from="a.example b.example")
    with Player(config, [tcp(5020)]) as p:
        p.give_lookup()
        with dial(5020) as c:
            first = p.question()
            p.reply(first, NO)
            second = p.question()
            is_((first[4], second[4]), ("a.example", "b.example"),
                "one name after the other")
            p.reply(first, YES)
            p.reply((second[0] ^ 1, *second[1:]), YES)
            p.reply((second[0], NAMES), YES, "b.example")
            ok(p.is_silent(), "an answer to something else admits nobody")
            p.reply(second, NO)
            is_(read_all(c)[0], b"", "the right one counts")


def names_limits():
    config = (server("named", 5020, only_from="good.example") +
              server("open", 5021))
    with Player(config, [tcp(5020), tcp(5021)]) as p:
        is_(ask(5020)[0], b"", "without lookup a name admits nobody")
        p.give_lookup()
        held = [dial(5020) for _ in range(40)]
        found = p.records(9, action="DENIED")
        is_([r.source for r in found[1:]],
            [c.getsockname() for c in held[:8]],
            "32 of a service wait, the oldest give way")
        with dial(5021):
            is_(p.receive().name, "START", "another service is not delayed")
        is_((p.state().accepted, p.state().denied), (42, 9),
            "held ones are accepted, and no more")
        p.lookup.close()
        p.give_lookup()
        questions = [p.question() for _ in range(32)]
        ok(all(questions), "a new lookup is asked again")
        for q in questions:
            p.reply(q, NO)
        is_(len(p.records(41, action="DENIED")), 41, "and answers")
        player.send(p.lookup, "ANSWER", b"\xff" * 664)
        is_(ask(5020)[0], b"", "nonsense ends the channel, nothing else")
        is_(p.process.poll(), None, "the dispatcher lives")
        for c in held:
            c.close()


def names_full():
    """Answers that come while the parent has no room wait for it."""
    config = server("named", 5020, only_from="good.example")
    with Player(config, [tcp(5020)]) as p:
        p.give_lookup()
        held = [dial(5020) for _ in range(20)]
        for q in [p.question() for _ in held]:
            p.reply(q, YES)
        starts = [p.receive() for _ in range(16)]
        ok(all(m is not None and m.name == "START" for m in starts),
           "sixteen starts")
        ok(p.is_silent(), "no more until one is answered")
        for m in starts:
            os.close(m.fds[0])
            p.answer(m)
        rest = [p.receive() for _ in range(4)]
        is_([m and m.name for m in rest], ["START"] * 4, "then the rest")
        numbers = [m.start()[2] for m in starts + rest]
        is_(numbers, sorted(set(numbers)), "numbers rise")
        for c in held:
            c.close()


PATIENT = "gateway\n{\n\tlookup_timeout = 60s\n}\n"


def names_hang_up():
    """A held client that goes is not waited for."""
    config = PATIENT + server("named", 5020, only_from="good.example")
    with Player(config, [tcp(5020)]) as p:
        p.give_lookup()
        with dial(5020) as c:
            ok(p.question(), "it is held")
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        is_(len(p.records(1, 5, action="DENIED")), 1,
            "a client that resets is denied at once")
        with dial(5020) as c:
            q = p.question()
            c.shutdown(socket.SHUT_WR)
            is_(len(p.records(2, 0.3, action="DENIED")), 1,
                "one that has only finished sending is held on")
            p.reply(q, YES)
            is_(p.receive().name, "START", "and served")


def names_datagrams():
    config = (PATIENT + packets("echo", 5007, only_from="good.example") +
              wait_server("tftp", 5069, only_from="good.example"))
    sock = udp(5069)
    with Player(config, [udp(5007), sock]) as p, datagrams() as s:
        p.give_lookup()
        s.sendto(b"one", ("127.0.0.1", 5007))
        q = p.question()
        is_((q[1], q[4]), (HOST, "good.example"), "a datagram's name is asked")
        s.sendto(b"two", ("127.0.0.1", 5007))
        p.reply(q, YES)
        is_(s.recv(99), b"one", "then it is answered")
        p.reply(p.question(), NO)
        is_(p.records(1, action="DENIED")[0].reason, "address", "or not")
        s.sendto(b"three", ("127.0.0.1", 5007))
        p.reply(p.question(), YES)
        is_(s.recv(99), b"three", "the refused one is gone")
        s.sendto(b"first", ("127.0.0.1", 5069))
        p.reply(p.question(), YES)
        m = p.receive()
        is_(m.name, "GUARD", "for a server the filter comes first")
        p.send("GUARDED", m.data[8:])
        p.reply(p.question(), YES)
        is_(p.receive().name, "START_WAIT", "a server for a name")
        is_(sock.recv(99), b"first", "which finds the datagram")


def identified():
    config = server("idonly", 5040, flags="IPv4 IDONLY")
    with Player(config, [tcp(5040)]) as p:
        p.give_lookup()
        with dial(5040) as c:
            q = p.question()
            is_((q[1], q[2], q[3]), (IDENT, c.getsockname(), c.getpeername()),
                "ident decides")
            p.reply(q, YES, "UNIX : joe")
            m = p.receive()
            is_(m.name, "START", "who is identified is served")
            os.close(m.fds[0])
            p.answer(m)
        with dial(5040) as c:
            p.reply(p.question(), NO, failure=1)
            is_(read_all(c)[0], b"", "who is not is refused")
        is_(p.records(1, action="DENIED")[0].reason, "ident", "for that")


def userid():
    config = (server("who", 5030, log_on_success="USERID") +
              server("not", 5031, no_access="127.0.0.0/8",
                     log_on_failure="USERID"))
    with Player(config, [tcp(5030), tcp(5031)]) as p:
        p.give_lookup()
        with dial(5030) as c:
            m = p.receive()
            ok(p.lookup and not select.select([p.lookup], [], [], 0.1)[0],
               "ident is not asked before the start")
            p.answer(m)
            q = p.question()
            is_((q[1], q[2], q[3]), (IDENT, c.getsockname(), c.getpeername()),
                "then about both ends")
            p.reply(q, YES, "UNIX : joe")
        found = p.records(1, action="USERID")[0]
        is_((found.text, found.conn & 0xffffffffff), ("UNIX : joe",
                                                      m.start()[2]),
            "the answer is recorded with the connection's id")
        with dial(5031) as c:
            q = p.question()
            denied = p.records(1, action="DENIED")[0]
            ok(not select.select([c], [], [], 0.1)[0],
               "a refused connection stays open for its ident")
            is_(p.state().denied, 1, "though it is refused")
            p.reply(q, NO, failure=1)
            is_(read_all(c)[0], b"", "then it is closed")
        found = p.records(1, action="NOID")[0]
        is_((found.number[0], found.conn), (1, denied.conn),
            "no answer is recorded too")
        held = [dial(5031) for _ in range(70)]
        eventually(lambda: p.state().denied == 71, "all are refused")
        time.sleep(0.2)
        closed = sum(bool(select.select([c], [], [], 0)[0]) for c in held)
        is_(closed, 6, "64 wait for ident, the others are closed")
        is_(len(p.records(65, action="NOID")), 65, "each ends with a record")
        for c in held:
            c.close()


# The end.

def drain():
    config = (server("named", 5020, only_from="good.example") + MUX +
              wait_server("tftp", 5069, only_from="good.example"))
    sock = udp(5069)
    with Player(config, [tcp(5020), tcp(5010), sock]) as p, \
            datagrams() as s:
        p.give_lookup()
        s.sendto(b"stays", ("127.0.0.1", 5069))
        p.question()
        with dial(5020), dial(5010) as c:
            q = p.question()
            p.drain()
            ok(p.is_silent(), "what waits is waited for")
            p.reply(q, YES)
            m = p.receive()
            is_(m.name, "START", "an answer still counts")
            p.answer(m)
            c.sendall(b"plain\r\n")
            m = p.receive()
            is_(m.name, "START", "and a line")
            p.answer(m)
            is_(p.receive().name, "DRAINED", "then it is over")
        is_(p.process.wait(10), 0, "and ends")
        is_(sock.recv(99), b"stays",
            "a datagram that waits is left to the next one")


# With the real parent, servers and records.

DGRAM_SERVER = """#!/usr/bin/python3
import socket, sys
s = socket.socket(fileno=0)
s.settimeout(0.5)
try:
    while True:
        data, sender = s.recvfrom(4096)
        s.sendto(data.upper(), sender)
except TimeoutError:
    pass
"""


def whole():
    upper = lib.write(f"{lib.DIR}/upper", DGRAM_SERVER, 0o755)
    echo_server = lib.server("echo-server")
    config = (packets("echo", 5007) + entry("tcpmux", 5010) +
              server("through", type="TCPMUXPLUS UNLISTED",
                     server=echo_server) +
              wait_server("upper", 5069, server=upper,
                          only_from="127.0.0.2") +
              entry("trap", 5001, flags="SENSOR IPv4", deny_time="1") +
              server("real", 5002, server=echo_server))
    with lib.Gate(config) as g:
        is_(exchange(5007, b"sally"), b"sally", "echo by datagram",
            stderr=g.stderr())
        is_(ask(5010, send=b"through\r\nsally", finish=True)[0],
            b"+Go\r\nsally", "a server through tcpmux")
        is_(exchange(5069, b"sally", "127.0.0.2"), b"SALLY",
            "a server that has the socket")
        eventually(lambda: not g.instances(), "ends")
        is_(exchange(5069, b"again", "127.0.0.2"), b"AGAIN", "and again")
        eventually(lambda: not g.instances(), "ends again")
        is_(exchange(5069, b"sally", "127.0.0.3", timeout=0.3), NOTHING_SENT,
            "a denied source is not answered")
        is_(lib.echo(5002, source="127.0.0.66"), True, "before the sensor")
        ask(5001, source="127.0.0.66")
        is_(lib.echo(5002, source="127.0.0.66"), False, "and after it")
        ok(g.reload(config + "\n"), "a reload")
        is_(lib.echo(5002, source="127.0.0.66"), False, "forgets nothing")
        os.kill(g.helper("dispatch"), signal.SIGKILL)
        eventually(lambda: exchange(5007, b"back", timeout=0.5) == b"back",
                   "a killed dispatcher is replaced")
        is_(lib.echo(5002, source="127.0.0.66"), False, "nor does a crash")
        is_(lib.echo(5002, source="127.0.0.67"), True, "others are served")
        g.settle()
        missing, _, wrong = lib.check_books(g.audit())
        is_((missing, wrong), ([], []), "the audit is whole")
        is_(g.records("privsep-violation"), [], "nobody broke a rule")


CASES = [answered, ping_pong, endless, often, suppressed, refused_sources,
         shield, packet_rate, wait_datagrams, wait_busy, wait_stream, sensor,
         sensor_prefix, mux, mux_full, mux_flood, names, names_stale,
         names_limits, names_full, names_hang_up, names_datagrams, identified,
         userid, drain, whole]

if __name__ == "__main__":
    lib.main(CASES)
