#!/usr/bin/env python3
"""Life of the daemon: options, background, signals, logs, command."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
import state
from lib import (DIR, dial, echo, eventually, field, is_, like, note, ok,
                 service, wait_for, within)

CLEAN, FINDINGS, USAGE, CANNOT = 0, 1, 2, 3


def plain(port=9000, **more):
    return service("plain", port, lib.server("echo-server"), **more)


def daemon(*words, **options):
    """Runs sallyportd to its end (or until it is in the background)."""
    return subprocess.run([lib.DAEMON, *words], capture_output=True,
                          text=True, timeout=40 * lib.SLOW, **options)


class Background:
    """A daemon that has left the foreground; a directory, a pid file."""

    _last = 0

    def __init__(self, config, *options, **more):
        Background._last += 1
        self.dir = f"{DIR}/life{Background._last}"
        self.pid_file = f"{self.dir}/pid"
        lib.write(f"{self.dir}/gate.conf", "gateway\n{\n\taudit = FILE "
                  f"{self.dir}/audit.jsonl\n}}\n" + config)
        self.started = daemon(
            "-f", f"{self.dir}/gate.conf", "-pidfile", self.pid_file,
            "--run-dir", f"{self.dir}/run", "--libexec", lib.LIBEXEC,
            *options, **more)
        self.pid = 0
        with contextlib.suppress(OSError, ValueError):
            with open(self.pid_file, encoding="ascii") as file:
                self.pid = int(file.read())

    def __enter__(self):
        if self.started.returncode != 0 or not self.pid:
            raise ChildProcessError(f"no daemon: {self.started}")
        return self

    def ended(self, seconds=20):
        """Its exit status; it is our child, since orphans come to us."""
        def reaped():
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                return (-1,)
            return (os.waitstatus_to_exitcode(status),) if pid else None
        found = wait_for(reaped, seconds * lib.SLOW)
        return found[0] if found else None

    def __exit__(self, *_):
        if lib.is_alive(self.pid):
            os.kill(self.pid, signal.SIGTERM)
            if self.ended() is None:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)


def background():
    """Leaves the foreground ready, as a daemon should."""
    marker = os.open(lib.write(f"{DIR}/marker", "x"), os.O_RDONLY)
    os.umask(0o022)
    with Background(plain(), cwd="/usr", pass_fds=(marker,)) as gate:
        ok(echo(9000), "it serves as soon as the starter has ended")
        is_(gate.started.stdout, "", "nothing on standard output")
        fields = lib.stat_of(gate.pid)
        is_((fields[3], fields[4]), (str(gate.pid), "0"), "a session of its "
            "own, no terminal")
        is_(os.readlink(f"/proc/{gate.pid}/cwd"), "/", "directory /")
        links = {int(fd): os.readlink(f"/proc/{gate.pid}/fd/{fd}")
                 for fd in os.listdir(f"/proc/{gate.pid}/fd")}
        is_([links.get(n) for n in (0, 1, 2)], ["/dev/null"] * 3,
            "descriptors 0-2 are /dev/null")
        ok(not [p for p in links.values() if p.endswith("/marker")],
           "no inherited descriptor stays open", links=links)
        with open(f"/proc/{gate.pid}/status", encoding="ascii") as file:
            umask = re.search(r"Umask:\s+(\d+)", file.read()).group(1)
        ok(int(umask, 8) & 0o022 == 0o022, "umask", umask=umask)
        is_(os.stat(gate.pid_file).st_mode & 0o7777, 0o644, "pid file 0644")
        for helper in state.helpers(f"{gate.dir}/run"):
            with open(f"/proc/{helper.pid}/environ", "rb") as file:
                is_(file.read(), b"", f"{helper.name.decode()} has an empty "
                    "environment")
        os.kill(gate.pid, signal.SIGINT)
        time.sleep(0.3)
        ok(echo(9000), "SIGINT is ignored in the background")
        second_daemon(gate)
        os.kill(gate.pid, signal.SIGTERM)
        is_(gate.ended(), 0, "SIGTERM ends it, exit 0")
        ok(not os.path.exists(gate.pid_file), "the pid file is gone")
        ok(not os.path.exists(f"{gate.dir}/run/parent.state"), "and the "
           "state files")
    os.close(marker)


def second_daemon(gate):
    lib.write(f"{DIR}/second.conf", "gateway\n{\n\taudit = none\n}\n" +
              plain(9001))
    words = ["-f", f"{DIR}/second.conf", "--libexec", lib.LIBEXEC]
    again = daemon(*words, "-pidfile", gate.pid_file, "--run-dir",
                   f"{DIR}/second-run")
    is_(again.returncode, CANNOT, "a second daemon with the same pid file "
        "does not start", err=again.stderr)
    like(again.stderr, re.escape(gate.pid_file), "and says why")
    again = daemon(*words, "--run-dir", f"{gate.dir}/run")
    is_(again.returncode, CANNOT, "nor one with the same run directory",
        err=again.stderr)
    ok(lib.is_alive(gate.pid) and echo(9000), "the first is not disturbed")


def options():
    """xinetd's spelling and the long one; unknown ones are errors."""
    for word in ("-version", "--version"):
        done = daemon(word)
        is_(done.returncode, CLEAN, f"{word}: exit 0")
        like(done.stdout, r"^sallyport \d+\.\d+", f"{word}: the version")
    done = daemon("--help")
    is_(done.returncode, CLEAN, "--help: exit 0")
    missing = [w for w in ("-f", "--config", "-dontfork", "--foreground",
                           "-pidfile", "--pid-file", "-stayalive", "-filelog",
                           "-syslog", "-limit", "-cc", "--run-dir", "--libexec",
                           "-version", "-d") if w not in done.stdout]
    is_(missing, [], "--help lists them")
    for words in (["--no-such-option"], ["-h3lp"], ["word"], ["-f"],
                  ["--config="], ["--foreground=yes"], ["-limit"],
                  ["-cc", "0"], ["-cc", "soon"], ["-inetd_compatible"]):
        done = daemon(*words)
        is_(done.returncode, USAGE, f"{' '.join(words)}: exit 2")
        like(done.stderr, re.escape(words[0].split("=")[0]),
             f"{' '.join(words)}: is named")
    accepted_options()


