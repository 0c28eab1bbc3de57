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
	"services that run.\n" \
	"A service without an id whose name is taken gets\n.Ql -dgram\nor\n" \
	".Ql -stream\n" \
	"added to the name when the other has another socket type, else its\n" \
	"port or the address of\n.Cm bind ,\n" \
	"with a warning; one whose given id is taken is refused."
#define TEXT_TYPE \
	"What kind of service it is; several words may be combined.\n" \
	".Bl -tag -width TCPMUXPLUS -compact\n.It Sy UNLISTED\n" \
	"It is not in\n.Pa /etc/services ,\nso that\n.Cm port\n" \
	"must be given.\n.It Sy INTERNAL\n" \
	"Its name says which internal service answers: echo, discard, chargen,\n" \
	"daytime or time, or tcpmux.\n.It Sy RPC\nIt is registered with\n" \
	".Xr rpcbind 8 ,\nwhich needs\n.Cm rpc_version .\n.It Sy TCPMUX\n" \
	"It has no port; its clients name it to tcpmux (RFC 1078), and its server\n" \
	"sends the answer line.\nIt needs\n.Cm UNLISTED\ntoo, and tcp.\n" \
	".It Sy TCPMUXPLUS\nThe same, but tcpmux sends the answer line.\n" \
	".It Sy SPECIAL\nhas no effect.\n.El"
#define TEXT_FLAGS \
	"Switches of all kinds.\n.Bl -tag -width NAMEINARGS -compact\n" \
	".It Sy NAMEINARGS\nThe first word of\n.Cm server_args\n" \
	"is the server's own name; it may stand before or after\n" \
	".Cm server_args .\n.It Sy NODELAY , KEEPALIVE\n" \
	"set the socket options of those names.\n.It Sy IPv4 , IPv6\n" \
	"choose the family to listen on.\nAs in xinetd\n.Cm IPv6\n" \
	"takes IPv4 clients too unless\n.Ic v6only\nis yes.\n" \
	".It Sy NOLIBWRAP\n" \
	"The service does without hosts.allow and hosts.deny.\n" \
	".It Sy IDONLY\n" \
	"Only clients whose ident server (RFC 1413) names a user are let in;\n" \
	"for TCP connections, and not with\n.Cm wait = yes .\n" \
	".It Sy SENSOR\n" \
	"Nothing is served; who touches the port is recorded and denied\n" \
	"everywhere for\n.Cm deny_time .\n.It Sy INTERCEPT\nWith\n" \
	".Cm wait = yes\n" \
	"the kernel drops what comes from addresses that the lists refuse,\n" \
	"before the server sees it; elsewhere it is ignored with a warning.\n" \
	".It Sy LABELED\n" \
	"The server runs in the SELinux context that the policy has for it,\n" \
	"with the range of the client's label.\n" \
	"Where the kernel knows no label of the client there is no server and\n" \
	"the connection is closed; a build without libselinux refuses the\n" \
	"service.\n" \
	".It Sy REUSE , NORETRY\n" \
	"have no effect.\n.El"
#define TEXT_DISABLE \
	".Cm yes\nturns the service off.\n" \
	"What follows it in the service is read, but faults in it are not\n" \
	"reported.\nWhen it is given twice the first counts, with a warning."
#define TEXT_SOCKET_TYPE \
	"The kind of socket.\nIt follows from\n.Cm protocol\n" \
	"when that is tcp or udp.\n.Cm seqpacket\nneeds\n" \
	".Cm protocol = unix ;\n.Cm raw\n" \
	"is refused, since no address rule could be applied to it."
#define TEXT_PROTOCOL \
	"The transport.\nIt follows from\n.Cm socket_type\n" \
	"when that is stream or dgram.\nWith\n.Cm unix\n" \
	"the service listens on\n.Cm socket_path\n" \
	"and has neither port nor address; it starts a server.\n" \
	"Its clients have no address: lists that would restrict them, inherited\n" \
	"ones too, refuse the service, and hosts.allow and hosts.deny do not\n" \
	"apply.\nWho may connect is said by\n" \
	".Cm socket_user , socket_group\nand\n.Cm socket_mode ."
#define TEXT_WAIT \
	".Cm no :\na server is started for every connection.\n.Cm yes :\n" \
	"one server is given the listening socket and serves all clients until\n" \
	"it ends.\n" \
	"One of the two must be given, and datagram services with a server need\n" \
	".Cm yes .\n" \
	"Address rules are applied to datagrams by a filter in the kernel while\n" \
	"the server has the socket; its\n.Cm access_times\n" \
	"and limits count when it is started.\n" \
	"The server of a stream service accepts by itself, so that address rules\n" \
	"refuse the service unless\n.Cm flags\nhas\n.Cm INTERCEPT ."
#define TEXT_PORT \
	"The port to listen on.\nUnless\n.Cm type\nhas\n.Cm UNLISTED ,\n" \
	"the services database must name the same port for this service.\n" \
	"Zero is refused, since nobody could learn the port that results; an RPC\n" \
	"service, whose clients ask for it, may have zero or none."
