#!/usr/bin/env python3
"""A relay in hostile hands: the parent ends it, and its sessions with it.

tests/hostile/fake-relay.c takes the place of the real one.
"""

import os
import shutil
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import DIR, eventually, field, is_, like, ok, service

FAKE = f"{lib.BUILD}/tests/hostile/fake-relay"
ATTACK_FILE = f"{DIR}/relay-attack"
HERE = "127.0.0.1"
BOOKS = "SESSION_END of no open session"
RULES = {
    "another-slot": BOOKS,
    "another-connection": BOOKS,
    "twice": BOOKS,
    "huge-numbers": "more bytes than any network carries",
    "stopped-unasked": "stopped, but it was not told to",
    "target-of-echo": "a target that it has not",
    "lost": "cause out of range",
    "out-of-range": "slot out of range",
    "descriptor": "descriptors where none belong",
    "another-message": ".",
    "short": ".",
    "ready-twice": "RELAY_READY twice",
    "end-before-ready": "SESSION_END before RELAY_READY",
    "flood": BOOKS,
    "hang-up": "its channel is closed, but it lives",
    "deaf": "a session does not end when told",
}


def libexec():
    """The real programs, and a fake relay that becomes real when done."""
    directory = f"{DIR}/hostile-relay"
    if not os.path.isdir(directory):
        os.makedirs(directory)
        for name in ("load", "dispatch", "log"):
            shutil.copy(f"{lib.LIBEXEC}/sallyport-{name}", directory)
        shutil.copy(f"{lib.LIBEXEC}/sallyport-relay",
                    f"{directory}/real-relay")
        shutil.copy(FAKE, f"{directory}/sallyport-relay")
    return directory


def dial(port):
    return socket.create_connection((HERE, port), timeout=20)


def one_attack(name, rule):
    lib.write(ATTACK_FILE, name)
    config = (service("plain", 9005, lib.server("echo-server")) +
              service("echo", 9007, None, type="INTERNAL UNLISTED",
                      max_session="1s" if name == "deaf" else "1h"))
    with lib.Gate(config, libexec=libexec(), name="relay") as gate:
        client = dial(9007)
        found = gate.wait_records(1, "privsep-violation", seconds=20)
        is_(len(found), 1, f"{name}: a violation")
        like(found[0]["message"] if found else "", rule, f"{name}: its rule")
        try:
            rest = client.recv(1)
        except ConnectionResetError:
            rest = b""
        is_(rest, b"", f"{name}: the session is over")
        ends = gate.wait_records(1, "connection-closed", "echo")
        want = "closed" if name == "twice" else "relay-died"
        is_([field(r, "sallyport.session.end") for r in ends], [want],
            f"{name}: its end is recorded once")
        eventually(lambda: gate.state().sessions == 0,
                   f"{name}: none in the books")
        eventually(lambda: gate.helper("relay"), f"{name}: another relay")
        with dial(9007) as sock:
            sock.sendall(b"x")
            is_(sock.recv(1), b"x", f"{name}: which serves")
        with dial(9005) as sock:
            sock.sendall(b"x\n")
            is_(sock.recv(1), b"x", f"{name}: and servers start")
    shutil.rmtree(gate.dir)


def hostile():
    if ok(os.path.exists(FAKE), "fake-relay is built"):
        for name, rule in RULES.items():
            one_attack(name, rule)


hostile.seconds = 150 * lib.SLOW

if __name__ == "__main__":
    lib.main([hostile])
