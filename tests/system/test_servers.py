#!/usr/bin/env python3
"""Real servers, real clients, sessions to their end, contents compared."""

import hashlib
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import (CHIEF_PASSWORD, DIR, HOME, PLANT, PLANT_PASSWORD, Terminal,
                 eventually, find_program, is_, like, note, ok, service)

FTP_PORT, RSYNC_PORT, GIT_PORT, TELNET_PORT, FINGER_PORT = \
    2121, 8730, 9418, 2323, 79


def random_file(path, size=300_000, owner=PLANT):
    data = os.urandom(size)
    lib.write(path, data)
    os.chown(path, *owner)
    return data


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        return str(error)


def digest(data):
    return hashlib.sha256(data).hexdigest() if isinstance(data, bytes) \
        else data


def installed(**programs):
    missing = [name for name, path in programs.items() if path is None]
    return ok(not missing, f"installed: {' '.join(programs)}",
              missing=missing)


def run_client(argv, name, **options):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60,
                          errors="replace", **options)
    is_(done.returncode, 0, name, out=done.stdout, err=done.stderr)
    return done


def session_recorded(gate, name, count=1):
    """Accepted and closed, with the same connection id, without a signal."""
    eventually(lambda: not gate.instances(), f"{name}: no server is left", 20)
    closed = gate.wait_records(count, "connection-closed", name)
    opened = gate.records("connection-accepted", name)
    ok(len(opened) >= count and
       {r["sallyport"]["conn"] for r in opened} ==
       {r["sallyport"]["conn"] for r in closed},
       f"{name}: each session has its two records", opened=opened,
       closed=closed)
    note(f"{name}: {len(opened)} connections, exit codes "
         f"{[r['process'].get('exit_code') for r in closed]}")


def shell_session(terminal, secret_file):
    """Login, a command, a file read through the session, su, and out."""
    say = terminal.send
    if not ok(terminal.expect("login: "), "telnetd: login prompt",
              seen=terminal.seen):
        return
    say("plant\r")
    ok(terminal.expect("[Pp]assword: "), "login asks for the password")
    say(PLANT_PASSWORD + "\r")
    if not ok(terminal.expect(r"[$] ", 20), "a shell after login",
              seen=terminal.seen):
        return
    say("PS1='gate'\"> \"\r")
    terminal.expect("gate> ")
    say("echo mark-$((6*7)) $(id -un) $(tty)\r")
    ok(terminal.expect(r"mark-42 plant /dev/pts/\d+"), "the shell runs "
       "commands at a terminal of its own", seen=terminal.seen)
    say(f"sha256sum {secret_file}\r")
    match = terminal.expect(r"([0-9a-f]{64}) ")
    is_(match and match.group(1), digest(content(secret_file)),
        "a file read through the session is the file")
    say("su chief -c 'echo mark-$((7*8)) $(id -un)'\r")
    ok(terminal.expect("[Pp]assword: "), "su asks for a password",
       seen=terminal.seen)
    say(CHIEF_PASSWORD + "\r")
    ok(terminal.expect("mark-56 chief"), "su inside the session works: the "
       "bounding set is whole and no_new_privs is not set",
       seen=terminal.seen)
    say("exit\r")
    ok(terminal.expect("closed by foreign host"), "logout closes the "
       "connection", seen=terminal.seen)


def telnet():
    telnetd, client = find_program("telnetd"), find_program("telnet")
    if not installed(telnetd=telnetd, telnet=client):
        return
    secret = f"{HOME}/plant/ledger"
    random_file(secret, 40_000)
    with lib.Gate(service("telnet", TELNET_PORT, telnetd)) as gate:
        with Terminal([client, lib.LOOPBACK, str(TELNET_PORT)]) as terminal:
            shell_session(terminal, secret)
            ok(terminal.end() is not None, "the client ends")
        session_recorded(gate, "telnet")


VSFTPD_CONF = """\
listen=NO
listen_ipv6=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_umask=022
xferlog_enable=NO
pam_service_name=vsftpd
secure_chroot_dir=/run/vsftpd/empty
"""


def ftp():
    vsftpd = find_program("vsftpd")
    client = find_program("tnftp") or find_program("ftp")
    if not installed(vsftpd=vsftpd, ftp=client):
        return
    os.makedirs("/run/vsftpd/empty", exist_ok=True)
    conf = lib.write(f"{DIR}/vsftpd.conf", VSFTPD_CONF)
    down = random_file(f"{HOME}/plant/down.bin")
    up = random_file(f"{DIR}/up.bin")
    script = (f"open {lib.LOOPBACK} {FTP_PORT}\n"
              f"user plant {PLANT_PASSWORD}\nbinary\n"
              f"get down.bin {DIR}/got.bin\nput {DIR}/up.bin up.bin\n"
              "ls\nquit\n")
    with lib.Gate(service("ftp", FTP_PORT, vsftpd, server_args=conf)) as gate:
        done = run_client([client, "-inv"], "the ftp client ends well",
                          input=script, cwd=DIR)
        like(done.stdout, r"\n230[ -]", "it logged in", err=done.stderr)
        like(done.stdout, r"\n226[ -].*\n226[ -]", "and transferred files")
        like(done.stdout, r"down\.bin", "and listed the directory")
        is_(digest(content(f"{DIR}/got.bin")), digest(down),
            "the file it got is the file")
        is_(digest(content(f"{HOME}/plant/up.bin")), digest(up),
            "the file it put is the file")
        session_recorded(gate, "ftp")


