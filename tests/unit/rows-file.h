/* Rows of test_parse.c about whole files; "%% PATH" begins another. */

{ "nothing", "", "", "", NULL },
{ "comments only", "# a\n\n\t# b\n", "", "", NULL },
{ "one service", SERVICE("a"), "a", "", "a.server = /bin/t" },
{ "brace on the keyword's line", "service a {\n" NEEDS "}\n", "a", "", NULL },
{ "brace after remark lines", "service a\n\n# x\n{\n" NEEDS "}\n", "a", "",
    NULL },
{ "brace with a remark", "service a\n{ # x\n" NEEDS "} # end\n" SERVICE("b"),
    "a b", "", NULL },
{ "keyword in capitals", "SERVICE a\n{\n" NEEDS "}\nDefaults\n{\n}\n", "a",
    "", NULL },
{ "byte order mark", "\xef\xbb\xbf" SERVICE("a"), "a", "", NULL },
{ "no newline at the end", "service a\n{\n" NEEDS "}", "a", "", NULL },
{ "words after the name", "service a b\n{\n" NEEDS "}\n", "a",
    "1:1 W syntax ", NULL },
{ "no name", "service\n{\n" NEEDS "}\n" SERVICE("b"), "b", "1:1 S syntax ",
    NULL },
{ "no brace", "service a\nnice = 5\n}\n" SERVICE("b"), "a=refused b",
    "2:1 S syntax a", NULL },
{ "word behind the brace", "service a { nice = 5\n}\n" SERVICE("b"),
    "a=refused b", "1:1 S syntax a", NULL },
{ "end inside an entry", "service a\n{\n" NEEDS, "a=refused",
    "6:1 S syntax a", NULL },
{ "end before the brace", "service a\n", "a=refused", "1:1 S syntax a",
    NULL },
{ "end inside defaults", "defaults\n{\ninstances = 1\n", "LOAD",
    "3:1 L syntax ", NULL },
{ "brace missing between services", "service a\n{\n" NEEDS SERVICE("b")
    SERVICE("c"), "a=refused c", "7:1 S syntax ; 7:1 S syntax a", NULL },
{ "brace missing before defaults", "service a\n{\n" NEEDS
    "defaults\n{\nonly_from = 10.0.0.1\n}\n" SERVICE("c"),
    "LOAD a=refused c", "7:1 L syntax ; 7:1 S syntax a", NULL },
{ "brace missing before include", "service a\n{\n" NEEDS "include x\n}\n",
    "LOAD a=refused", "7:1 L syntax ; 7:1 S syntax a", NULL },
{ "stray brace at the end", SERVICE("a") "}\n# bye\n", "a", "8:1 W syntax ",
    NULL },
{ "stray brace before a service", "}\n" SERVICE("a") SERVICE("b"), "b",
    "1:1 S syntax ", NULL },
{ "stray brace before defaults", "}\ndefaults\n{\n}\n" SERVICE("b"),
    "LOAD b", "1:1 L syntax ", NULL },
{ "stray word", "hello\n" SERVICE("a") SERVICE("b"), "b", "1:1 S syntax ",
    NULL },
{ "misspelt service", "servce a\n{\nonly_from = 10.0.0.1\n}\n" SERVICE("b"),
    "b", "1:1 S syntax ", NULL },
{ "misspelt defaults", "defautls\n{\n}\n" SERVICE("b"), "LOAD b",
    "1:1 L syntax ; 1:1 S syntax ", NULL },
{ "headless block with restrictions",
    "{\nonly_from = 10.0.0.1\n}\n" SERVICE("b"), "LOAD b", "1:1 L syntax ",
    NULL },
{ "headless block without", "{\nnice = 5\n}\n" SERVICE("b"), "b",
    "1:1 S syntax ", NULL },
{ "restriction outside any entry", "only_from = 10.0.0.1\n" SERVICE("a"),
    "LOAD", "1:1 L syntax ; 1:1 S syntax ", NULL },
{ "disabled entry with a lost brace", "service a\n{\ndisable = yes\n"
    SERVICE("b"), "a=off", "4:1 S syntax ", NULL },

