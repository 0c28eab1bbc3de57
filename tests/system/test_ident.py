#!/usr/bin/env python3
"""Ident: what oidentd says, what hostile servers may say, and bounds."""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import eventually, find_program, is_, note, ok, wait_for
from lookup import (A, BAD_RESPONSE, IDENT, NO, NO_SERVER, NONE, RECEIVE_ERROR,
                    SYSTEM_ERROR, TIMEOUT, UNKNOWN, YES, Dns, Identd, Lookup,
                    answers, program, takes_connections)

ACCEPTED = []           # keeps connections of a case open


def says(text):
    data = text if isinstance(text, bytes) else text.encode()
    return lambda connection, _request: connection.sendall(data)


def hold(connection, _request):
    ACCEPTED.append(connection.dup())


def flood(connection, _request):
    for _ in range(1024):
        connection.sendall(b"x" * 1024)


def reset(connection, _request):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          b"\1\0\0\0\0\0\0\0")


def slowly(connection, request):
    for byte in b"6000, 23 : USERID : UNIX : slow\r\n":
        connection.sendall(bytes([byte]))


OK = "6000, 23 : USERID : "
IDENT_CASES = (
    # what the server says, result, failure, text
    (OK + "UNIX : joe\r\n", YES, NONE, "UNIX : joe"),
    ("6000,23:USERID:UNIX:joe\n", YES, NONE, "UNIX : joe"),
    (OK + "UNIX,US-ASCII :joe\r\n", YES, NONE, "UNIX,US-ASCII : joe"),
    (OK + "OTHER : a:b , c\r\n", YES, NONE, "OTHER : a:b , c"),
    (OK + "UNIX : joe\r\nsecond line\r\n", YES, NONE, "UNIX : joe"),
    (OK + "UNIX : j\x1b[31mo\re\x7f\r\n", YES, NONE,
     "UNIX : j#033[31mo#015e#177"),
    ((OK + "UNIX : é\r\n").encode("latin-1"), YES, NONE, "UNIX : #351"),
    (OK + "UNIX : " + "u" * 505 + "\r\n", YES, NONE, "UNIX : " + "u" * 505),
    (OK + "UNIX : " + "u" * 506 + "\r\n", NO, BAD_RESPONSE, ""),
    (OK + "UNIX : " + "\x01" * 200 + "\r\n", NO, BAD_RESPONSE, ""),
    (OK + "UNIX : j\0e\r\n", NO, BAD_RESPONSE, ""),
    (OK + "UN\x1bIX : joe\r\n", NO, BAD_RESPONSE, ""),
    (OK + "UNIX : \r\n", NO, BAD_RESPONSE, ""),
    (OK + " : joe\r\n", NO, BAD_RESPONSE, ""),
    (OK + "UNIX\r\n", NO, BAD_RESPONSE, ""),
    ("23, 6000 : USERID : UNIX : joe\r\n", NO, BAD_RESPONSE, ""),
    ("6000, 24 : USERID : UNIX : joe\r\n", NO, BAD_RESPONSE, ""),
    ("65536000, 23 : USERID : UNIX : joe\r\n", NO, BAD_RESPONSE, ""),
    ("6000 : USERID : UNIX : joe\r\n", NO, BAD_RESPONSE, ""),
    ("6000, 23 : ERROR : NO-USER\r\n", NO, BAD_RESPONSE, ""),
    ("6000, 23 : ERROR : HIDDEN-USER\r\n", NO, BAD_RESPONSE, ""),
    ("6000, 23 : PERHAPS : UNIX : joe\r\n", NO, BAD_RESPONSE, ""),
    ("\r\n", NO, BAD_RESPONSE, ""),
    ("", NO, BAD_RESPONSE, ""),
    (OK + "UNIX : joe", NO, BAD_RESPONSE, ""),
)