RSYNC_CONF = """\
use chroot = no
lock file = {0}/rsync.lock
[goods]
    path = {0}/goods
    read only = no
    list = yes
"""


def rsync():
    program = find_program("rsync")
    if not installed(rsync=program):
        return
    base = f"{HOME}/plant"
    conf = lib.write(f"{DIR}/rsyncd.conf", RSYNC_CONF.format(base))
    files = {name: random_file(f"{base}/goods/{name}")
             for name in ("a.bin", "b.bin")}
    os.chown(f"{base}/goods", *PLANT)
    fresh = random_file(f"{DIR}/fresh.bin")
    url = f"rsync://{lib.LOOPBACK}:{RSYNC_PORT}/goods"
    with lib.Gate(service("rsync", RSYNC_PORT, program, user="plant",
                          server_args=f"--daemon --config={conf}")) as gate:
        run_client([program, "-r", url + "/", f"{DIR}/copy/"],
                   "rsync fetches a directory")
        is_({n: digest(content(f"{DIR}/copy/{n}")) for n in files},
            {n: digest(d) for n, d in files.items()},
            "the copies are the files")
        run_client([program, f"{DIR}/fresh.bin", url + "/fresh.bin"],
                   "rsync sends a file")
        is_(digest(content(f"{base}/goods/fresh.bin")), digest(fresh),
            "the file sent is the file")
        is_(os.stat(f"{base}/goods/fresh.bin").st_uid, PLANT[0],
            "written by the configured user")
        session_recorded(gate, "rsync", 2)


def make_repository(path):
    env = {"PATH": os.environ["PATH"], "HOME": DIR,
           "GIT_CONFIG_NOSYSTEM": "1"}
    base = ["git", "-c", "user.name=Plant", "-c",
            "user.email=plant@example.net", "-C", path]
    os.makedirs(path)
    subprocess.run([*base, "init", "-q"], check=True, env=env, timeout=30)
    data = random_file(f"{path}/recipe.bin")
    for words in (["add", "recipe.bin"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*base, *words], check=True, env=env, timeout=30)
    head = subprocess.run([*base, "rev-parse", "HEAD"], check=True, env=env,
                          timeout=30, capture_output=True, text=True)
    subprocess.run(["chown", "-R", "plant:plant", path], check=True,
                   timeout=30)
    return data, head.stdout.strip()


def git():
    program = find_program("git")
    if not installed(git=program):
        return
    data, head = make_repository(f"{HOME}/plant/recipes")
    arguments = (f"daemon --inetd --export-all --base-path={HOME}/plant "
                 f"{HOME}/plant")
    env = {"PATH": os.environ["PATH"], "HOME": DIR}
    with lib.Gate(service("git", GIT_PORT, program, user="plant",
                          server_args=arguments,
                          env_=f"HOME={HOME}/plant")) as gate:
        clone = f"{DIR}/clone"
        run_client([program, "clone", "-q",
                    f"git://{lib.LOOPBACK}:{GIT_PORT}/recipes", clone],
                   "git clones through the gate", env=env)
        is_(digest(content(f"{clone}/recipe.bin")), digest(data),
            "the file in the clone is the file")
        done = run_client([program, "-C", clone, "rev-parse", "HEAD"],
                          "the clone has a commit", env=env)
        is_(done.stdout.strip(), head, "and it is the same")
        session_recorded(gate, "git")


def finger():
    server = find_program("in.fingerd") or find_program("fingerd") or \
        find_program("efingerd")
    client = find_program("finger")
    if not installed(fingerd=server, finger=client):
        return
    lib.write(f"{HOME}/plant/.plan", "replace line 3\n")
    with lib.Gate(service("finger", FINGER_PORT, server,
                          user="nobody")) as gate:
        done = run_client([client, f"plant@{lib.LOOPBACK}"],
                          "finger asks through the gate")
        ok(re.search("Login: plant", done.stdout) and
           "Plant operator" in done.stdout and
           "replace line 3" in done.stdout,
           "and gets the answer to its end", out=done.stdout)
        session_recorded(gate, "finger")


lib.main([telnet, ftp, rsync, git, finger])
