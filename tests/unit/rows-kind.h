/* Rows of test_parse.c about kinds of services: whole entries, whose lines
 * begin at 3. */

#define S(name, lines) "service " name "\n{\n" lines "}\n"
#define TCP "socket_type = stream\nwait = no\n"
#define UDP "socket_type = dgram\nwait = yes\n"
#define RUN "user = u\nserver = /s\n"
#define LOCAL "protocol = unix\nsocket_path = /run/t\n"
#define RPC "type = RPC UNLISTED\nrpc_version = 1-2\nrpc_number = 9\n"

/* servers */
{ "kind server", S("t", TCP RUN), "t", "", "t.kind = server" },
{ "kind wait", S("t", "socket_type = stream\nwait = yes\n" RUN), "t", "",
    "t.kind = wait" },
{ "kind wait-dgram", S("t", UDP RUN), "t", "", "t.kind = wait-dgram" },
{ "dgram implies udp", S("t", UDP RUN), "t", "", "t.protocol = udp" },
{ "dgram does not wait", S("t", "socket_type = dgram\nwait = no\n" RUN),
    "t=refused", "4:1 S conflict t.wait", NULL },
{ "dgram over tcp", S("t", UDP RUN "protocol = tcp\n"), "t=refused",
    "7:1 S conflict t.protocol", NULL },
{ "raw", S("t", "socket_type = raw\nwait = yes\n" RUN), "t=refused",
    "3:1 S unsupported t.socket_type", NULL },
{ "seqpacket", S("t", "socket_type = seqpacket\nwait = no\n" RUN),
    "t=refused", "3:1 S conflict t.socket_type", NULL },
{ "neither socket_type nor protocol", S("t", "wait = no\n" RUN), "t=refused",
    "1:1 S missing t.socket_type", NULL },

/* 1.8 internal services */
{ "echo", S("echo", "type = INTERNAL\n" TCP), "echo", "",
    "echo.kind = relayed" },
{ "capitals", S("CHARGEN", "type = internal\n" TCP), "CHARGEN", "",
    "CHARGEN.kind = relayed" },
{ "echo-stream of a distribution", S("echo", "id = echo-stream\n"
    "type = INTERNAL\nuser = root\nprotocol = tcp\n" TCP), "echo-stream", "",
    "echo-stream.user = root" },
{ "daytime by datagram, wait = yes", S("daytime", "type = INTERNAL\n" UDP),
    "daytime", "", "daytime.kind = answered" },
{ "daytime by datagram, wait = no", S("daytime",
    "type = INTERNAL\nsocket_type = dgram\nwait = no\n"), "daytime", "",
    "daytime.kind = answered" },
{ "stream that waits", S("time", "type = INTERNAL\nsocket_type = stream\n"
    "wait = yes\n"), "time", "5:1 W ignored time.wait", "time.wait = no" },
{ "no wait", S("time", "type = INTERNAL\nsocket_type = stream\n"),
    "time=refused", "1:1 S missing time.wait", NULL },
{ "removed: servers", S("servers", "type = INTERNAL UNLISTED\nport = 9099\n"
    TCP), "servers=refused", "3:1 S unknown-name servers.type", NULL },
{ "removed: finger", S("finger", "type = INTERNAL\n" TCP), "finger=refused",
    "3:1 S unknown-name finger.type", NULL },
{ "id does not choose the service", S("x", "id = echo\ntype = INTERNAL\n"
    TCP), "echo=refused", "4:1 S unknown-name echo.type", NULL },
{ "internal with a server", S("time", "type = INTERNAL\n" TCP RUN), "time",
    "7:1 W ignored time.server", "time.server = not given" },
{ "on another port", S("time", "type = INTERNAL UNLISTED\nport = 3737\n" TCP),
    "time", "", "time.port = 3737" },
{ "unlisted without port", S("time", "type = INTERNAL UNLISTED\n" TCP),
    "time=refused", "1:1 S missing time.port", NULL },
{ "both transports of one name", S("time", "type = INTERNAL\n" TCP)
    S("time", "type = INTERNAL\n" UDP), "time time-dgram",
    "7:1 W duplicate time-dgram.id", "time-dgram.kind = answered" },
{ "one name on two addresses", S("t", "bind = 127.0.0.1\n" TCP RUN)
    S("t", "bind = 10.0.0.1\n" TCP RUN), "t t-10.0.0.1",
    "9:1 W duplicate t-10.0.0.1.id", NULL },
{ "one name, port and type, three addresses",
    S("t", "port = 9\n" TCP RUN) S("t", "port = 9\nbind = ::1\n" TCP RUN)
    S("t", "bind = 10.0.0.1\nport = 9\n" TCP RUN), "t t-9 t-10.0.0.1",
    "9:1 W duplicate t-9.id; 18:1 W duplicate t-10.0.0.1.id", NULL },