def accepted_options():
    log = f"{DIR}/messages.log"
    conf = lib.write(f"{DIR}/old.conf", "gateway\n{\n\taudit = none\n}\n" +
                     plain(9010))
    for spelling, words in (
            ("old", ["-f", conf, "-dontfork", "-stayalive", "-filelog", log,
                     "-limit", "5", "-reuse", "-cc", "60", "-logprocs", "9",
                     "-inetd_ipv6"]),
            ("long", [f"--config={conf}", "--foreground", "--stay-alive",
                      "--filelog", log, "--limit", "5"])):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(log)
        with open(f"{DIR}/{spelling}.err", "wb") as err:
            process = subprocess.Popen(
                [lib.DAEMON, *words, "-pidfile", f"{DIR}/old.pid",
                 "--run-dir", f"{DIR}/old-run", "--libexec", lib.LIBEXEC],
                stderr=err, stdin=subprocess.DEVNULL)
        ok(wait_for(lambda: process.poll() is not None or echo(9010), 10) and
           process.poll() is None, f"{spelling} spelling: it runs and serves",
           err=read(f"{DIR}/{spelling}.err"))
        eventually(lambda: re.search(
            r"^\d\d/\d+/\d+@\d\d:\d\d:\d\d sallyport\[\d+\]: NOTICE: "
            r"Started working: 1 available service$", read(log), re.M),
            f"{spelling} spelling: messages go to the file", 5,
            log=read(log))
        if process.poll() is None:
            is_(read(f"{DIR}/old.pid").strip(), str(process.pid),
                f"{spelling} spelling: pid file")
            process.terminate()
        is_(process.wait(20), 0, f"{spelling} spelling: ends on TERM")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def nothing_to_offer():
    """No service left: no start, unless told to stay."""
    config = service("bad", 9020, "/nonexistent")
    gate = Background(config)
    is_(gate.started.returncode, FINDINGS, "no service left: exit 1")
    like(gate.started.stderr, r"gate\.conf:\d+:\d+: error: service bad: ",
         "the fault goes to standard error, with file and line")
    with Background(config, "-stayalive") as gate:
        ok(lib.is_alive(gate.pid), "-stayalive: runs all the same")
    gate = Background(plain(9021), "--libexec", "/nonexistent")
    ok(gate.started.returncode not in (0, None), "without helper programs it "
       "does not start", started=gate.started)
    is_(daemon("-f", "/nonexistent.conf", "--run-dir", f"{DIR}/none",
               "--libexec", lib.LIBEXEC).returncode, FINDINGS,
        "a missing configuration: exit 1")