/* 1.6 defaults */
{ "defaults behind the service", SERVICE("a") "defaults\n{\n"
    "only_from = 10.0.0.1\n}\n", "a", "1:1 W kinder a",
    "a.only_from = 10.0.0.1" },
{ "said once", SERVICE("a") SERVICE("b") "defaults\n{\nno_access = 10.0.0.1"
    "\n}\n", "a b", "1:1 W kinder a", "b.no_access = 10.0.0.1" },
{ "later defaults add", "defaults\n{\nonly_from = 10.0.0.1\n}\n" SERVICE("a")
    "include b\n%% /etc/b\ndefaults\n{\nonly_from = 10.0.0.2\n}\n", "a",
    "5:1 W kinder a", "a.only_from = 10.0.0.1 10.0.0.2" },
{ "not said when it has its own", "service a\n{\nonly_from = 10.0.0.2\n"
    NEEDS "}\ndefaults\n{\nonly_from = 10.0.0.1\n}\n", "a", "",
    "a.only_from = 10.0.0.2" },
{ "limits behind the service", SERVICE("a") "defaults\n{\ninstances = 3\n}\n",
    "a", "", "a.instances = 3" },
{ "service adds to defaults", "service a\n{\nno_access += 10.0.0.2\n" NEEDS
    "}\ndefaults\n{\nno_access = 10.0.0.1\n}\n", "a", "1:1 W kinder a",
    "a.no_access = 10.0.0.1 10.0.0.2" },
{ "service takes from defaults", "defaults\n{\nno_access = 10.0.0.1 10.0.0.2"
    "\n}\nservice a\n{\nno_access -= 10.0.0.1\n" NEEDS "}\n", "a", "",
    "a.no_access = 10.0.0.2" },
{ "service replaces", "defaults\n{\nonly_from = 10.0.0.1\n}\n"
    "service a\n{\nonly_from = 10.0.0.2\n" NEEDS "}\n", "a", "",
    "a.only_from = 10.0.0.2" },
{ "service scalar wins", "defaults\n{\ninstances = 3\n}\n"
    "service a\n{\ninstances = 5\n" NEEDS "}\n", "a", "",
    "a.instances = 5" },
{ "two defaults in one file", "defaults\n{\n}\ndefaults\n{\n}\n", "LOAD",
    "4:1 L syntax ", NULL },
{ "defaults in two files", "defaults\n{\ninstances = 3\nno_access = 10.0.0.1"
    "\n}\ninclude b\n" SERVICE("a") "%% /etc/b\ndefaults\n{\n"
    "instances = 4\nno_access = 10.0.0.2\n}\n", "a",
    "3:1 W repeated .instances", "a.no_access = 10.0.0.1 10.0.0.2" },

/* 1.7 */
{ "enabled does not revive disable = yes", "defaults\n{\nenabled = a\n}\n"
    "service a\n{\ndisable = yes\n" NEEDS "}\n", "a=off", "", NULL },
{ "enabled does not revive a fault", "defaults\n{\nenabled = a\n}\n"
    "service a\n{\nonly_from = x,y\n" NEEDS "}\n", "a=refused",
    "7:13 S bad-value a.only_from", NULL },
{ "disabled by id, not by name", "defaults\n{\ndisabled = b\n}\n"
    "service a\n{\nid = b\n" NEEDS "}\n", "b=off", "", NULL },
{ "same name, other port", "service a\n{\nport = 1\n" NEEDS "}\n"
    "service a\n{\nport = 2\n" NEEDS "}\n", "a a-2",
    "9:1 W duplicate a-2.id", NULL },
{ "same name, no port", SERVICE("a") SERVICE("A"), "a A=refused",
    "8:1 S duplicate A.id", NULL },
{ "same id", SERVICE("a") "service b\n{\nid = a\n" NEEDS "}\n",
    "a a=refused", "10:1 S duplicate a.id", NULL },
{ "same id as a disabled one", "service a\n{\ndisable = yes\n}\n"
    SERVICE("a"), "a=off a", "", NULL },
{ "long name", "service 1234567890123456789012345678901234567890123456789012"
    "345678901234\n{\n" NEEDS "}\n", "123456789012345678901234567890123456"
    "7890123456789012345678901234=refused", "1:1 S limit 12345678901234567890"
    "12345678901234567890123456789012345678901234.id", NULL },
{ "name in another script", "service \xc3\xa4-1\n{\n" NEEDS "}\n",
    "\xc3\xa4-1", "", NULL },