/* tcpmux */
{ "tcpmux", S("tcpmux", "type = INTERNAL\nuser = root\n" TCP), "tcpmux", "",
    "tcpmux.kind = mux" },
{ "tcpmux by datagram", S("tcpmux", "type = INTERNAL\n" UDP),
    "tcpmux=refused", "3:1 S unknown-name tcpmux.type", NULL },
{ "client", S("t", "type = TCPMUXPLUS UNLISTED\n" TCP RUN), "t", "",
    "t.kind = mux-client" },
{ "client without UNLISTED", S("t", "type = TCPMUX\n" TCP RUN), "t=refused",
    "3:1 S conflict t.type", NULL },
{ "client by datagram", S("t", "type = TCPMUX UNLISTED\n" UDP RUN),
    "t=refused", "4:1 S conflict t.protocol", NULL },
{ "client that waits", S("t", "type = TCPMUX UNLISTED\nsocket_type = stream\n"
    "wait = yes\n" RUN), "t=refused", "5:1 S conflict t.wait", NULL },
{ "client with a port", S("t", "type = TCPMUX UNLISTED\nport = 9\n" TCP RUN),
    "t", "4:1 W ignored t.port", "t.port = not given" },
{ "client without user", S("t", "type = TCPMUX UNLISTED\nserver = /s\n" TCP),
    "t=refused", "1:1 S missing t.user", NULL },
{ "internal client", S("echo", "type = TCPMUX INTERNAL UNLISTED\n" TCP),
    "echo=refused", "1:1 S missing echo.user; 1:1 S missing echo.server;"
    " 3:1 S conflict echo.type", NULL },

/* redirect */
{ "redirect", S("t", "redirect = 10.0.0.1 23\n" TCP), "t", "",
    "t.kind = redirect" },
{ "redirect with user", S("t", "redirect = h telnet\nuser = u\n" TCP), "t",
    "", "t.redirect = h telnet" },
{ "redirect with server", S("t", "redirect = h 23\n" TCP RUN
    "server_args = -x\n"), "t", "7:1 W ignored t.server",
    "t.server_args = not given" },
{ "redirect of datagrams", S("t", "redirect = h 23\n" UDP), "t=refused",
    "3:1 S conflict t.redirect", NULL },
{ "redirect that waits", S("t", "redirect = h 23\nsocket_type = stream\n"
    "wait = yes\n"), "t=refused", "5:1 S conflict t.wait", NULL },
{ "redirect and NAMEINARGS", S("t", "redirect = h 23\nflags = NAMEINARGS\n"
    TCP), "t=refused", "4:1 S conflict t.flags", NULL },
{ "redirect and INTERNAL", S("echo", "redirect = h 23\ntype = INTERNAL\n"
    TCP), "echo=refused", "3:1 S conflict echo.redirect", NULL },
{ "TRAFFIC with redirect", S("t", "redirect = h 23\nlog_type = SYSLOG mail\n"
    "log_on_success = TRAFFIC\n" TCP), "t", "", NULL },
{ "TRAFFIC in defaults is said once", "defaults\n{\n"
    "log_type = SYSLOG mail\nlog_on_success = TRAFFIC\n}\n" S("a", TCP RUN)
    S("b", TCP RUN), "a b", "4:18 W ignored a.log_on_success", NULL },

