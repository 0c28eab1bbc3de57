"""Everything a suite needs, under one name.

tap.py says what passed, world.py is the machine, gate.py the daemon, state.py
its state files, clients.py its clients.
"""

# pylint: disable=unused-import
from clients import (LOOPBACK, DevLog, Flood, Terminal, ask, dial, echo,
                     parse_creds, read_all, serves)
from gate import (BUILD, COMMAND, DAEMON, DIR, LIBEXEC, SLOW, Gate,
                  check_books, children_of, cpu_ticks, field, is_alive,
                  sallyport, server, service, stat_of, zombies_of)
from tap import (BailOut, eventually, is_, like, note, ok, run, unlike,
                 wait_for, within)
from world import (CHIEF, CHIEF_PASSWORD, EMPTY_GROUP, HOME, LINE3, NIGHT,
                   PLANT, PLANT_PASSWORD, Host, enter, find_program, ip,
                   setns, tmpfs, umount, write)


def main(cases, **limits):
    """Enters a world of its own and runs the cases."""
    try:
        enter()
    except BailOut as why:
        print(f"Bail out! {why}", flush=True)
        raise SystemExit(1) from why
    run(cases, **limits)
