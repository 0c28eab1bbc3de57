#!/usr/bin/env python3
"""inetd.conf and xinetd's options: -inetd_compat from end to end, show."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import Gate, ask, is_, like, note, ok, unlike

INETD = "/etc/inetd.conf"

DEFAULTS = """\
defaults
{
\tonly_from = 127.0.0.1
}
"""

LINES = """\
# what a machine that had inetd may have
6001 stream tcp4 nowait plant /bin/echo echo from inetd # 1
127.0.0.1:6002 stream tcp nowait.100 plant.line3 /usr/bin/id
6003 stream tcp4 maybe root /bin/echo echo
6004 stream tcp4 nowait
"""


def lines():
    """Services of inetd.conf run, for those whom defaults let in (D31)."""
    lib.write(INETD, LINES)
    with Gate(DEFAULTS, options=["-inetd_compat"]) as gate:
        is_(ask(6001)[0], b"from inetd # 1\n",
            "the arguments begin with the server's name")
        is_(ask(6001, source="127.0.0.2")[0], b"",
            "the default only_from holds")
        like(ask(6002)[0], r"^uid=2001\(plant\) gid=2010\(line3\) ",
            "user, group and address are the line's")
        is_([ask(port)[1] for port in (6003, 6004)], ["refused"] * 2,
            "nobody listens for a bad line")
        like(gate.stderr(), r"inetd\.conf:4:\d+: error: service 6003: "
             r"neither wait nor nowait", "a bad wait word is named")
        like(gate.stderr(), r"inetd\.conf:5:1: error: service 6004: the line "
             r"has 4 fields", "a short line is named")
        like(gate.stderr(), r"hold for services of inetd\.conf too",
             "and so is what differs from xinetd")
        lib.write(INETD, LINES + "6005 stream tcp4 nowait root /bin/echo "
                  "echo new\n")
        ok(gate.reload(), "a reload reads it again")
        is_(ask(6005)[0], b"new\n", "and a new line runs")


DEFAULT_LINES = """\
127.0.0.1: # only local
6011 stream tcp nowait root /bin/echo echo local
127.0.0.1: and nobody else
6012 stream tcp nowait root /bin/echo echo closed
nowhere.invalid:
6013 stream tcp nowait root /bin/echo echo closed
127.0.0.1:6014 stream tcp nowait root /bin/echo echo own
*:
6015 stream tcp nowait root /bin/echo echo all
"""


def default_lines():
    """A flawed line about those behind it never opens them wider."""
    lib.write(INETD, DEFAULT_LINES)
    with Gate("", options=["-inetd_compat"]) as gate:
        is_(ask(6011)[0], b"local\n", "a remark behind an address is one")
        is_(ask(6011, address="127.0.0.2")[1], "refused",
            "and the address holds")
        is_([ask(port)[1] for port in (6012, 6013)], ["refused"] * 2,
            "behind a faulty line nobody listens")
        is_(ask(6014)[0], b"own\n", "but who has an address")
        is_(ask(6015, address="127.0.0.2")[0], b"all\n",
            "until there is a good one")
        like(gate.stderr(), r"inetd\.conf:3:1: error: .*ADDRESS: and no more",
             "the line is named")
        like(gate.stderr(), r"inetd\.conf:4:1: error: service 6012: line 3 ",
             "and who is refused for it")
        like(gate.stderr(), r"inetd\.conf:6:1: error: service 6013: ",
             "for a name that nobody knows, too")
    os.unlink(INETD)


def without():
    """Not asked for, or not there: nothing happens."""
    lib.write(INETD, LINES)
    with Gate(lib.service("one", 6100, "/bin/echo")):
        is_(ask(6001)[1], "refused", "without the option it is not read")
    os.unlink(INETD)
    with Gate(lib.service("one", 6100, "/bin/echo"),
              options=["--inetd-compat"]) as gate:
        is_(ask(6100)[0], b"\n", "a missing inetd.conf is no fault")
        unlike(gate.stderr(), "inetd", "nor worth a word")


def untrusted():
    """One that others may write refuses the load (D32)."""
    os.chmod(lib.write(INETD, LINES), 0o666)
    gate = Gate(DEFAULTS, options=["-inetd_compat", "-stayalive"])
    ok(not gate.start(), "the daemon does not start")
    like(gate.stderr(), r"/etc/inetd\.conf: group or others may write to it",
         "and says why")
    os.unlink(INETD)


# What xinetd takes: words, what is said on standard error.
TAKEN = [
    (["-reuse"], None), (["-logprocs", "20"], None),
    (["-shutdownprocs", "3"], "-shutdownprocs has no effect"),
    (["-cc", "60"], None),
    (["-inetd_ipv6"], "-inetd_ipv6 has no effect"),
    (["-stayalive", "-limit", "9", "-syslog", "local3"], None),
    (["-d"], None),
]

REFUSED = [
    (["-inetd_compatible"], r'unknown option "-inetd_compatible"'),
    (["-cc", "-1"], "needs a number"), (["-cc"], "needs a value"),
    (["-logprocs", "x"], "needs a number"),
    (["-syslog", "daemon", "-filelog", "/x"], "exclude each other"),
    (["extra"], 'unknown option "extra"'), (["-H"], "unknown option"),
]


def options():
    """Every option of xinetd's is taken, and nothing else."""
    for words, said in TAKEN:
        with Gate(lib.service("one", 6100, "/bin/echo"),
                  options=words) as gate:
            name = " ".join(words)
            is_(ask(6100)[0], b"\n", f"{name} is taken")
            if said:
                like(gate.stderr(), f"warning: {said}", f"{name} is answered")
            else:
                unlike(gate.stderr(), "no effect", f"{name} needs no word")
    for words, said in REFUSED:
        gate = Gate(options=words)
        ok(not gate.start() and gate.status == 2,
           f"{' '.join(words)} is refused", status=gate.status)
        like(gate.stderr(), said, "and says why")


