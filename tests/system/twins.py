"""xinetd and sallyport side by side, on the same file with the same clients.

A suite is a list of scenarios, given to main("life", [...]). A scenario is

    Scenario(name, config, script, files={}, options=(), env={}, want={})

and is run against the real xinetd and then against ours, one after the other
in the same private world: same ports, same /etc, literally the same bytes in
/etc/xinetd.conf. `files` are others: {path: text or (text, mode)}, relative
paths are in /etc. `options` and `env` are given to both. A config that needs the
private world may be a function that returns the text.

script(daemon) talks to the running daemon and its clients and returns what it
has observed, {key: plain value}; a key is a few words. The harness adds the key
"starts", "yes" or "no"; where one daemon does not start, its script is not run
and "starts" alone is compared. Every other key is one result of the suite: both
must have the same value, or a row of TWINS in differences.py names the two. A
row that nothing needed fails, and so does one without a number in
sallyport-xinetd(7). `want` is what xinetd is known to answer, {key: value}: a
test that compares two mistakes with each other is noticed by it.

The daemon that a script gets, either Xinetd or Sallyport, has

    name                "xinetd" or "sallyport"
    pid, is_running(), status
    send(signal)
    reload(config=None, files=None)     "applied", "kept" or "ended"
    restart()           True when it runs again
    stop(), wait()      exit status; None: still there
    messages()          of the program itself: Message(level, text, place, line);
                        level is "error", "warning" or "info"
    said(name)          True when an error or warning names the service, or the
                        file called so
    lines(path, count=0)    lines of the service log FILE, made plain; waits a
                        while until there are `count`
    syslog(count=0)     service lines at /dev/log, the same way
    attributes()        {id: {attribute: value}} in the form of answers.py
    services()          ids of the services that are offered
    children()          pids of the servers that run

LOGS is an empty directory at each start. plain() takes away what differs each
time: times, pids, durations. Nothing is left of a daemon when its script is
over: what it started is ended by pid.
"""

import collections
import contextlib
import fnmatch
import os
import shutil
import signal
import sys

import differences
import gate
import lib
import tap
import world
# pylint: disable=unused-import
from daemons import (CONF, HOME, LOGS, Message, Sallyport, Xinetd, content,
                     plain, write_all)

Scenario = collections.namedtuple(
    "Scenario", "name config script files options env want",
    defaults=({}, (), {}, {}))


def end_orphans(before):
    """What a daemon has left behind becomes ours, and ends."""
    for pid in set(gate.children_of(os.getpid())) - before:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def observe(scenario, make):
    """What one of the two answers."""
    shutil.rmtree(HOME, ignore_errors=True)
    os.makedirs(LOGS)
    write_all(scenario.config() if callable(scenario.config) else
              scenario.config, scenario.files)
    before = set(gate.children_of(os.getpid()))
    with lib.DevLog() as log:
        daemon = make(log)
        try:
            if not daemon.start():
                tap.note(f"{daemon.name} does not start: "
                         f"{daemon.messages()[-3:]}")
                return {"starts": "no"}
            return {"starts": "yes", **scenario.script(daemon)}
        except Exception:
            tap.note(f"{daemon.name}: {daemon.messages()[-10:]}")
            raise
        finally:
            daemon.stop()
            end_orphans(before)


def row_for(name, key, theirs, ours, used):
    """The row that names this difference; it is marked as used."""
    for number, row in enumerate(differences.TWINS):
        for pattern in row[1].split("|"):
            if fnmatch.fnmatchcase(name, row[0]) and \
                    fnmatch.fnmatchcase(key, pattern) and \
                    row[2] in (theirs, differences.ANY) and \
                    row[3] in (ours, differences.ANY):
                used.add((number, pattern))
                return row
    return None


def judge(scenario, theirs, ours, used):
    """One result for each key."""
    keys = sorted(set(theirs) | set(ours) | set(scenario.want))
    if "no" in (theirs["starts"], ours["starts"]):
        keys = ["starts"]
    for key in keys:
        one, other = theirs.get(key), ours.get(key)
        want = scenario.want.get(key, one)
        known = {} if want == one else {"xinetd_is_known_for": want}
        row = None if one == other else \
            row_for(scenario.name, key, one, other, used)
        tap.ok(one == want and (one == other or row),
               f"{scenario.name}: {key}" + (f" ({row[4]})" if row else ""),
               xinetd=one, sallyport=other, **known)


def case_of(scenario, program, used):
    def case():
        try:
            theirs = observe(scenario, lambda log: Xinetd(
                program, log, scenario.options, scenario.env))
            ours = observe(scenario, lambda log: Sallyport(
                log, scenario.options, scenario.env))
        finally:
            for path in (CONF, *scenario.files):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join("/etc", path))
        judge(scenario, theirs, ours, used)
    case.__name__ = scenario.name
    return case


def table_of(suite, used):
    """The rows of this suite: each needed, each with a known number."""
    def table():
        rows = [(n, row) for n, row in enumerate(differences.TWINS)
                if row[0].startswith(suite + "/")]
        unknown = [row for _, row in rows
                   if row[4] not in differences.numbers()]
        tap.is_(unknown, [], "every number stands in sallyport-xinetd(7)")
        unused = [(row[0], pattern, *row[2:]) for n, row in rows
                  for pattern in row[1].split("|") if (n, pattern) not in used]
        if len(sys.argv) == 1:
            tap.is_(unused, [], "every listed difference exists")
    return table


def absent():
    tap.ok(True, "# SKIP there is no xinetd to compare with")


def main(suite, scenarios, **limits):
    """Runs them all; names of scenarios get the suite's name in front."""
    program = world.find_program("xinetd")
    if program is None:
        lib.main([absent])
    used = set()
    cases = [case_of(s._replace(name=f"{suite}/{s.name}"), program, used)
             for s in scenarios]
    lib.main([*cases, table_of(suite, used)], **limits)
