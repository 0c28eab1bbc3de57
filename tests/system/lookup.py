"""sallyport-lookup alone: a parent and dispatchers for it, and hostile servers.

The parent's side of the control channel, any number of askers, a DNS server and
ident servers that answer as a case tells them.
"""

import contextlib
import fcntl
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from gate import LIBEXEC
from tap import wait_for

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
UID = GID = 974

HOST, NAMES, IDENT = 0, 1, 2
NO, YES, UNKNOWN = 0, 1, 2
NONE, NO_SERVER, TIMEOUT, BAD_RESPONSE, SYSTEM_ERROR, RECEIVE_ERROR = range(6)
A, CNAME, SOA, PTR, AAAA, OPT = 1, 5, 6, 12, 28, 41

ASK = struct.Struct("=HHIQII24s24sII256s")
ANSWER = struct.Struct("=HHIQIIIIII640s")
PLAIN = struct.Struct("=HHIII")


def _message_types():
    """The numbers that msg.h gives the messages."""
    with open(TOP + "/src/shared/msg.h", encoding="ascii") as file:
        text = re.search(r"enum msg_type \{(.*?)\};", file.read(), re.S)
    text = re.sub(r"/\*.*?\*/", "", text.group(1), flags=re.S)
    names = re.findall(r"(MSG_\w+)", text)
    return {name: number for number, name in enumerate(names)}


MSG = _message_types()


def packed(address, port=0):
    """struct record_addr."""
    if ":" in address:
        family, data = 6, socket.inet_pton(socket.AF_INET6, address)
    else:
        family, data = 4, socket.inet_pton(socket.AF_INET, address)
    return struct.pack("=BBHI16s", family, 0, port, 0, data)


class Answer:
    def __init__(self, data):
        (kind, length, zero, self.id, self.kind, self.result, self.failure,
         size, self.is_incomplete, unused, text) = ANSWER.unpack(data)
        assert (kind, length, zero, unused) == (MSG["MSG_ANSWER"], ANSWER.size,
                                                0, 0)
        assert text[size:].strip(b"\0") == b"", "text is padded"
        assert all(32 <= byte < 127 for byte in text[:size]), text[:size]
        self.text = text[:size].decode("ascii")

    def __repr__(self):
        return f"{self.result} {self.failure} {self.text!r}"


class Asker:
    """A dispatcher."""

    def __init__(self, lookup):
        self.channel, other = socket.socketpair(socket.AF_UNIX,
                                                socket.SOCK_SEQPACKET)
        with other:
            lookup.hand_over(other)
        self.next = 1

    def send(self, kind, source, text="", timeout_ms=20000,
             destination="127.0.0.1", ports=(0, 0)):
        number, self.next = self.next, self.next + 1
        text = text if isinstance(text, bytes) else text.encode()
        self.channel.send(ASK.pack(
            MSG["MSG_ASK"], ASK.size, 0, number, kind, timeout_ms,
            packed(source, ports[0]), packed(destination, ports[1]),
            len(text), 0, text))
        return number

    def receive(self, seconds=60.0):
        """The next answer, or None."""
        if not select.select([self.channel], [], [], seconds)[0]:
            return None
        data = self.channel.recv(1024)
        return Answer(data) if data else None

    def is_closed(self, seconds=10.0):
        return bool(select.select([self.channel], [], [], seconds)[0]) and \
            self.channel.recv(1024) == b""

    def ask(self, *words, **more):
        number = self.send(*words, **more)
        answer = self.receive()
        assert answer is not None and answer.id == number, answer
        return answer

    def host(self, name, source, **more):
        return self.ask(HOST, source, name, **more).result

    def names(self, source, **more):
        """The list of names, or None for UNKNOWN."""
        answer = self.ask(NAMES, source, **more)
        return answer.text.split() if answer.result == YES else None

    def all_names(self, source, **more):
        """The names, with "+" behind them when there are others."""
        answer = self.ask(NAMES, source, **more)
        if answer.result != YES:
            return None
        return answer.text.split() + ["+"] * answer.is_incomplete

    def close(self):
        self.channel.close()


class Lookup:
    """The process, started as the parent starts it."""

    def __init__(self, hosts="", servers=("127.0.0.53",), search=""):
        with open("/etc/resolv.conf", "w", encoding="ascii") as file:
            file.writelines(f"nameserver {server}\n" for server in servers)
            file.write(search)
        with open("/run/hosts", "wb") as file:
            file.write(hosts if isinstance(hosts, bytes) else hosts.encode())
        self.control, other = socket.socketpair(socket.AF_UNIX,
                                                socket.SOCK_SEQPACKET)
        self.errors = "/run/lookup.errors"
        with other, open("/run/hosts", "rb") as file, \
                open(self.errors, "wb") as errors:
            high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 20)
                    for one in (other, file, errors)]
        program = LIBEXEC + "/sallyport-lookup"
        self.pid = os.posix_spawn(
            program, [program, "--uid", str(UID), "--gid", str(GID)], {},
            file_actions=[(os.POSIX_SPAWN_DUP2, high[0], 3),
                          (os.POSIX_SPAWN_DUP2, high[1], 4),
                          (os.POSIX_SPAWN_DUP2, high[2], 2)])
        for fd in high:
            os.close(fd)
        self.status = None
        self.layers = None
        if select.select([self.control], [], [], 30)[0]:
            data = self.control.recv(1024)
            if data:
                kind, _, _, self.layers, _ = PLAIN.unpack(data)
                assert kind == MSG["MSG_LOOKUP_READY"]

    def hand_over(self, other):
        message = PLAIN.pack(MSG["MSG_ASKER"], PLAIN.size, 0, 0, 0)
        socket.send_fds(self.control, [message], [other.fileno()])

    def asker(self):
        return Asker(self)

    def said(self):
        with open(self.errors, encoding="latin-1") as file:
            return file.read()

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def field(self, name):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return re.search(rf"^{name}:[ \t]*(.*?)\s*$", file.read(), re.M).group(1)

    def peak_kb(self):
        return int(self.field("VmHWM").split()[0])

    def files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def close(self):
        self.control.close()
        if not wait_for(self.has_ended, 10):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# --- DNS -----------------------------------------------------------------------

