"""Where we do otherwise than xinetd, and why.

One row is one kind of difference. A difference that no row names fails, and so
does a row that names none.

ROWS are differences in what the two load: test_corpus.py compares what both
make of the same files. Columns: file patterns, variant ("as is", "enabled",
"*"), service, attribute, class of our value, number in the list of deliberate
differences, reason.

Attribute "service" is about whether it runs; the class is then what we make of
it: accepted, refused, disabled, or absent. For other attributes it is "set"
where only we have a value, "unset" where only xinetd has, else "other".

TWINS are differences in what the two do: twins.py runs both on the same file
with the same clients. Columns: scenario pattern, which begins with the name of
its suite; patterns of keys, with "|" between them; xinetd's value; our value;
number; reason. ANY stands for any value.
"""

import os
import re

# The example of xinetd's own manual, and what was made from it.
MANUAL = "070-* derived/d05-* derived/d06-*"

ROWS = [
    # What xinetd cannot read and we can.
    ("008-*", "*", "check_mk", "service", "accepted", "D2",
     "no space before an operator"),
    ("013-*", "*", "ctf", "service", "accepted", "D3", "CRLF line ends"),
    ("derived/d01-*", "*", "*", "service", "accepted", "D3",
     "CRLF line ends"),
    ("derived/d02-*", "*", "*", "service", "accepted", "D3",
     "CRLF line ends"),
    ("derived/d03-*", "*", "*", "service", "accepted", "D3",
     "a byte order mark"),
    ("derived/d09-*", "*", "time", "service", "accepted", "D30",
     "RECORD, which xinetd once had, has no effect"),
    ("derived/d10-*", "*", "ftp", "service", "accepted", "D10",
     "access_times until 24:00"),
    ("derived/d10-*", "*", "discard", "service", "accepted", "D40",
     "TRAFFIC without redirect has no effect"),

    # What xinetd ignores and we do not.
    ("028-*", "*", "pwn", "service", "refused", "D6", "kafel_rule"),
    ("055-*", "*", "mdsip", "service", "refused", "D6",
     "disabled, where disable was meant"),
    ("082-*", "*", "tftp", "service", "refused", "D6", "cos"),
    ("084-*", "*", "tftp", "service", "refused", "D6", "protocal"),
    ("117-*", "*", "ctf", "service", "refused", "D6", "kafel_rule"),
    ("derived/d10-*", "*", "pop3", "service", "refused", "D47",
     "+= where only = is known"),
    ("059-*", "*", "nrpe", "service", "refused", "D7",
     "127.0.0. is no address; in xinetd it matches nobody"),
    ("derived/d10-*", "*", "echo", "service", "refused", "D7",
     "127.0.0. is no address; in xinetd it matches nobody"),
    ("033-*", "*", "xdisplay_cont", "service", "refused", "D50",
     "an includedir is skipped after a stray }"),
    ("105-*", "*", "xdisplay_cont", "service", "refused", "D50",
     "limits stand outside any entry, an includedir is skipped"),

    ("derived/d07-*", "*", "*", "service", "refused", "D58",
     "vertical tab and form feed are no blanks"),

    # The same service with other values.
    ("016-* 027-* 034-* 062-* 075-* 094-* 128-* 143-* 144-*", "*", "*",
     "per_source", "set", "D1", "a remark behind the value"),
    ("derived/d10-*", "*", "time", "server_argv", "set", "D12",
     "NAMEINARGS behind server_args"),
    ("derived/d11-*", "*", "time", "only_from", "set", "D4",
     "defaults behind the service"),
    ("derived/d11-*", "*", "time", "no_access", "set", "D4",
     "defaults behind the service"),
    ("derived/d11-*", "*", "time", "log_on_failure", "other", "D4",
     "+= builds on defaults behind the service"),
    ("024-* 034-* 070-* 143-* derived/d05-* derived/d06-*", "*",
     "*", "id", "other", "D52",
     "an id belongs to one service; a second of its name gets its own"),
    ("024-* 070-* 123-* 136-* 138-* 160-* 167-* derived/*", "*", "*", "user",
     "unset", "D61", "internal services and redirects have one user"),
    ("024-* 070-* 123-* 136-* 138-* 160-* 167-* derived/*", "*", "*", "group",
     "unset", "D61", "internal services and redirects have one user"),
    (MANUAL, "*", "rstatd", "type", "other", "D17",
     "no helper stands in front of a service with INTERCEPT"),
    (MANUAL, "*", "rstatd", "server", "set", "D17",
     "xinetd shows its helper in place of the server"),
    (MANUAL, "*", "rstatd", "server_argv", "set", "D17",
     "xinetd shows its helper in place of the server"),
]

ANY = "(any)"