/* RPC */
{ "RPC", S("t", RPC TCP RUN), "t", "", "t.kind = server" },
{ "RPC by datagram", S("t", RPC UDP RUN), "t", "", "t.kind = wait-dgram" },
{ "RPC by datagram, no wait", S("t", RPC "socket_type = dgram\nwait = no\n"
    RUN), "t=refused", "7:1 S conflict t.wait", NULL },
{ "RPC without version", S("t", "type = RPC\n" TCP RUN), "t=refused",
    "1:1 S missing t.rpc_version", NULL },
{ "unlisted RPC without number", S("t", "type = RPC UNLISTED\n"
    "rpc_version = 2\n" TCP RUN), "t=refused", "1:1 S missing t.rpc_number",
    NULL },
{ "listed RPC needs no number", S("t", "type = rpc\nrpc_version = 2\n" TCP
    RUN), "t", "", "t.rpc_version = 2-2" },
{ "RPC on any port", S("t", RPC "port = 0\n" TCP RUN), "t", "",
    "t.port = 0" },
{ "RPC and INTERNAL", S("echo", "type = RPC INTERNAL\nrpc_version = 1\n" TCP),
    "echo=refused", "3:1 S conflict echo.type", NULL },

/* sensors */
{ "sensor", S("t", "flags = SENSOR\ntype = INTERNAL UNLISTED\nport = 9\n"
    "deny_time = 60\n" TCP), "t", "", "t.kind = sensor" },
{ "sensor becomes internal", S("t", "flags = SENSOR\nport = 9\n" TCP), "t",
    "", "t.type = INTERNAL" },
{ "sensor of datagrams", S("t", "flags = SENSOR\n" UDP), "t", "",
    "t.kind = sensor-dgram" },
{ "sensor of datagrams bans nobody", S("t", "flags = SENSOR\ndeny_time = 5\n"
    UDP), "t", "4:1 W ignored t.deny_time", NULL },
{ "a ban and who reads datagrams by himself", S("t", UDP RUN) S("u", "flags ="
    " SENSOR\ndeny_time = 5\n" TCP), "t u", "4:1 W conflict t.wait", NULL },
{ "a ban and a list of addresses", S("t", "only_from = 10.0.0.0/8\n" UDP RUN)
    S("u", "flags = SENSOR\ndeny_time = 5\n" TCP), "t u", "", NULL },
{ "a ban and a list of all", S("t", "only_from = 0.0.0.0/0\n" UDP RUN)
    S("u", "flags = SENSOR\ndeny_time = 5\n" TCP), "t u",
    "5:1 W conflict t.wait", NULL },
{ "a ban and a list with a name", S("t", "only_from = 10.0.0.1 a.b\n" UDP RUN)
    S("u", "flags = SENSOR\ndeny_time = 5\n" TCP), "t u",
    "3:13 W conflict t.only_from; 5:1 W conflict t.wait", NULL },
{ "a sensor that bans nobody, the same", S("t", UDP RUN) S("u", "flags = SENSOR"
    "\n" TCP), "t u", "", NULL },
{ "a sensor of datagrams, the same", S("t", UDP RUN) S("u", "flags = SENSOR\n"
    UDP), "t u", "", NULL },
{ "a sensor that is off, the same", S("t", UDP RUN) S("u", "flags = SENSOR\n"
    "deny_time = 5\ndisable = yes\n" TCP), "t u=off", "", NULL },
{ "a ban and a UNIX socket", S("t", LOCAL UDP RUN) S("u", "flags = SENSOR\n"
    "deny_time = 5\n" TCP), "t u", "", NULL },
{ "what is said behind the id", S("t", TCP RUN) S("t", "port = 9\nmdns = yes\n"
    TCP RUN), "t t-9", "8:1 W duplicate t-9.id; 11:1 W ignored t-9.mdns",
    NULL },
{ "sensor with a server", S("t", "flags = SENSOR\n" TCP RUN), "t",
    "7:1 W ignored t.server", NULL },
{ "deny_time on no sensor", S("t", "deny_time = 5\n" TCP RUN), "t",
    "3:1 W ignored t.deny_time", NULL },