#define TEXT_BIND \
	"The local address to listen on, a literal or a name that is resolved\n" \
	"at load.\n" \
	"An address that the host does not have yet is bound all the\n" \
	"same.\n.Ql ::\ntakes both families unless\n.Ic v6only\nis yes.\n" \
	"An IPv4 address together with\n.Cm flags = IPv6\n" \
	"(or the reverse) is refused."
#define TEXT_V6ONLY \
	"With\n.Cm yes\na service without\n.Cm bind\nlistens on IPv6 only."
#define TEXT_REDIRECT \
	"Connects clients to another host and port instead of starting a\n" \
	"server.\nBoth are resolved at load; the port may be a name.\n" \
	"It needs\n.Cm socket_type = stream\nand\n.Cm wait = no .\n" \
	"The session runs in\n.Nm sallyport-relay ,\nso that\n.Cm user\n" \
	"is not needed and changes nothing, and a\n.Cm server\n" \
	"is discarded with a warning."
#define TEXT_MDNS \
	"Accepted for old files; the service is not announced."
#define TEXT_RPC_VERSION \
	"The versions of the program that an RPC service is registered for.\n" \
	"RPC services must have it."
#define TEXT_RPC_NUMBER \
	"The program number of an RPC service.\nOne with\n.Cm UNLISTED\n" \
	"must have it; others are found by name in\n.Pa /etc/rpc ."

#define TEXT_SOCKET_PATH \
	"With\n.Cm protocol = unix :\nthe path of the socket.\n" \
	"Its directory and all above it must belong to root and be writable\n" \
	"by nobody else; so must symbolic links on the way belong to root."
#define TEXT_SOCKET_USER \
	"The owner of the UNIX socket; root unless it is given."
#define TEXT_SOCKET_GROUP \
	"The group of the UNIX socket; root's unless it is given."
#define TEXT_SOCKET_MODE \
	"The permissions of the UNIX socket.\nWho may write to it may connect."

/* The server. */
#define TEXT_SERVER \
	"The program to start, an absolute path.\n" \
	"It must exist and be executable when the configuration is loaded.\n" \
	"Internal services, sensors and\n.Cm redirect\nstart none."
#define TEXT_SERVER_ARGS \
	"The server's arguments, without its name unless\n.Cm flags\nhas\n" \
	".Cm NAMEINARGS .\nThere is no quoting.\nA word that begins with\n" \
	".Ql #\nis an argument here, not a remark; the loader warns."
#define TEXT_USER \
	"The user the server runs as.\nDigits are a user id; without\n" \
	".Cm group\nthe group id is then the same number.\n" \
	"An id above 4294967294 is refused.\nInternal services and\n" \
	".Cm redirect\n" \
	"need none: they run in processes of sallyport's own users, whatever is\n" \
	"given here."
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
	"the last part of the server's path, with\n.Cm flags = NAMEINARGS\n" \
	"of its first argument, the id of an internal service, the name of one\n" \
	"that redirects.\n" \
	"A service with\n.Cm flags = NOLIBWRAP\ndoes without those files."

/* Access and limits. */
#define TEXT_ONLY_FROM \
	"The clients that may use the service; without it, all.\n" \
	"An address with trailing zero parts stands for a network\n" \
	".Pq 192.168.1.0 ;\nother forms are prefixes\n" \
	".Pq 10.0.0.0/8 , 2001:db8::/32 ,\n.Ql 10.1.{2,3} ,\n.Cm ALL ,\n" \
	"and names.\n" \
	"A host name matches a client whose address it resolves to;\n" \
	".Ql .example.net\n" \
	"matches one that has a name in that domain which resolves back to it.\n" \
	"A word without a dot that no host is called stands for the network of\n" \
	"that name in\n.Pa /etc/networks .\n" \
	"A name that cannot be resolved lets nobody in.\n" \
	"At most 64 host names fit into a list.\n" \
	"A list that is given but empty lets nobody in.\nA client on\n" \
	".Cm no_access\nas well is denied.\n" \
	"A word that is neither address nor name refuses the service.\nIn\n" \
	".Cm defaults\n.Ql =\nadds; in a service it replaces\n" \
	"what was inherited, while\n.Ql +=\nand\n.Ql -=\nchange it."
#define TEXT_NO_ACCESS \
	"The clients that may not use the service, written as for\n" \
	".Cm only_from .\n" \
	"A word that is neither address nor name refuses the service: a ban\n" \
	"is never skipped.\n" \
	"While it cannot be found out whether a name applies, it does;\n" \
	"so does a domain to a client with a name that does not resolve back\n" \
	"to it."
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
	"address, or for one source as\n.Ic source_prefix\n" \
	"says, where that is given.\nZero denies everybody."
