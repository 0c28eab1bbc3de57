#!/usr/bin/env python3
"""Servers that have the listener, UNIX sockets, socket filters, rpcbind."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from dgram import (UDP, ask, client, dropped, fresh, hear, path, starts, usable,
                   waiting)
from lib import (PLANT, eventually, field, is_, like, ok, service, unlike,
                 wait_for)

TCP = UDP + 1
TAKEN = UDP + 7


def datagrams():
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} serve 2")) as gate:
        with client() as s:
            first, second, third = (ask(s, text) for text in "abc")
            fourth = ask(s, "d")
        ok(first and second and third and fourth, "every datagram is answered",
           got=(first, second, third, fourth))
        is_((first[0] == second[0], third[0] == fourth[0],
             second[0] == third[0]), (True, True, False),
            "one server takes two datagrams, the next one two more")
        is_([row[2:] for row in starts(file)],
            [["blocking", "127.0.0.1"]] * 2,
            "it knows the first one's sender, and its socket blocks")
        is_(len({row[1] for row in starts(file)}), 1,
            "both had the same socket")
        found = gate.wait_records(2, "connection-accepted", "d")
        is_([field(r, "source.ip") for r in found], ["127.0.0.1"] * 2,
            "two records of a start, with the source")


def burst():
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1", cps="0 10")):
        with client() as s:
            for i in range(30):
                s.send(str(i).encode())
            heard = [hear(s) for _ in range(30)]
        is_([h and h[1] for h in heard], [str(i) for i in range(30)],
            "30 datagrams at once, one to a server: none is lost")
        is_(len(starts(file)), 30, "and each had a server of its own")


def filtered():
    file, end = usable("starts"), fresh("end")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1000 {end}",
                          only_from="127.0.0.0/30",
                          no_access="127.0.0.2")) as gate:
        with client() as good, client("127.0.0.2", 0.5) as bad, \
                client("127.0.0.3") as other, client("127.0.0.9", 0.5) as far:
            ok(ask(good, "hello"), "an allowed sender starts the server")
            is_((ask(bad, "x"), ask(far, "x")), (None, None),
                "refused senders do not reach it while it runs")
            ok(ask(other, "y"), "another allowed one does")
            for _ in range(5):
                far.send(b"again")
            ok(ask(good, "still"), "and the first one again")
        lib.write(end, "")
        found = gate.wait_records(1, service="d", action="datagrams-dropped")
        is_([dropped(r) for r in found], [7],
            "what the filter kept out is recorded as a number")
        is_(len(starts(file)), 1, "there was one server")
        eventually(lambda: gate.state().processes == 0, "it has ended")
        os.unlink(end)
        with client("127.0.0.2", 0.5) as bad, client() as good:
            is_(ask(bad, "x"), None, "without a server the refused one is "
                "refused by the dispatcher")
            ok(ask(good, "z"), "whose refusal does not stop the service")
        ok(gate.wait_records(1, "connection-denied", "d"), "and recorded")
        lib.write(end, "")
        eventually(lambda: gate.state().processes == 0, "the end")


def filtered6():
    """The same program holds for IPv6."""
    for address in ("fd00::1", "fd00::2"):
        lib.ip("addr", "add", address + "/128", "dev", "lo", "nodad")
    file, end = usable("starts"), fresh("end")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1000 {end}",
                          flags="IPv6", only_from="fd00::/16",
                          no_access="fd00::2")) as gate, \
            client6("fd00::1") as good, client6("fd00::2") as bad, \
            client6("::1") as far:
        ok(ask(good, "a"), "an allowed sender starts the server")
        is_((ask_quickly(bad), ask_quickly(far)), (None, None),
            "refused senders do not reach it")
        ok(ask(good, "b"), "the first one does")
        lib.write(end, "")
        eventually(lambda: gate.state().processes == 0, "it ends")


def client6(source):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.connect((source, UDP))
    s.settimeout(5 * lib.SLOW)
    return s


def stream_and_hosts():
    """Whom hosts.deny may mean is not known before the server accepts."""
    file, end = usable("starts"), fresh("end")
    text = waiting("s", TCP, f"{file} serve 1 {end}", socket_type="stream",
                   protocol="tcp")
    for line, is_served in (("ALL: 198.51.100.7\n", False),
                            ("in.otherd: ALL\n", True)):
        lib.write("/etc/hosts.deny", line)
        try:
            with lib.Gate(text) as gate:
                is_(talk(TCP, "a") is not None, is_served,
                    f"wait = yes and hosts.deny with {line.strip()}")
                is_(len(gate.wait_records(not is_served, "connection-denied",
                                          "s", event_reason="libwrap")) > 0,
                    not is_served, "a refusal is by libwrap")
        finally:
            os.unlink("/etc/hosts.deny")


def left_running():
    """QUIT leaves servers what they have."""
    file, end = usable("starts"), fresh("end")
    gate = lib.Gate(waiting("d", UDP, f"{file} serve 1000 {end}") + waiting(
        "s", TCP, f"{file} serve 1000 {end}", socket_type="stream",
        protocol="tcp"))
    with gate, client() as s:
        first, second = ask(s, "a"), talk(TCP, "b")
        ok(first and second, "two servers run")
        gate.send(signal.SIGQUIT)
        is_(gate.wait(), 0, "the daemon ends")
        is_((ask(s, "c"), talk(TCP, "d")), (
            (first[0], "c"), (second[0], "d")), "and they go on")
        lib.write(end, "")
        ok(wait_for(lambda: talk(TCP, "e", timeout=1) is None) and
           wait_for(lambda: is_free(UDP)), "until they end themselves")


def is_free(port):
    """Nobody has that port for datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def shielded():
    """A flood of refused datagrams costs the dispatcher nothing for long."""
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1", cps="0 10",
                          only_from="127.0.0.1")) as gate, \
            client("127.0.0.9") as bad, client() as good:
        def is_shielded():
            for _ in range(500):
                bad.send(b"flood")
            return any("refused datagrams come" in (r.get("message") or "")
                       for r in gate.audit())
        ok(wait_for(is_shielded, 15), "a flood brings the filter, and says so")
        for _ in range(100):
            bad.send(b"more")
        ok(ask(good, "a"), "an allowed sender is served behind it")
        found = gate.wait_records(1, service="d", action="datagrams-dropped")
        ok(found and sum(dropped(r) for r in found) >= 100,
           "what it keeps out is a number", found=found)
        ok(len(gate.records("connection-denied", "d")) < 100,
           "and not a record each")
        for _ in range(50):
            bad.send(b"more")
        before = sum(map(dropped, found))
        ok(gate.reload(waiting("d", UDP, f"{file} serve 1",
                               only_from="127.0.0.1")), "a reload")
        found = gate.wait_records(len(found) + 1, service="d",
                                  action="datagrams-dropped")
        is_(sum(map(dropped, found)) - before, 50,
            "counts what was kept out before it")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")