/* flags */
{ "LABELED", S("t", "flags = LABELED\n" TCP RUN), "t", "", "t.kind = server" },
{ "LABELED that waits", S("t", "flags = LABELED\nsocket_type = stream\n"
    "wait = yes\n" RUN), "t=refused", "3:1 S conflict t.flags", NULL },
{ "LABELED and INTERNAL", S("echo", "flags = LABELED\ntype = INTERNAL\n" TCP),
    "echo=refused", "3:1 S conflict echo.flags", NULL },
{ "LABELED and redirect", S("t", "flags = LABELED\nredirect = h 23\n" TCP),
    "t=refused", "3:1 S conflict t.flags", NULL },
{ "INTERCEPT on nowait", S("t", "flags = INTERCEPT REUSE\n" TCP RUN), "t",
    "3:1 W ignored t.flags", "t.flags = REUSE" },
{ "INTERCEPT on internal", S("echo", "flags = INTERCEPT REUSE\n"
    "type = INTERNAL\n" UDP), "echo", "3:1 W ignored echo.flags",
    "echo.flags = REUSE" },
{ "INTERCEPT on datagrams", S("t", "flags = INTERCEPT\n" UDP RUN), "t", "",
    "t.flags = INTERCEPT" },
{ "IDONLY", S("t", "flags = IDONLY\nlog_type = SYSLOG mail\n"
    "log_on_success = USERID\n" TCP RUN), "t", "", "t.flags = IDONLY" },
{ "IDONLY without USERID", S("t", "flags = IDONLY\n" TCP RUN), "t",
    "3:1 W conflict t.flags", "t.flags = IDONLY" },
{ "IDONLY on datagrams", S("t", "flags = IDONLY\n" UDP RUN), "t=refused",
    "3:1 S conflict t.flags", NULL },
{ "IDONLY, one server for all", S("t", "flags = IDONLY\n"
    "socket_type = stream\nwait = yes\n" RUN), "t=refused",
    "3:1 S conflict t.flags", NULL },
{ "IDONLY on a sensor", S("t", "flags = IDONLY SENSOR\n" TCP), "t",
    "3:1 W ignored t.flags", "t.flags = SENSOR" },
{ "NAMEINARGS on internal", S("echo", "flags = NAMEINARGS\ntype = INTERNAL\n"
    TCP), "echo", "", NULL },

{ "NODELAY on datagrams", S("t", "flags = NODELAY KEEPALIVE REUSE\n" UDP RUN),
    "t", "3:1 W ignored t.flags", "t.flags = REUSE" },
{ "keepalive on datagrams", S("t", "keepalive = 60s\n" UDP RUN), "t",
    "3:1 W ignored t.keepalive", "t.keepalive = not given" },
{ "keepalive from defaults", "defaults\n{\nkeepalive = 60s\n}\n"
    S("t", UDP RUN) S("u", TCP RUN), "t u", "", "u.keepalive = 1m" },
{ "keepalive on a UNIX socket", S("t", LOCAL "keepalive = 60s\n" TCP RUN),
    "t", "5:1 W ignored t.keepalive", NULL },

