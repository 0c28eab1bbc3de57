"""One form for what xinetd and we say about a service.

parse_dump() reads the state dump that xinetd writes on SIGUSR1. theirs_of()
and ours_of() make the same dictionary of an entry in it and of an entry that
"sallyport show --json" gives, so that two answers can be compared attribute by
attribute. `around` is what the dump does not say: "defaults" (its entry of
that name), "base_passwd" (name, uid, gid) and "hosts" (name: address).
"""

import ipaddress
import os
import re

EMPTY = (None, [], "UNLIMITED", "none")     # ways to say nothing

# --- xinetd's state dump ------------------------------------------------------

NAMES = {"PER_SOURCE": "per_source", "CPS": "cps", "Server argv": "server_argv",
         "Log_on_success flags": "log_on_success",
         "Log_on_failure flags": "log_on_failure",
         "program number": "rpc_number"}
LISTS = ("flags", "type", "server_argv", "access_times", "log_on_success",
         "log_on_failure", "passenv", "only_from", "no_access")
NUMBERS = ("port", "user", "group", "nice", "deny_time", "rpc_number")
NOBODY = ("All sites", "No blocked sites")
COUNTERS = {"running servers": "running", "retry servers": "retry",
            "attempts": "attempts", "service fd": "fd"}


def _log_of(line):
    if match := re.match(r"Logging to file: (\S+) \((?:soft=(-?\d+) "
                         r"hard=(-?\d+)|no limits)\)", line):
        return ["FILE", match[1], *(int(n) for n in match.groups()[1:] if n)]
    if match := re.match(r"Logging to syslog. Facility = (\S+), level = (.+)",
                         line):
        return ["SYSLOG", match[1], match[2]]
    return "common" if "common" in line else "none"


def _value_of(name, text):
    if name == "cps":
        return [int(n) for n in re.findall(r"\d+", text)]
    if name in LISTS:
        return [] if text in NOBODY else text.split()
    if name == "per_source" and text == "-1":
        return "UNLIMITED"
    return int(text) if name in NUMBERS else text


def _entry_of(lines):
    entry, words = {}, None
    for line in lines:
        line = line.strip()
        if line in ("Environment additions:", "Environment strings:"):
            name = "env" if "additions" in line else "environ"
            words = entry.setdefault(name, [])
        elif words is not None and re.match(r"[^ ]+=", line):
            words.append(line)
        elif line.startswith(("Logging to", "No logging")):
            entry["log_type"] = _log_of(line)
        elif match := re.match(r"Protocol \(name,number\) = \((.*),", line):
            entry["protocol"] = match[1]
        elif match := re.match(r"([A-Za-z_][A-Za-z_ ]*?)(?: =|:) ?(.*)$", line):
            name, text = match[1], match[2].strip()
            name = COUNTERS.get(name) or NAMES.get(name) or \
                name.lower().replace(" ", "_")
            if (name, text) != ("bind", "All addresses."):
                entry[name] = _value_of(name, text)
    return entry


def parse_dump(text):
    """(defaults, services in their order) of one state dump."""
    body = text.partition("Services + defaults:\n")[2]
    body = body.partition("Server table dump:")[0]
    first, *rest = re.split(r"(?m)^Service = ", body)
    services = []
    for chunk in rest:
        name, *lines = chunk.split("\n")
        services.append({"name": name, **_entry_of(lines)})
    return _entry_of(first.split("\n")), services


# --- the two made alike -------------------------------------------------------

def network(word):
    """An address of only_from or no_access, however it is written."""
    match = re.fullmatch(r"(.*)\((NUMERIC|NET|HOST)\)", word)
    word, kind = match.groups() if match else (word, "")
    address, _, mask = word.partition("/")
    try:
        if mask.startswith("f") or mask == "::":
            bits = bin(int(ipaddress.IPv6Address(mask))).count("1")
            return str(ipaddress.ip_network(f"{address}/{bits}", False))
        if kind != "HOST" and not mask and re.fullmatch(r"[\d.]+", address):
            octets = [int(o) for o in address.split(".") if o] + [0] * 4
            used = max((n + 1 for n in range(4) if octets[n]), default=0)
            mask = str(8 * used)
            address = ".".join(str(o) for o in octets[:4])
        return str(ipaddress.ip_network(
            f"{address}/{mask}" if mask else address, False))
    except ValueError:
        return word


