"""The daemon under test: configuration, start, signals, records, end.

Environment: SALLYPORT_BUILD, the build directory (default: the current one);
SALLYPORT_LIBEXEC, where the helper programs are (default: the same);
SALLYPORT_SLOW, by how much slower than usual everything may be.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import time

import state
import tap
import world

BUILD = os.path.abspath(os.environ.get("SALLYPORT_BUILD", "."))
LIBEXEC = os.path.abspath(os.environ.get("SALLYPORT_LIBEXEC", BUILD))
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLOW = float(os.environ.get("SALLYPORT_SLOW", "1"))
DIR = world.DIR

DAEMON = os.path.join(BUILD, "sallyportd")
COMMAND = os.path.join(BUILD, "sallyport")

_gates = []


def server(name):
    """Path of a test server that every user may execute.

    Built by make; compiled here when it was not.
    """
    path = f"{DIR}/bin/{name}"
    if os.path.exists(path):
        return path
    os.makedirs(f"{DIR}/bin", exist_ok=True)
    built = f"{BUILD}/tests/servers/{name}"
    if os.path.isfile(built):
        shutil.copy(built, path)
    else:
        is_module = ".so" in name
        source = name.removeprefix("lib").split(".")[0]
        subprocess.run(
            [os.environ.get("CC", "cc"), "-std=gnu11", "-D_GNU_SOURCE", "-O2",
             *(("-shared", "-fPIC") if is_module else ()),
             f"{SOURCE}/servers/{source}.c", "-o", path],
            check=True, timeout=60)
    os.chmod(path, 0o755)
    return path


def service(name, port, program, **attributes):
    """The text of one service; None leaves an attribute out."""
    lines = {"type": "UNLISTED", "port": port, "socket_type": "stream",
             "protocol": "tcp", "wait": "no", "user": "root", "flags": "IPv4",
             "server": program, "cps": "0 10"}
    lines.update(attributes)
    body = "".join(f"\t{key.rstrip('_')} = {value}\n"
                   for key, value in lines.items() if value is not None)
    return f"service {name}\n{{\n{body}}}\n"


def stat_of(pid):
    """Fields of /proc/PID/stat after the name: state, parent, ..."""
    with open(f"/proc/{pid}/stat", encoding="ascii",
              errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def children_of(pid, zombies=True):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                fields = stat_of(name)
                if int(fields[1]) == pid and (zombies or fields[0] != "Z"):
                    found.append(int(name))
    return found


def zombies_of(pid):
    found = []
    for child in children_of(pid):
        with contextlib.suppress(OSError):
            if stat_of(child)[0] == "Z":
                found.append(child)
    return found


def cpu_ticks(pid):
    fields = stat_of(pid)
    return int(fields[11]) + int(fields[12])


def is_alive(pid):
    try:
        return stat_of(pid)[0] != "Z"
    except OSError:
        return False


def sallyport(*words, **options):
    """The administrator's command: a completed process with texts."""
    return subprocess.run([COMMAND, *words], capture_output=True, text=True,
                          timeout=30 * SLOW, **options)


