# One folder a process. The code of each is an archive, so that unit tests can
# link it; the program is that archive and a main.c.

sbin_PROGRAMS = sallyportd
bin_PROGRAMS = sallyport
pkglibexec_PROGRAMS = sallyport-load sallyport-dispatch sallyport-log \
	sallyport-relay sallyport-lookup

# What every process needs, and what only those have that give up their rights.
noinst_LIBRARIES += libshared.a libsandbox.a
libshared_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS)
libsandbox_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS) $(SECCOMP_CFLAGS) \
	$(CAPNG_CFLAGS)
libshared_a_SOURCES = src/shared/internal.c src/shared/internal.h \
	src/shared/ipc.c src/shared/ipc.h src/shared/msg.c \
	src/shared/msg.h src/shared/record.c src/shared/record.h \
	src/shared/root-dir.c src/shared/root-dir.h \
	src/shared/state.c src/shared/state.h src/shared/step.h src/shared/util.c \
	src/shared/util.h
libsandbox_a_SOURCES = src/shared/confine.c src/shared/confine.h \
	src/shared/sandbox-rules.c src/shared/sandbox.c src/shared/sandbox.h
sandbox_libs = libsandbox.a libshared.a $(SECCOMP_LIBS) $(CAPNG_LIBS)

# Events, for those that run on libevent_core: dispatch, relay, lookup.
noinst_LIBRARIES += libloop.a
libloop_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
libloop_a_SOURCES = src/shared/loop.c src/shared/loop.h

# The root process links nothing but libc and half of policy/.
noinst_LIBRARIES += libparent.a
libparent_a_SOURCES = src/parent/bind.c src/parent/bind.h src/parent/books.c \
	src/parent/books.h src/parent/child.c src/parent/child.h \
	src/parent/consistency.c src/parent/consistency.h \
	src/parent/daemon.c src/parent/daemon.h src/parent/dump.c \
	src/parent/dump.h src/parent/generation.c \
	src/parent/generation.h src/parent/helper-end.c \
	src/parent/helper-end.h src/parent/helper-start.c \
	src/parent/helper-start.h src/parent/helper-table.c \
	src/parent/helper-table.h src/parent/helper.c src/parent/helper.h \
	src/parent/launch.c src/parent/launch.h src/parent/listener.c \
	src/parent/listener.h src/parent/load.c src/parent/load.h \
	src/parent/lookup.c src/parent/lookup.h src/parent/loop.c \
	src/parent/loop.h src/parent/notify.c src/parent/notify.h \
	src/parent/options.c src/parent/options.h src/parent/parent.h \
	src/parent/process.c src/parent/process.h src/parent/provenance.c \
	src/parent/provenance.h src/parent/reap.c src/parent/reap.h \
	src/parent/records.c src/parent/records.h src/parent/relay.c \
	src/parent/relay.h src/parent/request.c src/parent/request.h \
	src/parent/rpc.c src/parent/rpc.h src/parent/say.c src/parent/say.h \
	src/parent/shield.c src/parent/shield.h src/parent/socket-path.c \
	src/parent/socket-path.h src/parent/wait.c src/parent/wait.h \
	src/parent/sinks.c src/parent/sinks.h src/parent/spawn.c \
	src/parent/spawn.h src/parent/stop.c src/parent/stop.h \
	src/parent/told.c src/parent/told.h \
	src/parent/variant.c src/parent/variant.h src/parent/watch.c \
	src/parent/watch.h
sallyportd_SOURCES = src/parent/main.c
sallyportd_LDADD = libparent.a libshared.a libpolicy.a

noinst_LIBRARIES += libload.a
libload_a_SOURCES = src/load/answer.c src/load/answer.h src/load/clock.c \
	src/load/clock.h src/load/deliver.c src/load/deliver.h \
	src/load/faults.c src/load/faults.h src/load/fill.c src/load/fill.h \
	src/load/hosts.c src/load/hosts.h src/load/explain.c src/load/explain.h src/load/json-out.c src/load/json-out.h \
	src/load/ids.c src/load/ids.h \
	src/load/listen.c src/load/listen.h src/load/names.c src/load/names.h \
	src/load/networks.c \
	src/load/networks.h src/load/patterns.c src/load/patterns.h \
	src/load/read.c src/load/read.h \
	src/load/report.c src/load/report.h src/load/resolve.c \
	src/load/resolve.h src/load/show.c src/load/show.h \
	src/load/sources.c src/load/sources.h src/load/tables.c \
	src/load/tables.h src/load/target.c src/load/target.h \
	src/load/users.c src/load/users.h
sallyport_load_SOURCES = src/load/main.c
sallyport_load_LDADD = libload.a $(sandbox_libs) libmatch.a libpolicy.a