def groups():
    """A multicast address is joined, for datagrams."""
    lib.ip("link", "set", "lo", "multicast", "on")
    lib.ip("route", "add", "239.0.0.0/8", "dev", "lo")
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} serve 1", bind="239.1.2.3")), \
            client() as s:
        with open("/proc/net/igmp", encoding="ascii") as igmp:
            ok("030201EF" in igmp.read(), "the group is joined")
        s.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"all", ("239.1.2.3", UDP))
            eventually(lambda: len(starts(file)) == 1,
                       "a datagram to the group starts the server")
    with lib.Gate(waiting("t", TCP, f"{file} serve 1", bind="239.1.2.3",
                          socket_type="stream", protocol="tcp"),
                  options=["-stayalive"]) as gate:
        like(gate.stderr(), "multicast group is for datagrams",
             "a stream cannot join one")


def spinning():
    file = usable("starts")
    with lib.Gate(waiting("d", UDP, f"{file} idle", cps="0 10")) as gate:
        with client() as s:
            s.send(b"never read")
            found = gate.wait_records(10, "connection-accepted", "d")
            ok(len(found) >= 10, "it is started again for what it left")
            ok(wait_for(lambda: any(
                "end at once" in (r.get("message") or "")
                for r in gate.audit()), 10), "until it has to pause")
            is_(gate.records("privsep-violation"), [], "by the rules")


