# Tests. Everything here prints TAP; make check runs what needs neither root nor
# network, make check-root the rest.

LOG_DRIVER = $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = $(test_environment) export CMOCKA_MESSAGE_OUTPUT=TAP;

test_environment = SOURCE_DIR='$(abs_top_srcdir)'; BUILD_DIR='$(abs_top_builddir)'; \
	CC='$(CC)'; NM='$(NM)'; AM_TAP_AWK='$(AWK)'; \
	LIBRARY_CPPFLAGS='$(EVENT_CFLAGS) $(SECCOMP_CFLAGS) $(CAPNG_CFLAGS) $(CARES_CFLAGS)'; \
	FUZZ_PROGRAMS='$(fuzz_programs)'; \
	export SOURCE_DIR BUILD_DIR CC NM AM_TAP_AWK LIBRARY_CPPFLAGS \
	FUZZ_PROGRAMS;

test_libs = libsandbox.a libshared.a libmatch.a libpolicy.a $(EVENT_LIBS) \
	$(SECCOMP_LIBS) $(CAPNG_LIBS)

### Scripts ####################################################################

script_tests = tests/borders tests/headers tests/manual tests/fuzz/replay
TESTS += $(script_tests)
EXTRA_DIST += $(script_tests) tests/run-root tests/fuzz/run

### Unit tests #################################################################

label_tests =
if SELINUX
label_tests += tests/unit/test_label
endif

if UNIT_TESTS
unit_tests = tests/unit/test_addr tests/unit/test_arena tests/unit/test_attr \
	tests/unit/test_books tests/unit/test_chain tests/unit/test_classic \
	tests/unit/test_consistency tests/unit/test_count tests/unit/test_diag tests/unit/test_document \
	tests/unit/test_escape tests/unit/test_examples \
	tests/unit/test_faults tests/unit/test_fill tests/unit/test_filter \
	tests/unit/test_filter_wrap \
	tests/unit/test_hosts tests/unit/test_inetd tests/unit/test_internal \
	tests/unit/test_ipc tests/unit/test_json $(label_tests) \
	tests/unit/test_launch \
	tests/unit/test_lex tests/unit/test_limit \
	tests/unit/test_load_tables tests/unit/test_lookup_cache \
	tests/unit/test_lookup_dns tests/unit/test_lookup_hosts \
	tests/unit/test_lookup_ident tests/unit/test_msg \
	tests/unit/test_networks \
	tests/unit/test_parse tests/unit/test_prefix tests/unit/test_print \
	tests/unit/test_rates tests/unit/test_read tests/unit/test_record \
	tests/unit/test_relay \
	tests/unit/test_resolve tests/unit/test_rule \
	tests/unit/test_rule_order tests/unit/test_scores \
	tests/unit/test_source_cps \
	tests/unit/test_show tests/unit/test_sources tests/unit/test_state \
	tests/unit/test_table \
	tests/unit/test_tables tests/unit/test_tail tests/unit/test_tzif \
	tests/unit/test_users tests/unit/test_util tests/unit/test_view \
	tests/unit/test_waiting tests/unit/test_when tests/unit/test_wrap \
	tests/unit/test_wrap_fold \
	tests/unit/test_zone
else
unit_tests =
endif
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
unit_libs = $(test_libs) $(CMOCKA_LIBS)
EXTRA_DIST += tests/unit/rows-defaults.h tests/unit/rows-file.h \
	tests/unit/rows-inetd.h \
	tests/unit/rows-kind.h tests/unit/rows-service.h

tests_unit_test_addr_SOURCES = tests/unit/test_addr.c
tests_unit_test_addr_LDADD = $(unit_libs)
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c
tests_unit_test_arena_LDADD = $(unit_libs)
tests_unit_test_attr_SOURCES = tests/unit/test_attr.c
tests_unit_test_attr_LDADD = $(unit_libs)
tests_unit_test_books_SOURCES = tests/unit/test_books.c
tests_unit_test_books_LDADD = libparent.a $(unit_libs)
tests_unit_test_chain_SOURCES = tests/unit/test_chain.c
tests_unit_test_chain_LDADD = liblog.a $(unit_libs)
tests_unit_test_classic_SOURCES = tests/unit/test_classic.c
tests_unit_test_classic_LDADD = liblog.a $(unit_libs)
tests_unit_test_consistency_SOURCES = tests/unit/test_consistency.c
tests_unit_test_consistency_LDADD = libparent.a $(unit_libs)
tests_unit_test_count_SOURCES = tests/unit/test_count.c
tests_unit_test_count_LDADD = libdispatch.a libloop.a $(unit_libs)
tests_unit_test_diag_SOURCES = tests/unit/test_diag.c
tests_unit_test_diag_LDADD = $(unit_libs)
tests_unit_test_document_SOURCES = tests/unit/test_document.c
tests_unit_test_document_LDADD = libctl.a $(unit_libs)
tests_unit_test_escape_SOURCES = tests/unit/test_escape.c
tests_unit_test_escape_LDADD = liblog.a $(unit_libs)
tests_unit_test_examples_SOURCES = tests/unit/test_examples.c
tests_unit_test_examples_LDADD = $(unit_libs)
tests_unit_test_faults_SOURCES = tests/unit/test_faults.c
tests_unit_test_faults_LDADD = libload.a $(unit_libs)
tests_unit_test_fill_SOURCES = tests/unit/test_fill.c
tests_unit_test_fill_LDADD = libload.a $(unit_libs)
tests_unit_test_filter_SOURCES = tests/unit/test_filter.c \
	tests/unit/filter-help.h