def ident_replies():
    """Every reply of a server, good or not, has its answer."""
    with Lookup() as lookup:
        asker = lookup.asker()
        for number, (text, *want) in enumerate(IDENT_CASES):
            at = f"127.1.0.{number + 1}"
            with Identd(at, says(text)) as server:
                got = asker.ask(IDENT, at, ports=(6000, 23),
                                destination="127.0.0.5")
                is_([got.result, got.failure, got.text], want,
                    f"{text[:40]!r}")
                is_(server.requests, [b"6000, 23\r\n"], "the question")
                is_(server.peers, ["127.0.0.5"], "from the service's address")
        with Identd("::1", says(OK + "UNIX : six\r\n")):
            is_(asker.ask(IDENT, "::1", destination="::1",
                          ports=(6000, 23)).text, "UNIX : six", "IPv6")
        with Identd("127.1.0.99", says(OK + "UNIX : four\r\n")) as server:
            is_(asker.ask(IDENT, "::ffff:127.1.0.99", ports=(6000, 23),
                          destination="::ffff:127.0.0.5").text,
                "UNIX : four", "mapped IPv4")
            is_(server.peers, ["127.0.0.5"], "is asked by IPv4")
        for at, talk, want in (
                ("127.1.1.1", flood, [NO, BAD_RESPONSE]),
                ("127.1.1.2", hold, [UNKNOWN, TIMEOUT]),
                ("127.1.1.3", slowly, [YES, NONE])):
            with Identd(at, talk):
                got = asker.ask(IDENT, at, ports=(6000, 23), timeout_ms=1500)
                is_([got.result, got.failure], want, talk.__name__)
        with Identd("127.1.1.4", reset):
            got = asker.ask(IDENT, "127.1.1.4", ports=(6000, 23))
            ok((got.result, got.failure) in ((UNKNOWN, RECEIVE_ERROR),
                                             (NO, BAD_RESPONSE)),
               "a reset", got=got)
        got = asker.ask(IDENT, "127.1.1.5", ports=(6000, 23))
        is_([got.result, got.failure], [NO, NO_SERVER], "no server")
        for what, more in (("no ports", {}),
                           ("an address of nobody's", {
                               "ports": (6000, 23),
                               "destination": "192.0.2.1"}),
                           ("two families", {
                               "ports": (6000, 23), "destination": "::1"})):
            got = asker.ask(IDENT, "127.1.1.5", **more)
            is_([got.result, got.failure], [UNKNOWN, SYSTEM_ERROR], what)
        is_(lookup.said(), "", "nothing to complain about")


def ident_bounds():
    """64 conversations, and no descriptor stays."""
    with Dns() as dns, Lookup() as lookup:
        dns.rules["good.test"] = answers(A, "10.9.0.1")
        asker, other = lookup.asker(), lookup.asker()
        is_(other.host("good.test", "10.9.0.1"), YES, "works")
        before = lookup.files()
        with Identd("127.1.2.1", hold) as server:
            for _ in range(64):
                asker.send(IDENT, "127.1.2.1", ports=(6000, 23),
                           timeout_ms=60000)
            eventually(lambda: len(server.requests) == 64, "64 are asked")
            got = other.ask(IDENT, "127.1.2.1", ports=(6000, 23))
            is_([got.result, got.failure], [UNKNOWN, SYSTEM_ERROR],
                "one more is not")
            is_(other.host("good.test", "10.9.0.1"), YES, "names still are")
            asker.send(IDENT, "127.1.2.1", ports=(6000, 23),
                       timeout_ms=60000)
            got = asker.receive()
            is_([got.id, got.result, got.failure],
                [1, UNKNOWN, SYSTEM_ERROR], "of one asker the oldest gives "
                "way")
            eventually(lambda: len(server.requests) == 65, "to the newest")
            asker.close()
            eventually(lambda: lookup.files() == before - 1,
                       "all are closed with their asker",
                       before=before)
            got = other.ask(IDENT, "127.1.2.1", ports=(6000, 23),
                            timeout_ms=200)
            is_([got.result, got.failure], [UNKNOWN, TIMEOUT],
                "and there is room again")
        while ACCEPTED:
            ACCEPTED.pop().close()


def real_ident():
    """oidentd tells who has a connection."""
    path = find_program("oidentd")
    ok(path, "oidentd is here")
    lib.write("/etc/oidentd.conf", "default { default { allow spoof } }\n")
    with program(path, "--foreground", "--nosyslog", "--quiet", "--user",
                 "root", "--group", "root", "--config", "/etc/oidentd.conf"), \
            Lookup() as lookup, socket.socket() as listener, \
            socket.socket() as client:
        ok(wait_for(lambda: takes_connections("127.0.0.1", 113)), "it serves")
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client.bind(("127.0.0.1", 0))
        client.connect(listener.getsockname())
        ports = client.getsockname()[1], listener.getsockname()[1]
        asker = lookup.asker()
        got = asker.ask(IDENT, "127.0.0.1", ports=ports)
        is_([got.result, got.text], [YES, "UNIX : root"], "the right user")
        got = asker.ask(IDENT, "127.0.0.1", ports=(1, ports[1]))
        is_([got.result, got.failure], [NO, BAD_RESPONSE],
            "nobody has the other")


if __name__ == "__main__":
    note("sallyport-lookup alone")
    lib.main([ident_replies, ident_bounds, real_ident])
