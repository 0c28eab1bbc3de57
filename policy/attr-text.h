/*
 * The manual's paragraph for each attribute, as attr.c's table names them.
 *
 * Text only: apart from the table so that its rows fit on a screen. Each is
 * one paragraph of mdoc, whose lines begin where the source lines do.
 */
#ifndef POLICY_ATTR_TEXT_H
#define POLICY_ATTR_TEXT_H

/* Identity and socket. */
#define TEXT_ID \
	"The name under which the service appears in logs, in\n" \
	".Cm enabled\nand\n.Cm disabled ,\nand in every command.\n" \
	"It is compared without regard to case and must be unique among the\n" \
	"services that run.\nA service without an id whose name is taken gets\n" \
	"its port added to the name, with a warning; one whose given id is\n" \
	"taken is refused."
#define TEXT_TYPE \
	".Cm UNLISTED\nsays that the service is not in\n.Pa /etc/services ,\n" \
	"so that\n.Cm port\nmust be given.\n.Cm SPECIAL\nhas no effect.\n" \
	".Cm INTERNAL , RPC , TCPMUX\nand\n.Cm TCPMUXPLUS\n" \
	"are understood but not supported yet; a service that has one of them\n" \
	"is refused."
#define TEXT_FLAGS \
	".Cm NAMEINARGS :\nthe first word of\n.Cm server_args\n" \
	"is the server's own name; it may stand before or after\n" \
	".Cm server_args .\n.Cm NODELAY\nand\n.Cm KEEPALIVE\n" \
	"set the socket options of those names.\n.Cm IPv4\nand\n.Cm IPv6\n" \
	"choose the family to listen on.\nAs in xinetd\n.Cm IPv6\n" \
	"takes IPv4 clients too unless\n.Ic v6only\nis yes.\n" \
	".Cm NOLIBWRAP :\nthe service does without hosts.allow and hosts.deny.\n" \
	".Cm REUSE\nand\n.Cm NORETRY\nhave no effect.\n" \
	".Cm INTERCEPT , IDONLY , SENSOR\nand\n.Cm LABELED\n" \
	"are not supported yet; a service that has one of them is refused."
#define TEXT_DISABLE \
	".Cm yes\nturns the service off.\n" \
	"What follows it in the service is read, but faults in it are not\n" \
	"reported.\nWhen it is given twice the first counts, with a warning."
#define TEXT_SOCKET_TYPE \
	"The kind of socket.\nIt follows from\n.Cm protocol\n" \
	"when that is tcp or udp.\nOnly\n.Cm stream\nis supported yet."
#define TEXT_PROTOCOL \
	"The transport.\nIt follows from\n.Cm socket_type\n" \
	"when that is stream or dgram.\nOnly\n.Cm tcp\nis supported yet."
#define TEXT_WAIT \
	".Cm no :\na server is started for every connection.\n.Cm yes :\n" \
	"one server is given the listening socket; this is not supported yet.\n" \
	"One of the two must be given."
#define TEXT_PORT \
	"The port to listen on.\nUnless\n.Cm type\nhas\n.Cm UNLISTED ,\n" \
	"the services database must name the same port for this service.\n" \
	"Zero is refused, since nobody could learn the port that results."
#define TEXT_BIND \
	"The local address to listen on, a literal or a name that is resolved\n" \
	"at load.\nAn address that the host does not have yet is bound all the\n" \
	"same.\nAn IPv4 address together with\n.Cm flags = IPv6\n" \
	"(or the reverse) is refused."
#define TEXT_V6ONLY \
	"With\n.Cm yes\na service without\n.Cm bind\nlistens on IPv6 only."
#define TEXT_REDIRECT \
	"Forwards connections to another host and port instead of starting a\n" \
	"server.\nNot supported yet: a service that has it is refused."
#define TEXT_MDNS \
	"Accepted for old files; the service is not announced."
#define TEXT_RPC_VERSION \
	"The versions of an RPC service.\nRPC is not supported yet."
#define TEXT_RPC_NUMBER \
	"The program number of an RPC service that is not listed.\n" \
	"RPC is not supported yet."

/* The server. */
#define TEXT_SERVER \
	"The program to start, an absolute path.\n" \
	"It must exist and be executable when the configuration is loaded."
#define TEXT_SERVER_ARGS \
	"The server's arguments, without its name unless\n.Cm flags\nhas\n" \
	".Cm NAMEINARGS .\nThere is no quoting.\nA word that begins with\n" \
	".Ql #\nis an argument here, not a remark; the loader warns."
