"""Clients: sockets, terminals, the flood program, a socket at /dev/log."""

import contextlib
import fcntl
import os
import re
import select
import socket
import subprocess
import termios
import threading
import time

LOOPBACK = "127.0.0.1"


def dial(port, address=LOOPBACK, source=None, host=None, timeout=10.0):
    """A connected socket."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with host.inside() if host else contextlib.nullcontext():
        s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(timeout)
    try:
        if source is not None:
            s.bind(source if isinstance(source, tuple) else (source, 0))
        s.connect((address, port))
    except BaseException:
        s.close()
        raise
    return s


def read_all(s):
    """(what came, how it ended): "eof", "reset" or "timeout"."""
    data = b""
    try:
        while chunk := s.recv(65536):
            data += chunk
    except ConnectionResetError:
        return data, "reset"
    except TimeoutError:
        return data, "timeout"
    return data, "eof"


def ask(port, address=LOOPBACK, source=None, host=None, send=b"",
        finish=False, timeout=10.0):
    """One connection from beginning to end: (what came, how it ended)."""
    try:
        s = dial(port, address, source, host, timeout)
    except ConnectionRefusedError:
        return b"", "refused"
    except TimeoutError:
        return b"", "timeout"
    with s:
        # Who is refused may be gone before it could say anything.
        with contextlib.suppress(OSError):
            if send:
                s.sendall(send)
            if finish:
                s.shutdown(socket.SHUT_WR)
        return read_all(s)


def echo(port, text=b"sally", **where):
    """True when the echo service there gives back what it gets."""
    return ask(port, send=text, finish=True, **where)[0] == text


def parse_creds(data):
    """The lines of creds.c as a dictionary."""
    said = {"argv": [], "env": {}}
    for line in data.decode().splitlines():
        key, _, value = line.partition("=")
        if key == "env":
            name, _, text = value.partition("=")
            said["env"][name] = text
        elif key.startswith("argv."):
            said["argv"].append(value)
        elif key == "groups":
            said["groups"] = {int(word) for word in value.split()}
        else:
            said[key] = value
    return said


def serves(port, count, **where):
    """How many of `count` echo connections, one after another, were served."""
    return sum(echo(port, b"%d" % i, **where) for i in range(count))


class Terminal:
    """A program at a terminal of its own, as a person would use it."""

    def __init__(self, argv, host=None, env=None):
        master, slave = os.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        with host.inside() if host else contextlib.nullcontext():
            self.process = subprocess.Popen(
                argv, stdin=slave, stdout=slave, stderr=slave,
                preexec_fn=take_terminal, close_fds=True,
                env={"PATH": os.environ["PATH"], "TERM": "dumb",
                     **(env or {})})
        os.close(slave)
        self.fd = master
        self.seen = ""      # everything
        self._from = 0      # where the next expect() begins

    def expect(self, pattern, seconds=15.0):
        """The match, or None when the time is over or the program ended."""
        end = time.monotonic() + seconds
        while True:
            if match := re.search(pattern, self.seen[self._from:], re.S):
                self._from += match.end()
                return match
            left = end - time.monotonic()
            if left <= 0 or not self._more(left):
                return None

    def _more(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:     # EIO: the other side is closed
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def send(self, text):
        os.write(self.fd, text.encode())

    def end(self, seconds=10.0):
        """Waits for the program to end by itself; its status, or None."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self._more(0.05)
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Flood:
    """tests/servers/flood.c at work."""

    def __init__(self, program, port, *options, address=LOOPBACK):
        self.process = subprocess.Popen(
            [program, *(str(o) for o in options), address, str(port)],
            stdout=subprocess.PIPE, text=True)

    def result(self, seconds=120.0):
        """Its counts as a dictionary of numbers."""
        try:
            out, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        return {key: int(value) for key, value in
                (word.split("=") for word in out.split())}

    def stop(self, seconds=40.0):
        """Begins no more connections and waits for those under way."""
        self.process.terminate()
        return self.result(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class DevLog:
    """A socket where syslog lines arrive; is_read = False: nobody reads."""

    def __init__(self, path="/dev/log", is_read=True):
        self.path = path
        self.lines = []
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if is_read:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   8 << 20)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.settimeout(0.1)
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        if is_read:
            self._thread.start()

    def read_from_now_on(self):
        self._thread.start()

    def _read(self):
        while not self._is_over:
            with contextlib.suppress(TimeoutError):
                self.lines.append(self.socket.recv(65536).decode("latin-1"))

    def find(self, pattern):
        return [line for line in list(self.lines)
                if re.search(pattern, line)]

    def close(self):
        self._is_over = True
        if self._thread.is_alive():
            self._thread.join(2)
        self.socket.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
