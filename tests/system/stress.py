"""Loads on the daemon, and somebody who must not notice them.

Run as a program it is one of those loads, in a process of its own: see
_packets(), _silent() and _hold().
"""

import contextlib
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

if __name__ != "__main__":
    import clients
    import gate
    import tap


# --- processes of our own --------------------------------------------------------

def _packets(port, source, text):
    """Sends datagrams as fast as it can until TERM; says how many."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit))
    sent, began = 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.connect(("127.0.0.1", port))
        print("ready", flush=True)
        with contextlib.suppress(SystemExit):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    s.send(text)
                    sent += 1
    print(sent, time.monotonic() - began, flush=True)


def _hold(port, count, source, text):
    """Keeps `count` connections until its standard input ends."""
    room_for(count)
    held = []
    for number in range(count):
        s = socket.socket()
        held.append(s)
        s.bind((source, 0))
        s.connect(("127.0.0.1", port))
        if text:
            with contextlib.suppress(OSError):  # refused already
                s.sendall(text)
        if number % 500 == 499:
            print(number + 1, flush=True)
    print("ready", flush=True)
    sys.stdin.read()


def _silent(port, source):
    """Opens connections one after another until TERM, and says nothing on any;
    says how many. It keeps more of them than there are slots."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit))
    held = [None] * room_for(2500)
    opened, began = 0, time.monotonic()
    print("ready", flush=True)
    with contextlib.suppress(SystemExit):
        while True:
            s = socket.socket()
            # No port stays taken when the other side has closed.
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
            s.setsockopt(socket.IPPROTO_IP, 24, 1)  # BIND_ADDRESS_NO_PORT
            s.bind((source, 0))
            s.connect(("127.0.0.1", port))
            old, held[opened % len(held)] = held[opened % len(held)], s
            if old:
                old.close()
            opened += 1
    print(opened, time.monotonic() - began, flush=True)


def room_for(sessions, sockets=1):
    """So many sessions of so many sockets, or as many as the descriptors of
    this host allow."""
    spare = 200
    wanted = sessions * sockets + spare
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        return sessions
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return min(sessions, (hard - spare) // sockets)


class _Child:
    def __init__(self, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, *(str(w) for w in words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_ready(self):
        while (line := self.process.stdout.readline()) != "ready\n":
            if not line:
                raise ChildProcessError("a load has ended")

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def __enter__(self):
        self.wait_ready()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class _Flood(_Child):
    """Goes on until it is stopped."""

    def __init__(self, *words):
        super().__init__(*words)
        self.sent, self.rate = 0, 0

    def stop(self):
        self.process.terminate()
        words = self.process.stdout.readline().split()
        self.sent = int(words[0])
        self.rate = int(self.sent / float(words[1]))
        self.process.wait(20)


class Packets(_Flood):
    """A flood of datagrams from one source."""

    def __init__(self, port, source, text="flood"):
        super().__init__("packets", port, source, text)


class Silent(_Flood):
    """A flood of connections from one source that say nothing."""

    def __init__(self, port, source):
        super().__init__("silent", port, source)


class Crowd:
    """Connections that say `text` and nothing more, from several sources."""

    def __init__(self, port, count, sources, text=""):
        share, rest = divmod(count, len(sources))
        self.children = [
            _Child("hold", port, share + (number < rest), source, text)
            for number, source in enumerate(sources)]

    def __enter__(self):
        for child in self.children:
            child.wait_ready()
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.__exit__()


# --- what is measured -------------------------------------------------------------

class Bystander:
    """Uses a service all the while, one connection after another: an echo
    service of that port, or with a function that is true when it was served."""

    def __init__(self, use, whose="another service"):
        self.use = use if callable(use) else lambda: clients.echo(
            use, b"bystander", timeout=20 * gate.SLOW)
        self.whose = whose
        self.served, self.failed, self.times = 0, 0, []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._use, daemon=True)

    def _use(self):
        while not self._is_over.is_set():
            began = time.monotonic()
            is_served = False
            with contextlib.suppress(OSError):
                is_served = self.use()
            self.served += is_served
            self.failed += not is_served
            self.times.append(time.monotonic() - began)
            self._is_over.wait(0.002)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join(30 * gate.SLOW)

    def judge(self, what):
        """Ends it, and says how it went."""
        self.__exit__()
        tap.is_((self.served > 0, self.failed), (True, 0),
                f"{what}: every connection of {self.whose} is served",
                served=self.served)
        tap.note(f"{what}: {self.whose} served {self.served}, "
                 f"{spread(self.times)}")


def spread(times):
    """Middle and end of what took some time, for a note."""
    if not times:
        return "nothing measured"
    times = sorted(times)
    return (f"p50 {times[len(times) // 2] * 1000:.1f} ms, p99 "
            f"{times[len(times) * 99 // 100] * 1000:.1f} ms, at most "
            f"{times[-1] * 1000:.1f} ms")


@contextlib.contextmanager
def ticks(daemon, what):
    """Notes what CPU time parent, dispatcher and log took, in 1/100 s."""
    pids = {"parent": daemon.pid}
    for name in ("dispatch", "log", "relay", "lookup"):
        if pid := daemon.helper(name):
            pids[name] = pid
    before = {name: gate.cpu_ticks(pid) for name, pid in pids.items()}
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    now = {name: gate.cpu_ticks(pid) - before[name]
           for name, pid in pids.items() if gate.is_alive(pid)}
    tap.note(f"{what}: {took:.1f} s; CPU ticks: " + ", ".join(
        f"{name} {value}" for name, value in now.items()))


def pss_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))


def slab_kb():
    with open("/proc/meminfo", encoding="ascii") as file:
        return int(re.search(r"^Slab:\s+(\d+)", file.read(), re.M).group(1))


if __name__ == "__main__":
    if sys.argv[1] == "packets":
        _packets(int(sys.argv[2]), sys.argv[3], os.fsencode(sys.argv[4]))
    elif sys.argv[1] == "silent":
        _silent(int(sys.argv[2]), sys.argv[3])
    else:
        _hold(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4],
              os.fsencode(sys.argv[5]))
