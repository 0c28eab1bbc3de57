"""Results in TAP, time limits, and what to print when something fails.

A suite is a list of cases, functions without arguments. A case calls ok(),
is_() and their like any number of times; an exception or too long a time in it
is one failure more, and the next case runs all the same.
"""

import os
import re
import signal
import sys
import time
import traceback

CASE_SECONDS = 90
SUITE_SECONDS = 280

after_case = []     # called after each case with True when it failed
at_end = []         # called at the end whatever happened

_count = 0
_failed = 0


class TooLong(Exception):
    """A case, or the suite, took more time than it may."""


class BailOut(Exception):
    """Nothing more can be tested here."""


def note(text):
    """A comment line for each line of text."""
    for line in str(text).splitlines() or [""]:
        print(f"# {line}", flush=True)


def _explain(**values):
    for name, value in values.items():
        text = value if isinstance(value, str) else repr(value)
        if len(text) > 1500:
            text = text[:1500] + " ..."
        lines = text.splitlines() or [""]
        note(f"  {name}: {lines[0]}")
        for line in lines[1:]:
            note(f"    {line}")


def ok(claim, name, **values):
    """One result; values are printed when the claim does not hold."""
    global _count, _failed
    _count += 1
    print(f"{'ok' if claim else 'not ok'} {_count} - {name}", flush=True)
    if not claim:
        _failed += 1
        caller = traceback.extract_stack(limit=3)
        place = next((f for f in reversed(caller)
                      if not f.filename.endswith("tap.py")), caller[-1])
        note(f"  at {os.path.basename(place.filename)}:{place.lineno}")
        _explain(**values)
    return bool(claim)


def is_(got, want, name, **values):
    return ok(got == want, name, got=got, want=want, **values)


def like(text, pattern, name, **values):
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    return ok(re.search(pattern, text, re.S), name, got=text, want=pattern,
              **values)


def unlike(text, pattern, name, **values):
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    return ok(not re.search(pattern, text, re.S), name, got=text,
              unwanted=pattern, **values)


def within(value, low, high, name, **values):
    return ok(low <= value <= high, name, got=value, low=low, high=high,
              **values)


def eventually(question, name, seconds=10.0, **values):
    """The claim must become true before the time is over."""
    return ok(wait_for(question, seconds), name, waited=seconds, **values)


def wait_for(question, seconds=10.0, pause=0.02):
    """What question() returned as soon as it was true, else its last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(pause)


def _alarm(_number, _frame):
    raise TooLong()


def _run_case(case, seconds):
    before = _failed
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        case()
    except TooLong:
        ok(False, f"{case.__name__} ends within {seconds:.0f} s",
           where=traceback.format_exc())
    except BailOut:
        raise
    except Exception:
        ok(False, f"{case.__name__} runs to its end",
           why=traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    for call in after_case:
        call(_failed > before)
    note(f"{case.__name__}: {time.monotonic() - began:.1f} s")


def _end_all():
    for end in reversed(at_end):
        try:
            end()
        except Exception:
            note(traceback.format_exc())


def run(cases, case_seconds=CASE_SECONDS, suite_seconds=SUITE_SECONDS):
    """Runs the cases named on the command line, or all; never returns."""
    signal.signal(signal.SIGALRM, _alarm)
    wanted = sys.argv[1:]
    end = time.monotonic() + suite_seconds
    try:
        for case in cases:
            if wanted and case.__name__ not in wanted:
                continue
            left = end - time.monotonic()
            if left <= 0:
                raise BailOut("the suite takes too long")
            note(f"--- {case.__name__}")
            _run_case(case, min(left, getattr(case, "seconds",
                                              case_seconds)))
    except BailOut as why:
        print(f"Bail out! {why}", flush=True)
        _end_all()
        sys.exit(1)
    _end_all()
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)