tests_unit_test_filter_LDADD = $(unit_libs)
tests_unit_test_filter_wrap_SOURCES = tests/unit/test_filter_wrap.c \
	tests/unit/filter-help.h tests/unit/wrap-help.h
tests_unit_test_filter_wrap_LDADD = $(unit_libs)
tests_unit_test_hosts_SOURCES = tests/unit/test_hosts.c
tests_unit_test_hosts_LDADD = libload.a $(unit_libs)
tests_unit_test_inetd_SOURCES = tests/unit/test_inetd.c
tests_unit_test_inetd_LDADD = $(unit_libs)
tests_unit_test_internal_SOURCES = tests/unit/test_internal.c
tests_unit_test_internal_LDADD = $(unit_libs)
tests_unit_test_ipc_SOURCES = tests/unit/test_ipc.c
tests_unit_test_ipc_LDADD = $(unit_libs)
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_LDADD = liblog.a $(unit_libs)
tests_unit_test_label_SOURCES = tests/unit/test_label.c src/label/context.c
tests_unit_test_label_CFLAGS = $(AM_CFLAGS) $(SELINUX_CFLAGS)
tests_unit_test_label_LDADD = $(unit_libs) $(SELINUX_LIBS)
tests_unit_test_launch_SOURCES = tests/unit/test_launch.c
tests_unit_test_launch_LDADD = libparent.a $(unit_libs)
tests_unit_test_lex_SOURCES = tests/unit/test_lex.c
tests_unit_test_lex_LDADD = $(unit_libs)
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c
tests_unit_test_limit_LDADD = $(unit_libs)
tests_unit_test_networks_SOURCES = tests/unit/test_networks.c
tests_unit_test_networks_LDADD = libload.a $(unit_libs)
tests_unit_test_load_tables_SOURCES = tests/unit/test_load_tables.c
tests_unit_test_load_tables_LDADD = libload.a $(unit_libs)
tests_unit_test_lookup_cache_SOURCES = tests/unit/test_lookup_cache.c
tests_unit_test_lookup_cache_LDADD = liblookup.a $(unit_libs)
tests_unit_test_lookup_dns_SOURCES = tests/unit/test_lookup_dns.c
tests_unit_test_lookup_dns_LDADD = liblookup.a $(unit_libs)
tests_unit_test_lookup_hosts_SOURCES = tests/unit/test_lookup_hosts.c
tests_unit_test_lookup_hosts_LDADD = liblookup.a $(unit_libs)
tests_unit_test_lookup_ident_SOURCES = tests/unit/test_lookup_ident.c
tests_unit_test_lookup_ident_LDADD = liblookup.a $(unit_libs)
tests_unit_test_msg_SOURCES = tests/unit/test_msg.c
tests_unit_test_msg_LDADD = $(unit_libs)
tests_unit_test_parse_SOURCES = tests/unit/test_parse.c
tests_unit_test_parse_LDADD = $(unit_libs)
tests_unit_test_prefix_SOURCES = tests/unit/test_prefix.c
tests_unit_test_prefix_LDADD = $(unit_libs)
tests_unit_test_print_SOURCES = tests/unit/test_print.c
tests_unit_test_print_LDADD = $(unit_libs)
tests_unit_test_rates_SOURCES = tests/unit/test_rates.c
tests_unit_test_rates_LDADD = libdispatch.a libloop.a $(unit_libs)
tests_unit_test_read_SOURCES = tests/unit/test_read.c
tests_unit_test_read_LDADD = libload.a $(unit_libs)
tests_unit_test_record_SOURCES = tests/unit/test_record.c
tests_unit_test_record_LDADD = $(unit_libs)
tests_unit_test_resolve_SOURCES = tests/unit/test_resolve.c
tests_unit_test_resolve_LDADD = libload.a $(unit_libs)
tests_unit_test_rule_SOURCES = tests/unit/test_rule.c tests/unit/rule-help.h
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c
tests_unit_test_relay_LDADD = librelay.a libparent.a libloop.a $(unit_libs)
tests_unit_test_rule_LDADD = $(unit_libs)
tests_unit_test_show_SOURCES = tests/unit/test_show.c
tests_unit_test_show_LDADD = libload.a $(unit_libs)
tests_unit_test_source_cps_SOURCES = tests/unit/test_source_cps.c
tests_unit_test_source_cps_LDADD = libdispatch.a libloop.a $(unit_libs)
tests_unit_test_scores_SOURCES = tests/unit/test_scores.c
tests_unit_test_scores_LDADD = libdispatch.a libloop.a $(unit_libs)
tests_unit_test_sources_SOURCES = tests/unit/test_sources.c
tests_unit_test_sources_LDADD = libload.a $(unit_libs)
tests_unit_test_rule_order_SOURCES = tests/unit/test_rule_order.c \
	tests/unit/rule-help.h tests/unit/wrap-help.h
