# sallyport.conf(5) is made from a frame and the attribute table, and committed,
# so that a tarball, a packager and a reader need no tool for it.

dist_man_MANS = man/sallyportd.8 man/sallyport.8 man/sallyport.conf.5 \
	man/sallyport-xinetd.7
EXTRA_DIST += man/sallyport.conf.5.in

check_PROGRAMS += policy/attrdoc
policy_attrdoc_SOURCES = policy/attrdoc.c
policy_attrdoc_LDADD = libpolicy.a

.PHONY: manual
manual: policy/attrdoc$(EXEEXT)
	policy/attrdoc$(EXEEXT) <$(srcdir)/man/sallyport.conf.5.in \
	    >$(srcdir)/man/sallyport.conf.5.new
	mv -f $(srcdir)/man/sallyport.conf.5.new $(srcdir)/man/sallyport.conf.5
