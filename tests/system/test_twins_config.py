#!/usr/bin/env python3
"""The same configuration in xinetd and here: who is offered, with what."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import twins
from lib import ask, service
from twins import LOGS, Scenario

PORT = 6100
SOURCES = ("127.0.0.1", "127.0.0.5", "127.1.0.1", "::1")
SHOWN = ("nice", "umask", "per_source", "instances", "cps", "server_argv")
USUAL = {"per_source": (None, "UNLIMITED"), "instances": (None, "UNLIMITED"),
         "cps": (None, [50, 10]), "server_argv": (None, ["echo"])}


def echo(name, port, **attributes):
    """A service for both families that says one line."""
    attributes.setdefault("flags", None)
    attributes.setdefault("user", "nobody")
    return service(name, port, "/bin/echo", **{"cps": None, **attributes})


def served(port, source="127.0.0.1"):
    address = "::1" if ":" in source else "127.0.0.1"
    return ask(port, address, source=source)[0] == b"\n"


def one(daemon):
    """The simplest case, seen in every way there is."""
    seen = {f"{name} is": value
            for name, value in daemon.attributes()["one"].items()}
    seen["client gets"] = ask(PORT)
    seen["lines"] = daemon.lines(f"{LOGS}/one", 2)
    seen["offered"] = daemon.services()
    seen["reload"] = daemon.reload(service("two", PORT + 1, "/bin/echo"))
    seen["offered after it"] = daemon.services()
    seen["restart"] = daemon.restart()
    seen["client gets then"] = ask(PORT + 1)
    return seen


# --- 1.2, 1.3: lines of one service -------------------------------------------

# name, line; each is added to a service that is good without it.
LINES = [
    ("plain", "nice = 5"), ("no-blank-behind", "umask =022"),
    ("no-blank-before", "nice= 5"), ("no-blank", "nice=5"),
    ("remark", "nice = 5 # five"), ("limit-remark", "per_source = 10 # ten"),
    ("case", "NICE = 5"), ("unknown", "nicety = 5"),
    ("twice", "nice = 5\n\tnice = 6"), ("no-operator", "nice 5"),
    ("wrong-operator", "nice := 5"), ("no-list", "nice += 5"),
    ("two-values", "nice = 5 6"), ("no-value", "nice ="),
    ("word", "nice = high"), ("hex", "nice = 0x5"),
    ("disable-true", "disable = true"), ("disable-no", "disable = NO"),
    ("bad-flag", "flags = QUICK"), ("empty-flags", "flags ="),
    ("overflow", "instances = 4294967297"), ("zero", "instances = 0"),
    ("words", "server_args = \"a b\""),
    ("args-remark", "server_args = a # b"),
    ("bad-umask", "umask = 999"), ("bad-time", "access_times = 25:00-26:00"),
    ("bad-list", "only_from = 127.0.0.1,127.0.0.2"),
    ("ban-typo", "no_access = 127.0.0.300"),
    ("allow-typo", "only_from = 127.0.0.300"),
    ("log-word", "log_on_failure = PID"), ("bad-env", "env -= A=b"),
    ("record", "log_on_failure = HOST RECORD"), ("load", "max_load = 0"),
]


def lines_config():
    return "".join(echo(name, PORT + n).replace("}\n", f"\t{line}\n}}\n")
                   for n, (name, line) in enumerate(LINES)) + \
        echo("root-by-overflow", PORT + 90, user="4294967296")


def in_force(entry):
    """What is not as it would be without the line, as text."""
    return " ".join(f"{key}={entry.get(key)}" for key in SHOWN
                    if entry.get(key) not in USUAL.get(key, (None, [], "")))


def lines(daemon):
    offered_, attributes = daemon.services(), daemon.attributes()
    seen = {name: in_force(attributes[name]) if name in offered_ else "refused"
            for name, _ in [*LINES, ("root-by-overflow", "")]}
    seen["zero: client gets"] = ask(PORT + [n for n, _ in LINES].index("zero"))
    return seen


# --- 1.2, 1.3, 1.9: what a broken entry takes with it ---------------------------

A, B = echo("a", PORT), echo("b", PORT + 1)
BROKEN = {
    "stray-word": "stray\n" + A + B, "stray-brace": A + "}\n" + B,
    "late-brace": A + B + "}\n", "brace-remark": A.replace(
        "}\n", "} # end\n") + B, "same-line": A.replace("\n{", " {") + B,
    "lost-brace": A.replace("}\n", "") + B, "cut-off": B + A.replace("}\n", ""),
    "no-name": A.replace("service a", "service") + B,
    "two-names": A.replace("service a", "service a x") + B,
    "no-newline": (A + B).rstrip("\n"), "crlf": (A + B).replace("\n", "\r\n"),
    "include-missing": "include /etc/no-such-file\n" + A + B,
    "include-nothing": "include\n" + A + B,
    "dir-missing": "includedir /etc/no-such-dir\n" + A + B,
    "blank-lines": "\n\n\t\n# x\n" + A.replace("\n{", "\n\n# y\n{\n") + B,
}


def offered(daemon):
    return {"offered": daemon.services()}


# --- 1.6: where defaults stand --------------------------------------------------

DEFAULTS = "defaults\n{\n\tonly_from = 127.0.0.1\n\tinstances = 7\n" \
    f"\tlog_type = FILE {LOGS}/all\n\tlog_on_failure = HOST\n}}\n"
POSITION = echo("before", PORT) + DEFAULTS + echo("between", PORT + 1) + \
    echo("add", PORT + 2, only_from_=None).replace(
        "}\n", "\tonly_from += 127.0.0.5\n}\n") + \
    echo("replace", PORT + 3, only_from="127.0.0.5") + \
    echo("take", PORT + 4).replace("}\n", "\tonly_from -= 127.0.0.1\n}\n") + \
    "include /etc/more\n" + echo("after", PORT + 5)
MORE = "defaults\n{\n\tonly_from = 127.1.0.1\n\tinstances = 8\n}\n"


def position(daemon):
    seen = {}
    for n, name in enumerate(("before", "between", "add", "replace", "take",
                              "after")):
        for source in SOURCES[:3]:
            seen[f"{name}: {source}"] = served(PORT + n, source)
    return seen


# --- 1.7: disable, enabled, disabled --------------------------------------------

def switched(enabled, disabled):
    """The four services that two of the three switches make."""
    block = "".join(f"\t{word} = {names}\n" for word, names in (
        ("enabled", enabled), ("disabled", disabled)) if names is not None)
    return (f"defaults\n{{\n{block}}}\n" if block else "") + "".join(
        echo(f"{name}-{value}", PORT + n, disable=value)
        for n, (name, value) in enumerate(
            (name, value) for name in ("x", "y") for value in ("no", "yes")))


SWITCHES = {
    f"{one_}-{other}": switched(
        {"all": None, "x": "x-no X-YES", "none": ""}[one_],
        {"nobody": None, "x": "x-no x-yes"}[other])
    for one_ in ("all", "x", "none") for other in ("nobody", "x")}
SWITCHES["revived"] = "defaults\n{\n\tenabled = a b\n}\n" + \
    echo("a", PORT, only_from="127.0.0.1,127.0.0.2") + B

DUPLICATES = {
    "same-port": A + echo("b", PORT),
    "bound-apart": echo("a", PORT, bind="127.0.0.1") +
    echo("b", PORT, bind="127.0.0.2"),
    "bound-same": echo("a", PORT, bind="127.0.0.1") +
    echo("b", PORT, bind="127.0.0.1"),
    "same-id": A + echo("a", PORT + 1),
}


# --- 3.3, 3.4: who gets in ------------------------------------------------------

LISTS = {"absent": None, "empty": "", "host": "127.0.0.5", "net": "127.0.0.0/8"}


def decisions_config():
    return "".join(
        echo(f"{allow}-{refuse}", PORT + n, only_from=LISTS[allow],
             no_access=LISTS[refuse])
        for n, (allow, refuse) in enumerate(DECISIONS))


DECISIONS = [(a, r) for a in LISTS for r in LISTS]

ADDRESSES = [
    "127.0.0.0", "127.0.0.1", "127.0.0.5", "127.0.0", "127", "0.0.0.0", "0",
    "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1/32", "127.0.0.0/8", "127.0.0.5/24",
    "127.0.0.{1,5}", "127.{1}", "{127}", "::1", "::", "::/0", "::1/127",
    "::1/128", "::ffff:127.0.0.1", "127.0.0.1 ::1", "localhost", "ALL",
    "127.0.0.*", "127.0.0.", "127.0.0.1/255.255.255.255", "10.0.0.0",
]


def addresses_config():
    return "".join(echo(f"a{n}", PORT + n, only_from=text)
                   for n, text in enumerate(ADDRESSES))


def who_gets_in(names):
    def script(_daemon):
        return {f"{name} from {source}": served(PORT + n, source)
                for n, name in enumerate(names) for source in SOURCES}
    return script


# --- 1.11 -----------------------------------------------------------------------

INETD = f"""\
{PORT} stream tcp nowait nobody /bin/echo echo one two
{PORT + 1} stream tcp nowait.40 nobody /bin/echo echo
# remark
daytime stream tcp nowait root internal
"""


def inetd(daemon):
    return {"offered": daemon.services(), "first": ask(PORT)[0],
            "from elsewhere": served(PORT + 1, "127.0.0.5"),
            "daytime": len(ask(13)[0]) > 20}


SCENARIOS = [
    Scenario("one", service("one", PORT, "/bin/echo",
                            log_type=f"FILE {LOGS}/one",
                            log_on_success="HOST PID EXIT DURATION"), one,
             want={"client gets": (b"\n", "eof"), "offered": ["one"]}),
    Scenario("lines", lines_config(), lines,
             want={"remark": "", "plain": "nice=5", "no-blank": "refused"}),
    *(Scenario("broken-" + name, text, offered, options=["-stayalive"])
      for name, text in BROKEN.items()),
    Scenario("position", POSITION, position, files={"more": MORE},
             want={"before: 127.0.0.5": True, "between: 127.0.0.5": False}),
    *(Scenario("switch-" + name, text, offered, options=["-stayalive"])
      for name, text in SWITCHES.items()),
    *(Scenario("twice-" + name, text, offered)
      for name, text in DUPLICATES.items()),
    Scenario("decisions", decisions_config(), who_gets_in(
        [f"only_from {a}, no_access {r}" for a, r in DECISIONS]),
             want={"only_from net, no_access host from 127.0.0.5": False,
                   "only_from absent, no_access absent from ::1": True}),
    Scenario("addresses", addresses_config(), who_gets_in(ADDRESSES),
             want={"127.0.0.0 from 127.0.0.5": True}),
    Scenario("inetd", "defaults\n{\n\tonly_from = 127.0.0.1\n}\n", inetd,
             files={"inetd.conf": INETD}, options=["-inetd_compat"]),
    Scenario("nothing", "# nothing\n", offered),
    Scenario("nothing-stays", "# nothing\n", offered, options=["-stayalive"]),
    Scenario("bad-defaults", "defaults\n{\n\tinstances = many\n}\n" + A,
             offered),
    Scenario("unknown-option", A, offered, options=["-no_such_option"]),
]

if __name__ == "__main__":
    twins.main("config", SCENARIOS)
