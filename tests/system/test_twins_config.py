#!/usr/bin/env python3
"""The same configuration in xinetd and here: who is offered, with what."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import twins
from lib import ask, service
from twins import LOGS, Scenario


def one(daemon):
    """The simplest case, seen in every way there is."""
    seen = {f"{name} is": value
            for name, value in daemon.attributes()["one"].items()}
    seen["client gets"] = ask(6100)
    seen["lines"] = daemon.lines(f"{LOGS}/one", 2)
    seen["offered"] = daemon.services()
    seen["reload"] = daemon.reload(service("two", 6101, "/bin/echo"))
    seen["offered after it"] = daemon.services()
    seen["restart"] = daemon.restart()
    seen["client gets then"] = ask(6101)
    return seen


SCENARIOS = [
    Scenario("one", service("one", 6100, "/bin/echo", log_type=f"FILE {LOGS}/one",
                            log_on_success="HOST PID EXIT DURATION"), one,
             want={"client gets": (b"\n", "eof"), "offered": ["one"]}),
]

if __name__ == "__main__":
    twins.main("config", SCENARIOS)
