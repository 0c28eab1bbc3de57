/*
 * Audit records to the byte, and what becomes of texts that are too long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../fuzz/json-check.h"
#include "log/render.h"
#include "policy/reason.h"
#include "shared/msg.h"

#define STAMP_US UINT64_C(1795314708114207)
#define HEAD(kind, category, type, action, outcome) \
	"{\"@timestamp\":\"2026-11-22T02:31:48.114207Z\"," \
	"\"ecs\":{\"version\":\"8.17.0\"},\"event\":{\"kind\":\"" kind "\"," \
	"\"category\":[\"" category "\"],\"type\":[" type "]," \
	"\"action\":\"" action "\",\"outcome\":\"" outcome "\","
#define HOST(level) "\"log\":{\"level\":\"" level "\"}," \
	"\"host\":{\"name\":\"gate1\"},\"observer\":{\"product\":" \
	"\"sallyport\",\"version\":\"" PACKAGE_VERSION "\""
#define END "\"generation\":12,\"boot\":\"00000000f2c1f2c1\"}}\n"

static struct access_entry entries[] = {
	{ .word = "198.51.100.64/26", .place = { 1, 9, 5 } },
};
static struct time_entry times[] = {
	{ .range = { 8 * 60, 1440 }, .place = { 1, 12, 1 } },
};
static struct service telnet = {
	.id = "telnet", .protocol = "tcp", .place = { 1, 6, 1 },
	.only_from = { .present = true },
	.no_access = { true, 1, entries },
	.access_times = { 1, times }, .instances = 5,
	.where = { [ATTR_ONLY_FROM] = { 1, 7, 2 },
	    [ATTR_INSTANCES] = { 0, 0, 0 } },
};
static struct service *services[] = { &telnet };
static const char *files[] = { NULL, "/etc/sallyport.d/telnet",
	"/etc/hosts.deny" };
static struct wrap_item daemons[] = { { .form = WRAP_ALL, .who = "in.telnetd" } };
static struct wrap_item clients[] = {
	{ .form = WRAP_PREFIX, .prefix = { { .family = ADDR_IPV4,
	    .bytes = { 198, 51, 100 } }, 24 } },
	{ .form = WRAP_SUFFIX, .name = "bad.example" },
};
static struct wrap_rule wrap[] = {
	{ .action = WRAP_DENY, .place = { 2, 40, 0 }, .daemons = { 1, daemons,
	    "in.telnetd" }, .clients = { 2, clients, NULL } },
};
static struct policy policy = {
	.files = files, .file_count = 2, .services = services, .count = 1,
	.gateway = { .wrap = { .count = 1, .rules = wrap } },
};

#define CLIENT { .family = 4, .port = 40112, .bytes = { 198, 51, 100, 67 } }
#define SERVER { .family = 4, .port = 23, .bytes = { 192, 0, 2, 1 } }
#define ENDS "\"source\":{\"ip\":\"198.51.100.67\",\"port\":40112}," \
	"\"destination\":{\"ip\":\"192.0.2.1\",\"port\":23}," \
	"\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\"," \
	"\"direction\":\"ingress\"},"

static const struct row {
	const char *name;
	struct record record;
	const char *original, *expected;
} rows[] = {
	{ "denied", { .action = RECORD_DENIED, .conn = RECORD_CONN(2, 0xab),
	    .attr = ATTR_NO_ACCESS, .entry = 0, .reason = REASON_ADDRESS,
	    .source = CLIENT, .destination = SERVER },
	    "FAIL: telnet address from=198.51.100.67",
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"address\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6,\"original\":"
	    "\"FAIL: telnet address from=198.51.100.67\"}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"address\",\"name\":"
	    "\"no_access 198.51.100.64/26\",\"reference\":"
	    "\"/etc/sallyport.d/telnet:9\"},\"sallyport\":{"
	    "\"conn\":\"2-000000ab\",\"cause\":\"no_access\",\"kind\":\"server\"," END },
	{ "denied by a list that holds it not", { .action = RECORD_DENIED,
	    .attr = ATTR_ONLY_FROM, .entry = RECORD_NO_ENTRY,
	    .reason = REASON_ADDRESS, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"address\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"address\",\"name\":\"only_from\","
	    "\"reference\":\"/etc/sallyport.d/telnet:7\"},\"sallyport\":{"
	    "\"cause\":\"only_from\",\"kind\":\"server\"," END },
	{ "denied by time", { .action = RECORD_DENIED,
	    .attr = ATTR_ACCESS_TIMES, .entry = 0, .reason = REASON_TIME,
	    .source = { .family = 6, .port = 9, .scope = 3,
	    .bytes = { 0xfe, 0x80, [15] = 0x72 } } }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"time\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") ",\"ingress\":{\"interface\":"
	    "{\"id\":\"3\"}}},\"service\":{\"name\":\"telnet\"},"
	    "\"source\":{\"ip\":\"fe80::72\",\"port\":9},"
	    "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv6\","
	    "\"direction\":\"ingress\"},\"rule\":{\"category\":\"time\","
	    "\"name\":\"access_times 08:00-24:00\",\"reference\":"
	    "\"/etc/sallyport.d/telnet:12\"},\"sallyport\":{"
	    "\"cause\":\"access_times\",\"kind\":\"server\"," END },
	{ "denied by a default limit", { .action = RECORD_DENIED,
	    .attr = ATTR_INSTANCES, .entry = RECORD_NO_ENTRY,
	    .reason = REASON_SERVICE_LIMIT, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"service_limit\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"limit\",\"name\":\"instances 5\"},"
	    "\"sallyport\":{\"cause\":\"instances\",\"kind\":\"server\"," END },
	{ "denied by hosts.deny", { .action = RECORD_DENIED,
	    .attr = ATTR_WRAP, .entry = 0,
	    .reason = REASON_LIBWRAP, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"libwrap\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"libwrap\",\"name\":\"wrap deny:in.telnetd:"
	    "198.51.100.0/24,.bad.example\",\"reference\":"
	    "\"/etc/hosts.deny:40\"},"
	    "\"sallyport\":{\"cause\":\"wrap\",\"kind\":\"server\"," END },
	{ "denied by a rule that is not there", { .action = RECORD_DENIED,
	    .attr = ATTR_WRAP, .entry = 1,
	    .reason = REASON_LIBWRAP, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"libwrap\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"libwrap\",\"name\":\"wrap\"},"
	    "\"sallyport\":{\"cause\":\"wrap\",\"kind\":\"server\"," END },
	{ "denied by a sensor", { .action = RECORD_DENIED,
	    .attr = ATTR_DENY_TIME, .entry = RECORD_NO_ENTRY,
	    .reason = REASON_ADDRESS, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"address\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"sensor\",\"name\":\"deny_time\"},"
	    "\"sallyport\":{\"cause\":\"deny_time\",\"kind\":\"server\"," END },
	{ "denied without a user", { .action = RECORD_DENIED,
	    .attr = ATTR_FLAGS, .entry = RECORD_NO_ENTRY,
	    .reason = REASON_IDENT, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"ident\","
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"ident\",\"name\":\"flags\"},"
	    "\"sallyport\":{\"cause\":\"flags\",\"kind\":\"server\"," END },
	{ "accepted", { .action = RECORD_ACCEPTED, .conn = 7, .pid = 2188,
	    .uid = 1000, .source = CLIENT, .destination = SERVER,
	    .entry = RECORD_NO_ENTRY }, NULL,
	    HEAD("event", "network", "\"connection\",\"allowed\",\"start\"",
	    "connection-accepted", "success")
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"start\":\"2026-11-22T02:31:48.114207Z\",\"severity\":6},"
	    HOST("info") "},\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"rule\":{\"category\":\"default\",\"name\":\"no access list\","
	    "\"reference\":\"/etc/sallyport.d/telnet:6\"},"
	    "\"process\":{\"pid\":2188},\"user\":{\"id\":\"1000\"},"
	    "\"sallyport\":{\"conn\":\"0-00000007\","
	    "\"kind\":\"server\"," END },
	{ "closed", { .action = RECORD_CLOSED, .conn = 7, .pid = 2188,
	    .start_us = STAMP_US - 2500000, .duration_us = 2500000,
	    .status = 3, .exit_by = EXIT_BY_LIMIT, .source = CLIENT,
	    .destination = SERVER }, NULL,
	    HEAD("event", "network", "\"connection\",\"end\"",
	    "connection-closed", "failure")
	    "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
	    "\"start\":\"2026-11-22T02:31:45.614207Z\","
	    "\"end\":\"2026-11-22T02:31:48.114207Z\","
	    "\"duration\":2500000000,\"severity\":6}," HOST("info") "},"
	    "\"service\":{\"name\":\"telnet\"}," ENDS
	    "\"process\":{\"pid\":2188,\"exit_code\":3},\"user\":{\"id\":\"0\"},"
	    "\"sallyport\":{\"conn\":\"0-00000007\","
	    "\"kind\":\"server\",\"exit\":{\"by\":"
	    "\"limit\"}," END },
	{ "helper died", { .action = RECORD_HELPER_DIED, .level = 3,
	    .pid = 77, .status = -1, .signal = 31, .number = { 4, 2, 1 },
	    .service = RECORD_NO_SERVICE, .text = "dispatch" }, NULL,
	    HEAD("event", "process", "\"end\"", "helper-died", "failure")
	    "\"dataset\":\"sallyport.daemon\",\"sequence\":85911,"
	    "\"severity\":3}," HOST("error") "},\"process\":{\"name\":"
	    "\"dispatch\",\"pid\":77},\"message\":\"process dispatch[77] "
	    "ended with signal 31, restarts so far: 4; connections lost: 2, "
	    "and at most 1 more\",\"sallyport\":{\"exit\":{\"signal\":31},"
	    "\"restarts\":4,\"lost_connections\":{\"known\":2,"
	    "\"doubtful\":1}," END },
	{ "reloaded", { .action = RECORD_RELOADED, .level = 5,
	    .service = RECORD_NO_SERVICE, .number = { 1, 35, 2 } }, NULL,
	    HEAD("event", "configuration", "\"change\"", "config-reloaded",
	    "success") "\"dataset\":\"sallyport.daemon\",\"sequence\":85911,"
	    "\"severity\":5}," HOST("notice") "},\"user\":{\"id\":\"0\"},"
	    "\"message\":\"Reconfigured: new=1 old=35 dropped=2 (services)\","
	    "\"sallyport\":{\"services\":{\"new\":1,\"old\":35,"
	    "\"dropped\":2}," END },
	{ "warning", { .action = RECORD_CONFIG_WARNING, .level = 4,
	    .service = RECORD_NO_SERVICE, .number = { 1,
	    DIAG_UNKNOWN_ATTRIBUTE, 8 }, .text = "a \"b\" c" }, NULL,
	    HEAD("event", "configuration", "\"info\"", "config-warning",
	    "failure") "\"dataset\":\"sallyport.daemon\",\"sequence\":85911,"
	    "\"severity\":4}," HOST("warning") "},\"error\":{\"message\":"
	    "\"a \\\"b\\\" c\"},\"message\":\"a \\\"b\\\" c\",\"sallyport\":{"
	    "\"config\":{\"effect\":\"refuse-service\",\"code\":"
	    "\"unknown-attribute\",\"line\":8}," END },
	{ "violation", { .action = RECORD_VIOLATION, .level = 2, .pid = 5,
	    .service = RECORD_NO_SERVICE, .number = { MSG_START },
	    .text = "service out of range" }, NULL,
	    HEAD("alert", "intrusion_detection", "\"denied\"",
	    "privsep-violation", "failure")
	    "\"dataset\":\"sallyport.integrity\",\"sequence\":85911,"
	    "\"severity\":2}," HOST("critical") "},\"process\":{\"pid\":5},"
	    "\"message\":\"privilege separation violation by process 5: "
	    "service out of range (START)\",\"sallyport\":{\"privsep\":{"
	    "\"message\":\"START\",\"rule\":\"service out of range\"}," END },
	{ "lost", { .action = RECORD_LOST, .level = 2,
	    .service = RECORD_NO_SERVICE, .number = { 3, 91233, 91235,
	    LOSS_QUEUE }, .text = "all" }, NULL,
	    HEAD("alert", "process", "\"info\"", "audit-lost", "failure")
	    "\"dataset\":\"sallyport.integrity\",\"sequence\":85911,"
	    "\"severity\":2}," HOST("critical") "},\"message\":\"3 audit "
	    "records lost (queue), numbers 91233 to 91235\","
	    "\"sallyport\":{\"lost\":{\"count\":3,\"first\":91233,"
	    "\"last\":91235,\"sink\":\"all\",\"cause\":\"queue\"}," END },
	{ "copies lost", { .action = RECORD_LOST, .level = 2,
	    .service = RECORD_NO_SERVICE, .number = { 8, 0, 0, LOSS_DEVLOG },
	    .text = "syslog" }, NULL,
	    HEAD("alert", "process", "\"info\"", "audit-lost", "failure")
	    "\"dataset\":\"sallyport.integrity\",\"sequence\":85911,"
	    "\"severity\":2}," HOST("critical") "},\"message\":\"8 lines for "
	    "syslog lost (devlog)\",\"sallyport\":{\"lost\":{\"count\":8,"
	    "\"sink\":\"syslog\",\"cause\":\"devlog\"}," END },
	{ "opened", { .action = RECORD_OPENED, .level = 4,
	    .service = RECORD_NO_SERVICE, .number = { 800, 17 },
	    .text = "/var/log/a" }, NULL,
	    HEAD("event", "process", "\"change\"", "audit-opened", "success")
	    "\"dataset\":\"sallyport.integrity\",\"sequence\":85911,"
	    "\"severity\":4}," HOST("warning") "},\"file\":{\"path\":"
	    "\"/var/log/a\",\"size\":800},\"message\":\"audit file /var/log/a "
	    "opened; its last line was torn after 17 bytes and has been "
	    "ended\",\"sallyport\":{\"torn_bytes\":17," END },
	{ "deactivated", { .action = RECORD_DEACTIVATED, .number = { 30 } },
	    NULL, HEAD("event", "configuration", "\"change\"",
	    "service-deactivated", "success")
	    "\"reason\":\"connections per second\","
	    "\"dataset\":\"sallyport.daemon\",\"sequence\":85911,"
	    "\"severity\":3}," HOST("error") "},\"service\":{\"name\":"
	    "\"telnet\"},\"message\":\"Deactivating service telnet due to "
	    "excessive incoming connections.  Restarting in 30 seconds.\","
	    "\"sallyport\":{\"retry_s\":30," END },
};

#define EVENT "\"dataset\":\"sallyport.access\",\"sequence\":85911,"
#define SPAN "\"start\":\"2026-11-22T02:31:45.614207Z\"," \
	"\"end\":\"2026-11-22T02:31:48.114207Z\",\"duration\":2500000000,"
#define NET "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\"," \
	"\"direction\":\"ingress\"}"
#define NAMED "\"service\":{\"name\":\"telnet\"},"

/* Records of the other kinds of services. */
static const struct kind_row {
	const char *name;
	enum service_kind kind;
	struct record record;
	const char *expected;
} kind_rows[] = {
	{ "a session's end", KIND_REDIRECT, { .action = RECORD_CLOSED,
	    .conn = 7, .pid = 91, .start_us = STAMP_US - 2500000,
	    .duration_us = 2500000, .status = -1, .source = CLIENT,
	    .destination = SERVER, .number = { 10, 200, 0,
	    1 + SESSION_CLOSED } },
	    HEAD("event", "network", "\"connection\",\"end\"",
	    "connection-closed", "success") EVENT SPAN "\"severity\":6},"
	    HOST("info") "}," NAMED
	    "\"source\":{\"ip\":\"198.51.100.67\",\"port\":40112,"
	    "\"bytes\":10},\"destination\":{\"ip\":\"192.0.2.1\","
	    "\"port\":23,\"bytes\":200},\"network\":{\"transport\":\"tcp\","
	    "\"type\":\"ipv4\",\"direction\":\"ingress\",\"bytes\":210},"
	    "\"process\":{\"pid\":91},\"sallyport\":{"
	    "\"conn\":\"0-00000007\",\"kind\":\"redirect\","
	    "\"exit\":{\"by\":\"server\"},\"session\":{"
	    "\"end\":\"closed\"}," END },
	{ "a target that is not there", KIND_REDIRECT, {
	    .action = RECORD_CLOSED, .start_us = STAMP_US - 2500000,
	    .duration_us = 2500000, .status = 0,
	    .number = { UINT64_MAX, 1, 111, 1 + SESSION_NOT_CONNECTED } },
	    HEAD("event", "network", "\"connection\",\"end\"",
	    "connection-closed", "failure") EVENT SPAN "\"severity\":6},"
	    HOST("info") "}," NAMED
	    "\"source\":{\"bytes\":18446744073709551615},"
	    "\"destination\":{\"bytes\":1},\"network\":{"
	    "\"transport\":\"tcp\",\"direction\":\"ingress\","
	    "\"bytes\":18446744073709551615},\"sallyport\":{"
	    "\"kind\":\"redirect\",\"exit\":{\"by\":\"server\"},"
	    "\"session\":{\"end\":\"not-connected\",\"errno\":111}," END },
	{ "a session's strange end", KIND_RELAYED, { .action = RECORD_CLOSED,
	    .start_us = STAMP_US - 2500000, .duration_us = 2500000,
	    .status = -1, .exit_by = EXIT_BY_OPERATOR,
	    .number = { 0, 0, 0, UINT64_MAX } },
	    HEAD("event", "network", "\"connection\",\"end\"",
	    "connection-closed", "unknown") EVENT SPAN "\"severity\":6},"
	    HOST("info") "}," NAMED "\"source\":{\"bytes\":0},"
	    "\"destination\":{\"bytes\":0},\"network\":{"
	    "\"transport\":\"tcp\",\"direction\":\"ingress\",\"bytes\":0},"
	    "\"sallyport\":{\"kind\":\"relayed\","
	    "\"exit\":{\"by\":\"operator\"}," END },
	{ "datagrams answered", KIND_ANSWERED, { .action = RECORD_ACCEPTED,
	    .attr = ATTR_ONLY_FROM, .entry = RECORD_NO_ENTRY,
	    .source = CLIENT, .destination = SERVER },
	    HEAD("event", "network", "\"connection\",\"allowed\",\"start\"",
	    "connection-accepted", "success") EVENT
	    "\"start\":\"2026-11-22T02:31:48.114207Z\",\"severity\":6},"
	    HOST("info") "}," NAMED ENDS
	    "\"rule\":{\"category\":\"address\",\"name\":\"only_from\","
	    "\"reference\":\"/etc/sallyport.d/telnet:7\"},"
	    "\"sallyport\":{\"kind\":\"answered\"," END },
	{ "datagrams denied again and again", KIND_WAIT_DGRAM, {
	    .action = RECORD_DENIED, .reason = REASON_ADDRESS,
	    .attr = ATTR_ONLY_FROM, .entry = RECORD_NO_ENTRY,
	    .source = CLIENT, .destination = SERVER, .number = { 17 } },
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "connection-denied", "failure") "\"reason\":\"address\"," EVENT
	    "\"severity\":6}," HOST("info") "}," NAMED ENDS
	    "\"rule\":{\"category\":\"address\",\"name\":\"only_from\","
	    "\"reference\":\"/etc/sallyport.d/telnet:7\"},\"sallyport\":{"
	    "\"cause\":\"only_from\",\"kind\":\"wait-dgram\","
	    "\"repeat\":17," END },
	{ "a peer on a UNIX socket", KIND_SERVER, { .action = RECORD_ACCEPTED,
	    .pid = 5, .uid = 33, .source = { .family = RECORD_FAMILY_UNIX,
	    .scope = 1000 }, .attr = ATTR_ONLY_FROM,
	    .entry = RECORD_NO_ENTRY },
	    HEAD("event", "network", "\"connection\",\"allowed\",\"start\"",
	    "connection-accepted", "success") EVENT
	    "\"start\":\"2026-11-22T02:31:48.114207Z\",\"severity\":6},"
	    HOST("info") "}," NAMED "\"source\":{\"user\":{"
	    "\"id\":\"1000\"}},\"network\":{\"transport\":\"tcp\","
	    "\"direction\":\"ingress\"},"
	    "\"rule\":{\"category\":\"address\",\"name\":\"only_from\","
	    "\"reference\":\"/etc/sallyport.d/telnet:7\"},"
	    "\"process\":{\"pid\":5},\"user\":{\"id\":\"33\"},"
	    "\"sallyport\":{\"kind\":\"server\"," END },
	{ "identified", KIND_SERVER, { .action = RECORD_USERID, .conn = 7,
	    .source = CLIENT, .destination = SERVER,
	    .text = "UNIX, US-ASCII  :  j\"o: e\n" },
	    HEAD("event", "network", "\"info\"", "connection-identified",
	    "success") EVENT "\"severity\":6}," HOST("info") "}," NAMED
	    "\"source\":{\"ip\":\"198.51.100.67\",\"port\":40112,\"user\":{"
	    "\"name\":\"j\\\"o: e#012\"}},\"destination\":{"
	    "\"ip\":\"192.0.2.1\",\"port\":23}," NET ",\"sallyport\":{"
	    "\"conn\":\"0-00000007\",\"kind\":\"server\",\"ident\":{"
	    "\"system\":\"UNIX, US-ASCII\",\"claimed\":true}," END },
	{ "identified by a word alone", KIND_SERVER, {
	    .action = RECORD_USERID, .text = "joe" },
	    HEAD("event", "network", "\"info\"", "connection-identified",
	    "success") EVENT "\"severity\":6}," HOST("info") "}," NAMED
	    "\"network\":{\"transport\":\"tcp\",\"direction\":\"ingress\"},"
	    "\"sallyport\":{\"kind\":\"server\",\"ident\":{"
	    "\"system\":\"joe\",\"claimed\":true}," END },
	{ "not identified", KIND_SERVER, { .action = RECORD_NOID,
	    .source = CLIENT, .destination = SERVER,
	    .number = { IDENT_NO_SERVER } },
	    HEAD("event", "network", "\"info\"", "connection-identified",
	    "failure") "\"reason\":\"no server\"," EVENT "\"severity\":6},"
	    HOST("info") "}," NAMED ENDS "\"sallyport\":{"
	    "\"kind\":\"server\"," END },
	{ "a sensor", KIND_SENSOR, { .action = RECORD_PENALISED,
	    .source = CLIENT, .destination = SERVER, .number = { 60 } },
	    HEAD("alert", "intrusion_detection", "\"denied\"",
	    "sensor-tripped", "success") EVENT "\"severity\":2},"
	    HOST("critical") "}," NAMED ENDS "\"message\":\"Adding "
	    "198.51.100.67 to the global_no_access list for 60 minutes\","
	    "\"sallyport\":{\"kind\":\"sensor\",\"penalty\":{"
	    "\"ttl_s\":3600}," END },
	{ "a sensor, for ever", KIND_SENSOR, { .action = RECORD_PENALISED,
	    .source = CLIENT, .destination = SERVER,
	    .number = { UINT64_MAX } },
	    HEAD("alert", "intrusion_detection", "\"denied\"",
	    "sensor-tripped", "success") EVENT "\"severity\":2},"
	    HOST("critical") "}," NAMED ENDS "\"message\":\"Adding "
	    "198.51.100.67 to the global_no_access list for -1 minutes\","
	    "\"sallyport\":{\"kind\":\"sensor\",\"penalty\":{"
	    "\"forever\":true}," END },
	{ "dropped", KIND_WAIT_DGRAM, { .action = RECORD_DROPPED, .level = 6,
	    .number = { 1200 } },
	    HEAD("event", "network", "\"connection\",\"denied\"",
	    "datagrams-dropped", "failure") EVENT "\"severity\":6},"
	    HOST("info") "}," NAMED "\"message\":\"1200 datagrams for "
	    "service telnet kept out by its socket filter\",\"sallyport\":{"
	    "\"kind\":\"wait-dgram\",\"dropped\":1200,\"dropped_by\":\"kernel\"," END },
};

