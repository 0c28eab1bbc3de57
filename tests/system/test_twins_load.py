#!/usr/bin/env python3
"""xinetd and ours, side by side: rates and their pauses, many reloads, silent
name servers, hostile ident servers, clients that do not read, syslog's words."""

import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import twins
from lib import ask, dial, service, wait_for
from lookup import Identd
from twins import LOGS, Scenario

PORT = 6400

FACILITIES = ("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail",
              "news", "syslog", "user", "uucp", *(f"local{n}" for n in range(8)))
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


# --- 3.7: rates -----------------------------------------------------------------

RATES = "".join(service(name, PORT + n, "/bin/echo", user="nobody", cps=cps,
                        instances="2" if n == 2 else "UNLIMITED")
                for n, (name, cps) in enumerate((
                    ("three", "3 2"), ("ten", "10 3"), ("two", "2 2"))))


def served(port, count):
    return sum(ask(port)[0] == b"\n" for _ in range(count))


def rates(_daemon):
    seen = {"nine of ten": served(PORT + 1, 9)}
    time.sleep(1.2)
    seen["ten after a pause"] = served(PORT + 1, 10)
    seen["the rest of a burst"] = served(PORT + 1, 30) < 12
    seen["three"], seen["fourth"] = served(PORT, 3), served(PORT, 3) == 3
    time.sleep(3.5)
    seen["after its pause"] = served(PORT, 2)
    served(PORT + 2, 5)
    time.sleep(3.5)
    seen["instances after the pause"] = served(PORT + 2, 2)
    return seen


# --- 4.3: a datagram server that stays ------------------------------------------

def stays_config():
    return service("stays", PORT, lib.server("wait-server"), user="root",
                   socket_type="dgram", protocol="udp", wait="yes",
                   server_args=f"{LOGS}/starts serve 3 {LOGS}/end")


def stays(_daemon):
    answers = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect(("127.0.0.1", PORT))
        for n in range(6):
            s.send(b"%d" % n)
            answers.append(s.recv(100).split())
            time.sleep(0.4)
    pids = [pid for pid, _ in answers]
    return {"texts": [text for _, text in answers],
            "three each": [pids.count(pid) for pid in dict.fromkeys(pids)]}


# --- 6.1: where the lines of a service go ---------------------------------------

def syslog_config():
    return "".join(service(f"f{n}", PORT + n, "/bin/true", user="nobody",
                           log_type=f"SYSLOG {facility}",
                           log_on_success="PID")
                   for n, facility in enumerate(FACILITIES)) + \
        "".join(service(f"l{n}", PORT + 50 + n, "/bin/true", user="nobody",
                        log_type=f"SYSLOG local7 {level}",
                        log_on_success="PID")
                for n, level in enumerate(LEVELS))


def syslog(daemon):
    for n in range(len(FACILITIES)):
        ask(PORT + n)
    for n in range(len(LEVELS)):
        ask(PORT + 50 + n)
    lines = daemon.syslog(len(FACILITIES) + len(LEVELS))
    found = dict(re.search(r"<(\d+)>.*START: (\S+)", line).groups()[::-1]
                 for line in lines)
    names = [f"facility {f}" for f in FACILITIES] + [f"level {v}"
                                                     for v in LEVELS]
    ids = [f"f{n}" for n in range(len(FACILITIES))] + \
        [f"l{n}" for n in range(len(LEVELS))]
    return {name: found.get(which) for name, which in zip(names, ids)}


# --- 7.4: many reloads, and reloads without a name server -----------------------

CAT = service("cat", PORT, "/bin/cat", user="nobody")


def often(daemon):
    """8.1: a descriptor that leaks once a reload shows after 74 of them."""
    seen = {"all applied": sorted({daemon.reload() for _ in range(74)})}
    seen["descriptors are few"] = len(os.listdir(f"/proc/{daemon.pid}/fd")) < 64
    seen["served"] = ask(PORT, send=b"x", finish=True)[0]
    return seen


def names(value):
    return service("by-name", PORT, "/bin/cat", user="nobody",
                   only_from=value) + \
        service("open", PORT + 1, "/bin/cat", user="nobody")


def nameless(daemon):
    """The only name server is a port where nobody is."""
    seen = {"a reload": daemon.reload(names("127.0.0.5 host.example"))}
    seen["a number in the list"] = ask(PORT, source="127.0.0.5", send=b"x",
                                       finish=True)[0]
    seen["nobody else"] = ask(PORT, send=b"x", finish=True)[0]
    seen["the other service"] = ask(PORT + 1, send=b"x", finish=True)[0]
    return seen


# --- hostile peers --------------------------------------------------------------

IDENT = service("asked", PORT, "/bin/echo", user="nobody",
                log_type=f"FILE {LOGS}/asked",
                log_on_success="USERID HOST PID")


def identified(daemon):
    """What an ident server says never makes a line of its own."""
    def talk(connection, request):
        ports = request.strip().replace(b",", b" , ")
        connection.sendall(ports + b" : USERID : UNIX : a\x1b[31mb\n"
                           b"START: forged pid=1 from=6.6.6.6\r\n")
    server = Identd("127.0.0.1", talk)
    try:
        served_ = ask(PORT)[0]
        time.sleep(1.0)
        lines = daemon.lines(f"{LOGS}/asked", 1)
    finally:
        server.close()
    return {"served": served_,
            "lines that begin with START": sum(line.startswith("START")
                                               for line in lines),
            "an escape in a line": any("\x1b" in line for line in lines)}


BANNER = service("loud", PORT, "/bin/echo", user="nobody",
                 banner="/etc/long") + \
    service("quiet", PORT + 1, "/bin/echo", user="nobody")


def unread(_daemon):
    """A client that reads nothing, with a banner longer than its window."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", PORT))
        time.sleep(0.3)
        quick = ask(PORT + 1, timeout=4)[0]
    return {"another client meanwhile": quick,
            "afterwards": wait_for(lambda: ask(PORT + 1)[0] == b"\n", 10)}


def refused_meanwhile(_daemon):
    """Sessions of a service that is full do not touch another."""
    with dial(PORT) as first:
        first.sendall(b"x")
        first.recv(1)
        return {"the other": ask(PORT + 1, send=b"y", finish=True)[0]}


SCENARIOS = [
    Scenario("rates", RATES, rates),
    Scenario("stays", stays_config, stays),
    Scenario("syslog", syslog_config(), syslog),
    Scenario("often", CAT, often),
    Scenario("nameless", names("127.0.0.5"), nameless, files={
        "resolv.conf": "nameserver 127.0.0.77\noptions timeout:1 attempts:1\n"}),
    Scenario("ident", IDENT, identified),
    Scenario("unread", BANNER, unread, files={"long": "x" * 16000 + "\n"}),
    Scenario("full", service("full", PORT, "/bin/cat", user="nobody",
                             instances=1) +
             service("other", PORT + 1, "/bin/cat", user="nobody"),
             refused_meanwhile),
]

if __name__ == "__main__":
    twins.main("load", SCENARIOS)