def not_root():
    copy = f"{DIR}/bin/sallyportd"
    shutil.copy(lib.DAEMON, copy)
    os.chmod(copy, 0o755)
    done = subprocess.run([copy, "-f", "/etc/hostname"], capture_output=True,
                          text=True, timeout=20, user=65534, group=65534,
                          extra_groups=[])
    is_(done.returncode, CANNOT, "who is not root cannot start it",
        err=done.stderr)


def state_dump():
    """USR1: everything the daemon knows, for root alone."""
    config = plain(env="TOKEN=very-secret OTHER=x", server_args="a b#c") + \
        service("idle", 9001, lib.server("sleep-server"), disable="no")
    with lib.Gate(config) as gate:
        path = f"{gate.run_dir}/dump"
        session = dial(9000)
        session.sendall(b"x")
        session.recv(1)

        def dumps():
            return gate.wait_records(1, "message", message="generated state "
                                     f"dump in file {path}")
        lib.write(f"{gate.dir}/victim", "untouched")
        os.symlink(f"{gate.dir}/victim", path + ".new")
        gate.send(signal.SIGUSR1)
        ok(dumps(), "it says where the dump is")
        with open(path, encoding="ascii") as file:
            text = file.read()
        with open(f"{gate.dir}/victim", encoding="ascii") as file:
            is_(file.read(), "untouched", "a link in its way is not followed")
        is_(os.stat(path).st_mode & 0o7777, 0o600, "root alone may read it")
        like(text, r"\AINTERNAL STATE DUMP: sallyport \d", "it has a head")
        like(text, r"\nEND OF DUMP\n\Z", "it is whole")
        like(text, r"(?s)Service = plain\n\tState = Active\n\tkind = server"
             r"\n.*\tlistener 0\.0\.0\.0 port 9000,", "services are in it")
        like(text, r"\tenv = TOKEN=\* OTHER=\*\n", "variables by name")
        ok("very-secret" not in text, "their values are not in it")
        pid = gate.instances()[0].pid
        like(text, rf"server of plain\n\tpid = {pid}\n\tconnection = \w+-\w+\n",
             "running servers are in it")
        like(text, rf"\ndispatch\n\tpid = {gate.helper('dispatch')}\n",
             "helpers are in it")
        inode = os.stat(path).st_ino
        session.close()
        gate.send(signal.SIGUSR1)
        eventually(lambda: os.stat(path).st_ino != inode,
                   "a second one replaces it")
        os.unlink(path)
        os.mkdir(path)

        def is_said():
            """Asked again: while one is being written the next is not."""
            gate.send(signal.SIGUSR1)
            return any("could not be written: errno = " in
                       r.get("message", "") for r in gate.records("message"))
        eventually(is_said, "one that cannot be written is said")
        ok(echo(9000), "the daemon goes on")


