"""Services for datagrams whose server has the socket, and their clients.

The server is tests/servers/wait-server.c; what it writes at each start is read
here.
"""

import contextlib
import os
import socket

from gate import DIR, SLOW, field, server, service
from world import write

UDP = 7300


def path(name):
    return f"{DIR}/{name}"


def fresh(name):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path(name))
    return path(name)


def starts(file):
    """What each start of the server found: [pid, cookie, mode, REMOTE_HOST]"""
    with contextlib.suppress(FileNotFoundError):
        with open(file, encoding="ascii") as lines:
            return [line.rstrip("\n").split(" ", 3) for line in lines]
    return []


def waiting(name, port, words, **more):
    """A datagram service with wait = yes."""
    return service(name, port, server("wait-server"), server_args=words,
                   **{"socket_type": "dgram", "protocol": "udp",
                      "wait": "yes", "user": "plant", **more})


def client(source="127.0.0.1", timeout=5.0, port=UDP):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.connect(("127.0.0.1", port))
    s.settimeout(timeout * SLOW)
    return s


def ask(s, text):
    """(pid, text) that came back, or None."""
    s.send(text.encode())
    return hear(s)


def hear(s):
    with contextlib.suppress(TimeoutError, ConnectionRefusedError):
        pid, _, said = s.recv(2048).decode().partition(" ")
        return int(pid), said
    return None


def usable(name):
    """A file that the server may write to."""
    file = fresh(name)
    write(file, "")
    os.chmod(file, 0o666)
    return file


def dropped(record):
    """How many datagrams a record says the kernel kept out."""
    return field(record, "sallyport.dropped") or 0