/* D14: lists of a server that accepts by itself */
#define WAIT "socket_type = stream\nwait = yes\n" RUN
{ "only_from", S("t", "only_from = 10.0.0.0\n" WAIT), "t=refused",
    "3:13 S conflict t.only_from", NULL },
{ "empty only_from", S("t", "only_from =\n" WAIT), "t=refused",
    "3:1 S conflict t.only_from", NULL },
{ "no_access", S("t", "no_access = 10.0.0.1\n" WAIT), "t=refused",
    "3:13 S conflict t.no_access", NULL },
{ "empty no_access", S("t", "no_access =\n" WAIT), "t", "", NULL },
{ "everybody", S("t", "only_from = 0.0.0.0/0 ::/0\n" WAIT), "t", "", NULL },
{ "all of IPv4 on both families", S("t", "only_from = 0.0.0.0\n" WAIT),
    "t=refused", "3:13 S conflict t.only_from", NULL },
{ "all of IPv4 on IPv4", S("t", "only_from = 0.0.0.0\nflags = IPv4\n" WAIT),
    "t", "", NULL },
{ "all of IPv4 on an IPv4 address", S("t", "only_from = 0.0.0.0\n"
    "bind = 10.0.0.1\n" WAIT), "t", "", NULL },
{ "inherited", "defaults\n{\nonly_from = 10.0.0.0\n}\n" S("t", WAIT),
    "t=refused", "3:13 S conflict t.only_from", NULL },
{ "with INTERCEPT", S("t", "only_from = 10.0.0.0\nflags = INTERCEPT\n" WAIT),
    "t", "", "t.flags = INTERCEPT" },
{ "names with INTERCEPT", S("t", "only_from = h 10.0.0.0\nflags = INTERCEPT\n"
    WAIT), "t=refused", "3:13 S conflict t.only_from", NULL },
{ "lists of datagrams", S("t", "only_from = 10.0.0.0\n" UDP RUN), "t", "",
    NULL },
{ "names of datagrams", S("t", "no_access = .example.net\n" UDP RUN), "t",
    "3:13 W conflict t.no_access", NULL },

/* protocol = unix */
{ "unix stream", S("t", LOCAL TCP RUN), "t", "", "t.kind = server" },
{ "unix stream that waits", S("t", LOCAL WAIT), "t", "", "t.kind = wait" },
{ "unix dgram", S("t", LOCAL UDP RUN), "t", "", "t.kind = wait-dgram" },
{ "unix seqpacket", S("t", LOCAL "socket_type = seqpacket\nwait = no\n" RUN),
    "t", "", "t.kind = server" },
{ "unix has a mode", S("t", LOCAL TCP RUN), "t", "", "t.socket_mode = 600" },
{ "unix, its owner", S("t", LOCAL "socket_user = u\nsocket_group = 7\n"
    "socket_mode = 0660\n" TCP RUN), "t", "", "t.socket_mode = 660" },
{ "unix, unlisted, without port", S("t", LOCAL "type = UNLISTED\n" TCP RUN),
    "t", "", NULL },
{ "unix without socket_type", S("t", LOCAL "wait = no\n" RUN), "t=refused",
    "1:1 S missing t.socket_type", NULL },
{ "unix without path", S("t", "protocol = unix\n" TCP RUN), "t=refused",
    "1:1 S missing t.socket_path", NULL },
{ "unix, relative path", S("t", "protocol = unix\nsocket_path = t\n" TCP RUN),
    "t=refused", "4:15 S bad-value t.socket_path", NULL },
{ "unix, path too long", S("t", "protocol = unix\nsocket_path = /1234567890"
    "1234567890123456789012345678901234567890123456789012345678901234567890"
    "123456789012345678901234567\n" TCP RUN), "t=refused",
    "4:15 S limit t.socket_path", NULL },
{ "unix with a port", S("t", LOCAL "port = 9\n" TCP RUN), "t=refused",
    "5:1 S conflict t.port", NULL },
{ "unix with bind", S("t", LOCAL "bind = 10.0.0.1\n" TCP RUN), "t=refused",
    "5:1 S conflict t.bind", NULL },
{ "unix with v6only", S("t", LOCAL "v6only = no\n" TCP RUN), "t=refused",
    "5:1 S conflict t.v6only", NULL },
{ "unix, bind from defaults", "defaults\n{\nbind = 10.0.0.1\nv6only = yes\n}\n"
    S("t", LOCAL TCP RUN), "t", "", "t.bind = not given" },
{ "unix with a family", S("t", LOCAL "flags = IPv4\n" TCP RUN), "t=refused",
    "5:1 S conflict t.flags", NULL },
{ "unix and INTERNAL", S("echo", LOCAL "type = INTERNAL\n" TCP),
    "echo=refused", "3:1 S conflict echo.protocol", NULL },
{ "unix and redirect", S("t", LOCAL "redirect = h 9\n" TCP), "t=refused",
    "3:1 S conflict t.protocol", NULL },
{ "unix and RPC", S("t", LOCAL "type = RPC\nrpc_version = 1\n" TCP RUN),
    "t=refused", "3:1 S conflict t.protocol", NULL },
{ "unix and IDONLY", S("t", LOCAL "flags = IDONLY\n" TCP RUN), "t=refused",
    "5:1 S conflict t.flags", NULL },
{ "unix with only_from", S("t", LOCAL "only_from = 10.0.0.0\n" TCP RUN),
    "t=refused", "5:13 S conflict t.only_from", NULL },
{ "unix with everybody", S("t", LOCAL "only_from = 0.0.0.0/0\n" TCP RUN),
    "t", "", NULL },
{ "unix with no_access", S("t", LOCAL "no_access = 10.0.0.1\n" TCP RUN),
    "t=refused", "5:13 S conflict t.no_access", NULL },
{ "unix, only_from from defaults", "defaults\n{\nonly_from = 10.0.0.0\n}\n"
    S("t", LOCAL TCP RUN), "t=refused", "3:13 S conflict t.only_from", NULL },
{ "unix undoes defaults", "defaults\n{\nonly_from = 10.0.0.0\n"
    "no_access = 10.0.0.1\n}\n" S("t", LOCAL "only_from = 0.0.0.0/0\n"
    "no_access =\n" TCP RUN), "t", "", NULL },
{ "one path twice", S("a", LOCAL TCP RUN) S("b", LOCAL UDP RUN),
    "a b=refused", "13:1 S duplicate b.socket_path", NULL },
{ "socket_path without unix", S("t", "socket_path = /t\n" TCP RUN), "t",
    "3:1 W ignored t.socket_path", "t.socket_path = not given" },

