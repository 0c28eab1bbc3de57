#!/usr/bin/env python3
"""Real xinetd configurations: what the loader makes of them, beside xinetd.

The files and xinetd's answers are no part of the sources. They are looked for
in SALLYPORT_SHARED, or in "shared" beside the source tree; where they are not,
the suite says so and passes. Each file is loaded in a root directory of its
own, with the users, hosts, services and servers that xinetd was given.
"""

import fnmatch
import glob
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import differences
import lib
import world
from answers import EMPTY, ours_of, theirs_of
from lib import is_, note, ok

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SHARED = os.environ.get("SALLYPORT_SHARED") or \
    os.path.join(os.path.dirname(SOURCE), "shared")
CORPUS = SHARED + "/corpus/xinetd"
ANSWERS = SHARED + "/corpus/xinetd-oracle"
ORACLE = SHARED + "/oracle/xinetd-oracle"
CONF = "/etc/xinetd.conf"
KINDS = ("users", "groups", "hosts", "services_added")


def load_oracle():
    """The program that asked xinetd: it knows how to build the same root."""
    loader = importlib.machinery.SourceFileLoader("oracle", ORACLE)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("oracle", loader))
    loader.exec_module(module)
    return module


# --- loading one file ---------------------------------------------------------

def make_template(oracle, top):
    """A root directory with our loader and what it needs."""
    root = top + "/template"
    for name in ("etc/xinetd.d", "run", "var/log", "tmp", "dev", "root",
                 "proc", "bin", "usr/sbin"):
        os.makedirs(f"{root}/{name}")
    program = lib.LIBEXEC + "/sallyport-load"
    shutil.copy2(os.path.realpath(program), root + "/bin/sallyport-load")
    for path in oracle.ldd(program):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        shutil.copy2(os.path.realpath(path), root + path)
    for name in ("protocols", "rpc", "services"):
        shutil.copy2("/etc/" + name, f"{root}/etc/{name}")
    os.makedirs(root + "/usr/share/zoneinfo")
    shutil.copy2(os.path.realpath("/usr/share/zoneinfo/UTC"),
                 root + "/usr/share/zoneinfo/UTC")
    oracle.put(root, "/etc/host.conf", "multi on\n")
    oracle.put(root, "/etc/resolv.conf", "")
    oracle.put(root, "/etc/nsswitch.conf", "".join(
        f"{name}: files\n" for name in ("passwd", "group", "hosts", "services",
                                        "protocols", "rpc", "networks")))
    return root


def show(oracle, template, env, files):
    """The loader's answer, as JSON, from a root directory of its own."""
    root = os.path.dirname(template) + "/root"
    oracle.build_root(template, root, env, files)
    world.mount("/proc", root + "/proc", flags=world.MS_BIND | world.MS_REC)
    try:
        done = subprocess.run(
            ["/bin/sallyport-load", "--show", "--json", "--secrets", CONF],
            preexec_fn=lambda: os.chroot(root), cwd="/", env={"TZ": "UTC"},
            capture_output=True, timeout=60)
    finally:
        world.umount(root + "/proc")
        shutil.rmtree(root)
    if done.returncode > 1:
        raise OSError(f"loader exits {done.returncode}: {done.stderr!r}")
    return json.loads(done.stdout)


def read_files(path):
    """What stands where: one file, or a tree that is all of /etc."""
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            return {CONF: file.read()}
    files = {}
    for base, _, names in os.walk(path):
        for name in sorted(names):
            full = os.path.join(base, name)
            with open(full, "rb") as file:
                files["/etc/" + os.path.relpath(full, path)] = file.read()
    return files


# --- comparing ----------------------------------------------------------------

def errors_of(ours):
    """Why the whole is refused, or something nobody can be blamed for."""
    return [f"line {d['line']}: {d['message']}" for d in ours["diagnostics"]
            if d["effect"] != "warning"]


def class_of(theirs, ours):
    if theirs in EMPTY:
        return "set"
    return "unset" if ours in EMPTY else "other"


def key_of(entry):
    """Of xinetd's answer, which tells lines but not files."""
    return entry["name"], entry.get("line", 0)


def place_of(entry):
    """The same of ours."""
    return entry["name"], int(entry["place"].rpartition(":")[2])