def consistency():
    """ABRT and -cc: the daemon checks its own books."""
    passed = "Consistency check passed"
    with lib.Gate(plain() + service("sleeper", 9001,
                                    lib.server("sleep-server"))) as gate:
        sessions = [dial(9000) for _ in range(20)] + [dial(9001)]
        ok(wait_for(lambda: len(gate.instances()) == 21, 10),
           "servers are running")
        gate.send(signal.SIGABRT)
        ok(gate.wait_records(1, "message", message=passed),
           "ABRT: the books are right while servers run")
        ok(gate.reload(plain(9002)), "after a reload")
        for s in sessions:
            s.close()
        gate.send(signal.SIGABRT)
        ok(gate.wait_records(2, "message", message=passed),
           "and a generation of the past")
    with lib.Gate(plain(), options=["-cc", "1"]) as gate:
        ok(gate.wait_records(2, "message", message=passed),
           "-cc: again and again")
        is_([r for r in gate.records("message") if "onsistency" in
             r["message"] and r["message"] != passed], [], "nothing is found")


def reload_signals():
    """HUP and USR2 load anew; INT ends it in the foreground."""
    for number in (signal.SIGHUP, signal.SIGUSR2):
        with lib.Gate(plain()) as gate:
            ok(gate.reload(plain(9002), number=number) and echo(9002),
               f"{number.name} loads anew")
    with lib.Gate(plain()) as gate:
        gate.send(signal.SIGPIPE)
        time.sleep(0.2)
        ok(echo(9000), "PIPE does no harm")
        loads = gate.state().loads
        for _ in range(30):
            gate.send(signal.SIGHUP)
            time.sleep(0.005)
        # Those that come during a load are one more load together.
        eventually(lambda: gate.state().loads >= loads + 2 and
                   not gate.helper("load"), "thirty SIGHUPs in a row are "
                   "worked off", 10, loads=(loads, gate.state().loads))
        ok(echo(9000), "and it serves")
        gate.send(signal.SIGINT)
        is_(gate.wait(), 0, "SIGINT ends it in the foreground, exit 0")


def stopping():
    """TERM stops servers with grace; QUIT leaves them alone."""
    sleeper = lib.server("sleep-server")
    config = plain() + service("stubborn", 9030, sleeper,
                               server_args="stubborn")
    with lib.Gate(config) as gate, dial(9000) as polite, \
            dial(9030) as stubborn:
        polite.sendall(b"x")
        is_((polite.recv(1), stubborn.recv(5)), (b"x", b"ready"), "two "
            "sessions run")
        began = time.monotonic()
        gate.send(signal.SIGTERM)
        lib.read_all(polite)
        within(time.monotonic() - began, 0, 3 * lib.SLOW, "TERM: a server "
               "that obeys ends at once")
        eventually(lambda: lib.ask(9000)[1] == "refused", "TERM: nobody is "
                   "accepted any more", 3)
        is_(gate.wait(25), 0, "TERM: exit 0")
        within(time.monotonic() - began, 9, 16 * lib.SLOW,
               "TERM: who does not obey is killed after ten seconds")
        closed = {r["service"]["name"]: (field(r, "sallyport.exit.by"),
                                         field(r, "sallyport.exit.signal"))
                  for r in gate.records("connection-closed")}
        is_(closed, {"plain": ("operator", 15), "stubborn": ("operator", 9)},
            "TERM: the records say who ended them")
        is_(gate.audit()[-1]["event"]["action"] in ("daemon-stopped",
                                                    "audit-lost"), True,
            "the daemon's end is the last record")
    leave_servers()


def leave_servers():
    gate = lib.Gate(plain())
    ok(gate.start(), "a daemon")
    with dial(9000) as session:
        session.sendall(b"x")
        is_(session.recv(1), b"x", "a session runs")
        pid = gate.instances()[0].pid
        gate.send(signal.SIGQUIT)
        is_(gate.wait(), 0, "QUIT: exit 0")
        session.sendall(b"y")
        is_(session.recv(1), b"y", "QUIT: the session goes on without it")
        with lib.Gate(plain()):
            ok(echo(9000), "QUIT: the next daemon can bind")
            session.sendall(b"z")
            is_(session.recv(1), b"z", "and both serve")
    eventually(lambda: reap(pid), "the server ends with its client")


