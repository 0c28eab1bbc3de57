#!/usr/bin/env python3
"""Every kind of service with its real servers and clients.

Datagram servers that get the socket, RPC with a real rpcbind, ident by a real
oidentd, forwarding, wrappers, scripts; contents compared.
"""

import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import (DIR, HOME, LOOPBACK, PLANT, eventually, find_program, is_,
                 like, note, ok, service)


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        return str(error)


def installed(**programs):
    missing = [name for name, path in programs.items() if path is None]
    return ok(not missing, f"installed: {' '.join(programs)}",
              missing=missing)


def client(argv, name, **options):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60,
                          errors="replace", **options)
    is_(done.returncode, 0, name, out=done.stdout, err=done.stderr)
    return done


@contextlib.contextmanager
def process(argv, **options):
    """A daemon of the test's own, ended with its block."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, **options)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def said(port, text):
    """What a server says to a client that sends and closes its side."""
    return lib.ask(port, send=text, finish=True, timeout=20.0)[0]


def dgram(name, port, program, **attributes):
    return service(name, port, program, socket_type="dgram", protocol="udp",
                   wait="yes", **attributes)


def over(gate, name, count=1):
    """Each server that was started has ended, with its two records."""
    closed = gate.wait_records(count, "connection-closed", name, seconds=30)
    opened = gate.records("connection-accepted", name)
    ok(len(closed) >= count and
       {r["sallyport"]["conn"] for r in closed} <=
       {r["sallyport"]["conn"] for r in opened},
       f"{name}: {count} sessions with their records", opened=opened,
       closed=closed)


def tftp_get(name, target, port=69):
    return subprocess.run(
        ["tftp", "-m", "binary", LOOPBACK, str(port), "-c", "get", name,
         target], capture_output=True, text=True, timeout=60, check=False)


def tftp():
    server = find_program("in.tftpd")
    if not installed(tftpd=server, tftp=find_program("tftp")):
        return
    base = f"{DIR}/tftp"
    data = os.urandom(200_000)
    lib.write(f"{base}/firmware.bin", data)
    text = dgram("tftp", 69, server, server_args=f"-t 2 -s {base}")
    with lib.Gate(text) as gate:
        for number in range(3):
            done = tftp_get("firmware.bin", f"{DIR}/got{number}")
            is_(content(f"{DIR}/got{number}"), data,
                f"tftp: fetch {number + 1} is the file", out=done.stdout,
                err=done.stderr)
        over(gate, "tftp")
        done = tftp_get("firmware.bin", f"{DIR}/again")
        is_(content(f"{DIR}/again"), data,
            "tftp: served again after its server has ended")


def talk_message(kind, port, local, remote):
    """One message of the talk protocol (protocols/talkd.h)."""
    address = struct.pack("!HH4s8x", socket.AF_INET, port,
                          socket.inet_aton(LOOPBACK))
    return struct.pack("!BBBBI16s16sI12s12s16s", 1, kind, 0, 0, 7, address,
                       address, os.getpid(), local, remote, b"")


def talk():
    server = find_program("in.ntalkd")
    if not installed(ntalkd=server):
        return
    with lib.Gate(dgram("ntalk", 518, server, user="nobody",
                        type_=None)) as gate, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind((LOOPBACK, 0))
        end.settimeout(20)
        port = end.getsockname()[1]
        end.sendto(talk_message(0, port, b"plant", b"chief"), (LOOPBACK, 518))
        answer = end.recv(100)
        is_((answer[1], struct.unpack("!I", answer[4:8])[0] > 0), (0, True),
            "talk: an invitation is left, and has a number", answer=answer)
        end.sendto(talk_message(1, port, b"chief", b"plant"), (LOOPBACK, 518))
        answer = end.recv(100)
        is_((answer[1:3], answer[10:12]), (b"\1\0", struct.pack("!H", port)),
            "talk: and found by the other side", answer=answer)
        is_(len(gate.wait_records(1, "connection-accepted", "ntalk")), 1,
            "talk: one server answered both")


def rpc():
    rpcbind, rpcinfo = find_program("rpcbind"), find_program("rpcinfo")
    server = find_program("rpc.rstatd")
    if not installed(rpcbind=rpcbind, rpcinfo=rpcinfo, rstatd=server):
        return
    os.makedirs("/run/rpcbind", exist_ok=True)
    text = ("service rstatd\n{\n\ttype = RPC\n\tsocket_type = dgram\n"
            "\tprotocol = udp\n\twait = yes\n\tuser = nobody\n"
            f"\tserver = {server}\n\trpc_version = 2-4\n}}\n")

    def listed():
        done = subprocess.run([rpcinfo, "-p", LOOPBACK], capture_output=True,
                              text=True, timeout=20, check=False)
        return re.findall(r"100001 +(\d) +udp +(\d+)", done.stdout)
    with process([rpcbind, "-f", "-w"]):
        eventually(lambda: os.path.exists("/run/rpcbind.sock"),
                   "rpc: rpcbind runs", 10)
        with lib.Gate(text) as gate:
            eventually(lambda: len(listed()) == 3,
                       "rpc: rpcbind knows versions 2 to 4", 10)
            done = client([rpcinfo, "-u", LOOPBACK, "100001", "3"],
                          "rpc: rpcinfo gets an answer from the server")
            like(done.stdout, "ready and waiting", "rpc: it is ready")
            before = listed()
            gate.reload()
            is_(listed(), before, "rpc: a reload keeps its port")
        eventually(lambda: not listed(), "rpc: unregistered at the end", 10)


def ident():
    server = find_program("oidentd")
    if not installed(oidentd=server):
        return
    lib.write("/etc/oidentd.conf", "default { default { force reply "
              "\"gatekeeper\" } }\n")
    cat = find_program("cat")
    log = f"{DIR}/ident.log"
    text = service("cat", 9000, cat, user="nobody", type_="UNLISTED",
                   log_type=f"FILE {log}",
                   log_on_success="HOST USERID PID EXIT",
                   log_on_failure="HOST USERID") + \
        service("never", 9001, cat, user="nobody", only_from="192.0.2.1",
                log_type=f"FILE {log}", log_on_failure="HOST USERID") + \
        service("named", 9002, cat, user="nobody", flags="IPv4 IDONLY",
                log_on_success="USERID")

    def lines():
        return content(log).decode()
    with process([server, "-i", "-u", "nobody", "-g", "nogroup"]):
        lib.wait_for(lambda: lib.ask(113, finish=True)[1] != "refused", 10)
        with lib.Gate(text) as gate:
            with lib.dial(9000) as near:
                near.sendall(b"x")
                is_(near.recv(1), b"x", "ident: a client is served")
                eventually(lambda: "USERID: cat " in lines(),
                           "ident: the user is logged after the start", 10)
            like(lines(), r"USERID: cat UNIX : gatekeeper",
                 "ident: as oidentd named it")
            is_(said(9001, b"x"), b"", "ident: a refused client")
            eventually(lambda: "USERID: never " in lines(),
                       "ident: its user is logged too", 10, lines=lines())
            is_(said(9002, b"y"), b"y", "ident: IDONLY lets him in")
    with lib.Gate(service("named", 9002, cat, user="nobody",
                          flags="IPv4 IDONLY",
                          log_on_success="USERID")) as gate:
        is_(said(9002, b"y"), b"", "ident: IDONLY without ident server")
        is_(len(gate.wait_records(1, "connection-denied", "named")), 1,
            "ident: is a refusal")


def nrpe():
    server, plugin = find_program("nrpe"), "/usr/lib/nagios/plugins/check_nrpe"
    plugin = next((p for p in (plugin, "/usr/local/sbin/check_nrpe")
                   if os.path.exists(p)), None)
    if not installed(nrpe=server, check_nrpe=plugin):
        return
    conf = lib.write(f"{DIR}/nrpe.cfg",
                     f"pid_file={DIR}/nrpe.pid\nallowed_hosts={LOOPBACK}\n"
                     "command[check_boiler]=/bin/echo OK - boiler is 80 C\n")
    with lib.Gate(service("nrpe", 5666, server, user="nobody",
                          server_args=f"-n -c {conf} --inetd",
                          only_from="127.0.0.1 10.0.20.1",
                          log_on_success="")) as gate:
        done = client([plugin, "-n", "-H", LOOPBACK, "-c", "check_boiler"],
                      "nrpe: check_nrpe gets an answer")
        like(done.stdout, "boiler is 80 C", "nrpe: the command's")
        over(gate, "nrpe")


def script():
    agent = lib.write(f"{DIR}/agent", "#!/bin/sh\necho '<<<check_mk>>>'\n"
                      "echo \"from $REMOTE_HOST\"\n", 0o755)
    with lib.Gate(service("check_mk", 6556, agent)) as gate:
        is_(said(6556, b""), b"<<<check_mk>>>\nfrom 127.0.0.1\n",
            "check_mk: the agent's script answers")
        over(gate, "check_mk")


def wrapper():
    """The CTF idiom: chroot --userspec around a static program."""
    cage = f"{DIR}/ctf"
    os.makedirs(cage)
    source = lib.write(f"{DIR}/flag.c", "#include <stdio.h>\n#include "
                       "<unistd.h>\nint main(void) { char c; printf(\"%d %d "
                       "%d\\n\", (int)getuid(), (int)getgid(), access("
                       "\"/etc/passwd\", R_OK)); fflush(stdout); return "
                       "read(0, &c, 1) < 0; }\n")
    subprocess.run([os.environ.get("CC", "cc"), "-static", source, "-o",
                    f"{cage}/flag"], check=True, timeout=60)
    lib.write("/etc/banner_fail", "Server is at capacity.\n")
    text = service("ctf", 9999, "/usr/sbin/chroot",
                   server_args=f"--userspec=1000:1000 {cage} ./flag",
                   banner_fail="/etc/banner_fail", bind="0.0.0.0",
                   per_source="1 # the maximum instances of this service "
                   "per source IP address",
                   rlimit_cpu="20 # the maximum number of CPU seconds")
    with lib.Gate(text) as gate:
        with lib.dial(9999) as first:
            is_(first.recv(100), b"1000 1000 -1\n",
                "ctf: the program runs caged, as another user")
            is_(said(9999, b""), b"Server is at capacity.\n",
                "ctf: per_source holds in spite of the remark behind it")
        over(gate, "ctf")


def proftpd():
    server = find_program("proftpd")
    ftp = find_program("tnftp") or find_program("ftp")
    if not installed(proftpd=server, ftp=ftp):
        return
    conf = lib.write(f"{DIR}/proftpd.conf", f"""\