static void
view_of(struct view *view, const struct record *record)
{
	*view = (struct view){ .record = record, .policy = &policy,
	    .host = "gate1", .boot = "00000000f2c1f2c1", .sequence = 85911 };
	if (record->service == RECORD_NO_SERVICE)
		return;
	view->service = &telnet;
	view->id = telnet.id;
}

static void
records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record record = rows[i].record;
		char out[JSON_MAX + 1];
		struct view view;
		size_t length;

		record.time_us = STAMP_US;
		record.generation = 12;
		view_of(&view, &record);
		view.original = rows[i].original;
		length = json_record(&view, out);
		assert_int_equal(length, strlen(out));
		if (strcmp(out, rows[i].expected) != 0)
			fail_msg("%s:\ngot      %sexpected %s", rows[i].name,
			    out, rows[i].expected);
		assert_true(json_line_is_good(out, length));
	}
}

static void
kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++) {
		struct record record = kind_rows[i].record;
		struct service service = telnet;
		char out[JSON_MAX + 1];
		struct view view;

		record.time_us = STAMP_US;
		record.generation = 12;
		view_of(&view, &record);
		service.kind = kind_rows[i].kind;
		view.service = &service;
		(void)json_record(&view, out);
		if (strcmp(out, kind_rows[i].expected) != 0)
			fail_msg("%s:\ngot      %sexpected %s",
			    kind_rows[i].name, out, kind_rows[i].expected);
		assert_true(json_line_is_good(out, strlen(out)));
	}
}

