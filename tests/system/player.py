"""The parent, played: sallyport-dispatch alone, with descriptors as it expects
them, and with a lookup process that says what a case wants it to say.

The policy comes from the real loader. Nothing here is believed that the
dispatcher says of itself; what it sends is compared byte by byte.
"""

import contextlib
import fcntl
import ipaddress
import mmap
import os
import re
import select
import socket
import struct
import subprocess
import time

import gate
import state
import world

SHARED = os.path.join(os.path.dirname(gate.SOURCE), "src", "shared")
# scores, rates and as many sources as source_table says without a word
SCORES = (8 << 20) + 128 * 4096 + 64 * (65536 + 1)
RECORD = struct.Struct("=6Q3I4H3i2I4Q24s24s2I320s")
ADDRESS = struct.Struct("=BBHI16s")


def _enum(file, name):
    """The words of an enum, by number: the header is the table."""
    with open(os.path.join(SHARED, file), encoding="ascii") as header:
        body = re.search(r"enum %s \{(.*?)\}" % name, header.read(), re.S)
    text = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.S)
    words = [w.split("=")[0].strip() for w in text.split(",")]
    return {word: n for n, word in enumerate(w for w in words if w)}


TYPE = _enum("msg.h", "msg_type")
TYPE_NAME = {n: name.removeprefix("MSG_") for name, n in TYPE.items()}
ACTION = {n: name.removeprefix("RECORD_")
          for name, n in _enum("record.h", "record_action").items()}
REASONS = ("", "address", "time", "fork", "service_limit", "per_source",
           "process_limit", "libwrap", "load", "cps", "ident", "no_service",
           "silent")


def pair():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (a, b):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return a, b


def address(raw):
    """("127.0.0.1", port) or (None, 0)."""
    family, _, port, _, data = ADDRESS.unpack(raw)
    if family == 4:
        return str(ipaddress.IPv4Address(data[:4])), port
    if family == 6:
        return str(ipaddress.IPv6Address(data)), port
    return None, port


class Record:
    """One record as the dispatcher sent it."""

    def __init__(self, data):
        f = RECORD.unpack(data)
        self.conn, self.service = f[2], f[6]
        self.action, self.reason = ACTION[f[9]], REASONS[f[10]]
        self.pid, self.number = f[13], f[18:22]
        self.source, self.destination = address(f[22]), address(f[23])
        self.text = f[26][:f[24]].decode("ascii")

    def __repr__(self):
        return (f"{self.action} {self.reason} service={self.service} "
                f"{self.source} {self.number} {self.text}")


class Message:
    def __init__(self, data, fds):
        kind, self.length = struct.unpack_from("=HH", data)
        self.name, self.data, self.fds = TYPE_NAME[kind], data, fds

    def start(self):
        """(service, listener, number) of START and START_WAIT."""
        return struct.unpack_from("=IIQ", self.data, 8)


def send(channel, name, body, fds=()):
    head = struct.pack("=HHI", TYPE["MSG_" + name], 8 + len(body), 0)
    socket.send_fds(channel, [head + body], list(fds))


def receive(channel, seconds=10.0):
    """The next message, or None."""
    if not select.select([channel], [], [], seconds * gate.SLOW)[0]:
        return None
    data, fds, _, _ = socket.recv_fds(channel, 2048, 4)
    return Message(data, fds) if data else None


def load(config, path):
    """(dispatch text, tables): descriptors from the real loader."""
    world.write(path, config)
    ours, theirs = pair()
    null = os.open("/dev/null", os.O_RDONLY)
    found, said = {}, []

    def arrange():
        os.dup2(theirs.fileno(), 203)
        os.dup2(null, 204)
        os.dup2(203, 3)
        os.dup2(204, 4)

    with subprocess.Popen(
            [os.path.join(gate.LIBEXEC, "sallyport-load"), "--generation",
             "1", path], preexec_fn=arrange, pass_fds=(3, 4)) as loader:
        theirs.close()
        while m := receive(ours, 20):
            if m.name == "LOADED":
                found[struct.unpack_from("=I", m.data, 8)[0]] = m.fds[0]
            elif m.name == "DIAG":
                said.append(m.data[24:].rstrip(b"\0").decode())
            elif m.name == "LOAD_DONE":
                break
        loader.wait(20)
    os.close(null)
    ours.close()
    if 1 not in found:
        raise ChildProcessError(f"nothing was loaded: {said}")
    return found[1], found[3], said


