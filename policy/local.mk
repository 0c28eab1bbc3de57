# Pure code: the language, the values and the decision. Two archives: the root
# process links the first only.

noinst_LIBRARIES += libpolicy.a libmatch.a
libpolicy_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS)
libmatch_a_CFLAGS = $(AM_CFLAGS) $(CONVERSION_CFLAGS)

libpolicy_a_SOURCES = policy/addr.c policy/addr.h policy/arena.c \
	policy/arena.h policy/attr-text.h policy/attr.c policy/attr.h \
	policy/calendar.c policy/calendar.h policy/canonical.c \
	policy/canonical.h policy/check-access.c policy/check-internal.h \
	policy/check-kind.c policy/check.c policy/diag.c policy/diag.h \
	policy/inetd.c policy/inetd.h policy/kind.c policy/kind.h \
	policy/lex.c policy/lex.h policy/merge-enabled.c policy/merge.c \
	policy/out.c policy/out.h policy/parse-internal.h policy/parse.c \
	policy/parse.h policy/policy.c policy/policy.h policy/print.c \
	policy/print.h policy/reason.c policy/reason.h policy/source.c \
	policy/tables.c policy/type-canonical.c policy/type-choice.c \
	policy/type-list.c policy/type-log.c policy/type-name.c \
	policy/type-wrap.c policy/type.c policy/type.h policy/when.c \
	policy/when.h policy/wrap-fold.c policy/wrap-item.c \
	policy/wrap-item.h policy/wrap-option.c policy/wrap-parse.c \
	policy/wrap.h policy/zone-posix.c policy/zone.c policy/zone.h

libmatch_a_SOURCES = policy/fact.c policy/fact.h policy/filter.c \
	policy/filter.h policy/limit.c policy/limit.h policy/prefix.c \
	policy/prefix.h policy/rule.c policy/rule.h policy/wrap-find.c \
	policy/wrap-find.h policy/wrap-match.h policy/wrap.c