ServerName plant
ServerType inetd
User nobody
Group nogroup
UseReverseDNS off
ScoreboardFile {DIR}/proftpd.score
DelayEngine off
WtmpLog off
SystemLog {DIR}/proftpd.log
TransferLog none
AuthOrder mod_auth_unix.c
RequireValidShell off
""")
    data = os.urandom(100_000)
    lib.write(f"{HOME}/plant/batch.bin", data)
    os.chown(f"{HOME}/plant/batch.bin", *PLANT)
    commands = (f"open {LOOPBACK} 2100\nuser plant {lib.PLANT_PASSWORD}\n"
                f"binary\nget batch.bin {DIR}/batch.bin\nquit\n")
    with lib.Gate(service("proftpd", 2100, server,
                          server_args=f"-c {conf}")) as gate:
        done = client([ftp, "-inv"], "proftpd: the client ends well",
                      input=commands, cwd=DIR)
        is_(content(f"{DIR}/batch.bin"), data, "proftpd: the file it got is "
            "the file", out=done.stdout, log=content(f"{DIR}/proftpd.log"))
        over(gate, "proftpd")


def repository(path):
    env = {"PATH": os.environ["PATH"], "HOME": DIR,
           "GIT_CONFIG_NOSYSTEM": "1"}
    base = ["git", "-c", "user.name=Plant", "-c",
            "user.email=plant@example.net", "-C", path]
    data = os.urandom(150_000)
    lib.write(f"{path}/recipe.bin", data)
    for words in (["init", "-q"], ["add", "recipe.bin"],
                  ["commit", "-q", "-m", "first"]):
        subprocess.run([*base, *words], check=True, env=env, timeout=30)
    subprocess.run(["chown", "-R", "plant:plant", path], check=True,
                   timeout=30)
    return data


def redirect():
    """Forwarding to a git daemon and to an rsync daemon."""
    git, rsync = find_program("git"), find_program("rsync")
    if not installed(git=git, rsync=rsync):
        return
    base = f"{HOME}/plant"
    recipe = repository(f"{base}/recipes")
    goods = os.urandom(2_000_000)
    lib.write(f"{base}/goods/a.bin", goods)
    conf = lib.write(f"{DIR}/rsyncd.conf",
                     f"use chroot = no\n[goods]\npath = {base}/goods\n")
    log = f"{DIR}/redirect.log"
    forward = {"server": None, "user": "root", "log_type": f"FILE {log}",
               "log_on_success": "HOST EXIT TRAFFIC"}
    text = service("git", 9418, git, user="plant", bind="127.0.0.2",
                   server_args=f"daemon --inetd --export-all --base-path="
                   f"{base} {base}", env_=f"HOME={base}") + \
        service("rsync", 8730, rsync, user="plant", bind="127.0.0.2",
                server_args=f"--daemon --config={conf}") + \
        service("git-far", 19418, None, redirect="127.0.0.2 9418",
                **forward) + \
        service("rsync-far", 18730, None, redirect="127.0.0.2 8730",
                **forward)
    env = {"PATH": os.environ["PATH"], "HOME": DIR}
    with lib.Gate(text) as gate:
        client([git, "clone", "-q", f"git://{LOOPBACK}:19418/recipes",
                f"{DIR}/far"], "redirect: git clones", env=env)
        is_(content(f"{DIR}/far/recipe.bin"), recipe,
            "redirect: the file in the clone is the file")
        client([rsync, f"rsync://{LOOPBACK}:18730/goods/a.bin",
                f"{DIR}/far.bin"], "redirect: rsync fetches")
        is_(content(f"{DIR}/far.bin"), goods,
            "redirect: the file fetched is the file")
        over(gate, "git-far")
        over(gate, "rsync-far")
        eventually(lambda: b"TRAFFIC: rsync-far " in content(log),
                   "redirect: traffic is logged", 10)
        match = re.search(r"TRAFFIC: rsync-far in=(\d+)\(bytes\) "
                          r"out=(\d+)\(bytes\)", content(log).decode())
        ok(match and int(match.group(2)) > len(goods),
           "redirect: with at least the bytes of the file",
           log=content(log).decode())
        started = time.monotonic()
        with socket.create_connection((LOOPBACK, 18730)) as near:
            near.shutdown(socket.SHUT_WR)
            is_(lib.read_all(near)[0][:8], b"@RSYNCD:",
                "redirect: half-close is kept: the answer still comes")
        note(f"half-closed session took {time.monotonic() - started:.1f} s")


def internals():
    """echo, discard, chargen, daytime and time, both ways."""
    names = ("echo", "discard", "chargen", "daytime", "time")
    text = "".join(
        f"service {name}\n{{\n\ttype = INTERNAL UNLISTED\n\tid = {name}-{kind}"
        f"\n\tsocket_type = {kind}\n\twait = {wait}\n\tport = {4000 + i}\n"
        "\tuser = root\n\tflags = IPv4\n}\n"
        for i, name in enumerate(names)
        for kind, wait in (("stream", "no"), ("dgram", "yes")))
    with lib.Gate(text):
        is_(said(4000, b"hello\r\n"), b"hello\r\n", "echo: stream")
        is_(said(4001, b"hello\r\n"), b"", "discard: stream")
        like(said(4003, b"").decode(), r"\A\d\d [A-Z]{3} \d{4} "
             r"\d\d:\d\d:\d\d \S+\r\n\Z", "daytime: stream")
        answer = said(4004, b"")
        ok(len(answer) == 4 and abs(struct.unpack("!I", answer)[0] -
                                    2208988800 - time.time()) < 30,
           "time: stream", answer=answer)
        with lib.dial(4002) as near:
            data = b""
            while len(data) < 148:
                data += near.recv(4096)
        is_((data[:3], data[72:76]), (b" !\"", b"\r\n!\""),
            "chargen: stream, lines of 72 characters, each shifted by one")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.settimeout(10)
            end.connect((LOOPBACK, 4000))
            end.send(b"hello")
            is_(end.recv(100), b"hello", "echo: datagram")
            end.connect((LOOPBACK, 4003))
            end.send(b"?")
            like(end.recv(100).decode(), r"\A\d\d [A-Z]{3} ",
                 "daytime: datagram")


lib.main([tftp, talk, rpc, ident, nrpe, script, wrapper, proftpd, redirect,
          internals])