class Gate:
    """One daemon in a directory of its own, in the foreground."""

    _last = 0

    def __init__(self, config="", files=None, options=(), env=None,
                 path=None, libexec=LIBEXEC, files_limit=None, audit=None,
                 name=None, is_lasting=False):
        Gate._last += 1
        self.dir = f"{DIR}/{name or 'gate'}{Gate._last}"
        self.run_dir = self.dir + "/run"
        self.audit_path = audit or self.dir + "/audit.jsonl"
        self.stderr_path = self.dir + "/stderr"
        os.makedirs(self.dir)
        self.path = path or self.dir + "/gate.conf"
        self._is_own = path is None
        self.files = files or {}
        self.options, self.libexec = list(options), libexec
        self.files_limit = files_limit
        self.env = {"PATH": os.environ["PATH"], **(env or {}),
                    "NOTIFY_SOCKET": self.dir + "/notify"}
        for name_ in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name_ in os.environ:
                self.env.setdefault(name_, os.environ[name_])
        self.process = None
        self.pid = 0
        self.status = None      # exit code, once it has ended
        self.is_lasting = is_lasting    # not ended with its case
        self.torn = []          # lines of the audit file that are no records
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.env["NOTIFY_SOCKET"])
        _gates.append(self)
        self.configure(config, self.files)

    # Life

    def configure(self, config, files=None):
        """Writes the configuration; the daemon is not told."""
        if self._is_own:
            block = f"gateway\n{{\n\taudit = FILE {self.audit_path}\n}}\n"
            if "gateway" in config:
                block = ""
            world.write(self.path, block + config)
        for name, text in (files or {}).items():
            world.write(os.path.join(self.dir, name), text)

    def _prepare(self):
        if self.files_limit is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (self.files_limit, self.files_limit))

    def start(self, seconds=20.0):
        """True when it is ready, False when it ended instead."""
        if not os.access(DAEMON, os.X_OK):
            raise tap.BailOut(f"there is no {DAEMON}")
        with open(self.stderr_path, "ab") as stderr:
            self.process = subprocess.Popen(
                [DAEMON, "--foreground", "-f", self.path, "--run-dir",
                 self.run_dir, "--libexec", self.libexec, *self.options],
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                env=self.env, preexec_fn=self._prepare)
        self.pid = self.process.pid
        return self._await("READY=1", seconds * SLOW)

    def _await(self, word, seconds):
        end = time.monotonic() + seconds
        self.notify.settimeout(0.05)
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                if word in self.notify.recv(4096).decode().split("\n"):
                    return True
            if self.process.poll() is not None:
                self.status = self.process.returncode
                return False
        raise TimeoutError(f"no {word} within {seconds:.0f} s")

    def _forget_notices(self):
        self.notify.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.notify.recv(4096)

    def send(self, number):
        os.kill(self.pid, number)

    def reload(self, config=None, files=None, seconds=20.0,
               number=signal.SIGHUP):
        """True when the new policy is in force, False when it was refused."""
        if config is not None:
            self.configure(config, files)
        refused = self.state().loads_refused
        self._forget_notices()
        self.send(number)
        if not self._await("READY=1", seconds * SLOW):
            raise ChildProcessError("the daemon ended during a reload")
        return self.state().loads_refused == refused

    def wait(self, seconds=20.0):
        """Waits for the daemon's end; its exit status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.status = self.process.wait(seconds * SLOW)
        return self.status

    def stop(self, seconds=20.0):
        """SIGTERM and its exit status; None: it had to be killed."""
        if self.process is None or self.process.poll() is not None:
            return self.wait(0)
        self.send(signal.SIGTERM)
        if self.wait(seconds) is None:
            self.kill()
            return None
        return self.status

    def kill(self):
        """The end of last resort, with everything it has started."""
        if self.process is None or self.process.poll() is not None:
            return
        servers = [i.pid for i in self.instances()]
        self.process.kill()
        self.process.wait()
        for pid in servers:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def __enter__(self):
        if self.process is None and not self.start():
            raise ChildProcessError(f"the daemon did not start: status "
                                    f"{self.status}: {self.stderr()}")
        return self

    def __exit__(self, *_):
        if self.stop() is None:
            tap.ok(False, "the daemon stops when it is told to")
        self.notify.close()

    # What it says

    def stderr(self):
        with contextlib.suppress(FileNotFoundError):
            with open(self.stderr_path, encoding="utf-8",
                      errors="replace") as file:
                return file.read()
        return ""

    def audit(self, path=None):
        """All whole records, in the order of the file.

        Lines that a killed writer has torn are left out and kept in torn.
        """
        records, self.torn = [], []
        try:
            with open(path or self.audit_path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return []
        for line in data.split(b"\n")[:-1]:
            try:
                records.append(json.loads(line))
            except ValueError:
                self.torn.append(line)
        return records

    def records(self, action=None, service=None, **fields):
        """Records with an action, a service, and fields ("a_b" is a.b)."""
        return [r for r in self.audit()
                if (action is None or r["event"]["action"] == action) and
                (service is None or
                 r.get("service", {}).get("name") == service) and
                all(field(r, key.replace("_", ".")) == value
                    for key, value in fields.items())]

    def wait_records(self, count, action=None, service=None, seconds=10.0,
                     **fields):
        """The same, once there are `count` of them (or time is over)."""
        found = []

        def enough():
            found[:] = self.records(action, service, **fields)
            return len(found) >= count
        tap.wait_for(enough, seconds * SLOW, 0.05)
        return found

    def settle(self, seconds=15.0):
        """Waits until nothing is written any more."""
        def sizes():
            return (state.log(self.run_dir).sequence,
                    os.path.getsize(self.audit_path))
        end = time.monotonic() + seconds * SLOW
        before = None
        while time.monotonic() < end:
            now = sizes()
            if now == before:
                return
            before = now
            time.sleep(0.4)

    # What it shows

    def state(self):
        return state.parent(self.run_dir)

    def services(self):
        return state.services(self.run_dir)

    def instances(self):
        try:
            return state.instances(self.run_dir)
        except (OSError, state.Wrong):
            return []

    def helper(self, name):
        """Pid of the helper that is in force, or 0."""
        for h in state.helpers(self.run_dir):
            if h.name.decode() == name and not h.draining:
                return h.pid
        return 0

    def helpers(self):
        return state.helpers(self.run_dir)

    def open_paths(self, pid):
        """Where the descriptors of a process point to."""
        paths = {}
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                paths[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        return paths

    def dump(self):
        tap.note(f"{self.dir}: standard error, last lines")
        tap.note("\n".join(self.stderr().splitlines()[-25:]))
        tap.note(f"{self.dir}: last records")
        with contextlib.suppress(OSError):
            with open(self.audit_path, encoding="latin-1") as file:
                for line in file.read().splitlines()[-10:]:
                    tap.note(line[:900])


def field(record, path):
    """A field of a record by its dotted name, or None."""
    for key in path.split("."):
        if not isinstance(record, dict) or key not in record:
            return None
        record = record[key]
    return record


def check_books(records, first=1):
    """Numbers of an audit file: (missing and not explained, lost, wrong).

    Every number from `first` to the last must be a record's own or inside the
    range of exactly one loss record; numbers must rise.
    """
    own, lost, wrong = [], set(), []
    for record in records:
        sequence = record["event"]["sequence"]
        if own and sequence <= own[-1]:
            wrong.append(f"{sequence} after {own[-1]}")
        own.append(sequence)
        if record["event"]["action"] != "audit-lost":
            continue
        loss = record["sallyport"]["lost"]
        if "first" not in loss:
            continue        # a sink's own copies, not records
        numbers = range(loss["first"], loss["last"] + 1)
        if loss["count"] != len(numbers):
            wrong.append(f"count of {loss}")
        if lost.intersection(numbers):
            wrong.append(f"declared twice in {loss}")
        lost.update(numbers)
    both = lost.intersection(own)
    if both:
        wrong.append(f"written and declared lost: {sorted(both)[:10]}")
    last = own[-1] if own else first - 1
    missing = set(range(first, last + 1)) - lost - set(own)
    return sorted(missing), lost, wrong


def _case_over(has_failed):
    if has_failed:
        for gate in [g for g in _gates if os.path.isdir(g.dir)][-3:]:
            gate.dump()
    for gate in _gates:
        if not gate.is_lasting:
            gate.kill()
    _gates[:] = [gate for gate in _gates if gate.is_lasting]


def _end_gates():
    for gate in _gates:
        gate.kill()


tap.after_case.append(_case_over)
tap.at_end.append(_end_gates)