TWINS = [
    ("config/lines", "remark", "", "nice=5", "D1", "a remark is a remark"),
    ("config/lines", "limit-remark", "", "per_source=10", "D1",
     "a remark is a remark"),
    ("config/lines", "no-blank|no-blank-before", "refused", "nice=5", "D2",
     "no blank before the operator"),
    ("config/lines", "unknown|no-value|two-values", "", "refused", "D6",
     "an unknown attribute, a wrong number of values"),
    ("config/lines", "allow-typo|ban-typo", "", "refused", "D7",
     "no address"),
    ("config/lines", "overflow", "instances=1", "refused", "D13",
     "4294967297 is not 1"),
    ("config/lines", "root-by-overflow", "", "refused", "D13",
     "4294967296 is not root"),
    ("config/lines", "load|record", "refused", "", "D30",
     "max_load = 0 is off; RECORD is of the past"),
    ("config/lines", "no-list", "", "refused", "D47", "+= on a number"),
    ("config/broken-brace-remark", "offered", [], ["a", "b"], "D1",
     "a remark behind the closing brace"),
    ("config/broken-same-line", "offered", ["b"], ["a", "b"], "D2",
     "the brace on the service's line"),
    ("config/broken-crlf", "offered", [], ["a", "b"], "D3", "CR LF"),
    ("config/broken-include-*", "starts", "yes", "no", "D34",
     "a file that cannot be included may hold restrictions"),
    ("config/position", "before: 127.0.0.5", True, False, "D4",
     "defaults behind the service hold for it"),
    ("config/position", "add: 127.1.0.1|between: 127.1.0.1|take: 127.1.0.1",
     False, True, "D4", "later defaults add, with a warning"),
    ("config/switch-revived", "offered", ["a", "b"], ["b"], "D8",
     "enabled does not revive what has faults"),
    ("config/twice-same-id", "offered", ["a", "a"], ["a", "a-6101"], "D52",
     "an id belongs to one service"),
    ("config/addresses", "127.0.0.1/255.255.255.255 from 127.0.0.1", True,
     False, "D7", "a netmask, which xinetd takes for a length of 255"),
    ("config/addresses", "::1/128 from ::1", False, True, "D10",
     "a full prefix"),
    ("config/addresses", "ALL from *", False, True, "D77", "everybody"),
    ("config/addresses", "localhost from 127.0.0.1", False, True, "D38",
     "a name matches what it resolves to"),
    ("config/inetd", "offered", ["daytime-dgram"],
     ["6100", "6101", "daytime"], "D76", "port numbers for names"),
    ("config/inetd", "first", b"", b"one two\n", "D76",
     "port numbers for names"),
    ("config/unknown-option", "starts", "yes", "no", "D24",
     "an option that nobody knows"),

    ("life/process", "*: env LD_PRELOAD", [""], None, "D29",
     "what changes how programs are loaded is not passed on"),
    ("life/internal", "chargen amplifies", True, False, "D78",
     "no answer is longer than its request"),
    ("life/internal", "echo to port 1000", b"hello", b"", "D87",
     "no answer to a port of servers"),
    ("life/mux", "apart|unknown", b"-Service name not found\r\n\0",
     b"-Service name not found\r\n", "D22", "no NUL byte"),
    ("life/mux", "case|plus", b"+Go\r\n\0served\n", b"+Go\r\nserved\n",
     "D22", "no NUL byte"),
    ("life/mux", "bytes behind|newline alone|two segments", b"", b"served\n",
     "D22", "a line, however it arrives"),
    ("life/wait", "ten at once", 1, 10, "D15", "the queue is kept"),
    ("life/limits", "cps: fifth", "refused", "eof", "D16",
     "the port stays open"),
    ("life/redirect", "half-close", b"", b"hello", "D79",
     "the other side may finish"),
    ("life/reload", "its session", False, True, "D20", "sessions stay"),
    ("life/reload", "bad defaults", "ended", "kept", "D5",
     "what is in force stays in force"),
    ("life/reload", "runs then", False, True, "D5",
     "what is in force stays in force"),
    ("life/full", "lines go on elsewhere", False, True, "D43",
     "a full log goes on to syslog"),
    ("life/full", "nowhere is served", b"", b"\n", "D81",
     "a log that cannot be opened"),
    ("life/dump", "others may read it|shows values of env", True, False,
     "D25", "environments hold passwords"),
    ("life/mux-bound", "plus", b"-Service name not found\r\n",
     b"+Go\r\nserved\n", "D80", "a second tcpmux service"),
    ("load/rates", "ten after a pause", ANY, 10, "D16",
     "a bucket that is full again, not a second that is counted"),
    ("load/ident", "an escape in a line", True, False, "D39",
     "what an ident server says is escaped"),
    ("load/ident", "lines that begin with START", 2, 1, "D39",
     "what an ident server says makes no line"),
    ("life/signal-TERM", "the server|the internal one", True, False, "D21",
     "TERM ends all of them"),
]


def numbers():
    """The numbers that sallyport-xinetd(7) has."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    with open(source + "/man/sallyport-xinetd.7", encoding="ascii") as file:
        return set(re.findall(r"^\.It \\&(D\d+)$", file.read(), re.M))