#define TEXT_USER \
	"The user the server runs as.\nDigits are a user id; without\n" \
	".Cm group\nthe group id is then the same number.\n" \
	"An id above 4294967294 is refused."
#define TEXT_GROUP \
	"The server's group; by default the user's login group."
#define TEXT_GROUPS \
	".Cm yes\ngives the server the supplementary groups of its user;\n" \
	".Cm no\nnone."
#define TEXT_UMASK \
	"The server's file mode creation mask, in octal.\n" \
	"By default the daemon's own mask with 022 added."
#define TEXT_NICE \
	"Added to the server's scheduling priority.\n" \
	"Negative values work for servers of root only."
#define TEXT_ENV \
	"Variables added to the server's environment, after\n.Cm passenv .\n" \
	"There is no quoting, and\n.Ql -=\nis an error."
#define TEXT_PASSENV \
	"The names of the daemon's environment variables that the server gets.\n" \
	"Without this attribute it gets all of them but dangerous ones; an\n" \
	"empty list passes none."
#define TEXT_RLIMIT_AS \
	"The size of the server's address space.\nZero changes nothing."
#define TEXT_RLIMIT_CPU \
	"Seconds of processor time the server may use.\nZero changes nothing."
#define TEXT_RLIMIT_DATA \
	"The size of the server's data segment.\nZero changes nothing."
#define TEXT_RLIMIT_FILES \
	"How many files the server may have open.\nZero changes nothing."
#define TEXT_RLIMIT_RSS \
	"The size of the server's resident set; Linux does not enforce it.\n" \
	"Zero changes nothing."
#define TEXT_RLIMIT_STACK \
	"The size of the server's stack.\nZero changes nothing."
#define TEXT_LIBWRAP \
	"The daemon name to look for in hosts.allow and hosts.deny; by default\n" \
	"the last part of the server's path.\n" \
	"Those files are not read yet: while one of them has an active line, a\n" \
	"service without\n.Cm flags = NOLIBWRAP\nis refused."

/* Access and limits. */
#define TEXT_ONLY_FROM \
	"The clients that may use the service; without it, all.\n" \
	"An address with trailing zero parts stands for a network\n" \
	".Pq 192.168.1.0 ;\nother forms are prefixes\n" \
	".Pq 10.0.0.0/8 , 2001:db8::/32 ,\n.Ql 10.1.{2,3}\nand\n.Cm ALL .\n" \
	"A list that is given but empty lets nobody in.\n" \
	"A client on\n.Cm no_access\nas well is denied.\n" \
	"Host names are not supported yet; a word that is no address refuses\n" \
	"the service.\nIn\n.Cm defaults\n.Ql =\nadds; in a service it replaces\n" \
	"what was inherited, while\n.Ql +=\nand\n.Ql -=\nchange it."
#define TEXT_NO_ACCESS \
	"The clients that may not use the service, written as for\n" \
	".Cm only_from .\nA word that is no address refuses the service: a ban\n" \
	"is never skipped."
#define TEXT_ACCESS_TIMES \
	"When the service may be used, in local time.\n" \
	"Both ends belong to an interval; one that ends before it begins\n" \
	"crosses midnight, and 24:00 may be an end.\n" \
	"Several intervals are words of their own."
#define TEXT_INSTANCES \
	"How many servers of this service may run at once.\n" \
	"Zero denies everybody."
#define TEXT_PER_SOURCE \
	"How many servers of this service may run at once for one client\n" \
	"address.\nZero denies everybody."
#define TEXT_CPS \
	"How many connections a second the service accepts; a client beyond\n" \
	"that is denied, and the port stays open.\n" \
	"The second number spaces the log lines that say so, in seconds.\n" \
	"A rate of 0 turns the limit off.\n" \
	"Clients denied for another reason use nothing up."
#define TEXT_MAX_LOAD \
	"Clients are denied while the one-minute load average is this or more.\n" \
	"Zero turns it off."
#define TEXT_DENY_TIME \
	"For how many minutes a client that touched a sensor is denied\n" \
	"everywhere.\nIt means something with\n.Cm flags = SENSOR\nonly."
#define TEXT_MAX_SESSION \
	"How long a server may run.\nThen it gets TERM, and KILL after 10\n" \
	"seconds.\nZero is no limit."