tests_unit_test_rule_order_LDADD = $(unit_libs)
tests_unit_test_state_SOURCES = tests/unit/test_state.c
tests_unit_test_state_LDADD = $(unit_libs)
tests_unit_test_table_SOURCES = tests/unit/test_table.c
tests_unit_test_table_LDADD = libctl.a $(unit_libs)
tests_unit_test_tables_SOURCES = tests/unit/test_tables.c
tests_unit_test_tables_LDADD = $(unit_libs)
tests_unit_test_tail_SOURCES = tests/unit/test_tail.c
tests_unit_test_tail_LDADD = liblog.a $(unit_libs)
tests_unit_test_tzif_SOURCES = tests/unit/test_tzif.c
tests_unit_test_tzif_LDADD = $(unit_libs)
tests_unit_test_users_SOURCES = tests/unit/test_users.c
tests_unit_test_users_LDADD = libload.a $(unit_libs)
tests_unit_test_util_SOURCES = tests/unit/test_util.c
tests_unit_test_util_LDADD = $(unit_libs)
tests_unit_test_view_SOURCES = tests/unit/test_view.c
tests_unit_test_view_LDADD = libctl.a $(unit_libs)
tests_unit_test_waiting_SOURCES = tests/unit/test_waiting.c
tests_unit_test_waiting_LDADD = libdispatch.a libloop.a $(unit_libs)
tests_unit_test_when_SOURCES = tests/unit/test_when.c
tests_unit_test_when_LDADD = $(unit_libs)
tests_unit_test_wrap_SOURCES = tests/unit/test_wrap.c tests/unit/wrap-help.h
tests_unit_test_wrap_LDADD = $(unit_libs)
tests_unit_test_wrap_fold_SOURCES = tests/unit/test_wrap_fold.c \
	tests/unit/wrap-help.h
tests_unit_test_wrap_fold_LDADD = $(unit_libs)
tests_unit_test_zone_SOURCES = tests/unit/test_zone.c
tests_unit_test_zone_LDADD = $(unit_libs)

### Fuzz targets ###############################################################

fuzz_programs = tests/fuzz/fuzz_addr tests/fuzz/fuzz_inetd \
	tests/fuzz/fuzz_msg tests/fuzz/fuzz_dns tests/fuzz/fuzz_hosts \
	tests/fuzz/fuzz_ident \
	tests/fuzz/fuzz_parse tests/fuzz/fuzz_prefix tests/fuzz/fuzz_record \
	tests/fuzz/fuzz_roundtrip tests/fuzz/fuzz_wrap tests/fuzz/fuzz_zone
check_PROGRAMS += $(fuzz_programs)
EXTRA_DIST += tests/fuzz/seeds

# libFuzzer brings its own main().
if FUZZING
fuzz_driver =
else
fuzz_driver = tests/fuzz/driver.c
endif
EXTRA_DIST += tests/fuzz/driver.c tests/fuzz/json-check.h \
	tests/fuzz/parse.dict tests/fuzz/wrap.dict