def stream():
    file, end = usable("starts"), fresh("end")
    usable("starts.i")
    words = {"socket_type": "stream", "protocol": "tcp"}
    with lib.Gate(waiting("s", TCP, f"{file} serve 2 {end}", **words) +
                  waiting("i", TCP + 1, f"{file}.i serve 100 {end}",
                          flags="IPv4 INTERCEPT", only_from="127.0.0.1",
                          **words)) as gate:
        got = [talk(TCP, text) for text in ("a", "b", "c", "d")]
        is_([g and g[1] for g in got], ["a", "b", "c", "d"],
            "a stream service with wait = yes serves")
        is_((got[0][0] == got[1][0], got[1][0] == got[2][0]), (True, False),
            "two connections a server")
        is_([row[2:] for row in starts(file)],
            [["blocking", "<no address>"]] * 2,
            "which accepts by itself from a blocking listener")
        ok(talk(TCP + 1, "x"), "INTERCEPT: an allowed client is served")
        is_(talk(TCP + 1, "x", "127.0.0.2", 0.7), None,
            "and a refused one gets no answer at all")
        lib.write(end, "")
        eventually(lambda: gate.state().processes == 0, "they end")


def talk(port, text, source="127.0.0.1", timeout=5.0):
    with socket.socket() as s:
        s.settimeout(timeout * lib.SLOW)
        s.bind((source, 0))
        try:
            s.connect(("127.0.0.1", port))
            s.sendall(text.encode())
            pid, _, said = s.recv(2048).decode().partition(" ")
            return (int(pid), said) if pid else None
        except OSError:
            return None


def reloads():
    """A server keeps what it has when its service goes, and comes back."""
    file, end = usable("starts"), fresh("end")
    with_it = waiting("d", UDP, f"{file} serve 1000 {end}")
    other = service("o", TCP, lib.server("echo-server"))
    with lib.Gate(with_it + other) as gate, client() as s:
        first = ask(s, "a")
        ok(first, "a server runs")
        ok(gate.reload(other), "a policy without the service")
        is_(ask(s, "b"), first and (first[0], "b"),
            "its server goes on serving")
        ok(gate.reload(with_it + other), "the service comes back beside it")
        is_(ask(s, "c"), first and (first[0], "c"),
            "the server still has the socket")
        lib.write(end, "")
        eventually(lambda: gate.state().processes == 0, "it ends")
        os.unlink(end)
        again = ask(s, "d")
        ok(again and again[0] != first[0], "and another one takes its place",
           again=again)
        is_(len({row[1] for row in starts(file)}), 1, "with the same socket")
        old = gate.helper("dispatch")
        os.kill(old, signal.SIGKILL)
        ok(wait_for(lambda: gate.helper("dispatch") not in (0, old)),
           "a new dispatcher")
        is_(ask(s, "e"), again and (again[0], "e"), "leaves the server alone")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")
        ok(gate.reload(other), "without it once more")
        lib.write(end, "")
        eventually(lambda: gate.state().processes == 0, "the server ends")
        is_(ask(s, "f"), None, "and the port is closed")


def shut_down():
    """A server may ruin its own socket, and nobody else's."""
    file = usable("starts")
    config = waiting("d", UDP, f"{file} shut") + waiting(
        "s", TCP, f"{file} shut", socket_type="stream", protocol="tcp")
    with lib.Gate(config) as gate, client() as s:
        s.send(b"x")
        ok(wait_for(lambda: any(
            "has shut it down" in (r.get("message") or "")
            for r in gate.audit())), "a socket for datagrams stays shut")
        talk(TCP, "x")
        ok(wait_for(lambda: len(gate.records("connection-closed", "s")) > 0),
           "a server shuts down a stream listener")
        ok(wait_for(lambda: talk(TCP, "x") is None and
                    len(gate.records("connection-accepted", "s")) > 1),
           "which listens again by itself")
        before = len(gate.records("connection-accepted", "d"))
        is_(ask_quickly(s), None, "nothing is started for the ruined one")
        is_(len(gate.records("connection-accepted", "d")), before,
            "the dispatcher leaves it alone")
        ok(gate.reload(config.replace("shut", "serve 1")), "a reload")
        ok(ask(s, "y"), "opens it again")
        is_(gate.records("privsep-violation"), [], "nobody broke a rule")