/* 3.4 names */
{ "name", S("t", "only_from = localhost\n" TCP RUN), "t", "",
    "t.only_from_names = 0 localhost" },
{ "names and their entries", S("t", "only_from = 10.0.0.1 Host.Example. ::1\n"
    "only_from += .Example.NET host_2.x\n" TCP RUN), "t", "",
    "t.only_from_names = 1 host.example 3 .example.net 4 host_2.x" },
{ "no names", S("t", "only_from = 10.0.0.1\n" TCP RUN), "t", "",
    "t.only_from_names = not given" },
{ "name removed", S("t", "no_access = a.x .b.x 10.0.0.1\nno_access -= A.x.\n"
    TCP RUN), "t", "", "t.no_access_names = 0 .b.x" },
{ "a domain is no host", S("t", "only_from = a.x\nonly_from -= .a.x\n" TCP
    RUN), "t=refused", "4:14 S bad-value t.only_from", NULL },
{ "no such name to remove", S("t", "no_access = a.x\nno_access -= b.x\n" TCP
    RUN), "t", "4:14 W ignored t.no_access", "t.no_access_names = 0 a.x" },
{ "no name: star", S("t", "only_from = *.example\n" TCP RUN), "t=refused",
    "3:13 S bad-value t.only_from", NULL },
{ "no name: two dots", S("t", "only_from = a..b\n" TCP RUN), "t=refused",
    "3:13 S bad-value t.only_from", NULL },
{ "no name: number at the end", S("t", "no_access = a.300\n" TCP RUN),
    "t=refused", "3:13 S bad-value t.no_access", NULL },
{ "no name: a letter of Latin-1", S("t", "no_access = m\xfcller.example\n"
    TCP RUN), "t=refused", "3:13 S bad-value t.no_access", NULL },
#undef S
#undef TCP
#undef UDP
#undef RUN
#undef LOCAL
#undef RPC
#undef WAIT
