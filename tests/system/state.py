"""The state files as src/shared/state.h lays them out.

Read without any of our programs, so that a test does not believe what it is
there to check.
"""

import ctypes
import ipaddress
import os

SERVICES = 4096
INSTANCES = 32768
HELPERS = 16
SINKS = 256

U32, U64, I32 = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int32
UNUSED, LISTENING, FAILED, GONE = range(4)


class Header(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_char * 8), ("version", U32), ("size", U32)]


class Address(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint8), ("zero", ctypes.c_uint8),
                ("port", ctypes.c_uint16), ("scope", U32),
                ("bytes", ctypes.c_uint8 * 16)]

    def text(self):
        raw = bytes(self.bytes)
        if self.family == 4:
            return str(ipaddress.IPv4Address(raw[:4]))
        return str(ipaddress.IPv6Address(raw))


class Service(ctypes.Structure):
    _fields_ = [("id", ctypes.c_char * 64), ("status", U32),
                ("instances", U32), ("limit", U32), ("index", U32),
                ("started", U64), ("refused", U64), ("listen", Address * 8),
                ("listeners", U32), ("freebind", U32), ("kind", U32),
                ("busy", U32), ("rpc_program", U32), ("taken", U32),
                ("path", ctypes.c_char * 112)]


class Instance(ctypes.Structure):
    _fields_ = [("pid", I32), ("service", U32), ("conn", U64),
                ("generation", U64), ("start_us", U64), ("deadline_ms", U64),
                ("source", Address), ("uid", U32), ("is_relayed", U32)]


class Helper(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 16), ("pid", I32), ("restarts", U32),
                ("layers", U32), ("draining", U32), ("generation", U64),
                ("start_us", U64)]


class ParentState(ctypes.Structure):
    _fields_ = [("h", Header), ("pid", I32), ("stopping", U32), ("boot", U64),
                ("start_us", U64), ("generation", U64), ("loads", U64),
                ("loads_refused", U64), ("last_load_us", U64),
                ("last_load_status", U32), ("processes", U32),
                ("service_count", U32), ("instance_high", U32),
                ("logs_closed", U32), ("sessions", U32),
                ("connections_lost", U64), ("connections_doubtful", U64),
                ("accepted", U64), ("allowed", U64), ("denied", U64),
                ("last_error_us", U64), ("services_refused", U64),
                ("last_error", ctypes.c_char * 256),
                ("helpers", Helper * HELPERS),
                ("services", Service * SERVICES),
                ("instances", Instance * INSTANCES)]


class DispatchService(ctypes.Structure):
    _fields_ = [("allowed", U64), ("denied", U64)]


class DispatchState(ctypes.Structure):
    _fields_ = [("h", Header), ("generation", U64), ("stage", U64),
                ("accepted", U64), ("denied", U64), ("handed", U64),
                ("window_stops", U64),
                ("services", DispatchService * SERVICES)]


class Sink(ctypes.Structure):
    _fields_ = [("written", U64), ("lost", U64), ("is_open", U32),
                ("last_errno", U32)]


class LogState(ctypes.Structure):
    _fields_ = [("h", Header), ("sequence", U64), ("written", U64),
                ("lost", U64), ("sinks", Sink * SINKS),
                ("paths", (ctypes.c_char * 128) * SINKS)]


# Everything in front of the long tables, for questions asked often.
_HEAD = ParentState.services.offset


class Wrong(Exception):
    """A state file is not what state.h says."""


def _check(header, kind, size):
    if header.magic != b"SALLYP" and bytes(header.magic)[:6] != b"SALLYP":
        raise Wrong(f"magic of the {kind} state is {header.magic!r}")
    if header.size != size:
        raise Wrong(f"the {kind} state says {header.size} bytes, state.py "
                    f"knows {size}: one of them is out of date")


def _read(path, kind, what, length):
    with open(path, "rb", buffering=0) as file:
        data = os.pread(file.fileno(), length, 0)
    if len(data) < length:
        raise Wrong(f"{path} has only {len(data)} bytes")
    state = what.from_buffer_copy(data.ljust(ctypes.sizeof(what), b"\0"))
    _check(state.h, kind, ctypes.sizeof(what))
    return state


def parent(run_dir, whole=False):
    length = ctypes.sizeof(ParentState) if whole else _HEAD
    return _read(os.path.join(run_dir, "parent.state"), "parent", ParentState,
                 length)


def dispatch(run_dir):
    return _read(os.path.join(run_dir, "dispatch.state"), "dispatch",
                 DispatchState, ctypes.sizeof(DispatchState))


def log(run_dir):
    return _read(os.path.join(run_dir, "log.state"), "log", LogState,
                 ctypes.sizeof(LogState))


def services(run_dir):
    """Used service slots by id."""
    state = parent(run_dir, whole=True)
    return {s.id.decode(): s for s in state.services[:state.service_count]
            if s.status != UNUSED}


def instances(run_dir):
    state = parent(run_dir, whole=True)
    return [i for i in state.instances[:state.instance_high] if i.pid != 0]


def helpers(run_dir):
    return [h for h in parent(run_dir).helpers if h.pid != 0]