noinst_LIBRARIES += libdispatch.a
libdispatch_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
libdispatch_a_SOURCES = src/dispatch/accept.c src/dispatch/accept.h \
	src/dispatch/answer.c src/dispatch/answer.h src/dispatch/ask.c \
	src/dispatch/ask.h src/dispatch/banner.c src/dispatch/banner.h \
	src/dispatch/count.c src/dispatch/count.h src/dispatch/cps.c \
	src/dispatch/cps.h src/dispatch/decide.c \
	src/dispatch/decide.h src/dispatch/dispatch.h src/dispatch/hash.c \
	src/dispatch/crowd.c \
	src/dispatch/crowd.h \
	src/dispatch/hash.h src/dispatch/hold.c src/dispatch/hold.h \
	src/dispatch/ident.c src/dispatch/ident.h src/dispatch/kinds.c \
	src/dispatch/kinds.h src/dispatch/line.c src/dispatch/line.h \
	src/dispatch/mux.c src/dispatch/mux.h src/dispatch/pace.c \
	src/dispatch/pace.h src/dispatch/packet.c src/dispatch/packet.h \
	src/dispatch/queue.c src/dispatch/queue.h \
	src/dispatch/rates.c src/dispatch/rates.h \
	src/dispatch/ready.c src/dispatch/ready.h src/dispatch/refusal.c \
	src/dispatch/refusal.h src/dispatch/scores.c src/dispatch/scores.h \
	src/dispatch/sensor.c src/dispatch/sensor.h src/dispatch/sift.c \
	src/dispatch/sift.h src/dispatch/source.c src/dispatch/source.h \
	src/dispatch/sources.c src/dispatch/sources.h \
	src/dispatch/patience.c \
	src/dispatch/patience.h \
	src/dispatch/slots.c src/dispatch/slots.h src/dispatch/start.c \
	src/dispatch/start.h src/dispatch/suppress.c src/dispatch/suppress.h \
	src/dispatch/wait.c src/dispatch/wait.h
sallyport_dispatch_SOURCES = src/dispatch/main.c
sallyport_dispatch_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
sallyport_dispatch_LDADD = libdispatch.a libloop.a $(sandbox_libs) libmatch.a \
	libpolicy.a $(EVENT_LIBS)

noinst_LIBRARIES += librelay.a
librelay_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
librelay_a_SOURCES = src/relay/answer.c src/relay/answer.h \
	src/relay/chargen.c src/relay/chargen.h src/relay/control.c \
	src/relay/control.h src/relay/flow.c src/relay/flow.h \
	src/relay/relay.h src/relay/session.c src/relay/session.h
sallyport_relay_SOURCES = src/relay/main.c
sallyport_relay_LDADD = librelay.a libloop.a $(sandbox_libs) $(EVENT_LIBS)

# Linked into the tests of its pure parts; the edges need the libraries too.
noinst_LIBRARIES += liblookup.a
liblookup_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS) $(CARES_CFLAGS)
liblookup_a_SOURCES = src/lookup/asker.c src/lookup/asker.h \
	src/lookup/cache.c src/lookup/cache.h src/lookup/dns.c \
	src/lookup/dns.h src/lookup/hosts.c src/lookup/hosts.h \
	src/lookup/ident.c src/lookup/ident.h src/lookup/identd.c \
	src/lookup/identd.h src/lookup/lookup.h src/lookup/name.c \
	src/lookup/name.h src/lookup/question.c src/lookup/question.h \
	src/lookup/resolve.c src/lookup/resolve.h
sallyport_lookup_SOURCES = src/lookup/main.c
sallyport_lookup_LDADD = liblookup.a libloop.a $(sandbox_libs) \
	$(EVENT_LIBS) $(CARES_LIBS)

noinst_LIBRARIES += liblog.a
liblog_a_SOURCES = src/log/audit.c src/log/chain.c src/log/chain.h \
	src/log/channel.c src/log/classic.c src/log/control.c src/log/emit.c \
	src/log/escape.c src/log/json-own.c src/log/json-own.h \
	src/log/json-rule.c src/log/json-rule.h \
	src/log/json.c src/log/log.h src/log/loop.c src/log/put.c \
	src/log/put.h src/log/render.h src/log/sink.c src/log/syslog.c \
	src/log/tail.c src/log/text.c
sallyport_log_SOURCES = src/log/main.c
sallyport_log_LDADD = liblog.a $(sandbox_libs) libpolicy.a

noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = src/ctl/check.c src/ctl/check.h src/ctl/ctl.h \
	src/ctl/document.c src/ctl/document.h src/ctl/list.c src/ctl/list.h \
	src/ctl/status.c src/ctl/status.h src/ctl/table.c src/ctl/table.h \
	src/ctl/view.c src/ctl/view.h
sallyport_SOURCES = src/ctl/main.c
sallyport_LDADD = libctl.a $(sandbox_libs) libmatch.a libpolicy.a

# Registers RPC services with rpcbind, where libtirpc is there.
if TIRPC
pkglibexec_PROGRAMS += sallyport-rpc
endif
sallyport_rpc_SOURCES = src/rpc/main.c
sallyport_rpc_CFLAGS = $(AM_CFLAGS) $(TIRPC_CFLAGS)
sallyport_rpc_LDADD = libshared.a $(TIRPC_LIBS)

# Becomes a server in its client's SELinux context, where libselinux is there.
if SELINUX
pkglibexec_PROGRAMS += sallyport-label
endif
sallyport_label_SOURCES = src/label/context.c src/label/context.h \
	src/label/main.c
sallyport_label_CFLAGS = $(AM_CFLAGS) $(SELINUX_CFLAGS)
sallyport_label_LDADD = libshared.a $(SELINUX_LIBS)
