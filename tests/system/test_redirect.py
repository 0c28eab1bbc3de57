#!/usr/bin/env python3
"""Redirect and internal services through the daemon: records, limits, ends."""

import os
import re
import resource
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import state
from lib import eventually, field, is_, like, ok, service, wait_for

HERE = "127.0.0.1"


def internal(name, port, **more):
    return service(name, port, None, type="INTERNAL UNLISTED", **more)


def forward(port=9000, target=f"{HERE} 9100", name="forward", **more):
    return service(name, port, None, redirect=target, **more)


class Target:
    """A listener of ours that a redirect goes to."""

    def __init__(self, port=9100, host=HERE):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family,
                                             backlog=512)
        self.listener.settimeout(10)

    def accept(self):
        sock = self.listener.accept()[0]
        sock.settimeout(10)
        return sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def dial(port=9000):
    return socket.create_connection((HERE, port), timeout=10)


def read_all(sock):
    data = b""
    while part := sock.recv(65536):
        data += part
    return data


def sessions(gate):
    return [i for i in gate.instances() if i.is_relayed]


def ended(gate, count=1, name="forward"):
    """The last record of a session's end."""
    return gate.wait_records(count, "connection-closed", name)[-1]


def there_and_back():
    with lib.Gate(forward()) as gate, Target() as target:
        client = dial()
        server = target.accept()
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        is_(read_all(server), b"question", "the question and its end arrive")
        one = sessions(gate)
        is_([i.pid for i in one], [gate.helper("relay")],
            "the session is in the books, as relay's")
        is_((gate.state().processes, gate.state().sessions), (0, 1),
            "and no server")
        server.sendall(b"the whole answer")
        server.close()
        is_(read_all(client), b"the whole answer", "the answer after it")
        start = gate.wait_records(1, "connection-accepted", "forward")[0]
        end = ended(gate)
        is_(field(end, "sallyport.conn"), field(start, "sallyport.conn"),
            "one connection id")
        end_fields(end, 8, 16, "closed")
        eventually(lambda: gate.state().sessions == 0, "out of the books")


def end_fields(end, size_in, size_out, how):
    is_((field(end, "source.bytes"), field(end, "destination.bytes"),
         how_ended(end)), (size_in, size_out, how), "bytes and cause")


def how_ended(record):
    return field(record, "sallyport.session.end")


def target_is_down():
    with lib.Gate(forward(connect_timeout="2s")) as gate:
        client = dial()
        is_(read_all(client), b"", "the client sees the end")
        gate.wait_records(1, "connection-accepted", "forward")
        is_(how_ended(ended(gate)), "not-connected", "the record says why")
        eventually(lambda: gate.state().sessions == 0, "nothing is left")


def unroutable_target():
    """connect() fails at once: accepted and closed all the same."""
    with lib.Gate(forward(target="198.51.100.1 9")) as gate:
        client = dial()
        is_(read_all(client), b"", "the client sees the end")
        is_(len(gate.wait_records(1, "connection-accepted", "forward")), 1, "accepted")
        is_(len(gate.wait_records(1, "connection-closed", "forward")), 1, "and closed")


def internal_services():
    config = (internal("echo", 9007) + internal("discard", 9009) +
              internal("daytime", 9013) + internal("chargen", 9019) +
              internal("time", 9037))
    with lib.Gate(config, env={"TZ": "UTC"}) as gate:
        with dial(9007) as sock:
            sock.sendall(b"hello")
            sock.shutdown(socket.SHUT_WR)
            is_(read_all(sock), b"hello", "echo")
        with dial(9009) as sock:
            sock.sendall(b"hello" * 1000)
            sock.shutdown(socket.SHUT_WR)
            is_(read_all(sock), b"", "discard")
        before = int(time.time())
        with dial(9013) as sock:
            like(read_all(sock), r"^\d\d (JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|"
                 r"OCT|NOV|DEC) \d{4} \d\d:\d\d:\d\d UTC\r\n$", "daytime")
        with dial(9037) as sock:
            seconds = struct.unpack(">I", read_all(sock))[0] - 2208988800
            ok(before <= seconds <= time.time(), "time", got=seconds)
        with dial(9019) as sock:
            like(sock.recv(74, socket.MSG_WAITALL), r"^ !\"#.*g\r\n$",
                 "chargen")
        is_(len(gate.wait_records(5, "connection-closed")), 5, "five ends are recorded")
        is_(lib.children_of(gate.pid, zombies=False).count(
            gate.helper("relay")), 1, "one relay for all")


def limits():
    with lib.Gate(forward(instances=2, max_session="1s") +
                  internal("echo", 9007, idle_timeout="1s")) as gate, \
            Target() as target:
        clients = [dial(), dial()]
        servers = [target.accept(), target.accept()]
        third = dial()
        is_(read_all(third), b"", "instances counts sessions")
        for sock in clients + servers:
            is_(read_all(sock), b"", "max_session ends one")
        is_(len(gate.wait_records(2, "connection-closed", "forward")), 2,
            "both are recorded")
        last = ended(gate)
        is_((how_ended(last), field(last, "sallyport.exit.by")),
            ("stopped", "limit"), "with the limit")
        with dial(9007) as sock:
            is_(read_all(sock), b"", "idle_timeout ends one")
        is_(how_ended(ended(gate, name="echo")), "idle", "and is recorded")


