"""The two daemons that twins.py compares, with one face.

Their configuration is CONF, written by write_all(). Ours stands behind a file
that includes it and holds our own block, so that both read the same bytes.
"""

import collections
import contextlib
import json
import os
import pwd
import re
import resource
import signal
import subprocess

import answers
import gate
import lib
import state
import world

CONF = "/etc/xinetd.conf"
DUMP = "/run/xinetd.dump"
HOME = world.DIR + "/twins"
LOGS = HOME + "/logs"
FILES_LIMIT = 4096      # xinetd looks at each possible descriptor
SECONDS = 10 * gate.SLOW
LINE_SECONDS = 2 * gate.SLOW

Message = collections.namedtuple("Message", "level text place line")


def plain(line):
    """A log line without time, pids and durations."""
    line = re.sub(r"^\d+/\d+/\d+@\d\d:\d\d:\d\d: ", "", line)
    line = re.sub(r"^(<\d+>)\w{3} [ \d]\d \d\d:\d\d:\d\d (\S+?)\[\d+\]: ",
                  r"\1\2: ", line)
    line = re.sub(r"\bpid=[1-9]\d*", "pid=N", line)
    return re.sub(r"\bduration=\d+\(sec\)", "duration=N(sec)", line)


def level_of(word):
    if word in ("CRITICAL", "ERROR"):
        return "error"
    return "warning" if word == "WARNING" else "info"


def content(path):
    with contextlib.suppress(OSError):
        with open(path, "rb") as file:
            return file.read().decode("latin-1")
    return ""


def write_all(config, files):
    """The configuration and the files beside it."""
    if config is not None:
        world.write(CONF, config)
    for path, text in (files or {}).items():
        mode = 0o644
        if isinstance(text, tuple):
            text, mode = text
        world.write(os.path.join("/etc", path), text, mode)


class Daemon:
    """What both have in common."""

    name = ""

    def __init__(self, log):
        self._log = log
        self.pid, self.status = 0, None

    def send(self, number):
        os.kill(self.pid, number)

    def is_running(self):
        return gate.is_alive(self.pid)

    def restart(self):
        self.stop()
        return self.start()

    def said(self, name):
        word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", re.I)
        return any(m.level in ("error", "warning") and
                   (os.path.basename(m.place) == name or
                    word.search(m.text)) for m in self.messages())

    def lines(self, path, count=0):
        """Waits a while for so many; they are written by others."""
        def read():
            return [plain(line) for line in content(path).splitlines()]
        lib.wait_for(lambda: len(read()) >= count, LINE_SECONDS)
        return read()

    def syslog(self, count=0,
               pattern="START|EXIT|FAIL|USERID|NOID|TRAFFIC"):
        def read():
            return [plain(line) for line in
                    self._log.find(rf"\]: (?:{pattern})\b")]
        lib.wait_for(lambda: len(read()) >= count, LINE_SECONDS)
        return read()


class Xinetd(Daemon):
    """The real one, in the foreground."""

    name = "xinetd"

    def __init__(self, program, log, options=(), env=None):
        super().__init__(log)
        self.command = [program, "-dontfork", "-filelog", HOME + "/messages",
                        "-f", CONF, *options]
        self.env = {"PATH": os.environ["PATH"], **(env or {})}
        self.process = None

    def start(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_LIMIT,) * 2)
        before = self._count("Started working:")
        with open(HOME + "/stderr", "ab") as stderr:
            self.process = subprocess.Popen(
                self.command, env=self.env, cwd="/", preexec_fn=limit,
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        self.pid = self.process.pid
        return self._await("Started working:", before)

    def _count(self, pattern):
        return len(re.findall(pattern, content(HOME + "/messages")))

    def _await(self, pattern, before):
        """True when it has said so once more, False when it has ended."""
        if not lib.wait_for(lambda: self._count(pattern) > before or
                            self.process.poll() is not None, SECONDS):
            raise TimeoutError(f"xinetd does not say {pattern}")
        self.status = self.process.poll()
        return self.status is None

    def reload(self, config=None, files=None):
        write_all(config, files)
        failed = "reconfiguration failed"
        either = f"Reconfigured: new=|{failed}"
        before, failures = self._count(either), self._count(failed)
        self.send(signal.SIGHUP)
        if not self._await(either, before):
            return "ended"
        return "kept" if self._count(failed) > failures else "applied"

    def wait(self, seconds=SECONDS):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.status = self.process.wait(seconds)
        return self.status

    def stop(self):
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
        if self.wait() is None:
            self.process.kill()
            self.process.wait()
        return self.status

    def messages(self):
        found = []
        for line in re.split(r"\n(?=\d+/\d+/\d+@)",
                             content(HOME + "/messages")):
            match = re.match(r"\S+ \S+\[\d+\]: ([A-Z]+): (.*?)(?: \[file=(.*?)"
                             r"\] \[line=(\d+)\])?\n?$", line, re.S)
            if match:
                found.append(Message(level_of(match[1]), match[2],
                                     match[3] or "", int(match[4] or 0)))
        return found

    def dump(self):
        """(defaults, services) as it shows them now."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(DUMP)
        self.send(signal.SIGUSR1)
        if not lib.wait_for(lambda: "END OF DUMP" in content(DUMP), SECONDS):
            raise TimeoutError("xinetd writes no state dump")
        return answers.parse_dump(content(DUMP))

    def attributes(self):
        defaults, services = self.dump()
        around = {"defaults": defaults, "hosts": {}, "base_passwd": [
            (p.pw_name, p.pw_uid, p.pw_gid) for p in pwd.getpwall()]}
        return {s["id"]: answers.theirs_of(s, around) for s in services}

    def services(self):
        return sorted(s["id"] for s in self.dump()[1]
                      if s["state"] == "Active")

    def children(self):
        return gate.children_of(self.pid, zombies=False)


class Sallyport(Daemon):
    """Ours. Its own block stands in a file that includes the shared one."""

    name = "sallyport"

    def __init__(self, log, options=(), env=None):
        super().__init__(log)
        self.gate = gate.Gate(f"include {CONF}\n", options=options, env=env,
                              files_limit=FILES_LIMIT, name="twin")

    def start(self):
        is_ready = self.gate.start()
        self.pid, self.status = self.gate.pid, self.gate.status
        return is_ready

    def reload(self, config=None, files=None):
        write_all(config, files)
        try:
            return "applied" if self.gate.reload() else "kept"
        except ChildProcessError:
            self.status = self.gate.status
            return "ended"

    def wait(self, seconds=10.0):
        self.status = self.gate.wait(seconds)
        return self.status

    def stop(self):
        self.status = self.gate.stop()
        return self.status

    def messages(self):
        found = []
        for line in self.gate.stderr().splitlines():
            match = re.match(r"sallyport: ([A-Z]+): (?:(/[^ :]+):(\d+):"
                             r"(?:\d+:)? \w+: )?(.*)", line)
            if match:
                found.append(Message(level_of(match[1]), match[4],
                                     match[2] or "", int(match[3] or 0)))
        return found

    def attributes(self):
        done = lib.sallyport("show", "--json", "--secrets", "--libexec",
                             lib.LIBEXEC, "-f", CONF)
        around = {"hosts": {}}
        return {s["id"]: answers.ours_of(s, around)
                for s in json.loads(done.stdout)["services"]
                if s["state"] == "accepted"}

    def services(self):
        return sorted(name for name, s in self.gate.services().items()
                      if s.status == state.LISTENING)

    def children(self):
        return [i.pid for i in self.gate.instances()]
