#!/usr/bin/env python3
"""sallyport-relay alone, driven over its channel as the parent does."""

import array
import ctypes
import errno
import hashlib
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from lib import (LIBEXEC, eventually, is_, like, main, note, ok, wait_for,
                 within)
from stress import pss_kb, room_for, slab_kb

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../src/shared/msg.h")


def numbers(enum):
    """An enum of msg.h as a dictionary."""
    with open(HEADER, encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    body = re.search(rf"enum {enum} {{(.*?)}}", text, re.S).group(1)
    names = [w.split("=")[0].strip() for w in body.split(",") if w.strip()]
    return {name: number for number, name in enumerate(names)}


MSG = numbers("msg_type")
KIND = numbers("relay_kind")
CAUSE = numbers("session_end")
SESSION = struct.Struct("=HHIQIIQQII64s")
PLAIN = struct.Struct("=HHIII")
END = struct.Struct("=HHIQIIQQII")
STATE = struct.Struct("=8sIIQQQQQQ")
UID = 65533


def pair(rcvbuf=0, sndbuf=0, host="127.0.0.1"):
    """A TCP connection: the client's end and the other, non-blocking."""
    with socket.socket() as listener:
        if rcvbuf:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if sndbuf:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
        listener.bind((host, 0))
        listener.listen(1)
        client = socket.socket()
        if rcvbuf:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if sndbuf:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
        client.connect(listener.getsockname())
        other = listener.accept()[0]
    client.settimeout(20)
    other.setblocking(False)
    return client, other


class Relay:
    """The process and our end of its channel."""

    def __init__(self, files=None, keeps_resource=True):
        self.channel, theirs = socket.socketpair(socket.AF_UNIX,
                                                 socket.SOCK_SEQPACKET)
        self.channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        theirs.setblocking(False)
        self.state = tempfile.TemporaryFile()
        self.state.truncate(STATE.size)
        # A pipe: into a file it may not write a byte.
        self.errors, errors = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(theirs.fileno(), errors, files, keeps_resource)
        os.close(errors)
        theirs.close()
        self.channel.settimeout(20)
        ready = self.receive()
        self.is_ready = ready[:2] == struct.pack("=H", MSG["MSG_RELAY_READY"])
        self.layers = PLAIN.unpack(ready)[3] if self.is_ready else 0

    def _become(self, channel, errors, files, keeps_resource):
        fds = [os.dup2(fd, 900 + i) for i, fd in enumerate(
            (channel, self.state.fileno(), errors))]
        os.dup2(fds[2], 2)
        os.dup2(fds[0], 3)
        os.dup2(fds[1], 4)
        os.closerange(5, 1024)
        if not keeps_resource:      # CAP_SYS_RESOURCE is 24
            ctypes.CDLL(None).prctl(24, 24, 0, 0, 0)
        if files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        os.execv(os.path.join(LIBEXEC, "sallyport-relay"),
                 ["sallyport-relay", "--uid", str(UID), "--gid", str(UID)])

    def receive(self):
        try:
            return self.channel.recv(2048)
        except ConnectionResetError:
            return b""

    def send(self, data, *fds):
        self.channel.sendmsg([data], [(
            socket.SOL_SOCKET, socket.SCM_RIGHTS,
            array.array("i", [f.fileno() for f in fds]))] if fds else [])

    def plain(self, kind):
        self.send(PLAIN.pack(MSG[kind], PLAIN.size, 0, 0, 0))

    def message(self, kind, slot, conn, relay_kind=0, idle=0, connect=0,
                text=b""):
        return SESSION.pack(MSG[kind], SESSION.size, 0, conn, slot, relay_kind,
                            idle, connect, len(text), 0, text)

    def session(self, kind, slot, fd, target=None, idle=0, connect=0,
                text=b""):
        """Hands over and closes our copies. Its connection id is slot + 7."""
        if kind == "RELAY_REDIRECT" and not connect:
            connect = 10000
        self.send(self.message("MSG_SESSION", slot, slot + 7, KIND[kind], idle,
                               connect, text), fd)
        fd.close()
        if target is not None:
            self.send(self.message("MSG_TARGET", slot, slot + 7), target)
            target.close()

    def stop(self, slot):
        self.send(self.message("MSG_SESSION_STOP", slot, slot + 7))

    def end(self):
        """slot, cause by name, bytes in, out, errno of the next end."""
        (kind, _, _, conn, slot, cause, size_in, size_out, error,
         _) = END.unpack(self.receive())
        assert kind == MSG["MSG_SESSION_END"] and conn == slot + 7
        name = [n for n, v in CAUSE.items() if v == cause][0]
        return slot, name.removeprefix("SESSION_"), size_in, size_out, error

    def counters(self):
        data = os.pread(self.state.fileno(), STATE.size, 0)
        names = ("magic", "version", "size", "sessions", "started", "ended",
                 "bytes_in", "bytes_out", "pipes")
        return dict(zip(names, STATE.unpack(data)))

    def wait(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self):
        """Ends it as a parent that goes does; its exit code."""
        self.channel.close()
        code = self.wait()
        os.close(self.errors)
        return code

    def said(self):
        if not select.select([self.errors], [], [], 5)[0]:
            return ""
        return os.read(self.errors, 4096).decode()

    def is_alive(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] == 0


def drain(sock):
    data = b""
    while True:
        part = sock.recv(65536)
        if not part:
            return data
        data += part


def starts_confined():
    relay = Relay()
    ok(relay.is_ready and relay.layers & 15 == 15, "confined, then READY",
       layers=relay.layers)
    with open(f"/proc/{relay.pid}/status", encoding="ascii") as file:
        status = file.read()
    ok(f"Uid:\t{UID}\t{UID}\t{UID}\t{UID}" in status, "not root")
    is_(relay.counters()["magic"], b"SALLYP\0R", "its state file")
    is_(relay.close(), 3, "ends with the channel")


def echo():
    relay = Relay()
    client, fd = pair()
    relay.session("RELAY_ECHO", 5, fd)
    client.sendall(b"one")
    is_(client.recv(10), b"one", "comes back")
    client.sendall(b"two")
    client.shutdown(socket.SHUT_WR)
    is_(drain(client), b"two", "also what was sent before the end")
    is_(relay.end(), (5, "CLOSED", 6, 6, 0), "the end, with bytes")
    eventually(lambda: relay.counters()["pipes"] == 0, "no pipe is held")
    relay.close()


def echo_of_more_than_fits():
    """A client that sends without reading is held by its own window."""
    relay = Relay()
    client, fd = pair()
    relay.session("RELAY_ECHO", 0, fd)
    data = os.urandom(20 << 20)
    writer = threading.Thread(target=lambda: (client.sendall(data),
                              client.shutdown(socket.SHUT_WR)))
    writer.start()
    back = hashlib.sha256()
    while part := client.recv(1 << 16):
        back.update(part)
    writer.join()
    ok(back.digest() == hashlib.sha256(data).digest(), "20 MB come back")
    is_(relay.end(), (0, "CLOSED", len(data), len(data), 0), "and count")
    relay.close()


def discard():
    relay = Relay()
    client, fd = pair()
    relay.session("RELAY_DISCARD", 1, fd)
    client.sendall(b"x" * 3000000)
    client.shutdown(socket.SHUT_WR)
    is_(drain(client), b"", "nothing comes back")
    is_(relay.end(), (1, "CLOSED", 3000000, 0, 0), "all was taken")
    relay.close()


def chargen():
    relay = Relay()
    client, fd = pair()
    relay.session("RELAY_CHARGEN", 2, fd)
    data = b""
    while len(data) < 74 * 300:
        data += client.recv(65536)
    ring = bytes(range(32, 127)) * 3
    want = b"".join(ring[i % 95:i % 95 + 72] + b"\r\n" for i in range(300))
    ok(data.startswith(want), "RFC 864's pattern", got=data[:160])
    client.close()
    slot, cause, _, sent, _ = relay.end()
    ok((slot, cause) == (2, "CLOSED") and sent >= len(want),
       "until the client has had enough", cause=cause, sent=sent)
    relay.close()


def chargen_idle():
    relay = Relay()
    client, fd = pair()
    relay.session("RELAY_CHARGEN", 2, fd, idle=200)
    is_(relay.end()[:2], (2, "IDLE"), "a client that never reads is let go")
    client.close()
    relay.close()


def text():
    relay = Relay()
    line = b"22 NOV 2026 07:45:58 UTC\r\n"
    client, fd = pair()
    client.sendall(b"unasked" * 1000)
    relay.session("RELAY_TEXT", 3, fd, text=line)
    is_(drain(client), line, "the text, although bytes came unasked")
    client.close()
    is_(relay.end()[:2], (3, "CLOSED"), "the client ended")
    client, fd = pair()
    relay.session("RELAY_TEXT", 4, fd, text=b"\x83\xaa\x7e\x80")
    is_(drain(client), b"\x83\xaa\x7e\x80", "any bytes")
    is_(relay.end()[:2], (4, "CLOSED"), "a client that stays is not awaited")
    client.close()
    relay.close()


def redirected(relay, slot=0, **options):
    client, fd = pair()
    server, target = pair()
    relay.session("RELAY_REDIRECT", slot, fd, target, **options)
    return client, server


def redirect():
    relay = Relay()
    client, server = redirected(relay)
    client.sendall(b"question")
    is_(server.recv(100), b"question", "to the target")
    server.sendall(b"answer")
    is_(client.recv(100), b"answer", "to the client")
    client.shutdown(socket.SHUT_WR)
    is_(server.recv(100), b"", "the client's end is passed on")
    server.sendall(b"late answer")
    is_(client.recv(100), b"late answer", "and the other way stays open")
    server.close()
    is_(client.recv(100), b"", "until it ends too")
    is_(relay.end(), (0, "CLOSED", 8, 17, 0), "bytes of each way")

    client, server = redirected(relay)
    server.sendall(b"greeting")
    server.shutdown(socket.SHUT_WR)
    is_(drain(client), b"greeting", "the target may end first")
    client.sendall(b"still here")
    client.close()
    is_(drain(server), b"still here", "and the client go on")
    is_(relay.end(), (0, "CLOSED", 10, 8, 0), "bytes of each way")
    relay.close()


def much():
    """100 MB each way at once, all through splice."""
    relay = Relay()
    client, server = redirected(relay)
    block = os.urandom(1 << 20)
    count = 100
    sums = {}

    def send(sock):
        for i in range(count):
            sock.sendall(block[i:] + block[:i])
        sock.shutdown(socket.SHUT_WR)

    def take(name, sock):
        total = hashlib.sha256()
        while part := sock.recv(1 << 18):
            total.update(part)
        sums[name] = total.hexdigest()

    threads = [threading.Thread(target=send, args=(s,))
               for s in (client, server)]
    threads += [threading.Thread(target=take, args=(n, s))
                for n, s in (("client", client), ("server", server))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    want = hashlib.sha256()
    for i in range(count):
        want.update(block[i:] + block[:i])
    is_(sums, {"client": want.hexdigest(), "server": want.hexdigest()},
        "100 MB each way arrive whole")
    size = count << 20
    is_(relay.end(), (0, "CLOSED", size, size, 0), "and are counted")
    counters = relay.counters()
    is_((counters["bytes_in"], counters["bytes_out"], counters["pipes"]),
        (size, size, 0), "in the state file too")
    relay.close()


def all_pipes_taken():
    """Clients that send and do not read hold every pipe; others go on."""
    relay = Relay()
    stuck = []
    for slot in range(1024):
        client, fd = pair(rcvbuf=2048, sndbuf=4096)
        client.setblocking(False)
        relay.session("RELAY_ECHO", slot, fd)
        stuck.append(client)

    def press():
        for client in stuck:
            try:
                client.send(b"x" * 65536)
            except BlockingIOError:
                pass
        return relay.counters()["pipes"] == 1024

    eventually(press, "1,024 pipes are taken", seconds=30,
               counters=relay.counters())
    client, server = redirected(relay, 2000)
    data = os.urandom(3 << 20)
    writer = threading.Thread(target=lambda: (client.sendall(data),
                              client.shutdown(socket.SHUT_WR)))
    writer.start()
    ok(drain(server) == data, "another session copies: 3 MB arrive")
    writer.join()
    server.close()
    is_(relay.end(), (2000, "CLOSED", len(data), 0, 0), "and end")
    for client in stuck:
        client.close()
    ends = {relay.end()[0] for _ in stuck}
    is_(len(ends), 1024, "the others end with their clients")
    eventually(lambda: relay.counters()["pipes"] == 0, "no pipe is held")
    relay.close()


def copied_half_close():
    """The way without pipes keeps ends apart too, and blocks both ways."""
    relay = Relay(files=24, keeps_resource=False)
    spare = [pair() for _ in range(4)]
    client, server = redirected(relay)
    for slot, (_, fd) in enumerate(spare):
        relay.session("RELAY_DISCARD", 10 + slot, fd)
    data = os.urandom(4 << 20)
    writer = threading.Thread(target=lambda: (client.sendall(data),
                              client.shutdown(socket.SHUT_WR)))
    writer.start()
    ok(drain(server) == data, "4 MB arrive")
    writer.join()
    server.sendall(b"answer")
    server.close()
    is_(drain(client), b"answer", "and the answer after the end")
    is_(relay.end(), (0, "CLOSED", len(data), 6, 0), "both ways counted")
    relay.close()
    for sock, _ in spare:
        sock.close()


def too_few_descriptors():
    relay = Relay(files=16, keeps_resource=False)
    like(relay.said(), "only 16 descriptors", "says so")
    clients = []
    causes = []
    for slot in range(20):
        client, fd = pair()
        relay.session("RELAY_ECHO", slot, fd)
        clients.append(client)
    while select.select([relay.channel], [], [], 1)[0]:
        causes.append(relay.end()[1::3])
    ok(causes and set(causes) == {("NO_ROOM", errno.EMFILE)},
       "what does not fit is refused", causes=causes)
    clients[0].sendall(b"still")
    is_(clients[0].recv(10), b"still", "what fits is served")
    relay.close()


def idle():
    relay = Relay()
    client, server = redirected(relay, idle=300)
    for _ in range(4):
        select.select([], [], [], 0.15)
        client.sendall(b".")
        server.recv(10)
    is_(relay.is_alive() and relay.counters()["sessions"], 1,
        "a byte now and then keeps a session")
    is_(relay.end(), (0, "IDLE", 4, 0, 0), "silence ends it")
    is_((client.recv(1), server.recv(1)), (b"", b""), "for both")
    relay.close()


def refused():
    relay = Relay()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        where = closed.getsockname()
    target = socket.socket()
    target.setblocking(False)
    target.connect_ex(where)
    client, fd = pair()
    relay.session("RELAY_REDIRECT", 9, fd, target)
    is_(relay.end(), (9, "NOT_CONNECTED", 0, 0, errno.ECONNREFUSED),
        "a target that refuses")
    is_(client.recv(1), b"", "the client sees the end")
    relay.close()


def silent_target():
    relay = Relay()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fill = []
    for _ in range(4):      # a full queue drops what knocks
        knock = socket.socket()
        knock.setblocking(False)
        knock.connect_ex(listener.getsockname())
        fill.append(knock)
    client, fd = pair()
    target = fill.pop()
    relay.session("RELAY_REDIRECT", 9, fd, target, connect=300)
    is_(relay.end(), (9, "CONNECT_TIMEOUT", 0, 0, errno.ETIMEDOUT),
        "a target that says nothing")
    is_(client.recv(1), b"", "the client sees the end")
    relay.close()


def resets():
    relay = Relay()
    for first, cause in ((0, "CLIENT_ERROR"), (1, "TARGET_ERROR")):
        ends = redirected(relay)
        ends[0].sendall(b"a")
        ends[1].recv(1)
        ends[1].sendall(b"b")
        ends[0].recv(1)
        ends[first].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        ends[first].close()
        is_(relay.end(), (0, cause, 1, 1, errno.ECONNRESET), "a reset")
        try:
            got = ends[1 - first].recv(1)
        except ConnectionResetError:
            got = "reset"
        is_(got, "reset", "is a reset on the other side")
    relay.close()


def stops():
    relay = Relay()
    client, server = redirected(relay, 77)
    client.sendall(b"12345")
    server.recv(5)
    relay.stop(77)
    is_(relay.end(), (77, "STOPPED", 5, 0, 0), "stopped")
    is_((client.recv(1), server.recv(1)), (b"", b""), "for both")
    relay.stop(77)
    client, server = redirected(relay, 77)
    client.sendall(b"again")
    is_(server.recv(5), b"again", "a stop that came too late does nothing")
    relay.close()


def garbage():
    """Whatever comes from clients and targets is passed on and no more."""
    relay = Relay()
    noise = os.urandom(100000) + b"\0" * 5000 + b"\xff" * 5000
    client, server = redirected(relay)
    client.sendall(noise[:60000])
    client.send(b"!", socket.MSG_OOB)
    server.sendall(noise)
    got = b""
    while len(got) < len(noise):
        got += client.recv(65536)
    ok(got == noise, "noise arrives")
    client.close()
    server.close()
    relay.end()
    ok(relay.is_alive(), "it lives")
    relay.close()


def broken_rules():
    """A parent that breaks a rule is not worked with."""
    def broken(name, act):
        relay = Relay()
        client, fd = pair()
        relay.session("RELAY_ECHO", 1, fd)
        client.sendall(b"x")
        client.recv(1)
        act(relay)
        is_(relay.wait(), 3, name)
        like(relay.said(), "broke a rule: ", f"{name}: says which")
        relay.channel.close()

    def echo_message(relay, slot, **more):
        return relay.message("MSG_SESSION", slot, 99, KIND["RELAY_ECHO"],
                             **more)

    extra = pair()
    redirect_message = ("MSG_SESSION", 3, 10, KIND["RELAY_REDIRECT"], 0, 500)
    broken("a slot that is taken",
           lambda r: r.send(echo_message(r, 1), extra[1]))
    broken("a slot out of range",
           lambda r: r.send(echo_message(r, 32768), extra[1]))
    broken("TARGET without SESSION",
           lambda r: r.send(r.message("MSG_TARGET", 3, 10), extra[1]))
    broken("SESSION instead of TARGET",
           lambda r: (r.send(r.message(*redirect_message), extra[1]),
                      r.send(echo_message(r, 4), extra[1])))
    broken("TARGET of another",
           lambda r: (r.send(r.message(*redirect_message), extra[1]),
                      r.send(r.message("MSG_TARGET", 3, 11), extra[1])))
    broken("STOP instead of TARGET",
           lambda r: (r.send(r.message(*redirect_message), extra[1]),
                      r.send(r.message("MSG_SESSION_STOP", 3, 10))))
    broken("SESSION without a descriptor",
           lambda r: r.send(echo_message(r, 4)))
    broken("two descriptors",
           lambda r: r.send(echo_message(r, 4), extra[0], extra[1]))
    broken("a kind that is none",
           lambda r: r.send(r.message("MSG_SESSION", 4, 5, len(KIND)),
                            extra[1]))
    broken("a short message", lambda r: r.send(echo_message(r, 4)[:-1]))
    broken("another's message", lambda r: r.plain("MSG_GO"))
    broken("DRAIN twice", lambda r: (r.plain("MSG_RELAY_DRAIN"),
                                     r.plain("MSG_RELAY_DRAIN")))
    broken("SESSION after DRAIN",
           lambda r: (r.plain("MSG_RELAY_DRAIN"),
                      r.send(echo_message(r, 4), extra[1])))


def outlives_its_parent():
    for drains in (False, True):
        client, fd = pair()
        read, write = os.pipe()
        middle = os.fork()
        if middle == 0:
            relay = Relay()
            relay.session("RELAY_ECHO", 1, fd)
            if drains:
                relay.plain("MSG_RELAY_DRAIN")
                relay.receive()     # READY once more: it will outlive us
            os.write(write, struct.pack("i", relay.pid))
            os._exit(0)
        fd.close()
        os.close(write)
        pid = struct.unpack("i", os.read(read, 4))[0]
        os.close(read)
        os.waitpid(middle, 0)
        if not drains:
            is_(client.recv(1), b"", "without DRAIN it dies with its parent")
            continue
        client.sendall(b"orphan")
        is_(client.recv(10), b"orphan", "after DRAIN it serves on")
        client.close()
        eventually(lambda: not is_running(pid), "and ends with its last")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def drains_when_empty():
    relay = Relay()
    relay.plain("MSG_RELAY_DRAIN")
    ok(relay.receive()[:2] == struct.pack("=H", MSG["MSG_RELAY_READY"]),
       "says READY again")
    is_(relay.wait(), 0, "and exits")


def four_thousand_idle():
    count = room_for(4000, 2)
    relay = Relay()
    ends = []
    before, slab_before = pss_kb(relay.pid), slab_kb()
    for slot in range(count):
        host = f"127.0.1.{1 + slot % 8}"
        client, fd = pair(host=host)
        server, target = pair(host=host)
        relay.session("RELAY_REDIRECT", slot, fd, target, idle=3600000)
        ends += [client, server]
    wait_for(lambda: relay.counters()["started"] == count)
    ends[0].sendall(b"x")
    ends[1].recv(1)
    ends[-2].sendall(b"x")
    is_(ends[-1].recv(1), b"x", "the last one works")
    user, kernel = pss_kb(relay.pid) - before, slab_kb() - slab_before
    note(f"{count} sessions; each: {user * 1024 // count} bytes of ours, "
         f"{kernel * 1024 // count} of slab with both peers' sockets")
    # Half of the sockets are the test's own.
    within(user * 1024 // count, 0, 4096, "bytes of memory a session")
    eventually(lambda: relay.counters()["pipes"] == 0, "no pipe is held")
    for sock in ends:
        sock.close()
    ends_seen = [relay.end()[1] for _ in range(count)]
    is_(set(ends_seen), {"CLOSED"}, "all of them end")
    eventually(lambda: relay.counters()["sessions"] == 0, "none is left")
    relay.close()


def full_house():
    """16,384 silent sessions; ends are kept until the parent reads them."""
    count = room_for(16384, 1)
    relay = Relay()
    clients = []
    for slot in range(count):
        client, fd = pair(host=f"127.0.1.{1 + slot % 8}")
        relay.session("RELAY_ECHO", slot, fd)
        clients.append(client)
    clients[-1].sendall(b"last")
    is_(clients[-1].recv(10), b"last", "the last one is served")
    is_(relay.counters()["sessions"], count, "all are there")
    for sock in clients:
        sock.close()
    # Nobody reads the channel, which has room for some of the ends only.
    eventually(lambda: relay.counters()["ended"] > 0, "they end")
    seen = {relay.end()[0] for _ in range(count)}
    is_(len(seen), count, "every end is told, once")
    eventually(lambda: relay.counters()["sessions"] == 0, "none is left")
    client, fd = pair()
    relay.session("RELAY_ECHO", 0, fd)
    client.sendall(b"new")
    is_(client.recv(10), b"new", "and a new one is served")
    relay.close()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    main([starts_confined, echo, echo_of_more_than_fits, discard, chargen,
          chargen_idle, text, redirect, much, all_pipes_taken,
          copied_half_close, too_few_descriptors, idle, refused, silent_target,
          resets, stops, garbage, broken_rules, outlives_its_parent,
          drains_when_empty, four_thousand_idle, full_house])