def reap(pid):
    """True once our orphan has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def check_command():
    good = lib.write(f"{DIR}/good.conf", plain())
    bad = lib.write(f"{DIR}/bad.conf", "defaults\n{\n\tonly_form = x\n}\n" +
                    plain(instances="-1", no_access="1.2.3.300") + "junk\n")
    def check(*words, **options):
        return lib.sallyport("check", "--libexec", lib.LIBEXEC, *words,
                             **options)
    done = check(good)
    is_(done.returncode, CLEAN, "check: a good file is 0", out=done.stdout,
        err=done.stderr)
    done = check(bad)
    is_(done.returncode, FINDINGS, "check: a bad one is 1")
    told = re.findall(rf"{bad}:(\d+):\d+: error: ", done.stdout + done.stderr)
    ok({"3"} <= set(told) and len(told) >= 4, "check: all faults in one run, "
       "each with its line", out=done.stdout, err=done.stderr)
    is_(check("/nonexistent.conf").returncode, FINDINGS,
        "check: a missing file is 1")
    is_(check(good, bad).returncode, USAGE, "check: two files are 2")
    is_(lib.sallyport("chekc").returncode, USAGE, "an unknown command is 2")
    like(lib.sallyport("chekc").stderr, "check", "with a suggestion")
    is_(lib.sallyport().returncode, USAGE, "no command is 2")
    as_user(good)


def as_user(good):
    """check needs no root: what it cannot know it must not invent."""
    for name in ("sallyport", "sallyport-load"):
        source = lib.COMMAND if name == "sallyport" else \
            f"{lib.LIBEXEC}/{name}"
        shutil.copy(source, f"{DIR}/bin/{name}")
        os.chmod(f"{DIR}/bin/{name}", 0o755)
    done = subprocess.run(
        [f"{DIR}/bin/sallyport", "check", "--libexec", f"{DIR}/bin", good],
        capture_output=True, text=True, timeout=30, user=lib.PLANT[0],
        group=lib.PLANT[1], extra_groups=[])
    is_(done.returncode, CLEAN, "check works for an ordinary user",
        out=done.stdout, err=done.stderr)


def numbers_in(value):
    """All numbers and texts of a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [n for v in value for n in numbers_in(v)]
    return [value]


def status_command():
    run_dir = f"{DIR}/nowhere"
    is_(lib.sallyport("status", "--run-dir", run_dir).returncode not in
        (CLEAN, USAGE), True, "status without a daemon is not 0")
    config = plain() + service("second", 9041, lib.server("sleep-server"),
                               instances="12") + \
        service("ahead", 9042, lib.server("echo-server"), flags=None,
                bind="10.77.0.1") + \
        service("a-" + "long-" * 10 + "name", 9043,
                lib.server("echo-server"))
    with lib.Gate(config) as gate, dial(9041) as session:
        session.recv(5)
        echo(9000)
        where = ["--run-dir", gate.run_dir]
        status = lib.sallyport("status", *where)
        is_(status.returncode, CLEAN, "status: exit 0", err=status.stderr)
        like(status.stdout, rf"running.*pid {gate.pid}\b.*dispatch.*log",
             "status: the daemon and its helpers")
        listed = lib.sallyport("list", *where)
        is_(listed.returncode, CLEAN, "list: exit 0", err=listed.stderr)
        like(listed.stdout, r"(?s)ahead.*plain.*second|plain.*second.*ahead",
             "list: the services")
        like(listed.stdout, r"9041", "list: their ports")
        like(listed.stdout, r"plain +listening +server +", "list: their kind")
        like(listed.stdout, "(?m)^a-" + "long-" * 10 + r"name$\n +listening ",
             "list: a long name is whole")
        like(status.stdout, rf"(?m)^ +audit .*open\s+\S*{gate.dir}/audit.jsonl$",
             "status: the audit file by its path")
        wide = [line for text in (status.stdout, listed.stdout)
                for line in text.splitlines() if len(line) > 80]
        is_(wide, [], "both fit 80 columns")
        ok("\x1b" not in status.stdout + listed.stdout, "no colours where "
           "there is no terminal")
        facts = numbers_in(json.loads(lib.sallyport(
            "status", "--json", *where).stdout))
        ok(gate.helper("dispatch") in facts and gate.helper("log") in facts,
           "status --json is JSON and knows the helpers", facts=facts)
        logs = json.loads(lib.sallyport("status", "--json",
                                        *where).stdout)["logs"]
        is_([log["path"] for log in logs if log["name"] == "audit"],
            [f"{gate.dir}/audit.jsonl"], "status --json: the same")
        facts = json.loads(lib.sallyport("list", "--json", *where).stdout)
        is_({(s["kind"], s["listeners"][0]["busy"])
             for s in facts["services"]}, {("server", False)},
            "list --json: kinds, and that no listener is out")
        facts = numbers_in(facts)
        ok({"plain", "second", "ahead", 9000, 9041, 12} <= set(facts),
           "list --json is JSON and knows the services", facts=facts)
        helpers_confined(gate)
        is_(lib.sallyport("status", "word", *where).returncode, USAGE,
            "status with a word is 2")
        ops_may_read(gate)


