/*
 * Rows of test_inetd.c: name, main file, inetd.conf, and what comes of it.
 */
{ "plain", "",
	    "ftp stream tcp nowait root /usr/sbin/in.ftpd in.ftpd -l\n",
	    "ftp: flags= REUSE NAMEINARGS NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /usr/sbin/in.ftpd server_args="
	    " in.ftpd -l user= root\n" },
{ "without arguments", "",
	    "ftp\tstream  tcp\tnowait root /usr/sbin/in.ftpd\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /usr/sbin/in.ftpd user= root\n" },
{ "tcpd", "",
	    "ftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\n",
	    "ftp: flags= REUSE NAMEINARGS NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /usr/sbin/tcpd server_args="
	    " in.ftpd user= root\n" },
{ "remarks", "",
	    "# ftp stream\n"
	    "\n"
	    " #x\n"
	    "ftp stream tcp nowait root /bin/f f # g\n",
	    "ftp: flags= REUSE NAMEINARGS NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f server_args= f \\043 g"
	    " user= root\n"
	    "4:37 W bad-value\n" },
{ "wait", "",
	    "tftp dgram udp wait nobody /bin/t t\n",
	    "tftp: flags= REUSE NAMEINARGS NOLIBWRAP socket_type= dgram"
	    " protocol= udp wait= yes server= /bin/t server_args= t user="
	    " nobody\n" },
{ "dgram nowait", "",
	    "tftp dgram udp nowait nobody /bin/t t\n",
	    "tftp=refused: flags= REUSE NAMEINARGS NOLIBWRAP socket_type="
	    " dgram protocol= udp wait= no server= /bin/t server_args= t"
	    " user= nobody\n"
	    "1:16 S conflict\n" },
{ "nowait.N", "",
	    "ftp stream tcp nowait.40 root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root\n"
	    "1:16 W ignored\n" },
{ "nowait:N", "",
	    "ftp stream tcp nowait:40 root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root\n"
	    "1:16 W ignored\n" },
{ "nowait/N", "",
	    "ftp stream tcp nowait/40 root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root instances= 40\n" },
{ "nowait/N/N/N", "",
	    "ftp stream tcp nowait/40/10/3 root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root instances= 40 per_source="
	    " 3\n"
	    "1:16 W ignored\n" },
{ "nowait/0/0/3", "",
	    "ftp stream tcp nowait/0/0/3 root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root per_source= 3\n" },
{ "wait/N", "",
	    "tftp dgram udp wait/5 root /bin/f\n",
	    "tftp: flags= REUSE NOLIBWRAP socket_type= dgram protocol= udp"
	    " wait= yes server= /bin/f user= root\n"
	    "1:16 W ignored\n" },
{ "bad limits", "",
	    "ftp stream tcp nowait/ root /bin/f\n"
	    "ftp stream tcp nowait/x root /bin/f\n"
	    "ftp stream tcp nowait/1/2/3/4 root /bin/f\n"
	    "ftp stream tcp nowait.-1 root /bin/f\n"
	    "ftp stream tcp nowait. root /bin/f\n"
	    "ftp stream tcp nowait/4294967296 root /bin/f\n",
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root instances= 1"
	    " per_source= 3\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "1:16 S syntax\n"
	    "2:16 S syntax\n"
	    "3:16 W ignored\n"
	    "3:16 S syntax\n"
	    "4:16 S syntax\n"
	    "5:16 S syntax\n"
	    "6:16 S syntax\n" },
{ "unknown wait word", "",
	    "ftp stream tcp maybe root /bin/f\n"
	    "ftp stream tcp now root /bin/f\n",
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp server= /bin/f user= root\n"
	    "1:16 S syntax\n"
	    "2:16 S syntax\n" },
{ "groups", "",
	    "a stream tcp nowait u.g /bin/f\n"
	    "b stream tcp nowait u:g /bin/f\n"
	    "c stream tcp nowait u.v:g /bin/f\n"
	    "d stream tcp nowait u/daemon /bin/f\n"
	    "e stream tcp nowait u:g/daemon /bin/f\n"
	    "f stream tcp nowait 65534 /bin/f\n",
	    "a: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= u group= g\n"
	    "b: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= u group= g\n"
	    "c: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= u.v group= g\n"
	    "d: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= u\n"
	    "e: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= u group= g\n"
	    "f: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= 65534\n"
	    "4:21 W ignored\n"
	    "5:21 W ignored\n" },
{ "bad groups", "",
	    "a stream tcp nowait u: /bin/f\n"
	    "b stream tcp nowait :g /bin/f\n"
	    "c stream tcp nowait 4294967296 /bin/f\n",
	    "a=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= u\n"
	    "b=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f group= g\n"
	    "c=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f\n"
	    "1:21 S value-count\n"
	    "2:21 S value-count\n"
	    "3:21 S out-of-range\n" },
{ "protocols", "",
	    "a stream tcp4 nowait root /bin/f\n"
	    "b stream tcp6 nowait root /bin/f\n"
	    "c stream tcp46 nowait root /bin/f\n"
	    "d dgram udp4 wait root /bin/f\n"
	    "e dgram udp6 wait root /bin/f\n",
	    "a: flags= REUSE NOLIBWRAP IPv4 socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "b: flags= REUSE NOLIBWRAP IPv6 socket_type= stream protocol="
	    " tcp wait= no v6only= yes server= /bin/f user= root\n"
	    "c: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root\n"
	    "d: flags= REUSE NOLIBWRAP IPv4 socket_type= dgram protocol= udp"
	    " wait= yes server= /bin/f user= root\n"
	    "e: flags= REUSE NOLIBWRAP IPv6 socket_type= dgram protocol= udp"
	    " wait= yes v6only= yes server= /bin/f user= root\n" },
{ "bad protocols", "",
	    "a stream tcp5 nowait root /bin/f\n"
	    "b stream rpc/unix nowait root /bin/f\n"
	    "c stream rpc/ nowait root /bin/f\n"
	    "d stream udp nowait root /bin/f\n",
	    "a=refused: flags= REUSE NOLIBWRAP socket_type= stream wait= no"
	    " server= /bin/f user= root\n"
	    "b=refused: flags= REUSE NOLIBWRAP socket_type= stream wait= no"
	    " server= /bin/f user= root\n"
	    "c=refused: flags= REUSE NOLIBWRAP socket_type= stream wait= no"
	    " server= /bin/f user= root\n"
	    "d=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " udp wait= no server= /bin/f user= root\n"
	    "1:10 S syntax\n"
	    "2:10 S syntax\n"
	    "3:10 S syntax\n"
	    "4:10 S conflict\n" },
{ "socket types", "",
	    "a raw tcp nowait root /bin/f\n"
	    "b rdm udp wait root /bin/f\n",
	    "a=refused: flags= REUSE NOLIBWRAP socket_type= raw protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "b=refused: flags= REUSE NOLIBWRAP protocol= udp wait= yes"
	    " server= /bin/f user= root\n"
	    "1:3 S unsupported\n"
	    "2:3 S bad-value\n" },
{ "numeric port", "",
	    "9999 stream tcp nowait nobody /bin/f\n",
	    "9999: type= UNLISTED flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no port= 9999 server= /bin/f user= nobody\n" },
{ "bad port", "",
	    "0 stream tcp nowait nobody /bin/f\n"
	    "65536 stream tcp nowait nobody /bin/f\n",
	    "0=refused: type= UNLISTED flags= REUSE NOLIBWRAP socket_type="
	    " stream protocol= tcp wait= no port= 0 server= /bin/f user="
	    " nobody\n"
	    "65536=refused: type= UNLISTED flags= REUSE NOLIBWRAP"
	    " socket_type= stream protocol= tcp wait= no server= /bin/f"
	    " user= nobody\n"
	    "1:1 S out-of-range\n"
	    "2:1 S out-of-range\n" },
{ "addresses", "",
	    "127.0.0.1:ftp stream tcp nowait root /bin/f\n"
	    "[::1]:ftp stream tcp nowait root /bin/f\n"
	    "::2:ftp stream tcp nowait root /bin/f\n"
	    "10.0.0.1@ftp stream tcp nowait root /bin/f\n"
	    "*:9999 stream tcp nowait root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no bind= 127.0.0.1 server= /bin/f user= root\n"
	    "ftp-::1: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no bind= ::1 server= /bin/f user= root\n"
	    "ftp-::2: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no bind= ::2 server= /bin/f user= root\n"
	    "ftp-10.0.0.1: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no bind= 10.0.0.1 server= /bin/f user="
	    " root\n"
	    "9999: type= UNLISTED flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no port= 9999 server= /bin/f user= root\n"
	    "2:1 W duplicate\n"
	    "3:1 W duplicate\n"
	    "4:1 W duplicate\n" },
{ "default address", "",
	    "127.0.0.1:\n"
	    "ftp stream tcp nowait root /bin/f\n"
	    "10.0.0.1:telnet stream tcp nowait root /bin/f\n"
	    "*:\n"
	    "finger stream tcp nowait root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no bind= 127.0.0.1 server= /bin/f user= root\n"
	    "telnet: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no bind= 10.0.0.1 server= /bin/f user= root\n"
	    "finger: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n" },
{ "default address and a remark", "",
	    "127.0.0.1: # only local: all\n"
	    "ftp stream tcp nowait root /bin/f\n"
	    "*:# all: again\n"
	    "finger stream tcp nowait root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no bind= 127.0.0.1 server= /bin/f user= root\n"
	    "finger: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "1:1 W ignored\n"
	    "3:1 W ignored\n" },
{ "default address and a service", "",
	    "127.0.0.1: ftp stream tcp nowait root /bin/f\n"
	    "ftp stream tcp nowait root /bin/f\n"
	    "10.0.0.1:telnet stream tcp nowait root /bin/f\n"
	    "127.0.0.1:\n"
	    "finger stream tcp nowait root /bin/f\n",
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f user= root\n"
	    "telnet: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no bind= 10.0.0.1 server= /bin/f user= root\n"
	    "finger: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no bind= 127.0.0.1 server= /bin/f user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S syntax\n" },
{ "default address without a colon", "",
	    "127.0.0.1\n"
	    "a stream tcp nowait root /bin/f\n"
	    "127.0.0.1 : # x\n"
	    "b stream tcp nowait root /bin/f\n"
	    "::1\n"
	    "c stream tcp nowait root /bin/f\n"
	    ":\n"
	    "d stream tcp nowait root /bin/f\n",
	    "a=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "b=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "c=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "d=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S syntax\n"
	    "3:1 S syntax\n"
	    "4:1 S syntax\n"
	    "5:1 S syntax\n"
	    "6:1 S syntax\n"
	    "7:1 S syntax\n"
	    "8:1 S syntax\n" },
{ "bad default address", "",
	    "[]:\n"
	    "telnet stream tcp nowait root /bin/f\n",
	    "telnet=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S syntax\n" },
{ "bad addresses", "",
	    "a,b:ftp stream tcp nowait root /bin/f\n"
	    "[]:ftp stream tcp nowait root /bin/f\n"
	    ":ftp stream tcp nowait root /bin/f\n",
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S value-count\n"
	    "3:1 S value-count\n" },
{ "address and family", "",
	    "127.0.0.1:ftp stream tcp6 nowait root /bin/f\n",
	    "ftp=refused: flags= REUSE NOLIBWRAP IPv6 socket_type= stream"
	    " protocol= tcp wait= no bind= 127.0.0.1 v6only= yes server="
	    " /bin/f user= root\n"
	    "1:1 S conflict\n"
	    "1:1 S conflict\n" },
{ "tcpmux", "",
	    "tcpmux stream tcp nowait root internal\n"
	    "tcpmux/+a stream tcp nowait root /bin/a\n"
	    "tcpmux/b stream tcp nowait root /bin/b\n",
	    "tcpmux: type= INTERNAL socket_type= stream protocol= tcp wait="
	    " no user= root\n"
	    "a: type= UNLISTED TCPMUXPLUS flags= REUSE NOLIBWRAP"
	    " socket_type= stream protocol= tcp wait= no server= /bin/a"
	    " user= root\n"
	    "b: type= UNLISTED TCPMUX flags= REUSE NOLIBWRAP socket_type="
	    " stream protocol= tcp wait= no server= /bin/b user= root\n" },
{ "bad tcpmux", "",
	    "tcpmux/ stream tcp nowait root /bin/a\n"
	    "tcpmux/+ stream tcp nowait root /bin/b\n",
	    "tcpmux/=refused: type= UNLISTED TCPMUX flags= REUSE NOLIBWRAP"
	    " socket_type= stream protocol= tcp wait= no server= /bin/a"
	    " user= root\n"
	    "tcpmux/+=refused: type= UNLISTED TCPMUXPLUS flags= REUSE"
	    " NOLIBWRAP socket_type= stream protocol= tcp wait= no server="
	    " /bin/b user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S syntax\n" },
{ "internal", "",
	    "echo stream tcp nowait root internal\n"
	    "echo dgram udp wait root internal\n",
	    "echo: type= INTERNAL socket_type= stream protocol= tcp wait= no"
	    " user= root\n"
	    "echo-dgram: type= INTERNAL socket_type= dgram protocol= udp"
	    " wait= yes user= root\n"
	    "2:1 W duplicate\n" },
{ "unknown internal", "",
	    "auth stream tcp nowait root internal auth -r\n",
	    "auth=refused: type= INTERNAL socket_type= stream protocol= tcp"
	    " wait= no user= root\n"
	    "1:1 S unknown-name\n"
	    "1:38 W ignored\n" },
{ "internal arguments", "",
	    "time stream tcp nowait root internal time\n"
	    "daytime stream tcp nowait root internal x\n",
	    "time: type= INTERNAL socket_type= stream protocol= tcp wait= no"
	    " user= root\n"
	    "daytime: type= INTERNAL socket_type= stream protocol= tcp wait="
	    " no user= root\n"
	    "2:41 W ignored\n" },
{ "rpc", "",
	    "rusersd/1-3 dgram rpc/udp wait root /bin/r r\n"
	    "100300/2 stream rpc/tcp4 nowait root /bin/n\n",
	    "rusersd: type= RPC flags= REUSE NAMEINARGS NOLIBWRAP"
	    " socket_type= dgram protocol= udp wait= yes rpc_version= 1-3"
	    " server= /bin/r server_args= r user= root\n"
	    "100300: type= RPC UNLISTED flags= REUSE NOLIBWRAP IPv4"
	    " socket_type= stream protocol= tcp wait= no rpc_version= 2-2"
	    " rpc_number= 100300 server= /bin/n user= root\n" },
{ "bad rpc", "",
	    "rusersd dgram rpc/udp wait root /bin/r\n"
	    "rusersd/x dgram rpc/udp wait root /bin/r\n"
	    "rusersd/3-1 dgram rpc/udp wait root /bin/r\n",
	    "rusersd=refused: type= RPC flags= REUSE NOLIBWRAP socket_type="
	    " dgram protocol= udp wait= yes server= /bin/r user= root\n"
	    "rusersd=refused: type= RPC flags= REUSE NOLIBWRAP socket_type="
	    " dgram protocol= udp wait= yes server= /bin/r user= root\n"
	    "rusersd=refused: type= RPC flags= REUSE NOLIBWRAP socket_type="
	    " dgram protocol= udp wait= yes server= /bin/r user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S bad-value\n"
	    "3:1 S out-of-range\n" },
{ "unix", "",
	    "/run/a.sock stream unix nowait root /bin/a\n"
	    ":www:adm:0660:/run/b stream unix nowait root /bin/b\n"
	    ":::0660:/run/c dgram unix wait root /bin/b\n",
	    "a.sock: type= UNLISTED flags= REUSE NOLIBWRAP socket_type="
	    " stream protocol= unix wait= no socket_path= /run/a.sock"
	    " server= /bin/a user= root\n"
	    "b: type= UNLISTED flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= unix wait= no socket_path= /run/b socket_user= www"
	    " socket_group= adm socket_mode= 660 server= /bin/b user= root\n"
	    "c: type= UNLISTED flags= REUSE NOLIBWRAP socket_type= dgram"
	    " protocol= unix wait= yes socket_path= /run/c socket_mode= 660"
	    " server= /bin/b user= root\n" },
{ "bad unix", "",
	    "a stream unix nowait root /bin/a\n"
	    ":www:/run/b stream unix nowait root /bin/b\n"
	    ": stream unix nowait root /bin/b\n",
	    "a=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " unix wait= no server= /bin/a user= root\n"
	    ":www:/run/b=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= unix wait= no socket_user= www server= /bin/b user="
	    " root\n"
	    ":=refused: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " unix wait= no server= /bin/b user= root\n"
	    "1:1 S syntax\n"
	    "2:1 S syntax\n"
	    "3:1 S syntax\n" },
{ "too few fields", "",
	    "ftp\n"
	    "ftp stream tcp nowait root\n"
	    "x y z\n",
	    "ftp=refused:\n"
	    "ftp=refused:\n"
	    "x=refused:\n"
	    "1:1 S syntax\n"
	    "2:1 S syntax\n"
	    "3:1 S syntax\n" },
{ "no path", "",
	    "ftp stream tcp nowait root f\n"
	    "ftp stream tcp nowait root #f\n",
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no user= root\n"
	    "1:28 S bad-value\n"
	    "2:28 S value-count\n"
	    "2:28 W kinder\n" },
{ "twice", "",
	    "ftp stream tcp nowait root /bin/f\n"
	    "ftp stream tcp nowait root /bin/g\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root\n"
	    "ftp=refused: flags= REUSE NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/g user= root\n"
	    "2:1 S duplicate\n" },
{ "defaults apply", "defaults\n"
	    "{\n"
	    "only_from = 10.0.0.1\n"
	    "instances = 5\n"
	    "}\n",
	    "ftp stream tcp nowait/9 root /bin/f\n"
	    "telnet stream tcp nowait root /bin/f\n",
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root only_from= 10.0.0.1"
	    " instances= 9\n"
	    "telnet: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root only_from= 10.0.0.1"
	    " instances= 5\n"
	    "1:1 W kinder\n" },
{ "disabled", "defaults\n"
	    "{\n"
	    "disabled = ftp\n"
	    "}\n",
	    "ftp stream tcp nowait root /bin/f\n",
	    "ftp=off: flags= REUSE NOLIBWRAP socket_type= stream protocol="
	    " tcp wait= no server= /bin/f user= root\n" },
{ "beside a service", "service echo\n"
	    "{\n"
	    "type = INTERNAL\n"
	    "socket_type = stream\n"
	    "wait = no\n"
	    "user = root\n"
	    "}\n",
	    "echo dgram udp wait root internal\n",
	    "echo: type= INTERNAL socket_type= stream protocol= tcp wait= no"
	    " user= root\n"
	    "echo-dgram: type= INTERNAL socket_type= dgram protocol= udp"
	    " wait= yes user= root\n"
	    "1:1 W duplicate\n" },
{ "instead of a disabled one", "service ftp\n"
	    "{\n"
	    "disable = yes\n"
	    "}\n",
	    "ftp stream tcp nowait root /bin/f\n",
	    "ftp=off: disable= yes\n"
	    "ftp: flags= REUSE NOLIBWRAP socket_type= stream protocol= tcp"
	    " wait= no server= /bin/f user= root\n" },
{ "line ends", "",
	    "ftp stream tcp nowait root /bin/f f\r\n",
	    "ftp: flags= REUSE NAMEINARGS NOLIBWRAP socket_type= stream"
	    " protocol= tcp wait= no server= /bin/f server_args= f user="
	    " root\n" },