def login_group(around, uid):
    """The group that xinetd takes and does not show."""
    for _, known, gid in around["base_passwd"]:
        if known == uid:
            return str(gid)
    return str(uid)     # of the users that were made


def theirs_of(entry, around):
    """What xinetd's dump says about a service."""
    value = {}
    defaults = around["defaults"] or {}
    for name in ("id", "socket_type", "protocol", "wait", "port", "user",
                 "group", "groups", "server", "nice", "bind", "redirect",
                 "rpc_number", "rpc_version", "deny_time", "libwrap"):
        if name in entry:
            value[name] = str(entry[name])
    for name in ("only_from", "no_access"):
        value[name] = sorted({network(w) for w in entry.get(name, [])})
    flags = set(entry.get("flags", []))
    value["family"] = "4" if "IPv4" in flags else "6"
    value["flags"] = sorted(flags - {"IPv4", "IPv6"})
    for name in ("type", "log_on_success", "log_on_failure"):
        value[name] = sorted(entry.get(name, []))
    for name in ("server_argv", "access_times", "env", "passenv"):
        value[name] = entry.get(name, [])
    value["instances"] = str(entry.get("instances", defaults.get(
        "instances", "UNLIMITED")))
    value["per_source"] = str(entry.get("per_source", "UNLIMITED"))
    value["cps"] = entry.get("cps", defaults.get("cps", [50, 10]))
    value["log_type"] = entry.get("log_type", "none")
    if value["log_type"] == "common":
        value["log_type"] = defaults.get("log_type", "none")
    if "umask" in entry:
        value["umask"] = str(int(entry["umask"], 8))
    if "user" in entry and "group" not in entry:
        value["group"] = login_group(around, entry["user"])
    if "bind" in value:
        value["bind"] = around["hosts"].get(value["bind"], value["bind"])
    if "redirect" in value:
        host, _, port = value["redirect"].rpartition(":")
        value["redirect"] = around["hosts"].get(host, host) + ":" + port
    low, _, high = value.get("rpc_version", "").partition("-")
    if low:
        value["rpc_version"] = f"{low}-{high or low}"
    return value


def words_of(entry, name):
    """The words of an attribute's value; none when it has none."""
    return entry["attributes"].get(name, {"value": []})["value"]


def ours_of(entry, around):
    """The same from what the loader shows."""
    value = {"id": entry["id"]}
    for name in ("socket_type", "protocol", "wait", "port", "groups",
                 "server", "nice", "bind", "rpc_number", "rpc_version",
                 "instances", "per_source"):
        if words_of(entry, name):
            value[name] = words_of(entry, name)[0]
    ids = words_of(entry, "launch_ids")
    if ids:
        value["user"], value["group"] = ids[:2]
    for name in ("only_from", "no_access"):
        value[name] = sorted({network(w) for w in words_of(entry, name)})
    listen = words_of(entry, "listen")
    flags = set(words_of(entry, "flags"))
    value["family"] = "4" if listen and "6" not in listen[::3] or \
        not listen and flags & {"IPv4", "IPv6"} == {"IPv4"} else "6"
    value["flags"] = sorted(flags - {"IPv4", "IPv6"})
    for name in ("type", "log_on_success", "log_on_failure"):
        value[name] = sorted(words_of(entry, name))
    for name in ("access_times", "env", "passenv"):
        value[name] = words_of(entry, name)
    args = words_of(entry, "server_args")
    if "server" in value and "NAMEINARGS" not in flags:
        args = [os.path.basename(value["server"])] + args
    value["server_argv"] = args
    value["cps"] = [int(w) for w in words_of(entry, "cps")]
    if words_of(entry, "redirect"):
        host, port = words_of(entry, "redirect")
        value["redirect"] = around["hosts"].get(host, host) + ":" + port
    log = [int(w) if w.isdigit() else w for w in words_of(entry, "log_type")]
    value["log_type"] = log or "none"
    if "bind" in value:
        value["bind"] = around["hosts"].get(value["bind"], value["bind"])
    if words_of(entry, "umask"):
        value["umask"] = str(int(words_of(entry, "umask")[0], 8))
    if "SENSOR" in flags:
        value["deny_time"] = words_of(entry, "deny_time")[0]
    return value
