#!/usr/bin/env python3
"""flags = LABELED: a server in its client's SELinux context, or no server.

The kernels that run this have no SELinux as a rule. What it would answer comes
from a preloaded library; sallyport-label and libselinux are the real ones.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import DIR, eventually, is_, like, ok, service

PORT = 7400
ASKED = f"{DIR}/asked/context"
OWN = "system_u:system_r:inetd_t:s0-s0:c0.c1023"
KERNEL = {
    "SELINUX_OWN": OWN,
    "SELINUX_CLIENT": "staff_u:staff_r:staff_t:s3:c5,c9",
    "SELINUX_FILE": "system_u:object_r:in_exec_t:s0",
    "SELINUX_SERVER": "system_u:system_r:in_t:s0-s0:c0.c1023",
}

# Name, what this kernel says otherwise, what is asked for or the words of the
# failure.
ROWS = [
    ("ranged", {}, "system_u:system_r:in_t:s3:c5,c9", None),
    ("cleared", {"SELINUX_CLIENT": "u:r:t:s0-s15:c0.c3"},
     "system_u:system_r:in_t:s0-s15:c0.c3", None),
    ("unlabelled", {"SELINUX_CLIENT": None}, None,
     "label of the client: Protocol not available"),
    ("levelless", {"SELINUX_CLIENT": "u:r:t"}, None,
     "context with the client's range: Invalid argument"),
    ("nonsense", {"SELINUX_CLIENT": "x"}, None,
     "context with the client's range: Invalid argument"),
    ("forbidden", {"SELINUX_SERVER": None}, None,
     "SELinux context of the server: Protocol not available"),
    ("fileless", {"SELINUX_FILE": None}, None,
     "SELinux context of the server: Protocol not available"),
    ("plain", {"SELINUX_OWN": None}, None,
     "SELinux: Operation not supported"),
]


def has_helper():
    return os.path.exists(f"{lib.LIBEXEC}/sallyport-label")


def labeled(number, name, changes):
    kernel = {key: value for key, value in {**KERNEL, **changes}.items()
              if value is not None}
    kernel.update(LD_PRELOAD=lib.server("selinux.so"), SELINUX_ASKED=ASKED,
                  # A sanitizer that is not first in line.
                  ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    return service(name, PORT + number, lib.server("creds"), user="nobody",
                   flags="IPv4 LABELED", server_args="one two",
                   env=" ".join(f"{key}={value}"
                                for key, value in kernel.items()))


def answers():
    os.makedirs(os.path.dirname(ASKED), exist_ok=True)
    os.chmod(os.path.dirname(ASKED), 0o777)
    config = "".join(labeled(i, row[0], row[1]) for i, row in enumerate(ROWS))
    with lib.Gate(config) as gate:
        for i, (name, _, wanted, failure) in enumerate(ROWS):
            if os.path.exists(ASKED):
                os.unlink(ASKED)
            said, _ = lib.ask(PORT + i, finish=True)
            if wanted is not None:
                server = lib.parse_creds(said)
                is_((server.get("argv"), server.get("fds"),
                     server.get("end")), (["creds", "one", "two"], "0 1 2",
                                          "1"), f"{name}: the server runs")
                with open(ASKED, encoding="ascii") as file:
                    is_(file.read(), wanted, f"{name}: in that context")
                continue
            is_(said, b"", f"{name}: no server, not a byte")
            ok(not os.path.exists(ASKED), f"{name}: no context")
            eventually(lambda: f"service {name}: server " in gate.stderr(),
                       f"{name}: the failure is reported")
            like(gate.stderr(), f"service {name}: server /\\S+/creds "
                 f"\\(\\d+\\) did not start: flag LABELED: {failure}",
                 f"{name}: with the step")
        ok(len(gate.wait_records(len(ROWS), "connection-closed")) ==
           len(ROWS), "each has its records")
        is_(sorted({record["process"]["exit_code"] for record in
                    gate.records("connection-closed")}), [0, 126],
            "126 is the exit code of what did not become a server")


def without_help():
    """As it is on this machine, and where the helper is not installed."""
    config = service("bare", PORT, lib.server("creds"), flags="IPv4 LABELED")
    with lib.Gate(config) as gate:
        said, _ = lib.ask(PORT, finish=True)
        if os.path.exists("/sys/fs/selinux/enforce"):
            lib.note("a kernel with SELinux")
        else:
            is_(said, b"", "a kernel without SELinux runs no server")
        ok(gate.wait_records(1, "connection-closed"), "with its record")


def refused():
    """A sallyport that was built without it says so at load."""
    with lib.Gate(service("bare", PORT, lib.server("creds"),
                          flags="IPv4 LABELED") +
                  service("other", PORT + 1, lib.server("creds"))) as gate:
        is_(sorted(gate.services()), ["other"], "the service is not offered")
        eventually(lambda: "configure --with-selinux" in gate.stderr(),
                   "and the way to it is shown")


if __name__ == "__main__":
    lib.main([answers, without_help] if has_helper() else [refused])