/* 1.8 */
{ "nothing required is there", "service a\n{\n}\n", "a=refused",
    "1:1 S missing a.socket_type; 1:1 S missing a.wait; 1:1 S missing a.user;"
    " 1:1 S missing a.server", NULL },
{ "protocol implies the socket", "service a\n{\nprotocol = tcp\nwait = no\n"
    "user = root\nserver = /bin/t\n}\n", "a", "",
    "a.socket_type = stream" },
{ "socket implies the protocol", SERVICE("a"), "a", "",
    "a.protocol = tcp" },
{ "dgram", "service a\n{\nsocket_type = dgram\nwait = yes\nuser = root\n"
    "server = /bin/t\n}\n", "a", "", "a.protocol = udp" },
{ "relative server", "service a\n{\nsocket_type = stream\nwait = no\n"
    "user = root\nserver = t\n}\n", "a=refused", "6:10 S bad-value a.server",
    NULL },
{ "server with arguments", "service a\n{\nsocket_type = stream\nwait = no\n"
    "user = root\nserver = /bin/t -x\n}\n", "a=refused",
    "6:1 S value-count a.server", NULL },
{ "uid 4294967296", "service a\n{\nsocket_type = stream\nwait = no\n"
    "user = 4294967296\nserver = /bin/t\n}\n" SERVICE("b"), "a=refused b",
    "5:8 S out-of-range a.user", NULL },

/* 1.9 include and includedir */
{ "include", "include sub/a\n%% /etc/sub/a\ninclude b\n%% /etc/sub/b\n"
    SERVICE("b"), "b", "", NULL },
{ "include, absolute", "include /x/a\n%% /x/a\n" SERVICE("a"), "a", "",
    NULL },
{ "include without a path", "include\n" SERVICE("a"), "LOAD a",
    "1:1 L syntax ", NULL },
{ "include missing", "include nowhere\n" SERVICE("a"), "LOAD a",
    "1:9 L file ", NULL },
{ "include itself", "include main\n" SERVICE("a"), "LOAD a", "1:9 L file ",
    NULL },
{ "include in a ring", "include b\n%% /etc/b\ninclude c\n%% /etc/c\n"
    "include b\n", "LOAD", "1:9 L file ", NULL },
{ "include twice", "include b\ninclude b\n%% /etc/b\n" SERVICE("a"),
    "a a=refused", "1:1 S duplicate a.id", NULL },
{ "include of a foreign file", "include _owner\n", "LOAD", "1:9 L file ",
    NULL },
{ "include of a writable file", "include _writable\n", "LOAD",
    "1:9 L file ", NULL },
{ "include of a pipe", "include _pipe\n", "LOAD", "1:9 L file ", NULL },
{ "include of a big file", "include _big\n", "LOAD", "1:9 L file ", NULL },
{ "includedir", "includedir d\n%% /etc/d/a\n" SERVICE("a") "%% /etc/d/b\n"
    SERVICE("b"), "a b", "", NULL },
{ "includedir skips", "includedir d\n%% /etc/d/a~\n" SERVICE("a")
    "%% /etc/d/b.rpmsave\n" SERVICE("b") "%% /etc/d/.c\n" SERVICE("c")
    "%% /etc/d/#d#\n" SERVICE("d"), "d", "", NULL },
{ "includedir warns about .conf", "includedir d\n%% /etc/d/a.conf\n"
    SERVICE("a") "%% /etc/d/b\n" SERVICE("b"), "b", "1:12 W file ", NULL },
{ "includedir_all, behind", "includedir d\ngateway\n{\nincludedir_all = yes"
    "\n}\n%% /etc/d/a.conf\n" SERVICE("a") "%% /etc/d/b.x\n" SERVICE("b"),
    "a", "", "includedir_all = yes" },
{ "includedir_all reads no copies", "gateway\n{\nincludedir_all = yes\n}\n"
    "includedir d\n%% /etc/d/a.b.conf\n" SERVICE("a") "%% /etc/d/b.conf~\n"
    SERVICE("b") "%% /etc/d/c.conf.rpmnew\n" SERVICE("c")
    "%% /etc/d/.d.conf\n" SERVICE("d") "%% /etc/d/.conf\n" SERVICE("e")
    "%% /etc/d/f.dpkg-old\n" SERVICE("f"), "a", "", NULL },
{ "includedir missing", "includedir nowhere\n" SERVICE("a"), "a",
    "1:12 W file ", NULL },
{ "includedir of a file", "includedir _file\n" SERVICE("a"), "LOAD a",
    "1:12 L file ", NULL },
{ "includedir others may write to", "includedir _writable\n", "LOAD",
    "1:12 L file ", NULL },
{ "pipe in a directory", "includedir d\n%% /etc/d/_pipe\n%% /etc/d/b\n"
    SERVICE("b"), "b", "1:12 W file ", NULL },
{ "writable file in a directory", "includedir d\n%% /etc/d/_writable\n"
    "%% /etc/d/b\n" SERVICE("b"), "LOAD b", "1:12 L file ", NULL },