def ask_quickly(s):
    s.settimeout(0.5)
    try:
        return ask(s, "z")
    finally:
        s.settimeout(5 * lib.SLOW)


def unix_service(name, where, **more):
    return service(name, None, lib.server("creds"), **{
        "type": None, "protocol": "unix", "flags": None,
        "socket_path": where, **more})


def unix_sockets():
    os.makedirs(path("sockets"), exist_ok=True)
    os.chmod(path("sockets"), 0o755)
    where = path("sockets/a")
    config = unix_service("u", where, socket_user="plant",
                          socket_group="line3", socket_mode="0620",
                          env_="REMOTE_UID=7 REMOTE_HOST=forged")
    gate = lib.Gate(config)
    with gate:
        st = os.stat(where)
        is_((stat.S_ISSOCK(st.st_mode), st.st_mode & 0o777, st.st_uid,
             st.st_gid), (True, 0o620, PLANT[0], lib.LINE3),
            "owner and mode are as configured")
        said = unix_ask(where)
        like(said, "REMOTE_UID=0\n", "the server knows the peer's uid")
        ok("REMOTE_HOST" not in said and "LOCAL_PORT" not in said,
           "and no addresses", said=said)
        gate.reload(config.replace("0620", "0666"))
        is_(os.stat(where).st_mode & 0o777, 0o666,
            "a reload changes the mode of the same socket")
        is_(os.stat(where).st_ino, st.st_ino, "in place")
        said = unix_ask(where, PLANT)
        like(said, f"REMOTE_UID={PLANT[0]}\n", "another peer, another uid")
        like(unix_ask(where, enter=("unshare", "--net", "--mount")),
             "REMOTE_UID=0\n", "one of other namespaces is served too")
        unlike(gate.stderr(), "known by the socket's name", "and the kernel "
               "says whose connections they are")
        gate.process.kill()
        gate.process.wait()
        ok(os.path.exists(where), "a killed daemon leaves the name behind")
    with lib.Gate(config):
        like(unix_ask(where), "REMOTE_UID=0\n", "the next one replaces it")
    packets = config.replace("stream", "seqpacket")
    with lib.Gate(packets):
        like(unix_ask(where, kind="SOCK_SEQPACKET"), "REMOTE_UID=0\n",
             "packets in order, too")
    ok(not os.path.exists(where), "and takes it with it when it ends")


class Contained(lib.Gate):
    """A daemon as in a container: root without CAP_NET_ADMIN."""

    def _prepare(self):
        super()._prepare()
        if ctypes.CDLL(None).prctl(24, 12, 0, 0, 0):  # PR_CAPBSET_DROP
            os._exit(99)


def unix_unproved():
    os.makedirs(path("sockets"), exist_ok=True)
    os.chmod(path("sockets"), 0o755)
    config = (unix_service("u", path("sockets/a")) +
              unix_service("v", path("sockets/b")))
    with Contained(config) as gate:
        like(unix_ask(path("sockets/a")), "REMOTE_UID=0\n",
             "a daemon that cannot prove connections serves by name")
        gate.reload(config + unix_service("w", path("sockets/c")))
        is_(gate.stderr().count("WARNING: without CAP_NET_ADMIN"), 1,
            "and says so, once")