def every_kind():
    """list and status of services of every kind, from a state made up."""
    with lib.Gate(plain()) as gate:
        made = state.parent(gate.run_dir, whole=True)
        made.service_count, made.sessions = 3, 1234
        for i, (name, kind, path, rpc, busy) in enumerate((
                (b"sock", 0, b"/run/a.sock", 0, 0),
                (b"rstatd", 2, b"", 100001, 1), (b"far", 3, b"", 0, 0))):
            s = made.services[i]
            s.id, s.status, s.kind, s.path = name, state.LISTENING, kind, path
            s.rpc_program, s.busy, s.listeners = rpc, busy, 1
            s.listen[0].family, s.listen[0].port = (1, 0) if path else (4, 700)
        lib.write(f"{gate.dir}/made/parent.state", bytes(made))
        relay = struct.pack("<7sc2I6Q", b"SALLYP", b"R",
                            made.h.version, 64, 1234, 5000,
                            3766, 10 ** 6, 2 * 10 ** 6, 0)
        lib.write(f"{gate.dir}/made/relay.state", relay)
        where = ["--run-dir", f"{gate.dir}/made"]
        listed = lib.sallyport("list", *where).stdout
        like(listed, r"(?m)^sock +listening +server .* /run/a\.sock$",
             "a UNIX socket by its path")
        like(listed, r"(?m)^rstatd +listening +wait-dgram .* "
             r"0\.0\.0\.0:700 RPC 100001 busy$", "RPC, and a busy listener")
        like(listed, r"(?m)^far +listening +redirect ", "a redirect")
        services = {s["id"]: s for s in json.loads(lib.sallyport(
            "list", "--json", *where).stdout)["services"]}
        is_((services["sock"]["listeners"][0]["path"],
             services["rstatd"]["rpc_program"],
             services["rstatd"]["listeners"][0]["busy"]),
            ("/run/a.sock", 100001, True), "the same in JSON")
        like(lib.sallyport("status", *where).stdout,
             r"sessions +1,234 relayed now, 5,000 in all\n +1,000,000 bytes "
             r"from clients, 2,000,000 to them", "relayed sessions")
        facts = json.loads(lib.sallyport("status", "--json", *where).stdout)
        is_((facts["sessions"], facts["relay"]["started"],
             facts["relay"]["bytes_out"]), (1234, 5000, 2 * 10 ** 6),
            "the same in JSON")


