#!/usr/bin/env python3
"""Files beside the configuration: a change brings a new policy by itself."""

import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import Gate, echo, is_, ok, service, wait_for, write

DENY, ALLOW = "/etc/hosts.deny", "/etc/hosts.allow"


def plain(port=9000, **more):
    """A service that tcp wrappers' files have nothing to say about."""
    return service("plain", port, lib.server("echo-server"),
                   flags="IPv4 NOLIBWRAP", **more)


def new_policy(gate, before, seconds=15):
    """The generation in force once it is another one, else None."""
    def changed():
        now = gate.state().generation
        return now if now != before else None
    return wait_for(changed, seconds * lib.SLOW)


def remove(*paths):
    for path in paths:
        if os.path.lexists(path):
            os.unlink(path)


def a_rule_appears():
    """Made, changed, replaced by rename, removed: each a new policy."""
    with Gate(plain()) as gate:
        generation = gate.state().generation

        def step(name):
            nonlocal generation
            now = new_policy(gate, generation)
            ok(now is not None, f"a new policy: {name}")
            generation = now or gate.state().generation
        write(DENY, "# nothing yet\n")
        step("the file is made")
        write(DENY, "# something else\n")
        step("the file is written")
        write(DENY + ".new", "# a third text\n")
        os.rename(DENY + ".new", DENY)
        step("the file is replaced")
        remove(DENY)
        step("the file is removed")
        ok(gate.wait_records(4, "message", message="/etc/hosts.deny has "
                             "changed"), "each is said")
        ok(echo(9000), "the service is served all the while")
        is_(gate.state().loads_refused, 0, "no load was refused")


def through_links():
    """A link's target changes; the link points elsewhere."""
    write("/run/elsewhere/one", "# one\n")
    write("/run/elsewhere/two", "# two\n")
    remove(ALLOW)
    os.symlink("/run/elsewhere/one", ALLOW)
    with Gate(plain()) as gate:
        generation = gate.state().generation
        write("/run/elsewhere/one", "# one, changed\n")
        now = new_policy(gate, generation)
        ok(now, "a link's target is watched")
        remove(ALLOW)
        os.symlink("../run/elsewhere/two", ALLOW)
        then = new_policy(gate, now)
        ok(then, "a link is watched")
        write("/run/elsewhere/two", "# two, changed\n")
        ok(new_policy(gate, then), "so is its new target")
    remove(ALLOW)


def pattern_files():
    """Files that hosts.deny names: a ban added there holds at once."""
    bad, apart = "/etc/bad.list", "/run/elsewhere/lists/bad"
    write(bad, "192.0.2.1\n")
    write(apart, "192.0.2.2\n")
    write(DENY, f"ALL: {bad} {apart}\n")
    with Gate(service("plain", 9000, lib.server("echo-server"),
                      flags="IPv4")) as gate:
        generation = gate.state().generation
        # Files so young may have changed since they were read.
        generation = new_policy(gate, generation, 3) or generation
        ok(echo(9000), "who is in no file is served")
        write(bad, "192.0.2.1\n127.0.0.1\n")
        now = new_policy(gate, generation)
        ok(now, "a line is added to a file of patterns")
        ok(not echo(9000), "and holds")
        write(bad + ".new", "192.0.2.1\n")
        os.rename(bad + ".new", bad)
        then = new_policy(gate, now)
        ok(then, "the file is replaced")
        ok(echo(9000), "and the ban is over")
        write(apart, "127.0.0.1\n")
        now = new_policy(gate, then)
        ok(now, "one in a directory of its own")
        ok(not echo(9000), "holds, too")
        write(DENY, f"ALL: {bad}\n")
        then = new_policy(gate, now)
        ok(then and echo(9000), "one is not named any more")
        before = gate.state().loads
        write(apart, "192.0.2.2\n")
        time.sleep(2)
        is_(gate.state().loads, before, "and makes no load")
        ok(gate.wait_records(2, "message", message=f"{bad} has changed"),
           "each is said")
    remove(DENY, bad)