#define TEXT_KEEPALIVE \
	"After how long without traffic the kernel asks whether the client is\n" \
	"still there.\nZero leaves it to\n.Cm flags = KEEPALIVE\n" \
	"and the system's own times."

/* Logging and banners. */
#define TEXT_LOG_TYPE \
	"Where the service's classic lines go.\n.Cm SYSLOG\n" \
	"takes a facility (daemon, auth, authpriv, user, mail, lpr, news, uucp,\n" \
	"ftp, local0 to local7) and a level, by default info.\n.Cm FILE\n" \
	"takes an absolute path, and limits in bytes with k or m behind them;\n" \
	"past the hard limit the lines go to syslog.\n" \
	"The hard limit is by default 1 % above the soft one, but at least 5 K\n" \
	"and at most 20 K.\n" \
	"Without this attribute there are no classic lines; the audit records\n" \
	"everything all the same."
#define TEXT_LOG_ON_SUCCESS \
	"What the classic lines say about a server's start and end.\n" \
	".Cm USERID\nand\n.Cm TRAFFIC\nare not supported yet and add nothing."
#define TEXT_LOG_ON_FAILURE \
	"What the classic lines say about a denied client.\n" \
	".Cm USERID\nis not supported yet and adds nothing; the former word\n" \
	".Cm RECORD\nis accepted with a warning."
#define TEXT_BANNER \
	"A file whose content every client is sent, before anything is decided\n" \
	"about it.\nIt is read at load and holds at most 16384 bytes."
#define TEXT_BANNER_SUCCESS \
	"The same for clients that are let in."
#define TEXT_BANNER_FAIL \
	"The same for clients that are denied."

/* Defaults only. */
#define TEXT_ENABLED \
	"When given, only services with these ids run.\n" \
	"It never revives a service that has a fault or\n.Cm disable = yes ."
#define TEXT_DISABLED \
	"Services with these ids do not run, whatever\n.Cm enabled\nsays."

/* Gateway. */
#define TEXT_AUDIT \
	"The file that gets one JSON record for every event;\n.Cm none\n" \
	"turns the audit off."
#define TEXT_AUDIT_FAILURE \
	"What happens while records cannot be written:\n.Cm serve\n" \
	"goes on and counts what is lost,\n.Cm refuse\nturns new clients away,\n" \
	".Cm stop\nends the daemon.\nOnly\n.Cm serve\n" \
	"works in this release; the others are refused as not supported yet."
#define TEXT_SYSLOG_TAG \
	"The program name on classic lines.\n" \
	"Stock filters for log lines look for xinetd."
#define TEXT_MESSAGES \
	"Where the daemon's own messages go."
#define TEXT_PROCESS_LIMIT \
	"How many servers of all services together may run at once."
#define TEXT_LOOKUP_TIMEOUT \
	"How long a name or ident lookup may take.\n" \
	"There are no lookups in this release: not supported yet, without effect."
#define TEXT_SOURCE_TABLE \
	"How many client addresses the per-source limits remember.\n" \
	"Not supported yet, without effect."
#define TEXT_UNKNOWN_ATTRIBUTES \
	"What an attribute that does not exist does to its service:\n" \
	".Cm refuse\nit, or\n.Cm warn\nand ignore the attribute as xinetd did.\n" \
	"In\n.Cm defaults\nit always refuses the load."
#define TEXT_INCLUDEDIR_ALL \
	"Whether\n.Cm includedir\nalso reads files whose names end in\n" \
	".Pa .conf ."

/* Canonical text. */
#define TEXT_LAUNCH_IDS \
	"User id, group id and supplementary group ids of the server."
#define TEXT_LISTEN \
	"The listeners: family, address with scope, port."
#define TEXT_ONLY_FROM_TABLE \
	"Number of the prefix table of\n.Cm only_from ,\n" \
	"and how many entries it names."
#define TEXT_NO_ACCESS_TABLE \
	"Number of the prefix table of\n.Cm no_access ,\n" \
	"and how many entries it names."
#define TEXT_BANNER_DATA \
	"The content of\n.Cm banner ."
#define TEXT_BANNER_SUCCESS_DATA \
	"The content of\n.Cm banner_success ."
#define TEXT_BANNER_FAIL_DATA \
	"The content of\n.Cm banner_fail ."
#define TEXT_ROLES \
	"User and group ids of our own processes, and the operators' group."
#define TEXT_ZONE \
	"The local time zone's rule."

#endif