def unix_ancestors():
    """Every directory on the way is root's, and so are links."""
    top = path("way")
    shutil.rmtree(top, ignore_errors=True)
    for name in ("own/dir", "sticky/dir", "good/dir"):
        os.makedirs(f"{top}/{name}", 0o755)
    os.chown(f"{top}/own", *PLANT[:2])
    os.chmod(f"{top}/sticky", 0o1777)
    for name, target in (("link", "good/dir"), ("absolute", f"{top}/good"),
                         ("theirs", "good/dir"), ("through", "own/dir"),
                         ("loop", "loop"), ("up", "own/../good/dir")):
        os.symlink(target, f"{top}/{name}")
    os.lchown(f"{top}/theirs", *PLANT[:2])
    refused = {"own/dir": "own", "sticky/dir": "sticky", "theirs": "theirs",
               "through": "own", "up": "own", "loop": "loop"}
    served = ("good/dir", "link", "absolute/dir", "good/../link")
    names = [*refused, *served]
    with lib.Gate("".join(
            unix_service(f"s{i}", f"{top}/{name}/x{i}")
            for i, name in enumerate(names))) as gate:
        said = gate.stderr()
        for name, part in refused.items():
            like(said, f"{top}/{part} must belong to root and be writable by "
                 "nobody else" if part != "loop" else
                 f"{top}/loop cannot be examined",
                 f"{name} is refused, and the part is named")
        is_(sorted(gate.services()),
            sorted(f"s{names.index(name)}" for name in served),
            "those whose way is root's alone are served")
        for name in served:
            like(unix_ask(f"{top}/{name}/x{names.index(name)}"),
                 "REMOTE_UID=0\n", f"{name} is served")
        is_([os.listdir(f"{top}/{name}/dir") for name in ("own", "sticky")],
            [[], []], "nothing is bound elsewhere")
        lib.write(f"{top}/own/dir/x{names.index('good/dir')}", "precious")
        os.rename(f"{top}/good", f"{top}/moved")
        os.rename(f"{top}/own", f"{top}/good")
    is_(os.listdir(f"{top}/good/dir"), [f"x{names.index('good/dir')}"],
        "at the end no name is removed in a directory that took its place")


def own_libexec():
    """A libexec directory of copies."""
    directory = lib.DIR + "/wait-libexec"
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    for name in os.listdir(lib.LIBEXEC):
        if os.path.isfile(f"{lib.LIBEXEC}/{name}"):
            shutil.copy(f"{lib.LIBEXEC}/{name}", directory)
    return directory


@contextlib.contextmanager
def taken_port():
    """Somebody else has TAKEN."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", TAKEN))
        s.listen(1)
        yield service("o", TAKEN, lib.server("echo-server"))


def unix_refused():
    """A policy that never comes into force changes no socket's rights."""
    os.makedirs(path("sockets"), exist_ok=True)
    where = path("sockets/m")

    def rights():
        st = os.stat(where)
        return st.st_mode & 0o777, st.st_uid, st.st_ino
    config = unix_service("u", where, socket_user="root", socket_mode="0600")
    other = unix_service("u", where, socket_user="plant", socket_mode="0666")
    libexec = own_libexec()
    with lib.Gate(config, libexec=libexec) as gate:
        before = rights()
        is_(before[:2], (0o600, 0), "the socket is root's alone")
        with taken_port() as unwelcome:
            ok(not gate.reload(other + unwelcome),
               "a policy that wants a port in use is refused")
        is_(rights(), before, "and the socket stays as it is")
        program = f"{libexec}/sallyport-dispatch"
        os.rename(program, program + ".kept")
        shutil.copy("/bin/false", program)
        ok(not gate.reload(other), "one whose dispatcher dies is refused")
        os.rename(program + ".kept", program)
        is_(rights(), before, "and the socket stays as it is, again")
        ok(gate.reload(other), "one that is in force")
        is_(rights(), (0o666, PLANT[0], before[2]),
            "changes the rights of the same socket")


def unix_ask(where, ids=None, kind="SOCK_STREAM", enter=()):
    """What the server says; asked as another user if ids are given."""
    program = ("import socket,sys\ns=socket.socket(socket.AF_UNIX,"
               f"socket.{kind})\n"
               f"s.connect({where!r})\ns.settimeout(10)\n"
               "while True:\n"
               " b=s.recv(4096)\n"
               " if not b: break\n"
               " sys.stdout.write(b.decode())\n")
    if ids:     # after the imports, whose files may be root's alone
        program = program.replace("\n", (
            f"\nimport os\nos.setgroups([])\nos.setgid({ids[1]})\n"
            f"os.setuid({ids[0]})\n"), 1)
    done = subprocess.run([*enter, sys.executable, "-c", program], text=True,
                          capture_output=True, timeout=30, check=False)
    return done.stdout + done.stderr