def unwatched_patterns():
    """What others could put elsewhere is not watched, nor any number."""
    folder = "/run/elsewhere/shared"
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o777)
    loose, link = write(folder + "/bad", "192.0.2.1\n"), "/etc/bad.link"
    remove(link)
    os.symlink(loose, link)
    many = [write(f"/etc/bad.{i}", "192.0.2.1\n") for i in range(66)]
    write(DENY, f"ALL: {loose} {link} {' '.join(many)}\n")
    with Gate(service("plain", 9000, lib.server("echo-server"),
                      flags="IPv4")) as gate:
        told = [line for line in gate.stderr().splitlines()
                if "changes in a file of patterns need a reload" in line]
        is_([[path for path in (loose, link, *many) if f'"{path}"' in line]
             for line in told],
            [[loose], [link], [many[64]], [many[65]]],
            "a warning for each that is not watched", told=told)
        new_policy(gate, gate.state().generation, 3)
        generation = gate.state().generation
        write(loose, "127.0.0.1\n")
        ok(new_policy(gate, generation, 2) is None and echo(9000),
           "a change there is not seen")
        write(many[63], "127.0.0.1\n")
        ok(new_policy(gate, generation) and not echo(9000),
           "one in the last that is watched brings it all")
    remove(DENY, link, *many)


def unfinished_configuration():
    """The configuration's bytes are those of the policy in force."""
    banner = lib.DIR + "/watch-banner"
    write(banner, "old banner\n")
    with Gate(plain(banner_success=banner)) as gate:
        generation = gate.state().generation
        with open(gate.path, encoding="utf-8") as file:
            good = file.read()
        write(banner, "new banner\n")
        write(gate.path, good + "service half\n{\n\tport = 90")
        write(DENY, "# a change beside it\n")
        now = new_policy(gate, generation)
        ok(now, "a file that is being edited does not block a new policy")
        is_(gate.state().loads_refused, 0, "nothing is refused")
        is_(lib.ask(9000, send=b"x", finish=True)[0], b"old banner\nx",
            "the banner is that of the policy in force")
        write(gate.path, good.replace("9000", "9001"))
        write(DENY, "# another\n")
        then = new_policy(gate, now)
        ok(then, "again, from the bundle of the bundle")
        is_(lib.ask(9000, send=b"x", finish=True)[0], b"old banner\nx",
            "the old port is served")
        is_(lib.ask(9001)[1], "refused", "an edited file is not in force")
        ok(gate.reload(), "a reload is asked for")
        is_(lib.ask(9001, send=b"x", finish=True)[0], b"new banner\nx",
            "and takes all of it")
    remove(DENY)


def at_most_one_a_second():
    """Many changes at once are one load, or two."""
    with Gate(plain()) as gate:
        before = gate.state().loads
        generation = gate.state().generation
        began = time.monotonic()
        for i in range(200):
            write(DENY, f"# {i}\n")
        ok(new_policy(gate, generation), "there is a new policy")
        gate.settle()
        loads = gate.state().loads - before
        ok(1 <= loads <= 2 + time.monotonic() - began,
           "200 changes made at most one load a second", loads=loads)
        # Touching something else in the directory makes none.
        before = gate.state().loads
        for i in range(50):
            write("/etc/something-else", f"{i}\n")
        gate.settle()
        is_(gate.state().loads, before, "what is not watched makes none")
    remove(DENY, "/etc/something-else")


def trip(gate, count):
    """Connections until there are so many lines of a deactivation."""
    def refused():
        return any([not echo(9000) for _ in range(8)]) and \
            len(gate.records("service-deactivated", "plain")) >= count
    return wait_for(refused, 10 * lib.SLOW)


def cps_is_kept():
    """Who can make somebody write hosts.deny does not fill a bucket."""
    with Gate(plain(cps="3 6")) as gate:
        ok(trip(gate, 1), "a service is deactivated by cps")
        began = time.monotonic()
        for i in range(3):
            before = gate.state().generation
            write(DENY, f"# {i}\n")
            ok(new_policy(gate, before), "hosts.deny brings a new policy")
            ok(not all([echo(9000) for _ in range(8)]),
               "under which the limit holds")
        is_((len(gate.records("service-deactivated", "plain")),
             len(gate.records("service-activated", "plain"))), (1, 0),
            "the service is deactivated still")
        ok(gate.wait_records(1, "service-activated", "plain",
                             seconds=20 * lib.SLOW),
           "it is activated again")
        lib.within(time.monotonic() - began, 5, 7.5 * lib.SLOW,
                   "at the time that was said first")
        ok(trip(gate, 2), "it is deactivated once more")
        ok(gate.reload(plain(cps="4 6")), "a policy with another limit")
        ok(gate.wait_records(2, "service-activated", "plain",
                             seconds=2 * lib.SLOW), "begins anew")
    remove(DENY)