tests_fuzz_fuzz_addr_SOURCES = tests/fuzz/fuzz_addr.c $(fuzz_driver)
tests_fuzz_fuzz_addr_LDADD = $(test_libs)
tests_fuzz_fuzz_addr_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_inetd_SOURCES = tests/fuzz/fuzz_inetd.c $(fuzz_driver)
tests_fuzz_fuzz_inetd_LDADD = $(test_libs)
tests_fuzz_fuzz_inetd_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_dns_SOURCES = tests/fuzz/fuzz_dns.c $(fuzz_driver)
tests_fuzz_fuzz_dns_LDADD = liblookup.a $(test_libs) $(CARES_LIBS)
tests_fuzz_fuzz_dns_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_hosts_SOURCES = tests/fuzz/fuzz_hosts.c $(fuzz_driver)
tests_fuzz_fuzz_hosts_LDADD = liblookup.a $(test_libs)
tests_fuzz_fuzz_hosts_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ident_SOURCES = tests/fuzz/fuzz_ident.c $(fuzz_driver)
tests_fuzz_fuzz_ident_LDADD = liblookup.a $(test_libs)
tests_fuzz_fuzz_ident_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_msg_SOURCES = tests/fuzz/fuzz_msg.c $(fuzz_driver)
tests_fuzz_fuzz_msg_LDADD = $(test_libs)
tests_fuzz_fuzz_msg_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_parse_SOURCES = tests/fuzz/fuzz_parse.c $(fuzz_driver)
tests_fuzz_fuzz_parse_LDADD = $(test_libs)
tests_fuzz_fuzz_parse_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_prefix_SOURCES = tests/fuzz/fuzz_prefix.c $(fuzz_driver)
tests_fuzz_fuzz_prefix_LDADD = $(test_libs)
tests_fuzz_fuzz_prefix_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(fuzz_driver)
tests_fuzz_fuzz_record_LDADD = liblog.a $(test_libs)
tests_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_roundtrip_SOURCES = tests/fuzz/fuzz_roundtrip.c $(fuzz_driver)
tests_fuzz_fuzz_roundtrip_LDADD = $(test_libs)
tests_fuzz_fuzz_roundtrip_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wrap_SOURCES = tests/fuzz/fuzz_wrap.c $(fuzz_driver)
tests_fuzz_fuzz_wrap_LDADD = $(test_libs)
tests_fuzz_fuzz_wrap_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_zone_SOURCES = tests/fuzz/fuzz_zone.c $(fuzz_driver)
tests_fuzz_fuzz_zone_LDADD = $(test_libs)
tests_fuzz_fuzz_zone_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

.PHONY: fuzz
FUZZ_SECONDS = 60
fuzz: $(fuzz_programs)
	$(test_environment) FUZZ_SECONDS='$(FUZZ_SECONDS)' \
	    $(SHELL) $(srcdir)/tests/fuzz/run

### Tests that need root #######################################################

root_programs = tests/servers/count tests/servers/crash-server \
	tests/servers/creds tests/servers/echo-server tests/servers/flood \
	tests/hostile/fake-dispatch tests/hostile/fake-log \
	tests/hostile/fake-relay tests/sandbox/probe \
	tests/servers/sleep-server tests/servers/wait-server
check_PROGRAMS += $(root_programs)

# Started by the daemon under test, sometimes with tight limits: never with a
# sanitizer inside.
plain_cflags = $(WARN_CFLAGS) $(HARDEN_CFLAGS)
tests_servers_count_SOURCES = tests/servers/count.c
tests_servers_count_CFLAGS = $(plain_cflags)
tests_servers_count_LDFLAGS = $(HARDEN_LDFLAGS)
tests_servers_crash_server_SOURCES = tests/servers/crash-server.c
tests_servers_crash_server_CFLAGS = $(plain_cflags)
tests_servers_crash_server_LDFLAGS = $(HARDEN_LDFLAGS)
tests_servers_creds_SOURCES = tests/servers/creds.c
tests_servers_creds_CFLAGS = $(plain_cflags)
tests_servers_creds_LDFLAGS = $(HARDEN_LDFLAGS)
tests_servers_echo_server_SOURCES = tests/servers/echo-server.c
tests_servers_echo_server_CFLAGS = $(plain_cflags)
tests_servers_echo_server_LDFLAGS = $(HARDEN_LDFLAGS)
tests_servers_flood_SOURCES = tests/servers/flood.c
tests_servers_flood_CFLAGS = $(plain_cflags)
tests_servers_flood_LDFLAGS = $(HARDEN_LDFLAGS)
tests_servers_sleep_server_SOURCES = tests/servers/sleep-server.c
tests_servers_sleep_server_CFLAGS = $(plain_cflags)
tests_servers_sleep_server_LDFLAGS = $(HARDEN_LDFLAGS)
tests_servers_wait_server_SOURCES = tests/servers/wait-server.c
tests_servers_wait_server_CFLAGS = $(plain_cflags)
tests_servers_wait_server_LDFLAGS = $(HARDEN_LDFLAGS)