def compare(answer, ours):
    """Pairs of (service, attribute, class, theirs, ours) that differ."""
    found = []
    services = {place_of(s): s for s in ours["services"]}
    accepted = {key_of(a): a for a in answer["accepted"]}
    for key, entry in accepted.items():
        mine = services.get(key)
        state = "absent" if mine is None else mine["state"] \
            if ours["usable"] else "refused"
        if state != "accepted":
            found.append((key[0], "service", state, "accepted",
                          mine["reasons"] if mine and mine["reasons"] else
                          errors_of(ours)))
            continue
        theirs, value = theirs_of(entry, answer), ours_of(mine, answer)
        hidden = set()
        if theirs["log_type"] == "none":    # the dump does not show them
            hidden |= {"log_on_success", "log_on_failure"}
        if "rpc_number" not in value:       # ours is looked up later
            hidden.add("rpc_number")
        for name in sorted((set(theirs) | set(value)) - hidden):
            one, other = theirs.get(name), value.get(name)
            if one != other and not (one in EMPTY and other in EMPTY):
                found.append((key[0], name, class_of(one, other), one, other))
    for key, entry in services.items():
        if entry["state"] == "accepted" and ours["usable"] and \
                key not in accepted:
            why = [r["kind"] + ": " + r["reason"] for r in answer["rejected"]
                   if r["name"] == key[0]]
            found.append((key[0], "service", "accepted", why, "accepted"))
    return found


def row_for(name, variant, found, used):
    """The row that names this difference; it is marked as used."""
    for number, row in enumerate(differences.ROWS):
        if row[1] not in ("*", variant) or row[2] not in ("*", found[0]) or \
                row[3:5] != found[1:3]:
            continue
        for pattern in row[0].split():
            if fnmatch.fnmatchcase(name, pattern):
                used.add((number, pattern))
                return row
    return None


def judge(name, variant, answer, ours, used):
    """Differences without a row, as text."""
    unexplained = []
    for found in compare(answer, ours):
        row = row_for(name, variant, found, used)
        if row is None:
            unexplained.append(f"{variant}: {found[0]}.{found[1]} "
                               f"({found[2]}): xinetd {found[3]}, "
                               f"here {found[4]}")
    return unexplained


def empty_env(env):
    full = {kind: dict(env.get(kind, {})) for kind in KINDS}
    full["servers"] = env.get("servers", [])
    full["dirs"] = env.get("dirs", [])
    return full


def compare_file(oracle, template, path, used):
    name = os.path.relpath(path, CORPUS)
    with open(f"{ANSWERS}/{name}.json", encoding="ascii") as file:
        answer = json.load(file)
    files = read_files(path)
    env = empty_env(answer["env"])
    around = {"base_passwd": oracle.BASE_PASSWD, "hosts": {
        "localhost": "127.0.0.1", **env["hosts"]}}
    answer.update(around)
    unexplained = judge(name, "as is", answer,
                        show(oracle, template, env, files), used)
    second = answer["enabled_variant"]
    if second is not None:
        files = {k: oracle.DIS.sub(rb"\1no\2", v) for k, v in files.items()}
        second.update(around)
        env["services_added"] = second.get("services_added", {})
        unexplained += judge(name, "enabled", second,
                             show(oracle, template, env, files), used)
    is_(unexplained, [], f"{name}: no difference but those that are listed")


def corpus():
    """Every file, as it is and with everything enabled."""
    if not os.path.isdir(CORPUS):
        ok(True, f"# SKIP there is no corpus in {SHARED}")
        return
    oracle = load_oracle()
    top = lib.DIR + "/corpus"
    os.makedirs(top)
    world.tmpfs(top)
    template = make_template(oracle, top)
    used = set()
    paths = sorted(glob.glob(CORPUS + "/*.conf") +
                   glob.glob(CORPUS + "/derived/*.conf") +
                   glob.glob(CORPUS + "/derived/tree"))
    for path in paths:
        compare_file(oracle, template, path, used)
    note(f"{len(paths)} files")
    unused = [(pattern, *row[1:]) for number, row in
              enumerate(differences.ROWS) for pattern in row[0].split()
              if (number, pattern) not in used]
    is_(unused, [], "every listed difference exists")


