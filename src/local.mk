# One folder a process. The code of each is an archive, so that unit tests can
# link it; the program is that archive and a main.c.

sbin_PROGRAMS = sallyportd
bin_PROGRAMS = sallyport
pkglibexec_PROGRAMS = sallyport-load sallyport-dispatch sallyport-log

# What every process needs, and what only those have that give up their rights.
noinst_LIBRARIES += libshared.a libsandbox.a
libshared_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS)
libsandbox_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS) $(SECCOMP_CFLAGS) \
	$(CAPNG_CFLAGS)
libshared_a_SOURCES = src/shared/ipc.c src/shared/ipc.h src/shared/msg.c \
	src/shared/msg.h src/shared/record.c src/shared/record.h \
	src/shared/state.c src/shared/state.h src/shared/util.c \
	src/shared/util.h
libsandbox_a_SOURCES = src/shared/confine.c src/shared/confine.h \
	src/shared/sandbox-rules.c src/shared/sandbox.c src/shared/sandbox.h
sandbox_libs = libsandbox.a libshared.a $(SECCOMP_LIBS) $(CAPNG_LIBS)

# The root process links nothing but libc and half of policy/.
noinst_LIBRARIES += libparent.a
libparent_a_SOURCES = src/parent/bind.c src/parent/bind.h src/parent/books.c \
	src/parent/books.h src/parent/child.c src/parent/child.h \
	src/parent/daemon.c src/parent/daemon.h src/parent/generation.c \
	src/parent/generation.h src/parent/helper-start.c \
	src/parent/helper-start.h src/parent/helper.c src/parent/helper.h \
	src/parent/launch.c src/parent/launch.h src/parent/load.c \
	src/parent/load.h src/parent/loop.c src/parent/loop.h \
	src/parent/notify.c src/parent/notify.h src/parent/options.c \
	src/parent/options.h src/parent/parent.h src/parent/process.c \
	src/parent/process.h src/parent/provenance.c src/parent/provenance.h \
	src/parent/reap.c src/parent/reap.h src/parent/records.c src/parent/records.h src/parent/request.c \
	src/parent/request.h src/parent/say.c src/parent/say.h \
	src/parent/sinks.c src/parent/sinks.h src/parent/spawn.c \
	src/parent/spawn.h src/parent/stop.c src/parent/stop.h
sallyportd_SOURCES = src/parent/main.c
sallyportd_LDADD = libparent.a libshared.a libpolicy.a

noinst_LIBRARIES += libload.a
libload_a_SOURCES = src/load/answer.c src/load/answer.h src/load/clock.c \
	src/load/clock.h src/load/deliver.c src/load/deliver.h \
	src/load/faults.c src/load/faults.h src/load/fill.c src/load/fill.h \
	src/load/hosts.c src/load/hosts.h src/load/ids.c src/load/ids.h \
	src/load/listen.c src/load/listen.h src/load/read.c src/load/read.h \
	src/load/report.c src/load/report.h src/load/resolve.c \
	src/load/resolve.h src/load/tables.c src/load/tables.h \
	src/load/users.c src/load/users.h
sallyport_load_SOURCES = src/load/main.c
sallyport_load_LDADD = libload.a $(sandbox_libs) libmatch.a libpolicy.a

noinst_LIBRARIES += libdispatch.a
libdispatch_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
libdispatch_a_SOURCES = src/dispatch/accept.c src/dispatch/accept.h \
	src/dispatch/banner.c src/dispatch/banner.h src/dispatch/count.c \
	src/dispatch/count.h src/dispatch/decide.c src/dispatch/decide.h \
	src/dispatch/dispatch.h src/dispatch/loop.c src/dispatch/loop.h \
	src/dispatch/start.c src/dispatch/start.h
sallyport_dispatch_SOURCES = src/dispatch/main.c
sallyport_dispatch_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
sallyport_dispatch_LDADD = libdispatch.a $(sandbox_libs) libmatch.a \
	libpolicy.a $(EVENT_LIBS)

noinst_LIBRARIES += liblog.a
liblog_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
liblog_a_SOURCES = src/log/audit.c src/log/chain.c src/log/chain.h \
	src/log/channel.c src/log/classic.c src/log/control.c src/log/emit.c \
	src/log/escape.c src/log/json-rule.c src/log/json-rule.h src/log/json.c src/log/log.h src/log/loop.c \
	src/log/put.c src/log/put.h src/log/render.h src/log/sink.c \
	src/log/syslog.c src/log/tail.c src/log/text.c
sallyport_log_SOURCES = src/log/main.c
sallyport_log_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
sallyport_log_LDADD = liblog.a $(sandbox_libs) libpolicy.a $(EVENT_LIBS)

noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = src/ctl/check.c src/ctl/check.h src/ctl/ctl.h \
	src/ctl/document.c src/ctl/document.h src/ctl/list.c src/ctl/list.h \
	src/ctl/status.c src/ctl/status.h src/ctl/table.c src/ctl/table.h \
	src/ctl/view.c src/ctl/view.h
sallyport_SOURCES = src/ctl/main.c
sallyport_LDADD = libctl.a $(sandbox_libs) libmatch.a libpolicy.a
