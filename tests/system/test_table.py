#!/usr/bin/env python3
"""The operator's own table: xinetd's files, unchanged, do what they say."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import (Host, Terminal, ask, eventually, field, is_, like, unlike, note, ok,
                 unlike)

XINETD_CONF = """\
# Einfache Konfiguration — простая настройка — 簡単な設定
defaults
{
\tinstances       = 60 # höchstens sechzig zugleich
\tlog_type        = SYSLOG authpriv # журнал входов
\tlog_on_success  = HOST PID # 接続元とプロセス番号
\tlog_on_failure  = HOST # يسجل المضيف
\tcps             = 25 30 # עד עשרים וחמש בשנייה
}

includedir /etc/xinetd.d
"""

TELNET = """\
# default: on — ค่าเริ่มต้น
service telnet
{
\tdisable         = no # ไม่ปิด
\tonly_from       = 192.168.1.0/24 # το δίκτυο του εργοστασίου
\tno_access       = 192.168.1.3 # 이 호스트는 안 됨
\tflags           = REUSE # újra
\tsocket_type     = stream # धारा
\twait            = no # không đợi
\tuser            = root # суперпользователь
\tserver          = %s # 服务器
\tlog_on_failure  += USERID # қосымша
}
"""

GATE = "192.168.1.1"
hosts = {}


def find_audit():
    """Where the loader's own default puts the records."""
    with open(lib.LIBEXEC + "/sallyport-load", "rb") as file:
        found = re.search(rb"(/[\x21-\x7e]*/log/sallyport/audit\.jsonl)\0",
                          file.read())
    path = found.group(1).decode() if found else \
        "/var/log/sallyport/audit.jsonl"
    directory = os.path.dirname(path)
    if not os.path.isdir(directory):
        os.makedirs(directory, 0o750)
    lib.tmpfs(directory, "mode=750")
    return path


def refused_by(address, host, gate=GATE):
    """A telnet client of that host gets nothing at all."""
    data, fate = ask(23, gate, host=host)
    is_((data, fate), (b"", "eof"), f"{address} is refused without a byte")


def served_by(address, host):
    with Terminal([lib.find_program("telnet"), GATE], host=host) as terminal:
        ok(terminal.expect("login: ", 20), f"{address} gets a login prompt "
           "from the real telnetd", seen=terminal.seen)


def syslog_lines(devlog):
    """The classic lines without time and with pids kept apart."""
    lines = []
    for line in devlog.find(r"(START|FAIL|EXIT|USERID|NOID): "):
        match = re.fullmatch(r"<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
                             r"(\S+)\[(\d+)\]: (.*)", line)
        lines.append(match.groups() if match else (line,))
    return lines


def table():
    """Items of the list in order: load, serve, refuse, log."""
    telnetd = lib.find_program("telnetd") or lib.find_program("in.telnetd")
    telnet = lib.find_program("telnet")
    if not ok(telnetd and telnet, "a telnetd and a telnet are installed"):
        return
    lib.write("/etc/xinetd.conf", XINETD_CONF)
    lib.write("/etc/xinetd.d/telnet", TELNET % telnetd)
    for address in ("192.168.1.2", "192.168.1.3", "192.168.1.77", "10.9.9.9"):
        hosts[address] = Host(address, GATE)
    checked = lib.sallyport("check", "--libexec", lib.LIBEXEC,
                            "/etc/xinetd.conf")
    is_(checked.returncode, 0, "sallyport check finds no fault",
        out=checked.stdout, err=checked.stderr)
    unlike(checked.stdout + checked.stderr, "not supported",
           "and nothing in it is left out")
    with lib.DevLog() as devlog, \
            lib.Gate(path="/etc/xinetd.conf", audit=find_audit()) as gate:
        play(gate, devlog)


def play(gate, devlog):
    before = lib.children_of(gate.pid)
    refused_by("192.168.1.3", hosts["192.168.1.3"])
    refused_by("10.9.9.9", hosts["10.9.9.9"])
    refused_by("127.0.0.1", None, "127.0.0.1")
    is_(lib.children_of(gate.pid), before, "no process was started for them")
    served_by("192.168.1.2", hosts["192.168.1.2"])
    served_by("192.168.1.77", hosts["192.168.1.77"])
    over6 = ask(23, "::1")
    ok(over6[0] == b"", "::1 is not served", got=over6)
    eventually(lambda: not gate.instances(), "both servers end with their "
               "clients", 15)
    judge_lines(gate, devlog)
    judge_records(gate)


def judge_lines(gate, devlog):
    starts = [r["process"]["pid"] for r in
              gate.wait_records(2, "connection-accepted", "telnet")]
    ok(len(starts) == 2, "two servers were started", starts=starts)
    refusals = ["192.168.1.3", "10.9.9.9", "127.0.0.1"]
    refusals += [r["source"]["ip"] for r in
                 gate.records("connection-denied", source_ip="::1")]
    # authpriv is facility 10, info is level 6.
    want = [("86", "xinetd", str(gate.pid),
             f"FAIL: telnet address from={a}") for a in refusals[:3]]
    want += [("86", "xinetd", str(gate.pid),
              f"START: telnet pid={p} from={a}")
             for p, a in zip(starts, ("192.168.1.2", "192.168.1.77"))]
    want += [("86", "xinetd", str(gate.pid),
              f"FAIL: telnet address from={a}") for a in refusals[3:]]
    # USERID asks those who are refused; nobody answers there, in any order.
    nobody = {("86", "xinetd", str(gate.pid), f"NOID: telnet {a} no server")
              for a in refusals}
    lib.wait_for(lambda: len(syslog_lines(devlog)) >=
                 len(want) + len(nobody), 10)
    lines = syslog_lines(devlog)
    is_([line for line in lines if line not in nobody], want,
        "the classic lines are xinetd's to the byte, and no others")
    is_(sorted(set(lines) & nobody), sorted(nobody),
        "and each refused client was asked who it is")
    unlike("\n".join(devlog.lines), "::ffff:", "no mapped address anywhere")


def judge_records(gate):
    line_of = {line.split()[0]: number for number, line in
               enumerate(TELNET.splitlines(), 1) if line.split()}
    listed = gate.records("connection-denied", source_ip="192.168.1.3")
    other = gate.records("connection-denied", source_ip="10.9.9.9")
    if not ok(listed and other, "each refusal has its record"):
        return
    is_(field(listed[0], "rule.name"), "no_access 192.168.1.3",
        "the record names the rule")
    is_(field(listed[0], "rule.reference"),
        f"/etc/xinetd.d/telnet:{line_of['no_access']}",
        "by file and line")
    is_(field(listed[0], "event.original"),
        "FAIL: telnet address from=192.168.1.3", "and the classic line")
    is_(field(other[0], "sallyport.cause"), "only_from",
        "who is on no list is refused by only_from")
    is_(field(other[0], "rule.reference"),
        f"/etc/xinetd.d/telnet:{line_of['only_from']}", "by file and line")
    service = gate.services()["telnet"]
    is_(service.limit, 60, "instances = 60 of defaults is in force")
    is_(service.started, 2, "the parent started two servers in all")
    missing, lost, wrong = lib.check_books(gate.audit())
    is_((missing, lost, wrong), ([], set(), []), "every record number is "
        "there")
    note(f"served 2, refused {len(gate.records('connection-denied'))}, "
         f"records {len(gate.audit())}")


lib.main([table])