def table():
    """Nothing runs that xinetd refused unless a number says why."""
    bad = [row for row in differences.ROWS if row[3:5] ==
           ("service", "accepted") and not re.fullmatch(r"D\d+", row[5])]
    is_(bad, [], "what only we accept is a deliberate difference")
    unknown = [row for row in differences.ROWS
               if row[5] not in differences.numbers()]
    is_(unknown, [], "every number stands in sallyport-xinetd(7)")


def made_up():
    """One service as both would answer, the same in everything."""
    theirs = {
        "name": "a", "id": "a", "line": 3, "socket_type": "stream",
        "protocol": "tcp", "wait": "no", "port": 99, "user": 2000,
        "groups": "no", "server": "/bin/a", "server_argv": ["a", "-x"],
        "flags": ["NODELAY", "IPv6"], "type": ["UNLISTED"], "nice": 3,
        "instances": 4, "per_source": 2, "cps": [9, 8], "env": ["K=v"],
        "only_from": ["10.1.0.0(NUMERIC)", "10.2.0.0/255.255.0.0(NET)"],
        "no_access": ["10.1.2.3(NUMERIC)"], "access_times": ["01:00-02:00"],
        "log_type": ["SYSLOG", "daemon", "info"], "umask": "22",
        "log_on_success": ["PID"], "log_on_failure": ["HOST"]}
    words = {
        "socket_type": "stream", "protocol": "tcp", "wait": "no",
        "port": "99", "launch_ids": "2000 2000", "groups": "no",
        "server": "/bin/a", "server_args": "-x", "flags": "NODELAY",
        "type": "UNLISTED", "nice": "3", "instances": "4",
        "per_source": "2", "cps": "9 8", "env": "K=v",
        "only_from": "10.2.0.0/16 10.1.0.0", "no_access": "10.1.2.3",
        "access_times": "01:00-02:00", "umask": "022",
        "log_type": "SYSLOG daemon info", "log_on_success": "PID",
        "log_on_failure": "HOST", "listen": "4 0.0.0.0 99 6 :: 99"}
    answer = {"accepted": [theirs], "rejected": [], "defaults": None,
              "base_passwd": [], "hosts": {}}
    ours = {"usable": True, "diagnostics": [], "services": [{
        "name": "a", "id": "a", "place": CONF + ":3", "state": "accepted",
        "reasons": [], "attributes": {
            k: {"value": v.split()} for k, v in words.items()}}]}
    return answer, ours


CHANGES = [
    ("port", 98), ("user", 0), ("wait", "yes"), ("server", "/bin/b"),
    ("server_argv", ["a"]), ("flags", ["IPv6"]), ("instances", 5),
    ("per_source", "UNLIMITED"), ("cps", [9, 9]), ("env", ["K=w"]),
    ("only_from", ["10.1.0.0(NUMERIC)"]), ("no_access", []),
    ("access_times", ["01:00-03:00"]), ("groups", "yes"), ("nice", 4),
    ("umask", "27"), ("log_on_success", []), ("protocol", "udp"),
    ("socket_type", "dgram"), ("type", []), ("id", "b"),
    ("log_on_failure", ["HOST", "USERID"]), ("bind", "127.0.0.1"),
    ("log_type", ["SYSLOG", "daemon", "debug"]),
]


def notices():
    """The comparison itself: every single change is seen, and only it."""
    is_(compare(*made_up()), [], "the same is the same")
    for name, value in CHANGES:
        answer, ours = made_up()
        answer["accepted"][0][name] = value
        if name == "user":      # its login group goes with it
            answer["accepted"][0]["group"] = 2000
        is_([found[1] for found in compare(answer, ours)], [name],
            f"a change of {name} is noticed")
    answer, ours = made_up()
    answer["accepted"][0]["flags"] = ["NODELAY", "IPv4"]
    is_([found[1] for found in compare(answer, ours)], ["family"],
        "a change of the family is noticed")
    answer, ours = made_up()
    ours["services"][0]["state"] = "refused"
    is_([found[:3] for found in compare(answer, ours)],
        [("a", "service", "refused")], "a refused service is noticed")
    answer, ours = made_up()
    answer["accepted"] = []
    is_([found[:3] for found in compare(answer, ours)],
        [("a", "service", "accepted")], "and one that only we accept")
    answer, ours = made_up()
    ours["usable"] = False
    is_([found[:3] for found in compare(answer, ours)],
        [("a", "service", "refused")], "and a load that is refused")


corpus.seconds = 240

if __name__ == "__main__":
    lib.main([notices, table, corpus])