def wire(name):
    """A name, or bytes as they are."""
    if isinstance(name, bytes):
        return name
    return b"".join(bytes([len(label)]) + label.encode("latin-1")
                    for label in name.rstrip(".").split(".") if label) + b"\0"


def record(owner, kind, ttl, data):
    return wire(owner) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def address(text):
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return socket.inet_pton(family, text)


def soa(ttl=30):
    return record("test", SOA, ttl, wire("ns.test") + wire("root.test") +
                  struct.pack(">5I", 1, 60, 60, 60, ttl))


class Question:
    def __init__(self, data, is_tcp):
        self.id, self.flags = struct.unpack(">HH", data[:4])
        at, labels = 12, []
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
            at += 1 + data[at]
        self.name = ".".join(labels).lower()
        self.kind = struct.unpack(">H", data[at + 1:at + 3])[0]
        self.section = data[12:at + 5]
        self.is_tcp = is_tcp

    def reply(self, answers=(), authority=(), rcode=0, flags=0x8180,
              number=None, section=None, count=None):
        return struct.pack(
            ">HHHHHH", self.id if number is None else number, flags | rcode,
            1, len(answers) if count is None else count, len(authority), 0) + \
            (self.section if section is None else section) + \
            b"".join(answers) + b"".join(authority)


class Dns:
    """Answers with what rules[name] makes of a Question: bytes, a list of
    them, or None for silence. Anything else does not exist."""

    def __init__(self, at="127.0.0.53", has_tcp=True):
        self.rules = {}
        self.asked, self.seen = [], []  # names; (id, port) of datagrams
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.udp.bind((at, 53))
        self.tcp = None
        if has_tcp:
            self.tcp = socket.socket()
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.tcp.bind((at, 53))
            self.tcp.listen(64)
            threading.Thread(target=self._serve_tcp, daemon=True).start()
        threading.Thread(target=self._serve_udp, daemon=True).start()

    def count(self, name):
        return self.asked.count(name)

    def _answers(self, question):
        self.asked.append(question.name)
        rule = self.rules.get(question.name)
        if rule is None:
            return [question.reply(rcode=3, authority=[soa()])]
        made = rule(question)
        return made if isinstance(made, list) else [made] if made else []

    def _serve_udp(self):
        while True:
            try:
                data, peer = self.udp.recvfrom(65536)
            except OSError:
                return
            if not data:    # shut down
                return
            question = Question(data, False)
            self.seen.append((question.id, peer[1]))
            for answer in self._answers(question):
                with contextlib.suppress(OSError):
                    self.udp.sendto(answer, peer)

    def _serve_one(self, connection):
        with connection, contextlib.suppress(OSError, struct.error,
                                             IndexError):
            while True:
                size = struct.unpack(">H", connection.recv(
                    2, socket.MSG_WAITALL))[0]
                question = Question(connection.recv(
                    size, socket.MSG_WAITALL), True)
                for answer in self._answers(question):
                    # More than fits goes out as if it did.
                    connection.sendall(struct.pack(
                        ">H", min(len(answer), 65535)) + answer)

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(connection,),
                             daemon=True).start()

    def close(self):
        for one in (self.udp, self.tcp):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def reverse(text):
    return ".".join(reversed(text.split("."))) + ".in-addr.arpa"


def answers(kind, *values, ttl=60):
    """A rule: records of that kind for that kind of question, else nothing."""
    def rule(q):
        if q.kind != kind:
            return q.reply(authority=[soa()])
        return q.reply([record(q.name, kind, ttl, wire(value) if kind == PTR
                               else address(value)) for value in values])
    return rule


# --- ident -----------------------------------------------------------------------

class Identd:
    """An ident server on one address that does as talk(connection, request)
    says."""

    def __init__(self, at, talk):
        self.requests, self.peers = [], []
        self.talk = talk
        family = socket.AF_INET6 if ":" in at else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((at, 113))
        self.listener.listen(128)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve_one(self, connection, peer):
        with connection, contextlib.suppress(OSError):
            request = b""
            while not request.endswith(b"\n"):
                data = connection.recv(100)
                if not data:
                    return
                request += data
            self.peers.append(peer[0])
            self.requests.append(request)
            self.talk(connection, request)

    def _serve(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(connection, peer),
                             daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# --- real servers ---------------------------------------------------------------

@contextlib.contextmanager
def program(*words):
    """A server in the foreground, ended by its pid."""
    with subprocess.Popen(words, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            child.terminate()


def takes_connections(at, port):
    with socket.socket() as one:
        return one.connect_ex((at, port)) == 0
