#!/usr/bin/env python3
"""Things that are full, silent or gone: others are served meanwhile.

Each case says how many connections of another service were served while the
trouble lasted, and that what was lost is counted afterwards.
"""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import state
from lib import (DIR, DevLog, ask, dial, echo, eventually, field, is_, note,
                 ok, serves, service, wait_for, within)

SESSIONS = int(os.environ.get("SESSIONS", "2000"))
SERVED = 100
LOGGED = {"log_on_success": "HOST PID", "log_on_failure": "HOST"}


def other(port=8000, **more):
    """The service that must not notice anything."""
    return service("other", port, lib.server("echo-server"), **more)


def meanwhile(what, port=8000):
    began = time.monotonic()
    served = serves(port, SERVED)
    is_(served, SERVED, f"{what}: {SERVED} connections of another service "
        "are served")
    note(f"{what}: served {served} in {time.monotonic() - began:.2f} s")


def silent_sessions():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config = other() + service("silent", 8001, lib.server("sleep-server"))
    with contextlib.ExitStack() as held, lib.Gate(config) as gate:
        began = time.monotonic()
        for number in range(SESSIONS):
            held.enter_context(dial(8001, source=f"127.1.{number % 250}.1"))
        eventually(lambda: gate.state().processes == SESSIONS,
                   f"{SESSIONS} silent sessions run", 40 * lib.SLOW,
                   running=gate.state().processes)
        took = time.monotonic() - began
        is_(gate.services()["silent"].instances, SESSIONS, "and are counted")
        meanwhile(f"{SESSIONS} silent sessions")
        ok(gate.reload(config), "a reload takes effect")
        is_(len([i for i in gate.instances() if i.service ==
                 list(gate.services()).index("silent")]), SESSIONS,
            "and ends none of them")
        status = lib.sallyport("status", "--json", "--run-dir", gate.run_dir)
        ok(f"{SESSIONS}" in status.stdout, "status tells their number",
           out=status.stdout[:500])
        held.close()
        eventually(lambda: gate.state().processes == 0, "all end with their "
                   "clients", 40 * lib.SLOW)
        is_(lib.zombies_of(gate.pid), [], "no zombie")
        note(f"{SESSIONS} sessions begun in {took:.1f} s")


def limit_of(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        found = re.search(r"Max open files\s+(\d+)\s+(\d+)", file.read())
    return int(found.group(1)), int(found.group(2))


def set_files(pid, soft):
    """Sets the soft limit as the process's own user; returns the old one."""
    old = limit_of(pid)
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        text = file.read()
    uid, gid = (int(re.search(rf"{word}:\s+(\d+)", text).group(1))
                for word in ("Uid", "Gid"))
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, old[1]))
            status = 0
        os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise PermissionError(f"the limit of {pid} cannot be set")
    return old[0]


def full_table(gate, pid):
    """The lowest limit under which no descriptor is free."""
    used = gate.open_paths(pid)
    return next(n for n in range(len(used) + 1) if n not in used)


def parent_descriptors():
    """The parent has no descriptor left but its reserve."""
    with lib.Gate(other()) as gate:
        ok(echo(8000), "served before")
        old = set_files(gate.pid, full_table(gate, gate.pid))
        try:
            meanwhile("the parent's descriptor table full")
            is_(gate.records("privsep-violation"), [], "no helper is blamed")
        finally:
            set_files(gate.pid, old)
        is_(serves(8000, SERVED), SERVED, "and afterwards")


def dispatch_descriptors():
    """The dispatcher has none: clients wait, and nobody is lost."""
    with lib.Gate(other()) as gate:
        ok(echo(8000), "served before")
        pid = gate.helper("dispatch")
        old = set_files(pid, full_table(gate, pid))
        socks = [dial(8000) for _ in range(20)]
        before = lib.cpu_ticks(pid)
        time.sleep(1.0)
        within(lib.cpu_ticks(pid) - before, 0, 5, "it does not spin")
        set_files(pid, old)
        served = 0
        for s in socks:
            s.sendall(b"x")
            served += s.recv(1) == b"x"
            s.close()
        is_(served, 20, "all clients that waited are served")
        is_(gate.helper("dispatch"), pid, "by the same dispatcher")


def few_descriptors():
    """A daemon started with a small table still serves many clients."""
    config = "".join(service(f"s{i}", 8010 + i, lib.server("echo-server"))
                     for i in range(8)) + other()
    with contextlib.ExitStack() as held, \
            lib.Gate(config, files_limit=96) as gate:
        for i in range(160):
            s = held.enter_context(dial(8010 + i % 8))
            s.sendall(b"x")
            ok_ = s.recv(1) == b"x"
            if not ok_:
                ok(False, f"session {i} is served")
        is_(gate.state().processes, 160, "160 sessions with 96 descriptors")
        meanwhile("160 sessions, 96 descriptors")


