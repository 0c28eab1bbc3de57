#!/usr/bin/env python3
"""A running xinetd and ours: what servers are given, what clients see, what is
logged, and what signals and reloads do."""

import os
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import twins
from lib import ask, dial, read_all, service, wait_for
from twins import LOGS, Scenario

PORT = 6200


# --- 4.2: what a server is given ------------------------------------------------

PROCESSES = {
    "user": {"user": "plant"}, "groups": {"user": "plant", "groups": "yes"},
    "group": {"user": "plant", "group": "line3"},
    "group-groups": {"user": "plant", "group": "night", "groups": "yes"},
    "number": {"user": "1234"}, "number-group": {"user": "1234",
                                                 "group": "line3"},
    "root": {"user": "root"}, "umask": {"umask": "027"},
    "nice": {"nice": "7"}, "args": {"server_args": "-x one two"},
    "named": {"flags": "NAMEINARGS IPv4", "server_args": "other name"},
    "env": {"env": "A=1 B=two", "passenv": "PATH"},
    "no-env": {"passenv": ""}, "all-env": {},
    "limits": {"rlimit_cpu": "20", "rlimit_as": "512M", "rlimit_files": "64",
               "rlimit_stack": "1M"},
}
# Of the connection and of the time, not of the configuration.
FLEETING = re.compile(r"^(?:pid|ppid|sid|pgid|pgrp|session|peer|local|socket"
                      r"|cookie|env=(?:REMOTE_PORT|LOCAL_|SALLYPORT_CONN"
                      r"|[AU]B?SAN_OPTIONS))")


def processes_config():
    creds = lib.server("creds")
    return "".join(service(name, PORT + n, creds,
                           **{"user": "nobody", **attributes})
                   for n, (name, attributes) in enumerate(PROCESSES.items()))


def processes(_daemon):
    seen = {}
    for n, name in enumerate(PROCESSES):
        text = ask(PORT + n)[0].decode("latin-1")
        for line in text.splitlines():
            if FLEETING.match(line):
                continue
            key, _, value = line.partition("=")
            if key == "SigIgn":     # without those of the C library
                value = f"{int(value, 16) & 0x7fffffff:x}"
            if key == "env":
                key, _, value = value.partition("=")
                key = "env " + key
            seen.setdefault(f"{name}: {key}", []).append(value)
    return {key: sorted(value) for key, value in seen.items()}


# --- 6.1: what is logged --------------------------------------------------------

SUCCESS = ["HOST", "PID", "EXIT", "DURATION", "HOST PID EXIT DURATION", ""]
FAILURE = ["HOST", "ATTEMPT", ""]


def logs_config():
    rows = [{"log_on_success": words} for words in SUCCESS] + \
        [{"log_on_failure": words, "no_access": "127.0.0.1",
          "log_on_success": ""} for words in FAILURE]
    return "".join(service(f"s{n}", PORT + n, "/bin/false",
                           log_type=f"FILE {LOGS}/s{n}", **row)
                   for n, row in enumerate(rows)) + \
        service("sys", PORT + 20, "/bin/true", user="nobody",
                log_type="SYSLOG local3 warning", log_on_success="HOST EXIT")


def logs(daemon):
    seen = {}
    for n, words in enumerate(SUCCESS):
        ask(PORT + n)
        count = (words != "") + bool({"EXIT", "DURATION"} & set(words.split()))
        seen[f"success {words}"] = daemon.lines(f"{LOGS}/s{n}", count)
    for n, words in enumerate(FAILURE, len(SUCCESS)):
        seen[f"failure {words} gets"] = ask(PORT + n)[0]
        seen[f"failure {words}"] = daemon.lines(f"{LOGS}/s{n}", words != "")
    ask(PORT + 20)
    seen["syslog"] = daemon.syslog(2)
    return seen


# --- 5: internal services -------------------------------------------------------