def show(*words):
    return lib.sallyport("show", "--libexec", lib.LIBEXEC, *words)


def shown():
    """The command: exit codes, both files, masked and not."""
    path = lib.write(lib.DIR + "/show.conf", DEFAULTS + lib.service(
        "one", 6100, "/bin/echo", env="KEY=hidden"))
    done = show(path)
    is_(done.returncode, 0, "a good file gives 0", err=done.stderr)
    like(done.stdout, r"service one  accepted, server  \(.*show\.conf:5\)",
         "for people")
    unlike(done.stdout, "hidden", "values of env are masked")
    lib.write(INETD, LINES)
    done = show("--json", "--secrets", "--inetd-compat", "-f", path)
    is_(done.returncode, 1, "a refused service gives 1", err=done.stderr)
    answer = json.loads(done.stdout)
    is_([(s["id"], s["state"]) for s in answer["services"]],
        [("one", "accepted"), ("6001", "accepted"), ("6002", "accepted"),
         ("6003", "refused"), ("6004", "refused")], "every entry is there")
    is_(answer["services"][0]["attributes"]["env"]["value"], ["KEY=hidden"],
        "--secrets shows values")
    is_(answer["services"][1]["attributes"]["only_from"],
        {"value": ["127.0.0.1"], "origin": path + ":3"},
        "a default is named by its place")
    is_(answer["services"][1]["place"], INETD + ":2",
        "a line is named by its place")
    done = lib.sallyport("check", "--libexec", lib.LIBEXEC, "--inetd-compat",
                         path)
    is_(done.returncode, 1, "check reads it too", out=done.stdout)
    like(done.stdout, r"inetd\.conf:4:18: error: service 6003", "with places")
    is_(show("/nonexistent").returncode, 1, "a missing file gives 1")
    is_(show("--nonsense").returncode, 2, "a wrong option gives 2")
    note(f"{len(done.stdout)} bytes")
    os.unlink(INETD)


if __name__ == "__main__":
    lib.main([lines, default_lines, without, untrusted, options, shown])