def explained(gate, what):
    """The file's own numbers explain everything that is missing in it."""
    gate.settle()
    missing, lost, wrong = lib.check_books(gate.audit())
    is_((missing, wrong), ([], []), f"{what}: every missing number is "
        "declared lost", missing=missing[:20], wrong=wrong[:10])
    return lost


def sink_lost(gate, sink):
    """Lines that loss records say a sink has lost."""
    return sum(field(r, "sallyport.lost.count")
               for r in gate.records("audit-lost")
               if field(r, "sallyport.lost.sink") == sink and
               "first" not in r["sallyport"]["lost"])


def full_disk():
    """Audit and service log on a disk that is full for a while."""
    disk = f"{DIR}/small"
    os.mkdir(disk)
    lib.tmpfs(disk, "mode=755,size=512k")
    log = f"{disk}/service.log"
    config = other() + service(
        "noisy", 8100, lib.server("echo-server"), no_access="127.8.0.0/16",
        log_type=f"FILE {log}", **LOGGED)
    with lib.Gate(config, audit=f"{disk}/audit.jsonl") as gate:
        refused = sum(ask(8100, source="127.8.0.1")[1] == "eof"
                      for _ in range(20))
        wait_for(lambda: len(gate.records("connection-denied")) == 20)
        fill(f"{disk}/filler")
        for _ in range(400):
            refused += ask(8100, source="127.8.0.2")[1] == "eof"
        is_(refused, 420, "refusals go on")
        meanwhile("disk full")
        eventually(lambda: state.log(gate.run_dir).sinks[1].last_errno == 28,
                   "the state shows that the disk is full", 3)
        os.unlink(f"{disk}/filler")
        time.sleep(1.2)         # it tries again once a second
        ask(8100, source="127.8.0.3")
        eventually(lambda: gate.records("connection-denied",
                                        source_ip="127.8.0.3"),
                   "with room again it is written on", 5)
        lost = explained(gate, "disk full")
        records = gate.records("connection-denied", "noisy")
        ok(lost, "records were lost, and said to be")
        ok(len(records) < 421, "the disk was really full")
        judge_text(gate, log, 421)
        note(f"disk full: {len(lost)} records and {sink_lost(gate, log)} "
             "lines lost and declared")
    lib.umount(disk)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass


def judge_text(gate, log, count):
    with open(log, encoding="latin-1") as file:
        lines = file.read().splitlines()
    whole = [line for line in lines if re.fullmatch(
        r"\S+: FAIL: noisy address from=127\.8\.0\.\d", line)]
    eventually(lambda: len(whole) + sink_lost(gate, log) == count,
               "lines in the file and lines declared lost make up all", 5,
               lines=len(whole), lost=sink_lost(gate, log),
               torn=len(lines) - len(whole))


def stopped_devlog():
    """Nobody reads the log socket; later somebody does."""
    config = other() + service(
        "chatty", 8200, lib.server("crash-server"), server_args="exit 0",
        log_type="SYSLOG local3 info", **LOGGED)
    with DevLog(is_read=False) as devlog, lib.Gate(config) as gate:
        count = 6000            # socket buffer, ring, and then some
        with lib.Flood(lib.server("flood"), 8200, "-n", count, "-c",
                       8) as flood:
            result = flood.result()
        is_(result["empty"], count, f"{count} connections served while "
            "nobody reads /dev/log", result=result)
        meanwhile("/dev/log stopped")
        eventually(lambda: state.log(gate.run_dir).sinks[0].lost > 0,
                   "lines are counted as lost")
        devlog.read_from_now_on()
        eventually(lambda: sink_lost(gate, "syslog") > 0, "and declared when "
                   "it reads again", 10)
        gate.settle()
        lost = sink_lost(gate, "syslog")
        starts = len(devlog.find(r"START: chatty"))
        messages = len(devlog.lines) - starts
        is_(lost, state.log(gate.run_dir).sinks[0].lost, "the records' sum "
            "is the state's")
        within(starts + lost, count, count + 20, "lines that arrived and "
               "lines declared lost make up all", starts=starts, lost=lost,
               messages=messages)
        is_(explained(gate, "/dev/log"), set(), "the audit file has lost "
            "nothing")
        note(f"/dev/log: {starts} of {count} lines arrived, {lost} lost and "
             "declared")


RSYSLOG_CONF = """\
module(load="imuxsock" SysSock.Use="on" SysSock.Name="/dev/log"
       SysSock.RateLimit.Interval="0" SysSock.UsePIDFromSystem="off")
global(workDirectory="{0}")
local3.* action(type="omfile" file="{0}/out.log")
"""