# A name service module and half a libselinux, loaded where a test says so.
nss_module = tests/servers/libnss_hang.so.2
selinux_module = tests/servers/selinux.so
EXTRA_DIST += tests/servers/nss_hang.c tests/servers/selinux.c
check_DATA = $(nss_module) $(selinux_module)
CLEANFILES += $(nss_module) $(selinux_module)
$(selinux_module): tests/servers/selinux.c
	@$(MKDIR_P) tests/servers
	$(AM_V_CCLD)$(CC) $(WARN_CFLAGS) -O2 -D_GNU_SOURCE -fPIC -shared \
	    -o $@ $(srcdir)/tests/servers/selinux.c
$(nss_module): tests/servers/nss_hang.c
	@$(MKDIR_P) tests/servers
	$(AM_V_CCLD)$(CC) $(CFLAGS) $(WARN_CFLAGS) -D_GNU_SOURCE -fPIC -shared \
	    -Wl,-soname,libnss_hang.so.2 -o $@ $(srcdir)/tests/servers/nss_hang.c

tests_hostile_fake_dispatch_SOURCES = tests/hostile/fake-attacks.c \
	tests/hostile/fake-dispatch.c tests/hostile/fake-give.c \
	tests/hostile/fake-made.c tests/hostile/fake.h
tests_hostile_fake_dispatch_LDADD = $(test_libs)
tests_hostile_fake_relay_SOURCES = tests/hostile/fake-relay.c
tests_hostile_fake_relay_LDADD = $(test_libs)
tests_hostile_fake_log_SOURCES = tests/hostile/fake-log.c
tests_hostile_fake_log_LDADD = $(test_libs)
tests_sandbox_probe_SOURCES = tests/sandbox/attempts.c \
	tests/sandbox/channels.c \
	tests/sandbox/confined.c tests/sandbox/faults.c \
	tests/sandbox/matrix.c tests/sandbox/probe.c tests/sandbox/probe.h
tests_sandbox_probe_LDADD = $(test_libs)

system_tests = tests/system/test_access.py tests/system/test_corpus.py \
	tests/system/test_crash.py tests/system/test_dispatch.py \
	tests/system/test_explain.py tests/system/test_false_log.py tests/system/test_flood.py \
	tests/system/test_hold.py \
	tests/system/test_hostile.py tests/system/test_hostile_net.py \
	tests/system/test_hostile_relay.py tests/system/test_ident.py \
	tests/system/test_inetd.py tests/system/test_kinds.py \
	tests/system/test_label.py \
	tests/system/test_life.py tests/system/test_lookup.py \
	tests/system/test_many.py tests/system/test_mux.py \
	tests/system/test_names.py tests/system/test_pressure.py \
	tests/system/test_process.py tests/system/test_queue.py \
	tests/system/test_redirect.py \
	tests/system/test_relay.py tests/system/test_servers.py \
	tests/system/test_source.py tests/system/test_table.py tests/system/test_twins_config.py \
	tests/system/test_twins_life.py \
	tests/system/test_twins_load.py tests/system/test_wait.py \
	tests/system/test_watch.py
EXTRA_DIST += $(system_tests) tests/system/answers.py \
	tests/system/clients.py tests/system/daemons.py \
	tests/system/dgram.py tests/system/differences.py \
	tests/system/gate.py tests/system/hostile_dns.py \
	tests/system/lib.py tests/system/lookup.py tests/system/player.py \
	tests/system/state.py tests/system/stress.py tests/system/tap.py \
	tests/system/twins.py tests/system/world.py

# What a widened sandbox lets through says nothing.
if WIDENED
sandbox_tests =
else
sandbox_tests = $(abs_top_builddir)/tests/sandbox/probe
endif

.PHONY: check-root
check-root: all $(root_programs) $(nss_module)
	$(test_environment) \
	SALLYPORT_BUILD='$(abs_top_builddir)'; export SALLYPORT_BUILD; \
	set -- $(sandbox_tests); \
	for test in $(system_tests); do \
		set -- "$$@" $(abs_top_srcdir)/$$test; \
	done; \
	$(PYTHON3) -B $(srcdir)/tests/run-root --log-dir check-root.logs "$$@"

clean-local:
	rm -rf check-root.logs fuzz-corpus
