#!/usr/bin/env python3
"""A log process in hostile hands, or none that can write: service goes on.

tests/hostile/fake-log.c takes the place of the real one; what replaces it is
the real one.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import DIR, Gate, echo, eventually, is_, ok, service

FAKE = f"{lib.BUILD}/tests/hostile/fake-log"
ATTACK_FILE = f"{DIR}/log-attack"

# What ends the log process at once, and the rule that the violation names.
VIOLATIONS = {
    "ready-twice": "LOG_READY twice",
    "hangs-up": "its channel is closed, but it lives",
    "done-parent": "CHANNEL_DONE for a channel that is in use",
    "done-twice": "CHANNEL_DONE twice",
    "starts": "message type not of this channel",
}
# What it may do: it harms the log alone.
PASSIVE = ("deaf", "done-nobody", "sinks-dead")


def policy():
    return service("plain", 9000, lib.server("echo-server"))


def hostile_libexec():
    directory = f"{DIR}/false-libexec"
    if not os.path.isdir(directory):
        os.makedirs(directory)
        for name in os.listdir(lib.LIBEXEC):
            path = f"{lib.LIBEXEC}/{name}"
            if name.startswith("sallyport-") and os.path.isfile(path) and \
                    os.access(path, os.X_OK):
                shutil.copy(path, directory)
        os.rename(f"{directory}/sallyport-log", f"{directory}/real-log")
        shutil.copy(FAKE, f"{directory}/sallyport-log")
        for name in os.listdir(directory):
            os.chmod(f"{directory}/{name}", 0o755)
    return directory


def choose(name):
    lib.write(ATTACK_FILE, name or "")


def attacked(name):
    """A gate whose log process attacks, or has attacked and was replaced."""
    choose(name)
    gate = Gate(policy(), libexec=hostile_libexec(), name="false")
    if not gate.start():
        raise ChildProcessError(f"{name}: {gate.stderr()}")
    return gate


def told(gate, rule):
    return [r for r in gate.records("privsep-violation")
            if rule in r["sallyport"]["privsep"]["rule"]]


def every_attack_is_tried():
    listed = subprocess.run([FAKE, "--list"], capture_output=True, text=True,
                            check=True, timeout=20).stdout.split()
    is_(sorted(listed), sorted([*VIOLATIONS, *PASSIVE, "silent",
                                "done-again", "done-always",
                                "done-dispatch"]),
        "every attack is tried")


def violations():
    """Each broken rule ends its process; what follows is served and written."""
    for name, rule in VIOLATIONS.items():
        with attacked(name) as gate:
            choose(None)
            ok(echo(9000), f"{name}: served at once")
            eventually(lambda gate=gate, rule=rule: told(gate, rule),
                       f"{name}: a violation: {rule}")
            ok(echo(9000), f"{name}: served afterwards")
            ok(gate.wait_records(1, "connection-closed"),
               f"{name}: and written by its successor")


def slander():
    """Log says that a dispatcher's records break rules: that one is replaced,
    since the parent cannot know better, and service goes on."""
    with attacked("done-dispatch") as gate:
        choose(None)
        ok(echo(9000), "served at once")
        first = gate.helper("dispatch")
        eventually(lambda: gate.helper("dispatch") not in (0, first),
                   "the dispatcher is replaced")
        ok(echo(9000), "and serves")
        os.kill(gate.helper("log"), 9)
        eventually(lambda: told(gate, "its records break a rule"),
                   "the violation is written by log's successor")
        ok(gate.wait_records(1, "connection-closed"), "as are connections")


TRAPPED = "127.0.0.66"


def trap():
    return service("trap", 9001, None, type="INTERNAL UNLISTED",
                   flags="SENSOR IPv4", deny_time="FOREVER")


def is_penalised():
    try:
        return not echo(9000, source=TRAPPED)
    except OSError:
        return True


def slander_of_all():
    """One that says so of every dispatcher is replaced itself in the end, and
    its word alone makes nobody forget who touched a sensor."""
    choose("done-always")
    with Gate(policy() + trap(), libexec=hostile_libexec(),
              name="false") as gate:
        choose(None)
        lib.ask(9001, source=TRAPPED)
        eventually(is_penalised, "who touches a sensor is penalised")
        eventually(lambda: told(gate, "log or dispatch is wrong"),
                   "after three dispatchers log itself is replaced")
        ends = told(gate, "its records break a rule, as log says")
        is_(len(ends), 3, "which had gone one after another")
        eventually(lambda: gate.helper("dispatch"), "one more dispatcher")
        last = gate.helper("dispatch")
        eventually(lambda: echo(9000), "serves")
        ok(is_penalised(), "and has forgotten nobody")
        time.sleep(3)
        is_(gate.helper("dispatch"), last, "it stays")


def spared():
    """What a log has said that breaks a rule is not held against anybody."""
    with attacked("done-twice") as gate:
        choose(None)
        ok(echo(9000), "served at once")
        first = gate.helper("dispatch")
        eventually(lambda: told(gate, "CHANNEL_DONE twice"), "log is wrong")
        time.sleep(2)
        is_(gate.helper("dispatch"), first, "the dispatcher goes on")
        ok(echo(9000), "and serves")
        ok(gate.wait_records(2, "connection-closed"), "all is written")


def lingers():
    """Whatever log says, a dispatcher of a withdrawn policy ends in time."""
    with attacked("done-again") as gate:
        choose(None)
        old = gate.helper("dispatch")
        os.kill(old, signal.SIGSTOP)
        ok(gate.reload(policy()), "a new policy")
        time.sleep(9 * lib.SLOW)
        eventually(lambda: not lib.is_alive(old), "the old dispatcher, which "
                   "does nothing, is gone after ten seconds")
        ok(echo(9000), "the new one serves")
        if lib.is_alive(old):
            os.kill(old, signal.SIGKILL)


def passive():
    """A log process that only keeps silent stops nothing but the log."""
    for name in PASSIVE:
        with attacked(name) as gate:
            pid = gate.helper("log")
            choose(None)
            is_(sum(echo(9000) for _ in range(50)), 50,
                f"{name}: fifty clients are served")
            ok(gate.reload(policy()), f"{name}: a reload works")
            is_(gate.helper("log"), pid, f"{name}: it is still there")
            os.kill(pid, 9)
            ok(gate.wait_records(50, "connection-closed"),
               f"{name}: its successor finds what was queued")
            is_(lib.check_books(gate.audit())[0], [],
                f"{name}: no number is missing")
    gate = attacked("deaf")
    is_(gate.stop(20), 0, "deaf: the daemon ends all the same")
    choose(None)


def silent():
    """One that is never ready is replaced when its time is over."""
    with attacked("silent") as gate:
        choose(None)
        ok(echo(9000), "service begins without it")
        ok(gate.wait_records(1, "connection-closed", seconds=40),
           "its successor writes what was queued")
        ok([r for r in gate.records("message")
            if "missed its deadline" in r["message"]], "it is said")


silent.seconds = 60 * lib.SLOW


def full_run_directory():
    """No room for state files: a clear refusal, or nothing lost at all."""
    run = f"{DIR}/small"
    os.makedirs(run)
    choose(None)
    lib.tmpfs(run, "mode=755,size=1m")
    gate = Gate(policy(), name="small")
    gate.run_dir = run + "/run"
    ok(not gate.start(), "a daemon does not start where its state has no room")
    is_(gate.status, 3, "it says that the system does not let it")
    ok("No space left" in gate.stderr(), "and why", stderr=gate.stderr())
    lib.umount(run)

    lib.tmpfs(run, "mode=755,size=32m")
    gate = Gate(policy(), name="small")
    gate.run_dir = run + "/run"
    with gate:
        ok(echo(9000), "with room it serves")
        with open(run + "/filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"\0" * 65536)
            except OSError:
                pass
        is_(sum(echo(9000) for _ in range(20)), 20,
            "a directory that fills up later costs no client")
        ok(not gate.reload(), "a reload needs room and is refused")
        ok(echo(9000), "the policy in force stays")
        generation = gate.state().generation
        os.unlink(run + "/filler")
        ok(gate.reload(), "with room it works again")
        ok(gate.state().generation > generation, "a new policy is in force")
        ok(echo(9000), "and serves")
    lib.umount(run)


if __name__ == "__main__":
    lib.main([every_attack_is_tried, violations, slander, slander_of_all,
              spared, lingers, passive, silent, full_run_directory])