static void
unknown_generation(void **state)
{
	struct record record = { .action = RECORD_DENIED, .time_us = STAMP_US,
	    .attr = ATTR_NO_ACCESS, .reason = REASON_ADDRESS };
	struct view view = { .record = &record, .id = "?", .host = "h",
	    .boot = "b", .sequence = 1 };
	char out[JSON_MAX + 1];

	(void)state;
	assert_true(json_line_is_good(out, json_record(&view, out)));
	assert_non_null(strstr(out, "\"service\":{\"name\":\"?\"}"));
	assert_non_null(strstr(out, "\"rule\":{\"category\":\"address\","
	    "\"name\":\"no_access\"}"));
}

/* The longest of everything: cut, said so, and still one good line. */
static void
too_long(void **state)
{
	static char word[5000], path[5000], host[300];
	struct access_entry entry = { .word = word, .place = { 1, 1, 1 } };
	const char *long_files[] = { NULL, path };
	struct service service = { .id = host, .protocol = "tcp",
	    .no_access = { true, 1, &entry } };
	struct policy long_policy = { .files = long_files, .file_count = 1 };
	struct record record = { .action = RECORD_DENIED, .time_us = STAMP_US,
	    .attr = ATTR_NO_ACCESS, .reason = REASON_ADDRESS };
	struct view view = { .record = &record, .policy = &long_policy,
	    .service = &service, .id = host, .host = host, .boot = host,
	    .sequence = UINT64_MAX, .original = word };
	char out[JSON_MAX + 1];
	size_t length;

	(void)state;
	memset(word, '\n', sizeof(word) - 1);
	memset(path, '"', sizeof(path) - 1);
	memset(host, '\x01', sizeof(host) - 1);
	length = json_record(&view, out);
	assert_true(length <= JSON_MAX);
	assert_true(json_line_is_good(out, length));
	assert_non_null(strstr(out, "\"truncated\":[\"event.original\","
	    "\"host.name\",\"service.name\",\"rule.name\","
	    "\"rule.reference\",\"sallyport.boot\"]"));
}

static void
the_checker_can_fail(void **state)
{
	static const char *const bad[] = {
		"{}", "{}\n\n", "{}x\n", "[]\n", "{\"a\":1,}\n", "{\"a\" :1}\n",
		"{\"a\":01}\n", "{\"a\":\"\x01\"}\n", "{\"a\":\"\\x\"}\n",
		"{\"a\":\"\\u12g4\"}\n", "{\"a\":tru}\n", "{\"a\":[1,]}\n",
		"{\"a\":\"b}\n", "{\"a\":\"\xc3\xa4\"}\n", "{\"a\":{}\n"
	};
	static const char good[] = "{\"a\":[true],\"b\":{\"c\":-7}}\n";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (json_line_is_good(bad[i], strlen(bad[i])))
			fail_msg("row %zu passes", i);
	assert_true(json_line_is_good(good, strlen(good)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(kinds),
		cmocka_unit_test(unknown_generation),
		cmocka_unit_test(too_long),
		cmocka_unit_test(the_checker_can_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