def unix_unsafe():
    os.makedirs(path("open"), exist_ok=True)
    os.chmod(path("open"), 0o777)
    os.makedirs(path("sockets"), exist_ok=True)
    lib.write(path("sockets/file"), "precious")
    with socket.socket(socket.AF_UNIX) as s:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path("sockets/live"))
        s.bind(path("sockets/live"))
        s.listen(1)
        with lib.Gate(unix_service("open", path("open/a")) +
                      unix_service("file", path("sockets/file")) +
                      unix_service("live", path("sockets/live")) +
                      unix_service("good", path("sockets/good"))) as gate:
            like(gate.stderr(), "writable by nobody else",
                 "a directory that others can write to is refused")
            ok(not os.path.exists(path("open/a")), "nothing is bound there")
            with open(path("sockets/file"), encoding="ascii") as file:
                is_(file.read(), "precious", "a file is never replaced")
            states = {name: s.status for name, s in gate.services().items()}
            ok(states.get("file") == states.get("live") !=
               states.get("good"),
               "nor is a socket that somebody listens on", states=states)
    os.unlink(path("sockets/live"))


def rpc():
    if not shutil.which("rpcbind") or not shutil.which("rpcinfo") or \
            not os.path.exists(f"{lib.LIBEXEC}/sallyport-rpc"):
        ok(False, "rpcbind, rpcinfo and sallyport-rpc are there")
        return
    config = waiting("testd", None, f"{usable('starts')} serve 1",
                     type="RPC UNLISTED", rpc_number=PROGRAM,
                     rpc_version="2-3")
    with subprocess.Popen(["rpcbind", "-f", "-w"],
                          stderr=subprocess.DEVNULL) as bind:
        try:
            ok(wait_for(lambda: os.path.exists("/run/rpcbind.sock")),
               "rpcbind runs")
            with lib.Gate(config) as gate:
                ok(wait_for(lambda: len(registered()) == 2), "both versions "
                   "are registered", registered=registered(),
                   stderr=gate.stderr())
                before = registered()
                ok(gate.reload(config + "\n"), "a reload")
                is_(registered(), before, "keeps the port")
                ok(gate.reload(config.replace("2-3", "3")), "a change")
                ok(wait_for(lambda: len(registered()) == 1),
                   "is told to rpcbind", registered=registered())
                rpc_refused(gate, config.replace("2-3", "3"))
                with client() as s:
                    s.connect(("127.0.0.1", registered()[0][1]))
                    ok(ask(s, "call"), "the port is the service's")
            is_(registered(), [], "the end takes it back")
        finally:
            bind.terminate()
    with lib.Gate(config) as gate:
        ok(wait_for(lambda: any(
            "testd" in (r.get("message") or "") and
            "rpcbind" in r["message"] for r in gate.audit())),
           "without rpcbind there is a message that names the service")


def rpc_refused(gate, config):
    """rpcbind hears nothing of a policy that is refused."""
    before = registered()
    new = waiting("new", None, f"{usable('starts')} serve 1",
                  type="RPC UNLISTED", rpc_number=PROGRAM + 1,
                  rpc_version="1")
    with taken_port() as unwelcome:
        ok(not gate.reload(config.replace("= 3\n", "= 4\n") + new + unwelcome),
           "a policy that wants a port in use is refused")
    is_(settled(), before, "its version is not told to rpcbind")
    is_(settled(PROGRAM + 1), [], "nor is its new program")
    ok(gate.reload(config), "the old one")
    is_(settled(), before, "has its program still")


def settled(program=None):
    """registered(), after what is under way."""
    time.sleep(0.7 * lib.SLOW)
    return registered(program or PROGRAM)


PROGRAM = 536871000


def registered(program=PROGRAM):
    """(version, port) of the program of the test."""
    done = subprocess.run(["rpcinfo", "-p", "127.0.0.1"], text=True,
                          capture_output=True, timeout=20, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    return sorted((int(row[1]), int(row[3])) for row in rows
                  if row and row[0] == str(program))


if __name__ == "__main__":
    lib.main([datagrams, burst, filtered, filtered6, stream_and_hosts,
              left_running, shielded,
              groups, spinning, stream, reloads, shut_down, unix_sockets,
              unix_unproved, unix_refused, unix_unsafe,
              unix_ancestors, rpc])