#define TEXT_SOURCE_CPS \
	"How many connections a second the service accepts from one source.\n" \
	"A source beyond that is denied for so many seconds; all others are\n" \
	"served.\nClients denied for another reason are not counted.\n" \
	"Datagrams beyond the rate are denied, but nobody has to wait for them,\n" \
	"since their sources are anybody's invention.\n" \
	"A rate of 0 turns the limit off."
#define TEXT_SOURCE_PREFIX \
	"How many bits of a client's IPv4 and IPv6 address are one source.\n" \
	"Without it\n.Ic per_source\ncounts by address and\n.Ic source_cps\n" \
	"by 32 and 56 bits, since whoever has a network of IPv6 has another\n" \
	"address for each connection."
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
	"For how many minutes a client that touched this sensor is denied\n" \
	"everywhere.\n.Cm FOREVER\nis until the daemon ends,\n.Cm NEVER\n" \
	"only records.\n" \
	"A client is one IPv4 address, or all of an IPv6 prefix of length 56.\n" \
	"A server of datagrams with\n.Cm wait = yes\nreads them by itself:\n" \
	"while it runs it gets those of denied clients too, unless\n" \
	".Ic no_access\nor\n.Ic only_from\nrefuses their addresses.\n" \
	"Datagrams are recorded and never held against their source, which\n" \
	"anybody can forge."
#define TEXT_MAX_SESSION \
	"How long a server may run.\nThen it gets TERM, and KILL after 10\n" \
	"seconds.\nZero is no limit."
#define TEXT_IDLE_TIMEOUT \
	"A relayed session, of\n.Cm redirect\nor an internal stream service,\n" \
	"ends when no byte has moved for so long.\nUnless it is given, internal\n" \
	"services take 60 seconds and\n.Cm redirect\nhas no limit."
#define TEXT_CONNECT_TIMEOUT \
	"How long a connection to the target of\n.Cm redirect\nmay take."
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
	".Cm USERID\n" \
	"asks the client's ident server (RFC 1413) once the server runs.\n" \
	".Cm TRAFFIC\ntells the bytes of\n.Cm redirect\n" \
	"and internal services; for others it adds nothing, with a warning."
#define TEXT_LOG_ON_FAILURE \
	"What the classic lines say about a denied client.\n.Cm USERID\n" \
	"asks the client's ident server (RFC 1413).\nThe former word\n" \
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
	"How long the names of a client, or its user by ident, may take.\n" \
	"What is not known by then is unknown: it lets nobody in that a list of\n" \
	"names would admit, and keeps out whom one would refuse."
#define TEXT_SOURCE_TABLE \
	"How many sources\n.Ic source_cps\nremembers, 64 bytes each.\n" \
	"When there are more, one that does not have to wait is forgotten, and\n" \
	"only when all have to, the one whose time ends first.\n" \
	"Another number begins with an empty memory."
#define TEXT_UNKNOWN_ATTRIBUTES \
	"What an attribute that does not exist does to its service:\n" \
	".Cm refuse\nit, or\n.Cm warn\nand ignore the attribute as xinetd did.\n" \
	"In\n.Cm defaults\nit always refuses the load."
#define TEXT_INCLUDEDIR_ALL \
	"Whether\n.Cm includedir\nalso reads files whose names end in\n" \
	".Pa .conf .\nOther names with a dot, and those with\n.Ql ~\n" \
	"at their end, are never read."

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
#define TEXT_ONLY_FROM_NAMES \
	"The names in\n.Cm only_from ,\neach behind the number of its entry."
#define TEXT_NO_ACCESS_NAMES \
	"The names in\n.Cm no_access ,\neach behind the number of its entry."
#define TEXT_BANNER_DATA \
	"The content of\n.Cm banner ."
#define TEXT_BANNER_SUCCESS_DATA \
	"The content of\n.Cm banner_success ."
#define TEXT_BANNER_FAIL_DATA \
	"The content of\n.Cm banner_fail ."
#define TEXT_ROLES \
	"User and group ids of our own processes, and the operators' group."
#define TEXT_KIND \
	"What its clients are served by."
#define TEXT_TARGET \
	"Where redirect goes: family, address, port."
#define TEXT_FILTER \
	"The numeric access lists as a classic socket filter."
#define TEXT_SOCKET_IDS \
	"Owner and group of its UNIX socket."
#define TEXT_WRAP_NAME \
	"The name that stands for the service in\n.Pa hosts.allow ."
#define TEXT_WRAP_OPTIONS \
	"What rules of\n.Pa hosts.allow\nchange in a launch, in numbers."
#define TEXT_WRAP \
	"The rules of\n.Pa hosts.allow\nand then those of\n.Pa hosts.deny ."
#define TEXT_WRAP_FILES \
	"The files of patterns that\n.Pa hosts.allow\nand\n.Pa hosts.deny\n" \
	"name."
#define TEXT_ZONE \
	"The local time zone's rule."
#define TEXT_LOOKUPS \
	"Whether a service asks for host names or ident, so that the process\n" \
	"that looks them up is needed."

#endif
