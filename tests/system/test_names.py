#!/usr/bin/env python3
"""Host names in access lists through the daemon: dispatchers and lookup."""

import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import DIR, eventually, is_, like, ok, service, unlike
from lookup import Dns

PORT = 9000
HOSTS = f"{DIR}/hosts"


def hosts(text):
    """What /etc/hosts says in this world."""
    is_new = not os.path.exists(HOSTS)
    lib.write(HOSTS, "127.0.0.1 localhost\n" + text, 0o644)
    if is_new:
        subprocess.run(["mount", "--bind", HOSTS, "/etc/hosts"], check=True)


def policy(names):
    return service("named", PORT, lib.server("echo-server"), bind="127.0.0.1",
                   only_from=names)


def is_served(source="127.0.0.1"):
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=10,
                                      source_address=(source, 0)) as sock:
            sock.sendall(b"x\n")
            return sock.recv(1) == b"x"
    except OSError:
        return False


def no_lookup_without_need():
    with lib.Gate(policy("127.0.0.1")) as gate:
        ok(is_served(), "numbers need no lookup")
        is_(gate.helper("lookup"), 0, "so there is none")


def names():
    hosts("127.0.0.3 good.example\n")
    with lib.Gate(policy("good.example")) as gate:
        ok(is_served("127.0.0.3"), "who has the name is let in")
        ok(not is_served("127.0.0.4"), "another is not")
        pid = gate.helper("lookup")
        ok(pid, "lookup was asked")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: gate.helper("lookup") not in (0, pid),
                   "another lookup comes")
        eventually(lambda: is_served("127.0.0.3"), "and is asked")
        ok(not is_served("127.0.0.4"), "and says no")


def reload():
    hosts("127.0.0.3 good.example\n")
    with lib.Gate(policy("good.example")) as gate:
        ok(is_served("127.0.0.3"), "who has the name is let in")
        pid = gate.helper("lookup")
        ok(gate.reload(), "a reload")
        is_(gate.helper("lookup"), pid, "keeps lookup")
        ok(is_served("127.0.0.3"), "which the new dispatcher asks")
        hosts("127.0.0.4 good.example\n# longer\n")
        ok(gate.reload(), "a reload with a new hosts file")
        eventually(lambda: gate.helper("lookup") not in (0, pid),
                   "brings a new lookup")
        ok(is_served("127.0.0.4"), "who has the name now is let in")
        ok(not is_served("127.0.0.3"), "who had it is not")


def checked():
    """A name that does not exist: check says so, a load does not wait."""
    lib.write("/etc/resolv.conf", "nameserver 127.0.0.53\n")
    hosts("127.0.0.3 good.example\n")
    config = policy("good.example nosuch.example") + service(
        "banned", PORT + 1, lib.server("echo-server"), bind="127.0.0.1",
        no_access="slip.example .example")
    with Dns() as dns:
        lib.write(f"{DIR}/names.conf", config)
        said = lib.sallyport("check", "--libexec", lib.LIBEXEC,
                             f"{DIR}/names.conf")
        is_(said.returncode, 0, "such a list is good")
        like(said.stdout, "service named: only_from: there is no host "
             "nosuch.example: nobody is let in by it", "check names it")
        like(said.stdout, "service banned: no_access: there is no host "
             "slip.example: nobody is refused by it", "and what it does")
        unlike(said.stdout, "good.example: nobody", "not one that exists")
        ok(dns.seen, "DNS was asked")
        before = len(dns.seen)
        with lib.Gate(config):
            is_(len(dns.seen), before, "a load asks nobody")


if __name__ == "__main__":
    lib.main([no_lookup_without_need, names, reload, checked])