/* gateway */
{ "gateway fallbacks", "", "", "", "source_table = 65536" },
{ "gateway", "gateway {\naudit = none\nprocess_limit = 100 # all\n}\n", "",
    "", "audit = none" },
{ "gateway behind a service", SERVICE("a") "gateway\n{\nsyslog_tag = y\n}\n",
    "a", "", "syslog_tag = y" },
{ "gateway twice", "gateway\n{\n}\ngateway\n{\n}\n", "LOAD",
    "4:1 L syntax ", NULL },
{ "gateway unknown", "gateway\n{\naudit_fail = stop\n}\n", "LOAD",
    "3:1 L unknown-attribute .audit_fail", NULL },
{ "gateway bad value", "gateway\n{\naudit = log\n}\n", "LOAD",
    "3:9 L bad-value .audit", NULL },
{ "gateway list attribute", "gateway\n{\nonly_from = 10.0.0.1\n}\n", "LOAD",
    "3:1 L misplaced-attribute .only_from", NULL },
{ "gateway tag", "gateway\n{\nsyslog_tag = a:b\n}\n", "LOAD",
    "3:14 L bad-value .syslog_tag", NULL },
{ "unknown attributes warn", "gateway\n{\nunknown_attributes = warn\n}\n"
    "service a\n{\nfoo = 1\n" NEEDS "}\n", "a",
    "7:1 W unknown-attribute a.foo", NULL },
{ "unknown attributes warn, behind", "service a\n{\nfoo = 1\n" NEEDS "}\n"
    "gateway\n{\nunknown_attributes = warn\n}\n", "a",
    "3:1 W unknown-attribute a.foo", NULL },
{ "unknown in defaults all the same", "gateway\n{\nunknown_attributes = warn"
    "\n}\ndefaults\n{\nfoo = 1\n}\n", "LOAD",
    "7:1 L unknown-attribute .foo", NULL },
{ "audit_failure", "gateway\n{\naudit_failure = serve\n}\n", "", "",
    "audit_failure = serve" },
{ "audit_failure later", "gateway\n{\naudit_failure = refuse\n}\n", "LOAD",
    "3:1 L unsupported .audit_failure", NULL },
{ "audit_failure later", "gateway\n{\naudit_failure = stop\n}\n", "LOAD",
    "3:1 L unsupported .audit_failure", NULL },
{ "lookup_timeout", "gateway\n{\nlookup_timeout = 500ms\n}\n", "",
    "", "lookup_timeout = 500ms" },
{ "source_table too small", "gateway\n{\nsource_table = 1\n}\n", "LOAD",
    "3:16 L out-of-range .source_table", NULL },

/* a fault stays with its service */
{ "only one of three", SERVICE("a") "service b\n{\nno_access = x,y\n" NEEDS
    "}\n" SERVICE("c"), "a b=refused c", "10:13 S bad-value b.no_access",
    NULL },