def buckets_are_kept():
    """Neither a reload nor the death of a dispatcher fills one."""
    with Gate(plain(cps="5 60")) as gate:
        served, turns = 0, 0
        began = time.monotonic()
        while turns < 12:
            served += sum(echo(9000) for _ in range(7))
            turns += 1
            if turns % 2:
                ok(gate.reload(), "a reload")
            else:
                old = gate.helper("dispatch")
                os.kill(old, signal.SIGKILL)
                ok(wait_for(lambda old=old: gate.helper("dispatch") not in
                            (0, old)), "another dispatcher")
        took = time.monotonic() - began
        lib.within(served, 5, 5 + int(5 * took) + 1,
                   "cps = 5 through twelve dispatchers", took=took)
        is_(len(gate.records("service-deactivated", "plain")), 1,
            "and one line of a deactivation")


def old_warnings():
    """A ban does not bring every old warning into the logs again."""
    remove(DENY)
    with Gate(plain(deny_time="5")) as gate:
        generation = gate.state().generation
        told = gate.wait_records(1, "config-warning")
        is_(len(told), 1, "a configuration with a warning")
        for text in ("ALL: 192.0.2.1\n", "ALL: 192.0.2.1\nALL: 192.0.2.2\n"):
            write(DENY, text)
            generation = new_policy(gate, generation)
            ok(generation, "a ban, a new policy")
        ok(wait_for(lambda: "1 earlier warning stands" in gate.stderr()),
           "which says how many there are")
        is_(len(gate.records("config-warning")), 1, "and none of them again")
        ok(gate.reload(), "a reload that is asked for")
        is_(len(gate.wait_records(2, "config-warning")), 2, "tells all")
    remove(DENY)


def words_of_strangers():
    """A ban whose words cannot be understood does not stop the next ones."""
    def serves_to(source):
        return lib.ask(9000, source=source, send=b"x", finish=True)[0] == b"x"
    start = "# bans\nALL: 127.0.0.9\n"
    write(DENY, start)
    text = service("open", 9000, lib.server("echo-server"))
    with Gate(text) as gate:
        generation = gate.state().generation

        def step(more, name):
            nonlocal generation
            write(DENY, more)
            now = new_policy(gate, generation)
            ok(now is not None, f"a new policy: {name}")
            generation = now or generation
        bad = "ALL: a!b\nALL: 300.1.1.1, 127.0.0.8\nALL 127.0.0.7\n"
        step(start + bad + "ALL: 127.0.0.6\n", "lines that make no sense")
        is_([serves_to(f"127.0.0.{n}") for n in (9, 8, 7, 6, 5)],
            [False, False, True, False, True],
            "what can be understood holds, and nothing else")
        ok(wait_for(lambda: all(re.search(
            rf"{DENY}:{n}: .*NOT in force", gate.stderr())
            for n in (3, 4, 5))), "each is told with its line")
        step(start + bad + "ALL: 127.0.0.6\nALL: 127.0.0.5\n", "one more")
        is_([serves_to(f"127.0.0.{n}") for n in (6, 5, 4)],
            [False, False, True], "and so on")
        refused = gate.state().loads_refused
        write(DENY, "# bans\nALL: 127.0.0,9\n" + bad)
        ok(wait_for(lambda: gate.state().loads_refused > refused, 15),
           "a line that was in force cannot be spoilt")
        ok(not serves_to("127.0.0.9"), "it still holds")
        write(DENY, start + bad)
        ok(not gate.reload(), "a reload that is asked for is strict")
        step(start + "ALL: 127.0.0.5\n", "a mended file")
        is_([serves_to(f"127.0.0.{n}") for n in (9, 6, 5)],
            [False, True, False], "holds as it reads")
    remove(DENY)


if __name__ == "__main__":
    lib.main([a_rule_appears, through_links, pattern_files,
              unwatched_patterns, old_warnings, words_of_strangers,
              unfinished_configuration,
              at_most_one_a_second, cps_is_kept, buckets_are_kept])