class Player:
    """A dispatcher and its parent. listeners: sockets in the order of the
    policy; scores: a descriptor kept from another player."""

    _last = 0

    def __init__(self, config, listeners, scores=None):
        Player._last += 1
        self.dir = f"{world.DIR}/player{Player._last}"
        os.makedirs(self.dir)
        self.text, self.tables, self.said = load(config,
                                                 self.dir + "/gate.conf")
        self.listeners = listeners
        for listener in listeners:
            listener.setblocking(False)
        self.channel, theirs = pair()
        self.records_end, records = pair()
        self.seen = []
        counter = self._memory("counter", mmap.PAGESIZE)
        self.scores = scores if scores is not None else \
            self._memory("scores", SCORES)
        parent = self._memory("parent", state.ctypes.sizeof(
            state.ParentState))
        self.version = int(re.search(
            r"STATE_VERSION (\d+)",
            open(SHARED + "/state.h", encoding="ascii").read()).group(1))
        os.pwrite(parent, struct.pack("=8sII", b"SALLYP\0P", self.version,
                                      state.ctypes.sizeof(
                                          state.ParentState)), 0)
        self.state_fd = self._memory("dispatch", state.ctypes.sizeof(
            state.DispatchState))
        fds = [theirs.fileno(), self.text, self.tables, records.fileno(),
               counter, parent, self.state_fd, self.scores,
               *(s.fileno() for s in listeners)]
        self.process = self._spawn(fds)
        theirs.close()
        records.close()
        self.lookup = None

    def _memory(self, name, size):
        path = f"{self.dir}/{name}"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.posix_fallocate(fd, 0, size)
        return fd

    def _spawn(self, fds):
        def arrange():
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 300) for fd in fds]
            for place, fd in enumerate(high, 3):
                os.dup2(fd, place)
            os.closerange(3 + len(high), 1000)

        self.stderr_path = self.dir + "/stderr"
        with open(self.stderr_path, "wb") as stderr:
            return subprocess.Popen(
                [os.path.join(gate.LIBEXEC, "sallyport-dispatch"), "--uid",
                 "971", "--gid", "971", "--number", "7"],
                preexec_fn=arrange, close_fds=False, stdin=subprocess.DEVNULL,
                stdout=stderr, stderr=stderr, env={})

    def __enter__(self):
        hello = receive(self.channel)
        if hello is None or hello.name != "HELLO":
            raise ChildProcessError(self.stderr())
        self.send("GO", struct.pack("=II", 0, 0))
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for end in (self.channel, self.records_end):
            end.close()

    def stderr(self):
        with open(self.stderr_path, encoding="latin-1") as file:
            return file.read()

    # What the parent says

    def send(self, name, body, fds=()):
        send(self.channel, name, body, fds)

    def answer(self, message, name="STARTED", reason=0, attr=0):
        service, _, number = message.start()
        self.send(name, struct.pack("=QIIII", number, service, reason, attr,
                                    0))

    def busy(self, listener, name="BUSY"):
        self.send(name, struct.pack("=II", listener, 0))

    def drain(self):
        self.send("DRAIN", struct.pack("=II", 0, 0))

    def give_lookup(self):
        """A channel to lookup; our end of it."""
        self.lookup, theirs = pair()
        self.send("LOOKUP", struct.pack("=II", 0, 0), [theirs.fileno()])
        theirs.close()

    # What the dispatcher says

    def receive(self, seconds=10.0):
        return receive(self.channel, seconds)

    def receive_guarded(self, seconds=10.0):
        """What comes when the filter that is asked for first is on."""
        m = self.receive(seconds)
        if m is None or m.name != "GUARD":
            return None
        self.send("GUARDED", m.data[8:])
        return self.receive(seconds)

    def is_silent(self, seconds=0.3):
        """Nothing for the parent, after everything there was to do."""
        return receive(self.channel, seconds) is None

    def records(self, count=0, seconds=10.0, **fields):
        """All records so far with these fields; waits for `count`."""
        end = time.monotonic() + seconds * gate.SLOW
        while True:
            while m := receive(self.records_end, 0):
                self.seen.append(Record(m.data[8:]))
            found = [r for r in self.seen
                     if all(getattr(r, k) == v for k, v in fields.items())]
            if len(found) >= count or time.monotonic() > end:
                return found
            time.sleep(0.01)

    def state(self):
        size = state.ctypes.sizeof(state.DispatchState)
        return state.DispatchState.from_buffer_copy(
            os.pread(self.state_fd, size, 0))

    # Lookup

    def question(self, seconds=10.0):
        """(id, kind, source, destination, text) or None."""
        m = receive(self.lookup, seconds)
        if m is None or m.name != "ASK":
            return None
        number, kind, _, source, destination, length = struct.unpack_from(
            "=QII24s24sI", m.data, 8)
        text = m.data[80:80 + length].decode("ascii")
        return number, kind, address(source), address(destination), text

    def reply(self, question, result, text="", failure=0, is_incomplete=False):
        send(self.lookup, "ANSWER", struct.pack(
            "=QIIIIII640s", question[0], question[1], result, failure,
            len(text), is_incomplete, 0, text.encode()))


def tcp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(64)
    return s


def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", port))
    return s


@contextlib.contextmanager
def datagrams(address_="127.0.0.1", port=0, timeout=10.0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address_, port))
        s.settimeout(timeout * gate.SLOW)
        yield s