class Rsyslogd:
    def __init__(self, program, directory):
        self.directory = directory
        self.conf = lib.write(f"{directory}/rsyslog.conf",
                              RSYSLOG_CONF.format(directory))
        self.program, self.process = program, None

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/log")
        self.process = subprocess.Popen(
            [self.program, "-n", "-f", self.conf, "-i",
             f"{self.directory}/pid"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        return wait_for(lambda: os.path.exists("/dev/log"), 10)

    def stop(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
            return
        self.process.kill()
        self.process.wait()

    def lines(self):
        with contextlib.suppress(FileNotFoundError):
            with open(f"{self.directory}/out.log", encoding="latin-1") as f:
                return [line for line in f.read().splitlines()
                        if "FAIL: quiet" in line]
        return []


def rsyslog():
    """A real rsyslogd, stopped and started again under load."""
    program = lib.find_program("rsyslogd")
    if not ok(program, "rsyslogd is installed"):
        return
    os.makedirs(f"{DIR}/rsyslog", exist_ok=True)
    daemon = Rsyslogd(program, f"{DIR}/rsyslog")
    ok(daemon.start(), "rsyslogd runs")
    config = other() + service(
        "quiet", 8300, lib.server("echo-server"), no_access="127.8.0.0/16",
        log_type="SYSLOG local3", **LOGGED)
    count = 0
    try:
        with lib.Gate(config) as gate:
            def refuse(number):
                return sum(ask(8300, source="127.8.0.1")[1] == "eof"
                           for _ in range(number))
            count += refuse(50)
            eventually(lambda: len(daemon.lines()) == 50, "50 lines arrive "
                       "at rsyslogd")
            daemon.stop()
            count += refuse(50)
            meanwhile("rsyslogd gone")
            ok(daemon.start(), "rsyslogd is back")
            time.sleep(2.2)     # reconnected within a second or two
            count += refuse(50)
            gate.settle()
            eventually(lambda: len(daemon.lines()) +
                       sink_lost(gate, "syslog") >= count,
                       "lines that arrived and lines declared lost make up "
                       "all", 10, lines=len(daemon.lines()),
                       lost=sink_lost(gate, "syslog"))
            is_(explained(gate, "rsyslogd"), set(), "the audit file has lost "
                "nothing")
            note(f"rsyslogd: {len(daemon.lines())} of {count} lines arrived, "
                 f"{sink_lost(gate, 'syslog')} lost and declared")
    finally:
        daemon.stop()


hung = {}


def silent_names_begin():
    """A load that asks a name service that never answers."""
    library = lib.server("libnss_hang.so.2")
    lib.write("/etc/ld.so.conf.d/sallyport-test.conf",
              os.path.dirname(library) + "\n")
    subprocess.run(["ldconfig"], check=True, timeout=30)
    with open("/etc/nsswitch.conf", encoding="ascii") as file:
        text = file.read()
    lib.write("/etc/nsswitch.conf", re.sub(
        r"^(passwd|group):.*$", r"\1: files hang", text, flags=re.M))
    gate = lib.Gate(other(8400), is_lasting=True)
    hung["gate"] = gate
    ok(gate.start(), "a daemon starts: names in files need no such service")
    gate.configure(other(8400) + service(
        "asks", 8401, lib.server("echo-server"), user="who-knows"))
    hung["generation"] = gate.state().generation
    hung["began"] = time.monotonic()
    gate.send(signal.SIGHUP)
    eventually(lambda: gate.helper("load"), "a load is under way")
    time.sleep(1)
    ok(gate.helper("load"), "and waits")
    meanwhile("a load whose name service is silent", 8400)
    lib.write("/etc/nsswitch.conf", text)


def silent_names_end():
    gate = hung.get("gate")
    if not ok(gate and lib.is_alive(gate.pid), "the daemon still runs"):
        return
    left = 65 * lib.SLOW - (time.monotonic() - hung["began"])
    while time.monotonic() - hung["began"] < 45 and gate.helper("load"):
        time.sleep(1)
    meanwhile("still waiting", 8400)
    eventually(lambda: gate.state().loads_refused == 1, "the load is given "
               "up within a minute", max(left, 1))
    took = time.monotonic() - hung["began"]
    is_(gate.state().generation, hung["generation"], "nothing has changed")
    ok(gate.wait_records(1, "config-rejected"), "and the refusal has its "
       "record")
    ok(echo(8400) and ask(8401)[1] == "refused", "the old policy serves on")
    ok(gate.reload(other(8400)), "a good reload works again")
    gate.stop()
    note(f"given up after {took:.0f} s")


lib.main([silent_names_begin, silent_sessions, parent_descriptors,
          dispatch_descriptors, few_descriptors, full_disk, stopped_devlog,
          rsyslog, silent_names_end])