def internal(name, port, kind, wait):
    return (f"service {name}\n{{\n\tid = {name}-{kind}\n\ttype = INTERNAL "
            f"UNLISTED\n\tsocket_type = {kind}\n\twait = {wait}\n\tport = "
            f"{port}\n\tuser = nobody\n\tflags = IPv4\n}}\n")


INTERNALS = ("echo", "discard", "daytime", "time", "chargen")


def internals_config():
    return "".join(internal(name, PORT + n, kind, wait)
                   for n, name in enumerate(INTERNALS)
                   for kind, wait in (("stream", "no"), ("dgram", "yes")))


def shape(data):
    """The same for each moment: letters and figures are told by their kind."""
    return re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", data.decode("latin-1")))


def exchange(port, request, from_port=0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.bind(("127.0.0.1", from_port))
        s.connect(("127.0.0.1", port))
        s.send(request)
        try:
            return s.recv(4096)
        except TimeoutError:
            return b""


def internals(_daemon):
    long = b"sally" * 1000
    with dial(PORT + 4) as s:
        data = b""
        while len(data) < 740:
            data += s.recv(4096)
    return {
        "echo": ask(PORT, send=long, finish=True)[0] == long,
        "discard": ask(PORT + 1, send=long, finish=True),
        "daytime": shape(ask(PORT + 2)[0]),
        "time": len(ask(PORT + 3)[0]),
        "time is now": abs(int.from_bytes(ask(PORT + 3)[0], "big") -
                           2208988800 - time.time()) < 30,
        "chargen: lines": [len(x) for x in data[:740].split(b"\r\n")[:-1]],
        "echo by datagram": exchange(PORT, b"hello"),
        "discard by datagram": exchange(PORT + 1, b"hello"),
        "daytime by datagram": shape(exchange(PORT + 2, b"?")),
        "time by datagram": len(exchange(PORT + 3, b"?")),
        "echo to port 1000": exchange(PORT, b"hello", 1000),
        "chargen amplifies": len(exchange(PORT + 4, b"?")) > 1,
    }


# --- 5.3: tcpmux ----------------------------------------------------------------

MUX = ("service tcpmux\n{\n\ttype = INTERNAL UNLISTED\n\tport = 6290\n"
       "\tsocket_type = stream\n\twait = no\n\tuser = root\n\tflags = IPv4\n}\n"
       ) + "".join(
           f"service {name}\n{{\n\ttype = {kind} UNLISTED\n\tprotocol = tcp\n"
           "\tsocket_type = stream\n\twait = no\n\tuser = nobody\n"
           f"\tserver = /bin/echo\n\tserver_args = served\n{more}}}\n"
           for name, kind, more in (
               ("plain", "TCPMUX", ""), ("plus", "TCPMUXPLUS", ""),
               ("shut", "TCPMUXPLUS", "\tno_access = 127.0.0.1\n"))) + \
    service("apart", 6291, "/bin/echo", user="nobody")


def mux_ask(*parts):
    with dial(6290) as s:
        for n, part in enumerate(parts):
            if n > 0:
                time.sleep(0.3)
            s.sendall(part)
        s.settimeout(3)
        return read_all(s)[0]


def mux(_daemon):
    return {"plain": mux_ask(b"plain\r\n"), "plus": mux_ask(b"plus\r\n"),
            "case": mux_ask(b"PLUS\r\n"), "unknown": mux_ask(b"nobody\r\n"),
            "denied": mux_ask(b"shut\r\n"), "apart": mux_ask(b"apart\r\n"),
            "newline alone": mux_ask(b"plain\n"),
            "two segments": mux_ask(b"pla", b"in\r\n"),
            "bytes behind": mux_ask(b"plain\r\nmore")}


# --- 4.3, 4.4: servers that have the listener -----------------------------------

def waiting_config():
    server = lib.server("wait-server")
    return service("burst", PORT, server, socket_type="dgram", protocol="udp",
                   wait="yes", user="root",
                   server_args=f"{LOGS}/burst serve 1 {LOGS}/end") + \
        service("picky", PORT + 1, server, socket_type="dgram",
                protocol="udp", wait="yes", user="root", only_from="127.0.0.1",
                server_args=f"{LOGS}/picky serve 1 {LOGS}/end")


def answers_to(port, count, source="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.connect(("127.0.0.1", port))
        s.settimeout(2)
        got = 0
        try:
            for _ in range(count):
                s.send(b"x")
            while got < count and s.recv(100):
                got += 1
        except OSError:
            pass
        return got


def waiting(_daemon):
    return {"ten at once": answers_to(PORT, 10),
            "one": answers_to(PORT, 1),
            "refused": answers_to(PORT + 1, 1, "127.0.0.5"),
            "allowed after a refused one": answers_to(PORT + 1, 1)}


# --- 2.4, 3.7: limits -----------------------------------------------------------

LIMITS = service("one", PORT, "/bin/cat", instances=1, user="nobody") + \
    service("source", PORT + 1, "/bin/cat", per_source=1, user="nobody") + \
    service("none", PORT + 2, "/bin/cat", instances=0, user="nobody") + \
    service("fast", PORT + 3, "/bin/echo", cps="3 30", user="nobody") + \
    service("never", PORT + 4, "/bin/echo", user="nobody",
            access_times="00:00-00:01 00:01-00:02") + \
    service("banner", PORT + 5, "/bin/echo", user="nobody", banner="/etc/b0",
            banner_success="/etc/b1", banner_fail="/etc/b2") + \
    service("banned", PORT + 6, "/bin/echo", user="nobody", banner="/etc/b0",
            banner_fail="/etc/b2", no_access="127.0.0.1")


def limits(_daemon):
    seen = {}
    for n, name in ((0, "instances"), (1, "per_source")):
        with dial(PORT + n) as first:
            first.sendall(b"x")
            first.recv(1)
            seen[f"{name}: second"] = ask(PORT + n, send=b"y", finish=True)[0]
            seen[f"{name}: other source"] = ask(
                PORT + n, source="127.0.0.5", send=b"y", finish=True)[0]
    seen["instances = 0"] = ask(PORT + 2, send=b"y", finish=True)[0]
    seen["cps: three"] = [ask(PORT + 3)[0] for _ in range(3)]
    seen["cps: fourth"] = ask(PORT + 3)[0]
    seen["cps: fifth"] = ask(PORT + 3)[1]
    seen["outside the hours"] = ask(PORT + 4)[0]
    seen["banners"] = ask(PORT + 5)[0]
    seen["banners of a refusal"] = ask(PORT + 6)[0]
    return seen


# --- 4.6: redirect --------------------------------------------------------------

REDIRECT = service("cat", PORT, "/bin/cat", user="nobody") + \
    service("far", PORT + 1, None, user="nobody",
            redirect=f"127.0.0.1 {PORT}", log_type=f"FILE {LOGS}/far",
            log_on_success="HOST TRAFFIC EXIT") + \
    service("down", PORT + 2, None, user="nobody", redirect="127.0.0.1 1")


def redirected(daemon):
    with dial(PORT + 1) as s:
        s.sendall(b"hello")
        seen = {"answer": s.recv(100)}
    seen["lines"] = sorted(re.sub(r"=\d+", "=N", line) for line in
                           daemon.lines(f"{LOGS}/far", 3))
    seen["half-close"] = ask(PORT + 1, send=b"hello", finish=True)[0]
    seen["target is down"] = ask(PORT + 2)[0]
    return seen


# --- 7.2, 7.4: signals, reloads -------------------------------------------------

SESSIONS = service("cat", PORT, "/bin/cat", user="nobody") + \
    service("other", PORT + 1, "/bin/cat", user="nobody") + \
    internal("echo", PORT + 2, "stream", "no")


def is_alive(session):
    try:
        session.settimeout(2)
        session.sendall(b"x")
        return session.recv(1) == b"x"
    except OSError:
        return False


def opened(*ports):
    sessions = [dial(port) for port in ports]
    for s in sessions:
        is_alive(s)
    return sessions


def reloaded(daemon):
    seen = {}
    sessions = opened(PORT, PORT + 1, PORT + 2)
    seen["nothing changed"] = daemon.reload()
    seen["sessions stay"] = [is_alive(s) for s in sessions]
    seen["one goes"] = daemon.reload(SESSIONS.replace(
        "service other\n{\n", "service other\n{\n\tdisable = yes\n"))
    seen["its session"] = is_alive(sessions[1])
    seen["the others"] = [is_alive(sessions[0]), is_alive(sessions[2])]
    seen["it is offered"] = ask(PORT + 1)[1] != "refused"
    seen["it comes back"] = daemon.reload(SESSIONS)
    seen["and is offered"] = ask(PORT + 1, send=b"x", finish=True)[0]
    seen["many"] = [daemon.reload() for _ in range(5)]
    seen["still served"] = ask(PORT, send=b"x", finish=True)[0]
    seen["bad defaults"] = daemon.reload(
        "defaults\n{\n\tinstances = many\n}\n" + SESSIONS)
    seen["runs then"] = daemon.is_running()
    for s in sessions:
        s.close()
    return seen


def signalled(number):
    def script(daemon):
        sessions = opened(PORT, PORT + 2)
        daemon.send(number)
        seen = {"ends": wait_for(lambda: not daemon.is_running(), 3)}
        if seen["ends"]:
            seen["status"] = daemon.wait()
        seen["the server"] = is_alive(sessions[0])
        seen["the internal one"] = is_alive(sessions[1])
        for s in sessions:
            s.close()
        return seen
    return script


# --- 6.4, 7.3, 1.7: full logs, the dump, tcpmux with a default address ----------

FULL = service("small", PORT, "/bin/true", user="nobody", cps="0 0",
               log_type=f"FILE {LOGS}/small 100 200",
               log_on_success="HOST PID EXIT DURATION") + \
    service("nowhere", PORT + 1, "/bin/echo", user="nobody",
            log_type="FILE /no/such/directory/log", log_on_success="HOST")


def full_log(daemon):
    seen = {"nowhere is served": ask(PORT + 1)[0]}
    for _ in range(20):
        ask(PORT)
    seen["lines go on elsewhere"] = bool(daemon.syslog(1, "START: small|EXIT"))
    seen["still served"] = ask(PORT)
    return seen


def dumped(daemon):
    path = "/var/run/xinetd.dump" if daemon.name == "xinetd" else \
        daemon.gate.run_dir + "/dump"
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: "END OF DUMP" in twins.content(path), 10)
    text = twins.content(path)
    return {"is whole": "END OF DUMP" in text, "names the service":
            "secretive" in text, "shows values of env": "hush" in text,
            "others may read it": bool(os.stat(path).st_mode & 0o044)}


def mux_bound(_daemon):
    return {name: mux_ask(name.encode() + b"\r\n").rstrip(b"\0")
            for name in ("plain", "plus")}


SIGNALS = ("TERM", "QUIT", "USR1", "USR2", "HUP", "ABRT", "PIPE")

SCENARIOS = [
    Scenario("process", processes_config, processes,
             env={"KEPT": "yes", "LD_PRELOAD": ""}),
    Scenario("logs", logs_config(), logs),
    Scenario("internal", internals_config(), internals),
    Scenario("mux", MUX, mux),
    Scenario("wait", waiting_config, waiting),
    Scenario("limits", LIMITS, limits, files={
        "b0": "first\n", "b1": "welcome\n", "b2": "go away\n"}),
    Scenario("redirect", REDIRECT, redirected),
    Scenario("reload", SESSIONS, reloaded),
    Scenario("full", FULL, full_log),
    Scenario("dump", service("secretive", PORT, "/bin/echo", env="KEY=hush"),
             dumped),
    Scenario("mux-bound", "defaults\n{\n\tbind = 127.0.0.1\n}\n" + MUX,
             mux_bound),
    *(Scenario("signal-" + name, SESSIONS,
               signalled(getattr(signal, "SIG" + name))) for name in SIGNALS),
]

if __name__ == "__main__":
    twins.main("life", SCENARIOS)
