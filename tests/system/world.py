"""A world of the test's own: mounts, devices, users, network.

enter() moves the process into a mount and a network namespace of its own.
Every file system a test changes (/etc, /run, /dev, /var/log) is a private copy
there, so nothing a test does is seen by the machine, and nothing needs to be
put back: the kernel removes it all with the last process.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess

from tap import BailOut

DIR = "/run/sallyport-test"
HOME = DIR + "/home"

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_NOSUID, MS_BIND, MS_REC, MS_PRIVATE = 2, 4096, 16384, 1 << 18
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)

# What our own programs run as; ids that packages would give them.
ROLES = ("sallyport", "sallyport-load", "sallyport-relay", "sallyport-lookup",
         "sallyport-log")
OPS_GROUP = "sallyport-ops"

# People of the tests. The passwords are those of nobody else.
PLANT_PASSWORD = "kettle-7"
CHIEF_PASSWORD = "harbour-9"
PLANT_HASH = ("$6$rounds=1000$saltsalt$VLEHPJkAzMW.CBn1JmcujmCyHjj.XTXJ6h3ZIN/9"
              "6gNnP2HaIXfgIYbJls86xa0C6uZ/KAOFR6ni1MFSsMzT60")
CHIEF_HASH = ("$6$rounds=1000$saltsalu$hA.6nwb5hqKw7kpa8qiwyJMOiHBCk4Vy3SGNiMlg"
              "BfytruOzTuT4TnNsW4AWkmfbnZMZRwmgb/covwh7a9Iv61")
PLANT = (2001, 2001)        # uid, gid
CHIEF = (2002, 2002)
LINE3 = 2010                # plant is in it
NIGHT = 2011                # plant and chief are in it
EMPTY_GROUP = 2012          # nobody is in it


def _call(what, result):
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def mount(source, target, kind="none", flags=0, options=""):
    _call(f"mount {target}", _libc.mount(
        source.encode(), target.encode(), kind.encode(),
        ctypes.c_ulong(flags), options.encode()))


def tmpfs(target, options="mode=755"):
    mount("tmpfs", target, "tmpfs", 0, options)


def umount(target):
    _call(f"umount {target}", _libc.umount2(target.encode(), 2))


def unshare(flags):
    _call("unshare", _libc.unshare(flags))


def setns(fd, kind=CLONE_NEWNET):
    _call("setns", _libc.setns(fd, kind))


def write(path, text, mode=0o644):
    """A file of root's, as the daemon wants its configuration."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    return path


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True,
                          timeout=10)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def sysctl(name, value):
    with contextlib.suppress(OSError):
        with open("/proc/sys/" + name, "w", encoding="ascii") as file:
            file.write(str(value))


def _private_devices(stage):
    os.mkdir(stage)
    tmpfs(stage)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        with open(f"{stage}/{name}", "wb"):
            pass
        mount(f"/dev/{name}", f"{stage}/{name}", flags=MS_BIND)
    os.mkdir(stage + "/pts")
    mount("devpts", stage + "/pts", "devpts", 0,
          "newinstance,ptmxmode=0666,mode=0620,gid=5")
    os.symlink("pts/ptmx", stage + "/ptmx")
    os.mkdir(stage + "/shm")
    os.chmod(stage + "/shm", 0o1777)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"),
                         ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{stage}/{name}")
    mount(stage, "/dev", flags=MS_BIND | MS_REC)


def _private_files():
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    tmpfs("/run", "mode=755,size=1g")
    os.makedirs(DIR)
    os.makedirs("/run/stage/etc")
    subprocess.run(["cp", "-a", "/etc/.", "/run/stage/etc"], check=True,
                   timeout=60)
    mount("/run/stage/etc", "/etc", flags=MS_BIND)
    _private_devices("/run/stage/dev")
    tmpfs("/var/log")
    os.mkdir("/var/log/sallyport", 0o750)
    if os.path.isdir("/var/cache/ldconfig"):
        tmpfs("/var/cache/ldconfig")
    for name in ("wtmp", "btmp", "lastlog"):
        write("/var/log/" + name, "", 0o664)
    write("/run/utmp", "", 0o664)