def helpers_confined(gate):
    for helper in gate.helpers():
        is_(helper.layers & 0xf, 0xf, f"{helper.name.decode()}: all mandatory "
            "layers")
        text = read(f"/proc/{helper.pid}/status")
        values = dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.M))
        ok(values["Uid"].split()[0] != "0" and values["NoNewPrivs"] == "1" and
           values["Seccomp"] == "2" and int(values["CapBnd"], 16) == 0 and
           int(values["CapPrm"], 16) == 0 and values["Groups"].strip() == "",
           f"{helper.name.decode()}: the kernel says so too", status=values)
        note(f"{helper.name.decode()}: layers {helper.layers:#x}")


def ops_may_read(gate):
    """Members of sallyport-ops see the state, others do not."""
    import grp
    ops = grp.getgrnam("sallyport-ops").gr_gid
    for name in ("parent.state", "dispatch.state", "log.state"):
        st = os.stat(f"{gate.run_dir}/{name}")
        is_((st.st_mode & 0o7777, st.st_uid, st.st_gid), (0o640, 0, ops),
            f"{name} is root's and the operators' to read")


def rotation():
    """Logs moved away and SIGHUP: new files, the old ones are left alone."""
    log = f"{DIR}/rotate/service.log"
    lib.write(log, "")
    config = plain(log_type=f"FILE {log}", log_on_success="HOST PID EXIT")
    with lib.Gate(config) as gate:
        echo(9000)
        gate.wait_records(1, "connection-closed")
        eventually(lambda: "EXIT: plain" in read(log), "lines are written")
        for path in (log, gate.audit_path):
            os.rename(path, path + ".1")
        ok(gate.reload(), "SIGHUP after the files were moved")
        old = read(log + ".1"), read(gate.audit_path + ".1")
        echo(9000)
        eventually(lambda: read(log).count("EXIT: plain") == 1,
                   "new lines are in the new file", 5, log=read(log))
        eventually(lambda: gate.records("connection-closed"), "and new "
                   "records", 5)
        is_(read(log + ".1"), old[0], "the old file is as it was")
        both = gate.audit(gate.audit_path + ".1") + gate.audit()
        is_(lib.check_books(both), ([], set(), []), "the numbers go on in "
            "the new file")
        is_(field(gate.audit()[0], "event.action") in
            ("audit-opened", "config-reloaded", "message"), True,
            "which begins with its opening", first=gate.audit()[0])
        # The logs first, whatever becomes of the load.
        for path in (log, gate.audit_path):
            os.rename(path, path + ".2")
        is_(gate.reload("junk\n"), False, "a bad reload")
        echo(9000)
        eventually(lambda: read(log).count("EXIT: plain") == 1 and
                   gate.records("connection-closed"), "opens the logs anew "
                   "all the same", 5)


def restart_numbers():
    """The next daemon goes on counting where the file ends."""
    path = f"{DIR}/kept.jsonl"
    books = []
    for _ in range(2):
        with lib.Gate(plain(), audit=path) as gate:
            echo(9000)
            gate.wait_records(1, "connection-closed")
        books = gate.audit()
    is_(lib.check_books(books), ([], set(), []), "record numbers go on over "
        "a restart")
    is_(len({r["sallyport"]["boot"] for r in books}), 2, "each run has its "
        "own name")
    with open(path, "ab") as file:
        file.write(b'{"@timestamp":"2026-01-01T00:00:00.0')
    with lib.Gate(plain(), audit=path) as gate:
        echo(9000)
        gate.wait_records(3, "connection-closed")
    is_(len(gate.audit()) > len(books) and len(gate.torn), 1, "a torn last "
        "line is ended, not continued")
    ok(any(field(r, "sallyport.torn_bytes") for r in gate.audit()),
       "and told")