def outlives_reload():
    with lib.Gate(forward()) as gate, Target() as target:
        client = dial()
        server = target.accept()
        pid = gate.helper("relay")
        ok(gate.reload(forward(target=f"{HERE} 9200")), "a reload")
        is_(gate.helper("relay"), pid, "relay stays")
        client.sendall(b"x")
        is_(server.recv(1), b"x", "an old session goes on")
        with Target(9200) as other:
            second = dial()
            newer = other.accept()
            second.sendall(b"y")
            is_(newer.recv(1), b"y", "a new one goes to the new target")
        client.close()
        server.close()
        ended(gate)


def relay_dies():
    with lib.Gate(forward()) as gate, Target() as target:
        pairs = [(dial(), target.accept()) for _ in range(5)]
        pid = gate.helper("relay")
        os.kill(pid, signal.SIGKILL)
        for client, server in pairs:
            for sock in (client, server):
                try:
                    is_(sock.recv(1), b"", "the session ends")
                except ConnectionResetError:
                    ok(True, "the session is reset")
        found = gate.wait_records(5, "connection-closed", "forward")
        is_(len(found), 5, "each is recorded")
        is_({how_ended(r) for r in found}, {"relay-died"}, "as lost")
        eventually(lambda: gate.state().sessions == 0,
                   "none is left in the books")
        eventually(lambda: gate.helper("relay") not in (0, pid),
                   "another relay comes")
        eventually(lambda: [h.layers != 0 for h in gate.helpers()
                            if h.name == b"relay"] == [True],
                   "and how it is confined is shown")
        client, server = dial(), target.accept()
        client.sendall(b"x")
        is_(server.recv(1), b"x", "and works")
        is_(len(gate.wait_records(1, "helper-died")), 1, "recorded")


def relay_appears_with_reload():
    config = service("plain", 9005, lib.server("echo-server"))
    with lib.Gate(config) as gate:
        is_(gate.helper("relay"), 0, "no relay without need")
        ok(gate.reload(config + internal("echo", 9007)), "a reload")
        with dial(9007) as sock:
            sock.sendall(b"a")
            is_(sock.recv(1), b"a", "served")


def terminates():
    gate = lib.Gate(forward())
    with Target() as target:
        ok(gate.start(), "starts")
        pairs = [(dial(), target.accept()) for _ in range(20)]
        is_(gate.stop(), 0, "TERM ends it")
        for client, server in pairs:
            is_((client.recv(1), server.recv(1)), (b"", b""), "and each")
        found = gate.records("connection-closed", "forward")
        is_(len(found), 20, "all are recorded")
        is_({how_ended(r) for r in found}, {"stopped"}, "as stopped")


def quits():
    gate = lib.Gate(forward())
    with Target() as target:
        ok(gate.start(), "starts")
        client, server = dial(), target.accept()
        pid = gate.helper("relay")
        gate.send(signal.SIGQUIT)
        is_(gate.wait(), 0, "QUIT ends the daemon")
        client.sendall(b"still")
        is_(server.recv(10), b"still", "its session goes on")
        client.close()
        server.close()
        eventually(lambda: not lib.is_alive(pid), "then relay ends")


def targets_that_are_refused():
    for target, why in ((f"{HERE} 9000", "itself"), ("0.0.0.0 80", "single"),
                        ("nowhere.invalid 80", "unknown host|name service"),
                        (f"{HERE} 0", "port 0"), ("224.0.0.1 80", "multicast"),
                        (f"{HERE} no-such-service", "unknown service")):
        with lib.Gate(forward(target=target, bind=HERE)) as gate:
            is_(gate.services(), {}, f"redirect = {target} is refused")
            eventually(lambda: re.search(why, gate.stderr()),
                       "with the reason")


def many():
    """More sessions than a channel holds messages, ended all at once."""
    count = 3000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    gate = lib.Gate(internal("echo", 9007, cps="0 0", idle_timeout=0))
    ok(gate.start(), "starts")
    clients = []
    for _ in range(count):
        clients.append(dial(9007))
    for sock in clients:
        sock.sendall(b"x")
    for sock in clients:
        sock.recv(1)
    is_(gate.state().sessions, count, "all are in the books")
    is_(gate.stop(60), 0, "TERM ends it")
    is_(sum(sock.recv(1) == b"" for sock in clients), count, "and each")
    found = gate.records("connection-closed", "echo")
    is_(len(found), count, "all are recorded")
    for sock in clients:
        sock.close()


if __name__ == "__main__":
    lib.main([there_and_back, target_is_down, unroutable_target,
              internal_services, limits, outlives_reload, relay_dies,
              relay_appears_with_reload, terminates, quits,
              targets_that_are_refused, many])
