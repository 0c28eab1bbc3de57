#!/usr/bin/env python3
"""Relayed sessions through the daemon: what they survive, and a great many."""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import eventually, field, is_, note, ok, service, wait_for, within
from stress import Bystander, Crowd, pss_kb, room_for, slab_kb, ticks

HERE = "127.0.0.1"
FORWARD, ECHO, BRIEF, DISCARD, TARGET, OTHER = 7900, 7907, 7908, 7909, 7950, \
    7960
SESSIONS_MAX = 16384    # of relay, as ARCHITECTURE.md has it
PSS_EACH = 25 << 10     # bytes of all our processes for an idle session


def forward(**more):
    return service("forward", FORWARD, None, redirect=f"{HERE} {TARGET}",
                   **more)


def internal(name, port, **more):
    return service(name, port, None, type="INTERNAL UNLISTED", **more)


def other():
    return service("other", OTHER, lib.server("echo-server"))


class Target:
    """Where the redirect goes: keeps what it accepts."""

    def __init__(self):
        self.listener = socket.create_server((HERE, TARGET), backlog=4096)
        self.accepted = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                sock = self.listener.accept()[0]
                sock.settimeout(20 * lib.SLOW)
                self.accepted.append(sock)

    def wait(self, count):
        """The last one accepted, once there are so many."""
        wait_for(lambda: len(self.accepted) >= count, 20 * lib.SLOW)
        return self.accepted[count - 1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.accepted:
            sock.close()


def dial(port):
    return lib.dial(port, timeout=20 * lib.SLOW)


# --- what sessions survive ----------------------------------------------------------

CHUNK = 300_000


class Stream:
    """Random bytes from one socket to another, compared at the end."""

    def __init__(self, sender, receiver):
        self.ends = sender, receiver
        self.sent, self.got = b"", b""
        self.go_on = threading.Event()

    def send_part(self):
        """Begins a part. Half of it stays under way until go_on is set."""
        self.go_on.clear()
        data = os.urandom(CHUNK)
        self.sent += data
        want = len(self.sent)
        threads = [threading.Thread(target=self.ends[0].sendall,
                                    args=(data,)),
                   threading.Thread(target=self._receive, args=(want,))]
        for thread in threads:
            thread.start()
        return threads

    def _receive(self, want):
        with contextlib.suppress(OSError):
            while len(self.got) < want and \
                    (part := self.ends[1].recv(16384)):
                self.got += part
                if len(self.got) > want - CHUNK // 2:
                    self.go_on.wait()


def kill_dispatch(gate):
    pid = gate.helper("dispatch")
    os.kill(pid, signal.SIGKILL)
    ok(wait_for(lambda: gate.helper("dispatch") not in (0, pid), 10),
       "the dispatcher is killed and replaced")


def survive():
    """Reloads and kills in the middle of transfers; then each half ends."""
    text = other() + forward() + internal("echo", ECHO)
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(Target())
        gate = stack.enter_context(lib.Gate(text))
        pairs, streams = [], []
        for number in range(4):
            client = stack.enter_context(dial(FORWARD))
            server = target.wait(number + 1)
            pairs.append((client, server))
            streams += [Stream(client, server), Stream(server, client)]
        echoes = [stack.enter_context(dial(ECHO)) for _ in range(4)]
        streams += [Stream(sock, sock) for sock in echoes]
        relay = gate.helper("relay")
        for act in (lambda: ok(gate.reload(text + "\n"), "a reload"),
                    lambda: kill_dispatch(gate),
                    lambda: ok(gate.reload(other()), "a reload without their "
                               "services"),
                    lambda: kill_dispatch(gate),
                    lambda: ok(gate.reload(text), "and with them again")):
            threads = [t for stream in streams for t in stream.send_part()]
            wait_for(lambda: all(len(s.got) > len(s.sent) - CHUNK // 2
                                 for s in streams), 20 * lib.SLOW)
            act()
            for stream in streams:
                stream.go_on.set()
            for thread in threads:
                thread.join(30 * lib.SLOW)
        is_([s.got == s.sent for s in streams], [True] * len(streams),
            f"{len(streams)} streams of {len(streams[0].sent)} bytes arrive "
            "as they were sent")
        is_(gate.helper("relay"), relay, "relay is the same")
        is_(gate.state().sessions, 8, "and has all sessions")
        half_closed(pairs, echoes)
        judge_ends(gate, pairs)


def half_closed(pairs, echoes):
    """The end of one side is passed on, and the other way stays open."""
    last = os.urandom(CHUNK)
    for first, second in (pairs[0], pairs[1][::-1]):
        first.shutdown(socket.SHUT_WR)
        is_(lib.read_all(second), (b"", "eof"), "the end of one side arrives")
        sender = threading.Thread(target=second.sendall, args=(last,))
        sender.start()
        got = b""
        while len(got) < len(last) and (part := first.recv(65536)):
            got += part
        sender.join()
        ok(got == last, "the other way stays open")
        second.close()
        is_(lib.read_all(first), (b"", "eof"), "until it ends as well")
    pairs[2][0].close()
    pairs[3][1].close()
    is_([lib.read_all(pairs[2][1]), lib.read_all(pairs[3][0])],
        [(b"", "eof")] * 2, "whichever side ends, the other one is told")
    pairs[2][1].close()
    pairs[3][0].close()
    for sock in echoes:
        sock.sendall(b"last")
        sock.shutdown(socket.SHUT_WR)
    is_([lib.read_all(sock) for sock in echoes], [(b"last", "eof")] * 4,
        "echo gives back what it has before it ends")


def judge_ends(gate, pairs):
    eventually(lambda: gate.state().sessions == 0, "all are out of the books")
    found = gate.wait_records(len(pairs), "connection-closed", "forward")
    sizes = sorted((field(r, "source.bytes"), field(r, "destination.bytes"))
                   for r in found)
    is_(sizes, sorted([(5 * CHUNK, 5 * CHUNK)] * 2 +
                      [(5 * CHUNK, 6 * CHUNK), (6 * CHUNK, 5 * CHUNK)]),
        "their records count the bytes")
    is_({field(r, "sallyport.session.end") for r in found}, {"closed"},
        "and know how they ended")
    gate.settle()
    missing, _, wrong = lib.check_books(gate.audit())
    is_((missing, wrong), ([], []), "the audit is whole")
    is_(gate.records("privsep-violation"), [], "nobody broke a rule")


# --- a great many ---------------------------------------------------------------------

def our_pss(gate):
    """Kilobytes of the daemon and all its helpers, by name."""
    found = {"parent": pss_kb(gate.pid)}
    for helper in gate.helpers():
        found[helper.name.decode()] = pss_kb(helper.pid)
    return found


def begin_sessions(stack, target, count):
    """No faster than relay takes them: what waits for it has a bound."""
    clients = []
    while len(clients) < count:
        clients.append(stack.enter_context(dial(FORWARD)))
        if len(clients) % 100 == 0 or len(clients) == count:
            clients[-1].sendall(b"x")
            target.wait(len(clients)).recv(1)
    return clients


def idle_sessions():
    """4,000 redirect sessions that say nothing."""
    count = room_for(4000, 2)
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(Target())
        gate = stack.enter_context(lib.Gate(
            other() + forward(idle_timeout="1h")))
        with dial(FORWARD) as client:       # everything has been used once
            client.sendall(b"x")
            target.wait(1).recv(1)
        target.accepted.pop().close()
        eventually(lambda: gate.state().sessions == 0, "none yet")
        before, slab = our_pss(gate), slab_kb()
        clients = begin_sessions(stack, target, count)
        is_(gate.state().sessions, count, f"{count} sessions")
        gate.settle()
        now, slab = our_pss(gate), slab_kb() - slab
        grown = {name: now[name] - before.get(name, 0) for name in now}
        each = sum(grown.values()) * 1024 / count
        within(each, 0, PSS_EACH, "bytes of PSS a session, of all our "
               "processes", grown=grown)
        note(f"{count} idle redirect sessions: {each:.0f} bytes of PSS each; "
             f"kB grown: {grown}; kernel slab {slab * 1024 // count} bytes "
             "each, with the sockets of client and target, which are here, "
             "and whatever else this machine did")
        for number in (0, count // 2, count - 1):
            clients[number].sendall(b"x")
        poll = select.poll()
        for sock in target.accepted:
            poll.register(sock, select.POLLIN)
        eventually(lambda: len(poll.poll(0)) == 3, "the first, the middle "
                   "and the last one work")
        for sock in clients:
            sock.close()
        for sock in target.accepted:
            sock.close()
        eventually(lambda: gate.state().sessions == 0, "all end",
                   20 * lib.SLOW)
        is_(len(gate.wait_records(count + 1, "connection-closed", "forward",
                                  seconds=20)), count + 1, "with a record")


def is_discarded():
    """The discard service takes what it gets and ends with its client."""
    return lib.ask(DISCARD, send=b"x" * 1000, finish=True,
                   timeout=20 * lib.SLOW) == (b"", "eof")


def full_house():
    """16,000 silent sessions, then as many as there may be: who is refused
    then, who is not, and who is served as soon as one ends."""
    crowd = 16000
    text = (other() + internal("echo", ECHO) + internal("discard", DISCARD) +
            internal("echo", BRIEF, id="brief", idle_timeout="2s"))
    sources = [f"127.0.1.{n}" for n in range(1, 9)]
    if room_for(SESSIONS_MAX) < SESSIONS_MAX:
        note("this host allows too few descriptors for that")
        return
    with contextlib.ExitStack() as stack:
        gate = stack.enter_context(lib.Gate(text))
        users = [stack.enter_context(user) for user in (
            Bystander(OTHER), Bystander(ECHO, "echo"),
            Bystander(is_discarded, "discard"))]
        began = time.monotonic()
        with ticks(gate, f"{crowd} silent sessions"):
            for port in (ECHO, DISCARD):
                stack.enter_context(Crowd(port, crowd // 2, sources))
            eventually(lambda: gate.state().sessions >= crowd,
                       f"{crowd} sessions", 60 * lib.SLOW)
        note(f"{crowd} sessions in {time.monotonic() - began:.1f} s; kB of "
             f"PSS: {our_pss(gate)}")
        for user in users:
            user.judge(f"{crowd} silent sessions")
        is_(lib.serves(ECHO, 20) + lib.serves(OTHER, 20), 40,
            "and so are new ones")
        eventually(lambda: gate.state().sessions == crowd, "nobody else is "
                   "left", 20)
        rest = [stack.enter_context(dial(ECHO))
                for _ in range(SESSIONS_MAX - crowd)]
        eventually(lambda: gate.state().sessions == SESSIONS_MAX,
                   f"{SESSIONS_MAX} sessions", 20 * lib.SLOW)
        at_the_bound(gate, rest)
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")
        is_(gate.records("helper-died"), [], "and nobody fell")


def at_the_bound(gate, rest):
    is_([lib.ask(port, timeout=20 * lib.SLOW)
         for port in (ECHO, DISCARD)], [(b"", "eof")] * 2,
        "one more is refused")
    is_([field(r, "event.reason") for r in
         gate.wait_records(2, "connection-denied")], ["process_limit"] * 2,
        "with that reason")
    is_(lib.serves(OTHER, 20), 20, "services with servers are not concerned")
    rest.pop().close()
    eventually(lambda: lib.echo(ECHO), "when one has ended, there is room")
    count = len(rest)
    for sock in rest:
        sock.close()
    eventually(lambda: gate.state().sessions == SESSIONS_MAX - count - 1,
               "and for many more")
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(dial(BRIEF))
        found = gate.wait_records(count, "connection-closed", "brief",
                                  seconds=20)
        is_([field(r, "sallyport.session.end") for r in found],
            ["idle"] * count, "with idle_timeout silent ones end by "
            "themselves")
        ok(lib.echo(ECHO), "and leave room")


if __name__ == "__main__":
    room_for(SESSIONS_MAX)  # for the daemon, too
    lib.main([survive, idle_sessions, full_house])