def addresses():
    """A port in use or an address to come keeps nobody else waiting."""
    here = "127.0.0.1"

    def listed(gate):
        return subprocess.run(
            [lib.COMMAND, "list", "--run-dir", gate.run_dir],
            capture_output=True, text=True, timeout=10, check=False).stdout

    def told(gate):
        return {line.split()[0]: line.split()[1]
                for line in listed(gate).splitlines()[1:]
                if line[:1].strip()}

    with socket.socket() as thief, socket.socket() as other:
        thief.bind((here, 9050))
        thief.listen()
        other.bind(("0.0.0.0", 9053))
        other.listen()
        config = plain(bind=here) + service(
            "busy", 9050, lib.server("echo-server"), bind=here) + service(
            "later", 9051, lib.server("echo-server"), bind="10.77.0.1"
            ) + service("half", 9053, lib.server("echo-server"),
                        flags="IPv4 IPv6")
        with lib.Gate(config) as gate:
            ok(echo(9000), "a port in use does not keep others from starting")
            is_(told(gate), {"plain": "listening", "busy": "failed",
                             "half": "partly", "later": "waiting"},
                "list says which and why")
            eventually(lambda: "2 of 4 services have not all their ports"
                       in gate.stderr(), "and one line how many")
            like(listed(gate), r"(?m)0\.0\.0\.0:9053 taken$",
                 "list shows which address")
            is_(gate.reload(), True, "a reload does not mind what was missing")
            is_(gate.reload(config + service(
                "more", 9052, lib.server("echo-server"), bind=here)), True,
                "nor does one that adds a service")
            is_(told(gate)["busy"], "failed", "the port is still in use")
            ok(echo(9052), "and the new one serves")
            thief.close()
            is_(gate.reload(), True, "the port is free")
            ok(echo(9050), "and served after a reload")
            subprocess.run(["ip", "addr", "add", "10.77.0.1/32", "dev", "lo"],
                           check=True, timeout=10)
            eventually(lambda: told(gate)["later"] == "listening",
                       "an address that comes is noticed", 10)
            is_(lib.ask(9051, "10.77.0.1", send=b"x",
                                finish=True)[0], b"x", "and served")
    with socket.socket() as thief, lib.Gate(plain(bind=here)) as gate:
        thief.bind((here, 9050))
        thief.listen()
        is_(gate.reload(plain(bind=here) + service(
            "busy", 9050, lib.server("echo-server"), bind=here)), False,
            "a port that is in use refuses the reload that wants it")
        ok(echo(9000), "and the policy in force stays")


def what_is_refused():
    """status tells what is missing, and how old the last error is."""
    def status(*words):
        return lib.sallyport("status", "--run-dir", gate.run_dir,
                             *words).stdout
    config = plain() + service("gone", 9060, "/no/such/server")
    with lib.Gate(config) as gate:
        like(status(), r"(?m)^ +1 refused by the configuration; sallyport "
             "check says why$", "status counts what is refused")
        like(status(), r"(?m)^ +\(\S.* ago\)$",
             "and how long ago the last error was")
        is_(json.loads(status("--json"))["services"]["refused"], 1,
            "for programs too")
        ok(gate.reload(plain()), "a reload without it")
        is_(json.loads(status("--json"))["services"]["refused"], 0,
            "and nothing is refused")


def interference():
    """What others may do with our files, and signals at the wrong moment."""
    path = f"{DIR}/locked.pid"
    with open(path, "w", encoding="ascii"):
        os.chmod(path, 0o644)
    with open(path, "rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_EX)
        with lib.Gate(plain(), options=["-pidfile", path]):
            ok(echo(9000), "a reader's lock on the pid file keeps nobody "
               "from starting")
    with lib.Gate(plain() + service(
            "own", 9060, lib.server("echo-server"), user="sallyport-log",
            group="sallyport-log")) as gate:
        ok(echo(9000) and lib.ask(9060)[1] == "refused",
           "no server runs as one of our own users")
    for turn in range(5):
        with lib.Gate(plain()) as gate:
            gate.send(signal.SIGHUP)
            time.sleep(0.004 * turn)
            gate.send(signal.SIGTERM)
            is_(gate.wait(15), 0, f"TERM in the middle of a reload ends it "
                f"({4 * turn} ms)")


lib.main([background, addresses, what_is_refused, interference, options,
          nothing_to_offer, not_root, reload_signals, state_dump, consistency,
          stopping, check_command, status_command, every_kind, rotation,
          restart_numbers])