def _append(path, lines):
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def _names(path):
    with open(path, encoding="utf-8") as file:
        return {line.split(":")[0] for line in file}


def _private_users():
    known, groups = _names("/etc/passwd"), _names("/etc/group")
    for number, name in enumerate(ROLES, 971):
        if name not in groups:
            _append("/etc/group", [f"{name}:x:{number}:"])
        if name not in known:
            _append("/etc/passwd", [f"{name}:x:{number}:{number}::/nonexistent:"
                                    "/usr/sbin/nologin"])
    if OPS_GROUP not in groups:
        _append("/etc/group", [f"{OPS_GROUP}:x:970:"])
    _append("/etc/passwd", [
        f"plant:x:{PLANT[0]}:{PLANT[1]}:Plant operator:{HOME}/plant:/bin/bash",
        f"chief:x:{CHIEF[0]}:{CHIEF[1]}:Shift chief:{HOME}/chief:/bin/bash"])
    _append("/etc/shadow", [f"plant:{PLANT_HASH}:19000:0:99999:7:::",
                            f"chief:{CHIEF_HASH}:19000:0:99999:7:::"])
    _append("/etc/group", [
        f"plant:x:{PLANT[1]}:", f"chief:x:{CHIEF[1]}:",
        f"line3:x:{LINE3}:plant", f"night:x:{NIGHT}:plant,chief",
        f"nightless:x:{EMPTY_GROUP}:"])
    for name, ids in (("plant", PLANT), ("chief", CHIEF)):
        os.makedirs(f"{HOME}/{name}")
        os.chown(f"{HOME}/{name}", *ids)
    for name in ("hosts.allow", "hosts.deny", "nologin"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/etc/" + name)


def _private_network():
    ip("link", "set", "lo", "up")
    # Many connections at once, and the log socket of the tests, need room.
    sysctl("net/core/somaxconn", 4096)
    sysctl("net/ipv4/tcp_max_syn_backlog", 4096)
    sysctl("net/ipv4/tcp_syncookies", 0)
    sysctl("net/unix/max_dgram_qlen", 4096)


def enter():
    """Once, before anything else, while there is one thread."""
    if os.geteuid() != 0:
        raise BailOut("these tests need root")
    _call("prctl", _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    try:
        unshare(CLONE_NEWNS | CLONE_NEWNET)
    except OSError as error:
        raise BailOut(f"no namespaces here: {error}") from error
    _private_files()
    _private_users()
    _private_network()
    os.environ["PATH"] = ("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                          "/sbin:/bin")


class Host:
    """A host of its own network namespace, wired to the gate's.

    Both ends have addresses with no prefix but the peer, so that any two
    addresses can be neighbours.
    """

    _last = 0

    def __init__(self, address, gate="192.168.1.1"):
        Host._last += 1
        near, far = f"sp{Host._last}g", f"sp{Host._last}h"
        self.address, self.gate = address, gate
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        unshare(CLONE_NEWNET)
        self.fd = os.open("/proc/thread-self/ns/net",
                          os.O_RDONLY | os.O_CLOEXEC)
        setns(home)
        os.close(home)
        ip("link", "add", near, "type", "veth", "peer", "name", far)
        ip("link", "set", far, "netns", f"/proc/{os.getpid()}/fd/{self.fd}")
        ip("addr", "add", gate, "peer", f"{address}/32", "dev", near)
        ip("link", "set", near, "up")
        with self.inside():
            ip("link", "set", "lo", "up")
            ip("addr", "add", address, "peer", f"{gate}/32", "dev", far)
            ip("link", "set", far, "up")

    @contextlib.contextmanager
    def inside(self):
        """Sockets and processes made in here belong to the host."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(self.fd)
            yield
        finally:
            setns(home)
            os.close(home)

    def close(self):
        os.close(self.fd)


def find_program(name):
    """Absolute path of a program, or None."""
    return shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:"
                        "/usr/bin:/sbin:/bin:/usr/lib/git-core")
